"""The desk for answers that writers told us of: one after the other, the oldest first."""

from __future__ import annotations

from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from letters.admin.access_log import access_log_for
from letters.admin.desks import OneByOneDesk
from letters.delivery import reading_queue, reply_desk
from letters.forms.replies import ShareReplyForm
from letters.models import Claim, DeskAct, DeskThing, Reply


class ReplyDeskMixin(OneByOneDesk):
    """For the admin of replies."""

    desk_title = gettext_lazy("Replies to read")
    desk_acts = reply_desk
    desk_done = {
        DeskAct.READ: gettext_lazy("%(one)s is marked as read."),
        DeskAct.SHARE: gettext_lazy("%(one)s is shared: its writer can read it now."),
    }
    desk_forms = {DeskAct.SHARE: ShareReplyForm}
    reading_page = "reply/desk_read"

    @extra_page("desk/")
    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """What waits, the longest waiting first."""
        self._may_decide(request)
        listed = Reply.objects.unread().select_related("case")
        listed = listed.defer("text", "picture", "shown_text")[: reading_queue.PAGE]
        taken = Claim.objects.by_row(DeskThing.REPLY, [reply.pk for reply in listed])
        return self._desk_page(
            request,
            "reply/desk",
            str(self.desk_title),
            head=reading_queue.head(Reply.objects.unread(), "created_at"),
            rows=[(reply, taken.get(reply.pk)) for reply in listed],
        )

    def _parts(self, request: HttpRequest) -> list[QuerySet]:
        return [Reply.objects.unread()]

    def _rows(self) -> QuerySet:
        return Reply.objects.select_related("case", "letter", "hand_in", "entered_by")

    def _form(self, act: str, row: Reply, sent: QueryDict | None = None) -> Form:
        return ShareReplyForm(sent) if sent else share_form(row)

    def _reading_context(self, row: Reply, **sent: Form) -> dict[str, object]:
        return {"access_log": access_log_for(row)}


def share_form(reply: Reply) -> ShareReplyForm:
    return ShareReplyForm(
        initial={"shown_text": reply.shown_text, "shown_language": reply.shown_language}
    )

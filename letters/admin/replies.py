"""What came back from officials and from the people written for. Each look is noted."""

from __future__ import annotations

from base64 import b64decode
from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.pages import extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.permissions import staff
from letters.admin.access_log import access_log_for
from letters.admin.filters import CaseFilter, OptionsFilter
from letters.admin.keyset import KeysetAdmin
from letters.admin.reply_desk import ReplyDeskMixin, share_form
from letters.delivery import replies
from letters.forms.replies import EnterReplyForm, ShareReplyForm
from letters.models import Reply, ReplyState

HANDLE = "letters.handle_reply"


class ReplyStateFilter(OptionsFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    options = {
        **{
            state.value: (state.label, partial(Reply.objects.filter, state=state, erased_on=None))
            for state in ReplyState
        },
        "erased": (gettext_lazy("erased"), partial(Reply.objects.exclude, erased_on=None)),
    }


@admin.register(Reply)
class ReplyAdmin(ReplyDeskMixin, KeysetAdmin, ReadOnlyAdmin):
    permission = desk_permission = HANDLE
    change_list_template = "admin/letters/reply/change_list.html"
    list_display = ["reply", "case", "sender", "received_on", "told_by", "standing"]
    list_filter = [ReplyStateFilter, CaseFilter, "sender"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        replies = super().get_queryset(request).select_related("case")
        return replies.defer("text", "picture", "shown_text")

    @admin.display(description=gettext_lazy("reply"))
    def reply(self, reply: Reply) -> str:
        return str(reply.pk)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, reply: Reply) -> str:
        return _("erased") if reply.erased_on else reply.get_state_display()

    @admin.display(description=gettext_lazy("told by"))
    def told_by(self, reply: Reply) -> str:
        return _("the writer") if reply.is_told_by_writer else _("staff")

    @extra_page("enter/", permission="view")
    def enter_view(self, request: HttpRequest) -> HttpResponse:
        form = EnterReplyForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid():
            reply, is_new = replies.enter(staff(request), **form.cleaned_data)
            if is_new:
                self.log_addition(request, reply, "Entered.")
            messages.success(request, _("%(reply)s is entered.") % {"reply": _named(reply)})
            return redirect("admin:letters_reply_change", reply.pk)
        return self._page(request, "enter", _("Enter a reply"), form=form)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        reply = self._row_to_read(object_id)
        if self._elsewhere(request, reply) is None:
            self.log_change(request, reply, "Read.")
        return self._read(request, reply, share_form(reply))

    @extra_page("<int:pk>/act/", permission="view", methods=("POST",))
    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            reply = self._row_to_read(pk)
        except Http404:
            message = _("It is gone: it was deleted, or whoever told us of it took it back.")
            messages.warning(request, message)
            return redirect("admin:letters_reply_changelist")
        act = request.POST.get("act", "")
        if request.POST.get("seen") != reply.changed_at.isoformat():
            self._warn_of_change(request, reply)
        elif reply.state == ReplyState.UNREAD:
            messages.warning(request, _("It waits to be read: please do that at the desk."))
        elif act == "share":
            form = ShareReplyForm(request.POST)
            if not form.is_valid():
                return self._read(request, reply, form)
            words = form.cleaned_data
            done = replies.share(reply, words["shown_text"], words["shown_language"])
            self._tell(request, reply, done, _("Writers can read it now, on their private pages."))
        elif act == "stop-sharing":
            self._tell(request, reply, replies.stop_sharing(reply), _("Writers read it no more."))
        elif act == "quote":
            message = _(
                "It is among the quotes of the case, and not shown. An editor marks that the "
                "person agrees; then the page shows it."
            )
            self._tell(request, reply, bool(replies.make_quote(reply)), message)
        elif act == "delete":
            done = replies.delete(reply)
            message = _("%(reply)s is deleted, and no longer counts.")
            self._tell(request, reply, done, message % {"reply": _named(reply)})
            if done:
                return redirect("admin:letters_reply_changelist")
        else:
            raise PermissionDenied
        return redirect("admin:letters_reply_change", pk)

    @extra_page("<int:pk>/picture/", permission="view")
    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        reply = self._row_to_read(pk)
        if self._elsewhere(request, reply):
            raise PermissionDenied
        if not reply.picture:
            raise Http404
        return HttpResponse(b64decode(reply.picture), content_type="image/jpeg")

    def _read(self, request: HttpRequest, reply: Reply, form: ShareReplyForm) -> HttpResponse:
        return self._page(
            request,
            "read",
            _named(reply),
            reply=reply,
            elsewhere=self._elsewhere(request, reply),
            form=form,
            seen=reply.changed_at.isoformat(),
            may_be_quoted=replies.may_be_quoted(reply),
            access_log=access_log_for(reply),
        )

    def _tell(self, request: HttpRequest, reply: Reply, done: bool, message: str) -> None:
        if done:
            self.log_change(request, reply, message)
            messages.success(request, message)
        else:
            messages.warning(request, _("Nothing was changed: please look at it again."))


def _named(reply: Reply) -> str:
    return str(reply).capitalize()

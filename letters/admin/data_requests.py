"""All that hangs on one address, for who may export and erase it. Found by POST, and logged."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.admin.readonly import ReadOnlyAdmin
from cases.permissions import staff
from letters.actions import erasure
from letters.admin.forms import FindForm
from letters.mail import bounces
from letters.models import DataRequest
from letters.models.email_spelling import email_hash
from letters.privacy import personal_data

MINUTES = 15  # from finding a person to doing something
SALT = "letters.person"


@admin.register(DataRequest)
class DataRequestAdmin(ExtraPagesMixin, ReadOnlyAdmin):
    """A page that finds, and two buttons on it. The address is typed once and stands in no page
    after that: what the buttons send is its hash, signed."""

    permission = "letters.handle_datarequest"

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = FindForm(request.POST or None)
        found = {}
        if form.is_valid():
            of = email_hash(form.cleaned_data["email"])
            numbers = personal_data.numbers(of)
            found = {
                "is_found": True,
                "numbers": _named(numbers),
                "holds_anything": any(numbers.values()),
                "is_stopped": bounces.stop_of(of) is not None,
                "person": signing.dumps(of, salt=SALT),
            }
            _log(request, "Looked for all of one address.")
        return self._page(request, "find", _("All data of one person"), form=form, **found)

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None):
        raise Http404

    @extra_page("export/", methods=("POST",))
    def export_view(self, request: HttpRequest) -> HttpResponse:
        if (of := self._person(request)) is None:
            return self._begin_again(request)
        _log(request, "Exported all of one address.")
        options = {"ensure_ascii": False, "indent": 2}
        response = JsonResponse(personal_data.export(of), json_dumps_params=options)
        response["Content-Disposition"] = 'attachment; filename="data-of-one-person.json"'
        return response

    @extra_page("erase/", methods=("POST",))
    def erase_view(self, request: HttpRequest) -> HttpResponse:
        if (of := self._person(request)) is None:
            return self._begin_again(request)
        if not request.POST.get("is_sure"):
            messages.error(request, _("Nothing was erased: tick that you are sure."))
            return redirect("admin:letters_datarequest_changelist")
        gone = erasure.erase_person(of)
        numbers = ", ".join(f"{what}: {number}" for what, number in gone.items() if number)
        _log(request, f"Erased all of one address. {numbers}".strip())
        messages.success(request, _("All of it is erased."))
        return redirect("admin:letters_datarequest_changelist")

    @extra_page("send-again/", methods=("POST",))
    def send_again_view(self, request: HttpRequest) -> HttpResponse:
        """Mails came back, or were reported as spam: the owner says that they may come again."""
        if (of := self._person(request)) is None:
            return self._begin_again(request)
        bounces.allow(of)
        _log(request, "Let mails go to one address again.")
        messages.success(request, _("Mails go to that address again."))
        return redirect("admin:letters_datarequest_changelist")

    def _person(self, request: HttpRequest) -> str | None:
        """The hash of who was found on the page before, if that was a moment ago."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            person = request.POST.get("person", "")
            return signing.loads(person, salt=SALT, max_age=MINUTES * 60)
        except signing.BadSignature:
            return None

    def _begin_again(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, _("That page was open for too long: type the address once more."))
        return redirect("admin:letters_datarequest_changelist")


def _named(numbers: dict[str, int]) -> list[tuple[str, int]]:
    names = {
        "letters": _("Letters and messages"),
        "pledges": _("Pledges"),
        "signatures": _("Signatures"),
        "follows": _("Wishes for news"),
        "email_addresses": _("The address itself"),
        "mails": _("Mails in the outbox"),
        "undeliverable": _("That mails came back, or were reported as spam"),
    }
    return [(names[what], number) for what, number in numbers.items()]


def _log(request: HttpRequest, message: str) -> None:
    LogEntry.objects.create(
        user=staff(request),
        content_type=ContentType.objects.get_for_model(DataRequest),
        object_repr=_("one person"),
        action_flag=CHANGE,
        change_message=message,
    )

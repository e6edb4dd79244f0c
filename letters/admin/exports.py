"""Files to take away: a page that asks of which case, and a button for each that one may have.

Each is a right of its own. A file comes only for a POST, a row at a time, and who took it is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.forms import CaseField
from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.models import Case, Edition
from letters.delivery import exports
from letters.forms.fields import set_queryset
from letters.statistics.spreadsheets import Cells, as_xlsx, csv_lines

COUNTS, SIGNATURES, LETTERS = (
    f"letters.export_{what}" for what in ("counts", "signatures", "letters")
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CountsForm(forms.Form):
    edition = forms.ModelChoiceField(
        Edition.objects.opened(), label=gettext_lazy("Which year?"), empty_label=None
    )
    file = forms.ChoiceField(
        label=gettext_lazy("Which kind of file?"),
        choices=[
            ("xlsx", gettext_lazy("a workbook (XLSX)")),
            ("csv", gettext_lazy("plain rows (CSV)")),
        ],
        initial="xlsx",
        widget=forms.RadioSelect,
    )


class CaseForm(forms.Form):
    case = CaseField(Case.objects.none(), label=gettext_lazy("Which case?"))

    def __init__(self, data=None, *, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        cases = exports.exportable_cases()
        of_signatures = cases.exclude(petition=None)
        set_queryset(self, "case", of_signatures if prefix == "signatures" else cases)


class ExportsMixin(ExtraPagesMixin):
    """The page of the exports, and their addresses."""

    @extra_page("export/", methods=("GET", "HEAD"))
    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        return self._export_page(request)

    @extra_page("export/counts/", methods=("POST",))
    def export_counts_view(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_who_may_not(request, COUNTS)
        form = CountsForm(request.POST, prefix="counts")
        if not form.is_valid():
            return self._export_page(request, counts_form=form)
        edition, rows = form.cleaned_data["edition"], exports.counts(form.cleaned_data["edition"])
        self.log_change(request, edition, "Exported the counts.")
        name = f"counts-{edition.year}"
        if form.cleaned_data["file"] == "csv":
            return _streamed(name, rows)
        return FileResponse(
            as_xlsx(rows), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX
        )

    @extra_page("export/signatures/", methods=("POST",))
    def export_signatures_view(self, request: HttpRequest) -> HttpResponseBase:
        return self._of_a_case(request, SIGNATURES, exports.signatures)

    @extra_page("export/letters/", methods=("POST",))
    def export_letters_view(self, request: HttpRequest) -> HttpResponseBase:
        return self._of_a_case(request, LETTERS, exports.letters)

    def _of_a_case(
        self, request: HttpRequest, permission: str, rows: Callable[[Case], Iterator[Cells]]
    ) -> HttpResponseBase:
        _refuse_who_may_not(request, permission)
        what = rows.__name__
        form = CaseForm(request.POST, prefix=what)
        if not form.is_valid():
            return self._export_page(request, **{f"{what}_form": form})
        case = form.cleaned_data["case"]
        self.log_change(request, case, f"Exported the {what}.")
        return _streamed(f"{what}-{case.slug}", rows(case))

    def _export_page(self, request: HttpRequest, **bound: forms.Form) -> HttpResponseBase:
        """With the forms that this person may send."""
        may = request.user.has_perm
        if not any(map(may, [COUNTS, SIGNATURES, LETTERS])):
            raise PermissionDenied
        unbound = {
            "counts_form": CountsForm(prefix="counts") if may(COUNTS) else None,
            "signatures_form": CaseForm(prefix="signatures") if may(SIGNATURES) else None,
            "letters_form": CaseForm(prefix="letters") if may(LETTERS) else None,
        }
        sent = next(iter(bound.values()), None)
        return self._page(request, "export", _("Export"), **(unbound | bound), form=sent)


def _refuse_who_may_not(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _streamed(name: str, rows: Iterator[Cells]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response

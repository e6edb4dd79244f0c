from django.db import transaction
from django.db.models import F
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from bare.models import Case, Letter, Tally


class LetterForm(ModelForm):
    class Meta:
        model = Letter
        fields = ["subject", "body", "name", "country", "email"]


def case_page(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "case.html", {"case": get_object_or_404(Case, slug=slug)})


def write(request: HttpRequest, slug: str) -> HttpResponse:
    """Insert what a ModelForm takes, and count it."""
    case = get_object_or_404(Case, slug=slug)
    form = LetterForm(request.POST or None, instance=Letter(case=case))
    if form.is_valid():
        with transaction.atomic():
            form.save()
            Tally.objects.filter(case=case).update(number=F("number") + 1)
        return redirect("case", slug)
    return render(request, "write.html", {"case": case, "form": form})

"""The least that Django can do: what the site's own views are compared with."""

import secrets

from django import forms
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template import engines
from django.utils import timezone

from cases.models import Case
from letters.models import Letter, LetterState, Tally

django = engines["django"]
PAGE = django.from_string("""<!doctype html>
<html lang="en">
<title>{{ case.display_name }}</title>
<h1>{{ case.display_name }}</h1>
<p>{{ case.headline }}</p>
<p>{{ case.summary }}</p>
{{ case.story|linebreaks }}
""")
FORM = django.from_string("""<!doctype html>
<html lang="en">
<title>A letter</title>
<form method="post">{% csrf_token %}{{ form.as_p }}<button>Send</button></form>
""")


def bare_case(request: HttpRequest, slug: str) -> HttpResponse:
    case = get_object_or_404(Case, slug=slug)
    return HttpResponse(PAGE.render({"case": case}, request))


class BareLetterForm(forms.ModelForm):
    case = forms.ModelChoiceField(Case.objects.all(), to_field_name="slug")

    class Meta:
        model = Letter
        fields = ["case", "subject", "body", "name", "place", "country", "email"]


def bare_letter(request: HttpRequest) -> HttpResponse:
    """Insert what a ModelForm takes and count it: no throttle, no token, no mail, no link."""
    form = BareLetterForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        letter = form.instance
        letter.key = secrets.token_urlsafe(16)
        letter.state = LetterState.SUBMITTED
        letter.created_at = letter.changed_at = timezone.now()
        letter.counted_on = letter.created_at.date()
        with transaction.atomic():
            form.save()
            Tally.objects.filter(case_id=letter.case_id, day=letter.counted_on).update(
                number=F("number") + 1
            )
        return redirect("/bench/letter/")
    return HttpResponse(FORM.render({"form": form}, request))

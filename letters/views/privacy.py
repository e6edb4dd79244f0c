"""What is kept, and for how long."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.http_caching import public_page
from letters.actions import take_all
from letters.privacy import limits


@public_page()
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "limits": limits.LIMITS,
        "keep_take_all": take_all.COOKIE_AGE.days,
        "keep_on_device": limits.KEEP_ON_DEVICE_FOR.days,
    }
    return render(request, "letters/privacy.html", context)

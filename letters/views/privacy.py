"""What is kept, and for how long."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.caching import reader_page
from letters import erasing


@reader_page()
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/privacy.html", {"limits": erasing.LIMITS})

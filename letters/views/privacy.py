"""What is kept, and for how long."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.caching import reader_page
from letters import chain, erasing


@reader_page()
def privacy(request: HttpRequest) -> HttpResponse:
    context = {"limits": erasing.LIMITS, "keep_chain": chain.KEPT_FOR.days}
    return render(request, "letters/privacy.html", context)

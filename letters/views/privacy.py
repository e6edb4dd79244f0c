"""What is kept, and for how long; and its owner’s button to erase it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from cases.http_caching import private_page, public_page
from letters.actions import erasure, take_all
from letters.models import EmailAddress, Letter, Pledge
from letters.privacy import limits, retention


@public_page()
def privacy(request: HttpRequest) -> HttpResponse:
    # Where it is not offered any more, as long as we hold something that was handed to us.
    tells_of_delivery = settings.DELIVERY_OFFERED or retention.letters_in_hand().exists()
    context = {
        "limits": [one for one in limits.LIMITS if tells_of_delivery or not one.of_delivery],
        "tells_of_delivery": tells_of_delivery,
        "keep_take_all": take_all.COOKIE_AGE.days,
        "keep_on_device": limits.KEEP_ON_DEVICE_FOR.days,
    }
    return render(request, "letters/privacy.html", context)


@private_page
def erase(
    request: HttpRequest, key: str, model: type[Letter] | type[Pledge] | type[EmailAddress]
) -> HttpResponse:
    """What a private link opens: a page that asks, and its button."""
    rows = model.objects.by_key(key)
    if request.method == "POST":  # pressed twice, too: then there is none
        for thing in rows:
            erasure.erase_one(thing)
        return redirect("letters:erased")
    context = {"kind": model._meta.model_name, "thing": get_object_or_404(rows)}
    return render(request, "letters/erasure/erase.html", context)


@private_page
def erased(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/erasure/erased.html")

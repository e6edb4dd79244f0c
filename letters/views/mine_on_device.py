"""From Mine on a device: its things as a file, and erased all at once."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from cases.http_caching import private_page
from letters.actions import mine_on_device
from letters.actions.mine import Thing
from letters.privacy import personal_data
from letters.views import mine_cookie


@private_page
def as_json(request: HttpRequest) -> HttpResponse:
    data = personal_data.values_of(mine_on_device.rows_of(mine_cookie.load(request).things()))
    options = {"ensure_ascii": False, "indent": 2}
    return as_file(JsonResponse(data, json_dumps_params=options), "mine.json")


@private_page
def as_text(request: HttpRequest) -> HttpResponse:
    text = personal_data.text_of(mine_on_device.rows_of(mine_cookie.load(request).things()))
    return as_file(HttpResponse(text, content_type="text/plain; charset=utf-8"), "mine.txt")


@private_page
def erase(request: HttpRequest) -> HttpResponse:
    """A page that asks, and its button."""
    mine = mine_cookie.load(request)
    things = mine.things()
    if request.method == "POST":  # pressed twice, too: then there is nothing
        mine_on_device.erase_all(things)
        return mine_cookie.forget_everything(redirect("letters:erased"))
    if not mine.entries:
        return redirect("letters:mine")
    both: list[Thing] = [*things.letters, *things.pledges, *things.posts, *things.addresses]
    not_made_here = sum(not mine.was_made_here(thing) for thing in both)
    context = {"things": things, "number": len(both), "not_made_here": not_made_here}
    return render(request, "letters/mine/erase_list.html", context)


def as_file(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

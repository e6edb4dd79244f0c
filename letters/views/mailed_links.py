"""What a link in a mail opens. To open one changes nothing: programs that scan mail do it too."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from cases.http_caching import private_page
from cases.models import Edition
from letters.actions import email_addresses, follows
from letters.models import EmailAddress, Letter, LinkPurpose, MailedLink, Pledge
from letters.views import mine_cookie
from letters.views.email_addresses import email_address_page, not_me_page, stop_page
from letters.views.reminders import posted_page, stop_reminders_page

# What a link opens, by its purpose; one that stops mails opens nothing.
OPENED: dict[str, QuerySet] = {
    LinkPurpose.EMAIL_ADDRESS: EmailAddress.objects.all(),
    LinkPurpose.LETTER: Letter.objects.select_related("case__edition"),
    LinkPurpose.PLEDGE: Pledge.objects.select_related("case__edition", "edition"),
}


@private_page
def mailed(request: HttpRequest, key: str) -> HttpResponse:
    """The page of an address, or the question whether a letter or promise is one's own."""
    thing = _opened_by(key)
    if isinstance(thing, EmailAddress):
        return email_address_page(request, thing)
    if thing:
        return _was_it_you(request, thing)
    if request.POST.get("act") == "not-mine":  # pressed twice: the link went with the address
        return redirect("letters:address-off")
    return _link_over(request)


@private_page
def mailed_not_me(request: HttpRequest, key: str) -> HttpResponse:
    thing = _opened_by(key)
    return not_me_page(request, thing) if isinstance(thing, EmailAddress) else _link_over(request)


@private_page
def mailed_posted(request: HttpRequest, key: str) -> HttpResponse:
    """What was promised is posted, says whoever was reminded of it."""
    thing = _opened_by(key)
    return posted_page(request, thing, key) if isinstance(thing, Pledge) else _link_over(request)


@csrf_exempt  # a mail program posts without a cookie, and from no page of ours: RFC 8058
@private_page
def stop_news(request: HttpRequest, key: str) -> HttpResponse:
    """The link that ends what comes without being asked for each time: news, reminders, thanks.

    It is about the address: whatever the mail was about may have been erased since.
    """
    if link := _link(key):
        match link.purpose:
            case LinkPurpose.STOP:
                of_hash = EmailAddress.objects.filter(email_hash=link.to_hash)
                return stop_page(request, of_hash.first())
            case LinkPurpose.NO_REMINDERS:
                return stop_reminders_page(request, link.to_hash)
            case LinkPurpose.THANKS:
                return _end_thanks(request, link)
    raise Http404


def _end_thanks(request: HttpRequest, link: MailedLink) -> HttpResponse:
    if request.method == "POST":
        email_addresses.end_thanks(link.to_hash)
        # Only a browser may be sent on to another page: RFC 8058, section 3.1.
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return redirect(request.path)
    context = {"wants_thanks": email_addresses.wants_thanks(link.to_hash)}
    return render(request, "letters/email_addresses/end_thanks.html", context)


def _was_it_you(request: HttpRequest, thing: Letter | Pledge) -> HttpResponse:
    """The page names nothing that was typed: the address may be somebody else's."""
    if request.method == "POST":
        if request.POST.get("act") == "mine":
            email_addresses.prove_address(thing)
            if request.POST.get("year"):
                follows.want_year_letter(thing.email, _edition_of(thing))
            return mine_cookie.remember(request, redirect(thing), thing)
        if request.POST.get("act") == "not-mine":
            email_addresses.take_address_off(thing)
            return redirect("letters:address-off")
        return redirect(request.path)
    case = thing.case if thing.case and thing.case.is_visible else None
    what = "pledge" if isinstance(thing, Pledge) else "message" if thing.is_message else "letter"
    context = {
        "what": what,
        "case": case,
        "may_want_year_letter": follows.may_want_year_letter(_edition_of(thing)),
    }
    return render(request, "letters/mailed_links/was_it_you.html", context)


def _edition_of(thing: Letter | Pledge) -> Edition:
    return thing.edition if isinstance(thing, Pledge) else thing.case.edition


@private_page
def address_off(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/email_addresses/address_off.html")


def _link(key: str) -> MailedLink | None:
    return MailedLink.objects.by_key(key).valid().first()


def _opened_by(key: str) -> Letter | Pledge | EmailAddress | None:
    """What the link opens, as long as it has the address that the link was mailed to."""
    link = _link(key)
    if link is None or link.purpose not in OPENED:
        return None
    return OPENED[link.purpose].filter(pk=link.number, email_hash=link.to_hash).first()


def _link_over(request: HttpRequest) -> HttpResponse:
    return render(request, "letters/mailed_links/link_over.html", status=404)

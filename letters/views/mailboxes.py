"""The owner's page of an address: say yes to what waits, or no, and undo either."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt

from cases.caching import form_page
from letters import erasing, following, mailboxes, signing
from letters.forms.mailboxes import ActForm
from letters.models import Follow, FollowState, Mailbox, Signature, SignatureState

ON_SIGNATURE = {"withdraw": signing.withdraw, "restore": signing.restore}
ON_FOLLOW = {"end": following.end, "renew": following.confirm}
ON_ALL = {"end-all": following.end_all, "unblock": mailboxes.unblock}


@form_page
def mail_sent(request: HttpRequest) -> HttpResponse:
    """Where every form that is confirmed by mail ends, whatever came of it."""
    return render(request, "letters/mail_sent.html")


@form_page
def mailbox(request: HttpRequest, key: str) -> HttpResponse:
    """All that was asked for with an address: what waits, what is signed, what is followed."""
    mailbox = _mailbox_or_404(key)
    signatures, follows = _signatures(mailbox), _follows(mailbox)
    if request.method == "POST":
        things = {_named(thing): thing for thing in [*signatures, *follows]}
        form = ActForm(request.POST, things=things)
        shown = not form.is_valid() or _act(mailbox, things, **form.cleaned_data)
        return redirect(mailbox.get_absolute_url() + ("" if shown else "?changed"))
    waiting = [thing for thing in [*signatures, *follows] if _waits(thing)]
    context = {
        "mailbox": mailbox,
        "waiting": waiting,
        "confirmable": [thing for thing in waiting if thing.may_be_confirmed],
        "seen": max(thing.changed_at for thing in waiting).isoformat() if waiting else "",
        "has_changed": "changed" in request.GET,
        "counted": [thing for thing in signatures if thing.counts],
        "signatures": [thing for thing in signatures if not _waits(thing)],
        "follows": [thing for thing in follows if not _waits(thing)],
        "has_news": any(thing.state == FollowState.CONFIRMED for thing in follows),
        "link": settings.SITE_URL + mailbox.get_absolute_url(),
    }
    return render(request, "letters/mailbox.html", context)


@form_page
def not_me(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody else typed the address: delete what waits and, if ticked, send it no mail again."""
    mailbox = _mailbox_or_404(key)
    if request.method == "POST":
        mailboxes.not_me(mailbox, block=bool(request.POST.get("block")))
        return redirect("letters:not-me", key=key)
    waiting = [thing for thing in [*_signatures(mailbox), *_follows(mailbox)] if _waits(thing)]
    return render(request, "letters/not_me.html", {"mailbox": mailbox, "waiting": waiting})


@csrf_exempt  # a mail program posts without a cookie, and from no page of ours: RFC 8058
@form_page
def stop(request: HttpRequest, key: str) -> HttpResponse:
    """End all news to the address: by the button, or by the one click of a mail program."""
    mailbox = _mailbox_or_404(key)
    if request.method == "POST":
        following.end_all(mailbox)
        # Only a browser may be sent on to another page: RFC 8058, section 3.1.
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return redirect("letters:stop", key=key)
    has_news = mailbox.follows.exclude(state=FollowState.ENDED).exists()
    return render(request, "letters/stop.html", {"mailbox": mailbox, "has_news": has_news})


@form_page
def erase_mailbox(request: HttpRequest, key: str) -> HttpResponse:
    mailbox = _mailbox_or_404(key)
    if request.method == "POST":
        erasing.erase_mailboxes(Mailbox.objects.filter(pk=mailbox.pk))
        return redirect("letters:erased")
    context = {"thing": "mailbox", "back": mailbox.get_absolute_url()}
    return render(request, "letters/erase.html", context)


def _act(
    mailbox: Mailbox,
    things: dict[str, Signature | Follow],
    *,
    act: str,
    what: str,
    seen: datetime.datetime | None,
) -> bool:
    """Do what a button says; False if it would say yes to what its page did not show."""
    if act in ON_ALL:
        ON_ALL[act](mailbox)
    elif act == "confirm":
        chosen = [things[what]] if what else things.values()
        return _confirm([one for one in chosen if _waits(one)], seen)
    elif what:
        acts = ON_SIGNATURE if isinstance(things[what], Signature) else ON_FOLLOW
        if act in acts:
            acts[act](things[what])
    return True


def _confirm(waiting: list[Signature | Follow], seen: datetime.datetime | None) -> bool:
    shown = [thing for thing in waiting if seen and thing.changed_at <= seen]
    for thing in shown:
        if isinstance(thing, Signature):
            signing.confirm(thing)
        else:
            following.confirm(thing)
    return len(shown) == len(waiting)


def _named(thing: Signature | Follow) -> str:
    """As the buttons of the page name it: “signature-17”."""
    return f"{thing._meta.model_name}-{thing.pk}"


def _waits(thing: Signature | Follow) -> bool:
    return thing.state in (SignatureState.UNCONFIRMED, FollowState.UNCONFIRMED)


def _mailbox_or_404(key: str) -> Mailbox:
    return get_object_or_404(Mailbox.objects.by_key(key))


def _signatures(mailbox: Mailbox) -> list[Signature]:
    signatures = list(
        mailbox.signatures.select_related("text", "petition__case__action_count").order_by("pk")
    )
    for signature in signatures:
        signature.may_be_confirmed = signing.may_confirm(signature)
        signature.petition.case.take_counts()
        signature.others = signature.petition.case.shown_signatures - 1
    return signatures


def _follows(mailbox: Mailbox) -> list[Follow]:
    follows = list(mailbox.follows.select_related("case").order_by("pk"))
    for follow in follows:
        follow.may_be_confirmed = following.may_confirm(follow)
    return follows

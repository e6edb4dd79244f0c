"""Tell others of a case, and say that one did."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.caching import form_page, reader_page, told_or_gone
from cases.models import Case, CaseQuerySet
from letters import posting, sharing, throttle
from letters.forms.sharing import MastodonForm, PostedForm
from letters.models import SocialAction

OTHER_CASES = 3
FOR_MORE = ("target", "petition", "solidarity_action")  # what else can be done for the case


@reader_page()
def share(request: HttpRequest, slug: str) -> HttpResponse:
    case = shared_or_gone(Case.objects.select_related("portrait"), slug)
    if not case.takes_actions:
        return redirect(case)
    context = {
        "case": case,
        "posts": sharing.posts(case),
        "embed": sharing.card_frame(case),
    }
    return render(request, "letters/share.html", context)


@form_page
def share_on_mastodon(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody has their own server there: asked here, kept nowhere, and in no address or log."""
    case = _case_or_404(slug)
    if not case.takes_actions:
        return redirect(case)
    posts = sharing.posts(case)
    number = request.GET.get("post", "")
    post = next((post for post in posts if str(post.number) == number), posts[0])
    form = MastodonForm(request.POST if request.method == "POST" else None)
    context = {"case": case, "post": post, "form": form}
    if form.is_valid():
        context["server"] = form.cleaned_data["server"]
        context["link"] = post.on_mastodon(form.cleaned_data["server"])
    return render(request, "letters/share_on_mastodon.html", context)


@form_page
def posted(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that one posted about a case: it counts."""
    case = _case_or_404(slug)
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)
        return _posted_page(request, case, PostedForm(case=case))
    form = PostedForm(request.POST, case=case)
    if not case.takes_actions:
        form.add_error(None, _("Meanwhile nobody is asked to act for this case."))
        return _posted_page(request, case, form, status=409)
    if not form.is_valid():
        return _posted_page(request, case, form)
    tries = throttle.hit("post", request)
    if tries > throttle.REFUSED_ABOVE:
        form.add_error(None, _("Too many posts came from here in this hour. Try again later."))
        return _posted_page(request, case, form, status=429)
    held = form.suspect or tries > throttle.HELD_ABOVE
    posting.post(key=form.key, case=case, held=held, **form.cleaned_data)
    return redirect("letters:social-action", key=form.key)


@form_page
def social_action(request: HttpRequest, key: str) -> HttpResponse:
    """The page of who posted: thanks, what all did together, and the way back."""
    actions = SocialAction.objects.select_related("case__edition")
    action = get_object_or_404(actions.by_key(key))
    if request.method == "POST":
        match request.POST.get("act"):
            case "take-back":
                posting.take_back(action)
            case "post-again":
                posting.post_again(action)
        return redirect("letters:social-action", key=key)
    if not action.case.is_told:
        return render(request, "cases/hidden.html")
    case = Case.objects.with_count().select_related(*FOR_MORE).get(pk=action.case_id)
    context = {
        "action": action,
        "case": case,
        "everyone": case.post_count,
        "may_post_again": posting.may_post_again(action),
        "may_share": case.may_be_shared and case.takes_actions,
        "link": settings.SITE_URL + action.get_absolute_url(),
        "others": Case.objects.to_write_for(action.case.edition)
        .exclude(pk=action.case_id)
        .needing_letters_first()[:OTHER_CASES],
    }
    return render(request, "letters/social_action.html", context)


def shared_or_gone(cases: CaseQuerySet, slug: str) -> Case:
    """A case that may be told of elsewhere; a withdrawn one is gone, any other does not exist."""
    case = told_or_gone(get_object_or_404(cases.open_to_readers(), slug=slug))
    if not case.may_be_shared:
        raise Http404
    return case


def _case_or_404(slug: str) -> Case:
    return get_object_or_404(Case.objects.shared().select_related("portrait"), slug=slug)


def _posted_page(
    request: HttpRequest, case: Case, form: PostedForm, *, status: int = 200
) -> HttpResponse:
    return render(request, "letters/posted.html", {"case": case, "form": form}, status=status)

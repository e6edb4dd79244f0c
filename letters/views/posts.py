"""Tell others about a case, and say that one did."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.http_caching import (
    private_page,
    public_page,
    rendered_file,
    visible_or_410,
)
from cases.models import Case, CaseQuerySet
from cases.printing import sheets
from letters.actions import posts as post_actions
from letters.forms.posts import MastodonForm, PostedForm
from letters.models import Post
from letters.sharing import posts as sharing_posts
from letters.views import mine_cookie, submitting

# What else can be done for the case.
CASE_RELATIONS = ("edition", "petition", "solidarity_action")


@public_page()
def share(request: HttpRequest, slug: str) -> HttpResponse:
    case = shared_or_410(Case.objects.select_related("edition", "portrait"), slug)
    if not case.takes_actions:
        return redirect(case)
    context = {
        "case": case,
        "posts": sharing_posts.posts(case),
        "embed": sharing_posts.card_frame(case),
    }
    return render(request, "letters/posts/share.html", context)


@public_page()
@rendered_file
def picture(request: HttpRequest, slug: str, shape: str) -> HttpResponse:
    """A picture to post, in the size that a network shows."""
    case = shared_or_410(Case.objects.select_related("edition", "portrait"), slug)
    if not case.takes_actions:
        raise Http404
    return HttpResponse(sheets.share_picture(case, shape), content_type="image/jpeg")


@private_page
def share_on_mastodon(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody has their own server there: asked here, kept nowhere, and in no address or log."""
    case = _case(slug)
    if case is None:
        return submitting.too_late(request, is_stopped=True)
    if not case.takes_actions:
        return redirect(case)
    posts = sharing_posts.posts(case)
    number = request.GET.get("post", "")
    post = next((post for post in posts if str(post.number) == number), posts[0])
    form = MastodonForm(request.POST if request.method == "POST" else None)
    context = {"case": case, "post": post, "form": form}
    if form.is_valid():
        context["server"] = form.cleaned_data["server"]
        context["link"] = post.on_mastodon(form.cleaned_data["server"])
    return render(request, "letters/posts/share_on_mastodon.html", context)


@private_page
def posted(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that one posted about a case: it counts."""
    case = _case(slug)
    if case is None:
        return submitting.too_late(request, is_stopped=True)
    if request.method != "POST":
        if not case.takes_actions:
            return redirect(case)
        return _posted_page(request, case, PostedForm(case=case))
    form = PostedForm(request.POST, case=case)
    closed = "" if case.takes_actions else _("Nobody is asked to act for this case at the moment.")
    too_many = _("Too many posts came from here in the last hour. Try again later.")
    if status := submitting.refused(form, request, "post", closed=closed, too_many=too_many):
        return _posted_page(request, case, form, status=status)
    needs_review = submitting.needs_review(form)
    made = post_actions.post(
        key=form.key, case=case, needs_review=needs_review, **form.cleaned_data
    )
    response = redirect(made.get_absolute_url() + "#now")
    return mine_cookie.remember(request, response, made)


@private_page
def post(request: HttpRequest, key: str) -> HttpResponse:
    """The page of who posted: thanks, what all did together, and the way back."""
    posts = Post.objects.select_related("case__edition")
    post = get_object_or_404(posts.by_key(key))
    if request.method == "POST":
        if submitting.too_many_acts(post):
            return render(request, "429.html", status=429)
        match request.POST.get("act"):
            case "take-back":
                post_actions.take_back(post)
            case "post-again":
                post_actions.post_again(post)
        return redirect(post.get_absolute_url() + "#now")
    if not post.case.is_visible:
        return render(request, "cases/hidden.html")
    cases = Case.objects.with_count().select_related(*CASE_RELATIONS).prefetch_related("targets")
    case = cases.get(pk=post.case_id)
    context = {
        "post": post,
        "case": case,
        "everyone": case.total_count,
        "may_post_again": post_actions.may_post_again(post),
        "may_share": case.may_be_shared and case.takes_actions,
        "link": settings.SITE_URL + post.get_absolute_url(),
        "on_device": mine_cookie.state_of(request, post),
    }
    return render(request, "letters/posts/post.html", context)


def shared_or_410(cases: CaseQuerySet, slug: str) -> Case:
    """A case that may be told of elsewhere; a withdrawn one is gone, any other does not exist."""
    case = visible_or_410(get_object_or_404(cases.open_to_readers(), slug=slug))
    if not case.may_be_shared:
        raise Http404
    return case


def _case(slug: str) -> Case | None:
    cases = Case.objects.shared().select_related("edition", "portrait")
    return cases.filter(slug=slug).first()


def _posted_page(
    request: HttpRequest, case: Case, form: PostedForm, *, status: int = 200
) -> HttpResponse:
    return render(request, "letters/posts/posted.html", {"case": case, "form": form}, status=status)

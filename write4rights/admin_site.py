"""The admin's own pages: the way in, and the first page with what is to do today."""

from __future__ import annotations

from typing import NamedTuple

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cases.models import Case, Freeze, Stage
from letters.models import (
    Letter,
    OutgoingMail,
    PaperCount,
    PaperState,
    Signature,
    SocialAction,
    Telling,
)

COUNT_UP_TO = 50  # "more than 50": enough to know the day is full, and no table is counted
NAMED = 4  # cases named in a line
# The order on the first page: what a campaigner looks for, then what a deployer does.
APPS = ["cases", "letters", "auth"]


class Task(NamedTuple):
    """A line of what is to do: `Case`s are named, other rows only counted."""

    permission: str
    rows: QuerySet
    one_or_many: str  # with %(count)s
    url: str
    names_them: bool = False


class Line(NamedTuple):
    text: str
    more_than: bool
    url: str
    named: list
    has_more: bool


class StaffSite(admin.AdminSite):
    site_header = _("Write for Rights: staff")
    site_title = _("Write for Rights: staff")
    index_title = _("Today")
    index_template = "admin/today.html"
    enable_nav_sidebar = False

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return redirect("account_change_password")

    def get_urls(self) -> list:
        """Without Django's way from the number of any row to its page on the site.

        It asks for no permission, and the page of a letter, a pledge, a post or an address is
        known to its writer alone.
        """
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        return super().index(request, {"today": to_do(request.user)} | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict]:
        """In the order of work, each app's models in the order their admin was registered."""
        apps = self._build_app_dict(request, app_label)
        found = ([apps] if apps else []) if app_label else list(apps.values())
        order = {model: place for place, model in enumerate(self._registry)}
        for app in found:
            app["models"].sort(key=lambda entry: order[entry["model"]])
        return sorted(
            found,
            key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else 99,
        )


def tasks() -> list[Task]:
    cases = reverse("admin:cases_case_changelist")
    today = timezone.localdate()
    told = Case.objects.filter(stage__in=[Stage.PUBLISHED, Stage.CLOSED])
    return [
        Task(
            "cases.freeze_case",
            Case.objects.exclude(unfreeze_asked_by=None),
            ngettext_lazy(
                "%(count)s case whose unfreezing waits for a second person",
                "%(count)s cases whose unfreezing waits for a second person",
                "count",
            ),
            f"{cases}?left=unfreezing",
            names_them=True,
        ),
        Task(
            "cases.view_case",
            Case.objects.exclude(freeze=Freeze.NONE),
            ngettext_lazy("%(count)s frozen case", "%(count)s frozen cases", "count"),
            f"{cases}?left=frozen",
            names_them=True,
        ),
        Task(
            "letters.approve_telling",
            Telling.objects.awaiting_approval(),
            ngettext_lazy(
                "%(count)s piece of news that waits for a second person",
                "%(count)s pieces of news that wait for a second person",
                "count",
            ),
            reverse("admin:letters_telling_changelist") + "?state=waiting",
        ),
        Task(
            "letters.moderate_letter",
            Letter.objects.awaiting_moderation(),
            ngettext_lazy("%(count)s letter to read", "%(count)s letters to read", "count"),
            reverse("admin:letters_letter_changelist"),
        ),
        Task(
            "letters.moderate_signature",
            Signature.objects.awaiting_a_look(),
            ngettext_lazy(
                "%(count)s signature to look at", "%(count)s signatures to look at", "count"
            ),
            reverse("admin:letters_signature_changelist"),
        ),
        Task(
            "letters.moderate_letter",
            SocialAction.objects.filter(held=True),
            ngettext_lazy("%(count)s post to look at", "%(count)s posts to look at", "count"),
            reverse("admin:letters_socialaction_changelist") + "?held__exact=1",
        ),
        Task(
            "letters.review_papercount",
            PaperCount.objects.filter(state=PaperState.HELD),
            ngettext_lazy(
                "%(count)s count on paper waits for a second person",
                "%(count)s counts on paper wait for a second person",
                "count",
            ),
            reverse("admin:letters_papercount_changelist") + "?state__exact=held",
        ),
        Task(
            "cases.publish_case",
            Case.objects.filter(stage=Stage.IN_REVIEW),
            ngettext_lazy("%(count)s case in review", "%(count)s cases in review", "count"),
            f"{cases}?left=in-review",
            names_them=True,
        ),
        Task(
            "cases.change_case",
            told.filter(review_by__lte=today),
            ngettext_lazy(
                "%(count)s case to check again", "%(count)s cases to check again", "count"
            ),
            f"{cases}?left=review-due",
            names_them=True,
        ),
        Task(
            "cases.change_case",
            Case.objects.filter(stage=Stage.PUBLISHED, facts_checked_on=None),
            ngettext_lazy(
                "%(count)s published case whose facts nobody of us has checked",
                "%(count)s published cases whose facts nobody of us has checked",
                "count",
            ),
            f"{cases}?left=unchecked",
            names_them=True,
        ),
        Task(
            "cases.change_case",
            Case.objects.filter(stage=Stage.DRAFT),
            ngettext_lazy("%(count)s draft", "%(count)s drafts", "count"),
            f"{cases}?left=draft",
            names_them=True,
        ),
        Task(
            "letters.change_outgoingmail",
            OutgoingMail.objects.exclude(given_up_at=None),
            ngettext_lazy(
                "%(count)s mail that could not be sent",
                "%(count)s mails that could not be sent",
                "count",
            ),
            reverse("admin:letters_outgoingmail_changelist") + "?state=given-up",
        ),
    ]


def to_do(user) -> list[Line]:
    """What waits for this person: one query a line, and only what their role may see."""
    lines = []
    for task in tasks():
        if not user.has_perm(task.permission):
            continue
        rows = task.rows.order_by("-pk")
        found = (
            list(rows.only("pk", "display_name")[: COUNT_UP_TO + 1])
            if task.names_them
            else list(rows.values_list("pk", flat=True)[: COUNT_UP_TO + 1])
        )
        if found:
            count = min(len(found), COUNT_UP_TO)
            lines.append(
                Line(
                    text=task.one_or_many % {"count": count},
                    more_than=len(found) > COUNT_UP_TO,
                    url=task.url,
                    named=found[:NAMED] if task.names_them else [],
                    has_more=len(found) > NAMED,
                )
            )
    return lines

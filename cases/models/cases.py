from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case as CaseWhen
from django.db.models import Exists, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.countries import CountryField, country_name
from cases.dates import PartialDateField, earliest_today
from cases.models.editions import Edition
from cases.models.embassies import Embassy
from cases.models.history import History
from cases.models.themes import Theme
from cases.models.translation import shown_language

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    from cases.models.action_counts import ActionCount
    from cases.models.outcomes import Milestone, Outcome, OutcomeQuerySet
    from cases.models.petitions import Petition
    from cases.models.portraits import Portrait
    from cases.models.solidarity import SolidarityAction
    from cases.models.targets import Target, TargetQuerySet


class CaseKind(models.TextChoices):
    PERSON = "person", _("person")
    GROUP = "group", _("group")
    COMMUNITY = "community", _("community")
    IN_MEMORY = "in-memory", _("in memory")


class Pronouns(models.TextChoices):
    SHE = "she", _("she, her")
    HE = "he", _("he, his")
    THEY = "they", _("they, their")


class Region(models.TextChoices):
    AFRICA = "africa", _("Africa")
    AMERICAS = "americas", _("Americas")
    ASIA_PACIFIC = "asia-pacific", _("Asia-Pacific")
    EUROPE = "europe-central-asia", _("Europe and Central Asia")
    MIDDLE_EAST = "middle-east-north-africa", _("Middle East and North Africa")


class Stage(models.TextChoices):
    """Where a case stands with us."""

    DRAFT = "draft", _("draft")
    IN_REVIEW = "in-review", _("in review")
    PUBLISHED = "published", _("published, taking letters")
    CLOSED = "closed", _("closed: its page stays, it takes no letters")


MAX_SLUG = 80  # characters

# Past the publish gate. Readers see them once their edition has opened. See also Case.is_past_gate
PAST_GATE = [Stage.PUBLISHED, Stage.CLOSED]


class Freeze(models.TextChoices):
    """How far a case is taken down at once, for somebody's safety."""

    NONE = "none", _("not frozen")
    PAUSED = "paused", _("paused: the page stays, no actions")
    HIDDEN = "hidden", _("hidden: a neutral text, in no list or search")
    WITHDRAWN = "withdrawn", _("withdrawn: gone (410), everywhere")


# Frozen so far that nothing of the case may be shown. See also Case.is_visible
NOT_VISIBLE = [Freeze.HIDDEN, Freeze.WITHDRAWN]


def taking_actions() -> Q:
    """Published in an edition that has opened, not frozen, and told by a consent today: see
    cases/publishing/consents.py."""
    # See also Case.takes_actions
    still_told = Q(consent_ends_on=None) | Q(consent_ends_on__gte=timezone.localdate())
    is_open = Q(stage=Stage.PUBLISHED, edition__opens_on__lte=earliest_today())
    return is_open & Q(freeze=Freeze.NONE) & still_told


# Of an address for messages: printed, or told to who asks. See also AddressVisibility
SHOWN_TO_WRITERS = ["public", "on-request"]


# For subqueries: what hangs on a case. The modules of these import this one.
def _targets() -> TargetQuerySet:
    return apps.get_model("cases", "Target").objects.filter(case=OuterRef("pk"))


def _outcomes() -> OutcomeQuerySet:
    return apps.get_model("cases", "Outcome").objects.filter(case=OuterRef("pk"))


# The `reach` of a case: see needing_letters_first
HAS_ADDRESS, HAS_NO_ADDRESS, TAKES_NONE = 0, 1, 2


def taking_letters() -> Q:
    """Taking actions, and with a target whose last day is not over, or with none at all."""
    # See also Case.takes_letters
    targets = _targets()
    return taking_actions() & (Exists(targets.open()) | ~Exists(targets))


def has_address() -> Q:
    """One can really write: to an address that may be shown, or through an embassy."""
    # See also Case.routes, Case.state_of
    targets = _targets().open()
    printed = ~Q(postal="") & Q(address_for_staff_only=False)
    shown = targets.filter(printed | ~Q(email="") & Q(checked_on__isnull=False))
    is_there = Q(postal_country__in=["", OuterRef("country")])
    of_its_state = targets.filter(is_there | Q(postal__contains="c/o "))
    embassies = Embassy.objects.offered().filter(of_country=OuterRef("country"))
    return Exists(shown) | (Exists(of_its_state) & Exists(embassies))


# Whom one can write to, and who has the fewest letters as published today.
BY_NEED: list[str | Coalesce] = ["reach", Coalesce("action_count__shown_letters", 0)]


class CaseQuerySet(models.QuerySet["Case"]):
    def past_gate(self) -> CaseQuerySet:
        """Published or closed, if its edition has opened or not: what it takes two people to
        change."""
        # See also Case.is_past_gate
        return self.filter(stage__in=PAST_GATE)

    def open_to_readers(self) -> CaseQuerySet:
        """Has an address on the site; a frozen one answers there with what its freeze says.

        A case of an edition that has not opened has none: until then it is nowhere.
        """
        # See also Case.is_open_to_readers
        return self.past_gate().filter(edition__opens_on__lte=earliest_today())

    def visible(self) -> CaseQuerySet:
        """May be read about: in lists, search, feeds and counts of pages."""
        # See also Case.is_visible
        return self.open_to_readers().exclude(freeze__in=NOT_VISIBLE)

    def visible_to(self, user: User | AnonymousUser) -> CaseQuerySet:
        """Staff who may change cases see them all, other staff what readers see."""
        return self.all() if user.has_perm("cases.change_case") else self.visible()

    def hidden_from(self, user: User | AnonymousUser) -> CaseQuerySet:
        # See also visible_to
        return self.exclude(pk__in=self.model.objects.visible_to(user).values("pk"))

    def listed(self) -> CaseQuerySet:
        return self.visible().filter(listed=True)

    def shared(self) -> CaseQuerySet:
        """May be told of on other sites: by posts, embeds and the API."""
        # See also Case.may_be_shared
        return self.listed().filter(sharing_allowed=True)

    def taking_actions(self) -> CaseQuerySet:
        return self.filter(taking_actions())

    def taking_letters(self) -> CaseQuerySet:
        # See also Case.takes_letters
        return self.filter(taking_letters())

    def taking_messages(self) -> CaseQuerySet:
        # See also Case.takes_messages
        can_travel = ~Q(solidarity_action__postal="") & Q(
            solidarity_action__address_visibility__in=SHOWN_TO_WRITERS
        )
        if settings.DELIVERY_OFFERED:
            can_travel |= Q(takes_deliveries=True)
        return (
            self.taking_actions()
            .filter(can_travel, solidarity_action__isnull=False)
            .exclude(solidarity_action__opens_on__gt=timezone.localdate())
            .exclude(solidarity_action__ends_on__lt=earliest_today())
        )

    def taking_signatures(self) -> CaseQuerySet:
        # See also Case.takes_signatures
        return (
            self.taking_actions()
            .filter(petition__isnull=False)
            .exclude(petition__closes_on__lt=earliest_today())
        )

    def of_the_same_person(self, case: Case) -> CaseQuerySet:
        """The case and those of the same person in other editions, any number of years apart."""
        found: set[int] = set()
        next_ones = {case.pk}
        while next_ones:
            found |= next_ones
            linked = self.model.objects.filter(Q(pk__in=next_ones) | Q(earlier__in=next_ones))
            pairs = linked.values_list("pk", "earlier")
            next_ones = {key for pair in pairs for key in pair if key} - found
        return self.filter(pk__in=found)

    def with_count(self) -> CaseQuerySet:
        """With what `total_count`, `letter_count` and the like are read from."""
        return self.select_related("action_count")

    def with_latest_outcome(self) -> CaseQuerySet:
        """Adds `latest_outcome_kind` and `latest_outcome_headline`, None without an outcome."""
        latest = _outcomes().newest_first()
        return self.annotate(
            latest_outcome_kind=Subquery(latest.values("kind")[:1]),
            latest_outcome_headline=Subquery(
                latest.values("headline_i18n")[:1]  # type: ignore[misc]  # which modeltrans adds
            ),
        )

    def that_may_be_over(self) -> CaseQuerySet:
        """Published, though their newest outcome says that there may be nothing left to ask for."""
        # See also Case.may_be_over
        latest = _outcomes().newest_first()
        ended = latest.model.objects.that_may_end_case()
        return self.alias(latest_outcome_key=Subquery(latest.values("pk")[:1])).filter(
            stage=Stage.PUBLISHED, latest_outcome_key__in=ended.values("pk")
        )

    def needing_letters_first(self) -> CaseQuerySet:
        """Those whom one can really write to before the others, the fewest letters first."""
        return self._with_need().order_by(*BY_NEED, "-edition__year", "position", "pk")

    def newest_edition_first(self) -> CaseQuerySet:
        """In each edition those who need letters first."""
        return self._with_need().order_by("-edition__year", *BY_NEED, "position", "pk")

    def waiting_for_letters(self) -> CaseQuerySet:
        """Those that take letters, in the order of `needing_letters_first`.

        As both say together, but the database is asked once whether a case takes letters.
        """
        reach = CaseWhen(When(has_address(), then=HAS_ADDRESS), default=HAS_NO_ADDRESS)
        waiting = self.taking_letters().with_count().annotate(reach=reach)
        return waiting.order_by(*BY_NEED, "-edition__year", "position", "pk")

    def _with_need(self) -> CaseQuerySet:
        reach = CaseWhen(
            When(~taking_letters(), then=TAKES_NONE),
            When(has_address(), then=HAS_ADDRESS),
            default=HAS_NO_ADDRESS,
        )
        return self.with_count().annotate(reach=reach)

    def for_cards(self) -> CaseQuerySet:
        """All that a card in a list shows, in two statements."""
        rows = self.select_related("edition", "portrait").prefetch_related("themes")
        return rows.with_count().with_latest_outcome()

    def to_write_for(self, edition: Edition) -> CaseQuerySet:
        """The cases of an edition that a supporter can do something for, as cards show them."""
        return self.listed().taking_actions().filter(edition=edition).for_cards()

    def with_first_day(self) -> CaseQuerySet:
        """`first_told_at`: when the case passed the gate first, as its history says."""
        versions = self.model.history.model.objects.filter(id=OuterRef("pk"), stage__in=PAST_GATE)
        first = versions.order_by("history_date", "history_id").values("history_date")[:1]
        return self.annotate(first_told_at=Subquery(first))

    def for_page(self) -> CaseQuerySet:
        """All that the page of a case shows, in a fixed number of queries."""
        return (
            self.select_related("edition", "portrait", "solidarity_action", "petition")
            .with_count()
            .with_first_day()
            .prefetch_related(
                "targets",
                "demands",
                "quotes",
                "sources",
                "milestones",
                "outcomes",
                "safety_rules",
                "solidarity_phrases",
                "themes",
            )
        )


class Case(models.Model):
    """A person, group or community for whom letters are written."""

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="cases", verbose_name=_("edition")
    )
    slug = models.SlugField(
        _("name in the address"),
        max_length=MAX_SLUG,
        unique=True,
        help_text=_("/cases/…/. Do not change it once the case is published: links would break."),
    )
    display_name = models.CharField(
        _("name"), max_length=120, help_text=_("As the person writes it, with its diacritics.")
    )
    short_name = models.CharField(
        _("name in a sentence"),
        max_length=60,
        blank=True,
        help_text=_("“Write for Ellinor”. If this is empty the full name is used."),
    )
    other_names = models.JSONField(
        _("other spellings"),
        default=list,
        blank=True,
        help_text=_("Found by the search, not shown. A list: [“Sai Zaw”, “…”]."),
    )
    kind = models.CharField(
        _("who this is"), max_length=10, choices=CaseKind.choices, default=CaseKind.PERSON
    )
    pronouns = models.CharField(_("pronouns"), max_length=5, choices=Pronouns.choices, blank=True)
    country = CountryField(_("country"))
    region = models.CharField(_("region"), max_length=24, choices=Region.choices)
    headline = models.CharField(
        _("headline"), max_length=120, help_text=_("Under the name: who this is, what is at stake.")
    )
    summary = models.CharField(
        _("summary"),
        max_length=320,
        help_text=_("On cards, in search engines and shared links. Name no private person."),
    )
    story = models.TextField(
        _("story"),
        help_text=_(
            "The page's text, 250 to 450 words. Markdown: ## heading, > quote, *emphasis*. "
            "Do not name relatives, children, or where somebody lives."
        ),
    )
    content_note = models.CharField(
        _("content note"),
        max_length=200,
        blank=True,
        help_text=_("Before the story: what it tells that may be hard to read."),
    )
    age_hint = models.CharField(
        _("for which age"), max_length=60, blank=True, help_text=_("For teachers: “From 11”.")
    )
    address_note = models.CharField(
        _("note on the address"),
        max_length=400,
        blank=True,
        help_text=_("Shown next to the address: why it is missing, or goes through an embassy."),
    )
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="cases", verbose_name=_("themes")
    )
    stage = models.CharField(
        _("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT, db_index=True
    )
    freeze = models.CharField(
        _("freeze"), max_length=10, choices=Freeze.choices, default=Freeze.NONE
    )
    freeze_reason = models.CharField(
        _("reason of the freeze"), max_length=300, blank=True, help_text=_("Seen by staff only.")
    )
    unfreeze_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("unfreezing asked for by"),
    )
    # What can be worked out is stored here: rows that come along with others are asked for it too.
    consent_ends_on = models.DateField(null=True, blank=True, editable=False)
    sharing_allowed = models.BooleanField(_("may be shared on social media"), default=True)
    listed = models.BooleanField(
        _("listed"),
        default=True,
        help_text=_("Off: only people who have the link can find the page."),
    )
    takes_deliveries = models.BooleanField(
        _("we hand letters in"),
        default=False,
        help_text=_(
            "Tick this only if you will print what people write for this case and hand it in or "
            "send it. Writers are then offered to hand us their letter or message. Without it they "
            "post or e-mail it themselves; what they handed to us before stays with us to be "
            "handed in."
        ),
    )
    letter_goal = models.PositiveIntegerField(_("letter goal"), null=True, blank=True)
    earlier = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="later",
        verbose_name=_("the same person in an earlier edition"),
        help_text=_("Who wrote then and wanted news is told of this case too."),
    )
    # The first of a row of clones. Unlike `earlier` nobody can take it away.
    cloned_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=100,
        help_text=_(
            "Order in its edition among those with as many letters; the smallest comes first."
        ),
    )
    no_target_reason = models.CharField(
        _("why there is no one to write to"),
        max_length=300,
        blank=True,
        help_text=_("Only if the case has no target: the reason, shown on the page."),
    )
    facts_as_of = PartialDateField(
        _("what we know, as of"),
        help_text=_(
            "The date of the newest news that the page tells, as 2025-12 or 2025-12-10. Shown as "
            "“This is what we know as of December 2025”. Move it when you have looked for news and "
            "told it."
        ),
    )
    facts_checked_on = models.DateField(
        _("facts checked on"),
        null=True,
        blank=True,
        help_text=_("The day when one of us compared every sentence with its source."),
    )
    review_by = models.DateField(
        _("check again by"),
        null=True,
        blank=True,
        help_text=_("From this day on the first page of the admin asks to look for news."),
    )
    staff_note = models.TextField(
        _("note for staff"), blank=True, help_text=_("What is uncertain, what to check. Not shown.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    loaded_digest = models.CharField(max_length=140, blank=True, editable=False)
    # Moves with all that its page or card shows: see cases/publishing/content_version.py
    content_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    i18n = TranslationField(
        fields=["short_name", "headline", "summary", "story", "content_note", "address_note"]
    )
    short_name_i18n: str
    headline_i18n: str
    summary_i18n: str
    story_i18n: str
    content_note_i18n: str
    address_note_i18n: str
    action_count: ActionCount | None
    petition: Petition | None
    portrait: Portrait | None
    solidarity_action: SolidarityAction | None
    _change_reason: str
    _history_user: User | None
    objects = CaseQuerySet.as_manager()
    history = History(m2m_fields=[], excluded_fields=["content_version"])

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-edition__year", "position", "pk"]
        indexes = [models.Index(name="case_by_edition", fields=["edition", "stage", "position"])]
        constraints = [
            models.CheckConstraint(
                name="case_letter_goal_is_not_zero",
                condition=Q(letter_goal__isnull=True) | Q(letter_goal__gt=0),
                violation_error_code="letter_goal",
                violation_error_message=_(
                    "Leave this empty if there is no goal. A goal is at least 1."
                ),
            ),
            models.CheckConstraint(
                name="case_frozen_with_a_reason",
                condition=Q(freeze=Freeze.NONE) | ~Q(freeze_reason=""),
                violation_error_code="freeze_reason",
                violation_error_message=_("Say why the case is frozen."),
            ),
        ]
        permissions = [
            ("publish_case", _("Can publish and close cases")),
            ("freeze_case", _("Can freeze a case and ask for or confirm its unfreezing")),
            ("purge_history", _("Can remove words from earlier versions for good")),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_absolute_url(self) -> str:
        return reverse("cases:case", args=[self.slug])

    @property
    def name_and_year(self) -> str:
        """For lists to choose from: somebody may be in several editions."""
        return f"{self.display_name} ({self.edition.year})"

    @property
    def short_name_or_full(self) -> str:
        """The name as a sentence uses it: “Write for Ellinor”."""
        return self.short_name_i18n or self.display_name

    @property
    def fragment_key(self) -> str:
        """The key of what `{% cache %}` holds of the case. It changes whenever its page or card
        does, but not with counts. What opens and what closes depends on both days."""
        days = f"{timezone.localdate()}.{earliest_today()}"
        return f"{self.pk}.{self.content_version}.{get_language()}.{days}"

    @cached_property
    def card(self) -> Case:
        """The case from `for_cards()`, for what its card shows: see also cases.lists.cards."""
        return self

    @property
    def country_name(self) -> str:
        return country_name(self.country)

    @property
    def language(self) -> str:
        """The language of its texts on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "story")

    @property
    def is_past_gate(self) -> bool:
        # See also CaseQuerySet.past_gate
        return self.stage in PAST_GATE

    @property
    def is_open_to_readers(self) -> bool:
        # See also CaseQuerySet.open_to_readers
        return self.is_past_gate and self.edition.has_opened

    @property
    def is_visible(self) -> bool:
        # See also CaseQuerySet.visible
        return self.is_open_to_readers and self.freeze not in NOT_VISIBLE

    @property
    def may_be_shared(self) -> bool:
        # See also CaseQuerySet.shared
        return self.is_visible and self.listed and self.sharing_allowed

    @property
    def takes_actions(self) -> bool:
        # See also taking_actions
        return (
            self.stage == Stage.PUBLISHED
            and self.freeze == Freeze.NONE
            and not self.has_outlived_consent
            and self.edition.has_opened
        )

    @property
    def has_outlived_consent(self) -> bool:
        """Whether the last day of the consents it is told by is over."""
        return self.consent_ends_on is not None and self.consent_ends_on < timezone.localdate()

    @property
    def is_paused(self) -> bool:
        """Whether the page stays without what could be done."""
        return self.freeze == Freeze.PAUSED or (
            self.stage == Stage.PUBLISHED
            and self.freeze == Freeze.NONE
            and self.has_outlived_consent
        )

    @property
    def open_targets(self) -> list[Target]:
        """Whom one can write to today, in the order in which they are offered."""
        return [target for target in self.targets.all() if target.is_open]

    @property
    def takes_letters(self) -> bool:
        """Whether a letter can be written now: its last day may be over for each target."""
        # See also CaseQuerySet.taking_letters
        return self.takes_actions and bool(self.open_targets or not self.targets.all())

    def state_of(self, target: Target) -> str:
        """The state whose embassies may pass on a letter to this target of the case; empty if that
        is not certain: an address in another country does not say whose official this is, unless it
        is by way of somebody there itself."""
        # See also has_address
        is_there = target.postal_country in ("", self.country)
        return self.country if is_there or "c/o " in target.postal else ""

    @property
    def routes(self) -> dict:
        """How a letter can travel, for who has not begun one: on paper, by mail, handed in by us,
        by embassies."""
        # See also has_address
        targets = self.open_targets
        has_embassies = any(self.state_of(target) for target in targets)
        return {
            "post": any(target.postal_lines for target in targets),
            "email": any(target.checked_email for target in targets),
            "deliver": self.offers_delivery,
            "embassies": Embassy.objects.origins(self.country) if has_embassies else [],
        }

    @property
    def offers_delivery(self) -> bool:
        """Whether we offer to hand in what is written, here and on this site at all."""
        return self.takes_deliveries and settings.DELIVERY_OFFERED

    @property
    def takes_messages(self) -> bool:
        """Whether messages of support can be written now: there is a way for them to travel."""
        # See also CaseQuerySet.taking_messages
        solidarity = self.solidarity_action
        return (
            self.takes_actions
            and solidarity is not None
            and solidarity.is_open
            and (solidarity.has_address_for_writers or self.offers_delivery)
        )

    @property
    def takes_signatures(self) -> bool:
        """Whether its petition can be signed now."""
        # See also CaseQuerySet.taking_signatures
        petition = self.petition
        return self.takes_actions and petition is not None and petition.is_open

    # Numbers: all that was done so far, and of each kind what was published today.
    # See also CaseQuerySet.with_count

    @property
    def total_count(self) -> int:
        return self.action_count.total if self.action_count else 0

    @property
    def letter_count(self) -> int:
        return self.action_count.shown_letters if self.action_count else 0

    @property
    def message_count(self) -> int:
        return self.action_count.shown_messages if self.action_count else 0

    @property
    def signature_count(self) -> int:
        return self.action_count.shown_signatures if self.action_count else 0

    @property
    def post_count(self) -> int:
        return self.action_count.shown_posts if self.action_count else 0

    @property
    def official_reply_count(self) -> int:
        return self.action_count.shown_official_replies if self.action_count else 0

    @property
    def person_reply_count(self) -> int:
        return self.action_count.shown_person_replies if self.action_count else 0

    @property
    def shown_signatures(self) -> int:
        """How many signatures a page names: none below the threshold."""
        petition = self.petition
        is_shown = petition is None or self.signature_count >= petition.shown_from
        return self.signature_count if is_shown else 0

    @property
    def timeline(self) -> list[Milestone | Outcome]:
        """Milestones and outcomes by date, those without one last."""
        rows = [*self.milestones.all(), *self.outcomes.all()]
        return sorted(rows, key=lambda row: (row.date is None, row.date or row.pk))

    @property
    def latest_outcome(self) -> Outcome | None:
        """The newest outcome with a date, else the last one entered; None if there is none."""
        outcomes = list(self.outcomes.all())
        return max(outcomes, key=lambda row: row.newest_first_key, default=None)

    @property
    def current_headline(self) -> str:
        """What stands beside the name. Of a closed case it is the newest outcome: its old headline
        would read as if nothing had happened since."""
        newest = self.latest_outcome if self.stage == Stage.CLOSED else None
        return newest.headline_i18n if newest else self.headline_i18n

    @property
    def may_be_over(self) -> bool:
        """Whether letters are asked for though there may be nothing left to ask for."""
        # See also CaseQuerySet.that_may_be_over
        latest = self.latest_outcome
        return self.stage == Stage.PUBLISHED and latest is not None and latest.may_end_case

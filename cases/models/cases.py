from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Case as CaseWhen
from django.db.models import F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.countries import country_choices, country_name, validate_country
from cases.models.editions import Edition
from cases.models.gathering import gathered
from cases.models.history import History
from cases.models.themes import Theme
from cases.models.translating import shown_language


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
    CLOSED = "closed", _("closed, only told")


# See also Case.is_open_to_readers
OPEN_TO_READERS = [Stage.PUBLISHED, Stage.CLOSED]


class Freeze(models.TextChoices):
    """How far a case is taken down at once, for somebody's safety."""

    NONE = "none", _("not frozen")
    PAUSED = "paused", _("paused: the page stays, no actions")
    HIDDEN = "hidden", _("hidden: a neutral text, in no list or search")
    WITHDRAWN = "withdrawn", _("withdrawn: gone (410), everywhere")


# Frozen so far that nothing of the case may be shown. See also Case.is_told
UNTOLD = [Freeze.HIDDEN, Freeze.WITHDRAWN]


# See also Case.takes_actions
TAKING_ACTIONS = Q(stage=Stage.PUBLISHED, freeze=Freeze.NONE)


class CaseQuerySet(models.QuerySet):
    def open_to_readers(self) -> CaseQuerySet:
        """Has an address on the site; a frozen one answers there with what its freeze says."""
        # See also Case.is_open_to_readers
        return self.filter(stage__in=OPEN_TO_READERS)

    def told(self) -> CaseQuerySet:
        """May be read about: in lists, search, feeds and counts of pages."""
        # See also Case.is_told
        return self.open_to_readers().exclude(freeze__in=UNTOLD)

    def listed(self) -> CaseQuerySet:
        return self.told().filter(listed=True)

    def shared(self) -> CaseQuerySet:
        """May be told of on other sites: by posts, embeds and the API."""
        # See also Case.may_be_shared
        return self.listed().filter(sharing_allowed=True)

    def taking_actions(self) -> CaseQuerySet:
        return self.filter(TAKING_ACTIONS)

    def taking_messages(self) -> CaseQuerySet:
        # See also Case.takes_messages
        today = timezone.localdate()
        return (
            self.taking_actions()
            .filter(solidarity_action__isnull=False)
            .exclude(solidarity_action__opens_on__gt=today)
            .exclude(solidarity_action__ends_on__lt=today)
        )

    def taking_signatures(self) -> CaseQuerySet:
        # See also Case.takes_signatures
        return (
            self.taking_actions()
            .filter(petition__isnull=False)
            .exclude(petition__closes_on__lt=timezone.localdate())
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
        """Adds `letter_count`, `message_count`, `signature_count` and `post_count`: what counts of
        each kind of action, from the running totals of the tally."""
        return self.annotate(
            letter_count=Coalesce(F("action_count__letters"), 0),
            message_count=Coalesce(F("action_count__messages"), 0),
            signature_count=Coalesce(F("action_count__signatures"), 0),
            post_count=Coalesce(F("action_count__posts"), 0),
        )

    def with_latest_outcome(self) -> CaseQuerySet:
        """Adds `latest_outcome_kind` and `latest_outcome_headline`, None without an outcome."""
        from cases.models.outcomes import Outcome

        latest = Outcome.objects.filter(case=OuterRef("pk")).newest_first()
        return self.annotate(
            latest_outcome_kind=Subquery(latest.values("kind")[:1]),
            latest_outcome_headline=Subquery(latest.values("headline")[:1]),
        )

    def needing_letters_first(self) -> CaseQuerySet:
        """Those that take letters before the others, the fewest letters first."""
        return (
            self.with_count()
            .annotate(is_taking=CaseWhen(When(TAKING_ACTIONS, then=0), default=1))
            .order_by("is_taking", "letter_count", "-edition__year", "position", "pk")
        )

    def for_cards(self) -> CaseQuerySet:
        """All that a card in a list shows, in one statement."""
        return self.select_related("edition", "portrait").with_count().with_latest_outcome()

    def to_write_for(self, edition: Edition) -> CaseQuerySet:
        """The cases of an edition that a supporter can do something for, as cards show them."""
        return self.listed().taking_actions().filter(edition=edition).for_cards()

    def for_page(self) -> CaseQuerySet:
        """All that the page of a case shows, in one statement: lists come as JSON."""
        return gathered(
            self.select_related(
                "edition", "portrait", "target", "solidarity_action", "petition"
            ).with_count(),
            "demands",
            "quotes",
            "sources",
            "milestones",
            "outcomes",
            "safety_rules",
            "solidarity_phrases",
            "themes",
        )


class Case(models.Model):
    """A person, group or community for whom letters are written."""

    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="cases", verbose_name=_("edition")
    )
    slug = models.SlugField(
        _("name in the address"),
        max_length=80,
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
        help_text=_("“Write for Ellinor”. The full name stands if this is empty."),
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
    country = models.CharField(
        _("country"), max_length=2, choices=country_choices, validators=[validate_country]
    )
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
        help_text=_("Shown beside the address: why it is missing, or goes through an embassy."),
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
    sharing_allowed = models.BooleanField(_("may be shared on social media"), default=True)
    listed = models.BooleanField(
        _("listed"), default=True, help_text=_("Off: only who has the link finds the page.")
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
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Order in its edition; the smallest comes first.")
    )
    no_target_reason = models.CharField(
        _("why there is no one to write to"),
        max_length=300,
        blank=True,
        help_text=_("Only if the case has no target: the reason, shown on the page."),
    )
    facts_checked_on = models.DateField(_("facts checked on"), null=True, blank=True)
    review_by = models.DateField(
        _("check again by"), null=True, blank=True, help_text=_("The list shows what is due.")
    )
    staff_note = models.TextField(
        _("note for staff"), blank=True, help_text=_("What is uncertain, what to check. Not shown.")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, editable=False)
    loaded_digest = models.CharField(max_length=140, blank=True, editable=False)

    i18n = TranslationField(
        fields=["short_name", "headline", "summary", "story", "content_note", "address_note"]
    )
    objects = CaseQuerySet.as_manager()
    history = History(m2m_fields=[])

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["-edition__year", "position", "pk"]
        indexes = [models.Index(name="case_by_edition", fields=["edition", "stage", "position"])]
        constraints = [
            models.CheckConstraint(
                name="case_letter_goal_is_not_zero",
                condition=Q(letter_goal__isnull=True) | Q(letter_goal__gt=0),
            ),
            models.CheckConstraint(
                name="case_frozen_with_a_reason",
                condition=Q(freeze=Freeze.NONE) | ~Q(freeze_reason=""),
            ),
        ]
        permissions = [
            ("publish_case", _("Can publish and close cases")),
            ("freeze_case", _("Can freeze a case and ask for or confirm its unfreezing")),
        ]

    def __str__(self) -> str:
        return self.display_name

    def get_absolute_url(self) -> str:
        return reverse("cases:case", args=[self.slug])

    @property
    def called(self) -> str:
        """The name as a sentence uses it: “Write for Ellinor”."""
        return self.short_name_i18n or self.display_name

    @property
    def country_name(self) -> str:
        return country_name(self.country)

    @property
    def language(self) -> str:
        """The language of its texts on this page: the page's if translated, else the default."""
        return shown_language(self.i18n, "story")

    @property
    def is_open_to_readers(self) -> bool:
        # See also CaseQuerySet.open_to_readers
        return self.stage in OPEN_TO_READERS

    @property
    def is_told(self) -> bool:
        # See also CaseQuerySet.told
        return self.is_open_to_readers and self.freeze not in UNTOLD

    @property
    def may_be_shared(self) -> bool:
        # See also CaseQuerySet.shared
        return self.is_told and self.listed and self.sharing_allowed

    @property
    def takes_actions(self) -> bool:
        # See also TAKING_ACTIONS
        return self.stage == Stage.PUBLISHED and self.freeze == Freeze.NONE

    @property
    def takes_messages(self) -> bool:
        """Whether messages of support can be written now."""
        # See also CaseQuerySet.taking_messages
        solidarity = getattr(self, "solidarity_action", None)
        return self.takes_actions and solidarity is not None and solidarity.is_open

    @property
    def takes_signatures(self) -> bool:
        """Whether its petition can be signed now."""
        # See also CaseQuerySet.taking_signatures
        petition = getattr(self, "petition", None)
        return self.takes_actions and petition is not None and petition.is_open

    def take_counts(self) -> None:
        """Set the numbers that `with_count` adds, on a case that came along with another row."""
        # See also CaseQuerySet.with_count
        count = getattr(self, "action_count", None)
        self.letter_count = count.letters if count else 0
        self.message_count = count.messages if count else 0
        self.signature_count = count.signatures if count else 0
        self.post_count = count.posts if count else 0

    @property
    def shown_signatures(self) -> int:
        """How many signatures a page names, of a case `with_count`: none below the threshold."""
        petition = getattr(self, "petition", None)
        is_shown = petition is None or self.signature_count >= petition.shown_from
        return self.signature_count if is_shown else 0

    @property
    def timeline(self) -> list:
        """Milestones and outcomes by date, those without one last."""
        rows = [*self.milestones.all(), *self.outcomes.all()]
        return sorted(rows, key=lambda row: (row.date is None, row.date or row.pk))

    @property
    def latest_outcome(self):
        """The newest outcome with a date, else the last one entered; None if there is none."""
        outcomes = list(self.outcomes.all())
        return max(outcomes, key=lambda row: row.newest_first_key, default=None)

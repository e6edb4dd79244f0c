from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from cases.models.cases import Case
from cases.models.history import History
from cases.publishers import host_of, publisher_of

HIDE_URL_HELP = _(
    "Tick this if the address names somebody we leave out, like a person who was "
    "acquitted. Readers then get the name of the site, and no link."
)


class SourcedModel(models.Model):
    """A row of a case, with the page that says so."""

    case: Case | models.ForeignKey
    source_url = models.URLField(
        _("source"), max_length=700, blank=True, help_text=_("The page that says so.")
    )
    hide_url = models.BooleanField(_("hide the address"), default=False, help_text=HIDE_URL_HELP)

    class Meta:
        abstract = True

    @property
    def source_link(self) -> str:
        """For readers; empty if they get the name of the site only."""
        # See also Source.link
        return "" if self.hide_url else self.source_url

    @property
    def source_host(self) -> str:
        return host_of(self.source_url)

    @property
    def source_name(self) -> str:
        """Of whom the page is: as among the sources of its case, if it is one of them."""
        said = {source.url: source.publisher for source in self.case.sources.all()}
        return said.get(self.source_url) or publisher_of(self.source_url)


class Demand(models.Model):
    """What the authority is asked to do."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="demands")
    text = models.CharField(_("demand"), max_length=300, help_text=_("In the imperative."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    i18n = TranslationField(fields=["text"])
    text_i18n: str
    history = History()

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class Quote(SourcedModel):
    """Words of the person, or of somebody close, that may be shown."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="quotes")
    text = models.TextField(_("quote"))
    speaker = models.CharField(_("who says it"), max_length=120)
    may_be_shown = models.BooleanField(
        _("consent to show it"), default=False, help_text=_("Without it the page leaves it out.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    i18n = TranslationField(fields=["text"])
    text_i18n: str
    history = History()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Source(models.Model):
    """Where a fact on the page comes from.

    An address that is hidden is not linked to either: it would stand in the page for whoever points
    at the link, copies or prints it, and for search engines, which would find the person by it.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="sources")
    url = models.URLField(
        _("address"), max_length=700, validators=[URLValidator(schemes=["http", "https"])]
    )
    hide_url = models.BooleanField(_("hide the address"), default=False, help_text=HIDE_URL_HELP)
    publisher = models.CharField(
        _("publisher"),
        max_length=120,
        blank=True,
        default="",
        db_default="",  # the release before this one writes sources while a server turns to it
        help_text=_(
            "The organisation or paper whose page it is, as readers see it. Empty: the name that "
            "we know for the site, or its address."
        ),
    )
    supports = models.CharField(_("what it supports"), max_length=400)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.supports

    @property
    def link(self) -> str:
        """For readers; empty if they get the name of the site only."""
        # See also SourcedModel.source_link
        return "" if self.hide_url else self.url

    @property
    def host(self) -> str:
        return host_of(self.url)

    @property
    def publisher_or_site(self) -> str:
        """Of whom the page is, as far as somebody has said it or the site tells."""
        return self.publisher or publisher_of(self.url)

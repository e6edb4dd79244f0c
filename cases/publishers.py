"""Who publishes a page, where nobody has said it with the source (`Source.publisher`): the name of
the organisation or paper, if its site is one that many sources are from."""

from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from cases.countries import country_name

AMNESTY = "Amnesty International"
PUBLISHERS = {
    "amnesty.org": AMNESTY,
    "amnesty.org.uk": f"{AMNESTY} UK",
    "amnestyusa.org": f"{AMNESTY} USA",
    "amnistia.org": AMNESTY,
    "amnistie.ca": "Amnistie internationale Canada francophone",
    "deathpenaltyinfo.org": "Death Penalty Information Center",
    "elpais.cr": "El País (Costa Rica)",
    "hrichina.org": "Human Rights in China",
    "ifex.org": "IFEX",
    "irrawaddy.com": "The Irrawaddy",
    "mongabay.com": "Mongabay",
    "notesfrompoland.com": "Notes from Poland",
    "regjeringen.no": _("Government of Norway"),
    "rightlivelihood.org": "Right Livelihood",
    "timeslive.co.za": "TimesLIVE",
    "wikipedia.org": "Wikipedia",
}
# Sections of Amnesty International, which are named for their country.
SECTIONS = {
    "amnesty.at": "AT",
    "amnesty.be": "BE",
    "amnesty.ca": "CA",
    "amnesty.ch": "CH",
    "amnesty.de": "DE",
    "amnesty.dk": "DK",
    "amnesty.fr": "FR",
    "amnesty.ie": "IE",
    "amnesty.is": "IS",
    "amnesty.it": "IT",
    "amnesty.my": "MY",
    "amnesty.nl": "NL",
    "amnesty.no": "NO",
    "amnesty.org.au": "AU",
    "amnesty.org.pl": "PL",
    "amnesty.org.za": "ZA",
    "amnestybenin.org": "BJ",
    "amnistia.org.mx": "MX",
    "amnistia.pt": "PT",
}


def host_of(url: str) -> str:
    """The site's name, for a link whose address need not be read out."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def publisher_of(url: str) -> str:
    """“Amnesty International Canada”; the site's name if we do not know whose it is."""
    host = host_of(url)
    labels = host.split(".")
    parents = (".".join(labels[at:]) for at in range(len(labels)))
    for name in parents:
        if name in SECTIONS:
            return f"{AMNESTY} {country_name(SECTIONS[name])}"
        if name in PUBLISHERS:
            return str(PUBLISHERS[name])
    return host

"""Who publishes a page: the name of the organisation or paper, where its site is known to us."""

from urllib.parse import urlsplit

AMNESTY = "Amnesty International"
PUBLISHERS = {
    "amnesty.org": AMNESTY,
    "amnesty.at": f"{AMNESTY} Austria",
    "amnesty.be": f"{AMNESTY} Belgium",
    "amnesty.ca": f"{AMNESTY} Canada",
    "amnesty.ch": f"{AMNESTY} Switzerland",
    "amnesty.de": f"{AMNESTY} Germany",
    "amnesty.fr": f"{AMNESTY} France",
    "amnesty.ie": f"{AMNESTY} Ireland",
    "amnesty.is": f"{AMNESTY} Iceland",
    "amnesty.org.au": f"{AMNESTY} Australia",
    "amnesty.org.pl": f"{AMNESTY} Poland",
    "amnesty.org.uk": f"{AMNESTY} UK",
    "amnesty.org.za": f"{AMNESTY} South Africa",
    "amnestybenin.org": f"{AMNESTY} Benin",
    "amnestyusa.org": f"{AMNESTY} USA",
    "amnistia.pt": f"{AMNESTY} Portugal",
    "amnistie.ca": "Amnistie internationale Canada francophone",
    "deathpenaltyinfo.org": "Death Penalty Information Center",
    "elpais.cr": "El País (Costa Rica)",
    "hrichina.org": "Human Rights in China",
    "ifex.org": "IFEX",
    "irrawaddy.com": "The Irrawaddy",
    "mongabay.com": "Mongabay",
    "notesfrompoland.com": "Notes from Poland",
    "regjeringen.no": "Government of Norway",
    "rightlivelihood.org": "Right Livelihood",
    "timeslive.co.za": "TimesLIVE",
    "wikipedia.org": "Wikipedia",
}


def host_of(url: str) -> str:
    """The site's name, for a link whose address need not be read out."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def publisher_of(url: str) -> str:
    """“Amnesty International Canada”; the site's name if we do not know whose it is."""
    host = host_of(url)
    labels = host.split(".")
    parents = (".".join(labels[at:]) for at in range(len(labels)))
    return next((PUBLISHERS[name] for name in parents if name in PUBLISHERS), host)

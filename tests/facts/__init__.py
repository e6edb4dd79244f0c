"""What the content files stand on: the facts that were gathered, each with its sources.

The JSON files are the gathered facts as they are; README.md of the content says how to use them.
`added.json` holds sources that were found while the pages were written.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
]  # fmt: skip
# Where the facts call a record otherwise than its file is called.
FILES = {
    "edition-2025": "edition-2025",
    "mx-alejandro-solalinde": "alejandro-solalinde-guerra",
    "mx-ines-valentina": "ines-fernandez-and-valentina-rosendo",
    "by-ales-bialiatski-2012": "ales-bialiatski",
    "cd-fred-bauma-yves-makwambala": "fred-bauma-and-yves-makwambala",
    "mx-yecenia-armenta": "yecenia-armenta-graciano",
    "bf-girls-forced-marriage": "girls-and-young-women-of-burkina-faso",
    "sv-teodora-vasquez": "teodora-del-carmen-vasquez",
    "cm-ivo-feh": "fomusoh-ivo-feh-and-two-friends",
    "az-bayram-giyas": "bayram-mammadov-and-giyas-ibrahimov",
    "za-nonhle-mbuthuma": "nonhle-mbuthuma-and-the-amadiba-community",
    "ca-grassy-narrows": "youth-of-grassy-narrows",
    "gr-sarah-mardini-sean-binder": "sarah-mardini-and-sean-binder",
    "za-popi-bongeka": "popi-qwabe-and-bongeka-phungula",
    "zw-joanah-cecillia": "joanah-mamombe-and-cecillia-chimbiri",
    "no-davvi-licence": "ellinor-guttorm-utsi",
    "kh-mother-nature": "mother-nature-cambodia",
}


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def file_of(record_id: str) -> str:
    """The content file that tells a record: `jestina-mukoko` of `zw-jestina-mukoko`."""
    return FILES.get(record_id, record_id[3:])


def of_each_case() -> dict[str, list[dict]]:
    """All records about each case, by the name of its content file."""
    outcomes, updates = read("outcomes"), read("updates-2026")
    records = [
        *read("cases-2025")["cases"],
        *outcomes["outcomes"],
        *outcomes["unresolved_or_setback"],
        *updates["updates_2025_cases"],
        *updates["updates_earlier_cases"],
        read("campaign")["rocky_myers"] | {"id": "us-rocky-myers"},
        *read("added")["sources"],
    ]
    records += [office | {"id": office["case_id"]} for office in read("offices")["offices"]]
    found: dict[str, list[dict]] = {}
    for record in records:
        found.setdefault(file_of(record["id"]), []).append(record)
    return found


def texts(record: Any) -> Iterator[str]:
    """Every text in a record, however deep."""
    if isinstance(record, str):
        yield record
    elif isinstance(record, dict | list):
        for value in record.values() if isinstance(record, dict) else record:
            yield from texts(value)


def addresses(record: Any) -> set[str]:
    return {text for text in texts(record) if text.startswith(("http://", "https://"))}


def dates(record: Any) -> set[str]:
    """Every date in a record, as exact as it is: 2025, 2025-07 or 2025-07-30.

    Written as "30 July 2025" too, and "July 2025".
    """
    words = " ".join(text for text in texts(record) if not text.startswith("http"))
    found = set(re.findall(r"\b(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?\b", words))
    for day, month, year in re.findall(
        rf"(?:(\d\d?) )?({'|'.join(MONTHS)}) ((?:19|20)\d\d)", words
    ):
        number = f"{year}-{MONTHS.index(month) + 1:02}"
        found |= {number, f"{number}-{int(day):02}"} if day else {number}
    return found

"""The example in content/README.md is one that works."""

import re

import pytest
import time_machine
from django.urls import reverse

from cases.content_files.importing import CONTENT
from cases.models import Case
from tests.cases.content_files.test_load_campaign import load
from tests.letters.sending import send_letter
from tests.reading import page

pytestmark = pytest.mark.django_db

FILE = re.compile(r"^```toml\n# (my/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_campaign_that_the_readme_makes_from_nothing_is_one(client, settings, tmp_path):
    settings.PAGE_CACHE_SECONDS = 0
    files = FILE.findall((CONTENT / "README.md").read_text(encoding="utf-8"))
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    address = reverse("cases:case", args=["ana-invented"])

    with time_machine.travel("2026-11-26T12:00Z", tick=False):
        assert load(tmp_path / "my", dry_run=True).startswith("Cases: 1 would be new,")
        assert load(tmp_path / "my") == "Cases: 1 new, 0 changed, 0 as they were.\n"
        assert client.get(address).status_code == 404
        assert "Ána" not in client.get("/cases/").content.decode()
    with time_machine.travel("2026-11-28T12:00Z", tick=False):
        shown, french, home = [page(client.get(url)) for url in [address, f"/fr{address}", "/"]]
        sent = send_letter(client, Case.objects.get())

    assert [name for name, _text in files] == [
        *("my/themes.toml", "my/2026/edition.toml", "my/2026/rules.toml"),
        "my/2026/ana-invented.toml",
    ]
    assert shown.texts("h1") == ["Ána Invented"]
    assert "Une bergère qui n’existe pas" in "".join(french.root.itertext())
    assert "Ána Invented" in home.texts("h2")
    assert sent.status_code == 302

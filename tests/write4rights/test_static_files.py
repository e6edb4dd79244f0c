"""A page links one style sheet; its sources stay small files by subject."""

from __future__ import annotations

import re
from hashlib import md5
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.files.storage import FileSystemStorage

from write4rights.static_files import StaticFilesStorage, with_imports

STYLES = Path(settings.BASE_DIR, "static/css")
LINKED = sorted(path.name for path in [*STYLES.glob("*-pages.css"), *STYLES.glob("*-page.css")])
LINK = re.compile(r'<link [^>]*rel="stylesheet"[^>]*>')


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Our own files as `collectstatic` leaves them: a function from name to what is served."""
    folder = tmp_path_factory.mktemp("static")
    storage = StaticFilesStorage(location=folder, base_url="/static/")
    found = {
        name: (place, name)
        for finder in get_finders()
        for name, place in finder.list([])
        if name.startswith(("css/", "fonts/", "img/"))
    }
    wrong = [done for _, _, done in storage.post_process(found) if isinstance(done, Exception)]
    assert wrong == []
    return lambda name: folder / storage.hashed_files[name]


def text_of(name: str) -> str:
    return (STYLES / name).read_text()


@pytest.mark.parametrize("name", LINKED)
def test_what_a_page_links_is_one_file(collected, name):
    css = collected(f"css/{name}").read_text()

    assert "@import" not in css
    assert "/*" not in css
    assert css.count("{") == css.count("}")
    fonts = set(re.findall(r'url\("(\.\./[^"]+)"\)', css))
    assert fonts
    for url in fonts:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", url)
        assert (collected(f"css/{name}").parent / url).exists()


def test_it_holds_all_that_its_sources_say_in_their_order():
    css = with_imports("css/letter-pages.css")

    said = [css.index(part) for part in ["@font-face", "--paper:", ".masthead", ".sheet"]]
    assert said == sorted(said)
    assert css.index("@media print{@layer utilities{:root{") > css.index(".masthead")


def test_its_name_is_told_by_all_it_holds(collected):
    path = collected("css/letter-pages.css")

    assert md5(path.read_bytes(), usedforsecurity=False).hexdigest()[:12] in path.name


@pytest.mark.parametrize(
    ("css", "why"),
    [
        ('@import url("other.css");', "imports itself"),
        ('@import "base.css";', "of another form"),
        ('@import url("base.css") screen;', "of another form"),
    ],
)
def test_what_cannot_be_written_out_is_named(tmp_path, settings, css, why):
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "css").mkdir()
    (tmp_path / "css/a-page.css").write_text('@import url("other.css");')
    (tmp_path / "css/other.css").write_text(css)

    with pytest.raises(ValueError, match=f"css/other.css .*{why}"):
        with_imports("css/a-page.css")


def test_style_sheets_of_other_apps_are_left_alone(tmp_path):
    other = FileSystemStorage(location=tmp_path)
    (tmp_path / "latin.css").write_bytes(b"/* \xe9 */ body { color: red }")
    storage = StaticFilesStorage(location=tmp_path / "made", base_url="/static/")

    name, _, done = next(storage.post_process({"latin.css": (other, "latin.css")}))

    assert (name, type(done)) == ("latin.css", UnicodeDecodeError)  # Django's own, which names it


def test_what_is_not_there_is_no_style_sheet():
    with pytest.raises(FileNotFoundError):
        with_imports("css/nothing.css")


@pytest.mark.parametrize("name", LINKED)
def test_the_linked_files_only_import(name):
    rest = re.sub(r'/\*.*?\*/|@import url\("[\w-]+\.css"\)( print)?;|\s', "", text_of(name))

    assert rest == ""


def test_no_page_links_a_second_style_sheet_but_for_paper():
    """Admin and previews aside: only staff see those."""
    templates = Path(settings.BASE_DIR, "templates")
    linked = {
        path.relative_to(templates).as_posix(): [
            link for link in LINK.findall(path.read_text()) if 'media="print"' not in link
        ]
        for path in templates.rglob("*.html")
        if not path.is_relative_to(templates / "admin")
    }

    assert {name: len(links) for name, links in linked.items() if links} == {
        "base.html": 1,
        "500.html": 1,
        "allauth/layouts/base.html": 1,
        "letters/embeds/base.html": 1,
    }

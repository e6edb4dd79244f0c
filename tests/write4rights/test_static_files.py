"""A page links one style sheet and one script; their sources stay small files by subject."""

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
TEMPLATES = Path(settings.BASE_DIR, "templates")
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
        if name.startswith(("css/", "fonts/", "img/", "js/"))
    }
    wrong = [done for _, _, done in storage.post_process(found) if isinstance(done, Exception)]
    assert wrong == []
    return lambda name: folder / storage.hashed_files[name]


@pytest.mark.parametrize(
    "path",
    sorted(Path(settings.BASE_DIR, "static/js").glob("*-page*.js")),
    ids=lambda path: path.name,
)
def test_scripts_of_a_page_are_one_file_that_names_nothing_twice(collected, path):
    sources = re.findall(r'import "\./([\w-]+\.js)";', path.read_text())
    script = collected(f"js/{path.name}").read_text()

    assert len(sources) > 1
    assert script == "".join(f"{{\n{path.with_name(name).read_text()}}}\n" for name in sources)
    assert "import" not in re.sub(r"/\*.*?\*/", "", script, flags=re.S)


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
    linked = {
        path.relative_to(TEMPLATES).as_posix(): [
            link for link in LINK.findall(path.read_text()) if 'media="print"' not in link
        ]
        for path in TEMPLATES.rglob("*.html")
        if not path.is_relative_to(TEMPLATES / "admin")
    }

    assert {name: len(links) for name, links in linked.items() if links} == {
        "base.html": 1,
        "500.html": 1,
        "allauth/layouts/base.html": 1,
        "letters/embeds/base.html": 1,
    }


TAGS = {"picture": "cases/_picture.html"}  # tags that show a template
STATES = sorted((TEMPLATES / "letters").glob("*/state/*.html"))  # one of them is on a letter's page
OF_STAFF_ALONE = {"admin", "account", "allauth", "mfa", "usersessions"}
OF_STAFF = {"admin-pages.css", "account-pages.css"}
OF_PAPER = {"print.css", "letter-print.css"}


def template(name: str) -> str:
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text())


def parts_of(name: str, seen: dict[str, str]) -> dict[str, str]:
    """A template with all it extends and includes, by name, in this order."""
    if name not in seen:
        seen[name] = text = template(name)
        for other in re.findall(r'\{% (?:extends|include) "([^"]+\.html)"', text):
            parts_of(other, seen)
        for tag, other in TAGS.items():
            if f"{{% {tag} " in text:
                parts_of(other, seen)
        for state in STATES if '/state/_"|add:' in text else []:
            parts_of(state.relative_to(TEMPLATES).as_posix(), seen)
    return seen


def classes_in(html: str) -> set[str]:
    values = re.findall(r'class="((?:[^"{]|\{[%{].*?[%}]\})*)"', html, re.S)
    named = {name for value in values for name in re.sub(r"\{[%{].*?[%}]\}", " ", value).split()}
    return named | {tag for tag in ["icon", "candle"] if f"{{% {tag} " in html}


def classes_styled(sheet: str) -> set[str]:
    """Those that have a rule of their own in the sheet, or in one that it imports."""
    css = text_of(sheet)
    imported = set(re.findall(r'@import url\("([\w-]+\.css)"\)', css)) - OF_PAPER
    rules = re.findall(r"[^{}]+(?=\{)", re.sub(r"/\*.*?\*/", "", css, flags=re.S))
    selectors = [one.strip() for rule in rules for one in re.split(r",(?![^(]*\))", rule)]
    named = [set(re.findall(r"\.([a-z][\w-]*)", selector)) for selector in selectors]
    alone = set().union(*(classes for classes in named if len(classes) == 1))
    return set().union(*map(classes_styled, imported)) if imported else alone


def test_each_page_links_the_rules_for_all_it_shows():
    """Rules for a part of a page that is new to it are imported by the sheet that it links."""
    pages = [
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if not OF_STAFF_ALONE & set(path.parts) and path.read_text().startswith("{% extends ")
    ]
    linked = {}
    for page in pages:
        parts = parts_of(page, {})
        if "base.html" in parts:
            text = next(
                text for text in parts.values() if "-page.css" in text or "-pages.css" in text
            )
            sheet = re.search(r"[\w-]+-pages?\.css", text)[0]
            linked[page] = sheet, set().union(*map(classes_in, parts.values()))
    styled = set().union(*(classes_styled(sheet) for sheet in LINKED if sheet not in OF_STAFF))

    lacking = {
        page: sorted((classes & styled) - classes_styled(sheet))
        for page, (sheet, classes) in linked.items()
    }
    assert len(linked) > 50
    assert {page: classes for page, classes in lacking.items() if classes} == {}

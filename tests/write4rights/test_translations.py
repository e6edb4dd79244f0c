import gettext
import os
import re
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext, override

from tests.factories import make_case, make_case_to_write_for, make_outcome, make_pledge
from tests.reading import page
from write4rights import translations

TEMPLATE = """\
{% load i18n %}
<p>{% translate "Read a case" %}</p>
    {# Translators: the verb #}
  {% translate "Post" context "to send" %}
{% blocktranslate trimmed count number=letters with name=case.short_name_or_full %}
    One letter for {{ name }}
{% plural %}
    {{ number }} letters for {{ name }}
{% endblocktranslate %}
{% include "field.html" with label=_("Your name") %} {{ hint|default:_("Leave it out") }}
"""
PYTHON = """\
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, npgettext, pgettext

LABEL = _("Subject")
# Translators: of a letter
STATE = pgettext("state", "open")
WORDS = ngettext("%(n)s case", "%(n)s cases", 2), npgettext("sheet", "a page", "pages", 2)
FOUND = _(LABEL)
"""


@pytest.fixture
def project(settings, tmp_path):
    """A tree like ours with one template and one module, and no catalogue yet."""
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    for name, text in {
        "templates/page.html": TEMPLATE,
        "cases/words.py": PYTHON,
        "tests/test_words.py": PYTHON.replace("Subject", "Only in a test"),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return tmp_path


def mark(project, code: str) -> None:
    """Nothing is marked but what this code marks."""
    (project / "cases/words.py").write_text(code)
    (project / "templates/page.html").write_text("")


def fill(text: str, **strings: str) -> None:
    """Write translations of single messages into the French catalogue, as a translator would."""
    path = translations.po_path("fr")
    po = path.read_text()
    for message_id, string in strings.items():
        po = po.replace(
            f'msgid "{message_id}"\nmsgstr ""', f'msgid "{message_id}"\nmsgstr "{string}"'
        )
    path.write_text(po)


def spoken(element, language: str) -> Iterator[tuple[str, str]]:
    """Each text of a page, with the language a screen reader says it in."""
    language = element.get("lang", language)
    yield language, " ".join((element.text or "").split())
    for child in element:
        yield from spoken(child, language)
        yield language, " ".join((child.tail or "").split())


@pytest.mark.slow
def test_catalogues_are_in_step_with_the_code():
    found = {language: translations.problems(language) for language in translations.languages()}

    assert found == {"fr": []}, "run `manage.py translations --update` and translate what is new"


def test_french_typography_keeps_high_punctuation_on_its_line():
    # « mot ? » with narrow no-break spaces: a plain one would let the sign start a line.
    loose = re.compile(r"[^\W\d_] [;:!?»]|« |[^\W\d_](?:[!?;»](?![\w/])|:(?!//))|'")

    found = [
        string
        for message in translations.read("fr")
        if message.id
        for string in translations.strings(message)
        if loose.search(translations.TAG.sub("", string))
    ]

    assert found == []


@pytest.mark.django_db
def test_page_in_french_is_french_throughout(client):
    html = client.get("/fr/").content.decode()

    assert '<html lang="fr"' in html
    assert "Une lettre va là où vous ne pouvez pas aller" in html
    assert "A letter goes where you cannot" not in html


@pytest.mark.django_db
def test_page_without_prefix_stays_english(client):
    html = client.get("/", headers={"Accept-Language": "fr"}).content.decode()

    assert '<html lang="en"' in html
    assert "A letter goes where you cannot" in html


@pytest.mark.django_db
def test_what_one_language_leaves_behind_is_not_shown_in_another(client):
    path = make_case_to_write_for().get_absolute_url()

    pages = [client.get(each).content.decode() for each in (path, f"/fr{path}", path)]

    assert pages[0] == pages[2]
    assert ["Ce que vous pouvez faire" in html for html in pages] == [False, True, False]


@pytest.mark.django_db
def test_each_text_is_read_aloud_in_its_own_language(client):
    case = make_case_to_write_for()
    make_outcome(case, text="She came home.")
    path = f"/fr{case.get_absolute_url()}"

    said = [*spoken(page(client.get(path)).root, ""), *spoken(page(client.get("/fr/")).root, "")]

    ours = {"A herder whose pastures are to be built over", "Stop building on the pastures."}
    assert {language for language, text in said if text in ours | {"She came home."}} == {"en"}
    interface = {"Ce que demandent les lettres", "Écrire une lettre", "Norvège", "28 février 2025"}
    assert {language for language, text in said if text in interface} == {"fr"}
    assert (ours | interface) - {text for _language, text in said} == set()


@pytest.mark.django_db
def test_letter_opens_and_closes_in_its_own_language(client):
    html = client.get(f"/fr/cases/{make_case().slug}/write/").content.decode()

    assert "Dear Sir or Madam," in html
    assert "Madame, Monsieur," not in html
    assert date_format(timezone.localdate(), "j F Y") in html


@pytest.mark.django_db
def test_pledge_of_one_letter_is_told_in_the_singular():
    names = []
    for language in ("en", "fr"):
        with override(language):
            names += [str(make_pledge(number=number)) for number in (1, 2)]

    assert names == ["1 letter", "2 letters", "1 lettre", "2 lettres"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 lettre"), (1, "1 lettre"), (2, "2 lettres")],
)
def test_french_counts_nought_as_one(number, words):
    with override("fr"):
        found = ngettext("%(number)s letter", "%(number)s letters", number)

    assert found % {"number": number} == words


def test_extract_finds_what_is_marked(project):
    messages = {
        (message.id, message.context, *message.auto_comments)
        for message in translations.extract()
        if message.id
    }

    assert messages == {
        ("Read a case", None),
        ("Post", "to send", "Translators: the verb"),
        (("One letter for %(name)s", "%(number)s letters for %(name)s"), None),
        ("Your name", None),
        ("Leave it out", None),
        ("Subject", None),
        ("open", "state", "Translators: of a letter"),
        (("%(n)s case", "%(n)s cases"), None),
        (("a page", "pages"), "sheet"),
    }


def test_extract_reads_templates_that_are_no_python(project):
    (project / "templates/odd.html").write_text(
        '      {% if a %}\n  “Quotes”, it’s 10\u00a0000 (\n   {% translate "Odd" %}\n {% endif %}'
    )

    assert translations.extract().get("Odd")


def test_update_names_neither_files_nor_dates(project):
    translations.update("fr")

    po = translations.po_path("fr").read_text()
    assert "#: " not in po
    assert "page.html" not in po
    assert "Date" not in po
    assert "nplurals=2; plural=(n > 1);" in po


def test_update_twice_changes_nothing(project):
    translations.update("fr")
    fill("fr", Subject="Objet")
    translations.update("fr")
    before = translations.po_path("fr").read_bytes()

    translations.update("fr")

    assert translations.po_path("fr").read_bytes() == before
    assert 'msgstr "Objet"' in before.decode()


def test_update_drops_what_is_gone_and_guesses_nothing(project):
    translations.update("fr")
    fill("fr", Subject="Objet")
    module = project / "cases/words.py"
    module.write_text(module.read_text().replace('"Subject"', '"Subjects"'))

    translations.update("fr")

    po = translations.po_path("fr").read_text()
    assert 'msgid "Subjects"\nmsgstr ""' in po
    assert "Objet" not in po
    assert "fuzzy" not in po


def test_update_takes_a_changed_plural_for_a_new_message(project):
    mark(project, 'ngettext("%(n)s case", "%(n)s cases", 2)')
    translations.update("fr")
    path = translations.po_path("fr")
    path.write_text(path.read_text().replace('msgstr[0] ""', 'msgstr[0] "%(n)s cas"'))
    mark(project, 'ngettext("%(n)s case", "All %(n)s cases", 2)')

    translations.update("fr")

    assert "“%(n)s case” is not translated." in translations.problems("fr")
    assert '%(n)s cas"' not in path.read_text()


def test_command_without_options_says_what_is_missing(project, capsys):
    call_command("translations")

    out = capsys.readouterr().out
    assert "fr: 9 to do" in out
    assert "“Read a case” is not in the catalogue." in out


def test_check_fails_with_a_sentence(project, capsys):
    call_command("translations", update=True)

    with pytest.raises(CommandError, match="Translations are out of step"):
        call_command("translations", check=True)

    assert "“Read a case” is not translated." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "string", "problem"),
    [
        ("For %(name)s", "Pour", "the translation lacks %(name)s."),
        ("For %(name)s", "Pour %(nom)s", "the translation has %(nom)s too much."),
        (
            "For %(name)s",
            "%(name)s : 50 %",
            "a percent sign in the translation must be written %%.",
        ),
        ("{words} words", "{mots} mots", "the translation lacks {words}."),
        ("<b>One</b>", "<i>Un</i>", "the HTML tags of the translation are not the source's."),
        (
            "<a href='/x'>",
            "<a href='/y'>",
            "the HTML tags of the translation are not the source's.",
        ),
    ],
)
def test_check_finds_what_a_translation_lost(project, source, string, problem):
    mark(project, f'_("{source}")')
    translations.update("fr")
    fill("fr", **{source: string})

    assert f"“{source}”: {problem}" in translations.problems("fr")


def test_plural_may_leave_the_number_out_where_its_source_does(project):
    mark(project, 'ngettext("One letter", "%(n)s letters", 2)')
    translations.update("fr")
    path = translations.po_path("fr")
    po = path.read_text().replace('msgstr[0] ""', 'msgstr[0] "%(n)s lettre"')
    path.write_text(po.replace('msgstr[1] ""', 'msgstr[1] "%(n)s lettres"'))

    assert translations.problems("fr") == []


def test_guess_is_a_problem_until_somebody_confirms_it(project):
    mark(project, '_("Subject")')
    translations.update("fr")
    fill("fr", Subject="Sujet")
    path = translations.po_path("fr")
    path.write_text(path.read_text().replace('msgid "Subject"', '#, fuzzy\nmsgid "Subject"'))

    assert translations.problems("fr") == [
        "“Subject” is a guess (fuzzy) that nobody has confirmed."
    ]


def test_compiles_only_what_is_older_than_its_source(project):
    translations.update("fr")
    compiled = translations.po_path("fr").with_suffix(".mo")

    first = translations.compile_all()
    second = translations.compile_all()
    os.utime(compiled, (0, 0))
    third = translations.compile_all()

    assert (first, second, third) == ([compiled], [], [compiled])


def test_compiled_catalogue_is_what_pages_show(project):
    translations.update("fr")
    fill("fr", **{"Read a case": "Lire un cas"})

    translations.compile_all()

    catalogue = gettext.translation("django", project / "locale", ["fr"])
    assert catalogue.gettext("Read a case") == "Lire un cas"


@override_settings(LANGUAGES=[("en", "English")])
def test_one_language_needs_no_catalogue(project):
    assert translations.languages() == []
    assert translations.compile_all() == []

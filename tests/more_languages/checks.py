"""What a new entry in LANGUAGES gives. Run by tests/write4rights/test_more_languages.py."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cases.content_files import importing, parsing
from cases.models import Case, Outcome, Petition, Theme
from tests.factories import make_case, make_full_case, make_outcome, make_petition
from tests.staff import form_data, signed_in, text
from write4rights import translations

pytestmark = pytest.mark.django_db
THEMES = """
[[themes]]
slug = "land-rights"
name = "Land rights"
name_fr = "Droits fonciers"
name_eo = "Terrajtoj"
name_pt_br = "Direitos à terra"
"""


@pytest.fixture
def editor():
    return signed_in("editor")


def test_admin_offers_the_fields_of_a_case_in_each_language(editor):
    case = make_case()
    url = f"/admin/cases/case/{case.pk}/change/"
    opened = editor.get(url)

    answer = editor.post(
        url, form_data(opened) | {"headline_eo": "Paŝtistino", "headline_pt_br": "Uma pastora"}
    )

    assert answer.status_code == 302
    assert re.findall(r">\s*(In [A-Z][^<]*?)\s*</h2>", text(opened)) == [
        "In French",
        "In Esperanto",
        "In Brazilian Portuguese",
    ]
    case.refresh_from_db()
    assert (case.headline_eo, case.headline_pt_br) == ("Paŝtistino", "Uma pastora")


@pytest.mark.parametrize("field", ["text", "title"])
def test_admin_offers_the_fields_of_parts(editor, field):
    case = make_case()
    make_petition(case)

    page = text(editor.get(f"/admin/cases/case/{case.pk}/change/"))

    for code in ["fr", "eo", "pt_br"]:
        assert f'name="petition-0-{field}_{code}"' in page


def test_history_names_the_language(editor):
    case = make_case()
    case.headline_pt_br = "Uma pastora"
    case.headline_eo = "Paŝtistino"
    case.save()

    page = text(editor.get(f"/admin/cases/case/{case.pk}/history/"))

    assert "Headline (Brazilian Portuguese)" in page
    assert "Headline (Esperanto)" in page


def test_content_file_says_a_text_in_each_language(tmp_path):
    (tmp_path / "themes.toml").write_text(THEMES)

    importing.load([tmp_path])

    theme = Theme.objects.get()
    assert (theme.name_fr, theme.name_eo) == ("Droits fonciers", "Terrajtoj")
    assert theme.name_pt_br == "Direitos à terra"


def test_content_file_is_told_how_a_text_is_translated(tmp_path):
    (tmp_path / "themes.toml").write_text(THEMES + 'name_de = "Landrechte"\n')

    with pytest.raises(parsing.ContentError) as refused:
        parsing.read([tmp_path])

    assert str(refused.value) == (
        "themes.toml: themes 1, name_de: is not a language of this site: write name or name_fr or "
        "name_eo or name_pt_br."
    )


@pytest.mark.parametrize("code", ["eo", "pt-br"])
def test_page_stands_in_its_language_and_falls_back_to_english(client, code):
    case = make_full_case()
    make_petition(case)
    make_outcome(case)

    for path in ["/", "/cases/", f"/cases/{case.slug}/", "/good-news/", "/editions/2025/"]:
        page = text(client.get(f"/{code}{path}"))
        assert f'<html lang="{code}"' in page
        assert f'hreflang="{code}" href="http://testserver/{code}{path}"' in page
        assert f'hreflang="fr" href="http://testserver/fr{path}"' in page
    page = text(client.get(f"/{code}/cases/{case.slug}/"))
    assert case.headline in page
    assert re.search(r'lang="en"[^>]*>(?:(?!lang=).)*' + re.escape("The pastures"), page, re.S)


@pytest.mark.parametrize("code", ["eo", "pt-br"])
def test_translated_text_is_shown_and_said_to_be_in_its_language(client, code):
    case = make_full_case()
    name = code.replace("-", "_")
    Case.objects.filter(pk=case.pk).update(
        i18n={f"story_{name}": "Rakonto.", f"headline_{name}": "Paŝtistino"}
    )
    case = Case.objects.get(pk=case.pk)

    with translation.override(code):
        assert (case.language, case.headline_i18n) == (code, "Paŝtistino")
    assert "Paŝtistino" in text(client.get(f"/{code}/cases/{case.slug}/"))
    assert "Paŝtistino" not in text(client.get(f"/cases/{case.slug}/"))


def test_switch_names_each_language_in_itself(client):
    page = text(client.get("/eo/cases/"))

    switch = re.search(r'(?s)<p class="masthead-languages">(.*?)</p>', page)[1]
    assert re.findall(r'href="([^"]*)"[^>]*>([^<]*)<', switch) == [
        ("/cases/", "English"),
        ("/fr/cases/", "Français"),
        ("/pt-br/cases/", "Português brasileiro"),
    ]


def test_sitemap_feed_and_robots_have_each_language(client):
    case = make_full_case()
    make_outcome(case)

    sitemap = text(client.get("/sitemap.xml"))

    assert f"http://testserver/eo/cases/{case.slug}/" in sitemap
    assert 'hreflang="pt-br"' in sitemap
    assert 'xml:lang="pt-br"' in text(client.get("/pt-br/good-news/feed.atom"))
    assert "Disallow: /eo/letters/" in text(client.get("/robots.txt"))


def test_api_and_sheet_answer_in_each_language(client):
    case = make_full_case()
    Case.objects.filter(pk=case.pk).update(i18n={"headline_pt_br": "Uma pastora"})

    answer = client.get(f"/pt-br/api/v1/cases/{case.slug}/").json()

    assert answer["case"]["headline"] == "Uma pastora"
    assert client.get(f"/pt-br/cases/{case.slug}/sheet.pdf").status_code == 200


def test_translations_asks_for_a_catalogue_of_each_language(settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]

    call_command("translations", "--update")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["eo", "fr", "pt_BR"]
    assert "Plural-Forms: nplurals=2" in translations.po_path("eo").read_text()
    with pytest.raises(CommandError):
        call_command("translations", "--check")


def test_models_hold_the_languages_without_a_migration():
    call_command("makemigrations", "--check", "--dry-run")

    assert {"headline_eo", "headline_pt_br"} <= {one.name for one in Outcome._meta.get_fields()}
    assert Petition._meta.get_field("text_pt_br").language == "pt-br"

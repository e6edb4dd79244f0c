import pytest
from django.template import Context, Engine
from django.urls import NoReverseMatch
from django.utils import translation

from write4rights.template_loader import Loader

ORDINARY = "django.template.loaders.cached.Loader"
SETTLING = "write4rights.template_loader.Loader"
LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
}


def make_engine(loader: str, **templates: str) -> Engine:
    inner = [("django.template.loaders.locmem.Loader", templates)]
    return Engine(loaders=[(loader, inner)], libraries=LIBRARIES)


def render(source: str, loader: str = SETTLING, **context) -> str:
    source = "{% load i18n static %}" + source
    return make_engine(loader, page=source).get_template("page").render(Context(context))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "source",
    [
        '<b>{% translate "Monday" %}</b>',
        '{% translate "Tom & <b>Jerry</b>" %}, 100%%',
        '{% translate "Monday" as day %}{{ day }}',
        '{% translate "May" context "abbrev. month" %}',
        '{% translate "Monday"|upper %}',
        "{% translate name %}",
        "{% translate 'Monday' noop %}",
        '{% if is_there %}{% translate "Monday" %}{% else %}{% translate "Tuesday" %}{% endif %}',
        '{% for one in rows %}{% translate "Monday" %} {{ one }}{% empty %}{% endfor %}',
        '{% block day %}{% translate "Monday" %}{% endblock %}',
        '{% language "fr" %}{% translate "Monday" %}{% url "cases:list" %}{% endlanguage %}',
        '{% autoescape off %}{% translate "Tom & Jerry" %}{{ name }}{% endautoescape %}',
        "{% blocktranslate %}Monday{% endblocktranslate %}",
        "{% blocktranslate trimmed %}\n  Monday\n{% endblocktranslate %}",
        "{% blocktranslate %}<b>Tom & Jerry</b>, 100%{% endblocktranslate %}",
        "{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}",
        "{% blocktranslate with who=name %}Monday{% endblocktranslate %}",
        '{% blocktranslate context "abbrev. month" %}May{% endblocktranslate %}',
        "{% blocktranslate asvar day %}Monday{% endblocktranslate %}{{ day }}",
        "{% blocktranslate count n=rows|length %}One{% plural %}Many{% endblocktranslate %}",
        '{% url "cases:list" %}?{% url "cases:case" "ellinor" %}',
        '{% url "cases:list" as here %}{{ here }}',
        '{% static "css/base.css" %}{% static name %}{% static "a.css" as file %}{{ file }}',
        '{% if not is_there %}{% url "nowhere" %}{% endif %}',
    ],
)
def test_settled_template_says_what_an_ordinary_one_says(source, language):
    context = {"name": "Monday & co", "is_there": True, "rows": [1, 2, 3]}

    with translation.override(language):
        assert render(source, **context) == render(source, ORDINARY, **context)


def test_each_language_has_its_own_text():
    engine = make_engine(
        SETTLING, page='{% load i18n %}{% translate "Monday" %} {% url "cases:list" %}'
    )
    said = []

    for language in ["en", "fr", "en"]:
        with translation.override(language):
            said.append(engine.get_template("page").render(Context()))

    assert said == ["Monday /cases/", "lundi /fr/cases/", "Monday /cases/"]


def test_parent_and_partials_are_settled_in_the_language_of_the_page():
    engine = make_engine(
        SETTLING,
        frame='{% load i18n %}{% translate "Monday" %} {% block content %}{% endblock %}',
        part='{% load i18n %}{% translate "Tuesday" %}',
        page='{% extends "frame" %}{% block content %}{% include "part" %}{% endblock %}',
    )
    said = []

    for language in ["en", "fr"]:
        with translation.override(language):
            said.append(engine.get_template("page").render(Context()))

    assert said == ["Monday Tuesday", "lundi mardi"]


def test_tags_that_never_vary_become_one_text():
    engine = make_engine(
        SETTLING, page='{% load i18n %}a {% translate "Monday" %} b {% url "cases:list" %}'
    )

    template = engine.get_template("page")

    assert [type(node).__name__ for node in template.nodelist] == ["LoadNode", "TextNode"]


@pytest.mark.parametrize("wrong", ["Bonjour %(name)s", "100 % bonjour", "100 %"])
def test_a_wrong_translation_breaks_no_page(wrong, monkeypatch):
    catalogue = translation.trans_real.translation("fr")
    monkeypatch.setitem(catalogue._catalog._catalogs[0], "Good morning", wrong)
    source = "{% blocktranslate %}Good morning{% endblocktranslate %}"

    with translation.override("fr"):
        assert render(source) == render(source, ORDINARY)


def test_address_that_does_not_exist_fails_where_it_stands():
    with pytest.raises(NoReverseMatch):
        render('{% url "nowhere" %}')


def test_site_uses_the_settling_loader():
    assert any(isinstance(loader, Loader) for loader in Engine.get_default().template_loaders)

import re

import pytest
from django.conf import settings
from django.template import Template
from django.template.context import Context

DRAWN = re.findall(r'id="([\w-]+)"', (settings.BASE_DIR / "static/img/icons.svg").read_text())


def render(source: str, **context) -> str:
    return Template("{% load icons %}" + source).render(Context(context))


def test_icon_is_drawn_by_its_name_and_not_read_out():
    assert render('{% icon "mail" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/img/icons.svg#mail"/></svg>'
    )


@pytest.mark.parametrize(
    ("count", "name"), [(0, "candle-unlit"), (None, "candle-unlit"), (3, "candle-lit")]
)
def test_candle_is_lit_where_there_is_something(count, name):
    assert render("{% candle count %}", count=count) == (
        f'<svg class="candle" aria-hidden="true"><use href="/static/img/icons.svg#{name}"/></svg>'
    )


def test_every_icon_that_a_template_names_is_drawn():
    named = {
        name
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)" %}', path.read_text())
    }

    assert named - set(DRAWN) == set()

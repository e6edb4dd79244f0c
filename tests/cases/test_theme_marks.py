"""Each theme that ships has a drawing."""

import tomllib

from django.conf import settings

from cases import theme_marks


def test_every_theme_of_the_campaign_is_drawn():
    themes = tomllib.loads((settings.BASE_DIR / "content/themes.toml").read_text())["themes"]
    drawings = {path.stem for path in (settings.BASE_DIR / "static/img/themes").glob("*.svg")}

    assert {theme["slug"] for theme in themes} == set(theme_marks.DRAWN)
    assert drawings == {*theme_marks.DRAWN, theme_marks.OTHER}


def test_a_case_is_shown_with_what_is_rarest_of_its_themes():
    assert theme_marks.path(["unfair-trial", "death-penalty"]) == "img/themes/death-penalty.svg"


def test_a_theme_without_a_drawing_is_shown_with_the_letter():
    assert theme_marks.path(["of-our-own"]) == theme_marks.path([]) == "img/themes/letter.svg"

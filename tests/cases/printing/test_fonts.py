"""The faces, on paper and on screen, against every text that ships."""

import re
import tomllib

import pytest
from django.conf import settings
from django.utils.translation import override
from fontTools.ttLib import TTFont

from cases.printing.fonts import BOX, FONTS, characters, in_words, missing, printable

ROOT = settings.BASE_DIR
CONTENT = sorted((ROOT / "content").rglob("*.toml"))
NORTHERN_SAMI = "AaÁáBbCcČčDdĐđEeFfGgHhIiJjKkLlMmNnŊŋOoPpRrSsŠšTtŦŧUuVvZzŽž"
FACE = re.compile(
    r'font-family: "(?P<family>[^"]+)";\s+font-style: (?P<style>\w+);\s+'
    r"font-weight: (?P<weights>[\d ]+);[^}]*"
    r'url\("\.\./fonts/(?P<file>[^"]+)"\)[^}]*unicode-range: (?P<range>[^;]+);'
)


def texts(value):
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


@pytest.mark.parametrize("path", CONTENT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_text_that_ships_can_be_printed(path):
    shipped = "".join(texts(tomllib.loads(path.read_text())))

    assert missing(shipped) == []


def test_letters_are_those_in_the_font_files():
    in_the_files = {
        chr(code)
        for path in FONTS.glob("*.ttf")
        for table in TTFont(path)["cmap"].tables
        for code in table.cmap
    }

    assert characters() == in_the_files
    assert BOX in characters()


@pytest.mark.parametrize("face", ["Literata-Regular", "Literata-Italic", "Inter-Regular"])
def test_northern_sami_is_whole_in_one_face(face):
    assert set(NORTHERN_SAMI) <= {chr(code) for code in TTFont(FONTS / f"{face}.ttf").getBestCmap()}


def test_text_for_print_loses_what_misleads():
    assert printable("a\u202eb\x00c\r\nd\te") == "abc\nd e"
    assert printable("e\u0301") == "é"
    assert printable("می\u200cشود") == "می\u200cشود"


def test_what_no_face_has_is_told_with_its_language():
    """In the language of the page; what belongs to no language, by itself."""
    lacking = missing("Sam שרה, สมชาย, 王小明 and 🕯 नमस्ते")

    assert in_words(lacking) == (
        "ש ר ה (Hebrew), ส ม ช า ย (Thai), 王 小 明 (Chinese, Japanese), 🕯, न म स त (Hindi, Nepali)"
    )
    with override("fr"):
        assert in_words(missing("שרה 王")) == "ש ר ה (hébreu), 王 (chinois, japonais)"
    assert in_words(missing("אבגדהוזחטיכלמנסעפצקרשת")) == "א ב ג ד ה ו ז ח ט י כ ל … (Hebrew)"
    assert in_words(missing("Čorgaš Ελλάδα Київ")) == ""


def web_faces():
    css = (ROOT / "static" / "css" / "fonts.css").read_text()
    return [match.groupdict() for match in FACE.finditer(css)]


def codes(ranges: str) -> set[int]:
    found = set()
    for each in ranges.split(","):
        first, _, last = each.strip().removeprefix("U+").partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


@pytest.mark.parametrize("family", ["Literata", "Inter"])
def test_web_faces_show_every_text_that_ships(family):
    scripts = {"Noto Naskh Arabic", "Noto Sans Myanmar", "Noto Sans Khmer"}
    shown = set()
    for face in web_faces():
        if face["family"] in {family, *scripts} and face["style"] == "normal":
            cmap = TTFont(ROOT / "static" / "fonts" / face["file"]).getBestCmap()
            shown |= codes(face["range"]) & set(cmap)
    shipped = "".join("".join(texts(tomllib.loads(path.read_text()))) for path in CONTENT)

    assert {
        letter for letter in shipped if letter.isprintable() and ord(letter) not in shown
    } == set()
    assert {letter for letter in NORTHERN_SAMI if ord(letter) not in shown} == set()


@pytest.mark.parametrize("face", web_faces(), ids=lambda face: face["file"])
def test_web_faces_are_cut_to_what_the_style_sheet_says(face):
    """bin/cut-fonts makes them so; Noto is as it comes."""
    font = TTFont(ROOT / "static" / "fonts" / face["file"])
    varying = font["fvar"].axes if "fvar" in font else []
    axes = {axis.axisTag: (axis.minValue, axis.maxValue) for axis in varying}
    lightest, _, heaviest = face["weights"].partition(" ")

    assert axes == ({"wght": (int(lightest), int(heaviest))} if heaviest else {})
    if not face["family"].startswith("Noto"):
        assert set(font.getBestCmap()) <= codes(face["range"])
        assert font["name"].getDebugName(13)


def letters_of(file: str) -> set[str]:
    """Those that a browser takes from a file."""
    [face] = [face for face in web_faces() if face["file"] == file]
    found = codes(face["range"]) & set(TTFont(ROOT / "static/fonts" / file).getBestCmap())
    return {chr(code) for code in found}


@pytest.mark.parametrize(
    ("files", "text"),
    [
        (["literata-latin"], "Čorgaš Łukasiewicz Dvořák Kılıç Đorđević Ŋ Ŧ Žižek Çelebi Ångström"),
        (["inter-latin"], "‘Núñez’ – “Gülen”? Œuvre, 10 €… Ångström"),
        (["inter-latin", "inter-names"], "Čorgaš Łukasiewicz Dvořák Kılıç Đorđević Ŋ Ŧ Žižek"),
        (["literata-latin-italic"], "« L’été où l’œuvre naît, ça commence là » – mecheros: señor"),
        (["literata-latin-italic", "literata-names-italic"], "Čorgaš Łukasiewicz Dvořák Ångström"),
    ],
)
def test_letters_of_europe_need_few_files(files, text):
    found = set().union(*(letters_of(f"{file}.woff2") for file in files))

    assert set(text) - found == set()


def test_the_faces_of_nearly_every_page_are_small():
    files = ROOT / "static" / "fonts"
    names = ["literata-latin.woff2", "inter-latin.woff2"]
    sizes = [(files / name).stat().st_size for name in names]

    assert sum(sizes) < 61_000
    assert (files / "literata-latin-italic.woff2").stat().st_size < 15_000


def test_faces_come_with_their_licence():
    files = {face["file"] for face in web_faces()}

    assert files == {path.name for path in (ROOT / "static" / "fonts").glob("*.woff2")}
    for folder in (FONTS, ROOT / "static" / "fonts"):
        licence = (folder / "OFL.txt").read_text()
        for family in (
            "Literata",
            "Inter",
            "Noto Naskh Arabic",
            "Noto Sans Khmer",
            "Noto Sans Myanmar",
        ):
            assert f"{family}: Copyright" in licence

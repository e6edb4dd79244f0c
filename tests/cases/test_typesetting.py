"""What is set in type: letters, case sheets, cards."""

import re
import tomllib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.generic import ContentStream

from cases import typesetting
from cases.fonts import missing
from cases.text import as_blocks

MADE_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
CASES = sorted((Path(__file__).parents[2] / "content" / "2025").glob("*-*.toml"))

BODY = "I am writing about the herders of Čorgaš.\n\nI ask you to listen to them."
ARABIC = "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق"
BURMESE = "လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။"
KHMER = "មនុស្សទាំងអស់កើតមកមានសេរីភាពនិងសមភាពក្នុងផ្នែកសេចក្ដីថ្លៃថ្នូរនិងសិទ្ធិ។"

LONG_ADDRESS = [
    "Johel Antonio Zelaya, Attorney General of Honduras",
    "Ministerio Público",
    "República de Honduras",
    "Colonia Lomas del Guijarro, Avenida República Dominicana, Edificio Lomas Plaza II",
    "Tegucigalpa M.D.C.",
    "HONDURAS",
]

# What is seen of the sheet however it slides in its envelope, in mm: left, top, right, bottom
ALWAYS_SEEN = {
    "a4": (20, 57, 110, 87),  # DL, C6/5 and UK DL; the last is the lowest of the three
    "us-letter": (22.2, 63.5, 111.1, 87.3),  # No. 10, folded at our marks
}
# How far the window may reach, in mm: right, bottom
MAY_BE_SEEN = {"a4": (110, 99), "us-letter": (136.5, 92.1)}


def make_letter(**fields):
    return {
        "paper": "a4",
        "lang": "en",
        "dir": "ltr",
        "date": "22 November 2026",
        "sender": {"name": "Sam Example", "place": "Tromsø"},
        "address_lines": ["Prime Minister of Norway", "NORWAY"],
        "subject": "The summer pastures",
        "salutation": "Dear Prime Minister,",
        "body": BODY,
        "close": "Yours faithfully,",
        "name": "Sam Example",
    } | fields


def make_sheet(**fields):
    return {
        "paper": "a4",
        "large_print": False,
        "lang": "en",
        "dir": "ltr",
        "campaign": "Write for Rights 2025",
        "name": "Ellinor Guttorm Utsi",
        "country": "Norway",
        "headline": "A herder defends her community’s pastures",
        "story": as_blocks("Ellinor herds reindeer.\n\n## Seven developers\n\n- one\n- two"),
        "demands": ["Build nothing without consent."],
        "target": {"lines": ["Prime Minister of Norway"], "salutation": "Dear Prime Minister,"},
        "rules": ["Be polite."],
        "check": {
            "qr": typesetting.qr("https://example.org/check/7K3M9P/"),
            "url": "example.org/check/7K3M9P/",
            "code": "7K3M9P",
            "made_on": "22 November 2026",
        },
    } | fields


def make_card(**fields):
    return {
        "lang": "en",
        "dir": "ltr",
        "campaign": "Write for Rights",
        "name": "Ellinor Guttorm Utsi",
        "country": "Norway",
        "headline": "A herder defends her community’s pastures",
    } | fields


def make_picture(colour="#336699", **fields):
    data = BytesIO()
    Image.new("RGB", (900, 600), colour).save(data, "PNG")
    return {"data": data.getvalue(), "alt": "Pastures under a low sun"} | fields


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def words(pdf: bytes) -> str:
    """All its text on one line, without the marks that let a long word break."""
    text = " ".join(page.extract_text() for page in read(pdf).pages)
    return " ".join(text.replace("\u200b", "").split())


def written(page) -> list[tuple[str, float, float, float]]:
    """Each piece of text of a page: the words, its left and its base line in mm, its size."""
    height, found = float(page.mediabox.height), []

    def keep(text, user, matrix, _font, size):
        if text.strip():
            across = matrix[4] * user[0] + user[4]
            up = matrix[5] * user[3] + user[5]
            found.append(
                (text.strip(), across / 72 * 25.4, (height - up) / 72 * 25.4, size * abs(matrix[3]))
            )

    page.extract_text(visitor_text=keep)
    return found


# Letters


def test_letter_can_be_read_by_a_screen_reader():
    pdf = read(typesetting.pdf("letter", make_letter(lang="fr"), made_at=MADE_AT))

    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert pdf.metadata.title == "The summer pastures"
    assert pdf.metadata.creation_date == MADE_AT
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()


def test_letter_reads_in_its_order():
    pdf = typesetting.pdf("letter", make_letter(), made_at=MADE_AT)

    assert words(pdf) == (
        "Sam Example Tromsø Prime Minister of Norway NORWAY 22 November 2026 "
        "The summer pastures Dear Prime Minister, I am writing about the herders of Čorgaš. "
        "I ask you to listen to them. Yours faithfully, Sam Example"
    )


def test_words_never_become_markup():
    typed = r'#panic("no") *bold* _it_ $x^2$ @name <label> = Head // note \u{41} #image("/a.png")'
    letter = make_letter(body=typed, name=typed, subject=typed, address_lines=[typed])

    text = words(typesetting.pdf("letter", letter, made_at=MADE_AT))

    assert text.replace(" ", "").count(typed.replace(" ", "")) == 4  # lines break in between


def test_same_letter_gives_the_same_file():
    once, again = (typesetting.pdf("letter", make_letter(), made_at=MADE_AT) for _ in range(2))

    assert once == again


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
@pytest.mark.parametrize("dir", ["ltr", "rtl"])
@pytest.mark.parametrize("lines", [["Prime Minister of Norway", "NORWAY"], LONG_ADDRESS])
def test_address_shows_in_the_window(paper, dir, lines):
    nobody = {"name": "", "place": ""}
    letter = make_letter(paper=paper, dir=dir, date="Today", address_lines=lines, sender=nobody)

    page = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages[0]

    seen = written(page)
    until = next(place for place, piece in enumerate(seen) if "Today" in piece[0])
    left, top, right, bottom = ALWAYS_SEEN[paper]
    assert until >= len(lines)
    for _text, across, down, size in seen[:until]:
        assert left < across < right
        assert top < down - size * 0.35
        assert down < bottom
        assert size >= 8
    for _text, across, down, _size in seen[until:]:
        assert across > MAY_BE_SEEN[paper][0] or down > MAY_BE_SEEN[paper][1]


@pytest.mark.parametrize(("paper", "folds"), [("a4", (105, 210)), ("us-letter", (100, 200))])
def test_folds_are_marked_on_the_first_page_only(paper, folds):
    letter = make_letter(paper=paper, body=(BODY + "\n\n") * 30)

    first, second, *_ = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages

    assert horizontal_lines(first) == pytest.approx(folds, abs=0.1)
    assert horizontal_lines(second) == []


def horizontal_lines(page) -> list[float]:
    """How far down the lines drawn on a page are, in mm."""
    height, matrix, down = float(page.mediabox.height), [(1, 0, 0, 1, 0, 0)], []
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator == b"q":
            matrix.append(matrix[-1])
        elif operator == b"Q":
            matrix.pop()
        elif operator == b"cm":
            a, b, c, e, x, y = (float(each) for each in operands)
            m = matrix[-1]
            matrix[-1] = (a * m[0], b, c, e * m[3], x * m[0] + m[4], y * m[3] + m[5])
        elif operator == b"l":
            m = matrix[-1]
            down.append((height - (float(operands[1]) * m[3] + m[5])) / 72 * 25.4)
    return sorted(down)


def test_unknown_address_leaves_lines_to_write_it_on():
    letter = make_letter(address_lines=[], sender={"name": "", "place": "", "room": 2})

    page = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages[0]

    folds = 2
    assert len(horizontal_lines(page)) == 3 + 2 + folds
    assert page.extract_text().startswith("22 November 2026")


def test_short_letter_has_no_page_number():
    pdf = typesetting.pdf("letter", make_letter(), made_at=MADE_AT)

    assert len(read(pdf).pages) == 1
    assert not re.search(r"1 / 1", words(pdf))


def test_long_letter_goes_on_and_counts_its_pages():
    pdf = read(typesetting.pdf("letter", make_letter(body=(BODY + "\n\n") * 40), made_at=MADE_AT))

    pages = [page.extract_text() for page in pdf.pages]
    last = len(pages)
    assert last > 2
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {last}" in page


def test_close_never_stands_alone():
    for sentences in range(20, 60):
        letter = make_letter(body="I ask you to listen to the herders of Čorgaš. " * sentences)

        last = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages[-1].extract_text()

        assert "Yours faithfully," in last
        assert "Čorgaš." in last


def test_translation_has_a_page_of_its_own():
    translation = {
        "lang": "en",
        "dir": "ltr",
        "heading": "Translation into English",
        "salutation": "Your Excellency,",
        "body": BODY,
        "close": "Yours faithfully,",
    }
    letter = make_letter(lang="ar", dir="rtl", body=ARABIC, translation=translation)

    first, second = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages

    assert "Translation into English" not in first.extract_text()
    assert second.extract_text().startswith("Translation into English")
    assert "1 / 2" not in first.extract_text() + second.extract_text()


@pytest.mark.parametrize(("lang", "body"), [("ar", ARABIC), ("my", BURMESE), ("km", KHMER)])
def test_other_scripts_are_there_and_stay_on_the_sheet(lang, body):
    letter = make_letter(lang=lang, dir="rtl" if lang == "ar" else "ltr", body=(body + " ") * 8)

    pdf = typesetting.pdf("letter", letter, made_at=MADE_AT)
    page = Image.open(BytesIO(typesetting.png("letter", letter, ppi=50))).convert("L")

    assert "□" not in words(pdf)
    margin = page.crop((int(page.width * 0.9), 0, page.width, page.height))
    assert margin.getextrema() == (255, 255)


def test_right_to_left_letter_starts_at_the_right():
    letter = make_letter(
        lang="ar", dir="rtl", subject="", body=ARABIC, name="", address_lines=["x"]
    )

    page = Image.open(BytesIO(typesetting.png("letter", letter, ppi=50))).convert("L")

    text = page.crop((0, int(page.height * 0.38), page.width, int(page.height * 0.6)))
    left, _top, right, _bottom = text.point(lambda shade: 255 * (shade < 128)).getbbox()
    assert right > page.width * 0.85
    assert left > page.width * 0.2


def test_letter_that_no_face_has_becomes_a_box():
    letter = make_letter(body="Courage 🕯️ नमस्ते!\x00")

    text = words(typesetting.pdf("letter", letter, made_at=MADE_AT))

    assert "Courage □ □□□□!" in text
    assert missing(letter["body"]) == ["🕯", "न", "म", "स", "त"]


def test_word_longer_than_a_line_stays_on_the_sheet():
    letter = make_letter(body="a" * 500)

    page = Image.open(BytesIO(typesetting.png("letter", letter, ppi=50))).convert("L")

    margin = page.crop((int(page.width * 0.9), 0, page.width, page.height))
    assert margin.getextrema() == (255, 255)


ANYTHING = st.text(st.characters(codec=None), max_size=200)


@settings(max_examples=60, deadline=None)
@given(body=ANYTHING, short=ANYTHING, direction=st.sampled_from(["ltr", "rtl"]))
def test_any_words_can_be_printed(body, short, direction):
    letter = make_letter(
        dir=direction,
        body=body,
        subject=short,
        salutation=short,
        close=short,
        name=short,
        date=short,
        address_lines=[short, short],
        sender={"name": short, "place": short},
    )

    assert typesetting.pdf("letter", letter, made_at=MADE_AT).startswith(b"%PDF")


# Messages of support


def make_message(**fields):
    return {
        "paper": "a6",
        "lang": "en",
        "dir": "ltr",
        "body": "You are not forgotten.\n\nWe think of you.",
        "name": "Sam Example",
        "address_lines": ["Test Person", "c/o Test House", "0001 Testville", "NORWAY"],
    } | fields


def test_card_of_a_message_can_be_read_by_a_screen_reader():
    pdf = read(typesetting.pdf("message", make_message(lang="fr"), made_at=MADE_AT))

    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "fr"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()


def test_card_reads_in_its_order_and_has_no_words_in_front():
    pdf = read(typesetting.pdf("message", make_message(), made_at=MADE_AT))

    front, back = [" ".join(page.extract_text().split()) for page in pdf.pages]
    assert front == ""
    assert back == (
        "You are not forgotten. We think of you. Sam Example "
        "Test Person c/o Test House 0001 Testville NORWAY"
    )


@pytest.mark.parametrize("paper", ["a6", "a5"])
@pytest.mark.parametrize("dir", ["ltr", "rtl"])
def test_address_of_a_card_stands_at_its_right_whichever_way_the_words_run(paper, dir):
    middle = {"a6": 148, "a5": 210}[paper] / 2

    pdf = typesetting.pdf("message", make_message(paper=paper, dir=dir), made_at=MADE_AT)

    pieces = written(read(pdf).pages[1])
    address = [left for text, left, _top, _size in pieces if "Test" in text or "NORWAY" in text]
    words = [left for text, left, _top, _size in pieces if "think" in text]
    assert address
    assert min(address) > middle > min(words)


@pytest.mark.parametrize(
    ("lang", "body"), [("ar", ARABIC), ("my", BURMESE), ("km", KHMER), ("und", KHMER + ARABIC)]
)
@pytest.mark.parametrize("times", [1, 4, 6])
def test_other_scripts_stand_on_the_card(lang, body, times):
    dir = "rtl" if lang == "ar" else "ltr"
    card = make_message(lang=lang, dir=dir, body="\n".join([body] * times))

    pdf = read(typesetting.pdf("message", card, made_at=MADE_AT))

    assert typesetting.pages("message", card) == len(pdf.pages) == 2
    width, height = 148, 105
    for _text, left, top, _size in written(pdf.pages[1]):
        assert 0 < left < width
        assert 0 < top < height


def test_words_that_leave_no_room_for_the_address_take_the_whole_back():
    long = make_message(body="We think of you every day of this long winter. " * 22)

    assert typesetting.pages("message", long) == 2
    assert "Testville" not in words(typesetting.pdf("message", long, made_at=MADE_AT))
    larger = long | {"paper": "a5"}
    assert "Testville" in words(typesetting.pdf("message", larger, made_at=MADE_AT))


def test_words_of_a_card_stand_as_large_as_they_go():
    sizes = []
    for times in range(1, 17):
        card = make_message(body="We think of you every day of this long winter. " * times)
        pieces = written(read(typesetting.pdf("message", card, made_at=MADE_AT)).pages[1])
        sizes += [max(size for text, _left, _top, size in pieces if "winter" in text)]

    beside_the_address = [13, 12, 11, 10.5, 10, 9.5, 9]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted({round(size, 1) for size in sizes}, reverse=True) == beside_the_address


def test_too_many_words_run_on_and_lose_none():
    card = make_message(body="We think of you every day of this long winter. " * 60)

    assert typesetting.pages("message", card) > 2
    pdf = typesetting.pdf("message", card, made_at=MADE_AT)
    assert words(pdf).count("long winter") == 60


def test_words_of_a_message_never_become_markup():
    body = '#panic("x") $x$ *strong* <end> @label // comment'

    assert body in words(typesetting.pdf("message", make_message(body=body), made_at=MADE_AT))


@settings(max_examples=30, deadline=None)
@given(body=ANYTHING, name=ANYTHING, paper=st.sampled_from(["a6", "a5"]))
def test_any_words_can_stand_on_a_card(body, name, paper):
    card = make_message(paper=paper, body=body, name=name, address_lines=[name])

    assert typesetting.pdf("message", card, made_at=MADE_AT).startswith(b"%PDF")


@pytest.mark.parametrize("template", ["message", "letter"])
def test_picture_of_a_message_is_shown_whole(template):
    make = make_message if template == "message" else make_letter
    pdf = read(typesetting.pdf(template, make(picture=make_picture()), made_at=MADE_AT))

    page = pdf.pages[0 if template == "message" else 1]
    [picture] = page.images
    assert picture.image.size == (900, 600)
    assert page.extract_text().strip() == ""


# Case sheets


def sheet_of(path: Path, **fields):
    case = tomllib.loads(path.read_text())
    target = case.get("target", {})
    solidarity = case.get("solidarity")
    return make_sheet(
        name=case["display_name"],
        headline=case["headline"],
        content_note=case.get("content_note", ""),
        picture=make_picture(credit="Drawn for this site"),
        story=as_blocks(case["story"]),
        demands=[demand["text"] for demand in case["demands"]],
        target={
            "lines": [target.get("office", ""), *target.get("postal", []), "COUNTRY"],
            "note": case.get("address_note", ""),
            "salutation": target.get("salutation", ""),
            "close": target.get("close", ""),
        },
        rules=["Write in your own words, and keep to what is known."] * 6,
        solidarity=solidarity
        and {
            "lines": [*solidarity.get("postal", []), "COUNTRY"],
            "note": solidarity.get("note", ""),
            "phrases": [phrase["text"] for phrase in solidarity.get("phrases", [])],
        },
        **fields,
    )


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_sheet_of_each_case_is_one_leaf(path, paper):
    front, back = read(typesetting.pdf("sheet", sheet_of(path, paper=paper), made_at=MADE_AT)).pages

    assert "What we ask" not in front.extract_text()
    assert "example.org/check/7K3M9P/" in back.extract_text()
    assert "7K3M9P" in front.extract_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_large_print_has_nothing_small(path):
    pages = read(typesetting.pdf("sheet", sheet_of(path, large_print=True), made_at=MADE_AT)).pages

    sizes = [size for page in pages for _text, _across, _down, size in written(page)]
    assert min(sizes) == pytest.approx(18)
    assert len(pages) > 2


def test_sheet_can_be_read_by_a_screen_reader():
    picture = make_picture(credit="Drawn for this site")

    pdf = typesetting.pdf("sheet", make_sheet(picture=picture), made_at=MADE_AT)

    root = read(pdf).trailer["/Root"]
    assert root["/Lang"] == "en"
    assert read(pdf).metadata.title == "Ellinor Guttorm Utsi · Write for Rights 2025"
    assert "Pastures under a low sun".encode("utf-16-be") in pdf or picture["alt"].encode() in pdf
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()


def test_sheet_says_why_there_is_no_address():
    told = make_sheet(target={"lines": [], "note": "None was printed in 2025."})
    untold = make_sheet(target={"lines": []})

    assert "None was printed in 2025." in words(typesetting.pdf("sheet", told, made_at=MADE_AT))
    assert "There is no address for this letter." in words(
        typesetting.pdf("sheet", untold, made_at=MADE_AT)
    )


def test_qr_code_has_its_quiet_zone():
    svg = typesetting.qr("https://example.org/check/7K3M9P/").decode()

    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    modules = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", svg)]
    assert {min(edge) for edge in zip(*modules, strict=True)} == {4}
    assert {max(edge) for edge in zip(*modules, strict=True)} == {size - 5}


def test_picture_of_an_unknown_kind_is_refused():
    data = BytesIO()
    Image.new("RGB", (4, 4)).save(data, "BMP")

    with pytest.raises(UnidentifiedImageError):
        typesetting.pdf(
            "sheet", make_sheet(picture={"data": data.getvalue(), "alt": ""}), made_at=MADE_AT
        )


# Cards


@pytest.mark.parametrize(
    "name",
    [
        "Damisoa",
        "Guerreras por la Amazonía",
        "Ellinor " * 14,
        "Donaudampfschifffahrtsgesellschaftskapitän",
        ARABIC,
        KHMER,
        BURMESE,
    ],
)
@pytest.mark.parametrize("picture", [None, make_picture()], ids=["bare", "picture"])
def test_card_has_its_size_and_keeps_a_name_inside(name, picture):
    card = Image.open(BytesIO(typesetting.png("card", make_card(name=name, picture=picture))))

    assert card.size == (1200, 630)
    edges = [(0, 0, 40, 630), (0, 0, 640, 40), (0, 600, 640, 630), (638, 0, 660, 630)]
    paper = (248, 245, 237)
    for edge in edges[: 4 if picture else 3]:
        assert card.convert("RGB").crop(edge).getcolors() == [
            ((edge[2] - edge[0]) * (edge[3] - edge[1]), paper)
        ]


def test_card_shows_its_picture_at_the_end_of_the_line():
    picture = make_picture("#336699")

    start = Image.open(BytesIO(typesetting.png("card", make_card(picture=picture))))
    end = Image.open(BytesIO(typesetting.png("card", make_card(picture=picture, dir="rtl"))))

    blue = (51, 102, 153)
    assert start.convert("RGB").getpixel((1190, 10)) == blue
    assert end.convert("RGB").getpixel((10, 10)) == blue


def test_picture_keeps_what_its_focus_points_at():
    data = BytesIO()
    wide = Image.new("RGB", (3000, 600), "#336699")
    wide.paste("#993333", (2700, 0, 3000, 600))
    wide.save(data, "PNG")

    card = typesetting.png(
        "card", make_card(picture={"data": data.getvalue(), "alt": "", "focus": (1.0, 0.5)})
    )

    assert Image.open(BytesIO(card)).convert("RGB").getpixel((1190, 300)) == (153, 51, 51)

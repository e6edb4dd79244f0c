"""What is set in type: letters, case sheets, cards."""

import re
import tomllib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.generic import ContentStream

from cases.printing import envelopes, typesetting
from cases.printing.fonts import missing
from cases.text import as_blocks

MM = 72 / 25.4  # points
MADE_AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
CASES = sorted((site_settings.BASE_DIR / "content" / "2025").glob("*-*.toml"))

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

SEVEN_LINES = [
    "The Director of the National Agency",
    "National Agency for the Environment",
    "Second Floor, House of the Republic",
    "1234 Avenue of Independence",
    "Industrial Zone, PO Box 12345",
    "0184 Testville",
    "DEMOCRATIC REPUBLIC OF THE CONGO",
]


def make_letter(paper="a4", window="left", **fields):
    seen = envelopes.always_seen(paper, window)
    return {
        "paper": paper,
        "window": seen and seen._asdict(),
        "folds": list(envelopes.FOLDS[paper]),
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
        "targets": [{"lines": ["Prime Minister of Norway"], "salutation": "Dear Prime Minister,"}],
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


WINDOWS = pytest.mark.parametrize(("paper", "window"), envelopes.WITH_WINDOW)
BLANK = {"subject": "", "salutation": "", "body": "", "close": "", "name": ""}


def ink(template, data, page=1):
    """Where a page is not white, 5 pixels a mm; the marks to fold a letter at aside."""
    shown = Image.open(BytesIO(typesetting.png(template, data, page=page, ppi=127))).convert("L")
    if template == "letter":
        shown.paste(255, (0, 0, 12 * 5, shown.height))
    return shown.point(lambda shade: 255 * (shade < 200))


def windows_on_the_sheet(paper, window):
    """Each window as it lies over the sheet, for each corner of the envelope it may slide to."""
    width = {"a4": 210, "us-letter": 215.9}[paper]
    for name, envelope in envelopes.WITH_WINDOW[paper, window].items():
        left, top, right, bottom = envelope.window
        assert envelope.width >= width, name
        assert envelope.height >= envelope.folded, name
        for aside in (0, envelope.width - width):
            for down in (0, envelope.height - envelope.folded):
                yield name, (left - aside, top - down, right - aside, bottom - down)


@pytest.mark.slow
@WINDOWS
@pytest.mark.parametrize("dir", ["ltr", "rtl"])
def test_address_shows_in_every_window_however_its_sheet_slides(paper, window, dir):
    nobody = {"name": "", "place": ""}
    letter = make_letter(paper, window, dir=dir, date="", sender=nobody, **BLANK)
    short = ["Prime Minister of Norway", "NORWAY"]

    for lines in [short, LONG_ADDRESS, SEVEN_LINES, [KHMER, BURMESE], [ARABIC, "MOROCCO"]]:
        address = letter | {"address_lines": lines}
        left, top, right, bottom = (edge / 5 for edge in ink("letter", address).getbbox())
        for name, seen in windows_on_the_sheet(paper, window):
            assert seen[0] < left, (name, lines)
            assert seen[1] < top, (name, lines)
            assert right < seen[2], (name, lines)
            assert bottom < seen[3], (name, lines)
        [page] = read(typesetting.pdf("letter", address, made_at=MADE_AT)).pages
        assert min(size for *_, size in written(page)) >= 8


@WINDOWS
@pytest.mark.parametrize("dir", ["ltr", "rtl"])
def test_nothing_but_the_address_shows_in_a_window(paper, window, dir):
    sender = {"name": "Maria-Magdalena Example " * 3, "place": "Llanfairpwllgwyngyll " * 3}
    letter = make_letter(paper, window, dir=dir, sender=sender, address_lines=[], address_room=0)

    page = ink("letter", letter | {"date": "Wednesday, 22 November 2026"})

    for name, seen in windows_on_the_sheet(paper, window):
        assert page.crop([round(edge * 5) for edge in seen]).getbbox() is None, name


@WINDOWS
def test_lines_for_an_unknown_address_are_seen_too(paper, window):
    nobody = {"name": "", "place": ""}
    address = {"address_lines": ["Jane Example", "Minister of Tests"], "address_room": 3}
    letter = make_letter(paper, window, date="", sender=nobody, **BLANK, **address)

    left, top, right, bottom = (edge / 5 for edge in ink("letter", letter).getbbox())

    for _name, seen in windows_on_the_sheet(paper, window):
        assert seen[0] < left < right < seen[2]
        assert seen[1] < top < bottom < seen[3]


def fits(paper, window, lines):
    letter = make_letter(paper, window, address_lines=lines, address_room=0)
    return typesetting.pages("address", letter) == 1


@WINDOWS
def test_address_that_is_too_long_for_a_window_is_known_and_printed_whole_without_one(
    paper, window
):
    too_long = [*LONG_ADDRESS, *SEVEN_LINES]
    letter = make_letter(paper, window, address_lines=too_long)

    [page] = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages

    assert fits(paper, window, SEVEN_LINES)
    assert fits(paper, window, LONG_ADDRESS)
    assert not fits(paper, window, too_long)
    pieces = written(page)
    [end] = [down for text, _across, down, _size in pieces if "CONGO" in text]
    [subject] = [down for text, _across, down, _size in pieces if "The summer" in text]
    assert end + 8 < subject
    assert "Johel Antonio Zelaya" in page.extract_text()


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_address_for_an_envelope_without_a_window_is_larger(paper):
    letter = make_letter(paper, "none", address_lines=LONG_ADDRESS)

    [page] = read(typesetting.pdf("letter", letter, made_at=MADE_AT)).pages

    sizes = {text: size for text, _across, _down, size in written(page)}
    assert sizes["Ministerio Público"] == pytest.approx(11)


@pytest.mark.parametrize("size", envelopes.PLAIN)
def test_printed_envelope_leaves_its_edges_to_stamp_and_sorting_machine(size):
    """40 mm above for the stamp, 15 mm below and at the right; nothing but the address on it."""
    width, height = envelopes.PLAIN[size][:2]

    for lines in [["Prime Minister", "NORWAY"], LONG_ADDRESS, SEVEN_LINES]:
        envelope = {"width": width, "height": height, "address_lines": lines}
        [page] = read(typesetting.pdf("envelope", envelope, made_at=MADE_AT)).pages

        paper = (float(page.mediabox.width) / MM, float(page.mediabox.height) / MM)
        assert paper == pytest.approx((width, height), abs=0.1)
        left, top, right, bottom = (edge / 5 for edge in ink("envelope", envelope).getbbox())
        assert left > width * 0.4
        assert top >= 40
        assert right <= width - 15
        assert bottom <= height - 15
        assert min(size for *_, size in written(page)) >= 8
        assert " ".join(page.extract_text().split()) == " ".join(lines)


@pytest.mark.parametrize(("paper", "folds"), [("a4", (105, 210)), ("us-letter", (101.6, 203.2))])
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("code", "stated"), [("pt-BR", "pt-BR"), ("zh-Hans", "zh"), ("es-419", "es"), ("und", "und")]
)
def test_letter_is_set_in_a_language_of_a_region_or_a_script(code, stated):
    letter = make_letter(lang=code)

    pdf = read(typesetting.pdf("letter", letter, made_at=MADE_AT))

    assert pdf.trailer["/Root"]["/Lang"] == stated


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


@pytest.mark.slow
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


def made_to_send(path: Path) -> list[str]:
    """The address of a shipped case as a card has it, for the longest country there is."""
    postal = tomllib.loads(path.read_text()).get("solidarity", {}).get("postal", [])
    return [*postal, "DEMOCRATIC REPUBLIC OF THE CONGO"]


ADDRESSES = {path.stem: made_to_send(path) for path in CASES} | {
    "long": LONG_ADDRESS,
    "many lines": [f"Line {number} of a long address that has to be broken" for number in range(6)],
    "arabic": [ARABIC, "MOROCCO"],
    "burmese": [BURMESE, "MYANMAR"],
    "khmer": [KHMER, "CAMBODIA"],
}


@pytest.mark.parametrize(("paper", "width", "height"), [("a6", 148, 105), ("a5", 210, 148)])
@pytest.mark.parametrize("lines", [*ADDRESSES.values(), []], ids=[*ADDRESSES, "none"])
def test_address_of_a_card_stands_where_sorting_machines_read_it(paper, width, height, lines):
    """What is 15 mm from the lower edge or from the right is for their code, and above for stamps.

    Nor do the writer's own words stand there.
    """
    body = "We think of you every day of this long winter. " * 12
    card = make_message(paper=paper, body=body, address_lines=lines)

    back = ink("message", card, page=2)

    address = back.crop((width * 5 // 2, 40 * 5, back.width, back.height))
    _left, _top, right, bottom = (edge / 5 for edge in address.getbbox())
    assert width / 2 + right <= width - 15
    assert 40 + bottom <= height - 15
    assert back.getbbox()[3] / 5 <= height - 15
    stamp = (round((width - 74) * 5), 0, back.width, 40 * 5)
    left, _top, right, _bottom = (edge / 5 for edge in back.crop(stamp).getbbox())
    assert right - left == pytest.approx(19, abs=0.5)  # the outline of its place
    pieces = written(read(typesetting.pdf("message", card, made_at=MADE_AT)).pages[1])
    assert min(size for *_, size in pieces) >= 8


@pytest.mark.slow
@pytest.mark.parametrize("body", [ARABIC, BURMESE, KHMER, "You are not forgotten."])
@pytest.mark.parametrize(("paper", "height"), [("a6", 105), ("a5", 148)])
def test_words_beside_an_address_leave_the_lower_edge_free(paper, height, body):
    for times in range(1, 12):
        card = make_message(paper=paper, body="\n".join([body] * times))
        pieces = written(read(typesetting.pdf("message", card, made_at=MADE_AT)).pages[1])
        if not any("Testville" in text for text, *_ in pieces):
            break  # it goes into an envelope
        assert max(base + size / MM * 0.3 for _text, _left, base, size in pieces) <= height - 16


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


@pytest.mark.slow
def test_words_of_a_card_stand_as_large_as_they_go():
    sizes = []
    for times in range(1, 40):
        card = make_message(body="We think of you all winter. " * times)
        pieces = written(read(typesetting.pdf("message", card, made_at=MADE_AT)).pages[1])
        if not any("Testville" in text for text, *_ in pieces):
            break  # it goes into an envelope
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
    solidarity = case.get("solidarity")
    return make_sheet(
        name=case["display_name"],
        headline=case["headline"],
        content_note=case.get("content_note", ""),
        picture=make_picture(credit="Drawn for this site"),
        story=as_blocks(case["story"]),
        demands=[demand["text"] for demand in case["demands"]],
        targets=[
            {
                "lines": [target["office"], *target.get("postal", []), "COUNTRY"],
                "asked": target.get("asked", ""),
                "salutation": target["salutation"],
                "close": target["close"],
            }
            for target in case["targets"]
        ],
        address_note=case.get("address_note", ""),
        rules=["Write in your own words, and keep to what is known."] * 6,
        solidarity=solidarity
        and {
            "lines": [*solidarity.get("postal", []), "COUNTRY"],
            "note": solidarity.get("note", ""),
            "phrases": [phrase["text"] for phrase in solidarity.get("phrases", [])],
        },
        **fields,
    )


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_sheet_with_too_much_for_a_leaf_gives_cards_a_page_and_loses_nothing(paper):
    rules = [
        f"Rule {number}: keep to what is known, and to what you were told." * 2
        for number in range(11)
    ]
    solidarity = {"lines": LONG_ADDRESS * 2, "rules": rules, "phrases": ["You are not alone."] * 4}
    target = {"lines": LONG_ADDRESS * 2, "salutation": "Dear Minister,"}
    texts = {"address_note": BODY, "rules": rules, "solidarity": solidarity}
    sheet = make_sheet(paper=paper, targets=[target], **texts)

    pages = read(typesetting.pdf("sheet", sheet, made_at=MADE_AT)).pages

    _front, letter, cards = [" ".join(page.extract_text().split()) for page in pages]
    assert "What we ask" in letter
    assert "Show solidarity" in cards
    assert "Is this sheet still right?" in cards
    assert [letter.count(f"Rule {number}:") for number in range(11)] == [2] * 11
    assert [cards.count(f"Rule {number}:") for number in range(11)] == [2] * 11


def test_sheet_says_why_there_is_no_address():
    told = make_sheet(targets=[], address_note="None was printed in 2025.")
    untold = make_sheet(targets=[])

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


def test_sheet_with_two_targets_has_both_side_by_side_on_its_back():
    both = [
        {"lines": LONG_ADDRESS, "asked": "Pass a law.", "deadline": "10 December 2026"},
        {"lines": ["Prosecutor of Tests"], "asked": "Decide.", "email": "office@example.org"},
    ]
    sheet = make_sheet(targets=both, address_note="Neither was checked.")

    pages = read(typesetting.pdf("sheet", sheet, made_at=MADE_AT)).pages

    assert len(pages) == 2
    back = " ".join(pages[1].extract_text().split())
    said = ["Pass a law.", "10 December 2026", "Decide.", "office@example.org", "Neither was"]
    assert [words for words in said if words not in back] == []

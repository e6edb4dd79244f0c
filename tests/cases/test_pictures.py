import io
import os
import re
import struct
import time
import zlib
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import Http404
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from cases import image_files, pictures
from cases.models import Case, ErasureEntry, Freeze, Portrait, Stage
from tests.factories import make_case
from tests.staff import form_data, said, signed_in

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825
TURNED_RIGHT = 6  # the camera was held so that the top of the picture is on its right


def a_picture(image_format: str = "JPEG", size=(900, 600), colour="teal", mode="RGB", **options):
    encoded = io.BytesIO()
    Image.new(mode, size, colour).save(encoded, image_format, **options)
    return SimpleUploadedFile("holiday.exe", encoded.getvalue())


def taken_in_a_place() -> Image.Exif:
    exif = Image.Exif()
    exif[MAKE] = "CameraOfTests"
    exif[ORIENTATION] = TURNED_RIGHT
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (59.0, 54.0, 36.5)
    return exif


def make_portrait(case=None, **fields) -> Portrait:
    upload = fields.pop("upload", None) or a_picture("PNG", (1000, 500))
    fields = {"alt": "A shore.", "credit": "Illustration: a test", "licence": "CC0"} | fields
    portrait = Portrait(case=case or make_case(), image=pictures.clean(upload), **fields)
    pictures.render(portrait)
    portrait.save()
    return portrait


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files_in(media: Path) -> set[str]:
    return {path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("image_format", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "jpg"), ("MPO", "jpg")]
)
def test_picture_is_taken_by_what_it_is_not_by_what_it_is_called(image_format, suffix):
    cleaned = pictures.clean(a_picture(image_format))

    assert re.fullmatch(rf"[0-9a-f]{{20}}\.{suffix}", cleaned.name)
    assert Image.open(cleaned).size == (900, 600)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_picture_stands_upright_and_forgets_where_it_was_taken(image_format):
    upload = a_picture(image_format, (600, 900), exif=taken_in_a_place(), xmp=b"<x>Tromso 69.6</x>")

    cleaned = pictures.clean(upload)

    image = Image.open(cleaned)
    assert image.size == (900, 600)
    assert not image.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile"} & image.info.keys()
    assert b"CameraOfTests" not in cleaned.read()
    assert b"Tromso" not in pictures.clean(upload).read()


def test_colours_come_out_in_srgb():
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    cleaned = pictures.clean(a_picture("PNG", colour=(200, 100, 50), icc_profile=profile))
    broken = pictures.clean(a_picture("PNG", colour=(200, 100, 50), icc_profile=swapped))

    for picture in (cleaned, broken):
        image = Image.open(picture)
        assert "icc_profile" not in image.info
        assert image.getpixel((5, 5)) == pytest.approx((200, 100, 50), abs=2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode):
    image = Image.open(pictures.clean(a_picture("PNG", mode=mode, colour=None)))

    assert image.mode in {"RGB", "RGBA"}


def test_grey_of_16_bits_keeps_its_shades():
    image = Image.open(pictures.clean(a_picture("PNG", mode="I;16", colour=0x8000)))

    assert image.getpixel((0, 0)) == (128, 128, 128)


def test_transparency_stays_and_a_full_alpha_channel_goes():
    clear = pictures.clean(a_picture("WEBP", mode="RGBA", colour=(0, 0, 0, 80), lossless=True))
    full = pictures.clean(a_picture("WEBP", mode="RGBA", colour=(0, 0, 0, 255)))

    assert Image.open(clear).mode == "RGBA"
    assert (Image.open(full).mode, full.name[-3:]) == ("RGB", "jpg")


def truncated() -> ContentFile:
    data = a_picture("JPEG", size=(1200, 900)).read()
    return ContentFile(data[: len(data) // 2])


def test_sentence_for_each_thing_that_is_no_good_picture(monkeypatch):
    monkeypatch.setattr(image_files, "MAX_PIXELS", 2_000_000)
    uploads = {
        "PDF files are not taken: please save the picture as JPEG, PNG or WebP.": ContentFile(
            b"%PDF-1.7 and more"
        ),
        "GIF files are not taken: please save the picture as JPEG, PNG or WebP.": a_picture("GIF"),
        "TIFF files are not taken: please save the picture as JPEG, PNG or WebP.": a_picture(
            "TIFF"
        ),
        "AVIF files are not taken: please save the picture as JPEG, PNG or WebP.": a_picture(
            "AVIF"
        ),
        "HEIC files are not taken: please save the picture as JPEG, PNG or WebP.": ContentFile(
            b"\0\0\0\x18ftypheic\0\0\0\0"
        ),
        "SVG files are not taken: please save the picture as JPEG, PNG or WebP.": ContentFile(
            b"<svg onload='alert(1)'/>"
        ),
        "This file is not a picture: please choose a JPEG, PNG or WebP file.": ContentFile(
            b"<script>alert(1)</script>", "portrait.jpg"
        ),
        "This picture is 799 pixels wide; at least 800 are needed.": a_picture(size=(799, 900)),
        "This picture is damaged or incomplete: please save it again and try once more.": (
            truncated()
        ),
        "This picture has too many pixels: at most 2 million, and 16000 on its longer side, are "
        "taken.": a_picture(size=(2000, 1001)),
    }

    for sentence, upload in uploads.items():
        with pytest.raises(ValidationError) as error:
            pictures.clean(upload)
        assert error.value.messages == [sentence]


def test_huge_file_is_refused_unread():
    upload = SimpleUploadedFile("big.jpg", b"")
    upload.size = 40_000_000

    with pytest.raises(ValidationError) as error:
        pictures.clean(upload)

    assert error.value.messages == ["This file has 41 MB; a picture may have at most 15 MB."]


@pytest.fixture
def opened(monkeypatch) -> list[tuple]:
    """What was given to the decoders."""
    found = []
    real = Image.open

    def counted(file, *args, **kwargs):
        image = real(file, *args, **kwargs)
        found.append((image.format, image.size))
        return image

    monkeypatch.setattr(Image, "open", counted)
    return found


def with_size(packed: bytes, width: int, height: int, bits: int | None = None) -> bytes:
    """A PNG that says it has another size: it stands in its header, with a checksum after it."""
    rest = packed[24:29] if bits is None else bytes([bits]) + packed[25:29]
    header = b"IHDR" + struct.pack(">II", width, height) + rest
    return packed[:12] + header + struct.pack(">I", zlib.crc32(header)) + packed[33:]


@pytest.mark.parametrize("size", [(9000, 9000), (60_000, 60_000), (800, 20_000)])
def test_bomb_is_refused_before_it_goes_off(size, opened):
    bomb = with_size(a_picture("PNG", (800, 1), mode="1", colour=0).read(), *size)

    with pytest.raises(ValidationError, match="too many pixels"):
        pictures.clean(ContentFile(bomb))
    assert opened == []


def jpeg_with_scans(number: int, size=(900, 600)) -> bytes:
    """A progressive JPEG that goes through all its pixels again and again, for 61 bytes a time."""
    data = a_picture("JPEG", size, mode="L", colour=120, progressive=True).read()
    last = data.rindex(b"\xff\xda")
    extra = number - data.count(b"\xff\xda")
    return data[:-2] + data[last:-2] * extra + data[-2:]


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def moving(image_format: str) -> bytes:
    frames = [Image.new("RGB", (900, 600), colour) for colour in ("teal", "navy")]
    encoded = io.BytesIO()
    frames[0].save(encoded, image_format, save_all=True, append_images=frames[1:])
    return encoded.getvalue()


def asking_for_work() -> dict[str, bytes]:
    jpeg, png, webp = (a_picture(kind).read() for kind in ("JPEG", "PNG", "WEBP"))
    start_of_frame = jpeg.index(b"\xff\xc0")
    deep = with_size(a_picture("PNG", mode="RGBA", colour=0).read(), 4000, 4000, bits=16)
    return {
        "scans of all pixels": jpeg_with_scans(51),
        "scans of many pixels": jpeg_with_scans(40, (3000, 2000)),
        "segments": jpeg[:2] + b"\xff\xe1\x00\x02" * 1001 + jpeg[2:],
        "segments in a scan": jpeg[:-2] + b"\xff\xfe\x00\x02" * 1001 + jpeg[-2:],
        "an arithmetic coder": jpeg[: start_of_frame + 1] + b"\xc9" + jpeg[start_of_frame + 2 :],
        "two frames": jpeg[:start_of_frame]
        + jpeg[start_of_frame:].replace(
            b"\xff\xda", jpeg[start_of_frame : start_of_frame + 19] + b"\xff\xda", 1
        ),
        "bits": deep,
        "chunks": png[:33] + png_chunk(b"tEXt") * 10_001 + png[33:],
        "chunks of pixels": png[:-12] + png_chunk(b"IDAT") * 10_001 + png[-12:],
        "frames": moving("WEBP"),
        "chunks of a WebP": webp + (b"ABCD" + bytes(4)) * 1001,
        "two pictures in a WebP": webp + webp[12:],
    }


@pytest.mark.parametrize("what", asking_for_work())
def test_file_that_asks_for_much_work_is_refused_before_any_is_done(what, opened):
    with pytest.raises(ValidationError) as error:
        pictures.clean(ContentFile(asking_for_work()[what]))

    assert error.value.messages[0].startswith(
        ("This picture is saved in a way", "This picture is damaged", "This picture moves")
    )
    assert opened == []


def test_a_jpeg_without_colours_is_damaged(opened):
    frame, scan = "ffc0 0008 08 0010 0010 00", "ffda 0002"

    with pytest.raises(ValidationError, match="This picture is damaged"):
        pictures.clean(ContentFile(bytes.fromhex(f"ffd8 {frame} {scan} ffd9")))

    assert opened == []


@pytest.mark.slow
def test_what_honest_savers_write_is_taken(opened):
    apng = moving("PNG")
    files = [a_picture(size=(4000, 3000), progressive=True).read(), jpeg_with_scans(20), apng]
    # A telephone puts a film behind its picture, a camera a second one.
    files += [a_picture().read() + b"film" * 100_000, a_picture("MPO").read()]

    for data in files:
        assert pictures.clean(ContentFile(data)).size

    assert {size for _kind, size in opened} == {(4000, 3000), (900, 600)}


@pytest.mark.slow
def test_jpeg_is_decoded_no_larger_than_it_is_kept():
    image = pictures.decoded(a_picture(size=(6000, 4000)), 1600)

    assert image.size == (1600, 1067)
    assert Image.open(pictures.clean(a_picture(size=(6000, 4000)))).size == (2400, 1600)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_picture_is_turned_as_its_camera_says(image_format, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.new("RGB", (900, 900), "white")
    image.paste("black", (0, 0, 450, 300))
    encoded = io.BytesIO()
    image.save(encoded, image_format, exif=exif)
    wanted = ImageOps.exif_transpose(Image.open(encoded)).convert("L")

    turned = pictures.decoded(ContentFile(encoded.getvalue()), 900).convert("L")

    corners = [(x, y) for x in (200, 700) for y in (100, 400, 800)]
    assert [turned.getpixel(c) > 128 for c in corners] == [
        wanted.getpixel(c) > 128 for c in corners
    ]


def test_what_a_camera_wrote_reaches_neither_parser_nor_log(caplog):
    exif = taken_in_a_place()
    exif[0x010E] = "at my home, Testway 5"
    taken = [a_picture(kind, (900, 900), exif=exif) for kind in ("JPEG", "PNG", "WEBP")]
    caplog.set_level("DEBUG")

    for picture in taken:
        pictures.clean(picture)

    assert "Testway" not in caplog.text
    assert "CameraOfTests" not in caplog.text


def test_third_picture_waits_and_is_then_told_to_come_again(monkeypatch):
    monkeypatch.setattr(pictures, "MAX_WAIT", 0.05)

    with (
        pictures.turn(),
        pictures.turn(),
        pytest.raises(ValidationError, match="Many pictures are arriving just now"),
    ):
        pictures.clean(a_picture())

    assert pictures.clean(a_picture())
    with suppress(ValidationError):
        pictures.clean(ContentFile(b"no picture"))
    with pictures.turn(), pictures.turn():
        pass  # a refused file has given its turn back


WHOLE = {name: a_picture(name, (801, 3)).read() for name in ("JPEG", "PNG", "WEBP")}


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    data=st.sampled_from(sorted(WHOLE)),
    cut=st.integers(0, 2000),
    place=st.integers(0, 2000),
    byte=st.integers(0, 255),
)
def test_no_broken_file_is_more_than_a_sentence(data, cut, place, byte):
    broken = bytearray(WHOLE[data])
    broken[place % len(broken)] = byte
    broken = broken[: cut % len(broken) + 1] if cut % 2 else broken

    with suppress(ValidationError):
        assert Image.open(pictures.clean(ContentFile(bytes(broken)))).width >= 800


@pytest.mark.slow
@pytest.mark.django_db
def test_renditions_are_made_in_the_sizes_shown_and_no_wider_than_the_original():
    wide = make_portrait(upload=a_picture("JPEG", (2000, 1000)))
    small = make_portrait(upload=a_picture("JPEG", (1000, 1000)))

    assert {kind: list(widths) for kind, widths in wide.renditions.items()} == {
        "avif": ["240", "400", "640", "900", "1200", "1600"],
        "webp": ["240", "400", "640", "900", "1200", "1600"],
        "jpeg": ["1200"],
    }
    assert {kind: list(widths) for kind, widths in small.renditions.items()} == {
        "avif": ["240", "400", "640", "900", "1000"],
        "webp": ["240", "400", "640", "900", "1000"],
        "jpeg": ["1000"],
    }
    for kind, widths in wide.renditions.items():
        for width, name in widths.items():
            with wide.image.storage.open(name) as file:
                image = Image.open(file)
                assert (image.format.lower(), image.size) == (kind, (int(width), int(width) // 2))


@pytest.mark.django_db
def test_rendering_again_makes_the_same_names_and_no_file(media):
    portrait = make_portrait()
    names, times = portrait.renditions, {p: p.stat().st_mtime_ns for p in media.rglob("*")}

    pictures.render(portrait)

    assert portrait.renditions == names
    assert {p: p.stat().st_mtime_ns for p in media.rglob("*")} == times


@pytest.mark.django_db
def test_rendition_half_written_when_a_process_was_killed_is_written_again(media):
    portrait = make_portrait()
    name = portrait.renditions["avif"]["400"]
    (media / name).write_bytes(b"half")
    portrait.renditions = {}  # the transaction did not come through

    pictures.render(portrait)

    assert portrait.renditions["avif"]["400"] == name
    assert Image.open(media / name).width == 400


@pytest.mark.django_db
def test_transparent_picture_stands_on_white_in_a_jpeg(media):
    upload = a_picture("PNG", mode="RGBA", colour=(0, 0, 0, 0))
    portrait = make_portrait(upload=upload)

    image = Image.open(media / portrait.renditions["jpeg"]["900"])
    assert image.getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.django_db
def test_addresses_for_a_page():
    portrait = make_portrait()
    stem = f"/media/portraits/{portrait.case_id}/"

    srcset = pictures.srcset(portrait, "webp")

    assert re.fullmatch(
        ", ".join(rf"{stem}\w+-{width}\.webp {width}w" for width in [240, 400, 640, 900, 1000]),
        srcset,
    )
    assert pictures.url(portrait).endswith("-1000.jpg")
    assert pictures.url(portrait, "avif", 500).endswith("-400.avif")
    assert pictures.url(Portrait()) == ""


@pytest.mark.django_db
def test_cut_keeps_the_focal_point():
    halves = Image.new("RGB", (1000, 500), "black")
    halves.paste("white", (500, 0, 1000, 500))
    encoded = io.BytesIO()
    halves.save(encoded, "PNG")
    portrait = make_portrait(upload=ContentFile(encoded.getvalue()), focal_x=0.9)

    cut = Image.open(io.BytesIO(pictures.cropped(portrait, 300, 300)))

    assert (cut.size, cut.getpixel((60, 150))) == ((300, 300), (255, 255, 255))


@pytest.mark.django_db
def test_removed_picture_leaves_no_file(media, django_capture_on_commit_callbacks):
    portrait, other = make_portrait(), make_portrait()

    with django_capture_on_commit_callbacks(execute=True):
        portrait.delete()

    names = [name for widths in other.renditions.values() for name in widths.values()]
    assert files_in(media) == {other.image.name, *names}


@pytest.mark.django_db
def test_replaced_picture_leaves_only_the_new_files(media, django_capture_on_commit_callbacks):
    portrait = make_portrait()

    with django_capture_on_commit_callbacks(execute=True):
        pictures.remove(portrait)
        portrait.image = pictures.clean(a_picture("PNG", (1000, 500), "navy"))
        pictures.render(portrait)
        portrait.save()

    names = [name for widths in portrait.renditions.values() for name in widths.values()]
    assert files_in(media) == {portrait.image.name, *names}


def removed_by(editor, portrait: Portrait):
    page = reverse("admin:cases_case_change", args=[portrait.case_id])
    data = form_data(editor.get(page)) | {"portrait-0-DELETE": "on", "portrait-0-image": ""}
    return editor.post(page, data, follow=True)


@pytest.mark.django_db
def test_an_editor_removes_a_picture(client, media, django_capture_on_commit_callbacks):
    portrait = make_portrait()
    url = pictures.address(portrait.renditions["avif"]["400"])
    assert client.get(url).status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        page = removed_by(signed_in("editor"), portrait)

    assert "was changed successfully" in said(page)[0]
    assert client.get(url).status_code == 404
    assert not files_in(media)
    noted = ErasureEntry.objects.get(model="cases.portrait")
    assert noted.keys == [portrait.pk]


@pytest.mark.django_db(transaction=True)
def test_no_picture_is_left_of_a_case_that_is_deleted(media):
    case = make_portrait(make_case(stage=Stage.DRAFT)).case

    url = reverse("admin:cases_case_delete", args=[case.pk])
    signed_in(is_superuser=True).post(url, {"post": "yes"})

    assert not Case.objects.exists()
    assert not files_in(media)


class DeletesNothing(FileSystemStorage):
    def delete(self, name: str) -> None:
        raise ConnectionError


@pytest.mark.django_db(transaction=True)
def test_picture_removed_while_the_store_fails_is_shown_no_more_and_deleted_later(
    client, settings, media, caplog
):
    portrait, kept = make_portrait(), make_portrait(upload=a_picture(size=(800, 400)))
    url = pictures.address(portrait.renditions["avif"]["400"])
    well = settings.STORAGES
    settings.STORAGES = well | {"default": {"BACKEND": f"{__name__}.DeletesNothing"}}

    page = removed_by(signed_in(is_superuser=True), portrait)

    assert "was changed successfully" in said(page)[0]
    assert "ConnectionError" in caplog.text
    assert client.get(url).status_code == 404
    settings.STORAGES = well
    assert pictures.erase_unnamed_files() == 0  # they might be of a row that is not saved yet
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in files_in(media):
        os.utime(media / path, (two_days_ago, two_days_ago))
    assert pictures.erase_unnamed_files() > 0
    assert files_in(media) == pictures.names_in_use()
    assert kept.image.name in files_in(media)


@pytest.mark.django_db
def test_picture_of_a_case_is_served_for_ever_but_asked_for_again_by_shared_caches(settings):
    settings.PAGE_CACHE_SECONDS = 4
    portrait = make_portrait()
    name = portrait.renditions["avif"]["400"]

    response = pictures.media_response(name)

    assert response.status_code == 200
    assert response["Content-Type"] == "image/avif"
    assert response["Cache-Control"] == "public, max-age=31536000, s-maxage=4, immutable"
    assert response["ETag"] == f'"{Path(name).name}"'
    assert Image.open(io.BytesIO(response.getvalue())).width == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"stage": Stage.DRAFT},
        {"stage": Stage.IN_REVIEW},
        {"stage": Stage.DRAFT, "freeze": Freeze.WITHDRAWN, "freeze_reason": "A threat."},
        {"freeze": Freeze.HIDDEN, "freeze_reason": "A threat."},
    ],
)
def test_picture_of_a_case_that_is_not_told_is_for_staff_only(fields):
    name = make_portrait(make_case(**fields)).renditions["webp"]["400"]

    with pytest.raises(Http404):
        pictures.media_response(name)
    response = pictures.media_response(name, to_staff=True)
    assert response["Cache-Control"] == "private, no-store"
    response.close()


@pytest.mark.django_db
def test_picture_of_a_withdrawn_case_is_gone():
    case = make_case(freeze=Freeze.WITHDRAWN, freeze_reason="A threat.")
    name = make_portrait(case).renditions["jpeg"]["1000"]

    assert pictures.media_response(name).status_code == 410


@pytest.mark.django_db
def test_original_is_for_staff_only():
    name = make_portrait().image.name

    with pytest.raises(Http404):
        pictures.media_response(name)
    pictures.media_response(name, to_staff=True).close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "",
        "portraits/",
        "portraits/1/../../secret.jpg",
        "portraits/1/%2e%2e/secret.jpg",
        "/etc/passwd",
        "portraits\\1\\aaaaaaaaaaaaaaaaaaaa-400.jpg",
        "portraits/1/aaaaaaaaaaaaaaaaaaaa-400.jpg\n",
        "portraits/99999999999999999999/aaaaaaaaaaaaaaaaaaaa-400.jpg",
        "portraits/999999999999999999/aaaaaaaaaaaaaaaaaaaa-400.jpg",
        "portraits/aaaaaaaaaaaaaaaaaaaa.jpg",
        "hand-ins/1/proof.jpg",
    ],
)
def test_nothing_else_is_served(name, media):
    (media / "secret.jpg").write_bytes(b"secret")

    for to_staff in (False, True):
        with pytest.raises(Http404):
            pictures.media_response(name, to_staff=to_staff)


@pytest.mark.django_db
def test_while_the_store_fails_a_cache_goes_on_showing_what_it_has(client, settings, media):
    case = make_case()
    url = pictures.address(make_portrait(case).renditions["avif"]["400"])
    known = {"If-None-Match": client.get(url)["ETag"]}
    (media / "file").write_text("This is no folder.")
    settings.MEDIA_ROOT = media / "file"

    response = client.get(url)
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert client.get(url, headers={"If-None-Match": '"another"'}).status_code == 503
    response = client.get(url, headers=known)
    assert (response.status_code, response["ETag"]) == (304, known["If-None-Match"])
    assert "s-maxage" in response["Cache-Control"]

    Case.objects.filter(pk=case.pk).update(freeze=Freeze.WITHDRAWN, freeze_reason="A threat.")
    assert client.get(url, headers=known).status_code == 410


@pytest.mark.django_db
def test_a_cache_shows_no_picture_that_was_removed(client, media):
    portrait = make_portrait()
    url = pictures.address(portrait.renditions["avif"]["400"])
    known = {"If-None-Match": client.get(url)["ETag"]}

    for path in files_in(media):
        (media / path).unlink()

    assert client.get(url, headers=known).status_code == 404


@pytest.mark.django_db
def test_serving_a_picture_asks_one_question(django_assert_num_queries):
    name = make_portrait().renditions["avif"]["400"]

    with django_assert_num_queries(1):
        pictures.media_response(name).close()


# --- sizes that came later


def render_again(**options) -> str:
    said = io.StringIO()
    call_command("render_pictures", stdout=said, stderr=said, **options)
    return said.getvalue()


def uploaded_before_there_were_small_ones(portrait: Portrait) -> Portrait:
    for kind in portrait.renditions:
        portrait.renditions[kind].pop("240", None)
    portrait.save()
    return portrait


@pytest.mark.django_db
def test_sizes_that_a_picture_lacks_are_made_once(media):
    portrait = make_portrait()
    whole, files = deepcopy(portrait.renditions), files_in(media)
    assert render_again() == ""
    uploaded_before_there_were_small_ones(portrait)
    version = Case.objects.get().content_version

    assert render_again() == "Pictures in the sizes of today: 1 new.\n"

    assert Portrait.objects.get().renditions == whole
    assert files_in(media) == files
    assert Case.objects.get().content_version == version + 1
    assert render_again() == ""


@pytest.mark.django_db
def test_pictures_are_made_so_many_at_a_time_and_one_that_is_gone_stops_no_other(media):
    gone, *others = [uploaded_before_there_were_small_ones(make_portrait()) for _nr in range(3)]
    others[1].image.storage.delete(gone.image.name)  # all three are the same upload
    Portrait.objects.exclude(pk=gone.pk).delete()
    there = uploaded_before_there_were_small_ones(
        make_portrait(upload=a_picture("PNG", (1000, 400)))
    )

    assert "1 more lack some: run `manage.py render_pictures` again." in render_again(most=1)
    said = render_again()

    assert f"The picture of case {gone.case_id} can’t be read" in said
    assert "1 new" in said
    assert "240" in Portrait.objects.get(pk=there.pk).renditions["avif"]

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.models import LetterPicture
from tests.factories import make_solidarity_action
from tests.letters.sending import message_form
from write4rights import uploads

pytestmark = pytest.mark.django_db


@pytest.fixture
def url():
    case = make_solidarity_action(takes_drawings=True).case
    return reverse("letters:message-write", args=[case.slug])


def a_file(megabytes: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("drawing.png", b"\x89PNG" + b"\0" * megabytes * 1_000_000)


def test_a_file_that_is_too_large_is_named_beside_its_field_and_the_words_stay(client, url):
    response = client.post(url, message_form(body="The words I typed.") | {"picture": a_file(20)})

    page = response.content.decode()
    assert "This file has 21 MB; a picture may have at most 15 MB." in page
    assert "The words I typed." in page
    assert not LetterPicture.objects.exists()


def test_many_files_take_no_more_memory_than_one(rf, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_KEPT", 1_500_000)
    files = [a_file(1) for _nr in range(5)]

    request = rf.post("/", {"file": files})

    kept = request.FILES.getlist("file")
    assert [file.size for file in kept] == [1_000_004] * 5
    assert sum(len(file.read()) for file in kept) <= uploads.MOST_KEPT


def test_a_huge_request_is_refused_before_it_is_read(client, url, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_REQUEST", 1_000_000)

    assert client.post(url, message_form() | {"picture": a_file(2)}).status_code == 400


def test_no_upload_is_written_to_the_disk(client, url, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path

    client.post(url, message_form(ties="") | {"picture": a_file(10)})

    assert list(tmp_path.iterdir()) == []

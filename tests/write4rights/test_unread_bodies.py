"""A form that is refused: its sender hears of it from the site, and not that the site is away."""

from __future__ import annotations

import io
from wsgiref.simple_server import demo_app
from wsgiref.util import setup_testing_defaults

import pytest

from write4rights.unread_bodies import MOST, read_whole

pytestmark = pytest.mark.any_database


class Gone(io.BytesIO):
    def read(self, size=-1):
        raise ConnectionResetError


def posted(body: io.BytesIO) -> str:
    """The status of an application that asks for nothing of the body."""
    environ = {"REQUEST_METHOD": "POST", "wsgi.input": body}
    setup_testing_defaults(environ)
    said: list[str] = []
    read_whole(demo_app)(environ, lambda status, headers: said.append(status))
    return said[0]


@pytest.mark.parametrize("size", [0, 10, 16_000_000])
def test_nothing_of_a_body_is_left_when_the_answer_is_given(size):
    body = io.BytesIO(b"a" * size)

    assert posted(body) == "200 OK"
    assert body.tell() == size


def test_a_body_without_end_or_a_sender_that_is_gone_keeps_nobody_busy():
    body = io.BytesIO(b"a" * (MOST + 10_000_000))

    assert posted(body) == posted(Gone()) == "200 OK"
    assert body.tell() < MOST + 1_000_000

"""Stores that fail: who waits for them."""

import time

import pytest

from cases import stores
from cases.stores import StoreFails, store

pytestmark = pytest.mark.any_database


def fail(alias: str, error: type[Exception] = ConnectionError) -> None:
    with pytest.raises(StoreFails), store(alias):
        raise error


def test_one_asks_a_store_that_failed_again_and_all_others_go_on_without_it(monkeypatch):
    monkeypatch.setattr(stores, "LEFT_ALONE_FOR", 0.05)
    fail("default")
    assert stores.failing() == ["default"]
    with pytest.raises(StoreFails), store("default"):
        pytest.fail("It was left alone for no time.")
    time.sleep(0.06)

    with store("default"):  # and waits
        with pytest.raises(StoreFails), store("default"):
            pytest.fail("Two wait for it.")
        with store("rendered"):
            pass

    assert stores.failing() == []
    with store("default"), store("default"):  # it has answered
        pass


def test_a_file_that_may_not_be_read_does_not_hide_all_others():
    fail("default", PermissionError)

    assert stores.failing() == []
    with store("default"):
        pass


def test_a_store_that_fails_again_is_left_alone_again(monkeypatch):
    monkeypatch.setattr(stores, "LEFT_ALONE_FOR", 0.05)
    fail("default")
    time.sleep(0.06)

    fail("default")

    with pytest.raises(StoreFails), store("default"):
        pytest.fail("It was left alone for no time.")
    time.sleep(0.06)
    with pytest.raises(FileNotFoundError), store("default") as storage:
        storage.open("no-such-file")
    assert stores.failing() == []

"""Addresses that work, and in how many ways one may not."""

import re

import pytest

from minigrad.data import download
from minigrad.data.download import Remote
from minigrad.data.mirrors import ask


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "_unreachable", {})


def test_an_address_that_has_the_file_works(serve, tmp_path):
    (tmp_path / "file.bin").write_bytes(bytes(1_000_000))
    url, asked = serve(tmp_path)
    answer = ask(url, Remote("file.bin", 1_000_000, "0" * 32))
    assert answer.works and answer.url == f"{url}file.bin" and "MB/s" in answer.told
    assert asked == ["/file.bin"]


def test_the_length_may_be_known_to_the_server_alone(serve, tmp_path):
    (tmp_path / "file.bin").write_bytes(bytes(1_000_000))
    answer = ask(serve(tmp_path)[0], Remote("file.bin", 0, "0" * 8))
    assert answer.works and re.search(r"; [1-9][0-9.,]* MB/s", answer.told)


def test_one_that_has_another_file_does_not(serve, tmp_path):
    (tmp_path / "file.bin").write_bytes(bytes(1000))
    url, _ = serve(tmp_path)
    assert ask(url, Remote("file.bin", 999, "0" * 32))[1:] == (False, "has 1,000 bytes there, not 999")


def test_one_without_the_file_does_not(serve, tmp_path):
    url, _ = serve(tmp_path)
    answer = ask(url, Remote("file.bin", 999, "0" * 32))
    assert not answer.works and answer.told.startswith("answered 404")


@pytest.mark.parametrize("source", ["http://127.0.0.1:9/", "no address at all/"])
def test_one_that_cannot_be_reached_does_not(source):
    answer = ask(source, Remote("file.bin", 999, "0" * 32))
    assert not answer.works and answer.told

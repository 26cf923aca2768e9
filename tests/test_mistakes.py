"""The page of mistakes: each program says what the page shows, and each as it is meant runs in silence."""

import re

import pytest

from tools.mistakes import PAGE, Entry, read, run

TEXT = PAGE.read_text(encoding="utf-8")
BEGINNING, ENTRIES = read(TEXT)
SILENT = "Nothing says so"


def words(text: str) -> list[str]:
    """A text without regard to where its lines are broken."""
    return text.split()


def named(entry: Entry) -> str:
    return entry.title


def test_every_entry_of_the_page_is_read():
    titles = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
    assert [entry.title for entry in ENTRIES] == titles
    assert len(set(titles)) == len(titles) >= 45
    assert f"{len(titles)} slips" in TEXT


def test_the_contents_list_every_subject():
    for subject in re.findall(r"^## (.+)$", TEXT, re.MULTILINE):
        anchor = re.sub(r"[^a-z -]", "", subject.lower()).replace(" ", "-")
        assert f"[{subject}](#{anchor})" in TEXT


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_a_mistake_says_what_the_page_shows(entry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run(BEGINNING, entry.wrong)
    assert words(said.text) == words(entry.said)
    loud = said.raised is not None or UserWarning in said.warned
    assert loud != (SILENT in entry.why) or "unless you ask" in entry.why
    assert set(said.warned) <= {UserWarning}
    assert loud or said.text  # where nothing says so, a sign is shown


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_what_is_meant_runs_in_silence_and_prints_what_the_page_shows(entry):
    said = run(BEGINNING, entry.right)
    assert (said.raised, said.warned) == (None, [])
    assert said.text and words(said.text) == words(entry.printed)


def test_a_page_that_tells_otherwise_is_found():
    entry = next(entry for entry in ENTRIES if entry.title == "softmax before cross_entropy")
    said = run(BEGINNING, entry.wrong)
    assert words(said.text) != words(entry.said.replace("raw", "cooked"))
    assert said.warned == [UserWarning] and said.raised is None

"""Excerpts in the docs are what the source says, and what the source does not have is refused."""

from pathlib import Path

import pytest

from tools.include_source import ROOT, BadReference, excerpt, filled, pages

SOURCE = '''
LIMIT = 3


@op
def double(x):
    """y = 2 x"""
    return 2 * x


@double.grad("x")
def _(dy):
    return 2 * dy


class Walk:
    def run(self):
        # where we are
        steps = 0
        while steps < LIMIT:
            # one more
            steps += 1
        if steps:
            return steps
        return None

    def stop(self):
        if self.on:
            return 1
        return 2
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "code.py").write_text(SOURCE)
    return tmp_path


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("LIMIT", "LIMIT = 3\n"),
        ("double", '@op\ndef double(x):\n    """y = 2 x"""\n    return 2 * x\n'),
        ("double.grad", '@double.grad("x")\ndef _(dy):\n    return 2 * dy\n'),
        ("LIMIT, double.grad", 'LIMIT = 3\n\n\n@double.grad("x")\ndef _(dy):\n    return 2 * dy\n'),
        ("Walk.stop", "def stop(self):\n    if self.on:\n        return 1\n    return 2\n"),
        ('Walk.run at "while"', "while steps < LIMIT:\n    # one more\n    steps += 1\n"),
        (
            'Walk.run from "steps = 0" to "while"',
            "steps = 0\nwhile steps < LIMIT:\n    # one more\n    steps += 1\n",
        ),
        ('Walk at "def stop"', "def stop(self):\n    if self.on:\n        return 1\n    return 2\n"),
    ],
)
def test_an_excerpt_is_named_by_its_object(root: Path, reference: str, expected: str) -> None:
    assert excerpt(f"code.py::{reference}", root) == expected


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("other.py::double", "no file other.py"),
        ("code.py::triple", "one 'triple' in the file, there are 0"),
        ("code.py::Walk.jump", "one 'Walk.jump' in the file, there are 0"),
        ("code.py::triple.grad", "one 'triple.grad' in the file"),
        ('code.py::Walk.run at "for"', "there are 0"),
        ('code.py::Walk.run at "return"', "there are 2"),
        ('code.py::Walk.run from "while" to "steps = 0"', "there are 0"),
        ('code.py::double, double.grad at "return"', "of one object, not of 2"),
        ("code.py", "expected path::name"),
        ("code.py::double at return", "expected path::name"),
    ],
)
def test_what_is_not_in_the_source_is_refused(root: Path, reference: str, message: str) -> None:
    with pytest.raises(BadReference, match=message):
        excerpt(reference, root)


def test_a_page_is_filled_and_filled_again(root: Path) -> None:
    page = "Before.\n\n<!-- source: code.py::LIMIT -->\n```python\n```\n\n```python\nown = 1\n```\n"
    once = filled(page, root)
    assert once == page.replace("-->\n```python\n```", "-->\n```python\nLIMIT = 3\n```")
    assert filled(once, root) == once
    assert filled(once.replace("= 3", "= 4"), root) == once


def test_a_comment_without_its_block_is_refused(root: Path) -> None:
    with pytest.raises(BadReference, match=r"1 of the page's source comments"):
        filled("<!-- source: code.py::LIMIT -->\n\n```python\n```\n", root)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_excerpts_of_the_docs_are_what_the_source_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, f"{page.relative_to(ROOT)} is out of date: run make excerpts"


def test_there_are_pages_with_excerpts() -> None:
    assert ROOT / "docs/guides/how_the_engine_works.md" in pages()

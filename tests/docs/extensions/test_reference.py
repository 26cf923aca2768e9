"""Docstrings, which are plain text, become reStructuredText that says the same."""

import pytest

pytest.importorskip("sphinx", reason="Sphinx is missing: pip install -e '.[docs]'")

from docs.extensions.reference import Names, prose, signature
from minigrad import nn


@pytest.fixture(scope="module")
def names() -> Names:
    return Names()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = x ** 2, of *args and x_", r"y = x \*\* 2, of \*args and x\_"),
        (
            "see `gelu` and `nothing_known`",
            ":py:obj:`gelu <minigrad.nn.functional.gelu>` and ``nothing_known``",
        ),
        ("call ``x.sum()``s", "call ``x.sum()``\\ s"),
        ("|x| is positive", r"\|x\| is positive"),
        (
            "Like this::\n\n    y = x\n\nand on",
            "Like this:\n\n.. code-block:: python\n\n   y = x\n\n\nand on",
        ),
        ("Raises:\n    ValueError: it\n        is bad.", "Raises\n\n   - ``ValueError``: it is bad."),
    ],
)
def test_prose(text: str, expected: str, names: Names) -> None:
    assert expected in prose(text, names)


def test_a_signature_has_names_and_defaults() -> None:
    told = signature(nn.Conv2d, drop_first=True)
    assert told.startswith("(in_channels, out_channels, kernel_size, stride=1, padding=0, ")
    assert "padding_mode='zeros'" in told

"""Counts: in order, printed, drawn, saved."""

import json

import pytest

from minigrad.data.photos import Counts


def test_most_frequent_first(tmp_path):
    counts = Counts(["b", "a", "c", "b", "a", "d", "b"], "letters")
    assert list(counts.counts.items()) == [("b", 3), ("a", 2), ("c", 1), ("d", 1)]
    assert counts.total == 7 and len(counts) == 4 and counts["a"] == 2 and counts.at_least(2) == ["b", "a"]
    assert str(counts).splitlines()[1].split() == ["b", "3", "42.9%"]
    counts.save(tmp_path / "counts.json")
    assert json.loads((tmp_path / "counts.json").read_text())["counts"]["b"] == 3
    assert "4 kinds, 7 in all: b 3, a 2" in counts.plot().alt


def test_none():
    with pytest.raises(ValueError, match="nothing to draw"):
        Counts([], "letters").plot()

"""Reports of what was left out."""

import csv
import json
import os
import pickle

import pytest

from minigrad.data.photos import Damaged, DamageReport


def test_prints_counts_and_reasons(tmp_path):
    report = DamageReport(used=997)
    for name in ("a.jpg", "b.jpg"):
        report.note(name, "truncated", "it ends early")
    report.note("c.json#item1", "box", "it is empty")
    assert report.summary() == "3 of 1,000 left out: 2 truncated, 1 box"
    assert "c.json#item1: it is empty" in str(report)
    report.save(tmp_path / "report.csv")
    rows = list(csv.DictReader((tmp_path / "report.csv").read_text().splitlines()))
    assert [row["file"] for row in rows] == ["a.jpg", "b.jpg", "c.json#item1"]
    assert report.plot().alt.startswith("Left out of 1,000: truncated 2, box 1")


def test_a_long_one_says_how_much_it_does_not_print():
    report = DamageReport()
    for i in range(50):
        report.note(f"{i}.jpg", "missing", "there is no such file")
    assert "and 38 more" in str(report) and len(report.rows()) == 50


def test_nothing_left_out():
    assert DamageReport(used=3).summary() == "all 3 are right"
    with pytest.raises(ValueError, match="nothing to draw"):
        DamageReport().plot()


def test_an_error_comes_whole_out_of_another_process():
    error = pickle.loads(pickle.dumps(Damaged("a.jpg", "box", "it is empty")))
    assert error.damage == ("a.jpg", "box", "it is empty") and "a.jpg: it is empty" in str(error)


@pytest.mark.parametrize("ending", ["txt", "csv", "json"])
def test_a_name_in_no_known_letters_is_saved(tmp_path, ending):
    """Old disks have them: bytes that are no UTF-8, which Python makes half letters of."""
    report = DamageReport()
    report.note(os.fsdecode(b"sch\xfchle.jpg"), "truncated", "it ends early")
    report.save(tmp_path / f"report.{ending}")
    text = (tmp_path / f"report.{ending}").read_text(encoding="utf-8")
    assert "sch\\udcfchle.jpg" in text
    if ending == "json":
        assert json.loads(text)["damages"][0]["file"] == os.fsdecode(b"sch\xfchle.jpg")

"""The guide to photographs of clothes: its programs run, on drawn garments, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

from minigrad.data import places
from minigrad.data.fashion.garments import writing

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs/guides/fashion_data.md").read_text(encoding="utf-8")


def test_the_programs_run(tmp_path, monkeypatch, capsys):
    pytest.importorskip("PIL")
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(writing, "EMBEDDED", {"train": 78, "validation": 26})
    monkeypatch.setattr(places, "_told", set())
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(compile(block, "fashion_data.md", "exec"), scope)
    said = capsys.readouterr()
    assert "trousers" in said.out and "bounding boxes" in said.out and "are right" in said.out
    assert "minigrad: no DeepFashion2 in" in said.err
    written = {path.name for path in tmp_path.iterdir()}
    assert {"damages.json", "categories.svg", "attributes.svg", "annotated.png"} <= written


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert target.startswith("https://") or (ROOT / "docs/guides" / target).exists(), target

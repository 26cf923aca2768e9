"""Each stage is timed by itself, from nothing; the table in the guide is the results'."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage
from tools import measure_lookbook

DOCS = Path(__file__).parents[2] / "docs"


def stage(name: str, needs: tuple[str, ...], seconds: float, busy: bool) -> Stage:
    """One that takes its time, working or asleep."""

    def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if not busy:
                time.sleep(0.01)
        return {"words": name}

    return Stage(name, (), needs, make, lambda figures: f"{figures['words']} is there")


def test_a_stage_s_time_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = (stage("asleep", (), 0.4, False), stage("quick", ("asleep",), 0.0, True))
    monkeypatch.setattr(measure_lookbook, "stages", lambda settings: both)
    first, second = measure_lookbook.measured(Settings(tmp_path))
    assert (first["stage"], first["result"]) == ("asleep", "asleep is there")
    assert first["clock"] >= 0.4 > first["processor"]
    assert second["stage"] == "quick" and second["clock"] < first["clock"]  # what it needs is not made again


def test_folders_of_this_machine_are_not_told() -> None:
    assert measure_lookbook.is_told(0) and measure_lookbook.is_told("cnn")
    assert not measure_lookbook.is_told(Path("/home")) and not measure_lookbook.is_told(None)


def test_the_table_of_the_guide_is_that_of_the_results() -> None:
    result = json.loads(measure_lookbook.RESULTS.read_text(encoding="utf-8"))
    assert [row["stage"] for row in result["stages"]][-1] == "page"
    assert measure_lookbook.table(result) in (DOCS / "guides" / "lookbook.md").read_text(encoding="utf-8")

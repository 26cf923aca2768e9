"""Programs that are crashed lose nothing: a few of the many crashes that tools/crashes tries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TRIED = {
    "killed at a step",
    "killed in a write",
    "killed at any time",
    "two at once",
    "two at once, one killed",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_labels_and_downloads_are_crashed(tmp_path: Path) -> None:
    """In a process of its own: it is forked, which one with threads must not be."""
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "tools.crashes",
        "--output",
        str(tmp_path / "crashes.json"),
    ]
    command += ["--victims", "download", "labels", "--kills", "1", "--pairs", "2", "--disks", "1"]
    command += ["--seed", str(int.from_bytes(os.urandom(4), "little"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    figures = json.loads((tmp_path / "crashes.json").read_text())
    assert set(figures["victims"]) == {"download", "labels"}
    for told in figures["victims"].values():
        assert set(told) >= TRIED, told
        assert not figures["disks were mounted"] or {"disk full", "read-only, empty"} <= set(told), told


def test_results_say_that_all_went_well() -> None:
    figures = json.loads((ROOT / "docs/results/crashes.json").read_text())
    assert figures["disks were mounted"]
    for name, told in figures["victims"].items():
        for kind, words in told.items():
            if str(words).endswith(" well"):
                well, tried = str(words).removesuffix(" well").split(" of ")
                assert well == tried, (name, kind, words)

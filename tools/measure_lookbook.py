"""Time a whole lookbook, stage by stage, from nothing.

    python tools/measure_lookbook.py
    python tools/measure_lookbook.py --results enlarged.json --enlarge 2

All but --results and --keep are options of models.lookbook. It works in a new folder, and the synthetic
garments are painted anew, too. Processor time counts the processes that paint; by the clock it is more where
others use the machine, and less where several cores are used. The figures go to docs/results/lookbook.json.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from minigrad import __version__, get_num_threads  # noqa: E402 (from this checkout)
from models.lookbook.__main__ import read_options  # noqa: E402
from models.lookbook.pipeline import stages  # noqa: E402
from models.lookbook.settings import Settings  # noqa: E402
from models.lookbook.stages import about, run  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "lookbook.json"


def processor_seconds() -> float:
    """Of this process, and of those that it has started and that have ended."""
    return sum(os.times()[:4])


def measured(settings: Settings) -> list[dict[str, Any]]:
    """Each stage: seconds by the clock and of the processor, and what it says of its result."""
    rows = []
    for stage in stages(settings):
        clock, processor = time.perf_counter(), processor_seconds()
        folder = run(stages(settings), settings, stage.name)[stage.name]
        rows.append(
            {
                "stage": stage.name,
                "clock": round(time.perf_counter() - clock, 1),
                "processor": round(processor_seconds() - processor, 1),
                "result": stage.say(about(folder)),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a whole lookbook, stage by stage, from nothing.")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder to work in, which stays")
    own, theirs = parser.parse_known_args()
    if "--output" in theirs:
        parser.error("it works in a new folder, so that nothing is kept from before; leave out --output")
    with tempfile.TemporaryDirectory() as temporary:
        folder = own.keep or temporary
        if own.keep:
            own.keep.mkdir()  # fails if it is there
        os.environ["MINIGRAD_DATA"] = str(Path(folder) / "data")
        settings = read_options([*theirs, "--output", str(Path(folder) / "lookbook")]).settings
        settings.output.mkdir()
        load = os.getloadavg()[0]
        rows = measured(settings)
    result = {
        "command": " ".join(["python -m models.lookbook", *theirs]),
        "seconds": {
            "clock": round(sum(row["clock"] for row in rows), 1),
            "processor": round(sum(row["processor"] for row in rows), 1),
        },
        "stages": rows,
        "settings": {name: value for name, value in asdict(settings).items() if is_told(value)},
        "cores": os.cpu_count(),
        "threads": get_num_threads(),
        "load before and after": [round(load, 1), round(os.getloadavg()[0], 1)],
        "versions": {
            "minigrad": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    own.results.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))


def is_told(value: Any) -> bool:
    """Whether a setting is a number or a word, and no folder of this machine."""
    return value is not None and not isinstance(value, Path)


def table(result: dict[str, Any]) -> str:
    """The figures as a table of Markdown, as docs/guides/lookbook.md has it."""
    rows = [
        ["stage", "seconds", "of the processor", "what it says"],
        ["---"] * 4,
        *(
            [row["stage"], f"{row['clock']:.1f}", f"{row['processor']:.1f}", row["result"]]
            for row in result["stages"]
        ),
        ["all", f"{result['seconds']['clock']:.0f}", f"{result['seconds']['processor']:.0f}", ""],
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()

"""Kill a training with SIGKILL at random moments, and compare where it ends with where it would have ended.

    python tools/kill_and_resume.py
    python tools/kill_and_resume.py --program killed_gan --output kills_of_a_gan.json

The training (tests/train/killed.py) has dropout, batch norm, Adam, a schedule, early stopping, two threads
that fetch augmented images ahead, and random numbers from minigrad, NumPy and Python; that of a GAN
(killed_gan.py) has a gradient penalty, an average and sample sheets. Every second kill is while a checkpoint
is being written: it comes when the temporary file is seen. The figures go to
docs/results/kill_and_resume.json.
"""

import argparse
import importlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from minigrad import __version__, get_num_threads, train  # noqa: E402 (from this checkout)


@dataclass
class Kill:
    """A training that was killed, and what became of it.

    Attributes:
        aimed: "any time", or "while writing".
        place: the epoch and the batch of the checkpoint that was left; None if there was none yet.
        torn: whether a part of a checkpoint was left in a temporary file.
        identical: whether the training that went on ended as the uninterrupted one did, to the last bit.
    """

    aimed: str
    place: tuple[int, int] | None
    torn: bool
    identical: bool


@contextmanager
def begun(folder: Path, program: str) -> Iterator[subprocess.Popen[str]]:
    """A training in ``folder`` that has just begun; it is waited for at the end."""
    command = [sys.executable, "-W", "error", "-m", f"tests.train.{program}", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "begin\n"
        yield process


def uninterrupted(folder: Path, program: str) -> tuple[str, float]:
    """How a training ends, and how long it takes from its beginning."""
    with begun(folder, program) as process:
        began = time.perf_counter()
    assert process.returncode == 0
    return (folder / "end.json").read_text(), time.perf_counter() - began


def temporaries(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


def kill_once(
    folder: Path, program: str, writing: bool, seconds: float, chance: random.Random
) -> float | None:
    """Start a training and kill it. If it has ended before, how long it took."""
    with begun(folder, program) as process:
        began = time.perf_counter()
        if writing:
            writes, before = chance.randint(1, 18), set()
            while writes > 0 and process.poll() is None:
                names = set(temporaries(folder))
                writes -= len(names - before)
                before = names
        else:
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, seconds))
        process.kill()  # SIGKILL
    return None if process.returncode == -signal.SIGKILL else time.perf_counter() - began


def kill_and_go_on(
    folder: Path, program: str, writing: bool, seconds: float, chance: random.Random, end: str
) -> Kill | float:
    """Kill a training and let it go on; if it has ended before the kill came, how long it took."""
    too_late = kill_once(folder, program, writing, seconds, chance)
    if too_late is not None:
        return too_late
    torn = bool(temporaries(folder))
    path, place = folder / "run.safetensors", None
    if path.exists():
        held = train.load_checkpoint(path)  # whole, or this raises
        place = held.epoch, held.batch
    with begun(folder, program) as process:
        pass
    assert process.returncode == 0
    assert not temporaries(folder), "a temporary file was not cleaned up"
    identical = (folder / "end.json").read_text() == end
    return Kill("while writing" if writing else "any time", place, torn, identical)


def many(kills: int, seed: int, program: str = "killed") -> list[Kill]:
    """So many trainings, each killed once; ``program`` is a module of tests/train."""
    chance, done = random.Random(seed), []
    with tempfile.TemporaryDirectory() as parent:
        whole = Path(parent, "whole")
        whole.mkdir()
        end, seconds = uninterrupted(whole, program)
        while len(done) < kills:
            with tempfile.TemporaryDirectory(dir=parent) as folder:
                kill = kill_and_go_on(Path(folder), program, len(done) % 2 == 1, seconds, chance, end)
            if isinstance(kill, Kill):
                done.append(kill)
                print(f"{len(done)}/{kills} {kill}", flush=True)
            else:
                seconds = kill  # the machine has become faster
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill a training at random moments and let it go on.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--program", choices=["killed", "killed_gan"], default="killed")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/kill_and_resume.json")
    options = parser.parse_args()
    training = importlib.import_module(f"tests.train.{options.program}")
    done = many(options.kills, options.seed, options.program)
    places = Counter("none yet" if kill.place is None else f"epoch {kill.place[0]}" for kill in done)
    figures = {
        "kills": len(done),
        "ended identical": sum(kill.identical for kill in done),
        "aimed at the writing of a checkpoint": sum(kill.aimed == "while writing" for kill in done),
        "left a part of a checkpoint in a temporary file": sum(kill.torn for kill in done),
        "checkpoint that was left": dict(sorted(places.items())),
        "training": {
            "epochs": training.EPOCHS,
            "batches of an epoch": training.BATCHES,
            "a checkpoint every": f"{training.EVERY} batches",
            "loader's threads": training.WORKERS,
        },
        "versions": {
            "minigrad": __version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "threads": get_num_threads(),
        },
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    if not all(kill.identical for kill in done):
        sys.exit("Not all of them ended identical.")


if __name__ == "__main__":
    main()

"""Mutants of a little package are drawn, tried by its tests, kept and reported."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, cast

import pytest

from tools.measure_mutation import chosen
from tools.mutation.drawing import Mutant, count, draw
from tools.mutation.replacing import Unreplaceable, exchanges, replace

ROOT = Path(__file__).resolve().parents[2]

SOURCE = '''
"""A little module."""

import functools


def kept(function):
    """Decorators run when a function is defined: 1 + 1."""

    @functools.wraps(function)
    def run(*args):
        return 1 * function(*args)

    return run


@kept
def area(a: int, b: int = 2 + 3) -> int:
    if a < 0:
        raise ValueError(f"a: expected at least {0 + 0}, got {a}")
    return a * b


def halvings(n: int) -> int:
    steps = 0
    while n > 1:
        n //= 2
        steps += 1
    return steps


def unused(a):
    return a + 1
'''

TESTS = """
import pytest
from little import area, halvings


def test_area():
    assert area(3, 4) == 12
    with pytest.raises(ValueError):
        area(-1, 4)


@pytest.mark.parametrize("n, steps", [(1, 0), (8, 3), (9, 3)])
def test_halvings(n, steps):
    assert halvings(n) == steps
"""

PROGRAM = """
import sys
from pathlib import Path
from tools import measure_mutation as measured

measured.ROOT = here = Path.cwd()
measured.KEPT, measured.VERDICTS = here / "kept", here / "verdicts.toml"
measured.ROOMS = {"little": measured.Room(("little.py",), ("test_little.py",))}
measured.SECONDS = 0.5
sys.exit(measured.main(["--sample", "8", "--output", "figures.json"]))
"""


@pytest.fixture
def little(tmp_path: Path) -> Path:
    (tmp_path / "little.py").write_text(SOURCE)
    (tmp_path / "test_little.py").write_text(TESTS)
    (tmp_path / "verdicts.toml").write_text("")
    return tmp_path / "little.py"


def test_every_survivor_of_the_core_was_reviewed() -> None:
    rooms = json.loads((ROOT / "docs" / "results" / "mutation.json").read_text())["rooms"]
    assert rooms
    for name, room in rooms.items():
        assert room["killed_share"] >= 0.9, name
        assert room["killed"] + len(room["survivors"]) == room["tried"] >= 100, name
        assert all(survivor["kind"] != "not reviewed" for survivor in room["survivors"]), name


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("little", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one(path: Path, change: str) -> Mutant:
    """The mutant with a change, of whichever seed has it."""
    return next(
        mutant for seed in range(1000) for mutant in draw([path], 100, seed) if mutant.change == change
    )


def test_places_are_drawn_where_a_test_could_notice(little: Path) -> None:
    drawn = [draw([little], 1000, seed) for seed in range(5)]
    assert all(len(mutants) == count([little]) for mutants in drawn)
    changes = {mutant.change for mutants in drawn for mutant in mutants}
    assert {"n //= 2 -> nothing", "steps += 1 -> nothing"} <= changes
    left = ("0 + 0", "2 + 3", "1 + 1")  # a message, a default, a docstring
    assert not any(change.startswith(text) for change in changes for text in left)
    assert any(change.startswith("raise ValueError") for change in changes)  # which may be left out


def test_a_sample_stays_as_it_is_where_it_grows_and_where_other_functions_change(little: Path) -> None:
    keys = [mutant.key for mutant in draw([little], 1000, 3)]
    assert [mutant.key for mutant in draw([little], 7, 3)] == keys[:7]
    assert [mutant.key for mutant in draw([little], 1000, 4)] != keys
    little.write_text(SOURCE.replace("steps = 0", "steps = 5 - 5"))
    others = [key for key in keys if "halvings" not in key]
    again = [mutant.key for mutant in draw([little], 1000, 3)]
    assert [key for key in again if key in others] == [key for key in others if key in again]
    assert len(set(again) & set(keys)) > 10


def test_whoever_holds_a_function_runs_the_mutant(little: Path) -> None:
    module = loaded(little)
    held: Any = module.area
    replace(exchanges(one(little, "a * b -> a / b")))
    assert held(3, 4) == 0.75
    inside = one(little, "1 * function(*args) -> 1 + function(*args)")  # of a decorator that has run
    replace(exchanges(inside))
    assert held(3, 4) == 1.75
    with pytest.raises(ValueError, match="expected at least 0, got -1"):
        held(-1, 4)


LOOPS = """
import sys
from pathlib import Path
import numpy as np
from minigrad.kernels import numba_cpu
from minigrad.kernels.numba_cpu import fitting
from tools.mutation.drawing import draw
from tools.mutation.replacing import exchanges, replace

x, target = np.array([[1, 2], [0, 4]], np.float32), np.array([0, 1])
loss = lambda: " ".join(f"{y:.3f}" for y in numba_cpu.softmax_cross_entropy(x, target))
before = loss()
source = Path(numba_cpu.__file__).with_name("loss.py")
(mutant,) = [one for one in draw([source], 400, 0) if "return 2 * np.float32" in one.change]
replace(exchanges(mutant), anew=True)
print(before, loss())

taps = lambda: fitting.met(9, 3, 7, 1, 0, 1).stop
before = taps()
(mutant,) = [one for one in draw([Path(fitting.__file__)], 400, 0) if one.change == "length -> count"]
replace(exchanges(mutant))
print(before, taps())
"""


def test_loops_that_have_run_are_compiled_anew_and_results_that_were_kept_forgotten() -> None:
    pytest.importorskip("numba")
    done = subprocess.run([sys.executable, "-c", LOOPS], cwd=ROOT, capture_output=True, text=True, check=True)
    losses, taps = map(str.split, done.stdout.splitlines())
    # log(1 + e) and log(1 + e^-4); where each power of e is twice as large, log 2 is added to both.
    assert losses == ["1.313", "0.018", "2.006", "0.711"]
    assert taps == ["7", "3"]


KEEPING = """
import functools


@functools.cache
def twice(n):
    return 2 * n


twice.__module__ = "minigrad.keeping"
"""

RECORDING = """
import json
from pathlib import Path
from tools.mutation import trying

here = Path.cwd()


def work(items):
    trying.warm_up(items)
    trying.record(items, [here / "keeping.py"], here / "coverage")


trying.with_tests(["test_keeping.py"], "test", work, here / "kept")
print(json.dumps(trying.reached(here / "coverage", here / "keeping.py")))
"""


def recorded(folder: Path, tests: str) -> dict[int, list[str]]:
    """By line of the module, which of these tests reach it. Warnings are errors, as in the suite."""
    (folder / "keeping.py").write_text(KEEPING)
    (folder / "test_keeping.py").write_text(tests)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RECORDING],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return {int(line): sorted(names) for line, names in json.loads(done.stdout.splitlines()[-1]).items()}


def test_every_test_reaches_a_line_whose_result_one_before_had_kept(tmp_path: Path) -> None:
    tests = "from keeping import twice\n" + "".join(f"def test_{n}(): assert twice(1) == 2\n" for n in "ab")
    reached = recorded(tmp_path, tests)
    assert reached[7] == ["test_keeping.py::test_a", "test_keeping.py::test_b"]


def test_of_a_compiled_loop_every_test_may_see_the_change_those_near_it_first(little: Path) -> None:
    class Record:
        seconds: ClassVar = {
            "tests/test_b.py::slow": 2.0,
            "tests/test_little.py::own": 3.0,
            "tests/test_a.py::near": 1.0,
        }

        def tests(self, mutant: Mutant) -> list[str]:
            return ["tests/test_a.py::near"]

        def tests_of_file(self, path: Path) -> list[str]:
            return ["tests/test_a.py::near"]

    mutant, record = one(little, "n //= 2 -> nothing"), cast(Any, Record())
    assert chosen(mutant, record, 0, compiled=False) == ["tests/test_a.py::near"]
    assert chosen(mutant, record, 0, compiled=True) == [
        "tests/test_little.py::own", "tests/test_a.py::near", "tests/test_b.py::slow",
    ]  # fmt: skip
    assert chosen(mutant, record, 2, compiled=True) == ["tests/test_a.py::near"]  # what was added since


def test_tests_that_reach_nothing_are_recorded_too(tmp_path: Path) -> None:
    assert recorded(tmp_path, "def test_a(): pass\n") == {}


def test_a_change_of_what_is_shared_with_a_function_around_is_refused(little: Path) -> None:
    module = loaded(little)
    with pytest.raises(Unreplaceable, match="free variables"):
        exchanges(one(little, "1 * function(*args) -> 1"))
    assert module.area(3, 4) == 12


def test_the_campaign_goes_on_and_is_told(little: Path) -> None:
    def run() -> tuple[int, dict[str, Any], list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=little.parent,
            env={"PYTHONPATH": f"{ROOT}:{little.parent}", "PATH": ""},
            capture_output=True,
            text=True,
        )
        assert done.returncode in (0, 1), done.stderr
        figures = json.loads((little.parent / "figures.json").read_text())["rooms"]["little"]
        kept = (little.parent / "kept" / "little" / "mutants.jsonl").read_text().splitlines()
        return done.returncode, figures, kept

    code, figures, kept = run()
    assert code == 1
    assert len(kept) == figures["tried"] == 8 < figures["places"]
    assert [(s["change"], s["kind"], s["why"]) for s in figures["survivors"]] == [
        ("a < 0 -> a <= 0", "not reviewed", ""),
        ("a + 1 -> a", "not reviewed", "no test reaches it"),
    ]
    assert figures["killed"] == 6
    ways = {row["change"]: row["by"] for row in map(json.loads, kept)}
    assert ways["steps += 1 -> nothing"].startswith("test_little.py::test_halvings[")
    assert ways["n //= 2 -> nothing"] == "time"  # n stays, and the loop with it

    (little.parent / "verdicts.toml").write_text(
        "\n".join(
            f"[[survivor]]\nfile = {json.dumps(s['file'])}\nfunction = {json.dumps(s['function'])}\n"
            f"change = {json.dumps(s['change'])}\nkind = 'equivalent'\nwhy = 'a trial'"
            for s in figures["survivors"]
        )
    )
    code, figures, again = run()
    assert code == 0 and again == kept  # nothing was tried twice
    assert figures["killed_share_of_others"] == 1.0 > figures["killed_share"]

"""How much of the core do its tests hold? Writes docs/results/mutation.json.

    python tools/measure_mutation.py                                  # every room; hours
    python tools/measure_mutation.py --rooms ops optim --sample 50 --seed 1

Of each room, so many places in the bodies of its functions are drawn. At each, one thing is changed as
``tools/mutants.py`` changes it, and the tests that reach the place are run until one fails: the mutant is
killed. One that survives is a test that is lacking, or has a reason in ``tools/mutation/verdicts.toml``.

What was done is kept in ``output/mutation/``, so the command can be stopped, and goes on when it is given
again. ``--again`` tries those that had survived with the tests that were added since, which it knows by
their names: a case put into the middle of a list takes that of another. At first every test is run once, to
know which lines it reaches. The file keeps the figures of rooms that are not asked for.
"""

import argparse
import ast
import hashlib
import json
import multiprocessing
import os
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.mutation import trying  # noqa: E402
from tools.mutation.drawing import Mutant, count, draw  # noqa: E402
from tools.mutation.replacing import Unreplaceable, exchanges, replace  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "mutation.json"
VERDICTS = ROOT / "tools" / "mutation" / "verdicts.toml"
KEPT = ROOT / "output" / "mutation"


@dataclass(frozen=True)
class Room:
    """A part of the core, and the tests about it."""

    sources: tuple[str, ...]
    """Patterns of files."""
    tests: tuple[str, ...]
    """Folders and files. Those of others that come by do not count."""
    names: str = "not foreign and not cuda"
    """Which of them, as pytest's -k: what runs on several devices on the CPU, where arrays cost less."""

    def files(self) -> list[Path]:
        """The sources."""
        return sorted(path for pattern in self.sources for path in ROOT.glob(pattern))


OF_OPERATIONS = ("tests/ops/test_activation.py", "tests/ops/test_masks.py")
"""Not test_gradients.py: a second or two for each test that reaches a mutant."""

OF_CAPTURING = "tests/devices/test_capturing.py"
WITHOUT_A_CARD = "(cuda_on_cpu or cupy_gpu or test_capturing) and not ([card- or -card- or card])"
"""What tests kernels for a card: with NumPy's arrays, for which their sources are compiled for the CPU."""

ROOMS = {
    "engine": Room(
        ("minigrad/autograd.py", "minigrad/engine/*.py"),
        ("tests/engine", "tests/devices/test_place.py"),
        "test_place or (not foreign and not cuda)",
    ),
    "ops": Room(
        ("minigrad/ops/*.py",),
        ("tests/compat", "tests/nn", "tests/test_errors.py", "tests/test_random.py", *OF_OPERATIONS),
    ),
    "kernels": Room(("minigrad/kernels/*.py", "minigrad/kernels/reference/*.py"), ("tests/kernels",)),
    "numba_cpu": Room(("minigrad/kernels/numba_cpu/*.py",), ("tests/kernels",)),
    "cupy_gpu": Room(("minigrad/kernels/cupy_gpu/*.py",), ("tests/kernels", OF_CAPTURING), WITHOUT_A_CARD),
    "optim": Room(("minigrad/optim/*.py", "minigrad/optim/lr_scheduler/*.py"), ("tests/optim",)),
    "gradcheck": Room(("minigrad/gradcheck.py",), ("tests/test_gradcheck.py",)),
}
TESTS_SECONDS = 60.0
"""What all the tests for one mutant may take; the slowest are left out beyond."""
SECONDS = 20.0
"""That a mutant may take at least, on top of five times what its tests take."""
SLOW = 1.0
"""What a test takes at least that is not run to warm up."""
COMPILING_SECONDS = 240.0
"""What compiling numba's loops anew may take."""


@dataclass(frozen=True, eq=False)
class Record:
    """What each test takes, and which of them reach a line."""

    seconds: dict[str, float]
    coverage: Path

    @cache  # noqa: B019 (there is one record in a process)
    def reached(self, path: Path) -> dict[int, list[str]]:
        """By line of a file, the tests that reach it."""
        return trying.reached(self.coverage, path)

    def tests(self, mutant: Mutant) -> list[str]:
        """Those that reach the mutant's line, or if it is in the middle of a statement, its function."""
        lines = self.reached(mutant.function.path)
        return lines.get(mutant.line) or sorted(
            {
                test
                for line in range(mutant.function.node.body[0].lineno, mutant.function.node.end_lineno + 1)
                for test in lines.get(line, ())
            }
        )

    def tests_of_file(self, path: Path) -> list[str]:
        """Those that reach any of a file's lines."""
        return sorted({test for tests in self.reached(path).values() for test in tests})


def statements(paths: list[Path]) -> str:
    """A digest of the lines on which the statements of these files are: an edit that moves none leaves it."""
    lines = [
        (path.name, type(node).__name__, node.lineno)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.stmt)
    ]
    return hashlib.sha256(repr(lines).encode()).hexdigest()


def recorded(room: str, items: trying.Items) -> Record:
    """The record of these tests; those that are not in it yet are run."""
    (KEPT / room).mkdir(parents=True, exist_ok=True)
    notes, coverage = KEPT / room / "tests.json", KEPT / room / "coverage"
    kept = json.loads(notes.read_text()) if notes.exists() else {}
    if kept.get("sources") != (digest := statements(ROOMS[room].files())):
        coverage.unlink(missing_ok=True)
        kept = {"sources": digest, "seconds": {}}
    trying.warm_up([item for item in items if kept["seconds"].get(item.nodeid, 0) < SLOW])
    missing = [item for item in items if item.nodeid not in kept["seconds"]]
    for start in range(0, len(missing), 100):  # a stop loses no more than these
        print(f"{room}: {len(missing) - start} tests are run to see what they reach", file=sys.stderr)
        kept["seconds"] |= trying.record(missing[start : start + 100], ROOMS[room].files(), coverage)
        notes.write_text(json.dumps(kept))
    return Record(kept["seconds"], coverage)


def chosen(mutant: Mutant, record: Record, known: int, compiled: bool) -> list[str]:
    """The tests to run against a mutant, in order; ``compiled``: as of what numba compiles.

    First those about its file, then those that reach any of its lines, and of each the fast ones first.
    """
    path = mutant.function.path
    # No Python runs in a compiled loop, and loops of other files take in those of this one: any test may see.
    reaching = list(record.seconds) if compiled else record.tests(mutant)
    own, near = f"/test_{path.stem}.py", set(record.tests_of_file(path))

    def order(test: str) -> tuple[bool, bool, float]:
        return own not in test, test not in near, record.seconds[test]

    left, tests = TESTS_SECONDS, []
    added = set(list(record.seconds)[known:])
    for test in sorted(added.intersection(reaching), key=order):
        left -= record.seconds[test]
        if left > 0:
            tests.append(test)
    return tests


def try_mutant(
    mutant: Mutant, room: str, record: Record, items: dict[str, Any], known: int
) -> trying.Outcome:
    """What becomes of one mutant; the first ``known`` tests of the record have been tried.

    Where numba compiles, one that survives as Python is tried again with its loops compiled anew: they may
    have it in them.
    """
    outcome = trying.Outcome("survived", "no test reaches it")
    for compiled in (False, True) if room == "numba_cpu" else (False,):
        names = chosen(mutant, record, known, compiled)
        tests = [name for name in names if name in items]  # but for those that are gone since
        if not tests or outcome.verdict == "killed":
            continue
        limit = SECONDS + 5 * sum(record.seconds[test] for test in tests) + COMPILING_SECONDS * compiled
        try:
            exchanged = exchanges(mutant)
        except Unreplaceable as error:
            return trying.Outcome("unreplaceable", str(error))
        outcome = trying.attempt(
            [items[test] for test in tests], limit, partial(replace, exchanged, compiled)
        )
    return outcome


def campaign(room: str, options: argparse.Namespace, items: trying.Items) -> None:
    """Try what is not known yet of a room, and keep each result."""
    known = results(room)
    left = [
        (mutant, known.get(mutant.key, {}))
        for mutant in draw(ROOMS[room].files(), options.sample, options.seed)
        if mutant.key not in known or (options.again and known[mutant.key]["verdict"] == "survived")
    ]
    if not left:
        return
    record = recorded(room, items)
    by_name = {item.nodeid: item for item in items}
    sound: set[str] = set()
    for mutant, before in left:
        outcome = try_mutant(mutant, room, record, by_name, before.get("known", 0))
        if outcome.by in by_name and outcome.by not in sound:
            _try_without(by_name[outcome.by])
            sound.add(outcome.by)
        if not before or outcome.verdict == "killed":
            keep(room, mutant, outcome, len(record.seconds))


def _try_without(item: Any) -> None:
    """A test that kills passes without a mutant, in a process of the same kind."""
    outcome = trying.attempt([item], 600, lambda: None)
    if outcome.verdict != "survived":
        raise RuntimeError(
            f"{item.nodeid} fails without a mutant, too ({outcome.by}); mend or leave out the test"
        )


def keep(room: str, mutant: Mutant, outcome: trying.Outcome, known: int) -> None:
    """Add a result to those of its room, and how many tests were known then."""
    row = {
        "key": mutant.key,
        "file": mutant.function.path.relative_to(ROOT).as_posix(),
        "line": mutant.line,
        "function": mutant.function.name,
        "change": mutant.change,
        "verdict": outcome.verdict,
        "by": outcome.by,
        "known": known,
    }
    with (KEPT / room / "mutants.jsonl").open("a") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(
        f"{row['file']}:{row['line']} {row['function']}: {row['change']}: {outcome.verdict} {outcome.by}",
        flush=True,
    )


def results(room: str) -> dict[str, dict[str, Any]]:
    """What is known of a room's mutants, by their keys."""
    place = KEPT / room / "mutants.jsonl"
    rows = map(json.loads, place.read_text().splitlines()) if place.exists() else ()
    return {row["key"]: row for row in rows}


def in_a_process(room: str, options: argparse.Namespace) -> None:
    """The campaign of one room, with pytest in a process of its own: it begins once in each."""
    work = partial(campaign, room, options)
    process = multiprocessing.get_context("fork").Process(
        target=trying.with_tests, args=(ROOMS[room].tests, ROOMS[room].names, work, KEPT / room)
    )
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{room}: stopped; the reason is told above")


def report(options: argparse.Namespace) -> dict[str, Any]:
    """The figures of the chosen rooms, every survivor with its reason; other rooms stay as they are."""
    reasons = {
        (one["file"], one["function"], one["change"]): (one["kind"], one["why"])
        for one in tomllib.loads(VERDICTS.read_text()).get("survivor", ())
    }
    kept = json.loads(options.output.read_text()) if options.output.exists() else {"rooms": {}}
    figures: dict[str, Any] = {"rooms": kept["rooms"]}
    for room in options.rooms:
        known = results(room)
        rows = [
            known[one.key] | {"line": one.line}
            for one in draw(ROOMS[room].files(), options.sample, options.seed)
            if one.key in known
        ]
        if rows:
            figures["rooms"][room] = {"seed": options.seed} | _figures(room, rows, reasons)
    return figures


def _figures(room: str, rows: list[dict[str, Any]], reasons: dict[Any, tuple[str, str]]) -> dict[str, Any]:
    from scipy.stats import binomtest

    tried = [row for row in rows if row["verdict"] != "unreplaceable"]
    survivors = list(_survivors(tried, reasons))
    killed = len(tried) - len(survivors)
    interval = binomtest(killed, len(tried)).proportion_ci(method="wilson")
    same = sum(one["kind"] == "equivalent" for one in survivors)
    return {
        "places": count(ROOMS[room].files()),
        "tried": len(tried),
        "killed": killed,
        "killed_share": round(killed / len(tried), 4),
        "interval_95": [round(interval.low, 4), round(interval.high, 4)],
        "equivalent": same,
        "killed_share_of_others": round(killed / (len(tried) - same), 4),
        "not_replaceable": len(rows) - len(tried),
        "survivors": survivors,
    }


def _survivors(rows: list[dict[str, Any]], reasons: dict[Any, tuple[str, str]]) -> Iterator[dict[str, Any]]:
    for row in sorted(rows, key=lambda row: (row["file"], row["line"])):
        if row["verdict"] == "survived":
            place = {key: row[key] for key in ("file", "line", "function", "change")}
            kind, why = reasons.get(
                (row["file"], row["function"], row["change"]), ("not reviewed", row["by"])
            )
            yield place | {"kind": kind, "why": why}


def main(arguments: list[str] | None = None) -> int:
    """Measure and write. Returns 1 if a survivor has no reason."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rooms", nargs="+", choices=ROOMS, default=list(ROOMS), metavar="ROOM", help=", ".join(ROOMS)
    )
    parser.add_argument("--sample", type=int, default=200, help="mutants of each room (200)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")
    parser.add_argument("--again", action="store_true", help="try those that had survived once more")
    parser.add_argument("--report", action="store_true", help="try nothing: write what is known")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    if not options.report:
        for room in options.rooms:
            in_a_process(room, options)
    figures = report(options)
    options.output.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    unexplained = 0
    for room in [room for room in options.rooms if room in figures["rooms"]]:
        row = figures["rooms"][room]
        unknown = sum(one["kind"] == "not reviewed" for one in row["survivors"])
        unexplained += unknown
        share = f"{row['killed']} of {row['tried']} killed ({row['killed_share']:.1%})"
        print(f"{room}: {share}, {unknown} survivors not reviewed")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())

"""How good are the graders of the exercises? Writes docs/results/exercises.json.

    python tools/measure_exercises.py

Of every exercise: the stub must score 0, the solution 1 with every one of several seeds, and of the wrong
answers that ``tools/mutants.py`` makes of the solution, as many as possible must be rejected. Those that
are not are listed with the reason, which stands in the exercise; one without a reason is a hole in a
grader.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from minigrad.course import exercises  # noqa: E402
from minigrad.course.grading import Exercise, grade  # noqa: E402
from minigrad.course.grading.grade import passes  # noqa: E402
from minigrad.course.grading.process import Child  # noqa: E402
from tools.mutants import mutants  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "exercises.json"
SEEDS = 10
LEAST = 20
"""Wrong answers of each exercise."""
SECONDS = 1.0
"""That a mutant may take: some never end."""


def wrong_answers(solution: str) -> list[tuple[str, str]]:
    """The mutants of a solution: in one place, and of a short one in two, until there are `LEAST`."""
    once = list(mutants(solution))
    missing = LEAST - len(once)
    if missing <= 0:
        return once
    sources = {source for _, source in once} | {ast.unparse(ast.parse(solution))}
    twice = {
        source: f"{first}, {second}"
        for first, changed in once
        for second, source in mutants(changed)
        if source not in sources
    }
    spread = [(change, source) for source, change in twice.items()][:: len(twice) // missing]
    return once + spread[:missing]


def survivors(exercise: Exercise, child: Child, seed: int = 0, every: int = 1) -> tuple[list[str], int]:
    """The mutants that the grader takes for right, and how many were tried.

    Args:
        exercise: whose solution is changed.
        child: to run them in.
        seed: of the inputs.
        every: try one of so many, for a sample.
    """
    cases = exercise.cases(seed)
    tried = wrong_answers(exercise.solution())[::every]
    found = [change for change, source in tried if passes(exercise, exercise.whole(source), cases, child)]
    return found, len(tried)


def measure(exercise: Exercise, child: Child, seeds: int = SEEDS) -> dict[str, Any]:
    """The figures of one exercise."""
    solution = exercise.whole(exercise.solution())
    found, tried = survivors(exercise, child)
    verdicts = [grade(exercise, solution, seed=seed, child=child) for seed in range(seeds)]
    return {
        "lesson": exercise.lesson,
        "stub": grade(exercise, exercise.file(1), seed=0, child=child).score,
        "solution": sum(verdict.score for verdict in verdicts) / seeds,
        "lines": len(exercise.solution().splitlines()) - len(exercise.stub().splitlines()) + 1,
        "mutants": tried,
        "rejected": tried - len(found),
        "survivors": {change: exercise.survivors.get(change, "no reason is known") for change in found},
    }


def report(chosen: Iterable[Exercise]) -> dict[str, Any]:
    """The figures of many, and of all together; what is measured is printed as it goes."""
    rows: dict[str, Any] = {}
    with Child(seconds=SECONDS) as child:
        for exercise in chosen:
            row = rows[exercise.name] = measure(exercise, child)
            print(
                f"{exercise.lesson:2d}  {exercise.name:<24} stub {row['stub']}  "
                f"solution {row['solution']:.2f}  "
                f"{row['rejected']:3d} of {row['mutants']:3d} mutants rejected",
                *(f"      {change}: {why}" for change, why in row["survivors"].items()),
                sep="\n",
                flush=True,
            )
    tried, rejected = (sum(row[key] for row in rows.values()) for key in ("mutants", "rejected"))
    return {
        "exercises": len(rows),
        "stubs_scoring": sum(row["stub"] for row in rows.values()),
        "solutions_right": sum(row["solution"] == 1 for row in rows.values()),
        "mutants": tried,
        "rejected": rejected,
        "rejected_share": round(rejected / max(tried, 1), 4),
        "each": rows,
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and write. Returns 1 if a stub scores, a solution does not, or a survivor has no reason."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", help="of exercises; all of them, and the file is written, if none is"
    )
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    chosen = [one for one in exercises.every() if not options.names or one.name in options.names]
    figures = report(chosen)
    print(
        f"{figures['exercises']} exercises: {figures['stubs_scoring']} stubs score, "
        f"{figures['solutions_right']} solutions are right, {figures['rejected']} of {figures['mutants']} "
        f"mutants ({figures['rejected_share']:.1%}) are rejected."
    )
    if not options.names:
        options.output.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    unexplained = sum(
        why == "no reason is known" for row in figures["each"].values() for why in row["survivors"].values()
    )
    whole = figures["solutions_right"] == figures["exercises"] and not figures["stubs_scoring"]
    return int(not whole or unexplained > 0)


if __name__ == "__main__":
    sys.exit(main())

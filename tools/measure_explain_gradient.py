"""Measure explain_gradient: how often is a planted slip named rightly, and is a right rule ever accused?

    python tools/measure_explain_gradient.py

It plants every slip of tests/diagnosis/planted into rules for about a hundred functions of random shapes and
numbers, then tries right rules for the same functions 10,000 times, half of them at special numbers: zeros
and ones, whole numbers, equal numbers. Some rules have the sizes of their inputs written as numbers. The
figures go to docs/results/explain_gradient.json; they are the same in each run.
"""

import argparse
import json
import platform
import sys
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import minigrad as mg  # noqa: E402 (from this checkout)
from tests.diagnosis.planted import CASES, SIZED, Numbers  # noqa: E402
from tests.diagnosis.planted.sized import Sized  # noqa: E402

Tally = tuple[Counter[str], Counter[str], Counter[str], Counter[str]]


def planted(number: int, draws: int) -> Tally:
    """For one function, how often each slip was planted, named first, named at all; what was said instead."""
    count: Counter[str] = Counter()
    first: Counter[str] = Counter()
    named: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    case = [*CASES, *SIZED][number]
    for draw in range(draws):
        inputs = case.draw(Numbers([number, draw], special=draw % 3 == 2))
        for names, rule in case.planted(inputs) if isinstance(case, Sized) else case.planted():
            found = mg.explain_gradient(case.fn, inputs, rule, wrt=case.wrt)
            accepted = names.split("|")
            slip = accepted[0]
            count[slip] += 1
            first[slip] += found.slip in accepted
            named[slip] += bool(set(accepted) & set(found.slips))
            if found.slip not in accepted:
                missed[f"{case.name}: {names} was called {found.slip or found.title}"] += 1
    print(f"{number + 1}/{len(CASES) + len(SIZED)} {case.name}", flush=True)
    return count, first, named, missed


def accused(begin: int, end: int) -> list[str]:
    """The right rules that were called wrong in these trials."""
    rules: list[tuple[Any, Any]] = [(case, rule) for case in CASES for rule in case.right]
    rules += [(case, None) for case in SIZED]
    found = []
    for trial in range(begin, end):
        case, rule = rules[trial % len(rules)]
        special = trial // len(rules) % 2 == 1
        inputs = case.draw(Numbers([len(CASES), trial], special=special))
        rule = case.right(inputs) if isinstance(case, Sized) else rule
        diagnosis = mg.explain_gradient(case.fn, inputs, rule, wrt=case.wrt, seed=trial)
        if not diagnosis:
            found.append(f"{case.name}: {diagnosis.title}")
    print(f"{end} right rules", flush=True)
    return found


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--draws", type=int, default=20, help="of shapes and numbers for each planted slip")
    parser.add_argument("--trials", type=int, default=10_000, help="of right rules")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/results/explain_gradient.json")
    options = parser.parse_args()
    with Pool(options.workers) as pool:
        functions = range(len(CASES) + len(SIZED))
        tallies = pool.starmap(planted, [(number, options.draws) for number in functions], chunksize=1)
        begins = range(0, options.trials, 500)
        parts = pool.starmap(
            accused, [(begin, min(begin + 500, options.trials)) for begin in begins], chunksize=1
        )
    count, first, named, missed = (sum(part, Counter()) for part in zip(*tallies, strict=True))
    wrongly = [name for part in parts for name in part]
    figures = {
        "planted slips": {
            "functions": len(CASES) + len(SIZED),
            "draws of each": options.draws,
            "rules tried": count.total(),
            "named first": round(first.total() / count.total(), 4),
            "named": round(named.total() / count.total(), 4),
            "by slip": {
                slip: {
                    "tried": count[slip],
                    "named first": round(first[slip] / count[slip], 4),
                    "named": round(named[slip] / count[slip], 4),
                }
                for slip in sorted(count)
            },
            "called something else": dict(missed.most_common()),
        },
        "right rules": {
            "rules": sum(len(case.right) for case in CASES) + len(SIZED),
            "trials": options.trials,
            "accused": len(wrongly),
            "which": wrongly,
        },
        "versions": {
            "minigrad": mg.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()

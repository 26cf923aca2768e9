"""What the experiments say: the best so far, each setting beside the distance, what mattered."""

import math
from pathlib import Path
from typing import Any

from minigrad import viz
from models.lookbook.search.ranges import ranges

FEWEST = 4  # finished experiments; of fewer it cannot be said what mattered


def draw(study: Any, folder: Path, longest: int) -> list[Path]:
    """Write ``history.svg``, ``settings.svg`` and, if there are enough experiments, ``importance.svg``."""
    complete = [t for t in study.trials if t.state.name == "COMPLETE" and math.isfinite(t.value)]
    if not complete:
        return []
    numbers = [t.number + 1 for t in complete]
    distances = [t.value for t in complete]
    best = [min(distances[: i + 1]) for i in range(len(distances))]
    wide = max(distances) > 10 * max(min(distances), 1e-6)  # from dozens to thousands
    written = [folder / "history.svg", folder / "settings.svg"]
    viz.lines(
        {"best so far": (numbers, best)},
        dots={"experiment": (numbers, distances)},
        x="experiment",
        y="Fréchet distance",
        log=wide,
    ).save(written[0])
    panels = [
        viz.lines(
            {},
            dots={"": ([one.place(t.params[name]) for t in complete], distances)},
            x=one.axis,
            y="distance",
            log=wide,
        )
        for name, one in ranges(longest).items()
    ]
    viz.beside(*panels).save(written[1])
    shares = importance(study) if len(complete) >= FEWEST else {}
    if shares:
        labels = {name: one.label for name, one in ranges(longest).items()}
        named = {labels[name]: share for name, share in shares.items()}
        written.append(folder / "importance.svg")
        viz.bars(named, title="share of the differences in distance", shares=True).save(written[-1])
    return written


def importance(study: Any) -> dict[str, float]:
    """How much of the differences each setting accounts for, most first (fANOVA); of those that are known."""
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(share) for name, share in found.items() if math.isfinite(share)}

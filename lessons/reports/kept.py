"""The figures that are kept with the project: what the command wrote with ``--results``."""

import json
from pathlib import Path
from typing import Any

from lessons.reports.recipes import RECIPES
from minigrad import evaluation

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"


def kept(report: str) -> dict[str, dict[str, Any]]:
    """By the name of a network, its figures; of the networks that were trained."""
    path = RESULTS / f"report_{report}.json"
    networks: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["networks"]
    return networks


def keep(path: Path, figures: dict[str, Any]) -> None:
    """Write figures to a file; those of networks that are in it and were not trained now stay."""
    networks = figures["networks"]
    if path.exists():
        networks = json.loads(path.read_text(encoding="utf-8"))["networks"] | networks
    order = [recipe.name for recipe in RECIPES]
    ordered = dict(sorted(networks.items(), key=lambda item: order.index(item[0])))
    evaluation.write_json(path, {**figures, "networks": ordered})

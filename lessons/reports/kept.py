"""The figures that are kept with the project: what the command wrote with ``--results``."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"


def kept(report: str) -> dict[str, dict[str, Any]]:
    """By the name of a network, its figures; of the networks that were trained."""
    path = RESULTS / f"report_{report}.json"
    networks: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["networks"]
    return networks

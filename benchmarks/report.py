"""Results as a table for the eye and as JSON for the record."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Result

RESULTS = Path(__file__).parent / "results"


@dataclass
class Table:
    """One case: a title, what the numbers are, and minigrad's goal."""

    name: str
    title: str
    unit: str
    goal: str
    notes: list[str]
    value: Callable[[Result], float]  # in the table's unit
    ratio: Callable[[Result, Result], float]
    met: Callable[[Result, Result | None], bool | None]  # None: cannot be said without PyTorch
    results: dict[str, Result]

    def rows(self) -> Iterable[tuple[str, str, str, str]]:
        torch = self.torch()
        for name, result in self.results.items():
            label = f"{name} {result.version}".strip()
            if result.absent:
                yield label, result.absent, "", ""
                continue
            ratio = f"{self.ratio(result, torch):.2f}" if torch else "?"
            yield label, f"{self.value(result):.3g}", ratio, self.verdict() if name == "minigrad" else ""

    def torch(self) -> Result | None:
        torch = self.results.get("torch")
        return torch if torch and not torch.absent else None

    def verdict(self) -> str:
        met = self.met(self.results["minigrad"], self.torch())
        return f"{self.goal}: " + ("not known without torch" if met is None else "met" if met else "NOT met")

    def text(self) -> str:
        header = ("", self.unit, "of torch", "goal")
        rows = [header, *self.rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [self.title, "-" * len(self.title)]
        for label, value, ratio, goal in rows:
            lines.append(f"{label:<{widths[0]}}  {value:>{widths[1]}}  {ratio:>{widths[2]}}  {goal}".rstrip())
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)]) + "\n"

    def save(self, machine: dict[str, Any]) -> Path:
        torch = self.torch()
        frameworks: dict[str, Any] = {}
        for name, result in self.results.items():
            if result.absent:
                frameworks[name] = {"absent": result.absent}
                continue
            frameworks[name] = {
                "version": result.version,
                "value": self.value(result),
                "of_torch": self.ratio(result, torch) if torch else None,
                "seconds_by_round": result.seconds,
                "import_mb": result.import_mb or None,
                "peak_mb": result.peak_mb or None,
                "checked_value": result.value or None,
            }
        record = {
            "case": self.title,
            "unit": self.unit,
            "goal": self.goal,
            "notes": self.notes,
            "machine": machine,
            "frameworks": frameworks,
        }
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        path.write_text(json.dumps(record, indent=2) + "\n")
        return path

"""Results as a table for the eye and as JSON for the record."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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
    facts: dict[str, Any] = field(default_factory=dict)  # for the record: what the notes say, as numbers

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

    def save(self, machine: dict[str, Any], folder: Path = RESULTS) -> Path:
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
            "met": self.met(self.results["minigrad"], torch),
            "notes": self.notes,
            **self.facts,
            "machine": machine,
            "frameworks": frameworks,
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(record, indent=2) + "\n")
        return path


def memory_table(name: str, results: dict[str, Result]) -> Table:
    """The peak memory of what was just timed."""
    return Table(
        name=name,
        title="Peak memory of that",
        unit="MiB",
        goal="at most 1.0 of torch",
        notes=[
            "Of the whole process, from its start, with Python, NumPy and whatever is compiled on the way.",
            f"After the import alone: {of_each(results, lambda r: f'{r.import_mb:.0f}')}.",
        ],
        value=lambda r: r.peak_mb,
        ratio=lambda r, torch: r.peak_mb / torch.peak_mb,
        met=lambda r, torch: r.peak_mb <= torch.peak_mb if torch else None,
        results=results,
    )


def of_each(results: dict[str, Result], text: Callable[[Result], str]) -> str:
    return ", ".join(f"{name} {text(result)}" for name, result in results.items() if not result.absent)

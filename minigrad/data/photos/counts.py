"""How often each of some names occurs."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minigrad.measured import Measured, table

if TYPE_CHECKING:
    from minigrad.viz import Chart


class Counts(Measured):
    """Names and how often they occur, the most frequent first.

    Attributes:
        title: what is counted. counts: by name. total: all together.
    """

    def __init__(self, names: Iterable[str], title: str) -> None:
        self.title = title
        # Of names that are equally frequent, the one that the alphabet has first.
        self.counts = dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
        self.total = sum(self.counts.values())

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    def at_least(self, count: int) -> list[str]:
        """The names that occur as often as that, or more often."""
        return [name for name, there in self.counts.items() if there >= count]

    def __str__(self) -> str:
        body = [[name, f"{count:,}", f"{count / self.total:.1%}"] for name, count in self.counts.items()]
        return table([self.title, "count", "share"], [*body, ["all", f"{self.total:,}", ""]])

    def rows(self) -> list[dict[str, Any]]:
        return [{"name": name, "count": count} for name, count in self.counts.items()]

    def to_dict(self) -> dict[str, Any]:
        return {"title": self.title, "total": self.total, "counts": self.counts}

    def plot(self) -> "Chart":
        """A bar for each of the most frequent ones."""
        from minigrad.viz import bars

        if not self.counts:
            raise ValueError(f"Counts: there is nothing to draw, the set has no {self.title}.")
        return bars(self.counts, title=f"{self.title}: {len(self):,} kinds, {self.total:,} in all")

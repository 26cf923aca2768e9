"""What could not be used, file by file, with the reason: nothing is left out in silence."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from minigrad.errors import DataError
from minigrad.measured import Measured

if TYPE_CHECKING:
    from minigrad.viz import Picture

_FIX = "Mend it or get it again, or leave it out."
TOLD = 12  # lines of a printed report, at most


class Damage(NamedTuple):
    """A file, or a part of one, that was left out.

    Attributes:
        file: the path, and after a # which part of it.
        kind: one or two words that such damages are counted under, such as "truncated".
        reason: what was expected and what came.
    """

    file: str
    kind: str
    reason: str


class Damaged(DataError):
    """Raised for a file that cannot be used. ``damage`` is what a report notes of it."""

    def __init__(self, file: object, kind: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}. {_FIX}")
        self.damage = Damage(str(file), kind, reason)

    def __reduce__(self) -> tuple[Any, ...]:  # so that it comes back whole from another process
        return (Damaged, tuple(self.damage))


class DamageReport(Measured):
    """All that was left out of a set, in the order in which it was met.

    Attributes:
        damages: one ``Damage`` for each. used: how many files, or parts of files, were right.
    """

    def __init__(self, damages: Iterable[Damage] = (), used: int = 0) -> None:
        self.damages = list(damages)
        self.used = used

    def __len__(self) -> int:
        return len(self.damages)

    def note(self, file: object, kind: str, reason: str) -> None:
        """Enter what was left out, and why."""
        self.damages.append(Damage(str(file), kind, reason))

    def counts(self) -> dict[str, int]:
        """How many there are of each kind, the most frequent first."""
        return dict(Counter(damage.kind for damage in self.damages).most_common())

    def summary(self) -> str:
        """One line: how many of how many, and of which kinds."""
        total = self.used + len(self)
        if not self.damages:
            return f"all {total:,} are right"
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.counts().items())
        return f"{len(self):,} of {total:,} left out: {kinds}"

    def __str__(self) -> str:
        lines = [self.summary()]
        if self.damages:
            body = [[kind, f"{file}: {reason}"] for file, kind, reason in self.damages[:TOLD]]
            lines += [f"  {kind.ljust(max(len(row[0]) for row in body))}  {told}" for kind, told in body]
        if len(self) > TOLD:
            lines.append(f"  and {len(self) - TOLD:,} more; save(...) writes all of them")
        return "\n".join(lines)

    def rows(self) -> list[dict[str, Any]]:
        return [damage._asdict() for damage in self.damages]

    def to_dict(self) -> dict[str, Any]:
        return {"used": self.used, "left out": self.counts(), "damages": self.rows()}

    def plot(self) -> "Picture":
        """How many there are of each kind."""
        from minigrad.viz import bars

        if not self.damages:
            raise ValueError("DamageReport: there is nothing to draw, all files are right.")
        return bars(self.counts(), title=f"Left out of {self.used + len(self):,}")

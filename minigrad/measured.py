"""What measurements share: each prints as text, plots as a picture, and saves as either, or as data."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad.files import encoded, json_text, write_whole

if TYPE_CHECKING:
    from minigrad.viz import Picture

PICTURES = (".svg", ".png", ".pdf")


class Measured:
    """A measurement. A subclass defines ``__str__``, ``rows``, ``to_dict`` and ``plot``."""

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The numbers as a table, for a CSV file: dicts with the same names."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The numbers, of plain types, for a JSON file."""
        raise NotImplementedError

    def plot(self) -> "Picture":
        """The picture of it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return str(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file: the text to .txt, the numbers to .csv or .json, the picture to .svg, .png or
        .pdf.

        Raises:
            ValueError: the name ends in something else.
        """
        path = Path(path)
        if path.suffix in PICTURES:
            self.plot().save(path)
        elif path.suffix == ".txt":
            write_whole(path, encoded(f"{self}\n"))
        elif path.suffix == ".json":
            write_whole(path, encoded(json_text(self.to_dict())))
        elif path.suffix == ".csv":
            write_whole(path, encoded(as_csv(self.rows())))
        else:
            raise ValueError(
                f"save: expected a name that ends in .txt, .csv, .json, {', '.join(PICTURES)}; got "
                f"{path.name!r}."
            )


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of a table as the text of a CSV file, with a line of names; nothing for no rows."""
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Columns side by side, the first one flush left, the others flush right."""
    lines = [head, *body]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))]
        ).rstrip()
        for line in lines
    )

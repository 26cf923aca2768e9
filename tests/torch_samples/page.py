"""The parts of docs/differences_from_pytorch.md that are made of the records."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .arguments import ARGUMENTS
from .differences import DIFFERENCES, ERRORS, OPERATIONS, TRAINING, Difference
from .programs import PROGRAMS, Program

PAGE = Path(__file__).resolve().parents[2] / "docs/differences_from_pytorch.md"


def figures(counts: dict[str, dict[str, Any]]) -> str:
    """How many samples pass, are documented, or neither."""
    rows = ["| | names | samples | pass | documented | neither |", "|---|---|---|---|---|---|"]
    for kind, found in counts.items():
        compared = found["samples"] - sum(found["nothing to compare"].values())
        numbers = [found["names"], compared, found["passed"], sum(found["documented"].values())]
        numbers.append(found["neither passing nor documented"])
        rows.append(f"| {kind} | {' | '.join(f'{number:,}' for number in numbers)} |")
    return "\n".join(rows)


def results(heading: str) -> str:
    """The deviations of one heading."""
    return _table(d for d in DIFFERENCES if d.heading == heading)


def programs() -> str:
    """What is otherwise and no sample shows."""
    return _table(PROGRAMS)


def _table(records: Iterable[Difference | Program]) -> str:
    rows = [f"| {d.here} | {d.there} | {d.why} |" for d in records]
    return "\n".join(["| minigrad | PyTorch | Why |", "|---|---|---|", *rows])


def arguments() -> str:
    """The names that take other arguments."""
    rows = [f"| {_listed(a.names)} | {_otherwise(a.otherwise)} | {a.why} |" for a in ARGUMENTS]
    return "\n".join(["| Name | Otherwise | Why |", "|---|---|---|", *rows])


def _otherwise(said: tuple[str, ...]) -> str:
    """ "lacks a, b; c is minigrad's own" of the parts that are compared."""
    lacking = [part.removeprefix("lacks ") for part in said if part.startswith("lacks ")]
    parts = [f"lacks {_listed(tuple(lacking))}"] if lacking else []
    for part in said:
        if not part.startswith("lacks "):
            name, mark, rest = part.partition(":") if ":" in part else part.partition(" ")
            parts.append(f"`{name}`{mark}{rest}")
    return "; ".join(parts)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def written(text: str, counts: dict[str, dict[str, Any]]) -> str:
    """The page with its made parts made anew; ``counts`` are of the results."""
    parts = {
        "figures": figures(counts),
        "operations": results(OPERATIONS),
        "training": results(TRAINING),
        "errors": results(ERRORS),
        "programs": programs(),
        "arguments": arguments(),
    }
    for name, part in parts.items():
        text, count = re.subn(
            rf"(<!-- {name}[^>]* -->\n).*?(<!-- end -->)",
            lambda m, p=part: m[1] + p + "\n" + m[2],
            text,
            flags=re.DOTALL,
        )
        if count != 1:
            raise ValueError(f"the page has {count} parts named {name!r}, expected one")
    return text


def headings(text: str) -> set[str]:
    """The headings of a page."""
    return set(re.findall(r"^## (.+)$", text, flags=re.MULTILINE))

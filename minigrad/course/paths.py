"""Ways from the output back to one node, with the local derivative of every step.

    path             | local derivatives | product | value
    z -> x -> a      | y, 3              | 3 * y   | 9
    z -> y -> a      | x, 1              | x       | 6
    sum a            | -                 | 3*y + x | 15

A step goes from a node to one that it is computed from. Every way to the last node has its line; ``sum``, if
it is there, adds them up. Local derivatives and products are formulas in the names of the record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from minigrad.course.formula import Formula
from minigrad.course.hints import unknown
from minigrad.course.table import Line, read_table
from minigrad.course.written import Written

if TYPE_CHECKING:
    from minigrad.course.example import Node

HEADINGS = ("path", "local derivatives", "product", "value")
ARROW = "->"


@dataclass(frozen=True)
class Path:
    """One line: a way, or the sum of all ways to ``target`` (then ``nodes`` and ``locals`` are empty)."""

    target: str
    nodes: tuple[str, ...]
    locals: tuple[Formula, ...]
    product: Formula
    value: Written
    line: Line

    @property
    def is_sum(self) -> bool:
        """Whether it is the line that adds up the others."""
        return not self.nodes

    def steps(self) -> list[tuple[str, str, Formula]]:
        """(from, to, local derivative) of each step."""
        return list(zip(self.nodes, self.nodes[1:], self.locals, strict=False))


def read_paths(
    table: str, text: str, nodes: Mapping[str, "Node"], output: str, number: Callable[[str], Written]
) -> list[Path]:
    """Read the table of paths, and see that each is one, and that none is missing."""
    _, lines = read_table(table, text, [HEADINGS])
    paths = [_read(line, nodes, output, number) for line in lines]
    for target in dict.fromkeys(path.target for path in paths):
        if nodes[target].gradient is None:
            raise nodes[target].line.error(f"paths lead to {target}, so its gradient is to be written.")
        written = [path for path in paths if path.target == target]
        ways: set[tuple[str, ...]] = set()
        for path in written:
            if path.nodes in ways:
                raise path.line.error("this line has been written already: each path is listed once.")
            ways.add(path.nodes)
        for way in _ways(output, target, nodes):
            if way not in ways:
                raise written[-1].line.error(
                    f"a path to {target} is missing: {f' {ARROW} '.join(way)}. The last line on {target} is"
                )
    return paths


def _read(line: Line, nodes: Mapping[str, "Node"], output: str, number: Callable[[str], Written]) -> Path:
    def formula(text: str) -> Formula:
        read = Formula(text)
        for name in read.names:
            if name not in nodes:
                raise ValueError(unknown(name, nodes))
        return read

    way, derivatives, product, value = line.entries
    if way.startswith("sum "):
        target = way.removeprefix("sum ").strip()
        if target not in nodes:
            raise line.error(unknown(target, nodes))
        return Path(target, (), (), line.read(formula, product), line.read(number, value), line)

    names = tuple(part.strip() for part in way.replace("\N{RIGHTWARDS ARROW}", ARROW).split(ARROW))
    for name in names:
        if name not in nodes:
            raise line.error(unknown(name, nodes))
    if names[0] != output or len(names) < 2:
        raise line.error(f"a path begins at the output: {output} {ARROW} ... {ARROW} {names[-1]}.")
    for above, below in pairwise(names):
        if below not in _inputs(nodes[above]):
            raise line.error(f"there is no step from {above} to {below}: {above} is not computed from it.")
    parts = _split(derivatives)
    if len(parts) != len(names) - 1:
        raise line.error(
            f"{len(names) - 1} steps have {len(names) - 1} local derivatives, with commas between them; here "
            f"{'is' if len(parts) == 1 else 'are'} {len(parts)}."
        )
    return Path(
        names[-1],
        names,
        tuple(line.read(formula, part) for part in parts),
        line.read(formula, product),
        line.read(number, value),
        line,
    )


def _split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _inputs(node: "Node") -> tuple[str, ...]:
    return () if node.formula is None else node.formula.names


def _ways(start: str, target: str, nodes: Mapping[str, "Node"]) -> list[tuple[str, ...]]:
    if start == target:
        return [(target,)]
    return [(start, *way) for below in _inputs(nodes[start]) for way in _ways(below, target, nodes)]

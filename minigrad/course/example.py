"""A worked example as data: what a learner writes on paper, in one record.

    two_paths = Example(
        title="Two paths into one variable",
        source="...",
        decimals=2,
        table='''
        name | computed as | value | gradient
        a    | given       | 2     | 15
        x    | 3 * a       | 6     | 3
        y    | a + 1       | 3     | 6
        z    | x * y       | 18    | 1
        ''',
    )

From it come the printed table, the numbers in a lesson's text, the picture of the graph, and the check of
every value and every gradient. No number stands in two places.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from keyword import iskeyword
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from minigrad.course import compute
from minigrad.course import paths as ways
from minigrad.course.arguments import check_types
from minigrad.course.check import Difference, WrongNumbers, differences
from minigrad.course.formula import FOREIGN, FUNCTIONS, Formula
from minigrad.course.hints import meant, unknown
from minigrad.course.table import (
    ExampleError,
    Line,
    as_grids,
    as_html,
    as_markdown,
    as_text,
    plain_markdown,
    read_table,
)
from minigrad.course.written import ROUNDINGS, Written, read

GIVEN = "given"
NONE = "-"
HEADINGS = ("name", "computed as", "value", "gradient")


@dataclass(frozen=True)
class Node:
    """One line of a record.

    Attributes:
        name: of the value.
        formula: how it is computed, or None for what is given.
        value: as written.
        gradient: of the output by this node, as written, or None where none is asked for.
        line: where it stands.
    """

    name: str
    formula: Formula | None
    value: Written
    gradient: Written | None
    line: Line


class _Part(NamedTuple):
    """A table to be shown; the columns in ``code`` hold formulas."""

    caption: str
    headings: list[str]
    rows: list[list[str]]
    code: list[int]


class Example:
    """One worked example.

    Args:
        title: what it shows.
        source: where it comes from.
        table: one line per node, a bar between two entries: its name, how it is computed (``given`` for an
            input), its value and its gradient. A node stands below those it is computed from. The gradient is
            that of the last node, the output; ``-`` means that none is asked for. A record that only goes
            forward leaves the column out.
        decimals: that the numbers are written with. A number may have more; one with fewer stands for itself
            with zeros behind it.
        rounding: "round", or "cut". A single number that was cut has dots behind it, 2.61..., and one that
            was rounded in a record that cuts has a wave before it, ~0.19.
        output: the node that backward begins at, if not the last.
        paths: ways from the output back to a node, with the local derivative of every step; see
            ``minigrad.course.paths``.
        then: a table of what is computed after backward, with three columns. In its formulas, ``grad(L, b)``
            is the gradient of L by b.
        about: a sentence or two on what to see in it.

    Raises:
        ExampleError: a line cannot be read. The message shows it.
        TypeError: an argument is neither text nor, ``decimals``, a whole number.
    """

    def __init__(
        self,
        *,
        title: str,
        source: str,
        table: str,
        decimals: int,
        rounding: str = "round",
        output: str | None = None,
        paths: str | None = None,
        then: str | None = None,
        about: str = "",
    ) -> None:
        check_types(
            decimals,
            {"title": title, "source": source, "about": about, "table": table, "rounding": rounding},
            {"output": output, "paths": paths, "then": then},
        )
        if rounding not in ROUNDINGS:
            raise ExampleError(f'{title}: rounding is "round" or "cut", not {rounding!r}.')
        if decimals < 0:
            raise ExampleError(f"{title}: decimals must be 0 or more, got {decimals}.")
        self.title = title
        self.source = source
        self.about = about
        self.decimals = int(decimals)
        self.rounding = rounding
        self.nodes: dict[str, Node] = {}
        self.then: dict[str, Node] = {}
        headings, lines = read_table(title, table, [HEADINGS, HEADINGS[:3]])
        self.has_gradients = len(headings) == 4
        self._read(lines, self.nodes, FUNCTIONS)
        if then is not None:
            _, lines = read_table(f"{title}, afterwards", then, [HEADINGS[:3]])
            self._read(lines, self.then, compute.AFTERWARDS)
        self.output = output if output is not None else next(reversed(self.nodes))
        if self.output not in self.nodes:
            raise ExampleError(f"{title}: the output {output!r} is no node{meant(self.output, self.nodes)}")
        self.paths: list[ways.Path] = []
        if paths is not None:
            self.paths = ways.read_paths(f"{title}, paths", paths, self.nodes, self.output, self._number)

    def _read(self, lines: list[Line], nodes: dict[str, Node], functions: Iterable[str]) -> None:
        below = {line.entries[0]: line.number for line in reversed(lines)}
        for line in lines:
            name, computed, value, *rest = line.entries
            known = {**self.nodes, **nodes}
            if not name.isidentifier() or name.startswith("_") or any(sign in name for sign in FOREIGN):
                raise line.error(
                    f"{name!r} is no name: it begins with a letter and goes on with letters, digits 0 to 9 "
                    "and _, as in x1 or new_b."
                )
            if iskeyword(name):
                raise line.error(
                    f"{name} is a word of Python, and a formula could not use it: choose another name, such "
                    f"as {name}_."
                )
            if name in compute.AFTERWARDS:
                raise line.error(f"{name} is the name of a function; choose another.")
            if name in known:
                raise line.error(f"{name} has been computed already; give this one another name.")
            formula = None
            if computed != GIVEN:
                formula = line.read(lambda text: Formula(text, functions), computed)
                if formula.text.isidentifier():
                    raise line.error(
                        f"{name} would be {formula.text} under a second name; compute something."
                    )
                for used in formula.names:
                    if used in known:
                        continue
                    if used in below:
                        raise line.error(
                            f"{used} is used before it is computed, in line {below[used]}. A node stands "
                            "below those it is computed from."
                        )
                    raise line.error(unknown(used, known))
            if not value:
                raise line.error(f"{name} has no value. Work it out and write it in the third column.")
            if formula is None and ("~" in value or ".." in value):
                raise line.error(f"what is given is exact: write all digits of {name}, without a mark.")
            if rest and not rest[0]:
                raise line.error(f"{name} has no gradient. Work it out, or write - where none is asked for.")
            nodes[name] = Node(
                name,
                formula,
                line.read(self._number, value),
                line.read(self._number, rest[0]) if rest and rest[0] != NONE else None,
                line,
            )

    def _number(self, text: str) -> Written:
        return read(text, self.decimals, self.rounding)

    def __getitem__(self, name: str) -> Node:
        nodes = {**self.nodes, **self.then}
        if name not in nodes:
            raise KeyError(f"{self.title} has no node {name!r}{meant(name, nodes)}")
        return nodes[name]

    def __repr__(self) -> str:
        return f"<Example {self.title!r}, {len(self.nodes)} nodes>"

    # Computed -----------------------------------------------------------------------------------------------

    @property
    def given(self) -> dict[str, npt.NDArray[np.float64]]:
        """The inputs, by name, as arrays: ``mg.tensor(example.given["W"])``."""
        nodes = [*self.nodes.values(), *self.then.values()]
        return _Given(self, {node.name: node.value.exact() for node in nodes if node.formula is None})

    def run(self) -> compute.Run:
        """Compute it: ``example.run()["h1"]`` is a Tensor, with its gradient."""
        return compute.run(self)

    def differences(self) -> list[Difference]:
        """The written numbers that are not the computed ones."""
        return differences(self)

    def check(self) -> None:
        """Compare every written number with the computed one.

        Raises:
            WrongNumbers: some differ; the message is a table of them.
        """
        found = differences(self)
        if found:
            raise WrongNumbers(self.title, found)

    def picture(self, step: int | None = None) -> Any:
        """The graph with the record's names, and with all values and gradients, those between the lines too.

        With ``step``, as it is after so many operations of backward.

        Raises:
            ExampleError: the output is given, not computed.
        """
        from minigrad import viz

        run = self._computed()
        # More digits than on paper: they show what was rounded, and which way.
        return viz.graph(
            run.output,
            step,
            run.tensors(),
            backward=self.has_gradients and step is None,
            precision=max(4, self.decimals),
        )

    def scrub(self, path: str | os.PathLike[str]) -> Path:
        """Write a page that goes through the record forward and backward, an operation at a time.

        A record that goes only forward has a page of its forward steps. See ``minigrad.viz.scrub``. Returns
        the path.

        Raises:
            ExampleError: the output is given, not computed.
        """
        from minigrad import viz

        run = self._computed()
        return viz.scrub(
            run.output,
            path,
            run.tensors(),
            backward=self.has_gradients,
            title=self.title,
            precision=max(4, self.decimals),
        )

    def _computed(self) -> compute.Run:
        """The record, computed, whose graph is to be drawn."""
        node = self.nodes[self.output]
        if node.formula is None:
            raise node.line.error(
                f"{node.name} is given, and a picture shows how the output is computed: there is nothing to "
                "draw. Add a line that computes something, or name it: output=..."
            )
        return self.run()

    # Shown --------------------------------------------------------------------------------------------------

    def say(self, template: str) -> str:
        """A text with the record's numbers filled in, as they are written.

        ``{h1}`` is the value of h1, ``{grad.b1}`` a gradient, ``{W[0][1]}``, ``{grad.W[0][1]}`` an element.

        Raises:
            ExampleError: a field cannot be read, or asks for other digits than those that are written.
        """
        try:
            return template.format_map(_Words(self))
        except (ValueError, TypeError) as error:
            raise ExampleError(
                f"{self.title}: say cannot fill in {template!r}: {error}. Write {{x}} for the value of x, "
                "{grad.x} for its gradient, {W[0][1]} for an element, and {{ and }} for braces."
            ) from error

    def _parts(self, gradients: bool, only: Iterable[str] | None) -> list[_Part]:
        with_gradients = gradients and self.has_gradients
        headings = list(HEADINGS[:3])
        nodes = self.nodes.values() if only is None else [self[name] for name in only]
        rows = [_row(node, with_gradients) for node in nodes]
        gradient = [f"gradient of {self.output}"] if with_gradients else []
        parts = [_Part(self.title, [*headings, *gradient], rows, [0, 1])]
        if self.paths and with_gradients and only is None:
            rows = [list(path.line.entries) for path in self.paths]
            parts.append(_Part(f"The paths back from {self.output}", list(ways.HEADINGS), rows, [0, 1, 2]))
        if self.then and gradients and only is None:
            rows = [_row(node, False) for node in self.then.values()]
            parts.append(_Part("Afterwards", headings, rows, [0, 1]))
        return parts

    def _note(self) -> str:
        nodes = [*self.nodes.values(), *self.then.values()]
        written = [w for node in nodes for w in (node.value, node.gradient) if w is not None]
        marks = {
            n.rounding
            for w in [*written, *(path.value for path in self.paths)]
            for n in w.numbers
            if n.marked
        }
        how = {"round": "rounded", "cut": "cut"}[self.rounding]
        note = f"Numbers are {how} to {self.decimals} decimals or more"
        if "cut" in marks:
            note += "; dots mark one whose other digits were cut off"
        if "round" in marks:
            note += "; ~ marks one that is rounded"
        return f"{note}."

    def text(self, *, gradients: bool = True, only: Iterable[str] | None = None, footer: bool = True) -> str:
        """The record in columns, for a terminal; without gradients, ``only`` some of its lines, or without
        the footer on rounding and source.
        """
        parts = [
            f"{part.caption}\n\n{as_text(part.headings, part.rows)}" for part in self._parts(gradients, only)
        ]
        end = [f"{self._note()}\nSource: {self.source}"] if footer else []
        return "\n\n".join([*parts, *end])

    def grids(self, *names: str) -> str:
        """Matrices of the record side by side, as one writes them on paper: ``grids("x", "w", "grad.w")``.

        Raises:
            ValueError: one is no matrix, or has no gradient written.
        """
        matrices = []
        for name in names:
            node = self[name.removeprefix("grad.")]
            written = node.gradient if name.startswith("grad.") else node.value
            if written is None or len(written.shape) != 2:
                raise ValueError(f"{self.title}: {name} is no matrix, and a grid shows matrices.")
            rows, columns = written.shape
            matrices.append([[str(written[i][j]) for j in range(columns)] for i in range(rows)])
        return as_grids([name.replace("grad.", "gradient of ") for name in names], matrices)

    def __str__(self) -> str:
        return self.text()

    def markdown(self, *, gradients: bool = True, only: Iterable[str] | None = None) -> str:
        """The record as Markdown tables."""
        about = [plain_markdown(self.about)] if self.about else []
        tables = [
            f"**{plain_markdown(part.caption)}**\n\n{as_markdown(part.headings, part.rows, part.code)}"
            for part in self._parts(gradients, only)
        ]
        end = plain_markdown(f"{self._note()} Source: {self.source}")
        return "\n\n".join([*about, *tables, end])

    def html(self, *, gradients: bool = True, only: Iterable[str] | None = None) -> str:
        """The record as HTML tables, without style."""
        about = [f"<p>{escape(self.about)}</p>"] if self.about else []
        tables = [
            as_html(part.caption, part.headings, part.rows, part.code)
            for part in self._parts(gradients, only)
        ]
        return "\n".join([*about, *tables, f"<p>{escape(self._note())} Source: {escape(self.source)}</p>"])

    def _repr_html_(self) -> str:
        return self.html()


def _row(node: Node, with_gradient: bool) -> list[str]:
    row = [node.name, GIVEN if node.formula is None else node.formula.text, node.value.text]
    return [*row, NONE if node.gradient is None else node.gradient.text] if with_gradient else row


class _Given(dict[str, npt.NDArray[np.float64]]):
    """The inputs of a record; it says what a name that is none of them is."""

    def __init__(self, example: Example, given: dict[str, npt.NDArray[np.float64]]) -> None:
        super().__init__(given)
        self._example = example

    def __missing__(self, name: str) -> npt.NDArray[np.float64]:
        if name in {**self._example.nodes, **self._example.then}:
            raise KeyError(
                f"{self._example.title}: {name} is computed, not given. example.run()[{name!r}] has what is "
                f"computed, example[{name!r}].value what is written"
            )
        raise KeyError(f"{self._example.title} has no input {name!r}{meant(name, self)}")


class _Words(dict[str, Any]):
    """What the fields of ``Example.say`` stand for."""

    def __init__(self, example: Example) -> None:
        self._example = example

    def __missing__(self, name: str) -> Any:
        return _Gradients(self._example) if name == "grad" else self._example[name].value


class _Gradients:
    """What ``{grad.x}`` in a text is looked up in: an example's written gradients, by name."""

    def __init__(self, example: Example) -> None:
        self._example = example

    def __str__(self) -> str:
        raise ValueError("{grad} does not say of which: write {grad.x} for the gradient of x")

    def __getattr__(self, name: str) -> Written:
        gradient = self._example[name].gradient
        if gradient is None:
            raise AttributeError(f"{self._example.title}: no gradient of {name} is written")
        return gradient

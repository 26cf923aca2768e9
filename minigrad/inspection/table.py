"""The summary of a model as an object, as text and as HTML."""

import html
from dataclasses import dataclass, field

Shape = tuple[int, ...]


@dataclass
class Layer:
    """One call of a module, or a module that was never called.

    Attributes:
        name: its dotted name in the model; "" for the model itself.
        kind: the name of its class.
        depth: in how many other calls it was.
        shapes: of what it returned, with the batch; several for several tensors.
        trainable, fixed: how many numbers are its own: parameters that learn; frozen ones and buffers
            (running means). Those of modules inside are theirs. 0 where a row before has them already.
        multiply_adds: what it computes itself, see `minigrad.inspection.multiply_adds`.
        memory: bytes of what it returned.
        note: "again" for a module that was called before, "shared" if another one has its parameters,
            "never called".
        parts: whether it called other modules.
        inputs: the shapes of the tensors that it was given.
        label: its name in the module that called it.
    """

    name: str
    kind: str
    depth: int
    shapes: tuple[Shape, ...] = ()
    trainable: int = 0
    fixed: int = 0
    multiply_adds: int = 0
    memory: int = 0
    note: str = ""
    parts: bool = False
    inputs: tuple[Shape, ...] = ()
    label: str = ""

    @property
    def shape_text(self) -> str:
        """The shape of what comes out, N for the batch: "(N, 64, 5, 5)"."""
        return ", ".join(shape_in_words(shape) for shape in self.shapes)


@dataclass
class Summary:
    """What ``summary`` returns: print it, look at it in a notebook, or save it.

    Attributes:
        layers: the calls in their order, each followed by those inside of it; then modules never called.
        batch_size: that all figures are for.
        trainable, fixed: how many numbers the model has: parameters that learn, and frozen ones and buffers.
        weights: their bytes.
        multiply_adds: of one forward pass of the batch.
        memory: bytes that a forward pass keeps for backward, weights and inputs apart.
    """

    model: str
    layers: list[Layer] = field(default_factory=list)
    batch_size: int = 1
    weights: int = 0
    memory: int = 0

    @property
    def trainable(self) -> int:
        """How many parameters are trained."""
        return sum(layer.trainable for layer in self.layers)

    @property
    def fixed(self) -> int:
        """How many parameters are not."""
        return sum(layer.fixed for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """How many products the layers add up, for the batch."""
        return sum(layer.multiply_adds for layer in self.layers)

    def totals(self) -> list[str]:
        """What stands below the table."""
        batch = "one sample" if self.batch_size == 1 else f"a batch of {self.batch_size:,}"
        count = self.trainable + self.fixed
        return [
            f"{count:,} parameters in {size_in_words(self.weights)}: {self.trainable:,} trainable, "
            f"{self.fixed:,} not",
            f"{self.multiply_adds:,} multiply-adds for {batch}",
            f"{size_in_words(self.memory)} kept for backward, for {batch}",
        ]

    def __str__(self) -> str:
        rows = [HEAD, *(cells(layer) for layer in self.layers)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
        lines = []
        for row in rows:
            left = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
            right = [text.rjust(width) for text, width in zip(row[2:6], widths[2:6], strict=True)]
            lines.append("  ".join([*left, *right, row[6]]).rstrip())
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, *self.totals()])

    __repr__ = __str__

    def html(self) -> str:
        """A table for a page. It brings no style and no script."""
        head = "".join(f'<th scope="col">{text}</th>' for text in HEAD)
        body = []
        for layer in self.layers:
            first, *rest, note = (html.escape(text.strip()) for text in cells(layer))
            indent = f' style="padding-left: {layer.depth}.5em; text-align: left"'
            numbers = "".join(f'<td style="text-align: right">{text}</td>' for text in rest[1:])
            body.append(
                f'<tr><th scope="row"{indent}>{first}</th><td>{rest[0]}</td>{numbers}<td>{note}</td></tr>'
            )
        totals = "<br>".join(html.escape(line) for line in self.totals())
        foot = f'<tr><td colspan="{len(HEAD)}" style="text-align: left">{totals}</td></tr>'
        return (
            f'<table class="minigrad-summary"><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody><tfoot>{foot}</tfoot></table>"
        )

    _repr_html_ = html


HEAD = ("layer", "output", "trainable", "not trainable", "multiply-adds", "output's memory", "")


def cells(layer: Layer) -> tuple[str, ...]:
    """A layer's row of the table."""
    called = f"{layer.label}: {layer.kind}" if layer.label else layer.kind
    return (
        "  " * layer.depth + called,
        layer.shape_text or "-",
        number(layer.trainable),
        number(layer.fixed),
        number(layer.multiply_adds),
        size_in_words(layer.memory) if layer.memory else "",
        layer.note,
    )


def number(count: int) -> str:
    """A count with its thousands apart; nothing for 0."""
    return f"{count:,}" if count else ""


def shape_in_words(shape: Shape) -> str:
    """A shape with N for the size of the batch."""
    if not shape:
        return "()"
    return f"(N, {', '.join(map(str, shape[1:]))})" if len(shape) > 1 else "(N,)"


def size_in_words(count: float) -> str:
    """Bytes as a person reads them."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"

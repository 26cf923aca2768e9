"""Does a record agree with the engine? If not, which numbers differ?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minigrad.course.compute import local_derivative, run, run_then
from minigrad.course.paths import Path
from minigrad.course.table import as_text
from minigrad.course.written import Written

if TYPE_CHECKING:
    from minigrad.course.example import Example

HEADINGS = ("name", "what", "written", "computed", "to write")


@dataclass(frozen=True)
class Difference:
    """A number on paper that is not the computed one.

    Attributes:
        name: of the node, with the place of the element in a vector or matrix.
        what: "value", "gradient" or a step of a path.
        written: what stands on paper.
        computed: what minigrad computes.
        to_write: the computed number as it would be written in this place.
    """

    name: str
    what: str
    written: str
    computed: str
    to_write: str


class WrongNumbers(AssertionError):
    """Numbers of a record disagree with the engine.

    Attributes:
        differences: which.
    """

    def __init__(self, title: str, differences: list[Difference]) -> None:
        self.differences = differences
        many = len(differences) > 1
        rows = [(d.name, d.what, d.written, d.computed, d.to_write) for d in differences]
        begin = "\n".join(_where_to_begin(differences))
        super().__init__(
            f"{title}: {len(differences)} written number{'s differ' if many else ' differs'} from what is "
            f"computed.\n\n{as_text(HEADINGS, rows)}{begin and chr(10) * 2}{begin}"
        )


def _where_to_begin(differences: list[Difference]) -> Iterator[str]:
    """One slip spoils all that is worked out from it: name the ones that may be the slip."""
    none = [d for d in differences if d.to_write == "no number"]
    if none:
        endless = next((d for d in none if d.what == "value"), none[0])  # gradients follow from values
        is_ = "not a number" if endless.computed == "nan" else "infinite"
        yield (
            f"The {endless.what} of {endless.name} is {is_}, which cannot be written on paper: choose other "
            "inputs."
        )
    values = [d.name for d in differences if d.what == "value"]
    gradients = [d.name for d in differences if d.what == "gradient"]
    if len(values) > 1:
        yield f"Values are worked out from the top: look at {values[0]} first."
    if len(gradients) > 1:
        yield f"Gradients are worked out from the bottom: look at {gradients[-1]} first."


def differences(example: "Example") -> list[Difference]:
    """Every number of the record that disagrees with the engine, in the record's order."""
    computed = run(example)
    found: list[Difference] = []
    for name, node in example.nodes.items():
        tensor = computed[name]
        found += _compare(name, "value", node.value, tensor.detach().numpy())
        if node.gradient is not None:
            found += _compare(name, "gradient", node.gradient, np.asarray(tensor.grad))
    for number, path in enumerate(example.paths, 1):
        found += _follow(example, f"path {number}", path, computed.tensors())
    for name, tensor in run_then(example).items():
        found += _compare(name, "value", example.then[name].value, tensor.detach().numpy())
    return found


def _compare(name: str, what: str, written: Written, computed: npt.NDArray[Any]) -> Iterator[Difference]:
    if written.shape != computed.shape:
        yield Difference(name, what, _shape(written.shape), _shape(computed.shape), _shape(computed.shape))
        return
    for place, number, value in written.elements(computed):
        if not number.agrees(value):
            yield Difference(f"{name}{place}", what, number.text, f"{value:.8g}", number.of(value))


def _shape(shape: tuple[int, ...]) -> str:
    return f"{' x '.join(map(str, shape))} numbers" if shape else "one number"


def _digits(computed: npt.NDArray[Any]) -> str:
    """6 and not NumPy's 6., whose point would look like the dots of a number that was cut."""
    return f"{computed.item():.8g}" if computed.ndim == 0 else np.array2string(computed, precision=8)


def _follow(example: "Example", name: str, path: Path, tensors: dict[str, Any]) -> Iterator[Difference]:
    """One path: each local derivative, their product, and its value; or the sum of all."""
    for node in path.nodes or (path.target,):
        if tensors[node].ndim:
            raise path.line.error(
                f"a path goes over single numbers, and {node} is {_shape(tensors[node].shape)}."
            )

    def same(
        what: str, text: str, written: npt.NDArray[Any], computed: npt.NDArray[Any]
    ) -> Iterator[Difference]:
        if written.shape != computed.shape or not np.allclose(written, computed, rtol=1e-9, atol=1e-12):
            to_write = _digits(computed) if np.isfinite(computed).all() else "no number"
            yield Difference(name, what, f"{text} = {_digits(written)}", _digits(computed), to_write)

    product = path.product.evaluate(tensors).detach().numpy()
    if path.is_sum:
        name = f"sum {path.target}"
        yield from same("product", path.product.text, product, tensors[path.target].grad.numpy())
    else:
        whole = np.ones(())
        for above, below, formula in path.steps():
            local = local_derivative(example.nodes[above], below, tensors)
            written = formula.evaluate(tensors).detach().numpy()
            yield from same(f"d{above}/d{below}", formula.text, written, local)
            whole = whole * local
        yield from same("product", path.product.text, product, whole)
    yield from _compare(name, "value", path.value, product)

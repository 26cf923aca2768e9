"""How a learner writes the N of a mean: by the shape of an argument of fn, if it can be seen in it."""

from typing import TypeAlias

from minigrad.diagnosis import known
from minigrad.diagnosis.recording import Recording, Step

Axes: TypeAlias = list[tuple[str, int] | None]
"""Of each axis of a value, the argument and the axis of it that it was, None where that is not known."""

_KEEP = known.ELEMENTWISE | known.BINARY.keys() | {"where", "softmax", "log_softmax", "clone", "positive"}


def averaged(step: Step) -> int:
    """How many numbers a reduction makes one of."""
    return int(step.values[0].size // max(step.y.size, 1))


def advice(step: Step, n: float, recording: Recording) -> str:
    """What to divide by, ``n``, at an operation that averages, and how that is written."""
    correction = step.named.get("correction", 0)
    less = f" - {correction:g}" if correction else ""
    of = f"N{less} = {n:g}"
    if step.op.builtin not in ("mean", "var"):
        return f"divide by {of}: as fn does at its {step.name}"
    written = _written(step, recording)
    if written is None:
        value = step.called(step.parameter(0))
        return f"divide by {of}, how many numbers {step.name} averages: they are those of {value}"
    return f"divide by {of}: {written}{less}, how many numbers {step.name} averages"


def _written(step: Step, recording: Recording) -> str | None:
    """The product of the sizes of the axes that are averaged over."""
    axes = _axes(step, 0, recording)
    found = [axes[dim] for dim in sorted(_dims(step))]
    places = [entry for entry in found if entry is not None]
    if not places or None in found:
        return None
    name = places[0][0]
    if len(places) == recording.trial.values[name].ndim:
        return f"{name}.size"
    return " * ".join(f"{argument}.shape[{axis}]" for argument, axis in places)


def _dims(step: Step) -> set[int]:
    """The axes that a reduction is over."""
    dims, count = step.named["dim"], step.values[0].ndim
    if dims is None:
        return set(range(count))
    return {dim % count for dim in ([dims] if isinstance(dims, int) else dims)} if count else set()


def _axes(step: Step, way: int, recording: Recording) -> Axes:
    """Where the axes of a step's argument come from."""
    edge, value = step.node.edges[way], step.values[way]
    if recording.is_x(edge):
        return [(recording.name, axis) for axis in range(value.ndim)]
    before = next((other for other in recording.steps if other.node is edge), None)
    unknown: Axes = [None] * value.ndim
    if before is None:
        return unknown
    if before.op.builtin in known.REDUCTIONS:
        return _reduced(before, recording)
    if before.op.builtin in _KEEP:
        for other in before.ways:
            if before.values[other].shape == value.shape:
                return _axes(before, other, recording)
    return unknown


def _reduced(step: Step, recording: Recording) -> Axes:
    """The axes that a reduction leaves."""
    axes, gone = _axes(step, 0, recording), _dims(step)
    if step.named.get("keepdim", False):
        return [None if axis in gone else entry for axis, entry in enumerate(axes)]
    return [entry for axis, entry in enumerate(axes) if axis not in gone]

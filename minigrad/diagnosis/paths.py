"""Slips of the chain rule: a path forgotten, a link left out, the upstream gradient not used."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from minigrad.diagnosis.guess import Guess, replaced
from minigrad.diagnosis.recording import Array, Local, Recording, Step

_MOVES = {
    "reshape",
    "permute",
    "broadcast_to",
    "indexing",
    "embedding",
    "clone",
    "positive",
    "cat",
    "copy_",
}
"""Operations that have no derivative to forget."""


def only(*ways: int) -> Local:
    """A step's own rules, for these arguments alone."""

    def local(step: Step, dy: Array) -> dict[int, Array]:
        return {way: dx for way, dx in step.local(dy).items() if way in ways}

    return local


def _lacking(lost: list[tuple[int, int]], recording: Recording) -> Array:
    """The gradient if nothing comes over these edges."""
    instead: dict[int, Local] = {}
    for step in recording.steps:
        kept = [way for way in step.ways if (step.place, way) not in lost]
        if len(kept) < len(step.ways):
            instead[step.place] = only(*kept)
    return recording.gradient(instead)


def one_path(recording: Recording) -> Iterator[Guess]:
    """A value is used several times, and the gradient of one use takes the place of the sum over all."""
    for edge, users in recording.fans.items():
        what = recording.name if recording.is_x(edge) else "an intermediate result"
        for kept in users:
            others = [user for user in users if user != kept]
            yield Guess(
                f"{what} is used {len(users)} times, and yours is the share of one use alone, "
                f"{recording.route(*kept)}; missing: {_routes(others, recording)}",
                partial(_lacking, others),
                step=recording.steps[kept[0]],
            )
    for edge, users in recording.fans.items():
        for lost in users if len(users) > 2 else ():
            what = recording.name if recording.is_x(edge) else "an intermediate result"
            yield Guess(
                f"{what} is used {len(users)} times, and in yours the share of one use is missing: "
                f"{recording.route(*lost)}",
                partial(_lacking, [lost]),
                step=recording.steps[lost[0]],
            )
    if recording.fans:
        for path in recording.paths():
            steps = [recording.steps[place] for place, _ in reversed(path)]
            names = [recording.name, *map(recording.label, steps)]
            yield Guess(
                f"yours is the share of one path alone, {' -> '.join(names)}",
                partial(_along, path),
            )
    for step in recording.steps:
        for way in step.ways:
            for which, place in (("last", -1), ("first", 0)):
                if _summed(step, way) is not None:
                    yield Guess(
                        f"of a sum in the gradient of {step.called(step.parameter(way))}, yours has the "
                        f"{which} term alone",
                        replaced(step, partial(_one_term, way, place)),
                        step=step,
                        title=f"assigned where it should be added up: only the {which} of all terms counts",
                    )
        index = step.named.get("index")
        if step.op.builtin == "indexing" and isinstance(index, (np.ndarray, tuple)):
            yield Guess(
                "an element that the index names several times gets the gradient of its last use alone",
                replaced(step, _written_over),
                step=step,
                fix="add at the index instead of writing: np.add.at(dx, index, dy), not dx[index] = dy",
            )


def _summed(step: Step, way: int) -> int | None:
    """The axis of dy over which the gradient of an argument is a sum: that of the examples, say."""
    if step.op.builtin in ("matmul", "linear") and step.y.ndim == 2:
        return None if step.parameter(way) == "bias" else 1 if way == 0 else 0
    if step.op.builtin in ("softmax", "log_softmax", "layer_norm", "cumsum"):
        dim = step.named["dim"]
        return dim if isinstance(dim, int) else dim[0] if isinstance(dim, tuple) and len(dim) == 1 else None
    return None


def _one_term(way: int, place: int, step: Step, dy: Array) -> dict[int, Array]:
    axis = _summed(step, way)
    assert axis is not None
    alone = np.zeros_like(dy)
    at = (slice(None),) * (axis % dy.ndim) + (place,)
    alone[at] = dy[at]
    return {**step.local(dy), way: step.local(alone)[way]}


def _routes(users: list[tuple[int, int]], recording: Recording) -> str:
    return " and ".join(recording.route(*user) for user in users)


def _along(path: tuple[tuple[int, int], ...], recording: Recording) -> Array:
    ways = dict(path)
    return recording.gradient(
        {step.place: only(ways[step.place]) if step.place in ways else only() for step in recording.steps}
    )


def _written_over(step: Step, dy: Array) -> dict[int, Array]:
    dx = np.zeros(step.named["input"].shape)
    dx[step.named["index"]] = dy
    return {0: dx}


# Links of the chain -----------------------------------------------------------------------------------------


def chain(recording: Recording) -> Iterator[Guess]:
    """The derivative of one link is left out, of all behind it, or of all before it."""
    name = recording.name
    for step in recording.steps:
        if step.op.builtin in _MOVES:
            continue
        for way in step.ways:
            yield Guess(
                f"yours is what comes out when {step.name} hands the gradient on as it arrives, "
                "not multiplied by its own derivative",
                replaced(step, partial(_skip, way)),
                step=step,
                title=f"the derivative of {step.name} is left out of the chain",
                fix=f"multiply by the derivative of {step.name}",
            )
    for step in recording.steps[:-1]:
        yield Guess(
            f"yours is the gradient of the result of {step.name}; the way from there to {name} is missing",
            partial(_arrived, step.place),
            step=step,
            title="the chain stops too early",
            fix=f"go on to {name}: multiply by the derivative of {step.name}, and of what is before it",
        )
    for step in recording.steps[:-1]:
        yield Guess(
            f"yours is dy times the derivative of {step.name} by {name}; what comes after is missing",
            partial(_from, step.place),
            step=step,
            title=f"the derivative of what comes after {step.name} is left out of the chain",
            fix=f"begin at y: the gradient that arrives at {step.name} is dy times the derivative of y by it",
        )
    yield Guess(
        "yours is dy itself",
        lambda r: r.dy,
        title="the derivative of the function is missing: dy is handed on as it is",
        fix="multiply dy by the derivative of the function",
    )


def _arrived(place: int, recording: Recording) -> Array:
    return recording.arrived[recording.steps[place].node]


def _skip(way: int, step: Step, dy: Array) -> dict[int, Array]:
    return {**step.local(dy), way: dy}


def _from(place: int, recording: Recording) -> Array:
    step = recording.steps[place]
    seed = np.broadcast_to(recording.dy, step.y.shape) if recording.dy.ndim == 0 else recording.dy
    if seed.shape != step.y.shape:
        raise ValueError("dy does not fit there")
    return recording.gradient(seeds={step.node: seed})


def product_rule(recording: Recording) -> Iterator[Guess]:
    """(u v)' taken to be u' v', and (u / v)' to be u' / v'."""
    for step in recording.steps:
        if step.op.builtin in ("mul", "div") and len(step.ways) == 2:
            times = step.op.builtin == "mul"
            yield Guess(
                f"yours is the {'product' if times else 'quotient'} of the derivatives of the two",
                partial(_of_derivatives, step.place),
                step=step,
                fix="(u v)' = u' v + u v'" if times else "(u / v)' = (u' v - u v') / v ** 2",
            )


def _of_derivatives(place: int, recording: Recording) -> Array:
    step = recording.steps[place]
    u, v = (
        recording.x * 0 + 1 if recording.is_x(edge) else recording.gradient(seeds={edge: np.ones(edge.shape)})
        for edge in (step.node.edges[way] for way in step.ways)
    )
    dy = recording.arrived[step.node]
    return dy * u * v if step.op.builtin == "mul" else dy * u / v


# The upstream gradient --------------------------------------------------------------------------------------


def upstream_ignored(recording: Recording) -> Iterator[Guess]:
    """dy is not multiplied in."""
    yield Guess(
        "yours is the derivative alone: dy = 1 gives the same numbers",
        lambda r: r.gradient(seeds={r.root: np.ones_like(r.dy)}),
    )


def upstream_ignored_inside(recording: Recording) -> Iterator[Guess]:
    """What arrives at a step in the middle is not multiplied in."""
    for step in recording.steps[:-1]:
        yield Guess(
            f"yours is what comes out when the gradient that arrives at {step.name} is taken to be 1",
            replaced(step, _as_if_one),
            step=step,
            title=f"the gradient that arrives at {step.name} is ignored",
            fix=f"multiply by what arrives at {step.name}: dy, times the derivatives on the way from y",
        )


def _as_if_one(step: Step, dy: Array) -> dict[int, Array]:
    return step.local(np.ones_like(dy))


def upstream_added_up(recording: Recording) -> Iterator[Guess]:
    """dy is made one number before it is multiplied in."""
    for said, make in (("added up", np.sum), ("averaged", np.mean)):
        yield Guess(
            f"yours has the same number, dy {said}, in place of each element of dy",
            partial(_one_upstream, make),
            title=f"dy is {said} to one number",
            fix="every element of dy goes its own way back: multiply by dy as it is",
        )


def _one_upstream(make: Callable[[Array], Array], recording: Recording) -> Array:
    alike = np.full_like(recording.dy, make(recording.dy))
    return recording.gradient(seeds={recording.root: alike})


def upstream_twice(recording: Recording) -> Iterator[Guess]:
    """dy is multiplied in twice."""
    yield Guess(
        "dy ** 2 in place of dy gives your numbers",
        lambda r: r.gradient(seeds={r.root: r.dy * r.dy}),
    )


def nothing(recording: Recording) -> Iterator[Guess]:
    """The gradient is 0, or nothing is returned."""
    if not recording.trial.yours.any():  # not merely small: there is no rounding in a 0
        yield Guess("every element of yours is 0", lambda r: np.zeros_like(r.x))

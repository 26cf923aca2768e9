"""Results of both libraries beside each other: values, shapes, dtypes, and gradients of two orders."""

import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import minigrad as mg

from .convert import LeftOut, leaves

RTOL = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-9}
"""How far numbers may lie apart, of the largest one."""

Pairs = list[tuple[Any, Any]]
"""Tensors of minigrad, each with PyTorch's that had the same numbers before the call."""


@contextmanager
def silenced() -> Iterator[None]:
    """Without the warnings of either library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def outcome(run: Callable[[], Any]) -> Any:
    """What comes of it; an exception is an answer like any other."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
        return error


def refused(y: Any, z: Any) -> str | None:
    """Of outcomes of minigrad and PyTorch: what is otherwise if one raised, or both; None if none did.

    Where both do, minigrad's exception has to be one that an ``except`` written for PyTorch's catches.
    Raises LeftOut for what minigrad refuses by name.
    """
    if type(y) is NotImplementedError:
        raise LeftOut(f"refused by name: {first_line(y)}")
    if isinstance(y, type(z)) and isinstance(z, Exception):
        return ""
    there = f"PyTorch raises {type(z).__name__}: {first_line(z)}" if isinstance(z, Exception) else ""
    if isinstance(y, Exception):
        here = f"raises {type(y).__name__}: {first_line(y)}"
        return f"{here}; {there}" if there else here
    return f"accepted; {there}" if there else None


def short(value: Any) -> str:
    """A tensor by its dtype and shape, anything else as it is written."""
    import torch

    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(short, value))}]"
    return repr(value)


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:150]


def results(y: Any, z: Any, only_shape: bool) -> str:
    import torch

    ours, theirs = list(leaves(y)), list(leaves(z))
    if len(ours) != len(theirs):
        return f"{len(ours)} results; PyTorch gives {len(theirs)}"
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(b, torch.Tensor):
            if b.layout is not torch.strided or b.is_complex():
                raise LeftOut("a sparse or complex result")
            if found := differs(a, b, only_shape):
                return found
            if a.requires_grad != b.requires_grad:
                return f"requires_grad is {a.requires_grad}; PyTorch's {b.requires_grad}"
        elif type(a) is not type(b) or not (a == b or (a != a and b != b) or only_shape):
            return f"{a!r}; PyTorch gives {b!r}"
    return ""


def differs(a: Any, b: Any, only_shape: bool = False) -> str:
    if not isinstance(a, mg.Tensor):
        return f"{type(a).__name__} in place of a tensor"
    if a.shape != tuple(b.shape):
        return f"shape {a.shape}; PyTorch's {tuple(b.shape)}"
    if str(a.dtype) != str(b.dtype).removeprefix("torch."):
        return f"dtype {a.dtype}; PyTorch's {str(b.dtype).removeprefix('torch.')}"
    x, y = a.detach().numpy(), b.numpy(force=True)  # some of PyTorch's zeros have no memory
    if only_shape or not x.size:
        return ""
    if x.dtype.kind != "f":
        wrong = x != y
    else:
        finite = np.abs(y[np.isfinite(y)])
        rtol = RTOL[str(x.dtype)]
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        wrong = ~np.isclose(x, y, rtol=rtol, atol=rtol * scale, equal_nan=True)
    if not wrong.any():
        return ""
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{int(wrong.sum())} of {x.size} numbers differ: at {place} {x[place]!s}, PyTorch's {y[place]!s}"


def left_in_arguments(pairs: Pairs, only_shape: bool) -> str:
    for ours, theirs in pairs:
        if found := differs(ours, theirs, only_shape):
            return f"afterwards an argument has {found}"
    return ""


def roots_and_inputs(y: Any, z: Any, pairs: Pairs) -> tuple[Pairs, Pairs]:
    """The results that have a gradient, and the arguments that they have it with respect to."""
    import torch

    roots = [
        (a, b)
        for a, b in zip(leaves(y), leaves(z), strict=True)
        if isinstance(b, torch.Tensor) and b.requires_grad
    ]
    return roots, [(a, b) for a, b in pairs if b.requires_grad and b.is_leaf]


def gradients(y: Any, z: Any, pairs: Pairs) -> str:
    """Whether a random upstream gives the same gradients."""
    import torch

    roots, inputs = roots_and_inputs(y, z, pairs)
    if not roots or not inputs:
        return ""
    rng = np.random.default_rng(0)
    (ys, zs), (xs, ws) = zip(*roots, strict=True), zip(*inputs, strict=True)
    upstreams = [np.asarray(rng.normal(size=a.shape), a.dtype) for a in ys]
    kept: dict[str, Any] = {"retain_graph": True, "allow_unused": True}
    try:
        right = torch.autograd.grad(zs, ws, [torch.tensor(up) for up in upstreams], **kept)
    except RuntimeError as error:
        raise LeftOut(f"a gradient that PyTorch fails to compute: {first_line(error)}") from None
    try:
        found = mg.autograd.grad(ys, xs, [mg.tensor(up) for up in upstreams], **kept)
    except Exception as error:  # noqa: BLE001
        return f"backward raises {type(error).__name__}: {first_line(error)}"
    for i, (dx, dz) in enumerate(zip(found, right, strict=True)):
        if dx is None or dz is None:
            only, whose = (dz, "PyTorch") if dx is None else (dx, "minigrad")
            if only is not None and bool((only != 0).any()):
                return f"gradient {i}: only {whose} has one"
        elif problem := differs(dx, dz):
            return f"gradient {i}: {problem}"
    return ""


def second_gradients(y: Any, z: Any, pairs: Pairs) -> str:
    """Whether the gradients of the gradients, too, are the same, for a random upstream of each."""
    import torch

    rng = np.random.default_rng(1)

    def draw(beside: Sequence[Any], requires_grad: bool) -> tuple[list[Any], list[Any]]:
        numbers = [np.asarray(rng.normal(size=tuple(t.shape))) for t in beside]
        ours = [mg.tensor(x, requires_grad=requires_grad) for x in numbers]
        return ours, [torch.tensor(x, requires_grad=requires_grad) for x in numbers]

    roots, inputs = roots_and_inputs(y, z, pairs)
    if not roots or not inputs or any(b.dtype is not torch.float64 for _, b in roots):
        return ""
    (ys, zs), (xs, ws) = zip(*roots, strict=True), zip(*inputs, strict=True)
    dys, dzs = draw(zs, requires_grad=True)
    unused: dict[str, Any] = {"allow_unused": True, "materialize_grads": True}
    try:
        first = torch.autograd.grad(zs, ws, dzs, create_graph=True, **unused)
        places = [i for i, dw in enumerate(first) if dw.requires_grad]
        if not places:
            return ""
        ups, their_ups = draw([first[i] for i in places], requires_grad=False)
        right = torch.autograd.grad([first[i] for i in places], [*dzs, *ws], their_ups, **unused)
    except RuntimeError:  # PyTorch has no second gradient of this
        return ""
    try:
        first = mg.autograd.grad(ys, xs, dys, create_graph=True, **unused)
        # Of what depends on nothing PyTorch makes, now and then, a 0 that requires a gradient. It adds 0.
        depending = [(first[i], up) for i, up in zip(places, ups, strict=True) if first[i].requires_grad]
        found: Any = [mg.zeros_like(x) for x in (*dys, *xs)]
        if depending:
            dxs, ups = (list(column) for column in zip(*depending, strict=True))
            found = mg.autograd.grad(dxs, [*dys, *xs], ups, **unused)
    except Exception as error:  # noqa: BLE001
        return f"the second backward raises {type(error).__name__}: {first_line(error)}"
    for i, (dx, dz) in enumerate(zip(found, right, strict=True)):
        if problem := differs(dx, dz):
            return f"second gradient {i}: {problem}"
    return ""


def seeded() -> None:
    """The same samples each time."""
    import torch

    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 (PyTorch's samples draw from it)
    random.seed(0)

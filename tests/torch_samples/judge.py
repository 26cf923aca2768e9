"""One call on both sides: do they agree?"""

import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg

from .convert import LACKING, LeftOut, leaves, to_minigrad
from .offered import SYMBOLS, Offer

UNSTABLE = {"argsort": ("dim",), "sort": ("dim",), "topk": ("k", "dim")}
"""What sorts, and its first arguments by name."""

RTOL = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-9}


@dataclass
class Call:
    """The arguments of a call of PyTorch, and whether it is there to be refused."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    to_be_refused: bool = False

    def __str__(self) -> str:
        parts = [*map(short, self.args), *(f"{name}={short(value)}" for name, value in self.kwargs.items())]
        return ", ".join(parts)


def short(value: Any) -> str:
    """A tensor by its dtype and shape, anything else as it is written."""
    import torch

    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(short, value))}]"
    return repr(value)


def judge(offer: Offer, call: Call) -> str:
    """What minigrad does otherwise than PyTorch in this call; "" where they agree.

    Raises LeftOut if the call needs what minigrad does not offer.
    """
    left_out(offer, call)
    known: dict[int, Any] = {}
    args, kwargs = to_minigrad(call.args, known), to_minigrad(call.kwargs, known)
    tensors = [x for x in leaves([call.args, call.kwargs]) if id(x) in known]
    pairs = [(known[id(x)], x) for x in dict.fromkeys(tensors)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            z = offer.theirs(*call.args, **call.kwargs)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the answer)
            z = error
        try:
            y = offer.ours(*args, **kwargs)
        except Exception as error:  # noqa: BLE001
            y = error
        if isinstance(z, Exception):
            if not call.to_be_refused:
                raise LeftOut("a sample that PyTorch takes in another form of the operation only")
            return (
                ""
                if isinstance(y, Exception)
                else f"accepted; PyTorch raises {type(z).__name__}: {first_line(z)}"
            )
        if type(y) is NotImplementedError:
            raise LeftOut(f"refused by name: {first_line(y)}")
        if isinstance(y, Exception):
            return f"raises {type(y).__name__}: {first_line(y)}"
        for name in ("values", "indices"):
            if isinstance(z, tuple) and hasattr(z, name) and not hasattr(y, name):
                return f"the result has no .{name}"
        random = offer.random or bool(call.kwargs.get("dropout_p"))
        if offer.last in UNSTABLE and not call.kwargs.get("stable"):
            y, z = _picked(offer, y, args, kwargs), _picked(offer, z, call.args, call.kwargs)
        return (
            _results(y, z, random)
            or _left_in_arguments(pairs, random)
            or ("" if random else _gradients(y, z, pairs) or _second_gradients(y, z, pairs))
        )


def left_out(offer: Offer, call: Call) -> None:
    """Raise LeftOut if the call is in a form that minigrad does not offer, or that nobody can write."""
    import torch

    for option in call.kwargs:
        if option in LACKING:
            raise LeftOut(LACKING[option])
    if offer.name.startswith("Tensor."):
        if not isinstance(call.args[0], torch.Tensor):
            raise LeftOut("a method of what is no tensor")
        if offer.last in SYMBOLS and call.kwargs:
            raise LeftOut("an option, for an operator of Python's")


def _picked(offer: Offer, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a sort that need not be stable, with the numbers at its indices in place of the indices:
    which of equal ones comes first is not said.
    """
    x = args[0].detach().numpy()
    places = dict(zip(UNSTABLE[offer.last], args[1:], strict=False)) | kwargs
    values, indices = (None, result) if offer.last == "argsort" else result
    order = indices.numpy()
    numbers = x if not x.ndim else np.take_along_axis(x, order, places.get("dim", -1))
    if isinstance(indices, mg.Tensor):
        numbers = mg.tensor(numbers)
    else:
        import torch

        numbers = torch.tensor(numbers)
    return numbers if values is None else (values, numbers, str(indices.dtype).removeprefix("torch."))


def first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:150]


def _results(y: Any, z: Any, only_shape: bool) -> str:
    import torch

    ours, theirs = list(leaves(y)), list(leaves(z))
    if len(ours) != len(theirs):
        return f"{len(ours)} results; PyTorch gives {len(theirs)}"
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(b, torch.Tensor):
            if b.layout is not torch.strided or b.is_complex():
                raise LeftOut("a sparse or complex result")
            if found := _differs(a, b, only_shape):
                return found
            if a.requires_grad != b.requires_grad:
                return f"requires_grad is {a.requires_grad}; PyTorch's {b.requires_grad}"
        elif type(a) is not type(b) or not (a == b or (a != a and b != b) or only_shape):
            return f"{a!r}; PyTorch gives {b!r}"
    return ""


def _differs(a: Any, b: Any, only_shape: bool = False) -> str:
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


def _left_in_arguments(pairs: list[tuple[Any, Any]], only_shape: bool) -> str:
    for ours, theirs in pairs:
        if found := _differs(ours, theirs, only_shape):
            return f"afterwards an argument has {found}"
    return ""


def _gradients(y: Any, z: Any, pairs: list[tuple[Any, Any]]) -> str:
    """Whether a random upstream gives the same gradients."""
    import torch

    rng = np.random.default_rng(0)
    roots = []
    for a, b in zip(leaves(y), leaves(z), strict=True):
        if isinstance(b, torch.Tensor) and b.requires_grad:
            upstream = np.asarray(rng.normal(size=tuple(b.shape)), a.dtype)
            roots.append((a, b, mg.tensor(upstream), torch.tensor(upstream)))
    inputs = [(ours, theirs) for ours, theirs in pairs if theirs.requires_grad and theirs.is_leaf]
    if not roots or not inputs:
        return ""
    ours, theirs, ours_upstream, theirs_upstream = (list(column) for column in zip(*roots, strict=True))
    try:
        right = torch.autograd.grad(
            theirs, [x for _, x in inputs], theirs_upstream, retain_graph=True, allow_unused=True
        )
    except RuntimeError as error:
        raise LeftOut(f"a gradient that PyTorch fails to compute: {first_line(error)}") from None
    try:
        found = mg.autograd.grad(
            ours, [x for x, _ in inputs], ours_upstream, retain_graph=True, allow_unused=True
        )
    except Exception as error:  # noqa: BLE001
        return f"backward raises {type(error).__name__}: {first_line(error)}"
    for i, (dx, dz) in enumerate(zip(found, right, strict=True)):
        if dx is None or dz is None:
            only, whose = (dz, "PyTorch") if dx is None else (dx, "minigrad")
            if only is not None and bool((only != 0).any()):
                return f"gradient {i}: only {whose} has one"
        elif problem := _differs(dx, dz):
            return f"gradient {i}: {problem}"
    return ""


def _second_gradients(y: Any, z: Any, pairs: list[tuple[Any, Any]]) -> str:
    """Whether the gradients of the gradients, too, are the same, for a random upstream of each."""
    import torch

    rng = np.random.default_rng(1)

    def draw(beside: Sequence[Any], requires_grad: bool) -> tuple[list[Any], list[Any]]:
        numbers = [np.asarray(rng.normal(size=tuple(t.shape))) for t in beside]
        ours = [mg.tensor(x, requires_grad=requires_grad) for x in numbers]
        return ours, [torch.tensor(x, requires_grad=requires_grad) for x in numbers]

    roots = [
        (a, b)
        for a, b in zip(leaves(y), leaves(z), strict=True)
        if isinstance(b, torch.Tensor) and b.requires_grad
    ]
    inputs = [(a, b) for a, b in pairs if b.requires_grad and b.is_leaf]
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
        if problem := _differs(dx, dz):
            return f"second gradient {i}: {problem}"
    return ""


def seeded() -> None:
    """The same samples each time."""
    import torch

    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 (PyTorch's samples draw from it)
    random.seed(0)

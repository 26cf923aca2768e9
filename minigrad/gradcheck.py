"""Is a gradient right? Compare it with what moving the inputs a little does.

For y = f(x) and a random upstream v, backward claims that the gradient of v . y by x is g. Moving one element
of x by eps and -eps tells the same number independently: v . (f(x + eps) - f(x - eps)) / (2 eps), up to eps
** 2. The upstream is random because an upstream of ones hides mistakes: a transposed product, anything after
a softmax.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.engine.backward import grad
from minigrad.tensor import Tensor


class GradcheckError(RuntimeError):
    """An analytical gradient differs from the numerical one."""


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, Tensor) else list(values)


def _checked_inputs(name: str, inputs: Sequence[Any]) -> list[int]:
    """The places of the inputs to be checked: every floating tensor that requires grad."""
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not places:
        raise ValueError(f"{name}: no input requires grad, so there is nothing to check")
    for i in places:
        if inputs[i].dtype != np.float64:
            raise ValueError(
                f"{name}: input {i} is {inputs[i].dtype}. Finite differences need float64: in float32 "
                "rounding is as large as what is measured. Use x.double()."
            )
        if 0 in inputs[i]._data.strides and inputs[i].numel() > 1:
            raise ValueError(
                f"{name}: input {i} was expanded: its elements share memory and cannot be moved one by one"
            )
    return places


def _weighted(outputs: list[Tensor], upstream: list[Any]) -> float:
    return float(sum(float((y._data * v).sum()) for y, v in zip(outputs, upstream, strict=True)))


def _directions(value: float, step: float, before: float, middle: float, after: float, tol: float) -> bool:
    """Whether the slopes on the two sides of ``value`` differ by more than a smooth function's could: a kink."""
    left, right = (middle - before) / step, (after - middle) / step
    return abs(left - right) > tol * max(1.0, abs(left), abs(right))


def numerical_gradient(
    fn: Callable[..., Any], inputs: Sequence[Any], place: int, upstream: list[Any], eps: float
) -> tuple[Any, list[tuple[int, ...]]]:
    """The gradient of sum(upstream . fn(inputs)) by one input, by central differences, and where kinks are.

    A kink (relu at 0, a tie of max) is seen by comparing the slopes on the left and the right over eps and
    over a tenth of it: on a smooth function they approach each other as the step shrinks, on a kink they stay
    apart.
    """
    x = inputs[place]
    gradient = np.zeros(x.shape)
    kinks = []

    def at(index: tuple[int, ...], moved: float) -> float:
        before = x._data[index]
        x._data[index] = before + moved
        try:
            return _weighted(_outputs(fn, inputs), upstream)
        finally:
            x._data[index] = before

    here = _weighted(_outputs(fn, inputs), upstream)
    for index in np.ndindex(*x.shape):
        ahead, behind = at(index, eps), at(index, -eps)
        gradient[index] = (ahead - behind) / (2 * eps)
        apart = abs(ahead - 2 * here + behind) / eps
        scale = max(1.0, abs(gradient[index]))
        if apart > 1e-4 * scale:
            near = eps / 8
            closer = abs(at(index, near) - 2 * here + at(index, -near)) / near
            if closer > 0.5 * apart:  # it would be an eighth on a smooth function
                kinks.append(index)
            elif abs(apart - 8 * closer) > 0.5 * apart:
                kinks.append(index)  # the kink is beside the point, between the two steps
    return gradient, kinks


def _outputs(fn: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    return [y for y in _listed(fn(*inputs)) if isinstance(y, Tensor) and y.dtype.kind == "f"]


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    seed: int = 0,
) -> bool:
    """Whether backward through ``func`` agrees with finite differences, for every input that requires grad.

    ``func(*inputs)`` returns a tensor or several. Inputs are float64. The upstream gradient is random, from
    ``seed``. An element at which the function has a kink has no derivative: it is left out, and a warning
    says which.

    Raises GradcheckError with the worst element, or returns False with ``raise_exception=False``.
    """
    inputs = _listed(inputs)
    places = _checked_inputs("gradcheck", inputs)
    rng = np.random.default_rng(seed)
    outputs = [y for y in _outputs(func, inputs) if y.requires_grad]
    if not outputs:
        raise ValueError("gradcheck: no output of the function depends on an input that requires grad")
    upstream = [rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape) for y in outputs]
    every = [
        upstream[next(j for j, z in enumerate(outputs) if z is y)]
        if any(z is y for z in outputs)
        else np.zeros(y.shape)
        for y in outputs
    ]
    gradients = grad(
        outputs,
        [inputs[i] for i in places],
        [Tensor._wrap(v) for v in upstream],
        allow_unused=True,
        retain_graph=True,
    )

    def differentiable(*values: Any) -> list[Tensor]:
        return [y for y in _outputs(func, values) if y.requires_grad]

    for place, analytical in zip(places, gradients, strict=True):
        numerical, kinks = numerical_gradient(differentiable, inputs, place, every, eps)
        found = np.zeros(numerical.shape) if analytical is None else np.array(analytical._data)
        if kinks:
            warnings.warn(
                f"gradcheck: the function has a kink at {len(kinks)} of {numerical.size} elements of input "
                f"{place}, first at {kinks[0]}: no derivative there, so they were not compared",
                stacklevel=2,
            )
            for index in kinks:
                found[index] = numerical[index]
        error = np.abs(found - numerical) - (atol + rtol * np.abs(numerical))
        if not np.all(error <= 0):  # NaN is an error, too
            if not raise_exception:
                return False
            raise GradcheckError(_difference(place, found, numerical, error))
    return True


def _difference(place: int, found: Any, numerical: Any, error: Any) -> str:
    worst = np.unravel_index(int(np.argmax(np.where(np.isnan(error), np.inf, error))), error.shape)
    index = tuple(int(i) for i in worst)
    wrong = int((~(error <= 0)).sum())
    return (
        f"gradcheck: the gradient of input {place} is wrong at {wrong} of {found.size} elements. "
        f"At {index or 'its only element'} backward gives {found[worst]:.8g}, finite differences "
        f"{numerical[worst]:.8g}.\n"
        f"backward:\n{found}\nfinite differences:\n{numerical}"
    )


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    seed: int = 0,
) -> bool:
    """gradcheck of the gradient: whether the second derivatives, by the inputs and by the upstream, are
    right.
    """
    inputs = _listed(inputs)
    places = _checked_inputs("gradgradcheck", inputs)
    outputs = [y for y in _outputs(func, inputs) if y.requires_grad]
    rng = np.random.default_rng(seed + 1)
    if grad_outputs is None:
        upstream = [Tensor(rng.uniform(0.5, 1.5, y.shape), requires_grad=True) for y in outputs]
    else:
        upstream = [Tensor(np.array(dy._data), requires_grad=True) for dy in _listed(grad_outputs)]
    count = len(inputs)

    def gradient(*values: Any) -> list[Tensor]:
        results = [y for y in _outputs(func, values[:count]) if y.requires_grad]
        found = grad(
            results, [values[i] for i in places], values[count:], create_graph=True, materialize_grads=True
        )
        return [g for g in found if g.requires_grad]

    if not gradient(*inputs, *upstream):
        raise ValueError("gradgradcheck: the gradient depends on nothing that requires grad")
    return gradcheck(
        gradient,
        [*inputs, *upstream],
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        seed=seed,
    )

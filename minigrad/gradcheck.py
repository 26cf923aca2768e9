"""Is a gradient right? Compare it with what moving the inputs a little does.

For outputs y = f(x) and an upstream gradient v, backward claims that the gradient of v . y by x is g.
Moving one element of x by a small step h to both sides tells that number without any rule:

    slope(h) = (v . f(x + h) - v . f(x - h)) / (2 h),    which is g up to a multiple of h ** 2.

The upstream is random: one of ones hides mistakes such as a transposed product, or anything after a softmax.

Where f has a kink (relu at 0, a tie of max) or a jump, slope(h) is no derivative. The bend shows it,

    bend(h) = |slope to the right - slope to the left| = |v . f(x + h) - 2 v . f(x) + v . f(x - h)| / h.

It falls to zero with h where f is smooth, however steep; at a kink it stays as large as the slopes differ,
and at a jump slope or bend grows as 1 / h. So where the first look shows a bend, or disagrees with backward,
a closer one is taken, with steps of a tenth and a hundredth. If the bend goes and the slope does not grow,
the last slope is used (a kink beside the point is stepped around in this way); else the element has no
derivative and is left out. A warning tells of both.

Two looks at each element are many where there are many elements. The fast mode takes two for an input as a
whole: along a random direction u, from x - h u to x + h u, the slope is g . u. Where that agrees, and nothing
bends, it is content; else it goes through the elements as above, so that its verdict never comes from the sum
alone. What it can miss is an error that is small beside the whole slope.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from minigrad.callsite import warn
from minigrad.devices import place
from minigrad.engine.backward import grad
from minigrad.tensor import Tensor


class GradcheckError(RuntimeError):
    """A gradient differs from finite differences, or cannot be compared with them."""


class Tolerance(NamedTuple):
    """How far a slope may be off: atol + rtol |slope|, and what rounding adds when the step is small."""

    atol: float
    rtol: float
    rounding: float  # times 1 / step

    def of(self, slope: float, step: float) -> float:
        """The largest difference that is no error."""
        return self.atol + self.rtol * abs(slope) + self.rounding / step

    def hides(self, slope: float, step: float) -> bool:
        """Whether rounding may be more than a tenth of such a slope, and more than ``atol``."""
        return self.rounding / step > max(self.atol, abs(slope) / 10)


class Slope(NamedTuple):
    """What finite differences say about one element: its slope, and where a kink is, if there is one."""

    value: float
    kink: str | None = None  # "at" the element, or "beside" it


def _listed(values: Any) -> list[Any]:
    return [values] if isinstance(values, Tensor) else list(values)


def host(x: Tensor) -> Any:
    """The numbers of a tensor as a NumPy array, wherever they are: they are compared there."""
    return place.to_host(x._data)


def _differentiable(outputs: list[Any]) -> list[int]:
    """Which of the outputs are differentiable: not the indices that sort returns as well, say."""
    return [k for k, y in enumerate(outputs) if isinstance(y, Tensor) and y.requires_grad]


def _outputs(func: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    """The differentiable outputs of ``func(*inputs)``."""
    outputs = _listed(func(*inputs))
    return [outputs[k] for k in _differentiable(outputs)]


def _checked(name: str, inputs: Sequence[Any]) -> list[int]:
    """Where in ``inputs`` the tensors to be checked are: those that require grad."""
    places = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not places:
        raise ValueError(f"{name}: no input requires grad, so there is nothing to check")
    for i in places:
        if inputs[i].dtype != np.float64:
            raise ValueError(
                f"{name}: input {i} is {inputs[i].dtype}. Finite differences need float64: in float32 "
                "rounding is as large as what is measured. Use x.double()."
            )
        if not place.writeable(inputs[i]._data):
            raise ValueError(
                f"{name}: input {i} is expanded or read-only, so its elements cannot be moved one by one. "
                "clone() it."
            )
    return places


# PyTorch's options that are not supported here, with the values that ask for nothing. (check_undefined_grad
# is about undefined gradients. There are none here: a rule runs only when its gradient has arrived.)
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "check_undefined_grad": (True, False),
    "check_grad_dtypes": (False,),
    "check_batched_grad": (False,),
    "check_batched_forward_grad": (False,),
    "check_forward_ad": (False,),
    "check_backward_ad": (True,),
    "check_fwd_over_rev": (False,),
    "check_rev_over_rev": (True,),
    "gen_non_contig_grad_outputs": (False,),
    "masked": (None, False),
}


def _refuse(name: str, options: dict[str, Any]) -> None:
    for option, value in options.items():
        if option not in _UNSUPPORTED:
            raise TypeError(f"{name} has no argument {option!r}")
        if value not in _UNSUPPORTED[option]:
            raise NotImplementedError(f"{name}: {option}={value!r} is not supported")


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
    seed: int = 0,
    **unsupported: Any,
) -> bool:
    """Whether backward through ``func`` agrees with finite differences: |g - slope| <= atol + rtol |slope|.

    ``func(*inputs)`` returns a tensor or several. Every input that requires grad is checked; it must be
    float64. Other inputs are passed on as they are. ``eps`` is the step, ``seed`` that of the random upstream
    gradient. The function is called twice to see that it gives the same both times, up to ``nondet_tol``.

    That is two calls for each element, or with ``fast_mode`` two for each input if all is well: it is moved
    as a whole along a random direction u, and g . u is compared. Only where that disagrees or a kink is near,
    its elements are gone through one by one. It sees errors of more than about 2 atol + 2 rtol |g . u|.

    Elements at a kink have no derivative: they are left out, and a warning says so. PyTorch's other options
    are accepted at their defaults. A disagreement raises GradcheckError; with ``raise_exception=False`` it
    returns False.
    """
    _refuse("gradcheck", unsupported)
    inputs = _listed(inputs)
    options = (eps, atol, rtol, raise_exception, nondet_tol, fast_mode, seed)
    return _check(func, lambda _: func(*inputs), inputs, *options)


def _check(
    func: Callable[..., Any],
    moved: Callable[[int], Any],
    inputs: list[Any],
    eps: float,
    atol: float,
    rtol: float,
    raise_exception: bool,
    nondet_tol: float,
    fast_mode: bool,
    seed: int,
) -> bool:
    """gradcheck of ``func``. ``moved(i)`` is what it gives where the i-th input alone has been moved."""
    places = _checked("gradcheck", inputs)
    every = _listed(func(*inputs))
    which = _differentiable(every)
    outputs = [every[k] for k in which]
    if not outputs:
        raise ValueError("gradcheck: no output of the function depends on an input that requires grad")
    rng = np.random.default_rng(seed)
    upstream = [rng.uniform(0.5, 1.5, y.shape) * rng.choice([-1.0, 1.0], y.shape) for y in outputs]

    def weighted(i: int) -> float:
        """v . f(x), where input i has been moved"""
        results = _listed(moved(i))
        return sum(float((v * host(results[k])).sum()) for v, k in zip(upstream, which, strict=True))

    try:
        if not all(
            np.allclose(host(y), host(again), rtol=0, atol=nondet_tol, equal_nan=True)
            for y, again in zip(outputs, _outputs(func, inputs), strict=True)
        ):
            raise GradcheckError(
                "gradcheck: the function gave different outputs for the same inputs, so it cannot be "
                "compared with itself a step away. Is it random? Call manual_seed at its start."
            )
        starts = [
            Tensor._wrap(place.put(place.as_array(v), y.device))
            for v, y in zip(upstream, outputs, strict=True)
        ]
        gradients = grad(outputs, [inputs[i] for i in places], starts, allow_unused=True)
        magnitude = sum(float(np.abs(v * host(y)).sum()) for v, y in zip(upstream, outputs, strict=True))
        tolerance = Tolerance(atol, rtol, rounding=1e-14 * magnitude)  # some 50 units in the last place
        with np.errstate(all="ignore"):  # a step may leave the domain: the NaN it gives is reported below
            here = weighted(places[0])
            largest = 0.0
            for i, gradient in zip(places, gradients, strict=True):
                at_i, size = partial(weighted, i), None
                if fast_mode:
                    size = _compare_along(rng, at_i, here, inputs[i], gradient, eps, tolerance)
                if size is None:
                    size = _compare(at_i, here, inputs[i], gradient, f"input {i}", eps, tolerance)
                largest = max(largest, size)
        if tolerance.hides(largest, eps):
            raise GradcheckError(
                f"gradcheck: rounding hides what is to be compared. The outputs are {magnitude:.1g} in all, "
                f"so slopes in steps of {eps:g} may be off by {tolerance.rounding / eps:.1g}; none is larger "
                f"than {largest:.1g}. Subtract what is constant in the outputs, scale the input so that its "
                "slopes are larger, or take a larger eps."
            )
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _compare_along(
    rng: np.random.Generator,
    weighted: Callable[[], float],
    here: float,
    x: Tensor,
    gradient: Tensor | None,
    eps: float,
    tolerance: Tolerance,
) -> float | None:
    """Compare g . u with the slope along u, whose elements are 0.5 to 1.5 either way.

    Returns the slope's size; None if something looks wrong, and a look at each element has to say what.
    """
    if x.numel() < 2:
        return None
    direction = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
    claimed = 0.0 if gradient is None else float((host(gradient) * direction).sum())
    array, before = x._data, x._data.copy()
    along = place.beside(array, eps * direction)

    def at(moved: Any) -> float:
        array[...] = moved
        try:
            return weighted()
        finally:
            array[...] = before

    ahead, behind = at(before + along), at(before - along)
    slope = (ahead - behind) / (2 * eps)
    bend = abs(ahead - 2 * here + behind) / eps
    within = tolerance.of(slope, eps)
    # Written so that a NaN is wrong, too.
    agrees = abs(claimed - slope) <= within and bend <= within and not tolerance.hides(slope, eps)
    return abs(slope) if agrees else None


def _compare(
    weighted: Callable[[], float],
    here: float,
    x: Tensor,
    gradient: Tensor | None,
    name: str,
    eps: float,
    tolerance: Tolerance,
) -> float:
    """Compare the gradient that backward gave for ``x`` with the slopes of ``weighted()`` by its elements.

    ``here`` is what it gives where nothing is moved. Returns the size of the largest.
    """
    found = np.zeros(x.shape) if gradient is None else host(gradient)
    expected = np.empty(x.shape)
    kinks: dict[str, list[tuple[int, ...]]] = {"at": [], "beside": []}
    wrong = []
    for index in np.ndindex(*x.shape):
        slope = slope_along(weighted, x._data, index, here, float(found[index]), eps, tolerance)
        expected[index] = slope.value
        if slope.kink is not None:
            kinks[slope.kink].append(index)
        error = 0.0 if slope.kink == "at" else abs(found[index] - slope.value)
        # Written so that a NaN is wrong, too, at a kink as well.
        if not (np.isfinite(found[index]) and error <= tolerance.of(slope.value, eps)):
            wrong.append(index)
    _warn(name, x.shape, kinks)
    if wrong:
        raise GradcheckError(_difference(name, gradient, expected, wrong))
    return float(np.abs(expected).max(initial=0))


def slope_along(
    weighted: Callable[[], float],
    x: Any,
    index: tuple[int, ...],
    here: float,
    claimed: float,
    eps: float,
    tolerance: Tolerance,
) -> Slope:
    """The slope of ``weighted()`` by ``x[index]``, in steps of ``eps``, or less if something looks wrong."""
    value = x[index].item()

    def at(moved: float) -> float:
        x[index] = value + moved
        try:
            return weighted()
        finally:
            x[index] = value

    def look(step: float) -> tuple[float, float]:
        ahead, behind = at(step), at(-step)
        return (ahead - behind) / (2 * step), abs(ahead - 2 * here + behind) / step

    def close(a: float, b: float, step: float) -> bool:
        return abs(a - b) <= tolerance.of(b, step)

    # A kink within reach makes the slope wrong by at most half of the bend: a small bend does no harm.
    first, bend = look(eps)
    if bend <= tolerance.of(first, eps) and close(claimed, first, eps):
        return Slope(first)
    (second, _), (third, bend3) = look(eps / 10), look(eps / 100)
    if not np.isfinite([first, second, third]).all():
        return Slope(np.nan)
    # On a smooth function, what is left of the last bend is a hundredth of the first.
    kink = bend3 > max(tolerance.of(third, eps / 100), bend / 30)
    jump = abs(third) > 3 * abs(second) + tolerance.of(third, eps / 100)
    if kink or jump:
        return Slope(third, "at")
    if close(first, third, eps / 100):
        return Slope(first)
    # If the function is only steep, that hundredth is there; where a kink stayed behind, nothing is.
    stepped_around = bend3 + 100 * tolerance.rounding / eps < bend / 300
    return Slope(third, "beside" if stepped_around else None)


def _warn(name: str, shape: tuple[int, ...], kinks: dict[str, list[tuple[int, ...]]]) -> None:
    said = [
        f"{what} {len(indices)} of {math.prod(shape)} elements of {name}, first at {indices[0]}: {done}"
        for indices, what, done in (
            (kinks["at"], "has no derivative, for a kink or a jump, at", "they were left out"),
            (kinks["beside"], "has a kink just beside", "it was stepped around"),
        )
        if indices
    ]
    if said:
        warn(f"gradcheck: the function {'; it '.join(said)}")


def _difference(name: str, gradient: Tensor | None, expected: Any, wrong: list[tuple[int, ...]]) -> str:
    if gradient is None:
        return (
            f"gradcheck: backward gives no gradient for {name}, but the outputs change with it. Finite "
            f"differences:\n{expected}"
        )
    found = host(gradient)
    first = wrong[0]
    text = (
        f"gradcheck: the gradient of {name} is wrong at {len(wrong)} of {found.size} elements. At "
        f"{first or 'its only element'} backward gives {found[first]:.8g}, finite differences "
        f"{expected[first]:.8g}."
    )
    if not np.isfinite(expected[first]):
        text += " The function is not finite around this input: move the input away from the edge."
    elif found[first] != 0 and np.allclose(
        found, expected * (factor := found[first] / expected[first]), rtol=1e-4
    ):
        text += f" Everywhere backward gives {factor:.4g} times the right number: a factor or a sign?"
    return f"{text}\nbackward:\n{found}\nfinite differences:\n{expected}"


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    fast_mode: bool = False,
    seed: int = 0,
    **unsupported: Any,
) -> bool:
    """gradcheck of the gradient: whether second derivatives, by the inputs and by the upstream, are right.

    ``grad_outputs`` is the upstream at which to check; random if it is not given.
    """
    _refuse("gradgradcheck", unsupported)
    inputs = _listed(inputs)
    places = _checked("gradgradcheck", inputs)
    outputs = _outputs(func, inputs)
    rng = np.random.default_rng(seed + 1)
    if grad_outputs is None:
        drawn = [rng.uniform(0.5, 1.5, y.shape) for y in outputs]
        upstream = [
            Tensor(place.beside(y._data, v), requires_grad=True) for v, y in zip(drawn, outputs, strict=True)
        ]
    else:
        upstream = [Tensor(dy._data.copy(), requires_grad=True) for dy in _listed(grad_outputs)]
    count = len(inputs)

    def gradient(*values: Any) -> list[Any]:
        results = _outputs(func, values[:count])
        wanted, above = [values[i] for i in places], values[count:]
        return list(
            grad(results, wanted, above, retain_graph=True, create_graph=True, materialize_grads=True)
        )

    def moved(i: int) -> list[Any]:
        """The gradient without a record of how, which takes half the time; an upstream moves no output."""
        results = outputs if i >= count else _outputs(func, inputs)
        return list(
            grad(results, [inputs[i] for i in places], upstream, retain_graph=True, materialize_grads=True)
        )

    options = (eps, atol, rtol, raise_exception, nondet_tol, fast_mode, seed)
    return _check(gradient, moved, [*inputs, *upstream], *options)

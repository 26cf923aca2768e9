"""Where a result does not change with x: is its derivative by x 0, or is there none?

Both, as in PyTorch. An operation that steps (floor, sign, fill_) has the derivative 0, by `zero_gradient`, so
that x gets a gradient all the same. One that bends decides by looking at x which gradient to return, and that
gradient is flat in x. Of relu, leaky_relu and hardtanh, whose rules end in `flat_in`, the second derivative
is 0. Of clamp, maximum, max, sort and where, whose rules pick, it is missing: the gradient under
``create_graph=True`` has no history that leads back to x.
"""

import numpy as np

from minigrad.engine.op import Array, is_tensor, op, raw


def zero_gradient(dy: Array) -> Array:
    """The gradient by what the result is flat in: 0 whatever dy is, where 0 times an infinite one is NaN"""
    return np.where(np.zeros_like(raw(dy), dtype=bool), dy, 0)


def flat_in(dx: Array, x: Array) -> Array:
    """dx, which was chosen by looking at x, with a derivative by x, which is 0"""
    return chosen_by(dx, x) if is_tensor(dx) else dx  # an array has no history to enter it in


@op
def chosen_by(input: Array, other: Array) -> Array:
    """y = x, as a function of ``other``, too, that is flat in it"""
    return input.copy()


@chosen_by.grad("input")
def _(dy: Array) -> Array:
    return dy


@chosen_by.grad("other")
def _(dy: Array) -> Array:
    return zero_gradient(dy)

"""
Lesson 0: an engine from nothing
================================

A network learns by knowing, for each of its numbers, how the result would change if that number changed a
little. The part of a library that finds this out is its engine. It is no magic: here we write one, for single
numbers first and then for arrays, in about a hundred lines. At the end it gives the same values and the same
gradients as minigrad.

    python lessons/00_engine.py
"""

import itertools
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, viz
from minigrad.course.examples.two_paths import one_path, two_paths
from minigrad.course.examples.used_twice import smallest

output = Path("output/00_engine")
output.mkdir(parents=True, exist_ok=True)

# %%
# What we want
# ------------
# Here is a small computation: ``x = 3 * a``, ``y = a + 1``, and the result is ``z = x * y``. If ``a`` moves
# a little, the result moves too. By how much, for each unit that ``a`` moves? That is the slope of ``z`` by
# ``a``, its derivative, and we call it the gradient of ``a``. It can be measured: move ``a`` a little to
# both sides.


def measured_slope(function: Callable[[float], float], a: float, step: float = 1e-6) -> float:
    return (function(a + step) - function(a - step)) / (2 * step)


at = two_paths.given["a"].item()
slope = measured_slope(lambda a: (3 * a) * (a + 1), at)
print(two_paths.say("At a = {a} the result is {z}."), f"The measured slope is {slope:.4f}.")

# %%
# Measuring takes two runs of the whole computation for each number, which is too slow for a million of
# them. An engine finds all gradients in one go. It needs two things: a record of what was computed from
# what, and a way to walk through this record.
#
# Numbers that remember
# ---------------------
# Our numbers remember which others they were computed from: their parents. With each parent stands one more
# thing, the slope of this one step: by how much the result of the step changes for each unit that the
# parent moves. For a sum it is 1. For a product ``a * b`` it is ``b`` for ``a`` and ``a`` for ``b``. For
# ``a ** n``, ``exp`` and ``log`` it is the derivative that you know from school. Everything else is made of
# these.
#
# Each number also gets a serial number, counted up from 0 as numbers are made. It will be of use soon.

serial = itertools.count()


class Number:
    def __init__(self, data: float, parents: tuple = ()):
        self.data = data
        self.grad = 0.0
        self.parents = parents  # pairs: a number this one was computed from, and the slope by it
        self.serial = next(serial)

    def __add__(self, other):
        other = as_number(other)
        return Number(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_number(other)
        return Number(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, n: float):
        return Number(self.data**n, ((self, n * self.data ** (n - 1)),))

    def exp(self):
        e = math.exp(self.data)
        return Number(e, ((self, e),))

    def log(self):
        return Number(math.log(self.data), ((self, 1 / self.data),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_number(other)

    def __truediv__(self, other):
        return self * as_number(other) ** -1

    __radd__, __rmul__ = __add__, __mul__  # for 3 + a and 3 * a, where a plain number stands first


def as_number(value) -> Number:
    return value if isinstance(value, Number) else Number(value)


# %%
# Backward, too hasty
# -------------------
# Now walk back from the result. Its own gradient is 1: if it moves by one unit, it moves by one unit. And
# if ``z`` has the gradient ``z.grad``, then a parent that moves ``z`` by ``slope`` for each of its units
# moves the result by ``z.grad * slope``. Where several numbers were computed from one parent, each of them
# moves the result, and their parts add up. So the obvious program is: hand each parent its part, and go on
# from there.


def hasty(node: Number) -> None:
    for parent, slope in node.parents:
        parent.grad += node.grad * slope
        hasty(parent)


a = Number(at)
z = (3 * a) * (a + 1)
z.grad = 1.0
hasty(z)
assert two_paths["a"].gradient.agrees(a.grad)
print(f"The hasty walk finds the gradient of a: {a.grad:.0f}.")

# %%
# It works! So it seems. Now try this: ``y = 3 * a`` and ``z = y + y``. That is ``6 * a``, and the slope
# must be 6.

print()
print(smallest.text(gradients=False))

a = Number(smallest.given["a"].item())
y = 3 * a
z = y + y
z.grad = 1.0
hasty(z)
wrong = a.grad
print(f"\nThe hasty walk says {wrong:.0f}. Right is {smallest['a'].gradient}.")
assert wrong == 9 and smallest["a"].gradient.agrees(6)

# %%
# What went wrong? ``z`` hands ``y`` its first part, 1, and the walk rushes on: ``y`` hands 3 to ``a``. Then
# ``z`` hands ``y`` its second part. Now ``y`` has 2, and hands 6 to ``a``: all that it has, though it has
# handed on the first part before. 3 and 6 make 9.
#
# Should each number hand on only once, the first time it is reached? Then ``y`` hands on 3, and what comes
# later is lost: 3, which is wrong, too.
#
# There is no smaller graph in which this happens. The number that hands on too early is not the result, for
# the result has its gradient from the start. It is not at the beginning either, for there is nothing to
# hand on to. So it stands between two others, and it must be used twice: three numbers (not counting the
# constant 3), and three arrows.
#
# The right order
# ---------------
# The cure is patience: **a number hands on its gradient when all numbers that use it have handed theirs**.
# We need the numbers in an order in which each one comes after all that use it. Such an order is called
# topological.
#
# We have one at hand. A number can only be used when it has been made, so whatever uses it has a higher
# serial number. Newest first is a topological order.


def newest_first(result) -> list:
    """The result and all that it was computed from, each after all that use it."""
    found, to_visit = {result}, [result]
    while to_visit:
        for parent, _ in to_visit.pop().parents:
            if parent not in found:
                found.add(parent)
                to_visit.append(parent)
    return sorted(found, key=lambda node: node.serial, reverse=True)


def backward(result: Number) -> None:
    result.grad = 1.0
    for node in newest_first(result):
        for parent, slope in node.parents:
            parent.grad += node.grad * slope


a = Number(smallest.given["a"].item())
y = 3 * a
z = y + y
backward(z)
for name, node in {"a": a, "y": y, "z": z}.items():
    assert smallest[name].value.agrees(node.data)
    assert smallest[name].gradient.agrees(node.grad)
print(smallest.say("Newest first: z has {grad.z}, y has {grad.y}, a has {grad.a}. Right!"))

# %%
# Each number is visited once, and it is a loop, not a function that calls itself. So long computations are
# no trouble. Here is one in which doubling is done 1,000 times. From the end back to ``a`` there are 2 to
# the power of 1,000 ways, more than a program could ever walk, but only 1,001 numbers.

a = z = Number(1.0)
for _ in range(1000):
    z = z + z
backward(z)
assert a.grad == 2.0**1000
print("Checked: after 1,000 doublings the gradient is 2 to the power of 1,000.")

# %%
# The engine for single numbers is done. Lesson 3 works two examples on paper; here are their numbers.

a = Number(two_paths.given["a"].item())
x = 3 * a
y = a + 1
z = x * y
backward(z)
for name, node in {"a": a, "x": x, "y": y, "z": z}.items():
    assert two_paths[name].value.agrees(node.data) and two_paths[name].gradient.agrees(node.grad)

a = Number(one_path.given["a"].item())
y = 3 * a
u = y.log()
z = -u
backward(z)
for name, node in {"a": a, "y": y, "u": u, "z": z}.items():
    assert one_path[name].value.agrees(node.data) and one_path[name].gradient.agrees(node.grad)
print("Checked: eight values and eight gradients that were worked out on paper.")

# %%
# The picture
# -----------
# minigrad records what is computed in the same way, and draws it: a round box for each operation with its
# result, a green one for ``a``, and arrows from parents to what was computed from them. Here is the smallest
# graph, and, in orange, how backward goes through it: in ``step1`` ``z`` has handed on both its parts, and
# ``y`` has its 2; in ``step2`` ``y`` has handed them on.

a = mg.tensor(smallest.given["a"].item(), requires_grad=True)
y = 3 * a
z = y + y
for step in range(3):
    viz.graph(z, step=step).save(output / f"step{step}.png")
z.backward()
assert smallest["a"].gradient.agrees(a.grad)
print(f"The pictures: {output.resolve()}")

# %%
# Arrays
# ------
# A network has thousands of numbers, and a Python object for each would be slow. So let each node hold a
# whole array. Little changes, for an array is many numbers at once:
#
# - In place of a slope stands a *rule*: a function that takes the gradient of the result, ``dy``, and
#   returns the gradient of the parent. Both are arrays, of the shapes of result and parent.
# - A product of matrices gets a rule of its own. In ``y = a @ b`` the element ``a[i, k]`` goes into all
#   ``y[i, j]`` of its row, and each time it is multiplied by ``b[k, j]``. So its gradient is the sum over
#   ``j`` of ``dy[i, j] * b[k, j]``, and that is ``dy @ b.T``. In the same way ``b`` gets ``a.T @ dy``.
# - NumPy lets a small array meet a large one: a row of 3 can be added to each row of a table of 5 by 3.
#   Then each number of the row is used five times, and its five parts have to be added. ``fit`` does that.


class Array:
    def __init__(self, data, parents: tuple = ()):
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = np.zeros_like(self.data)
        self.parents = parents  # pairs: an array this one was computed from, and the rule for its gradient
        self.serial = next(serial)

    def __add__(self, other):
        other = as_array(other)
        return Array(self.data + other.data, ((self, lambda dy: dy), (other, lambda dy: dy)))

    def __mul__(self, other):
        other = as_array(other)
        return Array(
            self.data * other.data, ((self, lambda dy: dy * other.data), (other, lambda dy: dy * self.data))
        )

    def __pow__(self, n: float):
        return Array(self.data**n, ((self, lambda dy: dy * n * self.data ** (n - 1)),))

    def __matmul__(self, other):
        return Array(
            self.data @ other.data,
            ((self, lambda dy: dy @ other.data.T), (other, lambda dy: self.data.T @ dy)),
        )

    def exp(self):
        e = np.exp(self.data)
        return Array(e, ((self, lambda dy: dy * e),))

    def log(self):
        return Array(np.log(self.data), ((self, lambda dy: dy / self.data),))

    def sum(self):
        return Array(self.data.sum(), ((self, lambda dy: np.full(self.data.shape, dy)),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_array(other)

    def __truediv__(self, other):
        return self * as_array(other) ** -1

    __radd__, __rmul__ = __add__, __mul__


def as_array(value) -> Array:
    return value if isinstance(value, Array) else Array(value)


def fit(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add up the parts of each number that was used several times because its array was smaller."""
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def backward_arrays(result: Array) -> None:
    result.grad = np.ones_like(result.data)
    for node in newest_first(result):
        for parent, rule in node.parents:
            parent.grad = parent.grad + fit(rule(node.grad), parent.data.shape)


# %%
# That is all of it. The order is the same as before: ``newest_first`` does not care what a node holds.
#
# Beside minigrad
# ---------------
# Let us compute something of the kind that networks are made of: 5 examples of 3 inputs, a layer of 4
# units, one result for each example, and the mean of the squares of how far the results are from what we
# want. The later lessons say what each part is for; here we only ask whether two engines agree. The same
# function runs on both.


def distance(X, Y, W1, b1, W2, b2):
    h = (1 + (-(X @ W1 + b1)).exp()) ** -1
    return ((h @ W2 + b2 - Y) ** 2).sum() * (1 / 5)


numbers = np.random.default_rng(0)
given = [numbers.normal(size=shape) for shape in [(5, 3), (5, 1), (3, 4), (4,), (4, 1), (1,)]]
ours = [Array(array) for array in given]
theirs = [mg.tensor(array, requires_grad=True) for array in given]

our_result, their_result = distance(*ours), distance(*theirs)
backward_arrays(our_result)
their_result.backward()

assert math.isclose(our_result.data, their_result.item(), rel_tol=1e-12)
for our, their in zip(ours, theirs, strict=True):
    assert np.allclose(our.grad, their.grad, rtol=1e-12, atol=1e-14)
print(f"\nOurs: {our_result.data:.12f}   minigrad: {their_result.item():.12f}")
print(f"Checked: the value and all {sum(our.grad.size for our in ours)} gradients are the same.")

# %%
# And it learns. Move each weight a little against its gradient, 100 times, and the result falls, by the
# same steps with both engines.

for _ in range(100):
    ours[2:] = [Array(weight.data - 0.1 * weight.grad) for weight in ours[2:]]
    theirs[2:] = [mg.tensor(weight.data - 0.1 * weight.grad, requires_grad=True) for weight in theirs[2:]]
    our_loss, their_loss = distance(*ours), distance(*theirs)
    backward_arrays(our_loss)
    their_loss.backward()
    assert math.isclose(our_loss.data, their_loss.item(), rel_tol=1e-9)
print(f"Checked: after 100 steps of learning {our_result.data:.3f} has become {our_loss.data:.3f} with both.")

# %%
# minigrad's engine, in ``minigrad/engine/``, is this one with what daily use asks for: it forgets what is
# no longer needed, it can differentiate its own gradients, and it notices when you overwrite a number that
# backward still needs.
#
# Exercise
# --------
# Suppose that there are no serial numbers. Write ``order``, which finds a topological order all the same: a
# list of the result and all nodes that it was computed from, each of them once, and each after all that use
# it. Of a node you may look at ``parents`` only. Take out the line with ``raise``, and run the lesson
# again.
#
# One way is to count. First walk through all nodes and count for each how many arrows lead to it from those
# that use it; in ``z = y + y``, two arrows lead to ``y``. Then begin the list with the result. Whenever a
# node is put into the list, take away its arrows; a parent whose last arrow is taken away can go into the
# list, too. Computations are long, so let no function call itself.


def order(result) -> list:
    raise NotImplementedError


# %%
# The check makes random graphs, and long ones.


def check(order: Callable[..., list]) -> None:
    def node(*parents: Number) -> Number:
        made = Number(0.0, tuple((parent, 1.0) for parent in parents))
        made.serial = chance.random()  # of no use
        return made

    chance = random.Random(0)
    for size in range(1, 40):
        nodes = [node()]
        for _ in range(size - 1):
            nodes.append(node(*chance.choices(nodes[-6:], k=chance.randint(0, 3))))
        nodes.append(node(*chance.choices(nodes, k=3), nodes[-1]))
        check_order(order, nodes[-1])

    long = node()
    for _ in range(5000):
        long = node(long, long)
    try:
        check_order(order, long)
    except RecursionError:
        raise course.NotYet("Python stops functions that call themselves so often. Use a loop.") from None


def check_order(order: Callable[..., list], result: Number) -> None:
    behind, to_visit = {result}, [result]
    while to_visit:
        for parent, _ in to_visit.pop().parents:
            if parent not in behind:
                behind.add(parent)
                to_visit.append(parent)
    got = order(result)
    if not isinstance(got, list) or not all(isinstance(node, Number) for node in got):
        raise course.NotYet("It should return a list of nodes.")
    if len(got) != len(set(got)):
        raise course.NotYet("It has a node more than once.")
    if set(got) != behind:
        raise course.NotYet(f"It should have {len(behind)} nodes, and has {len(got)}, or it has others.")
    place = {node: number for number, node in enumerate(got)}
    for node in got:
        for parent, _ in node.parents:
            if place[parent] < place[node]:
                raise course.NotYet("It has a node before one that uses it.")


print()
print(course.solved(order, check))

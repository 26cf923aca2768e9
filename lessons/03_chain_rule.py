"""
Lesson 3: local rules, and the chain rule that joins them
=========================================================

To learn, a network must know how its result would change if a weight changed a little. The answer is a number
for each weight, the gradient. It looks hard to find, because a result depends on a weight through many steps.
But each step on its own is easy, and one rule joins the steps. That is all that backward does.

    python lessons/03_chain_rule.py
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import minigrad as mg
from minigrad import course
from minigrad.course.examples import local_rules
from minigrad.course.examples.two_paths import one_path, two_paths

output = Path("output/03_chain_rule")
output.mkdir(parents=True, exist_ok=True)

# %%
# What a gradient is
# ------------------
# Take a function of one number, and move the number a little to both sides. How much does the result change
# for each unit of movement? That is the slope, and the gradient is the slope for very small movements. So
# we can always measure it.


def function(a: float) -> float:
    x = 3 * a
    y = a + 1
    return x * y


def slope(function: Callable[[float], float], a: float, step: float = 1e-6) -> float:
    return (function(a + step) - function(a - step)) / (2 * step)


at = two_paths.given["a"].item()
print(
    two_paths.say("At a = {a} the function is {z},"), f"and its measured slope is {slope(function, at):.4f}."
)

# %%
# Measuring is slow: a network with a million weights would have to be run two million times. The rest of
# this lesson finds the same number by rules.
#
# Six local rules
# ---------------
# A step of the graph takes ``a`` and ``b`` and makes ``z``. Suppose that the gradient of the final result
# by ``z`` is known already: call it ``dz``. If ``a`` moves by one unit, ``z`` moves by so much as the step
# is steep, its local derivative; and for each unit that ``z`` moves, the result moves by ``dz``. So the
# gradient of ``a`` is ``dz`` times the local derivative. These are the rules:
#
# =============  =================  ===================
# step           gradient of a      gradient of b
# =============  =================  ===================
# z = a + b      dz                 dz
# z = a * b      dz * b             dz * a
# z = a / b      dz / b             -dz * a / b**2
# z = -a         -dz
# z = exp(a)     dz * z
# z = log(a)     dz / a
# =============  =================  ===================
#
# A sum hands on what arrives to both: if ``a`` moves by one, so does ``z``. A product sends each factor
# what arrives times the *other* factor: if ``a`` moves by one, ``z`` moves by ``b``. ``exp`` is its own
# derivative, so its rule uses the result.
#
# Here is each rule with numbers. The final result is five times ``z``, and so what arrives at ``z`` is
# five. Cover the gradients with your hand and work them out before you look.

of_two = [local_rules.add, local_rules.multiply, local_rules.divide]
of_one = [local_rules.negate, local_rules.exponential, local_rules.logarithm]
for rule in of_two:
    print("\n" + rule.title)
    print(rule.say("  a = {a}, b = {b}, z = {z}; {grad.z} arrives; a gets {grad.a}, b gets {grad.b}"))
for rule in of_one:
    print("\n" + rule.title)
    print(rule.say("  a = {a}, z = {z}; {grad.z} arrives; a gets {grad.a}"))

# %%
# Each of these numbers is compared with what minigrad computes.

for rule in of_two + of_one:
    rule.check()
print("\nChecked: all six rules, every number.")

# %%
# One way: multiply
# -----------------
# Now several steps in a row: ``y = 3 * a``, then ``u = log(y)``, then ``z = -u``. Backward begins at the
# end. The gradient of ``z`` by itself is 1. Each step back multiplies by its local derivative, and what
# comes out at ``a`` is their product. This is the chain rule: dz/da = dz/du * du/dy * dy/da.

print()
print(one_path.text(footer=False))
one_path.check()

# %%
# Two ways: add
# -------------
# In our first function, ``a`` is used twice: ``z = x * y`` with ``x = 3 * a`` and ``y = a + 1``. A change
# of ``a`` reaches ``z`` by two ways, and the changes add up. So the gradients of the two ways are added:
# dz/da = dz/dx * dx/da + dz/dy * dy/da.

print()
print(two_paths.text(footer=False))
two_paths.check()
measured = slope(function, at)
assert two_paths["a"].gradient.agrees(measured)
print("\nChecked: the two ways add up to the slope that we measured.")

# %%
# The picture
# -----------
# Each box shows the value, worked out from the top down, and below it the gradient, worked out from the
# bottom up. The pictures ``step0`` to ``step3`` show in orange how backward goes: no step is taken before
# everything that uses its result has sent its gradient. In ``step2``, ``a`` has one of the two parts of its
# gradient.

two_paths.picture().save(output / "two_paths.png")
for step in range(4):
    two_paths.picture(step).save(output / f"step{step}.png")
print(f"\nThe pictures: {output.resolve()}")

# %%
# There is a page as well, for your browser, that takes the same steps one after another. Each step back shows
# what arrives, the local derivative and what is sent on, and where it is added to what came before. Say what
# comes next before you press the key.

page = two_paths.scrub(output / "two_paths.html")
print(f"The page to step through: {page.resolve()}")

# %%
# The same with minigrad
# ----------------------
# ``backward()`` walks the recorded graph, uses the local rule of each operation, multiplies along the ways
# and adds where ways meet. The gradient of ``a`` is then in ``a.grad``.

a = mg.tensor(at, requires_grad=True)
z = function(a)
z.backward()
assert two_paths["a"].gradient.agrees(a.grad)
print(f"\nChecked: a.grad is {a.grad.item():.0f}, the number worked out by hand.")

# %%
# Exercise
# --------
# Here is a new operation, the share of ``a`` in the sum of two numbers: ``z = a / (a + b)``. Write its
# local rule: given the gradient ``dz`` that arrives at ``z``, return the gradients of ``a`` and of ``b``.
#
# Name the sum ``s = a + b`` and draw the graph of ``s`` and ``z``. How many ways lead from ``z`` back to
# ``a``, and how many to ``b``? The rules above give you each step. Take out the line with ``raise``, and
# return the two gradients: ``return da, db``.


def share(a: float, b: float) -> float:
    return a / (a + b)


def share_rule(dz: float, a: float, b: float) -> tuple[float, float]:
    raise NotImplementedError


# %%
# The check measures slopes at a few points, each time with another ``dz``. If it fails and you do not see
# why: ``mg.explain_gradient`` takes a rule (its first parameter called ``dy``) and names the slip.


def check(rule: Callable[..., tuple[float, float]]) -> None:
    for seed, (a, b) in enumerate([(1.0, 3.0), (2.5, 0.5), (-1.0, 4.0), (0.3, 0.3)]):
        course.check_rule(rule, share, a, b, seed=seed)


print()
print(course.solved(share_rule, check))

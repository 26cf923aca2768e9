"""
Lesson 4: softmax regression by hand
====================================

The smallest network that tells classes apart: scores, softmax, cross-entropy. With two inputs and two classes
every number fits on one sheet of paper. We work it forward and backward, follow the three ways on which one
bias acts on the loss, and find that they add up to something very short. Then we take three examples at once,
and one step of learning.

    python lessons/04_softmax_regression.py
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, optim
from minigrad.course.examples.batch import as_matrix, of_three
from minigrad.course.examples.softmax_regression import by_hand, with_vectors

output = Path("output/04_softmax_regression")
output.mkdir(parents=True, exist_ok=True)

# %%
# Forward
# -------
# An example has two inputs, ``x1`` and ``x2``. Each class has two weights and a bias; ``w12`` is the weight
# that the first class gives to the second input. The score of the first class is
# ``z1 = w11 * x1 + w12 * x2 + b1``, and ``z2`` is made in the same way. Softmax makes probabilities of the
# scores in three steps: ``h = exp(z)`` makes them positive, ``H`` is their sum, and ``yhat = h / H`` are
# shares of it. The target ``y`` has a 1 at the right class and a 0 at the other.
#
# The loss is the cross-entropy ``L = -(y1 * log(yhat1) + y2 * log(yhat2))``. Only the right class counts in
# it, for the other is multiplied by 0. So it is minus the logarithm of the probability that the network
# gives to the right class: 0 if that is 1, and large if it is small. (Lesson 5 says why just this.)
#
# Take a sheet of paper and work it out, line by line. The products have names, too: ``p12`` is
# ``w12 * x2``, and ``m1`` and ``m2`` are the two products in the loss.

print(by_hand.text(gradients=False))
print()
print(by_hand.say("The network gives the right class a probability of {yhat1}. The loss is {L}."))

# %%
# Backward
# --------
# Now from the bottom up, with the local rules of lesson 3. The gradient of ``L`` by itself is 1. ``L = -s``
# turns the sign. The sum ``s`` hands it on to ``m1`` and ``m2``. The product ``m1 = y1 * l1`` multiplies it
# by ``y1``, and ``m2`` by ``y2``, which is 0: so nothing comes back to ``l2`` and ``yhat2``. And so on.
# Where a number is used twice, add what comes back: ``H`` is used by ``yhat1`` and ``yhat2``, and ``h1`` by
# ``yhat1`` and ``H``.

print()
from_the_bottom_up = list(reversed(by_hand.nodes))
print(by_hand.text(only=from_the_bottom_up, footer=False))

# %%
# Every number of the two tables, forward and backward, is compared with minigrad. Change one of them in
# ``minigrad/course/examples/softmax_regression.py`` and run the lesson again: it says which one is wrong.

by_hand.check()
print(f"\nChecked: {len(by_hand.nodes)} values, and every gradient beside them, are what minigrad computes.")

# %%
# The picture
# -----------
# All of it at once, with more digits: the value of every step and, below it in orange, its gradient. A blue
# box with round corners is an operation with its result. The others were given: a green one has a gradient,
# a white one, ``y1`` or ``y2``, has none, for nobody asks how the loss would change with the target. The two
# sums without a name are ``p11 + p12`` and ``p21 + p22``: ``z1`` and ``z2`` before the bias is added.

by_hand.picture().save(output / "by_hand.png")
print(f"The picture: {(output / 'by_hand.png').resolve()}")

# %%
# Three ways into one bias
# ------------------------
# How does ``b1`` act on the loss? It raises ``z1`` and so ``h1``; and ``h1`` is used in three places:
#
# 1. above the line in ``yhat1 = h1 / H``;
# 2. in ``H``, below the line in ``yhat1``;
# 3. in ``H``, below the line in ``yhat2``.
#
# Write down the local derivative of each step on each way, from the loss back to ``b1``, and multiply. Most
# of it cancels: ``H/h1 * 1/H * h1`` is 1. (``l1`` is the logarithm of ``yhat1``, so its derivative is
# ``1/yhat1``, and that is ``H/h1``.)

*ways, together = by_hand.paths
for number, way in enumerate(ways, 1):
    print(f"\nWay {number}: {' -> '.join(way.nodes)}")
    print(f"  local derivatives: {', '.join(map(str, way.locals))}")
    print(f"  their product: {way.product} = {way.value}")

# %%
# The sum of the three is ``-y1 + y1*h1/H + y2*h1/H``. Put ``yhat1`` for ``h1/H``, and it is
# ``-y1 + (y1 + y2) * yhat1``. One of ``y1`` and ``y2`` is 1 and the other 0, so ``y1 + y2`` is 1, and there
# remains
#
# ``dL/db1 = yhat1 - y1``.
#
# The gradient is what the network said, minus what is right. The same holds for ``b2`` and for the scores.

print(f"\nThe sum: {together.product} = {together.value}")
print("Checked: the ways are complete, each step is right, and they add up to the gradient of b1.")

# %%
# With vectors
# ------------
# Nobody writes this out for a thousand inputs. With a matrix ``W`` and vectors it is five lines, for any
# number of inputs and classes. And there is a rule for the weights: ``W[i, j]`` is multiplied by ``x[j]``
# on its way to ``z[i]``, so its gradient is that of ``z[i]`` times ``x[j]``.

W = mg.tensor(with_vectors.given["W"], requires_grad=True)
b = mg.tensor(with_vectors.given["b"], requires_grad=True)
x = mg.tensor(with_vectors.given["x"])
y = mg.tensor(with_vectors.given["y"])

z = W @ x + b
h = mg.exp(z)
yhat = h / h.sum()
L = -(y * mg.log(yhat)).sum()
L.backward()

print()
print(with_vectors.text(footer=False))
with_vectors.check()
difference = (yhat - y).detach().numpy()
assert with_vectors["b"].gradient.agrees(b.grad)
assert np.allclose(b.grad, difference)
assert np.allclose(W.grad, [[difference[i] * x[j].item() for j in range(2)] for i in range(2)])
print("\nChecked: dL/db is yhat - y, and dL/dW[i, j] is (yhat - y)[i] times x[j].")

# %%
# A batch of three
# ----------------
# One example says little about which weights are good. So take three, A, B and C, and let ``J`` be the mean
# of their losses. Now ``x`` and ``y`` are vectors, and ``p`` is the vector of probabilities. ``W`` and
# ``b`` are shared: three ways lead back to them, one through each loss. So the gradient of the mean is the
# mean of the three gradients.

print()
lines = [letter + example for example in "ABC" for letter in "xyzpL"]
print(of_three.text(gradients=False, only=["W", "b", *lines, "J"], footer=False))
print(
    of_three.say(
        """
dL/db1 of A, which we know:                  {gA[0]:>5}
dL/db1 of B, which is of the second class:   {gB[0]:>5}
dL/db1 of C:                                 {gC[0]:>5}
dJ/db1, their mean:                          {g[0]:>5}"""
    )
)

# %%
# One step of learning
# --------------------
# The gradient points to where the loss grows. So go a little the other way: new = old - alpha * gradient.
# ``alpha`` is the learning rate.

print(of_three.say("\nnew b1 = {b[0]} - {alpha} * {g[0]} = {new_b[0]}"))
of_three.check()

# %%
# In minigrad this is what the optimiser ``SGD`` does. The three examples go through the network at once, as
# the rows of a matrix ``X``.

W = mg.tensor(as_matrix.given["W"], requires_grad=True)
b = mg.tensor(as_matrix.given["b"], requires_grad=True)
X = mg.tensor(as_matrix.given["X"])
Y = mg.tensor(as_matrix.given["Y"])


def mean_loss() -> mg.Tensor:
    P = mg.softmax(X @ W.T + b, dim=1)  # each row: the probabilities of one example
    return -(Y * mg.log(P)).sum(dim=1).mean()


before = mean_loss()
before.backward()
optim.SGD([W, b], lr=of_three.given["alpha"].item()).step()
after = mean_loss()

as_matrix.check()
assert of_three["new_b"].value.agrees(b.detach())
assert after < before
print(of_three.say("Checked: SGD takes b1 from {b[0]} to {new_b[0]},"), end=" ")
print(f"and the loss falls from {before.item():.4f} to {after.item():.4f}.")

# %%
# Exercise
# --------
# Write one step of learning yourself, with NumPy and without ``backward()``, for any number of examples,
# inputs and classes. ``W`` has a row for each class; ``X`` has a row for each example, and ``Y`` the target
# beside it. All are NumPy arrays. Return the new ``W`` and the new ``b``, and leave the old ones as they
# are.
#
# You need three things from above: what the gradient of the scores is, how it becomes that of ``b`` and of
# ``W``, and that the gradient of a mean is the mean of the gradients. A loop over the examples is good
# enough.


def step(
    W: np.ndarray, b: np.ndarray, X: np.ndarray, Y: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    raise NotImplementedError


# %%
# The check measures the slope of the loss by every weight, and looks whether your step goes down it.


def loss(W: np.ndarray, b: np.ndarray, X: np.ndarray, Y: np.ndarray) -> float:
    H = np.exp(X @ W.T + b)
    return -np.mean(np.sum(Y * np.log(H / H.sum(axis=1, keepdims=True)), axis=1))


def check(step: Callable[..., tuple[np.ndarray, np.ndarray]]) -> None:
    random = np.random.default_rng(0)
    for examples, inputs, classes in [(1, 2, 2), (3, 2, 2), (5, 4, 3)]:
        W, b = random.normal(size=(classes, inputs)), random.normal(size=classes)
        X = random.normal(size=(examples, inputs))
        Y = np.eye(classes)[random.integers(classes, size=examples)]
        course.check_step(step, loss, [W, b], [X, Y], alpha=0.1)


print()
print(course.solved(step, check))

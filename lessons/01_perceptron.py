"""
Lesson 1: the perceptron, and what a good representation is worth
=================================================================

The simplest machine that learns draws a straight line between two kinds of points. Often no straight line can
do it. Then it helps to look at the points in another way, in which a line is enough. To find such a way by
itself is what a network with several layers does.

    python lessons/01_perceptron.py
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, nn, optim, viz
from minigrad.course.examples.softmax_regression import with_vectors
from minigrad.course.examples.xor import two_layers

output = Path("output/01_perceptron")
output.mkdir(parents=True, exist_ok=True)

# %%
# A line
# ------
# Something to be classified is given by numbers, say two: ``x1`` and ``x2``. Then it is a point in a plane.
# A perceptron gives each number a weight and adds them up, with one more number, the bias:
# ``score = w1 * x1 + w2 * x2 + b``. If the score is greater than 0 it says yes, or 1; otherwise no, or 0.
# The points with score 0 form a straight line: yes is on one side of it, no on the other.


def says(X: np.ndarray, w: np.ndarray, b: float) -> np.ndarray:
    return (X @ w + b > 0).astype(int)  # for each row of X: 1 or 0


# %%
# The rule
# --------
# Frank Rosenblatt's rule of 1958 finds the weights from examples. Go through the examples, one after
# another. If the answer is right, change nothing. If it is 0 and should be 1, the score is too low: add the
# point to the weights, and 1 to the bias. If it is 1 and should be 0, subtract them. In one line, with the
# right answer ``y``:
#
# ``w = w + (y - answer) * x`` and ``b = b + (y - answer)``
#
# Why does it help? After adding, the score of this point is higher by ``x1 * x1 + x2 * x2 + 1``. We begin
# with weights of 0 and a bias of minus one half, and repeat until a whole pass goes by without a mistake.


def learn(X: np.ndarray, y: np.ndarray, passes: int = 1000) -> tuple[np.ndarray, float, list[int]]:
    w, b, mistakes = np.zeros(X.shape[1]), -0.5, []
    for _ in range(passes):
        wrong = 0
        for point, right in zip(X, y, strict=True):
            error = right - says(point, w, b)
            w, b = w + error * point, b + error
            wrong += abs(error)
        mistakes.append(int(wrong))
        if wrong == 0:
            break
    return w, b, mistakes


# %%
# Try it on "and" and "or" of two numbers that are 0 or 1. Do the first passes for "and" with a pencil. The
# first mistake is at (1, 1).

cases = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
tables = {"and": np.array([0, 0, 0, 1]), "or": np.array([0, 1, 1, 1]), "exclusive or": np.array([0, 1, 1, 0])}

learned = {}
for name in ("and", "or"):
    w, b, mistakes = learn(cases, tables[name])
    learned[name] = w, b
    assert (says(cases, w, b) == tables[name]).all()
    print(f"{name}: mistakes in each pass: {mistakes}; score = {w[0]:.0f} * x1 + {w[1]:.0f} * x2 - {-b}")
print('Checked: one perceptron knows "and", another "or".')

# %%
# When no line will do
# --------------------
# Exclusive or is yes when one of the two is 1, but not both.

*_, mistakes = learn(cases, tables["exclusive or"])
print(f"\nexclusive or: mistakes in the last of {len(mistakes)} passes: {mistakes[-1]}")
assert min(mistakes) > 0

# %%
# It would go on like this forever. For suppose that there were right weights. Then
#
# - (0, 1) is yes, so ``w2 + b > 0``; and (1, 0) is yes, so ``w1 + b > 0``. Together:
#   ``w1 + w2 + 2 * b > 0``;
# - (1, 1) is no, so ``w1 + w2 + b`` is not greater than 0. Take it away from the sum before: ``b > 0``;
# - but (0, 0) is no, so ``b`` is not greater than 0.
#
# Points that a straight line can tell apart are called linearly separable. These are not.
#
# Look at it in another way
# -------------------------
# Here is another such case: points in a disc, and points in a ring around it. No line has the disc on one
# side and the ring on the other.

chance = np.random.default_rng(0)
radius = chance.permutation(np.concatenate([chance.uniform(0, 1, 60), chance.uniform(1.4, 2.2, 90)]))
angle = chance.uniform(0, 2 * np.pi, len(radius))
points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
in_ring = (radius > 1.2).astype(int)

*_, mistakes = learn(points, in_ring, passes=100)
assert min(mistakes) > 0
print(f"disc and ring: mistakes in the last of {len(mistakes)} passes: {mistakes[-1]} of {len(points)}")

# %%
# But what tells them apart is simple: the distance from the middle, and its square is
# ``x1 * x1 + x2 * x2``. So give the perceptron the squares of the two numbers in place of the numbers. This
# change of representation is often called phi.


def phi(points: np.ndarray) -> np.ndarray:
    return points**2


w, b, mistakes = learn(phi(points), in_ring)
assert mistakes[-1] == 0
print(f"their squares: mistakes in each pass: {mistakes}")

# %%
# The picture shows both. On the right are the squares, with the line that was learned. On the left are the
# points themselves: there, the same line is a curve around the disc.

names = ("disc", "ring")
viz.beside(
    viz.scatter(points, in_ring, score=lambda p: phi(p) @ w + b, names=names, title="the points"),
    viz.scatter(phi(points), in_ring, score=lambda p: p @ w + b, names=names, title="after phi",
                x="x1 squared", y="x2 squared"),
).save(output / "representation.png")  # fmt: skip
print(f"The picture: {(output / 'representation.png').resolve()}")

# %%
# Two layers
# ----------
# For exclusive or there is a good representation, too: "or" and "and" of the two numbers. It is yes when
# "or" says yes and "and" says no, and that is a line again. And we have perceptrons for both. So let a
# third one look at what the two say, and learn.

hidden = np.column_stack([says(cases, *learned["or"]), says(cases, *learned["and"])])
w, b, mistakes = learn(hidden, tables["exclusive or"])
print("\nx1 x2   or and   exclusive or")
for case, h, answer in zip(cases, hidden, says(hidden, w, b), strict=True):
    print(f"{case[0]:2} {case[1]:2}   {h[0]:2} {h[1]:3}   {answer:12}")
assert (says(hidden, w, b) == tables["exclusive or"]).all()
print("Checked: in two layers, perceptrons know exclusive or.")


def two_layer_score(points: np.ndarray) -> np.ndarray:
    return np.column_stack([says(points, *learned["or"]), says(points, *learned["and"])]) @ w + b


viz.beside(
    viz.scatter(cases, tables["exclusive or"], score=two_layer_score, names=("no", "yes"), title="the cases"),
    viz.scatter(hidden, tables["exclusive or"], score=lambda p: p @ w + b, names=("no", "yes"),
                title="after the first layer", x="or", y="and"),
).save(output / "two_layers.png")  # fmt: skip
print(f"The picture: {(output / 'two_layers.png').resolve()}")

# %%
# In the right half of the picture, (0, 1) and (1, 0) have become the same point. So the first layer is a
# phi, and the second draws the line. It matters that each unit of the first layer makes a yes or no of its
# score. If it handed on the score itself, the second layer would add up weighted sums of weighted sums, and
# these are just weighted sums of ``x1`` and ``x2`` again: one straight line.
#
# Units that can be taught
# ------------------------
# We chose "or" and "and" for the first layer ourselves. A network is to find such units, and for that it
# must know what would be a little better. A unit that jumps from 0 to 1 cannot tell: if a weight moves a
# little, mostly nothing changes at all. So networks are made of units whose result changes gradually:
#
# - the sigmoid, ``1 / (1 + exp(-x))``, a jump made smooth. It is near 0 for very negative scores, one half
#   at 0, and near 1 for large ones;
# - ReLU, the rectified linear unit, which is the score itself where that is positive, and 0 elsewhere. Its
#   slope is 1 for each positive score, however large.

x = np.linspace(-6, 6, 241)
units = {"jump": np.where(x > 0, 1, 0), "sigmoid": mg.sigmoid(mg.tensor(x)), "ReLU": mg.relu(mg.tensor(x))}
viz.lines(
    {name: (x, y) for name, y in units.items()},
    title="Three units",
    x="score",
    limits=(-0.3, 3),
    legend_columns=3,
).save(output / "units.png")
print(f"\nThe picture: {(output / 'units.png').resolve()}")

# %%
# With ReLU, exclusive or can be worked out on paper. ``X`` has a case in each row, ``Z`` the scores of two
# units, ``H`` what they make of them, and ``y`` is the answer.

print()
print(two_layers)
two_layers.check()
print("\nChecked: every number.")

# %%
# At the end of a network stands something else. If there are several classes, each has a score, and we want
# a probability for each: positive, and 1 in all. Softmax makes them: ``exp`` of each score, divided by the
# sum of all these. For two classes, what it says is the sigmoid of the difference of the scores.

z = mg.tensor(with_vectors.given["W"] @ with_vectors.given["x"] + with_vectors.given["b"])
probabilities = mg.softmax(z, dim=0)
assert with_vectors["z"].value.agrees(z) and with_vectors["yhat"].value.agrees(probabilities)
assert np.isclose(mg.sigmoid(z[0] - z[1]).item(), probabilities[0].item())
print(with_vectors.say("\nScores {z} have the probabilities {yhat}."))
print("Checked: the first is the sigmoid of the difference of the scores.")

# %%
# Learned, not chosen
# -------------------
# Here a network finds its own first layer for exclusive or: two inputs, four sigmoid units, a score. All
# weights begin at random, and each step moves all of them a little so that the answers get better. How it
# knows where to move them is what the next lessons are about.

mg.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1))
optimizer = optim.Adam(model.parameters(), lr=0.1)
inputs = mg.tensor(cases, dtype=mg.float32)
wanted = mg.tensor(tables["exclusive or"], dtype=mg.float32)
for _ in range(300):
    loss = nn.functional.binary_cross_entropy_with_logits(model(inputs)[:, 0], wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

says_yes = mg.sigmoid(model(inputs)[:, 0]).detach().numpy()
print("\nThe network's probability of yes in the four cases:", np.round(says_yes, 2))
assert ((says_yes > 0.5) == tables["exclusive or"]).all()
print("Checked: it has learned exclusive or, first layer and all.")

# %%
# Exercise
# --------
# Points in a square, and this time yes means that ``x1`` and ``x2`` have different signs: one is positive
# and the other negative. No line can tell these from the others. Write ``new_phi``, which takes points, an
# array of shape (N, 2), and returns other numbers for each point, an array of shape (N, 1) or (N, 2) or
# with still more columns. With them the perceptron should learn to tell the points apart. Take out the line
# with ``raise``, and run the lesson again.
#
# Look at the four corners of the square first. What could you compute from ``x1`` and ``x2`` that is
# positive in two of them, and negative in the other two?


def new_phi(points: np.ndarray) -> np.ndarray:
    raise NotImplementedError


# %%
# The check lets a perceptron learn from some points, and tries it on others.


def check(phi: Callable[[np.ndarray], np.ndarray]) -> None:
    chance = np.random.default_rng(1)
    points = chance.uniform(-2, 2, (1000, 2))
    points = points[np.abs(points).min(axis=1) > 0.2]  # not too near to where the answer changes
    yes = (np.sign(points[:, 0]) != np.sign(points[:, 1])).astype(int)
    seen, new = points[:200], points[200:]

    def looked_at(points: np.ndarray) -> np.ndarray:
        got = phi(points.copy())
        if not isinstance(got, np.ndarray) or got.ndim != 2 or len(got) != len(points):
            raise course.NotYet(
                "It should return a row of numbers for each point, an array of shape (N, columns)."
            )
        if not np.isfinite(got).all():
            raise course.NotYet("It returns numbers that are infinite or not a number.")
        return got

    w, b, mistakes = learn(looked_at(seen), yes[:200], passes=200)
    if mistakes[-1]:
        raise course.NotYet(f"The perceptron still makes {mistakes[-1]} mistakes in pass {len(mistakes)}.")
    wrong = int((says(looked_at(new), w, b) != yes[200:]).sum())
    if wrong > len(new) // 50:
        raise course.NotYet(
            f"It learns what it is shown, but takes {wrong} of {len(new)} other points wrongly."
        )


print()
print(course.solved(new_phi, check))

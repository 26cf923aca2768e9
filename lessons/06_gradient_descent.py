"""
Lesson 6: going down the gradient
=================================

The gradient says in which direction the loss grows fastest. So take a step the other way, and repeat. That is
all, in principle. This lesson looks at what makes it work well: how long the steps are, what is remembered
from one step to the next, how many examples a step looks at, and how the steps grow shorter in the end.

    python lessons/06_gradient_descent.py
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, optim, viz
from minigrad.course.examples import descent
from minigrad.course.examples.batch import of_three

output = Path("output/06_gradient_descent")
output.mkdir(parents=True, exist_ok=True)

# %%
# One step by hand
# ----------------
# The simplest valley is ``f = x ** 2``. Its slope at ``x`` is ``2 * x``, and its lowest point is at 0. A
# step of gradient descent is ``new = old - alpha * gradient``, where ``alpha`` is the learning rate.

print(descent.one_step)
descent.one_step.check()
print("\nChecked: every number.", of_three.say("In lesson 4, b1 went from {b[0]} to {new_b[0]} in this way."))

# %%
# How long a step?
# ----------------
# Here is where the same start leads with other learning rates.

print("\nalpha   x after 0, 1, 2, ... steps")
ends = {}
for alpha in (0.01, 0.1, 0.5, 0.9, 1.1):
    x = mg.tensor(descent.one_step.given["x"], requires_grad=True)
    optimizer = optim.SGD([x], lr=alpha)
    places = [x.item()]
    for _ in range(6):
        optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        places.append(x.item())
    ends[alpha] = abs(places[-1])
    print(f"{alpha:5}  ", " ".join(f"{place:6.2f}" for place in places))
assert ends[0.5] < ends[0.1] < ends[0.01] < 3 < ends[1.1]
assert np.isclose(ends[0.1], ends[0.9])  # times 0.8 and times -0.8: equal but for the last bit

# %%
# Too small a rate hardly moves. A good one comes near quickly. A large one jumps across the valley to the
# other side, and if it is so large that it lands higher than it was, each step makes things worse. Each
# step multiplies ``x`` by ``1 - 2 * alpha``, so it comes nearer only if ``alpha`` is less than 1. Of
# the rates above, the second and the fourth lie equally far from the best, which is the third: they come
# equally near, the larger one by jumping to and fro. In general the limit is 2 divided by the curvature,
# the slope of the slope; here the curvature is 2.
#
# A narrow valley
# ---------------
# With two parameters there are two curvatures, and one learning rate has to do for both. This valley is 25
# times more curved across than along, and it lies at an angle.


def height(x, y):
    along, across = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
    return 0.5 * along**2 + 12.5 * across**2


# %%
# The rate must be less than 2 divided by 25 because of the steep walls. But then it is far too small for
# the gentle slope along the valley. Plain descent jumps from wall to wall, and creeps along. The known
# remedies remember something from step to step.
#
# **Momentum** keeps a velocity ``v``, in which past gradients live on: ``v = mu * v + g``, and then
# ``x = x - alpha * v``. Steps to and fro cancel in it, steps in the same direction add up.

print()
print(descent.momentum)
descent.momentum.check()

# %%
# **RMSprop** and **Adagrad** give each parameter its own rate: they divide by the root of the mean, or of
# the sum, of the squares of its past gradients. Where gradients are large, steps become short.
#
# **Adam** does both. It keeps a mean of the gradients, ``m = beta1 * m + (1 - beta1) * g``, and of their
# squares, ``v = beta2 * v + (1 - beta2) * g**2``. Both begin at 0, so at first they are too small. What
# makes up for it, in step number ``t``, is to divide: ``mhat = m / (1 - beta1**t)`` and
# ``vhat = v / (1 - beta2**t)``. Then the step is ``x = x - alpha * mhat / sqrt(vhat)``. (A tiny number,
# eps, is added to the root, so that nobody divides by 0.) **NAdam** is Adam that looks one step ahead.

print()
print(descent.adam)
descent.adam.check()

# %%
# minigrad's optimisers make these very steps.

for make, example, ends_at in (
    (lambda x: optim.SGD(x, lr=0.1, momentum=0.9), descent.momentum, ["x1", "x2"]),
    (lambda x: optim.Adam(x, lr=0.1), descent.adam, ["x1"]),
):
    x = mg.tensor(example.given["x0"], requires_grad=True)
    optimizer = make([x])
    for name in ends_at:
        optimizer.zero_grad()
        (x**2).backward()
        optimizer.step()
        assert example[name].value.agrees(x.detach())
print("\nChecked: SGD with momentum and Adam, step by step.")

# %%
# Side by side
# ------------
# All of them in the narrow valley, from the same start, with as many steps. Each has a learning rate that
# suits it. In the picture, lines connect places of equal height, the blue dot is the start, and the cross
# is the lowest place.


def walk(
    make: Callable[[list[mg.Tensor]], optim.Optimizer], start: tuple[float, float], steps: int
) -> np.ndarray:
    place = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    optimizer = make([place])
    path = [np.array(start)]
    for _ in range(steps):
        optimizer.zero_grad()
        height(place[0], place[1]).backward()
        optimizer.step()
        path.append(place.detach().numpy().copy())
    return np.array(path)


start, steps = (-4.0, -1.0), 40
optimizers = {
    "SGD": lambda p: optim.SGD(p, lr=0.07),
    "SGD, momentum": lambda p: optim.SGD(p, lr=0.03, momentum=0.8),
    "Adagrad": lambda p: optim.Adagrad(p, lr=2.0),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.2),
    "Adam": lambda p: optim.Adam(p, lr=0.6),
    "NAdam": lambda p: optim.NAdam(p, lr=0.5),
}
paths = {name: walk(make, start, steps) for name, make in optimizers.items()}

print(f"\nHeight after {steps} steps, from {height(*start):.1f}:")
for name, path in paths.items():
    print(f"{name:14} {height(*path[-1]):.4f}")
    assert height(*path[-1]) < height(*start) / 20
assert height(*paths["SGD, momentum"][-1]) < height(*paths["SGD"][-1])

viz.contours(height, paths, across=(-5, 2), up=(-3.5, 2.5), minimum=(0, 0)).save(output / "optimisers.png")
print(f"The picture: {(output / 'optimisers.png').resolve()}")

# %%
# Do not take this for a race. On another surface, with other rates, the order is another. What to see is
# how differently they walk.
#
# How many examples for a step?
# -----------------------------
# In learning, the surface is the mean of the losses of all examples, and its gradient is the mean of
# theirs. With 60,000 examples that is much work for one step. But a few examples, drawn at random, have
# nearly the same mean gradient. Here are 200 points near a straight line; its slope and its height at 0 are
# to be learned. For each number of examples we draw that many 500 times, and see how far their mean
# gradient typically is from that of all.

mg.manual_seed(0)
X = mg.rand(200, dtype=mg.float64) * 4 - 1
Y = 0.7 * X - 0.5 + 0.5 * mg.randn(200, dtype=mg.float64)


def loss(parameters: mg.Tensor, examples: mg.Tensor) -> mg.Tensor:
    slope, at_0 = parameters
    return ((slope * X[examples] + at_0 - Y[examples]) ** 2).mean()


def gradient(parameters: mg.Tensor, examples: mg.Tensor) -> np.ndarray:
    (g,) = mg.autograd.grad(loss(parameters, examples), parameters)
    return g.numpy()


here = mg.tensor([2.0, 1.0], dtype=mg.float64, requires_grad=True)
everything = mg.arange(200)
exact = gradient(here, everything)
print(f"\nThe gradient of all examples: ({exact[0]:.2f}, {exact[1]:.2f}). How far off are a few?")
typical = {}
for size in (1, 4, 16, 64):
    errors = [gradient(here, mg.randint(0, 200, (size,))) - exact for _ in range(500)]
    typical[size] = np.sqrt(np.mean(np.square(errors).sum(axis=1)))
    print(f"{size:3} examples: {typical[size]:.2f}")
assert all(1.6 < typical[size] / typical[4 * size] < 2.5 for size in (1, 4, 16))
print("Checked: four times as many examples, half the error.")

# %%
# So twice the precision costs four times the work, and it pays to take many rough steps in place of a few
# exact ones. To step after each example is stochastic gradient descent; to step after a small number of
# them, drawn at random without drawing one twice, is to go in mini-batches. A pass through all examples is
# called an epoch.


def epochs(batch_size: int) -> Iterable[mg.Tensor]:
    while True:
        yield from mg.randperm(200).split(batch_size)


def learn(batch_size: int, examples: int, alpha: float) -> np.ndarray:
    parameters = mg.tensor([2.0, 1.0], dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([parameters], lr=alpha)
    path = [parameters.detach().numpy().copy()]
    for _, batch in zip(range(examples // batch_size), epochs(batch_size), strict=False):
        optimizer.zero_grad()
        loss(parameters, batch).backward()
        optimizer.step()
        path.append(parameters.detach().numpy().copy())
    return np.array(path)


# %%
# Here are all 200 at once, mini-batches of 50 and of 10, and single ones. Each looks at 1,000 examples, so
# the work is the same.

ways = {"all 200: 5 steps": 200, "50 each: 20 steps": 50, "10 each: 100 steps": 10, "1 each: 1,000 steps": 1}
trails = {name: learn(size, 1000, alpha=0.05) for name, size in ways.items()}

columns = mg.stack([X, mg.ones(200, dtype=mg.float64)], dim=1).numpy()
best = np.linalg.lstsq(columns, Y.numpy(), rcond=None)[0]  # for a straight line there is a formula
lowest = loss(mg.tensor(best), everything).item()
print(f"\nThe lowest possible loss is {lowest:.4f}. After 1,000 examples:")
reached = {name: loss(mg.tensor(path[-1]), everything).item() for name, path in trails.items()}
for name, value in reached.items():
    print(f"{name:20} {value:.4f}")
all_at_once, _, mini_batches, single = reached.values()
assert mini_batches < all_at_once and mini_batches < single


def surface(slope: np.ndarray, at_0: np.ndarray) -> np.ndarray:
    x, y = X.numpy(), Y.numpy()
    return np.mean((np.multiply.outer(slope, x) + np.asarray(at_0)[..., None] - y) ** 2, axis=-1)


viz.contours(
    surface, trails, across=(-0.2, 2.4), up=(-1.5, 1.3), minimum=tuple(best), x="slope", y="height at 0"
).save(output / "batches.png")
print(f"The picture: {(output / 'batches.png').resolve()}")

# %%
# All at once goes smoothly, but has made only a few steps when the others are there. Single examples are
# there first, and then never come to rest, for each pulls its own way.
#
# Shorter steps in the end
# ------------------------
# The remedy is to make the steps shorter as time goes on: large ones to get there, small ones to settle. A
# schedule does that. minigrad has several; here each acts for 20 epochs of single examples. The picture
# shows how far the loss is above the lowest possible one, as the mean of each epoch.

schedules = {
    "constant": None,
    "halved every 5": lambda o: optim.lr_scheduler.StepLR(o, step_size=5, gamma=0.5),
    "exponential": lambda o: optim.lr_scheduler.ExponentialLR(o, gamma=0.8),
    "cosine": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, T_max=20),
}
rates, excess = {}, {}
for name, make in schedules.items():
    mg.manual_seed(1)
    parameters = mg.tensor([2.0, 1.0], dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([parameters], lr=0.05)
    scheduler = make(optimizer) if make else None
    rates[name], excess[name] = [], []
    for _ in range(20):
        rates[name].append(optimizer.param_groups[0]["lr"])
        path = []
        for example in mg.randperm(200).split(1):
            optimizer.zero_grad()
            loss(parameters, example).backward()
            optimizer.step()
            path.append(parameters.detach().numpy().copy())
        excess[name].append(surface(*np.transpose(path)).mean() - lowest)
        if scheduler:
            scheduler.step()

print("\nAbove the lowest loss, in the last epoch:")
settled = {name: values[-1] for name, values in excess.items()}
for name, value in settled.items():
    print(f"{name:16} {value:.6f}")
    assert name == "constant" or value < settled["constant"] / 3

epoch = np.arange(1, 21)
viz.beside(
    viz.lines({name: (epoch, r) for name, r in rates.items()}, title="learning rate", x="epoch"),
    viz.lines(
        {name: (epoch, e) for name, e in excess.items()}, title="above the lowest loss", x="epoch", log=True
    ),
    columns=1,
).save(output / "schedules.png")
print(f"The picture: {(output / 'schedules.png').resolve()}")

# %%
# Exercise
# --------
# Write Adam, with NumPy. ``gradient`` is a function that returns the gradient at a place, and ``x`` is the
# place to begin with, both arrays of the same shape. Make ``steps`` steps, and return the place where they
# end. Leave ``x`` as it is. The formulas stand above, and in the record of Adam's first step; mind that
# ``t`` is 1 in the first step, 2 in the second and so on. Take out the line with ``raise``, and run the
# lesson again.


def adam(
    gradient: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    steps: int,
    alpha: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> np.ndarray:
    raise NotImplementedError


# %%
# The check compares it with minigrad's Adam, in valleys of several dimensions.


def check(adam: Callable[..., np.ndarray]) -> None:
    chance = np.random.default_rng(0)
    settings = [(1, 1, 0.1, 0.9, 0.999), (1, 2, 0.1, 0.9, 0.999), (3, 25, 0.05, 0.8, 0.95)]
    for size, steps, alpha, beta1, beta2 in settings:
        curvature, start = chance.uniform(0.5, 20, size), chance.normal(size=size) * 3
        place = mg.tensor(start, requires_grad=True)
        theirs = optim.Adam([place], lr=alpha, betas=(beta1, beta2))
        for _ in range(steps):
            theirs.zero_grad()
            (mg.tensor(curvature) * place**2 / 2).sum().backward()
            theirs.step()
        given = start.copy()
        got = adam(lambda x, c=curvature: c * x, given, steps, alpha, beta1, beta2)
        if not np.array_equal(given, start):
            raise course.NotYet("It has changed x in place; write x = x - ..., not x -= ...")
        if not isinstance(got, np.ndarray) or got.shape != start.shape:
            raise course.NotYet(f"It should return an array of shape {start.shape}; it returned {got!r}.")
        if not np.allclose(got, place.detach(), rtol=1e-7, atol=1e-9):
            raise course.NotYet(
                f"From {start} with alpha = {alpha} it should come to {place.detach().numpy()} in "
                f"{steps} step{'s' if steps > 1 else ''}, and came to {got}."
            )


print()
print(course.solved(adam, check))

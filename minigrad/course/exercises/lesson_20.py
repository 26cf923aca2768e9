"""Exercises of lesson 20: what one has learnt helps with another."""

import fnmatch
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.course.grading import exercise
from minigrad.nn import functional as F

LAYERS = ("conv1", "bn1", "layer1", "layer4", "fc")


def _arrays(rng: np.random.Generator, shapes: dict[str, tuple[int, ...]]) -> Any:
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def _networks(rng: np.random.Generator) -> Any:
    """A network that has learnt, and one with another head, and perhaps a layer more."""
    names = [f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")]
    shapes = {name: tuple(int(n) for n in rng.integers(1, 4, 1 + name.endswith("weight"))) for name in names}
    theirs = {name: shape for name, shape in shapes.items() if rng.random() < 0.8}
    mine = {name: shape for name, shape in shapes.items() if rng.random() < 0.8 or name.startswith("fc")}
    mine["fc.weight"] = (shapes["fc.weight"][0] + 1, shapes["fc.weight"][1])
    mine["fc.bias"] = (shapes["fc.bias"][0] + 1,)
    mine["conv1.weight"] = shapes["conv1.weight"][::-1]  # as many numbers, and mostly another shape
    return _arrays(rng, theirs), _arrays(rng, mine)


def _taken(theirs: Any, mine: Any) -> Any:
    fit = {(name, np.shape(a)) for name, a in theirs.items()} & {(n, np.shape(a)) for n, a in mine.items()}
    fitting = [name for name, _ in fit]
    return {**mine, **{name: theirs[name] for name in fitting}}


@exercise(
    title="What fits is taken over",
    hints=(
        "Go through the arrays of your own network. For which of them is there one to take over?",
        "The name must be in theirs, and the two arrays must have the same shape. All others stay as they "
        "are.",
        "taken = dict(mine), and for name in mine: if name in theirs and theirs[name].shape == "
        "mine[name].shape, put theirs into taken.",
    ),
    reference=_taken,
    draw=lambda rng: [
        ({"a": np.array([1.0])}, {"a": np.array([2.0]), "fc": np.array([3.0])}),
        *(_networks(rng) for _ in range(5)),
    ],
    single=False,
    slips={
        "the old head comes along, although it has another shape: compare the shapes, too.": (
            lambda theirs, mine: {name: theirs.get(name, array) for name, array in mine.items()}
        ),
        "layers come along that your network does not have: go through the names of mine.": (
            lambda theirs, mine: {**theirs, **mine, **_only(theirs, mine)}
        ),
        "what does not fit is left out; it is to stay as it is in mine.": lambda theirs, mine: _only(
            theirs, mine
        ),
        "nothing is taken over.": lambda theirs, mine: mine,
        "arrays with as many numbers are taken for arrays of the same shape.": lambda theirs, mine: {
            name: theirs[name] if name in theirs and theirs[name].size == array.size else array
            for name, array in mine.items()
        },
    },
)
def take_over(theirs: dict[str, np.ndarray], mine: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Give a network what another one has learnt, as far as it fits.

    theirs and mine are the arrays of two networks, by name. Return a dict with the names of mine: theirs'
    array where theirs has one of that name and of the same shape, else mine's own. A new head has another
    shape than the old one, and stays as it is. Leave both dicts as they are.

    >>> take_over({"conv": np.array([1.0]), "fc": np.array([5.0, 6.0])},
    ...           {"conv": np.array([9.0]), "fc": np.array([7.0])})
    {"conv": array([1.0]), "fc": array([7.0])}
    """
    taken = dict(mine)
    for name in mine:
        if name in theirs and theirs[name].shape == mine[name].shape:
            taken[name] = theirs[name]
    return taken


def _only(theirs: Any, mine: Any) -> Any:
    return {n: theirs[n] for n, a in mine.items() if n in theirs and theirs[n].shape == a.shape}


def _walked(learns: Any) -> tuple[int, int]:
    """By the engine: products of numbers, and who has got a gradient."""
    weights = [mg.tensor(1.0, requires_grad=bool(one)) for one in learns]
    x, values = mg.tensor(1.0), []
    for weight in weights:
        values.append(x)
        x = x * weight
    for value in values:
        if value.requires_grad:
            value.retain_grad()
    if x.requires_grad:
        x.backward()
    return sum(w.grad is not None for w in weights), sum(value.grad is not None for value in values)


@exercise(
    title="How far back must one go?",
    hints=(
        "A layer that learns needs the gradient of its weights. When does a layer need that of its input?",
        "When something before it learns: only then is there anybody to hand it to. What is before the "
        "first layer that learns costs nothing.",
        "The weights are sum(learns). The inputs are len(learns) - 1 - learns.index(True) if there is a "
        "True at all, and else 0.",
    ),
    returns=("weights", "inputs"),
    reference=_walked,
    draw=lambda rng: [
        ([False, True],),
        ([True, True, True],),
        ([False, False],),
        ([True],),
        ([False, True, False, True],),
        *(([bool(one) for one in rng.random(n) < 0.4],) for n in (5, 6, 7, 9)),
    ],
    single=False,
    slips={
        "every layer gets the gradient of its input; before the first one that learns nobody needs it.": (
            lambda learns: (sum(learns), len(learns) - 1 if any(learns) else 0)
        ),
        "a frozen layer behind one that learns must hand the gradient on, too.": lambda learns: (
            sum(learns),
            max(sum(learns) - 1, 0),
        ),
        "the first layer that learns needs no gradient of its input: nothing before it learns.": (
            lambda learns: (sum(learns), len(learns) - list(learns).index(True) if any(learns) else 0)
        ),
    },
)
def gradients_needed(learns: list[bool]) -> tuple[int, int]:
    """Count which gradients a backward pass computes if some layers are frozen.

    Layers come one after the other, each with weights. learns[k] says whether the weights of layer k learn;
    otherwise they are frozen. The loss is behind the last layer, and its gradient is there. A layer that
    learns takes the gradient of its weights. And if any layer before it learns, a layer must find the
    gradient of its own input, frozen or not, and hand it back. Return how many gradients of weights there
    are, and how many of inputs.

    Layer 1 learns, of four. Then layers 3 and 2 hand the gradient back to it; layer 1 needs to hand nothing
    on.

    >>> gradients_needed([False, True, False, False])
    (1, 2)
    """
    first = learns.index(True) if True in learns else len(learns) - 1
    return sum(learns), len(learns) - 1 - first


def _rates(names: Any, rates: Any) -> Any:
    return [
        next((rate for pattern, rate in rates if fnmatch.fnmatchcase(name, pattern)), 0.0) for name in names
    ]


@exercise(
    title="A learning rate for each layer",
    hints=(
        "For each name go through the patterns in their order. When does a pattern fit, and when do you "
        "stop looking?",
        'If a pattern ends with "*", the name must begin with what stands before it: '
        "name.startswith(pattern[:-1]). Otherwise the two are equal. Take the first that fits: break.",
        'found = 0.0; for pattern, rate in rates: if name == pattern or (pattern.endswith("*") and '
        "name.startswith(pattern[:-1])): found = rate, and break. Then append found.",
    ),
    reference=_rates,
    draw=lambda rng: [
        (["fc.weight", "conv1.weight"], [("fc.*", 0.01), ("*", 0.001)]),
        (["conv1.weight", "layer1.weight", "layer10.weight"], [("layer1.*", 0.5), ("layer*", 0.25)]),
        (["fc.bias", "fc.bias2", "fc"], [("fc.bias", 0.5), ("fc", 0.125), ("fc.*", 0.25)]),
        (["conv1.weight", "fc.weight", "fc.bias"], [("*", 0.5), ("fc.*", 0.25)]),
        (["conv1.weight", "bn1.bias"], [("fc.*", 0.25)]),
        (["conv1.weight"], []),
        *(
            (
                [f"{LAYERS[int(k)]}.{rng.choice(['weight', 'bias'])}" for k in rng.integers(0, 5, 6)],
                [
                    (str(rng.choice(["fc.*", "layer*", "bn1.bias", "conv1.*", "l*"])), float(rng.uniform()))
                    for _ in range(3)
                ],
            )
            for _ in range(4)
        ),
    ],
    single=False,
    slips={
        "the last pattern that fits is taken; the first one counts.": lambda names, rates: _rates(
            names, rates[::-1]
        ),
        "a name that no pattern fits is left out; its rate is 0.": lambda names, rates: [
            rate for name, rate in zip(names, _rates(names, rates), strict=True) if _fitted(name, rates)
        ],
        "the star is compared as if it were a letter.": lambda names, rates: [
            next((rate for pattern, rate in rates if name == pattern), 0.0) for name in names
        ],
        "a pattern without a star fits its own name only, not all that begin like it.": lambda names, rates: [
            next((rate for pattern, rate in rates if name.startswith(pattern.rstrip("*"))), 0.0)
            for name in names
        ],
    },
)
def learning_rates(names: list[str], rates: list[tuple[str, float]]) -> list[float]:
    """Let different parts of a network learn at different speeds.

    names has the names of a network's weights. rates has pairs of a pattern and a learning rate. A pattern
    that ends with a star fits all names that begin with what is before the star, so "*" by itself fits
    every name; another pattern fits its own name only. The first pattern that fits decides. Return a list of
    the rate of each name, and 0.0 for one that no pattern fits: it is frozen.

    >>> learning_rates(["conv1.weight", "fc.weight"], [("fc.*", 0.01), ("*", 0.001)])
    [0.001, 0.01]

    >>> learning_rates(["conv1.weight", "fc.weight"], [("fc.weight", 0.5)])
    [0.0, 0.5]
    """
    found = []
    for name in names:
        mine = 0.0
        for pattern, rate in rates:
            if name == pattern or (pattern[-1] == "*" and name.startswith(pattern[:-1])):
                mine = rate
                break
        found.append(mine)
    return found


def _fitted(name: str, rates: Any) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern, _ in rates)


def _seen(x: Any, mean: Any, var: Any, eps: float, training: bool, frozen: bool) -> Any:
    batch = training and not frozen
    means, variances = mg.tensor(mean.copy()), mg.tensor(var.copy())
    least = eps or 1e-12  # batch_norm takes no 0 in training
    y = F.batch_norm(mg.tensor(x), means, variances, training=batch, momentum=0.1, eps=least)
    return np.asarray(y), np.asarray(means), np.asarray(variances)


@exercise(
    title="Batch norm that is frozen",
    hints=(
        "There are two cases. In which one does it look at the batch, and in which at the running numbers?",
        "At the batch if training and not frozen: then it uses x.mean(axis=0) and x.var(axis=0), and moves "
        "the running numbers by a tenth. Else it uses mean and var, and they stay.",
        "m, v = mean, var, and in the first case those of the batch; y = (x - m) / np.sqrt(v + eps). The "
        "new running numbers are 0.9 * mean + 0.1 * m, and 0.9 * var + 0.1 * x.var(axis=0, ddof=1).",
    ),
    returns=("y", "mean", "var"),
    reference=_seen,
    draw=lambda rng: [
        (rng.normal(size=(n, d)) * 2 + 1, rng.normal(size=d), rng.uniform(0.5, 2, d), eps, training, frozen)
        for n, d, eps in [(2, 1, 0.25), (4, 3, 0.01)]
        for training in (False, True)
        for frozen in (False, True)
    ],
    slips={
        "frozen, it still looks at the batch: what it sees in an image depends on the others.": (
            lambda x, mean, var, eps, training, frozen: _seen(x, mean, var, eps, training, False)
        ),
        "it uses the batch although it is frozen, and only leaves the running numbers alone.": (
            lambda x, mean, var, eps, training, frozen: (
                _seen(x, mean, var, eps, training, False)[0],
                *_seen(x, mean, var, eps, training, frozen)[1:],
            )
        ),
        "in training it uses the running numbers; it is to use the batch's.": (
            lambda x, mean, var, eps, training, frozen: (
                _seen(x, mean, var, eps, False, frozen)[0],
                *_seen(x, mean, var, eps, training, frozen)[1:],
            )
        ),
        "the running numbers stay in training; they move by a tenth.": (
            lambda x, mean, var, eps, training, frozen: (
                _seen(x, mean, var, eps, training, frozen)[0],
                mean,
                var,
            )
        ),
        "the running variance takes that of all examples: divide by N - 1.": (
            lambda x, mean, var, eps, training, frozen: (
                *_seen(x, mean, var, eps, training, frozen)[:2],
                0.9 * var + 0.1 * x.var(axis=0) if training and not frozen else var,
            )
        ),
    },
)
def frozen_norm(
    x: np.ndarray, mean: np.ndarray, var: np.ndarray, eps: float, training: bool, frozen: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Normalise a batch as it is right: in training, in evaluation, and frozen.

    x is a batch, shape (N, D); mean and var have the running numbers of each feature. Return y = (x - m) /
    sqrt(v + eps), and the new mean and var. In training m and v are those of the batch (v is divided by N),
    and the running numbers become nine tenths of themselves and a tenth of the batch's, whose variance is
    divided by N - 1 for that. In evaluation, and whenever the layer is frozen, m and v are mean and var, and
    these stay as they are.

    The batch 1, 5 has the mean 3, and the variance 4 (8 if divided by N - 1). The running numbers are 1 and
    16:

    >>> frozen_norm(np.array([[1.0], [5.0]]), np.array([1.0]), np.array([16.0]), 0.0, True, False)
    (array([[-1.0], [1.0]]), array([1.2]), array([15.2]))

    >>> frozen_norm(np.array([[1.0], [5.0]]), np.array([1.0]), np.array([16.0]), 0.0, True, True)
    (array([[0.0], [1.0]]), array([1.0]), array([16.0]))
    """
    if not training or frozen:
        return (x - mean) / np.sqrt(var + eps), mean, var
    y = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return y, 0.9 * mean + 0.1 * x.mean(axis=0), 0.9 * var + 0.1 * x.var(axis=0, ddof=1)


@exercise(
    title="Back through a frozen batch norm",
    hints=(
        "Mean and variance were learnt, and are numbers like any others now. So on how many ways does x act"
        " on y?",
        "On one: y = gamma * xhat + beta, and xhat = (x - mean) / s with s = sqrt(var + eps). Each feature "
        "has its own factor.",
        "dx = dy * gamma / s. gamma gets the sum of dy * xhat over the batch, and beta the sum of dy.",
    ),
    gradient_of=lambda x, gamma, beta, mean, var, eps: gamma * (x - mean) / (var + eps) ** 0.5 + beta,
    returns=("dx", "dgamma", "dbeta"),
    draw=lambda rng: [
        (
            rng.normal(size=(n, d)),
            rng.normal(size=d),
            rng.normal(size=d),
            rng.normal(size=d),
            rng.uniform(0.5, 2, d),
            eps,
        )
        for n, d, eps in [(1, 1, 0.25), (3, 2, 0.1), (5, 3, 0.01), (4, 6, 0.5)]
    ],
    slips={
        "it is the rule of training, where mean and variance are made of x. Here they are fixed.": (
            lambda dy, x, gamma, mean, var, eps: _as_in_training(dy, x, gamma, mean, var, eps)
        ),
        "dx is divided by the variance plus eps; divide by its root.": lambda dy, x, gamma, mean, var, eps: (
            dy * gamma / (var + eps),
            (dy * (x - mean) / np.sqrt(var + eps)).sum(axis=0),
            dy.sum(axis=0),
        ),
    },
)
def frozen_norm_rule(
    dy: np.ndarray, x: np.ndarray, gamma: np.ndarray, mean: np.ndarray, var: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hand a gradient back through a batch norm in evaluation.

    x is a batch of shape (N, D). The running mean and var have a number for each feature, and do not depend
    on x: y = gamma * (x - mean) / sqrt(var + eps) + beta. dy is the gradient of y. Return the gradients of
    x, of gamma and of beta.

    The root of 4 is 2, so y = 10 * (x - 5) / 2 + beta. At x = 9, xhat is 2; if 3 arrives, x gets 3 * 10 / 2:

    >>> frozen_norm_rule(np.array([[3.0]]), np.array([[9.0]]), np.array([10.0]),
    ...                  np.array([5.0]), np.array([4.0]), 0.0)
    (array([[15.0]]), array([6.0]), array([3.0]))
    """
    s = np.sqrt(var + eps)
    return dy * gamma / s, (dy * (x - mean) / s).sum(axis=0), dy.sum(axis=0)


def _as_in_training(dy: Any, x: Any, gamma: Any, mean: Any, var: Any, eps: float) -> Any:
    s = np.sqrt(var + eps)
    xhat, dxhat = (x - mean) / s, dy * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / s
    return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

"""Losses written out by hand, as in a first course, and the slips that are made in them."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F

Z = mg.tensor([[0.3, 0.6, 0.8], [-1.0, 0.2, 0.4]])
HOT = mg.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
SOFT = mg.tensor([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
SQUARE = mg.tensor(np.random.default_rng(0).normal(size=(4, 4)))
SQUARE_HOT = mg.tensor(np.eye(4)[[2, 1, 0, 2]])
X4 = mg.tensor([0.5, 1.0, -2.0, 3.0])


def explained(fn, inputs, rule, **options):
    diagnosis = mg.explain_gradient(fn, inputs, rule, **options)
    return diagnosis, " ".join(str(diagnosis).split())


# The axis of a softmax --------------------------------------------------------------------------------------


def cross_entropy(z, t):
    return -(t * mg.log(mg.softmax(z, 1))).sum()


def by_rows(z, t):
    return -(t * mg.log(mg.softmax(z, 1))).sum(1).mean()


def all_by_hand(z, t):
    e = mg.exp(z)
    return -(t * mg.log(e / e.sum(1, True))).sum()


def probabilities(z, axis):
    return np.exp(z) / np.exp(z).sum(axis, keepdims=True)


@pytest.mark.parametrize("inputs", [(Z, HOT), (Z, SOFT), (SQUARE, SQUARE_HOT)])
@pytest.mark.parametrize("fn", [cross_entropy, by_rows, all_by_hand])
@pytest.mark.parametrize("axis", [0, None])
def test_a_softmax_over_the_wrong_axis_is_named(fn, inputs, axis):
    def rule(dy, z, t):
        return dy * (probabilities(z, axis) - t) / (len(z) if fn is by_rows else 1)

    diagnosis, text = explained(fn, inputs, rule)
    assert diagnosis.slip == "wrong_axis", text
    assert "the wrong axis of" in text
    assert "softmax over axis 1" in text
    assert explained(
        fn, inputs, lambda dy, z, t: dy * (probabilities(z, 1) - t) / (len(z) if fn is by_rows else 1)
    )[0]


def test_a_softmax_over_the_wrong_axis_is_named_with_the_rows_as_a_number():
    diagnosis, text = explained(by_rows, (Z, HOT), lambda dy, z, t: dy * (probabilities(z, 0) - t) / 2)
    assert diagnosis.slip == "wrong_axis", text


# The N of a mean --------------------------------------------------------------------------------------------

NUMBERS = np.random.default_rng(1)
DATA = mg.tensor(NUMBERS.normal(size=(5, 3)))
WEIGHT = mg.tensor(NUMBERS.normal(size=3))
TARGET = mg.tensor(NUMBERS.normal(size=5))
SCORES = mg.tensor(NUMBERS.normal(size=(4, 3)))
SCORES_HOT = mg.tensor(np.eye(3)[[0, 2, 1, 1]])


def regression(x, w, t):
    return ((x @ w - t) ** 2).mean()


def slope(x, w, t):
    return 2 * x.T @ (x @ w - t)


@pytest.mark.parametrize(
    "fn, inputs, rule, wrt, words",
    [
        (
            regression,
            (DATA, WEIGHT, TARGET),
            lambda dy, x, w, t: dy * slope(x, w, t) / x.size,
            "w",
            "divided by 15, not by N = 5",
        ),
        (
            regression,
            (DATA, WEIGHT, TARGET),
            lambda dy, x, w, t: dy * slope(x, w, t) / x.shape[1],
            "w",
            "divided by 3, not by N = 5",
        ),
        (
            lambda x: (x**2).mean(),
            X4,
            lambda dy, x: dy * 2 * x / (len(x) - 1),
            None,
            "divided by N - 1 = 3, not by N = 4",
        ),
        (lambda x: (x**2).mean(), X4, lambda dy, x: dy * 2 * x / 3, None, "divided by N - 1 = 3, not"),
        (
            by_rows,
            (SCORES, SCORES_HOT),
            lambda dy, z, t: dy * (probabilities(z, 1) - t) / z.shape[1],
            None,
            "divided by 3, not by N = 4",
        ),
        (
            lambda x: ((x - x.mean()) ** 2).mean(),
            X4,
            lambda dy, x: dy * 2 * (x - x.mean()) / (x.size - 1),
            None,
            "by N - 1 = 3, not by N = 4",
        ),
    ],
)
def test_another_size_in_place_of_n_is_named(fn, inputs, rule, wrt, words):
    diagnosis, text = explained(fn, inputs, rule, wrt=wrt)
    assert diagnosis.slip == "mean", text
    assert words in text


def test_another_size_in_place_of_n_and_a_sign():
    diagnosis, text = explained(lambda x: (x**2).mean(), X4, lambda dy, x: -dy * 2 * x / (len(x) - 1))
    assert diagnosis.slips == ("mean", "factor"), text
    assert "by N - 1 = 3, not by N = 4; and the sign is wrong besides" in text


@pytest.mark.parametrize(
    "fn, inputs, rule",
    [
        (lambda x: (x**2).mean(), X4, lambda dy, x: -dy * 7 * x / x.size),
        (lambda x: (x**3).mean(), X4, lambda dy, x: dy * 4 * x**2 / x.size),
        (lambda x: (x**2).mean(), X4, lambda dy, x: dy * x / x.size),
        (lambda x: (x**2).mean(), X4, lambda dy, x: dy * x / 4),
        (lambda x: (x**2).mean(), X4, lambda dy, x: dy * 7 * x / x.size),
        (lambda x: 3 * x + 1, X4, lambda dy: dy * 4),
    ],
)
def test_other_factors_stay_factors(fn, inputs, rule):
    diagnosis, text = explained(fn, inputs, rule)
    assert diagnosis.slip == "factor", text


# Zeros and ones ---------------------------------------------------------------------------------------------


def binary_cross_entropy(z, t):
    p = mg.sigmoid(z)
    return -(t * mg.log(p) + (1 - t) * mg.log(1 - p)).mean()


@pytest.mark.parametrize("t", [[1.0, 0.0, 1.0, 0.0], [0.3, 0.2, 0.8, 0.1]])
@pytest.mark.parametrize("n", ["as a number", "as a size"])
def test_half_of_a_binary_cross_entropy_is_forgotten(t, n):
    def rule(dy, z, t):
        return -dy * t * (1 - 1 / (1 + np.exp(-z))) / (4 if n == "as a number" else z.size)

    diagnosis, text = explained(binary_cross_entropy, (X4, mg.tensor(t)), rule)
    assert diagnosis.slip == "accumulation", text
    assert "another slip" not in text  # as that t * t is t for zeros and ones


def test_a_question_ends_without_a_stop():
    _, text = explained(mg.log, X4 + 4, lambda dy, input: dy * input)
    assert "is it input in place of 1 / input? at" in text


# What to do about it ----------------------------------------------------------------------------------------


def test_vectors_have_an_outer_product():
    w, x = mg.tensor(NUMBERS.normal(size=(3, 3))), mg.tensor(NUMBERS.normal(size=3))
    for fn, inputs, rule, right in (
        (lambda w, x: w @ x, (w, x), lambda dy, x: np.outer(x, dy), "np.outer(dy, x)"),
        (lambda x, w: x @ w, (x, w), lambda dy, x: np.outer(dy, x), "np.outer(x, dy)"),
    ):
        diagnosis, text = explained(fn, inputs, rule, wrt="w")
        assert diagnosis.slip == "transposed_product", text
        assert f"use {right}" in text
        assert "dy.T" not in text
        assert "x.T" not in text


@pytest.mark.parametrize(
    "fn, rule, words",
    [
        (lambda x: x.clamp(-1, 1), lambda dy, x: np.clip(dy, -1, 1), "dy where -1 <= x <= 1, and 0"),
        (lambda x: x.clamp(max=1), lambda dy, x: np.minimum(dy, 1), "dy where x <= 1, and 0"),
        (lambda x: F.hardtanh(x), lambda dy, x: np.clip(dy, -1, 1), "dy where -1 <= x <= 1, and 0"),
        (mg.relu, lambda dy, input: np.maximum(dy, 0), "dy * (x > 0), not dy * (dy > 0)"),
    ],
)
def test_the_fix_of_a_mask_is_that_of_the_function(fn, rule, words):
    diagnosis, text = explained(fn, X4, rule)
    assert diagnosis.slip == "mask", text
    assert words in text


@pytest.mark.parametrize(
    "fn, rule, name",
    [
        (
            lambda x: F.leaky_relu(x, 0.2),
            lambda dy, x: dy * np.where(x > 0, 1, 0.01),
            "leaky_relu with another negative_slope",
        ),
        (
            lambda x: F.leaky_relu(x).sum(),
            lambda dy, x: dy * np.where(x > 0, 1, 0.2),
            "leaky_relu with another negative_slope",
        ),
        (
            lambda x: F.elu(x, 0.5),
            lambda dy, x: dy * np.where(x > 0, 1, np.exp(x)),
            "elu with another alpha",
        ),
    ],
)
def test_the_same_function_with_another_parameter(fn, rule, name):
    diagnosis, text = explained(fn, X4, rule)
    assert diagnosis.slip == "other_formula", text
    assert f"it is the gradient of {name}" in text
    assert "another function" not in text


def test_what_is_taken_by_name_alone_is_given_in_a_dict():
    def scaled(x, *, scale):
        return x * scale

    rule = lambda dy, scale: dy * scale  # noqa: E731
    with pytest.raises(TypeError, match=r'by name, as a dict: {"x": X, "scale": SCALE}'):
        mg.explain_gradient(scaled, (X4, X4), rule)
    assert mg.explain_gradient(scaled, {"x": X4, "scale": X4}, rule)
    with pytest.raises(TypeError, match=r'shift by name alone.*{"x": X, "shift": SHIFT}'):
        mg.explain_gradient(lambda x, *, shift=0.0: x + shift, (X4, X4), lambda dy: dy)
    with pytest.raises(TypeError, match="missing a required argument: 'w'"):
        mg.explain_gradient(lambda x, w, *, shift=0.0: x * w + shift, (X4,), lambda dy, w: dy * w)

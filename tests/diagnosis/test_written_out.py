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

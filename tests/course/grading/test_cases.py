"""What an answer is tried on: the reference is minigrad's backward, compared here with numbers by hand."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.course.grading import Exercise
from minigrad.course.grading.cases import SINGLE, Gradient, in_double, in_single, reference_cases


def test_the_gradient_is_that_of_the_formula() -> None:
    gradient = Gradient(lambda a, b: a * b + b, ("a", "b"), ("dy", "a", "b"))
    da, db = gradient.backward({"a": 3.0, "b": np.array([2.0, 4.0])}, np.array([1.0, 10.0]))
    assert da == 1 * 2 + 10 * 4 and isinstance(da, float)
    assert db.tolist() == [1 * (3 + 1), 10 * (3 + 1)]


def test_the_upstream_gradient_is_random_and_never_small() -> None:
    gradient = Gradient(lambda x: mg.exp(x), ("x",), ("dy", "y"))
    (_, (dy, y)) = gradient.draw((np.zeros(200),), np.random.default_rng(0))
    assert (np.abs(dy) >= 0.5).all() and (dy > 0).any() and (dy < 0).any() and len(set(dy)) == 200
    assert y.tolist() == [1.0] * 200


def test_a_name_that_the_formula_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="the formula has no z; it has x"):
        Gradient(lambda x: x, ("x",), ("dy", "z"))


def test_examples_come_first_and_float32_last(tanh: Exercise) -> None:
    cases = tanh.cases(0)
    assert cases[0].arguments == (2.0, 0.5) and cases[0].expected == 1.5 and cases[0].digits == 1
    assert {case.arguments[0].dtype for case in cases[2:-1]} == {np.dtype(np.float64)}
    assert cases[-1].arguments[1].dtype == np.float32 and cases[-1].close == SINGLE


def test_a_seed_draws_the_same_again(tanh: Exercise) -> None:
    one, two, other = tanh.cases(1), tanh.cases(1), tanh.cases(2)
    np.testing.assert_equal([case.arguments for case in one], [case.arguments for case in two])
    assert one[-1].arguments[1][0, 0] != other[-1].arguments[1][0, 0]


def test_the_reference_cannot_change_the_arguments() -> None:
    def wild(x: np.ndarray) -> float:
        x[:] = 0
        return 1.0

    (case,) = reference_cases(wild, [(np.ones(2),)], single=False)
    assert case.arguments[0].tolist() == [1, 1]


def test_precisions_go_through_lists() -> None:
    value = [np.array([0.1]), (np.array([1]), 0.1)]
    assert in_single(value)[0].dtype == np.float32 and in_single(value)[1][0].dtype == np.dtype(int)
    assert in_double(in_single(value))[0][0] == np.float32(0.1)

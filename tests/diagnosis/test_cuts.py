"""Functions that are cut off from their input, or partly: is that told, and no rule blamed for it?"""

import numpy as np
import pytest

import minigrad as mg

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


def said(diagnosis):
    return " ".join(str(diagnosis).split())


def in_no_grad(x):
    with mg.no_grad():
        return x**2


WHOLLY = [
    in_no_grad,
    lambda x: x.detach() ** 2,
    lambda x: mg.tensor(x.detach().numpy() ** 2),
    lambda x: mg.tensor([v.item() ** 2 for v in x.flatten()]).reshape(2, 3),
]


@pytest.mark.parametrize("fn", WHOLLY)
def test_a_right_derivative_is_not_blamed_for_the_cut(fn):
    diagnosis = mg.explain_gradient(fn, X, lambda dy, x: dy * 2 * x)
    assert not diagnosis
    assert (diagnosis.slip, diagnosis.argument) == ("cut_off", "x")
    text = said(diagnosis)
    assert text.startswith("The gradient of x is cut off: nothing flows back from y to x")
    assert "finite differences" in text
    assert "yours agrees with them" in text
    assert "as recorded 0" in text
    assert "detach(), no_grad, .numpy() or .item()" in text


@pytest.mark.parametrize("fn", WHOLLY)
def test_a_wrong_derivative_is_told_of_the_cut_first(fn):
    diagnosis = mg.explain_gradient(fn, X, lambda dy, x: dy * 3 * x)
    assert diagnosis.slip == "cut_off"
    assert "yours agrees with neither" in said(diagnosis)


@pytest.mark.parametrize("fn", WHOLLY)
def test_zero_is_the_gradient_of_what_is_cut_off(fn):
    diagnosis = mg.explain_gradient(fn, X, lambda dy, x: np.zeros_like(x))
    assert diagnosis
    assert "it is the gradient of fn as recorded, where nothing flows back from y to x" in said(diagnosis)
    assert "detach(), no_grad, .numpy() or .item()" in said(diagnosis)


@pytest.mark.parametrize(
    ("rule", "slip"), [(lambda dy, x: None, "returns_nothing"), (lambda dy, x: dy @ dy, "raises")]
)
def test_a_rule_that_gives_no_numbers_is_told_so_first(rule, slip):
    diagnosis = mg.explain_gradient(in_no_grad, X, rule)
    assert diagnosis.slip == slip
    assert "detach(), no_grad, .numpy() or .item()" in said(diagnosis)


def test_no_finite_difference_is_shown_of_float32():
    diagnosis = mg.explain_gradient(lambda x: x.detach().float() ** 2, X, lambda dy, x: dy * 2 * x)
    assert "as recorded 0" in diagnosis.numbers[0]
    assert "finite differences" not in diagnosis.numbers[0]


def stopped(x):
    """A stop-gradient: the second factor counts as a number."""
    return x * x.detach()


PARTLY = [
    (stopped, lambda dy, x: dy * x),
    (lambda x: x + (mg.sin(3 * x) - x).detach(), lambda dy: dy),  # straight-through
    (lambda x: x * x.sum().item(), lambda dy, x: dy * x.sum()),
    (lambda x: x * in_no_grad(x), lambda dy, x: dy * x**2),
    (
        lambda x, w: (x @ w).detach() * x.sum(1, keepdim=True),
        lambda dy, x, w: (dy * (x @ w)).sum(1, keepdims=True) * np.ones_like(x),
    ),
]


@pytest.mark.parametrize(("fn", "rule"), PARTLY)
def test_the_gradient_of_what_is_recorded_is_right_and_told_so(fn, rule):
    inputs = (X, X.T + 1) if fn.__code__.co_argcount == 2 else X
    diagnosis = mg.explain_gradient(fn, inputs, rule)
    assert diagnosis
    text = said(diagnosis)
    assert "it is the gradient of fn as recorded, where a path from x to y is cut" in text
    assert "detach(), no_grad, .numpy() or .item()" in text
    assert "test_cuts.py" in diagnosis.where


def test_the_derivative_of_all_ways_is_told_which_is_cut():
    diagnosis = mg.explain_gradient(stopped, X, lambda dy, x: dy * 2 * x)
    assert diagnosis.slip == "cut_off"
    text = said(diagnosis)
    assert text.startswith("The gradient of x is cut off: a path from x to y is cut")
    assert "yours agrees with them" in text
    assert "mul's 'other' changes with x, and nothing flows back from there" in text
    assert "return x * x.detach()" in diagnosis.where


def test_a_slip_beside_the_cut_is_named_as_ever():
    diagnosis = mg.explain_gradient(stopped, X, lambda dy, x: -dy * x)
    assert diagnosis.slip == "sign"
    text = said(diagnosis)
    assert "finite differences" not in diagnosis.numbers[0]
    assert "right here is the gradient of fn as recorded, where a path from x to y is cut" in text


def test_at_a_kink_beside_a_cut_there_is_a_choice():
    diagnosis = mg.explain_gradient(
        lambda x: mg.relu(x) * x.detach().exp(), np.zeros((2, 2)), lambda dy, x: dy * np.exp(x) * (x >= 0)
    )
    assert diagnosis


def test_a_shift_that_cancels_is_no_cut():
    def softmax(x):
        e = (x - x.detach().amax(1, keepdim=True)).exp()
        return e / e.sum(1, keepdim=True)

    diagnosis = mg.explain_gradient(softmax, X, lambda dy, y: y * (dy - (dy * y).sum(1, keepdims=True)))
    assert diagnosis
    assert "recorded" not in str(diagnosis)


def test_what_does_not_depend_on_the_input_is_not_cut_off():
    diagnosis = mg.explain_gradient(lambda x: mg.sign(x).detach() + 0 * x, X, lambda dy, x: np.zeros_like(x))
    assert diagnosis
    assert "recorded" not in str(diagnosis)

"""The checks of exercises let the right answer pass, and nothing else: not the empty one, not a near one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad.course import NotYet, check_rule, check_step, solved

Rule = Callable[..., Any]


def divide(a: Any, b: Any) -> Any:
    return a / b


RIGHT = {
    "divide": (divide, lambda dz, a, b: (dz / b, -dz * a / b**2), (3.0, -2.0)),
    "exp": (np.exp, lambda dz, a: dz * np.exp(a), (0.5,)),
    "one in a tuple": (np.exp, lambda dz, a: (dz * np.exp(a),), (0.5,)),
    "vectors": (np.dot, lambda dz, a, b: (dz * b, dz * a), ([1.0, 2.0, 0.5], [0.3, -1.0, 4.0])),
    "matrix": (np.matmul, lambda dz, w, x: (np.outer(dz, x), w.T @ dz), ([[1.0, 2.0]], [3.0, 4.0])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_rules_pass(name: str) -> None:
    formula, rule, inputs = RIGHT[name]
    check_rule(rule, formula, *inputs)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda dz, a, b: None, "should return 2 results"),
        (lambda dz, a, b: dz / b, "should return 2 results, .* no tuple"),
        (lambda dz, a, b: (dz / b,), "it returned 1"),
        (lambda dz, a, b: (1 / b, -a / b**2), "input 1 disagrees"),  # upstream forgotten
        (lambda dz, a, b: (-dz / b, -dz * a / b**2), "input 1 disagrees"),  # sign
        (lambda dz, a, b: (dz / b, dz * a / b**2), "input 2 disagrees"),
        (lambda dz, a, b: (-dz * a / b**2, dz / b), "input 1 disagrees"),  # exchanged
        (lambda dz, a, b: (dz / b, -2 * dz * a / b**2), "input 2 disagrees"),
        (lambda dz, a, b: (dz / b, [0.0]), r"Result 2 should have shape \(\), and has \(1,\)"),
        (lambda dz, a, b: (dz / b, "half"), "Result 2 should be made of numbers"),
        (lambda dz, a, b: (dz / b, None), "Result 2 should be made of numbers"),
        (lambda dz, a, b: (float("nan"), -dz * a / b**2), "input 1 disagrees"),
    ],
)
def test_wrong_rules_do_not(rule: Rule, message: str) -> None:
    with pytest.raises(NotYet, match=message):
        check_rule(rule, divide, 3.0, -2.0)


def test_a_transposed_product_is_seen() -> None:
    with pytest.raises(NotYet, match="shape"):
        check_rule(
            lambda dz, w, x: (np.outer(x, dz), w.T @ dz),
            np.matmul,
            [[1.0, 2.0, 0.5], [3.0, 1.0, 2.0]],
            [3.0, 4.0, 1.0],
        )
    with pytest.raises(NotYet, match="input 1 disagrees"):
        check_rule(
            lambda dz, w, x: (np.outer(x, dz), w.T @ dz), np.matmul, [[1.0, 2.0], [3.0, 1.0]], [3.0, 4.0]
        )


def squared_error(w: Any, b: Any, x: Any, y: Any) -> float:
    return float(np.mean((x @ w + b - y) ** 2))


def descend(w: Any, b: Any, x: Any, y: Any, alpha: float) -> Any:
    error = x @ w + b - y
    return w - alpha * 2 * x.T @ error / len(y), b - alpha * 2 * error.mean()


PARAMETERS = ([0.5, -1.0], 0.3)
DATA = ([[1.0, 2.0], [0.3, 1.0], [2.0, -1.0]], [1.0, 0.0, 2.0])


def test_the_right_step_passes() -> None:
    check_step(descend, squared_error, PARAMETERS, DATA, 0.1)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda w, b, x, y, alpha: None, "should return 2"),
        (lambda w, b, x, y, alpha: (w, b), "new parameter 1 is not where"),  # stayed
        (lambda w, b, x, y, alpha: descend(w, b, x, y, -alpha), "new parameter 1 is not"),  # uphill
        (lambda w, b, x, y, alpha: descend(w, b, x, y, 2 * alpha), "new parameter 1 is not"),
        (lambda w, b, x, y, alpha: (descend(w, b, x, y, alpha)[0], b), "new parameter 2 is not"),
        (
            lambda w, b, x, y, alpha: descend(w, b, x[:1], y[:1], alpha),
            "new parameter 1 is not",
        ),  # one example
    ],
)
def test_wrong_steps_do_not(step: Rule, message: str) -> None:
    with pytest.raises(NotYet, match=message):
        check_step(step, squared_error, PARAMETERS, DATA, 0.1)


def test_a_small_learning_rate_hides_nothing() -> None:
    with pytest.raises(NotYet):
        check_step(lambda w, b, x, y, alpha: (w, b), squared_error, PARAMETERS, DATA, 1e-4)


def test_a_step_changes_nothing_in_place() -> None:
    def step(w: Any, b: Any, x: Any, y: Any, alpha: float) -> Any:
        new_w, new_b = descend(w, b, x, y, alpha)
        w[:] = new_w
        return w, new_b

    with pytest.raises(NotYet, match="changed argument 1 in place"):
        check_step(step, squared_error, PARAMETERS, DATA, 0.1)


def test_how_it_stands() -> None:
    def empty(dz: float, a: float) -> float:
        raise NotImplementedError

    def wrong(dz: float, a: float) -> float:
        return dz

    def right(dz: float, a: float) -> Any:
        return dz * np.exp(a)

    def check(rule: Rule) -> None:
        check_rule(rule, np.exp, 0.5)

    assert solved(empty, check) == (
        "Exercise: empty() is still to be written. Write it in test_exercise.py, and run the lesson again."
    )
    cell: dict[str, Any] = {}
    exec("def empty(dz, a):\n    raise NotImplementedError", cell)  # as in a notebook, whose cell is no file
    assert "Write it, and run the lesson again." in solved(cell["empty"], check)
    assert solved(wrong, check).startswith(
        "Exercise: wrong() is not right yet. The gradient by input 1 disagrees"
    )
    assert solved(right, check) == "Exercise: right() is right. Solved!"


def test_a_mistake_in_the_learner_s_python_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        solved(lambda dz, a: dz / 0, lambda rule: check_rule(rule, np.exp, 0.5))

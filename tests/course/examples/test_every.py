"""Every record of the course: against the engine, and against plain NumPy and measured slopes."""

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from minigrad.course import Example, check
from minigrad.course.compute import run
from minigrad.course.examples import every
from minigrad.course.written import Written, read

RECORDS = every()


def softmax(x: Any, dim: int) -> Any:
    e = np.exp(x)
    return e / e.sum(axis=dim, keepdims=True)


def conv2d(x: Any, w: Any, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    x = np.pad(x, padding)
    reach = [dilation * (k - 1) + 1 for k in w.shape]
    places = [range(0, n - r + 1, stride) for n, r in zip(x.shape, reach, strict=True)]
    seen = [
        [x[i : i + reach[0] : dilation, j : j + reach[1] : dilation] for j in places[1]] for i in places[0]
    ]
    return np.array([[np.sum(w * window) for window in row] for row in seen])


def conv_transpose2d(x: Any, w: Any, stride: int = 1, padding: int = 0, dilation: int = 1) -> Any:
    y = np.zeros([stride * (n - 1) + dilation * (k - 1) + 1 for n, k in zip(x.shape, w.shape, strict=True)])
    for (i, j), number in np.ndenumerate(x):
        for (a, b), weight in np.ndenumerate(w):
            y[stride * i + dilation * a, stride * j + dilation * b] += number * weight
    return y[padding : y.shape[0] - padding, padding : y.shape[1] - padding]


def max_pool2d(x: Any, kernel_size: int, stride: int) -> Any:
    places = [range(0, n - kernel_size + 1, stride) for n in x.shape]
    return np.array(
        [[x[i : i + kernel_size, j : j + kernel_size].max() for j in places[1]] for i in places[0]]
    )


NUMPY: dict[str, Any] = {
    "conv2d": conv2d,
    "conv_transpose2d": conv_transpose2d,
    "max_pool2d": max_pool2d,
    **{name: getattr(np, name) for name in ("abs", "cos", "exp", "log", "log2", "sin", "sqrt", "tanh")},
    "max": lambda x, dim=None: np.max(x, axis=dim),
    "maximum": np.maximum,
    "mean": lambda x, dim=None: np.mean(x, axis=dim),
    "min": lambda x, dim=None: np.min(x, axis=dim),
    "minimum": np.minimum,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": softmax,
    "sum": lambda x, dim=None: np.sum(x, axis=dim),
}


@pytest.mark.parametrize("name", RECORDS)
def test_it_agrees_with_the_engine(name: str) -> None:
    RECORDS[name].check()


@pytest.mark.parametrize("name", RECORDS)
def test_it_agrees_with_numpy_and_measured_slopes(name: str, agree: Callable[..., None]) -> None:
    example = RECORDS[name]

    def work(paper: Any) -> None:
        for node in example.nodes.values():
            if node.formula is None:
                value: Any = [float(number.text) for number in node.value.numbers]
                value = np.reshape(value, node.value.shape)
            else:
                value = eval(node.formula.text, {"__builtins__": {}}, {**NUMPY, **paper.lines})
            setattr(paper, node.name, value)

    agree(example, work)


@pytest.mark.parametrize("name", RECORDS)
def test_it_says_where_it_comes_from(name: str) -> None:
    assert RECORDS[name].source
    assert RECORDS[name].title


def test_those_of_the_slides_are_there() -> None:
    assert {
        "batch.as_matrix",
        "batch.of_three",
        "convolution.slides",
        "convolution.slides_pooled",
        "entropy.bits",
        "local_rules.add",
        "local_rules.divide",
        "local_rules.exponential",
        "local_rules.logarithm",
        "local_rules.multiply",
        "local_rules.negate",
        "network.zeros",
        "softmax_regression.by_hand",
        "softmax_regression.with_vectors",
        "two_paths.two_paths",
    } <= set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_only_data_goes_without_a_gradient(name: str) -> None:
    """A record that goes backward gives the gradient of every node, but of inputs and targets."""
    example: Example = RECORDS[name]
    if example.has_gradients:
        without = {node.name for node in example.nodes.values() if node.gradient is None}
        assert all(example.nodes[node].formula is None for node in without)


def changed(example: Example, name: str, what: str, place: int) -> Example:
    """The record with one written number moved up by two in its last place."""
    node = example[name]
    written: Written = getattr(node, what)
    number = written.numbers[place]
    moved = replace(number, value=number.value + Decimal(2).scaleb(-number.decimals))
    numbers = (*written.numbers[:place], moved, *written.numbers[place + 1 :])
    other = copy(example)
    other.nodes = {**example.nodes, name: replace(node, **{what: replace(written, numbers=numbers)})}
    return other


@pytest.mark.parametrize("name", RECORDS)
def test_one_number_changed_is_one_number_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    example = RECORDS[name]
    computed = run(example)  # once: what is computed does not depend on what is written of it
    monkeypatch.setattr(check, "run", lambda _: computed)
    for node in example.nodes.values():
        for what, written in (("value", node.value), ("gradient", node.gradient)):
            if written is None or (node.formula is None and what == "value"):
                continue
            for place, index in enumerate(np.ndindex(written.shape)):
                found = changed(example, node.name, what, place).differences()
                expected = node.name + (f"[{', '.join(map(str, index))}]" if index else "")
                assert [(difference.name, difference.what) for difference in found] == [(expected, what)]


def test_the_comparison_with_plain_python_can_fail(agree: Callable[..., None]) -> None:
    example = RECORDS["two_paths.two_paths"]

    def work(p: Any) -> None:
        p.a = 2
        p.x = 3 * p.a
        p.y = p.a + 1
        p.z = p.x * p.y

    agree(example, work)
    for what in ("value", "gradient"):
        for name in ("x", "y", "z"):
            with pytest.raises(AssertionError, match=name):
                agree(changed_text(example, name, what), work)


def changed_text(example: Example, name: str, what: str) -> Example:
    other = copy(example)
    number = read("7", example.decimals, "round")
    other.nodes = {**example.nodes, name: replace(example[name], **{what: number})}
    return other

"""The short records, worked out once more in plain Python."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigrad.course import Example
from minigrad.course.examples import entropy, local_rules, network, two_paths


def rule(operation: Callable[..., float], a: float, b: float | None = None) -> Callable[[Any], None]:
    def work(p: Any) -> None:
        p.a = a
        if b is not None:
            p.b = b
        p.z = operation(p.a) if b is None else operation(p.a, p.b)
        p.L = 5 * p.z

    return work


@pytest.mark.parametrize(
    ("example", "work"),
    [
        (local_rules.add, rule(lambda a, b: a + b, 3, -2)),
        (local_rules.multiply, rule(lambda a, b: a * b, 3, -2)),
        (local_rules.divide, rule(lambda a, b: a / b, 3, -2)),
        (local_rules.negate, rule(lambda a: -a, 3)),
        (local_rules.exponential, rule(math.exp, 0.5)),
        (local_rules.logarithm, rule(math.log, 0.5)),
    ],
    ids=["add", "multiply", "divide", "negate", "exp", "log"],
)
def test_local_rules(example: Example, work: Callable[[Any], None], agree: Callable[..., None]) -> None:
    agree(example, work)


def test_one_path(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.a = 2
        p.y = 3 * p.a
        p.u = math.log(p.y)
        p.z = -p.u

    agree(two_paths.one_path, work)


def test_two_paths(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.a = 2
        p.x = 3 * p.a
        p.y = p.a + 1
        p.z = p.x * p.y

    agree(two_paths.two_paths, work)
    assert str(two_paths.two_paths["a"].gradient) == str(6 * 2 + 3)  # z = 3 a^2 + 3 a


def test_the_network_of_zeros(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.x, p.y = np.ones((10, 1)), [[1], [0]]
        p.W1, p.W2 = np.zeros((4, 10)), np.zeros((2, 4))
        p.v = [[sum(p.W1[i, j] * p.x[j, 0] for j in range(10))] for i in range(4)]
        p.h = [[1 / (1 + math.exp(-p.v[i, 0]))] for i in range(4)]
        p.z = [[sum(p.W2[k, i] * p.h[i, 0] for i in range(4))] for k in range(2)]
        total = math.exp(p.z[0, 0]) + math.exp(p.z[1, 0])
        p.yhat = [[math.exp(p.z[k, 0]) / total] for k in range(2)]
        p.L = -(p.y[0, 0] * math.log(p.yhat[0, 0]) + p.y[1, 0] * math.log(p.yhat[1, 0]))

    agree(network.zeros, work)
    shapes = {name: network.zeros[name].value.shape for name in ("x", "W1", "v", "h", "W2", "z", "yhat")}
    assert shapes == {
        "x": (10, 1),
        "W1": (4, 10),
        "v": (4, 1),
        "h": (4, 1),
        "W2": (2, 4),
        "z": (2, 1),
        "yhat": (2, 1),
    }


def test_entropy(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.p, p.q = [0.8, 0.2], [0.5, 0.5]
        p.Hp = -(p.p[0] * math.log2(p.p[0]) + p.p[1] * math.log2(p.p[1]))
        p.Hq = -(p.q[0] * math.log2(p.q[0]) + p.q[1] * math.log2(p.q[1]))
        p.KL = sum(p.p[i] * (math.log2(p.p[i]) - math.log2(p.q[i])) for i in range(2))
        p.CE = -sum(p.p[i] * math.log2(p.q[i]) for i in range(2))
        p.both = p.Hp + p.KL

    agree(entropy.bits, work)
    shown = {name: str(entropy.bits[name].value) for name in ("Hp", "Hq", "KL", "CE", "both")}
    assert shown == {"Hp": "0.72", "Hq": "1", "KL": "0.28", "CE": "1", "both": "1"}


def test_cross_entropy_by_the_prediction(agree: Callable[..., None]) -> None:
    def work(p: Any) -> None:
        p.p, p.q = [0.8, 0.2], [0.5, 0.5]
        p.l = [math.log(p.q[0]), math.log(p.q[1])]
        p.CE = -(p.p[0] * p.l[0] + p.p[1] * p.l[1])

    agree(entropy.by_prediction, work)

"""Numbers as they are written in a box."""

import numpy as np
import pytest

from minigrad.viz.graphs.text import number, numbers, small


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (0.81291, 4, "0.8129"),
        (0.81291, 2, "0.81"),
        (0.5, 4, "0.5"),
        (3.0, 4, "3"),
        (-0.0, 4, "0"),
        (0.0, 0, "0"),
        (-0.00004, 4, "-4.000e-05"),
        (1.5e-7, 2, "1.5e-07"),
        (123456.75, 2, "123456.75"),
        (100.0, 0, "100"),
        (3e8, 4, "3.000e+08"),
        (float("inf"), 4, "inf"),
        (float("nan"), 4, "nan"),
        (7, 2, "7"),
        (True, 2, "True"),
    ],
)
def test_number(value: float, precision: int, text: str) -> None:
    assert number(value, precision) == text


def test_numbers() -> None:
    assert numbers(np.array(2.5)) == ["2.5"]
    assert numbers(np.array([1.0, -0.25])) == ["[1, -0.25]"]
    assert numbers(np.array([[1.0, -10.5], [0.25, 3.0]])) == ["[   1  -10.5]", "[0.25      3]"]
    assert numbers(np.zeros(0)) == ["[]"]
    assert numbers(np.array([0.1234, 0.2345, 0.3456, 0.4567, 0.5678]), width=20) == [
        "[0.1234, 0.2345,",
        " 0.3456, 0.4567,",
        " 0.5678]",
    ]


def test_small() -> None:
    assert small((), 1)
    assert small((3, 3), 9)
    assert not small((10,), 9)
    assert not small((1, 2, 2), 9)
    assert not small((0, 3), 9)

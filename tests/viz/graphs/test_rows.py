"""Boxes in rows: each below what it is computed from, none on another, arrows around boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from minigrad.viz.graphs.rows import APART, BELOW, _apart, in_rows

SMALL = (20.0, 10.0)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    """Boxes of all sizes, and arrows from earlier to later ones, some of them twice."""
    keys = [f"box{number}" for number in range(draw(st.integers(1, 9)))]
    sizes = {key: (draw(st.floats(5, 90)), draw(st.floats(5, 50))) for key in keys}
    pairs = [(a, b) for at, b in enumerate(keys) for a in keys[:at]]
    arrows = draw(st.lists(st.sampled_from(pairs), max_size=16)) if pairs else []
    return sizes, arrows


@settings(max_examples=40, deadline=None)
@given(graphs(), st.booleans())
def test_nothing_lies_on_another(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]], right: bool
) -> None:
    sizes, arrows = graph
    layout = in_rows(sizes, arrows, right=right)
    along, across = (0, 1) if right else (1, 0)
    corners = {
        key: (np.subtract(layout.middles[key], np.divide(sizes[key], 2)),
              np.add(layout.middles[key], np.divide(sizes[key], 2)))
        for key in sizes
    }  # fmt: skip
    for low, high in corners.values():
        assert (low > -1e-6).all() and (high < np.add((layout.width, layout.height), 1e-6)).all()
    for key, (low, high) in corners.items():
        for other, (low2, high2) in corners.items():
            gap = np.maximum(low2 - high, low - high2)
            assert key == other or gap[across] > APART - 1e-6 or gap[along] > BELOW - 1e-6
    for (source, target), way in zip(arrows, layout.ways, strict=True):
        assert corners[target][0][along] - corners[source][1][along] > BELOW - 1e-6
        assert way[0][along] == pytest.approx(corners[source][1][along])
        assert way[-1][along] == pytest.approx(corners[target][0][along])
        for key, (low, high) in corners.items():  # where it passes a row, it passes beside the boxes
            for one, other in zip(way[1:-1:2], way[2:-1:2], strict=True):
                if max(one[along], low[along]) < min(other[along], high[along]) - 1e-6:
                    assert not low[across] < one[across] < high[across], key


def test_a_parameter_stands_right_above_its_first_use() -> None:
    sizes = dict.fromkeys("xabcw", SMALL)
    layout = in_rows(sizes, [("x", "a"), ("a", "b"), ("b", "c"), ("w", "c")])
    assert layout.middles["w"][1] == layout.middles["b"][1] > layout.middles["a"][1]


def test_a_chain_is_straight_and_what_is_used_twice_has_two_arrows() -> None:
    layout = in_rows(dict.fromkeys("ayz", SMALL), [("a", "y"), ("y", "z"), ("y", "z")])
    assert len({x for x, _ in layout.middles.values()}) == 1
    assert layout.ways[1][0][0] < layout.ways[2][0][0]
    assert layout.ways[1][-1][0] < layout.ways[2][-1][0]


def test_arrows_that_need_not_cross_do_not() -> None:
    """Two chains whose beginnings stand in the other order."""
    arrows = [("a", "p"), ("b", "q"), ("p", "x"), ("q", "y")]
    layout = in_rows(dict.fromkeys("abqpyx", SMALL), arrows)
    orders = [np.sign(layout.middles[a][0] - layout.middles[b][0]) for a, b in ("ab", "pq", "xy")]
    assert len(set(orders)) == 1


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(1, 40)), min_size=2, max_size=5))
def test_places_are_the_nearest_that_do_not_touch(wanted: list[tuple[float, float]]) -> None:
    """Against SciPy's solution of the same problem of least squares."""
    at, breadths = map(np.array, zip(*wanted, strict=True))
    room = (breadths[1:] + breadths[:-1]) / 2 + APART
    found = np.array(_apart(list(at), list(breadths)))
    assert (np.diff(found) >= room - 1e-9).all()
    best = minimize(
        lambda x: ((x - at) ** 2).sum(),
        np.concatenate([[0], np.cumsum(room)]),
        constraints={"type": "ineq", "fun": lambda x: np.diff(x) - room},
        method="SLSQP",
    )
    assert ((found - at) ** 2).sum() <= best.fun + 1e-4 * (1 + best.fun)

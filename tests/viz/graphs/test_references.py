"""A large picture in which values are used far from where they are made: they are named again there."""

import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

import minigrad as mg
from minigrad.viz import graph
from minigrad.viz.graphs import Description
from minigrad.viz.graphs.references import references

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def unrolled(steps: int) -> tuple[mg.Tensor, dict[str, mg.Tensor]]:
    """A recurrent network: W and b are used in each step."""
    w, b = (mg.ones(2, 2, requires_grad=True) for _ in range(2))
    h = mg.ones(2, 2)
    for _ in range(steps):
        h = (h @ w + b).tanh()
    return h, {"W": w, "b": b}


def random_operands(n: int) -> mg.Tensor:
    choose = random.Random(0)
    values = [mg.tensor(float(i), requires_grad=True) for i in range(3)]
    for _ in range(n // 2):
        values.append(choose.choice(values) - choose.choice(values))
    total = values[-1]
    for value in values[: n // 2]:
        total = total + value
    return total


def side_by_side(n: int) -> mg.Tensor:
    x = mg.tensor(1.0, requires_grad=True)
    return mg.stack([x * float(i) for i in range(n - 1)])


def reachable(description: Description, cut: frozenset[int]) -> set[str]:
    """The boxes from which drawn arrows lead to the result."""
    above: dict[str, list[str]] = {}
    for i, arrow in enumerate(description.arrows):
        if i not in cut:
            above.setdefault(arrow.target, []).append(arrow.source)
    found, stack = {description.result}, [description.result]
    while stack:
        for key in above.get(stack.pop(), ()):
            if key not in found:
                found.add(key)
                stack.append(key)
    return found


def test_weights_of_an_unrolled_network_are_named_at_each_step() -> None:
    last, names = unrolled(60)
    picture = graph(last, names=names, collapse=False)
    words = ["".join(t.itertext()) for t in ElementTree.fromstring(picture.svg).iter(f"{SVG}text")]
    assert words.count("W") == words.count("b") == 60  # the box with the value, and 59 times the name alone
    assert any("A small box stands for the value of that name" in line for line in words)
    arrows = [arrow for arrow in picture.description.arrows if arrow.source == "leaf0"]
    assert len(arrows) == 60  # the data has them all


def test_a_result_without_a_name_has_a_number() -> None:
    x = mg.tensor([2.0], requires_grad=True)

    def computed() -> mg.Tensor:
        h = x.exp()
        y = h
        for _ in range(60):
            y = (y * h).tanh()
        return y

    dot = graph(computed(), collapse=False).dot
    assert dot.count("label=<#1>") == 60  # 61 uses, one of them by an arrow
    assert re.search(r"op0 \[.*exp.*#1", dot)


def test_pictures_of_usual_size_have_all_their_arrows() -> None:
    last, names = unrolled(16)
    picture = graph(last, names=names, collapse=False)
    assert not references(picture.description).arrows
    assert "A small box" not in picture.svg


def test_gradients_go_to_the_small_boxes_too() -> None:
    last, names = unrolled(60)
    edges = [
        e for e in graph(last.sum(), names=names, step=3, collapse=False).dot.splitlines() if " -> " in e
    ]
    (carried,) = (
        e for e in edges if "@" in e and "dir=back" in e
    )  # sum and tanh have no leaf; then comes + b
    assert "penwidth" in carried


@pytest.mark.parametrize(
    "make", [lambda n: unrolled(n // 3)[0], random_operands, side_by_side], ids=["unrolled", "random", "wide"]
)
def test_arrows_of_2000_operations_are_short_and_hold_it_together(make: Callable[[int], mg.Tensor]) -> None:
    """The engine's time grows with the rows that arrows go down: once two million, and minutes."""
    description = graph(make(2000), collapse=False).description
    cut = references(description).arrows
    rows = {description.result: 0}
    order = {key: i for i, key in enumerate(description.boxes)}
    for arrow in sorted(description.arrows, key=lambda a: -order[a.target]):
        rows[arrow.source] = max(rows.get(arrow.source, 0), rows[arrow.target] + 1)
    lengths = [rows[a.source] - rows[a.target] for i, a in enumerate(description.arrows) if i not in cut]
    assert sum(lengths) <= 2 * len(description.arrows)
    assert reachable(description, cut) == set(description.boxes)


def test_300_operations_with_one_weight_are_drawn() -> None:
    """It took over a minute: the limit is no measurement, but where one gives up."""
    program = """
import minigrad as mg
h, w = mg.ones(1, 3), mg.ones(3, 3, requires_grad=True)
for _ in range(150):
    h = (h @ w).tanh()
assert mg.viz.graph(h, collapse=False).svg
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)

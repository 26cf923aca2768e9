"""Lesson 0 runs, its engine agrees with minigrad, and its check knows a topological order from others."""

import ast
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import course

LESSON = "00_engine.py"
ENGINE = {"Number", "as_number", "newest_first", "backward", "Array", "as_array", "fit", "backward_arrays"}


def test_it_runs_and_says_what_it_checked(run_lesson: Callable[..., str], tmp_path: Path) -> None:
    printed = run_lesson(LESSON)
    for line in (
        "At a = 2 the result is 18. The measured slope is 15.0000.",
        "The hasty walk finds the gradient of a: 15.",
        "The hasty walk says 9. Right is 6.",
        "Newest first: z has 1, y has 2, a has 6. Right!",
        "Checked: the value and all 41 gradients are the same.",
    ):
        assert line in printed
    assert printed.count("Checked: ") == 4
    assert printed.endswith(
        "Exercise: order() is still to be written. Write it in 00_engine.py, and run the lesson again.\n"
    )
    for step in range(3):
        assert (tmp_path / f"output/00_engine/step{step}.png").read_bytes().startswith(b"\x89PNG")
    assert str((tmp_path / "output/00_engine").resolve()) in printed


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_the_engine_has_less_than_150_lines() -> None:
    text = (Path(__file__).parents[2] / "lessons" / LESSON).read_text(encoding="utf-8")
    parts = [part for part in ast.parse(text).body if getattr(part, "name", None) in ENGINE]
    assert {part.name for part in parts} == ENGINE  # type: ignore[attr-defined]
    lines = text.splitlines()
    code = [line for part in parts for line in lines[part.lineno - 1 : part.end_lineno] if line.strip()]
    assert 50 < len(code) < 150


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    import os
    import runpy

    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("lesson"))
    try:
        return runpy.run_path(str(Path(__file__).parents[2] / "lessons" / LESSON))
    finally:
        os.chdir(before)


def everything(a: Any, b: Any) -> Any:
    """Every operation of the engines, with results that are used more than once, and plain numbers."""
    c = a * b + 2
    d = (c - b) / (3 + a * a)
    e = (-d).exp() * c
    return e + (c * c + 1).log() + d**3 - 0.5 * e * d


def test_single_numbers_agree_with_minigrad(engine: dict[str, Any]) -> None:
    for at in np.random.default_rng(0).normal(size=(20, 2)):
        ours = [engine["Number"](float(x)) for x in at]
        theirs = [mg.tensor(x, dtype=mg.float64, requires_grad=True) for x in at]
        z, w = everything(*ours), everything(*theirs)
        engine["backward"](z)
        w.backward()
        assert math.isclose(z.data, w.item(), rel_tol=1e-12)
        for our, their in zip(ours, theirs, strict=True):
            assert math.isclose(our.grad, their.grad.item(), rel_tol=1e-10, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("a", "b"),
    [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((1, 4), (3, 1)), ((2, 3, 4), (1, 4)), ((), (3,))],
)
def test_arrays_agree_with_minigrad(engine: dict[str, Any], a: tuple[int, ...], b: tuple[int, ...]) -> None:
    random = np.random.default_rng(1)
    given = [random.normal(size=shape) for shape in (a, b)]
    ours = [engine["Array"](x) for x in given]
    theirs = [mg.tensor(x, requires_grad=True) for x in given]
    weights = random.normal(size=np.broadcast_shapes(a, b))
    z, w = (everything(*ours) * weights).sum(), (everything(*theirs) * mg.tensor(weights)).sum()
    engine["backward_arrays"](z)
    w.backward()
    assert z.data == pytest.approx(w.item(), rel=1e-12)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our.grad, their.grad, rtol=1e-9, atol=1e-11)


def test_the_hasty_walk_is_right_on_every_smaller_graph(engine: dict[str, Any]) -> None:
    """All graphs of sums with up to three nodes, each of which has up to two parents before it.

    Wrong is only the one of the lesson: the last of three uses the middle one twice, and that uses the first.
    """
    node, hasty, backward = engine["Number"], engine["hasty"], engine["backward"]
    wrong = []
    choices: list[list[tuple[int, ...]]] = [
        [(), *((i,) for i in range(n)), *((i, j) for i in range(n) for j in range(i, n))] for n in range(3)
    ]
    graphs = [(one,) for one in choices[0]]
    graphs += [(one, two) for one in choices[0] for two in choices[1]]
    graphs += [(one, two, three) for one in choices[0] for two in choices[1] for three in choices[2]]
    for graph in graphs:
        gradients = []
        for walk in (hasty, backward):
            nodes: list[Any] = []
            for parents in graph:
                nodes.append(node(0.0, tuple((nodes[i], 1.0) for i in parents)))
            nodes[-1].grad = 1.0
            walk(nodes[-1])
            gradients.append([n.grad for n in nodes])
        if gradients[0] != gradients[1]:
            wrong.append(graph)
    three_arrows = [graph for graph in wrong if sum(map(len, graph)) == 3]
    assert three_arrows == [((), (0,), (1, 1))]
    assert all(len(graph) == 3 and sum(map(len, graph)) >= 3 for graph in wrong)


COUNTING = """\
    arrows, to_visit = {result: 0}, [result]
    while to_visit:
        for parent, _ in to_visit.pop().parents:
            if parent not in arrows:
                arrows[parent] = 0
                to_visit.append(parent)
            arrows[parent] += 1
    nodes, ready = [], [result]
    while ready:
        node = ready.pop()
        nodes.append(node)
        for parent, _ in node.parents:
            arrows[parent] -= 1
            if arrows[parent] == 0:
                ready.append(parent)
    return nodes
"""


def test_its_exercise_can_be_solved(run_lesson: Callable[..., str]) -> None:
    assert run_lesson(LESSON, COUNTING).endswith("Exercise: order() is right. Solved!\n")


def reached(result: Any, depth_first: bool) -> list[Any]:
    found, to_visit = [result], [result]
    while to_visit:
        for parent, _ in to_visit.pop(-1 if depth_first else 0).parents:
            if parent not in found:
                found.append(parent)
                to_visit.append(parent)
    return found


def recursive(result: Any) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> None:
        for parent, _ in node.parents:
            if parent not in found:
                visit(parent)
        found.append(node)

    visit(result)
    return found[::-1]


WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nothing": (lambda result: None, "return a list"),
    "empty": (lambda result: [], "nodes, and has 0"),
    "the result alone": (lambda result: [result], "nodes, and has 1"),
    "as reached, depth first": (lambda result: reached(result, True), "before one that uses it"),
    "as reached, breadth first": (lambda result: reached(result, False), "before one that uses it"),
    "by serial number": (
        lambda result: sorted(reached(result, True), key=lambda node: node.serial, reverse=True),
        "before one that uses it",
    ),
    "doubled": (lambda result: [result, result], "more than once"),
    "oldest first": (lambda result: recursive(result)[::-1], "before one that uses it"),
    "calls itself": (recursive, "Use a loop"),
}


@pytest.mark.parametrize("name", WRONG)
def test_its_check_refuses_other_answers(engine: dict[str, Any], name: str) -> None:
    answer, message = WRONG[name]
    with pytest.raises(course.NotYet, match=message):
        engine["check"](answer)

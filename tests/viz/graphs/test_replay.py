"""Backward after k nodes, and all of it, against numbers by hand; drawing it changes nothing."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz import graph


class TwoPaths:
    """L = (p + q) q with p = a b, q = exp a, at a = 0, b = 2.

    By hand: p = 0, q = 1, s = p + q = 1, L = 1.
    Backward, the newest first: L: ds = q = 1, dq = s = 1; s: dp = 1, dq = 1 + 1 = 2; q: da = 2 q = 2;
    p: da = 2 + b = 4, db = a = 0.
    """

    def __init__(self) -> None:
        self.a = mg.tensor(0.0, requires_grad=True)
        self.b = mg.tensor(2.0, requires_grad=True)
        self.p = self.a * self.b
        self.q = self.a.exp()
        self.s = self.p + self.q
        self.L = self.s * self.q


GRADIENTS = [
    {"L": 1},
    {"L": 1, "s": 1, "q": 1},
    {"L": 1, "s": 1, "q": 2, "p": 1},
    {"L": 1, "s": 1, "q": 2, "p": 1, "a": 2},
    {"L": 1, "s": 1, "q": 2, "p": 1, "a": 4, "b": 0},
]
STATES = [
    {"L": "waiting", "s": "", "q": "", "p": ""},
    {"L": "current", "s": "waiting", "q": "waiting", "p": ""},
    {"L": "done", "s": "current", "q": "waiting", "p": "waiting"},
    {"L": "done", "s": "done", "q": "current", "p": "waiting"},
    {"L": "done", "s": "done", "q": "done", "p": "current"},
]
CARRIED = [
    set(),
    {("s", "L"), ("q", "L")},
    {("s", "L"), ("q", "L"), ("p", "s"), ("q", "s")},
    {("s", "L"), ("q", "L"), ("p", "s"), ("q", "s"), ("a", "q")},
    {("s", "L"), ("q", "L"), ("p", "s"), ("q", "s"), ("a", "q"), ("a", "p"), ("b", "p")},
]


@pytest.mark.parametrize("step", range(5))
def test_each_step(step: int) -> None:
    t = TwoPaths()
    picture = graph(t.L, step=step, names=vars(t))
    boxes = {box.name: box for box in picture.description.boxes.values()}
    assert {name: box.gradient.item() for name, box in boxes.items() if box.has_gradient} == GRADIENTS[step]
    assert {name: box.state for name, box in boxes.items() if box.operation} == STATES[step]
    names = {box.key: box.name for box in boxes.values()}
    carried = {(names[a.source], names[a.target]) for a in picture.description.arrows if a.carried}
    assert carried == CARRIED[step]
    assert picture.steps == 4


def test_the_ways_of_gradients_are_drawn_backwards() -> None:
    t = TwoPaths()
    for step, carried in enumerate([0, 2, 4, 5, 7]):
        edges = [line for line in graph(t.L, step=step, names=vars(t)).dot.splitlines() if " -> " in line]
        assert len(edges) == 7
        assert sum("dir=back" in edge and "penwidth" in edge for edge in edges) == carried


def test_a_gradient_with_a_way_missing_says_so() -> None:
    t = TwoPaths()
    partial = [graph(t.L, step=k, names=vars(t)).description.box("q").partial for k in range(5)]
    assert partial == [None, (1, 2), None, None, None]
    partial = [graph(t.L, step=k, names=vars(t)).description.box("a").partial for k in range(5)]
    assert partial == [None, None, None, (1, 2), None]
    assert "grad so far (1 of 2)" in graph(t.L, step=1, names=vars(t)).dot


def test_the_picture_says_where_backward_stands() -> None:
    t = TwoPaths()
    said = [graph(t.L, step=k, names=vars(t)).description.notes for k in range(5)]
    assert said == [
        ["Backward after 0 of 4 operations. It begins at the result."],
        ["Backward after 1 of 4 operations. The last one was ×; 2 wait."],
        ["Backward after 2 of 4 operations. The last one was +; 2 wait."],
        ["Backward after 3 of 4 operations. The last one was exp; 1 waits."],
        ["Backward after 4 of 4 operations. The last one was ×; none waits, it is finished."],
    ]


def test_the_end_is_what_backward_computes() -> None:
    mg.manual_seed(0)
    w = mg.randn(3, 2, requires_grad=True)
    x = mg.randn(4, 3, requires_grad=True)
    loss = ((x @ w).tanh().softmax(dim=1) ** 2).mean() + w.sum()
    drawn = graph(loss, step=-1, values=12).description
    loss.backward()
    np.testing.assert_array_equal(drawn.box("w").gradient, w.grad.numpy())
    np.testing.assert_array_equal(drawn.box("x").gradient, x.grad.numpy())


@pytest.mark.parametrize("how", [{"step": -1}, {"backward": True}])
def test_a_given_upstream_gradient(how: dict[str, Any]) -> None:
    a = mg.tensor([1.0, 2.0], requires_grad=True)
    y = a * 3
    drawn = graph(y, gradient=mg.tensor([1.0, -1.0]), **how).description
    np.testing.assert_array_equal(drawn.box("a").gradient, [3, -3])


def test_all_gradients_without_the_marks_of_a_walk() -> None:
    t = TwoPaths()
    t.a.grad = mg.tensor(100.0)  # of another backward, say
    picture = graph(t.L, backward=True, names={"a": t.a})  # nobody holds q and s
    boxes = list(picture.description.boxes.values())
    assert sorted(box.gradient.item() for box in boxes) == [0, 1, 1, 1, 2, 4]
    assert picture.description.box("a").gradient == 4
    assert {box.state for box in boxes} == {""}
    assert picture.description.notes == []
    assert picture.description.step is None
    assert "dir=back" not in picture.dot
    t.L.backward(retain_graph=True)  # nothing was freed, and a.grad not touched
    assert t.a.grad.item() == 104


def test_drawing_changes_nothing() -> None:
    t = TwoPaths()
    calls = []
    t.q.register_hook(calls.append)
    t.s.retain_grad()
    for step in (None, 0, 2, -1):
        picture = graph(t.L, step=step, names=vars(t))
        assert picture.svg
    assert (t.a.grad, t.b.grad, calls) == (None, None, [])
    t.L.backward()  # nothing was freed
    assert (t.a.grad.item(), t.b.grad.item(), t.s.grad.item()) == (4, 0, 1)
    assert [gradient.item() for gradient in calls] == [2]
    graph(t.L, names=vars(t))
    assert (t.a.grad.item(), t.b.grad.item(), t.s.grad.item()) == (4, 0, 1)


def test_drawing_keeps_nothing_alive() -> None:
    import gc
    import weakref

    x = mg.ones(100, requires_grad=True)
    y = x.exp()
    graph(y.sum(), step=-1)
    node = weakref.ref(y.grad_fn)
    gc.disable()
    try:
        del y
        assert node() is None
    finally:
        gc.enable()


def test_steps_of_a_freed_graph_are_refused() -> None:
    t = TwoPaths()
    t.L.backward()
    for how in ({"step": 1}, {"backward": True}):
        with pytest.raises(RuntimeError, match=r"a backward has freed.*before backward\(\)"):
            graph(t.L, **how)


def test_what_a_product_does_with_vectors_is_no_step_of_its_own() -> None:
    a = mg.tensor([1.0, 2.0], requires_grad=True)
    y = a @ mg.tensor([3.0, 4.0])
    assert graph(y).steps == 1  # though the engine has recorded a row, a product and two dropped axes
    assert graph(y).alt.startswith("Computation graph of y, 1 operation.")
    start, end = graph(y, step=0).description, graph(y, step=1).description
    assert not start.box("a").has_gradient
    assert end.notes == ["Backward after 1 of 1 operation. The last one was @; none waits, it is finished."]
    np.testing.assert_array_equal(end.box("a").gradient, [3, 4])


def test_as_many_steps_as_boxes_of_operations() -> None:
    w = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    u = mg.tensor([5.0, 6.0], requires_grad=True)
    z = (w @ u).exp()
    loss = (u @ w + z) @ z
    picture = graph(loss)
    operations = [box for box in picture.description.boxes.values() if box.operation]
    assert picture.steps == len(operations) == 5
    for step in range(6):
        drawn = graph(loss, step=step).description
        states = [box.state for box in drawn.boxes.values() if box.operation]
        assert sum(state in ("current", "done") for state in states) == step
        said = f"{states.count('waiting')} wait" if "waiting" in states else "none waits"
        assert step == 0 or said in drawn.notes[-1]
    loss.backward(retain_graph=True)
    np.testing.assert_array_equal(drawn.box("w").gradient, w.grad)
    np.testing.assert_array_equal(drawn.box("u").gradient, u.grad)

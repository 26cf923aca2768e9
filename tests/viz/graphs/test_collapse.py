"""Large graphs: modules, rows and stretches as one box each, and never a cycle."""

import random

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz import graph
from minigrad.viz.graphs import Description


def row(n: int) -> mg.Tensor:
    h = mg.tensor([1.0, 2.0], requires_grad=True)
    for _ in range(n // 2):
        h = h * 1.0 + 0.01
    return h


def tangle(n: int) -> mg.Tensor:
    """n operations, each of two of the thirty before it, so that neither modules nor rows help."""
    choose = random.Random(0)
    values = [mg.tensor(float(i), requires_grad=True) for i in range(3)]
    for i in range(n):
        a, b = choose.choice(values[-30:]), choose.choice(values[-30:])
        values.append(a - b if i % 2 else (a + b) * 0.5)
    total = values[-1]
    for value in values[-30:-1]:
        total = total + value
    return total


def kinds(description: Description) -> set[str]:
    return {box.kind for box in description.boxes.values()} - {"parameter", "constant"}


def drawn(description: Description) -> int:
    return sum(box.kind not in ("parameter", "constant") for box in description.boxes.values())


def assert_no_cycle(description: Description) -> None:
    below = {key: {a.source for a in description.arrows if a.target == key} for key in description.boxes}
    while below:
        free = [key for key, sources in below.items() if not sources & below.keys()]
        assert free, "a cycle"
        for key in free:
            del below[key]


def test_rows_are_one_box_with_their_ends() -> None:
    end = row(2000)
    picture = graph(end)
    assert [box.label for box in picture.description.boxes.values()] == [
        "",
        "× 1",
        "1,998 operations in a row",
        "constant",  # nothing tells which: neither result nor input of the sum was kept
        "+",
    ]
    (inner,) = (box for box in picture.description.boxes.values() if box.kind == "chain")
    assert inner.notes == ["999 of +, 999 of ×"]
    assert picture.description.notes == [
        "2,000 operations, drawn as 3. A double border stands for several operations."
    ]
    assert picture.steps == 2000
    assert "1,998 operations in a row" in picture.svg


def test_a_row_says_what_is_in_it() -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    mixed = (((x * x).exp() * 3.0).exp() * 2.0).exp().log().tanh()
    different = (x * x).exp().log().tanh().sqrt()
    said = [
        box.notes
        for y in (mixed, different)
        for box in graph(y, limit=3).description.boxes.values()
        if box.kind == "chain"
    ]
    assert said == [["3 of exp, 2 of ×, 1 of log"], ["exp, log, tanh"]]


def test_a_result_with_a_name_ends_a_row() -> None:
    half = row(200)
    end = half
    for _ in range(100):
        end = end * 1.5
    assert graph(end).description.box("half").kind == "operation"


def test_a_tangle_of_2000_is_drawn_as_stretches() -> None:
    picture = graph(tangle(2000))
    description = picture.description
    assert description.operations > 2000
    assert kinds(description) == {"stretch"}
    assert drawn(description) <= 50
    assert_no_cycle(description)
    assert "operations 1 to" in picture.svg


def test_a_graph_of_2000_can_be_drawn_whole() -> None:
    picture = graph(row(2000), collapse=False)
    assert drawn(picture.description) == 2000
    assert picture.description.notes == []
    assert picture.svg.count("<title>mul") == 1000


@pytest.mark.parametrize("step", [None, 50_000])
def test_100_000_operations(step: int | None) -> None:
    picture = graph(row(100_000).sum(), step=step)
    assert picture.steps == 100_001
    assert picture.svg
    if step is not None:
        (inner,) = (box for box in picture.description.boxes.values() if box.kind == "chain")
        assert inner.state == "current"


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(4, 8), nn.Linear(8, 4)

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        return x + self.down(self.up(x).relu())


class Deep(nn.Module):
    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.stem = nn.Linear(2, 4)
        self.blocks = nn.Sequential(*(Block() for _ in range(blocks)))

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        return self.blocks(self.stem(x))


def test_modules_are_closed_from_the_inside_out() -> None:
    model = Deep(20)
    loss = model(mg.ones(1, 2)).sum()
    description = graph(loss).description
    boxes = [box for box in description.boxes.values() if box.kind == "module"]
    assert [box.label for box in boxes] == ["stem: Linear", *(f"{i}: Block" for i in range(20))]
    assert boxes[1].notes == ["4 operations", "4 parameters, 76 numbers"]  # 4 * 8 + 8 + 8 * 4 + 4
    assert [cluster.label for cluster in description.clusters] == ["model: Deep", "blocks: Sequential"]
    assert_no_cycle(description)
    open_ = graph(loss, limit=100).description
    assert kinds(open_) == {"operation"}


def test_layers_as_boxes_on_demand() -> None:
    model = Deep(1)
    images = mg.ones(1, 2)
    loss = model(images).sum()
    assert kinds(graph(loss).description) == {"operation"}
    closed = graph(loss, collapse=True).description
    assert [box.label for box in closed.boxes.values() if box.kind == "module"] == [
        "stem: Linear",
        "up: Linear",
        "down: Linear",
    ]
    assert [box.name for box in closed.inputs(closed.boxes["op0"])] == ["images"]
    assert [box.label for box in closed.boxes.values() if box.kind == "operation"] == ["relu", "+", "Σ"]


def test_a_network_of_500_blocks_is_more_than_one_box() -> None:
    net = nn.Sequential(*(nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(500)))
    description = graph(net(mg.ones(1, 2)).sum()).description
    assert [box.label for box in description.boxes.values()] == [
        "0: Sequential",
        "996 operations in a row",
        "499: Sequential",
        "Σ",
    ]


def test_states_of_a_closed_module() -> None:
    model = Deep(1)
    loss = model(mg.ones(1, 2)).sum()
    states = []
    for step in range(7):  # backward takes: sum; in the block: add, down, relu, up; then the stem
        boxes = graph(loss, step=step, collapse=True).description.boxes.values()
        states.append([box.state for box in boxes if box.kind not in ("parameter", "constant")])
    assert states == [  # of stem, up, relu, down, add, sum
        ["", "", "", "", "", "waiting"],
        ["", "", "", "", "waiting", "current"],
        ["waiting", "", "", "waiting", "current", "done"],  # the block adds its input, the stem's result
        ["waiting", "", "waiting", "current", "done", "done"],
        ["waiting", "waiting", "current", "done", "done", "done"],
        ["waiting", "current", "done", "done", "done", "done"],
        ["current", "done", "done", "done", "done", "done"],
    ]


@pytest.mark.parametrize(
    ("step", "state", "taken"),
    [(1, "waiting", None), (1000, "current", (999, 1998)), (1999, "current", None), (2000, "done", None)],
)
def test_how_far_backward_has_come_in_a_row(step: int, state: str, taken: tuple[int, int] | None) -> None:
    picture = graph(row(2000), step=step, gradient=mg.ones(2))
    (inner,) = (box for box in picture.description.boxes.values() if box.kind == "chain")
    assert (inner.state, inner.taken) == (state, taken)
    assert ("999 of 1,998 done" in picture.dot) == (taken is not None)


@pytest.mark.parametrize("after_backward", [False, True])
def test_an_input_that_requires_a_gradient_stands_outside_of_the_model(after_backward: bool) -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = mg.ones(2, 3, requires_grad=True)
    loss = net(x).sum()
    if after_backward:
        loss.backward()
    boxes = graph(loss, collapse=True).description
    assert boxes.box("x").cluster is None
    first = next(box for box in boxes.boxes.values() if box.kind == "module")
    assert [box.name for box in boxes.inputs(first)] == ["x"]
    assert first.notes == ["2 parameters, 16 numbers"]  # 3 * 4 + 4
    del x  # without a name, too, it is no part of the first layer
    for collapse in (True, False):
        description = graph(loss, collapse=collapse).description
        leaf = next(box for box in description.boxes.values() if box.shape == (2, 3))
        assert (leaf.kind, leaf.name, leaf.cluster) == ("parameter", None, None)


def test_an_input_of_stretches_of_layers_is_drawn() -> None:
    net = nn.Sequential(*(nn.Sequential(nn.Linear(2, 2), nn.ReLU()) for _ in range(500)))
    x = mg.ones(1, 2, requires_grad=True)
    assert graph(net(x).sum(), limit=2).description.box("x").cluster is None


def test_an_operation_left_over_is_no_stretch() -> None:
    """61 operations in twelve stretches: ten of six, and one operation, which is drawn as itself."""
    choose = random.Random(0)
    values = [mg.tensor(1.0, requires_grad=True)]
    for _ in range(61):
        values.append(values[-1] * choose.choice(values))
    labels = [box.label for box in graph(values[-1]).description.boxes.values() if box.kind != "parameter"]
    assert labels[:2] == ["operations 1 to 6", "operations 7 to 12"]
    assert labels[9:] == ["operations 55 to 60", "×"]


def test_many_leaves_of_one_operation() -> None:
    parts = [mg.ones(1, requires_grad=True) for _ in range(300)]
    whole = mg.cat(parts)
    description = graph(whole, limit=1).description
    (rest,) = (box for box in description.boxes.values() if box.label.startswith("and "))
    assert rest.label == "and 288 more"
    assert len(description.boxes) == 14
    assert len(graph(whole, collapse=False).description.boxes) == 301


def test_a_row_ends_where_a_value_is_used_twice() -> None:
    h = mg.tensor(1.0, requires_grad=True) * 1
    for _ in range(16):
        h = h + h.exp().log().sin()
    total = h.sum()
    description = graph(total, limit=36).description
    rows = [box for box in description.boxes.values() if box.kind == "chain"]
    assert [box.notes for box in rows] == [["exp, log, sin"]] * 16
    assert_no_cycle(description)


def test_a_parameter_of_two_closed_modules_is_drawn() -> None:
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    description = graph(second(first(mg.ones(1, 2))).sum(), collapse=True).description
    (weight,) = (box for box in description.boxes.values() if box.kind == "parameter")
    users = [
        description.boxes[arrow.target].label for arrow in description.arrows if arrow.source == weight.key
    ]
    assert users == ["first: Linear", "second: Linear"]
    notes = [box.notes for box in description.boxes.values() if box.kind == "module"]
    assert notes == [["1 parameter, 2 numbers"]] * 2


def test_what_is_inside_of_a_product_is_not_counted() -> None:
    w = mg.ones(3, 3, requires_grad=True)
    h = mg.ones(3)
    for _ in range(40):
        h = (w @ h).tanh()
    picture = graph(h)
    assert picture.steps == 80
    assert "reshape" not in picture.alt + picture.svg
    assert picture.description.notes[0].startswith("80 operations, drawn as")
    few = graph(h, limit=80)  # 80 are no more than 80
    assert {box.kind for box in few.description.boxes.values()} == {"operation", "parameter", "constant"}

"""What a picture says of a graph, against examples worked by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import graph
from minigrad.viz.graphs import Box, Description


class Softmax:
    """Softmax regression by hand: W = [[0.65, 1.19], [0.69, -0.92]], b = 0, x = (0.2, 0.7), y = (1, 0).

    By hand, to five digits: z = (0.963, -0.506), exp z = (2.61954, 0.60290), their sum 3.22245,
    yhat = (0.81291, 0.18709), L = 0.20714, dL/db = (-0.18709, 0.18709),
    dL/dW = [[-0.03742, -0.13097], [0.03742, 0.13097]], dL/dx = (0.00748, -0.39477).
    """

    def __init__(self) -> None:
        self.W = mg.tensor([[0.65, 1.19], [0.69, -0.92]], requires_grad=True)
        self.b = mg.tensor([0.0, 0.0], requires_grad=True)
        self.x = mg.tensor([0.2, 0.7], requires_grad=True)
        self.y = mg.tensor([1.0, 0.0])
        self.z = self.W @ self.x + self.b
        self.h = self.z.exp()
        self.H = self.h.sum()
        self.yhat = self.h / self.H
        self.loss = -(self.y * self.yhat.log()).sum()


def labels(description: Description) -> list[str]:
    return [box.label for box in description.boxes.values() if box.operation]


def arrows(description: Description) -> set[tuple[str, str, str]]:
    """Each arrow as (from, to, label), by names or, where there are none, by labels."""

    def called(box: Box) -> str:
        return box.name or box.label

    boxes = description.boxes
    return {(called(boxes[a.source]), called(boxes[a.target]), a.label) for a in description.arrows}


def test_operations_tensors_and_arrows() -> None:
    s = Softmax()
    description = graph(s.loss, names=vars(s)).description
    assert labels(description) == ["@", "+", "exp", "Σ", "÷", "log", "×", "Σ", "neg"]
    assert arrows(description) == {
        ("W", "@", "left"),
        ("x", "@", "right"),
        ("@", "z", ""),
        ("b", "z", ""),
        ("z", "h", ""),
        ("h", "H", ""),
        ("h", "yhat", ""),
        ("H", "yhat", "÷"),
        ("yhat", "log", ""),
        ("log", "×", ""),
        ("y", "×", ""),
        ("×", "Σ", ""),
        ("Σ", "loss", ""),
    }
    assert {box.name: box.kind for box in description.boxes.values() if not box.operation} == {
        "W": "parameter",
        "b": "parameter",
        "x": "parameter",
        "y": "constant",
    }
    assert description.boxes[description.result].name == "loss"


def test_values_also_of_what_nobody_holds() -> None:
    s = Softmax()
    description = graph(s.loss, names=vars(s)).description
    expected = {
        "@": [0.963, -0.506],
        "+": [0.963, -0.506],
        "exp": [2.61954, 0.60290],
        "÷": [0.81291, 0.18709],
        "log": [-0.20714, -1.67614],
        "×": [-0.20714, 0],
        "neg": 0.20714,
    }
    for box in description.boxes.values():
        if box.label in expected:
            np.testing.assert_allclose(box.value, expected[box.label], atol=1e-5)
    sums = [box.value for box in description.boxes.values() if box.label == "Σ"]
    np.testing.assert_allclose(sums, [3.22245, -0.20714], atol=1e-5)


def test_names_come_from_the_callers_variables() -> None:
    w = mg.tensor(2.0, requires_grad=True)
    layers = [mg.tensor(3.0, requires_grad=True), {"deep": mg.tensor(4.0, requires_grad=True)}]
    product = w * layers[0]
    result = product + layers[1]["deep"]
    description = graph(result).description
    assert {box.name for box in description.boxes.values()} == {
        "w",
        "layers[0]",
        "layers[1]['deep']",
        "product",
        "result",
    }


def test_names_in_dicts_with_any_plain_key() -> None:
    w = {(0, 1): mg.tensor(2.0, requires_grad=True), 0.5: mg.tensor(3.0, requires_grad=True)}
    y = w[0, 1] * w[0.5]
    assert {box.name for box in graph(y).description.boxes.values()} == {"w[(0, 1)]", "w[0.5]", "y"}


def test_a_list_may_be_given_a_name() -> None:
    def made() -> tuple[list[mg.Tensor], mg.Tensor]:
        parts = [mg.tensor(float(i), requires_grad=True) for i in range(2)]
        return parts, parts[0] * parts[1]

    parts, y = made()
    found = graph(y, names={"factors": parts}).description
    assert {box.name for box in found.boxes.values()} == {"factors[0]", "factors[1]", "y"}


def test_an_input_without_a_name_stands_outside_of_the_model() -> None:
    """Also when a backward has freed it; what a module makes for itself stays inside."""

    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: mg.Tensor) -> mg.Tensor:
            return self.layer(x) + mg.tensor([[0.5, 0.25]])

    net = Shifted()
    loss = net(mg.ones(1, 2)).sum()
    assert frames_of_constants(graph(loss).description) == [[], ["net: Shifted"]]
    loss.backward()
    assert frames_of_constants(graph(loss).description) == [[], ["net: Shifted"]]


def frames_of_constants(description: Description) -> list[list[str]]:
    """For each constant, the modules around it."""
    return [around(description, box) for box in description.boxes.values() if box.kind == "constant"]


def test_given_names_go_before_found_ones() -> None:
    w = mg.tensor(2.0, requires_grad=True)
    y = w * w
    assert graph(y, names={"slope": w}).description.box("slope").value == 2
    with pytest.raises(KeyError, match="no box is named 'w'; there are slope, y"):
        graph(y, names={"slope": w}).description.box("w")


def test_gradients_are_those_that_backward_left() -> None:
    s = Softmax()
    s.z.retain_grad()
    before = graph(s.loss, names=vars(s)).description
    assert not any(box.has_gradient for box in before.boxes.values())
    s.loss.backward()
    after = graph(s.loss, names=vars(s)).description
    np.testing.assert_allclose(after.box("b").gradient, [-0.18709, 0.18709], atol=1e-5)
    np.testing.assert_allclose(after.box("z").gradient, [-0.18709, 0.18709], atol=1e-5)
    np.testing.assert_allclose(after.box("W").gradient, [[-0.03742, -0.13097], [0.03742, 0.13097]], atol=1e-5)
    np.testing.assert_allclose(after.box("x").gradient, [0.00748, -0.39477], atol=1e-5)
    assert not after.box("h").has_gradient


def test_a_freed_graph_is_drawn_with_what_can_be_found_out() -> None:
    s = Softmax()
    s.loss.backward()
    description = graph(s.loss, names=vars(s)).description
    assert labels(description) == ["@", "+", "exp", "Σ", "÷", "log", "×", "Σ", "neg"]
    np.testing.assert_array_equal(description.box("y").value, [1, 0])  # as no other tensor gives this loss


def test_what_is_lost_is_said_to_be_lost() -> None:
    a = mg.tensor([1.5, 2.5], requires_grad=True)

    def somewhere_else() -> mg.Tensor:
        return (a * mg.tensor([0.3, 0.7])).sum()

    loss = somewhere_else()
    loss.backward()
    description = graph(loss).description
    (constant,) = (box for box in description.boxes.values() if box.kind == "constant")
    assert (constant.name, constant.value, constant.notes) == (None, None, ["freed by backward"])
    (product,) = (box for box in description.boxes.values() if box.label == "×")
    assert product.value is None
    assert product.shape == (2,)


def test_large_arrays_are_shapes() -> None:
    x = mg.ones(5, 4, requires_grad=True)
    y = x.sum(dim=0)
    total = y.sum()
    total.backward()
    description = graph(total).description
    assert (description.box("x").value, description.box("x").gradient) == (None, None)
    assert description.box("x").has_gradient
    assert description.box("x").shape == (5, 4)
    np.testing.assert_array_equal(description.box("y").value, [5, 5, 5, 5])
    assert graph(total, values=0).description.box("total").value is None
    np.testing.assert_array_equal(graph(total, values=20).description.box("x").value, np.ones((5, 4)))


def test_a_learners_operation_of_a_known_name_is_drawn_by_its_name(own_operations: None) -> None:
    @mg.op
    def einsum(x: Any, terms: Any) -> Any:
        return x * terms

    @einsum.grad("x")
    def _(dy: Any, terms: Any) -> Any:
        return dy * terms

    @mg.op
    def matmul(x: Any) -> Any:
        return x.reshape(2, 1) * np.ones((1, 2))

    @matmul.grad("x")
    def _(dy: Any) -> Any:
        return dy.sum(1)

    x = mg.tensor([1.0, 2.0], requires_grad=True)
    found = labels(graph(matmul(einsum(x, 3.0)).reshape(4)).description)
    assert "matmul" in found
    assert "reshape" in found  # the learner's: with a product of minigrad's it would be drawn as one
    assert any(label.startswith("einsum terms=3") for label in found)


def test_options_and_numbers_stand_beside_the_sign() -> None:
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = 1 / (2 + (-x).exp()) - 3
    z = (y**2).sum(dim=1) * 0.5
    r = z[0] + x.reshape(4)[1:3].prod() + x.softmax(dim=0)[:, 1].mean() + x.T.amax().clamp(-1, 9)
    found = labels(graph(r).description)
    for label in ("neg", "+ 2", "1 ÷", "− 3", "^ 2", "Σ dim=1", "× 0.5", "[0]", "[1:3]", "Π", "softmax dim=0",
                  "[:, 1]", "mean", "transpose", "amax", "clamp low=-1 high=9"):  # fmt: skip
        assert label in found, (label, found)


@pytest.mark.parametrize(
    ("make", "label"),
    [
        (lambda x: nn.functional.conv2d(x, mg.ones(2, 2, 3, 3)), "conv2d"),
        (
            lambda x: nn.functional.conv2d(x, mg.ones(2, 2, 3, 3), stride=2, padding=1),
            "conv2d stride=2 padding=1",
        ),
        (
            lambda x: nn.functional.conv2d(x, mg.ones(2, 1, 3, 3), padding=(1, 2), dilation=2, groups=2),
            "conv2d padding=(1, 2) dilation=2 groups=2",
        ),
        (
            lambda x: nn.functional.conv_transpose2d(x, mg.ones(2, 2, 3, 3), stride=2),
            "conv_transpose2d stride=2",
        ),
        (lambda x: nn.functional.max_pool2d(x, 2), "max_pool2d kernel_size=2"),
        (lambda x: nn.functional.max_pool2d(x, (2, 3), 1), "max_pool2d kernel_size=(2, 3) stride=1"),
        (lambda x: nn.functional.max_pool2d(x, 3, 2, 1), "max_pool2d kernel_size=3 stride=2 padding=1"),
        (lambda x: nn.functional.avg_pool2d(x, 2), "avg_pool2d kernel_size=2"),
        (lambda x: nn.functional.avg_pool2d(x, 3, 1, 1), "avg_pool2d kernel_size=3 stride=1 padding=1"),
        (lambda x: nn.functional.adaptive_avg_pool2d(x, 4), "avg_pool2d"),
        (lambda x: nn.functional.adaptive_avg_pool2d(x, 1), "avg_pool2d kernel_size=6"),
        (lambda x: nn.BatchNorm2d(2)(x), "batch_norm"),
        (lambda x: nn.BatchNorm2d(2).eval()(x), "batch_norm training=False"),
        (lambda x: nn.GroupNorm(2, 2)(x), "group_norm"),
    ],
)
def test_options_are_the_functions_own(make: Callable[[mg.Tensor], mg.Tensor], label: str) -> None:
    """Options with their usual values are not said, nor is what the operation prepared for itself."""
    x = mg.randn(2, 2, 6, 6, requires_grad=True)
    description = graph(make(x)).description
    assert labels(description) == [label]
    constants = [box for box in description.boxes.values() if box.kind == "constant"]
    assert len(constants) == ("conv" in label)  # the weight; no mean, and no bias where there is none


def test_a_seed_is_not_said() -> None:
    x = mg.ones(4, requires_grad=True)
    y = nn.functional.dropout(x, 0.2, training=True)
    assert labels(graph(y).description) == ["dropout p=0.2"]


def test_a_number_that_no_rule_keeps_is_found_or_not_claimed() -> None:
    """x + 1 keeps no 1: it is worked out from the result, and believed if nothing else gives the same."""
    x = mg.tensor(1.25, requires_grad=True)
    assert labels(graph(x + 0.375).description) == ["+ 0.375"]
    assert labels(graph(7 - x).description) == ["7 −"]
    # The result of the sum is not kept, either; that of the product is in hand.
    y = (x - 3) * 2
    assert labels(graph(y).description) == ["− 3", "× 2"]
    # relu gives 0 for all of many numbers.
    y = (x - 3).relu()
    assert labels(graph(y.sum()).description)[0] == "−"


def test_a_value_used_twice_has_two_arrows() -> None:
    x = mg.tensor(3.0, requires_grad=True)
    description = graph(x * x).description
    assert [(box.name, box.value) for box in description.inputs(description.boxes[description.result])] == [
        ("x", 3),
        ("x", 3),
    ]


def test_dtypes_are_named_where_they_differ() -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    wide = x.double() * 2
    description = graph(wide).description
    assert description.dtype == mg.float32
    assert (description.box("x").dtype, description.box("wide").dtype) == (mg.float32, mg.float64)
    assert 'wide</b> <font color="#4f5862">float64' in graph(wide).dot
    x = mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True)
    same = graph(x * 2)
    assert same.description.dtype == mg.float64
    assert same.description.notes == ["All floating numbers are float64."]
    assert same.dot.count("float64") == 1


def test_a_parameter_that_an_optimiser_moved_is_marked() -> None:
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    optim.SGD([w], lr=0.25).step()
    description = graph(loss).description
    np.testing.assert_array_equal(description.box("w").value, [0.5, 1])
    assert description.box("w").notes == ["overwritten since"]
    (product,) = (box for box in description.boxes.values() if box.label == "×")
    assert product.value is None  # (1, 4) then; 0.25 and 1 would be wrong
    assert description.box("loss").value == 5


def test_a_saved_value_that_was_overwritten_is_not_believed() -> None:
    x = mg.tensor(1.0, requires_grad=True)

    def spoiled() -> mg.Tensor:
        h = x.exp()
        doubled = h * 2
        with mg.no_grad():
            h.zero_()
        return doubled

    result = spoiled()
    (box,) = (box for box in graph(result).description.boxes.values() if box.label == "exp")
    assert box.value == pytest.approx(np.e)


def test_an_index_is_part_of_the_label() -> None:
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    description = graph(x[mg.tensor([2, 0])]).description
    assert [box.label for box in description.boxes.values()] == ["", "[tensor]"]
    scores = mg.tensor([[1.0, 2.0]], requires_grad=True)
    target = mg.tensor([1])
    loss = nn.functional.nll_loss(scores, target)
    assert ("target", "nll_loss", "") in arrows(graph(loss).description)


def test_values_are_copies() -> None:
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward()
    description = graph(loss).description
    w.data.zero_()
    w.grad.zero_()
    np.testing.assert_array_equal(description.box("w").value, [1, 2])
    np.testing.assert_array_equal(description.box("w").gradient, [2, 4])


def test_words() -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    total = (x * 2).sum()
    assert graph(total).alt == (
        "Computation graph of total, 2 operations. It begins at x (2,). In order: × 2, Σ. The result is 6."
    )


def test_words_tell_the_parameters_of_layers_apart() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = mg.ones(1, 3)
    begins = "It begins at x (1, 3), 0.weight (4, 3), 0.bias (4,), 2.weight (2, 4), 2.bias (2,)."
    assert begins in graph(net(x).sum()).alt
    other = nn.Sequential(nn.Linear(2, 1))
    both = graph(other(net(x))).alt
    assert "net.0.weight (4, 3)" in both
    assert "other.0.weight (1, 2)" in both


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
        self.out = nn.Linear(2, 2, bias=False)

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        return self.out(self.hidden(x) * 2)


def around(description: Description, box: Box) -> list[str]:
    """The modules around a box, the innermost first."""
    clusters = {cluster.key: cluster for cluster in description.clusters}
    found = []
    key = box.cluster
    while key is not None:
        found.append(clusters[key].label)
        key = clusters[key].parent
    return found


def test_operations_and_parameters_are_grouped_by_module() -> None:
    net, x = Net(), mg.ones(1, 3)
    loss = net(x).sum()
    description = graph(loss).description
    inside = {box.name or box.label: around(description, box) for box in description.boxes.values()}
    first = ["0: Linear", "hidden: Sequential", "net: Net"]
    last = ["out: Linear", "net: Net"]
    places = [(box.operation or box.name, around(description, box)) for box in description.boxes.values()]
    assert places == [
        ("x", []),
        ("weight", first),
        ("bias", first),
        ("linear", first),
        ("relu", ["1: ReLU", "hidden: Sequential", "net: Net"]),
        ("mul", ["net: Net"]),
        ("weight", last),
        ("linear", last),
        ("sum", []),
    ]
    assert inside["loss"] == []


def test_a_shared_parameter_stands_around_its_uses() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x: mg.Tensor) -> tuple[mg.Tensor, dict[str, mg.Tensor]]:
            y = self.layer(x)
            return y, {"again": self.layer(y.relu())}

    model = Twice()
    y, more = model(mg.ones(1, 2))
    description = graph(y.sum() + more["again"].sum()).description
    weight = description.box("layer.weight")
    assert around(description, weight) == ["model: Twice"]
    assert sum(arrow.source == weight.key for arrow in description.arrows) == 2
    assert [cluster.label for cluster in description.clusters] == [
        "model: Twice",
        "layer: Linear",
        "layer: Linear",
    ]


def test_modules_that_are_gone_are_known_by_their_class() -> None:
    y = nn.Sequential(nn.Linear(2, 3), nn.Tanh())(mg.ones(1, 2))
    description = graph(y).description
    assert [cluster.label for cluster in description.clusters] == ["Sequential", "Linear", "Tanh"]


def test_a_parameter_outside_of_its_module_has_its_path() -> None:
    net = Net()
    penalty = (net.out.weight**2).sum()
    assert graph(penalty).description.box("net.out.weight").cluster is None


def test_frozen_weights_are_constants_with_names() -> None:
    layer = nn.Linear(2, 1)
    layer.weight.requires_grad_(False)
    x = mg.tensor([[1.0, 2.0]], requires_grad=True)
    description = graph(layer(x).sum()).description
    assert description.box("weight").kind == "constant"
    assert description.box("bias").kind == "parameter"


def test_a_product_with_a_vector_is_one_operation() -> None:
    w = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    u = mg.tensor([5.0, 6.0], requires_grad=True)
    assert labels(graph(w @ u).description) == ["@"]
    assert labels(graph(u @ w).description) == ["@"]
    inner = graph(u @ u).description
    assert labels(inner) == ["@"]
    assert [arrow.label for arrow in inner.arrows] == ["left", "right"]
    assert inner.boxes[inner.result].value == 61
    column = u.unsqueeze(1)  # this one is the learner's own, and has a name
    kept = graph(w @ column).description
    assert labels(kept) == ["reshape", "@"]
    assert kept.box("column").shape == (2, 1)
    product = w @ column
    flat = product.reshape(2)
    assert labels(graph(flat).description) == ["reshape", "@", "reshape"]
    assert graph(flat).description.box("product").shape == (2, 1)

    def twice(used_again: bool) -> mg.Tensor:
        c = u.unsqueeze(1)
        y = w @ c
        if used_again:
            return y.reshape(2).sum() + y.sum() + c.sum()
        other = u.exp()
        return (y.reshape(2) * other).sum()

    def column_again() -> mg.Tensor:
        c = u.unsqueeze(1)
        return (w @ c).reshape(2).sum() + c.sum()

    assert labels(graph(column_again()).description)[:3] == ["reshape", "@", "Σ"]
    assert labels(graph(twice(True)).description)[:3] == ["reshape", "@", "reshape"]
    assert labels(graph(twice(False)).description)[:4] == ["reshape", "@", "exp", "reshape"]


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        (lambda: graph(3.0), TypeError, "expected a Tensor that was computed.*got float"),
        (lambda: graph(mg.ones(2)), RuntimeError, "no history.*requires_grad=True"),
        (lambda: graph(mg.ones(2, requires_grad=True)), RuntimeError, "no history.*made by you"),
        (lambda: graph(Softmax().loss, step=12), ValueError, "from 0 to 9 for this graph.*got 12"),
        (lambda: graph(Softmax().loss, step=-2), ValueError, "from 0 to 9.*got -2"),
        (lambda: graph(Softmax().loss, step=1.0), ValueError, "from 0 to 9.*got 1.0"),
        (lambda: graph(Softmax().z, step=1), RuntimeError, r"shape \(2,\).*pass gradient="),
        (lambda: graph(Softmax().z, gradient=mg.ones(2)), ValueError, "with step= or backward=True"),
        (lambda: graph(Softmax().loss, step=1, backward=True), ValueError, "one of them"),
        (lambda: graph(Softmax().z, backward=True), RuntimeError, r"shape \(2,\).*pass gradient="),
        (lambda: graph(Softmax().loss, steady=True), ValueError, "together with step="),
        (lambda: graph(Softmax().z, step=1, gradient=mg.ones(3)), ValueError, r"shape \(3,\)"),
        (lambda: graph(Softmax().z, step=1, gradient=[1, 1]), TypeError, "is a Tensor, got list"),
        (lambda: graph(Softmax().loss, collapse="no"), ValueError, 'collapse is "auto", True or False'),
        (lambda: graph(Softmax().loss, direction="up"), ValueError, 'direction is "down" or "right"'),
        (lambda: graph(Softmax().z, names=[1]), TypeError, "names= is a dict.*got list"),
        (lambda: graph(Softmax().z, names={"x": 3}), TypeError, "'x' is 3, of type int"),
        (lambda: graph(Softmax().z, names={(0, 1): mg.ones(1)}), TypeError, r"got the key \(0, 1\)"),
        (lambda: graph(Softmax().loss, limit=0), ValueError, "limit is a whole number of at least 1"),
        (lambda: graph(Softmax().loss, values=-1), ValueError, "values is a whole number of at least 0"),
    ],
)
def test_errors(what: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        what()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda v: mg.ones(2, 3, requires_grad=True) @ v, (3,)),
        (lambda v: mg.ones(1, 3, requires_grad=True) @ v, (3,)),
        (lambda v: v @ mg.ones(3, 1, requires_grad=True), (3,)),
        (lambda v: v @ mg.ones(3, requires_grad=True), (3,)),
        (lambda v: mg.ones(5, 2, 3, requires_grad=True) @ v, (3,)),
        (lambda v: v.reshape(3, 1) @ mg.ones(1, requires_grad=True), (3, 1)),
        (lambda v: mg.ones(3, requires_grad=True) @ v.reshape(3, 1), (3, 1)),
        (lambda v: mg.ones(2, 3, requires_grad=True) @ v.reshape(3, 1), (3, 1)),
    ],
)
def test_a_constant_has_the_shape_that_it_was_given_in(
    make: Callable[[mg.Tensor], mg.Tensor], shape: tuple[int, ...]
) -> None:
    boxes = graph(make(mg.tensor([1.0, 2.0, 3.0]))).description.boxes.values()
    (constant,) = (box for box in boxes if box.kind == "constant")
    assert constant.shape == shape
    assert constant.value.shape == shape


def test_a_column_made_before_another_operation_is_the_learners() -> None:
    u, w = mg.ones(2, requires_grad=True), mg.ones(2, 2, requires_grad=True)
    y = (u.unsqueeze(0) @ w.exp()).reshape(2)
    assert labels(graph(y).description)[:2] == ["reshape", "exp"]

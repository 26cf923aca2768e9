"""What people read when shapes or indices do not fit: what was expected, what came, the likely fix."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import DtypeError


def ones(*shape):
    return mg.ones(*shape, requires_grad=True)


@pytest.mark.parametrize(
    "call, parts",
    [
        (lambda: ones(3) + ones(2), ["add", "(3,) and (2,)", "dimension -1", "3 and 2", "equal or 1"]),
        (lambda: ones(2, 3) * ones(4, 3), ["mul", "dimension -2", "2 and 4"]),
        (lambda: ones(2, 3) - ones(3, 2), ["sub", "transpose of the other", ".T"]),
        (lambda: ones(4, 3) / ones(4), ["div", "make the second a column: unsqueeze(1)"]),
        (lambda: ones(4) / ones(4, 3), ["div", "make the first a column: unsqueeze(1)"]),
        (lambda: mg.where(ones(2) > 0, ones(3), 1.0), ["where", "(2,) and (3,)"]),
        (lambda: ones(2, 3) @ ones(2, 3), ["(2, 3) @ (2, 3)", "3 columns", "2 rows", "x @ w.T"]),
        (lambda: ones(3, 2) @ ones(3, 4), ["(3, 2) @ (3, 4)", "x.T @ w"]),
        (lambda: ones(2, 3) @ ones(4), ["3", "4"]),
        (lambda: ones(2, 2, 3) @ ones(3, 3, 4), ["stacks", "(2,) and (3,)", "do not broadcast"]),
        (lambda: mg.matmul(ones(2), mg.tensor(3.0)), ["matmul", "at least one dimension", "use *"]),
        (lambda: F.linear(ones(2, 5), ones(4, 3)), ["linear", "(2, 5)", "(4, 3)"]),
        (lambda: ones(6).reshape(4, 2), ["reshape", "6 numbers", "(4, 2)", "-1"]),
        (lambda: ones(2, 3).permute(0, 0), ["permute", "(0, 0)", "2 axes"]),
        (lambda: ones(2, 3).expand(4, 3), ["(2, 3)", "(4, 3)"]),
        (lambda: mg.cat([ones(2, 3), ones(2, 4)]), ["cat", "(2, 4)", "(2, 3)"]),
        (lambda: mg.stack([ones(2), ones(3)]), ["stack", "(2,) and (3,)"]),
        (lambda: ones(5, 2, 3, 4) + ones(2, 3), ["add", "the second fits: unsqueeze(2)"]),
        (lambda: ones(2, 3) + ones(5, 2, 3, 4), ["add", "the first fits: unsqueeze(2)"]),
        (lambda: ones(2, 4) + ones(2, 3, 4), ["add", "the first fits: unsqueeze(1)"]),
        (lambda: ones(2, 3) + ones(4, 5, 6), ["add", "3 and 6", "equal or 1. Cut the longer one"]),
    ],
)
def test_shapes_that_do_not_fit(call, parts):
    with pytest.raises(mg.ShapeError) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)
    assert isinstance(caught.value, RuntimeError)  # PyTorch's class
    assert isinstance(caught.value, ValueError)  # NumPy's class


@pytest.mark.parametrize(
    "call, parts",
    [
        (lambda: ones(3)[5], ["index 5", "dimension 0", "(3,)", "from -3 to 2"]),
        (lambda: ones(2, 3)[0, -4], ["index -4", "dimension 1", "(2, 3)", "from -3 to 2"]),
        (lambda: ones(2, 3)[mg.tensor([0, 7])], ["index 7", "dimension 0"]),
        (lambda: ones(2, 3)[0, 0, 0], ["too many indices", "2 dimensions"]),
        (lambda: ones(2, 3)[mg.tensor([True, False, True])], ["mask", "(3,)", "(2,)"]),
        (lambda: ones(2, 3).sum(2), ["sum", "dimension 2", "(2, 3)", "from -2 to 1"]),
        (lambda: ones(2, 3).transpose(0, 5), ["transpose", "dimension 5", "from -2 to 1"]),
        (lambda: ones(2)[1.5], ["integer", "floating"]),
    ],
)
def test_indices_out_of_range(call, parts):
    with pytest.raises(IndexError) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(("a", "b"), [(ones(2, 4), ones(2, 3, 4)), (ones(4), ones(4, 3)), (ones(2), ones(3))])
def test_one_fix_is_told_and_once(a, b):
    with pytest.raises(mg.ShapeError) as caught:
        a + b
    fixes = ["unsqueeze(", "Cut the longer one", "transpose of the other"]
    assert sum(str(caught.value).count(fix) for fix in fixes) == 1


def test_the_traceback_ends_at_the_error_itself():
    with pytest.raises(mg.ShapeError) as caught:
        ones(3) + ones(2)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # NumPy's wording does not follow


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (
            lambda: mg.tensor([1], dtype=mg.uint8) + 300,
            OverflowError,
            r"add: .*300 out of bounds for uint8; convert the tensor to a larger dtype first: .int\(\)",
        ),
        (lambda: -mg.tensor([True]), DtypeError, "^neg: not defined for bool: .*boolean negative"),
        (lambda: mg.exp(None), TypeError, "^exp: expected a tensor, got None"),
        (lambda: mg.exp(1.0), TypeError, "^exp: expected a tensor, got float"),
        (lambda: mg.mul(2.0, 3), TypeError, "^mul: expected a tensor, got float"),
        (lambda: mg.exp([1.0]), TypeError, "^exp: expected a tensor, got list"),
        (lambda: F.leaky_relu([1.0]), TypeError, r"^leaky_relu: .*got list\. .* makes a tensor of it\.$"),
        (lambda: mg.exp(ones(2).max(0)), TypeError, "^exp: expected a tensor, got the pair .* Take .values"),
        (lambda: mg.maximum(None, ones(2)), TypeError, r"^maximum: expected a tensor, got None\. .*\?$"),
        (lambda: F.linear(None, ones(2, 2)), TypeError, r"^linear: expected a tensor, got None\. .*\?$"),
        (lambda: mg.matmul(None, ones(2)), TypeError, "^matmul: expected a tensor, got None"),
        (lambda: F.leaky_relu(ones(2), "0.1"), TypeError, "^leaky_relu: expected negative_slope .*'0.1'$"),
        (lambda: F.leaky_relu("0.1", 0.1), TypeError, "^leaky_relu: expected a tensor, got str"),
        (lambda: F.layer_norm(ones(2), (2,), eps="small"), TypeError, "^layer_norm: expected eps .*'small'$"),
        (lambda: F.dropout(ones(2), "half"), TypeError, "^dropout: expected p .* such as 0.5, got 'half'$"),
        (lambda: F.dropout(ones(2), None), TypeError, "^dropout: expected p .* such as 0.5, got None$"),
        (lambda: F.dropout(ones(2), [0.5]), TypeError, r"^dropout: expected p .* such as 0.5, got \[0\.5\]$"),
        (
            lambda: F.leaky_relu(ones(2), None),
            TypeError,
            "^leaky_relu: expected negative_slope .*, got None$",
        ),
        (lambda: F.leaky_relu(None, None), TypeError, "^leaky_relu: expected .*got None"),
        (lambda: F.elu(ones(2), alpha=[1]), TypeError, r"^elu: expected alpha .*, got \[1\]$"),
        (lambda: F.conv2d(None, ones(1, 1, 1, 1), padding="same"), TypeError, "^conv2d: .*got None"),
        (
            lambda: F.conv2d("img", ones(1, 1, 1, 1), padding="same"),
            TypeError,
            "^conv2d: expected a tensor, got",
        ),
        (
            lambda: F.conv2d(ones(1, 1, 1, 1), ones(1, 1, 1, 1), padding="same", stride=1.5),
            TypeError,
            r"^conv2d: stride is made of whole numbers, got stride=1\.5",
        ),
        (lambda: mg.sum(ones(2), 0, keepdim="yes"), TypeError, "^sum: (?!expected keepdim)"),
        (lambda: mg.sum(ones(2), "0"), TypeError, "^sum: sizes and dimensions are integers"),
    ],
)
def test_what_an_operation_cannot_take_is_named(call, kind, message):
    with pytest.raises(kind, match=message) as caught:
        call()
    assert type(caught.value) is kind


@pytest.mark.parametrize("call", [lambda: mg.tensor(3.0).sum((0, -1)), lambda: ones(2, 3).sum((0, -2))])
def test_a_dimension_named_twice(call):
    with pytest.raises(mg.ShapeError, match=r"^sum: a dimension is named twice$"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda t: mg.exp(t),
        lambda t: mg.sum(t),
        lambda t: ones(2) * t,
        lambda t: F.cross_entropy(t, mg.tensor([0])),
        lambda t: F.cross_entropy(ones(1, 2), t),
        lambda t: F.linear(t, ones(3, 2)),
        lambda t: F.conv2d(t[None], ones(1, 1, 1, 1)),
        lambda t: mg.matmul(ones(2, 2), t),
    ],
)
def test_a_tensor_of_pytorchs_is_called_one(call):
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"got a tensor of torch\. mg\.tensor\(np\.asarray\(x\)\)"):
        call(torch.ones(1, 2))


@pytest.mark.usefixtures("own_operations")
def test_of_an_operation_without_an_explanation_the_shapes_are_told():
    @mg.op
    def halves(input):
        return np.split(input, 2)[0]

    with pytest.raises(mg.ShapeError, match=r"^halves: .*\(given shapes \(3,\)\)$"):
        halves(mg.ones(3))


@pytest.mark.usefixtures("own_operations")
def test_what_is_no_matter_of_dtypes_is_not_called_one():
    @mg.op
    def chosen(input, where):
        return input[where["rows"]] + where["by"]

    with pytest.raises(TypeError, match=r"^chosen: .*\(given shapes \(3,\)\)$") as caught:
        chosen(mg.ones(3), {"rows": 0, "by": None})
    assert type(caught.value) is TypeError


@pytest.mark.usefixtures("own_operations")
def test_of_a_formula_that_takes_whole_numbers_it_is_said_that_it_does():
    @mg.op
    def rows(input, count):
        return input.reshape(count, 1)

    with pytest.raises(TypeError, match=r"^rows: sizes and dimensions are integers: .*as an integer$"):
        rows(mg.ones(3), 1.5)

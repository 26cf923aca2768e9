"""Errors that people meet: their class, and that they say what was expected, what came, and what to do."""

import copy

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.engine.op import OPS, Op
from minigrad.errors import DtypeError, ShapeError


def grads(*shape):
    return mg.ones(*shape, requires_grad=True)


def fails(call, kind, *words):
    """Calling raises ``kind``, and each of the words is in the text."""
    with pytest.raises(kind) as raised:
        call()
    for word in words:
        assert word in str(raised.value), f"{word!r} is not in: {raised.value}"
    return str(raised.value)


def test_classes_fit_both_worlds():
    """PyTorch raises RuntimeError where NumPy raises ValueError or TypeError: ours are both."""
    assert issubclass(ShapeError, RuntimeError)
    assert issubclass(ShapeError, ValueError)
    assert issubclass(DtypeError, RuntimeError)
    assert issubclass(DtypeError, NotImplementedError)
    assert issubclass(DtypeError, TypeError)


# Shapes -----------------------------------------------------------------------------------------------------

BROADCASTING = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "remainder": lambda x, y: x % y,
    "maximum": mg.maximum,
    "eq": lambda x, y: x == y,
    "lt": lambda x, y: x < y,
    "where": lambda x, y: mg.where(x > 0, x, y),
    "logical_and": mg.logical_and,
}


@pytest.mark.parametrize("name", BROADCASTING)
def test_shapes_that_do_not_broadcast(name):
    for x in (mg.ones(2, 3), grads(2, 3)):
        fails(
            lambda x=x: BROADCASTING[name](x, mg.ones(4)),
            ShapeError,
            f"{name}:",
            "(2, 3)",
            "(4,)",
            "dimension -1",
            "3 and 4",
        )


def test_hints_of_broadcasting():
    fails(lambda: mg.ones(2, 3) + mg.ones(3, 2), ShapeError, "(2, 3)", "(3, 2)", "transpose", ".T")
    fails(lambda: mg.ones(2, 3) * mg.ones(2), ShapeError, "(2, 3)", "(2,)", "unsqueeze(1)")
    fails(lambda: mg.ones(2, 3) + np.ones(4), ShapeError, "(4,)", "size 1", "keepdim=True")
    fails(lambda: mg.ones(3, 4) + mg.ones(2, 4), ShapeError, "(2, 4)", "Cut the longer", "size 1")
    fails(lambda: mg.ones(2, 3, 4) + mg.ones(2, 4), ShapeError, "the second fits: unsqueeze(1)")
    fails(lambda: mg.ones(2, 3) + mg.ones(2, 3, 4), ShapeError, "the first fits: unsqueeze(2)")
    fails(lambda: mg.where(mg.ones(2) > 0, mg.ones(3), mg.ones(4)), ShapeError, "2 and 3 and 4", "size 1")


@pytest.mark.parametrize(
    ("name", "multiply"), [("matmul", lambda a, b: a @ b), ("matmul", mg.matmul), ("mm", mg.mm)]
)
def test_matrices_that_do_not_multiply(name, multiply):
    fails(
        lambda: multiply(mg.ones(2, 3), mg.ones(4, 3)),
        ShapeError,
        f"{name}:",
        "(2, 3) @ (4, 3)",
        "3 columns",
        "4 rows",
        "w.T",
    )
    fails(lambda: multiply(mg.ones(3, 2), mg.ones(3, 4)), ShapeError, "(3, 2) @ (3, 4)", "x.T @ w")
    text = fails(lambda: multiply(mg.ones(2, 3), mg.ones(5, 4)), ShapeError, "(2, 3) @ (5, 4)")
    assert ".T" not in text


def test_other_products_that_do_not_fit():
    fails(lambda: mg.ones(2, 3) @ mg.ones(2), ShapeError, "(2, 3) @ (2,)", "3 elements")
    fails(lambda: mg.ones(2) @ mg.ones(3), ShapeError, "(2,) @ (3,)")
    fails(lambda: mg.ones(2, 3) @ mg.tensor(2.0), ShapeError, "matmul", "(2, 3)", "()", "*")
    fails(lambda: mg.mm(mg.ones(2), mg.ones(2, 2)), ShapeError, "mm", "2 and 2 dimensions", "(2,)", "matmul")
    fails(lambda: mg.bmm(mg.ones(2, 2, 2), mg.ones(3, 2, 2)), ShapeError, "bmm", "(2, 2, 2)", "(3, 2, 2)")
    fails(lambda: mg.dot(mg.ones(2, 2), mg.ones(2)), ShapeError, "dot", "(2, 2)")
    fails(
        lambda: mg.ones(2, 3, 3) @ mg.ones(4, 3, 3), ShapeError, "(2,)", "(4,)", "do not broadcast", "size 1"
    )
    fails(lambda: mg.ones(2, 5, 3, 3) @ mg.ones(2, 3, 3), ShapeError, "the second fits: unsqueeze(1)")


def test_linear_with_the_wrong_number_of_features():
    w, b = grads(10, 784), grads(10)
    fails(
        lambda: F.linear(mg.ones(32, 783), w, b), ShapeError, "linear", "(32, 783)", "(10, 784)", "(out, in)"
    )
    fails(lambda: F.linear(mg.ones(32, 28, 28), w, b), ShapeError, "(32, 28, 28)", "x.flatten(1)")
    fails(lambda: F.linear(mg.ones(32, 5, 28), w, b), ShapeError, "(32, 5, 28)", "nn.Linear(28, 10)")
    fails(lambda: F.linear(mg.ones(32, 784), w, grads(11)), ShapeError, "bias", "(11,)", "(10,)")
    fails(
        lambda: F.linear(mg.ones(32, 784, dtype=mg.uint8), w, b), DtypeError, "uint8", "float32", ".float()"
    )


def test_reshape_that_does_not_fit():
    fails(lambda: mg.ones(2, 3).reshape(4, 2), ShapeError, "reshape", "6 numbers", "(2, 3)", "(4, 2)", "-1")
    fails(lambda: mg.ones(2, 3).view(4, -1), ShapeError, "(2, 3)", "(4, -1)")
    fails(lambda: mg.ones(2, 3).reshape(2.0, 3), TypeError, "integers", "2.0")
    fails(lambda: mg.ones(2, 3).T.view(6), ShapeError, "view", "(3, 2)", "(6,)", "reshape")
    fails(lambda: mg.ones(2, 3).expand(4, 3), ShapeError, "(2, 3)", "(4, 3)", "1")
    fails(lambda: mg.ones(2, 3).permute(0, 0), ShapeError, "permute", "(0, 0)", "(2, 3)", "once")


def test_cat_and_stack_mismatch():
    fails(
        lambda: mg.cat([mg.ones(2, 3), mg.ones(2, 4)]), ShapeError, "cat", "(2, 4)", "(2, 3)", "dimension 0"
    )
    fails(lambda: mg.cat([mg.ones(2, 3), mg.ones(3)]), ShapeError, "(3,)", "tensor 1")
    fails(lambda: mg.cat([mg.tensor(1.0), mg.tensor(2.0)]), RuntimeError, "no dimension", "stack")
    fails(lambda: mg.stack([mg.ones(2), mg.ones(3)]), ShapeError, "stack", "(2,)", "(3,)")
    fails(lambda: mg.cat(mg.ones(2)), TypeError, "list", "cat([a, b])")
    fails(lambda: mg.cat([]), ShapeError, "at least one")


def test_dimension_out_of_range():
    x = mg.ones(2, 3)
    for name in ("sum", "mean", "amax", "argmax", "cumsum", "softmax", "logsumexp", "var"):
        fails(lambda name=name: getattr(x, name)(2), IndexError, "dimension 2", "(2, 3)", "-2 to 1")
    for call in (lambda: x.transpose(0, 2), lambda: x.unsqueeze(4), lambda: x.squeeze(2), lambda: x.flip(2)):
        fails(call, IndexError, "out of range", "has")
    fails(lambda: mg.tensor(1.0).sum(1), IndexError, "dimension 1", "()", "-1 to 0")
    for name in ("max", "min", "sort", "topk"):
        arguments = (1, 2) if name == "topk" else (2,)
        fails(lambda n=name, a=arguments: getattr(x, n)(*a), IndexError, f"{name}: dimension 2", "-2 to 1")


def test_pooling_is_of_floating_numbers():
    for pool in (F.avg_pool1d, F.avg_pool2d, F.adaptive_avg_pool2d):
        x = mg.ones(1, 4, 4, dtype=mg.int64)
        fails(lambda f=pool, x=x: f(x, 2), DtypeError, pool.__name__, "int64", "x.float()")


def test_a_norm_that_is_none():
    fails(lambda: mg.norm(mg.ones(2, 2), "nuc"), NotImplementedError, "norm", "'nuc'", "number")
    fails(lambda: mg.norm(mg.ones(2), "two"), RuntimeError, "norm", "'two'", "fro")


def test_sources_of_scatter():
    x, index = mg.zeros(2, 2), mg.tensor([[0, 1]])
    for name in ("scatter", "scatter_add"):
        scatter = getattr(mg, name)
        for src in (mg.ones(2), mg.ones(1, 1)):
            fails(
                lambda f=scatter, s=src: f(x, 0, index, s),
                ShapeError,
                f"{name}: src",
                "(1, 2)",
                str(src.shape),
            )
        fails(
            lambda f=scatter: f(mg.tensor(1.0), 0, mg.tensor(1), mg.tensor(2.0)), IndexError, name, "size 1"
        )


# Indexing ---------------------------------------------------------------------------------------------------


def test_index_out_of_range():
    x = mg.ones(3, 4)
    fails(lambda: x[3], IndexError, "index 3", "dimension 0", "(3, 4)", "-3 to 2")
    fails(lambda: x[0, -5], IndexError, "index -5", "dimension 1", "-4 to 3")
    fails(lambda: x[mg.tensor([0, 7])], IndexError, "index 7", "dimension 0")
    fails(lambda: x[0, 0, 0], IndexError, "too many", "2 dimensions", "(3, 4)", "[0, 0, 0]")
    fails(lambda: x[x[0] > 0], IndexError, "mask", "(4,)", "(3,)")
    fails(lambda: x[0.5], IndexError, "integer", "floating")
    fails(lambda: x[mg.tensor([0.0])], IndexError, "integer", "floating")
    fails(lambda: x[0, [1.5]], IndexError, "integer", "floating")
    fails(lambda: x.gather(1, mg.tensor([[4]])), IndexError, "gather", "4", "dimension 1", "0 to 3")
    fails(lambda: x.index_select(0, mg.tensor([3])), IndexError, "index_select", "3", "0 to 2")
    fails(lambda: F.embedding(mg.tensor([3]), x), IndexError, "rows 0 to 2", "asked for 3.")
    fails(lambda: F.embedding(mg.tensor([4, 3]), x), IndexError, "rows 0 to 2", "asked for 3 to 4.")
    fails(lambda: x[..., 4], IndexError, "index 4", "dimension 1", "(3, 4)", "-4 to 3")


def test_an_index_of_bytes_is_refused():
    """PyTorch takes it for a mask, NumPy for places."""
    a, index = mg.arange(3), mg.tensor([1, 0, 2], dtype=mg.uint8)
    for wrong in (index, index.numpy(), (slice(1), index)):
        fails(lambda wrong=wrong: a[wrong], IndexError, "uint8", ".bool()", ".long()")
    with pytest.raises(IndexError, match="uint8"):
        a[index] = 0
    assert a[index[0]] == 1 and a[index.long()].tolist() == [1, 0, 2]


def test_a_negative_number_of_repeats():
    for repeats in (-1, mg.tensor([1, -1, 2])):
        fails(lambda r=repeats: mg.arange(3).repeat_interleave(r), RuntimeError, "repeat_interleave", "-1")


def test_hints_of_indices_out_of_range():
    x = mg.ones(3, 4)
    last = "Counting begins at 0, so the last one is"
    fails(lambda: x[3], IndexError, f"{last} 2, or -1")
    fails(lambda: x[0, 7], IndexError, f"{last} 3, or -1")
    fails(lambda: x[mg.tensor([1, 2, 3])], IndexError, "at 1", "subtract 1")
    fails(lambda: mg.ones(0, 4)[0], IndexError, "dimension 0", "(0, 4)", "empty")
    fails(
        lambda: x.__setitem__((0, 4), 1.0),
        IndexError,
        "setitem",
        "index 4",
        "dimension 1",
        f"{last} 3, or -1",
    )
    for name, take in (
        ("gather", lambda index: x.gather(0, mg.tensor([index]))),
        ("index_select", lambda index: x.index_select(0, mg.tensor(index))),
        ("embedding", lambda index: F.embedding(mg.tensor(index), x)),
    ):
        fails(lambda: take([0, 4]), IndexError, f"{name}:", f"{last} 2")  # noqa: B023
        fails(lambda: take([1, 3]), IndexError, f"{name}:", "subtract 1")  # noqa: B023
        fails(lambda: take([-1, 0]), IndexError, f"{name}:", "from the front", "% 3")  # noqa: B023
    fails(
        lambda: mg.ones(0, 4).index_select(0, mg.tensor([0])), IndexError, "index_select", "size 0", "empty"
    )


def test_class_numbers_out_of_range():
    def loss(*classes):
        return F.cross_entropy(mg.ones(len(classes), 3), mg.tensor(classes))

    fails(lambda: loss(1, 3), IndexError, "from 0 to 2", "1 to 3", "subtract 1")
    fails(lambda: loss(0, 4), IndexError, "0 to 4", "For 5 classes", "last layer")
    fails(lambda: loss(-1, 0), IndexError, "-1 to 0", "ignore_index=-1")
    fails(lambda: loss(-2, 0), IndexError, "-2 to 0", "% 3")
    fails(lambda: F.one_hot(mg.tensor([1, 3]), 3), RuntimeError, "from 0 to 2", "1 to 3", "subtract 1")


def test_images_of_another_shape():
    fails(lambda: nn.Linear(4, 2)(mg.ones(3, 9)), ShapeError, "(3, 9)", "(2, 4)", "nn.Linear(9, 2)")
    grey, colours = nn.Conv2d(1, 4, 3), nn.Conv2d(3, 4, 3)
    fails(lambda: grey(mg.ones(2, 3, 8, 8)), ShapeError, "3 channels", "takes 1", "mean(1, keepdim=True)")
    fails(lambda: colours(mg.ones(2, 1, 8, 8)), ShapeError, "1 channel,", "takes 3", "expand(-1, 3, -1, -1)")
    assert grey(mg.ones(2, 3, 8, 8).mean(1, keepdim=True)).shape == (2, 4, 6, 6)  # the advice works
    assert colours(mg.ones(2, 1, 8, 8).expand(-1, 3, -1, -1)).shape == (2, 4, 6, 6)


def test_assignment_that_does_not_fit():
    x = mg.ones(3, 4)

    def assign(index, value):
        x[index] = value

    fails(lambda: assign(0, mg.ones(3)), ShapeError, "(3,)", "[0]", "(4,)")
    fails(lambda: assign(5, 1.0), IndexError, "5", "(3, 4)")
    fails(lambda: assign(x > 0, mg.ones(5)), ShapeError, "(5,)", "(12,)")


# Gradients --------------------------------------------------------------------------------------------------


def test_backward_from_several_numbers():
    y = grads(2, 3) * 2
    fails(lambda: y.backward(), RuntimeError, "backward", "(2, 3)", ".sum()", ".mean()", "gradient=")
    fails(lambda: mg.autograd.grad(y, y), RuntimeError, "grad", "(2, 3)")
    fails(lambda: y.backward(mg.ones(3)), ShapeError, "(3,)", "(2, 3)")


def test_backward_twice():
    y = (grads(3) ** 2).sum()
    y.backward()
    fails(lambda: y.backward(), RuntimeError, "a second time", "retain_graph=True", "detach()")


def test_backward_without_requires_grad():
    fails(
        lambda: mg.ones(2).sum().backward(),
        RuntimeError,
        "does not require grad",
        "requires_grad=True",
        "no_grad",
    )


def test_gradient_of_an_integer():
    fails(lambda: mg.tensor([1, 2], requires_grad=True), RuntimeError, "int64", "floating", "1.", ".float()")
    fails(lambda: mg.tensor([True]).requires_grad_(), RuntimeError, "bool")


def test_write_over_what_backward_needs():
    x = grads(3)
    y = x.exp()
    z = y.sum()
    y += 1
    text = fails(
        lambda: z.backward() or y.sum().backward(),
        RuntimeError,
        "exp saved",
        "(3,)",
        "overwritten",
        "y += 1",
        "clone()",
    )
    assert "test_errors.py:" in text


def test_leaf_in_place():
    x = grads(3)
    fails(lambda: x.mul_(2), RuntimeError, "mul_", "leaf", "no_grad")


# Out of a tensor --------------------------------------------------------------------------------------------


def test_item_of_many():
    fails(lambda: mg.ones(2, 3).item(), RuntimeError, "one element", "(2, 3)", "tolist()")
    fails(lambda: float(mg.ones(2)), RuntimeError, "(2,)")
    fails(lambda: mg.ones(0).item(), RuntimeError, "(0,)")


def test_looking_for_what_no_tensor_holds():
    x = mg.tensor([1.0, 2.0])
    assert 2 in x and np.float32(1) in x and mg.tensor(2.0) in x and 3 not in x
    for value, kind in (
        ("a", "str"),
        (None, "NoneType"),
        ([1.0, 2.0], "list"),
        ((1.0,), "tuple"),
        (1j, "complex"),
    ):
        fails(lambda value=value: value in x, RuntimeError, "in:", "a number or a tensor", kind)


def test_ambiguous_truth():
    x = mg.tensor([1.0, 2.0])

    def condition():
        if x > 0:
            pass

    fails(condition, RuntimeError, "(2,)", "ambiguous", ".any()", ".all()")
    fails(lambda: (x > 0) and (x < 3), RuntimeError, "&", "|")
    fails(lambda: 0 < x < 3, RuntimeError, "ambiguous")


def test_numpy_of_a_tensor_that_requires_grad():
    for call in (lambda: grads(2).numpy(), lambda: np.asarray(grads(2)), lambda: (grads(2) * 2).numpy()):
        fails(call, RuntimeError, "requires grad", "detach().numpy()")
    fails(lambda: np.cbrt(grads(2)), TypeError, "cbrt", "no gradient", "detach()")


# Dtypes -----------------------------------------------------------------------------------------------------


def test_dtypes_without_a_meaning():
    fails(lambda: mg.zeros(2, dtype="float33"), DtypeError, "'float33'", "float32, float64")
    fails(lambda: mg.tensor([1, 2]).mean(), DtypeError, "mean", "int64", ".float()")
    fails(lambda: mg.tensor([1, 2]).std(), DtypeError, "int64", ".float()")
    fails(lambda: -mg.tensor([True]), DtypeError, "neg", "bool", "~")
    fails(lambda: mg.tensor([True]) - mg.tensor([True]), DtypeError, "sub", "bool", "^")
    fails(lambda: ~mg.ones(2), DtypeError, "bitwise_not", "float32")
    fails(lambda: mg.ones(2) & mg.ones(2), DtypeError, "bitwise_and", "float32")
    fails(lambda: mg.tensor([2]) ** -1, RuntimeError, "pow", "integer", ".float()")
    fails(lambda: mg.tensor([2]) // 0, RuntimeError, "floor_divide", "zero")
    fails(
        lambda: mg.ones(2).masked_fill(mg.ones(2), 0.0), DtypeError, "masked_fill", "bool", "float32", "x > 0"
    )


def test_what_is_no_number():
    fails(lambda: mg.ones(2) + "1", TypeError, "add", "bool, integer and floating")
    fails(lambda: mg.ones(2) * None, TypeError, "mul")
    fails(lambda: mg.ones(2) * [1.0, 2.0], TypeError, "mul", "list", "mg.tensor(...)")
    fails(lambda: mg.ones(2) + 1j, TypeError, "complex")
    fails(lambda: mg.tensor([[1, 2], [3]]), ValueError, "rows", "(1,)", "(2,)")


def test_in_place_into_a_lower_kind():
    x = mg.tensor([1, 2])
    fails(lambda: x.add_(0.5), RuntimeError, "add_", "float32", "int64")
    fails(lambda: x.div_(2), RuntimeError, "div_", "float32", "int64")


# Options and arguments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda x: mg.zeros(2, device="mps"), "'mps'"),
        (lambda x: mg.tensor([1.0], device="mps:0"), "'mps:0'"),
        (lambda x: x.to("mps"), "'mps'"),
        (lambda x: x.to(device="meta"), "'meta'"),
        (lambda x: F.embedding(mg.tensor([0]), x, max_norm=1.0), "max_norm"),
        (lambda x: F.embedding(mg.tensor([0]), x, sparse=True), "sparse"),
        (lambda x: F.embedding(mg.tensor([0]), x, scale_grad_by_freq=True), "scale_grad_by_freq"),
        (lambda x: F.mse_loss(x, x, size_average=True), "size_average"),
        (lambda x: F.cross_entropy(x, mg.tensor([0, 0]), reduce=False), "reduce"),
        (lambda x: x.view(mg.int32), "dtype"),
        (lambda x: mg.autograd.grad(x.sum(), x, is_grads_batched=True), "is_grads_batched"),
        (lambda x: mg.autograd.grad(x.sum(), x, only_inputs=False), "only_inputs"),
        (lambda x: mg.Generator("mps"), "'mps'"),
    ],
)
def test_unsupported_options_are_named(call, option):
    fails(lambda: call(grads(2, 2)), NotImplementedError, option, "not supported")


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda x: mg.add(x, x, out=x), "out"),
        (lambda x: mg.sum(x, out=x), "out"),
        (lambda x: x.clone(memory_format=1), "memory_format"),
        (lambda x: mg.zeros(2, layout=1), "layout"),
        (lambda x: mg.zeros(2, pin_memory=True), "pin_memory"),
        (lambda x: mg.empty(2, memory_format=1), "memory_format"),
        (lambda x: x.to(mg.float64, memory_format=1), "memory_format"),
        (lambda x: mg.sum(x, dims=1), "dims"),
        (lambda x: F.relu(x, in_place=True), "in_place"),
    ],
)
def test_unknown_arguments_are_named(call, option):
    fails(lambda: call(mg.ones(2, 2)), TypeError, option)


def test_missing_and_superfluous_arguments():
    x = mg.ones(2, 2)
    fails(lambda: mg.mul(x), TypeError, "mul", "other")
    fails(lambda: x.logsumexp(), TypeError, "logsumexp", "dim")
    fails(lambda: mg.exp(x, x), TypeError, "exp", "1", "2")
    fails(lambda: mg.exp(), TypeError, "exp", "input")


def test_softmax_without_dim():
    for name in ("softmax", "log_softmax"):
        fails(lambda name=name: getattr(F, name)(mg.ones(2, 3)), TypeError, name, "dim", "dim=1")


@pytest.mark.parametrize("column", ["input", "target"])
def test_a_column_beside_a_row_names_which_to_squeeze(column):
    """(N, 1) and (N) broadcast to (N, N), and the mean over all pairs is learnt from."""
    shapes = {"input": (4,), "target": (4,)} | {column: (4, 1)}
    with pytest.warns(UserWarning, match=rf"The {column} is a column: {column}\.squeeze\(-1\)"):
        F.mse_loss(*map(mg.ones, shapes.values()))


def test_targets_of_cross_entropy():
    x = grads(2, 3)
    fails(lambda: F.cross_entropy(x, mg.tensor([0, 3])), IndexError, "0 to 2", "3")
    fails(
        lambda: F.cross_entropy(x, mg.tensor([[1, 0, 0], [0, 1, 0]])),
        ShapeError,
        "(2, 3)",
        "(2,)",
        "argmax(1)",
        ".float()",
    )
    fails(lambda: F.cross_entropy(x, mg.tensor([[0], [1]])), ShapeError, "(2, 1)", "squeeze(1)")
    words, next_words = grads(2, 5, 7), mg.zeros(2, 5, dtype=mg.int64)
    fails(lambda: F.cross_entropy(words, next_words), ShapeError, "(2, 7)", "(2, 5)", "movedim(-1, 1)")
    fails(
        lambda: F.cross_entropy(x, mg.tensor([0.0, 1.0])), DtypeError, "float32", ".long()", "probabilities"
    )
    fails(lambda: F.cross_entropy(x, mg.tensor([0, 1, 2])), ShapeError, "(2,)", "(3,)")
    for loss in (F.cross_entropy, F.nll_loss):
        text = fails(
            lambda loss=loss: loss(grads(3), mg.tensor([1])), ShapeError, "(3,)", "()", "(1,)", "squeeze()"
        )
        assert "(1, 3)" not in text
    fails(lambda: F.cross_entropy(grads(3), mg.tensor(5)), IndexError, "0 to 2", "5")
    fails(lambda: F.cross_entropy(mg.tensor([0, 1]), x), DtypeError, "int64", "exchanged")
    fails(
        lambda: F.cross_entropy(x, mg.tensor([0, 1]), weight=mg.ones(2)), ShapeError, "weight", "(3,)", "(2,)"
    )
    fails(
        lambda: F.cross_entropy(x, mg.tensor([0, 1]), reduction="avg"), ValueError, "reduction", "avg", "mean"
    )


def test_probabilities_that_are_none():
    fails(
        lambda: F.binary_cross_entropy(mg.tensor([1.5]), mg.ones(1)),
        RuntimeError,
        "0 to 1",
        "1.5",
        "with_logits",
    )
    fails(lambda: F.dropout(mg.ones(2), 1.5), ValueError, "dropout", "1.5")
    fails(lambda: mg.bernoulli(mg.tensor([2.0])), RuntimeError, "0 to 1", "2")


def test_regression_of_different_shapes_warns():
    """(N, 1) against (N) broadcasts to (N, N): the usual slip."""
    with pytest.warns(UserWarning, match=r"mse_loss.*\(4, 1\).*\(4,\).*broadcast"):
        F.mse_loss(mg.ones(4, 1), mg.ones(4))


def test_the_warning_points_at_the_learners_line():
    with pytest.warns(UserWarning) as caught:
        F.mse_loss(mg.ones(4, 1), mg.ones(4))
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("loss", "made", "words"),
    [
        (F.cross_entropy, lambda x: F.softmax(x, dim=1), ("softmax made the input", "raw scores")),
        (F.nll_loss, lambda x: F.softmax(x, dim=1), ("softmax made the input", "log_softmax(scores, 1)")),
        (
            F.nll_loss,
            lambda x: F.linear(x, mg.ones(3, 3)),
            ("linear made the input", "log_softmax(scores, 1)"),
        ),
        (F.cross_entropy, lambda x: x[:, :1], ("(2, 1)", "one class", "binary_cross_entropy_with_logits")),
    ],
)
def test_a_loss_of_what_it_does_not_take_warns(loss, made, words):
    with pytest.warns(UserWarning) as caught:
        loss(made(grads(2, 3)), mg.tensor([0, 0]))
    assert len(caught) == 1 and caught[0].filename == __file__
    for word in (loss.__name__, *words):
        assert word in str(caught[0].message)


def test_a_second_sigmoid_and_a_divergence_of_probabilities_warn():
    target = mg.tensor([[0.5, 0.5]])
    with pytest.warns(UserWarning, match="binary_cross_entropy_with_logits: sigmoid made the input"):
        F.binary_cross_entropy_with_logits(mg.sigmoid(grads(1, 2)), target)
    with pytest.warns(UserWarning, match="kl_div: softmax made the input.*log_softmax"):
        F.kl_div(F.softmax(grads(1, 2), 1), target)


def test_losses_of_what_they_take_are_silent():
    """Warnings are errors here: twice log_softmax is log_softmax, and other losses take probabilities."""
    x, classes = grads(2, 3), mg.tensor([0, 2])
    once = F.cross_entropy(x, classes).item()
    assert F.cross_entropy(F.log_softmax(x, 1), classes).item() == pytest.approx(once)
    assert F.nll_loss(F.log_softmax(x, 1), classes).item() == pytest.approx(once)
    F.cross_entropy(F.linear(x, mg.ones(3, 3)), classes)
    F.mse_loss(F.softmax(x, 1), mg.zeros(2, 3))
    F.binary_cross_entropy(mg.sigmoid(x), mg.zeros(2, 3))
    F.kl_div(F.log_softmax(x, 1), mg.ones(2, 3) / 3)
    F.cross_entropy(x, F.softmax(x, 1))  # probabilities as a target


def test_the_pair_that_max_returns_is_not_compared():
    x = mg.ones(2, 3)
    for call in (lambda: x.max(1) == x[:, 0], lambda: x[:, 0] == x.max(1), lambda: x[:, 0] != x.max(1)):
        fails(call, TypeError, "(values, indices)", ".indices", "argmax(dim)")
    fails(lambda: x[:, 0] + x.max(1), TypeError, "add: ", "(values, indices)")
    assert (x[:, 0] == (1.0, 2.0)).tolist() == [True, False]  # of numbers it is as before


@pytest.mark.parametrize("kind", [nn.ReLU, nn.Linear, nn.Flatten, nn.MaxPool2d, nn.BatchNorm1d, nn.Dropout])
def test_a_layer_called_before_it_is_made(kind):
    name = kind.__name__
    fails(lambda: kind(mg.ones(2, 2)), TypeError, name, f"nn.{name}(...)", "layer(x)", "nn.functional")


def test_what_is_made_of_tensors_is_still_made_of_tensors():
    assert nn.CrossEntropyLoss(mg.ones(3)).weight.tolist() == [1, 1, 1]

    class Shift(nn.Module):
        def __init__(self, by):
            super().__init__()
            self.by = by

    assert Shift(mg.ones(2)).by.tolist() == [1, 1]
    assert copy.deepcopy(nn.Linear(2, 1)).weight.shape == (1, 2)


# No tensor --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, kind, call",
    [
        ("linear", "list", lambda a: nn.Linear(4, 2)([1.0, 2.0, 3.0, 4.0])),
        ("linear", "NoneType", lambda a: nn.Linear(4, 2)(None)),
        ("mse_loss", "list", lambda a: F.mse_loss([1.0], [2.0])),
        ("mse_loss", "float", lambda a: F.mse_loss(a, 1.0)),
        ("mse_loss", "NoneType", lambda a: F.mse_loss(None, a)),
        ("l1_loss", "NoneType", lambda a: F.l1_loss(a, None)),
        ("cross_entropy", "list", lambda a: F.cross_entropy(a, [0, 1])),
        ("cross_entropy", "NoneType", lambda a: nn.CrossEntropyLoss()(None, a)),
        ("binary_cross_entropy", "list", lambda a: F.binary_cross_entropy(a, [1.0])),
        ("embedding", "list", lambda a: nn.Embedding(3, 2)([0, 1])),
        ("layer_norm", "list", lambda a: nn.LayerNorm(2)([1.0, 2.0])),
        ("dropout", "list", lambda a: F.dropout([1.0])),
        ("one_hot", "list", lambda a: F.one_hot([1, 2])),
        ("softmax", "list", lambda a: F.softmax([1.0, 2.0], 0)),
        ("relu", "NoneType", lambda a: mg.relu(None)),
        ("sigmoid", "NoneType", lambda a: mg.sigmoid(None)),
        ("sqrt", "str", lambda a: mg.sqrt("a")),
        ("exp", "list", lambda a: mg.exp([1.0])),
        ("exp", "float", lambda a: mg.exp(2.0)),
        ("sum", "list", lambda a: mg.sum([1, 2])),
        ("sum", "int", lambda a: mg.sum(3)),
        ("mean", "NoneType", lambda a: mg.mean(None)),
        ("max", "list", lambda a: mg.max([1, 2], 0)),
        ("std", "list", lambda a: mg.std([1.0, 2.0])),
        ("norm", "list", lambda a: mg.norm([1.0, 2.0])),
        ("stack", "list", lambda a: mg.stack([[1.0], [2.0]])),
        ("cat", "list", lambda a: mg.cat([[1.0], [2.0]])),
        ("split", "list", lambda a: mg.split([1.0, 2.0], 1)),
        ("reshape", "list", lambda a: mg.reshape([1, 2], (2, 1))),
        ("squeeze", "list", lambda a: mg.squeeze([1.0])),
        ("gather", "list", lambda a: a.gather(0, [[0]])),
        ("matmul", "int", lambda a: a @ 3),
        ("matmul", "NoneType", lambda a: a @ None),
        ("matmul", "list", lambda a: [1.0, 2.0] @ a),
        ("add", "NoneType", lambda a: a + None),
        ("mul", "NoneType", lambda a: None * a),
        ("maximum", "NoneType", lambda a: mg.maximum(a, None)),
    ],
)
def test_something_that_is_no_tensor(name, kind, call):
    fix = {"NoneType": "forget to return", "str": "integer and floating numbers"}.get(kind, "mg.tensor(...)")
    text = fails(lambda: call(mg.ones(2, 2)), TypeError, "expected a tensor", fix)
    assert f"{kind}." in text or (kind == "NoneType" and "got None" in text)
    assert name in text.partition(":")[0]


def test_arrays_are_taken_where_tensors_are():
    a = np.ones((2, 3))
    assert type(mg.sum(a)) is np.float64 and mg.exp(a).shape == (2, 3)
    assert F.mse_loss(mg.ones(2, 3), a).item() == 0
    assert mg.stack([a, a]).shape == (2, 2, 3)


def test_a_wrong_attribute_in_ones_own_operation_stays_what_it_is():
    mistaken = Op(lambda x: x.no_such, name="mistaken")
    try:
        with pytest.raises(AttributeError, match="no_such"):
            mistaken(mg.ones(2))
    finally:
        del OPS["mistaken"]


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    "value", [None, "x", "3", {}, 1j, nn.Linear(1, 1), [None, 1.0], np.array(["a", "b"])]
)
def test_what_cannot_be_written_into_a_tensor(value, recorded):
    x = mg.zeros(2, 2, requires_grad=recorded) * 1
    kind = str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
    fails(lambda: x.__setitem__((0, 0), value), TypeError, "setitem", "numbers or a tensor", f"got {kind}")
    fails(lambda: x.__setitem__(0, value), TypeError, "setitem", f"got {kind}")
    fails(lambda: x.fill_(value), TypeError, f"got {kind}")
    assert x.tolist() == [[0, 0], [0, 0]]


def test_the_class_tensor_takes_arrays():
    assert mg.Tensor(np.array([1.0, 2.0])).tolist() == [1, 2]
    assert mg.Tensor(mg.tensor(3)).item() == 3
    for call in (lambda: mg.Tensor([1, 2]), lambda: mg.Tensor(2, 3), lambda: mg.Tensor(2.0)):
        fails(call, TypeError, "array or tensor", "mg.tensor(", "mg.zeros(2, 3)")
    fails(lambda: mg.Tensor(np.array(["a"])), TypeError, "numbers", "<U1")


def test_dropout_of_integers():
    fails(lambda: F.dropout(mg.tensor([1, 2])), DtypeError, "dropout", "int64", "x.float()")


def test_targets_of_another_kind_do_not_change_the_dtype_of_the_loss():
    p = mg.tensor([0.5, 0.25], requires_grad=True)
    for target in (mg.tensor([True, False]), mg.tensor([1, 0])):
        loss = F.binary_cross_entropy(p, target)
        assert loss.dtype is mg.float32
        assert loss.item() == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)


# Contradictions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda a: a.sum(dim=1, axis=0), ("sum", "dim and axis")),
        (lambda a: mg.mean(a, axis=0, dim=1), ("mean", "dim and axis")),
        (lambda a: a.sum(0, keepdim=True, keepdims=False), ("sum", "keepdim and keepdims")),
        (lambda a: a.std(dim=0, axis=1), ("std", "dim and axis")),
        (lambda a: mg.cat([a, a], dim=0, axis=1), ("cat", "dim and axis")),
        (lambda a: a.sum(1, axis=0), ("sum", "dim", "twice")),
        (lambda a: a.sum(1, dim=0), ("sum", "dim", "twice")),
        (lambda a: a.sum(along=0), ("sum", "along")),
        (lambda a: a.flip(), ("flip", "dims")),
        (lambda a: mg.flip(a), ("flip", "dims")),
    ],
)
def test_options_that_contradict_one_another_or_are_missing(call, words):
    fails(lambda: call(mg.ones(2, 3)), TypeError, *words)


def test_shifts_without_their_dimensions():
    fails(lambda: mg.ones(2, 3).roll((1, 2)), ShapeError, "roll", "(1, 2)", "each shift")
    fails(lambda: mg.tensor(2.0).roll(0, 0), IndexError, "roll", "no dimension 0", "Leave dims out")
    fails(lambda: mg.ones(2, 3).roll(1, (0, 1)), ShapeError, "roll", "(0, 1)")


# Words ------------------------------------------------------------------------------------------------------


def test_an_index_is_shown_as_it_is_written():
    a = mg.ones(2, 3)

    def put(value, *index):
        a[index if len(index) > 1 else index[0]] = value

    fails(lambda: put(mg.ones(3), slice(None), 0), ShapeError, "[:, 0]", "shape (2,)")
    fails(lambda: put(mg.ones(7), slice(0, 2), slice(1, None, 2)), ShapeError, "[0:2, 1::2]")
    fails(lambda: put(mg.ones(7), ..., None), ShapeError, "[..., None]")
    text = fails(lambda: put(mg.ones(17), mg.ones(2, 3) > 0), ShapeError, "[mask of shape (2, 3)]")
    assert "True" not in text
    fails(lambda: put(mg.ones(7), mg.tensor([0, 1])), ShapeError, "[index of shape (2,)]")
    fails(lambda: a[:, 0, 0], IndexError, "[:, 0, 0]")
    for index, kind in (("a", TypeError), ({}, IndexError), ((0, "a"), TypeError)):
        fails(lambda index=index: a[index], kind, "an index is an integer", "got")


def test_the_function_that_was_called_is_the_one_that_is_named():
    empty = mg.zeros(0, 3)
    fails(lambda: empty.max(0), IndexError, "max: there is nothing", "(0, 3) over dimension 0")
    fails(lambda: empty.min(0), IndexError, "min: there is nothing")
    assert empty.max(1).values.shape == (0,)
    fails(lambda: mg.ones(2).max(3), IndexError, "max: dimension 3")
    x = mg.ones(2, 2)
    for name in ("std", "var", "sort", "argsort", "norm"):
        text = fails(lambda name=name: getattr(x, name)(dim=3), IndexError, "dimension 3", "-2 to 1")
        assert text.startswith(f"{name}: ")
    fails(lambda: F.normalize(x, dim=3), IndexError, "normalize: dimension 3")
    fails(lambda: mg.tensor([1]).std(), DtypeError, "std: ", "x.float().std()")
    fails(lambda: mg.clamp(x, min="a"), TypeError, "clamp: ", "str")
    fails(lambda: mg.mv(x, mg.ones(3)), ShapeError, "mv: (2, 2) @ (3,)")
    fails(lambda: mg.bmm(mg.ones(2, 2, 3), mg.ones(2, 2, 3)), ShapeError, "bmm: ", "3 columns", "x @ w.mT")
    fails(lambda: mg.ones(2, 2, 3) @ mg.ones(2, 2, 3), ShapeError, "matmul: ", "x @ w.mT")
    text = fails(lambda: mg.ones(2, 3).expand(3, 3), ShapeError, "expand", "(2, 3)", "(3, 3)", "size 1")
    assert "broadcast_to" not in text
    fails(lambda: mg.ones(2, 3).sum((0, 0)), ShapeError, "sum", "twice")
    fails(lambda: mg.ones(2, 3).sum((0, -2)), ShapeError, "sum", "twice")
    fails(lambda: copy.copy(grads(2) * 2), RuntimeError, "copy", "leaf", "detach()")
    fails(lambda: mg.manual_seed("a"), ValueError, "manual_seed", "integer", "'a'")
    fails(lambda: mg.manual_seed(None), TypeError, "manual_seed", "integer", "None")


def test_a_missing_argument_is_named_without_types():
    text = fails(lambda: mg.mul(mg.ones(2)), TypeError, "mul(input, other)", "'other'")
    assert "Any" not in text


@pytest.mark.parametrize("kind", [nn.MSELoss, nn.L1Loss, nn.CrossEntropyLoss, nn.BCELoss])
def test_a_loss_called_before_it_is_made(kind):
    name = kind.__name__
    fails(lambda: kind(mg.ones(2), mg.ones(2)), TypeError, name, f"nn.{name}()", "loss(pred, target)")


def test_layer_norm_takes_the_size_of_one_axis():
    x = mg.rand(2, 3)
    assert F.layer_norm(x, 3).tolist() == F.layer_norm(x, (3,)).tolist()
    fails(lambda: F.layer_norm(x, 4), ShapeError, "layer_norm", "(2, 3)", "(4,)")


# The state afterwards ---------------------------------------------------------------------------------------


def test_an_error_leaves_the_tensor_as_it_was():
    x = mg.tensor([1.0, 2.0, 3.0])
    for call in (lambda: x.add_(mg.ones(2)), lambda: x.__setitem__(5, 1.0), lambda: x.long().add_(0.5)):
        with pytest.raises((RuntimeError, IndexError)):
            call()
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_errors_do_not_keep_numpys_traceback():
    """The learner sees one error, not NumPy's and then ours."""
    with pytest.raises(ShapeError) as raised:
        mg.ones(2) + mg.ones(3)
    assert raised.value.__suppress_context__

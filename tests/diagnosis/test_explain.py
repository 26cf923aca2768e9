"""What explain_gradient says to a learner, and where it holds its tongue."""

import re

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.diagnosis.search import MOST_STEPS
from minigrad.engine.op import OPS

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
W = np.array([[1.0, -0.5, 0.25, 2.0], [0.5, 1.5, -1.0, 0.75], [-2.0, 0.1, 0.6, 1.2]])


def explain(*args, **options):
    return mg.explain_gradient(*args, **options)


# The report -------------------------------------------------------------------------------------------------


def test_a_right_rule_is_true_and_says_on_what_it_was_tried():
    diagnosis = explain(mg.tanh, mg.tensor(X), lambda dy, y: dy * (1 - y**2))
    assert diagnosis
    assert (diagnosis.right, diagnosis.slip, diagnosis.slips, diagnosis.argument) == (True, None, (), "input")
    assert str(diagnosis).startswith("The gradient of input is right: it agrees with backward at your inputs")
    assert repr(diagnosis) == str(diagnosis)


def test_a_wrong_rule_is_false_and_shows_numbers_place_and_fix():
    diagnosis = explain(
        lambda x, t: ((x - t) ** 2).mean(), (mg.tensor(X), mg.zeros(2, 3)), lambda dy, x, t: dy * 2 * (x - t)
    )
    assert not diagnosis
    assert (diagnosis.slip, diagnosis.argument) == ("mean", "x")
    text = str(diagnosis)
    assert "the 1/N of the mean is missing" in text
    assert "N = 6 times the right gradient" in text
    assert "mean, operation 3 of 3" in text
    assert "test_explain.py" in text
    assert "x.size" in text
    # The numbers: 6 times too large, and finite differences agree with what is called right.
    yours, right, measured = (
        float(re.search(rf"{word} (-?[\d.]+)", text)[1]) for word in ("yours", "right", "differences")
    )
    assert yours == pytest.approx(6 * right, rel=1e-3)
    assert measured == pytest.approx(right, rel=1e-3)


def test_the_evidence_is_taken_at_the_inputs_given():
    # y = 3 x has the slope 3 everywhere, so the numbers shown are those of dy alone.
    diagnosis = explain(lambda x: 3 * x, 2.0, lambda dy: dy)
    yours, right = (float(re.search(rf"{word} (-?[\d.]+)", str(diagnosis))[1]) for word in ("yours", "right"))
    assert right == pytest.approx(3 * yours, rel=1e-3)
    assert "random inputs" not in diagnosis.numbers[0]


def test_the_operands_of_a_product_have_the_names_of_the_function():
    diagnosis = explain(lambda a, b: a @ b, (X, W), lambda dy, a: dy.T @ a, wrt="b")
    assert diagnosis.slip == "transposed_product"
    assert "dy.T @ a where a.T @ dy is right" in str(diagnosis)


def test_each_path_is_named():
    diagnosis = explain(lambda x: x * mg.sin(x), X, lambda dy, x: dy * np.sin(x))
    assert diagnosis.slip == "accumulation"
    assert (
        "x is used 2 times, and yours is the share of one use alone, x -> mul; missing: x -> sin"
        in " ".join(str(diagnosis).split())
    )


def test_the_inside_of_a_fused_operation_is_named():
    diagnosis = explain(F.silu, X, lambda dy, input: dy / (1 + np.exp(-input)))
    assert diagnosis.slip == "accumulation"
    assert "inside of silu, which is x * sigmoid(x), at its mul" in diagnosis.where


def test_two_slips_that_give_the_same_numbers_are_both_named():
    diagnosis = explain(lambda x: x * x, X, lambda dy, x: dy * x)
    assert diagnosis.slips[:2] == ("accumulation", "factor")
    assert "another slip: a factor 2 is missing" in str(diagnosis)


def test_two_slips_at_once():
    diagnosis = explain(
        lambda x: mg.softmax(x, 1), X, lambda dy, y: -y * (dy - (dy * y).sum(0, keepdims=True))
    )
    assert diagnosis.slips == ("wrong_axis", "factor")
    assert "the sign is wrong besides" in str(diagnosis)


def test_an_unknown_mistake_is_called_unknown():
    diagnosis = explain(mg.tanh, X, lambda dy, y: dy * (1 - y**3) + y)
    assert not diagnosis
    assert diagnosis.slip is None
    assert "no slip that is known gives these numbers" in " ".join(str(diagnosis).split())
    assert "doubling dy does not double your gradient" in str(diagnosis)
    assert "finite differences" in diagnosis.numbers[0]


def test_the_elements_that_are_right_are_counted():
    diagnosis = explain(lambda x: x**2, np.array([1.0, 2.0, 3.0, -1.0]), lambda dy, x: dy * 2 * np.abs(x))
    assert diagnosis.slip is None
    assert "3 of 4 elements are right" in str(diagnosis)


def test_an_unknown_wrong_shape_is_shown():
    diagnosis = explain(mg.exp, X, lambda dy, y: (dy * y * y)[0])
    assert diagnosis.slip == "shape"
    assert "yours has shape (3,), input has shape (2, 3)" in str(diagnosis)


def test_the_same_seed_gives_the_same_words():
    rule = lambda dy, input: dy * input  # noqa: E731
    assert str(explain(mg.exp, X, rule)) == str(explain(mg.exp, X, rule))
    assert explain(mg.exp, X, rule, seed=1).slip == explain(mg.exp, X, rule).slip


@pytest.mark.parametrize(
    ("fn", "rule", "slip", "title"),
    [
        (lambda x: x[1], lambda dy: dy, "not_inverted", "the gradient is not put back to where"),
        (lambda x: x[:, 1:], lambda dy: dy, "not_inverted", "the gradient is not put back to where"),
        (lambda x: x[:, 1:], lambda dy: np.pad(dy, ((0, 0), (0, 1))), "not_inverted", "at the wrong place"),
        (lambda x: mg.cat([x, mg.ones(2, 3)]), lambda dy: dy, "not_inverted", "is not cut out of dy"),
        (lambda x: x.flip(1), lambda dy: dy, "not_inverted", "what flip moved is not moved back"),
        (
            lambda x: mg.where(x.detach() > 0, x * x, 3 * x),
            lambda dy, x: dy * np.where(x > 0, 3, 2 * x),
            "mask",
            "the cases are exchanged",
        ),
        (
            lambda x: x.clamp(-0.8, 0.6),
            lambda dy, x: dy * (x <= 0.6),
            "mask",
            "one of the two bounds of clamp",
        ),
        (
            lambda x: x.clamp(-0.8, 0.6),
            lambda dy, x: dy * (x >= -0.8),
            "mask",
            "one of the two bounds of clamp",
        ),
        (
            lambda x: mg.log_softmax(x, 1),
            lambda dy, y: dy - y * dy.sum(1, keepdims=True),
            "misremembered",
            "y in place of exp(y)",
        ),
        (lambda x: x**2, lambda dy, x: dy.sum() * 2 * x, "upstream_ignored", "dy is added up to one number"),
        (lambda x: x**2, lambda dy, x: dy.mean() * 2 * x, "upstream_ignored", "dy is averaged to one number"),
    ],
)
def test_other_slips_by_their_own_words(fn, rule, slip, title):
    diagnosis = explain(fn, X, rule)
    assert diagnosis.slip == slip
    assert title in diagnosis.title


# Slips that special numbers hide ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fn, inputs, rule, slip, shown",
    [
        (lambda x: x.mean(), np.array([2.0]), lambda dy, x: dy * np.ones_like(x), "mean", "another size"),
        (lambda a, b: a * b, (2.0, 1.0), lambda dy: dy, "factor", "other numbers, say b = "),
        (mg.relu, np.array([1.0, 2.0]), lambda dy: dy, "chain", "another sign"),
        (lambda x, w: x * w, (X, np.ones((2, 3))), lambda dy: dy, "chain", "it happens to be right"),
        (
            lambda a, b: a @ b,
            (np.eye(3), np.ones((3, 3))),
            lambda dy, b: dy @ b,
            "transposed_product",
            "it happens to be right",
        ),
    ],
)
def test_a_slip_that_the_given_numbers_hide_is_found(fn, inputs, rule, slip, shown):
    diagnosis = explain(fn, inputs, rule)
    assert diagnosis.slip == slip
    assert shown in str(diagnosis)


def test_a_mean_over_two_is_not_taken_for_a_factor_two():
    diagnosis = explain(lambda x: x.mean(), np.array([3.0, 1.0]), lambda dy, x: dy * np.ones_like(x))
    assert diagnosis.slips[0] == "mean"
    assert "factor" not in diagnosis.slips
    diagnosis = explain(lambda x: (2 * x).sum(), np.array([3.0, 1.0]), lambda dy, x: dy * np.ones_like(x))
    assert diagnosis.slips[0] == "factor"
    assert "mean" not in diagnosis.slips


def test_numbers_from_outside_are_told():
    diagnosis = explain(lambda a, w: a * w, (X, X + 3), lambda dy: dy * (X + 3))
    assert not diagnosis
    assert diagnosis.slip == "only_here"
    assert "Let it name what it needs" in " ".join(str(diagnosis).split())


# Right rules in the dark corners ----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [lambda dy, input: dy * (input > 0), lambda dy, input: dy * (input >= 0)])
def test_at_a_kink_there_is_a_choice(rule):
    diagnosis = explain(mg.relu, np.zeros((2, 2)), rule)
    assert diagnosis
    assert ("kink" in str(diagnosis)) == bool(rule(1.0, np.zeros(1))[0])


def test_ties_of_a_maximum_are_a_kink():
    assert explain(lambda x: mg.amax(x), np.ones(3), lambda dy, x, y: dy * (x == y))


def test_a_rule_written_for_one_size_is_right_for_it():
    assert explain(lambda x: x.mean(), np.ones((2, 3)), lambda dy: np.full((2, 3), dy / 6))
    assert explain(lambda x, n: x**n, (X, 2.0), lambda dy, x: dy * 2 * x)


def test_a_rule_may_rely_on_one_hot_rows():
    target = np.eye(3)[[2, 0]]

    def loss(x, t):
        return -(t * mg.log_softmax(x, 1)).sum()

    def rule(dy, x, t):
        p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
        return dy * (p - t)

    assert explain(loss, (X, target), rule)
    assert explain(loss, (X, np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])), rule)


def test_small_differences_are_no_slip():
    assert explain(mg.log, np.array([0.5, 2.0]), lambda dy, input: dy / (input + 1e-8))
    assert explain(
        lambda x: mg.sin(x) + x,
        X,
        lambda dy, x: dy * ((np.sin(x + 1e-6) - np.sin(x - 1e-6)) / 2e-6 + 1),
    )


@pytest.mark.parametrize("scale", [1e-7, 1.0, 1e6])
def test_the_size_of_the_numbers_does_not_matter(scale):
    x = scale * np.array([1.0, 2.0, 3.0])
    assert explain(mg.reciprocal, x, lambda dy, y: -dy * y * y)
    assert explain(mg.reciprocal, x, lambda dy, y: dy * y * y).slip == "sign"


def test_a_gradient_that_cancels_to_zero_is_zero():
    assert explain(lambda x: mg.softmax(x, 1).sum(), X, lambda dy, x: np.zeros_like(x))
    assert explain(lambda x: (x - x.mean()).sum(), X, lambda dy, x: np.zeros_like(x))
    assert explain(lambda x: mg.sign(x), X, lambda dy, input=None: dy * 0)


def test_what_does_not_depend_on_the_input_has_gradient_zero():
    assert explain(lambda x, t: t * 2, (X, X), lambda dy, x: np.zeros_like(x))
    assert explain(lambda x: x, X, lambda dy: dy)


# What the rule does besides ---------------------------------------------------------------------------------


def test_writing_over_what_it_is_given():
    def rule(dy, y):
        dy *= y
        return dy

    diagnosis = explain(mg.exp, X, rule)
    assert diagnosis.slip == "in_place"
    assert "dy held other numbers" in str(diagnosis)


def test_no_return():
    diagnosis = explain(mg.exp, X, lambda dy, y: None)
    assert diagnosis.slip == "returns_nothing"


def test_one_of_several_is_not_returned():
    diagnosis = explain(lambda a, b: a * b, (X, X + 1), lambda dy, b: (dy * b, None), wrt=("a", "b"))
    assert (diagnosis.argument, diagnosis.slip) == ("b", "returns_nothing")
    assert "the gradient of b that it returned is None" in str(diagnosis)


def test_an_error_is_shown_with_the_shapes():
    diagnosis = explain(mg.exp, X, lambda dy, y: dy @ np.ones((7, 7)))
    assert diagnosis.slip == "raises"
    assert "ValueError" in str(diagnosis)
    assert "dy (2, 3), y (2, 3), input (2, 3)" in str(diagnosis)


def test_a_product_that_does_not_fit_is_tried_on_square_matrices():
    diagnosis = explain(lambda a, b: a @ b, (X, W), lambda dy, b: dy @ b)
    assert diagnosis.slip == "transposed_product"
    assert "ValueError" in diagnosis.numbers[0]
    assert "dy @ b where dy @ b.T is right" in str(diagnosis)


def test_nan_at_the_given_inputs():
    diagnosis = explain(lambda x: mg.prod(x), np.array([0.0, 2.0, 3.0]), lambda dy, x, y: dy * y / x)
    assert diagnosis.slip == "not_finite"
    assert "at (0,), where x is 0, yours is nan" in str(diagnosis)


def test_nan_everywhere():
    diagnosis = explain(lambda x: x * x, X, lambda dy, x: dy * np.log(-np.abs(x)))
    assert diagnosis.slip == "not_finite"


def test_what_has_the_right_shape_is_an_array():
    for made in (np.ndarray.tolist, list, lambda dx: tuple(map(tuple, dx)), mg.tensor):
        assert explain(mg.square, X, lambda dy, input, made=made: made(dy * 2 * input))
        assert explain(mg.square, X, lambda dy, input, made=made: made(dy * input)).slip == "factor"
    assert explain(lambda x: x**2, np.float64(3.0), lambda dy, x: [dy * 2 * x]).slip == "shape"
    assert explain(lambda x: x.sum(0), X, lambda dy: [[1.0, 2.0]]).slip == "shape"


def test_one_of_several_gradients_may_be_a_list():
    def rule(dy, a, b):
        return (dy * b).tolist(), (dy * a).tolist()

    assert explain(lambda a, b: a * b, (X, X + 1), rule, wrt=("a", "b"))


def test_how_to_write_the_n_of_a_mean():
    def fix(fn, rule, **options):
        return explain(fn, X, rule, **options).fix

    ones = lambda dy, x: dy * np.ones_like(x)  # noqa: E731
    assert "N = 6: x.size" in fix(lambda x: x.mean(), ones)
    assert "N = 2: x.shape[0]" in fix(lambda x: x.sum(1).mean(), ones)
    assert "N = 3: x.shape[1]" in fix(lambda x: (x * 1.0).sum(0).mean(), ones)
    assert "N = 2: x.shape[0]" in fix(lambda x: x.mean(0), ones)
    assert "N = 3: x.shape[1]" in fix(lambda x: mg.exp(x).mean(1, keepdim=True), lambda dy, x: dy * np.exp(x))
    assert "N = 2: x.shape[0]" in fix(lambda x: (x**2).sum(1).mean(), lambda dy, x: dy * 2 * x / x.size)
    assert "N = 3: as fn does" in fix(
        lambda x: x.sum(1) / x.shape[1], lambda dy, x: dy[:, None] * np.ones_like(x)
    )
    square = explain(lambda x: x.sum(1).mean(), np.eye(3), ones)
    assert "N = 3: x.shape[0]" in square.fix
    product = explain(lambda x: (x @ W).mean(), X, lambda dy: np.full((2, 4), dy) @ W.T)
    assert "N = 8, how many numbers mean averages" in product.fix
    assert "N - 1 = 5: x.size - 1" in fix(lambda x: x.var(), lambda dy, x: dy * 2 * (x - x.mean()))


# How it is asked --------------------------------------------------------------------------------------------


def test_several_gradients():
    def rule(dy, a, b):
        return dy @ b.T, a.T @ dy

    diagnosis = explain(lambda a, b: a @ b, (X, W), rule, wrt=("a", "b"))
    assert diagnosis
    assert [d.argument for d in (diagnosis, *diagnosis.others)] == ["a", "b"]


def test_several_gradients_one_wrong():
    def rule(dy, a, b):
        return dy @ b.T, 2 * a.T @ dy

    diagnosis = explain(lambda a, b: a @ b, (X, W), rule, wrt=("a", "b"))
    assert not diagnosis
    assert (diagnosis.argument, diagnosis.slip) == ("b", "factor")
    assert diagnosis.others[0].right
    assert "The gradient of a is right" in str(diagnosis)


def test_gradients_in_the_wrong_order():
    diagnosis = explain(lambda a, b: a * b, (X, X + 1), lambda dy, a, b: (dy * a, dy * b), wrt=("a", "b"))
    assert [d.slip for d in (diagnosis, *diagnosis.others)] == ["wrong_argument", "wrong_argument"]


def test_inputs_by_name_numbers_lists_and_tensors():
    def product(a, b):
        return a * b

    for inputs in (
        {"a": 2.0, "b": 3.0},
        (2.0, 3.0),
        (mg.tensor(2.0), np.float32(3.0)),
        ([1.0, 2.0], [3.0, 4.0]),
    ):
        assert explain(lambda a, b: mg.mul(mg.as_tensor(a), mg.as_tensor(b)), inputs, lambda dy, b: dy * b)
    assert explain(product, (2, 3), lambda dy, b: dy * b, wrt="a")
    assert explain(product, (2, 3), lambda dy, b: dy * b)


def test_a_rule_may_take_what_it_needs_by_keyword_alone():
    def rule(dy, *, input, y_shape):
        return dy.reshape(y_shape) * 2 * input

    assert explain(mg.square, X, rule)
    assert "doubling dy" not in str(explain(mg.square, X, lambda dy, *, input: dy * np.cosh(input**3)))


def test_shapes_and_options_by_name():
    assert explain(
        mg.sum,
        {"input": X, "dim": 1},
        lambda dy, input_shape, dim: np.broadcast_to(np.expand_dims(dy, dim), input_shape),
    )


def test_a_rule_of_op_may_leave_the_sum_to_the_engine():
    inputs = (X, np.array([1.0, 2.0, 3.0]))
    diagnosis = explain(lambda x, b: x + b, inputs, lambda dy: dy, wrt="b")
    assert diagnosis.slip == "broadcast"
    assert "summed over axis 0" in str(diagnosis)
    assert explain(lambda x, b: x + b, inputs, lambda dy: dy, wrt="b", as_op=True)


def test_the_callers_arrays_and_tensors_are_left_alone():
    x = mg.tensor(X, requires_grad=True)
    w = W.copy()
    explain(lambda x, w: x @ w, (x, w), lambda dy, w: dy @ w.T)
    explain(lambda x, w: x @ w, (x, w), lambda dy, w: dy @ w)
    assert x.grad is None
    np.testing.assert_array_equal(x.detach().numpy(), X)
    np.testing.assert_array_equal(w, W)


def test_under_no_grad():
    with mg.no_grad():
        assert explain(mg.exp, X, lambda dy, y: dy * y)
        assert not mg.is_grad_enabled()


def test_the_engine_is_not_watched_any_longer():
    from minigrad.engine.modes import state

    explain(mg.exp, X, lambda dy, y: dy * y)
    with pytest.raises(ZeroDivisionError):
        explain(lambda x: x / (1 // 0), X, lambda dy: dy)
    assert state.witness is None


def own_operation():
    """A learner's operation: a right formula, and a rule that forgets to sum."""

    @mg.op
    def my_softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / np.sum(e, axis=-1, keepdims=True)

    @my_softmax.grad("x")
    def _(dy, y):
        return dy * y * (1 - y)

    return my_softmax


def test_an_operation_of_ones_own_with_a_wrong_rule_is_measured_by_its_formula():
    before = dict(OPS)
    try:
        mine = own_operation()
        assert explain(mine, X, lambda dy, y: y * (dy - (dy * y).sum(-1, keepdims=True)))
        assert explain(mine, X, mine.rules[0].function).slip == "diagonal"
        with pytest.raises(ValueError, match="one of the operations in fn is your own, with a wrong rule"):
            explain(lambda x: mine(x) * 2, X, lambda dy, y: dy * y)
        with pytest.raises(ValueError, match="The rule of my_softmax, operation 1 of 2, disagrees"):
            explain(lambda x: mine(x) * x.detach(), X, lambda dy, y: dy * y)
    finally:
        OPS.clear()
        OPS.update(before)


def test_an_operation_of_ones_own_may_be_called_as_one_of_minigrads(own_operations):
    def own(name, formula, rule):
        formula.__name__ = name
        made = mg.op(formula)
        made.grad("x")(rule)
        return made

    reshape = own("reshape", lambda x, n: np.reshape(x, (n, -1)), lambda dy, x_shape: np.reshape(dy, x_shape))
    clamp = own("clamp", lambda x, most: np.minimum(x, most), lambda dy, x, most: dy * (x < most))
    softmax = own(
        "softmax", lambda x: np.exp(x) / np.exp(x).sum(), lambda dy, y: y * (dy - (dy * y).sum(keepdims=True))
    )
    mean = own("mean", lambda x: x.sum() / x.size, lambda dy, x: dy * np.ones_like(x) / x.size)
    linear = own("linear", lambda x: 3 * x, lambda dy: 3 * dy)
    power = own("pow", lambda x: x**3, lambda dy, x: 3 * dy * x**2)
    for fn in (
        lambda x: reshape(x * 2, 2),
        lambda x: clamp(x * 2, 0.75),
        lambda x: softmax(x * 2),
        lambda x: mean(x * x),
        lambda x: linear(x * x),
        lambda x: power(x * 2),
    ):
        assert explain(fn, X, lambda dy, x: dy * 0.37 + 0 * x + 0.11).slip is None
        assert explain(fn, X, lambda dy, x: dy.sum() * 0 + 0 * x).slip == "zero"
    tanh = own("tanh", lambda x: np.tanh(x), lambda dy, y: dy * (1 - y**2))
    assert explain(tanh, X, lambda dy, x: dy * (1 - x**2)).slip == "at_input"  # it equals one that is known


@pytest.mark.parametrize(
    "fn, inputs, rule, words",
    [
        (mg.exp, X, lambda y: y, "the rule takes dy, the upstream gradient, then any of y, input and their"),
        (mg.exp, X, lambda dy, z: dy, "it has no 'z' to give"),
        (lambda x, y: x * y, (X, X), lambda dy, y: dy * y, "fn has an argument of that name. Rename it"),
        (
            lambda dy: dy**2,
            (X,),
            lambda dy: 2 * dy,
            "dy is the upstream gradient; fn has",
        ),
        (mg.exp, X, lambda dy, y: (dy * y, dy), "returned a tuple of 2, where one gradient was expected"),
        (mg.exp, X, lambda dy, y: [dy, dy], "returned a list of 2, where one gradient was expected"),
        (mg.exp, X, lambda dy, y: [[1.0, 2.0], [3.0]], "returned a list whose rows have different lengths"),
        (mg.exp, X, lambda dy, y: {"input": dy}, "returned a dict, which is no array of numbers"),
        (mg.exp, X, lambda dy, y: dy * 1j, "returned complex numbers"),
        (mg.exp, X, lambda dy, y: "dy", "no array of numbers"),
        (lambda x: [x, x], X, lambda dy: dy, "fn must return one Tensor, and returned a list of 2"),
        (lambda x: 1.0, X, lambda dy: dy, "fn must return one Tensor, and returned a float"),
        (lambda i: i, mg.tensor([1, 2]), lambda dy: dy, "none of the inputs is an array of floating numbers"),
        (lambda *xs: xs[0], X, lambda dy: dy, "any number of arguments"),
        (mg.exp, [1.0, 2.0], lambda dy, y: dy * y, "a list that is one input is ([1.0, 2.0],), or a tensor"),
    ],
)
def test_what_is_asked_wrongly_is_said(fn, inputs, rule, words):
    with pytest.raises(TypeError, match="explain_gradient") as raised:
        explain(fn, inputs, rule)
    assert words in str(raised.value)


def test_wrt_is_checked():
    with pytest.raises(TypeError, match="returns a tuple of 2 gradients; this one returned a tuple of 3"):
        explain(lambda a, b: a * b, (X, X), lambda dy, a: (dy, dy, dy), wrt=("a", "b"))
    with pytest.raises(TypeError, match="fn has no argument 'z'; it has input"):
        explain(mg.exp, X, lambda dy, y: dy * y, wrt="z")
    with pytest.raises(TypeError, match=r"no gradient of 'dim', which is \(1,\)"):
        explain(mg.sum, (X, (1,)), lambda dy: dy, wrt="dim")


def test_outside_of_the_domain():
    with pytest.raises(ValueError, match="not finite"):
        explain(mg.log, -np.ones(3), lambda dy, input: dy / input)


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_an_empty_input(shape):
    with pytest.raises(ValueError, match=r"input is empty, of shape \(0,.*Give it at least one number"):
        explain(mg.exp, np.zeros(shape), lambda dy, y: dy * y)
    assert explain(lambda x, t: x * 2 + t.sum(), (X, np.zeros(shape)), lambda dy: 2 * dy)


def test_a_random_function_is_refused():
    with pytest.raises(ValueError, match="different results for the same inputs"):
        explain(lambda x: F.dropout(x, 0.5), np.ones(50), lambda dy: dy)


def test_what_fn_brings_along_must_be_float64_too():
    layer = mg.nn.Linear(3, 2)
    with pytest.raises(NotImplementedError) as raised:
        explain(layer, X, lambda dy: dy @ layer.weight.detach().numpy())
    assert "layer.double()" in raised.value.__notes__[0]
    layer.double()
    assert explain(lambda x: layer(x), X, lambda dy: dy @ layer.weight.detach().numpy())


LONG = MOST_STEPS // 3 + 10  # rounds of three operations


def test_many_operations():
    """Beyond some number of them, only the function as a whole is looked at."""

    def long(x):
        for _ in range(LONG):
            x = x + 0.001 * mg.sin(x)
        return x

    def right(dy, x):
        slope = 1.0
        for _ in range(LONG):
            slope, x = slope * (1 + 0.001 * np.cos(x)), x + 0.001 * np.sin(x)
        return dy * slope

    assert explain(long, X, right)
    assert explain(long, X, lambda dy, x: -right(dy, x)).slip == "sign"
    assert explain(long, X, lambda dy, x: right(dy, x) + x).slip is None


def test_a_rule_in_the_place_of_the_inputs_is_told_the_order():
    with pytest.raises(TypeError, match=r"The order is explain_gradient\(fn, inputs, rule\)"):
        explain(mg.tanh, lambda dy, y: dy * (1 - y**2), mg.tensor(X))

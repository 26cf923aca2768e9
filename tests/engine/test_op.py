"""Operations that a learner makes with ``@mg.op``, and how they are called."""

import traceback
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.engine.arguments import of_tensors
from minigrad.engine.op import OPS, Op
from minigrad.errors import DtypeError, ShapeError

pytestmark = pytest.mark.usefixtures("device", "own_operations")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


def power_mean():
    @mg.op
    def geometric(x, z, *, scale=1.0):
        """y = scale sqrt(x z)"""
        return scale * np.sqrt(x * z)

    @geometric.grad("x")
    def _(dy, x, y):
        return dy * y / (2 * x)

    @geometric.grad("z")
    def _(dy, z, y):
        return dy * y / (2 * z)

    return geometric


def test_an_operation_of_ones_own_has_derivatives_of_every_order():
    geometric = power_mean()
    x, z = leaf([1.0, 4.0]), leaf([[2.0], [8.0]])
    assert geometric(x, z, scale=3.0).tolist() == (3 * np.sqrt([[2.0, 8.0], [8.0, 32.0]])).tolist()
    assert gradcheck(lambda x, z: geometric(x, z, scale=3.0), [x, z])
    assert gradgradcheck(lambda x, z: geometric(x, z, scale=3.0), [x, z])


def test_arrays_in_arrays_out():
    geometric = power_mean()
    y = geometric(np.array([4.0]), np.array([9.0]))
    assert type(y) is np.ndarray
    assert y.tolist() == [6.0]


def test_it_says_what_it_is():
    geometric = power_mean()
    assert geometric.__name__ == "geometric"
    assert geometric.__doc__ == "y = scale sqrt(x z)"
    assert repr(geometric) == "<operation geometric(x, z, *, scale=1.0)>"
    assert OPS["geometric"] is geometric


def test_wrong_calls_are_told_by_name():
    geometric = power_mean()
    x = leaf([1.0])
    with pytest.raises(TypeError, match="at most 2 positional arguments, got 3"):
        geometric(x, x, 2.0)
    with pytest.raises(TypeError, match="misses its argument 'z'"):
        geometric(x)
    with pytest.raises(TypeError, match="no free argument 'scales'"):
        geometric(x, x, scales=2.0)
    with pytest.raises(TypeError, match="'x' is given twice"):
        geometric(x, x, x=x)


def test_numpys_names_of_options():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert (
        mg.sum(x, axis=0, keepdims=True).tolist() == mg.sum(x, dim=0, keepdim=True).tolist() == [[4.0, 6.0]]
    )


def test_numpys_names_of_the_options_of_ones_own():
    @mg.op
    def total(x, dim, keepdim=False):
        return np.sum(x, axis=dim, keepdims=keepdim)

    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    assert total(x, axis=0).tolist() == [4.0, 6.0]
    assert total(x, keepdims=True, axis=1).tolist() == [[3.0], [7.0]]
    with pytest.raises(TypeError, match="total: dim and axis are two names of one argument"):
        total(x, dim=0, axis=0)


def test_a_function_of_tensors_takes_numpys_names_and_says_when_it_is_given_none():
    @of_tensors
    def total(x, dim):
        return x.sum(dim)

    assert total(leaf([[1.0, 2.0], [3.0, 4.0]]), axis=0).tolist() == [4.0, 6.0]
    with pytest.raises(TypeError, match="total: expected a tensor, got list") as caught:
        total([1.0, 2.0], 0)
    assert caught.value.__context__ is None


def test_calls_that_are_written_alike_bind_their_own_values():
    """How a call is to be read is worked out once, what is in it every time."""
    geometric = power_mean()
    for scale in (1.0, 2.0):
        x, z = leaf([4.0]), leaf([9.0 * scale])
        assert geometric(x, scale=scale, z=z).item() == scale * np.sqrt(36 * scale)
        assert geometric(x, z=z, scale=scale).item() == scale * np.sqrt(36 * scale)
        assert geometric(z=z, x=x).item() == np.sqrt(36 * scale)
    for _ in range(2):
        with pytest.raises(TypeError, match="misses its argument 'z'"):
            geometric(x, scale=2.0)
        with pytest.raises(TypeError, match="no free argument 'scales'"):
            geometric(x, z=z, scales=2.0)

    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    for axis, total in ((0, [[4.0, 6.0]]), (1, [[3.0], [7.0]])):
        assert x.sum(axis=axis, keepdims=True).tolist() == total
        assert x.sum(keepdim=True, dim=axis).tolist() == total
        assert mg.cat((x, x), axis=axis).tolist() == mg.cat((x, x), axis).tolist()
    with pytest.raises(TypeError, match="dim and axis are two names of one argument"):
        x.sum(dim=0, axis=0)


def test_rules_that_cannot_work_are_refused_when_declared():
    geometric = power_mean()
    with pytest.raises(
        TypeError, match=r"a rule of geometric takes dy, then any of y, x, z, scale.*\(dy, w\)"
    ):
        geometric.grad("x")(lambda dy, w: dy)
    with pytest.raises(TypeError, match="a rule of geometric takes dy"):
        geometric.grad("x")(lambda x: x)
    with pytest.raises(TypeError, match="a rule of geometric takes dy"):
        geometric.grad("nothing")(lambda dy: dy)


def test_a_rule_runs_only_if_its_argument_needs_a_gradient():
    ran = []

    @mg.op
    def both(x, z):
        return x * z

    @both.grad("x")
    def _(dy, z):
        ran.append("x")
        return dy * z

    @both.grad("z")
    def _(dy, x):
        ran.append("z")
        return dy * x

    x, z = leaf([2.0]), leaf([3.0])
    both(x, z.detach()).sum().backward()
    assert ran == ["x"]
    both(x.detach(), z).sum().backward()
    assert ran == ["x", "z"]


def test_only_what_the_rules_name_is_saved():
    @mg.op
    def named(x, z):
        return x + z

    @named.grad("x")
    def _(dy, x_shape):
        return dy

    @named.grad("z")
    def _(dy, x):
        return dy * (x == x)

    x, z = leaf([2.0]), leaf([3.0])
    assert named(x, z.detach()).grad_fn.saved == ((1,),)
    assert named(x, z).grad_fn.saved[1] is x._data
    assert (+x).grad_fn.saved == ()
    y = mg.sigmoid(x)
    assert y.grad_fn.saved == (y._data,)


def test_a_joint_rule_and_what_is_needed():
    asked = []

    @mg.op
    def joint(x, z, w):
        return x * z + w

    @joint.grad("x", "z", "w")
    def _(dy, x, z, needed):
        asked.append(needed)
        return dy * z, dy * x, None

    x, z, w = leaf([2.0]), leaf([3.0]), leaf([4.0])
    joint(x, z.detach(), w.detach()).sum().backward()
    joint(x, z, w).sum().backward()
    assert asked == [(True, False, False), (True, True, True)]
    assert (x.grad.item(), z.grad.item(), w.grad) == (6.0, 2.0, None)


def test_any_number_of_arguments():
    @mg.op
    def weighted(*xs, factor):
        return factor * sum(xs)

    @weighted.grad("xs")
    def _(dy, xs, factor, needed):
        return [dy * factor if wanted else None for _, wanted in zip(xs, needed, strict=True)]

    x, z = leaf([1.0]), leaf([2.0])
    weighted(x, z, mg.ones(1, dtype=mg.float64), x, factor=3.0).sum().backward()
    assert (x.grad.item(), z.grad.item()) == (6.0, 3.0)
    assert gradgradcheck(lambda *xs: weighted(*xs, factor=2.0) ** 2, [x, z])


def test_one_argument_where_any_number_may_be():
    @mg.op
    def product(*xs):
        return np.prod(np.stack(xs), axis=0)

    @product.grad("xs")
    def _(dy, xs, y):
        return [dy * y / x for x in xs]

    x = leaf([2.0, 3.0])
    product(x).backward(mg.tensor([1.0, 10.0], dtype=mg.float64))
    assert x.grad.tolist() == [1.0, 10.0]


def test_promotion_on_request():
    @mg.op(promote="floating")
    def halves(x, z):
        return (x + z) / 2

    assert halves(mg.tensor([1, 2]), mg.tensor([1, 3])).dtype == mg.float32
    assert halves(mg.tensor([1, 2]), mg.tensor([1.0, 3.0], dtype=mg.float64)).dtype == mg.float64


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(1, 5, 5), (1, 2.5, 2.5), (8, 9, 8), (7.5, 9, 7.5)], ids=str
)
def test_promotion_of_what_numpy_makes_a_number_of_on_the_way(low, high, expected):
    y = mg.clamp(mg.tensor(7), low, high)  # the larger of two arrays of no dimension is a number in NumPy
    assert y.item() == expected
    assert y.dtype == (mg.float32 if isinstance(low + high, float) else mg.int64)


def test_without_a_rule_there_is_no_gradient():
    @mg.op
    def parity(x):
        return x % 2

    assert not parity(leaf([3.0])).requires_grad


def test_a_shape_error_in_a_formula_names_the_operation_and_the_shapes():
    geometric = power_mean()
    with pytest.raises(mg.ShapeError, match=r"geometric: shapes \(3,\) and \(2,\) do not broadcast"):
        geometric(leaf([1.0, 2.0, 3.0]), leaf([1.0, 2.0]))


def test_an_error_in_an_operation_of_ones_own_shows_the_line_that_raised_it():
    """The learner looks for the mistake in the formula; in minigrad's own, the message says it all."""

    @mg.op
    def third_column(x):
        columns = [1.0, 2.0]
        return x * columns[2]

    with pytest.raises(IndexError, match="third_column") as caught:
        third_column(mg.ones(2))
    lines = traceback.extract_tb(caught.value.__cause__.__traceback__)
    assert lines[-1].line == "return x * columns[2]"

    with pytest.raises(mg.ShapeError) as caught:
        mg.ones(2) * mg.ones(3)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# Formulas that cannot be an operation -----------------------------------------------------------------------


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize(
    ("result", "said"),
    [
        (lambda x: None, r"NoneType; expected one array\. Did it forget to return"),
        (lambda x: 2.0, "float; expected one array"),
        (lambda x: [x, x], r"list; expected one array\. Of several results"),
        (lambda x: (x, x), r"tuple; expected one array\. Of several results"),
        (lambda x: mg.ones(3), "Tensor; expected one array"),
    ],
)
def test_a_formula_that_returns_no_array(result, said, record):
    @mg.op
    def doubled(x):
        return result(x)

    doubled.grad("x")(lambda dy: 2 * dy)
    with pytest.raises(TypeError, match=rf"^doubled: the formula returned {said}"):
        doubled(mg.ones(3, requires_grad=record))


def test_a_formula_that_returns_a_number_of_numpy():
    @mg.op
    def total(x):
        return np.add.reduce(x)

    total.grad("x")(lambda dy, x: np.broadcast_to(dy, x.shape))
    x = leaf([1.0, 2.0])
    y = total(x)
    assert (y.shape, y.item()) == ((), 3.0)
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_formula_without_arguments_of_its_own():
    with pytest.raises(TypeError, match=r"an operation's arguments are named .*got nothing\(\)"):

        @mg.op
        def nothing():
            return np.ones(3)

    with pytest.raises(TypeError, match=r"an operation's arguments are named .*got free\(x, \*\*options\)"):

        @mg.op
        def free(x, **options):
            return x


# Rules that return what cannot be a gradient ----------------------------------------------------------------

WRONG = {
    "too small": (lambda dy: dy.sum(keepdims=True), ShapeError, r"shape \(1,\).*shape \(3,\)"),
    "a number of no dimension": (lambda dy: dy.sum(), ShapeError, r"shape \(\).*shape \(3,\)"),
    "too long": (lambda dy: np.ones(4), ShapeError, r"shape \(4,\).*shape \(3,\)"),
    "integers": (lambda dy: np.ones(3, np.int64), DtypeError, "int64.*floating"),
    "a list": (lambda dy: [1.0, 1.0, 1.0], TypeError, "list"),
    "a number": (lambda dy: 1.0, TypeError, "float"),
    "nothing": (lambda dy: None, TypeError, "NoneType"),
}


@pytest.mark.parametrize(("rule", "error", "said"), WRONG.values(), ids=WRONG)
def test_a_rule_that_returns_what_cannot_be_the_gradient(rule, error, said):
    @mg.op
    def scaled(x, other):
        return x * other

    scaled.grad("x")(lambda dy, other: dy * other)
    scaled.grad("other")(rule)
    x, other = leaf([1.0, 2.0, 3.0]), leaf([1.0, 2.0, 3.0])
    with pytest.raises(error, match=rf"(?s)gradient of scaled .*'other'.*{said}"):
        scaled(x, other).sum().backward()
    scaled(x, other.detach()).sum().backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]


def test_a_wrong_rule_for_the_first_argument_is_named_after_it():
    @mg.op
    def scaled(x, other):
        return x * other

    scaled.grad("x")(lambda dy: np.ones(4))
    with pytest.raises(ShapeError, match=r"gradient of scaled by its argument 'x' returned"):
        scaled(leaf([1.0, 2.0, 3.0]), 2.0).sum().backward()


def test_a_joint_rule_of_a_variadic_operation_names_which_argument():
    @mg.op
    def total(*parts, scale=1.0):
        return scale * sum(parts)

    @total.grad("parts")
    def _(dy, parts, scale):
        return [scale * dy, np.ones(7)]

    with pytest.raises(ShapeError, match=r"total .*'parts\[1\]'.*\(7,\).*\(2,\)"):
        total(leaf([1.0, 2.0]), leaf([1.0, 2.0]), scale=2.0).sum().backward()


def test_a_variadic_operation_of_one_tensor_has_its_shape_in_a_tuple_too():
    @mg.op
    def total(*parts):
        return sum(np.sum(part) for part in parts)

    @total.grad("parts")
    def _(dy, parts_shape):
        return [np.broadcast_to(dy, shape) for shape in parts_shape]

    a, b = leaf([1.0, 2.0]), leaf([[3.0]])
    total(a).backward()
    total(a, b).backward()
    assert a.grad.tolist() == [2.0, 2.0] and b.grad.tolist() == [[1.0]]


def test_a_variadic_rule_that_returns_its_arguments_does_not_give_them_away():
    @mg.op
    def product(*parts):
        return parts[0] * parts[1]

    @product.grad("parts")
    def _(dy, parts):
        return [parts[1], parts[0]]  # of a sum's gradient, 1

    a, b = leaf([2.0, 3.0]), leaf([5.0, 7.0])
    for _ in range(2):
        product(a, b).sum().backward()
    assert a.grad.tolist() == [10.0, 14.0] and b.grad.tolist() == [4.0, 6.0]
    assert a.tolist() == [2.0, 3.0] and b.tolist() == [5.0, 7.0]


def test_a_joint_rule_runs_for_one_gradient_that_is_asked_for():
    @mg.op
    def scaled(x, other):
        return x * other

    @scaled.grad("x", "other")
    def _(dy, x, other):
        return dy * other, dy * x

    x, other = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = scaled(x * 1, other * 1).sum()
    assert mg.autograd.grad(y, x, retain_graph=True)[0].tolist() == [3.0, 4.0]
    assert mg.autograd.grad(y, other)[0].tolist() == [1.0, 2.0]


def test_a_rule_of_a_stretched_argument_may_keep_the_shape_of_dy():
    @mg.op
    def shifted(x, by):
        return x + by

    shifted.grad("by")(lambda dy: dy)
    by = leaf([[1.0], [2.0]])
    shifted(mg.ones(4, 2, 3), by).sum().backward()
    assert by.grad.tolist() == [[12.0], [12.0]]


def test_two_rules_for_one_argument():
    geometric = power_mean()
    with pytest.raises(TypeError, match="geometric has a rule for 'x' already"):
        geometric.grad("x")(lambda dy: dy)


def test_a_rule_declared_after_the_first_call_counts():
    @mg.op
    def late(x):
        return 2 * x

    x = leaf([1.0])
    assert not late(x).requires_grad
    late.grad("x")(lambda dy: 2 * dy)
    late(x).sum().backward()
    assert x.grad.item() == 2.0


def test_an_operation_of_ones_own_takes_no_name_from_the_list_of_minigrads():
    ours = OPS["exp"]

    @mg.op
    def exp(x):
        return x

    assert OPS["exp"] is ours
    assert exp(mg.ones(1)).item() == 1.0


@pytest.mark.devices("cpu")
def test_a_formula_may_return_an_array_of_a_class_of_its_own():
    class Labelled(np.ndarray):
        pass

    @mg.op
    def labelled(x):
        return x.view(Labelled)

    y = labelled(leaf([1.0, 2.0]))
    assert y.tolist() == [1.0, 2.0] and type(y.numpy()) is np.ndarray


def test_minigrads_operations_have_one_module_each():
    def twice(input):
        return 2 * input

    twice.__module__ = "minigrad.ops.first"
    Op(twice)
    again = Op(twice)  # the module is loaded anew
    assert OPS["twice"] is again
    twice.__module__ = "minigrad.ops.second"
    with pytest.raises(ValueError, match=r"named 'twice': in minigrad\.ops\.first, minigrad\.ops\.second"):
        Op(twice)


def test_a_formula_of_no_module_and_one_without_a_name():
    names = {"mg": mg}
    exec("@mg.op\ndef triple(x):\n    return 3 * x\n@triple.grad('x')\ndef _(dy):\n    return 3 * dy", names)
    assert names["triple"].formula.__module__ is None  # exec() gave it none
    x = leaf([1.0, 2.0])
    names["triple"](x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]

    class Scale:
        def __call__(self, x):
            return 2 * x

    operation = mg.op(Scale())
    assert operation(x).tolist() == [2.0, 4.0] and operation.name == "Scale"


def test_an_operation_may_be_made_again_in_a_notebook():
    power_mean()
    again = power_mean()
    assert OPS["geometric"] is again


# NumPy's warnings, where a test runner makes errors of them -----------------------------------------------


@pytest.fixture
def strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # in front of the filter that minigrad sets, as under pytest -W error
        yield


def test_infinity_and_nan_are_results_and_no_warnings(strict):
    x = mg.tensor([0.0, 1.0], requires_grad=True)
    assert mg.log(x).tolist() == [-np.inf, 0.0]
    assert (mg.tensor([3e38]) * 10).tolist() == [np.inf]
    assert mg.tensor([1e300], dtype=mg.float64).float().tolist() == [np.inf]
    assert mg.tensor([1e300], dtype=mg.float64).sum(dtype=mg.float32).item() == np.inf
    (dx,) = mg.autograd.grad(mg.sqrt(x).sum(), x, create_graph=True)
    assert dx.tolist() == [np.inf, 0.5]
    mg.sqrt(x).sum().backward()
    assert x.grad.tolist() == [np.inf, 0.5]


@pytest.mark.devices("cpu", "foreign")  # CuPy does not warn
def test_numpy_warns_in_an_operation_of_ones_own(strict):
    @mg.op
    def inverse(x):
        return 1 / x

    @inverse.grad("x")
    def _(dy, x):
        return -dy / (x - 1)

    with pytest.raises(RuntimeWarning, match="divide by zero"):
        inverse(mg.tensor([0.0]))
    y = inverse(mg.tensor([1.0], requires_grad=True))
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        y.backward()


# Numbers that the dtype cannot hold -------------------------------------------------------------------------


def test_a_number_too_large_for_the_dtype_is_explained():
    with pytest.raises(OverflowError, match=r"add: .*300.*int8.*convert the tensor"):
        mg.tensor([1], dtype=mg.int8) + 300
    with pytest.raises(OverflowError, match=r"clamp: .*uint8"):
        mg.tensor([1], dtype=mg.uint8).clamp(-1, 5)


def test_an_operation_in_a_class_body_is_a_method():
    class Scale:
        factor = 3.0

        @mg.op
        def times(self, x):
            return x * self.factor

        @times.grad("x")
        def _(dy, self):
            return dy * self.factor

    x = mg.ones(2, requires_grad=True)
    Scale().times(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert Scale.times is Scale.__dict__["times"]

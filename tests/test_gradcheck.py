"""gradcheck catches wrong rules of every kind, and accuses no right one.

The wrong rules are made here, on purpose; that they are wrong needs no source. The right ones are those of
tests/ops, where the gradient checks of all operations run.
"""

import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import GradcheckError, gradcheck, gradgradcheck
from minigrad.engine.op import OPS, raw

pytestmark = pytest.mark.usefixtures("device")


def leaf(*shape, seed=0, low=0.5, high=2.0):
    values = np.random.default_rng(seed).uniform(low, high, shape)
    return mg.tensor(values, requires_grad=True)


def at(*values):
    return mg.tensor(np.array(values, np.float64), requires_grad=True)


def operation(formula, **rules):
    """An operation with the given rules, right or wrong, which the list of operations does not show."""
    before = dict(OPS)
    made = mg.op(formula)
    OPS.clear()
    OPS.update(before)
    for argument, rule in rules.items():
        made.grad(argument)(rule)
    return made


# Wrong rules ------------------------------------------------------------------------------------------------


def product(input, other):
    return input @ other


def average(input):
    return np.mean(input, axis=0)


def scale(input):
    return input * 3.0


def spread(input, other):
    return input + other


def soft(input):
    e = np.exp(input)
    return e / np.sum(e, axis=1, keepdims=True)


WRONG = {
    "a product transposed": (
        operation(product, input=lambda dy, other: dy @ other, other=lambda dy, input: input.T @ dy),
        [leaf(3, 3), leaf(3, 3, seed=1)],
    ),
    "the other factor transposed": (
        operation(product, input=lambda dy, other: dy @ other.T, other=lambda dy, input: input @ dy),
        [leaf(3, 3), leaf(3, 3, seed=1)],
    ),
    "the factors exchanged": (
        operation(product, input=lambda dy, other: other.T @ dy, other=lambda dy, input: dy @ input.T),
        [leaf(3, 3), leaf(3, 3, seed=1)],
    ),
    "a missing factor 1 / N": (
        operation(average, input=lambda dy, input_shape: np.broadcast_to(dy, input_shape)),
        [leaf(4, 3)],
    ),
    "a wrong sign": (operation(scale, input=lambda dy: dy * -3.0), [leaf(2, 2)]),
    "a factor forgotten": (operation(scale, input=lambda dy: dy), [leaf(2, 2)]),
    "the upstream ignored": (operation(scale, input=lambda dy: np.full_like(dy, 3.0)), [leaf(2, 2)]),
    "the upstream taken twice": (operation(scale, input=lambda dy: dy * dy * 3.0), [leaf(2, 2)]),
    "the upstream summed": (operation(scale, input=lambda dy: np.full_like(dy, dy.sum()) * 3), [leaf(2, 2)]),
    "one element of many": (
        operation(scale, input=lambda dy: dy * 3.0 * (1 - 0.01 * (np.arange(dy.size) == 7))),
        [leaf(10)],
    ),
    "an axis stretched that was not summed": (
        # The mean where the engine would have summed.
        operation(
            spread,
            input=lambda dy: dy,
            other=lambda dy, other_shape: np.mean(dy, axis=0).reshape(other_shape),
        ),
        [leaf(4, 3), leaf(3, seed=1)],
    ),
    "softmax over the wrong axis": (
        operation(soft, input=lambda dy, y: y * (dy - np.sum(dy * y, axis=0, keepdims=True))),
        [leaf(3, 3)],
    ),
    "softmax without its correction": (operation(soft, input=lambda dy, y: dy * y * (1 - y)), [leaf(3, 3)]),
    "forward and backward of different functions": (
        operation(lambda input: np.tanh(input), input=lambda dy, y: dy * y * (1 - y)),
        [leaf(5)],
    ),
    "the derivative at the wrong place": (
        operation(lambda input: np.exp(input), input=lambda dy, input: dy * input),
        [leaf(5)],
    ),
    "a gradient of NaN": (operation(scale, input=lambda dy: dy * np.nan), [leaf(2, 2)]),
    "one NaN among right numbers": (
        operation(scale, input=lambda dy: np.where(np.arange(3) == 1, np.nan, dy * 3)),
        [leaf(3)],
    ),
    "an infinite gradient": (operation(scale, input=lambda dy: dy * np.inf), [leaf(2, 2)]),
    "one argument without a rule": (
        operation(product, input=lambda dy, other: dy @ other.T),
        [leaf(3, 3)] * 2,
    ),
    "a gradient of None": (
        operation(lambda input, other: input * other, other=lambda dy, input: dy * input),
        [leaf(3), leaf(3, seed=1)],
    ),
    "relu that lets through the wrong side": (
        operation(lambda input: np.maximum(input, 0), input=lambda dy, input: dy * (input < 0)),
        [at(-1.0, 2.0, 0.0)],
    ),
    "max whose ties are all given the whole": (
        # Right away from ties: it is the element without a tie that shows the missing sign.
        operation(
            lambda input: np.max(input, axis=-1),
            input=lambda dy, input: (
                -np.expand_dims(dy, -1) * (input == np.max(input, axis=-1, keepdims=True))
            ),
        ),
        [mg.tensor([[1.0, 1.0], [0.0, 2.0]], dtype=mg.float64, requires_grad=True)],
    ),
}


@pytest.mark.filterwarnings("ignore:gradcheck. the function has no derivative:UserWarning")
@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_wrong_rules_are_caught(name, fast_mode):
    wrong, inputs = WRONG[name]
    with pytest.raises(GradcheckError, match=r"input \d"):
        gradcheck(wrong, inputs, fast_mode=fast_mode)
    assert gradcheck(wrong, inputs, raise_exception=False, fast_mode=fast_mode) is False


@pytest.mark.parametrize("seed", range(5))
def test_an_upstream_of_ones_would_miss_what_the_random_one_sees(seed):
    # The sum over a row of softmax is 1: with an upstream of ones every gradient is 0, right or wrong.
    wrong = operation(soft, input=lambda dy, y: y * (dy - np.sum(dy * y, axis=1, keepdims=True)) * -5)
    x = leaf(2, 3)
    wrong(x).backward(mg.ones(2, 3, dtype=mg.float64))
    np.testing.assert_allclose(x.grad.cpu().numpy(), 0, atol=1e-15)
    with pytest.raises(GradcheckError):
        gradcheck(wrong, x, seed=seed)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_a_wrong_derivative_of_the_rule_is_caught_by_gradgradcheck(fast_mode):
    # The rule is right, but what it computes with is hidden from the record: x is constant to it.
    hidden = operation(
        lambda input: input**3, input=lambda dy, input: dy * 3 * getattr(input, "_data", input) ** 2
    )
    x = leaf(3)
    assert gradcheck(hidden, x, fast_mode=fast_mode)
    with pytest.raises(GradcheckError):
        gradgradcheck(hidden, x, fast_mode=fast_mode)


def test_a_derivative_by_the_upstream_is_checked():
    hidden = operation(
        scale, input=lambda dy: mg.tensor(3 * getattr(dy, "_data", dy)) if type(dy) is mg.Tensor else 3 * dy
    )
    assert gradcheck(hidden, leaf(3))
    with pytest.raises((GradcheckError, ValueError)):
        gradgradcheck(hidden, leaf(3))


@pytest.mark.parametrize("given", [None, [1.0, -2.0, 0.5]])
def test_the_upstream_is_moved_at_which_it_is_checked(given):
    """By the input the second derivative is right, by the upstream it is hidden."""
    hidden = operation(
        lambda input: input**3, input=lambda dy, input: getattr(dy, "_data", dy) * 3 * input**2
    )
    upstream = None if given is None else mg.tensor(given, dtype=mg.float64)
    assert gradcheck(hidden, leaf(3))
    with pytest.raises(GradcheckError, match="input 1"):
        gradgradcheck(hidden, leaf(3), upstream)


# The fast mode ----------------------------------------------------------------------------------------------


def test_the_fast_mode_moves_each_input_as_a_whole():
    calls = []

    def product_of(x, y):
        calls.append(None)
        return mg.tanh(x) @ y

    inputs, before = [leaf(4, 30), leaf(30, 5, seed=1)], leaf(4, 30).tolist()
    assert gradcheck(product_of, inputs, fast_mode=True)
    assert len(calls) <= 10  # the others take two calls for each of 270 elements
    assert inputs[0].tolist() == before
    calls.clear()
    assert gradgradcheck(product_of, inputs, fast_mode=True)
    assert len(calls) <= 20


def test_the_fast_mode_names_the_one_wrong_element_of_a_thousand():
    """Its gradient is off by 1, the slope by which it is seen at most 3 * 1.5 * 1000."""
    wrong = operation(scale, input=lambda dy: dy * 3 + np.asarray(np.arange(1000.0) == 471, like=raw(dy)))
    with pytest.raises(GradcheckError, match=r"wrong at 1 of 1000 elements. At \(471,\)"):
        gradcheck(wrong, leaf(1000), fast_mode=True)


def test_the_fast_mode_is_not_misled_by_slopes_that_cancel():
    """Along u the slopes 1 and -1 may cancel, and rounding of a sum of 5e6 is larger than what is left."""
    signs = mg.tensor(np.array([1.0, -1.0] * 50))
    for seed in range(60):
        assert gradcheck(lambda x: (signs * x).sum() + 5e6, leaf(100), fast_mode=True, seed=seed)


# What it says -----------------------------------------------------------------------------------------------


def test_the_message_shows_the_place_and_both_numbers():
    wrong = operation(scale, input=lambda dy: dy * 3 * np.asarray([1, 1, 2], like=raw(dy)))
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda k, x: wrong(x), ["not a tensor", leaf(3)])
    text = str(caught.value)
    assert "input 1 is wrong at 1 of 3 elements. At (2,)" in text
    backward, numerical = map(
        float, re.search(r"gives ([-\d.e]+), finite differences ([-\d.e]+)\.", text).groups()
    )
    assert backward == pytest.approx(2 * numerical, rel=1e-6)


@pytest.mark.parametrize("factor", [-1.0, 2.0, 0.25])
def test_a_constant_factor_is_named(factor):
    wrong = operation(scale, input=lambda dy: dy * 3 * factor)
    with pytest.raises(GradcheckError, match=rf"{factor:.4g} times the right number"):
        gradcheck(wrong, leaf(3))


def test_factors_that_differ_are_not_called_one():
    f = operation(scale, input=lambda dy, input: dy * 6.0 * input)
    with pytest.raises(GradcheckError, match="wrong at 2 of 2 elements") as error:
        gradcheck(f, (at(1.0, 1.5),))
    assert "Everywhere" not in str(error.value)


def test_a_gradient_of_zeros_is_no_factor():
    with pytest.raises(GradcheckError, match="is wrong at 3 of 3 elements") as error:
        gradcheck(operation(scale, input=lambda dy: dy * 0.0), leaf(3))
    assert "Everywhere" not in str(error.value)


def test_a_missing_gradient_is_named():
    with pytest.raises(GradcheckError, match="no gradient for input 0"):
        gradcheck(lambda x, z: x.detach() * z, [leaf(3), leaf(3, seed=1)])


@pytest.mark.parametrize("x", [1e-9, -1.0])
def test_the_edge_of_the_domain_is_named(x):
    """NaN twice is no sign of a random function."""
    with pytest.raises(GradcheckError, match=r"not finite around this input"):
        gradcheck(mg.log, at(x))


def test_an_edge_that_only_the_whole_step_reaches_is_named_too():
    """A tenth of the step would stay in the domain."""
    with pytest.raises(GradcheckError, match=r"not finite around this input"):
        gradcheck(mg.sqrt, (at(5e-7),), eps=1e-6)


def test_an_input_without_effect_does_not_count_as_hidden():
    """Rounding hides slopes of less than 0.001 here. One input has 1.0, the other none."""
    assert gradcheck(lambda a, b: a + 0.0 * b + 1e5, (at(0.7), at(0.9)))


def test_outputs_too_large_to_show_their_slopes_are_refused():
    def wrong(x):
        return (x * x).detach() + x

    with pytest.raises(GradcheckError, match=r"rounding hides.* 9e\+09 in all.* than 6\..*Subtract"):
        gradcheck(lambda x: 1e9 + wrong(x), leaf(3, 3))
    assert not gradcheck(lambda x: 1e9 + wrong(x), leaf(3, 3), raise_exception=False)
    with pytest.raises(GradcheckError, match="is wrong"):
        gradcheck(wrong, leaf(3, 3))
    assert gradcheck(lambda x: 1e9 + 1e6 * x, leaf(3, 3))  # these are seen all the same
    # By rounding, slopes are off by 1e-8 of the output: by 4e5 less than a tenth of 0.05, by 1e6 more.
    assert gradcheck(lambda x: 4e5 + 0.05 * x, leaf())
    with pytest.raises(GradcheckError, match="rounding hides"):
        gradcheck(lambda x: 1e6 + 0.05 * x, leaf())


# Right functions --------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 3), max_size=3).map(tuple), st.integers(0, 2**32 - 1))
def test_right_functions_pass_at_every_shape_and_seed(shape, seed):
    x = leaf(*shape, seed=seed)
    assert gradcheck(lambda x: mg.tanh(x) * mg.log(x), x, seed=seed)
    assert gradgradcheck(lambda x: mg.tanh(x) * mg.log(x), x, seed=seed)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 1e6,
        lambda x: x * 1e-6,
        lambda x: mg.exp(10 * x),
        lambda x: mg.sin(100 * x),
        lambda x: mg.zeros_like(x) * x,
        lambda x: x.sum() * mg.ones(50, 1, 1, dtype=mg.float64) + x,
    ],
)
def test_scales_of_all_sizes_pass(f):
    assert gradcheck(f, leaf(2, 3))


def test_several_outputs_and_inputs_that_are_no_tensors():
    def f(x, power, z, options):
        return x**power * z, {"n": x}["n"].sum() * options["scale"], x.argmax(), z.detach()

    assert gradcheck(f, [leaf(3), 3, leaf(3, seed=1), {"scale": 2.0}])
    assert gradgradcheck(f, [leaf(3), 3, leaf(3, seed=1), {"scale": 2.0}])


def test_what_it_returns_is_a_bool():
    for check in (gradcheck, gradgradcheck):
        assert check(mg.exp, leaf(2)) is True
        assert check(lambda x: mg.rand(2) * x, leaf(2), raise_exception=False) is False


def test_every_output_is_checked():
    wrong = operation(scale, input=lambda dy: dy * 2.0)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: (x * 2, wrong(x)), leaf(3))


def test_named_tuples_are_several_outputs():
    assert gradcheck(lambda x: mg.topk(x, 2), leaf(4))


def test_inputs_that_are_constant_are_not_moved():
    constant = mg.tensor([1.0, 2.0], dtype=mg.float32)
    assert gradcheck(lambda x, c: x * c, [leaf(2), constant])


def test_the_inputs_are_as_before():
    x = leaf(3)
    before = x.tolist()
    gradcheck(mg.exp, x)
    assert x.tolist() == before
    assert x.grad is None


def test_inputs_without_contiguous_memory():
    x = mg.from_numpy(np.random.default_rng(0).normal(size=(4, 3)).T[::-1, ::2]).requires_grad_()
    assert not x.is_contiguous()
    assert gradcheck(lambda x: x * x, x)


def test_gradgradcheck_at_given_upstreams():
    assert gradgradcheck(lambda x: x**3, leaf(2), mg.tensor([1.0, -2.0], dtype=mg.float64))


def test_third_derivatives():
    def second(x):
        (g,) = mg.autograd.grad(mg.exp(mg.sin(x)).sum(), x, create_graph=True)
        return g

    assert gradgradcheck(second, leaf(3))


# Kinks ------------------------------------------------------------------------------------------------------


def kinks_of(f, *inputs, check=gradcheck, **options):
    """The warnings that the check gives; it must pass."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert check(f, list(inputs), **options)
    assert all(w.filename == __file__ for w in caught if check is gradcheck)
    return [str(w.message) for w in caught]


AT = {
    "relu": (mg.relu, [at(0.0, 1.0, -1.0)]),
    "abs": (mg.abs, [at(0.0, 1.0, -1.0)]),
    "leaky_relu": (F.leaky_relu, [at(0.0, 1.0, -1.0)]),
    "hardtanh, the lower corner": (F.hardtanh, [at(-1.0, 0.5, 3.0)]),
    "hardtanh, the upper corner": (F.hardtanh, [at(1.0, 0.5, 3.0)]),
    "clamp, the lower bound": (lambda x: mg.clamp(x, 0.5, 2.0), [at(0.5, 1.0, 5.0)]),
    "clamp, the upper bound": (lambda x: mg.clamp(x, 0.5, 2.0), [at(2.0, 1.0, 5.0)]),
    "max, a tie": (lambda x: x.amax(), [at(2.0, 2.0, 0.0)]),
    "l1_loss": (
        lambda x: F.l1_loss(x, x.detach() * 0 + mg.tensor([1.0, 2.0, 3.0]).to(x)),
        [at(1.0, 5.0, 5.0)],
    ),
    "norm at the origin": (lambda x: mg.norm(x), [at(0.0)]),
    "a jump": (lambda x: mg.where(x > 0, x + 1, x), [at(0.0, 1.0, -1.0)]),
    "a jump, of which the point is the middle": (lambda x: x * 0 + mg.sign(x), [at(0.0, 1.0, -1.0)]),
    "a small kink on a steep slope": (lambda x: 1000 * x + 5 * mg.abs(x), [at(0.0, 1.0, -1.0)]),
}


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("name", AT)
def test_a_kink_at_an_element_is_left_out_with_a_warning(name, fast_mode):
    f, inputs = AT[name]
    (said,) = kinks_of(f, *inputs, fast_mode=fast_mode)
    size = inputs[0].numel()
    count = 2 if "tie" in name else 1
    assert (
        f"no derivative, for a kink or a jump, at {count} of {size} elements of input 0, first at (0,)"
        in said
    )
    assert "left out" in said


def test_ties_of_maximum_warn_for_both_inputs():
    said = kinks_of(mg.maximum, at(1.0, 2.0), at(1.0, 3.0))
    assert [re.search(r"at 1 of 2 elements of (input \d)", text).group(1) for text in said] == [
        "input 0",
        "input 1",
    ]


@pytest.mark.parametrize("distance", [9e-7, 5e-7, 1e-6 / 9, 5e-8, 2e-8])
@pytest.mark.parametrize("side", [-1, 1])
def test_a_kink_just_beside_is_stepped_around_and_the_element_compared(distance, side):
    (said,) = kinks_of(mg.relu, at(side * distance, 1.0))
    assert "just beside 1 of 2 elements of input 0, first at (0,): it was stepped around" in said
    wrong = operation(lambda input: np.maximum(input, 0), input=lambda dy, input: dy * (input < 0))
    with pytest.warns(UserWarning, match="beside"), pytest.raises(GradcheckError, match="at 2 of 2"):
        gradcheck(wrong, at(side * distance, 1.0))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-12, -5), st.sampled_from([-1, 1]))
def test_a_kink_at_any_distance_never_accuses_a_right_rule(exponent, side):
    kinks_of(mg.relu, at(side * 10**exponent))


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: 1 / x, 1e-3),
        (lambda x: 1 / x, 1e-5),
        (mg.log, 1e-5),
        (mg.sqrt, 1e-5),
        (lambda x: mg.exp(50 * x), 1.0),
        (lambda x: mg.tanh(1e5 * x), 0.0),
        (lambda x: mg.tanh(1e5 * x), 3e-6),
        (lambda x: mg.sin(3e4 * x), 0.2),
        (lambda x: x**2 * 1e4, 0.0),
        (lambda x: F.softplus(x, beta=1e4), 0.0),
    ],
)
def test_a_smooth_function_however_steep_is_not_accused_of_a_kink(f, x):
    assert kinks_of(f, at(x)) == []


def test_second_derivatives_jump_at_kinks():
    (said,) = kinks_of(mg.abs, at(0.0, 1.0), check=gradgradcheck)
    assert "at 1 of 2 elements of input 0" in said


def test_a_nan_at_a_kink_is_an_error_all_the_same():
    wrong = operation(lambda input: np.abs(input), input=lambda dy, input: dy * input / input)
    with (
        np.errstate(invalid="ignore"),
        pytest.warns(UserWarning, match="kink"),
        pytest.raises(GradcheckError),
    ):
        gradcheck(lambda x: wrong(x), at(0.0, 1.0))


# What it refuses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_inputs_it_refuses(check):
    with pytest.raises(ValueError, match=r"input 0 is float32.*double\(\)"):
        check(mg.exp, mg.ones(2, requires_grad=True))
    with pytest.raises(ValueError, match="nothing to check"):
        check(mg.exp, mg.ones(2, dtype=mg.float64))
    with pytest.raises(ValueError, match=r"input 0 is expanded.*clone\(\)"):
        check(mg.exp, leaf(1).expand(3))


def test_a_function_without_gradient():
    with pytest.raises(ValueError, match="no output of the function depends"):
        gradcheck(lambda x: x > 0, leaf(2))
    with pytest.raises(ValueError, match="no output of the function depends"):
        gradcheck(lambda x: x.detach(), leaf(2))


def test_a_random_function():
    with pytest.raises(GradcheckError, match=r"different outputs.*manual_seed"):
        gradcheck(lambda x: F.dropout(x, 0.5), leaf(20))

    def seeded(x):
        mg.manual_seed(0)
        return F.dropout(x, 0.5)

    assert gradcheck(seeded, leaf(20))
    noise = iter(np.linspace(0, 1e-13, 1000))
    assert gradcheck(lambda x: x * 2 + next(noise), leaf(2), nondet_tol=1e-9)


@pytest.mark.parametrize(
    "option, value",
    [
        ("check_forward_ad", True),
        ("check_backward_ad", False),
        ("check_batched_grad", True),
        ("check_grad_dtypes", True),
        ("masked", True),
    ],
)
def test_options_that_are_not_supported_are_named(option, value):
    with pytest.raises(NotImplementedError, match=rf"{option}={value}"):
        gradcheck(mg.exp, leaf(2), **{option: value})


def test_pytorchs_defaults_are_accepted_and_misspellings_are_not():
    torch = pytest.importorskip("torch")
    import inspect

    for ours, theirs in (
        (gradcheck, torch.autograd.gradcheck),
        (gradgradcheck, torch.autograd.gradgradcheck),
    ):
        defaults = {
            name: p.default
            for name, p in inspect.signature(theirs).parameters.items()
            if p.default is not inspect.Parameter.empty
        }
        assert ours(mg.exp, leaf(2), **defaults)
    with pytest.raises(TypeError, match="fastmode"):
        gradcheck(mg.exp, leaf(2), fastmode=True)


def test_the_tolerances_are_used():
    slightly_wrong = operation(scale, input=lambda dy: dy * 3 * 1.01)
    assert gradcheck(slightly_wrong, leaf(2), rtol=0.02)
    assert gradcheck(slightly_wrong, leaf(2), atol=1.0)
    with pytest.raises(GradcheckError):
        gradcheck(slightly_wrong, leaf(2))
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x**3 * 100, leaf(2), eps=10.0)  # steps too long for a cubic


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize(("share", "right"), [(0.9, True), (1.2, False)])
def test_a_tolerance_is_what_an_error_may_be_and_no_more(fast_mode, share, right):
    options = {"raise_exception": False, "fast_mode": fast_mode}
    relative = operation(scale, input=lambda dy: dy * 3 * (1 + share * 1e-2))
    assert gradcheck(relative, leaf(3), atol=1e-8, rtol=1e-2, **options) is right
    absolute = operation(scale, input=lambda dy: dy * 3 + share * 1e-4)
    assert gradcheck(absolute, leaf(1), atol=1e-4, rtol=0.0, **options) is right


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_a_warning_points_at_the_line_of_the_caller(check):
    x = mg.tensor([0.0, 1.0], dtype=mg.float64, requires_grad=True)
    with pytest.warns(UserWarning, match="kink") as caught:
        check(lambda x: mg.relu(x) ** 2 if check is gradgradcheck else mg.relu(x), x)
    assert {warning.filename for warning in caught} == {__file__}

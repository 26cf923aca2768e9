"""gradcheck and gradgradcheck for every differentiable function, and proof that none is left out.

The independent source is the function itself a small step away: finite differences in float64, with a random
upstream. That the function computes what its name says is shown here if its case says what to compare it
with, or else in the tests of its own.
"""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.autograd import grad, gradcheck, gradgradcheck
from minigrad.elsewhere import Elsewhere
from minigrad.engine.graph import Node
from minigrad.engine.op import OPS
from tests.ops.cases import CASES

# The same examples in every run: a failure is one of the code, not of the day.
PROFILE = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


EXAMPLES = {"cpu": 60, "foreign": 10, "cuda": 3}
"""How many calls of each function are checked. What the numbers are is seen on the CPU; that they can be had
from other arrays, too, in a few."""

ONE_BY_ONE = 10
"""In how many of them each element is moved for itself; in the others an input as a whole, while it fits."""


@pytest.mark.parametrize("name", CASES)
def test_values_and_first_and_second_derivatives(device, name):
    case = CASES[name]
    kinks, calls = [], itertools.count()

    @settings(PROFILE, max_examples=EXAMPLES[device])
    @given(st.data())
    def check(data):
        function, inputs, expected = case.call(data)
        fast = next(calls) >= ONE_BY_ONE
        if expected is not None:
            values = expected(*(x.detach().cpu().numpy() for x in inputs))
            np.testing.assert_allclose(
                function(*inputs).detach().cpu().numpy(), values, rtol=1e-12, atol=1e-14
            )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert gradcheck(function, inputs, fast_mode=fast, **case.options)
            assert gradgradcheck(function, inputs, fast_mode=fast, **case.options)
        for warning in caught:
            text = str(warning.message)
            if not (case.kinks and text.startswith("gradcheck: the function has")):
                pytest.fail(f"unexpected warning: {text}")
            kinks.append(text)

    check()
    if device == "cpu":
        assert bool(kinks) == case.kinks, "a case with kinks must be drawn on one now and then"


@pytest.mark.parametrize(
    "name",
    [
        "exp",
        "tanh",
        "sigmoid",
        "pow",
        "div",
        "logsumexp",
        "var",
        "matmul",
        "softmax",
        "F.layer_norm",
        "F.batch_norm",
        "F.group_norm",
        "F.gelu",
        "F.silu",
        "F.cross_entropy, of probabilities",
        "F.conv2d",
        "F.conv_transpose2d",
    ],
)
def test_third_derivatives(name):
    @settings(PROFILE, max_examples=8)
    @given(st.data())
    def check(data):
        function, inputs, _ = CASES[name].call(data)

        def gradient(*values):
            y = function(*values)
            v = mg.tensor(np.random.default_rng(0).uniform(0.5, 1.5, y.shape))
            return grad(y, [x for x in values if x.requires_grad], v, create_graph=True)

        assert gradgradcheck(gradient, inputs)

    check()


# That none is left out --------------------------------------------------------------------------------------


def rules_run(outputs):
    """The rules that backward from these tensors runs: (operation, arguments that a rule serves)."""
    found, seen = set(), set()
    stack = [y.grad_fn for y in outputs]
    while stack:
        node = stack.pop()
        if node in seen or not isinstance(node, Node):
            continue
        seen.add(node)
        stack += [edge for edge, _ in node.next_functions]
        names = node.op.parameters
        for step in node.plan.steps:
            served = names[:1] if node.op.variadic else [names[i] for i in step.served]
            found.add((node.op.name, tuple(served)))
    return found


@pytest.fixture(scope="module")
def rules_of_all_cases():
    found = set()
    for case in CASES:

        @settings(PROFILE, max_examples=8)
        @given(st.data(), st.just(case))
        def run(data, name):
            function, inputs, _ = CASES[name].call(data)
            outputs = function(*inputs)
            outputs = [outputs] if isinstance(outputs, mg.Tensor) else outputs
            found.update(rules_run([y for y in outputs if y.requires_grad]))

        run()
    return found


def rules_without_a_case(checked):
    """But those between ranks, which tests/distributed compares with one process's."""
    return [
        f"{op.name}: the gradient of {', '.join(rule.arguments)}"
        for op in OPS.values()
        if not op.formula.__module__.startswith("minigrad.distributed.")
        for rule in op.rules
        if (op.name, rule.arguments) not in checked
    ]


def test_every_rule_of_every_operation_has_a_case(rules_of_all_cases):
    assert rules_without_a_case(rules_of_all_cases) == []


def test_an_operation_without_a_case_would_be_found(rules_of_all_cases):
    before = dict(OPS)
    try:

        @mg.op
        def cube(x, scale):
            return scale * x**3

        @cube.grad("x")
        def _(dy, x, scale):
            return dy * scale * 3 * x * x

        @cube.grad("scale")
        def _(dy, x):
            return dy * x**3

        x = mg.ones(2, requires_grad=True)
        assert rules_without_a_case(rules_of_all_cases) == [
            "cube: the gradient of x",
            "cube: the gradient of scale",
        ]
        checked = rules_of_all_cases | rules_run([cube(x, 2.0)])
        assert rules_without_a_case(checked) == ["cube: the gradient of scale"]
    finally:
        OPS.clear()
        OPS.update(before)


# What has no gradient to check, by kind.
COMPARISONS = "allclose equal isclose eq ge gt le lt ne logical_and logical_or logical_xor"
QUESTIONS = (
    f"all any argmax argmin argsort isfinite isinf isnan is_tensor nonzero numel logical_not {COMPARISONS}"
)
MAKERS = """arange as_tensor bernoulli empty empty_like eye from_dlpack from_numpy full full_like linspace
    multinomial normal ones ones_like rand rand_like randint randn randn_like randperm tensor zeros zeros_like
    one_hot same_padding"""
SETTINGS = """is_grad_enabled get_default_dtype set_default_dtype get_default_device set_default_device
    promote_types set_printoptions manual_seed seed initial_seed get_rng_state set_rng_state op load save
    fork_rng explain_gradient get_num_threads set_num_threads summary get_float32_matmul_precision
    set_float32_matmul_precision get_float32_conv_precision set_float32_conv_precision"""
PARTS_OF_A_TENSOR = """backward bool cuda data detach device dim dtype element_size grad grad_fn int
    is_contiguous is_cuda is_floating_point is_leaf is_pinned item long nbytes ndim numel numpy pin_memory
    register_hook register_post_accumulate_grad_hook requires_grad retain_grad shape size stride tolist
    nelement new_full new_ones new_zeros"""
WITHOUT_GRADIENT = set(f"{QUESTIONS} {MAKERS} {SETTINGS} {PARTS_OF_A_TENSOR}".split())


def public_functions():
    """(where, name, object) of every public function of minigrad, nn.functional and Tensor."""
    for name in dir(mg):
        value = getattr(mg, name)
        if callable(value) and not isinstance(value, type) and not name.startswith("_"):
            yield "", name, value
    for name in dir(F):
        if not name.startswith("_"):
            yield "F.", name, getattr(F, name)
    methods = {name: value for part in mg.Tensor.__mro__[-2::-1] for name, value in vars(part).items()}
    for name, value in methods.items():
        # What writes in place is compared with what does not in tests/engine/test_inplace.py.
        if not name.startswith("_") and not name.endswith("_") and not isinstance(value, Elsewhere):
            yield "Tensor.", name, value


def test_every_public_function_has_a_case():
    functions = list(public_functions())
    names = {name.partition(",")[0] for name in CASES}
    checked = {id(value) for where, name, value in functions if where + name in names}
    missing = [
        where + name
        for where, name, value in functions
        if name not in WITHOUT_GRADIENT and id(value) not in checked
    ]
    assert missing == []


def test_the_list_of_what_has_no_gradient_is_honest():
    functions = {name: value for _, name, value in public_functions()}
    assert WITHOUT_GRADIENT - functions.keys() == set()
    x = mg.rand(3, 3, requires_grad=True)
    for name in QUESTIONS.split():
        function = functions[name]
        y = function(x, x) if name in COMPARISONS.split() else function(x)
        assert not getattr(y, "requires_grad", False), name


# What finite differences cannot see -------------------------------------------------------------------------


def test_the_padding_row_of_an_embedding_gets_no_gradient():
    w = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
    y = F.embedding(mg.tensor([[0, 2], [2, 1]]), w, padding_idx=2)
    assert y.tolist() == [[[1, 2], [5, 6]], [[5, 6], [3, 4]]]
    y.backward(mg.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]))
    assert w.grad.tolist() == [[1, 2], [7, 8], [0, 0]]


@pytest.mark.parametrize(
    "function, x, expected",
    [
        # PyTorch's choices where there is no derivative.
        (mg.relu, 0.0, 0.0),
        (mg.abs, 0.0, 0.0),
        (mg.sign, 0.0, 0.0),
        (F.leaky_relu, 0.0, 0.01),
        (F.elu, 0.0, 1.0),
        (F.hardtanh, 1.0, 0.0),
        (lambda x: mg.clamp(x, 0.0, 1.0), 1.0, 1.0),
        (lambda x: mg.maximum(x, mg.tensor(2.0)), 2.0, 0.5),
        (lambda x: mg.norm(x), 0.0, 0.0),
        (lambda x: mg.sqrt(x), 4.0, 0.25),
    ],
)
def test_the_derivative_chosen_at_a_kink(function, x, expected):
    x = mg.tensor(x, requires_grad=True)
    function(x).backward()
    assert x.grad.item() == pytest.approx(expected)


@pytest.mark.parametrize("function", [mg.amax, mg.max, mg.min, mg.amin])
def test_all_equal_extremes_share_the_gradient(function):
    x = mg.tensor([3.0, 3.0, 3.0, 3.0], requires_grad=True)
    function(x).backward()
    assert x.grad.tolist() == [0.25] * 4


def test_the_first_extreme_along_an_axis_gets_all():
    x = mg.tensor([[3.0, 3.0, 1.0]], requires_grad=True)
    values, indices = mg.max(x, 1)
    values.sum().backward()
    assert indices.tolist() == [0]
    assert x.grad.tolist() == [[1.0, 0.0, 0.0]]

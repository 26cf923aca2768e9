"""Every slip, planted in many functions of random shapes, is named; and right rules are not accused.

The whole measurement, with 10,000 trials of right rules, is tools/measure_explain_gradient.py.
"""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.diagnosis import formulas, known, moves, paths, shapes, slips
from minigrad.diagnosis.recording import Recording
from minigrad.engine.op import OPS
from minigrad.ops import norm
from tests.diagnosis.planted import CASES, SIZED, Numbers
from tests.ops import cases


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_planted_slip_is_named(case):
    inputs = case.draw(Numbers([CASES.index(case), 0]))
    for names, rule in case.planted():
        diagnosis = mg.explain_gradient(case.fn, inputs, rule, wrt=case.wrt)
        assert diagnosis.slip in names.split("|"), f"{names} was planted\n{diagnosis}"
        assert not diagnosis


def test_a_slip_that_is_not_listed_in_the_issue_is_planted_too():
    planted = {name for case in CASES for names, _ in case.planted() for name in names.split("|")}
    assert planted >= {slip.name for slip in slips.SLIPS}


@pytest.mark.parametrize("special", [False, True])
def test_a_right_rule_is_not_accused(special):
    rules = [(case, rule) for case in CASES for rule in case.right]
    for trial in range(500):
        case, rule = rules[trial % len(rules)]
        inputs = case.draw(Numbers([trial, 1], special=special))
        diagnosis = mg.explain_gradient(case.fn, inputs, rule, wrt=case.wrt, seed=trial)
        assert diagnosis, f"{case.name}\n{diagnosis}\n{inputs}"
        assert diagnosis.slip is None


@pytest.mark.parametrize("case", SIZED, ids=[case.name for case in SIZED])
def test_sizes_written_as_numbers(case):
    for draw in range(6):
        inputs = case.draw(Numbers([draw, 2], special=draw % 3 == 2))
        diagnosis = mg.explain_gradient(case.fn, inputs, case.right(inputs), wrt=case.wrt, seed=draw)
        assert diagnosis, f"{diagnosis}\n{inputs}"
    for names, rule in case.planted(inputs := case.draw(Numbers([0, 2]))):
        diagnosis = mg.explain_gradient(case.fn, inputs, rule, wrt=case.wrt)
        flat = case.name == "layer_norm" and names == "upstream_ignored"  # whose gradient is then 0
        assert diagnosis.slip in ["zero" if flat else "", *names.split("|")], (
            f"{names} was planted\n{diagnosis}"
        )


def calls_in(function, inputs):
    """The operations that run inside of ``function(*inputs)``: (operation, its arguments)."""
    tensors = [x for x in inputs if isinstance(x, mg.Tensor) and x.requires_grad]
    found = {}
    for x in tensors:
        others = [mg.Tensor(y._data) if isinstance(y, mg.Tensor) else y for y in inputs]
        place = next(i for i, y in enumerate(inputs) if y is x)

        def call(leaf, others=others, place=place):
            y = function(*others[:place], leaf, *others[place + 1 :])
            return y if isinstance(y, mg.Tensor) else y[0]

        for step in Recording(call, x._data).steps:
            if not step.op.variadic:
                found[step.op.name] = step.op, step.named
    return found.values()


# To move a tensor is no rule of numbers.
@pytest.mark.parametrize("name", [name for name in cases.CASES if name != "Tensor.to, another device"])
def test_the_rules_of_the_library_are_not_accused(name):
    """Rules written by others, that know nothing of this test."""

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def check(data):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function, inputs, _ = cases.CASES[name].call(data)
            calls = calls_in(function, inputs)
        for op, named in calls:
            if named.get("constant") is False:
                continue  # mean and variance must be those of the input: see below
            if "found" in named:
                named["found"] = None  # what max_pool2d's search found is that of one input
            for rule in op.rules:
                values = [named[argument] for argument in rule.arguments]
                if all(isinstance(v, np.ndarray) and v.dtype.kind == "f" and v.size for v in values):
                    wrt = rule.arguments if len(values) > 1 else rule.arguments[0]
                    if op.name == "pow" and wrt == "exponent" and np.any(named["input"] <= 0):
                        continue  # no derivative by the exponent there
                    with np.errstate(all="ignore"):
                        if not np.isfinite(op(**named)).all():
                            continue  # of -inf
                    diagnosis = mg.explain_gradient(op, named, rule.function, wrt=wrt, as_op=True)
                    assert diagnosis, f"{op.name}\n{diagnosis}\n{named}"

    check()


@pytest.mark.parametrize("draw", range(12))
@pytest.mark.parametrize("members", [1, 3])
def test_the_rule_of_norms_by_their_own_statistics_is_not_accused(draw, members):
    """`batch_norm` and its kin are given mean and variance, which move with the input: here, too."""
    rng = np.random.default_rng(draw)
    blocks = int(rng.integers(2, 4)), int(rng.integers(1, 3)), members, int(rng.integers(1, 3))
    channels, eps = blocks[1] * members, 1e-5
    inputs = rng.normal(size=(blocks[0], channels * blocks[3])), *rng.normal(size=(2, channels))

    def fn(x, weight, bias):
        groups = x.reshape(blocks)
        mean = groups.mean((0, 2, 3), keepdim=True)
        variance = ((groups - mean) ** 2).mean((0, 2, 3), keepdim=True)
        y = (groups - mean) / (variance + eps).sqrt()
        weight, bias = weight.reshape(*blocks[1:3], 1), bias.reshape(*blocks[1:3], 1)
        return (y * weight + bias).reshape(x.shape)

    def rule(dy, x, weight, bias_shape):
        groups = x.reshape(blocks)
        mean, variance = groups.mean((0, 2, 3)), groups.var((0, 2, 3))
        rest = eps, blocks, False, (True, True, True)
        return norm.by_channels.rules[0].function(dy, x, weight, bias_shape, mean, variance, *rest)

    diagnosis = mg.explain_gradient(fn, inputs, rule, wrt=("x", "weight", "bias"), as_op=True)
    assert diagnosis, f"{diagnosis}\n{inputs}"


def test_the_operations_that_slips_are_looked_for_in_exist():
    names = {
        *paths._MOVES,
        *moves._LINEAR,
        *moves._NOT_UNDONE,
        *shapes._ELEMENTWISE,
        *formulas._FLAT,
        *formulas._MIXING,
        *known.UNFOLDED,
        *known.ELEMENTWISE,
        *known.ALONG,
    }
    assert names - OPS.keys() <= {"cube"}


@pytest.mark.parametrize("name", known.UNFOLDED)
def test_an_unfolded_operation_is_the_operation(name):
    op = OPS[name]
    options = {
        "dim": 1,
        "dtype": None,
        "eps": 1e-5,
        "correction": 1,
        "keepdim": True,
        "beta": 1.5,
        "threshold": 20.0,
    }
    if name == "layer_norm":
        options["dim"] = (1,)
    x = np.random.default_rng(0).uniform(0.1, 0.9, (3, 4))
    named = {p: options.get(p, x if p == "input" else 1 - x) for p in op.parameters}
    tensors = {p: mg.tensor(v) if isinstance(v, np.ndarray) else v for p, v in named.items()}
    np.testing.assert_allclose(known.UNFOLDED[name](**tensors).numpy(), op(*named.values()), rtol=1e-12)

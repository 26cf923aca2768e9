"""The record of a run gives the engine's gradients, as a whole and path by path."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.diagnosis.recording import Recording


def two_ways(x):
    h = mg.exp(x)
    return h * mg.sin(x) + h / (1 + x * x)


def recorded(function, x, seed=0):
    run = Recording(function, np.asarray(x))
    run.dy = np.random.default_rng(seed).normal(size=run.y.shape)
    return run


@pytest.mark.parametrize(
    "function, shape",
    [
        (two_ways, (3,)),
        (lambda x: mg.softmax(x, 0) @ x.T, (2, 3)),
        (lambda x: (x - x.mean(0)) * x[0], (3, 2)),
        (lambda x: mg.cat([x, x * 2]).sum(0), (2, 2)),
        (lambda x: mg.norm(x), (4,)),
        (lambda x: x, (2,)),
    ],
)
def test_the_walk_gives_the_gradient_of_the_engine(function, shape):
    x = np.random.default_rng(1).uniform(0.5, 1.5, shape)
    run = recorded(function, x)
    leaf = mg.tensor(x, requires_grad=True)
    (expected,) = grad(function(leaf), leaf, mg.tensor(run.dy))
    np.testing.assert_allclose(run.truth, expected.numpy(), rtol=1e-13)


def test_the_paths_add_up_to_the_gradient():
    run = recorded(two_ways, [0.3, -1.2])
    paths = list(run.paths())
    # mul and its exp, mul and its sin, div and its exp, div and both operands of x * x.
    assert len(paths) == 5

    def share(path):
        ways = dict(path)

        def local(step, dy):
            return {way: dx for way, dx in step.local(dy).items() if ways.get(step.place) == way}

        return run.gradient({step.place: local for step in run.steps})

    np.testing.assert_allclose(sum(map(share, paths)), run.truth, rtol=1e-12)


def test_a_path_is_written_from_x_on():
    run = recorded(two_ways, [0.3])
    routes = {run.route(place, way) for users in run.fans.values() for place, way in users}
    assert "x -> sin" in routes
    assert "x -> exp -> div" in routes
    assert any(route.endswith("(as its 'other')") for route in routes)  # x * x: two uses in one operation


def test_a_step_knows_its_operands_and_options():
    run = recorded(lambda x: mg.softmax(2 * x, 1), [[1.0, 2.0]])
    mul, softmax = run.steps
    assert mul.named["input"].tolist() == [[1, 2]]
    assert mul.named["other"] == 2
    assert softmax.named["dim"] == 1
    assert softmax.y.sum() == pytest.approx(1)


def test_a_rule_with_another_value():
    (step,) = recorded(mg.tanh, [0.5]).steps
    assert step.rule(0, np.ones(1), y=np.array([0.1])) == pytest.approx(1 - 0.01)


def test_what_is_overwritten_later_is_kept():
    def function(x):
        h = x * 1
        y = mg.sin(h)
        h += 1  # sin needs the h before
        return y

    run = Recording(function, np.array([0.5]))
    assert run.steps[1].named["input"] == pytest.approx(0.5)


def test_parameters_that_require_gradients_are_no_steps():
    w = mg.tensor([2.0], requires_grad=True)
    run = recorded(lambda x: x * mg.exp(w), [1.0])
    assert [step.name for step in run.steps] == ["mul"]

"""Backward writes the gradient of relu over the one that arrives, where nobody else has that array.

So whoever does have it, a learner's tensor, a hook, a second path, must find it as it was.
"""

import tracemalloc
import warnings
import weakref
from collections.abc import Callable

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import walk
from minigrad.nn import functional as F

SHAPE = (64, 512)


def _values(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def _leaf(seed: int, shape: tuple[int, ...] = SHAPE) -> mg.Tensor:
    return mg.tensor(_values(seed, shape), requires_grad=True)


ACTIVATIONS = {
    "relu": (mg.relu, lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), lambda x: np.where(x > 0, 1.0, 0.2)),
}
pytestmark = pytest.mark.usefixtures("own_operations")


@pytest.fixture(autouse=True)
def however_small(monkeypatch):
    monkeypatch.setattr(walk, "WORTH_WRITING_OVER", 0)


each_activation = pytest.mark.parametrize("name", ACTIVATIONS)


@each_activation
@pytest.mark.parametrize("shape", [(), (1,), (3,), SHAPE, (512, 1024)])
def test_the_gradient_is_the_derivative_times_what_arrives(name: str, shape: tuple[int, ...]) -> None:
    f, derivative = ACTIVATIONS[name]
    x, upstream = _leaf(0, shape), _values(1, shape)
    (f(x * 2) * mg.tensor(upstream)).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * upstream * derivative(_values(0, shape)), rtol=1e-12)


@each_activation
def test_a_gradient_that_is_given_stays_as_it_is(name: str) -> None:
    x, given = _leaf(0), mg.tensor(_values(1))
    ACTIVATIONS[name][0](x).backward(given)
    np.testing.assert_array_equal(given.numpy(), _values(1))


@each_activation
def test_a_given_array_stays_as_it_is_when_only_a_view_of_it_is_given(name: str) -> None:
    x, memory = _leaf(0), _values(1, (2, *SHAPE))
    ACTIVATIONS[name][0](x).backward(mg.from_numpy(memory)[1])
    np.testing.assert_array_equal(memory, _values(1, (2, *SHAPE)))


@each_activation
def test_a_hook_may_keep_what_it_is_shown(name: str) -> None:
    x, kept = _leaf(0), []
    y = ACTIVATIONS[name][0](x * 1)
    y.register_hook(lambda gradient: kept.append(gradient))
    (y * mg.tensor(_values(1))).sum().backward()
    np.testing.assert_array_equal(kept[0].numpy(), _values(1))


@each_activation
def test_a_retained_gradient_is_what_arrived(name: str) -> None:
    x = _leaf(0)
    y = ACTIVATIONS[name][0](x * 1)
    y.retain_grad()
    (y * mg.tensor(_values(1))).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), _values(1))


@each_activation
def test_a_gradient_that_is_asked_for_is_what_arrived(name: str) -> None:
    f, derivative = ACTIVATIONS[name]
    x = _leaf(0)
    y = f(x * 1)
    of_y, of_x = mg.autograd.grad((y * mg.tensor(_values(1))).sum(), (y, x))
    np.testing.assert_array_equal(of_y.numpy(), _values(1))
    np.testing.assert_allclose(of_x.numpy(), _values(1) * derivative(_values(0)), rtol=1e-12)


@each_activation
def test_two_paths_that_are_handed_one_array(name: str) -> None:
    """A sum hands the gradient that arrives to both of its arguments."""
    f, derivative = ACTIVATIONS[name]
    a, b, leaf = _leaf(0), _leaf(1), _leaf(2)
    ((f(a * 1) + f(b * 1) + leaf) * mg.tensor(_values(3))).sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), _values(3))
    for x, seed in ((a, 0), (b, 1)):
        np.testing.assert_allclose(x.grad.numpy(), _values(3) * derivative(_values(seed)), rtol=1e-12)


@each_activation
def test_parts_of_one_array(name: str) -> None:
    """Concatenation hands views of one array, one behind the other, to its arguments."""
    f, derivative = ACTIVATIONS[name]
    xs = [_leaf(seed) for seed in range(3)]
    upstream = _values(9, (3 * SHAPE[0], SHAPE[1]))
    (mg.cat([f(x * 1) for x in xs]) * mg.tensor(upstream)).sum().backward()
    for seed, (x, part) in enumerate(zip(xs, np.split(upstream, 3), strict=True)):
        np.testing.assert_allclose(x.grad.numpy(), part * derivative(_values(seed)), rtol=1e-12)


def test_a_rule_may_keep_the_array_that_it_returns() -> None:
    kept = _values(1)

    @mg.op
    def times(input):
        return input * kept

    @times.grad("input")
    def _(dy):
        return kept

    x = _leaf(0)
    times(mg.relu(x * 1)).sum().backward()
    np.testing.assert_array_equal(kept, _values(1))


@pytest.mark.parametrize("view", [lambda array: array, lambda array: array.reshape(1, 3)[0]])
def test_an_array_in_the_memory_of_something_else(view: Callable[[np.ndarray], np.ndarray]) -> None:
    memory = bytearray(np.ones(3).tobytes())

    @mg.op
    def total(input):
        return np.sum(input)

    @total.grad("input")
    def _(dy):
        return view(np.frombuffer(memory))

    x = mg.tensor([-1.0, 2.0, -3.0], dtype=mg.float64, requires_grad=True)
    total(F.leaky_relu(x * 1, 0.5)).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.5, 1.0, 0.5])
    np.testing.assert_array_equal(np.frombuffer(memory), [1.0, 1.0, 1.0])


def test_what_a_rule_finds_again_by_a_weak_reference() -> None:
    kept: weakref.WeakValueDictionary[str, np.ndarray] = weakref.WeakValueDictionary()

    @mg.op
    def after(input):
        return input * 1

    @after.grad("input")
    def _(dy):
        kept["gradient"] = gradient = dy * 2
        return gradient

    @mg.op
    def before(input):
        return input * 1

    @before.grad("input")
    def _(dy):
        return dy + kept.get("gradient", 100)

    x = mg.tensor([-1.0, 1.0], dtype=mg.float64, requires_grad=True)
    after(F.leaky_relu(before(x), 0.5)).sum().backward()
    assert x.grad.tolist()[1] in (4.0, 102.0)  # the array is there as it was, or gone
    assert x.grad.tolist()[0] - x.grad.tolist()[1] == -1.0


def test_several_gradients_are_not_written_in_place() -> None:
    @mg.op
    def both(a, b):
        return a + b

    with pytest.raises(TypeError, match=r"both: in_place= is for a rule that returns one gradient.* a, b$"):

        @both.grad("a", "b", in_place=lambda dy: None)
        def _(dy):
            return dy, dy


def test_a_rule_with_its_own_form_that_asks_for_less_than_is_saved() -> None:
    calls = []

    @mg.op
    def thrice(input):
        return 3 * input

    def over(dy, needed):
        calls.append(needed)
        dy *= 3

    @thrice.grad("input", in_place=over)
    def _(dy, needed):
        return 3 * dy

    x = _leaf(0)
    (thrice(x * 1) * mg.tensor(_values(1))).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * _values(1), rtol=1e-12)
    assert calls == [(True,)]


@each_activation
@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (4, 5)])
def test_a_gradient_that_is_one_number_for_all(name: str, shape: tuple[int, ...]) -> None:
    f, derivative = ACTIVATIONS[name]
    x = _leaf(0, shape)
    (3 * f(x * 1).sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 3 * derivative(_values(0, shape)))


def test_a_gradient_whose_elements_are_one_place_in_memory() -> None:
    @mg.op
    def total(input):
        return np.sum(input)

    @total.grad("input")
    def _(dy):
        return np.ndarray((3,), buffer=np.array([float(dy)]), strides=(0,))

    x = mg.tensor([-1.0, 2.0, -3.0], dtype=mg.float64, requires_grad=True)
    total(F.leaky_relu(x * 1, 0.5)).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0.5, 1.0, 0.5])


def test_a_graph_that_is_kept_can_be_walked_again() -> None:
    x = _leaf(0)
    y = (mg.relu(x * 1) * mg.tensor(_values(1))).sum()
    y.backward(retain_graph=True)
    once = x.grad.numpy().copy()
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * once, rtol=1e-12)


def test_the_order_of_two_writes_does_not_count() -> None:
    """x reaches the loss directly, and through activations whose gradients are written over one another."""
    x = _leaf(0)
    y = x * 1
    for _ in range(4):
        y = F.leaky_relu(y, 0.5) + x
    y.sum().backward()
    expected, value, slope = np.zeros(SHAPE), _values(0), np.ones(SHAPE)
    values = []
    for _ in range(4):
        values.append(value)
        value = np.where(value > 0, value, 0.5 * value) + _values(0)
    for value in reversed(values):
        expected += slope
        slope = slope * np.where(value > 0, 1.0, 0.5)
    np.testing.assert_allclose(x.grad.numpy(), expected + slope, rtol=1e-12)


COMBINATIONS = [
    lambda a, b: mg.relu(a),
    lambda a, b: F.leaky_relu(a, 0.3),
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: mg.relu(a.reshape(-1, 4)).reshape(4, -1),
    lambda a, b: mg.relu(mg.cat([a, b]))[2:6],
    lambda a, b: F.leaky_relu(a.T, 0.3).T,
    lambda a, b: mg.relu(a[:1].expand(4, -1)),
    lambda a, b: 0.5 * a * mg.relu(b),
]


@pytest.mark.parametrize("columns", [6, 600])
@pytest.mark.parametrize("seed", range(30))
def test_a_random_graph_has_the_gradients_that_it_has_without(seed: int, columns: int) -> None:
    """detect_anomaly looks at what a rule was given after the rule, so nothing is written over there."""

    def leaves_with_gradients() -> list[mg.Tensor]:
        rng = np.random.default_rng(seed)
        leaves = [mg.tensor(rng.standard_normal((4, columns)), requires_grad=True) for _ in range(3)]
        values = list(leaves)
        for _ in range(25):
            a, b = (values[rng.integers(len(values))] for _ in range(2))
            values.append(COMBINATIONS[rng.integers(len(COMBINATIONS))](a, b))
        sum((value.sum() for value in values[-4:]), mg.tensor(0.0, dtype=mg.float64)).backward()
        return leaves

    written = leaves_with_gradients()
    with mg.autograd.detect_anomaly():
        kept = leaves_with_gradients()
    for one, other in zip(written, kept, strict=True):
        assert (one.grad is None) == (other.grad is None)
        if one.grad is not None:
            np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), rtol=1e-12, atol=1e-12)


def test_a_warning_that_is_an_error_does_not_have_it_written_twice() -> None:
    """0 times an infinite gradient is NaN, of which NumPy warns."""
    x = mg.tensor([-1.0, -2.0, 3.0], dtype=mg.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (F.leaky_relu(x * 1, 0.5) * mg.tensor([np.inf, 4.0, 4.0], dtype=mg.float64)).sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), [np.inf, 2.0, 4.0])
        x.grad = None
        (F.leaky_relu(x * 1, 0.0) * mg.tensor([np.inf, 4.0, 4.0], dtype=mg.float64)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [np.nan, 0.0, 4.0])


def test_a_chain_of_them_needs_room_for_one_gradient() -> None:
    x = _leaf(0, (512, 1024))
    y = x
    for _ in range(6):
        y = mg.relu(y)
    y.sum().backward()  # what is compiled at the first time is not counted
    x.grad, size = None, _values(0, (512, 1024)).nbytes
    y = x
    for _ in range(6):
        y = mg.relu(y)
    tracemalloc.start()
    y.sum().backward(retain_graph=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * size

"""Activations: every fast kernel against the reference, at NaN and infinity, too."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels import reference
from minigrad.kernels.cupy_gpu import activation
from tests.kernels.backends import drawn, every_backend, fast_backends


def edges(backend):
    """Numbers at which something changes; a subnormal one only where it is not 0."""
    small = 1e-40 if backend.least < 1e-40 else 8 * backend.least
    return np.array([0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, small, -small])


SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)


@pytest.fixture
def loops_for_few(monkeypatch):
    """The compiled loops run on a few numbers, too, for which they are slower than NumPy."""
    for file, names in {"activation": ("ONE_PASS", "THREE_PASSES"), "smooth": ("FEWEST",)}.items():
        loops = sys.modules.get(f"minigrad.kernels.numba_cpu.{file}")
        for name in names if loops is not None else ():
            monkeypatch.setattr(loops, name, 0)


def laid_out(values, layout):
    if layout == "F":
        return np.asfortranarray(values)
    return values[..., ::-1].copy()[..., ::-1] if layout == "reversed" and values.ndim else values


@fast_backends
@pytest.mark.usefixtures("loops_for_few")
@pytest.mark.parametrize(
    "name", ["relu", "relu_grad", "relu_grad_", "leaky_relu", "leaky_relu_grad", "leaky_relu_grad_"]
)
def test_the_reference_s_values(backend, name):
    @drawn(backend)
    @given(
        SHAPES,
        st.sampled_from([np.float32, np.float64]),
        st.lists(st.sampled_from(["C", "F", "reversed"]), min_size=2, max_size=2),
        st.integers(0, 2**32),
    )
    def check(shape, dtype, layouts, seed):
        rng = np.random.default_rng(seed)
        x = np.where(
            rng.random(shape) < 0.3, rng.choice(edges(backend), shape), rng.normal(size=shape)
        ).astype(dtype)
        x, dy = laid_out(x, layouts[0]), laid_out(rng.normal(size=shape).astype(dtype), layouts[1])
        args = ([dy] if "grad" in name else []) + [x] + ([0.3] if "leaky" in name else [])
        if name.endswith("_"):  # what it writes is what the other form returns
            slow = getattr(reference, name[:-1])(*args)
            fast = np.array(dy).reshape(slow.shape)
            getattr(backend, name)(fast, *args[1:])
        else:
            fast, slow = (getattr(module, name)(*args) for module in (backend, reference))
        assert (np.shape(fast), fast.dtype) == (np.shape(slow), slow.dtype)
        np.testing.assert_array_equal(fast, slow)

    check()


@fast_backends
@pytest.mark.usefixtures("loops_for_few")
@pytest.mark.parametrize("name", ["silu", "silu_grad"])
def test_silu_within_some_units_in_the_last_place(backend, name):
    """What is compared with is worked in float64."""

    @drawn(backend)
    @given(
        SHAPES,
        st.sampled_from([np.float32, np.float64]),
        st.lists(st.sampled_from(["C", "F", "reversed"]), min_size=2, max_size=2),
        st.integers(0, 2**32),
    )
    def check(shape, dtype, layouts, seed):
        rng = np.random.default_rng(seed)
        x = np.where(
            rng.random(shape) < 0.2, rng.choice(edges(backend), shape), rng.normal(0, 20, shape)
        ).astype(dtype)
        x, dy = laid_out(x, layouts[0]), laid_out(rng.normal(size=shape).astype(dtype), layouts[1])
        args = (dy, x) if name == "silu_grad" else (x,)
        fast = getattr(backend, name)(*args)
        wide = [a.astype(np.float64) for a in args]
        with np.errstate(invalid="ignore"):
            slow = getattr(reference, name)(*wide)
        assert (np.shape(fast), fast.dtype) == (np.shape(slow), dtype)
        # The two terms of the gradient may cancel; e ** -87.33 counts as 0.
        terms = np.abs(slow) + (np.abs(dy * x) if name == "silu_grad" else 0)
        bound = 4 * np.finfo(dtype).eps * terms + 2e-36
        np.testing.assert_array_equal(np.isnan(fast), np.isnan(slow))
        here = np.isfinite(slow)
        np.testing.assert_array_equal(np.asarray(fast)[~here], np.asarray(slow)[~here])
        assert (np.abs(np.asarray(fast)[here] - np.asarray(slow)[here]) <= np.asarray(bound)[here]).all()

    check()


def test_silu_by_hand():
    """sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4; the slope is s + x s (1 - s)"""
    ln3 = np.log(3.0)
    x = np.array([0.0, ln3, -ln3])
    np.testing.assert_allclose(reference.silu(x), [0, 0.75 * ln3, -0.25 * ln3])
    slopes = [0.5, 0.75 + ln3 * 3 / 16, 0.25 - ln3 * 3 / 16]
    np.testing.assert_allclose(reference.silu_grad(np.ones(3), x), slopes)


@every_backend
@pytest.mark.usefixtures("loops_for_few")
@pytest.mark.parametrize("name", ["relu", "silu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", ["C", "F", "reversed"])
@pytest.mark.parametrize("size", [3, 300_000])
def test_what_is_written_over_its_input_is_the_same(backend, name, dtype, layout, size):
    x = laid_out(np.random.default_rng(0).normal(size=(2, size)).astype(dtype), layout)
    x[0, :3] = [np.nan, -0.0, 1e-40]
    expected = getattr(backend, name)(x.copy())
    assert getattr(backend, f"{name}_")(x) is None
    np.testing.assert_allclose(x, expected, rtol=1e-6 if name == "silu" else 0)


@pytest.mark.parametrize("name", ["relu", "silu"])
@pytest.mark.parametrize("layout", ["C", "F", "reversed"])
def test_a_cards_kernel_writes_over_every_layout(monkeypatch, name, layout):
    # CuPy's own functions, which plain code would call, take subnormal numbers for 0.
    ran = []
    monkeypatch.setattr(activation, "launch", lambda source, kernel, *args, **options: ran.append(kernel))
    getattr(activation, f"{name}_")(laid_out(np.ones((2, 3), np.float32), layout))
    assert ran == [name]


@fast_backends
def test_arrays_large_enough_to_share(backend):
    x = np.random.default_rng(0).normal(size=(3, 100_000)).astype(np.float32)
    np.testing.assert_array_equal(backend.relu(x), reference.relu(x))
    np.testing.assert_array_equal(backend.relu_grad(x[::-1].copy(), x), reference.relu_grad(x[::-1], x))
    np.testing.assert_allclose(backend.silu(x), reference.silu(x), rtol=1e-6)
    np.testing.assert_allclose(backend.silu_grad(x, x), reference.silu_grad(x, x), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(backend.dropout(x, 0.3, 5), reference.dropout(x, 0.3, 5))


@fast_backends
@pytest.mark.parametrize("size", [1023, 1024, 8191, 8192])
def test_where_the_loops_take_over(backend, size):
    x, dy = np.random.default_rng(size).normal(size=(2, size)).astype(np.float32)
    x[:9] = edges(backend)
    for name, args in {"relu": (x,), "relu_grad": (dy, x), "leaky_relu": (x, 0.3)}.items():
        fast, slow = (getattr(module, name)(*args) for module in (backend, reference))
        assert fast.dtype == slow.dtype
        np.testing.assert_array_equal(fast, slow)


@fast_backends
@pytest.mark.usefixtures("loops_for_few")
@pytest.mark.parametrize("begin", [1, 2])
def test_an_array_that_begins_between_vectors(backend, begin):
    x = np.random.default_rng(0).normal(size=8 + begin).astype(np.float32)[begin:]
    np.testing.assert_array_equal(backend.relu(x), reference.relu(x))
    np.testing.assert_array_equal(backend.leaky_relu_grad(x, x, 0.1), reference.leaky_relu_grad(x, x, 0.1))


@fast_backends
@pytest.mark.parametrize(
    ("dy", "relu", "leaky_relu"),
    [
        (np.array([[2.0], [3.0]]), [[2, 0], [3, 0]], [[2, 1], [3, 1.5]]),
        (np.array([[2.0], [3.0]], np.float32), [[2, 0], [3, 0]], [[2, 1], [3, 1.5]]),
        (np.array([[2.0, 3.0]]), [[2, 0]], [[2, 1.5]]),
    ],
)
def test_a_gradient_of_another_dtype_or_shape_is_as_in_the_reference(backend, dy, relu, leaky_relu):
    x = np.array([[1.0, -1.0]], np.float32)
    assert backend.relu_grad(dy, x).tolist() == relu
    assert backend.leaky_relu_grad(dy, x, 0.5).tolist() == leaky_relu

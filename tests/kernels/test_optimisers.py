"""Optimisers' updates: the fast kernels against the reference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels import reference
from minigrad.kernels.threads import get_num_threads, set_num_threads
from tests.kernels.backends import drawn, fast_backends
from tests.kernels.layouts import LAYOUTS, laid_out

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
DTYPES = st.sampled_from([np.float32, np.float64])
STEPS, DECAYS, CHOICE = st.integers(1, 10_000), st.sampled_from([0.0, 0.3]), st.booleans()
RATE = 1e-2


@st.composite
def lists(draw, count):
    """``count`` lists of arrays of one dtype: of each list the first have one shape, the second another ...

    All elements are positive, and every array has a layout of its own.
    """
    dtype = draw(DTYPES)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shapes = draw(st.lists(SHAPES, min_size=1, max_size=3))
    return [
        [
            laid_out(rng.uniform(0.1, 1, size=shape).astype(dtype), draw(st.sampled_from(LAYOUTS)))
            for shape in shapes
        ]
        for _ in range(count)
    ]


def same_as_reference(backend, kernel, given, *numbers):
    """Run both versions on copies in the same layouts; every array must come out the same, the gradients
    untouched."""
    plain = [None if arrays is None else [a.copy() for a in arrays] for arrays in given]
    gradients = [g.copy() for g in given[1]]
    getattr(backend, kernel)(*given, *numbers)
    getattr(reference, kernel)(*plain, *numbers)
    tolerance = 2e-6 if given[0][0].dtype == np.float32 else 1e-14
    for fast, slow in zip(given, plain, strict=True):
        for a, b in zip(fast or (), slow or (), strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    for g, before in zip(given[1], gradients, strict=True):
        np.testing.assert_array_equal(g, before)


@fast_backends
def test_sgd_step(backend):
    @drawn(backend)
    @given(lists(3), CHOICE, CHOICE, CHOICE, DECAYS)
    def check(arrays, buffer, nesterov, maximize, decay):
        p, g, buf = arrays
        state = [p, g, buf if buffer else None]
        same_as_reference(backend, "sgd_step", state, RATE, 0.9, 0.1, decay, nesterov, maximize)

    check()


@fast_backends
def test_adam_step(backend):
    @drawn(backend)
    @given(lists(5), STEPS, CHOICE, CHOICE, CHOICE, DECAYS)
    def check(arrays, t, amsgrad, decoupled, maximize, decay):
        p, g, m, v, v_max = arrays
        state = [p, g, m, v, v_max if amsgrad else None]
        numbers = (t, RATE, 0.9, 0.999, 1e-8, decay, decoupled, maximize)
        same_as_reference(backend, "adam_step", state, *numbers)

    check()


@fast_backends
def test_nadam_step(backend):
    @drawn(backend)
    @given(lists(4), STEPS, CHOICE, CHOICE, DECAYS)
    def check(arrays, t, decoupled, maximize, decay):
        numbers = (t, RATE, 0.9, 0.999, 1e-8, decay, 0.45, 0.46, 0.4, decoupled, maximize)
        same_as_reference(backend, "nadam_step", arrays, *numbers)

    check()


@fast_backends
def test_adagrad_step(backend):
    @drawn(backend)
    @given(lists(3), STEPS, CHOICE, DECAYS)
    def check(arrays, t, maximize, decay):
        same_as_reference(backend, "adagrad_step", arrays, t, RATE, 0.1, 1e-10, decay, maximize)

    check()


@fast_backends
def test_rmsprop_step(backend):
    @drawn(backend)
    @given(lists(5), CHOICE, CHOICE, CHOICE, DECAYS)
    def check(arrays, centered, momentum, maximize, decay):
        p, g, square_avg, grad_avg, buf = arrays
        for mean_square in square_avg:
            mean_square += 4  # a variance: the mean square is never below the square of the mean
        state = [p, g, square_avg, grad_avg if centered else None, buf if momentum else None]
        same_as_reference(backend, "rmsprop_step", state, RATE, 0.99, 1e-8, decay, 0.9, maximize)

    check()


@fast_backends
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_and_small_parameters_in_one_call_whatever_the_threads(backend, threads):
    """Enough elements that threads share them, and borders that fall inside of a parameter."""
    rng = np.random.default_rng(0)
    shapes = [(7,), (300, 301), (), (65, 1000), (0, 4), (1,)]
    given = [[rng.uniform(0.1, 1, size=shape) for shape in shapes] for _ in range(4)]
    before = get_num_threads()
    set_num_threads(threads)
    try:
        same_as_reference(backend, "adam_step", [*given, None], 3, RATE, 0.9, 0.999, 1e-8, 0.1, False, False)
    finally:
        set_num_threads(before)


@fast_backends
def test_a_gradient_may_be_read_only_or_of_another_dtype(backend):
    p = np.ones((2, 3), dtype=np.float32)
    backend.sgd_step([p], [np.broadcast_to(np.float64(0.5), (2, 3))], None, 1.0, 0.0, 0.0, 0.0, False, False)
    assert p.tolist() == [[0.5] * 3] * 2


@fast_backends
def test_shapes_that_differ_are_refused_before_anything_is_written(backend):
    first, p, m = np.ones(4), np.ones((2, 3)), np.zeros((2, 3))
    with pytest.raises(
        ValueError, match=r"the parameter has shape \(2, 3\), its gradient or state has shape \(3, 2\)"
    ):
        backend.sgd_step(
            [first, p], [np.ones(4), np.ones((3, 2))], [np.zeros(4), m], 1.0, 0.9, 0.0, 0.0, False, False
        )
    assert first.tolist() == [1] * 4
    assert p.tolist() == np.ones((2, 3)).tolist()
    assert not m.any()


@fast_backends
def test_amsgrad_lets_a_nan_through_as_numpy_does(backend):
    p, g, m, v, v_max = (np.full(1, x) for x in (1.0, np.nan, 0.0, 0.0, 1.0))
    backend.adam_step([p], [g], [m], [v], [v_max], 1, RATE, 0.9, 0.999, 1e-8, 0.0, False, False)
    assert np.isnan(v_max[0])


@fast_backends
def test_a_zero_denominator_gives_an_infinity_and_no_error(backend):
    p = np.zeros(2)
    backend.adagrad_step([p], [np.array([0.0, 1e-200])], [np.zeros(2)], 1, 1.0, 0.0, 0.0, 0.0, False)
    assert np.isnan(p[0])
    assert p[1] == -np.inf


def only_where_they_are_not_0(backend):
    if backend.least > 1e-40:
        pytest.skip("subnormal numbers are 0 here")


@fast_backends
@pytest.mark.parametrize("eps", [0.0, 1e-30])
def test_subnormal_numbers_count_where_eps_is_nothing_beside_them(backend, eps):
    """The square of such a gradient is what is divided by: with 0 in its place p would be infinite."""
    only_where_they_are_not_0(backend)
    g = np.full(1, 1e-20, np.float32)
    for kernel, states, numbers, moved in (
        ("adam_step", [0, 0, None], (1, RATE, 0.9, 0.999, eps, 0.0, False, False), RATE),
        ("nadam_step", [0, 0], (1, RATE, 0.9, 0.999, eps, 0.0, 0.0, 0.0, 0.0, False, False), RATE),
        ("adagrad_step", [0], (1, RATE, 0.0, eps, 0.0, False), RATE),
        ("rmsprop_step", [0, None, None], (RATE, 0.99, eps, 0.0, 0.0, False), 10 * RATE),
    ):
        p = np.zeros(1, np.float32)
        state = [None if x is None else [np.zeros(1, np.float32)] for x in states]
        getattr(backend, kernel)([p], [g], *state, *numbers)
        np.testing.assert_allclose(
            p, -moved, rtol=0.02, err_msg=kernel
        )  # of a square only two digits are left


@fast_backends
def test_plain_descent_follows_a_subnormal_gradient(backend):
    only_where_they_are_not_0(backend)
    p, g = np.zeros(1, np.float32), np.full(1, 1e-40, np.float32)
    backend.sgd_step([p], [g], None, 0.5, 0.0, 0.0, 0.0, False, False)
    np.testing.assert_allclose(p, -5e-41, rtol=1e-4)


@fast_backends
@pytest.mark.parametrize("kind", ["same", "shifted", "transposed"])
def test_a_gradient_in_the_parameters_own_memory(backend, kind):
    """The plain code reads all of g before it writes p; so must a loop that goes from element to element."""

    def arrays():
        memory = np.arange(1.0, 10.0)
        return {
            "same": (memory, memory),
            "shifted": (memory[1:], memory[:-1]),
            "transposed": (memory.reshape(3, 3), memory.reshape(3, 3).T),
        }[kind]

    (p, g), (expected, same) = arrays(), arrays()
    backend.sgd_step([p], [g], None, 0.5, 0.0, 0.0, 0.1, False, False)
    reference.sgd_step([expected], [same], None, 0.5, 0.0, 0.0, 0.1, False, False)
    np.testing.assert_allclose(p, expected, rtol=1e-15)


@fast_backends
@pytest.mark.parametrize("kind", ["turned", "overlapping", "backwards", "every other", "a gradient"])
def test_parameters_that_lie_in_each_other_s_memory_are_updated_one_after_the_other(backend, kind):
    """Tied weights, say: the second parameter's weight decay is that of what the first step has left."""

    def arrays():
        memory = np.arange(1.0, 10.0)
        square, g = memory.reshape(3, 3), [np.full((3, 3), 0.5), np.arange(9.0).reshape(3, 3)]
        return {
            "turned": ([square, square.T], g),
            "overlapping": ([memory[:6], memory[3:]], [np.ones(6), np.arange(6.0)]),
            "backwards": ([memory[8:2:-1], memory[:6]], [np.ones(6), np.arange(6.0)]),
            "every other": ([memory[::2], memory[3:8]], [np.ones(5), np.arange(5.0)]),
            "a gradient": ([square, np.ones((3, 3))], [g[0], square]),
        }[kind]

    (ps, gs), (expected, same) = arrays(), arrays()
    backend.sgd_step(ps, gs, None, 0.5, 0.0, 0.0, 0.1, False, False)
    reference.sgd_step(expected, same, None, 0.5, 0.0, 0.0, 0.1, False, False)
    for p, q in zip(ps, expected, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-15)

"""Every compiled kernel against the reference: shapes, dtypes, strides and layouts drawn at random."""

import functools
import importlib.util
import itertools
import math

import numpy as np
import pytest
from hypothesis import given as given_values
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.kernels import reference
from minigrad.kernels.threads import get_num_threads, set_num_threads
from tests.kernels.layouts import LAYOUTS, laid_out

numba = pytest.importorskip("numba")
numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
microkernel = pytest.importorskip("minigrad.kernels.numba_cpu.microkernel")

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
DTYPES = st.sampled_from([np.float32, np.float64])
RATE = 1e-2


def drawn(*args, **kwargs):
    """Hypothesis's ``given`` without its clock: the first example of a type waits for the compiler."""
    return lambda test: settings(deadline=None)(given_values(*args, **kwargs)(test))


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


def same_as_reference(kernel, given, *numbers):
    """Run both versions on copies in the same layouts; every array must come out the same, the gradients
    untouched."""
    plain = [None if arrays is None else [a.copy() for a in arrays] for arrays in given]
    gradients = [g.copy() for g in given[1]]
    getattr(numba_cpu, kernel)(*given, *numbers)
    getattr(reference, kernel)(*plain, *numbers)
    tolerance = 2e-6 if given[0][0].dtype == np.float32 else 1e-14
    for fast, slow in zip(given, plain, strict=True):
        for a, b in zip(fast or (), slow or (), strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    for g, before in zip(given[1], gradients, strict=True):
        np.testing.assert_array_equal(g, before)


@drawn(lists(3), *[st.booleans()] * 3, st.sampled_from([0.0, 0.3]))
def test_sgd_step(given, buffer, nesterov, maximize, weight_decay):
    p, g, buf = given
    same_as_reference(
        "sgd_step", [p, g, buf if buffer else None], RATE, 0.9, 0.1, weight_decay, nesterov, maximize
    )


@drawn(lists(5), st.integers(1, 10_000), *[st.booleans()] * 3, st.sampled_from([0.0, 0.3]))
def test_adam_step(given, t, amsgrad, decoupled, maximize, weight_decay):
    p, g, m, v, v_max = given
    state = [p, g, m, v, v_max if amsgrad else None]
    same_as_reference("adam_step", state, t, RATE, 0.9, 0.999, 1e-8, weight_decay, decoupled, maximize)


@drawn(lists(4), st.integers(1, 10_000), *[st.booleans()] * 2, st.sampled_from([0.0, 0.3]))
def test_nadam_step(given, t, decoupled, maximize, weight_decay):
    numbers = (t, RATE, 0.9, 0.999, 1e-8, weight_decay, 0.45, 0.46, 0.4, decoupled, maximize)
    same_as_reference("nadam_step", given, *numbers)


@drawn(lists(3), st.integers(1, 10_000), st.booleans(), st.sampled_from([0.0, 0.3]))
def test_adagrad_step(given, t, maximize, weight_decay):
    same_as_reference("adagrad_step", given, t, RATE, 0.1, 1e-10, weight_decay, maximize)


@drawn(lists(5), *[st.booleans()] * 3, st.sampled_from([0.0, 0.3]))
def test_rmsprop_step(given, centered, momentum, maximize, weight_decay):
    p, g, square_avg, grad_avg, buf = given
    for mean_square in square_avg:
        mean_square += 4  # a variance: the mean square is never below the square of the mean
    state = [p, g, square_avg, grad_avg if centered else None, buf if momentum else None]
    same_as_reference("rmsprop_step", state, RATE, 0.99, 1e-8, weight_decay, 0.9, maximize)


def test_a_gradient_may_be_read_only_or_of_another_dtype():
    p = np.ones((2, 3), dtype=np.float32)
    numba_cpu.sgd_step(
        [p], [np.broadcast_to(np.float64(0.5), (2, 3))], None, 1.0, 0.0, 0.0, 0.0, False, False
    )
    assert p.tolist() == [[0.5] * 3] * 2


def test_a_parameter_that_cannot_be_written_is_an_error():
    p = np.broadcast_to(np.float32(1), (2, 3))
    with pytest.raises(ValueError, match="read-only"):
        numba_cpu.sgd_step([p], [np.ones((2, 3), np.float32)], None, 1.0, 0.0, 0.0, 0.0, False, False)


def test_shapes_that_differ_are_refused_before_anything_is_written():
    first, p, m = np.ones(4), np.ones((2, 3)), np.zeros((2, 3))
    with pytest.raises(
        ValueError, match=r"the parameter has shape \(2, 3\), its gradient or state has shape \(3, 2\)"
    ):
        numba_cpu.sgd_step(
            [first, p], [np.ones(4), np.ones((3, 2))], [np.zeros(4), m], 1.0, 0.9, 0.0, 0.0, False, False
        )
    assert first.tolist() == [1] * 4
    assert p.tolist() == np.ones((2, 3)).tolist()
    assert not m.any()


def test_amsgrad_lets_a_nan_through_as_numpy_does():
    p, g, m, v, v_max = (np.full(1, x) for x in (1.0, np.nan, 0.0, 0.0, 1.0))
    numba_cpu.adam_step([p], [g], [m], [v], [v_max], 1, RATE, 0.9, 0.999, 1e-8, 0.0, False, False)
    assert np.isnan(v_max[0])


def test_a_zero_denominator_gives_an_infinity_and_no_error():
    p = np.zeros(2)
    numba_cpu.adagrad_step([p], [np.array([0.0, 1e-200])], [np.zeros(2)], 1, 1.0, 0.0, 0.0, 0.0, False)
    assert np.isnan(p[0])
    assert p[1] == -np.inf


@pytest.mark.parametrize("eps", [0.0, 1e-30])
def test_subnormal_numbers_count_where_eps_is_nothing_beside_them(eps):
    """The square of such a gradient is what is divided by: with 0 in its place p would be infinite."""
    g = np.full(1, 1e-20, np.float32)
    for kernel, states, numbers, moved in (
        ("adam_step", [0, 0, None], (1, RATE, 0.9, 0.999, eps, 0.0, False, False), RATE),
        ("nadam_step", [0, 0], (1, RATE, 0.9, 0.999, eps, 0.0, 0.0, 0.0, 0.0, False, False), RATE),
        ("adagrad_step", [0], (1, RATE, 0.0, eps, 0.0, False), RATE),
        ("rmsprop_step", [0, None, None], (RATE, 0.99, eps, 0.0, 0.0, False), 10 * RATE),
    ):
        p = np.zeros(1, np.float32)
        state = [None if x is None else [np.zeros(1, np.float32)] for x in states]
        getattr(numba_cpu, kernel)([p], [g], *state, *numbers)
        np.testing.assert_allclose(
            p, -moved, rtol=0.02, err_msg=kernel
        )  # of a square only two digits are left


def test_plain_descent_follows_a_subnormal_gradient():
    p, g = np.zeros(1, np.float32), np.full(1, 1e-40, np.float32)
    numba_cpu.sgd_step([p], [g], None, 0.5, 0.0, 0.0, 0.0, False, False)
    np.testing.assert_allclose(p, -5e-41, rtol=1e-4)


def test_a_momentum_that_has_decayed_is_zero():
    """Rounding would keep it at a few of the smallest numbers, with which computing is slow, for ever."""
    p, g, buf = (np.full(1, x, np.float32) for x in (1, 0, 1e-40))
    numba_cpu.sgd_step([p], [g], [buf], 0.5, 0.9, 0.0, 0.0, False, False)
    assert p == 1
    assert buf == 0


def test_subnormal_numbers_count_as_zero_in_a_step_and_nowhere_else():
    tiny = np.float32(1e-40)
    p, g = np.array([1.0, 0.0], np.float32), np.array([0.5, tiny], np.float32)
    m, v = np.array([0.0, tiny], np.float32), np.array([0.0, tiny], np.float32)
    numba_cpu.adam_step([p], [g], [m], [v], None, 1, RATE, 0.9, 0.999, 1e-8, 0.0, False, False)
    np.testing.assert_allclose(p, [1 - RATE, 0], rtol=1e-6)
    assert m[1] == v[1] == 0
    assert tiny * np.float32(1) == tiny > 0


# ------------------------------------------------------------------------------------------- functions


def test_erf_of_float32_is_right_to_the_last_place():
    special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.linspace(-6, 6, 400_001), np.logspace(-44, 2, 10_000)]).astype(np.float32)
    exact = special.erf(x.astype(np.float64))
    units = np.abs(numba_cpu.erf(x) - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert units.max() < 0.55


def test_erf_of_float64_is_the_c_library_s():
    x = np.random.default_rng(0).normal(scale=2, size=(7, 11))
    np.testing.assert_allclose(numba_cpu.erf(x), reference.erf(x), rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_at_the_ends(dtype):
    y = numba_cpu.erf(np.array([-np.inf, -7, -0.0, 0.0, 7, np.inf, np.nan], dtype=dtype))
    assert y.dtype == dtype
    assert y[:-1].tolist() == [-1, -1, 0, 0, 1, 1]
    assert math.copysign(1, y[2]) == -1
    assert np.isnan(y[-1])


@drawn(lists(1))
def test_erf_takes_every_shape_and_layout(given):
    for x in given[0]:
        y = numba_cpu.erf(x)
        assert y.shape == x.shape
        np.testing.assert_array_max_ulp(y, reference.erf(x), maxulp=1)


@drawn(
    rows=st.integers(1, 6),
    shape=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=6),
    row=hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4),
    dtype=DTYPES,
    kind=st.sampled_from([np.int32, np.int64, np.uint8]),
    layout=st.sampled_from(LAYOUTS),
    seed=st.integers(0, 2**32),
)
def test_index_add_rows(rows, shape, row, dtype, kind, layout, seed):
    rng = np.random.default_rng(seed)
    index = rng.integers(-rows if kind != np.uint8 else 0, rows, size=shape).astype(kind)
    dy = laid_out(rng.normal(size=(*shape, *row)).astype(dtype), layout)
    fast, slow = (module.index_add_rows(dy, index, rows) for module in (numba_cpu, reference))
    assert fast.dtype == dtype
    np.testing.assert_array_equal(fast, slow)  # rows are added in the same order, so to the last bit


@pytest.mark.parametrize("module", [reference, numba_cpu])
@pytest.mark.parametrize(("index", "named"), [([0, 3], "3"), ([-4, 0], "-4")])
def test_an_index_out_of_range_is_an_error(module, index, named):
    with pytest.raises(IndexError, match=f"index {named} is out of range for 3 rows"):
        module.index_add_rows(np.ones((2, 2)), np.array(index), 3)


@pytest.mark.parametrize("module", [reference, numba_cpu])
def test_index_and_rows_that_do_not_fit_are_an_error(module):
    with pytest.raises(ValueError, match=r"shape of index, \(3,\), but its shape is \(2, 2\)"):
        module.index_add_rows(np.ones((2, 2)), np.array([0, 1, 1]), 3)


@drawn(
    shape=SHAPES,
    dtype=DTYPES,
    p=st.sampled_from([0.0, 0.2, 0.5, 1 - 1e-12, 1.0]),
    seed=st.integers(0, 2**64 - 1),
    layout=st.sampled_from(LAYOUTS),
)
def test_dropout_is_the_reference_s_to_the_last_bit(shape, dtype, p, seed, layout):
    x = laid_out(np.random.default_rng(seed).normal(size=shape).astype(dtype), layout)
    fast, slow = (module.dropout(x, p, seed) for module in (numba_cpu, reference))
    assert fast.dtype == dtype
    np.testing.assert_array_equal(fast, slow)


# ------------------------------------------------------------------------------------------- the cache


@pytest.fixture
def module_with_loop(tmp_path):
    """make() imports a file with a compiled loop anew, as a new process does."""
    source = tmp_path / "loops.py"
    source.write_text(
        "from minigrad.kernels.numba_cpu.compiling import compiled\n"
        "@compiled\n"
        "def double(x):\n"
        "    for i in range(x.size):\n"
        "        x[i] *= 2\n"
    )
    counter = itertools.count()

    def make():
        spec = importlib.util.spec_from_file_location(f"loops{next(counter)}", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return make


def doubles(module):
    x = np.ones(3)
    module.double(x)
    return x.tolist() == [2.0, 2.0, 2.0]


def test_compiled_code_is_kept_beside_its_source(module_with_loop, tmp_path):
    assert doubles(module_with_loop())
    assert list(tmp_path.glob("__pycache__/loops.double*.nbc"))
    assert doubles(module_with_loop())


class AtOnce:
    """A threading.Timer whose time is over as soon as it starts."""

    def __init__(self, seconds, function):
        self.start, self.cancel = function, lambda: None


def test_a_line_says_so_when_loops_are_compiled_and_only_then(module_with_loop, monkeypatch, capsys):
    compiling = importlib.import_module("minigrad.kernels.numba_cpu.compiling")
    monkeypatch.setattr(compiling.threading, "Timer", AtOnce)
    monkeypatch.setattr(compiling, "_say", functools.cache(compiling._say.__wrapped__))
    assert doubles(module_with_loop())
    assert capsys.readouterr().err.startswith("minigrad: compiling fast loops")
    numba.njit(lambda: 1)()
    assert doubles(module_with_loop())  # from the disk
    module_with_loop().double(np.ones(3, np.float32))  # the line is said once
    compiling._say.cache_clear()
    assert doubles(module_with_loop())
    numba.njit(lambda: 2)()  # a learner's own
    assert capsys.readouterr().err == ""


def test_compiling_that_takes_no_time_is_not_mentioned(module_with_loop, monkeypatch, capsys):
    compiling = importlib.import_module("minigrad.kernels.numba_cpu.compiling")
    timers = []

    class Never:
        def __init__(self, seconds, function):
            timers.append(self)

        def start(self):
            self.running = True

        def cancel(self):
            self.running = False

    monkeypatch.setattr(compiling.threading, "Timer", Never)
    assert doubles(module_with_loop())
    assert [timer.running for timer in timers] == [False]
    assert capsys.readouterr().err == ""


def test_no_folder_for_the_cache_is_no_error(module_with_loop, monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert doubles(module_with_loop())


def test_a_full_disk_is_no_error_and_runs_the_loop_once(module_with_loop, monkeypatch):
    def full(self, key, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert doubles(module_with_loop())


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("kept", [0, 10, -100, None], ids=["empty", "start", "cut off", "gone"])
def test_a_cache_with_bytes_missing_is_no_error(module_with_loop, tmp_path, suffix, kept):
    assert doubles(module_with_loop())
    files = list(tmp_path.glob(f"__pycache__/*.{suffix}"))
    assert files
    for file in files:
        if kept is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:kept])
    assert doubles(module_with_loop())


@pytest.mark.parametrize("kind", ["same", "shifted", "transposed"])
def test_a_gradient_in_the_parameters_own_memory(kind):
    """The plain code reads all of g before it writes p; so must a loop that goes from element to element."""

    def arrays():
        memory = np.arange(1.0, 10.0)
        return {
            "same": (memory, memory),
            "shifted": (memory[1:], memory[:-1]),
            "transposed": (memory.reshape(3, 3), memory.reshape(3, 3).T),
        }[kind]

    (p, g), (expected, same) = arrays(), arrays()
    numba_cpu.sgd_step([p], [g], None, 0.5, 0.0, 0.0, 0.1, False, False)
    reference.sgd_step([expected], [same], None, 0.5, 0.0, 0.0, 0.1, False, False)
    np.testing.assert_allclose(p, expected, rtol=1e-15)


@pytest.mark.parametrize("kind", ["turned", "overlapping", "a gradient"])
def test_parameters_that_lie_in_each_other_s_memory_are_updated_one_after_the_other(kind):
    """Tied weights, say: the second parameter's weight decay is that of what the first step has left."""

    def arrays():
        memory = np.arange(1.0, 10.0)
        square, g = memory.reshape(3, 3), [np.full((3, 3), 0.5), np.arange(9.0).reshape(3, 3)]
        return {
            "turned": ([square, square.T], g),
            "overlapping": ([memory[:6], memory[3:]], [np.ones(6), np.arange(6.0)]),
            "a gradient": ([square, np.ones((3, 3))], [g[0], square]),
        }[kind]

    (ps, gs), (expected, same) = arrays(), arrays()
    numba_cpu.sgd_step(ps, gs, None, 0.5, 0.0, 0.0, 0.1, False, False)
    reference.sgd_step(expected, same, None, 0.5, 0.0, 0.0, 0.1, False, False)
    for p, q in zip(ps, expected, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-15)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_large_and_small_parameters_in_one_call_whatever_the_threads(threads):
    """Enough elements that threads share them, and borders that fall inside of a parameter."""
    rng = np.random.default_rng(0)
    shapes = [(7,), (300, 301), (), (65, 1000), (0, 4), (1,)]
    given = [[rng.uniform(0.1, 1, size=shape) for shape in shapes] for _ in range(4)]
    before = get_num_threads()
    set_num_threads(threads)
    try:
        same_as_reference("adam_step", [*given, None], 3, RATE, 0.9, 0.999, 1e-8, 0.1, False, False)
    finally:
        set_num_threads(before)


def test_columns_of_tiles_have_names_of_their_own():
    """By its name alone is a function found that loops of two processes, both from the cache, call."""
    names = {
        column.__qualname__
        for column in (microkernel._four, microkernel._three, microkernel._two, microkernel._one)
    }
    assert len(names) == 4

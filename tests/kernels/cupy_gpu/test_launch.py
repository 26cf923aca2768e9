"""Launching: what a source says that a kernel takes, and what is refused."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad.kernels.cupy_gpu import compiling, on_cpu
from minigrad.kernels.cupy_gpu import launch as launching
from minigrad.kernels.cupy_gpu.launch import Parameter, blocks_for, kernels_in, launch, wide

needs_compiler = pytest.mark.skipif(on_cpu.compiler() is None, reason="no C++ compiler is found")


def test_parameters_are_those_of_the_first_line_of_a_kernel():
    assert kernels_in("activation.cu")["leaky_relu"] == (
        Parameter("y", "real", True),
        Parameter("x", "real", True),
        Parameter("slope", "double", False),
        Parameter("size", "long long", False),
    )
    dropout = kernels_in("dropout.cu")["dropout"]
    assert dropout[2] == Parameter("limit", "unsigned long long", False)
    assert dropout[5] == Parameter("step", "unsigned long long", True)
    gather = kernels_in("conv_gather.cu")["conv_gather"]  # with __launch_bounds__, over several lines
    assert [p.name for p in gather[:6]] == ["y", "a", "source", "bias", "places", "classes"]
    assert gather[4] == Parameter("places", "int2", True)


def test_every_kernel_of_every_source_is_found():
    for path in launching.SOURCE.glob("*.cu"):
        found = kernels_in(path.name)
        assert len(found) == path.read_text(encoding="utf-8").count("__global__"), path.name


X = np.ones(4, np.float32)
REFUSED = {
    "another dtype": ((X, X.astype("d"), 4), r"relu: x is an array of float, C-ordered; got float64, C-"),
    "whole numbers": ((X, np.ones(4, np.int32), 4), "relu: x is an array of float, C-ordered; got int32"),
    "half of the digits": ((X.astype("e"), X, 4), "relu: y is an array of float, C-ordered; got float16"),
    "not C-ordered": ((X, np.ones(8, np.float32)[::2], 4), "relu: x .* got float32, not C-ordered"),
    "a number for an array": ((X, 3.0, 4), "relu: x is an array of float, of NumPy; got <class 'float'>"),
    "an array for a number": ((X, X, X), "relu: size is a number of type long long; got array"),
    "a fraction": ((X, X, 4.5), "relu: size is a number of type long long; got 4.5"),
    "nothing for a number": ((X, X, None), "relu: size is a number of type long long; got None"),
    "too few": ((X, X), r"relu of activation.cu takes 3 arguments \(y, x, size\), got 2"),
    "too many": ((X, X, 4, 5), r"relu of activation.cu takes 3 arguments \(y, x, size\), got 4"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_kernel_does_not_take_is_refused_by_name(case):
    args, said = REFUSED[case]
    with pytest.raises(TypeError, match=said):
        launch("activation.cu", "relu", 1, 256, *args, defines=(("WIDE", 1),))


def test_a_number_that_is_too_large_is_refused_by_name():
    index = np.zeros(1, np.int64)
    with pytest.raises(OverflowError, match="index_add_rows: count is a number of type int; got 2147483648"):
        launch("rows.cu", "index_add_rows", 1, 256, X, X, index, 2**31, 1, 4)


def test_an_array_of_another_library_is_refused_by_name():
    class Elsewhere:
        dtype, flags = X.dtype, X.flags

    with pytest.raises(TypeError, match=r"relu: x is an array of float, of NumPy; got .*Elsewhere"):
        launch("activation.cu", "relu", 1, 256, X, Elsewhere(), 4, defines=(("WIDE", 1),))


def test_an_unknown_kernel_or_source():
    with pytest.raises(KeyError, match="sigmoid"):
        launch("activation.cu", "sigmoid", 1, 256, X, X, 4)
    with pytest.raises(FileNotFoundError, match="nothing"):
        launch("nothing.cu", "relu", 1, 256, X, X, 4)


@needs_compiler
def test_arrays_that_are_not_there_and_arrays_without_an_axis():
    y = np.zeros((), np.float64)
    launch("activation.cu", "relu", 1, 256, y, np.asarray(2.5), 1, defines=(("WIDE", 1),))
    assert y == 2.5
    launch("dropout.cu", "dropout", 1, 256, y, np.asarray(3.5), 0, 1.0, 7, None, 1)
    assert y == 3.5


def test_blocks_and_widths():
    assert [blocks_for(n) for n in (0, 1, 256, 257, 10**9)] == [1, 1, 1, 2, launching.ALL_BLOCKS]
    memory = np.zeros(33, np.float64)
    x = memory[memory.ctypes.data // 8 % 2 :]  # begins at whole 16 bytes
    assert (wide(8, x), wide(7, x), wide(8, x[1:]), wide(8, x, x[1:])) == (2, 1, 1, 1)
    assert (wide(8, x.view(np.float32)), wide(6, x.view(np.float32))) == (4, 1)


class OnACard:
    """What a launch asks of an array on a card."""

    dtype, flags = np.dtype(np.float32), SimpleNamespace(c_contiguous=True)


def test_a_kernel_on_a_card_may_take_more_than_48_kib_of_shared_memory_where_it_is_told_before(monkeypatch):
    launched = []

    class Function:
        max_dynamic_shared_size_bytes = 48 << 10

        def __call__(self, grid, block, args, shared_mem):
            assert shared_mem <= self.max_dynamic_shared_size_bytes
            launched.append((grid, block, args, shared_mem))

    function, y = Function(), OnACard()
    monkeypatch.setattr(launching, "_function", lambda *_: function)
    for shared, allowed in ((1 << 10, 48 << 10), (64 << 10, 64 << 10), (56 << 10, 64 << 10)):
        launch("activation.cu", "relu", 3, (8, 4), y, None, 4, shared=shared)
        assert launched[-1] == ((3, 1, 1), (8, 4, 1), (y, 0, 4), shared)
        assert function.max_dynamic_shared_size_bytes == allowed


@pytest.mark.parametrize("architecture", ["sm_80", None])
def test_a_source_is_compiled_by_nvrtc_where_it_is_and_else_by_cupy(monkeypatch, architecture):
    """For the first array's kind of numbers, and what else the launch defines."""

    class Module:
        def __init__(self, **given):
            self.given = given

        def get_function(self, kernel):
            return SimpleNamespace(kernel=kernel, **self.given)

    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(RawModule=Module))
    monkeypatch.setattr(compiling, "here", lambda: architecture)
    monkeypatch.setattr(compiling, "kept", lambda variant, architecture: f"{architecture}: {variant}")
    launching._module.cache_clear()
    launching._function.cache_clear()
    function = launching._function("norm.cu", "norm_output", "double", (("WIDE", 2),))
    launching._module.cache_clear()
    launching._function.cache_clear()
    assert function.kernel == "norm_output"
    if architecture:
        assert function.path == "sm_80: norm.cu REAL=double WIDE=2"
    else:
        assert function.code == launching.program("norm.cu")
        assert function.options == ("-std=c++17", "-DREAL=double", "-DWIDE=2")

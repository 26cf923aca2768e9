"""What holds for every kernel for a card: no race, no memory beside its own arrays, nothing uncompiled."""

import subprocess
import sys

import numpy as np
import pytest

from minigrad.kernels import cupy_gpu, precision, reference
from minigrad.kernels.cupy_gpu import compiling, conv, on_cpu
from minigrad.kernels.cupy_gpu.launch import kernels_in
from tests.kernels.backends import FAST, cuda_backends, kernels_of
from tests.kernels.cupy_gpu.calls import calls, in_tiles_of, results

REALS = pytest.mark.parametrize("dtype", [np.float32, np.float64])
on_the_cpu = pytest.mark.parametrize("backend", [p for p in FAST if p.id == "cuda_on_cpu"])


def test_there_is_a_call_of_every_kernel():
    assert {name for _, name, _ in calls(np.float32)} == kernels_of(cupy_gpu) - {"matmul"}


@cuda_backends
@REALS
def test_results_repeat_bit_for_bit_in_whatever_order_threads_run(backend, dtype):
    """On the CPU the last block, warp and thread run first: what comes out otherwise is a race."""
    for case, name, args in calls(dtype):
        expected = results(backend, name, args)
        with on_cpu.backwards():
            found = results(backend, name, args)
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=f"{name} {case}")


@cuda_backends
@pytest.mark.parametrize(("m", "digits"), [(64, "high"), (128, "highest")])
def test_convolutions_in_large_tiles_are_the_references(backend, m, digits, monkeypatch):
    monkeypatch.setattr(precision, "conv", digits)
    monkeypatch.setattr(conv, "plan", in_tiles_of(m))
    for case, name, args in calls(np.float32):
        if name.startswith("conv2d"):
            found, again = results(backend, name, args), results(backend, name, args)
            for x, y, z in zip(found, results(reference, name, args), again, strict=True):
                off = np.linalg.norm(x - y) / np.linalg.norm(y)
                assert off < (2e-3 if digits == "high" else 2e-6), (name, case)
                np.testing.assert_array_equal(x, z, err_msg=f"{name} {case}")


@on_the_cpu
@REALS
def test_every_kernel_is_launched_in_a_variant_that_is_compiled_for_a_card(backend, dtype, monkeypatch):
    launched, kernels, known = set(), set(), set(compiling.variants())
    run = on_cpu.run

    def noting(source, kernel, grid, block, args, shared, defines):
        launched.add(compiling.Variant(source, defines))
        kernels.add((source, kernel))
        run(source, kernel, grid, block, args, shared, defines)

    monkeypatch.setattr(on_cpu, "run", noting)
    monkeypatch.setattr(precision, "conv", "high")
    for _, name, args in calls(dtype):
        results(backend, name, args)
    monkeypatch.setattr(conv, "plan", in_tiles_of(64))
    with on_cpu.hopper():
        for name, args in weight_gradients(dtype):
            results(backend, name, args)
    assert launched <= known
    assert any(variant.warpgroups for variant in launched) is (dtype == np.float32)
    assert kernels == {
        (source, kernel)
        for source in {variant.source for variant in known}
        for kernel in kernels_in(source)
        if dtype == np.float32 or source not in compiling.SINGLE
    }


def weight_gradients(dtype):
    return [(name, args) for _, name, args in calls(dtype) if name == "conv2d_weight_grad"]


@on_the_cpu
@pytest.mark.parametrize("m", [64, 128])
def test_four_warps_together_multiply_as_each_for_itself(backend, m, monkeypatch):
    monkeypatch.setattr(precision, "conv", "high")
    monkeypatch.setattr(conv, "plan", in_tiles_of(m))
    for name, args in weight_gradients(np.float32):
        alone = results(backend, name, args)
        with on_cpu.hopper():
            together = results(backend, name, args)
            with on_cpu.backwards():
                again = results(backend, name, args)
        for x, y, z in zip(together, alone, again, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5, err_msg=name)
            np.testing.assert_array_equal(x, z, err_msg=name)


GUARDED = """
import ctypes, faulthandler, mmap, sys
import numpy as np
from minigrad.kernels import cupy_gpu, precision
from minigrad.kernels.cupy_gpu import conv, launch as launching, on_cpu
from tests.kernels.cupy_gpu.calls import calls, in_tiles_of, results

faulthandler.enable()
PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)
at_end = sys.argv[2] == "end"


class Guarded:
    '''A copy of an array between two pages that no one may touch.'''

    def __init__(self, x):
        self.pages = max(1, -(-x.nbytes // PAGE))
        self.memory = mmap.mmap(-1, (self.pages + 2) * PAGE)
        whole = np.frombuffer(self.memory, np.uint8)
        self.begin = whole.ctypes.data
        inside = whole[PAGE : (self.pages + 1) * PAGE]
        place = inside[inside.size - x.nbytes :] if at_end else inside[: x.nbytes]
        self.copy = place.view(x.dtype).reshape(x.shape)
        self.copy[...] = x
        self.protect(0)

    def protect(self, rights):
        for page in (0, self.pages + 1):
            assert not libc.mprotect(ctypes.c_void_p(self.begin + page * PAGE), PAGE, rights)


run = on_cpu.run


def guarded_run(source, kernel, grid, block, args, shared, defines):
    if source == "optimisers.cu":  # a table says where its arrays are
        return run(source, kernel, grid, block, args, shared, defines)
    guarded = [Guarded(a) if isinstance(a, np.ndarray) else None for a in args]
    given = [a if g is None else g.copy for a, g in zip(args, guarded)]
    run(source, kernel, grid, block, given, shared, defines)
    for a, g in zip(args, guarded):
        if g is not None:
            g.protect(mmap.PROT_READ | mmap.PROT_WRITE)
            if a.flags.writeable:
                a[...] = g.copy


on_cpu.run = guarded_run
precision.conv = "highest"
for case, name, args in calls(np.dtype(sys.argv[1])):
    print(name, case, flush=True)
    results(cupy_gpu, name, args)
precision.conv = "high"
conv.plan = in_tiles_of(128)
with on_cpu.hopper():
    for case, name, args in calls(np.dtype(sys.argv[1])):
        if name == "conv2d_weight_grad":
            print("as Hopper", name, case, flush=True)
            results(cupy_gpu, name, args)
"""


@on_the_cpu
@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
@pytest.mark.parametrize("where", ["begin", "end"])
@REALS
def test_no_kernel_reads_or_writes_beside_its_arrays(backend, dtype, where):
    """Each array lies directly beside a page that may not be touched: whoever does is ended."""
    command = [sys.executable, "-c", GUARDED, np.dtype(dtype).char, where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"after {done.stdout[-300:]}\n{done.stderr}"

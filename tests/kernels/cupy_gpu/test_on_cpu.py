"""CUDA on the CPU: what its header does, and what is said when it cannot."""

import functools
import os

import numpy as np
import pytest

from minigrad.kernels.cupy_gpu import launch as launching
from minigrad.kernels.cupy_gpu import on_cpu

pytestmark = pytest.mark.skipif(on_cpu.compiler() is None, reason="no C++ compiler is found")

SOURCE = """
extern "C" __global__ void order(int *seen, int *count)
{
    seen[(*count)++] = blockIdx.x * blockDim.x + threadIdx.x;
}

// y = x turned around within each block, by way of shared memory
extern "C" __global__ void turned(int *y, const int *x, int wait)
{
    __shared__ int room[256];
    const int t = threadIdx.x;
    room[t] = x[blockIdx.x * 256 + t];
    if (wait) __syncthreads();
    y[blockIdx.x * 256 + t] = room[255 - t];
}

extern "C" __global__ void some_wait(int *y)
{
    if (threadIdx.x < 40) __syncthreads();
    y[threadIdx.x] = 1;
}

extern "C" __global__ void some_shuffle(int *y)
{
    if (threadIdx.x < 3) y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, y[threadIdx.x], 1);
}

extern "C" __global__ void sums_of_warps(double *y, const double *x)
{
    double sum = x[threadIdx.x];
    for (int lane = 16; lane > 0; lane /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, lane);
    y[threadIdx.x] = sum;
}

extern "C" __global__ void where(int *y)
{
    const int thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    const int block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const int size = blockDim.x * blockDim.y * blockDim.z;
    y[block * size + thread] += 100 * blockIdx.z + 10 * threadIdx.y + threadIdx.x;
}

extern "C" __global__ void unwritten(float *y)
{
    SHARED_BUFFER(room);
    y[threadIdx.x] = room[threadIdx.x];
}

extern "C" __global__ void between(float *y, const float *x)
{
    SHARED_BUFFER(room);
    copy_16(room, x, true);
    y[0] = room[0];
}

extern "C" __global__ void product(float *d, const float *a, const float *b)
{
    const int lane = threadIdx.x, g = lane / 4, q = lane % 4;
    const float left[4] = {a[g * 8 + q], a[(g + 8) * 8 + q], a[g * 8 + q + 4], a[(g + 8) * 8 + q + 4]};
    const float right[2] = {b[q * 8 + g], b[(q + 4) * 8 + g]};
    float sums[4] = {0, 0, 0, 0};
    tensor_core_product(sums, left, right);
    for (int i = 0; i < 4; i++) d[(g + i / 2 * 8) * 8 + 2 * q + i % 2] = sums[i];
}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(kernel, grid, block, *arrays, ...): a kernel of the source above, compiled anew."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "trial.cu").write_text(SOURCE)
    (tmp_path / "on_cpu.h").write_text(launching.text("on_cpu.h"))
    for name in ("text", "kernels_in"):
        monkeypatch.setattr(launching, name, functools.cache(getattr(launching, name).__wrapped__))
        monkeypatch.setattr(on_cpu, name, getattr(launching, name))
    for module in (launching, on_cpu):
        monkeypatch.setattr(module, "SOURCE", tmp_path)
    return lambda *args, **options: launching.launch("trial.cu", *args, **options)


def test_threads_run_in_order_or_backwards(run):
    for backwards, expected in ((False, range(12)), (True, range(11, -1, -1))):
        seen, count = np.zeros(12, np.int32), np.zeros(1, np.int32)
        if backwards:
            with on_cpu.backwards():
                run("order", 3, 4, seen, count)
        else:
            run("order", 3, 4, seen, count)
        assert seen.tolist() == list(expected)


def test_backwards_ends_with_an_error_inside(run):
    with pytest.raises(KeyError), on_cpu.backwards():
        raise KeyError
    seen = np.zeros(2, np.int32)
    run("order", 1, 2, seen, np.zeros(1, np.int32))
    assert seen.tolist() == [0, 1]


def test_a_barrier_lets_a_block_hand_on_numbers_and_without_it_the_order_shows_the_race(run):
    x = np.arange(512, dtype=np.int32)
    expected = x.reshape(2, 256)[:, ::-1].reshape(-1)

    def both_ways(wait):
        there, back = np.zeros_like(x), np.zeros_like(x)
        run("turned", 2, 256, there, x, wait)
        with on_cpu.backwards():
            run("turned", 2, 256, back, x, wait)
        return there, back

    for y in both_ways(1):
        np.testing.assert_array_equal(y, expected)
    there, back = both_ways(0)
    assert (there != back).any()


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        ("some_wait", r"block \(0, 0, 0\): __syncthreads\(\) that only some threads of the block reach"),
        ("some_shuffle", "some threads of a warp meet, and others wait for their block or have ended"),
    ],
)
def test_a_barrier_that_some_threads_miss_is_reported_and_the_next_launch_is_sound(run, kernel, said):
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f"{kernel} of trial.cu, .*{said}"):
            run(kernel, 1, 64, np.zeros(64, np.int32))
        seen = np.zeros(64, np.int32)
        run("order", 1, 64, seen, np.zeros(1, np.int32))
        assert seen.tolist() == list(range(64))


def test_a_shuffle_stays_in_its_warp(run):
    x, y = np.arange(96.0), np.zeros(96)
    run("sums_of_warps", 1, 96, y, x)
    np.testing.assert_array_equal(y, np.repeat(x.reshape(3, 32).sum(1), 32))


def test_grids_and_blocks_of_three_dimensions(run):
    y = np.zeros(2 * 3 * 2 * 4, np.int32)
    run("where", (1, 3, 2), (4, 2), y)
    blocks = np.broadcast_to(np.array([[0, 10]]).T + np.arange(4), (2, 3, 2, 4))
    np.testing.assert_array_equal(y.reshape(2, 3, 2, 4), blocks + np.array([0, 100])[:, None, None, None])


def test_shared_memory_begins_as_nan(run):
    y = np.zeros(8, np.float32)
    run("unwritten", 1, 8, y, shared=32)
    assert np.isnan(y).all()


def test_a_copy_of_16_bytes_from_between_is_reported(run):
    memory = np.arange(9, dtype=np.float32)
    whole = memory[memory.ctypes.data // 4 % 4 and 4 - memory.ctypes.data // 4 % 4 :]
    y = np.zeros(1, np.float32)
    run("between", 1, 1, y, whole, shared=16)
    assert y[0] == whole[0]
    with pytest.raises(RuntimeError, match="a copy of 16 bytes from or to an address between"):
        run("between", 1, 1, y, whole[1:], shared=16)


def test_a_product_of_tensor_cores_cuts_its_factors_to_tf32(run):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(16, 8)).astype(np.float32), rng.normal(size=(8, 8)).astype(np.float32)
    d = np.zeros((16, 8), np.float32)
    run("product", 1, 32, d, a, b)
    cut_a, cut_b = ((x.view(np.uint32) & 0xFFFFE000).view(np.float32).astype(np.float64) for x in (a, b))
    np.testing.assert_allclose(d, cut_a @ cut_b, rtol=0, atol=1e-6)
    assert np.abs(d - a.astype(np.float64) @ b).max() > 1e-5


# What is said when it cannot -----------------------------------------------------------------------------


@pytest.fixture
def anew(monkeypatch):
    """Compile anew, whatever this process has compiled."""
    monkeypatch.setattr(on_cpu, "_library", on_cpu._library.__wrapped__)
    y = np.zeros(3, np.float32)
    return lambda: launching.launch("activation.cu", "relu", 1, 256, y, y, 3, defines=(("WIDE", 1),))


def test_no_compiler(anew, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImportError, match=r"takes a C\+\+ compiler: install g\+\+ or clang\+\+"):
        anew()


def test_a_compiler_that_is_not_there_is_named(anew, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ImportError, match="CXX, which names 'no-such-compiler': that is not found"):
        anew()


def compiler_that(does, folder, monkeypatch):
    script = folder / "c++"
    script.write_text(f"#!/bin/sh\n{does}\n")
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))


def test_a_compiler_that_fails_is_heard(anew, monkeypatch, tmp_path):
    compiler_that("echo 'it is Sunday' >&2; exit 1", tmp_path, monkeypatch)
    with pytest.raises(RuntimeError, match=r"activation.cu does not compile with .*:\nit is Sunday"):
        anew()


def test_a_folder_that_cannot_be_written_is_named(anew, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")  # no folder, so that it holds for an administrator, too
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"cannot be kept in .*file or loaded.* variable TMPDIR"):
        anew()


def test_a_folder_that_others_may_write_is_refused(anew, monkeypatch, tmp_path):
    """What lies there is loaded as a program."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"minigrad-kernels-{on_cpu.os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(OSError, match=r"others may write into .*minigrad-kernels"):
        anew()


def test_a_new_folder_is_of_this_user_alone(anew, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = os.umask(0)
    try:
        anew()
    finally:
        os.umask(before)
    (folder,) = tmp_path.glob("minigrad-kernels-*")
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_is_no_library_is_an_error_that_says_what_to_do(anew, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    compiler_that('for last; do :; done; echo "no library" > "$last"', tmp_path, monkeypatch)
    with pytest.raises(OSError, match=r"loaded from there: .* Name another folder"):
        anew()

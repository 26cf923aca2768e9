"""
Lesson 22: one convolution on a GPU
===================================

A card has thousands of units that multiply, and a program for it says what one thread of thousands does. To
write one is easy. To keep the units busy is not: a number from memory takes as long as hundreds of
multiplications, so all depends on what each thread reads, and how often a number that was read is used. We
climb lesson 9's ladder further: a thread for each number of the result, then tiles in memory that a block of
threads shares, then products on tensor cores. We count what each thread reads, and look at it.

    python lessons/22_convolution_on_a_gpu.py                   with a card: with times; without: on the CPU
    python lessons/22_convolution_on_a_gpu.py --results FILE    write the card's times to a file, too

Without a card the same kernels run on the CPU, one thread after the other, and a C++ compiler is needed. The
times are then those that are kept with the project, from a card.
"""

import argparse
import datetime
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, viz
from minigrad.kernels.cupy_gpu import on_cpu
from minigrad.kernels.cupy_gpu.launch import launch
from minigrad.nn import functional as F

parser = argparse.ArgumentParser(description="One convolution on a GPU, in three kernels.")
parser.add_argument("--results", type=Path, metavar="FILE", help="write the card's times to this file")
options = parser.parse_args()
card = mg.cuda.is_available()
if not card and on_cpu.compiler() is None:
    sys.exit("This lesson takes an NVIDIA card, or a C++ compiler to run its kernels without: install g++.")
if not card and options.results:
    sys.exit("--results writes the times of a card, and there is none here.")
output = Path("output/22_convolution_on_a_gpu").resolve()
output.mkdir(parents=True, exist_ok=True)

# %%
# A thread for each number of the result
# --------------------------------------
# Threads come in blocks, here of 256. A thread knows which one it is (``threadIdx``) and in which block
# (``blockIdx``); from that it works out which number of the result is its own, and adds up what the kernel
# sees there: lesson 9's definition without its four outer loops. It is CUDA, which is C++ with such words.
#
# Images are x (N, C, H, W), the kernels 3 x 3, and there is no padding. The kernels are turned, so that O
# comes last: w (3, 3, C, O). ``READ(x, at)`` is ``x[at]``, and where we ask for it, it counts.

BEGIN = """
#if COUNTED
#define READ(x, at) (reads[threadIdx.x * size + (at)]++, x[at])
#else
#define READ(x, at) x[at]
#endif
"""

THREAD_EACH = """
extern "C" __global__ void thread_each(float *y, const float *x, const float *w, int N, int C, int H, int W,
                                       int O, int *reads, int size)
{
    const int OH = H - 2, OW = W - 2, at = blockIdx.x * 256 + threadIdx.x;
    if (at >= N * O * OH * OW) return;
    const int j = at % OW, i = at / OW % OH, o = at / OW / OH % O, n = at / OW / OH / O;
    float sum = 0;
    for (int c = 0; c < C; c++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
                sum += READ(x, ((n * C + c) * H + i + a) * W + j + b) * w[((a * 3 + b) * C + c) * O + o];
    y[at] = sum;
}
"""

# %%
# Threads that follow one another compute numbers that lie beside each other, and so they read numbers that
# lie beside each other. That matters: 32 threads of a card, a warp, go in step, and what they read at once
# from one piece of memory costs one access.
#
# Still, look at the innermost line. For each multiplication two numbers are read. The neighbour on the right
# reads two thirds of the same pixels, the one below as well, and the next kernel's thread all of them.
#
# Tiles in shared memory
# ----------------------
# The threads of a block can share. Each multiprocessor has some memory of its own, small and near, that all
# threads of a block see. So let a block compute 16 x 16 numbers of the result, for 16 kernels. For one
# channel after the other, its threads fetch the 18 x 18 pixels under it and the 16 kernels, together and
# once; then each thread takes from there. ``__syncthreads()`` waits for the others: until all has been
# fetched, and until nobody needs it any more.

TILES = """
extern "C" __global__ void tiles(float *y, const float *x, const float *w, int N, int C, int H, int W, int O,
                                 int *reads, int size)
{
    SHARED_BUFFER(shared);
    float *pixels = shared, *weights = shared + 18 * 18;  // (18, 18) and (9, 16)
    const int OH = H - 2, OW = W - 2, across = (OW + 15) / 16, t = threadIdx.x;
    const int top = blockIdx.x / across * 16, left = blockIdx.x % across * 16;
    const int first = blockIdx.y * 16, n = blockIdx.z, i = t / 16, j = t % 16;
    float sums[16] = {};
    for (int c = 0; c < C; c++) {
        __syncthreads();
        for (int k = t; k < 18 * 18; k += 256) {
            const int h = top + k / 18, v = left + k % 18;
            pixels[k] = h < H && v < W ? READ(x, ((n * C + c) * H + h) * W + v) : 0.0f;
        }
        if (t < 9 * 16) {
            const int o = first + t % 16;
            weights[t] = o < O ? w[(t / 16 * C + c) * O + o] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int tap = 0; tap < 9; tap++) {
            const float seen = pixels[(i + tap / 3) * 18 + j + tap % 3];
#pragma unroll
            for (int o = 0; o < 16; o++) sums[o] += weights[tap * 16 + o] * seen;
        }
    }
    if (top + i < OH && left + j < OW)
        for (int o = 0; o < 16 && first + o < O; o++)
            y[((n * O + first + o) * OH + top + i) * OW + left + j] = sums[o];
}
"""

# %%
# A thread keeps 16 sums in registers, the nearest memory of all, and uses each pixel 16 times once it has it.
# That is the same thought once more, and the one behind the tiles of lesson 9's third rung.
#
# Tensor cores
# ------------
# Beside its ordinary units a card has others that do one thing: a warp's 32 threads together hand in two
# small matrices, 16 x 8 and 8 x 8, and get their product added to a third. What they multiply is cut to TF32,
# three digits; what they add up keeps all of its seven.
#
# So we need matrices, and lesson 9's second rung has them: kernels times columns, where a column is what the
# kernel sees at one place. But nobody writes the columns down. A block computes 64 kernels at 64 places. It
# takes one element of the kernel after the other, and 16 channels at a time: that slice of both matrices,
# 64 x 16 each, is fetched into shared memory, straight from the image, and multiplied. ``multiply``, and
# ``InFours``, which says where a number of a slice lies, are those of minigrad's own kernels:
# ``minigrad/kernels/cupy_gpu/source/tensor_core.h``.

TENSOR_CORES = """
#define PASSES 1
#include "tensor_core.h"

extern "C" __global__ void tensor_cores(float *y, const float *x, const float *w, int N, int C, int H, int W,
                                        int O, int *reads, int size)
{
    using Lies = InFours<64>;
    SHARED_BUFFER(shared);
    float *A = shared, *B = shared + 65 * 16;  // 64 kernels and 64 places, 16 channels each
    const int OH = H - 2, OW = W - 2, t = threadIdx.x, lane = t % 64, part = t / 64 * 8, warp = t / 32;
    const int place = blockIdx.x * 64 + lane, places = N * OH * OW, o = blockIdx.y * 64 + lane;
    const int corner = (place / OW / OH * C * H + place / OW % OH) * W + place % OW;  // the first it sees
    float sums[2][4][4] = {};  // of a warp's 32 x 32 numbers, this thread's
    for (int tap = 0; tap < 9; tap++)
        for (int first = 0; first < C; first += 16) {
            __syncthreads();
            for (int k = part; k < part + 8; k++) {
                const int c = first + k, at = corner + (c * H + tap / 3) * W + tap % 3;
                A[Lies::at(lane, k)] = o < O && c < C ? w[(tap * C + c) * O + o] : 0.0f;
                B[Lies::at(lane, k)] = place < places && c < C ? READ(x, at) : 0.0f;
            }
            __syncthreads();
            const int above = warp / 2 * 32, left = warp % 2 * 32;
            multiply<2, 4, 16, Lies, Lies>(sums, A + Lies::at(above, 0), B + Lies::at(left, 0));
        }
    for (int k = 0; k < 32; k++) {
        const int m = k / 16, n = k / 4 % 4, one = k % 4;  // as tensor_core_product has them: see on_gpu.h
        const int row = blockIdx.y * 64 + warp / 2 * 32 + m * 16 + one / 2 * 8 + t % 32 / 4;
        const int column = blockIdx.x * 64 + warp % 2 * 32 + n * 8 + t % 4 * 2 + one % 2;
        if (row < O && column < places)
            y[(column / OW / OH * O + row) * OH * OW + column % (OH * OW)] = sums[m][n][one];
    }
}
"""

KERNELS = {"thread_each": THREAD_EACH, "tiles": TILES, "tensor_cores": TENSOR_CORES}
for name, text in KERNELS.items():
    (output / f"{name}.cu").write_text(BEGIN + text, encoding="utf-8")

# %%
# Whoever starts a kernel says how many blocks there are, and how many threads each has. ``launch`` compiles
# the file when it is first used, and starts it on the card for CuPy's arrays. For NumPy's it compiles the
# same file as C++, behind a header that says what CUDA's words mean on a CPU, and runs one thread after the
# other. That is slow, but whoever has no card can see what the threads do.


def convolve(kernel: str, x: Any, w: Any, y: Any, reads: Any = None, one_block: bool = False) -> None:
    """y = the convolution of x (N, C, H, W) with w (3, 3, C, O), by this kernel."""
    (N, C, H, W), O = x.shape, w.shape[3]
    OH, OW = H - 2, W - 2
    grid, block, shared = {
        "thread_each": ((-(-N * O * OH * OW // 256), 1, 1), 256, 0),
        "tiles": ((-(-OH // 16) * -(-OW // 16), -(-O // 16), N), 256, (18 * 18 + 9 * 16) * 4),
        "tensor_cores": ((-(-N * OH * OW // 64), -(-O // 64), 1), 128, 2 * 65 * 16 * 4),
    }[kernel]
    size = 0 if reads is None else x.size
    launch(
        str(output / f"{kernel}.cu"),
        kernel,
        1 if one_block else grid,
        block,
        *(y, x, w, N, C, H, W, O, reads, size),
        shared=shared,
        defines=(("COUNTED", int(reads is not None)),),
    )


# %%
# Do they agree?
# --------------
# With the plain reference, on sizes that fit no tile: then something is left over at each edge. How far is it
# off, as a part of the whole? The first two have float32's digits, the third has TF32's. And without a card
# we also let the threads run in the opposite order: a kernel whose threads overwrite what others still need
# would give other numbers.

chance = np.random.default_rng(0)


def images_and_kernels(N: int, C: int, H: int, W: int, O: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (N, C, H, W), w (O, C, 3, 3), and room for the result."""
    x = chance.normal(size=(N, C, H, W)).astype(np.float32)
    w = chance.normal(size=(O, C, 3, 3)).astype(np.float32)
    return x, w, np.empty((N, O, H - 2, W - 2), np.float32)


def there(*arrays: np.ndarray) -> list[Any]:
    """The arrays where the kernels run: on the card, or as they are."""
    if not card:
        return list(arrays)
    import cupy

    return [cupy.asarray(a) for a in arrays]


def turned(w: np.ndarray) -> np.ndarray:
    """(O, C, 3, 3) -> (3, 3, C, O)."""
    return np.ascontiguousarray(w.transpose(2, 3, 1, 0))


differences: dict[str, float] = {}
print("off the reference by" + (", on " + mg.cuda.get_device_name() if card else ", on the CPU"))
for shape in ((2, 3, 20, 11, 5), (1, 33, 9, 40, 70)):
    x, w, y = images_and_kernels(*shape)
    with mg.device("cpu"), mg.backend("reference"):
        right = F.conv2d(mg.from_numpy(x), mg.from_numpy(w)).numpy()
    for kernel in KERNELS:
        on = there(x, turned(w), y)
        convolve(kernel, *on)
        got = on[2].get() if card else y.copy()
        off = float(np.linalg.norm(got - right) / np.linalg.norm(right))
        assert off < (1e-2 if kernel == "tensor_cores" else 1e-6), (kernel, off)
        differences[kernel] = max(off, differences.get(kernel, 0.0))
        if not card:
            with on_cpu.backwards():
                convolve(kernel, x, turned(w), y)
            assert np.array_equal(y, got), kernel
for kernel, off in differences.items():
    print(f"  {kernel:14} {off:.0e}")
print("Checked: all three agree." + ("" if card else " In whatever order their threads run."))

# %%
# What each thread reads
# ----------------------
# An image of 18 x 18 and one channel gives 16 x 16 results. We run the first block of each kernel on the CPU,
# and count how often each thread reads each pixel from memory: that of one thread, of a warp of 32 threads,
# and of the block.

if on_cpu.compiler() is not None:
    x, w, y = images_and_kernels(1, 1, 18, 18, 64)
    panels, labels = [], []
    print("\nreads of one block   results   reads for each")
    for kernel, results in (("thread_each", 256), ("tiles", 256 * 16), ("tensor_cores", 64 * 64)):
        reads = np.zeros((256, 18, 18), np.int32)
        convolve(kernel, x, turned(w), y, reads, one_block=True)
        counts = reads[100 if kernel == "thread_each" else 60], reads[:32].sum(0), reads.sum(0)
        for who, count in zip(("thread", "warp", "block"), counts, strict=True):
            panels.append(count)
            labels.append(f"{kernel}, {who}: {count.sum()}")
        total = int(reads.sum())
        print(f"  {kernel:14} {total:6} {results:7} {total / results:12.2f}")
    viz.maps(np.stack(panels), labels, columns=3).save(output / "reads.png")
    print(f"The picture, with how many reads, the darker the more: {output / 'reads.png'}")

# %%
# Nine reads for each number of the result, and for each channel; then less than a tenth; then a seventh. (In
# the last one a pixel is read up to nine times by one block, once for each element of the kernel. But it is
# read for 64 kernels at once.) A card's caches catch many of the first kernel's reads, or it would be slower
# still; yet a cache has to be asked, too, each time.
#
# How fast is that?
# -----------------
# Two layers: of a ResNet18 for photographs, and of lesson 10's network with a larger batch. A card works on
# its own, so we start each kernel many times, wait for the last, and take the time for all. Beside them the
# library's own, ``F.conv2d``.

SIZES = {"ResNet18, layer1": (64, 64, 58, 58, 64), "CNN, second, batch 1024": (1024, 32, 13, 13, 64)}
ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "results" / "convolution_on_a_gpu.json"


def milliseconds(run: Callable[[], object]) -> float:
    """The median of seven rounds, each long enough to measure."""
    for _ in range(3):
        run()  # the first one compiles
    mg.cuda.synchronize()
    rounds = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(20):
            run()
        mg.cuda.synchronize()
        rounds.append((time.perf_counter() - began) / 20 * 1000)
    return float(np.median(rounds))


def measured() -> dict[str, Any]:
    """The times of each kernel and of the library's, on this card."""
    import cupy

    times = {}
    for size, shape in SIZES.items():
        x, w, y = images_and_kernels(*shape)
        on = there(x, turned(w), y)
        ours = mg.from_numpy(x).to("cuda"), mg.from_numpy(w).to("cuda")
        runs: dict[str, Callable[[], object]] = {
            kernel: lambda kernel=kernel, on=on: convolve(kernel, *on) for kernel in KERNELS
        }
        runs["F.conv2d"] = lambda ours=ours: F.conv2d(*ours)
        times[size] = {
            "operations": 2 * y.size * 9 * shape[1],
            "ms": {name: milliseconds(run) for name, run in runs.items()},
        }
    return {
        "card": mg.cuda.get_device_name(),
        "date": datetime.date.today().isoformat(),
        "cupy": cupy.__version__,
        "minigrad": mg.__version__,
        "off the reference": differences,
        "times": times,
    }


def show(record: dict[str, Any]) -> None:
    for size, found in record["times"].items():
        print(f"\n{size}: {found['operations'] / 1e9:.1f} thousand million operations")
        for name, ms in found["ms"].items():
            print(f"  {name:14} {ms:8.3f} ms  {found['operations'] / ms / 1e9:6.1f} million million a second")


if card:
    record = measured()
    print(f"\nOn this card, {record['card']}:")
    show(record)
    if options.results:
        options.results.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
else:
    record = json.loads(KEPT.read_text(encoding="utf-8"))
    print(f"\nNo card here. As it was on one, an {record['card']}, on {record['date']}:")
    show(record)

# %%
# Each rung reads less for each product than the one before, or multiplies faster. The library's own kernel,
# ``conv_gather.cu``, is the third one with what is missing here: while one slice is multiplied the next ones
# are on their way, four numbers are fetched at a time where they lie side by side, and tiles have the shape
# that suits the layer. Of the smaller layer its time is Python's, which prepares each call, more than the
# card's: there a kernel alone seems to win. What cuDNN does besides says ``benchmarks/README.md``.
#
# Exercise
# --------
# Shared memory has 32 banks: number k lies in bank k % 32, and each bank gives one number at a time. When a
# tensor core's matrix is loaded, 8 threads each read 4 numbers at once: those from ``row * r`` on, for r from
# 0 to 7, where ``row`` is how far one row is from the next. If two of these 32 numbers lie in one bank, one
# has to wait. How many numbers does the busiest bank have to give? Write it for any ``row``. If the 16
# channels of a row lay in one piece, it would be 4. With ``InFours`` the first four channels of all rows lie
# in one piece, then the next four, and it is 1. Take out the line with ``raise``.


def busiest(row: int) -> int:
    raise NotImplementedError


# %%
# The check lays the numbers out, and counts.


def check(busiest: Callable[[int], int]) -> None:
    for row in (16, 20, 32, 4, 8, 12, 36, 17, 40, 64):
        banks = [0] * 32
        for r in range(8):
            for k in range(4):
                banks[(row * r + k) % 32] += 1
        got = busiest(row)
        if got != max(banks):
            raise course.NotYet(f"Rows of {row}: the busiest bank gives {max(banks)} numbers, not {got}.")


print()
print(course.solved(busiest, check))

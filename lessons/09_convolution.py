"""
Lesson 9: convolution by hand
=============================

A dense layer gives every pixel a weight of its own, and has to learn a shirt anew wherever it may lie in the
image. A convolution has a few weights only, a kernel, and takes it everywhere: what it has learned to find in
one place, it finds in all. We work it by hand, forward and backward, then see its relatives: pooling, and
transposed convolution. At the end we write the same convolution three times, and look where the speed of a
library comes from.

    python lessons/09_convolution.py
"""

import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, viz
from minigrad.course.examples import convolution
from minigrad.data import FashionMNIST
from minigrad.nn import functional as F

output = Path("output/09_convolution")
output.mkdir(parents=True, exist_ok=True)

# %%
# Forward
# -------
# The kernel is a small matrix. Lay it on the upper left corner of the image, multiply each of its numbers
# with the pixel under it, and add up: that is the first number of the result. Move it by one pixel, do it
# again, row after row. The result is called a feature map: it says how much of what the kernel looks for
# there is at each place. (Mathematics turns the kernel around first, and calls what we do a
# cross-correlation. Learning does not care, for it finds the kernel either way.)

slides = convolution.slides
print(slides.title)
print()
print(slides.grids("x", "w", "y"))

# %%
# Do at least two of the nine on paper; here is the first. The picture shows two of the places, framed, and
# what comes out there.

window, kernel = slides.given["x"][:3, :3], slides.given["w"]
products = [f"{a:.0f}*{b:.0f}" for a, b in zip(kernel.ravel(), window.ravel(), strict=True)]
print(f"\n{' + '.join(products)} = {slides['y'].value[0][0]}")
slides.check()
print("Checked: all nine.")

rows = []
for i, j in ((0, 0), (2, 1)):
    rows.append(viz.cells(slides.given["x"], title="image x", marked=[(i, j, 3, 3)], across=5))
    rows.append(viz.cells(slides.given["w"], title="kernel w", across=5))
    rows.append(viz.cells(slides["y"].value.exact(), title="feature map y", marked=[(i, j)], across=5))
viz.beside(*rows, columns=3).save(output / "places.png")
print(f"\nThe picture: {(output / 'places.png').resolve()}")

# %%
# What a kernel can see
# ---------------------
# Kernels were drawn up by hand long before they were learned. If its numbers add up to 0, an even area
# gives 0 and only changes are seen: from left to right, or from above to below. If all are the same, it
# takes the mean and blurs. In a network, training chooses the numbers; lesson 10 shows what it finds.

images = FashionMNIST(sample="only").data.float() / 255
shoe = images[0]
kernels = {
    "upright edges": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "level edges": [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
    "blur": [[1 / 9] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
}
weight = mg.tensor(list(kernels.values())).reshape(4, 1, 3, 3)  # four kernels, for one channel of grey
found = F.conv2d(shoe.reshape(1, 1, 28, 28), weight, padding=1)  # (1, 4, 28, 28)
viz.maps(mg.cat([shoe[None], found[0]]), ["the image", *kernels], columns=5).save(output / "kernels.png")
print(f"The picture: {(output / 'kernels.png').resolve()}")

# %%
# In code: images have the shape (N, C, H, W), so many images, channels, rows, columns; and kernels
# (O, C, KH, KW), so many kernels, each with a matrix for every channel of the image, whose sums are added.
# Each kernel gives a channel of the result.
#
# How large is the result?
# ------------------------
# An image of ``i`` pixels and a kernel of ``k``: the kernel fits at ``i - k + 1`` places, so 5 and 3 give 3.
# Three things change that.
#
# **Padding** puts ``p`` zeros around the image, on each side. With ``p = 1`` a 3 x 3 kernel leaves the size
# as it is. **Stride** moves the kernel by ``s`` pixels at a time. **Dilation** sets the numbers of the kernel
# ``d`` pixels apart, so that it reaches over ``d * (k - 1) + 1`` pixels without more weights. One by one:

for example in (convolution.stride, convolution.padding, convolution.dilation):
    print("\n" + example.title)
    print()
    print(example.grids("x", "w", "y"))

# %%
# And all of them in one formula, with some sizes that it gives. ``//`` cuts off what is left over: if the
# last step of the stride would carry the kernel over the edge, it is not made, and the last pixels are never
# seen.


def size(i: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return (i + 2 * p - d * (k - 1) - 1) // s + 1


print("\nimage  kernel  stride  padding  dilation  result")
for i, k, s, p, d in [(5, 3, 1, 0, 1), (5, 3, 2, 0, 1), (5, 3, 1, 1, 1), (5, 2, 1, 0, 2), (28, 3, 2, 1, 1)]:
    print(f"{i:5}  {k:6}  {s:6}  {p:7}  {d:8}  {size(i, k, s, p, d):6}")


def sizes() -> Iterator[tuple[int, int, int, int, int]]:
    for i, k, s, p, d in product(range(1, 12), range(1, 5), range(1, 4), range(3), range(1, 3)):
        if i + 2 * p >= d * (k - 1) + 1:  # the kernel fits
            yield i, k, s, p, d


cases = list(sizes())
with mg.backend("reference"):  # the plain kernels: there is little to compute here
    for i, k, s, p, d in cases:
        y = F.conv2d(mg.zeros(1, 1, i, i), mg.zeros(1, 1, k, k), None, s, p, d)
        assert y.shape == (1, 1, size(i, k, s, p, d), size(i, k, s, p, d))
print(f"Checked: the formula gives the library's size in {len(cases)} cases.")

# %%
# Backward, pixel by pixel
# ------------------------
# A convolution is nothing but sums of products, so the rules of lesson 3 are enough. Take a 3 x 3 image and a
# 2 x 2 kernel, and write all of it out. Each of the four results gets a factor of its own on the way to the
# loss, so that what comes back to it is known: 1, 2, -1 and 3.

pixels = convolution.pixel_by_pixel
for letter, side in (("x", "123"), ("w", "12")):
    print(f"\n{letter}")
    for i in side:
        print("  ".join(f"{pixels.given[letter + i + j]:.0f}" for j in side))
print()
print(pixels.text(only=[name for name in pixels.nodes if name[0] in "yL"], footer=False))

# %%
# One number of the kernel, ``w11``, is used four times. So there are four ways from the loss back to it, and
# their products are added. The pixel in the middle, ``x22``, lies in all four windows, each time under
# another number of the kernel. It has four ways, too. A pixel in a corner has only one. Do ``w12`` and
# ``x12`` on paper; the picture has the gradients of all.

print()
for path in pixels.paths:
    where = f"sum of {path.target}" if path.is_sum else " -> ".join(path.nodes)
    print(f"  {where:18} {path.product!s:26} = {path.value}")
pixels.check()
pixels.picture().save(output / "pixel_by_pixel.png")
print(f"\nChecked: {len(pixels.nodes)} values and gradients, and the eight ways.")
print(f"The picture: {(output / 'pixel_by_pixel.png').resolve()}")

# %%
# Look at the sum for ``w11``: the pixels ``x11``, ``x12``, ``x21``, ``x22``, times what came back to the four
# results. That is a convolution again: of the image, with the gradient of the results as its kernel. And the
# sum for ``x22`` has the gradients of the results, times the numbers of the kernel in backward order.
#
# Three passes, one sum
# ---------------------
# So here is the same for the image and the kernel of the beginning. Let ``dy`` be the gradient that arrives
# at the feature map. To get the gradient of the kernel, lay ``dy`` on the image like a kernel: ``dw[a, b]``
# is the sum of each ``dy[i, j]`` times the pixel that ``w[a, b]`` saw when ``y[i, j]`` was made. To get that
# of the image, let each ``dy[i, j]`` put a copy of the kernel, times ``dy[i, j]``, where the kernel was, and
# add up what falls on one pixel.

print()
print(slides.grids("dy", "grad.w", "grad.x"))
for example in (slides, convolution.stride, convolution.padding, convolution.dilation):
    example.check()
print("\nChecked: the feature maps above, and the gradients of image and kernel of each.")

# %%
# All three passes come from one sum over all places where a number of the kernel meets a pixel:
#
# ``S = sum of dy[i, j] * w[a, b] * x[i + a, j + b]``
#
# Leave ``dy`` out, and what stands beside it is the convolution. Leave ``w`` out, and it is the gradient of
# the kernel; leave ``x`` out, and it is that of the image. So each pass is the derivative of each other one,
# and whoever can compute the three has derivatives of every order.

x, w, up = (mg.tensor(slides.given[name][None, None], requires_grad=True) for name in ("x", "w", "dy"))
S = (up * F.conv2d(x, w)).sum()
by_up, by_w, by_x = mg.autograd.grad(S, (up, w, x), create_graph=True)
assert slides["y"].value.agrees(by_up[0, 0].detach())
assert slides["w"].gradient.agrees(by_w[0, 0].detach())
assert slides["x"].gradient.agrees(by_x[0, 0].detach())
(back,) = mg.autograd.grad((by_x * x).sum(), up)  # dx is a pass itself: its derivative by dy ...
assert mg.equal(back, F.conv2d(x, w))  # ... is the convolution again
print("Checked: S leaves the feature map, dw or dx when its derivative by dy, w or x is taken.")

# %%
# Max pooling
# -----------
# A feature map says where something was found, to the pixel. Often it is enough to know that it was found
# thereabouts. Max pooling keeps the largest number of each window. Usually the windows lie side by side, so
# that the map becomes half as wide and half as high, and what comes after has a quarter of the work. The
# slides do it with a 3 x 3 window that moves by one pixel.

print()
print(convolution.slides_pooled.grids("x", "y"))
convolution.slides_pooled.check()

# %%
# Backward, the gradient goes to the pixel that was the largest, all of it. The others could move a little and
# nothing would change, so theirs is 0. Below, the 8 in the middle wins in all four windows, and gets the sum.

print()
print(convolution.pooled.grids("x", "y", "dy", "grad.x"))
convolution.pooled.check()
print("\nChecked: both poolings, and where the gradient goes.")

# %%
# If several are equally large, as the three 3s in the first window of the slides' image, there is no slope:
# one of them moved up raises the result, moved down it changes nothing. Libraries give the gradient to the
# first of them and go on.
#
# Transposed convolution
# ----------------------
# The pass that led from ``dy`` back to the image made a larger matrix out of a smaller one. It can be used
# forward, too, to draw images: each number of the input puts down a copy of the kernel, times that number.
# With stride 2, the copies lie two pixels apart, and are added where they overlap.

transposed = convolution.transposed
print()
print(transposed.grids("x", "w", "y"))

given = transposed.given
panels = [viz.cells(given["x"], title="input x", across=5)]
panels.append(viz.cells(transposed["y"].value.exact(), title="result y, their sum", across=5))
for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
    alone = np.zeros((5, 5))
    alone[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] = given["x"][i, j] * given["w"]
    panels.append(
        viz.cells(alone, title=f"{given['x'][i, j]:.0f} times w", marked=[(2 * i, 2 * j, 3, 3)], across=5)
    )
viz.beside(*panels, columns=3).save(output / "transposed.png")
print(f"\nThe picture: {(output / 'transposed.png').resolve()}")

# %%
# Its size is that of the image from which a convolution would have come to the input:
# ``o = s * (i - 1) + d * (k - 1) + 1 - 2 * p``. And its gradient is an ordinary convolution with the same
# stride: take with the kernel what the kernel has put there. It is not the inverse of a convolution, though:
# it leads back to the size, not to the numbers.

print()
print(transposed.grids("dy", "grad.x", "grad.w"))
transposed.check()
print("\nChecked: transposed convolution, forward and backward.")

# %%
# The ladder
# ----------
# Now the same convolution three times. Each rung is faster than the one before, if there is work enough to
# show it. The first is the definition, as seven loops: images, kernels, channels, rows and columns of the
# result, rows and columns of the kernel.


def seven_loops(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    (N, C, H, W), (O, _, KH, KW) = x.shape, w.shape
    y = np.zeros((N, O, H - KH + 1, W - KW + 1), dtype=x.dtype)
    for n in range(N):
        for o in range(O):
            for c in range(C):
                for i in range(H - KH + 1):
                    for j in range(W - KW + 1):
                        for a in range(KH):
                            for b in range(KW):
                                y[n, o, i, j] += w[o, c, a, b] * x[n, c, i + a, j + b]
    return y


# %%
# The second rung lays what the kernel sees at one place into a column of ``C * KH * KW`` numbers, and the
# columns of all places side by side. With the kernels as the rows of another matrix, the whole convolution is
# one matrix product, and for that every machine has a fast program. The name of this is im2col. Its price is
# memory: a pixel is written as often as windows see it, nine times for a 3 x 3 kernel.


def columns_and_product(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    (N, C, H, W), (O, _, KH, KW) = x.shape, w.shape
    OH, OW = H - KH + 1, W - KW + 1
    cols = np.empty((N, C, KH, KW, OH, OW), dtype=x.dtype)
    for a in range(KH):
        for b in range(KW):
            cols[:, :, a, b] = x[:, :, a : a + OH, b : b + OW]  # what w[a, b] sees, at all places
    y = w.reshape(O, C * KH * KW) @ cols.reshape(N, C * KH * KW, OH * OW)  # (N, O, OH * OW)
    return y.reshape(N, O, OH, OW)


# %%
# The third rung is the library's. It writes no columns: it copies a few images at a time, with their padding,
# to where they are near at hand, and reads the windows there, from tables that say where each begins. Its
# innermost loop, in ``minigrad/kernels/numba_cpu/microkernel.py``, holds a tile of up to 24 vectors of sums
# in the registers of the processor. It loads a handful of vectors of pixels and a few numbers of the kernel,
# multiplies each with each, and adds: so every number that was fetched is used several times before the next,
# and the units that multiply seldom wait. A few such tiles after another make the result, and the cores of
# the machine share them.
#
# And where a 3 x 3 kernel has many channels, it multiplies less than the definition. Four neighbouring
# results, 2 x 2, take 36 products; but sums of pixels and sums of weights can be chosen so that 16 products
# contain all four. The price is some additions, and the results are the same up to rounding.
# ``minigrad/kernels/numba_cpu/winograd.py`` shows how; it goes back to Winograd.


def library(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return F.conv2d(mg.from_numpy(x), mg.from_numpy(w)).numpy()


def timed(program: Callable[..., np.ndarray], x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, float]:
    """What it computes, and the fastest of the runs in half a second: the others were disturbed."""
    best, begin = float("inf"), time.perf_counter()
    while time.perf_counter() - begin < 0.5:
        began = time.perf_counter()
        y = program(x, w)
        best = min(best, time.perf_counter() - began)
    return y, best


# %%
# First a small problem, for all three. Then one as in the network of lesson 10: a batch of 128, 32 channels
# of 13 x 13 into 64. And then a 5 x 5 kernel on the same channels, for which the library has no trick: there
# only the innermost loop counts. The last column is the time over the multiplications of the definition, each
# with the addition that goes with it.

chance = np.random.default_rng(0)


def compare(programs: list[Callable[..., np.ndarray]], x_shape: tuple[int, ...], w_shape: tuple[int, ...]):
    x = chance.normal(size=x_shape).astype(np.float32)
    w = chance.normal(size=w_shape).astype(np.float32)
    N, O = x_shape[0], w_shape[0]
    places = (x_shape[2] - w_shape[2] + 1) * (x_shape[3] - w_shape[3] + 1)
    multiplications = N * O * places * int(np.prod(w_shape[1:]))
    print(f"\nx {x_shape}, w {w_shape}: {multiplications:,} multiplications")
    right = library(x, w)  # and it has compiled its loops, if this is the first time
    for program in programs:
        y, seconds = timed(program, x, w)
        assert np.allclose(y, right, atol=1e-3)
        each = seconds / multiplications * 1e9
        print(f"  {program.__name__:20} {seconds * 1000:10.2f} ms   {each:9.4f} ns each")


compare([seven_loops, columns_and_product, library], (8, 8, 12, 12), (16, 8, 3, 3))
compare([columns_and_product, library], (128, 32, 13, 13), (64, 32, 3, 3))
compare([columns_and_product, library], (128, 32, 13, 13), (64, 32, 5, 5))
print("Checked: they agree.")

# %%
# Python's loops take far longer for going round than for multiplying: each step looks up names and makes
# objects. The second rung does the same work in compiled loops, with several numbers at once. The third does
# without the columns, and of the 3 x 3 kernel's multiplications it does half. Before it begins it has
# to plan, and so it needs work enough: on the small problem it has hardly begun when it is done.
#
# Exercise
# --------
# Write the local rule of a convolution with NumPy. The image ``x``, the kernel ``w`` and the gradient ``dy``
# that arrives are matrices, and the kernel moves by ``stride`` pixels. Return the gradients of ``x`` and of
# ``w``, in this order.
#
# Go through the places of ``dy``. ``y[i, j]`` was made of the window of the image that begins at row
# ``stride * i`` and column ``stride * j``. It is a sum of products: what does each factor get? There are two
# lines in the inner loop. Take out the line with ``raise``.


def convolve(x: np.ndarray, w: np.ndarray, stride: int) -> np.ndarray:
    KH, KW = w.shape
    OH, OW = (x.shape[0] - KH) // stride + 1, (x.shape[1] - KW) // stride + 1
    y = np.zeros((OH, OW))
    for i in range(OH):
        for j in range(OW):
            window = x[stride * i : stride * i + KH, stride * j : stride * j + KW]
            y[i, j] = np.sum(w * window)
    return y


def convolve_rule(dy: np.ndarray, x: np.ndarray, w: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    raise NotImplementedError


# %%
# The check measures slopes, with images and kernels of several sizes, and strides of 1 to 3.


def check(rule: Callable[..., tuple[np.ndarray, np.ndarray]]) -> None:
    random = np.random.default_rng(0)
    for image, kernel, stride in [
        ((3, 3), (2, 2), 1),
        ((5, 4), (3, 2), 1),
        ((6, 5), (2, 3), 2),
        ((7, 8), (2, 2), 3),
    ]:
        course.check_rule(
            lambda dy, x, w, stride=stride: rule(dy, x, w, stride),
            lambda x, w, stride=stride: convolve(x, w, stride),
            random.normal(size=image),
            random.normal(size=kernel),
        )


print()
print(course.solved(convolve_rule, check))

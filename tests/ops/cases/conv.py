"""Cases of minigrad/ops/conv.py and unfold.py."""

import minigrad.nn.functional as F
from minigrad.ops.conv import convolution_weight_grad
from minigrad.ops.window import Layout
from tests.ops.cases.table import case


def options(d, axes):
    """A kernel, stride, dilation and padding in every form that they may have, and a size that they fit."""
    kernel = tuple(d.integer(1, 3) if axes == 1 else d.integer(1, 2) for _ in range(axes))
    stride, dilation = d.integer(1, 3), d.pick(1, 1, 2)
    pairs = tuple((d.integer(0, 2), d.integer(0, 1)) for _ in range(axes))
    padding = d.pick(0, 1, tuple(before for before, _ in pairs), pairs)
    if d.flag():
        stride, dilation = (stride, 1)[:axes], (1, dilation)[:axes]
    size = tuple((k - 1) * 2 + d.integer(1, 2) for k in kernel)
    return kernel, stride, dilation, padding, size


def images(d, channels, size):
    """A batch, one image, or a batch of none, in any layout."""
    return d.tensor((*d.pick((2,), (1,), (), (0,)), channels, *size))


@case("F.conv1d", "F.conv2d")
def _(d, name):
    axes = int(name[-2])
    kernel, stride, dilation, padding, size = options(d, axes)
    groups, c, o = d.integer(1, 2), d.integer(1, 2), d.integer(1, 2)
    tensors = [
        images(d, c * groups, size),
        d.tensor((o * groups, c, *kernel)),
        d.tensor((o * groups,)),
    ][: d.integer(2, 3)]
    word = d.pick(None, None, "same", "valid")
    if word is not None:
        padding = word
    if word == "same":
        stride = 1
    return (
        lambda x, w, b=None: getattr(F, name[2:])(x, w, b, stride, padding, dilation, groups),
        tensors,
    )


@case("F.conv_transpose1d", "F.conv_transpose2d")
def _(d, name):
    axes = int(name[-2])
    kernel, stride, dilation, _, _ = options(d, axes)
    size = tuple(d.integer(1, 3) for _ in range(axes))
    groups, c, o = d.integer(1, 2), d.integer(1, 2), d.integer(1, 2)
    strides, dilations = (
        option if isinstance(option, tuple) else (option,) * axes for option in (stride, dilation)
    )
    full = [s * (n - 1) + r * (k - 1) for n, k, s, r in zip(size, kernel, strides, dilations, strict=True)]
    cut = tuple((d.integer(0, n // 2), d.integer(0, n // 2)) for n in full)  # one number is left
    padding = d.pick(0, cut, tuple(before for before, _ in cut))
    extra = tuple(d.integer(0, max(s, r) - 1) for s, r in zip(strides, dilations, strict=True))
    tensors = [
        images(d, c * groups, size),
        d.tensor((c * groups, o, *kernel)),
        d.tensor((o * groups,)),
    ][: d.integer(2, 3)]
    return (
        lambda x, w, b=None: getattr(F, name[2:])(x, w, b, stride, padding, extra, groups, dilation),
        tensors,
    )


@case("the gradient of a convolution by its weight")
def _(d):
    groups = d.integer(1, 2)
    stride, padding = (d.integer(1, 2), 1), ((d.integer(0, 1), 0), (0, d.integer(0, 1)))
    size = (3, 2)
    kernel, dilation = (2, d.integer(1, 2)), (d.integer(1, 2), 1)
    places = tuple(
        (n + sum(around) - r * (k - 1) - 1) // s + 1
        for n, around, r, k, s in zip(size, padding, dilation, kernel, stride, strict=True)
    )
    return (
        lambda dy, x: convolution_weight_grad(dy, x, kernel, Layout(stride, padding, dilation, groups)),
        [d.tensor((2, 2 * groups, *places)), d.tensor((2, groups, *size))],
    )


@case("F.unfold")
def _(d):
    kernel, stride, dilation, padding, size = options(d, 2)
    return lambda x: F.unfold(x, kernel, dilation, padding, stride), images(d, d.integer(1, 2), size)


@case("F.fold")
def _(d):
    kernel, stride, dilation, padding, size = options(d, 2)
    width, places = F.unfold(images(d, 1, size), kernel, dilation, padding, stride).shape[-2:]
    x = d.tensor((*d.pick((2,), (), (0,)), width * d.integer(1, 2), places))
    return lambda x: F.fold(x, size, kernel, dilation, padding, stride), x

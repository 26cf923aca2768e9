"""The shapes of the sweep: along each setting in turn from a few bases, then drawn at random."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PRODUCTS = 1 << 30  # multiply-adds of a forward pass, at most
ELEMENTS = 1 << 23  # of the input and of the output, at most

KERNELS = (1, 2, 3, 4, 5, 6, 7)
STRIDES = (1, 2, 3)
DILATIONS = (1, 2, 3)
CHANNELS = (1, 2, 3, 8, 17, 32, 64, 128, 256, 512)
BATCHES = (1, 2, 7, 16, 32, 64, 100, 256)
SIDES = (1, 5, 7, 8, 13, 14, 15, 27, 28, 31, 32, 56, 63, 112, 225)


@dataclass(frozen=True)
class Case:
    """A function of nn.functional, the shapes of its tensors and its options."""

    function: str
    shapes: tuple[tuple[int, ...], ...]
    options: dict[str, Any] = field(default_factory=dict, hash=False)

    def job(self) -> str:
        fields = {"function": self.function, "shapes": self.shapes, "options": self.options}
        return f"operation:{json.dumps(fields)}"

    def __str__(self) -> str:
        """conv2d (128, 32, 13, 13), (64, 32, 3, 3) stride=2"""
        shapes = ", ".join(map(str, self.shapes[:2] if "conv" in self.function else self.shapes[:1]))
        return " ".join([self.function, shapes, *(f"{key}={value}" for key, value in self.options.items())])


def every() -> list[Case]:
    """The same list every time, without doubles."""
    cases = [*convolutions(), *transposed(), *in_one_dimension(), *pools(), *batch_norms()]
    return list({str(case): case for case in cases}.values())


def convolution(
    batch: int,
    inputs: int,
    outputs: int,
    height: int,
    width: int = 0,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> Case | None:
    """None where the window is larger than the image, or the whole larger than the sweep has time for.

    The padding is half the window, as most networks have it: sides stay as they are for odd windows.
    """
    width = width or height
    padding = dilation * (kernel - 1) // 2
    sides = [(side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1 for side in (height, width)]
    y = batch * outputs * sides[0] * sides[1]
    x = batch * inputs * height * width
    if min(sides) < 1 or y * inputs // groups * kernel**2 > PRODUCTS or max(x, y) > ELEMENTS:
        return None
    if inputs % groups or outputs % groups:
        return None
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    shapes = ((batch, inputs, height, width), (outputs, inputs // groups, kernel, kernel), (outputs,))
    return Case("conv2d", shapes, {key: value for key, value in options.items() if value != plain[key]})


BASES: tuple[dict[str, int], ...] = (
    {"batch": 32, "inputs": 32, "outputs": 64, "height": 28},
    {"batch": 8, "inputs": 128, "outputs": 128, "height": 14},
    {"batch": 4, "inputs": 16, "outputs": 16, "height": 63},
)


def convolutions(drawn: int = 160) -> Iterator[Case]:
    for base in BASES:
        settings: list[dict[str, int]] = []
        settings += [{"kernel": k, "stride": s} for k in KERNELS for s in STRIDES]
        settings += [{"dilation": d, "kernel": k} for d in DILATIONS for k in (2, 3, 5)]
        settings += [{"batch": n} for n in BATCHES]
        settings += [{"height": side} for side in SIDES]
        settings += [{"inputs": c} for c in CHANNELS] + [{"outputs": c} for c in CHANNELS]
        settings += [{"inputs": c, "outputs": c} for c in CHANNELS]
        widest = min(base["inputs"], base["outputs"])
        settings += [{"groups": g} for g in (2, 4, 8, widest)]
        settings += [{"outputs": base["inputs"], "groups": base["inputs"], "kernel": k} for k in KERNELS]
        settings += [{"outputs": base["inputs"], "groups": base["inputs"], "stride": s} for s in STRIDES]
        for setting in settings:
            if case := convolution(**base | setting):
                yield case
    rng = random.Random(0)
    while drawn:
        inputs, outputs = rng.choice(CHANNELS), rng.choice(CHANNELS)
        groups = rng.choice([1, 1, 1, 2, 4, inputs])
        case = convolution(
            batch=rng.choice(BATCHES),
            inputs=inputs,
            outputs=outputs if groups < inputs else inputs * rng.choice([1, 1, 2]),
            height=rng.choice(SIDES),
            width=rng.choice(SIDES),
            kernel=rng.choice(KERNELS),
            stride=rng.choice(STRIDES),
            dilation=rng.choice([1, 1, *DILATIONS]),
            groups=groups,
        )
        if case:
            drawn -= 1
            yield case


def transposed() -> Iterator[Case]:
    """As in a DCGAN, and at other strides."""
    for batch, inputs, outputs, side in ((64, 128, 64, 7), (64, 64, 1, 14), (8, 512, 256, 4), (8, 64, 3, 32)):
        for kernel, stride, padding in ((4, 2, 1), (3, 1, 1), (5, 2, 2), (2, 2, 0), (7, 3, 2)):
            shapes = ((batch, inputs, side, side), (inputs, outputs, kernel, kernel), (outputs,))
            yield Case("conv_transpose2d", shapes, {"stride": stride, "padding": padding})


def in_one_dimension() -> Iterator[Case]:
    for batch, inputs, outputs, length in ((32, 16, 32, 501), (1, 1, 8, 16_000), (64, 128, 128, 50)):
        for kernel, stride in ((1, 1), (3, 1), (7, 2), (9, 3)):
            shapes = ((batch, inputs, length), (outputs, inputs, kernel), (outputs,))
            yield Case("conv1d", shapes, {"stride": stride, "padding": kernel // 2})


def pools() -> Iterator[Case]:
    for shape in (
        (128, 32, 26, 26),
        (100, 64, 14, 14),
        (8, 64, 112, 112),
        (1, 3, 225, 223),
        (256, 512, 7, 7),
    ):
        for function in ("max_pool2d", "avg_pool2d"):
            for kernel, stride, padding in ((2, 2, 0), (3, 2, 1), (3, 1, 1), (3, 3, 0), (5, 2, 2), (7, 7, 0)):
                yield Case(function, (shape,), {"kernel_size": kernel, "stride": stride, "padding": padding})
        yield Case("adaptive_avg_pool2d", (shape,), {"output_size": 1})


def batch_norms() -> Iterator[Case]:
    for channels in CHANNELS:
        for batch, side in ((128, 13), (100, 28), (8, 56), (1, 31), (256, 1)):
            if batch * channels * side * side <= ELEMENTS:
                yield Case("batch_norm", ((batch, channels, side, side), (channels,), (channels,)))

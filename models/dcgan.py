"""DCGAN: a generator that paints images out of noise, and a discriminator that tells them from real ones.

z (N, noise) -> images (N, C, H, W) within (-1, 1) -> scores (N, 1), logits: positive for what looks real.
Strided convolutions halve the maps and transposed ones double them. Batch norm follows each, except at the
generator's output and the discriminator's input. A layer before batch norm needs no bias: batch norm has its
own.

Radford, Metz and Chintala 2015, "Unsupervised representation learning with deep convolutional generative
adversarial networks". The shape here, kernels of 4x4 and 512, 256, 128, 64 maps at 64x64, is the one that
people know under this name; the paper's own begins with 1024 maps. First weights and batch norm's epsilon are
those of the fashion lookbook, dcgan128.py.
"""

from collections.abc import Sequence
from itertools import pairwise

from minigrad import nn

EPSILON = 8e-5  # batch norm's


def generator(widths: Sequence[int], depth: int, side: int, noise: int) -> nn.Sequential:
    """Noise -> maps of side x side, widths[0] of them; doubled for each further width, then the image."""
    layers: list[nn.Module] = [
        nn.Linear(noise, widths[0] * side * side, bias=False),
        nn.Unflatten(1, (widths[0], side, side)),
        nn.BatchNorm2d(widths[0], eps=EPSILON),
        nn.ReLU(),
    ]
    for width, next_width in pairwise(widths):
        layers.append(nn.ConvTranspose2d(width, next_width, 4, stride=2, padding=1, bias=False))
        layers += [nn.BatchNorm2d(next_width, eps=EPSILON), nn.ReLU()]
    layers += [nn.ConvTranspose2d(widths[-1], depth, 4, stride=2, padding=1), nn.Tanh()]
    return nn.Sequential(*layers).apply(start)


def discriminator(widths: Sequence[int], depth: int, side: int) -> nn.Sequential:
    """The generator backwards: maps halved for each width, then one score for what is left of side x side."""
    layers: list[nn.Module] = [nn.Conv2d(depth, widths[0], 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for width, next_width in pairwise(widths):
        layers.append(nn.Conv2d(width, next_width, 4, stride=2, padding=1, bias=False))
        layers += [nn.BatchNorm2d(next_width, eps=EPSILON), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * side * side, 1)).apply(start)


def start(layer: nn.Module) -> None:
    """Weights begin as N(0, 0.02) within two deviations, biases as 0; batch norm as always, at 1 and 0."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.trunc_normal_(layer.weight, std=0.02, a=-0.04, b=0.04)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def generator28(noise: int = 90) -> nn.Sequential:
    """7x7x128, 14x14x64, 28x28x1: 696,961 parameters."""
    return generator([128, 64], depth=1, side=7, noise=noise)


def discriminator28() -> nn.Sequential:
    """28x28x1, 14x14x64, 7x7x128, a score: 138,689 parameters."""
    return discriminator([64, 128], depth=1, side=7)


def generator64(noise: int = 90) -> nn.Sequential:
    """4x4x512, 8x8x256, 16x16x128, 32x32x64, 64x64x3: 3,494,787 parameters."""
    return generator([512, 256, 128, 64], depth=3, side=4, noise=noise)


def discriminator64() -> nn.Sequential:
    """64x64x3, 32x32x64, 16x16x128, 8x8x256, 4x4x512, a score: 2,765,633 parameters."""
    return discriminator([64, 128, 256, 512], depth=3, side=4)

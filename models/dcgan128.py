"""The DCGAN of the fashion lookbook, 128x128: wider than the one of dcgan.py and with kernels of 5x5.

z (N, noise) -> images (N, 3, 128, 128) within (-1, 1) -> scores (N, 1). It was trained for 400 epochs with
Adam at 0.0001 and beta1 0.3 in batches of 64; noise, labels and losses are those of minigrad.train.GAN.
Other than that of dcgan.py it has a batch norm at the discriminator's input, none behind the generator's
dense layer, and leaky ReLU in both networks.

Other than in the lookbook's program, which is TensorFlow's: a strided convolution pads two pixels on each
side, where "same" pads one before and two after, so maps lie one pixel further; running statistics take in
a tenth of each batch, where that program's take a hundredth, which counts for samples, made in eval mode; and
convolutions before batch norm have no bias.

Rameshkumar 2020, "Deep learning fashion lookbook"; the layers are those of the program that it adapted.
"""

from itertools import pairwise

from minigrad import nn
from models import dcgan


def generator128(noise: int = 90, width: int = 1024) -> nn.Sequential:
    """8x8x1024, 16x16x512, 32x32x256, 64x64x128, 128x128x64, 128x128x3: 23,378,499 parameters; with another
    ``width``, a multiple of 16, narrower or wider throughout.
    """
    widths = [width >> halvings for halvings in range(5)]
    layers: list[nn.Module] = [
        nn.Linear(noise, width * 8 * 8),
        nn.Unflatten(1, (width, 8, 8)),
        nn.LeakyReLU(0.2),
    ]
    for width, next_width in pairwise(widths):
        layers += [
            nn.ConvTranspose2d(width, next_width, 5, stride=2, padding=2, output_padding=1, bias=False),
            nn.BatchNorm2d(next_width, eps=dcgan.EPSILON),
            nn.LeakyReLU(0.2),
        ]
    layers += [nn.ConvTranspose2d(widths[-1], 3, 5, padding=2), nn.Tanh()]
    return nn.Sequential(*layers).apply(dcgan.start)


def discriminator128(width: int = 1024) -> nn.Sequential:
    """128x128x3, 64x64x64, 32x32x128, 16x16x256, 16x16x512, 8x8x1024, a score: 17,482,305 parameters; with
    another ``width`` of the last maps, narrower or wider throughout.
    """
    layers: list[nn.Module] = []
    widths = [3, *(width >> halvings for halvings in range(4, -1, -1))]
    for (width, next_width), stride in zip(pairwise(widths), [2, 2, 2, 1, 2], strict=True):
        layers += [
            nn.Conv2d(width, next_width, 5, stride, padding=2, bias=False),
            nn.BatchNorm2d(next_width, eps=dcgan.EPSILON),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * 8 * 8, 1)).apply(dcgan.start)

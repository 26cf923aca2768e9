"""SRGAN: small images made two or four times as large, with detail that was not in them.

x (N, 3, H, W) -> images (N, 3, scale H, scale W) within (-1, 1) -> scores (N, 1). Residual blocks work on
the small maps; each pixel shuffle then turns four maps into one of twice the sides. The networks take any
size. How it is trained says minigrad.train.SRGAN.

Other than in the paper: tanh ends the generator, and the discriminator ends with the mean of each map and one
dense layer, where the paper's has dense layers of 1024 and 1 on maps of one size.

Ledig et al. 2017, "Photo-realistic single image super-resolution using a generative adversarial network";
Shi et al. 2016, "Real-time single image and video super-resolution" (pixel shuffle).
"""

from itertools import pairwise

from minigrad import Tensor, nn


class Block(nn.Module):
    """y = x + bn(conv(prelu(bn(conv(x)))))"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.PReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Enlarger(nn.Module):
    """The generator: a first convolution, residual blocks with a way round them all, doublings, the image.

    The paper's has a width of 64 and 16 blocks, and scale 4: 1,547,350 parameters here.
    """

    def __init__(self, scale: int = 2, width: int = 64, blocks: int = 16, depth: int = 3) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise ValueError(f"Enlarger: scale must be 2, 4 or another power of 2, got {scale!r}")
        self.first = nn.Sequential(nn.Conv2d(depth, width, 9, padding=4), nn.PReLU())
        self.blocks = nn.Sequential(
            *(Block(width) for _ in range(blocks)),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        doublings: list[nn.Module] = []
        for _ in range(scale.bit_length() - 1):
            doublings.append(nn.Conv2d(width, 4 * width, 3, padding=1))
            doublings += [nn.PixelShuffle(2), nn.PReLU()]
        self.last = nn.Sequential(*doublings, nn.Conv2d(width, depth, 9, padding=4), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.last(x + self.blocks(x))


def discriminator(width: int = 64, depth: int = 3) -> nn.Sequential:
    """Four pairs of 3x3 convolutions, the second of each halves the maps; then the mean of each map, and a
    score: 4,687,745 parameters.
    """
    layers: list[nn.Module] = [nn.Conv2d(depth, width, 3, padding=1), nn.LeakyReLU(0.2)]
    widths = [width, width, 2 * width, 2 * width, 4 * width, 4 * width, 8 * width, 8 * width]
    for number, (inputs, outputs) in enumerate(pairwise(widths)):
        layers.append(nn.Conv2d(inputs, outputs, 3, stride=1 + (number % 2 == 0), padding=1, bias=False))
        layers += [nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * width, 1))

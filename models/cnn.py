"""Convolutional networks: small filters that look everywhere for the same thing.

x (N, C, H, W) -> scores (N, classes): logits, as the softmax is part of the cross-entropy loss. The numbers
at the right of a line are the sides of its maps.
"""

from collections.abc import Sequence

from minigrad import nn


def small_cnn(dropout: float = 0.25) -> nn.Sequential:
    """Two convolutions, each ReLU and halved, then a dense network; for Fashion-MNIST: 225,034 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),  # 28 -> 26
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> 13
        nn.Conv2d(32, 64, 3),  # -> 11
        nn.ReLU(),
        nn.MaxPool2d(2),  # -> 5: the last row and column are left out
        nn.Flatten(),
        nn.Linear(64 * 5 * 5, 128),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(128, 10),
    )


def plain_cnn(depth: int, side: int, channels: Sequence[int], classes: int = 10) -> nn.Sequential:
    """3x3 convolutions with ReLU; the maps are halved after each but the first; one dense layer on top."""
    layers: list[nn.Module] = []
    for number, width in enumerate(channels):
        layers += [nn.Conv2d(depth, width, 3, padding="same"), nn.ReLU()]
        if number:
            layers.append(nn.MaxPool2d(2))
            side //= 2
        depth = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(depth * side * side, classes))


def garment_cnn(
    depth: int = 3, side: int = 64, classes: int = 10, channels: Sequence[int] = (32, 64, 128, 256)
) -> nn.Sequential:
    """3x3 convolutions, each with batch norm and ReLU and halved, then a dense network of 128; for 64x64
    colour images in ten classes: 914,602 parameters.

    What enters its last layer, 128 numbers, are the features by which generated garments are judged.
    """
    layers: list[nn.Module] = []
    for width in channels:
        layers.append(nn.Conv2d(depth, width, 3, padding=1, bias=False))
        layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        depth, side = width, side // 2
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(depth * side * side, 128), nn.ReLU(), nn.Linear(128, classes)
    )


def fashion_cnn() -> nn.Sequential:
    """32-32-64 for Fashion-MNIST: 59,434 parameters."""
    return plain_cnn(1, 28, [32, 32, 64])


def cifar_cnn() -> nn.Sequential:
    """32-32-64-128 for CIFAR-10: 122,986 parameters."""
    return plain_cnn(3, 32, [32, 32, 64, 128])


def normed_cnn(
    depth: int,
    side: int,
    channels: Sequence[int],
    hidden: int,
    classes: int,
    kernels: Sequence[int] | None = None,
    dropout: float | Sequence[float] = 0.25,
    slope: float = 0.0,
    rows: bool = False,
) -> nn.Sequential:
    """A convolutional network with a batch norm before each convolution and before the dense layers.

    It has a mean and a variance for every channel, as is usual; with ``rows``, for every row (axis 2) over
    all channels and columns. eps and momentum are Keras's, where this momentum is called 0.99. Maps are
    halved after each convolution but the first; an odd side is rounded up.

    Args:
        depth, side: of the images. channels, kernels: of the convolutions (kernels of 3 if not given).
        hidden, classes: widths of the two dense layers.
        dropout: its rate, or one after each halving and one for the dense layer.
        slope: of leaky ReLU where x < 0; 0 for ReLU.
        rows: whether batch norm takes rows, not channels.
    """
    rates = [dropout] * len(channels) if isinstance(dropout, int | float) else list(dropout)
    if len(rates) != len(channels):
        raise ValueError(f"dropout needs one rate, or {len(channels)} of them, not {len(rates)}")
    layers: list[nn.Module] = []
    for number, (width, kernel) in enumerate(zip(channels, kernels or [3] * len(channels), strict=True)):
        if rows:
            layers.append(nn.BatchNorm(side, eps=1e-3, momentum=0.01, axis=2))
        else:
            layers.append(nn.BatchNorm2d(depth, eps=1e-3, momentum=0.01))
        layers += [
            nn.Conv2d(depth, width, kernel, padding="same"),
            nn.LeakyReLU(slope) if slope else nn.ReLU(),
        ]
        if number:
            layers += [nn.MaxPool2d(2, padding="same"), nn.Dropout(rates[number - 1])]
            side = (side + 1) // 2
        depth = width
    features = depth * side * side
    layers += [
        nn.Flatten(),
        nn.BatchNorm1d(features, eps=1e-3, momentum=0.01),
        nn.Linear(features, hidden),
        nn.LeakyReLU(slope) if slope else nn.ReLU(),
        nn.Dropout(rates[-1]),
        nn.Linear(hidden, classes),
    ]
    return nn.Sequential(*layers)


def fashion_row_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For Fashion-MNIST, normalising rows: 109,726 numbers, 2,202 of them running means and variances."""
    return normed_cnn(1, 28, [32, 64, 64, 64], 32, 10, [3, 3, 2, 3], dropout, slope, rows=True)


def cifar_row_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For CIFAR-10, normalising rows: 150,218 numbers, 1,208 of them running means and variances."""
    return normed_cnn(3, 32, [32, 32, 64, 64, 128], 16, 10, dropout=dropout, slope=slope, rows=True)


def cifar100_row_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For CIFAR-100, normalising rows: 684,564 numbers, 2,232 of them running means and variances."""
    return normed_cnn(3, 32, [32, 64, 128, 128, 256], 128, 100, dropout=dropout, slope=slope, rows=True)


def fashion_channel_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For Fashion-MNIST, normalising channels: 110,062 numbers, 2,370 of them running means and variances."""
    return normed_cnn(1, 28, [32, 64, 64, 64], 32, 10, [3, 3, 2, 3], dropout, slope)


def cifar_channel_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For CIFAR-10, normalising channels: 150,630 numbers, 1,414 of them running means and variances."""
    return normed_cnn(3, 32, [32, 32, 64, 64, 128], 16, 10, dropout=dropout, slope=slope)


def cifar100_channel_norm(dropout: float | Sequence[float] = 0.25, slope: float = 0.0) -> nn.Sequential:
    """For CIFAR-100, normalising channels: 685,616 numbers, 2,758 of them running means and variances."""
    return normed_cnn(3, 32, [32, 64, 128, 128, 256], 128, 100, dropout=dropout, slope=slope)

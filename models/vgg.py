"""VGG: nothing but 3x3 convolutions and pools, and three large dense layers that hold most parameters.

x (N, 3, H, W) -> scores (N, num_classes), H and W at least 32. Modules and states bear torchvision's names,
so its weights can be loaded.

Simonyan and Zisserman 2014, "Very deep convolutional networks for large-scale image recognition".
"""

from collections.abc import Sequence

from minigrad import Tensor, nn

VGG11 = ((64,), (128,), (256, 256), (512, 512), (512, 512))
VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


class VGG(nn.Module):
    """``stages`` lists the widths of the convolutions before each pool, which halves the maps."""

    def __init__(self, stages: Sequence[Sequence[int]], num_classes: int, dropout: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for widths in stages:
            for width in widths:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = width
            layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(
            nn.Linear(7 * 7 * inputs, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        self.apply(start)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.flatten(self.avgpool(self.features(x))))


def start(layer: nn.Module) -> None:
    """Convolutions begin as in He et al. 2015, fan_out; dense layers with deviation 0.01; biases at 0."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.01)
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.zeros_(layer.bias)


def vgg11(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """132,863,336 parameters with 1,000 classes."""
    return VGG(VGG11, num_classes, dropout)


def vgg16(num_classes: int = 1000, dropout: float = 0.5) -> VGG:
    """138,357,544 parameters with 1,000 classes."""
    return VGG(VGG16, num_classes, dropout)

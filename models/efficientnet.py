"""EfficientNet-B0: depthwise convolutions between narrow layers, and channels that are weighed by attention.

x (N, 3, H, W) -> scores (N, num_classes). Modules and states bear torchvision's names, so its weights can be
loaded. Those that were trained in TensorFlow want ``padding="same"``: where a kernel moves by 2, TensorFlow
pads the right and the bottom more, and PyTorch all sides alike. Their batch norm has ``eps`` 0.001, where it
has not been folded into the convolutions: set it on each layer.

Tan and Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks"; Sandler et al.
2018, "MobileNetV2" (inverted residuals); Hu et al. 2018, "Squeeze-and-excitation networks"; Huang et al.
2016, "Deep networks with stochastic depth".
"""

from typing import NamedTuple

from minigrad import Tensor, nn


class Stage(NamedTuple):
    """Blocks of one width: the first has the stride, and takes ``inputs`` channels."""

    expand: int  # how many times as wide the middle of a block is as its input
    kernel: int
    stride: int
    inputs: int
    outputs: int
    blocks: int


STAGES = (
    Stage(1, 3, 1, 32, 16, 1),
    Stage(6, 3, 2, 16, 24, 2),
    Stage(6, 5, 2, 24, 40, 2),
    Stage(6, 3, 2, 40, 80, 3),
    Stage(6, 5, 1, 80, 112, 3),
    Stage(6, 5, 2, 112, 192, 4),
    Stage(6, 3, 1, 192, 320, 1),
)
STOCHASTIC_DEPTH = 0.2  # the probability that the last block is left out; it grows with depth
DROPOUT = 0.2


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding "same": size / stride places, rounded up, on any size.

    Along an axis, max(stride (places - 1) + reach - size, 0) zeros are added, an odd one at the end. A kernel
    reaches over dilation (kernel - 1) + 1 pixels.
    """

    def forward(self, x: Tensor) -> Tensor:
        widths: list[int] = []  # of the last axis first
        for axis in (1, 0):
            size, stride = x.shape[2 + axis], self.stride[axis]
            reach = self.dilation[axis] * (self.kernel_size[axis] - 1) + 1
            total = max(stride * (-(-size // stride) - 1) + reach - size, 0)
            widths += [total // 2, total - total // 2]
        return super().forward(nn.functional.pad(x, widths))


def conv_norm(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: bool = True,
    padding: str = "symmetric",
) -> nn.Sequential:
    """A convolution, batch norm and SiLU: ``Conv2dNormActivation`` in torchvision."""
    if padding == "same" and stride > 1:  # at stride 1 both are the same, for kernels are odd
        conv: nn.Conv2d = SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
    else:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    layers = [conv, nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.SiLU(inplace=True)) if activation else nn.Sequential(*layers)


class SqueezeExcitation(nn.Module):
    """y = x s, s = sigmoid(fc2(silu(fc1(mean of each map)))): each channel weighed by what all of them show.

    Shapes: x and y (N, C, H, W), s (N, C, 1, 1).
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)  # of maps of one pixel: a dense layer
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = nn.SiLU(inplace=True)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.activation(self.fc1(self.avgpool(x)))
        return x * self.scale_activation(self.fc2(scale))


class StochasticDepth(nn.Module):
    """In training, an image's whole x is 0 with probability p, or else x / (1 - p): dropout of blocks."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        return x * nn.functional.dropout(x.new_ones((x.shape[0], 1, 1, 1)), self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class MBConv(nn.Module):
    """y = x + project(weigh(depthwise(expand(x)))): wide inside, narrow outside; x where the shapes agree.

    The wide maps are seen by a depthwise convolution only, one kernel for each map, which is cheap.
    """

    def __init__(self, stage: Stage, inputs: int, stride: int, drop: float, padding: str) -> None:
        super().__init__()
        wide = inputs * stage.expand
        layers: list[nn.Module] = [conv_norm(inputs, wide, 1)] if stage.expand > 1 else []
        layers += [
            conv_norm(wide, wide, stage.kernel, stride, groups=wide, padding=padding),
            SqueezeExcitation(wide, max(1, inputs // 4)),
            conv_norm(wide, stage.outputs, 1, activation=False),
        ]
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(drop)
        self.adds = stride == 1 and inputs == stage.outputs

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)
        return x + self.stochastic_depth(y) if self.adds else y


class EfficientNet(nn.Module):
    """x (N, 3, H, W) -> scores (N, num_classes). The last maps are H/32."""

    def __init__(self, num_classes: int, padding: str) -> None:
        super().__init__()
        if padding not in ("symmetric", "same"):
            raise ValueError(
                f'padding is "symmetric" (PyTorch\'s) or "same" (TensorFlow\'s), not {padding!r}'
            )
        stages: list[nn.Module] = [conv_norm(3, STAGES[0].inputs, 3, stride=2, padding=padding)]
        total, done = sum(stage.blocks for stage in STAGES), 0
        for stage in STAGES:
            blocks = []
            for i in range(stage.blocks):
                inputs, stride = (stage.outputs, 1) if i else (stage.inputs, stage.stride)
                blocks.append(MBConv(stage, inputs, stride, STOCHASTIC_DEPTH * done / total, padding))
                done += 1
            stages.append(nn.Sequential(*blocks))
        width = 4 * STAGES[-1].outputs
        self.features = nn.Sequential(*stages, conv_norm(STAGES[-1].outputs, width, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(nn.Dropout(DROPOUT, inplace=True), nn.Linear(width, num_classes))
        self.apply(start)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.flatten(self.avgpool(self.features(x))))


def start(layer: nn.Module) -> None:
    """Convolutions begin as in He et al. 2015, fan_out; the dense layer within 1 / sqrt(its outputs)."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.Linear):
        bound = layer.out_features**-0.5
        nn.init.uniform_(layer.weight, -bound, bound)
        nn.init.zeros_(layer.bias)


def efficientnet_b0(num_classes: int = 1000, padding: str = "symmetric") -> EfficientNet:
    """5,288,548 parameters with 1,000 classes. ``padding``: "symmetric", as torchvision, or "same"."""
    return EfficientNet(num_classes, padding)

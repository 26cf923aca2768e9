"""Single convolutions of the course's networks, all three passes, beside cuDNN's; and one large product."""

from collections.abc import Iterator
from typing import Any

import cupy
import torch

import minigrad as mg
from benchmarks.gpu import timing
from minigrad import kernels

LAYERS = {  # images, channels in and out, size, kernel, stride, padding
    "CNN, first, batch 128": (128, 1, 32, 28, 3, 1, 0),
    "CNN, second, batch 128": (128, 32, 64, 13, 3, 1, 0),
    "CNN, second, batch 1024": (1024, 32, 64, 13, 3, 1, 0),
    "ResNet18, stem": (64, 3, 64, 224, 7, 2, 3),
    "ResNet18, layer1": (64, 64, 64, 56, 3, 1, 1),
    "ResNet18, layer2, first": (64, 64, 128, 56, 3, 2, 1),
    "ResNet18, layer2": (64, 128, 128, 28, 3, 1, 1),
    "ResNet18, layer2, shortcut": (64, 64, 128, 56, 1, 2, 0),
    "ResNet18, layer3, first": (64, 128, 256, 28, 3, 2, 1),
    "ResNet18, layer3": (64, 256, 256, 14, 3, 1, 1),
    "ResNet18, layer4, first": (64, 256, 512, 14, 3, 2, 1),
    "ResNet18, layer4": (64, 512, 512, 7, 3, 1, 1),
    "DCGAN, 3 -> 64, batch 256": (256, 3, 64, 64, 4, 2, 1),
    "DCGAN, 64 -> 128, batch 256": (256, 64, 128, 32, 4, 2, 1),
    "DCGAN, 128 -> 256, batch 256": (256, 128, 256, 16, 4, 2, 1),
    "DCGAN, 256 -> 512, batch 256": (256, 256, 512, 8, 4, 2, 1),
}
CALLS, ROUNDS = 5, 7
SIDE = 8192


def convolutions() -> Iterator[dict[str, Any]]:
    """TF32 in both; cuDNN chooses among its algorithms by trying them. Each time is of a graph of 5 calls."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    for name, (n, c, o, size, k, s, p) in LAYERS.items():
        out = (size + 2 * p - k) // s + 1
        x, w, dy = (
            cupy.random.standard_normal(shape, dtype=cupy.float32)
            for shape in ((n, c, size, size), (o, c, k, k), (n, o, out, out))
        )
        options = ((s, s), ((p, p), (p, p)), (1, 1), 1)
        tx, tw, tdy = map(torch.from_dlpack, (x, w, dy))

        def backward(*wanted: bool, given: Any = (tdy, tx, tw), s: int = s, p: int = p) -> Any:
            return torch.ops.aten.convolution_backward(
                *given, None, [s, s], [p, p], [1, 1], False, [0, 0], 1, list(wanted)
            )

        passes = {
            "forward": (
                lambda x=x, w=w, options=options: kernels.conv2d(x, w, None, *options),
                lambda tx=tx, tw=tw, s=s, p=p: torch.conv2d(tx, tw, None, s, p),
            ),
            "input gradient": (
                lambda dy=dy, w=w, size=size, o=options: kernels.conv2d_input_grad(
                    dy, w, None, (size,) * 2, *o
                ),
                lambda backward=backward: backward(True, False, False),
            ),
            "weight gradient": (
                lambda dy=dy, x=x, k=k, o=options: kernels.conv2d_weight_grad(dy, x, (k, k), *o),
                lambda backward=backward: backward(False, True, False),
            ),
        }
        operations = 2 * n * o * c * k * k * out * out
        for pass_name, (ours, theirs) in passes.items():
            if c == 3 and pass_name == "input gradient" and name.startswith("ResNet"):
                continue  # an image needs no gradient
            mine = timing.of_cupy(timing.captured_by_cupy(ours, CALLS), 1, ROUNDS) / CALLS
            cudnn = timing.of_torch(timing.captured_by_torch(theirs, CALLS), 1, ROUNDS) / CALLS
            yield {
                "layer": name,
                "pass": pass_name,
                "ms": mine,
                "cudnn_ms": cudnn,
                "tflops": operations / mine / 1e9,
                "rate_of_cudnn": cudnn / mine,
            }


def products() -> Iterator[dict[str, Any]]:
    """A product of two matrices of 8192 x 8192, in float32 and in TF32, beside PyTorch's."""
    a = cupy.random.standard_normal((SIDE, SIDE), dtype=cupy.float32)
    ta = torch.from_dlpack(a)
    before = mg.get_float32_matmul_precision()
    for setting in ("highest", "high"):
        mg.set_float32_matmul_precision(setting)
        torch.set_float32_matmul_precision(setting)
        mine = timing.of_cupy(lambda: kernels.matmul(a, a), 2, ROUNDS)
        theirs = timing.of_torch(lambda: ta @ ta, 2, ROUNDS)
        yield {
            "product": f"{SIDE} cube, {setting}",
            "ms": mine,
            "torch_ms": theirs,
            "tflops": 2 * SIDE**3 / mine / 1e9,
            "rate_of_torch": theirs / mine,
        }
    mg.set_float32_matmul_precision(before)

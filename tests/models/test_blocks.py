"""Every kind of layer and block of ResNet and EfficientNet, forward and backward, beside PyTorch.

Both libraries run the same file of models/ in float64 with the same state, input and upstream gradient.
"""

import importlib

import numpy as np
import pytest

import minigrad as mg

torch = pytest.importorskip("torch")
from benchmarks.frameworks import torch_models  # noqa: E402 (imports torch)

BLOCKS = {  # the file, what builds the block there, the input's shape
    "stem": ("resnet", lambda f: f.nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False), (2, 3, 21, 20)),
    "batch norm": ("resnet", lambda f: f.nn.BatchNorm2d(4), (3, 4, 5, 6)),
    "max pool": ("resnet", lambda f: f.nn.MaxPool2d(3, stride=2, padding=1), (2, 4, 11, 12)),
    "basic block": ("resnet", lambda f: f.BasicBlock(6, 6, 1), (2, 6, 7, 8)),
    "basic block, halving": ("resnet", lambda f: f.BasicBlock(4, 6, 2), (2, 4, 9, 8)),
    "bottleneck": ("resnet", lambda f: f.Bottleneck(8, 2, 1), (2, 8, 7, 8)),
    "bottleneck, halving": ("resnet", lambda f: f.Bottleneck(4, 3, 2), (2, 4, 9, 8)),
    "mean of maps": ("resnet", lambda f: f.nn.AdaptiveAvgPool2d((1, 1)), (2, 4, 7, 5)),
    "dense": ("resnet", lambda f: f.nn.Linear(6, 4), (3, 6)),
    "SiLU": ("efficientnet", lambda f: f.nn.SiLU(), (2, 3, 4, 5)),
    "depthwise 3x3": ("efficientnet", lambda f: f.conv_norm(6, 6, 3, groups=6), (2, 6, 9, 8)),
    "depthwise 5x5, halving": ("efficientnet", lambda f: f.conv_norm(6, 6, 5, 2, groups=6), (2, 6, 9, 8)),
    "the same, TensorFlow's padding": (
        "efficientnet",
        lambda f: f.conv_norm(6, 6, 5, 2, groups=6, padding="same"),
        (2, 6, 9, 8),
    ),
    "first convolution, TensorFlow's padding": (
        "efficientnet",
        lambda f: f.conv_norm(3, 4, 3, 2, padding="same"),
        (2, 3, 8, 9),
    ),
    "squeeze and excitation": ("efficientnet", lambda f: f.SqueezeExcitation(8, 2), (2, 8, 5, 4)),
    "MBConv, not widened": (
        "efficientnet",
        lambda f: f.MBConv(f.Stage(1, 3, 1, 4, 4, 1), 4, 1, 0.0, "symmetric"),
        (3, 4, 7, 6),
    ),
    "MBConv": (
        "efficientnet",
        lambda f: f.MBConv(f.Stage(6, 5, 1, 4, 4, 1), 4, 1, 0.0, "same"),
        (3, 4, 7, 6),
    ),
    "MBConv, halving": (
        "efficientnet",
        lambda f: f.MBConv(f.Stage(6, 5, 2, 4, 6, 1), 4, 2, 0.0, "same"),
        (3, 4, 8, 7),
    ),
    "VGG's pool": ("vgg", lambda f: f.nn.AdaptiveAvgPool2d((7, 7)), (2, 3, 9, 7)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", BLOCKS)
def test_outputs_and_gradients_are_pytorchs(name, training):
    file, build, shape = BLOCKS[name]
    rng = np.random.default_rng(0)
    ours = build(importlib.import_module(f"models.{file}")).double().train(training)
    theirs = build(torch_models.models(file)).double().train(training)
    state = {
        key: value.numpy() if "num_batches" in key else np.abs(rng.normal(size=value.shape)) + 0.1
        for key, value in ours.state_dict().items()
    }
    ours.load_state_dict({key: mg.tensor(value) for key, value in state.items()})
    theirs.load_state_dict({key: torch.tensor(value) for key, value in state.items()})
    x = rng.normal(size=shape)
    inputs = mg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    # SiLU in place may not write over a leaf
    y, z = (model(given * 1) for model, given in zip((ours, theirs), inputs, strict=True))
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-9, atol=1e-11)
    upstream = rng.normal(size=y.shape)
    y.backward(mg.tensor(upstream))
    z.backward(torch.tensor(upstream))
    gradients = {"x": (inputs[0].grad, inputs[1].grad)}
    for (key, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        gradients[key] = parameter.grad, other.grad
    for key, (found, expected) in gradients.items():
        scale = np.abs(expected.numpy()).max()
        np.testing.assert_allclose(
            found.numpy(), expected.numpy(), rtol=1e-7, atol=1e-9 * scale + 1e-12, err_msg=key
        )
    for key, value in ours.state_dict().items():  # running statistics, too
        np.testing.assert_allclose(value.numpy(), theirs.state_dict()[key].numpy(), rtol=1e-9, atol=1e-12)

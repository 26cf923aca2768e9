"""Every layer has PyTorch's parameters and buffers, by name, shape, dtype and order, and PyTorch's repr."""

import inspect

import pytest

from minigrad import nn

# For each class of minigrad.nn one or more calls, written once for both libraries.
CALLS = {
    "AdaptiveAvgPool1d": ["3"],
    "AdaptiveAvgPool2d": ["(2, None)"],
    "AdaptiveMaxPool1d": ["3"],
    "AdaptiveMaxPool2d": ["3, return_indices=True"],
    "AvgPool1d": ["2", "2, stride=1, padding=1, ceil_mode=True"],
    "AvgPool2d": ["2", "(2, 3), stride=1, padding=1"],
    "BCELoss": ["", "weight=L.ones(3)"],
    "BCEWithLogitsLoss": ["", "weight=L.ones(3), pos_weight=L.ones(3)"],
    "BatchNorm1d": [
        "4",
        "4, affine=False",
        "4, track_running_stats=False",
        "4, bias=False",
        "4, dtype=L.float64",
    ],
    "BatchNorm2d": ["4", "4, eps=1e-3, momentum=None"],
    "BatchNorm3d": ["4", "4, affine=False, track_running_stats=False"],
    "CircularPad1d": ["2"],
    "CircularPad2d": ["(1, 2, 0, 1)"],
    "ConstantPad1d": ["2, 3.5"],
    "ConstantPad2d": ["(1, 2, 0, 1), 3.5"],
    "Conv1d": ["4, 6, 3", "4, 6, 3, padding='same', groups=2, bias=False"],
    "Conv2d": [
        "4, 6, 3",
        "4, 6, (3, 5), stride=2, padding=1, dilation=2, groups=2, bias=False",
        "4, 6, 3, dtype=L.float64",
    ],
    "ConvTranspose1d": ["4, 6, 3", "4, 6, 3, stride=2, output_padding=1, groups=2"],
    "ConvTranspose2d": ["4, 6, 3", "4, 6, (3, 5), stride=2, output_padding=1, groups=2, bias=False"],
    "CrossEntropyLoss": ["", "weight=L.ones(3), label_smoothing=0.1"],
    "Dropout": ["", "0.3, inplace=True"],
    "Dropout1d": ["0.3"],
    "Dropout2d": ["0.3"],
    "ELU": ["0.5"],
    "Embedding": ["5, 3", "5, 3, padding_idx=1"],
    "Flatten": ["", "0, -2"],
    "Fold": ["(4, 5), (2, 2)"],
    "GELU": ["", "'tanh'"],
    "GroupNorm": ["2, 4", "2, 4, affine=False"],
    "Hardtanh": ["-2.0, 2.0"],
    "Identity": [""],
    "InstanceNorm1d": ["4", "4, affine=True"],
    "InstanceNorm2d": ["4", "4, affine=True, track_running_stats=True"],
    "InstanceNorm3d": ["4", "4, track_running_stats=True"],
    "KLDivLoss": ["reduction='batchmean', log_target=True"],
    "L1Loss": ["reduction='sum'"],
    "LayerNorm": ["4", "(3, 4), elementwise_affine=False", "4, bias=False"],
    "LeakyReLU": ["0.2"],
    "Linear": ["4, 3", "4, 3, bias=False", "4, 3, dtype=L.float64"],
    "LogSoftmax": ["1"],
    "MSELoss": [""],
    "MaxPool1d": ["2"],
    "MaxPool2d": ["2", "(2, 3), stride=1, padding=1, dilation=2, ceil_mode=True"],
    "MaxUnpool1d": ["2"],
    "MaxUnpool2d": ["2, stride=1"],
    "Module": [""],
    "ModuleDict": ["{'a': L.nn.Linear(2, 3), 'b': L.nn.ReLU()}"],
    "ModuleList": ["[L.nn.Linear(2, 3), L.nn.BatchNorm1d(3)]"],
    "NLLLoss": ["", "weight=L.ones(3), ignore_index=2"],
    "ParameterList": ["[L.ones(2), L.nn.Parameter(L.ones(3))]"],
    "PReLU": ["", "3, 0.1", "3, dtype=L.float64"],
    "PixelShuffle": ["2"],
    "PixelUnshuffle": ["2"],
    "ReLU": ["", "inplace=True"],
    "ReflectionPad1d": ["2"],
    "ReflectionPad2d": ["(1, 2, 0, 1)"],
    "ReplicationPad1d": ["2"],
    "ReplicationPad2d": ["(1, 2, 0, 1)"],
    "Sequential": ["L.nn.Linear(2, 3), L.nn.ReLU(), L.nn.Sequential(L.nn.BatchNorm1d(3))"],
    "SiLU": [""],
    "Sigmoid": [""],
    "SmoothL1Loss": ["beta=0.5"],
    "Softmax": ["1"],
    "Softplus": ["2.0, 10.0"],
    "Tanh": [""],
    "Unflatten": ["1, (2, 3)"],
    "Unfold": ["(2, 3), stride=2"],
    "Upsample": ["scale_factor=2, mode='bilinear', align_corners=True"],
    "UpsamplingBilinear2d": ["scale_factor=2"],
    "UpsamplingNearest2d": ["(3, 4)"],
    "ZeroPad1d": ["2"],
    "ZeroPad2d": ["(1, 2, 0, 1)"],
}
OWN = {"BatchNorm"}  # not PyTorch's


def test_the_list_has_every_layer():
    layers = {
        name for name, value in vars(nn).items() if inspect.isclass(value) and issubclass(value, nn.Module)
    }
    assert layers == set(CALLS) | OWN


@pytest.mark.parametrize(
    ("name", "arguments"), [(name, call) for name, calls in CALLS.items() for call in calls]
)
def test_state_dict_has_pytorchs_keys(name, arguments):
    torch = pytest.importorskip("torch")
    import minigrad as mg

    ours, theirs = (eval(f"L.nn.{name}({arguments})", {"L": library}) for library in (mg, torch))
    described = [
        [
            (key, tuple(value.shape), str(value.dtype).removeprefix("torch."))
            for key, value in layer.state_dict().items()
        ]
        for layer in (ours, theirs)
    ]
    assert described[0] == described[1]
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    assert repr(ours).split() == repr(theirs).replace("torch.float", "float").split()

"""Every operation that is exported, in every form that it has, run by onnxruntime."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.onnx.operators import OPERATORS
from tests.onnx.test_export import Does, exported

pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)


def numbers(*shape):
    return mg.tensor(RNG.normal(size=shape).astype(np.float32))


W, B = numbers(4, 3, 3, 2), numbers(4)
T = numbers(4, 6, 3, 2)  # of a transposed convolution in two groups
MEAN, VARIANCE = numbers(4), numbers(4) ** 2
MATRIX = numbers(3, 3)
TARGET = numbers(2, 4, 6, 5) ** 2
CASES = {
    # name, and what is done to x (2, 4, 6, 5), or to a positive x where "+" is in the name
    "relu": F.relu, "tanh": F.tanh, "sigmoid": F.sigmoid, "exp": mg.exp, "log +": mg.log, "sqrt +": mg.sqrt,
    "neg": lambda x: -x, "abs": mg.abs, "erf": mg.erf, "reciprocal +": mg.reciprocal,
    "floor": lambda x: mg.floor(x) * x, "ceil": lambda x: mg.ceil(x) * x,
    "add": lambda x: x + x.mean(0), "add a number": lambda x: 2 + x, "sub": lambda x: 1.5 - x,
    "mul": lambda x: x * x[:1], "div +": lambda x: x / 3 / x, "pow +": lambda x: x**2.5,
    "maximum": lambda x: mg.maximum(x, -x), "minimum": lambda x: mg.minimum(x, -x),
    "square": mg.square, "rsqrt +": mg.rsqrt, "leaky_relu": lambda x: F.leaky_relu(x, 0.3),
    "elu": lambda x: F.elu(x, 0.7), "prelu": lambda x: F.prelu(x, B), "silu": F.silu, "gelu": F.gelu,
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 0.25), "clamp": lambda x: x.clamp(max=0.5),
    "clamp below": lambda x: x.clamp(min=-0.5), "softplus": F.softplus,
    "binary_cross_entropy_with_logits": lambda x: F.binary_cross_entropy_with_logits(9 * x, TARGET),
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, -1), "linear": lambda x: F.linear(x, numbers(3, 5), numbers(3)),
    "linear of rows": lambda x: F.linear(x.flatten(1), numbers(3, 120)), "matmul": lambda x: x @ x.mT,
    "embedding": lambda x: F.embedding(mg.tensor([[1, 0]]), x[0, 0]),
    "conv2d": lambda x: F.conv2d(x, numbers(6, 2, 3, 2), numbers(6), (2, 1), (1, 2), (1, 2), 2),
    "conv2d, uneven": lambda x: F.conv2d(x, numbers(6, 4, 3, 3), None, 2, ((0, 1), (2, 0))),
    "conv1d": lambda x: F.conv1d(x[0], numbers(6, 6, 2)),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, T, numbers(12), 2, 1, (1, 0), 2),
    "max_pool2d": lambda x: F.max_pool2d(x, (3, 2), 2, 1),
    "max_pool2d, ceil": lambda x: F.max_pool2d(x, 2, ceil_mode=True),
    "max_pool2d, dilated": lambda x: F.max_pool2d(x, 2, 1, 0, 2),
    "indexing": lambda x: x[1:, ..., -1], "indexing, steps": lambda x: x[:, -2, ::2, :-1],
    "indexing, one": lambda x: x[0], "indexing, all": lambda x: x[...] * 2,
    "broadcast_to": lambda x: x[:, :1].expand(2, 3, 6, 5),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2), "avg_pool2d, padded": lambda x: F.avg_pool2d(x, 3, 2, 1),
    "avg_pool2d, all": lambda x: F.adaptive_avg_pool2d(x, 1),
    "avg_pool2d, adaptive": lambda x: F.adaptive_avg_pool2d(x, (4, 3)),
    "batch_norm": lambda x: F.batch_norm(x, MEAN, VARIANCE, numbers(4), numbers(4)),
    "batch_norm, plain": lambda x: F.batch_norm(x, MEAN, VARIANCE, eps=0.1),
    "batch_norm, rows": lambda x: F.batch_norm(x.permute(0, 2, 1, 3), MEAN, VARIANCE, numbers(4), axis=2),
    "batch_norm, one axis": lambda x: F.batch_norm(x[:, :, 0, 0], MEAN, VARIANCE, bias=numbers(4)),
    "reshape": lambda x: x.reshape(2, -1, 2), "permute": lambda x: x.permute(3, -2, 0, 1),
    "cat": lambda x: mg.cat([x, numbers(2, 4, 1, 5), x], -2),
    "pad": lambda x: F.pad(x, (1, 0, 2, 3), value=0.5), "pad, cut": lambda x: F.pad(x, (-1, 1)),
    "sum": lambda x: x.sum(), "sum of axes": lambda x: x.sum((0, -1), keepdim=True),
    "mean": lambda x: x.mean(2),
    "amax": lambda x: x.amax((2, 3)), "amin": lambda x: x.amin(1, keepdim=True),
    "promoted": lambda x: x.sum() * mg.tensor([1.0, 2.0], dtype=mg.float64),
}  # fmt: skip


def test_there_is_a_case_for_every_operation():
    tried = {name.split(",")[0].split(" ")[0] for name in CASES}
    assert {*OPERATORS} <= tried


@pytest.mark.parametrize("name", CASES)
def test_onnxruntime_computes_the_same(name):
    x = numbers(2, 4, 6, 5)
    x = x.abs() + 0.1 if "+" in name else x
    constants = {}

    def function(x):
        """The function, with the same numbers in every call."""
        RNG.bit_generator.state = constants.setdefault("state", RNG.bit_generator.state)
        return CASES[name](x)

    model = Does(function)
    ours = model(x).numpy()
    session = runtime.InferenceSession(exported(model, x).getvalue(), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"x": x.numpy()})
    assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape)
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5)


def test_float64_stays_what_it_is():
    model = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).double()
    x = mg.randn(4, 3, dtype=mg.float64)
    session = runtime.InferenceSession(exported(model, x).getvalue(), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"input": x.numpy()})
    np.testing.assert_allclose(theirs, model(x).detach().numpy(), rtol=1e-12)

"""Functions of one number."""

import numpy as np
from scipy.special import erf

import minigrad as mg
import minigrad.nn.functional as F
from tests.diagnosis.planted.table import case, sigmoid

case(
    "exp",
    mg.exp,
    lambda n: n.one(),
    "input",
    [lambda dy, y: dy * y, lambda dy, input: dy * np.exp(input)],
    {
        "at_input": lambda dy, input: dy * input,
        "at_output": lambda dy, y: dy * np.exp(y),
        "chain|factor": lambda dy: dy,
    },
)
case(
    "log",
    mg.log,
    lambda n: n.one(positive=True),
    "input",
    [lambda dy, input: dy / input, lambda dy, input: dy / (input + 1e-9), lambda dy, y: dy * np.exp(-y)],
    {
        "at_output": lambda dy, y: dy / y,
        "value": lambda dy, y: dy * y,
        "other_formula": lambda dy, input: -dy / input**2,
    },
)
case(
    "sin",
    mg.sin,
    lambda n: n.one(),
    "input",
    [lambda dy, input: dy * np.cos(input), lambda dy, input: dy * (1 - 2 * np.sin(input / 2) ** 2)],
    {
        "at_output": lambda dy, y: dy * np.cos(y),
        "value": lambda dy, input: dy * np.sin(input),
        "other_formula": lambda dy, input: -dy * np.sin(input),
        "chain": lambda dy: dy,
    },
)
case(
    "cos",
    mg.cos,
    lambda n: n.one(),
    "input",
    lambda dy, input: -dy * np.sin(input),
    {
        "at_output": lambda dy, y: -dy * np.sin(y),
        "value|other_formula": lambda dy, y: dy * y,
    },
)
case(
    "tanh",
    mg.tanh,
    lambda n: n.one(),
    "input",
    [lambda dy, y: dy * (1 - y**2), lambda dy, input: dy / np.cosh(input) ** 2],
    {
        "at_input": lambda dy, input: dy * (1 - input**2),
        "at_output": lambda dy, y: dy / np.cosh(y) ** 2,
        "other_formula": [
            lambda dy, y: dy * y * (1 - y),
            lambda dy, input: dy * sigmoid(input) * (1 - sigmoid(input)),
        ],
        "value": lambda dy, y: dy * y,
        "misremembered": [lambda dy, y: dy * (1 - y), lambda dy, y: dy * (1 + y**2)],
    },
)
case(
    "sigmoid",
    mg.sigmoid,
    lambda n: n.one(),
    "input",
    [
        lambda dy, y: dy * y * (1 - y),
        lambda dy, input: dy * np.exp(-input) / (1 + np.exp(-input)) ** 2,
        lambda dy, input: dy * (sigmoid(input + 1e-5) - sigmoid(input - 1e-5)) / 2e-5,
    ],
    {
        "at_input": lambda dy, input: dy * input * (1 - input),
        "at_output": lambda dy, y: dy * sigmoid(y) * (1 - sigmoid(y)),
        "other_formula": lambda dy, y: dy * (1 - y * y),
        "factor|value": lambda dy, y: dy * y,
        "misremembered": lambda dy, y: dy * y * (1 + y),
        "factor": lambda dy, y: dy * (1 - y),
    },
)
case(
    "relu",
    mg.relu,
    lambda n: n.one(),
    "input",
    [
        lambda dy, input: dy * (input > 0),
        lambda dy, input: dy * (input >= 0),
        lambda dy, y: np.where(y > 0, dy, 0),
    ],
    {
        "mask": [lambda dy, input: dy * (input < 0), lambda dy: dy * (dy > 0)],
        "chain": lambda dy: dy,
        "other_formula": lambda dy, input: np.where(input > 0, dy, 0.01 * dy),
    },
)
case(
    "abs",
    mg.abs,
    lambda n: n.any((3, *n.shape(0, 2))),
    "input",
    [lambda dy, input: dy * np.sign(input), lambda dy, input: np.where(input >= 0, dy, -dy)],
    {
        "other_formula": lambda dy, input: dy * (input > 0),
        "value": lambda dy, y: dy * y,
    },
)
case(
    "sqrt",
    mg.sqrt,
    lambda n: n.one(positive=True),
    "input",
    [lambda dy, y: dy / (2 * y), lambda dy, input: 0.5 * dy * input**-0.5],
    {
        "at_input": lambda dy, input: dy / (2 * input),
        "at_output": lambda dy, y: dy / (2 * np.sqrt(y)),
        "factor": lambda dy, y: dy / y,
        "value": lambda dy, y: dy * y,
    },
)
case(
    "square",
    mg.square,
    lambda n: n.one(),
    "input",
    lambda dy, input: dy * 2 * input,
    {
        "factor": lambda dy, input: dy * input,
        "at_output": lambda dy, y: dy * 2 * y,
        "other_formula": lambda dy, input: dy * 3 * input**2,
    },
)
case(
    "reciprocal",
    mg.reciprocal,
    lambda n: n.away(n.shape()),
    "input",
    [lambda dy, input: -dy / input**2, lambda dy, y: -dy * y * y],
    {
        "at_input|at_output": lambda dy, input: -dy * input**2,
        "other_formula|value": lambda dy, input: dy / input,
    },
)
case(
    "cube",
    lambda x: x**3,
    lambda n: n.one(),
    "x",
    lambda dy, x: dy * 3 * x**2,
    {
        "factor": [lambda dy, x: dy * x**2, lambda dy, x: dy * 3 * x**3],
        "other_formula": lambda dy, x: dy * 2 * x,
    },
)
case(
    "silu",
    F.silu,
    lambda n: n.any((2, *n.shape(0, 2))),
    "input",
    lambda dy, input: dy * (sigmoid(input) + input * sigmoid(input) * (1 - sigmoid(input))),
    {
        "accumulation": [
            lambda dy, input: dy * sigmoid(input),
            lambda dy, input: dy * input * sigmoid(input) * (1 - sigmoid(input)),
        ],
        "other_formula": lambda dy, input: dy * sigmoid(input) * (1 - sigmoid(input)),
    },
)
case(
    "softplus",
    F.softplus,
    lambda n: n.one(),
    "input",
    lambda dy, input: dy * sigmoid(input),
    {
        "other_formula": [
            lambda dy, input: dy * (input > 0),
            lambda dy, input: dy * sigmoid(input) * (1 - sigmoid(input)),
        ],
    },
)
case(
    "gelu",
    F.gelu,
    lambda n: n.any((3, *n.shape(0, 2))),
    "input",
    lambda dy, input: (
        dy * (0.5 * (1 + erf(input / 2**0.5)) + input * np.exp(-(input**2) / 2) / (2 * np.pi) ** 0.5)
    ),
    {
        "accumulation": lambda dy, input: dy * 0.5 * (1 + erf(input / 2**0.5)),
    },
)
case(
    "scaled and shifted",
    lambda x: 3.5 * x + 1,
    lambda n: n.one(),
    "x",
    lambda dy: dy * 3.5,
    {
        "factor|chain": lambda dy: dy,
        "factor": lambda dy: dy * 3.5**2,
    },
)

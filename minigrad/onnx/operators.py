"""What each operation is in ONNX: a function for every operation that there is one for, under its name.

A function is given the graph, to which it adds, and the arguments by the names that the formula in ops/ has:
an ``Operand`` for each array, and options as they are. It returns the name of the result.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.onnx.graph import Graph, Operand

Translation = Callable[..., str]

OPERATORS: dict[str, Translation] = {}

_FAR = 2**62  # where a slice without an end ends


def operator(*names: str) -> Callable[[Translation], Translation]:
    """Enter a function into the table, under each of the names."""

    def enter(translation: Translation) -> Translation:
        OPERATORS.update(dict.fromkeys(names, translation))
        return translation

    return enter


# Of one array -----------------------------------------------------------------------------------------------


def _of_one(name: str, kind: str) -> None:
    """An operation that ONNX has as it is."""
    OPERATORS[name] = lambda graph, input: graph.add(kind, input.name)


for _name, _kind in {
    "relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
    "neg": "Neg", "abs": "Abs", "erf": "Erf", "floor": "Floor", "ceil": "Ceil", "reciprocal": "Reciprocal",
}.items():  # fmt: skip
    _of_one(_name, _kind)


# Of two arrays, or an array and a number --------------------------------------------------------------------


def _of_two(name: str, kind: str) -> None:
    def translate(graph: Graph, input: Any, other: Any) -> str:
        return graph.add(kind, *_named(graph, input, other))

    OPERATORS[name] = translate


def _named(graph: Graph, *values: Any) -> list[str]:
    """The names of arrays; a number is an array of the others' dtype."""
    dtype = np.result_type(*(value.dtype if isinstance(value, Operand) else value for value in values))
    return [
        value.name if isinstance(value, Operand) else graph.constant(np.array(value, dtype))
        for value in values
    ]


for _name, _kind in {
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "maximum": "Max", "minimum": "Min",
}.items():  # fmt: skip
    _of_two(_name, _kind)


@operator("pow")
def _(graph: Graph, input: Any, exponent: Any) -> str:
    return graph.add("Pow", *_named(graph, input, exponent))


@operator("square")
def _(graph: Graph, input: Operand) -> str:
    return graph.add("Mul", input.name, input.name)


@operator("rsqrt")
def _(graph: Graph, input: Operand) -> str:
    return graph.add("Reciprocal", graph.add("Sqrt", input.name))


# Activations ------------------------------------------------------------------------------------------------


@operator("leaky_relu")
def _(graph: Graph, input: Operand, negative_slope: float) -> str:
    return graph.add("LeakyRelu", input.name, alpha=float(negative_slope))


@operator("elu")
def _(graph: Graph, input: Operand, alpha: float) -> str:
    return graph.add("Elu", input.name, alpha=float(alpha))


@operator("prelu")
def _(graph: Graph, input: Operand, weight: Operand) -> str:
    return graph.add("PRelu", input.name, weight.name)


@operator("silu")
def _(graph: Graph, input: Operand) -> str:
    return graph.add("Mul", input.name, graph.add("Sigmoid", input.name))


@operator("gelu")
def _(graph: Graph, input: Operand) -> str:
    """x (1 + erf(x / sqrt(2))) / 2"""
    root, one, half = (graph.constant(np.array(v, input.dtype)) for v in (0.5**0.5, 1, 0.5))
    above = graph.add("Add", one, graph.add("Erf", graph.add("Mul", input.name, root)))
    return graph.add("Mul", graph.add("Mul", input.name, half), above)


@operator("clamp", "hardtanh")
def _(graph: Graph, input: Operand, low: float | None, high: float | None) -> str:
    bounds = ("" if b is None else graph.constant(np.array(b, input.dtype)) for b in (low, high))
    return graph.add("Clip", input.name, *bounds)


@operator("softplus")
def _(graph: Graph, input: Operand, beta: float, threshold: float) -> str:
    _only("softplus", beta == 1, "beta other than 1")
    return graph.add("Softplus", input.name)


@operator("binary_cross_entropy_with_logits")
def _(graph: Graph, input: Operand, target: Any) -> str:
    """ln(1 + e ** x) - target x"""
    product = graph.add("Mul", *_named(graph, input, target))
    return graph.add("Sub", graph.add("Softplus", input.name), product)


@operator("softmax")
def _(graph: Graph, input: Operand, dim: int, dtype: Any) -> str:
    _only("softmax", dtype is None, "a dtype")
    return graph.add("Softmax", input.name, axis=dim)


@operator("log_softmax")
def _(graph: Graph, input: Operand, dim: int, dtype: Any) -> str:
    _only("log_softmax", dtype is None, "a dtype")
    return graph.add("LogSoftmax", input.name, axis=dim)


# Products of matrices ---------------------------------------------------------------------------------------


@operator("linear")
def _(graph: Graph, input: Operand, weight: Operand, bias: Operand | None) -> str:
    if len(input.shape) == 2:
        return graph.add("Gemm", input.name, weight.name, *_maybe(bias), transB=1)
    product = graph.add("MatMul", input.name, graph.add("Transpose", weight.name, perm=[1, 0]))
    return product if bias is None else graph.add("Add", product, bias.name)


@operator("matmul")
def _(graph: Graph, input: Operand, other: Operand) -> str:
    return graph.add("MatMul", input.name, other.name)


@operator("embedding")
def _(graph: Graph, table: Operand, index: Operand) -> str:
    return graph.add("Gather", table.name, index.name, axis=0)


# Convolution and pooling ------------------------------------------------------------------------------------


@operator("conv2d")
def _(graph: Graph, input: Operand, weight: Operand, bias: Operand | None, layout: Any) -> str:
    return graph.add(
        "Conv",
        input.name,
        weight.name,
        *_maybe(bias),
        group=layout.groups,
        kernel_shape=list(weight.shape[2:]),
        **_moves(layout),
    )


@operator("conv_transpose2d")
def _(
    graph: Graph, input: Operand, weight: Operand, bias: Operand | None, size: Sequence[int], layout: Any
) -> str:
    kernel = weight.shape[2:]
    least = (
        s * (n - 1) - sum(p) + d * (k - 1) + 1
        for n, k, s, p, d in zip(
            input.shape[2:], kernel, layout.stride, layout.padding, layout.dilation, strict=True
        )
    )
    return graph.add(
        "ConvTranspose",
        input.name,
        weight.name,
        *_maybe(bias),
        group=layout.groups,
        kernel_shape=list(kernel),
        output_padding=[n - m for n, m in zip(size, least, strict=True)],
        **_moves(layout),
    )


@operator("max_pool2d")
def _(graph: Graph, input: Operand, windows: Any, places: Any, found: Any) -> str:
    reached = (
        s * (n - 1) + d * (k - 1) + 1
        for n, k, s, d in zip(
            found.shape[2:], windows.kernel_size, windows.stride, windows.dilation, strict=True
        )
    )
    behind = [
        max(after, reach - size - before)  # ceil_mode lets the last window reach further
        for size, reach, (before, after) in zip(input.shape[2:], reached, windows.padding, strict=True)
    ]
    moves = _moves(windows)
    moves["pads"][2:] = behind
    return graph.add("MaxPool", input.name, kernel_shape=list(windows.kernel_size), **moves)


@operator("avg_pool2d")
def _(graph: Graph, input: Operand, windows: Any) -> str:
    """Windows of rows and columns, which need not be of one size: then sums are products with 0 and 1."""
    rows, columns, share = (np.asarray(part) for part in windows)
    height, width = input.shape[2:]
    one = rows.tolist() == [[0, height]] and columns.tolist() == [[0, width]]
    if one and np.allclose(share, 1 / (height * width)):
        return graph.add("GlobalAveragePool", input.name)
    ones = [
        ((part[:, :1] <= places) & (places < part[:, 1:])).astype(input.dtype)
        for part, places in ((rows, np.arange(height)), (columns, np.arange(width)))
    ]
    sums = graph.add("MatMul", graph.constant(ones[0]), input.name)
    sums = graph.add("MatMul", sums, graph.constant(np.ascontiguousarray(ones[1].T)))
    return graph.add("Mul", sums, graph.constant(share.astype(input.dtype)))


def _moves(windows: Any) -> dict[str, list[int]]:
    """How windows move, in ONNX's words: pads are those before each axis and then those behind."""
    before, behind = zip(*windows.padding, strict=True)
    return {
        "strides": list(windows.stride),
        "dilations": list(windows.dilation),
        "pads": [*before, *behind],
    }


# Normalisation ----------------------------------------------------------------------------------------------


@operator("batch_norm")
def _(
    graph: Graph,
    input: Operand,
    weight: Operand | None,
    bias: Operand | None,
    mean: Operand,
    variance: Operand,
    eps: float,
    blocks: Sequence[int],
    constant: bool,
) -> str:
    """Of channels at axis 1, ONNX's own; of another axis a product and a sum."""
    _only("batch_norm", constant, "the statistics of a batch: call model.eval()")
    outer, channels = blocks[0], blocks[1]
    given = {"scale": weight, "bias": bias}
    if len(input.shape) >= 2 and (outer, channels) == input.shape[:2]:
        names = [
            graph.constant(np.full(channels, fill, input.dtype)) if value is None else value.name
            for value, fill in zip(given.values(), (1, 0), strict=True)
        ]
        layer = names[0].removesuffix("weight") if names[0].endswith(".weight") else ""
        for statistic, name in ((mean, "running_mean"), (variance, "running_var")):
            names.append(graph.constant(statistic.array.astype(input.dtype), layer and layer + name))
        return graph.add("BatchNormalization", input.name, *names, epsilon=eps)
    axis = next(
        axis
        for axis, size in enumerate(input.shape)
        if size == channels and np.prod(input.shape[:axis]) == outer
    )
    scale = 1 / np.sqrt(np.asarray(variance.array, np.float64) + eps)
    scale = scale if weight is None else scale * np.asarray(weight.array)
    shift = (0 if bias is None else np.asarray(bias.array)) - np.asarray(mean.array, np.float64) * scale
    along = [-1] + [1] * (len(input.shape) - axis - 1)
    constants = [graph.constant(v.astype(input.dtype).reshape(along)) for v in (scale, shift)]
    return graph.add("Add", graph.add("Mul", input.name, constants[0]), constants[1])


# Shapes -----------------------------------------------------------------------------------------------------


@operator("reshape")
def _(graph: Graph, input: Operand, shape: Sequence[int]) -> str:
    """A first axis that stays is copied (0 says so): the batch may have another size when the file is run."""
    sizes = [int(size) for size in shape]
    if sizes and input.shape and sizes[0] == input.shape[0]:
        sizes[0] = 0
    return graph.add("Reshape", input.name, graph.integers(*sizes))


@operator("permute")
def _(graph: Graph, input: Operand, dims: Sequence[int]) -> str:
    return graph.add("Transpose", input.name, perm=[d % len(input.shape) for d in dims])


@operator("indexing")
def _(graph: Graph, input: Operand, index: Any) -> str:
    """Slices and integers; an integer is a slice of one whose axis is dropped then."""
    parts = index if isinstance(index, tuple) else (index,)
    _only("indexing", all(isinstance(part, int | slice) or part is ... for part in parts), "arrays or None")
    if ... in parts:
        at = parts.index(...)
        rest = len(input.shape) - len(parts) + 1
        parts = (*parts[:at], *[slice(None)] * rest, *parts[at + 1 :])
    dropped = [axis for axis, part in enumerate(parts) if isinstance(part, int)]
    slices = {}
    for axis, part in enumerate(parts):
        if isinstance(part, int):
            part = slice(part, part + 1 or None)
        if part != slice(None):
            step = part.step or 1
            start = part.start if part.start is not None else 0 if step > 0 else -1
            stop = part.stop if part.stop is not None else _FAR if step > 0 else -_FAR
            slices[axis] = start, stop, step
    y = input.name
    if slices:
        starts, stops, steps = (graph.integers(*numbers) for numbers in zip(*slices.values(), strict=True))
        y = graph.add("Slice", y, starts, stops, graph.integers(*slices), steps)
    return graph.add("Squeeze", y, graph.integers(*dropped)) if dropped else graph.add("Identity", y)


@operator("broadcast_to")
def _(graph: Graph, input: Operand, size: Sequence[int]) -> str:
    return graph.add("Expand", input.name, graph.integers(*size))


@operator("cat")
def _(graph: Graph, tensors: Sequence[Operand], dim: int) -> str:
    return graph.add("Concat", *(tensor.name for tensor in tensors), axis=dim)


@operator("pad")
def _(graph: Graph, input: Operand, widths: Sequence[tuple[int, int]], value: float) -> str:
    before, behind = zip(*widths, strict=True)
    fill = graph.constant(np.array(value, input.dtype))
    return graph.add("Pad", input.name, graph.integers(*before, *behind), fill, mode="constant")


# Over axes --------------------------------------------------------------------------------------------------


def _over_axes(name: str, kind: str) -> None:
    def translate(graph: Graph, input: Operand, dim: Any, keepdim: bool, dtype: Any = None) -> str:
        _only(name, dtype is None, "a dtype")
        axes = range(len(input.shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
        return graph.add(kind, input.name, graph.integers(*axes), keepdims=int(keepdim))

    OPERATORS[name] = translate


for _name, _kind in {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
}.items():
    _over_axes(_name, _kind)


def _maybe(bias: Operand | None) -> list[str]:
    return [] if bias is None else [bias.name]


def _only(name: str, holds: bool, what: str) -> None:
    if not holds:
        raise NotImplementedError(f"onnx.export: {name} with {what} is not exported.")

"""``export``: a model as an ONNX file."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from minigrad.errors import refuse
from minigrad.files import write_whole
from minigrad.nn import Module
from minigrad.onnx.graph import Graph, Operation
from minigrad.onnx.tracing import names_for, trace
from minigrad.ops.join import cat
from minigrad.tensor import Tensor

OPSET = 18  # the first set of operations whose reductions are told axes alike

Axes = Mapping[str, Mapping[int, str] | Sequence[int]]


def export(
    model: Module,
    args: Tensor | Sequence[Tensor],
    f: str | os.PathLike[str] | IO[bytes],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    opset_version: int | None = None,
    dynamic_axes: Axes | None = None,
    **options: Any,
) -> None:
    """Write the model, in evaluation mode, as an ONNX file.

    The model is run once on ``args``, and what it does with them is written down: Python's ifs and loops are
    left as they went for these. Parameters have the names of the state_dict.

    Args:
        args: the input, or a tuple of the inputs.
        f: a path, or a binary file that is open for writing.
        input_names: of the inputs; by default those of forward's parameters. output_names: "output", or
            "output_0" and so on.
        opset_version: the version of ONNX's operations, from 18 to the newest of the package onnx; 18 by
            default.
        dynamic_axes: which inputs may have another size when the file is run, {"input": {0: "batch"}}: the
            batch, at axis 0. The model is run a second time then, on one sample more, to see that it works.

    Raises:
        ImportError: the package onnx is not installed.
        NotImplementedError: the model has an operation, or an option, that is not exported; it is named.
        ValueError: names, axes or versions that do not fit, or a graph that depends on the batch's size.
    """
    refuse("onnx.export", **options)
    onnx = _package()
    opset = OPSET if opset_version is None else opset_version
    newest = onnx.defs.onnx_opset_version()
    if not OPSET <= opset <= newest:
        raise ValueError(
            f"onnx.export: expected an opset_version from {OPSET} to {newest}, the newest that onnx "
            f"{onnx.__version__} knows, got {opset}. Runtimes take older ones, too: leave it out."
        )
    inputs = [args] if isinstance(args, Tensor) else list(args)
    names = _checked(input_names, names_for(model, len(inputs)), "input_names")
    graph, results, made = trace(model, inputs, names)
    default = ["output"] if len(results) == 1 else [f"output_{i}" for i in range(len(results))]
    outputs = _checked(output_names, default, "output_names")
    batch = _batch(dynamic_axes, names, outputs)
    if batch:
        more = [cat([x, x[:1]]) if name in batch else x for name, x in zip(names, inputs, strict=True)]
        _compare(graph, trace(model, more, names)[0])
    for name, result in zip(outputs, made, strict=True):
        graph.operations.append(Operation("Identity", (result,), name, {}))
    _check_names(graph, names)
    arrays = {
        **{name: x._data for name, x in zip(names, inputs, strict=True)},
        **dict(zip(outputs, results, strict=True)),
    }
    told = _told(onnx, arrays, batch, outputs)
    versions = [onnx.helper.make_opsetid("", opset)]
    written = onnx.helper.make_model(
        onnx.helper.make_graph(
            [_operation(onnx, operation) for operation in graph.operations],
            type(model).__name__,
            told[: len(inputs)],
            told[len(inputs) :],
            [onnx.numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
        ),
        opset_imports=versions,
        ir_version=onnx.helper.find_min_ir_version_for(versions),  # the oldest format that will do
        producer_name="minigrad",
    )
    content = written.SerializeToString()
    if isinstance(f, str | os.PathLike):
        write_whole(Path(f), content, "onnx.export")
    else:
        f.write(content)


def _package() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "onnx.export: the package onnx writes these files, and is not installed: pip install onnx"
        ) from error
    return onnx


def _checked(given: Sequence[str] | None, default: Sequence[str], what: str) -> list[str]:
    """The names given, or the default; as many, and no two alike."""
    names = list(default if given is None else given)
    if len(names) != len(default) or len(set(names)) != len(names):
        raise ValueError(f"onnx.export: expected {len(default)} different {what}, got {names}")
    return names


def _batch(dynamic_axes: Axes | None, inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """What the batch's size is called for each input that has one."""
    found = {}
    for name, axes in (dynamic_axes or {}).items():
        if name not in (*inputs, *outputs):
            raise ValueError(
                f"onnx.export: dynamic_axes names {name!r}; there are {', '.join((*inputs, *outputs))}"
            )
        labels = dict(axes) if isinstance(axes, Mapping) else dict.fromkeys(axes, "batch")
        if set(labels) - {0}:
            raise NotImplementedError(
                f"onnx.export: dynamic_axes[{name!r}] has the axes {sorted(labels)}. Only the batch, axis 0, "
                "may have another size."
            )
        if name in inputs and labels:
            found[name] = labels[0]
    return found


def _check_names(graph: Graph, inputs: Sequence[str]) -> None:
    """Raise ValueError for an input that nothing uses, and for a name that stands for two things."""
    used = {name for operation in graph.operations for name in operation.inputs}
    for name in inputs:
        if name not in used:
            raise ValueError(
                f"onnx.export: the result does not depend on the input {name!r}, as far as was recorded. Of "
                "integers it is recorded that they choose rows of an embedding, and nothing else."
            )
    taken = [*inputs, *graph.constants, *(operation.output for operation in graph.operations)]
    twice = sorted({name for name in taken if taken.count(name) > 1})
    if twice:
        raise ValueError(f"onnx.export: the name {twice[0]!r} is taken already; choose another one")


def _compare(graph: Graph, other: Graph) -> None:
    """Raise ValueError unless the graphs of two batches are one."""
    same = len(graph.operations) == len(other.operations) and graph.constants.keys() == other.constants.keys()
    for one, two in zip(graph.operations, other.operations, strict=False):
        if vars(one) != vars(two):
            raise ValueError(_depends(f"{two.kind} {two.attributes} comes for {one.kind} {one.attributes}"))
    for name in graph.constants.keys() & other.constants.keys():
        if not np.array_equal(graph.constants[name], other.constants[name], equal_nan=True):
            raise ValueError(_depends(f"the constant {name} is another one"))
    if not same:
        raise ValueError(_depends("it has other operations"))


def _depends(how: str) -> str:
    return (
        f"onnx.export: the graph depends on the batch's size: with one sample more, {how}. Leave "
        "dynamic_axes out, or write the model for any number of samples: x.flatten(1), not x.reshape(8, -1)."
    )


def _told(
    onnx: Any, arrays: Mapping[str, Any], batch: Mapping[str, str], outputs: Sequence[str]
) -> list[Any]:
    """Of each input and output the name, dtype and sizes; a batch's size is a name."""
    labels = dict(batch)
    if batch:
        labels |= dict.fromkeys(outputs, next(iter(batch.values())))
    told = []
    for name, array in arrays.items():
        sizes: list[Any] = list(array.shape)
        if sizes and name in labels:
            sizes[0] = labels[name]
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        told.append(onnx.helper.make_tensor_value_info(name, kind, sizes))
    return told


def _operation(onnx: Any, operation: Operation) -> Any:
    """The operation as the package has it."""
    attributes = {
        name: onnx.helper.np_dtype_to_tensor_dtype(value) if isinstance(value, np.dtype) else value
        for name, value in operation.attributes.items()
    }
    return onnx.helper.make_node(
        operation.kind, operation.inputs, [operation.output], operation.output, **attributes
    )

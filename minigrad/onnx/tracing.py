"""One forward pass, recorded with everything that each operation was given, and told as a graph of ONNX."""

from collections.abc import Sequence
from typing import Any

from minigrad.devices.place import is_array
from minigrad.engine.graph import Node
from minigrad.engine.modes import enable_grad, state
from minigrad.nn import Module
from minigrad.onnx.graph import Graph, Operand, identifier
from minigrad.onnx.operators import OPERATORS
from minigrad.tensor import Tensor


def trace(model: Module, given: Sequence[Tensor], names: Sequence[str]) -> tuple[Graph, list[Any], list[str]]:
    """Run ``model`` in evaluation mode on the inputs, which have these names.

    Returns the graph, the arrays that came out, and their names.
    """
    inputs = [x.detach().clone() for x in given]
    for x in inputs:
        if x.dtype.kind == "f":
            x.requires_grad_()  # what depends on it is recorded
    operands: dict[Node, list[Any]] = {}

    def witness(node: Node, values: list[Any]) -> None:
        operands[node] = list(values)

    training = {module: module.training for module in model.modules()}
    before, state.witness = state.witness, witness
    try:
        model.eval()
        with enable_grad():
            output = model(*inputs)
    finally:
        state.witness = before
        for module, mode in training.items():
            module.training = mode
    return _told(model, inputs, names, operands, output)


def _told(
    model: Module,
    inputs: Sequence[Tensor],
    names: Sequence[str],
    operands: dict[Node, list[Any]],
    output: Any,
) -> tuple[Graph, list[Any], list[str]]:
    """The recorded operations behind the output as a graph."""
    outputs = list(output) if isinstance(output, tuple | list) else [output]
    for y in outputs:
        if not isinstance(y, Tensor):
            raise TypeError(f"onnx.export: the model returned a {type(y).__name__}; expected tensors")
    state_names = {id(tensor._data): name for name, tensor in model.state_dict(keep_vars=True).items()}
    graph = Graph(state_names)
    called = {id(x): name for x, name in zip(inputs, names, strict=True)}  # an edge of the graph is the leaf
    by_array = {id(x._data): name for x, name in zip(inputs, names, strict=True)}  # integers have no edge
    made: dict[Node, str] = {}

    def operand(edge: Any, array: Any) -> Operand:
        name = made[edge] if type(edge) is Node else called.get(id(edge)) or by_array.get(id(array))
        if edge is not None and edge.dtype != array.dtype:  # promoted on its way in
            kept = name or graph.constant(edge._data)
            return Operand(graph, array, graph.add("Cast", kept, to=array.dtype))
        if name is None and edge is not None:
            return Operand(graph, edge._data)  # a parameter
        return Operand(graph, array, name)

    def argument(edge: Any, value: Any) -> Any:
        return operand(edge, value) if is_array(value) else value

    for node in _behind(outputs):
        translate = OPERATORS.get(node.op.builtin)
        if translate is None:
            raise NotImplementedError(
                f"onnx.export: {node.op.name} is not among the operations that are exported: "
                f"{', '.join(sorted(OPERATORS))}."
            )
        values = [argument(edge, value) for edge, value in zip(node.edges, operands[node], strict=False)]
        parameters = node.op.parameters
        extra = len(values) - len(parameters)
        first: Any = values[: extra + 1] if node.op.variadic else values[0]
        made[node] = translate(graph, first, *values[extra + 1 :])
    results = []
    for y in outputs:
        name = called.get(id(y)) if y._node is None else made[y._node]
        if name is None:
            raise ValueError(
                "onnx.export: what the model returned does not depend on its inputs, as far as was recorded: "
                "it was computed under no_grad, from integers alone, or outside of minigrad's operations."
            )
        results.append(name)
    return graph, [y._data for y in outputs], results


def _behind(outputs: Sequence[Tensor]) -> list[Node]:
    """The nodes from which the outputs were computed, oldest first."""
    seen: set[Node] = set()
    stack = [y._node for y in outputs if y._node is not None]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += [edge for edge in node.edges if type(edge) is Node]
    return sorted(seen, key=lambda node: node.time)


def names_for(model: Module, count: int) -> list[str]:
    """Names for the inputs: those of forward's parameters."""
    import inspect

    found = [
        identifier(parameter.name)
        for parameter in inspect.signature(model.forward).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return found[:count] if len(found) >= count else [f"input_{i}" for i in range(count)]

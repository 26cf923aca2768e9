"""The graph of an ONNX file in the making: operations in their order, and the constants that they use."""

import re
from typing import Any

import numpy as np

from minigrad.tensor import Tensor

Array = np.ndarray[Any, Any]


class Operation:
    """One operation of ONNX: its kind, the names of what goes in and comes out, its attributes."""

    def __init__(self, kind: str, inputs: tuple[str, ...], output: str, attributes: dict[str, Any]) -> None:
        self.kind, self.inputs, self.output, self.attributes = kind, inputs, output, attributes


class Graph:
    """Operations and constants. Everything has a name of its own.

    ``names``: what arrays are called, by id; parameters have the names of the state_dict.
    """

    def __init__(self, names: dict[int, str]) -> None:
        self.operations: list[Operation] = []
        self.constants: dict[str, Array] = {}
        self._names = names
        self._called: dict[int, str] = {}
        self._kept: list[Any] = []  # so that ids stay what they are

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append an operation of one output, and return the name of that. An input "" is left out."""
        output = f"{kind.lower()}_{len(self.operations)}"
        self.operations.append(Operation(kind, inputs, output, attributes))
        return output

    def constant(self, array: Any, wish: str = "") -> str:
        """The name of a constant: of the same array the same. A parameter has its own, others their wish."""
        if id(array) not in self._called:
            name = self._names.get(id(array)) or wish
            if not name or name in self.constants:
                name = f"constant_{len(self.constants)}"
            self._called[id(array)] = name
            self._kept.append(array)
            self.constants[name] = np.array(Tensor._wrap(array).cpu()._data, order="C")
        return self._called[id(array)]

    def integers(self, *numbers: int) -> str:
        """The name of a row of integers, which is how ONNX is told axes and shapes."""
        return self.constant(np.array(numbers, np.int64))


class Operand:
    """An argument of a recorded operation that is an array: its name in the graph, shape and dtype."""

    def __init__(self, graph: Graph, array: Any, name: str | None = None) -> None:
        self._graph, self.array, self._name = graph, array, name
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype: np.dtype[Any] = array.dtype

    @property
    def constant(self) -> bool:
        """Whether it does not depend on the network's input."""
        return self._name is None

    @property
    def name(self) -> str:
        """Its name: a constant is entered into the graph when it is asked for."""
        return self._graph.constant(self.array) if self._name is None else self._name


def identifier(text: str) -> str:
    """The text as a name that every program takes."""
    return re.sub(r"\W", "_", text)

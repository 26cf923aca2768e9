"""Summary of a model: layer by layer what comes out, how many numbers it learns, how much it computes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.creation import zeros
from minigrad.devices import CPU
from minigrad.devices.place import is_array
from minigrad.dtypes import as_dtype
from minigrad.engine.graph import Node
from minigrad.engine.modes import enable_grad, state
from minigrad.engine.writes import owner
from minigrad.errors import DtypeError, ShapeError
from minigrad.inspection.multiply_adds import multiply_adds
from minigrad.inspection.table import Layer, Summary
from minigrad.nn.containers import ModuleDict, ModuleList
from minigrad.nn.module import Module
from minigrad.random import get_rng_state, set_rng_state
from minigrad.tensor import Tensor


def summary(
    model: Module,
    input_shape: Any,
    *,
    batch_size: int = 1,
    dtype: Any = None,
) -> Summary:
    """Run the model once and tell, layer by layer, what comes out of it and what it takes.

    Args:
        model: it is not changed. It is run in evaluation mode.
        input_shape: the shape of one sample, without the batch: ``(1, 28, 28)``. For a model of several
            inputs a list of shapes, or a dict of them by the names of ``forward``'s arguments. A tensor in
            place of a shape is taken as it is, with its batch: for class numbers, or words.
        batch_size: samples in the batch that the shapes are made into.
        dtype: of inputs given as shapes; that of the model's parameters by default.

    Returns a `Summary`. What a model computes under ``no_grad`` is not counted.

    Raises:
        TypeError: an input that is neither a shape nor a tensor.
        Whatever the model raises for these inputs, with a note that names the layer.
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: expected a Module, got {_kind(model)}.")
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"summary: batch_size must be a whole number of at least 1, got {batch_size!r}")
    args, kwargs = _inputs(model, input_shape, batch_size, dtype)
    given = [value for value in (*args, *kwargs.values()) if isinstance(value, Tensor)]
    trace = _Trace(model, {id(owner(value._data)) for value in given})
    with _as_it_was(model), trace.watching(), enable_grad():
        model.eval()
        for parameter in model.parameters():  # so that every operation is recorded, and seen
            if parameter.is_floating_point():
                parameter.requires_grad = True
        model(*args, **kwargs)
    size = next((value.shape[0] for value in given if value.ndim), 1)
    return trace.result(int(size))


def _inputs(model: Module, given: Any, batch_size: int, dtype: Any) -> tuple[list[Any], dict[str, Any]]:
    """The arguments for ``forward`` made of the shapes."""
    if dtype is None:
        floating = (p.dtype for p in model.parameters() if p.is_floating_point())
        dtype = next(floating, np.dtype(np.float32))
    dtype = as_dtype(dtype)
    there = next((parameter.device for parameter in model.parameters()), CPU)

    def tensor(value: Any) -> Tensor:
        if isinstance(value, Tensor):
            return _followed(value.detach().clone())
        if _is_shape(value):
            return _followed(zeros(batch_size, *value, dtype=dtype, device=there))
        raise TypeError(
            f"summary: expected the shape of a sample, such as (1, 28, 28), a list or a dict of shapes, or "
            f"tensors; got {value!r}"
        )

    if isinstance(given, Mapping):
        return [], {name: tensor(value) for name, value in given.items()}
    if isinstance(given, Tensor) or _is_shape(given):
        return [tensor(given)], {}
    if isinstance(given, int):
        return [tensor((given,))], {}
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [tensor(value) for value in given], {}
    return [tensor(given)], {}


def _followed(value: Tensor) -> Tensor:
    """The same values as the result of an operation, so that all that is made of them is recorded.

    Not as a leaf: a model may write into its input, which is an error for a leaf that needs a gradient.
    """
    return value.requires_grad_().clone() if value.is_floating_point() else value


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(
        isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0 for size in value
    )


def _kind(value: Any) -> str:
    """What was given in place of a model."""
    if isinstance(value, type):
        return f"the class {value.__name__}. Make one of it first"
    return f"a value of type {type(value).__name__}"


@contextmanager
def _as_it_was(model: Module) -> Iterator[None]:
    """Afterwards modes, buffers, the parameters' requires_grad and the random state are as they were."""
    modes = [(module, module.training) for module in model.modules()]
    wanted = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    random = get_rng_state()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, requires in wanted:
            parameter.requires_grad = requires
        for buffer, value in buffers:
            buffer.detach().copy_(value)
        set_rng_state(random)


class _Trace:
    """Watches one forward pass: which module is called, what it returns, and the operations inside."""

    def __init__(self, model: Module, inputs: set[int]) -> None:
        self.model = model
        self.names = {id(module): name for name, module in model.named_modules()}
        self.layers: list[Layer] = []
        self.open: list[Layer] = []  # the calls under way, the innermost last
        self.called: set[int] = set()
        self.learning = {id(p) for p in model.parameters() if p.requires_grad}
        self.counted: set[int] = set()  # parameters and buffers that a row has already
        self.known = inputs | {id(owner(p._data)) for p in (*model.parameters(), *model.buffers())}
        self.kept: dict[int, Any] = {}  # the memory that backward needs

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note each call of a module and what each operation keeps for backward."""
        handles = []
        for module in self.model.modules():
            handles.append(module.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True))
            handles.append(module.register_forward_hook(self._leave))
        before, state.witness = state.witness, self._witness
        try:
            yield
        except Exception as error:
            if self.open:
                layer = self.open[-1]
                place = f"{layer.name} ({layer.kind})" if layer.name else layer.kind
                shapes = ", ".join(map(str, layer.inputs))
                note = f"summary: raised in {place}, which was given {shapes or 'no tensor'}"
                if isinstance(error, ShapeError):
                    note += ". The input_shape is that of one sample, without the batch"
                elif isinstance(error, DtypeError | IndexError):
                    note += ". From a shape come random numbers; in its place a tensor is taken as it is"
                error.add_note(note)
            raise
        finally:
            state.witness = before
            for handle in handles:
                handle.remove()

    def _enter(self, module: Module, args: Any, kwargs: Any) -> None:
        if self.open:
            self.open[-1].parts = True
        name = self.names[id(module)]
        layer = Layer(name, type(module).__name__, len(self.open))
        layer.label = name.removeprefix(f"{self.open[-1].name}." if self.open else "")
        layer.inputs = tuple(tuple(t.shape) for t in _tensors([*args, *kwargs.values()]))
        self._count(module, layer)
        if id(module) in self.called:
            layer.note = "again"
        self.called.add(id(module))
        self.layers.append(layer)
        self.open.append(layer)

    def _leave(self, module: Module, args: Any, output: Any) -> None:
        layer = self.open.pop()
        results = list(_tensors(output))
        layer.shapes = tuple(tuple(result.shape) for result in results)
        layer.memory = sum(result._data.nbytes for result in results)

    def _witness(self, node: Node, operands: list[Any]) -> None:
        if self.open:
            self.open[-1].multiply_adds += multiply_adds(node.op.builtin, operands)
        for value in node.saved or ():
            for array in value if isinstance(value, tuple) else (value,):
                if is_array(array) and id(owner(array)) not in self.known:
                    self.kept[id(owner(array))] = owner(array)

    def _count(self, module: Module, layer: Layer) -> None:
        """How many numbers are the module's own."""
        own = [value for value in module._parameters.values() if value is not None]
        for parameter in own:
            if id(parameter) in self.counted:
                layer.note = "shared"
            elif id(parameter) in self.learning:
                layer.trainable += parameter.numel()
            else:
                layer.fixed += parameter.numel()
            self.counted.add(id(parameter))
        for buffer in module._buffers.values():
            if buffer is not None and buffer.is_floating_point() and id(buffer) not in self.counted:
                layer.fixed += buffer.numel()
                self.counted.add(id(buffer))

    def result(self, batch_size: int) -> Summary:
        """What was noted, for a batch of this size."""
        self._never_called()
        numbers = (*self.model.parameters(), *(b for b in self.model.buffers() if b.is_floating_point()))
        return Summary(
            type(self.model).__name__,
            self.layers,
            batch_size,
            sum(value._data.nbytes for value in numbers),
            sum(memory.nbytes for memory in self.kept.values()),
        )

    def _never_called(self) -> None:
        """A row for each module that was not called and has something to show for itself."""
        for name, module in self.model.named_modules():
            if id(module) in self.called or isinstance(module, ModuleList | ModuleDict):
                continue
            inside = [part for part in module.modules() if part is not module]
            if inside and not any(True for _ in module.parameters(recurse=False)):
                continue  # the modules inside stand for it
            layer = Layer(name, type(module).__name__, 0, note="never called", label=name)
            self._count(module, layer)
            if layer.note == "shared":
                layer.note = "never called, shared"
            self.layers.append(layer)


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _tensors(part)

"""Module: a piece of a network that knows its parameters, its buffers and the modules inside it."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np

from minigrad.devices import CPU, device, place
from minigrad.dtypes import as_dtype
from minigrad.engine.backward import zero_grads
from minigrad.engine.calls import note_call
from minigrad.engine.writes import tick
from minigrad.errors import refuse
from minigrad.nn import hooks, state
from minigrad.nn._text import tree
from minigrad.nn.parameter import Parameter
from minigrad.nn.registry import Registry, check_module
from minigrad.nn.unseen import warn_of_unseen
from minigrad.tensor import Tensor

__all__ = ["Module"]

M = TypeVar("M")

_MADE_OF_TENSORS = ("minigrad.nn.loss", "minigrad.nn.containers")
"""Whose modules may be given a tensor when they are made: weights of classes, say."""


class Module(Registry):
    """The base of every layer and every network.

    A subclass calls ``super().__init__()`` first, sets its parameters and layers as attributes, and defines
    ``forward``; calling the module runs ``forward``::

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(784, 128)
                self.out = nn.Linear(128, 10)

            def forward(self, x):
                return self.out(F.relu(self.hidden(x)))

    A ``Parameter`` or ``Module`` set as an attribute is registered: ``parameters()`` yields it,
    ``state_dict()`` names it ("hidden.weight"), ``train()``, ``to()`` and the others reach it. Modules inside
    a plain list are not seen, and ``parameters()`` warns of them; ``ModuleList`` is for that.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Refuse ``nn.ReLU(x)``: a layer is made without its input."""
        file = cls.__module__
        if (
            args
            and type(args[0]) is Tensor
            and file.startswith("minigrad.nn.")
            and file not in _MADE_OF_TENSORS
        ):
            raise TypeError(
                f"{cls.__name__}: a layer is made first and then called: layer = nn.{cls.__name__}(...), and "
                "then layer(x). In nn.functional are functions that are called at once."
            )
        return super().__new__(cls)

    # --- calling

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation of this module. Every subclass defines it."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward(). Define `def forward(self, x): ...` in the class "
            "(check the spelling and the indentation)."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        start = tick()  # what is made from here on is this call's: a picture of the graph groups by calls
        if self._forward_pre_hooks:
            args, kwargs = hooks.run_before(self._forward_pre_hooks, self, args, kwargs)
        output = self.forward(*args, **kwargs)
        if self._forward_hooks:
            output = hooks.run_after(self._forward_hooks, self, args, kwargs, output)
        note_call(self, start, output)
        return output

    def register_forward_pre_hook(
        self, hook: hooks.Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> hooks.RemovableHandle:
        """Call ``hook(module, args)`` before each ``forward``; unless None, its result replaces ``args``.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs)`` and may return ``(args, kwargs)``.
        """
        return hooks.add(self._forward_pre_hooks, hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: hooks.Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> hooks.RemovableHandle:
        """Call ``hook(module, args, output)`` after each ``forward``; unless None, its result replaces that.

        With ``with_kwargs`` it is called as ``hook(module, args, kwargs, output)``.
        """
        refuse("register_forward_hook", always_call=always_call)
        return hooks.add(self._forward_hooks, hook, prepend, with_kwargs)

    # --- going through the members

    def named_modules(
        self, memo: set["Module"] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """This module (named ``prefix``) and every module inside it, each once, with its dotted name."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(
                    memo, f"{prefix}.{name}" if prefix else name, remove_duplicate
                )

    def modules(self) -> Iterator["Module"]:
        """This module and every module inside it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The modules directly inside this one, each once, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """The modules directly inside this one, each once."""
        for _, module in self.named_children():
            yield module

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter with its dotted name; a shared one comes once, under its first name."""
        return self._named(lambda module: module._parameters, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, each once: what an optimiser is given.

        Warns of modules and parameters in a plain list or dict, which are not seen; see ``unseen``.
        """
        if recurse:
            warn_of_unseen(self)
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name, each once."""
        return self._named(lambda module: module._buffers, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def _named(
        self,
        members: Callable[["Module"], Mapping[str, M | None]],
        prefix: str,
        recurse: bool,
        remove_duplicate: bool,
    ) -> Iterator[tuple[str, M]]:
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        seen: set[int] = set()  # by identity: == of tensors compares their elements
        for path, module in modules:
            for name, value in members(module).items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def get_submodule(self, target: str) -> "Module":
        """The module with the dotted name ``target``; this one for the empty name."""
        module: Module = self
        for name in target.split(".") if target else ():
            module = module._member("modules", name, target)
        return module

    def set_submodule(self, target: str, module: "Module", strict: bool = False) -> None:
        """Put ``module`` under the dotted name ``target``, in the place of the one that is there, if any.

        With ``strict`` there must be one. Raises AttributeError for a name on the way that is no module, or
        that belongs to something else.
        """
        if target == "":
            raise ValueError("set_submodule: the name is empty; a module cannot replace itself")
        check_module(module)
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or (hasattr(parent, name) and not isinstance(getattr(parent, name), Module)):
            parent._member("modules", name, target)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with the dotted name ``target``."""
        path, _, name = target.rpartition(".")
        parameter: Parameter = self.get_submodule(path)._member("parameters", name, target)
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with the dotted name ``target``."""
        path, _, name = target.rpartition(".")
        buffer: Tensor = self.get_submodule(path)._member("buffers", name, target)
        return buffer

    def _member(self, kind: str, name: str, target: str) -> Any:
        members = {key: value for key, value in getattr(self, f"_{kind}").items() if value is not None}
        if name in members:
            return members[name]
        owner = type(self).__name__
        there = f"{owner} has the {kind} {', '.join(members)}" if members else f"{owner} has no {kind}"
        raise AttributeError(
            f"no {kind[:-1]} '{name}'{f' on the way to {target!r}' if name != target else ''}: {there}"
        )

    # --- state

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Every parameter and persistent buffer under its dotted name, as PyTorch names them.

        The tensors share the module's memory, without history; with ``keep_vars`` they are the parameters
        themselves.
        """
        result: dict[str, Any] = OrderedDict() if destination is None else destination
        for name, tensor in state.own_state(self, prefix):
            result[name] = tensor if keep_vars else tensor.detach()
        return result

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copy the values of ``state_dict`` into this module's own memory, cast to its dtypes.

        Returns ``(missing_keys, unexpected_keys)``. With ``strict`` both must be empty. A ``RuntimeError``
        lists every missing, unexpected and mis-shaped name at once, and then nothing has been copied.
        """
        refuse("load_state_dict", "the values are always copied", assign=assign)
        return state.load(self, state_dict, strict)

    # --- changing the whole tree

    def train(self, mode: bool = True) -> Self:
        """Set training mode here and in every module inside: it decides what Dropout and the like do."""
        if not isinstance(mode, bool):
            raise ValueError(f"train(mode): expected True or False, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)  # a call, so that a module which overrides train() has its say
        return self

    def eval(self) -> Self:
        """Set evaluation mode; the same as ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say for every parameter whether gradients are recorded; False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the parameters' gradients, or fill them with zeros when ``set_to_none`` is False."""
        zero_grads((parameter for _, parameter in self.named_parameters()), set_to_none)

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call ``fn(module)`` for every module inside, then for this one: initialisation, mostly."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Bring parameters, gradients and buffers to a device, and cast the floating-point ones to a dtype:
        ``to("cuda")``, ``to(dtype)``, or ``to(tensor)`` for both of a tensor.

        The module itself is changed, and the parameters stay the objects that they are: an optimiser that has
        them goes on with them. With ``non_blocking`` copies from pinned memory run beside the program.
        """
        dtype, device = kwargs.pop("dtype", None), kwargs.pop("device", None)
        non_blocking = kwargs.pop("non_blocking", False)
        refuse("Module.to", **kwargs)
        for value in args:
            if isinstance(value, Tensor):
                dtype, device = value.dtype, value.device
            elif isinstance(value, (np.dtype, type)):
                dtype = value
            else:
                device = value
        where = None if device is None else place.find(device, "Module.to")
        return self._move(None if dtype is None else as_dtype(dtype), where, non_blocking)

    def cuda(self, device: Any = None) -> Self:
        """Bring parameters and buffers to a GPU: the current one unless it is named."""
        return self.to("cuda" if device is None else device)

    def cpu(self) -> Self:
        """Bring parameters and buffers to the CPU."""
        return self.to(CPU)

    def float(self) -> Self:
        """Cast floating-point parameters and buffers to float32."""
        return self._move(np.dtype(np.float32))

    def double(self) -> Self:
        """Cast floating-point parameters and buffers to float64."""
        return self._move(np.dtype(np.float64))

    def half(self) -> Self:
        """Cast floating-point parameters and buffers to float16."""
        return self._move(np.dtype(np.float16))

    def _move(
        self, dtype: "np.dtype[Any] | None", where: device | None = None, non_blocking: bool = False
    ) -> Self:
        if dtype is not None and dtype.kind != "f":
            raise TypeError(f"Module.to casts to floating-point dtypes only, got {dtype}")

        def moved(array: Any) -> Any:
            if dtype is not None and array.dtype.kind == "f":
                array = array.astype(dtype, copy=False)
            return array if where is None else place.put(array, where, non_blocking)

        for parameter in self.parameters():
            gradient = parameter.grad
            parameter.grad = None
            # The same object with other memory: optimisers hold on to it.
            parameter._data = moved(parameter._data)
            if gradient is not None:
                parameter.grad = Tensor._wrap(moved(gradient._data))
        for module in self.modules():
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    array = moved(buffer._data)
                    module._buffers[name] = buffer if array is buffer._data else Tensor._wrap(array)
        return self

    # --- printing

    def extra_repr(self) -> str:
        """What stands between the parentheses of this module's line, such as the sizes of a layer."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {module!r}" for name, module in self._modules.items()]
        return tree(self._get_name(), extra.split("\n") if extra else [], children)

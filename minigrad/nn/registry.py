"""Registry: what a module holds. Setting an attribute registers it; this file is the rules of that."""

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minigrad.callsite import warn
from minigrad.nn._text import kind_of
from minigrad.nn.hooks import Hooked
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.nn.module import Module

# Where a registered member is kept -> what it is called and what it must be.
_TABLES = {
    "_parameters": ("parameter", "a Parameter"),
    "_buffers": ("buffer", "a Tensor"),
    "_modules": ("module", "a Module"),
}


_SWITCHES = {
    "train": "model.train({})",
    "eval": "model.eval()",
    "requires_grad": "model.requires_grad_({})",
}
"""What is meant where a bool is assigned to one of these names."""


class Registry:
    """The upper half of Module: three tables of members, which are found as attributes.

    A class of its own to keep both files short; nothing but Module derives from it.
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, "Module | None"]
    _non_persistent_buffers: set[str]
    _forward_hooks: dict[int, Hooked]
    _forward_pre_hooks: dict[int, Hooked]

    def __init__(self) -> None:
        # Into __dict__, because __setattr__ below needs these to be there.
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _modules={},
            _non_persistent_buffers=set(),
            _forward_hooks={},
            _forward_pre_hooks={},
        )

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under ``name``; None reserves the name, as ``Linear(bias=False)`` does."""
        self._check_name("_parameters", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"parameter '{name}' must be a Parameter or None, got {kind_of(param)}. "
                "Wrap it: nn.Parameter(tensor)."
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is not trained, such as a running mean.

        Only with ``persistent`` does it appear in ``state_dict()``.
        """
        self._check_name("_buffers", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"buffer '{name}' must be a Tensor or None, got {kind_of(tensor)}. "
                "mg.tensor(...) makes one of numbers."
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers.discard(name)
        else:
            self._non_persistent_buffers.add(name)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a module inside this one under ``name``."""
        self._check_name("_modules", name)
        if module is not None:
            check_module(module)
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, table: str, name: str) -> None:
        """Raise unless ``name`` can be registered in ``table``."""
        kind, owner = _TABLES[table][0], type(self).__name__
        if table not in self.__dict__:
            raise AttributeError(
                f"cannot assign {kind} '{name}' before Module.__init__() call. "
                f"Begin {owner}.__init__ with super().__init__()."
            )
        if not isinstance(name, str):
            raise TypeError(f"the name of a {kind} must be a string, got {kind_of(name)}")
        if name == "" or "." in name:
            raise KeyError(f'the name of a {kind} can be neither empty nor contain ".", got "{name}"')
        if name not in self.__dict__[table] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists in {owner}; choose another name")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._forget(name, keep="_parameters")
            self.register_parameter(name, value)
            return
        if isinstance(value, Registry):
            self._forget(name, keep="_modules")
            self.add_module(name, value)  # type: ignore[arg-type]  # only Module derives from Registry
            return
        for table, (kind, expected) in _TABLES.items():
            members: dict[str, Any] = self.__dict__.get(table, {})
            if name not in members:
                continue
            if value is not None and not (kind == "buffer" and isinstance(value, Tensor)):
                raise TypeError(
                    f"cannot assign {kind_of(value)} as {kind} '{name}' of {type(self).__name__}: expected "
                    f"{expected} or None. To make '{name}' a plain attribute, `del` it first."
                )
            members[name] = value
            return
        if isinstance(value, bool) and name in _SWITCHES:
            self._refuse_switch(name, value)
        object.__setattr__(self, name, value)

    def _refuse_switch(self, name: str, value: bool) -> None:
        """Raise for ``model.train = False``; warn of ``model.requires_grad = False``, which is without
        effect.
        """
        meant = _SWITCHES[name].format(value)
        if name in ("train", "eval"):
            raise TypeError(f"{type(self).__name__}.{name} is a method, and not to be set: write {meant}")
        if hasattr(type(self), name) or "_parameters" not in self.__dict__:
            return  # a property of the class; an option that is kept before super().__init__()
        if any(parameter.requires_grad != value for _, parameter in self.named_parameters()):
            warn(
                f"{type(self).__name__}.requires_grad = {value} sets a new attribute and changes no "
                f"parameter. Write {meant}."
            )

    def _forget(self, name: str, keep: str) -> None:
        """Take ``name`` out of every table but ``keep``, where it would keep its place in the order."""
        self.__dict__.pop(name, None)
        for table in _TABLES:
            if table != keep:
                self.__dict__.get(table, {}).pop(name, None)

    def __getattr__(self, name: str) -> Any:
        # Called only for what ordinary lookup did not find.
        for table in _TABLES:
            members: Mapping[str, Any] = self.__dict__.get(table, {})
            if name in members:
                return members[name]
        # The message has a suggestion, as a notebook shows none of Python's; without obj there are not two.
        raise AttributeError(self._unknown(name), name=name, obj=None)

    def _unknown(self, name: str) -> str:
        """The message for an attribute that is not there."""
        owner = type(self).__name__
        message = f"'{owner}' object has no attribute '{name}'"
        if name.startswith("__"):  # copy, pickle and NumPy ask for these and expect a plain no
            return message
        if "_parameters" not in self.__dict__:
            return f"{message}: begin {owner}.__init__ with super().__init__(), which was not called"
        if hasattr(type(self), name):
            return f"{message}: computing this property raised an AttributeError, the one shown above"
        close = difflib.get_close_matches(name, dir(self), n=1)
        return f"{message}. Did you mean '{close[0]}'?" if close else message

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles have: a tensor that ``forward`` left as a plain attribute, as spectral norm
        does its divided weight, goes without history, which cannot be copied.
        """
        return {
            name: value.detach() if isinstance(value, Tensor) and not value.is_leaf else value
            for name, value in self.__dict__.items()
        }

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            members: dict[str, Any] = self.__dict__.get(table, {})
            if name in members:
                del members[name]
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {name for table in _TABLES for name in self.__dict__.get(table, {})}
        return sorted(names.union(super().__dir__()))


def check_module(value: Any) -> None:
    """Raise ``TypeError`` unless ``value`` is a module, with the fix for the usual slips."""
    if isinstance(value, Registry):
        return
    if isinstance(value, type) and issubclass(value, Registry):
        name = value.__name__
        raise TypeError(f"expected a module, got the class {name} itself. Make one: {name}(...).")
    if isinstance(value, (list, tuple)):
        raise TypeError(
            f"expected a module, got {kind_of(value)}. Unpack it, Sequential(*layers), or use a ModuleList."
        )
    hint = ""
    if callable(value):
        hint = (
            ". Of F.relu and the like there are layers, nn.ReLU(); or write a Module whose forward calls it"
        )
    raise TypeError(f"expected a module, got {kind_of(value)}{hint}")

"""Modules that hold modules: in a row, in a list, under names; and a list of parameters."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from minigrad.nn._text import kind_of, tree
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.nn.registry import check_module
from minigrad.tensor import Tensor

__all__ = ["ModuleDict", "ModuleList", "ParameterList", "Sequential"]


def _position(index: int, length: int, owner: str) -> int:
    """``index`` counted from the front; a negative one counts from the end, as in a list."""
    if not hasattr(index, "__index__"):
        raise TypeError(f"{owner}: an index is an integer or a slice, got {kind_of(index)}")
    position = index.__index__()
    if not -length <= position < length:
        raise IndexError(f"{owner}: index {position} is out of range, there are {length} entries")
    return position % length


class _Numbered(Module):
    """Modules in an order, named "0", "1", ... unless they were given names."""

    def _items(self) -> list[tuple[str, Module]]:
        # None is refused by check_module, so every entry is a module.
        return [(name, module) for name, module in self._modules.items() if module is not None]

    def _set(self, items: Iterable[tuple[str, Module]]) -> None:
        """Take over a new order. Numbers are given afresh; names stay."""
        items = list(items)
        numbered = all(name.isdecimal() for name, _ in items)
        self._modules = {str(i) if numbered else name: module for i, (name, module) in enumerate(items)}

    def _free(self) -> str:
        """The number that the next appended module gets."""
        number = len(self)
        while str(number) in self._modules:  # a slice of a Sequential keeps the numbers it had
            number += 1
        return str(number)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter([module for _, module in self._items()])

    def __contains__(self, module: object) -> bool:
        return any(module is own for own in self)

    def __setitem__(self, index: int, module: Module) -> None:
        check_module(module)
        name, _ = self._items()[_position(index, len(self), type(self).__name__)]
        self._modules[name] = module

    def __delitem__(self, index: int | slice) -> None:
        items = self._items()
        if not isinstance(index, slice):
            index = _position(index, len(items), type(self).__name__)
        del items[index]
        self._set(items)

    def append(self, module: Module) -> Self:
        """Put ``module`` at the end."""
        check_module(module)
        self.add_module(self._free(), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Put each of ``modules`` at the end, in order."""
        modules = list(modules)  # gone through twice, which a generator would not bear
        for module in modules:
            check_module(module)
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put ``module`` before the entry at ``index``."""
        check_module(module)
        items = self._items()
        if not all(name.isdecimal() for name, _ in items):
            raise ValueError(
                f"{type(self).__name__}.insert: its entries have names ({', '.join(self._modules)}), so the "
                "new one needs a name, too. Build a new one from an OrderedDict."
            )
        if not -len(items) <= index <= len(items):
            raise IndexError(f"{type(self).__name__}.insert: index {index} is out of range 0 to {len(items)}")
        items.insert(index, (self._free(), module))
        self._set(items)
        return self

    def pop(self, index: int = -1) -> Module:
        """Remove the entry at ``index`` and return it."""
        _, module = self._items()[_position(index, len(self), type(self).__name__)]
        del self[index]
        return module


class Sequential(_Numbered):
    """Modules applied one after the other: ``Sequential(f, g)(x) = g(f(x))``.

    Takes the modules in order, or one mapping of names to modules. A slice is a Sequential of the same
    modules, under the same names, so that state_dict keys stay what they were.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                check_module(module)
                self.add_module(name, module)
            return
        for i, module in enumerate(args):
            check_module(module)
            self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]  # never None here
        return input

    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    @overload
    def __getitem__(self, index: int) -> Module: ...
    def __getitem__(self, index: int | slice) -> Module:
        items = self._items()
        if isinstance(index, slice):
            return type(self)(dict(items[index]))
        return items[_position(index, len(items), type(self).__name__)][1]

    def __add__(self, other: "Sequential") -> "Sequential":
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __iadd__(self, other: "Sequential") -> Self:
        return self.extend(other) if isinstance(other, Sequential) else NotImplemented

    def __mul__(self, times: int) -> "Sequential":
        """The same modules, and so the same parameters, ``times`` times over."""
        return Sequential(*list(self) * self._times(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        return self.extend(list(self) * (self._times(times) - 1))

    def _times(self, times: int) -> int:
        if not isinstance(times, int):
            raise TypeError(f"{type(self).__name__} * {kind_of(times)}: expected an integer")
        if times < 1:
            raise ValueError(f"{type(self).__name__} * {times}: expected 1 or more")
        return times


class ModuleList(_Numbered):
    """A list whose modules are registered: indexed and iterated as a list, called by your own ``forward``.

    Raises TypeError for what is no list, or no module.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if isinstance(modules, Module) and not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleList: expected a list of modules, got {kind_of(modules)}. Use brackets: [...]."
            )
        if modules is not None:
            self.extend(modules)

    @overload
    def __getitem__(self, index: slice) -> "ModuleList": ...
    @overload
    def __getitem__(self, index: int) -> Module: ...
    def __getitem__(self, index: int | slice) -> Module:
        modules = list(self)
        if isinstance(index, slice):
            return type(self)(modules[index])
        return modules[_position(index, len(modules), type(self).__name__)]

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def __repr__(self) -> str:
        # Equal neighbours share a line: "(0-5): 6 x Block(...)".
        groups: list[tuple[int, int, str]] = []  # first, last, text
        for i, module in enumerate(self):
            text = repr(module)
            if groups and groups[-1][2] == text:
                groups[-1] = (groups[-1][0], i, text)
            else:
                groups.append((i, i, text))
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in groups
        ]
        return tree(self._get_name(), [], lines)


class ModuleDict(Module):
    """A dictionary whose modules are registered, in the order in which they were put in."""

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        if key not in self._modules:
            raise KeyError(
                f"ModuleDict has no module {key!r}; it has {', '.join(map(repr, self._modules)) or 'none'}"
            )
        return self._modules[key]  # type: ignore[return-value]  # never None: __setitem__ checks

    def __setitem__(self, key: str, module: Module) -> None:
        check_module(module)
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self[key]  # says which keys there are if this is none of them
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return [self[key] for key in self]

    def items(self) -> Iterable[tuple[str, Module]]:
        """The pairs of name and module."""
        return [(key, self[key]) for key in self]

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Put in every pair of ``modules``; one with a known name replaces what was there."""
        for key, module in modules.items() if isinstance(modules, (Mapping, ModuleDict)) else modules:
            self[key] = module

    def pop(self, key: str) -> Module:
        """Remove the module named ``key`` and return it."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Remove every module."""
        self._modules.clear()


class ParameterList(Module):
    """A list whose parameters are registered. A plain tensor put in becomes a Parameter."""

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter([self[i] for i in range(len(self))])

    @overload
    def __getitem__(self, index: slice) -> "ParameterList": ...
    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    def __getitem__(self, index: int | slice) -> "Parameter | ParameterList":
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(len(self))[index]])
        return self._parameters[str(_position(index, len(self), "ParameterList"))]  # type: ignore[return-value]

    def __setitem__(self, index: int, value: Tensor) -> None:
        self._parameters[str(_position(index, len(self), "ParameterList"))] = _parameter(value)

    def append(self, value: Tensor) -> Self:
        """Put ``value`` at the end."""
        self.register_parameter(str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Tensor]) -> Self:
        """Put each of ``values`` at the end, in order."""
        if isinstance(values, Tensor):
            raise TypeError("ParameterList takes an iterable of tensors, got one Tensor. Put it in a list.")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Tensor]) -> Self:
        return self.extend(values)

    def __repr__(self) -> str:
        lines = [
            f"({i}): Parameter containing: [{value.dtype} of size {'x'.join(map(str, value.shape))}]"
            for i, value in enumerate(self)
        ]
        return tree(self._get_name(), [], lines)


def _parameter(value: Any) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if not isinstance(value, Tensor):
        raise TypeError(f"ParameterList holds tensors, got {kind_of(value)}")
    return Parameter(value)

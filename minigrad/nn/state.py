"""Reading a ``state_dict`` back into a module: everything is compared first, then everything is copied."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.engine.modes import no_grad
from minigrad.tensor import Tensor

if TYPE_CHECKING:
    from minigrad.nn.module import Module


_NOT_IN_OLD_FILES = "num_batches_tracked"
"""Files from before PyTorch 0.4.1 do not have batch norm's count: it stays as it is, there and here."""


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` returns: the names that only one side had. Both are empty when all fitted."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def own_state(module: "Module", prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Every parameter and persistent buffer under its full name; a shared one under each of its names."""
    for name, parameter in module._parameters.items():
        if parameter is not None:
            yield prefix + name, parameter
    for name, buffer in module._buffers.items():
        if buffer is not None and name not in module._non_persistent_buffers:
            yield prefix + name, buffer
    for name, child in module._modules.items():
        if child is not None:
            yield from own_state(child, f"{prefix}{name}.")


def load(module: "Module", state_dict: Mapping[str, Any], strict: bool) -> IncompatibleKeys:
    """Copy the arrays of ``state_dict`` into ``module``'s memory, or raise and leave all of it as it was.

    Values may be tensors or anything that NumPy reads as an array of numbers; they are cast to the dtype that
    the module has.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"load_state_dict: expected a mapping of names to tensors, got {type(state_dict).__name__}. "
            "Pass what state_dict() or load() returned."
        )
    strange = next((key for key in state_dict if not isinstance(key, str)), None)
    if strange is not None:
        raise TypeError(
            f"load_state_dict: expected names for keys, got the {type(strange).__name__} {strange!r}. "
            "Pass what state_dict() or load() returned."
        )
    own = dict(own_state(module))
    missing = [name for name in own if name not in state_dict and not name.endswith(_NOT_IN_OLD_FILES)]
    unexpected = [name for name in state_dict if name not in own]

    problems = []
    if strict and missing:
        problems.append(f"Missing key(s) in state_dict: {_quoted(missing)}")
    if strict and unexpected:
        problems.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}")
    arrays = {}
    for name, tensor in own.items():
        if name not in state_dict:
            continue
        array = _as_numbers(state_dict[name])
        if array is None:
            problems.append(
                f'"{name}": expected a tensor or an array of real numbers, got {_kind(state_dict[name])}'
            )
        elif array.shape != tensor._data.shape:
            problems.append(
                f"size mismatch for {name}: the state_dict has shape {array.shape}, "
                f"the model {tensor._data.shape}"
            )
        arrays[name] = array
    if problems:
        lines = "\n\t".join([*problems, _advice(own, state_dict, bool(missing or unexpected))])
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{lines}")

    with no_grad():
        for name, array in arrays.items():
            own[name].copy_(array)
    return IncompatibleKeys(missing, unexpected)


def _as_numbers(value: Any) -> Any:
    """The array inside ``value``, or None if it holds no numbers."""
    if isinstance(value, Tensor):
        return value._data
    if not hasattr(value, "__array__") and not hasattr(value, "__array_interface__"):
        return None
    array = np.asarray(value)
    return array if array.dtype.kind in "biuf" else None


def _advice(own: Mapping[str, Any], given: Mapping[str, Any], names_differ: bool) -> str:
    """The likely fix, as the last line of the error."""
    if "minigrad checkpoint" in given:
        return "This is the checkpoint of a training; its weights are train.load_checkpoint(path).model."
    if not names_differ:
        return "Build the model with the sizes that it was saved with."
    for long, short, action in ((given, own, "Strip"), (own, given, "Add")):
        first = next(iter(long), "")
        for prefix in (first[: i + 1] for i, letter in enumerate(first) if letter == "."):
            if {name.removeprefix(prefix) for name in long} == set(short):
                return f'{action} the prefix "{prefix}" of the names: all of them fit then.'
    if own and given and not own.keys() & given.keys():
        return (
            f"None of its {len(given)} names is one of the model's {len(own)}: it is the state of another "
            "network. Build the one that was saved."
        )
    return "Build the model as it was when saved; strict=False loads only the names that both have."


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _kind(value: Any) -> str:
    return (
        f"{type(value).__name__} of dtype {value.dtype}" if hasattr(value, "dtype") else type(value).__name__
    )

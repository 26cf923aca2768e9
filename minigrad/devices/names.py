"""The names of the places where tensors can be, "cpu", "cuda", "cuda:1", and which one is the default."""

from contextvars import ContextVar, Token
from typing import Any

__all__ = ["device", "get_default_device", "set_default_device"]


class device(str):  # noqa: N801 (PyTorch's name)
    """The name of a place for tensors: ``device("cuda:1")``, or ``device("cuda", 1)``, equals ``"cuda:1"``.

    To name a place is not to use it: that it is there is seen when a tensor is to be made there. In a block,
    ``with mg.device("cuda"):``, it is the default for new tensors.
    """

    __slots__ = ()

    def __new__(cls, type: Any, index: int | None = None) -> "device":
        if isinstance(type, int):
            type, index = "cuda", type
        name = str(type) if index is None else f"{type}:{index}"
        _, colon, number = name.partition(":")
        if colon and not number.isdecimal():
            raise RuntimeError(f'device: expected a name such as "cpu", "cuda" or "cuda:1", got {name!r}')
        return super().__new__(cls, name)

    @property
    def type(self) -> str:
        """The kind of place: "cuda" of "cuda:1"."""
        return self.split(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override]
        """Which one of its kind: 1 of "cuda:1"."""
        number = self.partition(":")[2]
        return int(number) if number else None

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"

    def __enter__(self) -> "device":
        _entered.set((*_entered.get(), default.set(self)))
        return self

    def __exit__(self, *raised: object) -> None:
        *before, token = _entered.get()
        _entered.set(tuple(before))
        default.reset(token)


CPU = device("cpu")

default: ContextVar[device] = ContextVar("default", default=CPU)
"""Where tensors are made when nobody says where."""

_entered: ContextVar[tuple[Token[device], ...]] = ContextVar("_entered", default=())


def set_default_device(device: Any) -> None:
    """Have tensors made on a device unless one is named; "cpu" at the start, and again for None."""
    default.set(CPU if device is None else type(CPU)(device))


def get_default_device() -> device:
    """Where tensors are made when nobody says where."""
    return default.get()

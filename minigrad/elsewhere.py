"""Names that tensors do not have and that people try, out of habit with arrays and lists."""

from typing import Any, NoReturn


class Elsewhere:
    """A name that is not there: asking for it raises AttributeError, which says what is meant.

    (A ``__getattr__`` of Tensor would do, too, and make every attribute of every tensor slower to reach.)
    """

    def __init__(self, instead: str) -> None:
        self._instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tensor: Any, owner: type) -> NoReturn:
        raise AttributeError(
            f"'{owner.__name__}' object has no attribute '{self._name}'. {self._instead}",
            name=self._name,
            obj=tensor,
        )

"""The machine that runs a pickle: a stack, marks on it, a memo of what was built, and some thirty operations.

Only those are here that PyTorch's files of tensors use. ``pickletools`` of the standard library takes the
program apart, and calls nothing. What the program may call is in the table that the machine is given; where
Python's own would import a function by its name, here the name is looked up there, or refused.

The operations: https://github.com/python/cpython/blob/main/Lib/pickletools.py
"""

from collections.abc import Callable, Mapping
from typing import IO, Any

from minigrad.errors import DataError

Persistent = Callable[[Any], Any]

_PUSHES = {
    *("BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "BINFLOAT", "FLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "UNICODE", "BINSTRING", "SHORT_BINSTRING", "STRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_KEYS = (str, int, float, type(None))  # bool is an int; a tuple's hash goes down into what it holds
_MOST = 2_000_000  # operations: an empty dict takes one byte in the file, and 64 in memory
_FAULTS = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)


class Function:
    """What the program named, and may call."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.name, self.call = name, call


class Machine:
    """Runs a pickle.

    Args:
        name: of the file, for messages.
        functions: what may be called, by "module.name".
        constants: what may be named and is a value, a dtype say.
        persistent: makes a value of a persistent id, by which PyTorch names the bytes of a tensor.

    It takes two million operations at most, so a file can fill some hundred megabytes with plain values, and
    no more.
    """

    def __init__(
        self,
        name: str,
        functions: Mapping[str, Callable[..., Any]],
        constants: Mapping[str, Any],
        persistent: Persistent,
    ) -> None:
        self.name, self.functions, self.constants, self.persistent = name, functions, constants, persistent
        self.left = _MOST

    def run(self, program: IO[bytes]) -> Any:
        """The value that the program builds; the file is left where it ends.

        Raises DataError for a program that is damaged, or asks for something that is not admitted.
        """
        import pickletools

        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks below each mark
        self.memo: dict[int, Any] = {}
        try:
            for operation, argument, _ in pickletools.genops(program):
                if operation.name == "STOP":
                    (value,) = self.stack
                    return value
                self.left -= 1
                if self.left < 0:
                    raise DataError(
                        f"{self.name}: refused. Its pickle takes more than {_MOST:,} operations; a tensor "
                        "takes some forty. Save long lists of numbers as tensors: torch.tensor(values)."
                    )
                self._step(operation.name, argument)
            raise ValueError("it has no end")
        except _FAULTS as error:
            raise DataError(
                f"{self.name}: its pickle is damaged ({error!s:.200}). Save or download it again."
            ) from error

    def _step(self, operation: str, argument: Any) -> None:
        stack = self.stack
        match operation:
            case _ if operation in _PUSHES:
                stack.append(argument)
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append(_CONSTANTS[operation])
            case "PROTO" | "FRAME":
                pass
            case "BINPUT" | "LONG_BINPUT" | "PUT":
                self.memo[argument] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET" | "GET":
                stack.append(self.memo[argument])
            case "MARK":
                self.below.append(stack)
                self.stack = []
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = int(operation[-1])
                self._require(count)
                stack[-count:] = [tuple(stack[-count:])]
            case "TUPLE":
                items = tuple(self._since_mark())
                self.stack.append(items)
            case "EMPTY_LIST":
                stack.append([])
            case "LIST":
                items_of = self._since_mark()
                self.stack.append(items_of)
            case "APPEND":
                value = stack.pop()
                self._top(list).append(value)
            case "APPENDS":
                values = self._since_mark()
                self._top(list).extend(values)
            case "EMPTY_DICT":
                stack.append({})
            case "DICT":
                pairs = self._since_mark()
                self.stack.append({})
                self._enter(pairs)
            case "SETITEM":
                self._require(3)
                pair = stack[-2:]
                del stack[-2:]
                self._enter(pair)
            case "SETITEMS":
                self._enter(self._since_mark())
            case "GLOBAL":
                stack.append(self._named(argument.replace(" ", ".", 1)))
            case "STACK_GLOBAL":
                self._require(2)
                attribute, module = stack.pop(), stack.pop()
                stack.append(self._named(".".join((module, attribute))))
            case "REDUCE":
                self._require(2)
                arguments, function = stack.pop(), stack.pop()
                if not isinstance(function, Function) or type(arguments) is not tuple:
                    raise ValueError(f"it calls a {type(function).__name__}")
                stack.append(function.call(*arguments))
            case "BINPERSID":
                stack.append(self.persistent(stack.pop()))
            case "BUILD":
                self._build(stack.pop())
            case _:
                raise DataError(
                    f"{self.name}: refused. Its pickle has the operation {operation}, which no file of "
                    f"tensors needs. {ADVICE}"
                )

    def _build(self, state: Any) -> None:
        """Give an object its attributes: of a state_dict these are the versions of its modules, left out."""
        self._top(dict)
        if type(state) is not dict or any(key != "_metadata" for key in state):
            raise DataError(
                f"{self.name}: refused. It sets attributes of an object, which are not data. {ADVICE}"
            )

    def _named(self, name: str) -> Any:
        if name in self.constants:
            return self.constants[name]
        if name in self.functions:
            return Function(name, self.functions[name])
        raise DataError(
            f"{self.name}: refused. It asks for {name!r:.200}, which is no part of a tensor. Nothing in it "
            f"was run. {ADVICE}"
        )

    def _require(self, count: int) -> None:
        if len(self.stack) < count:
            raise ValueError("it takes from an empty stack")

    def _since_mark(self) -> list[Any]:
        items = self.stack
        if not self.below:
            raise ValueError("a mark is missing")
        self.stack = self.below.pop()
        return items

    def _top(self, kind: type) -> Any:
        self._require(1)
        if type(self.stack[-1]) is not kind:
            raise ValueError(f"it takes a {type(self.stack[-1]).__name__} for a {kind.__name__}")
        return self.stack[-1]

    def _enter(self, flat: list[Any]) -> None:
        """Enter key, value, key, value, ... into the dict on the top of the stack."""
        enter(self._top(dict), zip(flat[::2], flat[1::2], strict=True))


ADVICE = (
    "Only tensors are read, with numbers, strings, lists, tuples and dicts around them. If you trust the "
    "file, load it in PyTorch and save its state_dict() there: torch.save(model.state_dict(), ...)."
)


def enter(target: dict[Any, Any], pairs: Any) -> None:
    """Enter the pairs, whose keys are strings and numbers."""
    for key, value in pairs:
        if not isinstance(key, _KEYS):
            raise ValueError(f"a dict has a {type(key).__name__} for a key")
        target[key] = value

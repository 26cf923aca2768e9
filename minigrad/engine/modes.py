"""What the engine is told from outside: whether to record, and whether to look for NaN.

All of it is per thread: a thread that evaluates under ``no_grad`` does not stop another from training.
"""

import functools
import inspect
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

P = ParamSpec("P")
R = TypeVar("R")


class _State(threading.local):
    recording = True
    anomaly = False
    witness: Callable[[Any, list[Any]], None] | None = None  # shown each new node, its operands and output


state = _State()


class _Setting:
    """One field of the state, changed for a ``with`` block or for every call of a decorated function."""

    field: str
    value: bool

    def __init__(self) -> None:
        # A stack for each thread: one object may be entered again inside itself, and by several threads.
        self._before: defaultdict[int, list[bool]] = defaultdict(list)

    def __enter__(self) -> None:
        self._before[threading.get_ident()].append(getattr(state, self.field))
        setattr(state, self.field, self.value)

    def __exit__(self, *raised: object) -> None:
        setattr(state, self.field, self._before[threading.get_ident()].pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if not callable(function):
            raise TypeError(
                f"{type(self).__name__}: expected a function to decorate, got {function!r}. As a block it "
                f"takes nothing: with {type(self).__name__}(). set_grad_enabled(mode) takes a mode."
            )
        if inspect.isclass(function):
            raise TypeError(
                f"{type(self).__name__} cannot decorate the class {function.__name__}; decorate its methods"
            )
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError(
                f"{type(self).__name__} cannot decorate the generator or coroutine {function.__name__}: its "
                "body runs after the call has returned. Write a with block inside it."
            )

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            before = getattr(state, self.field)  # not self._before: threads may run the function side by side
            setattr(state, self.field, self.value)
            try:
                return function(*args, **kwargs)
            finally:
                setattr(state, self.field, before)

        return wrapped


class _Recording(_Setting):
    field = "recording"

    def __new__(cls, function: Any = None) -> Any:
        setting = super().__new__(cls)
        return setting if function is None else setting(function)  # ``@no_grad`` without parentheses


class no_grad(_Recording):  # noqa: N801 (PyTorch's name)
    """Inside, operations are not recorded and their results do not require gradients.

    A context (``with mg.no_grad():``) and a decorator (``@mg.no_grad()``). The state belongs to the thread.
    """

    value = False


class enable_grad(_Recording):  # noqa: N801
    """Inside, operations are recorded again, within a ``no_grad`` block."""

    value = True


class inference_mode(_Recording):  # noqa: N801
    """``no_grad`` that can be told not to: ``inference_mode(False)`` records.

    PyTorch's saves a little more; what it allows is the same.
    """

    value = False

    def __new__(cls, mode: Any = True) -> Any:  # mode may be the function that is decorated
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.value = not mode


class _Switch(_Setting):
    """A setting that acts at once when made; as a ``with`` block or decorator it is undone at the end."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.value = bool(mode)
        self._at_call = getattr(state, self.field)
        setattr(state, self.field, self.value)

    def __enter__(self) -> None:
        super().__enter__()
        self._before[threading.get_ident()][-1] = self._at_call

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        setattr(state, self.field, self._at_call)
        return super().__call__(function)


class set_grad_enabled(_Switch):  # noqa: N801
    """Turn recording on or off from here on, or for the ``with`` block that it opens."""

    field = "recording"


class set_detect_anomaly(_Switch):  # noqa: N801
    """Turn anomaly detection on or off from here on, or for the ``with`` block that it opens."""

    field = "anomaly"


class detect_anomaly(_Setting):  # noqa: N801
    """Inside, the first operation that makes a NaN or an infinity, forward or backward, raises an error.

    The error names the operation, shows its operands and the line of your code that called it. An infinity
    is accused only when everything that the operation was given was finite (a mask of ``-inf`` put in on
    purpose is no anomaly), a NaN when it was given none. Every result is looked through, sums of gradients
    too, so this is slow: turn it on to find a fault, then off again.
    """

    field = "anomaly"
    value = True


def is_grad_enabled() -> bool:
    """Whether this thread records operations."""
    return state.recording

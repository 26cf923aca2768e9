"""What the engine is told from outside: whether to record, and whether to look for NaN.

All of it is per thread: a thread that evaluates under ``no_grad`` does not stop another from training.
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, Self, TypeVar, overload

from minigrad.settings import Setting

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


class _State(threading.local):
    recording = True
    anomaly = False
    # Shown each new node, its operands and output; may return a node that is recorded in its place.
    witness: Callable[[Any, list[Any]], Any] | None = None


state = _State()


class _Mode(Setting):
    """One field of the state, changed for a ``with`` block or for every call of a decorated function."""

    field: str
    value: bool

    def __init__(self) -> None:
        super().__init__(state, self.field, self.value)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        name = type(self).__name__
        if not callable(function):
            raise TypeError(
                f"{name}: expected a function to decorate, got {function!r}. As a block it takes "
                f"nothing: with {name}(). set_grad_enabled(mode) takes a mode."
            )
        if inspect.isclass(function):
            raise TypeError(f"{name} cannot decorate the class {function.__name__}; decorate its methods")
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{name} cannot decorate the coroutine {function.__name__}: its body runs after the "
                "call has returned. Write a with block inside it."
            )
        called: Any = function

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> Any:
            with self:
                return called(*args, **kwargs)

        @functools.wraps(function)
        def steps(*args: P.args, **kwargs: P.kwargs) -> Any:
            # A generator: its body runs in this mode, and who takes from it does not.
            generator = called(*args, **kwargs)
            resume, value = generator.send, None
            while True:
                with self:
                    try:
                        result = resume(value)
                    except StopIteration as end:
                        return end.value
                try:
                    resume, value = generator.send, (yield result)
                except BaseException as error:  # noqa: BLE001 (thrown in from outside, or it is closed)
                    resume, value = generator.throw, error

        return steps if inspect.isgeneratorfunction(function) else wrapped


class _Recording(_Mode):
    field = "recording"

    @overload
    def __new__(cls) -> Self: ...
    @overload
    def __new__(cls, function: F) -> F: ...  # type: ignore[misc]  # @no_grad, without parentheses
    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)


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

    @overload
    def __new__(cls, mode: bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: F) -> F: ...  # type: ignore[misc]
    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls, mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        self.value = not mode
        super().__init__()


class _Switch(_Mode):
    """A mode that holds at once. A ``with`` block or a decorator takes that back, and it holds there."""

    def __init__(self, mode: bool) -> None:
        self.value = bool(mode)
        super().__init__()
        self._at_call: bool | None = getattr(state, self.field)
        setattr(state, self.field, self.value)

    def _take_back(self) -> None:
        if self._at_call is not None:
            setattr(state, self.field, self._at_call)
            self._at_call = None

    def __enter__(self) -> None:
        self._take_back()
        super().__enter__()

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        self._take_back()
        return super().__call__(function)


class set_grad_enabled(_Switch):  # noqa: N801
    """Turn recording on or off from here on, or for the ``with`` block that it opens."""

    field = "recording"


class set_detect_anomaly(_Switch):  # noqa: N801
    """Turn anomaly detection on or off from here on, or for the ``with`` block that it opens."""

    field = "anomaly"


class detect_anomaly(_Mode):  # noqa: N801
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

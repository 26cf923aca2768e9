"""What the engine is told from outside: whether to record, and whether to look for NaN.

All of it is per thread: a thread that evaluates under ``no_grad`` does not stop another from training.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from typing import Any, ParamSpec, TypeVar

from minigrad.settings import Setting

__all__ = ["enable_grad", "inference_mode", "is_grad_enabled", "no_grad", "set_grad_enabled"]

P = ParamSpec("P")
R = TypeVar("R")


class _State(threading.local):
    recording = True
    anomaly = False
    witness: Callable[[Any, list[Any]], None] | None = None  # shown each new node, its operands and output


state = _State()


class Mode(Setting):
    """One field of the state, changed for a ``with`` block or for every call of a decorated function."""

    def __init__(self, name: str, field: str, value: bool) -> None:
        super().__init__(state, field, value)
        self.name = name

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        if not callable(function):
            raise TypeError(
                f"{self.name}: expected a function to decorate, got {function!r}. As a block it takes "
                f"nothing: with {self.name}(). set_grad_enabled(mode) takes a mode."
            )
        if inspect.isclass(function):
            raise TypeError(
                f"{self.name} cannot decorate the class {function.__name__}; decorate its methods"
            )
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{self.name} cannot decorate the coroutine {function.__name__}: its body runs after the "
                "call has returned. Write a with block inside it."
            )
        called: Any = function

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> Any:
            with self:
                return called(*args, **kwargs)

        @functools.wraps(function)
        def steps(*args: P.args, **kwargs: P.kwargs) -> Any:
            return (yield from self._resumed(called(*args, **kwargs)))

        return steps if inspect.isgeneratorfunction(function) else wrapped

    def _resumed(self, generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """A generator whose body runs in this mode, and who takes from it does not."""
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


class _Switch(Mode):
    """A mode that holds at once. A ``with`` block or a decorator takes that back, and it holds there."""

    def __init__(self, name: str, field: str, value: bool) -> None:
        super().__init__(name, field, bool(value))
        self._at_call: bool | None = getattr(state, field)
        setattr(state, field, self.value)

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


def no_grad(function: Any = None) -> Any:
    """Inside, operations are not recorded and their results do not require gradients.

    A context (``with mg.no_grad():``) and a decorator (``@mg.no_grad()``). The state belongs to the thread.
    """
    mode = Mode("no_grad", "recording", False)
    return mode if function is None else mode(function)


def enable_grad(function: Any = None) -> Any:
    """Inside, operations are recorded again, within a ``no_grad`` block."""
    mode = Mode("enable_grad", "recording", True)
    return mode if function is None else mode(function)


def inference_mode(mode: Any = True) -> Any:  # or the function that is decorated
    """``no_grad`` that can be told not to: ``inference_mode(False)`` records.

    PyTorch's saves a little more; what it allows is the same.
    """
    if callable(mode):
        return Mode("inference_mode", "recording", False)(mode)
    return Mode("inference_mode", "recording", not mode)


def set_grad_enabled(mode: bool) -> Mode:
    """Turn recording on or off from here on, or for the ``with`` block that it opens."""
    return _Switch("set_grad_enabled", "recording", mode)


def set_detect_anomaly(mode: bool) -> Mode:
    """Turn anomaly detection on or off from here on, or for the ``with`` block that it opens."""
    return _Switch("set_detect_anomaly", "anomaly", mode)


def detect_anomaly() -> Mode:
    """Inside, the first operation that makes a NaN or an infinity, forward or backward, raises an error.

    The error names the operation, shows its operands and the line of your code that called it. An infinity
    is accused only when everything that the operation was given was finite (a mask of ``-inf`` put in on
    purpose is no anomaly), a NaN when it was given none. Every result is looked through, sums of gradients
    too, so this is slow: turn it on to find a fault, then off again.
    """
    return Mode("detect_anomaly", "anomaly", True)


def is_grad_enabled() -> bool:
    """Whether this thread records operations."""
    return state.recording

"""Ctrl-C: the first one asks to finish cleanly, the second one stops at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class Interrupt:
    """True once Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.pressed = False

    def __bool__(self) -> bool:
        return self.pressed


_current: Interrupt | None = None  # that of the outermost catch_interrupt; only the main thread sets it


@contextmanager
def catch_interrupt() -> Iterator[Interrupt]:
    """Inside, the first Ctrl-C raises nothing: the Interrupt that this yields becomes true.

        with catch_interrupt() as interrupt:
            while not interrupt:
                step()                      # never cut in the middle

    The second Ctrl-C does what it did before, as a rule raising KeyboardInterrupt. Contexts inside one
    another share one Interrupt, so two presses always suffice. Signals come to the main thread alone; in
    another one, and where Ctrl-C is ignored as under nohup, nothing changes and the Interrupt stays false.
    """
    global _current
    if threading.current_thread() is not threading.main_thread():
        yield Interrupt()
        return
    if _current is not None:
        yield _current
        return
    before = signal.getsignal(signal.SIGINT)
    interrupt = Interrupt()

    def pressed(number: int, frame: FrameType | None) -> None:
        interrupt.pressed = True
        signal.signal(signal.SIGINT, before)

    if before in (signal.SIG_IGN, None):  # None: set by something that is not Python, and not ours to replace
        yield interrupt
        return
    _current = interrupt
    signal.signal(signal.SIGINT, pressed)
    try:
        yield interrupt
    finally:
        _current = None
        signal.signal(signal.SIGINT, before)


def quiet_interrupts() -> None:
    """From now on an uncaught KeyboardInterrupt ends the program with one line instead of a traceback.

    For scripts. The exit status stays that of a program stopped by Ctrl-C, 130 in a shell.
    """
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.stderr.write("\nStopped.\n")
        else:
            before(kind, error, traceback)

    sys.excepthook = hook

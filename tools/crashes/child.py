"""A process of its own that does a victim's work, and may end at a moment that is chosen beforehand."""

import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

WRITING = os.O_WRONLY | os.O_RDWR
STEPS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "sqlite3.connect")
"""Beside the opening of a file to be written: what Python tells its audit hooks of, before it is done."""

Before = Callable[[], None]


class Ended(NamedTuple):
    """How a process ended: its exit status, minus the signal if one ended it, and what it said."""

    status: int
    said: str

    @property
    def killed(self) -> bool:
        return self.status in (-signal.SIGKILL, -signal.SIGXFSZ)


class Child:
    """``work(folder)`` in a fork of this process, after ``before()``."""

    def __init__(self, work: Callable[[Path], None], folder: Path, before: Before | None = None) -> None:
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed in wait)
        self.pid = os.fork()
        if self.pid == 0:
            self._be(work, folder, before)

    def _be(self, work: Callable[[Path], None], folder: Path, before: Before | None) -> None:
        status = 1
        try:
            os.setpgid(0, 0)
            for stream in (1, 2):
                os.dup2(self.said.fileno(), stream)
            if before is not None:
                before()
            work(folder)
            status = 0
        except SystemExit as error:
            status = int(error.code or 0)
        except BaseException as error:  # noqa: BLE001 (told, and then it ends)
            trace = traceback.extract_tb(error.__traceback__)[-1]
            sys.stderr.write(
                f"{type(error).__name__}: {error} [{Path(trace.filename).name}:{trace.lineno}]\n"
            )
        finally:
            sys.stderr.flush()
            os._exit(status)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def poll(self) -> bool:
        """Whether it has ended; it is still to be waited for."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> Ended:
        _, status = os.waitpid(self.pid, 0)
        self.said.seek(0)
        with self.said:
            return Ended(os.waitstatus_to_exitcode(status), self.said.read().decode(errors="replace"))


def _is_step(event: str, args: tuple[Any, ...], folder: str) -> bool:
    opened = event == "open" and isinstance(args[2], int) and args[2] & WRITING
    if not opened and event not in STEPS:
        return False
    return isinstance(args[0], str | bytes | os.PathLike) and folder in os.fsdecode(args[0])


def at_step(folder: Path, number: int, tell: Callable[[int], None] | None = None) -> Before:
    """Kill the process just before operation ``number`` on files in the folder; ``tell`` hears of each."""

    def before() -> None:
        count = 0

        def hook(event: str, args: tuple[Any, ...]) -> None:
            nonlocal count
            if _is_step(event, args, str(folder)):
                count += 1
                if tell is not None:
                    tell(count)
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    return before


def in_write(length: int) -> Before:
    """End the process by a signal in the middle of a write, when a file has this many bytes."""

    def before() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it otherwise
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (length, length))

    return before

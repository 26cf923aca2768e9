"""The parent's side of the child process: start it, ask it, and stop it when it takes too long."""

import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self

from minigrad.course.grading import worker

STARTING = 60.0
"""Seconds that the child may take to start: Python and NumPy, on a slow and busy machine."""

MEGABYTES = 512

_PRINTED = 4000

_HANDED_ON = re.compile(
    "(PATH|HOME|USERPROFILE|APPDATA|SYSTEMROOT|TMPDIR|TE?MP|LANG)|(PYTHON|LC_|LD_|DYLD_|OMP_|OPENBLAS_|MKL_).*",
    re.IGNORECASE,
)
"""The variables that Python, NumPy and the system need. An answer sees no others: they may hold passwords."""


@dataclass(frozen=True)
class Failed:
    """An answer that did not return.

    Attributes:
        kind: the name of the exception, or ``"time"``, ``"ended"`` (the process has), ``"result"`` (it
            returned what cannot be sent).
        text: what the exception says.
        line: of the learner's file, where known.
        shown: what stands there.
    """

    kind: str
    text: str = ""
    line: int | None = None
    shown: str = ""


class Child:
    """A process that runs learners' code. It is started when it is needed, and again after it was stopped.

    Args:
        seconds: that one call may take.
        megabytes: of memory that it may have, on Linux.
    """

    def __init__(self, seconds: float = 5.0, megabytes: int = MEGABYTES) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self._process: subprocess.Popen[bytes] | None = None
        self._frames: queue.Queue[Any] = queue.Queue()
        self._over = threading.Event()
        self._printed: list[str] = []
        self._loaded: tuple[str, str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def load(self, source: str, name: str, path: str = "answer.py") -> Failed | None:
        """Let the child run a source, which is to define ``name``. Returns how it failed, if it did."""
        self._loaded = source, name, path
        reply = self._ask({"do": "load", "source": source, "name": name, "path": path})
        if isinstance(reply, Failed):
            return reply
        return None if reply.get("ok") is True else Failed("missing", f"there is no function {name} in it")

    def call(self, *arguments: Any) -> "tuple[Any, tuple[Any, ...]] | Failed":
        """What the function returns, and the arguments as they are afterwards; or how it failed."""
        assert self._loaded is not None
        if self._process is None and (failed := self.load(*self._loaded)):
            return failed
        reply = self._ask({"do": "call", "name": self._loaded[1], "arguments": arguments})
        if isinstance(reply, Failed):
            return reply
        after = reply.get("arguments")
        return reply.get("ok"), after if isinstance(after, tuple) else ()

    def printed(self) -> str:
        """What the answer has printed since the last time, at most the first few thousand characters."""
        text = "".join(self._printed)
        self._printed.clear()
        return _shown(text, _PRINTED)

    def close(self) -> None:
        """Stop the child."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        self._over.set()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                try:
                    stream.close()
                except OSError:  # what was still to be written to it went with the process
                    continue

    # The pipe -----------------------------------------------------------------------------------------------

    def _ask(self, told: dict[str, Any]) -> Any:
        starting = self._process is None
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(worker.encode(told))
            process.stdin.flush()
        except OSError:
            return self._ended(process)
        try:
            reply = self._frames.get(timeout=self.seconds + (STARTING if starting else 0.0))
        except queue.Empty:
            self.close()
            return Failed("time", f"{self.seconds:g}")
        if reply is None:
            return self._ended(process)
        if isinstance(reply, worker.FrameError) or not isinstance(reply, dict):
            self.close()
            return Failed("result", str(reply)[:200])
        if "error" in reply:
            kind = "result" if reply["error"] == "FrameError" else str(reply["error"])
            line, text, shown = (reply.get(key) for key in ("line", "text", "shown"))
            line = line if isinstance(line, int) else None
            return Failed(_shown(kind, 60), _shown(str(text), 600), line, _shown(str(shown), 200))
        return reply

    def _ended(self, process: subprocess.Popen[bytes]) -> Failed:
        self.close()
        return Failed("ended", str(process.returncode))

    def _start(self) -> subprocess.Popen[bytes]:
        threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM")}
        command = [sys.executable, "-P", worker.__file__, str(self.megabytes)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tempfile.gettempdir(),
            env={**_environment(), **threads, "PYTHONIOENCODING": "utf-8:replace"},
        )
        assert process.stdout is not None and process.stderr is not None
        self._process, self._printed = process, []
        self._frames, self._over = queue.Queue(maxsize=2), threading.Event()
        reader = threading.Thread(
            target=_frames, args=(process.stdout, self._frames, self._over), daemon=True
        )
        reader.start()
        threading.Thread(target=_prints, args=(process.stderr, self._printed), daemon=True).start()
        return process


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _HANDED_ON.fullmatch(name)}


def _shown(text: str, most: int) -> str:
    """The beginning of a text, with what would steer a terminal, or cannot be written to one, as it is
    written in Python."""
    return "".join(one if one.isprintable() or one in "\n\t" else ascii(one)[1:-1] for one in text[:most])


def _frames(stream: BinaryIO, frames: "queue.Queue[Any]", over: threading.Event) -> None:
    """Put every frame into the queue, which holds a few; None at the end, an error where one is damaged.

    A child that sends more than it is asked for waits, and fills no memory here.
    """
    frame: Any = ""
    while frame is not None and not isinstance(frame, worker.FrameError):
        try:
            frame = worker.read(stream)
        except worker.FrameError as error:
            frame = error
        except (EOFError, OSError, ValueError):  # ValueError: the stream was closed on this side
            frame = None
        while not over.is_set():
            try:
                frames.put(frame, timeout=0.5)
                break
            except queue.Full:
                continue


def _prints(stream: BinaryIO, printed: list[str]) -> None:
    """Read what is printed to its end, and keep the beginning."""
    try:
        while content := stream.read1(4096):  # type: ignore[attr-defined]
            if sum(map(len, printed)) < _PRINTED:
                printed.append(content.decode("utf-8", "replace"))
    except (OSError, ValueError):  # closed on this side
        return

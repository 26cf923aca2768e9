"""The child process: runs a learner's code, and nothing else.

It is a program of its own, ``python worker.py``, that imports NumPy and not minigrad. Over a pipe it is
told to load a source and to call a function of it; it answers with what the function returned, or how it
failed. It does not know what is right.

A frame on the pipe is two lengths of 8 bytes, of the head and of all that follows, then the head, JSON, and
then the bytes of the arrays that the head lists. Nothing is pickled: what a learner's program puts on the
pipe can be read without running it.
"""

import builtins
import io
import json
import linecache
import math
import os
import re
import sys
import traceback
import types
from typing import Any, BinaryIO

import numpy as np

LARGEST = 64 * 1024**2
"""Bytes of a frame; a longer one is refused."""

KINDS = "biufU"
"""Of the arrays that may be sent: booleans, integers, floats, strings."""

DTYPE = re.compile(rf"[<>|=][{KINDS}][0-9]{{1,9}}")
"""How NumPy writes the dtype of such an array; it would read much else, and a program among that."""

MODULES = {
    *("__future__", "abc", "bisect", "cmath", "collections", "contextlib", "copy", "dataclasses", "decimal"),
    *(
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "math",
        "numbers",
        "numpy",
        "operator",
        "pprint",
    ),
    *("random", "re", "statistics", "string", "textwrap", "time", "types", "typing", "warnings"),
}
"""What an answer may import."""


class FrameError(Exception):
    """A frame that is damaged, too long, or holds what cannot be sent."""


# What goes over the pipe ------------------------------------------------------------------------------------


def encode(value: Any) -> bytes:
    """A frame of None, booleans, numbers, strings, arrays, and lists, tuples and dicts of them.

    Raises:
        FrameError: there is something else in it.
    """
    arrays: list[bytes] = []
    try:
        head = json.dumps({"value": _pack(value, arrays), "sizes": [len(part) for part in arrays]}).encode()
    except (RecursionError, ValueError) as error:
        raise FrameError(f"what it returned cannot be read: {error}") from None
    size = len(head) + sum(map(len, arrays))
    if size > LARGEST:
        raise FrameError(f"it returned more than {LARGEST / 1e6:.0f} MB, which is too much")
    return b"".join([len(head).to_bytes(8, "big"), size.to_bytes(8, "big"), head, *arrays])


def _pack(value: Any, arrays: list[bytes]) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value if type(value) in (type(None), bool) else ["s", str(value)]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind not in KINDS:
            raise FrameError(f"there is an array of dtype {array.dtype} in what it returned")
        if array.nbytes + sum(map(len, arrays)) > LARGEST:
            raise FrameError(f"it returned more than {LARGEST / 1e6:.0f} MB, which is too much")
        arrays.append(np.ascontiguousarray(array).tobytes())
        return ["a", array.dtype.str, list(array.shape)]
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, (list, tuple)):
        return ["l" if isinstance(value, list) else "t", [_pack(part, arrays) for part in value]]
    if isinstance(value, dict):
        return ["d", [[_pack(key, arrays), _pack(part, arrays)] for key, part in value.items()]]
    mended = ", and list(...) makes a list of it" if hasattr(type(value), "__iter__") else ""
    raise FrameError(f"there is something of type {type(value).__name__} in what it returned{mended}")


def read(stream: BinaryIO) -> Any:
    """The value of the next frame.

    Raises:
        EOFError: there is none.
        FrameError: it is damaged.
    """
    lengths = _exactly(stream, 16)
    head, size = int.from_bytes(lengths[:8], "big"), int.from_bytes(lengths[8:], "big")
    if not head <= size <= LARGEST:
        raise FrameError(f"a frame of {size} bytes with a head of {head}")
    content = _exactly(stream, size)
    try:
        told = json.loads(content[:head])
        sizes, parts, at = told["sizes"], [], head
        for length in sizes:
            parts.append(content[at : at + length])
            at += length
        return _unpack(told["value"], iter(parts))
    except (ValueError, TypeError, KeyError, IndexError, StopIteration, RecursionError) as error:
        raise FrameError(f"a frame that cannot be read: {error}") from None


def _exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


def _unpack(told: Any, parts: Any) -> Any:
    if told is None or isinstance(told, (bool, int, float)):
        return told
    match told:
        case ["s", str(text)]:
            return text
        case ["a", str(name), list(shape)]:
            if not DTYPE.fullmatch(name):
                raise ValueError(f"dtype {name}")
            return np.frombuffer(next(parts), name).reshape(shape).copy()
        case ["l", list(inner)]:
            return [_unpack(part, parts) for part in inner]
        case ["t", list(inner)]:
            return tuple(_unpack(part, parts) for part in inner)
        case ["d", list(inner)]:
            return {_unpack(key, parts): _unpack(part, parts) for key, part in inner}
    raise ValueError(f"no value: {told!r}"[:100])


# What an answer may do --------------------------------------------------------------------------------------


class Refused(PermissionError):
    """What an answer tried, and may not."""


def _import(name: str, namespace: Any = None, locals: Any = None, names: Any = (), level: int = 0) -> Any:
    if name.partition(".")[0] not in MODULES or level:
        raise Refused(
            f"it imports {name}. An answer is written with NumPy and a few modules of Python's own (math, "
            "itertools, collections and the like), so that one sees all of it"
        )
    return builtins.__import__(name, namespace, locals, names, level)


REFUSED = frozenset(
    {
        *("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
        *("os.kill", "os.killpg", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate"),
        *(
            "os.link",
            "os.symlink",
            "os.chmod",
            "os.chown",
            "os.utime",
            "os.setxattr",
            "os.putenv",
            "os.chdir",
        ),
        *("os.startfile", "pty.spawn", "shutil.rmtree", "socket.__new__", "winreg.ConnectRegistry"),
        *("resource.prlimit", "resource.setrlimit"),
        *("ctypes.dlopen", "ctypes.dlsym", "gc.get_objects", "gc.get_referents", "gc.get_referrers"),
    }
)
"""What an answer may not do, by the names of Python's audit events."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _readable() -> tuple[str, ...]:
    """Where Python's own modules and NumPy lie: from there an answer imports, and it reads nothing else."""
    homes = [
        os.path.dirname(np.__file__),
        os.path.dirname(os.__file__),
        os.path.join(sys.base_prefix, "DLLs"),
    ]
    return tuple(dict.fromkeys(one + os.sep for home in homes for one in (home, os.path.realpath(home))))


def _watch() -> None:
    """Refuse from now on, for good, to read files, to write any, and to start programs.

    The hook uses nothing that an answer could put something else in the place of: no name of this module,
    none of Python's own, and no cell of a closure, which a traceback leads to. What it needs are the
    defaults of arguments that nobody gives.
    """

    def hook(
        event: str,
        arguments: tuple[Any, ...],
        *,
        refused: frozenset[str] = REFUSED,
        homes: tuple[str, ...] = _readable(),
        numpy: str = os.path.dirname(np.__file__) + os.sep,
        writing: int = WRITING,
        kind: Any = type,
        number: Any = int,
        text: Any = str,
        error: type[Exception] = Refused,
    ) -> None:
        if event in refused:
            raise error(f"an answer may not do this: {event}")
        if event == "open":
            path, _, flags = arguments
        elif event == "import":  # of a library in machine code; there is none otherwise
            path, flags = arguments[1], 0
        else:
            return
        if path is None or kind(path) is number:
            return
        if flags & writing:
            raise error(f"an answer may not write files: {path}")
        if (
            kind(path) is not text
            or not path.startswith(homes)
            or ".." in path
            or ("-packages" in path and not path.startswith(numpy))  # in a home of Python's lie those, too
        ):
            raise error(f"an answer may not read this: {path}")

    sys.addaudithook(hook)


def _bound(megabytes: int) -> None:
    """Let this process take no more than so many megabytes besides what it has, where it is Linux."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError):  # not Linux: then there is the time limit alone
        return
    limit = now + megabytes * 1024**2
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (600, 600))  # should the parent die while the answer loops


# The program ------------------------------------------------------------------------------------------------


def _failed(error: BaseException, path: str, source: str) -> dict[str, Any]:
    """How an answer failed: the kind of error, its text, and the learner's line."""
    line, text = None, "no message"
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 - an exception of the answer's own, which cannot be told
        return _failed(second, path, source)
    if isinstance(error, SyntaxError):
        line, text = error.lineno, error.msg
    else:
        for frame, number in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == path:
                line = number
    lines = source.splitlines()
    shown = lines[line - 1].strip() if line and line <= len(lines) else ""
    return {"error": type(error).__name__[:60], "text": text[:600], "line": line, "shown": shown[:200]}


def _load(told: dict[str, Any]) -> dict[str, Any]:
    inside = vars(builtins).copy()
    inside["__import__"] = _import
    module = sys.modules["answer"] = types.ModuleType("answer")  # dataclasses look there for a class's module
    namespace: dict[str, Any] = vars(module)
    namespace["__builtins__"] = inside
    lines = told["source"].splitlines(keepends=True)
    linecache.cache[told["path"]] = (len(told["source"]), None, lines, told["path"])  # for lines of warnings
    exec(compile(told["source"], told["path"], "exec"), namespace)
    return namespace


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    namespace: dict[str, Any] = {}
    path = source = ""
    while True:
        try:
            told = read(requests)
        except EOFError:
            return
        try:
            if told["do"] == "load":
                path, source = told["path"], told["source"]
                namespace = _load(told)
                reply: Any = {"ok": told["name"] in namespace}
            else:
                arguments = told["arguments"]
                result = namespace[told["name"]](*arguments)
                reply = {"ok": result, "arguments": arguments}
            frame = encode(reply)
        except BaseException as error:  # noqa: BLE001 - whatever it was: it is the answer's, and is told
            frame = encode(_failed(error, path, source))
        answers.write(frame)
        answers.flush()


def main(megabytes: int) -> None:
    """Serve requests from standard input until it ends; the answer's own prints go to standard error."""
    sys.dont_write_bytecode = True
    requests = io.BufferedReader(io.FileIO(os.dup(0)))
    answers = io.BufferedWriter(io.FileIO(os.dup(1), "w"))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    _bound(megabytes)
    _watch()
    assert math.isfinite(float(np.linalg.norm(np.random.default_rng(0).normal(size=3))))  # loads what is lazy
    _serve(requests, answers)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""What goes over the pipe comes out as it went in, or is refused; and what an answer may not do."""

import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minigrad.course.grading import worker
from minigrad.course.grading.process import Child, Failed

PACKAGE = Path(worker.__file__).parents[2]

VALUES: list[Any] = [
    None,
    True,
    -3,
    10**30,
    0.1,
    "a name",
    [1, (2.5, "x"), {"a": [None], 3: False}],
    np.arange(6.0).reshape(2, 3).T,
    np.float32([1.5, 2.5]),
    np.array(2.0),
    np.array([], int),
    np.array(["a", "bc"]),
    np.array([True, False]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_is_sent_arrives(value: Any) -> None:
    got = worker.read(io.BytesIO(worker.encode(value)))
    assert type(got) is type(value)
    if isinstance(value, np.ndarray):
        assert got.dtype == value.dtype and got.shape == value.shape
    np.testing.assert_equal(got, value)


def test_numbers_that_are_none_arrive() -> None:
    got = worker.read(io.BytesIO(worker.encode([float("inf"), float("nan"), np.float64(0.1)])))
    assert got[0] == np.inf and np.isnan(got[1]) and got[2] == 0.1


@pytest.mark.parametrize(
    "value",
    [object(), np.array([object()]), {1, 2}, 1j, np.array([1j]), len],
    ids=["object", "array of objects", "set", "complex", "array of complex", "function"],
)
def test_what_could_run_code_or_has_no_meaning_is_not_sent(value: Any) -> None:
    with pytest.raises(worker.FrameError, match="in what it returned"):
        worker.encode(value)


def test_what_contains_itself_is_not_sent() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(worker.FrameError, match="cannot be read"):
        worker.encode(endless)


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 40,
        (2).to_bytes(8, "big") + (2).to_bytes(8, "big") + b"{}",
        (4).to_bytes(8, "big") + (4).to_bytes(8, "big") + b"\x80\x04N.",  # a pickle
        (40).to_bytes(8, "big") + (40).to_bytes(8, "big") + b'{"value": ["a", "<f8", [9]], "sizes":[]}',
        (40).to_bytes(8, "big") + (40).to_bytes(8, "big") + b'{"value": ["a", "|O", [1]], "sizes":[0]}',
    ],
)
def test_a_damaged_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(worker.FrameError):
        worker.read(io.BytesIO(frame))


def test_nothing_that_arrives_is_run(child: Child) -> None:
    """Not even a pickle that somebody writes to the pipe in the child's name."""
    evil = pickle.dumps(print)
    forged = f"""
import numpy as np

def f():
    import itertools
    for pipe in range(3, 20):
        try:
            open(pipe, "wb", closefd=False).write({evil!r} * 100)
        except OSError:
            continue
    return 1
"""
    child.load(forged, "f")
    got = child.call()
    assert isinstance(got, Failed) and got.kind == "result"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import minigrad", "it imports minigrad"),
        ("import torch", "it imports torch"),
        ("from minigrad.course.exercises import lesson_03", "it imports minigrad"),
        ("__import__('os')", "it imports os"),
        (f"open({worker.__file__!r})", "may not read"),
        ("np.fromfile('/proc/self/maps', 'u1')", "may not read"),
        ("open('answer.txt', 'w')", "may not write"),
        ("np.save('answer.npy', np.zeros(3))", "may not write"),
        ("random._os.system('true')", "may not do this"),
        ("random._os.kill(1, 0)", "may not do this"),
        ("random._os.fork()", "may not do this"),
        *(
            [("np.__builtins__['__import__']('resource').prlimit(1, 0, (0, 0))", "may not do this")]
            if sys.platform == "linux"
            else []
        ),
        ("np.__builtins__['__import__']('minigrad')", "may not read this"),
        ("random._os.sys.modules['importlib'].import_module('minigrad')", "may not read this"),
        (f"random._os.open({str(PACKAGE)!r}, 0)", "may not read"),
        ("random._os.open('lesson_03.py', 0)", "may not read"),
        (f"random._os.chdir({str(PACKAGE)!r})", "may not do this"),
        (f"open({str(PACKAGE.parent / 'README.md')!r})", "may not read"),
        ("open(random.__file__ + '/../../x')", "may not read"),
        ("open(type('Path', (str,), {'startswith': lambda *a: True})('/x'))", "may not read"),
        ("np.__builtins__['__import__']('gc').get_objects()", "may not do this"),
        ("np.__builtins__['__import__']('gc').get_referents(open)", "may not do this"),
    ],
)
def test_an_answer_may_not(line: str, said: str, child: Child) -> None:
    child.load(f"import random\nimport numpy as np\n\ndef f():\n    {line}\n", "f")
    got = child.call()
    assert isinstance(got, Failed), got
    assert got.kind == "Refused" and said in got.text, got


LOOSENED = """
import random
import numpy as np

real = np.__builtins__
main = random._os.sys.modules["__main__"]

def f(path):
    kept, names = dict(real), dict(vars(main))
    real["isinstance"] = real["any"] = real["all"] = lambda *a: True
    real["type"] = lambda *a: kept["int"]
    main.Refused = main.REFUSED = main.WRITING = main.os = None
    random._os.path.realpath = random._os.fsdecode = lambda *a: random.__file__
    try:
        try:
            kept["open"](path)
        except kept["OSError"] as error:
            trace = error.__traceback__
            while trace is not None:  # since Python 3.13 what is written there stays
                for name, value in kept["list"](trace.tb_frame.f_locals.items()):
                    if kept["type"](value) in (tuple, frozenset, set):
                        trace.tb_frame.f_locals[name] = ("/",)
                trace = trace.tb_next
        return kept["open"](path).read()
    finally:
        real.update(kept)
        vars(main).update(names)
"""


def test_the_fence_cannot_be_taken_down_from_inside() -> None:
    with Child() as child:
        assert child.load(LOOSENED, "f") is None
        got = child.call(worker.__file__)
        assert isinstance(got, Failed) and "may not read" in got.text, got


def test_an_answer_sees_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHOOL_PASSWORD", "hunter2")
    monkeypatch.setenv("LANGUAGE_SERVICE_KEY", "hunter2")
    with Child() as child:
        child.load("import random\n\ndef f():\n    return dict(random._os.environ)\n", "f")
        got = child.call()
    assert not isinstance(got, Failed)
    assert "PATH" in got[0] and "hunter2" not in got[0].values()


def test_an_answer_may_have_classes(child: Child) -> None:
    """Of a dataclass with annotations that are not evaluated, the module is looked for."""
    source = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Pair:
    a: float
    b: float

def f(x):
    return Pair(x, 2 * x).b
"""
    assert child.load(source, "f") is None
    assert child.call(3.0) == (6.0, (3.0,))


def test_an_answer_may_use_numpy_and_some_of_python(child: Child) -> None:
    source = """
import collections, contextlib, dataclasses, decimal, fractions, functools, itertools, math, pprint, random
import statistics, time, typing, warnings
import numpy as np
import numpy.fft, numpy.ma, numpy.polynomial, numpy.testing
from numpy.lib.stride_tricks import sliding_window_view

def f(x):
    return math.fsum(itertools.accumulate(sliding_window_view(x, 2).sum(axis=1)))
"""
    assert child.load(source, "f") is None
    result = child.call(np.array([1.0, 2.0, 3.0]))
    assert not isinstance(result, Failed) and result[0] == 3 + 8

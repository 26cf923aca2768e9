"""The child is stopped when it takes too long or too much, and the next call finds another."""

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from minigrad.course.grading import worker
from minigrad.course.grading.process import Child, Failed

WELL = "def f(x):\n    return 2 * x\n"


def fails(child: Child, body: str) -> Failed:
    assert child.load(f"import numpy as np\n\ndef f(x):\n    {body}\n", "f") is None
    got = child.call(1.0)
    assert isinstance(got, Failed), got
    return got


def works(child: Child) -> None:
    assert child.load(WELL, "f") is None
    assert child.call(2.0) == (4.0, (2.0,))


def test_an_endless_loop_is_stopped() -> None:
    with Child(seconds=0.3) as child:
        begun = time.monotonic()
        assert fails(child, "while True: pass").kind == "time"
        assert time.monotonic() - begun < 30  # and not forever
        works(child)


def test_one_that_does_not_let_itself_be_interrupted_is_stopped() -> None:
    with Child(seconds=0.3) as child:
        assert fails(child, "while True:\n        try:\n            while True: pass\n"
                     "        except BaseException: pass").kind == "time"  # fmt: skip


def test_a_loop_while_loading_is_stopped() -> None:
    with Child(seconds=0.3) as child:
        works(child)
        failed = child.load("while True: pass\n", "f")
        assert failed is not None and failed.kind == "time"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded on Linux alone")
@pytest.mark.parametrize("body", ["return np.ones(10**9)", "return [0] * 10**9", "return 'a' * 10**10"])
def test_what_takes_too_much_memory_is_stopped(body: str, child: Child) -> None:
    assert fails(child, body).kind == "MemoryError"
    works(child)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("return f(x)", "RecursionError"),
        ("raise NotImplementedError", "NotImplementedError"),
        ("return np.ones(2)[5]", "IndexError"),
        ("return f", "result"),
        ("return np.zeros(10**7)", "result"),
        ("class Liar(BaseException):\n        def __str__(self): return 1\n    raise Liar", "TypeError"),
    ],
)
def test_what_fails_is_told(body: str, kind: str, child: Child) -> None:
    assert fails(child, body).kind == kind
    works(child)


def test_one_that_asks_is_told_that_nobody_answers() -> None:
    with Child() as child:
        assert fails(child, "return input()").kind == "EOFError"


def test_one_that_ends_its_process_is_told() -> None:
    with Child() as child:
        assert fails(child, "import random; random._os._exit(0)").kind == "ended"
        works(child)


def test_the_line_is_told(child: Child) -> None:
    child.load("import numpy as np\n\n\ndef f(x):\n    y = x + 1\n    return y + z\n", "f")
    failed = child.call(1.0)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.line, failed.shown) == ("NameError", 6, "return y + z")


def test_a_file_that_cannot_be_read_is_told(child: Child) -> None:
    failed = child.load("def f(x):\n    return (\n", "f")
    assert failed is not None and (failed.kind, failed.line) == ("SyntaxError", 2)
    failed = child.load("def g(x):\n    return x\n", "f")
    assert failed is not None and failed.kind == "missing"


def test_arguments_come_back_as_they_are_afterwards(child: Child) -> None:
    child.load("def f(x):\n    x[0] = 5\n    return x[1]\n", "f")
    result = child.call(np.array([1.0, 2.0]))
    assert not isinstance(result, Failed)
    assert result[0] == 2 and result[1][0].tolist() == [5, 2]


def test_what_is_printed_is_kept_and_does_not_disturb(child: Child) -> None:
    child.load("def f(x):\n    print('x is', x, flush=True)\n    return x\n", "f")
    child.printed()
    assert child.call(3.0) == (3.0, (3.0,))
    assert _until(child.printed) == "x is 3.0\n"


def test_what_steers_a_terminal_is_shown_and_does_nothing(child: Child) -> None:
    """Nobody paints "right" over a verdict, and what no terminal can write stops nothing."""
    child.load("def f(x):\n    raise ValueError('\\x1b[2Jright\\ud800\\r')\n", "f")
    failed = child.call(1.0)
    assert isinstance(failed, Failed) and failed.text == "\\x1b[2Jright\\ud800\\r"
    child.load("def f(x):\n    raise type('\\x1b[2J' + 'x' * 10**6, (Exception,), {})('y' * 10**6)\n", "f")
    failed = child.call(1.0)
    assert isinstance(failed, Failed)
    assert failed.kind.startswith("\\x1b[2Jx") and len(failed.kind) < 100 and len(failed.text) < 1000
    child.load("def f(x):\n    print('\\x1b[1;32mright\\a', flush=True)\n    return x\n", "f")
    child.printed()
    assert child.call(3.0) == (3.0, (3.0,))
    assert _until(child.printed) == "\\x1b[1;32mright\\x07\n"


def test_a_warning_shows_the_line(child: Child) -> None:
    child.load("import numpy as np\n\ndef f(x):\n    return np.log(0 * x)\n", "f", "log_rule.py")
    child.printed()
    assert child.call(3.0) == (-np.inf, (3.0,))
    told = _until(child.printed)
    assert (
        "log_rule.py:4: RuntimeWarning: divide by zero" in told
        and "    return np.log(0 * x)\n" in told.replace("  return", "    return")
    )


def _until(printed: Callable[[], str]) -> str:
    """What is printed: it comes on another pipe, and may come later."""
    until = time.monotonic() + 20
    while not (text := printed()) and time.monotonic() < until:
        time.sleep(0.01)
    return text


def test_a_flood_of_prints_is_cut(child: Child) -> None:
    child.load("def f(x):\n    for _ in range(2000): print('x' * 100)\n    return x\n", "f")
    assert child.call(3.0) == (3.0, (3.0,))
    assert len(child.printed()) < 20_000


def test_one_that_sends_more_than_it_is_asked_for_fills_no_memory() -> None:
    forged = worker.encode({"ok": 7.0, "arguments": ()})
    flood = f"""
import random

def f(x):
    for pipe in range(3, 30):
        try:
            while True:
                random._os.write(pipe, {forged!r})
        except OSError:
            continue
"""
    with Child(seconds=1.0) as child:
        child.load(flood, "f")
        assert child.call(1.0) == (7.0, ())  # it is taken for what it is: a number, to be compared
        assert child._frames.qsize() <= 2
        child.close()
        works(child)

"""Ctrl-C once is a wish, twice an order."""

import signal
import subprocess
import sys
import threading

import pytest

from minigrad.train import catch_interrupt

pytestmark = pytest.mark.usefixtures("ctrl_c")


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_is_noted_and_the_second_raises() -> None:
    with catch_interrupt() as interrupt:
        assert not interrupt
        press()
        assert interrupt
        with pytest.raises(KeyboardInterrupt):
            press()


def test_afterwards_the_old_handler_is_back() -> None:
    with catch_interrupt():
        pass
    with pytest.raises(KeyboardInterrupt):
        press()
    with catch_interrupt() as interrupt:
        assert not interrupt  # each use begins anew


def test_contexts_inside_one_another_share_the_two_presses() -> None:
    with catch_interrupt() as outer:
        with catch_interrupt() as inner:
            press()
            assert inner
        assert outer
        with pytest.raises(KeyboardInterrupt):
            press()


def test_an_exception_inside_restores_the_handler_too() -> None:
    with pytest.raises(ZeroDivisionError), catch_interrupt():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with catch_interrupt() as interrupt:
        press()
        assert not interrupt
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_in_another_thread_nothing_changes() -> None:
    handlers = []

    def work() -> None:
        with catch_interrupt():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to die of")
def test_a_quiet_script_has_no_traceback_and_the_status_of_ctrl_c() -> None:
    program = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from minigrad.train import quiet_interrupts
quiet_interrupts()
raise KeyboardInterrupt
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == "\nStopped.\n"
    assert done.returncode == -signal.SIGINT


def test_other_errors_of_a_quiet_script_are_told() -> None:
    program = "from minigrad.train import quiet_interrupts; quiet_interrupts(); 1 / 0"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ZeroDivisionError" in done.stderr
    assert done.returncode == 1

"""Run chosen tests against a mutant, in a process forked from one that has collected them all.

pytest begins once, collects, and gives its tests to a function of ours instead of running them. A fork of
that process has everything imported and collected, is given the mutant, runs the tests that reach it, and
ends at the first that fails.
"""

import contextlib
import gc
import json
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tools.mutation.replacing import forget, kept_results

Items = Sequence[pytest.Item]

MEMORY = 6 << 30
"""Bytes that a mutant may take: some ask for an array of any size."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    verdict: str
    """"killed", "survived", "unreplaceable"."""
    by: str = ""
    """The test that failed, or what ended the process: a signal, or the time being up."""


def with_tests(paths: Sequence[str], names: str, work: Callable[[Items], None], folder: Path) -> None:
    """Have pytest collect the tests in ``paths`` with such ``names`` (its -k), and call ``work`` with them.

    Raises RuntimeError where pytest cannot collect them.
    """
    plugin = _Instead(work)
    plugins = ["-p", "no:cacheprovider", "-p", "no:terminal"]
    options = [*plugins, f"--basetemp={folder / 'tmp'}", "-k", names]
    code = pytest.main([*options, *paths], plugins=[plugin])
    if plugin.error is not None:
        raise plugin.error
    if not plugin.worked:
        raise RuntimeError(
            f"pytest could not collect {' '.join(paths)} (exit status {int(code)}); run it to see why"
        )


class _Instead:
    """A plugin of pytest: calls ``work`` where the tests would be run."""

    def __init__(self, work: Callable[[Items], None]) -> None:
        self.work, self.worked = work, False
        self.error: BaseException | None = None

    def pytest_configure(self) -> None:
        """Called by pytest before it collects: the same examples each time, made no smaller."""
        from hypothesis import Phase, settings

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutation", database=None, derandomize=True, deadline=None, phases=phases)
        settings.load_profile("mutation")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Called by pytest once everything is collected."""
        if not session.testsfailed:
            self.worked = True
            try:
                self.work(session.items)
            except BaseException as error:  # noqa: BLE001 (pytest would make an exit status of it; raised above)
                self.error = error
        return True


class _Failures:
    """A plugin of pytest: which tests have failed."""

    def __init__(self) -> None:
        self.of: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest after setup, call and teardown of a test."""
        if report.failed:
            self.of.append(report.nodeid)


def warm_up(items: Items) -> None:
    """Run the first test of each function: what is imported, loaded and compiled once is there for all forks,
    and is not what a test takes.
    """
    firsts = list({item.nodeid.partition("[")[0]: item for item in reversed(items)}.values())[::-1]
    for item, following in zip(firsts, [*firsts[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def record(items: Items, sources: Sequence[Path], place: Path) -> dict[str, float]:
    """Run every test once and note in ``place`` which lines each reaches; the seconds of those that pass.

    What functions keep of the tests before is forgotten: a line whose result is kept would not run.
    """
    failures = _Failures()
    items[0].config.pluginmanager.register(failures)
    coverage = Coverage(data_file=str(place), include=[str(path) for path in sources], config_file=False)
    coverage.set_option("run:disable_warnings", ["no-data-collected"])  # some reach nothing of the sources
    coverage.load()  # to what is known of other tests
    coverage.start()
    seconds, keeping = {}, kept_results()
    for item, following in zip(items, [*items[1:], None], strict=True):
        coverage.switch_context(item.nodeid)
        forget(keeping)
        begin = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = round(time.process_time() - begin, 4)
    coverage.stop()
    coverage.save()
    items[0].config.pluginmanager.unregister(failures)
    return {test: spent for test, spent in seconds.items() if test not in failures.of}


def reached(place: Path, file: Path) -> dict[int, list[str]]:
    """The tests that reach each line of a file."""
    data = CoverageData(str(place))
    data.read()
    lines = data.contexts_by_lineno(str(file))
    return {line: [test for test in tests if test] for line, tests in lines.items()}


def attempt(items: Items, seconds: float, prepare: Callable[[], None]) -> Outcome:
    """Fork, ``prepare`` there, and run the tests until one fails.

    Args:
        items: the tests, in order.
        seconds: of processor time that they may take; twenty times as many may pass.
        prepare: makes the mutant.
    """
    reading, writing = os.pipe()
    gc.freeze()  # a collection in the child would write to the memory that it shares, and copy it all
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            told = _run(items, prepare)
        except BaseException as error:  # noqa: BLE001 (raised in the parent)
            told = "error", repr(error)
        os.write(writing, json.dumps(told).encode())
        os._exit(0)
    gc.unfreeze()
    os.close(writing)
    try:
        status = _wait(child, time.monotonic() + 20 * seconds)
        told = os.read(reading, 1 << 16) if status == 0 else b""
    finally:
        os.close(reading)
    if told:
        outcome = Outcome(*json.loads(told))
        if outcome.verdict == "error":
            raise RuntimeError(f"a mutant could not be tried: {outcome.by}")
        return outcome
    return Outcome("killed", "time" if status in (None, signal.SIGXCPU) else f"signal {status}")


def _run(items: Items, prepare: Callable[[], None]) -> tuple[str, str]:
    prepare()
    failures = _Failures()
    items[0].config.pluginmanager.register(failures)
    for item, following in zip(items, [*items[1:], None], strict=True):
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException as error:  # noqa: BLE001 (a mutant may break whatever runs tests, too)
            return "killed", f"{item.nodeid} ({type(error).__name__})"
        if failures.of:
            return "killed", failures.of[0]
    return "survived", ""


def _wait(child: int, deadline: float) -> int | None:
    """How a child has ended, None if it had to be killed at the deadline; its own children end with it."""
    status = None
    while status is None and time.monotonic() < deadline:
        done, status_now = os.waitpid(child, os.WNOHANG)
        if done:
            status = os.WTERMSIG(status_now) if os.WIFSIGNALED(status_now) else os.WEXITSTATUS(status_now)
        else:
            time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
    return status

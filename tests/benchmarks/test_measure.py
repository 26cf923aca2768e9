"""The benchmarks run, and say what they mean to say. How fast anything is, no test asks."""

import sys
from importlib.util import find_spec

import pytest

from benchmarks import problem
from benchmarks.measure import Result, compare
from benchmarks.report import Table

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="workers are stopped by SIGSTOP")


def test_ratio_is_taken_round_by_round() -> None:
    """A machine that was four times slower in the second round does not change it."""
    ours = Result("minigrad", seconds=[1.0, 4.0, 2.0])
    theirs = Result("torch", seconds=[2.0, 8.0, 1.0])
    assert ours.ratio_to(theirs) == 0.5
    assert ours.median == 2.0


@needs_signals
def test_chain_gives_the_derivative_and_names_who_is_absent() -> None:
    results = compare("chain", ["minigrad", "micrograd"], rounds=2, warm_up=1, threads=1)
    assert results["minigrad"].value == pytest.approx(problem.CHAIN_DERIVATIVE, abs=1e-4)
    assert len(results["minigrad"].seconds) == 2
    assert results["minigrad"].peak_mb >= results["minigrad"].import_mb > 1
    assert results["micrograd"].absent == ("" if find_spec("micrograd") else "not installed")


@needs_signals
def test_dense_step_learns() -> None:
    """From ln 10 = 2.3, where ten classes are guessed, far down; the frameworks' tables rest on this."""
    results = compare("dense_step", ["minigrad"], rounds=1, warm_up=problem.WARM_UP_STEPS, threads=1)
    assert results["minigrad"].absent == ""
    assert results["minigrad"].value < 0.2


def test_table_without_torch_names_no_ratio_and_no_verdict() -> None:
    table = Table(
        name="case",
        title="A case",
        unit="s",
        goal="at most 0.6 of torch",
        notes=[],
        value=lambda result: result.median,
        ratio=lambda result, torch: result.ratio_to(torch),
        met=lambda result, torch: None if torch is None else result.ratio_to(torch) <= 0.6,
        results={
            "minigrad": Result("minigrad", seconds=[2.0]),
            "torch": Result("torch", absent="not installed"),
        },
    )
    rows = list(table.rows())
    assert rows[0] == ("minigrad", "2", "?", "at most 0.6 of torch: not known without torch")
    assert rows[1] == ("torch", "not installed", "", "")

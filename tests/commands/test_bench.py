"""``minigrad bench``: what is measured, with which units, and what is said of the conditions."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from minigrad.commands import bench, examinations, main
from minigrad.commands.bench import fastest
from minigrad.commands.examinations import Finding


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in a list of one number, which only calls move."""
    now = [0.0]
    monkeypatch.setattr(bench.time, "perf_counter", lambda: now[0])
    return now


def taking(clock: list[float], *seconds: float) -> Callable[[], None]:
    """A call that takes these seconds in turn, and the last ones again and again."""
    left = list(seconds)

    def call() -> None:
        clock[0] += left.pop(0) if len(left) > 1 else left[0]
        calls.append(1)

    calls: list[int] = []
    call.calls = calls  # type: ignore[attr-defined]
    return call


def test_the_first_call_is_not_counted_and_the_fastest_is(clock: list[float]) -> None:
    assert fastest(taking(clock, 0.01, 0.3, 0.2, 0.4)) == pytest.approx(0.2)
    slow = taking(clock, 5.0)
    assert fastest(slow) == pytest.approx(5.0)
    assert len(slow.calls) == 1 + 3  # type: ignore[attr-defined]
    quick = taking(clock, 0.1)
    assert fastest(quick, seconds=1.05) == pytest.approx(0.1)
    assert len(quick.calls) == 1 + 11  # type: ignore[attr-defined]


def test_rates_are_amounts_over_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Products of 1024^3 multiplications and as many additions; 64 MiB read and written; in milliseconds."""
    monkeypatch.setattr(bench, "fastest", lambda call: 0.5)
    monkeypatch.setattr(bench, "seconds_per_step", {"dense": 0.002, "convolutional": 0.03}.__getitem__)
    rates = bench.measure()
    assert [(rate.value, rate.unit) for rate in rates] == [
        (pytest.approx(4.294967296), "GFLOP/s"),
        (pytest.approx(4.294967296), "GFLOP/s"),
        (pytest.approx(0.268435456), "GB/s"),
        (pytest.approx(2.0), "ms"),
        (pytest.approx(30.0), "ms"),
    ]


def test_what_is_called_is_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[[], object]] = []

    def taken(call: Callable[[], object]) -> float:
        calls.append(call)
        return 1.0

    monkeypatch.setattr(bench, "SIDE", 8)
    monkeypatch.setattr(bench, "fastest", taken)
    monkeypatch.setattr(bench, "seconds_per_step", lambda kind: 0.1)
    bench.measure()
    by_numpy, by_minigrad = calls[0](), calls[1]()
    assert isinstance(by_numpy, np.ndarray) and by_numpy.dtype == np.float32 and by_numpy.shape == (8, 8)
    np.testing.assert_allclose(by_minigrad, by_numpy, rtol=1e-5)


def test_it_is_told_in_80_columns_with_the_conditions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "fastest", lambda call: 0.01)
    monkeypatch.setattr(bench, "seconds_per_step", lambda kind: 0.00123)
    busy = Finding("processor", "slow", "2 of 2 processors. " + "Others are busy. " * 5, "wait")
    monkeypatch.setattr(examinations, "processor", lambda: busy)
    assert main(["bench"]) == 0
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= 80
    assert "float32, by NumPy " in told and " 215 GFLOP/s\n" in told
    assert " 1.2 ms\n" in told
    assert "slow   processor    2 of 2 processors. Others" in told and "products     by " in told
    assert main(["bench", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rates"][3] == {
        "measured": "step of a dense network, 100 images",
        "value": 1.23,
        "unit": "ms",
    }
    assert told["conditions"][0]["told"] == busy.told

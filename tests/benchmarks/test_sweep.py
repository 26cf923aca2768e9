"""The sweep covers what it says it covers, and its record names the cases that are slow or wrong."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.sweep import __main__ as sweep
from benchmarks.sweep.__main__ import Outcome, Pair, report
from benchmarks.sweep.cases import CHANNELS, ELEMENTS, PRODUCTS, Case, convolution, every
from benchmarks.sweep.reasons import reason

CONVOLUTIONS = [case for case in every() if case.function == "conv2d"]


def test_cases_are_the_same_every_time_and_all_different():
    names = [str(case) for case in every()]
    assert names == [str(case) for case in every()]
    assert len(set(names)) == len(names) > 300


def test_settings_are_covered():
    def option(name, default):
        return {case.options.get(name, default) for case in CONVOLUTIONS}

    assert {case.shapes[1][2] for case in CONVOLUTIONS} == set(range(1, 8))
    assert option("stride", 1) == option("dilation", 1) == {1, 2, 3}
    assert {case.shapes[0][1] for case in CONVOLUTIONS} >= set(CHANNELS) >= {1, 512}
    assert {1, 256} <= {case.shapes[0][0] for case in CONVOLUTIONS}
    depthwise = [case for case in CONVOLUTIONS if case.options.get("groups", 1) == case.shapes[0][1] > 1]
    assert len(depthwise) >= 20
    assert {"conv1d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "batch_norm"} <= {
        case.function for case in every()
    }


def test_no_case_is_too_large_or_impossible():
    for case in CONVOLUTIONS:
        (n, _, h, w), (outputs, each, kernel, _), _ = case.shapes
        reach = case.options.get("dilation", 1) * (kernel - 1)
        padding, stride = case.options.get("padding", 0), case.options.get("stride", 1)
        oh, ow = ((side + 2 * padding - reach - 1) // stride + 1 for side in (h, w))
        assert min(oh, ow) >= 1, case
        assert n * outputs * oh * ow * each * kernel**2 <= PRODUCTS, case
        assert n * outputs * oh * ow <= ELEMENTS, case


def test_convolution_leaves_out_what_cannot_be():
    assert convolution(1, 3, 4, 8, groups=2) is None
    assert convolution(256, 512, 512, 225) is None
    assert convolution(1, 1, 1, 1, kernel=6) is None
    assert (
        str(convolution(2, 4, 4, 9, kernel=5, stride=2))
        == "conv2d (2, 4, 9, 9), (4, 4, 5, 5) stride=2 padding=2"
    )


def test_record_lists_slow_and_wrong_cases():
    case = Case("relu", ((3, 4),))
    fast = Outcome(case, {"minigrad": 1.0, "torch": 2.0}, 0.5)
    slow = Outcome(case, {"minigrad": 5.0, "torch": 2.0}, 2.5)
    wrong = Outcome(case, wrong="checksum 1 instead of 2")
    record = report([fast, slow, wrong], {"cores": 2})
    assert record["over_2_of_torch"] == [{**slow.record(), "reason": reason(case)}]
    assert record["wrong"] == [{"case": "relu (3, 4)", "wrong": "checksum 1 instead of 2"}]
    assert record["every"] == [slow.record(), fast.record()]
    assert record["median_of_torch"] == 1.5


class Fast:
    """A pair that measures nothing."""

    def __init__(self, threads):
        pass

    def measure(self, case, rounds):
        return Outcome(case, {"minigrad": 1.0, "torch": 2.0}, 0.5)

    def close(self):
        pass


@pytest.mark.parametrize(("options", "folder"), [([], "."), (["--beside", "SSE"], "SSE")])
def test_another_machines_record_goes_into_its_folder(tmp_path, monkeypatch, options, folder):
    monkeypatch.setattr(sweep, "Pair", Fast)
    monkeypatch.setattr(sweep, "RESULTS", tmp_path)
    monkeypatch.setattr(sweep.page, "write", lambda: None)
    monkeypatch.setattr(sys, "argv", ["sweep", "batch_norm", *options])
    sweep.main()
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.json")] == [Path(folder, "sweep.json")]
    assert json.loads((tmp_path / folder / "sweep.json").read_text())["median_of_torch"] == 0.5


@pytest.mark.skipif(sys.platform == "win32", reason="workers are stopped by SIGSTOP")
def test_a_pair_survives_a_case_that_fails():
    pytest.importorskip("torch")
    pair = Pair(threads=1)
    try:
        assert "minigrad failed" in pair.measure(Case("no_such_function", ((2, 2),)), rounds=1).wrong
        outcome = pair.measure(Case("relu", ((30, 40),)), rounds=2)
        assert outcome.wrong == ""
        assert outcome.ratio > 0
        assert pair.measure(Case("gelu", ((30, 40),)), rounds=1).wrong == ""
    finally:
        pair.close()

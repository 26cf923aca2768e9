"""The page about the results says what is in the files beside it."""

import json

from benchmarks import page, past


def write(folder, name, ours, torch, **more):
    frameworks = {
        "minigrad": {"version": "1.0", "value": ours, "of_torch": ours / torch},
        "torch": {"version": "2.0", "value": torch, "of_torch": 1.0},
        "dezero": {"absent": "not installed"},
    }
    record = {
        "case": name,
        "unit": "ms",
        "goal": "at most 0.6 of torch",
        "machine": {"processor": "a processor", "threads": 2, "date": "a day"},
        "frameworks": frameworks,
    }
    (folder / f"{name}.json").write_text(json.dumps(record | more))


def test_the_committed_page_is_made_of_the_committed_files():
    committed = (page.RESULTS / "README.md").read_text(encoding="utf-8")
    assert committed == page.text(), "python -m benchmarks.page writes it anew"


def test_networks_stand_with_time_goal_and_memory(tmp_path):
    write(tmp_path, "cnn_step", 12.0, 30.0, met=True)
    write(tmp_path, "cnn_memory", 300.0, 600.0)
    write(tmp_path, "dcgan28_step", 21.0, 30.0, met=False)
    rows = [line for line in page.text(tmp_path).splitlines() if line.startswith(("| cnn_step", "| dcgan28"))]
    assert rows == [
        "| cnn_step | 12 | 30 | **0.40** | 0.6 | met | 0.50 |",
        "| dcgan28_step | 21 | 30 | **0.70** | 0.6 | not met |  |",
    ]


def test_other_machines_stand_below_with_their_names(tmp_path):
    write(tmp_path, "cnn_step", 12.0, 30.0)
    (tmp_path / "AVX2").mkdir()
    write(
        tmp_path / "AVX2",
        "cnn_step",
        15.0,
        60.0,
        machine={"processor": "an old one", "threads": 2, "date": "then"},
    )
    text = page.text(tmp_path)
    first, other = text.index("## Networks\n"), text.index("## Networks: AVX2\n")
    assert first < text.index("| **0.40** |") < other < text.index("| **0.25** |")
    assert "Measured on: a processor, 2 threads, a day.\n" in text[:other]
    assert "Measured on: an old one, 2 threads, then.\n" in text[other:]
    assert "## cnn_step: AVX2\n" in text


def test_who_was_not_there_is_named(tmp_path):
    write(tmp_path, "chain", 4.0, 8.0)
    assert "| dezero | not installed |  |" in page.text(tmp_path)


def test_slow_cases_stand_under_their_reasons(tmp_path):
    slow = {
        "case": "relu (3, 4)",
        "of_torch": 2.5,
        "minigrad_ms": 5.0,
        "torch_ms": 2.0,
        "reason": "Small.",
    }
    record = {"cases": 9, "median_of_torch": 0.8, "over_2_of_torch": [slow], "wrong": []}
    (tmp_path / "sweep.json").write_text(json.dumps(record))
    text = page.text(tmp_path)
    assert "9 cases" in text and "1 took over 2 times as long" in text
    assert text.index("Small.") < text.index("| `relu (3, 4)` | 5 | 2 | 2.5 |")


def test_another_machines_sweep_stands_under_its_name(tmp_path):
    machine = {"processor": "a small one", "threads": 2, "date": "a day"}
    record = {"cases": 7, "median_of_torch": 0.7, "over_2_of_torch": [], "wrong": [], "machine": machine}
    (tmp_path / "SSE").mkdir()
    (tmp_path / "SSE" / "sweep.json").write_text(json.dumps(record))
    text = page.text(tmp_path)
    assert "## The sweep: SSE" in text
    assert text.index("7 cases") < text.index("Measured on: a small one, 2 threads, a day.")


def test_an_earlier_revision_stands_beside_now(tmp_path):
    write(tmp_path, "cnn_step", 12.0, 30.0)
    earlier = {"revision": "abcdef0", "of_torch": {"cnn_step": 0.75, "gone_step": 0.9}}
    (tmp_path / "past.json").write_text(json.dumps(earlier))
    text = page.text(tmp_path)
    assert "| cnn_step | 0.75 | 0.40 |" in text and "| gone_step | 0.90 |  |" in text


def test_a_card_stands_with_its_goals_and_what_was_not_measured_is_missing(tmp_path):
    machine = {"card": "a card", "torch": "2.0", "cudnn": 91900, "cupy": "14.0", "date": "a day"}
    steps = {"minigrad": {"ms": 5.0}, "torch": {"ms": 2.0}, "torch captured": {"failed": "why"}}
    slow = {"network": "cnn", "batch": 8, "captured_of_eager_torch": 1.5, "minigrad captured": {"ms": 3.0}}
    layer = {"layer": "a layer", "tflops": 50.0}
    record = {
        "machine": machine,
        "networks": [{**slow, **steps}],
        "layers": [
            {**layer, "pass": "forward", "ms": 0.1, "rate_of_cudnn": 0.9},
            {**layer, "pass": "weight gradient", "ms": 0.2, "rate_of_cudnn": 0.5},
        ],
        "profile": [
            {
                "network": "cnn",
                "batch": 8,
                "library": "torch",
                "ms": 4.0,
                "kernels": [{"kernel": "a|b", "calls": 2.0, "ms": 3.0}],
            }
        ],
    }
    (tmp_path / "gpu.json").write_text(json.dumps(record))
    text = page.text(tmp_path)
    for line in (
        "a card, PyTorch 2.0, cuDNN 9.19, CuPy 14.0, a day.",
        "| CNN, batch 8 | 3 | 2 | **1.50** | not met | failed | 5 |",
        "met in 1 of 2; the median is 0.70.",
        "| a layer | 100 us, 50 TFLOP/s, **0.90** |  | 200 us, 50 TFLOP/s, **0.50** |",
        "| `a/b` | 2 | 3 | 75% |\n| others |  | 1 | 25% |",
    ):
        assert line in text
    assert "A product" not in text


def test_what_is_kept_of_a_record_is_its_ratio():
    assert past.figure({"frameworks": {"minigrad": {"of_torch": 0.4}}}) == 0.4
    assert past.figure({"frameworks": {"minigrad": {"absent": "not there"}}}) is None
    assert past.figure({"median_of_torch": 0.8}) == 0.8


def test_what_loops_cost_stands_beside_its_goals(tmp_path):
    cold = {"compiled": 26, "compiling_s": 15.6, "read": 0, "reading_s": 0.0, "whole_s": 24.7}
    warm = {"compiled": 0, "compiling_s": 0.0, "read": 26, "reading_s": 1.25, "whole_s": 9.0}
    record = {
        "what": "python lesson.py",
        "cold": cold | {"goal_s": 20.0, "met": True},
        "warm": warm | {"goal_s": 1.0, "met": False},
    }
    (tmp_path / "cold.json").write_text(json.dumps(record))
    rows = [line for line in page.text(tmp_path).splitlines() if "kept |" in line]
    assert rows == [
        "| none kept | 26 | 15.6 | 0 | 0 | 24.7 | 20 | met |",
        "| all kept | 0 | 0 | 26 | 1.25 | 9 | 1 | not met |",
    ]

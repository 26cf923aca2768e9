"""Lesson 22 runs without a card, its kernels compile for one, and its check knows right from wrong."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minigrad import course
from minigrad.kernels.cupy_gpu import compiling, on_cpu
from tests.lessons.conftest import how_it_stands, only_the_check, text_of, with_options

LESSON = "22_convolution_on_a_gpu.py"
KERNELS = ("thread_each", "tiles", "tensor_cores")
RECORD = Path(__file__).parents[2] / "docs" / "results" / "convolution_on_a_gpu.json"
SOLUTION = """\
    banks = [(row * r + k) % 32 for r in range(8) for k in range(4)]
    return max(banks.count(bank) for bank in banks)
"""
needs_compiler = pytest.mark.skipif(on_cpu.compiler() is None, reason="no C++ compiler is found")


@needs_compiler
def test_it_runs_on_the_cpu_and_shows_the_times_that_are_kept(
    run_lesson: Callable[..., str], tmp_path: Path
) -> None:
    printed = run_lesson(LESSON)
    assert "Checked: all three agree." in printed
    for line in (
        "  thread_each      2304     256         9.00",  # 9 for each of 256
        "  tiles             324    4096         0.08",  # 18 x 18, each once
        "  tensor_cores      576    4096         0.14",  # 9 for each of 64 places
    ):
        assert line in printed
    picture = tmp_path / "output/22_convolution_on_a_gpu/reads.png"
    assert picture.read_bytes().startswith(b"\x89PNG") and str(picture.resolve()) in printed
    record = json.loads(RECORD.read_text("utf-8"))
    assert f"an {record['card']}, on {record['date']}" in printed
    for times in record["times"].values():
        assert set(times["ms"]) == {*KERNELS, "F.conv2d"}
        for name, ms in times["ms"].items():
            assert re.search(rf"^  {re.escape(name)} +{ms:.3f} ms ", printed, re.MULTILINE)
    assert printed.endswith(
        "Exercise: busiest() is still to be written. "
        "Write it in 22_convolution_on_a_gpu.py, and run the lesson again.\n"
    )


@pytest.mark.skipif(compiling.compiler() is None, reason="neither NVRTC nor nvcc is found")
@pytest.mark.parametrize("kernel", KERNELS)
def test_its_kernels_compile_for_a_card(kernel: str, tmp_path: Path) -> None:
    texts = dict(re.findall(r'^(\w+) = """\n(.*?)"""$', text_of(LESSON), re.MULTILINE | re.DOTALL))
    source = tmp_path / f"{kernel}.cu"
    source.write_text(texts["BEGIN"] + texts[kernel.upper()], encoding="utf-8")
    for counted in (0, 1):
        code = compiling.compiled(compiling.Variant(str(source), (("REAL", "float"), ("COUNTED", counted))))
        assert f".text.{kernel}\0".encode() in code


@needs_compiler
def test_times_are_a_cards(tmp_path: Path) -> None:
    done = with_options(LESSON, tmp_path, "--results", "times.json")
    if "there is none here" not in done.stderr:
        pytest.skip("there is a card")
    assert done.returncode == 1 and not (tmp_path / "times.json").exists()


def test_its_numbers_come_from_the_records(decimals_in_prose: Callable[[str], list[str]]) -> None:
    assert decimals_in_prose(LESSON) == []


def test_its_exercise_can_be_solved() -> None:
    assert how_it_stands(LESSON, SOLUTION) == "Exercise: busiest() is right. Solved!"


WRONG: dict[str, Callable[[int], Any]] = {
    "nothing": lambda row: None,
    "always one": lambda row: 1,
    "always four": lambda row: 4,
    "without the four neighbours": lambda row: max(
        [row * r % 32 for r in range(8)].count(bank) for bank in range(32)
    ),
    "four rows": lambda row: max(
        [(row * r + k) % 32 for r in range(4) for k in range(4)].count(bank) for bank in range(32)
    ),
    "banks never end": lambda row: max(
        [row * r + k for r in range(8) for k in range(4)].count(number) for number in range(600)
    ),
    "only whether two meet": lambda row: 2 if row * 8 % 32 == 0 else 1,
}


@pytest.mark.parametrize("answer", WRONG)
def test_its_check_knows_right_from_wrong(answer: str) -> None:
    with pytest.raises(course.NotYet):
        only_the_check(LESSON)(WRONG[answer])

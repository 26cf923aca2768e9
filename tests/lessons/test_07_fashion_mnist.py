"""The lesson as a user runs it: a program of its own, on the sample that comes with minigrad."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import course, nn, train
from minigrad.data import DataLoader, FashionMNIST, fashion_mnist, transforms
from models.mlp import deep_mlp, wide_mlp
from tests.lessons.conftest import how_it_stands, only_the_check

ROOT = Path(__file__).parents[2]
LESSON = ROOT / "lessons" / "07_fashion_mnist.py"
UNWRITABLE = "/proc"  # no user makes files there, not even root
FILES = {
    "best.safetensors",
    "weights.safetensors",
    "curves.svg",
    "confusion_matrix.svg",
    "mistakes.png",
}


def command(*options: object) -> list[str]:
    return [sys.executable, "-W", "error", str(LESSON), "--sample", *map(str, options)]


def run(folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """From another folder, so that nothing depends on where one stands, and with minigrad not installed."""
    environment = {**os.environ, "PYTHONPATH": ""}
    return subprocess.run(
        command(*options), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("lesson")
    done = run(folder, "--epochs", 2, "--results", "results.json")
    assert done.returncode == 0, done.stderr
    assert lines_of_epochs(done.stderr) == ["wide 1/2", "wide 2/2", "deep 1/2", "deep 2/2"]
    return folder, done.stdout


def lines_of_epochs(errors: str) -> list[str]:
    """What stands in place of the progress bar, as there is no terminal; and stderr has nothing else."""
    lines = [
        re.fullmatch(r"(\w+ +\d+/\d+): [\d.]+ s, loss .*, accuracy .*", line)
        for line in errors.splitlines()
        if not line.startswith("minigrad: compiling fast loops")  # on a machine that runs them first
    ]
    assert all(lines), errors
    return [line[1] for line in lines if line]


def test_the_last_line_says_where_the_page_is(two_runs: tuple[Path, str]) -> None:
    folder, printed = two_runs
    page = (folder / "output" / "07_fashion_mnist" / "index.html").resolve()
    assert printed.splitlines()[-1] == f"The page that shows it all: {page}"
    text = page.read_text(encoding="utf-8")
    assert text.count("<img ") == 10  # per network layers, graph, curves, confusion, mistakes
    for name in ("wide", "deep"):
        assert (
            (folder / "output/07_fashion_mnist" / f"{name}.svg")
            .read_text(encoding="utf-8")
            .startswith("<svg")
        )
    assert text.count('alt="Computation graph of loss') == 2
    assert text.count("Dropout") >= 1
    assert "235,146" in text
    assert "71,146" in text
    assert "5,000 training images" in text  # it says that this was the sample
    for name in FashionMNIST.classes:
        assert text.count(f'<th scope="row">{name}</th>') == 2


def test_wider_layers_come_nearer(two_runs: tuple[Path, str]) -> None:
    folder, printed = two_runs
    first = printed.splitlines()[0]
    assert first.startswith("One hidden layer, farthest from the curve: 3 units ")
    few, more, many = map(float, re.findall(r" units ([\d.]+)", first))
    assert many < more < few
    assert (folder / "output/07_fashion_mnist/one_variable.svg").read_bytes().startswith(b"<?xml")


EXERCISE = (
    "Exercise: through() is still to be written. Write it in 07_fashion_mnist.py, and run the lesson again."
)


SOLUTION = """\
    slopes = np.diff(ys) / np.diff(xs)
    v = slopes.copy()
    v[1:] = slopes[1:] - slopes[:-1]
    return np.ones(len(slopes)), -xs[:-1], v, ys[0]
"""


def test_its_exercise_can_be_solved(two_runs: tuple[Path, str]) -> None:
    assert two_runs[1].splitlines()[-2] == EXERCISE
    assert how_it_stands(LESSON.name, SOLUTION) == "Exercise: through() is right. Solved!"


Weights = tuple[np.ndarray, np.ndarray, np.ndarray, float]


def right(xs: np.ndarray, ys: np.ndarray) -> Weights:
    slopes = np.diff(ys) / np.diff(xs)
    return np.ones(len(slopes)), -xs[:-1], np.diff(slopes, prepend=0), ys[0]


def leftwards(xs: np.ndarray, ys: np.ndarray) -> Weights:
    """Another right answer: units that are 0 on the right."""
    slopes = np.diff(ys) / np.diff(xs)
    return np.full(len(slopes), -1), xs[1:], np.diff(slopes, append=0), float(ys[-1])


def changed(**parts: Any) -> Callable[..., Any]:
    def answer(xs: np.ndarray, ys: np.ndarray) -> Any:
        named = dict(zip("wbvc", right(xs, ys), strict=True))
        return tuple(parts[name](value, xs, ys) if name in parts else value for name, value in named.items())

    return answer


WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "nothing": (lambda xs, ys: None, "four things"),
    "no constant": (lambda xs, ys: right(xs, ys)[:3], "four things"),
    "different lengths": (changed(v=lambda v, xs, ys: v[:1]), "a number for each unit"),
    "no units": (lambda xs, ys: (np.zeros(0), np.zeros(0), np.zeros(0), ys[0]), "With 2 points"),
    "starts at 0": (changed(c=lambda c, xs, ys: 0.0), "With 2 points"),
    "slopes in place of their changes": (changed(v=lambda v, xs, ys: np.cumsum(v)), "With 3 points"),
    "heights in place of slopes": (changed(v=lambda v, xs, ys: np.diff(ys)), "With 2 points"),
    "kinks at the right ends": (changed(b=lambda b, xs, ys: -xs[1:]), "With 2 points"),
    "sign of the bias": (changed(b=lambda b, xs, ys: -b), "With 2 points"),
    "not a number": (changed(v=lambda v, xs, ys: v * np.nan), "With 2 points"),
}


def test_its_check_knows_right_from_wrong() -> None:
    check = only_the_check(LESSON.name)
    check(right)
    check(leftwards)
    for answer, message in WRONG.values():
        with pytest.raises(course.NotYet, match=message):
            check(answer)


def test_it_writes_what_it_promises(two_runs: tuple[Path, str]) -> None:
    folder, _ = two_runs
    for name in ("wide-seed0", "deep-seed0"):
        assert {file.name for file in (folder / "output/07_fashion_mnist" / name).iterdir()} == FILES
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["networks"]["wide"]["settings"]["training images"] == 4500
    assert str(folder) not in (folder / "results.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "build"), [("wide", wide_mlp), ("deep", deep_mlp)])
def test_the_weights_on_disk_have_the_accuracy_that_is_told(
    two_runs: tuple[Path, str], name: str, build: type[nn.Module]
) -> None:
    folder, printed = two_runs
    output = folder / "output/07_fashion_mnist"
    model = build()
    model.load_state_dict(mg.load(output / f"{name}-seed0" / "weights.safetensors"))
    test = DataLoader(FashionMNIST(train=False, transform=transforms.ToTensor(), sample="only"), 250)
    scores = train.evaluate(model, test, nn.CrossEntropyLoss(), {"accuracy": train.accuracy})
    told = json.loads((output / "metrics.json").read_text(encoding="utf-8"))["networks"][name]
    assert told["runs"][0]["test"] == pytest.approx(scores, abs=1e-5)
    assert f"test accuracy {scores['accuracy']:.2%}" in printed
    assert scores["accuracy"] > 0.6  # two short epochs are worth that much


def test_the_same_seed_repeats_exactly(two_runs: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = two_runs
    done = run(tmp_path, "--epochs", 2, "--network", "wide", "--output", "here", "--seed", 0)
    assert done.returncode == 0, done.stderr
    weights = [
        (path / "wide-seed0/weights.safetensors").read_bytes()
        for path in (folder / "output/07_fashion_mnist", tmp_path / "here")
    ]
    assert weights[0] == weights[1]


def stop(folder: Path, *options: object) -> tuple[int, str, str]:
    """Start the lesson, press Ctrl-C once the first epoch is done, and wait for the end."""
    # A program started in the background ignores Ctrl-C, and so would its child.
    heed = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", heed, *command(*options)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 300
        while not list(folder.rglob("best.safetensors")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, printed, errors


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT can be sent to another process")
def test_ctrl_c_keeps_weights_and_page(tmp_path: Path) -> None:
    status, printed, errors = stop(tmp_path, "--epochs", 100_000, "--network", "wide", "deep")
    assert status == 130
    assert lines_of_epochs(errors)[0] == "wide      1/100000"
    output = tmp_path / "output/07_fashion_mnist"
    assert printed.splitlines()[-1].endswith(str((output / "index.html").resolve()))
    assert {file.name for file in (output / "wide-seed0").iterdir()} == FILES
    assert not (output / "deep-seed0").exists()  # it does not go on with the next network
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "stopped by hand" in page
    assert re.search(r"\d+ epochs? in \d+ seconds\s+\(interrupted\)", page)
    model = wide_mlp()
    model.load_state_dict(mg.load(output / "wide-seed0/weights.safetensors"))
    model.load_state_dict(train.load_checkpoint(output / "wide-seed0/best.safetensors").model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "argument --epochs: expected a whole number of at least 1, got '0'"),
        (["--epochs", "ten"], "argument --epochs: expected a whole number of at least 1, got 'ten'"),
        (["--network", "cnn"], "argument --network: invalid choice: 'cnn'"),
        (["--quick", "--full"], "argument --full: not allowed with argument --quick"),
        (["--seed", "x"], "argument --seed/--seeds: invalid int value: 'x'"),
        (["--data", "nowhere"], "argument --data: there is no folder 'nowhere'"),
        (["--output", "a_file"], "argument --output: cannot make the folder 'a_file'"),
        (["--results", "nowhere/results.json"], "argument --results: there is no folder 'nowhere'"),
        (["--results", "a_folder"], "argument --results: 'a_folder' is a folder; name a file"),
        (["--results", "read_only"], "argument --results: cannot write the file 'read_only'"),
        (["--output", UNWRITABLE], f"argument --output: cannot write into the folder '{UNWRITABLE}'"),
        (
            ["--results", f"{UNWRITABLE}/r"],
            f"argument --results: cannot write into the folder '{UNWRITABLE}'",
        ),
    ],
)
def test_bad_arguments_are_told_before_anything_starts(
    refused: Callable[..., str], tmp_path: Path, options: Sequence[str], message: str
) -> None:
    if UNWRITABLE in str(options[-1]) and not Path(UNWRITABLE).is_dir():
        pytest.skip(f"no {UNWRITABLE}")
    (tmp_path / "a_file").touch()
    (tmp_path / "a_folder").mkdir()
    (tmp_path / "read_only").touch(0o444)
    if "read_only" in options and os.access(tmp_path / "read_only", os.W_OK):
        pytest.skip("this user may write any file")
    assert message in refused(LESSON.name, "--sample", *options)


def test_a_bad_data_file_is_told_without_a_traceback(tmp_path: Path) -> None:
    for file in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / file).write_bytes(b"not an image")
    done = subprocess.run(
        [sys.executable, str(LESSON), "--data", str(tmp_path), "--output", str(tmp_path / "out")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "train-images-idx3-ubyte" in done.stderr
    assert "name another folder (--data)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not fashion_mnist.SYSTEM.is_dir(), reason="needs the package dataset-fashion-mnist")
def test_it_says_where_each_half_of_the_data_came_from(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for file in fashion_mnist.SYSTEM.glob("train-*"):
        shutil.copy(file, mine)
    options = ["--data", mine, "--epochs", 1, "--network", "deep"]
    done = subprocess.run(
        [sys.executable, str(LESSON), *map(str, options)],
        cwd=tmp_path, env={**os.environ, "MINIGRAD_DATA": str(tmp_path / "cache")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"images from {mine} and {fashion_mnist.SYSTEM}\n" in done.stdout
    assert f"no Fashion-MNIST in {mine}, using {fashion_mnist.SYSTEM}\n" in done.stderr

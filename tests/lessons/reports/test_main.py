"""``python -m lessons.reports``: what is trained, what is kept, and what the page shows."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from lessons.reports import __main__ as program
from lessons.reports import training
from lessons.reports.recipes import RECIPES
from minigrad import viz
from minigrad.data import CIFAR10, CIFAR100, cifar
from minigrad.data.fashion.products import COLUMNS
from minigrad.errors import DataError
from tests.lessons.conftest import COMPILING, ONE_THREAD

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The dense network of the first report, as a user trains it: two epochs on the sample, two seeds."""
    folder = tmp_path_factory.mktemp("report")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "lessons.reports", "001", "--sample", "--epochs", "2",
         "--networks", "ann", "--seeds", "0", "1", "--output", str(folder / "output"),
         "--results", str(folder / "results.json")],
        cwd=ROOT, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.replace(COMPILING, "", 1).splitlines()
    epochs = [re.match(r"(ann-\d \d/2): [\d.]+ s, loss ", line) for line in lines]
    assert [epoch and epoch[1] for epoch in epochs] == ["ann-0 1/2", "ann-0 2/2", "ann-1 1/2", "ann-1 2/2"]
    return folder, done.stdout


def run(folder: Path, *options: object, report: str = "001") -> int:
    return program.main([report, "--output", str(folder / "output"), *map(str, options)])


SHORT = ("--sample", "--epochs", 2, "--networks", "ann")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have no pixels: for tests of what is trained and kept, whose time would be drawing."""
    monkeypatch.setattr(viz.Picture, "render", lambda *arguments: b"")


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are drawn in light only: the dark ones are the same with other colours."""
    render = viz.Picture.render

    def light_alone(picture: viz.Picture, theme: viz.Theme = viz.LIGHT, *format: str) -> bytes:
        return render(picture, theme, *format) if theme is viz.LIGHT else b""

    monkeypatch.setattr(viz.Picture, "render", light_alone)


def test_it_prints_ours_beside_the_reports(first: tuple[Path, str]) -> None:
    folder, printed = first
    lines = printed.splitlines()
    assert re.fullmatch(r"ann, seed 0: test accuracy \d\d\.\d\d%, loss \d\.\d{4}", lines[0])
    assert lines[1].split() == ["precision", "recall", "F1", "report"]
    assert re.fullmatch(r" +Shirt +\d\.\d\d +\d\.\d\d +\d\.\d\d +0\.71", lines[8])
    assert re.fullmatch(r"ann +\d\d\.\d\d ± \d+\.\d\d +88\.36 +\d\.\d{4} +0\.3308 +2", lines[-3])
    assert lines[-1].endswith(str(folder / "output" / "001" / "index.html"))


def test_the_page_has_every_picture(first: tuple[Path, str]) -> None:
    folder, _ = first
    output = folder / "output" / "001"
    text = (output / "index.html").read_text(encoding="utf-8")
    assert text.count("<img ") == 2 + 2 * 8  # layers, graph; per seed curves, confusion, mistakes, these five
    assert "multiply-adds" in text and "(N, 256)" in text  # the summary
    files = {path.name for path in (output / "ann-seed1").iterdir()}
    assert files >= {"curves.svg", "confusion_matrix.svg", "rates.svg", "mistakes.png", "predictions.png"}
    assert files >= {"classes.svg", "roc.svg", "calibration.svg"}
    assert "only the sample" in text and "short run" in text and "235,146" in text


def test_the_results_are_those_of_the_page(first: tuple[Path, str]) -> None:
    folder, printed = first
    network = json.loads((folder / "results.json").read_text(encoding="utf-8"))["networks"]["ann"]
    accuracies = [run["test"]["accuracy"] for run in network["runs"]]
    assert network["mean"]["accuracy"] == pytest.approx(np.mean(accuracies))
    assert f"{accuracies[0]:.2%}" in printed.splitlines()[0]
    assert network["published"] == {"accuracy": 0.8836, "loss": 0.3308}
    assert network["settings"]["batch size"] == 128 and network["settings"]["training images"] == 4500
    for one in network["runs"]:
        assert one["seconds"] > 0
        assert one["top k"]["1"] == pytest.approx(one["test"]["accuracy"], abs=1e-4)
        assert one["top k"]["1"] < one["top k"]["3"] < one["top k"]["5"] <= 1
        assert len(one["history"]["val_loss"]) == 2 and len(one["mistakes"]) == 5
        assert 0 < one["calibration error"] < 1 and 0.5 < one["mean AUC"] < 1


@pytest.mark.usefixtures("undrawn")
def test_what_was_trained_is_not_trained_again(
    first: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(first[0] / "output", tmp_path / "output")
    weights = tmp_path / "output" / "001" / "ann-seed0" / "weights.safetensors"
    before = weights.read_bytes(), weights.stat().st_mtime_ns
    assert run(tmp_path, *SHORT) == 0
    said = capsys.readouterr()
    assert said.err == "" and said.out.splitlines()[0] == first[1].splitlines()[0]
    assert (weights.read_bytes(), weights.stat().st_mtime_ns) == before


@pytest.mark.usefixtures("undrawn")
def test_with_anew_it_is_and_ends_the_same(
    first: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(first[0] / "output", tmp_path / "output")
    weights = tmp_path / "output" / "001" / "ann-seed0" / "weights.safetensors"
    before = weights.read_bytes()
    weights.write_bytes(b"")
    assert run(tmp_path, *SHORT, "--anew") == 0
    assert weights.read_bytes() == before
    assert "ann-0 2/2" in capsys.readouterr().err


def test_other_settings_are_not_mixed_with_those_of_before(first: tuple[Path, str]) -> None:
    with pytest.raises(SystemExit, match=r"other settings lies there \(epochs at most: 2, not 3\).*--anew"):
        run(first[0], "--sample", "--epochs", 3, "--networks", "ann")


@pytest.mark.usefixtures("undrawn")
def test_a_training_that_was_cut_off_goes_on_and_ends_the_same(
    first: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    step = training.optim.Adam.step

    def cut(self: object, *arguments: object) -> object:
        nonlocal steps
        steps += 1
        if steps == 60:  # in the second epoch, which has 36 batches
            raise MemoryError
        return step(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training.optim.Adam, "step", cut)
        with pytest.raises(MemoryError):
            run(tmp_path, *SHORT)
    checkpoint = tmp_path / "output" / "001" / "ann-seed0" / "checkpoint"
    assert checkpoint.exists()
    assert run(tmp_path, *SHORT) == 0
    whole, cut_off = (
        (folder / "output" / "001" / "ann-seed0" / "weights.safetensors").read_bytes()
        for folder in (first[0], tmp_path)
    )
    assert whole == cut_off
    assert not checkpoint.exists()


def test_a_network_that_is_not_in_the_report_is_told(capsys: pytest.CaptureFixture, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        run(tmp_path, "--networks", "fashion-mlp")
    assert "there is no 'fashion-mlp'; report 001 has ann, cnn" in capsys.readouterr().err


def test_a_device_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    if mg.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SystemExit):
        run(tmp_path, *SHORT, "--device", "cuda")
    assert re.search(r"argument --device: .*device='cuda': .*(CuPy|GPU)", capsys.readouterr().err)


@pytest.fixture
def small_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with CIFAR-10 and CIFAR-100 of some dozens of images."""
    rng = np.random.default_rng(0)
    for kind in (CIFAR10, CIFAR100):
        edition, files = kind.edition, {}
        monkeypatch.setattr(cifar, "_sorted_md5", lambda records: "right")
        (tmp_path / edition.folder).mkdir()
        for train, half in edition.files.items():
            files[train] = tuple(file._replace(records=200 // len(half), sorted_md5="right") for file in half)
            for file in files[train]:
                records = rng.integers(0, 256, (file.records, edition.record), np.uint8)
                for column, values in enumerate(edition.labels):
                    records[:, column] = np.arange(file.records) % values
                (tmp_path / edition.folder / file.name).write_bytes(records.tobytes())
        monkeypatch.setattr(kind, "edition", edition._replace(files=files))
    return tmp_path


@pytest.mark.usefixtures("drawn_once")
def test_the_second_report_has_networks_for_three_sets(
    small_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    networks = ["fashion-mlp", "cifar10-mlp", "cifar100-own"]
    options = ["--sample", "--epochs", 1, "--data", small_sets, "--networks", *networks]
    assert run(tmp_path, *options, "--results", tmp_path / "results.json", report="002") == 0
    page = (tmp_path / "output" / "002" / "index.html").read_text(encoding="utf-8")
    for name in networks:
        assert f'id="{name}"' in page
    assert "aquarium_fish" in page and "airplane" in page and "Pullover" in page
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["networks"]
    assert "684,564 parameters" in page and "682,332 trainable" in page  # the summary counts them, too
    assert told["cifar100-own"]["settings"]["numbers in all"] == 684_564
    assert told["cifar100-own"]["parameters"] == 682_332
    assert told["cifar10-mlp"]["settings"]["validation images"] == "20, the last ones"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder as Fashion Product Images has it: 11 kinds, ten photographs of each, one of the last."""
    PIL = pytest.importorskip("PIL.Image")
    (tmp_path / "shop" / "images").mkdir(parents=True)
    lines = [",".join(COLUMNS)]
    for number in range(101):
        kind = number // 10
        colour = (12 * kind, 255 - 12 * kind, (67 * kind) % 256)
        PIL.new("RGB", (60, 80), colour).save(tmp_path / "shop" / "images" / f"{number}.jpg")
        lines.append(
            f"{number},Men,Apparel,Topwear,Kind {kind:02},Red,Fall,2011,Casual,A thing, number {number}"
        )
    (tmp_path / "shop" / "styles.csv").write_text("\n".join(lines))
    return tmp_path / "shop"


@pytest.mark.usefixtures("drawn_once")
def test_the_lookbooks_classifier_on_products(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    options = ["--data", shop, "--epochs", 2, "--results", tmp_path / "results.json"]
    assert run(tmp_path, *options, report="000") == 0
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["networks"]
    for name in ("products-dense", "products-cnn"):
        settings = told[name]["settings"]
        assert (settings["training images"], settings["test images"]) == (72, 20)
        assert settings["classes"].split(", ") == [f"Kind {kind:02}" for kind in range(10)]
    assert told["products-dense"]["published"] == {"accuracy": 0.8571}
    assert "85.71" in (tmp_path / "output" / "000" / "index.html").read_text(encoding="utf-8")
    printed = capsys.readouterr().out
    assert re.search(r"^products-dense +\d+\.\d\d +85\.71 +\d\.\d{4} +2$", printed, re.MULTILINE)


def test_a_folder_with_few_kinds_is_not_that_of_the_report(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    table = (shop / "styles.csv").read_text().splitlines()
    (shop / "styles.csv").write_text("\n".join(table[:50]))
    assert run(tmp_path, "--data", shop, report="000") == 1
    assert "expected 10 kinds of products at least, found 5" in capsys.readouterr().err


def test_without_the_data_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    def missing(*arguments: object, **options: object) -> None:
        raise DataError("CIFAR10: no files. Name another folder (root=).")

    monkeypatch.setitem(training.KINDS, "cifar-10", missing)
    assert run(tmp_path, "--networks", "cifar10-mlp", report="002") == 1
    assert "Name another folder (--data)" in capsys.readouterr().err


def test_quick_uses_a_part_of_the_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(training, "QUICK_IMAGES", 500)
    images = training.load("fashion-mnist", None, sample=True, quick=True)
    assert images.count == len(images.part) == 500
    recipe = RECIPES[0]
    told = training.Run(recipe, 0, images, 3, tmp_path).settings
    assert told["training images"] == 450 and told["epochs at most"] == 3

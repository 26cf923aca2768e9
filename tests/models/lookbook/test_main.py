"""The whole pipeline on a few tiny pictures: the page, what is kept, what goes on after a kill."""

import base64
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import minigrad as mg
from minigrad import train
from models.lookbook.__main__ import main, read_options
from models.lookbook.facts import command

ROOT = Path(__file__).parents[3]
KINDS = {"boots": (120, 70, 40), "hats": (40, 60, 140), "scarves": (200, 40, 60)}
SIZES = [
    *("--side", "32", "--classifier-epochs", "2", "--gan-epochs", "3", "--width", "16"),
    *("--generated", "60", "--confidence", "0.05", "--outfits", "2"),
]
CHOSEN = ["--conditional", "--enlarge", "2", "--enlarger-epochs", "1", "--enlarger-width", "8"]
PARTS = ("data", "classifier", "gan", "generate", "classify", "outfits", "page")


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three kinds, told apart by their colour and place."""
    root, rng = tmp_path_factory.mktemp("photographs"), np.random.default_rng(0)
    for number, (kind, colour) in enumerate(KINDS.items()):
        (root / kind).mkdir()
        for i in range(30):
            pixels = np.full((40, 30, 3), 245, np.uint8)
            pixels[5 + 8 * number : 20 + 8 * number, 5:25] = rng.normal(colour, 12).clip(0, 255)
            Image.fromarray(pixels).save(root / kind / f"{i:02}.png")
    return root


@pytest.fixture(scope="module")
def presets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pieces of whatever kind: a generator after three epochs may have one kind only."""
    path = tmp_path_factory.mktemp("presets") / "presets.json"
    path.write_text(json.dumps({"Any two": [" / ".join(KINDS)] * 2}))
    return path


@pytest.fixture(scope="module")
def arguments(photographs: Path, presets: Path) -> list[str]:
    return ["--folder", str(photographs), "--presets", str(presets), *SIZES]


@pytest.fixture(scope="module")
def finished(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a whole run."""
    output = tmp_path_factory.mktemp("finished")
    assert main([*arguments, "--output", str(output)]) == 0
    return output


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def result(output: Path, stage: str) -> Path:
    (folder,) = (path for path in output.glob(f"{stage}-*") if path.suffix != ".part")
    return folder


def kept(err: str) -> list[str]:
    """The stages that a run has kept from before."""
    return re.findall(r"\d/\d (\w+): kept from before", err)


def test_the_page_shows_the_garments_that_were_generated(finished: Path) -> None:
    page = (finished / "lookbook.html").read_text()
    images = np.load(result(finished, "generate") / "images.npy")
    probabilities = np.load(result(finished, "classify") / "probabilities.npy")
    outfits = json.loads((result(finished, "outfits") / "outfits.json").read_text())
    assert images.shape == (60, 32, 32, 3) and probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    shown = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
        for text in re.findall(r"data:image/png;base64,([^\"]+)", page)
    ]
    pieces = [piece for outfit in outfits for piece in outfit["pieces"]]
    assert len(outfits) == 2 and len(pieces) == 4 and len(shown) == 4 + 48
    for piece, picture in zip(pieces, shown, strict=False):
        own = Image.fromarray(images[piece["number"]]).resize((256, 256), Image.Resampling.BICUBIC)
        np.testing.assert_array_equal(picture, np.asarray(own))
        likely = probabilities[piece["number"]]
        assert piece["kind"] == sorted(KINDS)[likely.argmax()]
        sure = "&gt; 99 %" if likely.max() >= 0.995 else f"{100 * likely.max():.0f} %"
        assert f"{sure} sure" in page and f"no. {piece['number']}<" in page
        assert piece["colour"] in page
    with Image.open(finished / "lookbook.png") as poster:
        assert poster.width > 600 and poster.height > 300


def test_the_page_says_how_to_make_it_again(arguments: list[str], finished: Path) -> None:
    page = (finished / "lookbook.html").read_text()
    (told,) = re.findall(r"<pre>python -m models.lookbook (.*)</pre>", page)
    assert read_options(told.split()).settings == read_options(arguments).settings


@pytest.mark.parametrize(
    "options",
    [
        ["--quick", "--conditional", "--only", "long sleeve top / skirt", "--enlarge", "4"],
        ["--quick", "--classifier", "dense", "--fit", "crop"],
        ["--full", "--side", "128", "--classifier", "dense"],
        ["--side", "128", "--width", "64", "--classifier-epochs", "20"],
        ["--full", "--side", "128", "--width", "512", "--gan-epochs", "200"],
    ],
)
def test_the_command_means_the_same_settings(options: list[str]) -> None:
    settings = read_options(options).settings
    words = shlex.split(command(settings))
    assert read_options(words[3:]).settings == settings


def test_the_report_s_own_networks_and_lengths() -> None:
    settings = read_options(["--full", "--side", "128", "--classifier", "dense"]).settings
    assert (settings.width, settings.gan_epochs, settings.classifier_epochs) == (1024, 400, 400)
    assert (settings.rate, settings.beta) == (1e-4, 0.3)


@pytest.fixture(scope="module")
def chosen(arguments: list[str], finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run whose garments are asked for and enlarged."""
    output = Path(shutil.copytree(finished, tmp_path_factory.mktemp("chosen") / "copy"))
    assert main([*arguments, *CHOSEN, "--output", str(output)]) == 0
    return output


def newest(output: Path, stage: str) -> Path:
    return max(output.glob(f"{stage}-*"), key=lambda folder: folder.stat().st_mtime_ns)


def test_garments_are_asked_for_and_enlarged(chosen: Path) -> None:
    """Kinds take turns; a piece is what it was asked to be; the page shows it at twice the size."""
    made = newest(chosen, "generate")
    asked = np.load(made / "asked.npy")
    assert asked[:7].tolist() == [0, 1, 2, 0, 1, 2, 0]
    pieces = [
        piece
        for outfit in json.loads((newest(chosen, "outfits") / "outfits.json").read_text())
        for piece in outfit["pieces"]
    ]
    assert pieces and all(sorted(KINDS)[asked[piece["number"]]] == piece["kind"] for piece in pieces)
    numbers = np.load(newest(chosen, "enlarge") / "numbers.npy").tolist()
    large = np.load(newest(chosen, "enlarge") / "images.npy")
    assert numbers[: len(pieces)] == [piece["number"] for piece in pieces] and large.shape[1:] == (64, 64, 3)
    page = (chosen / "lookbook.html").read_text()
    text = re.findall(r"data:image/png;base64,([^\"]+)", page)[0]
    own = Image.fromarray(large[0]).resize((256, 256), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))), np.asarray(own))
    assert "made 2 times as large by an SRGAN that learnt for 1 epochs" in page
    assert "for what was asked, and the others are not used" in page


def test_what_was_made_before_serves_the_other_networks_too(
    arguments: list[str], chosen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked for one kind alone, the generator stays; without the option, all of the first run is there."""
    output = Path(shutil.copytree(chosen, tmp_path / "copy"))
    only = [*arguments, *CHOSEN, "--only", "hats", "--output", str(output)]
    assert main(["generate", *only]) == 0
    assert kept(capsys.readouterr().err) == ["data", "gan"]
    assert set(np.load(newest(output, "generate") / "asked.npy")) == {1}
    assert main([*arguments, "--output", str(output)]) == 0
    assert kept(capsys.readouterr().err) == list(PARTS)
    assert main([*arguments, *CHOSEN, "--only", "socks", "--output", str(output)]) == 1
    assert "no kind 'socks' here; there are boots, hats, scarves" in capsys.readouterr().err


def test_the_report_s_classifier(
    arguments: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--classifier", "dense", "--output", str(copy)]) == 0
    assert kept(capsys.readouterr().err) == ["data", "gan", "generate"]
    weights = mg.load(newest(copy, "classifier") / "classifier.safetensors")
    assert [tuple(w.shape) for w in weights.values()] == [(128, 3 * 32 * 32), (128,), (3, 128), (3,)]


def test_what_cannot_be_is_told_before_anything_is_made(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, told in (
        (["--only", "hats"], "--conditional"),
        (["--classifier", "dense", "--enlarge", "2"], "take cnn"),
        (["enlarge"], "is a stage of --enlarge 2"),
        (["--conditional", "--only", ""], "expected kinds"),
        (["--enlarge", "3"], "invalid choice"),
        (["--side", "128", "--width", "24"], "a multiple of 16"),
    ):
        with pytest.raises(SystemExit):
            main([*arguments, *option, "--output", str(tmp_path / "out")])
        assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_outfits_that_cannot_be_are_told_before_anything_is_trained(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A training takes hours, and a combination of kinds that there are not can be seen at once."""
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"Rain": ["jacket", "boots"], "Sun": ["hats", "boots"]}))
    out = ["--output", str(tmp_path / "out")]
    for options, told in (
        (["--presets", str(tmp_path / "none.json")], "the presets cannot be read"),
        (["--conditional", "--only", "socks"], "no kind 'socks' here; there are boots, hats, scarves"),
        (["--conditional", "--only", "hats", "--presets", str(other)], "of the kinds hats"),
    ):
        assert main([*arguments, *options, *out]) == 1
        assert told in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*-*"))
    assert main(["data", *arguments, "--presets", str(tmp_path / "none.json"), *out]) == 0  # it needs none


def test_a_loss_that_is_no_number_is_told(
    arguments: list[str], copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(self: Any, run: Any) -> None:
        raise FloatingPointError("fit_gan: the loss is nan")

    monkeypatch.setattr(train.ProgressBar, "on_batch_end", fails)
    assert main(["gan", *arguments, "--rate", "0.9", "--output", str(copy)]) == 1
    assert "the loss is nan" in capsys.readouterr().err


def test_a_run_that_is_killed_in_each_stage_ends_as_one_that_is_not(
    arguments: list[str], tmp_path: Path
) -> None:
    """SIGKILL when a stage has begun, start again, SIGKILL in the next one: in the end, all is the same."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-m", "models.lookbook", *arguments, "--output"]
    for stage in PARTS:
        with subprocess.Popen(
            [*command, str(killed)], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stderr is not None
            told = next(
                line for line in process.stderr if re.match(rf"\d/7 {stage}( goes on| \.\.\.)$", line)
            )
            process.kill()
        assert told and process.returncode == -9
        assert not list(killed.glob("lookbook.*"))
    for output in (killed, whole):
        done = subprocess.run([*command, str(output)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    for stage, name in (("generate", "images"), ("classify", "probabilities"), ("classify", "oddness")):
        ours = np.load(result(killed, stage) / f"{name}.npy")
        np.testing.assert_array_equal(ours, np.load(result(whole, stage) / f"{name}.npy"))
    assert (killed / "lookbook.png").read_bytes() == (whole / "lookbook.png").read_bytes()


def test_a_second_run_makes_nothing(
    arguments: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.glob("*-*/**/*")}
    assert main([*arguments, "--output", str(copy)]) == 0
    assert kept(capsys.readouterr().err) == list(PARTS)
    assert {path: path.stat().st_mtime_ns for path in copy.glob("*-*/**/*")} == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_kind_in_no_known_letters(arguments: list[str], photographs: Path, tmp_path: Path) -> None:
    kind = os.fsdecode(b"h\xfcte")
    own, presets = Path(shutil.copytree(photographs, tmp_path / "own")), tmp_path / "presets.json"
    (own / "hats").rename(own / kind)
    presets.write_text(json.dumps({"Any two": [f"boots / scarves / {kind}"] * 2}))
    output = tmp_path / "out"
    assert main([*arguments, "--folder", str(own), "--presets", str(presets), "--output", str(output)]) == 0
    assert "h\\udcfcte" in (output / "lookbook.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "made"),
    [
        (["--noise-seed", "1"], {"generate", "classify", "outfits", "page"}),
        (["--outfits", "1"], {"outfits", "page"}),
        (["--classifier-epochs", "1"], {"classifier", "classify", "outfits", "page"}),
    ],
)
def test_another_setting_makes_what_depends_on_it(
    arguments: list[str], copy: Path, option: list[str], made: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--output", str(copy), *option]) == 0
    assert set(kept(capsys.readouterr().err)) == set(PARTS) - made


def test_other_photographs_make_all_of_it(
    arguments: list[str],
    photographs: Path,
    copy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = Path(shutil.copytree(photographs, tmp_path / "changed"))
    base = [*arguments, "--folder", str(changed), "--output", str(copy)]
    assert main(["data", *base]) == 0
    assert kept(capsys.readouterr().err) == []
    assert main(["data", *base]) == 0
    assert kept(capsys.readouterr().err) == ["data"]
    Image.new("RGB", (30, 40), (0, 90, 0)).save(changed / "hats" / "05.png")
    assert main(["data", *base]) == 0
    assert kept(capsys.readouterr().err) == []


class Killed(BaseException):
    """What nobody catches."""


@pytest.mark.parametrize("stage", ["classifier", "gan"])
def test_a_training_that_was_killed_goes_on_to_the_same_bits(
    arguments: list[str],
    finished: Path,
    copy: Path,
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in PARTS[PARTS.index(stage) :]:
        shutil.rmtree(result(copy, name))
    batches = []

    def killed(self: Any, run: Any) -> None:
        batches.append(run.epoch)
        if run.epoch == 2:  # the first epoch is in the checkpoint
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(train.ProgressBar, "on_batch_end", killed)
        with pytest.raises(Killed):
            main([*arguments, "--output", str(copy)])
    assert not [path for path in copy.glob(f"{stage}-*") if path.suffix != ".part"]
    mg.manual_seed(99)  # what is left of the generator's state must not matter
    assert main([*arguments, "--output", str(copy)]) == 0
    err = capsys.readouterr().err
    assert f"{stage} goes on" in err and "going on after epoch 1" in err
    (weights,) = {"classifier": ["classifier"], "gan": ["generator"]}[stage]
    one = mg.load(result(finished, stage) / f"{weights}.safetensors")
    other = mg.load(result(copy, stage) / f"{weights}.safetensors")
    assert one.keys() == other.keys()
    for key, value in one.items():
        np.testing.assert_array_equal(value.numpy(), other[key].numpy(), err_msg=key)
    images = [np.load(result(folder, "generate") / "images.npy") for folder in (finished, copy)]
    np.testing.assert_array_equal(*images)


def test_a_damaged_checkpoint_is_told_with_the_option_that_helps(
    arguments: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = result(copy, "gan")
    part = made.with_name(f"{made.name}.part")
    made.rename(part)
    (part / "training.safetensors").write_bytes(b"half")
    assert main(["gan", *arguments, "--output", str(copy)]) == 1
    err = capsys.readouterr().err
    assert "training.safetensors: " in err and "name the stage, and --anew" in err and "resume=" not in err
    assert main(["gan", *arguments, "--anew", "--output", str(copy)]) == 0


def test_ctrl_c_in_training_is_no_result(
    arguments: list[str], copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in PARTS[2:]:
        shutil.rmtree(result(copy, name))

    def interrupted(self: Any, run: Any) -> None:
        run.stop = "interrupted"

    with monkeypatch.context() as patch:
        patch.setattr(train.ProgressBar, "on_batch_end", interrupted)
        assert main([*arguments, "--output", str(copy)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert [path.suffix for path in copy.glob("gan-*")] == [".part"]


@pytest.mark.parametrize("option", ["products", "deepfashion", "folder"])
def test_a_folder_that_is_not_there_is_told(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([f"--{option}", str(tmp_path / "none"), "--output", str(tmp_path / "out")])
    assert f"argument --{option}: there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "told"),
    [("products", "no styles.csv"), ("deepfashion", "no folder annos"), ("folder", "has no sub-folders")],
)
def test_a_folder_of_something_else_is_told(
    option: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main([f"--{option}", str(tmp_path / "empty"), "--output", str(tmp_path / "out")]) == 1
    assert told in capsys.readouterr().err


def test_presets_that_do_not_fit_and_garments_that_are_not_sure_are_told(
    arguments: list[str], copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"Rain": ["jacket", "boots"]}))
    assert main([*arguments, "--output", str(copy), "--presets", str(other)]) == 1
    assert "boots, hats, scarves" in capsys.readouterr().err
    assert main([*arguments, "--output", str(copy), "--confidence", "0.9999999"]) == 1
    err = capsys.readouterr().err
    assert "--gan-epochs" in err and "boots 0, hats 0, scarves 0" in err


def test_two_runs_do_not_work_in_one_folder(
    arguments: list[str], copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import filelock

    with filelock.FileLock(copy / ".lock"):
        assert main([*arguments, "--output", str(copy)]) == 1
    assert "another run" in capsys.readouterr().err

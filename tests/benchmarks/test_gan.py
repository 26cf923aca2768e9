"""The command that trains and judges a DCGAN, and that its twin in PyTorch does the same."""

import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from benchmarks.gan import judging, ours
from benchmarks.gan.__main__ import main
from benchmarks.gan.judging import interval
from benchmarks.gan.photographs import photographs
from benchmarks.gan.setting import Setting

RESULTS = Path(__file__).parents[2] / "docs" / "results"
PIL = pytest.importorskip("PIL.Image")
SMALL = ["--side", "28", "--images", "250", "--epochs", "1", "--classifier-epochs", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("gan")
    (folder / "results").mkdir()
    main(
        [*SMALL, "--on", "minigrad", "torch", "--output", f"{folder}/runs", "--results", f"{folder}/results"]
    )
    return folder


def test_both_libraries_train_alike(folder):
    runs = json.loads((folder / "results/dcgan28.json").read_text())
    ours, theirs = runs["minigrad"][0], runs["torch"][0]
    for name in ("d_loss", "g_loss"):
        np.testing.assert_allclose(ours["losses"][name], theirs["losses"][name], atol=2e-3)
    judged = [
        {row["measure"]: row["generated"] for row in run["judgement"]["measures"]} for run in (ours, theirs)
    ]
    assert judged[0]["Fréchet distance"] == pytest.approx(judged[1]["Fréchet distance"], rel=0.05)
    assert (ours["photographs"], ours["held out"], ours["kinds"]) == (200, 50, 10)


def test_what_is_kept(folder):
    for name in ("sheet.png", "losses.svg"):
        for library in ("minigrad", "torch"):
            assert (folder / f"results/dcgan28_{library}_{name}").stat().st_size > 500
    assert (folder / "runs/minigrad-0/training.gif").exists()


def test_a_finished_run_is_not_done_again(folder):
    file = folder / "runs/minigrad-0/run.json"
    before = file.stat().st_mtime_ns
    main([*SMALL, "--output", f"{folder}/runs"])
    assert file.stat().st_mtime_ns == before


def test_clothes_of_64_need_a_folder(tmp_path):
    with pytest.raises(SystemExit, match="28x28 only"):
        main(["--side", "64", "--output", str(tmp_path)])


def test_the_twin_goes_on_where_it_was(tmp_path):
    torch = pytest.importorskip("torch")
    from benchmarks.gan import twin

    def losses(folder, *epochs):
        folder.mkdir()
        for until in epochs:
            setting = Setting(28, None, until, 0, folder, images=160)
            torch.manual_seed(0)
            mg.manual_seed(0)
            generator = torch.nn.Sequential(torch.nn.Linear(90, 784), torch.nn.Unflatten(1, (1, 28, 28)))
            discriminator = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 1))
            told, seconds, _ = twin.trained(setting, photographs(setting), generator, discriminator, None)
            assert len(seconds) == until
        return told

    assert losses(tmp_path / "cut", 1, 3) == losses(tmp_path / "whole", 3)


@pytest.mark.devices("foreign", "cuda")
def test_on_a_device_networks_are_trained_and_images_come_back(device, tmp_path):
    with mg.device("cpu"):
        generator = mg.nn.Sequential(mg.nn.Linear(90, 784), mg.nn.Unflatten(1, (1, 28, 28)), mg.nn.Tanh())
        discriminator = mg.nn.Sequential(mg.nn.Flatten(), mg.nn.Linear(784, 1))
        setting = Setting(28, None, 1, 0, tmp_path, images=160, device=device.type)
        noise = np.zeros((3, 90), np.float32)
        losses, _, images = ours.trained(setting, photographs(setting), generator, discriminator, noise)
    assert {p.device.type for p in generator.parameters()} == {device.type}
    assert np.isfinite([losses["d_loss"], losses["g_loss"]]).all()
    made = images(noise)
    assert made.shape == (3, 1, 28, 28) and (made[0] == made[1]).all()


def test_networks_that_are_told_the_class(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(judging, "EACH", 20)
    (tmp_path / "results").mkdir()
    options = [*SMALL, "--conditional", "--rate", "0.001", "--output", f"{tmp_path}/runs"]
    main([*options, "--results", f"{tmp_path}/results"])
    (record,) = json.loads((tmp_path / "results/conditional28.json").read_text())["minigrad"]
    asked = record["as asked"]
    assert asked["images"] == 200 and list(asked["each"])[9] == "Ankle boot"
    assert asked["share"] == pytest.approx(np.mean(list(asked["each"].values())), abs=1e-4)
    assert asked["interval"][0] < asked["share"] < asked["interval"][1]
    assert f"as asked: {asked['share']:.1%}" in capsys.readouterr().out
    assert record["rate"] == 0.001 and record["judgement"]["images"] == 50
    with PIL.open(tmp_path / "results/conditional28_minigrad_sheet.png") as picture:
        assert picture.size == (10 * 30 - 2, 6 * 30 - 2)  # a column for each class
    with pytest.raises(SystemExit):
        main([*options, "--on", "torch"])
    assert "is for --on minigrad" in capsys.readouterr().err


def test_four_in_five_are_what_was_asked_for_in_the_training_that_is_kept():
    """On Fashion-MNIST, by the classifier's judgement; ``docs/results/README.md`` has the command."""
    for record in json.loads((RESULTS / "conditional28.json").read_text())["minigrad"]:
        asked = record["as asked"]
        assert asked["interval"] == pytest.approx(interval(round(5000 * asked["share"]), 5000), abs=1e-4)
        assert asked["share"] == pytest.approx(np.mean(list(asked["each"].values())), abs=1e-4)
        assert asked["interval"][0] > 0.8 and len(asked["each"]) == 10 == record["kinds"]


def test_wilsons_interval_by_hand():
    """8 of 10: (0.8 + 0.19207 ± 1.96 sqrt(0.016 + 0.0096)) / 1.38415."""
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    low, high = interval(10, 10)
    assert low == pytest.approx(1 / (1 + 1.959964**2 / 10)) and high == pytest.approx(1)


@pytest.mark.parametrize(("option", "value"), [("--epochs", "30"), ("--images", "300"), ("--side", "64")])
def test_runs_of_other_settings_are_not_taken_for_these(folder, capsys, option, value):
    """A finished run is not done again, so its folder has to be of the settings that are asked for."""
    kept = (folder / "results/dcgan28.json").read_text()
    with pytest.raises(SystemExit):
        main([*SMALL, option, value, "--output", f"{folder}/runs", "--results", f"{folder}/results"])
    assert f"has runs with {option}" in capsys.readouterr().err
    assert (folder / "results/dcgan28.json").read_text() == kept
    assert not (folder / "results/dcgan64.json").exists()

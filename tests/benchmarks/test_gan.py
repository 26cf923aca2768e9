"""The command that trains and judges a DCGAN, and that its twin in PyTorch does the same."""

import json

import numpy as np
import pytest

from benchmarks.gan.__main__ import main

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

"""The study as it was reported, with a small network in the place of ResNet18."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.data.transforms import Compose, Normalize, ToTensor
from models.outfits import reported
from models.outfits.reported import REPORT, in_evaluation, in_training, main, random_cut, runs, summary
from models.outfits.study import apart
from models.outfits.trunks import Trunk
from tests.models.outfits.conftest import square
from tests.models.outfits.test_study import OUTFITS


def small(*_: Any) -> Trunk:
    mg.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 5, stride=4), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    model.append(nn.Linear(4, 10))
    return Trunk("resnet18", model.eval(), 224, Compose([ToTensor(), Normalize([0.5] * 3, [0.5] * 3)]))


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Harmonious outfits are red and clashing ones blue: whoever looks can tell."""
    for name, letter, colour in (("positive", "p", "Red"), ("negative", "n", "Blue")):
        for number in range(1, 7):
            for half in "ab":
                square(tmp_path / "own" / name / f"{letter}{number}" / f"{half}.png", colour, number)
    return tmp_path / "own"


def test_all_figures_of_all_cuts(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reported, "pretrained", small)
    results = tmp_path / "results.json"
    given = ["--photographs", str(photographs), "--networks", "resnet18", "--splits", "8"]
    given += ["--training-splits", "2", "--output", str(tmp_path / "out"), "--results", str(results)]
    assert main(given) == 0
    told = json.loads(results.read_text())
    assert list(told["results"]) == [
        "coin",
        "colour histograms",
        "CIELAB",
        "resnet18, evaluation",
        "resnet18, augmented",
        "resnet18, training",
    ]
    assert (
        told["study"].startswith("24 photographs of 12 outfits")
        and "18 learnt from, 6 judged" in told["study"]
    )
    assert told["results"]["CIELAB"]["by outfit"]["auc"]["mean"] == 1
    assert told["results"]["coin"]["by photograph"]["auc"]["mean"] < 0.9
    assert told["results"]["resnet18, training"]["by outfit"]["auc"]["splits"] == 2
    assert told["batch norm"] == {
        "resnet18": "folded, statistics of these photographs"
    }  # it is as if it were
    (kept,) = (tmp_path / "out").glob("resnet18-training-outfit-*.jsonl")
    before = kept.read_text()
    assert main(given) == 0 and kept.read_text() == before  # gone on with, and there was nothing left
    kept.write_text(before[:-20])  # killed in the middle of a line
    assert main(given) == 0 and kept.read_text() == before


def test_batch_norm_in_training_moves_and_every_run_begins_anew() -> None:
    trunk = small()
    inputs = mg.randn(16, 3, 16, 16)
    learner = in_training(trunk, inputs)
    answers = np.arange(12) % 2
    first = learner(np.arange(12), answers, np.arange(12, 16), 5)
    moved = trunk.model[1].running_mean.numpy().copy()
    assert not np.allclose(moved, small().model[1].running_mean.numpy())
    np.testing.assert_array_equal(first, learner(np.arange(12), answers, np.arange(12, 16), 5))
    np.testing.assert_array_equal(trunk.model[1].running_mean.numpy(), moved)
    np.testing.assert_array_equal(
        trunk.model[0].weight.detach().numpy(), small().model[0].weight.detach().numpy()
    )


def test_the_head_alone_learns_in_evaluation() -> None:
    """24 steps of Adam move a weight by 0.024 at most; two hundred together are enough."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 80)
    x = (random.normal(size=(80, 200)) + 0.8 * (2 * y - 1)[:, None]).astype(np.float32)
    learnt, judged = random_cut(np.arange(80), 0.25, 0)
    p = in_evaluation(x)(learnt, y[learnt], judged, 0)
    assert ((p > 0.5) == y[judged]).mean() > 0.8


def test_where_the_report_lies() -> None:
    """Of four splits two are below the report's accuracy of 0.5, one is at it and one above: 2.5 of 4."""
    found = [
        {"accuracy": a, "precision": None, "recall": 0.5, "f1": 0.5, "auc": 0.5} for a in (0.3, 0.4, 0.5, 0.6)
    ]
    found[0]["precision"] = 0.7
    told = summary(found)
    assert told["accuracy"]["below the report"] == {"ResNet18": 0.625, "EfficientNet-B0": 0.5}
    assert told["accuracy"]["mean"] == pytest.approx(0.45)
    assert told["precision"]["splits"] == 1 and told["precision"]["deviation"] is None
    assert summary(found[1:])["precision"] == {"splits": 0}


def test_its_own_figures_follow_from_its_confusion_matrices() -> None:
    for row, (fp, fn, tp) in {"ResNet18": (4, 6, 5), "EfficientNet-B0": (3, 8, 3)}.items():
        own = REPORT[row]
        assert own["precision"] == pytest.approx(tp / (tp + fp), abs=0.005)
        assert own["recall"] == pytest.approx(tp / (tp + fn), abs=0.005)
        assert own["f1"] == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=0.005)


def test_a_coin_is_a_coin() -> None:
    found = list(runs(reported.coin, apart(OUTFITS), "outfit", range(200)))
    assert np.mean([run["auc"] for run in found]) == pytest.approx(0.5, abs=0.03)
    assert 0.1 < np.std([run["auc"] for run in found]) < 0.17  # 20 photographs: 0.13


def test_what_a_kill_has_cut_off_of_a_run_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half of a line may end as a whole one does."""

    def made(learner: Any, photographs: Any, cut: str, seeds: range, head: str) -> Iterator[dict[str, Any]]:
        yield from ({"seed": seed, "scores": {"accuracy": 0.5}, "seconds": 1} for seed in seeds)

    monkeypatch.setattr(reported, "runs", made)
    kept = tmp_path / "runs.jsonl"
    whole = '{"seed": 0, "scores": {"accuracy": 0.5}, "seconds": 1}\n'
    kept.write_text(whole + whole[: whole.index("}") + 1])
    found = reported._gone_on_with(None, None, "outfit", range(3), kept, "")  # type: ignore[arg-type]
    assert [one["seed"] for one in found] == [0, 1, 2]
    assert [json.loads(line)["seed"] for line in kept.read_text().splitlines()] == [0, 1, 2]

"""The search: the report's ranges, experiments that are judged, a book that survives a kill."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from minigrad import nn, train
from models.lookbook.search import experiment as one_experiment
from models.lookbook.search.__main__ import main
from models.lookbook.search.ranges import RANGES, found_best, propose, ranges
from models.lookbook.search.study import finished, opened, recover

KINDS = {"boots": (120, 70, 40), "hats": (40, 60, 140)}


class Given:
    """A trial that suggests the upper or the lower bound of everything."""

    def __init__(self, upper: bool) -> None:
        self.upper = upper

    def suggest_int(self, name: str, low: int, high: int) -> int:
        return high if self.upper else low

    def suggest_float(self, name: str, low: float, high: float, log: bool = False) -> float:
        return high if self.upper else low


def test_the_ranges_are_the_reports() -> None:
    low, high = propose(Given(False)), propose(Given(True))
    assert low == {
        "generator_rate": 1e-5,
        "discriminator_rate": 1e-5,
        "beta": 1e-5,
        "batch": 10,
        "epochs": 30,
        "epsilon": 1e-6,
        "noise": 10,
    }
    assert (high["generator_rate"], high["discriminator_rate"]) == (2.0, 2.0)
    assert (high["batch"], high["epochs"], high["epsilon"], high["noise"]) == (128, 300, 1e-3, 150)
    assert 0.99 < high["beta"] < 1
    assert (ranges(30)["epochs"].low, ranges(30)["epochs"].high) == (3, 30)
    for longest in (3, 300):
        best = found_best(longest)
        assert all(one.low <= best[name] <= one.high for name, one in ranges(longest).items())
    assert RANGES["epochs"].high == 300


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, rng = tmp_path_factory.mktemp("photographs"), np.random.default_rng(0)
    for kind, colour in KINDS.items():
        (root / kind).mkdir()
        for i in range(20):
            pixels = np.full((32, 32, 3), 245, np.uint8)
            pixels[8:24, 8:24] = rng.normal(colour, 12).clip(0, 255)
            Image.fromarray(pixels).save(root / kind / f"{i:02}.png")
    return root


@pytest.fixture(scope="module")
def arguments(photographs: Path) -> list[str]:
    sizes = ["--side", "32", "--classifier-epochs", "1", "--width", "8", "--longest", "2"]
    return ["--folder", str(photographs), *sizes]


@pytest.fixture
def optuna(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Optuna; where it is not installed, what needs it is skipped."""
    yield pytest.importorskip("optuna")


@pytest.mark.filterwarnings("ignore::Warning:optuna")
def test_experiments_are_made_kept_and_drawn(
    optuna: Any, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--output", str(tmp_path), "--experiments", "3"]) == 0
    err = capsys.readouterr().err
    assert [f"experiment {i}/3" in err for i in (1, 2, 3, 4)] == [True, True, True, False]
    book = json.loads((tmp_path / "search/experiments.json").read_text())
    rows = book["experiments"]
    assert len(rows) == 3 and rows[0]["generator_rate"] == 1e-4 and rows[0]["beta"] == 0.3
    assert book["photographs"]["train"] == 32 and book["epochs at most"] == 2
    complete = [row["distance"] for row in rows if row["state"] == "complete"]
    assert complete and all(distance >= 0 for distance in complete)
    assert (tmp_path / "search/history.svg").exists() and (tmp_path / "search/settings.svg").exists()
    results = tmp_path / "results.json"
    again = [*arguments, "--output", str(tmp_path), "--experiments", "4", "--results", str(results)]
    assert main(again) == 0  # goes on
    err = capsys.readouterr().err
    assert "3 of 4 experiments are there" in err and err.count("experiment 4/4") == 1
    kept = (tmp_path / "search/experiments.json").read_text()
    assert [row["number"] for row in json.loads(kept)["experiments"]] == [1, 2, 3, 4]
    assert results.read_text() == kept


@pytest.mark.filterwarnings("ignore::Warning:optuna")
def test_an_experiment_that_was_cut_off_is_made_again(optuna: Any, tmp_path: Path) -> None:
    study = opened(tmp_path / "search.db", "one", 0, 30)
    values = propose(study.ask(), 30)  # and then the program is killed
    again = opened(tmp_path / "search.db", "one", 0, 30)
    assert recover(again) == 1 and finished(again) == 0
    assert propose(again.ask(), 30) == values == found_best(30)
    assert recover(opened(tmp_path / "search.db", "another", 0, 30)) == 0


def test_the_reports_settings_are_tried_though_a_kill_comes_before_they_are_asked_for(
    optuna: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    study = opened(tmp_path / "search.db", "one", 0, 30)
    study.ask()  # and then the program is killed
    with monkeypatch.context() as patch:
        patch.setattr(study, "tell", killed)  # the next one, while it puts the settings back
        with pytest.raises(KeyboardInterrupt):
            recover(study)
    assert recover(study) == 1
    assert propose(study.ask(), 30) == found_best(30)
    assert not study.get_trials(states=(optuna.trial.TrialState.WAITING,))


def test_a_book_that_cannot_be_written_is_told(
    optuna: Any,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    full = sqlalchemy.exc.OperationalError("insert", {}, sqlite3.OperationalError("database or disk is full"))

    def fails(*_: Any) -> Any:
        raise optuna.exceptions.StorageInternalError("An exception is raised during the commit.") from full

    monkeypatch.setattr("models.lookbook.search.__main__.opened_for", fails)
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "search.db: database or disk is full. Make room on the disk" in told


@pytest.mark.filterwarnings("ignore::Warning:optuna")
def test_a_loss_that_is_no_number_ends_one_experiment_and_not_the_search(
    optuna: Any,
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def diverged(*_: Any) -> float:
        raise FloatingPointError("the loss is nan")

    monkeypatch.setattr("models.lookbook.search.study.experiment", diverged)
    assert main([*arguments, "--output", str(tmp_path), "--experiments", "2"]) == 0
    err = capsys.readouterr().err
    assert "experiment 2/2: ended early" in err and "none could be judged" in err


@pytest.mark.filterwarnings("ignore::Warning:optuna")
def test_workers_share_the_experiments(optuna: Any, arguments: list[str], tmp_path: Path) -> None:
    parallel = [*arguments, "--output", str(tmp_path), "--experiments", "4", "--workers", "2"]
    assert main(parallel) == 0
    rows = json.loads((tmp_path / "search/experiments.json").read_text())["experiments"]
    ended = [row for row in rows if row["state"] in ("complete", "pruned")]
    assert 4 <= len(ended) <= 5  # two workers may both begin the last one
    assert len({row["noise"] + row["beta"] for row in ended}) == len(ended)  # none is made twice


def test_an_experiment_learns(arguments: list[str], tmp_path: Path) -> None:
    """Garments of a trained generator are nearer to photographs than those of one that has not begun."""
    from models.lookbook.pipeline import stages
    from models.lookbook.search.__main__ import read_options
    from models.lookbook.stages import run

    options = read_options([*arguments, "--output", str(tmp_path), "--classifier-epochs", "10"])
    folders = run(stages(options.settings), options.settings, "classifier")
    values = {**found_best(30), "generator_rate": 2e-3, "discriminator_rate": 1e-3, "batch": 16}
    told: list[tuple[float, int]] = []
    last = one_experiment.experiment(options.settings, folders, values, 30, lambda d, e: told.append((d, e)))
    assert [epoch for _, epoch in told] == list(range(3, 31, 3))
    assert last < told[0][0]
    assert last == pytest.approx(told[-1][0], rel=0.5) and last != told[-1][0]  # at the end, of other noise


def test_experiments_of_any_length_are_compared_at_the_same_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    gan = train.GAN(nn.Linear(3, 4), nn.Linear(4, 1), 3)
    told: list[tuple[float, int]] = []
    judging = one_experiment.Judging(gan, [0, 0], nn.Identity(), 3, lambda d, e: told.append((d, e)))
    monkeypatch.setattr(judging, "distance", lambda noise: float(len(noise)))
    for epoch in range(1, 18):
        judging.on_epoch_end(SimpleNamespace(epoch=epoch, epochs=17))  # type: ignore[arg-type]
    assert told == [(2.0, epoch) for epoch in (3, 6, 9, 12, 15)]


@pytest.mark.filterwarnings("ignore::Warning:optuna")
def test_none_is_ended_for_being_worse_than_a_few(optuna: Any, tmp_path: Path) -> None:
    """All have got to epoch 6, two of them to epoch 9: there the newcomer, the worst of all, may go on."""
    study = opened(tmp_path / "search.db", "one", 0, 30)
    for number in range(5):
        trial = study.ask()
        for epoch in (3, 6, 9) if number < 2 else (3, 6):
            trial.report(1.0 + number, epoch)
        study.tell(trial, 1.0)
    newcomer = study.ask()
    newcomer.report(100.0, 9)
    assert not newcomer.should_prune()
    other = study.ask()
    other.report(100.0, 6)
    assert other.should_prune()


def test_results_without_a_folder_are_told_before_the_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--results", str(tmp_path / "none" / "search.json"), "--output", str(tmp_path / "out")])
    assert "argument --results: there is no folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_optuna_it_is_told(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("models.lookbook.search.__main__.find_spec", lambda name: None)
    assert main(arguments) == 1
    assert "pip install optuna" in capsys.readouterr().err

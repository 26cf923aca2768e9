"""TensorBoard's own reader finds what was written; without the package, a message says what to do."""

import sys
from pathlib import Path
from typing import Any

import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.train import ranks
from tests.train.conftest import Problem


@pytest.fixture
def read() -> Any:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
        events = EventAccumulator(str(folder)).Reload()
        tags = events.Tags()["scalars"]
        return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in tags}

    return read


def test_epochs_and_batches(read: Any, problem: Problem, tmp_path: Path) -> None:
    history = problem.fit(2, callbacks=[train.TensorBoard(tmp_path, every_batches=2)])
    found = read(tmp_path)
    assert set(found) == {
        *(f"{kind}/{name}" for kind in ("train", "validation") for name in ("loss", "accuracy")),
        "batch/loss",
        "batch/accuracy",
        "epoch",
    }
    assert [step for step, _ in found["train/loss"]] == [5, 10]
    assert [value for _, value in found["train/loss"]] == pytest.approx(history["loss"])
    assert [value for _, value in found["validation/accuracy"]] == pytest.approx(history["val_accuracy"])
    assert [step for step, _ in found["batch/loss"]] == [2, 4, 6, 8, 10]


def test_what_comes_again_after_a_resume_is_not_there_twice(
    read: Any, problem: Problem, tmp_path: Path
) -> None:
    class Cut(BaseException):
        pass

    class CutOff(train.Callback):
        def on_batch_end(self, run: train.Run) -> None:
            if run.epoch == 3 and run.batch == 2:
                raise Cut

    def callbacks() -> list[train.Callback]:
        saving = train.Checkpoint(tmp_path / "run", every_epochs=2)
        return [saving, train.TensorBoard(tmp_path / "log", every_batches=1)]

    with pytest.raises(Cut):
        problem.fit(3, callbacks=[*callbacks(), CutOff()])
    problem.fit(3, callbacks=callbacks(), resume=True)
    assert [step for step, _ in read(tmp_path / "log")["batch/loss"]] == list(range(1, 16))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer", None)
    with pytest.raises(ImportError, match=r"pip install tensorboard.*write_csv"):
        train.TensorBoard(tmp_path)


def test_batches_count_and_not_the_steps_of_each_network(read: Any, tmp_path: Path) -> None:
    """A batch of a GAN has two steps: 12 batches, each third written, are four."""
    gan = train.GAN(nn.Linear(2, 3), nn.Linear(3, 1), noise=2)
    log = train.TensorBoard(tmp_path, every_batches=3)
    batches = [mg.rand(4, 3)] * 6
    optimizer = optim.SGD(gan.parameters(), lr=0.1)
    train.fit_gan(gan, batches, optimizer, 2, callbacks=[log], progress=False)
    assert [step for step, _ in read(tmp_path)["batch/d_loss"]] == [6, 12, 18, 24]


def test_of_several_ranks_the_first_alone_writes(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")
    monkeypatch.setattr(ranks, "_first", False)
    problem.fit(1, callbacks=[train.TensorBoard(tmp_path / "second", every_batches=1)])
    assert not (tmp_path / "second").exists()
    monkeypatch.setattr(ranks, "_first", True)
    problem.fit(1, callbacks=[train.TensorBoard(tmp_path / "first")])
    assert len(list((tmp_path / "first").iterdir())) == 1

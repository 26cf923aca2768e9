"""Checkpoints are written when they are due, and the best one is that of the best epoch."""

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minigrad as mg
from minigrad import train
from tests.train.conftest import Problem, make_problem


class Written(train.Callback):
    """The place in training of what the file holds, whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self.path, self.places = path, []

    def on_settled(self, run: train.Run) -> None:
        if self.path.exists():
            held = train.load_checkpoint(self.path)
            place = held.epoch, held.batch
            if place not in self.places:
                self.places.append(place)


@pytest.mark.parametrize(
    ("options", "places"),
    [
        ({}, [(1, 5), (2, 5), (3, 5)]),
        ({"every_epochs": 2}, [(2, 5), (3, 5)]),  # and at the end of training
        ({"every_epochs": 9, "every_batches": 2}, [(1, 2), (1, 4), (2, 2), (2, 4), (3, 2), (3, 4), (3, 5)]),
        ({"every_epochs": 9, "every_seconds": 1e9}, [(3, 5)]),
        ({"every_seconds": 1e-9}, [(epoch, batch) for epoch in (1, 2, 3) for batch in range(1, 6)]),
    ],
)
def test_it_is_written_when_it_is_due(
    problem: Problem, tmp_path: Path, options: dict[str, Any], places: list[tuple[int, int]]
) -> None:
    path = tmp_path / "run"
    written = Written(path)
    problem.fit(3, callbacks=[train.Checkpoint(path, **options), written])
    assert written.places == places


def test_the_file_holds_what_callbacks_behind_it_did_too(problem: Problem, tmp_path: Path) -> None:
    """It is written when all of them were told of the epoch."""
    path, stopping = tmp_path / "run", train.EarlyStopping("loss", restore_best=False)
    problem.fit(1, callbacks=[train.Checkpoint(path), stopping])
    states = {part["kind"]: part["state"] for part in train.load_checkpoint(path).content["callbacks"]}
    assert states["EarlyStopping"]["best"] == problem.fit(1).rows[0]["loss"] or stopping.best_epoch == 1
    assert states["EarlyStopping"]["best_epoch"] == 1


def test_the_best_epoch_is_kept(problem: Problem, tmp_path: Path) -> None:
    for group in problem.optimizer.param_groups:
        group["lr"] = 0.5  # it goes up and down
    path = tmp_path / "best"
    weights: list[Any] = []

    class Keep(train.Callback):
        def on_epoch_end(self, run: train.Run) -> None:
            weights.append(run.model[0].weight.tolist())

    history = problem.fit(8, callbacks=[train.BestCheckpoint(path, "val_loss"), Keep()])
    best = history.best_epoch("val_loss")
    assert best < 8
    held = train.load_checkpoint(path)
    assert (held.epoch, len(held.history)) == (best, best)
    assert held.model["0.weight"].tolist() == weights[best - 1]
    assert [file.name for file in tmp_path.iterdir()] == ["best"]


def test_a_best_file_that_was_due_is_written_when_training_goes_on(tmp_path: Path) -> None:
    """The program is killed after the periodic file was written, and before the best one."""
    run, best = tmp_path / "run", tmp_path / "best"

    class Killed(BaseException):
        pass

    class Kill(train.Callback):
        def on_settled(self, run: train.Run) -> None:
            if run.between:
                raise Killed

    def go(*between: train.Callback, **options: Any) -> train.History:
        callbacks = [train.Checkpoint(run), *between, train.BestCheckpoint(best, "val_loss")]
        return make_problem().fit(1, callbacks=callbacks, **options)

    with pytest.raises(Killed):
        go(Kill())
    assert not best.exists()
    go(resume=True)
    assert train.load_checkpoint(best).epoch == 1


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, []),
        ({"keep": 1}, ["run.epoch-3.st"]),
        ({"keep": 9, "every_epochs": 2}, ["run.epoch-2.st"]),  # the last epoch's is none of the periodic ones
        ({"keep": 3, "every_batches": 4}, ["run.epoch-2.st", "run.epoch-3.batch-4.st", "run.epoch-3.st"]),
    ],
)
def test_the_last_ones_are_kept(
    problem: Problem, tmp_path: Path, options: dict[str, Any], kept: list[str]
) -> None:
    (tmp_path / "run.epoch-0.st").write_bytes(b"not of this training")
    problem.fit(3, callbacks=[train.Checkpoint(tmp_path / "run.st", **options)])
    assert names(tmp_path) == ["run.epoch-0.st", *sorted(kept), "run.st"]
    for name in kept:
        held = train.load_checkpoint(tmp_path / name)
        epoch, _, batch = name.removeprefix("run.epoch-").removesuffix(".st").partition(".batch-")
        assert (held.epoch, held.batch, held.between) == (int(epoch), int(batch or 5), not batch)


@pytest.mark.parametrize("place", ["before the copy", "while it is written", "before the old one is removed"])
def test_a_kill_while_the_last_ones_change_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    class Killed(BaseException):
        pass

    path = tmp_path / "run.st"

    def go(**options: Any) -> train.History:
        return make_problem().fit(4, callbacks=[train.Checkpoint(path, keep=2)], **options)

    def kill(self: train.Checkpoint) -> None:
        if train.load_checkpoint(path).epoch == 3:
            if place == "while it is written":
                (tmp_path / ".run.epoch-3.st.0123abcd.tmp").write_bytes(b"half of it")
            raise Killed
        before(self)

    joint = "_remove" if place == "before the old one is removed" else "_copy"
    before = getattr(train.Checkpoint, joint)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(train.Checkpoint, joint, kill)
        go()
    go(resume=True)
    assert names(tmp_path) == ["run.epoch-3.st", "run.epoch-4.st", "run.st"]
    assert train.load_checkpoint(tmp_path / "run.epoch-3.st").epoch == 3


def test_an_earlier_one_can_be_gone_on_from(tmp_path: Path) -> None:
    def go(**options: Any) -> train.History:
        return make_problem().fit(4, callbacks=[train.Checkpoint(tmp_path / "run.st", keep=2)], **options)

    whole = go()
    assert go(resume=tmp_path / "run.epoch-3.st").rows == whole.rows
    assert names(tmp_path) == ["run.epoch-3.st", "run.epoch-4.st", "run.st"]


def test_ctrl_c_leaves_a_checkpoint_of_the_batch(problem: Problem, tmp_path: Path) -> None:
    program = f"""
import signal
import minigrad as mg
from minigrad import train
from tests.train.conftest import make_problem
signal.signal(signal.SIGINT, signal.default_int_handler)

class Press(train.Callback):
    def on_batch_end(self, run):
        if (run.epoch, run.batch) == (2, 3):
            signal.raise_signal(signal.SIGINT)

mg.set_num_threads({mg.get_num_threads()})  # as here, whatever tests before have set
make_problem().fit(3, callbacks=[train.Checkpoint({str(tmp_path / "run")!r}), Press()])
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
    held = train.load_checkpoint(tmp_path / "run")
    assert (held.epoch, held.batch, held.between) == (2, 3, False)
    history = problem.fit(3, callbacks=[train.Checkpoint(tmp_path / "run")], resume=True)
    assert history.rows == make_problem().fit(3).rows


def test_what_a_killed_program_left_is_swept_away(problem: Problem, tmp_path: Path) -> None:
    (tmp_path / ".run.0123abcd.tmp").write_bytes(b"half of it")
    problem.fit(1, callbacks=[train.Checkpoint(tmp_path / "run")])
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every_epochs": 0}, "every_epochs must be a whole number of at least 1, got 0"),
        ({"every_batches": 1.5}, "every_batches must be a whole number of at least 1, got 1.5"),
        ({"every_seconds": 0}, "every_seconds must be above 0, got 0"),
        ({"keep": -1}, "keep must be a whole number of at least 0, got -1"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train.Checkpoint("run", **options)


@pytest.mark.parametrize("kind", [train.Checkpoint, train.BestCheckpoint])
def test_a_file_that_cannot_be_written_is_told_before_training(
    problem: Problem, tmp_path: Path, kind: Any
) -> None:
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*Make it first"):
        problem.fit(1, callbacks=[kind(tmp_path / "no" / "run")])
    for resume in (None, False):  # a folder is no earlier training either
        with pytest.raises(IsADirectoryError, match=r"is a folder. Name a file in it"):
            problem.fit(1, callbacks=[kind(tmp_path)], resume=resume)


@pytest.mark.parametrize("kind", [train.Checkpoint, train.BestCheckpoint])
def test_a_folder_that_lets_nothing_in_is_told_before_training(
    problem: Problem, tmp_path: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path, *args: Any, **options: Any) -> Any:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "touch", read_only)
    before = [p.tolist() for p in problem.model.parameters()]
    with pytest.raises(
        OSError, match=r"Checkpoint: .*run' cannot be written \(Read-only file system\)\. Check"
    ):
        problem.fit(1, callbacks=[kind(tmp_path / "run")])
    assert [p.tolist() for p in problem.model.parameters()] == before

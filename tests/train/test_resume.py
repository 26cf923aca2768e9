"""A training that was cut off and goes on ends, bit for bit, where the uninterrupted one does."""

import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    WeightedRandomSampler,
)
from minigrad.errors import CheckpointError
from minigrad.optim import lr_scheduler

MODULE_RNG = np.random.default_rng(0)


class Cut(BaseException):
    """Stands for the end of the program: nothing catches it."""


class CutAt(train.Callback):
    def __init__(self, epoch: int, batch: int, joint: str = "on_batch_end") -> None:
        self.place, self.joint = (epoch, batch), joint

    def _maybe(self, joint: str, run: train.Run) -> None:
        if joint == self.joint and (run.epoch, run.batch) == self.place:
            raise Cut

    def on_backward_end(self, run: train.Run) -> None:
        self._maybe("on_backward_end", run)

    def on_batch_end(self, run: train.Run) -> None:
        self._maybe("on_batch_end", run)

    def on_epoch_end(self, run: train.Run) -> None:
        self._maybe("on_epoch_end", run)


class Noisy(Dataset[Any]):
    """Points with noise from a source of the test's choice."""

    def __init__(self, draw: Callable[[], float]) -> None:
        chance = np.random.default_rng(7)
        self.x = chance.normal(size=(23, 3)).astype(np.float32)
        self.y = (self.x.sum(1) > 0).astype(np.int64)
        self.draw = draw

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self.x[index] + np.float32(self.draw()), self.y[index]


class OwnGenerator:
    """A transform with a generator of its own."""

    def __init__(self, generator: Any) -> None:
        self.generator = generator

    def __call__(self) -> float:
        return float(mg.rand(1, generator=self.generator).item())


def closed_over() -> Callable[[], float]:
    rng = np.random.Generator(np.random.MT19937(3))
    return lambda: float(rng.random())


def helper() -> float:
    return float(MODULE_RNG.random())


class Method:
    def __call__(self) -> float:
        return 2 * helper()


DRAWS: dict[str, Callable[[], Callable[[], float]]] = {
    "nothing": lambda: lambda: 0.0,
    "minigrad's default": lambda: lambda: mg.rand(1).item(),
    "numpy's global": lambda: lambda: np.random.rand(),  # noqa: NPY002
    "python's global": lambda: lambda: random.random(),
    "a transform's own": lambda: OwnGenerator(mg.Generator().manual_seed(5)),
    "one closed over": closed_over,
    "one of the module": lambda: lambda: float(MODULE_RNG.random()),
    "one that a method's helper uses": Method,
}


def seeded() -> None:
    mg.manual_seed(1)
    random.seed(2)
    np.random.seed(3)  # noqa: NPY002
    MODULE_RNG.bit_generator.state = np.random.default_rng(4).bit_generator.state


class Training:
    """A training of 3 epochs with 5 batches, with all that is random in it; built anew as a program would."""

    def __init__(self, folder: Path, draw: str = "minigrad's default", workers: int = 0) -> None:
        seeded()
        self.model = nn.Sequential(
            nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2)
        )
        self.optimizer = optim.Adam(self.model.parameters(), lr=0.05)
        data = Noisy(DRAWS[draw]())
        self.loader = DataLoader(data, 5, shuffle=True, num_workers=workers)
        self.validation = DataLoader(TensorDataset(mg.tensor(data.x), mg.tensor(data.y)), 10)
        self.file = folder / "run.safetensors"
        self.best = folder / "best.safetensors"
        self.stopping = train.EarlyStopping("val_loss", patience=50)

    def fit(self, *more: train.Callback, epochs: int = 3, every: int = 1, **options: Any) -> "Training":
        schedule = lr_scheduler.CosineAnnealingLR(self.optimizer, 15)
        self.history = train.fit(
            self.model,
            self.loader,
            nn.CrossEntropyLoss(),
            self.optimizer,
            epochs,
            validation=self.validation,
            metrics=[train.accuracy],
            callbacks=[
                train.Schedule(schedule, per="batch"),
                train.ClipGradients(0.5),
                train.Checkpoint(self.file, every_batches=every),
                self.stopping,
                train.BestCheckpoint(self.best, "val_accuracy"),
                *more,
            ],
            progress=False,
            **{"resume": True} | options,
        )
        return self

    def end(self) -> dict[str, Any]:
        """All that a training leaves behind."""
        return {
            "weights": {name: value.tolist() for name, value in self.model.state_dict().items()},
            "optimizer": {
                number: {key: value.tolist() for key, value in state.items()}
                for number, state in self.optimizer.state_dict()["state"].items()
            },
            "lr": self.optimizer.param_groups[0]["lr"],
            "rows": self.history.rows,
            "ended": self.history.ended,
            "best": (self.stopping.best, self.stopping.best_epoch),
            "best file": {k: v.tolist() for k, v in train.load_checkpoint(self.best).model.items()},
            "random": (
                mg.get_rng_state(),
                random.getstate(),
                np.random.get_state()[1].tolist(),  # noqa: NPY002
                MODULE_RNG.bit_generator.state,
            ),
        }


def test_the_best_epoch_s_file_does_not_say_that_it_is_still_to_be_written(tmp_path: Path) -> None:
    training = Training(tmp_path).fit(epochs=2)
    callbacks = train.load_checkpoint(training.best).content["callbacks"]
    (state,) = [each["state"] for each in callbacks if each["kind"] == "BestCheckpoint"]
    assert state["due"] is False


def folder_of(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def cut(training: Training, epoch: int, batch: int, joint: str = "on_batch_end", every: int = 1) -> None:
    with pytest.raises(Cut):
        training.fit(CutAt(epoch, batch, joint), every=every)


PLACES = [
    (1, 1, "on_batch_end"),  # there is no checkpoint yet
    (1, 2, "on_backward_end"),
    (1, 4, "on_batch_end"),
    (1, 5, "on_batch_end"),
    (1, 5, "on_epoch_end"),  # validation is done, and was not saved
    (2, 1, "on_backward_end"),
    (2, 3, "on_batch_end"),
    (3, 5, "on_epoch_end"),
]


@pytest.mark.parametrize(("epoch", "batch", "joint"), PLACES)
def test_wherever_it_is_cut_it_ends_the_same(tmp_path: Path, epoch: int, batch: int, joint: str) -> None:
    whole = Training(folder_of(tmp_path, "whole")).fit().end()
    there = folder_of(tmp_path, "cut")
    cut(Training(there), epoch, batch, joint)
    assert Training(there).fit().end() == whole


# Several threads draw from a source that they share in any order: no two such trainings are the same.
REPEATABLE = [(draw, workers) for draw in DRAWS for workers in (0, 1)]
REPEATABLE += [("nothing", 2), ("minigrad's default", 2)]


@pytest.mark.parametrize(("draw", "workers"), REPEATABLE)
def test_whatever_is_random_in_the_data_goes_on(tmp_path: Path, draw: str, workers: int) -> None:
    whole = Training(folder_of(tmp_path, "whole"), draw, workers).fit().end()
    there = folder_of(tmp_path, "cut")
    cut(Training(there, draw, workers), 1, 3)
    cut(Training(there, draw, workers), 2, 4)  # cut off twice
    assert Training(there, draw, workers).fit().end() == whole


@pytest.mark.devices("foreign", "cuda")
@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(("epoch", "batch", "joint"), [(1, 3, "on_batch_end"), (2, 5, "on_epoch_end")])
def test_on_a_device(device: Any, tmp_path: Path, moved: bool, epoch: int, batch: int, joint: str) -> None:
    """Made there, or moved there from the CPU: dropout draws from the device's own generator."""

    def training(name: str) -> Training:
        mg.random._of_gpus.clear()  # as in a new program: the generator is made when it is needed
        (tmp_path / name).mkdir(exist_ok=True)
        with mg.device("cpu" if moved else device):
            made = Training(tmp_path / name, workers=2)
        made.model.to(device)
        return made

    with mg.device("cpu" if moved else device):
        whole = training("whole").fit(every=2)
        assert {p.device.type for p in whole.model.parameters()} == {device.type}
        cut(training("cut"), epoch, batch, joint, every=2)
        assert training("cut").fit(every=2).end() == whole.end()


def test_batches_since_the_last_checkpoint_are_done_again(tmp_path: Path) -> None:
    whole = Training(folder_of(tmp_path, "whole")).fit().end()
    there = folder_of(tmp_path, "cut")
    cut(Training(there), 2, 5, every=3)
    saved = train.load_checkpoint(there / "run.safetensors")
    assert (saved.epoch, saved.batch, saved.between) == (2, 3, False)
    assert Training(there).fit(every=3).end() == whole


def test_the_batches_are_those_that_were_left(tmp_path: Path) -> None:
    """Each sample once per epoch, those before the cut and those after it together."""
    seen: list[list[float]] = []

    class Look(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 1)

        def forward(self, x: mg.Tensor) -> mg.Tensor:
            seen.append(x[:, 0].tolist())
            return self.layer(x)

    def fit(*callbacks: train.Callback) -> None:
        mg.manual_seed(0)
        model, x = Look(), mg.arange(10.0).reshape(10, 1)
        train.fit(
            model,
            DataLoader(TensorDataset(x, x), 3, shuffle=True, num_workers=2),
            nn.MSELoss(),
            optim.SGD(model.parameters(), lr=0.0),
            2,
            callbacks=[train.Checkpoint(tmp_path / "run", every_batches=1), *callbacks],
            progress=False,
            resume=True,
        )

    fit()
    whole, seen[:] = list(seen), []
    (tmp_path / "run").unlink()
    with pytest.raises(Cut):
        fit(CutAt(2, 2))
    del seen[-1]  # that batch was not saved and comes again
    fit()
    assert seen == whole
    assert sorted(x for batch in seen[4:] for x in batch) == list(range(10))


def test_numbers_that_threads_race_for_are_told(tmp_path: Path) -> None:
    cut(Training(tmp_path, "numpy's global", 2), 1, 3)
    with pytest.warns(UserWarning, match="2 workers draw from numpy in the order"):
        Training(tmp_path, "numpy's global", 2).fit()


def samplers(data: Dataset[Any]) -> dict[str, dict[str, Any]]:
    own = mg.Generator().manual_seed(11)
    weighted = WeightedRandomSampler([1.0] * 22 + [9.0], 23, generator=own)
    return {
        "the loader's": {"batch_size": 5, "shuffle": True, "generator": own},
        "a sampler's": {"batch_size": 5, "sampler": weighted},
        "one inside of a batch sampler": {"batch_sampler": BatchSampler(weighted, 5, False)},
    }


@pytest.mark.parametrize("kind", samplers(Noisy(lambda: 0.0)))
def test_generators_of_the_order_go_on(tmp_path: Path, kind: str) -> None:
    def training(folder: Path) -> Training:
        made = Training(folder)
        made.loader = DataLoader(made.loader.dataset, num_workers=1, **samplers(made.loader.dataset)[kind])
        return made

    whole = training(folder_of(tmp_path, "whole")).fit().end()
    there = folder_of(tmp_path, "cut")
    cut(training(there), 2, 3)
    assert training(there).fit().end() == whole


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Any:
        for _ in range(12):
            x = mg.rand(2)
            yield x, x.sum() > 1

    def __len__(self) -> int:
        return 12


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_is_gone_through_again(tmp_path: Path, workers: int) -> None:
    def fit(name: str, *more: train.Callback) -> Any:
        mg.manual_seed(3)
        model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
        history = train.fit(
            model,
            DataLoader(Stream(), 4, num_workers=workers),
            lambda output, target: ((output[:, 0] - target.float()) ** 2).mean(),
            optim.SGD(model.parameters(), lr=0.1),
            2,
            callbacks=[train.Checkpoint(tmp_path / name, every_batches=1), *more],
            progress=False,
            resume=True,
        )
        return history.rows, [p.tolist() for p in model.parameters()]

    whole = fit("whole")
    with pytest.raises(Cut):
        fit("cut", CutAt(2, 3))
    assert fit("cut") == whole


def test_a_list_of_batches_goes_on(tmp_path: Path) -> None:
    batches = [(mg.full((2, 1), float(i)), mg.full((2, 1), 2.0 * i)) for i in range(4)]

    def fit(name: str, *more: train.Callback) -> list[list[float]]:
        mg.manual_seed(0)
        model = nn.Linear(1, 1)
        saving = train.Checkpoint(tmp_path / name, every_batches=1)
        optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        train.fit(
            model,
            batches,
            nn.MSELoss(),
            optimizer,
            2,
            callbacks=[saving, *more],
            progress=False,
            resume=True,
        )
        return [p.tolist() for p in model.parameters()]

    whole = fit("whole")
    with pytest.raises(Cut):
        fit("cut", CutAt(1, 3))
    assert fit("cut") == whole


def test_more_epochs_go_on_where_the_planned_ones_ended(tmp_path: Path) -> None:
    whole = Training(folder_of(tmp_path, "whole")).fit(epochs=5).end()
    there = folder_of(tmp_path, "longer")
    assert Training(there).fit(epochs=3).history.ended == "finished"
    assert Training(there).fit(epochs=5).end() == whole


def test_what_was_finished_is_not_trained_again(tmp_path: Path) -> None:
    first = Training(tmp_path).fit()
    again = Training(tmp_path).fit(CutAt(3, 5), CutAt(4, 1))
    assert again.end()["weights"] == first.end()["weights"]
    assert again.history.rows == first.history.rows
    assert again.history.seconds == first.history.seconds


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("workers", [0, 1])
def test_after_ctrl_c_it_goes_on_the_same(tmp_path: Path, workers: int) -> None:
    """No batch is fetched that is not used: with a shared generator, it would have moved that."""

    class Press(train.Callback):
        def on_batch_end(self, run: train.Run) -> None:
            if (run.epoch, run.batch) == (2, 2):
                signal.raise_signal(signal.SIGINT)

    whole = Training(folder_of(tmp_path, "whole"), "numpy's global", workers).fit().end()
    there = folder_of(tmp_path, "cut")
    assert Training(there, "numpy's global", workers).fit(Press(), every=100).history.ended == "interrupted"
    assert train.load_checkpoint(there / "run.safetensors").batch == 2
    assert Training(there, "numpy's global", workers).fit(every=100).end() == whole


def test_early_stopping_stays_stopped_and_gives_the_best_weights_again(tmp_path: Path) -> None:
    def fit() -> Training:
        training = Training(tmp_path)
        training.stopping = train.EarlyStopping("val_loss", patience=1, min_delta=100.0)
        return training.fit(epochs=20)

    first, again = fit(), fit()
    assert (first.history.ended, len(first.history), first.stopping.best_epoch) == ("early stopping", 2, 1)
    assert again.end() == first.end()


def test_going_on_from_a_named_file(tmp_path: Path) -> None:
    whole = Training(folder_of(tmp_path, "whole")).fit()
    there = folder_of(tmp_path, "other")
    cut(Training(there), 2, 2)
    elsewhere = folder_of(tmp_path, "elsewhere")
    (there / "best.safetensors").rename(elsewhere / "best.safetensors")
    gone_on = Training(elsewhere).fit(resume=there / "run.safetensors")
    assert gone_on.end() == whole.end()


def test_an_earlier_training_is_not_overwritten_by_mistake(tmp_path: Path) -> None:
    Training(tmp_path).fit(epochs=1)
    with pytest.raises(
        FileExistsError, match=r"run.safetensors' of an earlier training. resume=True goes on"
    ):
        Training(tmp_path).fit(resume=None)
    assert len(Training(tmp_path).fit(epochs=2, resume=False).history) == 2


def test_there_must_be_one_file_to_go_on_from(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    rest = [(mg.zeros(1, 1), mg.zeros(1, 1))], nn.MSELoss(), optim.SGD(model.parameters())
    with pytest.raises(ValueError, match="Checkpoint among the callbacks, and there are 0"):
        train.fit(model, *rest, 1, resume=True)
    with pytest.raises(FileNotFoundError, match="no file 'nowhere'"):
        train.fit(model, *rest, 1, resume="nowhere")
    with pytest.raises(TypeError, match="True, False or the name of a checkpoint's file, got 3"):
        train.fit(model, *rest, 1, resume=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("epoch, batch", [(1, 4), (2, 1)])  # cut within an epoch, and right after one
def test_other_data_are_refused(epoch: int, batch: int, tmp_path: Path) -> None:
    cut(Training(tmp_path), epoch, batch)
    other = Training(tmp_path)
    other.loader = DataLoader(other.loader.dataset, 8, shuffle=True)
    with pytest.raises(CheckpointError, match="with 5 batches in an epoch; here it is 3 batches"):
        other.fit()


def fit_stream(path: Path, data: Any, *more: train.Callback) -> None:
    model = nn.Linear(2, 1)
    train.fit(
        model,
        DataLoader(data, 4),
        lambda output, target: ((output[:, 0] - target.float()) ** 2).mean(),
        optim.SGD(model.parameters(), lr=0.1),
        1,
        callbacks=[train.Checkpoint(path, every_batches=1), *more],
        progress=False,
        resume=True,
    )


def test_fewer_batches_than_were_done_are_refused(tmp_path: Path) -> None:
    class Short(IterableDataset[Any]):
        def __iter__(self) -> Any:
            return iter([(mg.zeros(2), mg.tensor(0))] * 4)

    class Long(Short):
        def __iter__(self) -> Any:
            return iter([(mg.zeros(2), mg.tensor(0))] * 12)

    with pytest.raises(Cut):
        fit_stream(tmp_path / "run", Long(), CutAt(1, 3))
    with pytest.raises(CheckpointError, match="after batch 2 of an epoch, and the data have 1 here"):
        fit_stream(tmp_path / "run", Short())


def test_an_error_of_the_data_is_not_taken_for_one_of_the_checkpoint(tmp_path: Path) -> None:
    class Broken(Stream):
        def __iter__(self) -> Any:
            raise ValueError("a broken file")

    with pytest.raises(Cut):
        fit_stream(tmp_path / "run", Stream(), CutAt(1, 3))
    with pytest.raises(ValueError, match="a broken file"):
        fit_stream(tmp_path / "run", Broken())

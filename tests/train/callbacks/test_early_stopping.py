"""Early stopping: which epoch counts as the best, and whose weights are kept."""

import pytest

import minigrad as mg
from minigrad import nn, optim, train


class Steps:
    """A run whose validation loss is given, and whose only weight is the number of its epoch."""

    def __init__(self, *callbacks: train.Callback) -> None:
        self.model = nn.Linear(1, 1, bias=False)
        optimizer = optim.SGD(self.model.parameters(), lr=1.0)
        self.run = train.Run(self.model, optimizer, 100, 1, train.History())
        self.callbacks = callbacks

    def go(self, *losses: float) -> "Steps":
        for callback in self.callbacks:
            callback.on_fit_begin(self.run)
        for loss in losses:
            self.run.epoch += 1
            self.model.load_state_dict({"weight": mg.tensor([[float(self.run.epoch)]])})
            self.run.scores = {"val_loss": loss}
            for callback in self.callbacks:
                callback.on_epoch_end(self.run)
            if self.run.stop:
                break
        for callback in self.callbacks:
            callback.on_fit_end(self.run)
        return self

    @property
    def weight(self) -> float:
        return self.model.weight.item()


def test_it_stops_after_patience_epochs_without_improvement_and_restores_the_best() -> None:
    stopping = train.EarlyStopping(patience=2)
    steps = Steps(stopping).go(0.9, 0.5, 0.6, 0.55, 0.1)
    assert steps.run.epoch == 4
    assert steps.run.stop == "early stopping"
    assert (stopping.best, stopping.best_epoch) == (0.5, 2)
    assert steps.weight == 2


def test_an_improvement_starts_the_count_anew() -> None:
    steps = Steps(train.EarlyStopping(patience=2)).go(0.9, 1.0, 0.8, 0.85, 0.7, 0.7, 0.7, 0.1)
    assert (steps.run.epoch, steps.weight) == (7, 5)


def test_the_best_is_restored_when_the_epochs_run_out() -> None:
    steps = Steps(train.EarlyStopping(patience=10)).go(0.9, 0.5, 0.6)
    assert (steps.run.stop, steps.weight) == ("", 2)


def test_the_last_weights_stay_if_that_is_wanted() -> None:
    steps = Steps(train.EarlyStopping(patience=2, restore_best=False)).go(0.9, 0.5, 0.6, 0.55)
    assert steps.weight == 4


def test_small_gains_do_not_count_with_min_delta() -> None:
    steps = Steps(train.EarlyStopping(patience=2, min_delta=0.1)).go(0.9, 0.85, 0.81)
    assert (steps.run.epoch, steps.weight) == (3, 1)


def test_a_high_value_can_be_the_good_one() -> None:
    steps = Steps(train.EarlyStopping(patience=1, mode="max")).go(0.5, 0.9, 0.8)
    assert (steps.run.epoch, steps.weight) == (3, 2)


def test_no_number_is_no_improvement() -> None:
    nan = float("nan")
    steps = Steps(train.EarlyStopping(patience=2)).go(0.5, nan, nan)
    assert (steps.run.stop, steps.weight) == ("early stopping", 1)
    assert Steps(train.EarlyStopping(patience=2)).go(nan, 0.5, 0.6).weight == 2


def test_used_again_it_begins_anew() -> None:
    stopping = train.EarlyStopping(patience=1)
    Steps(stopping).go(0.1, 0.2)
    assert Steps(stopping).go(0.9, 0.8, 0.85).weight == 2


def test_buffers_are_restored_too() -> None:
    stopping = train.EarlyStopping(patience=5)
    steps = Steps(stopping)
    steps.model.register_buffer("mean", mg.tensor([1.0]))
    stopping.on_fit_begin(steps.run)
    steps.run.epoch, steps.run.scores = 1, {"val_loss": 0.5}
    stopping.on_epoch_end(steps.run)
    steps.model.mean.fill_(7.0)
    stopping.on_fit_end(steps.run)
    assert steps.model.mean.item() == 1.0


def test_a_column_that_is_not_measured_is_named() -> None:
    with pytest.raises(KeyError, match=r"monitor='loss' is not measured; there are val_loss"):
        Steps(train.EarlyStopping("loss")).go(0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"mode": "low"}, "mode must be"),
        ({"min_delta": -1.0}, "min_delta must be at least 0"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train.EarlyStopping(**options)


@pytest.mark.parametrize(
    ("monitor", "mode"),
    [("val_loss", "min"), ("loss", "min"), ("val_accuracy", "max"), ("val_f1", "max"), ("val_error", "min")],
)
def test_the_name_says_what_is_good(monitor: str, mode: str) -> None:
    assert train.EarlyStopping(monitor).mode == mode


def test_a_name_that_does_not_say_needs_the_mode() -> None:
    with pytest.raises(ValueError, match=r"'val_wer' is to fall or to rise .* mode=\"min\" or mode=\"max\""):
        train.EarlyStopping("val_wer")
    assert train.EarlyStopping("val_wer", mode="min").mode == "min"

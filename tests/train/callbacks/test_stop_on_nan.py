"""A loss that is no number ends training without an error, where that is asked for."""

from pathlib import Path

import numpy as np
import pytest

from minigrad import train
from tests.train.conftest import Problem


class Spoil(train.Callback):
    """After the third batch of the second epoch the next loss is NaN."""

    def on_batch_end(self, run: train.Run) -> None:
        if (run.epoch, run.batch) == (2, 3):
            run.model[0].weight.detach().fill_(np.nan)


class Keep(train.Callback):
    def __init__(self) -> None:
        self.weights: list[list[list[float]]] = []

    def on_epoch_end(self, run: train.Run) -> None:
        self.weights.append(run.model[0].weight.tolist())


def test_it_ends_and_gives_back_the_last_good_weights(problem: Problem) -> None:
    keep = Keep()
    history = problem.fit(5, callbacks=[train.StopOnNaN(), Spoil(), keep])
    assert history.ended == "the loss is nan in epoch 2, batch 4"
    assert len(history) == 1
    assert problem.model[0].weight.tolist() == keep.weights[0]


def test_the_weights_stay_if_that_is_wanted(problem: Problem) -> None:
    problem.fit(5, callbacks=[train.StopOnNaN(restore=False), Spoil()])
    assert np.isnan(problem.model[0].weight.detach().numpy()).all()


def test_in_the_first_epoch_it_gives_back_what_there_was(problem: Problem) -> None:
    before = problem.model[0].weight.tolist()
    for group in problem.optimizer.param_groups:
        group["lr"] = float("inf")
    with np.errstate(all="ignore"):
        history = problem.fit(5, callbacks=[train.StopOnNaN()])
    assert history.ended == "the loss is nan in epoch 1, batch 2"
    assert problem.model[0].weight.tolist() == before


def test_without_it_there_is_an_error(problem: Problem) -> None:
    with pytest.raises(FloatingPointError, match=r"nan in epoch 2, batch 4.*ClipGradients.*StopOnNaN"):
        problem.fit(5, callbacks=[Spoil()])


def test_a_training_that_failed_stays_so(problem: Problem, tmp_path: Path) -> None:
    path = tmp_path / "run"
    problem.fit(5, callbacks=[train.StopOnNaN(), Spoil(), train.Checkpoint(path)])
    weights = problem.model[0].weight.tolist()
    history = problem.fit(5, callbacks=[train.StopOnNaN(), train.Checkpoint(path)], resume=True)
    assert history.ended == "the loss is nan in epoch 2, batch 4"
    assert problem.model[0].weight.tolist() == weights

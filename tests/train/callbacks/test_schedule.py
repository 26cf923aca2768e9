"""Schedules are stepped when they should be, and the history has the rate."""

from collections.abc import Callable
from pathlib import Path

import pytest

from minigrad import optim, train
from minigrad.optim import lr_scheduler
from tests.train.conftest import Problem, make_problem


def test_after_each_epoch(problem: Problem) -> None:
    schedule = train.Schedule(lr_scheduler.ExponentialLR(problem.optimizer, 0.5))
    history = problem.fit(3, callbacks=[schedule])
    assert history["lr"] == pytest.approx([0.01, 0.005, 0.0025])
    assert problem.optimizer.param_groups[0]["lr"] == pytest.approx(0.00125)


def test_after_each_batch(problem: Problem) -> None:
    schedule = train.Schedule(lr_scheduler.ExponentialLR(problem.optimizer, 0.5), per="batch")
    history = problem.fit(2, callbacks=[schedule])
    assert history["lr"] == pytest.approx([0.01 * 0.5**4, 0.01 * 0.5**9])  # that of the epoch's last step


def test_a_plateau(problem: Problem) -> None:
    plateau = lr_scheduler.ReduceLROnPlateau(
        problem.optimizer, factor=0.1, patience=0, threshold=9, threshold_mode="abs"
    )
    history = problem.fit(3, callbacks=[train.Schedule(plateau, monitor="val_loss")])
    assert history["lr"] == pytest.approx([0.01, 0.01, 0.001])  # the first value is better than none


SCHEDULES: dict[str, Callable[[optim.Optimizer], lr_scheduler.LRScheduler]] = {
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
    "step": lambda o: lr_scheduler.StepLR(o, 2),
    "multi step": lambda o: lr_scheduler.MultiStepLR(o, [1, 3, 3]),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "linear": lambda o: lr_scheduler.LinearLR(o, total_iters=3),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 3),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.9),
    "one after another": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, total_iters=2), lr_scheduler.CosineAnnealingLR(o, 3)], [2]
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_on_from_a_checkpoint(tmp_path: Path, name: str) -> None:
    def fit(file: str, epochs: int) -> train.History:
        problem = make_problem()
        schedule = train.Schedule(SCHEDULES[name](problem.optimizer))
        return problem.fit(epochs, callbacks=[schedule, train.Checkpoint(tmp_path / file)], resume=True)

    whole = fit("whole", 6)
    for epochs in (1, 2, 4):
        fit("parts", epochs)
    assert fit("parts", 6).rows == whole.rows


def test_messages(problem: Problem) -> None:
    with pytest.raises(TypeError, match=r"expected a schedule such as .* got a Adam"):
        train.Schedule(problem.optimizer)
    schedule = lr_scheduler.StepLR(problem.optimizer, 1)
    with pytest.raises(ValueError, match='per must be "epoch" or "batch", got'):
        train.Schedule(schedule, per="step")
    plateau = lr_scheduler.ReduceLROnPlateau(problem.optimizer)
    with pytest.raises(ValueError, match="looks at whole epochs"):
        train.Schedule(plateau, per="batch")
    with pytest.raises(KeyError, match="monitor='val_loss' is not measured; there are loss, accuracy"):
        problem.fit(1, validation=None, callbacks=[train.Schedule(plateau)])
    problem.optimizer = optim.SGD(problem.model.parameters())
    with pytest.raises(ValueError, match="made with another optimizer"):
        problem.fit(1, callbacks=[train.Schedule(schedule)])

"""The schedule that waits for a metric to stand still."""

import itertools
import math

import numpy as np
import pytest

from minigrad.optim.lr_scheduler import ReduceLROnPlateau
from minigrad.tensor import Tensor


def follow(optimizer, metrics, **options):
    """The first group's rate after each metric."""
    scheduler = ReduceLROnPlateau(optimizer, **options)
    seen = []
    for metric in metrics:
        scheduler.step(metric)
        seen.append(optimizer.param_groups[0]["lr"])
    return seen


def test_patience_by_hand(optimizer):
    # Best is 3, then 2. Two epochs without improvement are borne, the third reduces.
    metrics = [3, 2, 2, 2, 2, 2, 2, 2]
    assert follow(optimizer, metrics, patience=2) == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01])


def test_cooldown_by_hand(optimizer):
    # After the reduction in epoch 2, two epochs are not counted.
    metrics = [1] * 7
    seen = follow(optimizer, metrics, patience=0, cooldown=2, factor=0.5)
    assert seen == pytest.approx([1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25])


def test_what_counts_as_an_improvement(optimizer):
    def improves(metric, best, **options):
        scheduler = ReduceLROnPlateau(optimizer, threshold=0.25, **options)
        scheduler.step(best)
        scheduler.step(metric)
        return scheduler.num_bad_epochs == 0

    assert improves(2.99, 4)  # below 4 (1 - 0.25)
    assert not improves(3.01, 4)
    assert improves(3.74, 4, threshold_mode="abs")
    assert not improves(3.76, 4, threshold_mode="abs")
    assert improves(5.01, 4, mode="max")  # above 4 (1 + 0.25)
    assert not improves(4.99, 4, mode="max")
    assert improves(4.26, 4, mode="max", threshold_mode="abs")
    assert not improves(math.nan, 4)


def test_the_rate_stops_at_its_minimum(optimizer):
    seen = follow(optimizer, [1] * 5, patience=0, min_lr=[0.05, 0.2])
    assert seen == pytest.approx([1, 0.1, 0.05, 0.05, 0.05])
    assert optimizer.param_groups[1]["lr"] == 0.2


def test_a_reduction_too_small_to_matter_is_not_made(optimizer):
    # 1 to 0.1 is a reduction by 0.9, which is more than 0.5; 0.1 to 0.01 is one by 0.09.
    assert follow(optimizer, [1] * 4, patience=0, eps=0.5) == pytest.approx([1, 0.1, 0.1, 0.1])


def test_a_tensor_is_a_metric(optimizer):
    scheduler = ReduceLROnPlateau(optimizer, patience=0)
    scheduler.step(Tensor(np.array(1.5)))
    assert scheduler.best == 1.5
    assert type(scheduler.best) is float


def test_a_group_added_later_has_the_same_minimum(optimizer):
    scheduler = ReduceLROnPlateau(optimizer, patience=0, min_lr=0.15)
    optimizer.add_param_group({"params": Tensor(np.ones(1)), "lr": 0.4})
    scheduler.step(1)
    scheduler.step(1)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.15, 0.15, 0.15])


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_group_added_later_needs_a_minimum_if_each_had_its_own(optimizer, kind):
    scheduler = ReduceLROnPlateau(optimizer, patience=0, min_lr=kind([0.1, 0.1]))
    optimizer.add_param_group({"params": Tensor(np.ones(1))})
    scheduler.step(1)
    with pytest.raises(RuntimeError, match="3 parameter groups by now, but min_lr was given for 2"):
        scheduler.step(1)


METRICS = [
    5,
    4,
    4,
    3.9999,
    4,
    4,
    2,
    2.1,
    2,
    2,
    2,
    2,
    2,
    -1,
    -1,
    -1,
    -1.00001,
    -1,
    -1,
    -1,
    -1,
    -1,
    -1,
    7,
    -1,
    -1,
]


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "cooldown"),
    list(itertools.product(("min", "max"), ("rel", "abs"), (0, 3))),
)
def test_as_pytorch(same_as_torch, mode, threshold_mode, cooldown):
    options = {"mode": mode, "threshold_mode": threshold_mode, "cooldown": cooldown, "patience": 2}
    same_as_torch(lambda s, o: s.ReduceLROnPlateau(o, **options), metrics=METRICS)
    same_as_torch(
        lambda s, o: s.ReduceLROnPlateau(o, factor=0.5, min_lr=[1e-2, 1e-5], **options), metrics=METRICS
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.0}, r"expected a factor below 1, got 1\.0"),
        ({"mode": "least"}, "expected mode 'min' or 'max', got 'least'"),
        ({"threshold_mode": "percent"}, "expected threshold_mode 'rel' or 'abs', got 'percent'"),
        ({"min_lr": [0.1]}, "one min_lr for each of the optimiser's 2 parameter groups, got 1"),
    ],
)
def test_options_that_make_no_sense(optimizer, options, message):
    with pytest.raises(ValueError, match=message):
        ReduceLROnPlateau(optimizer, **options)


def test_an_epoch_given_to_step_is_refused_by_name(optimizer):
    with pytest.raises(NotImplementedError, match=r"ReduceLROnPlateau\.step: epoch=3 is not supported"):
        ReduceLROnPlateau(optimizer).step(1.0, 3)

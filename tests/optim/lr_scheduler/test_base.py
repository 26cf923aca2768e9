"""What all schedules share."""

import numpy as np
import pytest

from minigrad.optim import SGD
from minigrad.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    StepLR,
)
from minigrad.tensor import Tensor


def test_every_group_keeps_its_own_rate(optimizer):
    scheduler = ExponentialLR(optimizer, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert scheduler.get_last_lr() == [0.5, 0.1]
    assert [group["initial_lr"] for group in optimizer.param_groups] == [1.0, 0.2]


def test_schedules_act_together(optimizer, rates):
    # Each multiplies the present rate: halving every epoch, and a tenth every second one.
    first, second = ExponentialLR(optimizer, gamma=0.5), StepLR(optimizer, step_size=2, gamma=0.1)
    seen = []
    for _ in range(5):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        first.step()
        second.step()
    assert seen == pytest.approx([1, 0.5, 0.025, 0.0125, 0.000625])


def test_a_rate_changed_by_hand_is_what_the_schedule_goes_on_from(optimizer):
    scheduler = ExponentialLR(optimizer, gamma=0.5)
    optimizer.param_groups[0]["lr"] = 8.0
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 4.0


def test_the_rate_is_what_the_optimiser_steps_with():
    p = Tensor(np.array([1.0]), requires_grad=True)
    optimizer = SGD([p], lr=0.5)
    scheduler = ExponentialLR(optimizer, gamma=0.5)
    for expected in (0.5, 0.25):
        p.grad = Tensor(np.ones(1))
        optimizer.step()
        scheduler.step()
        assert p.item() == expected


def test_a_step_before_the_optimiser_s_is_warned_of(optimizer):
    scheduler = ExponentialLR(optimizer, gamma=0.5)
    with pytest.warns(UserWarning, match=r"lr_scheduler\.step\(\) was called before optimizer\.step\(\)"):
        scheduler.step()


def test_an_optimiser_s_own_step_counts_as_one(recwarn):
    class Still(SGD):
        def step(self, closure=None):
            return None

    optimizer = Still([Tensor(np.ones(1))], lr=1.0)
    scheduler = ExponentialLR(optimizer, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert not recwarn.list


def test_to_go_on_from_an_epoch_the_first_rates_must_be_known(optimizer):
    with pytest.raises(
        KeyError, match="last_epoch=3 goes on with a schedule, but parameter group 0 has no 'initial_lr'"
    ):
        ExponentialLR(optimizer, gamma=0.5, last_epoch=3)


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer, last_epoch: LinearLR(optimizer, 0.25, total_iters=6, last_epoch=last_epoch),
        lambda optimizer, last_epoch: ExponentialLR(optimizer, 0.5, last_epoch),
        lambda optimizer, last_epoch: CosineAnnealingLR(optimizer, 5, last_epoch=last_epoch),
    ],
)
def test_going_on_from_an_epoch(optimizer, rates, make):
    straight = rates(make(optimizer, -1), 8)
    optimizer.param_groups[0]["lr"] = straight[3]  # as a loaded optimiser has it
    assert rates(make(optimizer, 2), 5) == pytest.approx(straight[3:])  # epoch 2 is done, so this is epoch 3


def test_what_is_not_an_optimiser_is_refused():
    with pytest.raises(TypeError, match="StepLR: expected an Optimizer, got list"):
        StepLR([], step_size=2)
    with pytest.raises(TypeError, match="LambdaLR: expected an Optimizer, got int"):
        LambdaLR(3, lambda epoch: 1.0)


def test_an_epoch_given_to_step_is_refused_by_name(optimizer):
    with pytest.raises(NotImplementedError, match=r"StepLR\.step: epoch=3 is not supported"):
        StepLR(optimizer, step_size=2).step(3)


def test_a_schedule_of_one_s_own(optimizer, rates):
    class InverseTime(LRScheduler):
        """lr_t = lr_0 / (1 + t)"""

        def get_lr(self):
            return [lr / (1 + self.last_epoch) for lr in self.base_lrs]

    assert rates(InverseTime(optimizer), 4) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])


def test_a_schedule_without_rates_says_so(optimizer):
    with pytest.raises(NotImplementedError, match="LRScheduler must define get_lr"):
        LRScheduler(optimizer)


def test_the_saved_state_leaves_out_the_optimiser(optimizer):
    state = StepLR(optimizer, step_size=2).state_dict()
    assert "optimizer" not in state
    assert state["last_epoch"] == 0
    assert state["step_size"] == 2

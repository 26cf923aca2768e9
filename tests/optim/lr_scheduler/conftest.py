"""What the tests of the schedules share."""

import importlib
import warnings

import numpy as np
import pytest

from minigrad.optim import SGD, lr_scheduler
from minigrad.tensor import Tensor


def tensors(count):
    return [Tensor(np.ones(1), requires_grad=True) for _ in range(count)]


@pytest.fixture
def optimizer():
    """Two groups, with the rates 1 and 0.2."""
    p, q = tensors(2)
    return SGD([{"params": p}, {"params": q, "lr": 0.2}], lr=1.0)


@pytest.fixture
def rates():
    """rates(scheduler, epochs): the rate of the optimiser's first group in each epoch."""

    def follow(scheduler, epochs):
        seen = []
        for _ in range(epochs):
            seen.append(scheduler.optimizer.param_groups[0]["lr"])
            scheduler.optimizer.step()
            scheduler.step()
            assert scheduler.get_last_lr()[0] == scheduler.optimizer.param_groups[0]["lr"]
        return seen

    return follow


@pytest.fixture
def same_as_torch():
    """same_as_torch(make): ``make(schedules, optimizer)`` gives the rates that it gives with PyTorch's.

    A schedule that is saved half-way and loaded into a fresh one gives them, too.
    """
    torch = pytest.importorskip("torch")
    theirs = importlib.import_module("torch.optim.lr_scheduler")

    def compare(make, epochs=25, metrics=None):
        arguments = [()] * epochs if metrics is None else [(m,) for m in metrics]

        def groups(of):
            return [{"params": [of()]}, {"params": [of()], "lr": 0.02}]

        our_optimizer = SGD(groups(lambda: tensors(1)[0]), lr=0.1)
        their_optimizer = torch.optim.SGD(groups(lambda: torch.ones(1, requires_grad=True)), lr=0.1)
        ours, their = make(lr_scheduler, our_optimizer), make(theirs, their_optimizer)
        for epoch, args in enumerate(arguments):
            assert [g["lr"] for g in our_optimizer.param_groups] == pytest.approx(
                [g["lr"] for g in their_optimizer.param_groups], rel=1e-12, abs=1e-18
            ), f"epoch {epoch}"
            assert ours.get_last_lr() == pytest.approx(their.get_last_lr(), rel=1e-12, abs=1e-18)
            if epoch == len(arguments) // 2:
                fresh_optimizer = SGD(groups(lambda: tensors(1)[0]), lr=0.1)
                fresh = make(lr_scheduler, fresh_optimizer)
                fresh.load_state_dict(ours.state_dict())
                fresh_optimizer.load_state_dict(our_optimizer.state_dict())
                ours, our_optimizer = fresh, fresh_optimizer
            our_optimizer.step()
            their_optimizer.step()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PyTorch's, about its own internals
                their.step(*args)
            ours.step(*args)

    return compare

"""The average takes in every batch; that it is kept and gone on with, test_adversarial shows."""

import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.optim.swa_utils import AveragedModel


def test_the_mean_over_batches_by_hand():
    """Minus the sum of targets is the slope: weights 1, 3, 6 after targets of 1, 2 and 3 with a rate of 1."""
    model = nn.Linear(1, 1, bias=False)
    model.load_state_dict({"weight": mg.zeros(1, 1)})
    average = AveragedModel(model)
    train.fit(
        model,
        [(mg.ones(1, 1), mg.tensor([[value]])) for value in (1.0, 2.0, 3.0)],
        lambda output, target: -(output * target).sum(),
        optim.SGD(model.parameters(), lr=1.0),
        1,
        callbacks=[train.Average(average, model)],
        progress=False,
    )
    assert average.module.weight.item() == pytest.approx((1 + 3 + 6) / 3)


def test_what_is_no_average_is_refused():
    with pytest.raises(TypeError, match="AveragedModel of the network, got a Linear"):
        train.Average(nn.Linear(1, 1), nn.Linear(1, 1))

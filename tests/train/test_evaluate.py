"""Measuring a network agrees with a calculation by hand and leaves the network as it was."""

import math
from typing import Any

import pytest

import minigrad as mg
from minigrad import nn, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.errors import ShapeError

# The scores of five samples, which nn.Identity gives back; those of the third and the last are wrong.
SCORES = [[2.0, 0.0], [0.0, 1.0], [0.0, 3.0], [1.0, 1.0], [1.0, -1.0]]
TARGETS = [0, 1, 0, 0, 1]


def loader(batch_size: int) -> DataLoader[object]:
    return DataLoader(TensorDataset(mg.tensor(SCORES), mg.tensor(TARGETS)), batch_size)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5])
def test_loss_and_accuracy_by_hand_whatever_the_batches(batch_size: int) -> None:
    # -log softmax of the right score: log(1 + e^(other - right))
    differences = [-2, -1, 3, 0, 2]
    expected = sum(math.log1p(math.exp(d)) for d in differences) / 5
    scores = train.evaluate(
        nn.Identity(), loader(batch_size), nn.CrossEntropyLoss(), {"accuracy": train.accuracy}
    )
    assert scores["loss"] == pytest.approx(expected, rel=1e-6)
    assert scores["accuracy"] == pytest.approx(3 / 5)


def test_predict_returns_outputs_and_targets_in_order() -> None:
    outputs, targets = train.predict(nn.Identity(), loader(2))
    assert outputs.tolist() == SCORES
    assert targets.tolist() == TARGETS


def test_it_is_measured_in_evaluation_mode_and_every_layer_goes_back_to_its_own() -> None:
    frozen = nn.Dropout(0.9).eval()
    model = nn.Sequential(nn.Dropout(0.9), frozen)
    outputs, _ = train.predict(model, loader(5))
    assert outputs.tolist() == SCORES  # no dropout
    assert (model.training, model[0].training, frozen.training) == (True, True, False)


def test_no_graph_is_recorded() -> None:
    layer = nn.Linear(2, 2)
    losses = []

    def loss_fn(output: mg.Tensor, target: mg.Tensor) -> mg.Tensor:
        losses.append(nn.functional.cross_entropy(output, target))
        return losses[-1]

    train.evaluate(layer, loader(5), loss_fn)
    assert [loss.requires_grad for loss in losses] == [False]
    assert layer.weight.grad is None


def test_an_error_inside_leaves_the_mode_as_it_was() -> None:
    model = nn.Linear(3, 2)  # takes three numbers, gets two
    with pytest.raises(mg.ShapeError) as caught:
        train.predict(model, loader(5))
    assert caught.value.__notes__[0].startswith("predict: raised in batch 1: inputs (5, 2) float32")
    assert model.training
    assert mg.is_grad_enabled()


def test_a_batch_without_samples_counts_for_nothing() -> None:
    some, none = (mg.ones(2, 1), mg.zeros(2, 1)), (mg.ones(0, 1), mg.zeros(0, 1))
    assert train.evaluate(nn.Identity(), [none, some, none], nn.MSELoss()) == {"loss": 1.0}


def test_nothing_to_measure() -> None:
    with pytest.raises(ValueError, match="no samples"):
        train.evaluate(nn.Identity(), [], nn.CrossEntropyLoss())
    with pytest.raises(ValueError, match="no samples"):
        train.predict(nn.Identity(), [])


@pytest.mark.parametrize("batch", [mg.zeros(2, 3), mg.zeros(2, 3).numpy(), (mg.zeros(2, 3),), 3])
def test_a_batch_is_a_pair(batch: Any) -> None:
    """A tensor of two rows could be taken apart, too, and something would be learned from that."""
    with pytest.raises(TypeError, match=r"batches are pairs \(inputs, targets\), got a"):
        train.evaluate(nn.Linear(3, 2), [batch], nn.CrossEntropyLoss())


@pytest.mark.parametrize(
    "metric, error, message",
    [
        (lambda output, target: output, ShapeError, r"'odd' should say one number .* shape \(2, 2\)"),
        (lambda output, target: None, TypeError, "'odd' should return a number, and returned None"),
    ],
)
def test_a_metric_that_is_no_number(metric: Any, error: type[Exception], message: str) -> None:
    batches = [(mg.zeros(2, 3), mg.tensor([0, 1]))]
    with pytest.raises(error, match=message):
        train.evaluate(nn.Linear(3, 2), batches, nn.CrossEntropyLoss(), {"odd": metric})


def test_a_metric_that_fails_is_named() -> None:
    def failing(output: mg.Tensor, target: mg.Tensor) -> float:
        raise ZeroDivisionError("none of them")

    batches = [(mg.zeros(2, 3), mg.tensor([0, 1]))]
    with pytest.raises(ZeroDivisionError) as caught:
        train.evaluate(nn.Linear(3, 2), batches, nn.CrossEntropyLoss(), [failing])
    assert "raised by the metric 'failing'" in caught.value.__notes__


def test_arrays_in_place_of_a_loader_are_told_how_to_become_one() -> None:
    with pytest.raises(TypeError, match=r"of tensors x and y, DataLoader\(TensorDataset\(x, y\)"):
        train.predict(nn.Identity(), mg.tensor(SCORES))

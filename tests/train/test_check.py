"""What cannot be trained with is told before anything is changed, with what to do."""

from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.optim import lr_scheduler

from .conftest import Problem


def empty() -> DataLoader[Any]:
    return DataLoader(TensorDataset(mg.zeros(3, 2), mg.zeros(3)), 8, drop_last=True)


@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs must be an integer of at least 1, got 0"),
        ({"epochs": 2.0}, ValueError, "epochs must be an integer of at least 1, got 2.0"),
        ({"model": "net"}, TypeError, "expected model to be a Module, got a str"),
        ({"model": nn.Linear}, TypeError, "expected model to be a Module, got the class Linear"),
        ({"loss": nn.CrossEntropyLoss}, TypeError, "such as nn.CrossEntropyLoss.., got the class Cross"),
        ({"loss": 1.0}, TypeError, "expected loss to be a function .* got a float"),
        ({"optimizer": "adam"}, TypeError, r"such as optim.Adam\(model.parameters\(\)\), got a str"),
        ({"data": (mg.zeros(6, 2), mg.zeros(6))}, TypeError, r"DataLoader\(TensorDataset\(x, y\)"),
        ({"data": [np.zeros((6, 2)), np.zeros(6)]}, TypeError, r"DataLoader\(TensorDataset\(x, y\)"),
        ({"data": empty()}, ValueError, "the data has no batches. Is the data set empty, or drop_last"),
        ({"validation": empty()}, ValueError, "validation has no batches"),
        ({"data": []}, ValueError, "the data has no batches"),
        ({"data": TensorDataset(mg.zeros(3, 2))}, TypeError, "data is a TensorDataset, .* DataLoader"),
        ({"data": mg.zeros(3, 2)}, TypeError, "expected data to give batches .* got a Tensor.*TensorDataset"),
        ({"data": 3}, TypeError, "expected data to give batches .* got a int"),
        ({"callbacks": train.EarlyStopping()}, TypeError, "a list, got a EarlyStopping. Use brackets"),
        ({"callbacks": [print]}, TypeError, r"callbacks\[0\] is no callback .* Derive its class"),
        ({"callbacks": [train.EarlyStopping]}, TypeError, r"Make one of the class: EarlyStopping\(\)"),
        ({"metrics": train.accuracy}, TypeError, "expected a list .* got one function. Use brackets"),
        ({"metrics": ["accuracy"]}, TypeError, "'accuracy' is a str and cannot be called"),
        ({"metrics": {"loss": train.accuracy}}, ValueError, "the name 'loss' is that of another column"),
        ({"metrics": [train.accuracy, train.accuracy]}, ValueError, "two functions .* the same name"),
    ],
)
def test_what_is_wrong_is_told(
    problem: Problem, changed: dict[str, Any], kind: type[Exception], message: str
) -> None:
    before = [p.tolist() for p in problem.model.parameters()]
    given = {
        "model": problem.model,
        "data": problem.training,
        "loss": nn.CrossEntropyLoss(),
        "optimizer": problem.optimizer,
        "epochs": 1,
    }
    with pytest.raises(kind, match=message):
        train.fit(**given | changed)
    assert [p.tolist() for p in problem.model.parameters()] == before


def test_loss_and_optimiser_the_wrong_way_round(problem: Problem) -> None:
    with pytest.raises(TypeError, match=r"the wrong way round: fit\(model, data, loss, optimizer, epochs\)"):
        train.fit(problem.model, problem.training, problem.optimizer, nn.CrossEntropyLoss(), 1)


def test_the_optimiser_of_another_model(problem: Problem) -> None:
    problem.optimizer = optim.SGD(nn.Linear(2, 2).parameters())
    with pytest.raises(ValueError, match="none of the model's parameters"):
        problem.fit(1)


def test_a_frozen_model(problem: Problem) -> None:
    problem.model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"are frozen, .*model.requires_grad_\(\)"):
        problem.fit(1)


def test_a_schedule_is_no_callback(problem: Problem) -> None:
    schedule = lr_scheduler.StepLR(problem.optimizer, 1)
    with pytest.raises(TypeError, match=r"stepped: train.Schedule\(StepLR\(...\)\)"):
        problem.fit(1, callbacks=[schedule])


def test_a_callback_given_twice(problem: Problem) -> None:
    stopping = train.EarlyStopping()
    with pytest.raises(ValueError, match="the same callback is twice"):
        problem.fit(1, callbacks=[stopping, stopping])


def test_batches_that_are_no_pairs(problem: Problem) -> None:
    problem.training = DataLoader(TensorDataset(mg.zeros(3, 2)), 8)
    with pytest.raises(TypeError, match=r"pairs \(inputs, targets\), got a list of 1"):
        problem.fit(1)

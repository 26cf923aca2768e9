"""Two and four ranks compute what one process computes, and take the same way."""

from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from tests.distributed.conftest import needs_mpi, run

pytestmark = needs_mpi


Tensors = dict[str, np.ndarray]


def results(folder: Path, ranks: int, *tasks: str) -> list[Tensors]:
    """What a program of so many ranks has written, task by task."""
    done = run(ranks, "training.py", str(folder), *tasks)
    assert done.returncode == 0, done.stderr
    read = [mg.load(folder / f"{task}.{ranks}.safetensors") for task in tasks]
    return [{name: value.numpy() for name, value in tensors.items()} for tensors in read]


def assert_same(several: Tensors, one: Tensors) -> None:
    assert several.keys() == one.keys()
    for name in one:
        np.testing.assert_allclose(several[name], one[name], rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> list[Tensors]:
    """The gradients and the training of one process, whose batch norm is the ordinary one."""
    return results(tmp_path_factory.mktemp("one"), 1, "gradients", "whole")


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Tensors]]:
    """The same of two ranks, for two of four epochs, and of four ranks, which go on with that."""
    folder = tmp_path_factory.mktemp("several")
    return {2: results(folder, 2, "gradients", "begin"), 4: results(folder, 4, "gradients", "go on")}


@pytest.mark.parametrize("ranks", [2, 4])
def test_gradients_are_those_of_the_whole_batch(
    ranks: int, one: list[Tensors], several: dict[int, list[Tensors]]
) -> None:
    """By every parameter and by the images, through batch norm over all ranks; and its statistics."""
    assert {"input", "module.0.weight", "module.1.running_var", "module.6.bias"} <= one[0].keys()
    assert_same(several[ranks][0], one[0])


def test_the_training_is_that_of_one_process(one: list[Tensors], several: dict[int, list[Tensors]]) -> None:
    for column in ("history.loss", "history.accuracy", "history.val_loss"):
        np.testing.assert_allclose(several[2][1][column], one[1][column][:2], rtol=1e-12, err_msg=column)
    assert one[1]["history.loss"][-1] < one[1]["history.loss"][0]


def test_it_goes_on_with_another_number_of_ranks_as_if_nothing_had_been(
    one: list[Tensors], several: dict[int, list[Tensors]]
) -> None:
    """Losses, accuracies, weights and statistics after four epochs, two with two ranks and two with four."""
    assert_same(several[4][1], one[1])

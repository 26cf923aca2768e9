"""A report's network trained in PyTorch: the recipe's, and one that goes on where it was cut off."""

import warnings

import pytest

from lessons.reports.recipes import RECIPES
from lessons.reports.training import load

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

OWN = next(recipe for recipe in RECIPES if recipe.name == "fashion-own")


@pytest.fixture(scope="module")
def tool():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tools import report_in_pytorch
    return report_in_pytorch


def test_the_network_is_the_recipes(tool):
    model = tool.network(OWN)
    numbers = [*model.parameters(), *(b for name, b in model.named_buffers() if "tracked" not in name)]
    assert sum(value.numel() for value in numbers) == OWN.parameters
    rates = [layer.p for layer in model.modules() if isinstance(layer, torch.nn.Dropout)]
    assert rates == OWN.options["dropout"]


def test_a_run_that_is_cut_off_ends_as_a_whole_one(tool, tmp_path):
    images = load("fashion-mnist", None, sample=True)
    (x, y), (test_x, test_y) = tool.tensors(images.learning), tool.tensors(images.test)
    assert x.shape[1:] == (1, 28, 28) and x.min() >= 0 and x.max() == 1
    data = [(x[:300], y[:300]), (x[300:400], y[300:400]), (test_x[:100], test_y[:100])]
    whole = tool.train(OWN, 0, data, 3, tmp_path / "whole.pt")
    tool.train(OWN, 0, data, 1, tmp_path / "cut.pt")
    assert tool.train(OWN, 0, data, 3, tmp_path / "cut.pt") == whole
    assert whole["epochs"] == 3 and 1 <= whole["kept epoch"] <= 3


def test_it_stops_after_so_many_epochs_without_a_lower_loss(tool):
    history = [(0.5, 0.8), (0.4, 0.85), (0.45, 0.9), (0.4, 0.9)]
    assert tool._stop(history, 2) and not tool._stop(history, 3) and not tool._stop([], 1)

"""The recipes are the reports': networks with the numbers of their summaries, and figures to compare with."""

import pytest

from lessons.reports.recipes import RECIPES, Recipe, as_keras
from minigrad import nn


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.report}-{recipe.name}")
def test_the_network_has_as_many_numbers_as_the_summary(recipe: Recipe) -> None:
    state = recipe.build().state_dict()
    assert (
        sum(v.numel() for k, v in state.items() if not k.endswith("num_batches_tracked")) == recipe.parameters
    )


def test_names_are_unique_and_the_published_figures_are_all_there() -> None:
    assert len({(recipe.report, recipe.name) for recipe in RECIPES}) == len(RECIPES)
    published = {recipe.name: recipe.published["accuracy"] for recipe in RECIPES if recipe.published}
    assert published == {
        "products-dense": 0.8571,
        "ann": 0.8836,
        "cnn": 0.9107,
        "fashion-mlp": 0.8732,
        "fashion-cnn": 0.9166,
        "fashion-own": 0.9360,
        "cifar10-mlp": 0.5001,
        "cifar10-cnn": 0.7438,
        "cifar10-own": 0.8430,
        "cifar100-own": 0.6014,
    }


def test_keras_begins_with_small_uniform_weights_and_no_biases() -> None:
    """Glorot and Bengio 2010: uniform up to sqrt(6 / (inputs + outputs)); a kernel's area counts in both."""
    model = nn.Sequential(nn.Conv2d(3, 40, 3), nn.ReLU(), nn.Flatten(), nn.Linear(90, 60))
    as_keras(model)
    for layer, limit in ((model[0], (6 / (9 * 3 + 9 * 40)) ** 0.5), (model[3], (6 / 150) ** 0.5)):
        weights = layer.weight.detach().numpy()
        assert 0.98 * limit < abs(weights).max() <= limit
        assert weights.std() == pytest.approx(limit / 3**0.5, rel=0.05)
        assert not layer.bias.detach().numpy().any()

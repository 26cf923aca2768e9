"""The figures that are kept: of every network once, in the order of the report."""

import json
from pathlib import Path

import pytest

from lessons.reports.kept import keep, kept
from lessons.reports.recipes import RECIPES


def figures(**accuracies: float) -> dict:
    networks = {name.replace("_", "-"): {"mean": {"accuracy": a}} for name, a in accuracies.items()}
    return {"networks": networks, "versions": {"numpy": "2"}}


def test_what_was_not_trained_now_stays(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep(path, figures(cifar10_cnn=0.7, fashion_mlp=0.8))
    keep(path, figures(fashion_cnn=0.9, cifar10_cnn=0.75))
    networks = json.loads(path.read_text("utf-8"))["networks"]
    assert {name: network["mean"]["accuracy"] for name, network in networks.items()} == {
        "fashion-mlp": 0.8,
        "fashion-cnn": 0.9,
        "cifar10-cnn": 0.75,
    }
    assert list(networks) == ["fashion-mlp", "fashion-cnn", "cifar10-cnn"]


@pytest.mark.parametrize("report", ["001", "002"])
def test_the_kept_figures_are_of_whole_trainings_with_the_recipes_settings(report: str) -> None:
    recipes = {recipe.name: recipe for recipe in RECIPES if recipe.report == report}
    networks = kept(report)
    assert networks
    for name, network in networks.items():
        recipe, settings = recipes[name], network["settings"]
        assert settings["epochs at most"] == recipe.epochs
        assert settings["batch size"] == recipe.batch_size
        assert settings["numbers in all"] == recipe.parameters
        assert settings["training images"] == (54_000 if recipe.data == "fashion-mnist" else 45_000)
        assert network["published"] == recipe.published
        for run in network["runs"]:
            assert run["ended"] in ("finished", "early stopping")
            assert run["epochs"] == len(run["history"]["loss"])


def test_the_lookbooks_classifiers_reach_the_reports_accuracy() -> None:
    """85.71 % of its test photographs; of ours, a fifth of those of the ten most frequent kinds."""
    networks, recipes = kept("000"), {recipe.name: recipe for recipe in RECIPES}
    assert set(networks) == {"products-dense", "products-cnn"}
    for name, network in networks.items():
        settings = network["settings"]
        assert settings["epochs at most"] == recipes[name].epochs
        assert settings["numbers in all"] == recipes[name].parameters
        assert len(settings["classes"].split(", ")) == 10 and settings["test images"] > 2_500
        assert network["mean"]["accuracy"] > 0.8571
        assert all(run["ended"] == "finished" for run in network["runs"])

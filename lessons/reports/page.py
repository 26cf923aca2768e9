"""What the page of a report shows of each network, beside what ``evaluation.write_report`` does."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad as mg
from lessons.reports.recipes import Recipe
from lessons.reports.training import LOSS, Run
from minigrad import nn, viz
from minigrad.data import DataLoader
from minigrad.evaluation import Evaluation, Result, class_scores
from minigrad.evaluation import figures as common_figures
from minigrad.viz import Picture

SHOWN = 15  # predictions, as many as the second report shows


def pictures(evaluation: Evaluation, images: Any) -> dict[str, tuple[Picture, str]]:
    """By file name, pictures with their captions."""
    top = evaluation.top_k()
    said = ", ".join(f"{share:.1%} among the {k} most probable" for k, share in top.accuracy.items() if k > 1)
    calibration = evaluation.calibration()
    return {
        "predictions.png": (
            evaluation.gallery(images, range(min(SHOWN, len(evaluation)))).plot(),
            f"The first {SHOWN} test images: what each is, what it was called, and how sure the network was.",
        ),
        "rates.svg": (
            evaluation.confusion_matrix().plot("rates"),
            "The confusion matrix in per cent of the images of each class.",
        ),
        "classes.svg": (
            evaluation.classification_report().plot(),
            "Precision, recall and F1, the worst class at the top.",
        ),
        "roc.svg": (
            evaluation.roc().plot(),
            "How well each class is told from the others, whatever threshold one takes. The right class is "
            f"{said}.",
        ),
        "calibration.svg": (
            calibration.plot(),
            "Whether the network is right as often as it is sure. Expected calibration error "
            f"{calibration.error:.4f}.",
        ),
    }


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """What is to be kept: ``evaluation.figures``, and of each run how it learned and where it errs."""
    told = common_figures(results)
    for result in results:
        runs = told["networks"][result.name]["runs"]
        next(run for run in runs if run["seed"] == result.seed).update(_further(result))
    return told


def _further(result: Result) -> dict[str, Any]:
    assert result.classes is not None
    evaluation = Evaluation(result.outputs, result.targets, result.classes)
    worst = evaluation.confusion_matrix().confusions(5)
    return {
        "top k": {str(k): round(share, 4) for k, share in evaluation.top_k().accuracy.items()},
        "calibration error": round(evaluation.calibration().error, 4),
        "mean AUC": round(evaluation.roc().macro, 4),
        "mean F1": round(evaluation.classification_report().macro.f1, 4),
        "mistakes": [f"{true} called {said}: {many}" for true, said, many in worst],
        "history": {
            name: [round(value, 4) for value in column] for name, column in result.history.columns().items()
        },
    }


def table(recipes: Sequence[Recipe], results: Sequence[Result]) -> str:
    """Ours beside the report's, for a terminal."""
    lines = [f"{'':20}{'accuracy':>18}{'report':>9}{'loss':>10}{'report':>9}{'epochs':>8}"]
    for recipe in recipes:
        mine = [result for result in results if result.name == recipe.name]
        if not mine:
            continue
        accuracy = 100 * np.array([result.scores["accuracy"] for result in mine])
        loss = np.mean([result.scores["loss"] for result in mine])
        spread = f" ± {accuracy.std(ddof=1):.2f}" if len(mine) > 1 else ""
        published = recipe.published
        lines.append(
            f"{recipe.name:20}{f'{accuracy.mean():.2f}{spread}':>18}"
            + (f"{100 * published['accuracy']:9.2f}" if published else f"{'':9}")
            + f"{loss:10.4f}"
            + (f"{published['loss']:9.4f}" if "loss" in published else f"{'':9}")
            + f"{np.mean([len(result.history) for result in mine]):8.0f}"
        )
    return "\n".join(lines)


def per_class(recipe: Recipe, result: Result) -> str:
    """Precision, recall and F1 of each class, and the report's F1, for a terminal."""
    assert result.classes is not None
    scores = class_scores(result.targets, result.predictions, result.classes)
    lines = [f"    {'':12}{'precision':>10}{'recall':>8}{'F1':>8}{'report':>8}"]
    for (name, score), published in zip(scores.items(), recipe.published_f1, strict=True):
        lines.append(
            f"    {name:12}{score.precision:10.2f}{score.recall:8.2f}{score.f1:8.2f}{published:8.2f}"
        )
    return "\n".join(lines)


def illustrated(run: Run, result: Result) -> Result:
    """The result with what the page shows of it."""
    test = run.images.test
    result.images, result.classes = np.asarray(test.data), test.classes
    result.pictures = pictures(Evaluation(result.outputs, result.targets, test.classes), result.images)
    result.summary = mg.summary(result.model, run.images.shape)
    result.graph = graph_of(result.model, test, run.recipe.batch_size)
    return result


def graph_of(model: nn.Module, test: Any, batch_size: int) -> viz.Graph:
    """The graph of one batch's loss."""
    model.train()  # in training, dropout is one of the steps
    model.zero_grad()
    images, labels = next(iter(DataLoader(test, batch_size)))
    return viz.graph(LOSS(model(images), labels))

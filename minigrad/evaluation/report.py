"""The report of classifiers: figures as JSON, pictures, and one page that shows them together."""

import base64
import math
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from minigrad._version import __version__
from minigrad.evaluation.classification import class_scores
from minigrad.evaluation.confusion import confusion_matrix
from minigrad.evaluation.measured import Array
from minigrad.evaluation.probabilities import softmax, surest_mistakes
from minigrad.files import json_text, page_text, write_whole
from minigrad.inspection.table import Summary
from minigrad.kernels.threads import get_num_threads
from minigrad.nn import Module
from minigrad.train.history import History
from minigrad.train.metrics import count_parameters
from minigrad.viz import DARK, LIGHT, Graph, Picture, curves, image_grid, layers
from minigrad.viz import confusion_matrix as draw_confusion_matrix


@dataclass
class Result:
    """A network that was trained once, and how it did on the test set.

    Attributes:
        name: of the network; results of one name differ in their seed.
        settings: what it was trained with, as the page is to show it.
        history: what ``fit`` returned. kept_epoch: the epoch whose weights the model went back to, if it did.
        scores: what ``evaluate`` returned for the test set.
        outputs: the scores of each class for each test sample, (N, classes). targets: the classes, (N,).
        published: figures of the same name as in ``scores`` to compare with, from where the network is from.
        published_f1: F1 of each class, in the order of the classes, from there; empty if it is not known.
        graph: the picture of how a loss was computed, from ``viz.graph(loss)``.
        pictures: more of them for the page, by file name, each with its caption.
        summary: what ``minigrad.summary`` says of the model; the page shows it, and its layers as a picture.
            Left out, the page does without both.
        images, classes: the test images and the names of the classes, where a page has networks of several
            data sets.
    """

    name: str
    seed: int
    model: Module
    settings: Mapping[str, str | int | float]
    history: History
    kept_epoch: int | None
    scores: Mapping[str, float]
    outputs: Array
    targets: Array
    published: Mapping[str, float] = field(default_factory=dict)
    graph: Graph | None = None
    pictures: Mapping[str, tuple[Picture, str]] = field(default_factory=dict)
    summary: Summary | None = None
    images: Array | None = None
    classes: Sequence[str] | None = None
    published_f1: Sequence[float] = ()

    @property
    def folder(self) -> str:
        """The name of the folder that this result's files are put in."""
        return f"{self.name}-seed{self.seed}"

    @property
    def predictions(self) -> Array:
        """The predicted classes, (N,)."""
        return np.asarray(self.outputs.argmax(axis=1))


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """The figures of each network: parameters, settings, every seed's scores, their mean and deviation."""
    networks = {}
    for name, runs in by_name(results).items():
        scores = {key: [run.scores[key] for run in runs] for key in runs[0].scores}
        networks[name] = {
            "parameters": count_parameters(runs[0].model),
            "settings": dict(runs[0].settings),
            "published": dict(runs[0].published),
            "mean": {key: _of(statistics.fmean, values) for key, values in scores.items()},
            "standard deviation": {
                key: _of(statistics.stdev, values) if len(runs) > 1 else None
                for key, values in scores.items()
            },
            "runs": [
                {
                    "seed": run.seed,
                    "test": {key: round(value, 6) for key, value in run.scores.items()},
                    "epochs": len(run.history),
                    "kept epoch": run.kept_epoch,
                    "ended": run.history.ended,
                    "seconds": round(sum(run.history.seconds), 1),
                }
                for run in runs
            ],
        }
    return {"networks": networks, "versions": versions(), "threads": get_num_threads()}


def _of(statistic: Callable[[list[float]], float], values: list[float]) -> float:
    """A statistic of scores, one of which may be NaN or infinite where a run diverged: NaN, then."""
    return round(statistic(values), 6) if all(map(math.isfinite, values)) else math.nan


def by_name(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The results of each network, in the order in which they come."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.name, []).append(result)
    return groups


def versions() -> dict[str, str]:
    """The versions that the figures depend on."""
    found = {"minigrad": __version__, "python": platform.python_version(), "numpy": np.__version__}
    try:
        found["numba"] = metadata.version("numba")
    except metadata.PackageNotFoundError:
        found["numba"] = "not installed"
    return found


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a JSON file that appears whole or not at all. NaN and infinities become null."""
    write_whole(Path(path), json_text(value).encode(), "write_json")


def write_report(
    folder: str | os.PathLike[str],
    results: Sequence[Result],
    images: Array | None = None,
    classes: Sequence[str] | None = None,
    *,
    title: str,
    introduction: str,
    notes: Sequence[str] = (),
) -> Path:
    """Write ``index.html``, ``metrics.json``, the graph of each network, and a folder of pictures per result.

    Args:
        folder: where to; it is made if need be.
        results: at least one.
        images: the test images, (N, H, W) or (N, H, W, 3), in the order of the results' outputs.
        classes: the names of the classes. Results that have images and classes of their own are shown with
            those.
        title, introduction: of the page. notes: what a reader must know before looking at the figures.

    Returns the path of the page, which holds its pictures and needs none of the other files.
    """
    if not results:
        raise ValueError("write_report: there is no result to report.")
    folder = Path(folder)
    sections: list[dict[str, Any]] = []
    records = []
    for result in (result for runs in by_name(results).values() for result in runs):
        (folder / result.folder).mkdir(parents=True, exist_ok=True)
        shown_images, names = _images_and_classes(result, images, classes)
        scores = class_scores(result.targets, result.predictions, names)
        matrix = confusion_matrix(result.targets, result.predictions, names)
        pictures = _pictures(result, matrix, shown_images, names)
        shown = [_shown(folder / result.folder / name, *picture) for name, picture in pictures.items()]
        run = {"result": result, "pictures": shown, "classes": scores}
        if not sections or sections[-1]["name"] != result.name:
            section = {"name": result.name, "runs": []}
            sections.append(section | _summary(folder, result) | _graph(folder, result))
        sections[-1]["runs"].append(run)
        records.append(_record(result, scores, matrix))
    told = figures(results)
    write_json(folder / "metrics.json", {"title": title, **told, "details": records})
    page = page_text(
        Path(__file__).with_name("report.html"),
        title=title,
        introduction=introduction,
        notes=notes,
        sections=sections,
        summary=told,
    )
    write_whole(folder / "index.html", page.encode(), "write_report")
    return folder / "index.html"


def _images_and_classes(
    result: Result, images: Array | None, classes: Sequence[str] | None
) -> tuple[Array, Sequence[str]]:
    images = images if result.images is None else result.images
    classes = classes if result.classes is None else result.classes
    if images is None or classes is None:
        raise ValueError(
            f"write_report: there are no images or no classes for {result.name}. Give them to write_report, "
            "or to the result."
        )
    return images, classes


def _summary(folder: Path, result: Result) -> dict[str, Any]:
    """The summary as a table, and the picture of the layers."""
    if result.summary is None:
        return {"summary": None, "blocks": None}
    caption = "The layers, each as a block of the size of what comes out of it."
    picture = _shown(folder / f"{result.name}-layers.svg", layers(result.summary), caption)
    return {"summary": result.summary.html(), "blocks": picture}


def _graph(folder: Path, result: Result) -> dict[str, Any]:
    """The network's graph, or why it cannot be drawn: after long training, the rest is worth having."""
    if result.graph is None:
        return {"graph": None, "no_graph": None}
    caption = "How the loss of one batch is computed: from the images at the top to the loss at the bottom."
    try:
        return {"graph": _shown(folder / f"{result.name}.svg", result.graph, caption), "no_graph": None}
    except RuntimeError as error:
        return {"graph": None, "no_graph": str(error)}


def _pictures(
    result: Result, matrix: Array, images: Array, classes: Sequence[str]
) -> dict[str, tuple[Picture, str]]:
    """By file name: each picture with its caption."""
    pictures = {}
    if len(result.history):
        kept = result.kept_epoch if result.kept_epoch != len(result.history) else None
        pictures["curves.svg"] = (
            curves(result.history.columns(), kept),
            "How it learned. The training line is measured while the weights change and dropout is at work, "
            "the validation line after each epoch on images that training never sees.",
        )
    pictures["confusion_matrix.svg"] = (
        draw_confusion_matrix(matrix, classes),
        "What was taken for what, on the test images: row by row, the images of one class.",
    )
    if (result.predictions != result.targets).any():
        pictures["mistakes.png"] = _mistakes(result, images, classes)
    return {**pictures, **result.pictures}


def _mistakes(result: Result, images: Array, classes: Sequence[str], count: int = 16) -> tuple[Picture, str]:
    """The images that were misclassified with the highest probability."""
    chosen = surest_mistakes(softmax(result.outputs), result.predictions, result.targets, count)
    labels = [f"is {classes[result.targets[i]]}\nsaid {classes[result.predictions[i]]}" for i in chosen]
    wrong = int((result.predictions != result.targets).sum())
    return image_grid(images[chosen], labels), (
        f"The {len(chosen)} mistakes it was surest of, out of {wrong:,}: under each image what it is, "
        "and what the network said."
    )


def _shown(path: Path, picture: Picture | Graph, caption: str) -> dict[str, str]:
    """Write a picture to its file, and return what the page needs of it."""
    light = picture.render(LIGHT)
    write_whole(path, light, "write_report", sync=False)
    kind = {"svg": "image/svg+xml", "png": "image/png"}[picture.format]

    def uri(content: bytes) -> str:
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"

    return {"light": uri(light), "dark": uri(picture.render(DARK)), "alt": picture.alt, "caption": caption}


def _record(result: Result, scores: Mapping[str, Any], matrix: Array) -> dict[str, Any]:
    return {
        "network": result.name,
        "seed": result.seed,
        "history": result.history.columns(),
        "seconds per epoch": [round(seconds, 3) for seconds in result.history.seconds],
        "classes": {name: score._asdict() for name, score in scores.items()},
        "confusion matrix": matrix.tolist(),
    }

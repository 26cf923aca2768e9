"""Stages 2 and 5: the network that tells garments apart, and what it says of those that were generated."""

import math
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader
from minigrad.evaluation.generated import Neighbours, features
from minigrad.files import write_array
from models.cnn import garment_cnn
from models.lookbook import data
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about
from models.mlp import garment_mlp

WEIGHTS = "classifier.safetensors"
RATES = {"cnn": 1e-3, "dense": 1e-4}  # the report's is the dense one's
MOST = 4000  # photographs that garments are compared with
COPY = 0.01  # as few of held-out photographs are as near to one learnt from as what counts as a copy
CHANNELS = (32, 64, 128, 256, 256)


def network(settings: Settings, classes: int) -> nn.Module:
    """The report's dense one, or a CNN: maps halved until 4x4 is left, then a dense network."""
    if settings.classifier == "dense":
        return garment_mlp(3, settings.side, classes)
    return garment_cnn(3, settings.side, classes, CHANNELS[: int(math.log2(settings.side // 4))])


def trained(settings: Settings, folder: Path) -> Any:
    """The one that a result has, ready to look at images."""
    model = network(settings, len(about(folder)["classes"]))
    model.load_state_dict(mg.load(folder / WEIGHTS))
    return model.eval()


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    figures = about(folders["data"])
    learnt = data.read(folders["data"], "train", figures, flip=True)
    tested = data.read(folders["data"], "test", figures)
    mg.manual_seed(settings.seed)
    model = network(settings, len(figures["classes"]))
    history = train.fit(
        model,
        data.batches(learnt),
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=RATES[settings.classifier]),
        settings.classifier_epochs,
        metrics=[train.accuracy],
        callbacks=[
            train.ProgressBar("classifier"),
            train.Checkpoint(folder / "training.safetensors", every_seconds=20),
        ],
        resume=True,
    )
    if history.ended == "interrupted":
        raise KeyboardInterrupt
    mg.save(model.state_dict(), folder / WEIGHTS)
    scores = train.evaluate(model, DataLoader(tested, data.BATCH), nn.CrossEntropyLoss(), [train.accuracy])
    return {"classes": figures["classes"], "tested on": len(tested), **scores}


def say(figures: dict[str, Any]) -> str:
    return f"{figures['accuracy']:.1%} of {figures['tested on']:,} pictures that it never saw are right"


def classify(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """Of each generated garment, the probability of each kind, (N, classes), and how odd it is, (N,)."""
    classes = about(folders["classifier"])["classes"]
    model = trained(settings, folders["classifier"])
    images = np.load(folders["generate"] / "images.npy")
    made = features(model, data.SCALED.batch(images))
    probabilities = nn.functional.softmax(mg.as_tensor(made.scores), 1).numpy()
    write_array(folder / "probabilities.npy", probabilities)
    odd, copy = oddness(made.values, *(seen(model, folders["data"], part) for part in ("train", "test")))
    write_array(folder / "oddness.npy", odd)
    kinds = probabilities.argmax(1)
    counts = np.bincount(kinds, minlength=len(classes)).tolist()
    figures = {
        "classes": classes,
        "counts": dict(zip(classes, counts, strict=True)),
        "mean confidence": float(probabilities.max(1).mean()),
        "median oddness": float(np.median(odd)),
        "copies are below": copy,
        "copies": int((odd < copy).sum()),
    }
    asked = folders["generate"] / "asked.npy"
    if asked.exists():
        figures["as asked"] = float((kinds == np.load(asked)).mean())
    return figures


def seen(model: nn.Module, folder: Path, part: str) -> Any:
    """What the classifier sees in photographs, (N, 128); in at most 4,000 of them, if there are more."""
    images = data.read(folder, part, about(folder)).data
    step = -(-len(images) // MOST)
    return features(model, data.SCALED.batch(images[::step])).values


def oddness(made: Any, learnt: Any, tested: Any) -> tuple[Any, float]:
    """How far each garment is from the nearest photograph, in what the classifier sees of both: as a multiple
    of how far photographs that were held out are, in the median. Around 1 it is like a new photograph,
    near 0 it is the copy of one. And where copies begin: a hundredth of those photographs are below that.

    Shapes: made (N, D), learnt (M, D), tested (K, D); the result (N,) and a number.
    """
    nearest = Neighbours(made, learnt, tested, count=1)
    unit = max(float(np.median(nearest.usual)), 1e-12)
    # photographs that are in both parts, as some shops have them, must not make copies of garments right
    copy = max(float(np.quantile(nearest.usual, COPY)) / unit, COPY)
    return nearest.distances[:, 0] / unit, copy


def say_kinds(figures: dict[str, Any]) -> str:
    found = sum(count > 0 for count in figures["counts"].values())
    return (
        f"{found} of {len(figures['classes'])} kinds recognised, mean confidence "
        f"{figures['mean confidence']:.0%}, oddness {figures['median oddness']:.2f} (of photographs: 1), "
        f"{figures['copies']:,} copies"
        + (f", {figures['as asked']:.0%} are what was asked for" if "as asked" in figures else "")
    )


STAGE = Stage("classifier", ("seed", "side", "classifier", "classifier_epochs"), ("data",), make, say)
CLASSIFY = Stage("classify", (), ("data", "classifier", "generate"), classify, say_kinds)

"""Stages 2 and 5: the network that tells garments apart, and what it says of those that were generated."""

import math
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader
from minigrad.evaluation.generated import features
from models.cnn import garment_cnn
from models.lookbook import data
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

WEIGHTS = "classifier.safetensors"
RATE = 1e-3
MOST = 4000  # photographs that garments are compared with
CHANNELS = (32, 64, 128, 256, 256)


def network(side: int, classes: int) -> nn.Sequential:
    """Maps halved until 4x4 is left, then a dense network."""
    return garment_cnn(3, side, classes, CHANNELS[: int(math.log2(side // 4))])


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    figures = about(folders["data"])
    learnt = data.read(folders["data"], "train", figures, flip=True)
    tested = data.read(folders["data"], "test", figures)
    mg.manual_seed(settings.seed)
    model = network(settings.side, len(figures["classes"]))
    history = train.fit(
        model,
        data.batches(learnt),
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=RATE),
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
    model = network(settings.side, len(classes))
    model.load_state_dict(mg.load(folders["classifier"] / WEIGHTS))
    model.eval()
    images = np.load(folders["generate"] / "images.npy")
    made = features(model, data.SCALED.batch(images))
    probabilities = nn.functional.softmax(mg.as_tensor(made.scores), 1).numpy()
    np.save(folder / "probabilities.npy", probabilities)
    odd = oddness(made.values, *(seen(model, folders["data"], part) for part in ("train", "test")))
    np.save(folder / "oddness.npy", odd)
    counts = np.bincount(probabilities.argmax(1), minlength=len(classes)).tolist()
    return {
        "classes": classes,
        "counts": dict(zip(classes, counts, strict=True)),
        "mean confidence": float(probabilities.max(1).mean()),
        "median oddness": float(np.median(odd)),
    }


def seen(model: nn.Module, folder: Path, part: str) -> Any:
    """What the classifier sees in photographs, (N, 128); in 4,000 of them, if there are more."""
    images = data.read(folder, part, about(folder)).data
    step = max(1, len(images) // MOST)
    return features(model, data.SCALED.batch(images[::step])).values


def oddness(made: Any, learnt: Any, tested: Any) -> Any:
    """How far each garment is from the nearest photograph, in what the classifier sees of both: as a multiple
    of how far photographs that it has not learnt from are, in the median. Around 1, it is like a photograph.

    Shapes: made (N, D), learnt (M, D), tested (K, D); the result (N,).
    """
    return nearest(made, learnt) / max(float(np.median(nearest(tested, learnt))), 1e-12)


def nearest(points: Any, others: Any) -> Any:
    """The distance of each point to the nearest of the others. Shapes: (N, D), (M, D); the result (N,)."""
    squares = (others**2).sum(1)
    found = [
        ((part**2).sum(1, keepdims=True) + squares - 2 * part @ others.T).min(1)
        for part in np.array_split(points, max(1, len(points) // 100))
    ]
    return np.sqrt(np.concatenate(found).clip(0))


def say_kinds(figures: dict[str, Any]) -> str:
    found = sum(count > 0 for count in figures["counts"].values())
    return (
        f"{found} of {len(figures['classes'])} kinds recognised, mean confidence "
        f"{figures['mean confidence']:.0%}, oddness {figures['median oddness']:.2f} (of photographs: 1)"
    )


STAGE = Stage("classifier", ("seed", "side", "classifier_epochs"), ("data",), make, say)
CLASSIFY = Stage("classify", (), ("data", "classifier", "generate"), classify, say_kinds)

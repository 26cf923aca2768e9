"""Stages 2 and 5: the network that tells garments apart, and what it says of those that were generated."""

import math
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader
from models.cnn import garment_cnn
from models.lookbook import data
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

WEIGHTS = "classifier.safetensors"
RATE = 1e-3
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
    """The probability of each kind for each generated garment, (N, classes)."""
    classes = about(folders["classifier"])["classes"]
    model = network(settings.side, len(classes))
    model.load_state_dict(mg.load(folders["classifier"] / WEIGHTS))
    model.eval()
    images = np.load(folders["generate"] / "images.npy")
    with mg.no_grad():
        parts = [nn.functional.softmax(model(part), 1).numpy() for part in _batches(images)]
    probabilities = np.concatenate(parts)
    np.save(folder / "probabilities.npy", probabilities)
    counts = np.bincount(probabilities.argmax(1), minlength=len(classes)).tolist()
    return {
        "classes": classes,
        "counts": dict(zip(classes, counts, strict=True)),
        "mean confidence": float(probabilities.max(1).mean()),
    }


def _batches(images: Any) -> list[mg.Tensor]:
    return [
        mg.as_tensor(data.SCALED.batch(images[start : start + data.BATCH]))
        for start in range(0, len(images), data.BATCH)
    ]


def say_kinds(figures: dict[str, Any]) -> str:
    found = sum(count > 0 for count in figures["counts"].values())
    return (
        f"{found} of {len(figures['classes'])} kinds recognised, mean confidence "
        f"{figures['mean confidence']:.0%}"
    )


STAGE = Stage("classifier", ("seed", "side", "classifier_epochs"), ("data",), make, say)
CLASSIFY = Stage("classify", (), ("classifier", "generate"), classify, say_kinds)

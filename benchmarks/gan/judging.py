"""The classifier in whose features both are judged: trained once for a set of photographs, and kept."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.gan.photographs import Photographs
from benchmarks.gan.setting import NOISE, Setting
from minigrad import nn, optim, train
from minigrad.evaluation import Evaluation
from minigrad.evaluation.generated import Judgement, features, judge
from models.cnn import garment_cnn

EACH = 500  # images of each class that are asked for


def classifier(setting: Setting, data: Photographs, epochs: int) -> tuple[nn.Module, float]:
    """A CNN, and its accuracy on the photographs that were held out."""
    widths = {28: (16, 32, 64), 64: (32, 64, 128, 256), 128: (16, 32, 64, 128, 256)}[setting.side]
    depth = 1 if setting.data is None else 3
    file = setting.output.parent / f"classifier{setting.side}.safetensors"
    told = file.with_suffix(".json")
    mg.manual_seed(0)
    model = garment_cnn(depth, setting.side, data.classes, widths).to(setting.device)
    if not told.exists():
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        train.fit(
            model,
            data.batches(),
            nn.CrossEntropyLoss(),
            optimizer,
            epochs,
            metrics=[train.accuracy],
            callbacks=[
                train.ProgressBar("classifier, epoch"),
                train.Checkpoint(file),
                train.Schedule(optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)),
            ],
            resume=True,
            capture=setting.on_gpu,
        )
        called = features(model, data.parts()[1]).scores.argmax(1)
        told.write_text(json.dumps({"accuracy": float((called == data.labels[data.held_out]).mean())}))
    model.load_state_dict(train.load_checkpoint(file).model)
    return model, json.loads(told.read_text())["accuracy"]


def judged(setting: Setting, data: Photographs, model: nn.Module, images: Callable[..., Any]) -> Judgement:
    """The judgement of the function that makes images of noise, of a thousand images five times.

    Of one that is told the class, each class is asked for as often as the others.
    """
    rng = np.random.default_rng(1000 + setting.seed)
    learnt, held_out = data.parts()

    def sample(count: int) -> Any:
        labels = [np.arange(count) % data.classes] if setting.conditional else []
        return made(images, rng, count, *labels)

    return judge(sample, learnt, model, held_out=held_out, count=min(1000, len(held_out)))


def as_asked(
    setting: Setting, data: Photographs, model: nn.Module, images: Callable[..., Any]
) -> dict[str, Any]:
    """How many of 500 images of each class are that class by the classifier's judgement, as a share with the
    interval in which it lies with 95 % confidence (Wilson 1927): over new images of this training.
    """
    labels = np.repeat(np.arange(data.classes), EACH)
    x = made(images, np.random.default_rng(2000 + setting.seed), len(labels), labels)
    evaluation = Evaluation(features(model, x).scores, labels, data.names)
    right = evaluation.predictions == labels
    wrong = evaluation.confusion_matrix().confusions(5)
    return {
        "images": len(labels),
        "share": round(evaluation.accuracy, 4),
        "interval": [round(end, 4) for end in interval(int(right.sum()), len(labels))],
        "each": {name: float(right[labels == number].mean()) for number, name in enumerate(data.names)},
        "mistakes": [f"{asked} looks like {seen}: {many}" for asked, seen, many in wrong],
    }


def interval(right: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval of a share: (p + z^2/2n ± z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)."""
    p, square = right / count, z * z / count
    half = z * ((p * (1 - p) + square / 4) / count) ** 0.5
    return (p + square / 2 - half) / (1 + square), (p + square / 2 + half) / (1 + square)


def made(images: Callable[..., Any], rng: np.random.Generator, count: int, *labels: Any) -> Any:
    """So many images of new noise, a hundred at a time."""
    z = rng.uniform(-1, 1, (count, NOISE)).astype(np.float32)
    starts = range(0, count, 100)
    return np.concatenate([images(*(each[i : i + 100] for each in (z, *labels))) for i in starts])

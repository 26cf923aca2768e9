"""The classifier in whose features both are judged: trained once for a set of photographs, and kept."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.gan.photographs import Photographs
from benchmarks.gan.setting import NOISE, Setting
from minigrad import nn, optim, train
from minigrad.evaluation.generated import Judgement, features, judge
from models.cnn import garment_cnn


def classifier(setting: Setting, data: Photographs, epochs: int) -> tuple[nn.Module, float]:
    """A CNN, and its accuracy on the photographs that were held out."""
    widths = {28: (16, 32, 64), 64: (32, 64, 128, 256), 128: (16, 32, 64, 128, 256)}[setting.side]
    depth = 1 if setting.data is None else 3
    file = setting.output.parent / f"classifier{setting.side}.safetensors"
    told = file.with_suffix(".json")
    mg.manual_seed(0)
    model = garment_cnn(depth, setting.side, data.classes, widths)
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
        )
        called = features(model, data.parts()[1]).scores.argmax(1)
        told.write_text(json.dumps({"accuracy": float((called == data.labels[data.held_out]).mean())}))
    model.load_state_dict(train.load_checkpoint(file).model)
    return model, json.loads(told.read_text())["accuracy"]


def judged(setting: Setting, data: Photographs, model: nn.Module, images: Callable[[Any], Any]) -> Judgement:
    """The judgement of the function that makes images of noise, of a thousand images five times."""
    rng = np.random.default_rng(1000 + setting.seed)
    learnt, held_out = data.parts()

    def sample(count: int) -> Any:
        z = rng.uniform(-1, 1, (count, NOISE)).astype(np.float32)
        return np.concatenate([images(part) for part in np.split(z, range(100, count, 100))])

    return judge(sample, learnt, model, held_out=held_out, count=min(1000, len(held_out)))

"""A training to be killed: with all that is random in one, and a checkpoint every second batch.

    python -m tests.train.killed FOLDER

It goes on from FOLDER/run.safetensors if that is there, says "begin" when it begins, and writes a digest of
all that it leaves behind to FOLDER/end.json.
"""

import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, FashionMNIST, Subset
from minigrad.optim import lr_scheduler

EPOCHS, BATCHES, BATCH_SIZE, EVERY, WORKERS = 3, 12, 32, 2, 2


def shifted(image: np.ndarray) -> mg.Tensor:
    """A transform that draws from minigrad's generator: in a loader, each batch has its own."""
    rows, columns = mg.randint(-2, 3, (2,)).tolist()
    return mg.tensor(np.roll(image, (rows, columns), (0, 1))[None] / np.float32(255))


class Noise(nn.Module):
    """A layer that draws from NumPy's and Python's global generators."""

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        if not self.training:
            return x
        rows = np.random.normal(1, 0.1, (len(x), 1)).astype(np.float32)  # noqa: NPY002
        return x * mg.tensor(rows) + random.gauss(0, 0.01)


def build() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8 * 13 * 13, 32),
        nn.ReLU(),
        Noise(),
        nn.Linear(32, 10),
    )


def main(folder: Path) -> None:
    mg.manual_seed(0)
    random.seed(1)
    np.random.seed(2)  # noqa: NPY002
    images = FashionMNIST(train=True, sample="only", transform=shifted)
    model = build()
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    stopping = train.EarlyStopping("val_accuracy", patience=10)
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    history = train.fit(
        model,
        DataLoader(
            Subset(images, range(BATCHES * BATCH_SIZE)), BATCH_SIZE, shuffle=True, num_workers=WORKERS
        ),
        nn.CrossEntropyLoss(),
        optimizer,
        EPOCHS,
        validation=DataLoader(Subset(images, range(1000, 1100)), 50),
        metrics=[train.accuracy],
        callbacks=[
            train.Schedule(lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * BATCHES), per="batch"),
            train.ClipGradients(1.0),
            stopping,
            train.Checkpoint(folder / "run.safetensors", every_batches=EVERY),
            train.BestCheckpoint(folder / "best.safetensors", "val_loss"),
        ],
        progress=False,
        resume=True,
    )
    best = train.load_checkpoint(folder / "best.safetensors")
    left: dict[str, Any] = {
        "weights": model.state_dict(),
        "optimiser": optimizer.state_dict(),
        "best weights": best.model,
        "history": history.rows,
        "best": [stopping.best, stopping.best_epoch, best.epoch],
        "random": [mg.get_rng_state(), random.getstate(), np.random.get_state()],  # noqa: NPY002
    }
    end = {name: digest(value) for name, value in left.items()}
    (folder / "end.json").write_text(json.dumps(end))


def digest(value: Any) -> str:
    """A hash of every bit of a nested value."""
    found = hashlib.sha256()

    def add(part: Any) -> None:
        if isinstance(part, mg.Tensor):
            part = part.detach().numpy()
        if isinstance(part, np.ndarray):
            found.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        elif isinstance(part, dict):
            add([item for key in part for item in (key, part[key])])
        elif isinstance(part, list | tuple):
            found.update(f"[{len(part)}".encode())
            for item in part:
                add(item)
        else:
            found.update(f"{part!r};".encode())

    add(value)
    return found.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

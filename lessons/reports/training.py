"""Training one network of a report, or going on with it, or reading what an earlier run has left.

A run has a folder of its own: ``checkpoint`` while it goes on, and at the end ``weights.safetensors``,
``history.json`` and ``run.json``. A run that was cut off, by whatever, continues where it was.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minigrad as mg
from lessons.reports.products import SIDE, products
from lessons.reports.recipes import Recipe
from minigrad import evaluation, nn, optim, train
from minigrad.data import CIFAR10, CIFAR100, DataLoader, FashionMNIST, Subset, random_split, transforms

KINDS: dict[str, Any] = {
    "products": products,
    "fashion-mnist": FashionMNIST,
    "cifar-10": CIFAR10,
    "cifar-100": CIFAR100,
}
QUICK_EPOCHS, QUICK_IMAGES = 3, 10_000
FEW_STEPS = 1000  # until then, running means that move by a hundredth in a step still show where they began
LOSS = nn.CrossEntropyLoss()
METRICS = {"accuracy": train.accuracy}
CPU = mg.device("cpu")


@dataclass
class Images:
    """A data set: both halves of it, and how many of the training images are to be used."""

    learning: Any
    test: Any
    count: int

    @property
    def part(self) -> Any:
        """The training images that are used."""
        return self.learning if self.count == len(self.learning) else Subset(self.learning, range(self.count))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an image: (channels, height, width)."""
        return tuple(self.test[0][0].shape)

    @property
    def is_sample(self) -> bool:
        """Whether it is the sample that comes with minigrad."""
        return bool(getattr(self.learning, "is_sample", False))


def load(name: str, folder: Path | None, *, sample: bool = False, quick: bool = False) -> Images:
    """The images of a data set as numbers from 0 to 1.

    Args:
        name: of the data set. folder: where to look for it first.
        sample: whether the small sample of Fashion-MNIST will do. quick: whether to use a part.
    """
    kind = KINDS[name]
    options = {"sample": "only"} if sample and name == "fashion-mnist" else {}
    halves = [kind(folder, train=half, transform=transforms.ToTensor(), **options) for half in (True, False)]
    count = len(halves[0])
    return Images(*halves, count=min(QUICK_IMAGES, count) if quick else count)


@dataclass
class Run:
    """One training of a recipe with a seed, finished or to be done.

    Attributes:
        recipe, seed, images: what is trained, and on what.
        epochs: at most; fewer than the recipe's for a short run.
        folder: for its files.
        device: where it is trained. On a GPU, each step is captured as one graph.
    """

    recipe: Recipe
    seed: int
    images: Images
    epochs: int
    folder: Path
    device: mg.device = CPU

    @property
    def steps(self) -> int:
        """How many steps the optimiser takes, at most."""
        learning = self.images.count - self.images.count // 10
        return self.epochs * -(-learning // self.recipe.batch_size)

    def network(self) -> nn.Module:
        """A new network. For a short run the running means of its norms follow faster than in the report.

        They begin at 0, the variances at 1, and are what the network is tested with. After the 270 steps of
        ``--quick`` those of the report would still be so far off that a network that learned to tell three
        quarters of the images would name a quarter.
        """
        model = self.recipe.network()
        for norm in self._norms(model):
            norm.momentum = 0.1
        return model.to(self.device)

    def _norms(self, model: nn.Module) -> list[Any]:
        return [m for m in model.modules() if hasattr(m, "running_mean") and self.steps < FEW_STEPS]

    @property
    def on_gpu(self) -> bool:
        """Whether it is trained on a GPU."""
        return self.device.type == "cuda"

    @property
    def settings(self) -> dict[str, str | int | float]:
        """What it is trained with, in words and numbers."""
        recipe, count = self.recipe, self.images.count
        patience = f"validation loss, patience {recipe.patience}, best weights restored"
        return (
            {
                "numbers in all": recipe.parameters,
                **{name: str(value).strip("[]") for name, value in recipe.options.items()},
                "optimiser": f"Adam, learning rate {recipe.learning_rate}"
                + (f", times {recipe.decay} after each epoch" if recipe.decay != 1 else ""),
                "loss": "cross-entropy",
                "batch size": recipe.batch_size,
                "epochs at most": self.epochs,
                "early stopping": patience if recipe.patience else "none",
                "weights to begin with": "uniform after Glorot, biases 0" if recipe.start else "PyTorch's",
                "pixels": "divided by 255",
                "training images": count - count // 10,
                "validation images": f"{count // 10:,}, "
                + ("drawn at random" if recipe.random_validation else "the last ones"),
                "test images": len(self.images.test),
            }
            | ({"device": f"{mg.cuda.get_device_name()}, captured steps"} if self.on_gpu else {})
            | (
                {"classes": ", ".join(self.images.test.classes), "sides": f"{SIDE} x {SIDE}, on white"}
                if recipe.data == "products"
                else {}
            )
            | (
                {"running means": "follow by a tenth in each step, not a hundredth: there are few steps"}
                if self._norms(recipe.network())
                else {}
            )
        )

    def result(self, *, anew: bool = False, progress: bool = True) -> evaluation.Result:
        """The trained network, back on the CPU, and how it does on the test images; trains it if that was not
        done before.

        Args:
            anew: whether to train it again, whatever is in the folder. progress: whether to show a bar.
        """
        model = self.network()
        history, kept = (None, None) if anew else self._read(model)
        if history is None:
            model, history, kept = self._train(anew, progress)
        loader = DataLoader(self.images.test, 500)
        scores = train.evaluate(model, loader, LOSS, METRICS)
        outputs, targets = train.predict(model, loader)
        return evaluation.Result(
            self.recipe.name,
            self.seed,
            model.to("cpu"),
            self.settings,
            history,
            kept,
            scores,
            outputs,
            targets,
            self.recipe.published,
            published_f1=self.recipe.published_f1,
        )

    def _read(self, model: nn.Module) -> tuple[train.History | None, int | None]:
        """The history and the kept epoch of a finished run with the same settings, and its weights."""
        try:
            told = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None, None
        if told["settings"] != self.settings:
            different = [key for key in self.settings if told["settings"].get(key) != self.settings[key]]
            was, now = told["settings"].get(different[0]), self.settings[different[0]]
            raise SystemExit(
                f"{self.folder}: an earlier run with other settings lies there ({different[0]}: {was}, not "
                f"{now}). Name another folder with --output, or train it again with --anew."
            )
        model.load_state_dict(mg.load(self.folder / "weights.safetensors"))
        return train.History.read_json(self.folder / "history.json"), told["kept epoch"]

    def _train(self, anew: bool, progress: bool) -> tuple[nn.Module, train.History, int | None]:
        recipe, count = self.recipe, self.images.count
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "run.json").unlink(missing_ok=True)
        mg.manual_seed(self.seed)
        part = self.images.part
        held = count // 10
        learning, validation = (
            random_split(part, [count - held, held])
            if recipe.random_validation
            else (Subset(part, range(count - held)), Subset(part, range(count - held, count)))
        )
        model = self.network()
        optimizer = optim.Adam(model.parameters(), lr=recipe.learning_rate)
        stopping = [train.EarlyStopping(patience=recipe.patience)] if recipe.patience else []
        decaying = (
            [train.Schedule(optim.lr_scheduler.ExponentialLR(optimizer, recipe.decay))]
            if recipe.decay != 1
            else []
        )
        history = train.fit(
            model,
            DataLoader(learning, recipe.batch_size, shuffle=True),
            LOSS,
            optimizer,
            self.epochs,
            validation=DataLoader(validation, 500),
            metrics=METRICS,
            callbacks=[
                train.ProgressBar(f"{recipe.name}-{self.seed}"),
                train.Checkpoint(self.folder / "checkpoint", every_seconds=300),
                *stopping,
                *decaying,
            ],
            progress=progress,
            resume=not anew,
            capture=self.on_gpu,
        )
        kept = stopping[0].best_epoch if stopping else None
        if history.ended != "interrupted":
            self._write(model, history, kept)
        return model, history, kept

    def _write(self, model: nn.Module, history: train.History, kept: int | None) -> None:
        mg.save(model.state_dict(), self.folder / "weights.safetensors")
        history.write_json(self.folder / "history.json")
        told = {"seed": self.seed, "settings": self.settings, "kept epoch": kept}
        evaluation.write_json(self.folder / "run.json", told)  # last: with it, the run is done
        os.remove(self.folder / "checkpoint")


def needed(recipes: Iterable[Recipe]) -> list[str]:
    """The names of the data sets that the recipes need."""
    return list(dict.fromkeys(recipe.data for recipe in recipes))

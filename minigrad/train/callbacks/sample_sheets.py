"""What a generator makes of the same noise, through the epochs."""

import os
from pathlib import Path
from typing import Any

from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train import ranks
from minigrad.train.callbacks.base import Callback
from minigrad.train.evaluate import evaluating, where
from minigrad.train.run import Run


class SampleSheets(Callback):
    """Write a sheet of images after each epoch, always made of the same inputs: "epoch-0001.png" and so on.

        sheets = train.SampleSheets("sheets", gan.generator, gan.noise_for(64))
        train.fit_gan(gan, loader, optimizer, 100, callbacks=[sheets])
        sheets.film("training.gif")

    A training that goes on from a checkpoint goes on with the inputs that it began with. Of several ranks,
    rank 0 alone writes.

    Args:
        folder: where to; it is made if need be. A training that begins anew takes away the sheets of an
            earlier one.
        model: makes the images: a generator, or an `AveragedModel` of it. It is used in eval mode.
        inputs: what it is called with: noise, or a tuple of noise and labels.
        every_epochs: after which epochs: those that it divides, and the first and the last.
        columns: images per row. limits: the numbers that are black and white.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        model: Module,
        inputs: Tensor | tuple[Tensor, ...],
        every_epochs: int = 1,
        columns: int = 8,
        limits: tuple[float, float] = (-1.0, 1.0),
    ) -> None:
        if every_epochs < 1:
            raise ValueError(f"SampleSheets: every_epochs must be at least 1, got {every_epochs!r}")
        self.folder = Path(folder)
        self.model = model
        self.inputs = list(inputs) if isinstance(inputs, tuple) else [inputs]
        self.every_epochs = every_epochs
        self.columns = columns
        self.limits = limits

    @property
    def files(self) -> list[Path]:
        """The sheets that are there, first epoch first."""
        return sorted(self.folder.glob("epoch-[0-9]*.png"))

    def film(self, path: str | os.PathLike[str], seconds: float = 0.2, alt: str | None = None) -> None:
        """Write the sheets one after another to a GIF.

        Args:
            seconds: how long a sheet is seen.
            alt: what a sheet shows, in words; the file then says it, and of which epochs the sheets are.

        Raises:
            ValueError: there is no sheet, or the name does not end in .gif.
        """
        from minigrad.viz import film

        files, shown = (
            self.files,
            alt or f"{len(self.inputs[0])} images that a network makes of the same inputs",
        )
        epochs = [int(file.stem.removeprefix("epoch-")) for file in files]
        film(
            path, files, seconds, alt=f"{shown}, epoch {min(epochs, default=0)} to {max(epochs, default=0)}."
        )

    def on_fit_begin(self, run: Run) -> None:
        if not ranks.is_first():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if not run.resumed:
            for file in self.files:  # of an earlier training: they would stand among this one's
                file.unlink()

    def on_epoch_end(self, run: Run) -> None:
        from minigrad.viz import sheet, write_image

        if run.epoch % self.every_epochs and run.epoch not in (1, run.epochs):
            return
        there = where(self.model)
        with evaluating(self.model):
            images = self.model(*(part.to(there) for part in self.inputs)).cpu().numpy()
        if not ranks.is_first():  # it has taken part in what the network asks of all ranks
            return
        pixels = sheet(images, self.columns, self.limits)
        alt = f"{len(images)} images that a network makes after epoch {run.epoch}."
        write_image(self.folder / f"epoch-{run.epoch:04}.png", pixels, alt)

    def state_dict(self) -> dict[str, Any]:
        return {"inputs": self.inputs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.inputs = state["inputs"]

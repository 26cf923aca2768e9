"""Images, with what they are and what the network said of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.evaluation.measured import Array, Measured, table
from minigrad.viz import Picture, image_grid


class Shown(NamedTuple):
    """One image: its number, its class, and the most probable classes, best first, with probabilities."""

    number: int
    target: str
    predictions: list[tuple[str, float]]

    @property
    def right(self) -> bool:
        """Whether the most probable class is the true one."""
        return self.predictions[0][0] == self.target


class Gallery(Measured):
    """Some of the images.

    Attributes:
        items: one ``Shown`` per image. title: what they are.
    """

    def __init__(
        self,
        images: Array,
        indices: Array,
        probabilities: Array,
        targets: Array,
        classes: Sequence[str],
        top: int,
        title: str,
    ) -> None:
        if not 1 <= top <= len(classes):
            raise ValueError(f"gallery: top is from 1 to {len(classes)}, the number of classes; got {top}.")
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(targets):
            raise ValueError(
                f"gallery: indices are from 0 to {len(targets) - 1}; got {indices.min()} to {indices.max()}."
            )
        self.title = title
        self.items = []
        for index in indices.tolist():
            best = np.argsort(-probabilities[index], kind="stable")[:top]
            said = [(classes[c], float(probabilities[index, c])) for c in best]
            self.items.append(Shown(index, classes[targets[index]], said))
        self._images = images[indices]

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        body = [
            [f"{item.number}", item.target, ", ".join(f"{name} {p:.0%}" for name, p in item.predictions)]
            for item in self.items
        ]
        return f"{self.title}\n" + table(["image", "is", "called"], body)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "image": item.number,
                "target": item.target,
                "prediction": item.predictions[0][0],
                "probability": item.predictions[0][1],
            }
            for item in self.items
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"title": self.title, "items": [item._asdict() for item in self.items]}

    def plot(self) -> Picture:
        """The images, and under each what it is and what it was called."""
        if not self.items:
            raise ValueError(f"gallery: there is nothing to show ({self.title.lower()}).")
        labels = [
            "\n".join([f"is {item.target}", *(f"{name} {p:.0%}" for name, p in item.predictions)])
            for item in self.items
        ]
        return image_grid(self._images, labels)

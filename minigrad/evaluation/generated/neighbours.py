"""The training images that come nearest to generated ones: is the generator copying?"""

from typing import Any

import numpy as np
import numpy.typing as npt

from minigrad.evaluation.generated.distances import checked
from minigrad.evaluation.measured import Array, Measured, table
from minigrad.viz import Picture, image_grid, lines


class Neighbours(Measured):
    """For each generated image, the training images that are most like it.

    A generator that copies has distances near 0; one that invents has distances like those from photographs
    that were held out.

    Args:
        made, real: features of the generated images (N, D) and of the training images (M, D).
        held_out: features of photographs that were not trained on, (L, D), to compare with.
        count: how many neighbours of each.

    Attributes:
        indices, distances: (N, count), nearest first.
        usual: distances of held-out photographs to their nearest training image, (L,); None without any.
    """

    def __init__(self, made: Array, real: Array, held_out: Array | None = None, count: int = 3) -> None:
        from sklearn.neighbors import NearestNeighbors

        real, made = checked("Neighbours", real, made, at_least=1)
        if not 1 <= count <= len(real):
            raise ValueError(
                f"Neighbours: count is from 1 to {len(real)}, the number of images; got {count}."
            )
        search = NearestNeighbors(n_neighbors=count).fit(real)
        self.distances, self.indices = search.kneighbors(made)
        self.usual: Array | None = None
        if held_out is not None:
            held_out, _ = checked("Neighbours", held_out, real, at_least=1)
            self.usual = search.kneighbors(held_out, n_neighbors=1)[0][:, 0]

    @property
    def ratio(self) -> float:
        """The median distance of generated images over that of held-out photographs; NaN without any."""
        if self.usual is None:
            return float("nan")
        return float(np.median(self.distances[:, 0]) / np.median(self.usual))

    @property
    def copies(self) -> float:
        """The share of generated images that are nearer to a training image than 99 % of held-out photographs
        are: 0.01 for photographs, more for a generator that copies. NaN without held-out ones.
        """
        if self.usual is None:
            return float("nan")
        return float((self.distances[:, 0] < np.quantile(self.usual, 0.01)).mean())

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"image": i, "neighbour": int(index), "distance": float(distance)}
            for i, (indices, distances) in enumerate(zip(self.indices, self.distances, strict=True))
            for index, distance in zip(indices, distances, strict=True)
        ]

    def to_dict(self) -> dict[str, Any]:
        return {
            "median distance": float(np.median(self.distances[:, 0])),
            "ratio to held-out photographs": self.ratio,
            "copies": self.copies,
        }

    def __str__(self) -> str:
        return table(["", "value"], [[name, f"{value:.4f}"] for name, value in self.to_dict().items()])

    def plot(self) -> Picture:
        """How many images, counted from the nearest on, lie within which distance."""
        curves = {"generated": self.distances[:, 0]}
        if self.usual is not None:
            curves["held-out photographs"] = self.usual
        shares = {
            name: (np.sort(values), np.arange(1, len(values) + 1) / len(values))
            for name, values in curves.items()
        }
        return lines(shares, x="distance to the nearest training image", y="share of images")

    def show(self, made: npt.ArrayLike, real: npt.ArrayLike, count: int = 6) -> Picture:
        """The first generated images, each at the left of its row, and their neighbours beside them.

        Shapes: made and real (N, C, H, W) with numbers from -1 to 1, in the order of their features.
        """
        made, real = np.asarray(made), np.asarray(real)
        images, labels = [], []
        for i in range(min(count, len(self.indices))):
            images += [made[i], *real[self.indices[i]]]
            labels += ["generated", *(f"{distance:.1f} away" for distance in self.distances[i])]
        pixels = np.clip((np.stack(images).transpose(0, 2, 3, 1) + 1) / 2, 0, 1)
        columns = 1 + self.indices.shape[1]
        return image_grid(pixels[..., 0] if pixels.shape[-1] == 1 else pixels, labels, columns)

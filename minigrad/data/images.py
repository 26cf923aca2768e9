"""What the data sets of labelled images share: pairs by index, and whole batches at once."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from minigrad.data._seam import to_array, to_tensor
from minigrad.data.dataset import Dataset, inherits


class ImageArray(Dataset[tuple[Any, Any]]):
    """Pairs (image, class number), from arrays that lie in memory or are mapped into it.

    Attributes:
        data: the images, uint8, N of them.
        targets: the class numbers, int64, (N,).
        source: where the data came from, for a report.
        transform, target_transform: functions of an image and of a class number; or None.
    """

    data: Any
    targets: Any
    source: str
    transform: Callable[[Any], Any] | None
    target_transform: Callable[[Any], Any] | None

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image, target = to_array(self.data)[index], int(to_array(self.targets)[index])
        return (
            image if self.transform is None else self.transform(image),
            target if self.target_transform is None else self.target_transform(target),
        )

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        """A whole batch in one step, where the transforms allow it, instead of one image after another."""
        if not inherits(self, ImageArray):
            return NotImplemented
        rows = np.asarray(indices, np.intp)
        halves = [
            _whole(self.transform, to_array(self.data).take(rows, axis=0)),
            _whole(self.target_transform, to_array(self.targets).take(rows)),
        ]
        return NotImplemented if any(half is NotImplemented for half in halves) else halves


class ImageSet(ImageArray):
    """A published set, in two halves, whose classes are known beforehand.

    Attributes:
        classes: the names of the classes.
        train: whether it is the training half.
    """

    classes: ClassVar[list[str]] = []
    train: bool

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def __repr__(self) -> str:
        half = "training" if self.train else "test"
        name = type(self).__name__
        return f"{name}({len(self):,} {half} images from {self.source}, transform={self.transform})"


def _whole(transform: Callable[[Any], Any] | None, batch: Any) -> Any:
    """A batch through a transform at once; ``NotImplemented`` if it takes single samples only."""
    if transform is None:
        return to_tensor(batch)
    done = transform.batch(batch) if hasattr(transform, "batch") else NotImplemented
    return to_tensor(done) if isinstance(done, np.ndarray) else done  # Compose([]) gives back what it got

"""What DeepFashion2 is made of, in figures: how large its parts are, which clothes, how they are shown."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minigrad.data.fashion.categories import ATTRIBUTES
from minigrad.data.fashion.deepfashion2 import DeepFashion2
from minigrad.data.photos.counts import Counts
from minigrad.measured import Measured, table

if TYPE_CHECKING:
    from minigrad.viz import Chart

KINDS = ("images", "bounding boxes", "landmarks")


class SplitSizes(Measured):
    """How many images, boxes and sets of landmarks each part has.

    Attributes:
        sizes: by the name of the part, and then by what is counted; a part without annotations has images
            alone. total: of all parts that have it.
    """

    def __init__(self, splits: Mapping[str, DeepFashion2 | int]) -> None:
        self.sizes = {name: _sizes(data) for name, data in splits.items()}
        self.total = {kind: sum(sizes.get(kind, 0) for sizes in self.sizes.values()) for kind in KINDS}

    def __str__(self) -> str:
        columns = [*self.sizes.values(), self.total]
        body = [
            [kind, *(f"{sizes[kind]:,}" if kind in sizes else "-" for sizes in columns)] for kind in KINDS
        ]
        return table(["", *self.sizes, "total"], body)

    def rows(self) -> list[dict[str, Any]]:
        return [{"split": name, **sizes} for name, sizes in self.sizes.items()]

    def to_dict(self) -> dict[str, Any]:
        return {"splits": self.sizes, "total": self.total}

    def plot(self) -> "Chart":
        """A panel for each thing that is counted, a bar for each part."""
        from minigrad.viz import bars, beside

        panels = [
            bars({name: sizes[kind] for name, sizes in self.sizes.items() if kind in sizes}, title=kind)
            for kind in KINDS
        ]
        return beside(*panels, columns=1)


class AttributeShares(Measured):
    """How the clothes are shown: of each attribute, how many items have which of its three values.

    Attributes:
        counts: by attribute, and then by what the value means. items: how many there are.
    """

    def __init__(self, splits: Mapping[str, DeepFashion2]) -> None:
        items = [item for data in splits.values() for item in data.records]
        self.items = len(items)
        self.counts: dict[str, dict[str, int]] = {}
        for attribute, meanings in ATTRIBUTES.items():
            levels = [getattr(item, attribute) for item in items]
            self.counts[attribute] = {meaning: levels.count(i) for i, meaning in enumerate(meanings, 1)}

    def shares(self) -> dict[str, dict[str, float]]:
        """The same as parts of all items, from 0 to 1."""
        return {
            attribute: {meaning: count / self.items for meaning, count in counts.items()}
            for attribute, counts in self.counts.items()
        }

    def __str__(self) -> str:
        body = [
            [f"{attribute}: {meaning}", f"{count:,}", f"{count / self.items:.1%}"]
            for attribute, counts in self.counts.items()
            for meaning, count in counts.items()
        ]
        return table(["attribute", "items", "share"], body)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"attribute": attribute, "value": meaning, "items": count}
            for attribute, counts in self.counts.items()
            for meaning, count in counts.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"items": self.items, "counts": self.counts}

    def plot(self) -> "Chart":
        """A panel for each attribute, with a bar for each of its values."""
        from minigrad.viz import bars, beside

        panels = [
            bars(shares, title=attribute.replace("_", "-"), shares=True)
            for attribute, shares in self.shares().items()
        ]
        return beside(*panels, columns=1)


class Statistics:
    """Figures 1 to 3 of a report on DeepFashion2, of as many of its parts as are at hand.

    Args:
        splits: the parts, by name. The test part, which is published without annotations, is its number of
            images: ``{"train": DeepFashion2(root), "test": count_images(root, "test")}``.

    Attributes:
        sizes: how many images, boxes and landmarks each part has.
        categories: how often each category occurs. attributes: scale, occlusion, zoom-in and viewpoint.

    Each prints itself, plots itself, and saves as text, table or picture.
    """

    def __init__(self, splits: Mapping[str, DeepFashion2 | int]) -> None:
        annotated = {name: data for name, data in splits.items() if isinstance(data, DeepFashion2)}
        if not annotated:
            raise ValueError("Statistics: expected at least one part of DeepFashion2, by its name.")
        self.sizes = SplitSizes(splits)
        self.categories = Counts(
            (item.category_name for data in annotated.values() for item in data.records), "category"
        )
        self.attributes = AttributeShares(annotated)

    def __str__(self) -> str:
        return f"{self.sizes}\n\n{self.categories}\n\n{self.attributes}"


def _sizes(data: DeepFashion2 | int) -> dict[str, int]:
    if isinstance(data, int):
        return {"images": data}
    marked = sum(bool(item.landmarks[:, 2].any()) for item in data.records)
    return {"images": len(data.annotations), "bounding boxes": len(data.records), "landmarks": marked}

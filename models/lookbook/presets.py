"""Which garments make an outfit: combinations that are set beforehand."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from minigrad.errors import DataError
from minigrad.files import read_small

# A line for each piece, with the kinds that will do; a preset is used where the data have a kind for each.
PRESETS: dict[str, tuple[str, ...]] = {
    # articleType of Fashion Product Images; the first is the report's
    "City": ("Shirts", "Jeans", "Sports Shoes", "Wallets"),
    "Office": ("Shirts", "Trousers", "Formal Shoes", "Belts / Watches"),
    "Holiday": ("Tshirts", "Shorts", "Flip Flops / Sandals", "Sunglasses"),
    "Evening": ("Tops / Dresses", "Heels", "Handbags / Clutches"),
    "Promenade": ("Kurtas / Kurtis", "Flats / Sandals", "Handbags"),
    "Weekend": ("Tshirts", "Jeans / Track Pants", "Casual Shoes", "Backpacks / Watches"),
    # categories of DeepFashion2
    "Layers": ("long sleeve outwear", "short sleeve top / vest / sling", "trousers"),
    "Sunday": ("short sleeve outwear", "vest / sling", "skirt"),
    "Every day": ("long sleeve top", "trousers / skirt"),
    "Seaside": ("short sleeve top / vest / sling", "shorts"),
    "Garden party": (
        "short sleeve dress / long sleeve dress / vest dress / sling dress",
        "short sleeve outwear / long sleeve outwear",
    ),
    # the names that several sets have in common
    "Autumn": ("jacket", "top", "trousers", "shoes"),
    "Dinner": ("top / vest", "skirt", "heels / sandals", "bag"),
    "Beach": ("vest / top", "shorts", "sandals", "sunglasses"),
    "Dressed up": ("dress", "heels / sandals", "bag"),
    "Mixed wardrobe": ("top", "trousers", "shoes", "wallet / watch / belt"),
    # a folder with classes of these names
    "Street": ("outwear", "t-shirt / longsleeve / shirt", "pants", "shoes"),
    "Park": ("t-shirt", "shorts", "shoes", "hat"),
    "Terrace": ("dress", "shoes", "hat"),
    "Simple": ("shirt / t-shirt / longsleeve", "skirt / pants", "shoes"),
    "Indoors": ("t-shirt / longsleeve / shirt", "pants / shorts / skirt"),
}


def kinds_of(piece: str) -> list[str]:
    """ "Flip Flops / Sandals": the two kinds."""
    return [name.strip() for name in piece.split(" / ")]


def fitting(presets: Mapping[str, Sequence[str]], classes: Sequence[str]) -> dict[str, list[list[str]]]:
    """The presets that can be made of these classes: by name, for each piece the kinds that there are."""
    found = {}
    for name, pieces in presets.items():
        kinds = [[kind for kind in kinds_of(piece) if kind in classes] for piece in pieces]
        if all(kinds):
            found[name] = kinds
    return found


def read_presets(path: Path | None) -> Mapping[str, Sequence[str]]:
    """Those of a JSON file, {"Rainy day": ["jacket", "Jeans / Trousers"]}; without a file, ``PRESETS``.

    Raises DataError if it cannot be read, or is something else.
    """
    if path is None:
        return PRESETS
    try:
        found = json.loads(read_small(path))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path}: the presets cannot be read ({error!s:.200}). Mend it, or name another file."
        ) from error
    right = isinstance(found, dict) and all(
        isinstance(pieces, list) and len(pieces) >= 2 and all(isinstance(piece, str) for piece in pieces)
        for pieces in found.values()
    )
    if not right or not found:
        raise DataError(
            f"{path}: expected names, each with a list of two or more pieces, such as "
            '{"Rainy day": ["jacket", "Jeans / Trousers"]}.'
        )
    return dict(found)

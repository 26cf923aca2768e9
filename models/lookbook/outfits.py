"""Stage 6: outfits of generated garments: by preset combinations, and by how well their colours agree."""

import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.errors import DataError
from models.lookbook import data
from models.lookbook.colour import agreement, garment_colour, lab
from models.lookbook.presets import fitting, read_presets
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

CANDIDATES = 8  # of each piece of an outfit, those most like new photographs; all combinations are tried
SHOWN = 48  # garments below the outfits on the page


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    images = np.load(folders["generate"] / "images.npy")
    probabilities = np.load(folders["classify"] / "probabilities.npy")
    odd = np.load(folders["classify"] / "oddness.npy")
    figures = about(folders["classify"])
    classes = figures["classes"]
    usable = odd >= figures["copies are below"]
    asked = folders["generate"] / "asked.npy"
    if asked.exists():  # two witnesses are better than one
        usable &= probabilities.argmax(1) == np.load(asked)
    presets = possible(settings, classes)
    chosen = choose(
        images, probabilities, odd, usable, classes, presets, settings.confidence, settings.outfits
    )
    if not chosen:
        sure = usable & (probabilities.max(1) >= settings.confidence)
        counts = np.bincount(probabilities.argmax(1)[sure], minlength=len(classes))
        told = ", ".join(f"{name} {count}" for name, count in zip(classes, counts, strict=True))
        raise DataError(
            f"None of the presets {', '.join(presets)} has a garment for each piece that is recognised with "
            f"a confidence of {settings.confidence:.0%} and is no copy; there are {told}. Train longer "
            "(--gan-epochs), generate more (--generated), or ask for less (--confidence)."
        )
    (folder / "outfits.json").write_text(json.dumps(chosen, indent=2), encoding="utf-8")
    return {"outfits": len(chosen), "best": max(outfit["agreement"] for outfit in chosen)}


def possible(settings: Settings, classes: Sequence[str]) -> dict[str, list[list[str]]]:
    """The presets that can be made of the kinds that are generated, as ``fitting`` gives them.

    Raises DataError if there is none.
    """
    kinds = settings.only or classes
    found = fitting(read_presets(settings.presets), kinds)
    if not found:
        raise DataError(
            f"No combination of the presets can be made of the kinds {', '.join(kinds)}. Name a file of "
            f"combinations of your own, --presets FILE, such as {json.dumps({'Rainy day': kinds[:2]})}"
            f"{', or leave --only out' if settings.only else ''}."
        )
    return found


def check(settings: Settings) -> None:
    possible(settings, data.pictures(settings).parts["train"].classes)


def choose(
    images: Any,
    probabilities: Any,
    odd: Any,
    usable: Any,
    classes: Sequence[str],
    presets: Mapping[str, Sequence[Sequence[str]]],
    confidence: float,
    count: int,
) -> list[dict[str, Any]]:
    """``count`` outfits, or as many as can be made; a garment is in one of them only.

    The presets take turns. Each time the pieces are those that agree best in colour (``colour.agreement``)
    among those of their kinds whose oddness is nearest to 1. Outfits that agree best come first.

    Args:
        images: (N, H, W, 3) of bytes. probabilities: (N, classes). odd: (N,), as ``classifier.oddness``.
        usable: which may be taken at all, (N,).
        presets: by name, for each piece the kinds that will do.
        confidence: the least probability that a garment is taken with.
    """
    kinds, sure = probabilities.argmax(1), probabilities.max(1)
    free = usable & (sure >= confidence)
    colours: dict[int, Any] = {}
    waiting, chosen = list(presets), []
    while waiting and len(chosen) < count:
        name = waiting.pop(0)
        options = [
            _candidates(kinds, odd, free, [classes.index(k) for k in piece]) for piece in presets[name]
        ]
        for i in {i for numbers in options for i in numbers} - colours.keys():
            colours[i] = garment_colour(images[i])
        best = _best(options, colours)
        if best is None:
            continue  # it has no more garments for one of its pieces
        free[list(best)] = False
        chosen.append(
            {
                "name": name,
                "agreement": agreement(np.stack([lab(colours[i]) for i in best])),
                "pieces": [
                    {
                        "number": i,
                        "kind": classes[kinds[i]],
                        "confidence": float(sure[i]),
                        "oddness": float(odd[i]),
                        "colour": "#{:02x}{:02x}{:02x}".format(*colours[i]),
                    }
                    for i in best
                ],
            }
        )
        waiting.append(name)
    return sorted(chosen, key=lambda outfit: -outfit["agreement"])


def _candidates(kinds: Any, odd: Any, free: Any, wanted: list[int]) -> list[int]:
    """The numbers of the garments of those kinds that are most like new photographs, those first."""
    numbers = np.flatnonzero(free & np.isin(kinds, wanted))
    return [int(i) for i in numbers[np.argsort(abs(odd[numbers] - 1), kind="stable")][:CANDIDATES]]


def _best(options: list[list[int]], colours: Mapping[int, Any]) -> tuple[int, ...] | None:
    """One of each that agree best in colour; None if there is no such choice."""
    in_lab = {i: lab(colours[i]) for numbers in options for i in numbers}
    choices = [choice for choice in product(*options) if len(set(choice)) == len(choice)]
    return max(choices, key=lambda c: agreement(np.stack([in_lab[i] for i in c])), default=None)


def read(folder: Path) -> list[dict[str, Any]]:
    """The outfits of a result."""
    found: list[dict[str, Any]] = json.loads((folder / "outfits.json").read_text(encoding="utf-8"))
    return found


def on_the_page(folders: Folders) -> Any:
    """The numbers of the garments that the page shows: the outfits' pieces, and the first ones."""
    first = range(min(SHOWN, about(folders["generate"])["garments"]))
    pieces = [piece["number"] for outfit in read(folders["outfits"]) for piece in outfit["pieces"]]
    return np.array(list(dict.fromkeys([*pieces, *first])))


def say(figures: dict[str, Any]) -> str:
    return f"{figures['outfits']} outfits, the best with a colour agreement of {figures['best']:.2f}"


def stamp(settings: Settings) -> str:
    """The presets themselves: the file may have been changed."""
    return json.dumps({name: list(pieces) for name, pieces in read_presets(settings.presets).items()})


STAGE = Stage("outfits", ("confidence", "outfits"), ("generate", "classify"), make, say, stamp, check)

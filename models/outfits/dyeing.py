"""Garments of every colour: drawn ones, dyed. For those who have no photographs, and for tests.

minigrad draws clothes in the colours that clothes have, and half of those are grey. A rule of hues needs
hues, so each garment is dyed: its pixels are shifted in CIELAB until the colour that most of it has is the
one that is wanted. Folds, prints and seams stay. What colour a garment has is then known, and with it the
right answer.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from minigrad.data import DeepFashion2, read_image
from minigrad.data.fashion.garments import draw_garments
from models.lookbook.colour import garment_colour, lab, rgb
from models.lookbook.cutouts import cut_garments
from models.lookbook.stages import tell
from models.outfits.rule import LAB, Rule, chroma
from models.outfits.wardrobe import PIECES, Garment, Wardrobe, from_folder

GROUND = np.array([100.0, 0.0, 0.0])  # white
SOFT = 25.0  # nearer to the ground than this, a pixel is partly ground: the soft edge of a garment
CONTRAST = 0.7  # of light and dark within a garment, of what it had
LIGHTEST = 88.0  # garments lighter than this can hardly be told from the ground


def dyed(place: Path, count: int, pictures: int, seed: int = 0) -> Wardrobe:
    """``count`` tops and as many bottoms on white; made where they are not there yet.

    Args:
        place: the folder for them.
        pictures: how many pictures are drawn to cut garments from; each garment is dyed several times.
    """
    folder = place / f"dyed-{count}-{pictures}-{seed}"
    if not folder.is_dir():
        shapes = _shapes(place / f"shapes-{pictures}-{seed}", pictures, seed)
        part = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        part.mkdir(parents=True)
        _dye_all(shapes, part, count, seed)
        os.replace(part, folder)
    garments = []
    for path in sorted(folder.iterdir()):
        piece, kind, colour, _ = path.stem.split("_")
        garments.append(Garment(str(path), piece, kind, colour))
    return Wardrobe(garments, "garments that minigrad draws and dyes")


def _shapes(folder: Path, pictures: int, seed: int) -> Wardrobe:
    """Garments as they are drawn, cut out."""
    if not folder.is_dir():
        painted = folder.with_name(f"{folder.name}-painted")
        shutil.rmtree(painted, ignore_errors=True)
        tell(f"drawing {pictures:,} pictures of clothes, and cutting the garments out, into {folder}")
        draw_garments(painted, {"train": pictures}, seed)
        cut_garments(DeepFashion2(painted), folder)
        shutil.rmtree(painted)
    return from_folder(folder)


def _dye_all(shapes: Wardrobe, folder: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    hues = [name for name in LAB if chroma(LAB[name]) >= Rule().neutral]
    ready: dict[int, tuple[Any, Any]] = {}
    for piece in PIECES:
        places = shapes.places(piece)
        for number in range(count):
            while True:
                i = int(rng.choice(places))
                if i not in ready:
                    image = read_image(shapes.garments[i].path)
                    ready[i] = lab(image), lab(garment_colour(image))
                if ready[i][1][0] < LIGHTEST:
                    break
                places.remove(i)
            colour = hues[number % len(hues)]
            picture = Image.fromarray(dye(*ready[i], LAB[colour]))
            picture.save(folder / f"{piece}_{shapes.garments[i].kind}_{colour}_{number:05}.png")


def dye(image: Any, colour: Any, wanted: Any) -> Any:
    """The garment in another colour, bytes (H, W, 3).

    Args:
        image: (H, W, 3) in CIELAB, on white. colour: what most of the garment has, (3,). wanted: (3,).
    """
    part = np.clip(np.linalg.norm(image - GROUND, axis=2) / SOFT, 0, 1)[..., None]
    apart = (image - colour) * np.array([CONTRAST, 1.0, 1.0])
    return rgb(part * (wanted + apart) + (1 - part) * GROUND)

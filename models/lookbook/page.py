"""Stage 7: the page that shows the outfits, as HTML and as a picture."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from minigrad.files import encoded, page_text
from models.lookbook import enlarger
from models.lookbook.facts import command, facts
from models.lookbook.outfits import SHOWN, read
from models.lookbook.poster import percent, poster
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

HTML, PNG = "lookbook.html", "lookbook.png"


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    images = np.load(folders["generate"] / "images.npy")
    probabilities = np.load(folders["classify"] / "probabilities.npy")
    outfits = read(folders["outfits"])
    shown = enlarger.read(folders["enlarge"]) if "enlarge" in folders else images
    told = {name: about(place) for name, place in folders.items()}
    classes = told["classify"]["classes"]
    introduction = (
        f"{len(outfits)} outfits of garments that no one has ever worn: a DCGAN has made them, a classifier "
        "has said what they are, and their colours have decided what goes with what."
    )
    for outfit in outfits:
        for piece in outfit["pieces"]:
            piece["image"] = uri(larger(shown[piece["number"]], 256))
    garments = [
        {
            "image": uri(larger(shown[i], 96)),
            "kind": classes[likely.argmax()],
            "confidence": float(likely.max()),
        }
        for i, likely in enumerate(probabilities[:SHOWN])
    ]
    text = page_text(
        Path(__file__).with_name("page.html"),
        introduction=introduction,
        outfits=outfits,
        most=max(len(outfit["pieces"]) for outfit in outfits),
        garments=garments,
        percent=percent,
        generated=len(images),
        facts=facts(settings, told),
        command=command(settings),
    )
    (folder / HTML).write_bytes(encoded(text))
    note = "Made by a DCGAN, named by a classifier, put together by colour"
    note += f"; seed {settings.seed}, seed of the noise {settings.noise_seed}"
    poster(outfits, shown, note).save(folder / PNG, optimize=True)
    return {"outfits": len(outfits)}


def larger(image: Any, side: int) -> Image.Image:
    """A small image at ``side`` pixels, smoothly."""
    return Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)


def uri(image: Image.Image) -> str:
    """An image as an address that holds it."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def say(figures: dict[str, Any]) -> str:
    return f"{figures['outfits']} outfits on {HTML} and {PNG}"


STAGE = Stage(
    "page",
    (
        "products",
        "deepfashion",
        "folder",
        "seed",
        "noise_seed",
        "side",
        "count",
        "classes",
        "only",
        "enlarge",
        "generated",
        "presets",
    ),
    ("data", "classifier", "gan", "generate", "classify", "outfits"),
    make,
    say,
)

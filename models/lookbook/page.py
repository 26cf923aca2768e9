"""Stage 7: the page that shows the outfits, as HTML and as a picture."""

import base64
import io
import json
import shlex
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image

from models.lookbook.poster import percent, poster
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about

SHOWN = 48  # garments below the outfits
HTML, PNG = "lookbook.html", "lookbook.png"


def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    images = np.load(folders["generate"] / "images.npy")
    probabilities = np.load(folders["classify"] / "probabilities.npy")
    outfits = json.loads((folders["outfits"] / "outfits.json").read_text(encoding="utf-8"))
    told = {name: about(place) for name, place in folders.items()}
    classes = told["classify"]["classes"]
    introduction = (
        f"{len(outfits)} outfits of garments that no one has ever worn: a DCGAN has drawn them, a classifier "
        "has said what they are, and their colours have decided what goes with what."
    )
    for outfit in outfits:
        for piece in outfit["pieces"]:
            piece["image"] = uri(larger(images[piece["number"]], 256))
    garments = [
        {
            "image": uri(larger(image, 96)),
            "kind": classes[likely.argmax()],
            "confidence": float(likely.max()),
        }
        for image, likely in zip(images[:SHOWN], probabilities, strict=False)
    ]
    text = _template().render(
        introduction=introduction,
        outfits=outfits,
        most=max(len(outfit["pieces"]) for outfit in outfits),
        garments=garments,
        percent=percent,
        generated=len(images),
        facts=facts(settings, told),
        command=command(settings),
    )
    (folder / HTML).write_text(text, encoding="utf-8")
    poster(outfits, images, f"seed {settings.seed}, draw {settings.draw}").save(folder / PNG, optimize=True)
    return {"outfits": len(outfits)}


def facts(settings: Settings, told: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the reader must know of each stage, by a name for it."""
    data, classifier, gan = told["data"], told["classifier"], told["gan"]
    return {
        "photographs": f"{data['train']:,} to learn from ({data['source']}), {data['test']:,} to test on",
        "kinds": ", ".join(data["classes"]),
        "size": f"{settings.side} x {settings.side} pixels, enlarged here",
        "classifier": f"{100 * classifier['accuracy']:.1f} % of the test photographs right, after "
        f"{settings.classifier_epochs} epochs",
        "DCGAN": f"{gan['epochs']} epochs; losses at the end {gan['d_loss']:.3f} (discriminator) and "
        f"{gan['g_loss']:.3f} (generator)",
        "chosen": f"with a confidence of at least {100 * settings.confidence:.0f} %, of each kind those that "
        "are nearest to photographs in what the classifier sees",
        "seed": f"{settings.seed} for training, {settings.draw} for the garments drawn",
    }


def command(settings: Settings) -> str:
    """The command that makes this page: every setting that is not the one of a plain call."""
    words = ["python", "-m", "models.lookbook", "--full"]
    plain = Settings(settings.output)
    for name in Settings.__dataclass_fields__:
        value = getattr(settings, name)
        if value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def larger(image: Any, side: int) -> Image.Image:
    """A small image at ``side`` pixels, smoothly."""
    return Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)


def uri(image: Image.Image) -> str:
    """An image as an address that holds it."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html")


def say(figures: dict[str, Any]) -> str:
    return f"{figures['outfits']} outfits on {HTML} and {PNG}"


STAGE = Stage(
    "page",
    (
        "products",
        "deepfashion",
        "folder",
        "seed",
        "draw",
        "side",
        "count",
        "classes",
        "generated",
        "presets",
    ),
    ("data", "classifier", "gan", "generate", "classify", "outfits"),
    make,
    say,
)

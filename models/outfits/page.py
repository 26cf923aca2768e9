"""The page of a study: outfits, tables, ROC curves. One file, with everything inside it."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from PIL import Image

from minigrad import viz
from models.lookbook.page import uri
from models.outfits.outfits import CLASSES, Outfit
from models.outfits.settings import Settings

HTML, JSON = "outfits.html", "outfits.json"
SHOWN = 6  # outfits of each answer
COLUMNS = ("accuracy", "precision", "recall", "f1", "auc")
PER_CLASS = ("precision", "recall", "f1")


def render(
    settings: Settings,
    told: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    images: Any,
    outfits: Sequence[Outfit],
    heat: dict[str, list[tuple[int, str, Any]]],
) -> str:
    """The page's text. told: the figures of the outfits. rows: of the study. heat: by network, what it looked
    at in some photographs.
    """
    some = [[o for o in outfits if o.label == label][:SHOWN] for label in (1, 0)]
    shown = {
        CLASSES[label]: [uri(_beside(images[o.top], images[o.bottom])) for o in chosen]
        for label, chosen in zip((1, 0), some, strict=True)
    }
    picture = curves(rows)
    return _template().render(
        told=told,
        rows=rows,
        columns=COLUMNS,
        per_class=PER_CLASS,
        classes=CLASSES,
        shown=shown,
        curves=[(svg(picture, theme), name) for name, theme in (("light", viz.LIGHT), ("dark", viz.DARK))],
        alt=picture.alt,
        heat={
            name: [(uri(_small(images[place])), uri(_small(over)), said) for place, said, over in some]
            for name, some in heat.items()
        },
        repeats=settings.repeats,
        views=settings.views,
        command=command(settings),
        score=score,
    )


def score(interval: Sequence[float | None]) -> str:
    """ "0.652 (0.59 to 0.71)" """
    value, low, high = interval
    if value is None:
        return "none"
    return f"{value:.3f} ({low:.2f} to {high:.2f})" if low is not None else f"{value:.3f}"


def curves(rows: Sequence[dict[str, Any]]) -> viz.Picture:
    """ROC curves, a panel for each name: what it knows of one photograph, and of both."""
    panels = []
    for name in dict.fromkeys(row["name"] for row in rows):
        own = {
            f"{row['looks at']}, {row['scores']['auc'][0]:.2f}": (row["curve"][0], row["curve"][1])
            for row in rows
            if row["name"] == name and row["cut by"] == "outfit"
        }
        panels.append(
            viz.lines(
                own,
                title=name,
                x="false alarms",
                y="found",
                limits=(-0.02, 1.02),
                legend_columns=1,
            )
        )
    return viz.beside(*panels) if len(panels) > 1 else panels[0]


def svg(picture: viz.Picture, theme: viz.Theme) -> str:
    """The picture as an element of the page."""
    text = picture.render(theme, "svg").decode()
    return text[text.index("<svg") :]


def compact(figures: dict[str, Any]) -> str:
    """JSON with each list of numbers on one line."""
    import re

    text = json.dumps(figures, indent=1, ensure_ascii=False)
    short = re.sub(r"\[\s+([-\d.,\senul]+?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    return f"{short}\n"


def command(settings: Settings) -> str:
    """The command that makes the page: every setting that is not the one of a plain call."""
    words = ["python", "-m", "models.outfits"]
    plain = Settings(settings.output)
    for name in Settings.__dataclass_fields__:
        value = getattr(settings, name)
        if value != getattr(plain, name):
            words += [f"--{name}", *(value if isinstance(value, tuple) else [str(value)])]
    return shlex.join(words)


def _beside(top: Any, bottom: Any) -> Image.Image:
    pair = [Image.fromarray(np.asarray(half)).resize((96, 96)) for half in (top, bottom)]
    both = Image.new("RGB", (200, 96), (255, 255, 255))
    for i, half in enumerate(pair):
        both.paste(half, (104 * i, 0))
    return both


def _small(image: Any) -> Image.Image:
    return Image.fromarray(np.asarray(image)).resize((112, 112), Image.Resampling.BICUBIC)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html")

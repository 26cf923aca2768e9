"""The colours of a graph, on a light and on a dark page."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from minigrad.viz.theme import DARK, LIGHT, Theme


@dataclass(frozen=True)
class Colours:
    """What each colour is for. Text in ink, muted or gradient is legible on each of the fills."""

    paper: str
    ink: str
    muted: str
    arrow: str
    frame: str
    operation: str
    operation_border: str
    parameter: str
    parameter_border: str
    block: str
    current: str
    gradient: str

    @classmethod
    def of(cls, theme: Theme) -> "Colours":
        """The colours for a light or for a dark theme, told by its paper."""
        dark = int(theme.paper[1:3], 16) < 128
        return _ON_DARK if dark else _ON_LIGHT


_ON_LIGHT = Colours(
    paper=LIGHT.paper,
    ink=LIGHT.ink,
    muted="#4f5862",
    arrow="#6b7580",
    frame="#8a949e",
    operation="#e4eefa",
    operation_border=LIGHT.first,
    parameter="#e6f4e8",
    parameter_border="#2b7a3d",
    block="#eceaf8",
    current="#ffe9d6",
    gradient="#b03508",
)
_ON_DARK = Colours(
    paper=DARK.paper,
    ink=DARK.ink,
    muted="#aab4bf",
    arrow="#8e99a5",
    frame="#6f7a86",
    operation="#17293d",
    operation_border=DARK.first,
    parameter="#16301d",
    parameter_border="#6cc684",
    block="#2a2745",
    current="#47290f",
    gradient="#ffa765",
)


def dark_style(used: Iterable[tuple[str, str]]) -> str:
    """A style sheet that puts the colours for a dark page in place of the ``used`` ones for a light page.

    ``used`` are attributes of the SVG: ("fill", "#ffffff").

    It follows the reader's system, unless the page says what it is, as Sphinx' themes, Jupyter and Visual
    Studio Code do. The paper is drawn, too: so the picture is legible on a page that is not what was thought.
    """
    dark = ":is([data-theme=dark],[data-jp-theme-light=false],.vscode-dark) .minigrad-graph"
    light = ":is([data-theme=light],[data-jp-theme-light=true],.vscode-light) *"
    pairs = {getattr(_ON_LIGHT, f.name): getattr(_ON_DARK, f.name) for f in fields(Colours)}
    changes = [(paint, colour, pairs[colour]) for paint, colour in sorted(set(used)) if colour in pairs]

    def rules(picture: str) -> str:
        return "\n".join(f'{picture} [{paint}="{old}"]{{{paint}:{new}}}' for paint, old, new in changes)

    system = rules(f".minigrad-graph:not({light})")
    return f"@media (prefers-color-scheme: dark) {{\n{system}\n}}\n{rules(dark)}"

"""The stages in their order."""

from dataclasses import replace

from models.lookbook import classifier, data, enlarger, gan, outfits, page
from models.lookbook.settings import Settings
from models.lookbook.stages import Stage

ALWAYS = (
    data.STAGE,
    classifier.STAGE,
    gan.STAGE,
    gan.GENERATE,
    classifier.CLASSIFY,
    outfits.STAGE,
)
ENLARGING = (enlarger.STAGE, enlarger.ENLARGE)
NAMES = [stage.name for stage in (*ALWAYS, *ENLARGING, page.STAGE)]


def stages(settings: Settings) -> tuple[Stage, ...]:
    """Those that the settings ask for; with ``enlarge``, the page shows the larger garments."""
    if settings.enlarge == 1:
        return (*ALWAYS, page.STAGE)
    more = tuple(stage.name for stage in ENLARGING)
    return (*ALWAYS, *ENLARGING, replace(page.STAGE, needs=(*page.STAGE.needs, *more)))

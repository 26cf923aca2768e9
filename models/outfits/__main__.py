"""Ask of outfits whether they go together, in every way, and write a page with what can be told, how surely.

python -m models.outfits                                       drawn garments and the rule of colours
python -m models.outfits --products DIR --networks resnet18    photographs of a shop, a network of ImageNet
python -m models.outfits --labels labels.csv                   your photographs, your answers
python -m models.outfits.labelling --folder DIR                the page that asks you for them
python -m models.outfits.reported --photographs DIR            the study as it was reported, a hundred times
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minigrad.files import write_whole
from models.lookbook.stages import alone, run, tell
from models.outfits import page
from models.outfits.pipeline import STAGES
from models.outfits.settings import add_study, add_wardrobe, parse

PROGRAM = "python -m models.outfits"


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, with the settings that they mean."""
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Can photographs of a top and a bottom tell whether they go together? Networks and "
        "baselines answer, of outfits that they have not learnt from. What was made before is kept.",
    )
    add_wardrobe(parser)
    add_study(parser)
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the figures to this file, too")
    return parse(parser, arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages; returns the exit status."""
    options = read_options(arguments)
    settings = options.settings

    def work() -> None:
        folder = run(STAGES, settings, "page")["page"]
        write_whole(settings.output / page.HTML, (folder / page.HTML).read_bytes())
        if options.results:
            write_whole(options.results, (folder / page.JSON).read_bytes())
        tell(f"The page: {(settings.output / page.HTML).resolve()}")

    return alone(PROGRAM, settings.output, work)


if __name__ == "__main__":
    sys.exit(main())

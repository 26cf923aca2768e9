"""Make a lookbook: train a classifier and a DCGAN on photographs of clothes, and pair what it makes.

python -m models.lookbook                                synthetic garments, small: minutes
python -m models.lookbook --products DIR                 Fashion Product Images, at 64x64: hours
python -m models.lookbook --products DIR --deepfashion DIR --count 20000    a mixture of both
python -m models.lookbook --folder DIR --quick           your photographs, a sub-folder for each kind
python -m models.lookbook gan                            up to a stage
python -m models.lookbook --noise-seed 1                 other garments of the generator that is there
python -m models.lookbook --conditional --enlarge 2      it is told the kind; garments twice as large
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from minigrad.files import write_whole
from models.lookbook import page
from models.lookbook.options import add_counts, add_data, kinds, parse, share, whole
from models.lookbook.pipeline import NAMES, stages
from models.lookbook.stages import alone, run, tell

PROGRAM = "python -m models.lookbook"


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, with the settings that they mean."""
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Train a classifier and a DCGAN on photographs of clothes, and put outfits together of "
        "what it generates. What was made before is kept; what was cut off goes on.",
        epilog="Ctrl-C: finish the batch and keep it. The same command goes on from there.",
    )
    parser.add_argument(
        "stage", nargs="?", default="page", choices=NAMES, help=f"the last one to run: {', '.join(NAMES)}"
    )
    parser.add_argument("--anew", action="store_true", help="make that stage again, though it is kept")
    add_data(parser)
    parser.add_argument("--noise-seed", type=whole, metavar="N", help="of the noise garments are made of")
    parser.add_argument("--conditional", action="store_true", help="a DCGAN that is told the kind")
    parser.add_argument(
        "--only", type=kinds, metavar="KINDS", help="of --conditional, such as 'skirt / trousers'"
    )
    parser.add_argument("--enlarge", type=int, choices=(2, 4), help="show garments so much larger, by SRGAN")
    parser.add_argument("--rate", type=share, metavar="X", help="of learning, of the DCGAN and the SRGAN")
    parser.add_argument("--beta", type=share, metavar="X", help="Adam's first, of the DCGAN")
    parser.add_argument("--decay", type=share, metavar="X", help="of the average of the generator's weights")
    parser.add_argument("--confidence", type=share, metavar="P", help="the least that a garment needs")
    parser.add_argument("--presets", type=Path, metavar="FILE", help="combinations of your own, as JSON")
    add_counts(
        parser,
        {
            "gan_epochs": "of the DCGAN",
            "enlarger_epochs": "of the SRGAN",
            "enlarger_width": "maps of the SRGAN's layers",
            "generated": "garments to choose from",
            "outfits": "how many are shown",
        },
    )
    options = parse(parser, arguments)
    settings = options.settings
    if settings.only and not settings.conditional:
        parser.error(
            "argument --only: only a generator that is told the kind can be asked for one: --conditional"
        )
    if settings.enlarge > 1 and settings.classifier == "dense":
        parser.error(
            "argument --enlarge: the SRGAN is judged by what the convolutions of the classifier see, and "
            "--classifier dense has none; take cnn"
        )
    if options.stage not in [stage.name for stage in stages(settings)]:
        parser.error(f"argument stage: {options.stage} is a stage of --enlarge 2, or 4")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages that the arguments ask for; returns the exit status."""
    options = read_options(arguments)
    settings = options.settings

    def work() -> None:
        folders = run(stages(settings), settings, options.stage, options.anew)
        if "page" in folders:
            for name in (page.HTML, page.PNG):
                write_whole(settings.output / name, (folders["page"] / name).read_bytes())
            tell(f"The page: {(settings.output / page.HTML).resolve()}")

    return alone(PROGRAM, settings.output, work)


if __name__ == "__main__":
    sys.exit(main())

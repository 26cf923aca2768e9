"""Make a lookbook: train a classifier and a DCGAN on photographs of clothes, and pair what it draws.

python -m models.lookbook                                garments that minigrad draws, small: minutes
python -m models.lookbook --products DIR                 Fashion Product Images, at 64x64: hours
python -m models.lookbook --products DIR --deepfashion DIR --count 20000    a mixture of both
python -m models.lookbook --folder DIR --quick           your photographs, a sub-folder for each kind
python -m models.lookbook gan                            up to a stage
python -m models.lookbook --draw 1                       other garments of the generator that is there
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import filelock

from minigrad.errors import DataError
from models.lookbook import classifier, data, gan, outfits, page
from models.lookbook.settings import FULL, QUICK, Settings
from models.lookbook.stages import run, tell

STAGES = (
    data.STAGE,
    classifier.STAGE,
    gan.STAGE,
    gan.GENERATE,
    classifier.CLASSIFY,
    outfits.STAGE,
    page.STAGE,
)
PROGRAM = "python -m models.lookbook"
HELPS = {
    "seed": "of the training",
    "draw": "which noise the garments are made of",
    "count": "at most so many photographs of each source",
    "classes": "at most so many kinds, the most frequent",
    "classifier_epochs": "of the classifier",
    "gan_epochs": "of the DCGAN",
    "width": "maps of the generator's first layer",
    "generated": "garments to choose from",
    "outfits": "how many are shown",
}


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, with the settings that they mean."""
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Train a classifier and a DCGAN on photographs of clothes, and put outfits together of "
        "what it draws. What was made before is kept; what was cut off goes on.",
        epilog="Ctrl-C: finish the batch and keep it. The same command goes on from there.",
    )
    names = [stage.name for stage in STAGES]
    parser.add_argument(
        "stage", nargs="?", default="page", choices=names, help=f"the last one to run: {', '.join(names)}"
    )
    parser.add_argument("--anew", action="store_true", help="make that stage again, though it is kept")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="32x32, in minutes: holds for drawn garments")
    length.add_argument("--full", action="store_true", help="64x64, in hours: holds for photographs")
    for name, help in (
        ("products", "a folder of Fashion Product Images: styles.csv and images"),
        ("deepfashion", "a folder of DeepFashion2: train and validation"),
        ("folder", "a folder with a sub-folder for each kind of clothes"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=help)
    parser.add_argument(
        "--output", type=Path, default=Path("output/lookbook"), metavar="DIR", help="where to"
    )
    parser.add_argument("--side", type=int, choices=(32, 64, 128), help="of the images")
    parser.add_argument("--presets", type=Path, metavar="FILE", help="combinations of your own, as JSON")
    parser.add_argument("--confidence", type=_share, metavar="P", help="the least that a garment needs")
    for name, help in (("rate", "of learning, of the DCGAN"), ("beta", "Adam's first, there")):
        parser.add_argument(f"--{name}", type=_share, metavar="X", help=help)
    parser.add_argument("--decay", type=_share, metavar="X", help="of the average of the generator's weights")
    for name, help in HELPS.items():
        least = _whole if name in ("seed", "draw") else _count
        parser.add_argument(f"--{name.replace('_', '-')}", type=least, metavar="N", help=help)
    options = parser.parse_args(arguments)
    for name in ("products", "deepfashion", "folder"):
        folder = getattr(options, name)
        if folder is not None and not folder.is_dir():
            parser.error(f"argument --{name}: there is no folder {str(folder)!r}")
    drawn = not (options.products or options.deepfashion or options.folder)
    quick = options.quick or (drawn and not options.full)
    given = {
        name: getattr(options, name)
        for name in Settings.__dataclass_fields__
        if getattr(options, name) is not None
    }
    options.settings = Settings(**{**(QUICK if quick else FULL), **given})
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    settings = options.settings
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(settings.output / ".lock", timeout=0):
            folders = run(STAGES, settings, options.stage, options.anew)
            if "page" in folders:
                for name in (page.HTML, page.PNG):
                    shutil.copyfile(folders["page"] / name, settings.output / name)
                tell(f"The page: {(settings.output / page.HTML).resolve()}")
    except filelock.Timeout:
        tell(f"{PROGRAM}: another run is at work in {settings.output}. Wait, or name another --output.")
        return 1
    except (DataError, OSError) as error:
        tell(f"{PROGRAM}: {error}")
        return 1
    except KeyboardInterrupt:
        tell(f"{PROGRAM}: stopped. What was done is kept; the same command goes on.")
        return 130
    return 0


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, got {text}")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text}")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())

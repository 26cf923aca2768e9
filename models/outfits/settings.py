"""What a study of outfits is made of, and the options on the command line that say so."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.lookbook.options import count, whole
from models.outfits.rule import Rule
from models.outfits.trunks import NAMES
from models.outfits.views import VIEWS


@dataclass(frozen=True)
class Settings:
    """All that a study depends on, besides the photographs themselves.

    Attributes:
        output: the folder that everything is written to.
        products, folder: where garments come from; without either, they are drawn. tops, bottoms: which kinds
            of a folder are what, where their names do not say it.
        reported: a folder with a study's own outfits, positive/p1/a.jpg and b.jpg.
        labels: a table with outfits and answers; without one, and without ``reported``, the rule answers.
        outfits: how many, at most, if the rule answers. garments: at most so many tops, and bottoms.
        neutral, related, opposite: of the rule.
        views: of each photograph that heads of networks learn from; 1 is no augmentation.
        networks: of ``trunks.NAMES``. weights: a folder with theirs. padding: of EfficientNet-B0.
        repeats: how often the five folds are cut anew. seed: of everything.
    """

    output: Path
    products: Path | None = None
    folder: Path | None = None
    tops: tuple[str, ...] = ()
    bottoms: tuple[str, ...] = ()
    reported: Path | None = None
    labels: Path | None = None
    outfits: int = 400
    garments: int | None = None
    neutral: float = Rule().neutral
    related: float = Rule().related
    opposite: float = Rule().opposite
    networks: tuple[str, ...] = ("own",)
    weights: Path | None = None
    padding: str = "symmetric"
    views: int = VIEWS
    repeats: int = 3
    seed: int = 0

    @property
    def rule(self) -> Rule:
        """The rule that answers."""
        return Rule(self.neutral, self.related, self.opposite)


FOLDERS = {
    "products": "a folder of Fashion Product Images: styles.csv and images",
    "folder": "a folder with a sub-folder for each kind of clothes",
    "reported": "a folder with a study's own outfits: positive/p1/a.jpg, b.jpg, negative/n1/...",
    "weights": "with resnet18.safetensors, efficientnet_b0.pth; without it they are fetched",
}
SOURCES = ("products", "folder", "reported", "labels")


def add_wardrobe(parser: argparse.ArgumentParser) -> None:
    """Which photographs, and where to write."""
    for name, help in FOLDERS.items():
        parser.add_argument(f"--{name}", type=Path, metavar="DIR", help=help)
    for piece in ("tops", "bottoms"):
        parser.add_argument(f"--{piece}", nargs="+", metavar="KIND", help=f"of --folder, which are {piece}")
    parser.add_argument("--garments", type=count, metavar="N", help="at most so many tops, and bottoms")
    parser.add_argument("--output", type=Path, default=Path("output/outfits"), metavar="DIR", help="where to")
    parser.add_argument("--seed", type=whole, metavar="N", help="of everything")


def add_study(parser: argparse.ArgumentParser) -> None:
    """What is asked about them."""
    parser.add_argument("--labels", type=Path, metavar="FILE", help="a CSV file with top, bottom, label")
    parser.add_argument("--outfits", type=count, metavar="N", help="that the rule answers for (default 400)")
    for name, value in Rule()._asdict().items():
        parser.add_argument(f"--{name}", type=float, metavar="X", help=f"of the rule (default {value:g})")
    parser.add_argument("--networks", nargs="+", choices=NAMES, help="(default: own)")
    parser.add_argument("--padding", choices=("symmetric", "same"), help="of EfficientNet-B0's convolutions")
    parser.add_argument(
        "--views",
        type=count,
        metavar="N",
        help=f"of each photograph that heads learn from, itself among them: mirrored or not, and moved "
        f"(default {VIEWS}; 1 is no augmentation)",
    )
    parser.add_argument("--repeats", type=count, metavar="N", help="of the five folds (default 3)")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with the ``settings`` that they mean."""
    options = parser.parse_args(arguments)
    for name in FOLDERS:
        folder = getattr(options, name)
        if folder is not None and not folder.is_dir():
            parser.error(f"argument --{name}: there is no folder {str(folder)!r}")
    named = [f"--{name}" for name in SOURCES if getattr(options, name, None) is not None]
    if len(named) > 1:
        parser.error(f"{' and '.join(named)}: outfits come from one of them; take one")
    given = {name: getattr(options, name, None) for name in Settings.__dataclass_fields__}
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items() if v is not None}
    options.settings = Settings(**given)
    return options

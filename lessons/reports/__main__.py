"""Train everything of a report, and write one page with our figures beside the report's.

    python -m lessons.reports 000 --data DIR             the lookbook's classifier, on Fashion Product Images
    python -m lessons.reports 001                        both networks on all of Fashion-MNIST
    python -m lessons.reports 002 --quick                a small version of the second report, in minutes
    python -m lessons.reports 002 --networks cifar10-own --seeds 0 1 2
    python -m lessons.reports 002 --device cuda          on an NVIDIA GPU, with captured steps
    python -m lessons.reports --help                     the other options

Networks that were trained before, with the same settings, are not trained again; a training that was cut off
goes on where it was. Ctrl-C ends training after the batch under way, and the page shows what there is.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from itertools import product

import minigrad as mg
from lessons.options import options_parser, parse_options
from lessons.reports.kept import keep
from lessons.reports.page import figures, illustrated, per_class, table
from lessons.reports.recipes import RECIPES, Recipe
from lessons.reports.training import QUICK_EPOCHS, QUICK_IMAGES, Images, Run, load, needed
from minigrad import evaluation, train
from minigrad.errors import DataError, DeviceError

TITLES = {
    "000": "The lookbook's classifier: photographs of a shop's products",
    "001": "Dense and convolutional: Fashion-MNIST",
    "002": "Three networks each: Fashion-MNIST, CIFAR-10 and CIFAR-100",
}


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = options_parser(
        "Train the networks of a coursework report and write a page with our figures beside the report's.",
        output="output/reports",
        quick=f"{QUICK_EPOCHS} epochs on {QUICK_IMAGES:,} images",
        default="full",
    )
    parser.prog = "python -m lessons.reports"
    parser.add_argument("report", choices=list(TITLES), help="which one")
    parser.add_argument("--networks", nargs="+", metavar="NAME", help="these networks only")
    parser.add_argument("--anew", action="store_true", help="train again what was trained before")
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to train (default: %(default)s)"
    )
    options = parse_options(parser, arguments)
    names = [recipe.name for recipe in RECIPES if recipe.report == options.report]
    for name in options.networks or []:
        if name not in names:
            there = f"report {options.report} has {', '.join(names)}"
            parser.error(f"argument --networks: there is no {name!r}; {there}")
    try:
        options.device = mg.zeros(0, device=options.device).device
    except DeviceError as error:
        parser.error(f"argument --device: {error}")
    chosen = options.networks or names
    options.recipes = [r for r in RECIPES if r.report == options.report and r.name in chosen]
    options.parser = parser
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    train.quiet_interrupts()
    try:
        sets = {
            name: load(name, options.data, sample=options.sample, quick=options.quick)
            for name in needed(options.recipes)
        }
    except DataError as error:
        sys.stderr.write(f"{options.parser.prog}: {str(error).replace('root=', '--data')}\n")
        return 1
    output = options.output / options.report
    results = []
    with train.catch_interrupt() as interrupt:
        for recipe, seed in product(options.recipes, dict.fromkeys(options.seeds)):
            images = sets[recipe.data]
            epochs = min(recipe.epochs, QUICK_EPOCHS) if options.quick else recipe.epochs
            folder = output / f"{recipe.name}-seed{seed}"
            run = Run(recipe, seed, images, options.epochs or epochs, folder, options.device)
            results.append(tell(recipe, illustrated(run, run.result(anew=options.anew))))
            if interrupt:
                print("Stopped by Ctrl-C. Writing what was learned until then ...")
                break
        page = evaluation.write_report(
            output,
            results,
            title=TITLES[options.report],
            introduction="The networks of a coursework report, trained by minigrad with the report's "
            "settings; its figures stand beside ours. The test images had no part in training.",
            notes=notes(options, sets, stopped=bool(interrupt)),
        )
        if options.results:
            keep(options.results, figures(results))
    print(f"\n{table(options.recipes, results)}\n\nThe page that shows it all: {page.resolve()}")
    return 130 if interrupt else 0


def tell(recipe: Recipe, result: evaluation.Result) -> evaluation.Result:
    """Print how well it does, class by class where the report has that; returns the result."""
    accuracy, loss = result.scores["accuracy"], result.scores["loss"]
    print(f"{recipe.name}, seed {result.seed}: test accuracy {accuracy:.2%}, loss {loss:.4f}", flush=True)
    if recipe.published_f1:
        print(per_class(recipe, result))
    return result


def notes(options: argparse.Namespace, sets: Mapping[str, Images], stopped: bool) -> list[str]:
    """What a reader must know before looking at the figures."""
    told = []
    if any(images.is_sample for images in sets.values()):
        told.append(
            "Of Fashion-MNIST, the networks saw only the sample that comes with minigrad: 5,000 training "
            "images and 1,000 test images instead of 60,000 and 10,000. Expect less of them."
        )
    if stopped:
        told.append("Training was stopped by hand before it was done.")
    if options.quick or any((options.epochs or r.epochs) < r.epochs for r in options.recipes):
        told.append("This was a short run; without --quick the networks train as long as in the report.")
    return told


if __name__ == "__main__":
    sys.exit(main())

"""Train a DCGAN on photographs of garments, in minigrad or in PyTorch, and judge it.

    python -m benchmarks.gan --data FOLDER --epochs 30 --on minigrad torch --seeds 0 1 --results docs/results

writes, for each library and seed, to OUTPUT/LIBRARY-SEED: run.json (losses, seconds, figures), sheet.png,
losses.svg; of minigrad's training also a sheet for each epoch and a film. A run that is finished is not done
again, and one that was killed goes on. ``--device cuda`` trains on an NVIDIA GPU: minigrad with captured
steps, PyTorch as it comes; the record says which.

The FOLDER has Fashion Product Images (styles.csv and images/) or a folder of pictures for each class; without
one, with --side 28, it is the clothes that come with minigrad, or with --full all of Fashion-MNIST.

    python -m benchmarks.gan --conditional --side 28 --full --epochs 10 --results docs/results

trains networks that are told the class, in minigrad alone, and also says how many of the images are of the
class that was asked for, by the judgement of the classifier.
"""

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.gan import judging, ours
from benchmarks.gan.photographs import photographs
from benchmarks.gan.setting import BATCH, COLUMNS, CONDITIONAL, DECAY, NETWORKS, NOISE, RATE, ROWS, Setting
from benchmarks.machine import describe
from minigrad.files import json_text, write_whole
from minigrad.viz import lines, sheet, write_image


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gan", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the photographs")
    parser.add_argument("--side", type=int, choices=NETWORKS, default=64, help="of the images (default 64)")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="S")
    parser.add_argument("--on", nargs="+", choices=["minigrad", "torch"], default=["minigrad"])
    parser.add_argument("--classes", type=int, default=20, help="of the most frequent kinds (default 20)")
    parser.add_argument("--images", type=int, metavar="N", help="at most so many photographs")
    parser.add_argument("--full", action="store_true", help="all of Fashion-MNIST, where no folder is named")
    parser.add_argument("--conditional", action="store_true", help="networks that are told the class")
    parser.add_argument("--rate", type=float, default=RATE, help="Adam's (default 0.0001)")
    parser.add_argument("--decay", type=float, default=DECAY, help="of the weights' average (default 0.999)")
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to train (default cpu)"
    )
    parser.add_argument("--threads", type=int, default=2, help="threads of either library (default 2)")
    parser.add_argument("--classifier-epochs", type=int, default=6)
    parser.add_argument("--output", type=Path, default=Path("output/gan"), metavar="FOLDER")
    parser.add_argument("--results", type=Path, metavar="FOLDER", help="write figures and sheets there, too")
    parser.add_argument("--name", help="what the files of the results begin with (default: the network's)")
    options = parser.parse_args(arguments)

    if options.conditional and ("torch" in options.on or options.side not in CONDITIONAL):
        parser.error("argument --conditional: is for --on minigrad with --side 28 or 64")
    keep_settings(options, parser)
    mg.set_num_threads(options.threads)
    for seed in options.seeds:
        for library in options.on:
            output = options.output / f"{library}-{seed}"
            output.mkdir(parents=True, exist_ok=True)
            setting = Setting(
                options.side,
                options.data,
                options.epochs,
                seed,
                output,
                options.classes,
                options.images,
                rate=options.rate,
                decay=options.decay,
                conditional=options.conditional,
                full=options.full,
                device=options.device,
            )
            if not (output / "run.json").exists():
                run(setting, library, options)
    if options.results is not None:
        collect(options.output, options.results, options.name or setting.name)


def keep_settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """One folder has the runs of one setting, so that none is taken for another's."""
    names = ("side", "data", "epochs", "classes", "images", "classifier_epochs")
    names += ("full", "conditional", "rate", "decay", "device")
    asked = {name: getattr(options, name) for name in names}
    asked["data"] = None if options.data is None else str(options.data.resolve())
    file = options.output / "settings.json"
    if not file.exists():
        options.output.mkdir(parents=True, exist_ok=True)
        write_whole(file, json_text(asked).encode())
    there = json.loads(file.read_text())
    for name, value in asked.items():
        if there.get(name, parser.get_default(name)) != value:
            option = "--" + name.replace("_", "-")
            parser.error(
                f"{options.output} has runs with {option} {there.get(name)}, not {value}: name another "
                "folder with --output"
            )


def run(setting: Setting, library: str, options: argparse.Namespace) -> None:
    """One training, judged; run.json is written last, so what is there is whole."""
    data = photographs(setting)
    model, accuracy = judging.classifier(setting, data, options.classifier_epochs)
    file, *builders = setting.networks
    mg.manual_seed(setting.seed)
    classes = [data.classes] if setting.conditional else []
    networks: list[Any] = [
        getattr(importlib.import_module(f"models.{file}"), name)(*classes) for name in builders
    ]
    columns = data.classes if setting.conditional else COLUMNS
    noise = np.random.default_rng(setting.seed).uniform(-1, 1, (ROWS * columns, NOISE)).astype(np.float32)
    shown = [noise, np.tile(np.arange(columns), ROWS)] if setting.conditional else [noise]
    if library == "torch":
        losses, seconds, images = on_torch(setting, data, file, builders, networks, noise)
    else:
        losses, seconds, images = ours.trained(setting, data, *networks, *shown)
    judgement = judging.judged(setting, data, model, images)
    print(f"{library}, seed {setting.seed}\n{judgement}")
    asked: dict[str, Any] = {}
    if setting.conditional:
        asked["as asked"] = judging.as_asked(setting, data, model, images)
        print("as asked: {share:.1%}, {interval} of {images:,} images".format_map(asked["as asked"]))
    steps = len(data.learnt) // BATCH
    epochs = np.arange(1, len(seconds) + 1)
    curves = {"discriminator": (epochs, losses["d_loss"]), "generator": (epochs, losses["g_loss"])}
    lines(curves, x="epoch", y="loss").save(setting.output / "losses.svg")
    write_image(setting.output / "sheet.png", sheet(images(*shown), columns=columns))
    record = {
        "side": setting.side,
        "photographs": len(data.learnt),
        "held out": len(data.held_out),
        "kinds": data.classes,
        "epochs": setting.epochs,
        "rate": setting.rate,
        "decay": setting.decay,
        "seed": setting.seed,
        "classifier accuracy": accuracy,
        "device": device(setting, library),
        "seconds per step": [round(each / steps, 4) for each in seconds],
        "losses": {name: [round(each, 5) for each in losses[name]] for name in ("d_loss", "g_loss")},
        "judgement": judgement.to_dict(),
        **asked,
        "machine": describe(options.threads),
    }
    write_whole(setting.output / "run.json", json_text(record).encode())


def device(setting: Setting, library: str) -> str:
    """What it was trained on, and how."""
    if not setting.on_gpu:
        return "cpu"
    return f"{mg.cuda.get_device_name()}, {'eager' if library == 'torch' else 'captured'} steps"


def on_torch(
    setting: Setting, data: Any, file: str, builders: list[str], networks: list[Any], noise: Any
) -> ours.Trained:
    """The training of PyTorch's networks, which begin with the weights of ``networks``."""
    import torch

    from benchmarks.frameworks import torch_models
    from benchmarks.gan import twin

    torch.set_num_threads(mg.get_num_threads())
    theirs = [getattr(torch_models.models(file), name)() for name in builders]
    for mine, other in zip(networks, theirs, strict=True):
        other.load_state_dict({key: torch.tensor(value.numpy()) for key, value in mine.state_dict().items()})
    return twin.trained(setting, data, *theirs, noise)


def collect(output: Path, results: Path, called: str) -> None:
    """The records of all finished runs in one file, and the sheet and curves of the first of each library."""
    runs: dict[str, list[Any]] = {}
    for file in sorted(output.glob("*-*/run.json")):
        library = file.parent.name.rpartition("-")[0]
        if not runs.get(library):
            for name in ("sheet.png", "losses.svg"):
                kept = results / f"{called}_{library}_{name}"
                write_whole(kept, (file.parent / name).read_bytes())
        runs.setdefault(library, []).append(json.loads(file.read_text()))
    write_whole(results / f"{called}.json", json_text(runs).encode())


if __name__ == "__main__":
    main()

"""The study as it was reported, a hundred times over: how far its figures are a matter of the split.

    python -m models.outfits.reported --photographs DIR --weights DIR    the report's own 80 photographs

Each photograph has the answer of its outfit. 60 of 80 are learnt from and 20 judged, cut at random, by
photograph as in the report or by outfit. A new last layer is trained on top of a frozen network: Adam 0.001,
batches of 8, 3 epochs. In the report batch norm stayed in training mode although it was frozen, so that what
the network sees in a photograph depends on the seven beside it, and its statistics move towards the
photographs' while the head learns. That is "training"; "evaluation" is as it should be. The report speaks of
augmentation, by mirroring and cropping, and its program has none: "augmented" is evaluation with it.

The same with colours alone, by support vector machines. "coin" names at random: what chance does.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.errors import DataError
from minigrad.evaluation import TwoClassScores, write_json
from minigrad.files import one_process, write_whole
from models.lookbook.options import count, whole
from models.lookbook.stages import tell, what_to_do
from models.outfits.baselines import colours, histograms, support_vectors
from models.outfits.heads import fit_head, one_layer, probabilities
from models.outfits.outfits import read_reported
from models.outfits.study import Photographs, apart, random_cut
from models.outfits.trunks import Trunk, is_folded, pretrained, unfold
from models.outfits.views import VIEWS, stacked, views

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"  # where figures are kept with the project
SHARE, EPOCHS, BATCH, RATE = 0.25, 3, 8, 1e-3
NETWORKS = ("resnet18", "efficientnet_b0")
CUTS = ("photograph", "outfit")
REPORT = {  # its table of both rows, and the confusion matrices behind it, negative first
    "ResNet18": {"accuracy": 0.50, "precision": 0.56, "recall": 0.45, "f1": 0.50, "auc": 0.505},
    "EfficientNet-B0": {"accuracy": 0.45, "precision": 0.50, "recall": 0.273, "f1": 0.353, "auc": 0.384},
}
SCORES = tuple(REPORT["ResNet18"])

Run = dict[str, float | None]


def scored(p: Any, y: Any) -> Run:
    """The report's five figures; of what has no value, None."""
    if y.min() == y.max():
        return dict.fromkeys(SCORES)
    found = TwoClassScores(p, y, resamples=1)
    return {name: None if np.isnan(found[name].value) else round(found[name].value, 4) for name in SCORES}


def in_evaluation(features: Any) -> Callable[[Any, Any, Any, int], Any]:
    """A head on features that are computed once, as they depend on nothing but the photograph.

    Shapes: features (N, D), or of views (N, V, D).
    """

    def learner(learnt: Any, answers: Any, judged: Any, seed: int) -> Any:
        mg.manual_seed(seed)
        head = one_layer(features.shape[-1])
        options = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "decay": 0.0}
        fit_head(head, features[learnt], answers, seed, **options)
        return probabilities(head, features[judged])

    return learner


def in_training(trunk: Trunk, inputs: Any) -> Callable[[Any, Any, Any, int], Any]:
    """A head on a frozen network whose batch norm is left in training: what was reported.

    Shapes: inputs (N, 3, H, W), as the network takes them, on its device.
    """
    model = trunk.model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    last = train.head_of(model)

    def learner(learnt: Any, answers: Any, judged: Any, seed: int) -> Any:
        # The head is put back first: the state is that of the network before its last layer was replaced.
        train.replace_head(model, before[f"{last}.weight"].shape[0])
        model.load_state_dict(before)
        mg.manual_seed(seed)
        train.replace_head(model, 2)
        model.requires_grad_(False).get_submodule(last).requires_grad_(True)
        adam = optim.Adam(model.get_submodule(last).parameters(), lr=RATE)
        rng = np.random.default_rng(seed)
        model.train()
        for _ in range(EPOCHS):
            order = rng.permutation(len(learnt))
            for start in range(0, len(learnt), BATCH):
                rows = order[start : start + BATCH]
                y = mg.tensor(answers[rows], device=inputs.device)
                loss = nn.functional.cross_entropy(model(_rows(inputs, learnt[rows])), y)
                adam.zero_grad()
                loss.backward()
                adam.step()
        model.eval()
        with mg.no_grad():
            parts = [_rows(inputs, judged[i : i + BATCH]) for i in range(0, len(judged), BATCH)]
            p = mg.cat([nn.functional.softmax(model(part), 1) for part in parts])
        return p.cpu().numpy()[:, 1]

    return learner


def _rows(inputs: Any, rows: Any) -> Any:
    """Those photographs, in this order."""
    return mg.stack([inputs[int(row)] for row in rows])


def over(places: Any) -> Any:
    """A learner of ``baselines`` on values that are known of all photographs."""

    def learner(learnt: Any, answers: Any, judged: Any, seed: int) -> Any:
        return support_vectors(places[learnt], answers, places[judged], seed)

    return learner


def coin(learnt: Any, answers: Any, judged: Any, seed: int) -> Any:
    """Anything."""
    return np.random.default_rng(seed).random(len(judged))


def runs(
    learner: Any, photographs: Photographs, cut: str, seeds: Sequence[int], head: str = ""
) -> Iterator[Run]:
    """The figures of one split after another."""
    alone = np.arange(len(photographs.labels))
    for seed in seeds:
        groups = alone if cut == "photograph" else photographs.outfits
        learnt, judged = random_cut(groups, SHARE, seed)
        p = learner(learnt, photographs.labels[learnt], judged, seed)
        yield scored(p, photographs.labels[judged])
        if head and (seed + 1) % 10 == 0:
            tell(f"{head}: {seed + 1} splits")


def summary(found: Sequence[Run]) -> dict[str, Any]:
    """Of each figure its mean, deviation and quantiles over the splits, and where the report's two lie: the
    share of splits that had less, those that had as much counting half.
    """
    told: dict[str, Any] = {}
    for name in SCORES:
        values = np.array([run[name] for run in found if run[name] is not None])
        if not len(values):  # the precision of heads that never said "harmonious"
            told[name] = {"splits": 0}
            continue
        low, middle, high = np.percentile(values, [2.5, 50, 97.5])
        told[name] = {
            "mean": round(float(values.mean()), 4),
            "deviation": round(float(values.std(ddof=1)), 4) if len(values) > 1 else None,
            "2.5 %": round(float(low), 4),
            "median": round(float(middle), 4),
            "97.5 %": round(float(high), 4),
            "splits": len(values),
            "below the report": {
                row: round(
                    float(
                        np.mean(values < own[name] - 0.005) + np.mean(abs(values - own[name]) <= 0.005) / 2
                    ),
                    3,
                )
                for row, own in REPORT.items()
            },
        }
    return told


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m models.outfits.reported", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--photographs",
        type=Path,
        required=True,
        metavar="DIR",
        help="positive/p1/a.jpg, b.jpg, negative/...",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="DIR", help="with resnet18.safetensors; or they are fetched"
    )
    parser.add_argument(
        "--padding", choices=("symmetric", "same"), default="symmetric", help="of EfficientNet-B0"
    )
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--splits", type=count, default=100, metavar="N", help="at random, of each kind")
    parser.add_argument(
        "--training-splits", type=whole, metavar="N", help="with batch norm in training, which takes long"
    )
    parser.add_argument(
        "--views", type=count, default=VIEWS, metavar="N", help=f"where it is augmented (default {VIEWS})"
    )
    parser.add_argument("--device", default="cpu", help='"cuda" for those with batch norm in training')
    parser.add_argument("--output", type=Path, default=Path("output/outfits"), metavar="DIR")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the figures to this file, too")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all of it; what one network gave in training mode is kept line by line, and gone on with."""
    options = read_options(arguments)
    try:
        figures = study(options)
    except OSError as error:
        tell(f"python -m models.outfits.reported: {what_to_do(error, options.output)}")
        return 1
    except DataError as error:
        tell(f"python -m models.outfits.reported: {error}")
        return 1
    except KeyboardInterrupt:
        tell("python -m models.outfits.reported: stopped. The same command goes on.")
        return 130
    options.output.mkdir(parents=True, exist_ok=True)
    write_json(options.results or options.output / "reported.json", figures)
    return 0


def study(options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    wardrobe, outfits = read_reported(options.photographs)
    photographs = apart(outfits)
    images = wardrobe.images(options.output / "photographs").data[photographs.places]
    seeds = range(options.splits)
    learnt, judged = random_cut(np.arange(len(images)), SHARE, 0)
    learners: dict[str, Any] = {
        "coin": coin,
        "colour histograms": over(histograms(images)),
        "CIELAB": over(colours(images)),
    }
    table: dict[str, Any] = {}
    for (name, learner), cut in product(learners.items(), CUTS):
        table.setdefault(name, {})[f"by {cut}"] = summary(list(runs(learner, photographs, cut, seeds)))
    folded = {}
    for name in options.networks:
        trunk = pretrained(name, options.weights, options.padding)
        seen = trunk.features(images, options.output / "features", _progress(name))
        moved = stacked(
            [
                trunk.features(view, options.output / "features", _progress(name))
                for view in views(images, options.views)
            ]
        )
        for (mode, values), cut in product({"evaluation": seen, "augmented": moved}.items(), CUTS):
            found = list(runs(in_evaluation(values), photographs, cut, seeds))
            table.setdefault(f"{name}, {mode}", {})[f"by {cut}"] = summary(found)
        number = options.splits if options.training_splits is None else options.training_splits
        if number:
            inputs, key = trunk.scaled.batch(images), _key(trunk, images)
            folded[name] = is_folded(trunk.model)
            if folded[name]:
                unfold(trunk.model, [inputs[i : i + BATCH] for i in range(0, len(inputs), BATCH)])
            trunk.model.to(options.device)
            learner = in_training(trunk, inputs.to(options.device))
            for cut in CUTS:
                kept = options.output / f"{name}-training-{cut}-{key}.jsonl"
                found = _gone_on_with(
                    learner, photographs, cut, range(number), kept, f"{name}, training, by {cut}"
                )
                table.setdefault(f"{name}, training", {})[f"by {cut}"] = summary(found)
    return {
        "study": f"{len(images)} photographs of {len(outfits)} outfits, the answer of its outfit for each; "
        f"{len(learnt)} learnt from, {len(judged)} judged",
        "head": {"epochs": EPOCHS, "batch": BATCH, "optimiser": "Adam", "rate": RATE},
        "splits": options.splits,
        "views": options.views,
        "batch norm": {
            name: "folded, statistics of these photographs" if f else "as published"
            for name, f in folded.items()
        },
        "report": REPORT,
        "results": table,
    }


def _key(trunk: Trunk, images: Any) -> str:
    """A hash of the network and of the photographs: other ones, other runs."""
    digest = hashlib.sha256(repr((trunk.model, SHARE, EPOCHS, BATCH, RATE)).encode())
    digest.update(np.ascontiguousarray(images).data)
    for name, value in trunk.model.state_dict().items():
        digest.update(name.encode())
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


def _progress(name: str) -> Any:
    return lambda done, of: (
        tell(f"{name}: looked at {done} of {of}") if done % 160 == 0 or done == of else None
    )


def _gone_on_with(
    learner: Any, photographs: Photographs, cut: str, seeds: Sequence[int], kept: Path, head: str
) -> list[Run]:
    """The runs of these seeds, and of more if the file has more: what is in it is read, the others are made
    and added to it.
    """
    kept.parent.mkdir(parents=True, exist_ok=True)
    with one_process(kept, "adding to"):
        lines = kept.read_bytes().splitlines(keepends=True) if kept.exists() else []
        lines = [line for line in lines if line.endswith(b"\n")]
        write_whole(kept, b"".join(lines))  # no half of a line
        found = [json.loads(line) for line in lines]
        with kept.open("a", encoding="utf-8") as file:
            for run in runs(learner, photographs, cut, seeds[len(found) :], head):
                found.append(run)
                file.write(json.dumps(run) + "\n")
                file.flush()
                os.fsync(file.fileno())
    return found


if __name__ == "__main__":
    sys.exit(main())

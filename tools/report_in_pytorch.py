"""Train a network of a report in PyTorch, with the recipe's settings: is it the engine, or is it luck?

    python tools/report_in_pytorch.py fashion-own --seeds 0 1

needs PyTorch. The network is that of models/ with torch's layers, its first weights are drawn as the recipe
says, and the validation images are the last tenth; order and dropout are PyTorch's own. Each epoch leaves a
checkpoint in the output folder, from which a run that was cut off goes on. The figures go to
docs/results/report_in_pytorch.json; those of other networks and seeds stay.
"""

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.frameworks import torch_models  # noqa: E402 (from this checkout)
from lessons.reports.recipes import RECIPES, Recipe  # noqa: E402
from lessons.reports.training import load  # noqa: E402

RESULTS = ROOT / "docs" / "results" / "report_in_pytorch.json"
NAMES = [r.name for r in RECIPES if r.report == "002"]


def network(recipe: Recipe) -> torch.nn.Module:
    """The recipe's network of torch's layers, with its first weights."""
    file = inspect.getmodule(recipe.build).__name__.rpartition(".")[2]  # type: ignore[union-attr]
    model: torch.nn.Module = getattr(torch_models.models(file), recipe.build.__name__)(**recipe.options)
    for layer in model.modules():
        if recipe.start and isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    return model


def tensors(images: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """All images of a data set, from 0 to 1, and their classes."""
    x = np.stack([np.asarray(image, np.float32) for image, _ in images])
    return torch.tensor(x), torch.tensor([int(label) for _, label in images])


def random_states(device: torch.device) -> list[torch.Tensor]:
    """Of the order, which is drawn on the CPU, and of the dropout on the device."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state()] if device.type == "cuda" else states


def scores(model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """(loss, accuracy)"""
    model.eval()
    with torch.no_grad():
        outputs = torch.cat([model(part) for part in x.split(500)])
    loss = torch.nn.functional.cross_entropy(outputs, y).item()
    return loss, (outputs.argmax(1) == y).float().mean().item()


def train(recipe: Recipe, seed: int, data: list[Any], epochs: int, checkpoint: Path) -> dict[str, Any]:
    """The test figures of one training with early stopping and the best weights, where the data are."""
    (x, y), held_out, test = data
    torch.manual_seed(seed)
    model = network(recipe).to(x.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, recipe.decay)
    history: list[tuple[float, float]] = []  # validation loss and accuracy
    best: dict[str, Any] = {}
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False, map_location="cpu")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"][0])
        if x.is_cuda:
            torch.cuda.set_rng_state(state["random"][1])
        history, best = state["history"], state["best"]
    while len(history) < epochs and not _stop(history, recipe.patience):
        model.train()
        for rows in torch.randperm(len(x)).to(x.device).split(recipe.batch_size):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        schedule.step()
        history.append(scores(model, *held_out))
        if _lowest(history) == len(history) - 1:
            best = {key: value.clone() for key, value in model.state_dict().items()}
        print(f"{recipe.name}-{seed} {len(history)}/{epochs}: val {history[-1]}", flush=True)
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": best}
        state |= {"schedule": schedule.state_dict(), "random": random_states(x.device), "history": history}
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
    model.load_state_dict(best)
    loss, accuracy = scores(model, *test)
    kept = 1 + _lowest(history)
    return {
        "test": {"loss": round(loss, 4), "accuracy": round(accuracy, 4)},
        "validation": {"loss": round(history[kept - 1][0], 4), "accuracy": round(history[kept - 1][1], 4)},
        "epochs": len(history),
        "device": torch.cuda.get_device_name() if x.is_cuda else "cpu",
        "kept epoch": kept,
    }


def _stop(history: list[tuple[float, float]], patience: int) -> bool:
    return bool(history) and len(history) - 1 - _lowest(history) >= patience


def _lowest(history: list[tuple[float, float]]) -> int:
    """The first epoch with the lowest validation loss, counted from 0."""
    losses = [loss for loss, _ in history]
    return losses.index(min(losses))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__), formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument(
        "--output", type=Path, default=Path("output/report_in_pytorch"), help="for checkpoints"
    )
    parser.add_argument("--epochs", type=int, help="fewer than the recipe's, for a try")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    recipe = next(recipe for recipe in RECIPES if recipe.name == options.name)
    images = load(recipe.data, options.data)
    x, y = tensors(images.learning)
    kept = len(x) - len(x) // 10
    parts = [(x[:kept], y[:kept]), (x[kept:], y[kept:]), tensors(images.test)]
    data = [(x.to(options.device), y.to(options.device)) for x, y in parts]
    options.output.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        epochs = options.epochs or recipe.epochs
        run = train(recipe, seed, data, epochs, options.output / f"{recipe.name}-{seed}.pt")
        record = json.loads(options.results.read_text(encoding="utf-8")) if options.results.exists() else {}
        settings = {
            **recipe.options, "learning rate": recipe.learning_rate, "decay": recipe.decay,
            "batch size": recipe.batch_size, "epochs at most": epochs, "patience": recipe.patience,
        }  # fmt: skip
        entry = record.setdefault(recipe.name, {"settings": settings, "torch": torch.__version__, "runs": {}})
        if entry["settings"] != settings:
            entry.update(settings=settings, torch=torch.__version__, runs={})
        entry["runs"][str(seed)] = run
        options.results.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"{recipe.name}, seed {seed}: {run}")


if __name__ == "__main__":
    main()

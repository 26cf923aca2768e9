"""Let a program do what learners' programs do, for an hour, and see whether anything grows.

    python tools/soak.py --minutes 60 --results docs/results/soak.json

Each round trains with a loader's threads, writes a checkpoint and goes on from it, evaluates, draws, makes
mistakes on purpose, trains in two threads at once, and forks. After each round the process is asked how much
memory it holds, and how many files, threads, tensors, nodes and records of writes. The lines through what it
said, and a picture of the memory, are the results. It ends with an error if something is not flat.
"""

import argparse
import gc
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import minigrad as mg  # noqa: E402 (from this checkout)
from minigrad import nn, optim, train, viz  # noqa: E402
from minigrad.data import DataLoader, Dataset, FashionMNIST, Subset  # noqa: E402
from minigrad.engine import writes  # noqa: E402
from minigrad.engine.graph import Node  # noqa: E402
from minigrad.errors import CheckpointError  # noqa: E402
from minigrad.evaluation import Evaluation  # noqa: E402
from tools.flatness import Trend, trend  # noqa: E402

Samples = dict[str, list[float]]
QUANTITIES = ("resident MB", "open files", "threads", "tensors", "nodes", "records of writes")


def shifted(image: np.ndarray) -> mg.Tensor:
    """A transform that draws random numbers."""
    rows, columns = mg.randint(-2, 3, (2,)).tolist()
    return mg.tensor(np.roll(image, (rows, columns), (0, 1))[None] / np.float32(255))


IMAGES = FashionMNIST(train=True, sample="only", transform=shifted)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8 * 13 * 13, 10),
    )


def loader(first: int, count: int, workers: int = 0) -> DataLoader[Any]:
    return DataLoader(Subset(IMAGES, range(first, first + count)), 32, shuffle=True, num_workers=workers)


def fit(folder: Path, model: nn.Module, epochs: int) -> None:
    train.fit(
        model,
        loader(0, 256, workers=2),
        nn.CrossEntropyLoss(),
        optim.Adam(model.parameters(), lr=0.003),
        epochs,
        validation=loader(512, 64),
        metrics=[train.accuracy],
        callbacks=[train.Checkpoint(folder / "run.safetensors", every_batches=4), train.ClipGradients(1.0)],
        progress=False,
        resume=epochs > 1,
    )


def train_and_go_on(folder: Path) -> None:
    """An epoch, and another one from the checkpoint with a network that has just been made."""
    for epochs in (1, 2):
        fit(folder, network(), epochs)


def evaluate(folder: Path) -> None:
    """Predictions of what was trained, and what is said of them."""
    model = network()
    model.load_state_dict(train.load_checkpoint(folder / "run.safetensors").model)
    judged = Evaluation(*train.predict(model, loader(600, 128, workers=1)), classes=range(10))
    judged.classification_report()
    viz.confusion_matrix(judged.confusion_matrix().counts, range(10)).save(folder / "confusion.svg")


def draw(folder: Path) -> None:
    """A graph, a page that steps through it, and curves."""
    layer, x = nn.Linear(3, 2), mg.randn(2, 3)
    loss = nn.functional.mse_loss(layer(x).tanh(), mg.zeros(2, 2))
    viz.graph(loss, backward=True).save(folder / "graph.svg")
    viz.scrub(loss, folder / "page.html")
    viz.curves({"loss": [1.0, 0.5, 0.3], "val_loss": [1.1, 0.6, 0.5]}).save(folder / "curves.png")


class Torn(Dataset[Any]):
    """Its last sample cannot be read."""

    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> Any:
        if index == 63:
            raise OSError("this sample is torn on purpose")
        return IMAGES[index]


def wrong_shapes(folder: Path) -> None:
    (mg.randn(64, 3, requires_grad=True).exp() @ mg.randn(2, 64)).sum()


def backward_twice(folder: Path) -> None:
    loss = mg.randn(64, 64, requires_grad=True).exp().sum()
    loss.backward()
    loss.backward()


def a_hook_that_fails(folder: Path) -> None:
    x = mg.randn(64, 64, requires_grad=True)
    y = x.exp()
    y.register_hook(lambda gradient: 1 / 0)
    y.sum().backward()


def a_value_overwritten(folder: Path) -> None:
    x = mg.randn(64, 64, requires_grad=True)
    y = x.exp()
    y += 1
    y.sum().backward()


def a_torn_sample(folder: Path) -> None:
    for _ in DataLoader(Torn(), 8, num_workers=2):
        pass


def a_torn_checkpoint(folder: Path) -> None:
    whole = (folder / "run.safetensors").read_bytes()
    torn = folder / "torn.safetensors"
    torn.write_bytes(whole[: len(whole) // 2])
    train.load_checkpoint(torn)


MISTAKES: dict[Callable[[Path], None], type[Exception]] = {
    wrong_shapes: mg.ShapeError,
    backward_twice: RuntimeError,
    a_hook_that_fails: ZeroDivisionError,
    a_value_overwritten: RuntimeError,
    a_torn_sample: OSError,
    a_torn_checkpoint: CheckpointError,
}


def make_mistakes(folder: Path) -> None:
    """Each mistake raises its error; and a loop over a loader is left early."""
    for mistake, error in MISTAKES.items():
        try:
            mistake(folder)
        except error:
            continue
        raise AssertionError(f"{mistake.__name__} raised nothing")
    for _ in loader(0, 128, workers=2):
        break


def in_two_threads(folder: Path) -> None:
    """Two trainings at once, in threads that are new each time."""
    failed: list[BaseException] = []

    def work(name: str) -> None:
        own = folder / name
        own.mkdir(exist_ok=True)
        try:
            fit(own, network(), 1)
            with mg.no_grad():
                network().eval()(mg.randn(16, 1, 28, 28))
        except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def step_in_a_child() -> None:
    model = network()
    nn.functional.cross_entropy(model(mg.randn(8, 1, 28, 28)), mg.zeros(8).long()).backward()


def fork(folder: Path) -> None:
    """A step of training in a child that has all that this process has."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return
    child = multiprocessing.get_context("fork").Process(target=step_in_a_child)
    child.start()
    child.join(60)
    if child.exitcode != 0:
        child.kill()
        raise AssertionError(f"a forked child ended with {child.exitcode}")
    child.close()


ROUND = (train_and_go_on, evaluate, draw, make_mistakes, in_two_threads, fork)


def sample() -> dict[str, float]:
    """What the process holds now."""
    kinds = Counter(map(type, gc.get_objects()))
    own = Path("/proc/self")
    return {
        "resident MB": int((own / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "open files": len(os.listdir(own / "fd")),
        "threads": len(os.listdir(own / "task")),
        "tensors": kinds[mg.Tensor] + kinds[nn.Parameter],
        "nodes": kinds[Node],
        "records of writes": len(writes._writes),
    }


def soak(minutes: float, folder: Path) -> Samples:
    """Rounds until the time is over, with a sample after each."""
    samples: Samples = {name: [] for name in ("minutes", *QUANTITIES)}
    began = time.monotonic()
    while time.monotonic() < began + 60 * minutes:
        for part in ROUND:
            part(folder)
        for name, value in {"minutes": (time.monotonic() - began) / 60, **sample()}.items():
            samples[name].append(value)
    return samples


def thinned(samples: Samples, most: int = 120) -> Samples:
    """At most so many of the samples, evenly over time: a file that can be read."""
    step = -(-len(samples["minutes"]) // most)
    return {name: [round(value, 3) for value in values[::step]] for name, values in samples.items()}


def report(samples: Samples, trends: dict[str, Trend]) -> dict[str, Any]:
    """What goes into the file of results."""
    return {
        "minutes": round(samples["minutes"][-1], 1),
        "rounds": len(samples["minutes"]),
        "a round": [part.__name__.replace("_", " ") for part in ROUND],
        "mistakes in a round": [mistake.__name__.replace("_", " ") for mistake in MISTAKES],
        "flat": all(found.flat for found in trends.values()),
        "trends": {
            name: {
                key: value if isinstance(value, bool) else round(value, 3)
                for key, value in asdict(found).items()
            }
            for name, found in trends.items()
        },
        "samples": thinned(samples),
        "versions": {
            "minigrad": mg.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "threads": mg.get_num_threads(),
        },
    }


def picture(samples: Samples) -> viz.Chart:
    """Memory, and what is counted, over time."""
    at = samples["minutes"]
    counts = {name: (at, samples[name]) for name in ("open files", "threads")}
    graphs = {name: (at, samples[name]) for name in ("tensors", "nodes", "records of writes")}
    return viz.beside(
        viz.lines({"resident": (at, samples["resident MB"])}, title="Memory", x="minutes", y="MB"),
        viz.lines(counts, title="Files and threads", x="minutes"),
        viz.lines(graphs, title="Objects", x="minutes"),
        columns=1,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train, evaluate, draw and fail for an hour: what grows?")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--results", type=Path, default=ROOT / "docs/results/soak.json")
    options = parser.parse_args()
    if not Path("/proc/self/statm").exists():
        sys.exit("soak: what the process holds is read from /proc, which Linux has; run it there.")
    mg.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        samples = soak(options.minutes, Path(folder))
    trends = {name: trend(samples["minutes"], samples[name]) for name in QUANTITIES}
    found = report(samples, trends)
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(found, indent=1) + "\n")
    picture(samples).save(options.results.with_suffix(".svg"))
    for name, one in trends.items():
        print(f"{name}: {one.level:.1f}, {one.per_hour:+.2f} an hour ({one.low:+.2f} to {one.high:+.2f})")
    if not found["flat"]:
        sys.exit(f"Not flat: {', '.join(name for name, one in trends.items() if not one.flat)}")


if __name__ == "__main__":
    main()

"""What is crashed: each program that writes files that somebody else reads or that must not be lost."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import minigrad as mg
from minigrad import nn, optim, train, viz
from minigrad.course import exercises
from minigrad.course.folder import Folder
from minigrad.data import DataLoader, TensorDataset
from minigrad.evaluation import kept_features
from minigrad.files import write_array
from models.lookbook.search import study as search
from models.lookbook.search.ranges import found_best
from models.lookbook.settings import Settings
from models.lookbook.stages import Stage, about, alone, run, what_to_do
from models.outfits import reported
from models.outfits.labelling import Labels
from models.outfits.outfits import drawn_pairs
from models.outfits.tables import read_table
from models.outfits.wardrobe import Garment, Wardrobe
from tools.crashes.trial import Victim

ROOT = Path(__file__).resolve().parent.parent.parent


class Told:
    """A list outside of the crashed folder: what a program has said to be done must be found there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, word: str) -> None:
        number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(number, f"{word}\n".encode())
        os.close(number)

    def must_be_in(self, found: Any) -> None:
        words = self.path.read_text().split("\n")[:-1] if self.path.exists() else []
        missing = [word for word in words if word not in found]
        if missing:
            raise AssertionError(f"told to be done, and lost: {missing}")


# Weights and checkpoints ------------------------------------------------------------------------------------


def save_weights(folder: Path) -> None:
    for version in range(12):
        mg.save({"w": mg.full((60, 60), float(version))}, folder / "model.safetensors")


def look_at_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    if path.exists():
        values = np.unique(mg.load(path)["w"].numpy())
        assert len(values) == 1, f"a mixture of versions: {values}"


def train_with_checkpoints(folder: Path) -> None:
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 40), nn.ReLU(), nn.Linear(40, 2))
    data = TensorDataset(mg.randn(40, 4), mg.arange(40) % 2)
    train.fit(
        model,
        DataLoader(data, 8, shuffle=True),
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        3,
        callbacks=[
            train.Checkpoint(folder / "run.safetensors", every_batches=1, keep=2),
            train.BestCheckpoint(folder / "best.safetensors", "loss"),
        ],
        progress=False,
        resume=True,
    )


def look_at_checkpoints(folder: Path) -> None:
    for path in folder.glob("*.safetensors"):
        train.load_checkpoint(path)


def weights_of(folder: Path) -> Any:
    return {
        path.name: {name: value.numpy().tolist() for name, value in train.load_checkpoint(path).model.items()}
        for path in sorted(folder.glob("*.safetensors"))
    }


# What is kept of a computation ------------------------------------------------------------------------------


def features(folder: Path) -> None:
    mg.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 200), nn.Linear(200, 3)).eval()
    images = np.random.default_rng(0).random((24, 3, 4, 4), np.float32)
    kept_features(model, images, folder / "features", together=2)


def look_at_features(folder: Path) -> None:
    for path in (folder / "features").glob("[!.]*.npy"):
        assert np.load(path).shape == (2, 200)


def save_pictures(folder: Path) -> None:
    for version in range(1, 4):
        viz.lines({"loss": ([1, 2, 3], [3, 2, version])}).save(folder / "curves.png")


def look_at_pictures(folder: Path) -> None:
    for path in folder.glob("*.png"):
        Image.open(path).load()


COMPILE = """
import numpy as np, minigrad as mg
from minigrad import nn
def step():
    mg.manual_seed(0)
    layer, x = nn.Linear(3, 2), mg.ones(4, 3)
    optimizer = mg.optim.Adam(layer.parameters(), lr=0.1)
    nn.functional.cross_entropy(layer(x), mg.tensor([0, 1, 0, 1])).backward()
    optimizer.step()
    return layer.weight.detach().numpy().copy()
fast = step()
with mg.backend("reference"):
    np.testing.assert_allclose(fast, step(), rtol=1e-5)
"""


def compile_loops(folder: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    os.execve(sys.executable, [sys.executable, "-W", "error", "-c", COMPILE], environment)


def nothing(folder: Path) -> Any:
    """Who looks is the next run alone; it computes the right numbers."""


# Stages of the lookbook, and the search ---------------------------------------------------------------------


def _stage(name: str, needs: tuple[str, ...] = ()) -> Stage:
    def make(settings: Settings, folders: dict[str, Path], folder: Path) -> dict[str, Any]:
        total = sum(float(np.load(folders[need] / "a.npy").sum()) for need in needs) + 1
        write_array(folder / "a.npy", np.full(3000, total))
        return {"sum": total}

    return Stage(name, ("seed",), needs, make, str)


STAGES = (_stage("one"), _stage("two", ("one",)), _stage("three", ("one", "two")))


def make_stages(folder: Path) -> None:
    def work() -> None:
        run(STAGES, Settings(folder), "three")
        run(STAGES, Settings(folder), "two", anew=True)

    if alone("stages", folder, work):
        raise SystemExit(1)


def look_at_stages(folder: Path) -> None:
    for stage in folder.glob("*-*"):
        if not stage.name.endswith((".part", ".old")):
            assert np.load(stage / "a.npy").shape == (3000,) and about(stage)["sum"] > 0


EXPERIMENTS = 5


def make_experiments(folder: Path, told: Told) -> None:
    def experiment(settings: Any, folders: Any, values: dict[str, Any], longest: int, report: Any) -> float:
        report(1.0, 3)
        return float(values["noise"])

    def work() -> None:
        (folder / "search").mkdir(exist_ok=True)
        book = search.opened(folder / "search" / search.BOOK, "one", 0, 30)
        search.recover(book)
        for count in range(1, EXPERIMENTS + 1):
            search.work(book, Settings(folder), {}, count, 30)
            told.add(str(count))
        search.save(book, folder / "search" / "experiments.json", {})

    search.experiment = experiment  # type: ignore[assignment]
    try:
        status = alone("search", folder, work)
    except search.book_errors() as error:
        from models.lookbook.search.__main__ import book_in_words

        sys.stderr.write(book_in_words(error, folder))
        status = 1
    if status:
        raise SystemExit(1)


def look_at_experiments(folder: Path, told: Told) -> None:
    if (folder / "search" / "experiments.json").exists():
        json.loads((folder / "search" / "experiments.json").read_text())
    path = folder / "search" / search.BOOK
    count = 0
    if path.exists():
        with sqlite3.connect(path) as book:
            there = book.execute("select name from sqlite_master where name = 'trials'").fetchall()
            query = "select count(*) from trials where state in ('COMPLETE', 'PRUNED')"
            count = book.execute(query).fetchone()[0] if there else 0
    told.must_be_in([str(i) for i in range(1, count + 1)])


def experiments_of(folder: Path) -> Any:
    """How many came to an end, and whether the report's settings are among them."""
    rows = json.loads((folder / "search" / "experiments.json").read_text())["experiments"]
    ended = [row for row in rows if row["state"] in ("complete", "pruned")]
    best = found_best(30)
    return len(ended), sum({name: row.get(name) for name in best} == best for row in ended)


# What a person has done -------------------------------------------------------------------------------------


def solve_exercises(folder: Path, told: Told) -> None:
    course = Folder(folder)
    course.fill()
    for exercise in list(exercises.every())[:10]:
        if course.record(exercise).solved is None:
            with course.noting(exercise) as record:
                record.solve()
            told.add(exercise.name)


def look_at_exercises(folder: Path, told: Told) -> None:
    course = Folder(folder)
    told.must_be_in([name for name, record in course.records.items() if record.solved])
    for lesson in exercises.lessons():
        for number, exercise in enumerate(exercises.of_lesson(lesson), 1):
            assert course.source(exercise) in (None, exercise.file(number)), f"half of {exercise.name}"


def label(folder: Path, told: Told, wardrobe: Wardrobe, pairs: list[tuple[int, int]]) -> None:
    def work() -> None:
        labels = Labels(wardrobe, pairs, folder / "labels.csv")
        for number in range(len(pairs)):
            labels.save(number, ("harmonious", "clashing", "skip")[number % 3])
            told.add(repr(labels.names[number]))

    _with_words(work, folder)


def look_at_labels(folder: Path, told: Told) -> None:
    table = folder / "labels.csv"
    found = read_table(table) if table.exists() and table.stat().st_size else {}
    told.must_be_in([repr(names) for names in found])


def answers_of(folder: Path) -> Any:
    """The answers, by the photographs' names: the table has paths that start where it lies."""
    answers = read_table(folder / "labels.csv")
    return [(Path(top).name, Path(bottom).name, answer) for (top, bottom), answer in answers.items()]


def make_runs(folder: Path, told: Told) -> None:
    def runs(learner: Any, photographs: Any, cut: str, seeds: range, head: str) -> Iterator[dict[str, Any]]:
        for seed in seeds:
            yield {"seed": seed, "scores": {"accuracy": seed / 10, "more": [0.5] * 400}}

    reported.runs = runs  # type: ignore[assignment]

    def work() -> None:
        found = reported._gone_on_with(None, None, "outfit", range(8), folder / "runs.jsonl", "")  # type: ignore[arg-type]
        assert [one["seed"] for one in found] == list(range(8))

    _with_words(work, folder)


def look_at_runs(folder: Path) -> None:
    path = folder / "runs.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    seeds = [json.loads(line)["seed"] for line in lines if line.endswith(b"\n")]
    assert all(b - a == 1 for a, b in pairwise(seeds)), seeds


def _with_words(work: Callable[[], None], folder: Path) -> None:
    """As the programs do it that have this work in them: an error of the disk is told with what to do."""
    try:
        work()
    except OSError as error:
        sys.stderr.write(what_to_do(error, folder))
        raise SystemExit(1) from error


def victims(shared: Path) -> list[Victim]:
    """All of them; what they read lies in ``shared``, and what they have told."""
    from tools.crashes.sets import victims_of_data

    told = Told(shared / "told")
    wardrobe = Wardrobe(
        [
            Garment(str(shared / f"{'photograph ' * 12}{i}.png"), ("top", "bottom")[i % 2], "shirt", "Red")
            for i in range(12)
        ],
        "photographs with long names",
    )
    pairs = drawn_pairs(wardrobe, 24)
    return [
        Victim("weights", "saves a model 12 times into one file", save_weights, look_at_weights),
        Victim(
            "checkpoints",
            "trains, with a checkpoint after each batch, copies of the last two, and the best",
            train_with_checkpoints,
            look_at_checkpoints,
            one=True,
            warm=True,
            same=weights_of,
        ),
        *victims_of_data(shared),
        Victim("features", "keeps what a network sees, 12 files", features, look_at_features, warm=True),
        Victim(
            "pictures",
            "draws a picture three times into one file",
            save_pictures,
            look_at_pictures,
            warm=True,
        ),
        Victim(
            "compiled loops",
            "compiles the loops of a training step into numba's cache",
            compile_loops,
            nothing,
            begins=False,
            manages=True,
            same=nothing,
        ),
        Victim(
            "stages",
            "makes three results of which one needs another, and one of them anew",
            make_stages,
            look_at_stages,
            kept=(".lock",),
            refuses="another run is at work",
        ),
        Victim(
            "search",
            f"makes {EXPERIMENTS} experiments, noted in Optuna's SQLite file",
            lambda folder: make_experiments(folder, told),
            lambda folder: look_at_experiments(folder, told),
            kept=(".lock",),
            refuses="another run is at work",
            same=experiments_of,
        ),
        Victim(
            "progress",
            f"makes a learner's folder and notes ten of {len(list(exercises.every()))} exercises as solved",
            lambda folder: solve_exercises(folder, told),
            lambda folder: look_at_exercises(folder, told),
            kept=(".progress.lock",),
        ),
        Victim(
            "labels",
            "notes 24 answers of the labelling page",
            lambda folder: label(folder, told, wardrobe, pairs),
            lambda folder: look_at_labels(folder, told),
            same=answers_of,
        ),
        Victim(
            "runs",
            "adds eight lines to the study's list of runs",
            lambda folder: make_runs(folder, told),
            look_at_runs,
        ),
    ]

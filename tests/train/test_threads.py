"""Trainings in threads side by side, and what the threads of one program share (docs/guides/threads.md)."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((48, 1, 8, 8)).astype(np.float32)
TARGETS = RANDOM.integers(0, 3, 48)


def network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(144, 3)
    )  # fmt: skip


def side_by_side(*works: Callable[[], Any]) -> list[Any]:
    """What each returns, all begun at once, each in a thread of its own."""
    results: list[Any] = [None] * len(works)
    together = threading.Barrier(len(works), timeout=60)

    def run(place: int, work: Callable[[], Any]) -> None:
        together.wait()
        try:
            results[place] = work()
        except BaseException as error:  # noqa: BLE001 (raised by the thread that waits)
            results[place] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def trained(seed: int) -> dict[str, bytes]:
    """All the bits that a training leaves: what is drawn, dropped, averaged and stepped goes into them."""
    with mg.random.fork_rng():
        mg.manual_seed(seed)
        model = network()
        history = train.fit(
            model,
            DataLoader(TensorDataset(mg.tensor(IMAGES), mg.tensor(TARGETS)), 8, shuffle=True, num_workers=1),
            nn.CrossEntropyLoss(),
            optim.Adam(model.parameters(), lr=0.01),
            3,
            callbacks=[train.ClipGradients(1.0)],
            progress=False,
        )
        left = {name: value.numpy().tobytes() for name, value in model.state_dict().items()}
        return {**left, "losses": repr([row["loss"] for row in history.rows]).encode()}


def test_trainings_side_by_side_end_as_they_do_alone() -> None:
    alone = [trained(seed) for seed in range(3)]
    assert alone[0] != alone[1]
    assert side_by_side(*(lambda seed=seed: trained(seed) for seed in range(3))) == alone


def test_one_model_answers_in_many_threads_at_once() -> None:
    model = network().eval()
    parts = np.array_split(IMAGES, 4)

    def answers(images: Any) -> list[bytes]:
        with mg.no_grad():
            outputs = [model(mg.tensor(images)) for _ in range(5)]
        assert not any(output.requires_grad for output in outputs)
        return [output.numpy().tobytes() for output in outputs]

    alone = [answers(images) for images in parts]
    assert side_by_side(*(lambda images=images: answers(images) for images in parts)) == alone
    assert model(mg.tensor(IMAGES)).requires_grad


def test_graphs_over_one_model_are_each_threads_own() -> None:
    # autograd.grad adds to no grad: the gradients of each part of a batch, beside those of the others.
    model = network().eval()
    weights = list(model.parameters())

    def gradients(images: Any) -> list[bytes]:
        return [part.numpy().tobytes() for part in mg.autograd.grad(model(mg.tensor(images)).sum(), weights)]

    parts = np.array_split(IMAGES, 4)
    alone = [gradients(images) for images in parts]
    assert side_by_side(*(lambda images=images: gradients(images) for images in parts)) == alone


def test_a_step_in_one_thread_amid_the_graph_of_another_is_told() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    built, stepped = threading.Event(), threading.Event()

    def build() -> None:
        loss = model(mg.ones(5, 3)).sum()
        built.set()
        stepped.wait(60)
        with pytest.raises(RuntimeError, match=r"has been overwritten in\s+place since"):
            loss.backward()

    def step() -> None:
        built.wait(60)
        for weight in model.parameters():
            weight.grad = mg.ones_like(weight)
        optimizer.step()
        stepped.set()

    side_by_side(build, step)


GUIDE = (Path(__file__).parents[2] / "docs/guides/threads.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", GUIDE, re.DOTALL)


def test_the_guides_programs_print_what_stands_under_them(tmp_path: Path) -> None:
    assert len(PROGRAMS) == GUIDE.count("```python") == 2
    for program, output in PROGRAMS:
        file = tmp_path / "program.py"  # a process that is spawned imports it
        file.write_text(program, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-W", "error", file], capture_output=True, text=True, timeout=100, check=False
        )
        assert (done.stdout, done.stderr) == (output, "")

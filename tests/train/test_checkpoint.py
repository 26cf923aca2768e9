"""A checkpoint's file: what it holds, who refuses what, and that it is whole or not there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.errors import CheckpointError, DataError
from minigrad.optim import lr_scheduler
from minigrad.train.checkpoint import checksum_of
from minigrad.train.sources import same

from .conftest import Problem, make_problem


def saved(problem: Problem, path: Path, *callbacks: train.Callback, epochs: int = 2) -> Path:
    problem.fit(epochs, callbacks=[train.Checkpoint(path), *callbacks])
    return path


def go_on(problem: Problem, path: Path, *callbacks: train.Callback) -> train.History:
    return problem.fit(4, callbacks=[train.Checkpoint(path), *callbacks], resume=True)


def state(problem: Problem) -> list[Any]:
    return [p.tolist() for p in problem.model.parameters()]


def test_what_it_holds(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run.safetensors")
    held = train.load_checkpoint(path)
    assert (held.epoch, held.batch, held.between) == (2, 5, True)
    other = make_problem(seed=3)
    other.model.load_state_dict(held.model)
    again = make_problem()
    assert held.history.rows == again.fit(2).rows
    assert state(other) == state(again)
    other.optimizer.load_state_dict(held.optimizer)
    assert other.optimizer.state_dict()["state"][0]["step"].item() == 10


def test_other_programs_can_read_it(problem: Problem, tmp_path: Path) -> None:
    """The format is safetensors with JSON metadata: the weights are there under their names."""
    from safetensors import safe_open

    path = saved(problem, tmp_path / "run.safetensors")
    with safe_open(path, framework="np") as file:
        weight = file.get_tensor("model.0.weight")
        tree = json.loads(file.metadata()["minigrad"])
    assert weight.tolist() == problem.model[0].weight.tolist()
    assert tree["dict"][0] == ["minigrad checkpoint", 1]


def test_a_truncated_file_is_refused_by_name(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run.safetensors")
    whole = path.read_bytes()
    before = state(problem)
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"run\.safetensors: .*(truncated|empty).*resume=False"):
            go_on(problem, path)
    assert state(problem) == before


def test_a_changed_bit_is_refused_wherever_it_is(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run.safetensors")
    whole = path.read_bytes()
    train.load_checkpoint(path)
    for place in np.linspace(0, len(whole) - 1, 200, dtype=int):
        content = bytearray(whole)
        content[place] ^= 4
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"run\.safetensors: "):
            train.load_checkpoint(path)


def test_a_checksum_has_to_be_there(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run.safetensors")
    content = mg.load(path)
    del content["checksum"]
    mg.save(content, path)
    with pytest.raises(CheckpointError, match=r"run\.safetensors: damaged: .*resume=False"):
        train.load_checkpoint(path)


def test_a_file_of_weights_alone_is_told_from_a_checkpoint(problem: Problem, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    mg.save(problem.model.state_dict(), path)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: not a checkpoint .*load_state_dict"):
        go_on(problem, path)


def test_a_checkpoint_error_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match="neither a safetensors file nor one of PyTorch"):
        train.load_checkpoint(tmp_path / "x")


def test_another_release(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run")
    content = mg.load(path) | {"minigrad checkpoint": 99}
    mg.save(content, path)
    with pytest.raises(CheckpointError, match=r"of format 99; this minigrad .* reads format 1"):
        train.load_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.pop("random"), "it has no random"),
        (lambda content: content["position"].pop("epoch"), "it has no epoch"),
        (lambda content: content["history"].pop("rows"), "KeyError: 'rows'"),
        (lambda content: content["position"].update(batch="soon"), "invalid literal"),
        (lambda content: content["position"].update(epoch=-(10**12)), "written in epoch -1000000000000"),
        (lambda content: content.update(optimizer=[1, 2]), "TypeError"),
    ],
)
def test_a_changed_checkpoint_with_the_right_checksum(
    problem: Problem, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    path = saved(problem, tmp_path / "run")
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=rf"run: not written by a training .*{said}.*resume=False"):
        train.load_checkpoint(path)


def rewrite(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what a checkpoint holds, and the checksum with it."""
    content = mg.load(path)
    del content["checksum"]
    change(content)
    mg.save(content | {"checksum": checksum_of(content)}, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["callbacks"][0].pop("kind"),
        lambda content: content.update(callbacks=None),
        lambda content: content["random"].pop("now"),
        lambda content: content["random"]["now"].update(minigrad={"seed": 1}),
        lambda content: content["random"]["now"]["python"].update(version=9),
        lambda content: content["position"].update(means=[]),
        lambda content: content["optimizer"]["state"].update(param_groups=None),
        lambda content: content["optimizer"]["state"]["state"][0].update(step={}),
        lambda content: content["buffers"].update({"2.scale": 3}),
        lambda content: content.update(versions={}),
    ],
)
def test_a_changed_checkpoint_that_is_gone_on_from_changes_nothing(
    problem: Problem, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    problem.model[2].register_buffer("scale", mg.ones(1), persistent=False)
    path = saved(problem, tmp_path / "run")
    rewrite(path, change)
    other = make_problem(seed=1)
    other.model[2].register_buffer("scale", mg.ones(1), persistent=False)
    before, drawn = state(other), mg.random.get_rng_state()
    with pytest.raises(CheckpointError, match=r"run: not written by a training .*resume=False"):
        go_on(other, path)
    assert state(other) == before
    assert not other.optimizer.state
    assert same(mg.random.get_rng_state(), drawn)


def test_a_changed_state_of_a_callback(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run")
    rewrite(path, lambda content: content["callbacks"][0].update(state=None))
    with pytest.raises(CheckpointError, match=r"run: not written by a training .*resume=False"):
        go_on(make_problem(), path)


def test_a_checkpoint_of_another_model_changes_nothing(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run.safetensors")
    other = make_problem(seed=1)
    other.model = nn.Sequential(nn.Linear(2, 9), nn.Tanh(), nn.Dropout(0.0), nn.Linear(9, 2))
    other.optimizer = optim.Adam(other.model.parameters())
    before = state(other)
    message = r"run\.safetensors: a checkpoint of another model.*size mismatch for 0\.weight"
    with pytest.raises(CheckpointError, match=f"(?s){message}.*resume=False"):
        go_on(other, path)
    assert state(other) == before
    assert not other.optimizer.state


@pytest.mark.parametrize("buffers", [False, True])
def test_a_checkpoint_of_another_dtype_changes_nothing(
    problem: Problem, tmp_path: Path, buffers: bool
) -> None:
    if buffers:
        problem.model[2].register_buffer("scale", mg.ones(1), persistent=False)
    path = saved(problem, tmp_path / "run.safetensors")
    other = make_problem(seed=1)
    if buffers:
        other.model[2].register_buffer("scale", mg.ones(1, dtype=mg.float64), persistent=False)
    else:
        other.model.double()
        other.optimizer = optim.Adam(other.model.parameters())
    before = state(other)
    name = r"2\.scale" if buffers else r"0\.weight"
    message = rf"run\.safetensors: a checkpoint of a training in float32; here {name} is of float64\. Resume"
    with pytest.raises(CheckpointError, match=message):
        go_on(other, path)
    assert state(other) == before
    assert not other.optimizer.state
    other.model.load_state_dict(train.load_checkpoint(path).model)  # the way out that the message names
    assert state(other) == state(problem)


def test_a_checkpoint_of_another_optimiser(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run")
    other = make_problem(seed=1)
    other.optimizer = optim.SGD(other.model.parameters())
    with pytest.raises(CheckpointError, match="of a training with Adam, and this one is with SGD"):
        go_on(other, path)
    groups = [{"params": [p]} for p in other.model.parameters()]
    other.optimizer = optim.Adam(groups)
    before = state(other)
    with pytest.raises(CheckpointError, match="parameter groups of sizes"):
        go_on(other, path)
    assert state(other) == before


def test_a_checkpoint_of_other_callbacks(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run", train.EarlyStopping())
    message = "with the callbacks Checkpoint, EarlyStopping; this one has Checkpoint. Resume with the same"
    with pytest.raises(CheckpointError, match=message):
        go_on(make_problem(), path)


def test_a_checkpoint_of_another_schedule(problem: Problem, tmp_path: Path) -> None:
    step = train.Schedule(lr_scheduler.StepLR(problem.optimizer, 1))
    path = saved(problem, tmp_path / "run", step)
    other = make_problem()
    schedule = train.Schedule(lr_scheduler.ExponentialLR(other.optimizer, 0.5))
    with pytest.raises(CheckpointError, match="with StepLR, and this one is with ExponentialLR"):
        go_on(other, path, schedule)


def test_a_checkpoint_of_data_with_another_generator(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run")
    other = make_problem()
    other.training.sampler.generator = mg.Generator()
    with pytest.raises(CheckpointError, match=r"generator data\.sampler\.generator, and the checkpoint"):
        go_on(other, path)


def test_another_number_of_threads_is_told(problem: Problem, tmp_path: Path) -> None:
    path = saved(problem, tmp_path / "run")
    threads = mg.get_num_threads()
    mg.set_num_threads(threads + 1)
    try:
        with pytest.warns(
            UserWarning, match=f"written with {threads} threads, and there are {threads + 1} now"
        ):
            go_on(make_problem(), path)
    finally:
        mg.set_num_threads(threads)


def test_buffers_that_are_not_in_the_state_are_kept_too(tmp_path: Path) -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.register_buffer("calls", mg.zeros(1), persistent=False)

        def forward(self, x: mg.Tensor) -> mg.Tensor:
            if self.training:
                self.calls.add_(1)
            return self.layer(x) * (1 + self.calls)

    def problem() -> Problem:
        made = make_problem()
        made.model = Counting()
        made.optimizer = optim.SGD(made.model.parameters(), lr=0.001)
        return made

    path = saved(problem(), tmp_path / "run")
    other = problem()
    go_on(other, path)
    assert other.model.calls.item() == 20

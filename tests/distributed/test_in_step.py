"""The callbacks of a training on several ranks; that they keep ranks in step is in test_data_parallel.py."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from tests.distributed.conftest import needs_mpi, run


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("minigrad.distributed.group.is_mpi_available", lambda: False)
    dist.init_process_group()
    yield
    dist.destroy_process_group()


def fit(loader: Any, path: Path, epochs: int, resume: bool, seed: int = 0) -> list[float]:
    mg.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 2))
    history = train.fit(
        model,
        loader,
        nn.CrossEntropyLoss(),
        optim.SGD(model.parameters(), lr=0.1),
        epochs,
        callbacks=[dist.InStep(loader, seed), dist.Checkpoint(path)],
        progress=False,
        resume=resume,
    )
    return list(history["loss"])


def test_orders_and_dropout_come_again_after_a_resumption_and_differ_by_seed(
    group: None, tmp_path: Path
) -> None:
    data = TensorDataset(mg.arange(24).float().reshape(12, 2), mg.arange(12) % 2)
    loader: Any = DataLoader(data, 4, sampler=dist.DistributedSampler(data))
    whole = fit(loader, tmp_path / "a.safetensors", 4, resume=False)
    fit(loader, tmp_path / "b.safetensors", 2, resume=False)
    assert fit(loader, tmp_path / "b.safetensors", 4, resume=True) == whole
    assert fit(loader, tmp_path / "c.safetensors", 4, resume=False, seed=1) != whole
    assert loader.sampler.epoch == 4


def test_a_network_that_nobody_averages_is_told(
    group: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minigrad.distributed.in_step.get_world_size", lambda: 2)
    data = TensorDataset(mg.ones(8, 2), mg.zeros(8).long())
    with pytest.warns(
        UserWarning, match=r"each rank trains one of its own.* DistributedDataParallel\(model\)"
    ):
        loader: Any = DataLoader(data, 4, sampler=dist.DistributedSampler(data))
        fit(loader, tmp_path / "a.safetensors", 1, resume=False)


def test_ranks_that_all_go_through_all_of_the_data_are_told(
    group: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = TensorDataset(mg.ones(8, 2), mg.zeros(8).long())
    model = dist.DistributedDataParallel(nn.Linear(2, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    monkeypatch.setattr("minigrad.distributed.in_step.get_world_size", lambda: 2)
    loader = DataLoader(data, 4)
    callbacks = [dist.InStep(loader)]
    with pytest.warns(
        UserWarning, match=r"each rank goes through all of the data.*=DistributedSampler\(data\)"
    ) as caught:
        train.fit(model, loader, nn.CrossEntropyLoss(), optimizer, 1, callbacks=callbacks, progress=False)
    assert caught[0].filename == __file__


def test_data_of_unknown_length_are_refused(group: None, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must know how many batches"):
        fit(iter([(mg.ones(1, 2), mg.tensor([0]))]), tmp_path / "a.safetensors", 1, resume=False)


@needs_mpi
def test_ctrl_c_that_comes_to_one_rank_ends_all_at_the_same_place() -> None:
    """A launcher hands it on to one after the other; that they are at the same batch is chance."""
    done = run(2, "ctrl_c.py", timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "batch begins: interrupted after 1",
        "batch ends: interrupted after 1",
        "epoch ends: interrupted after 2",
    ]


@needs_mpi
def test_rank_0_alone_writes_the_files_of_a_training_and_all_go_on_from_them(tmp_path: Path) -> None:
    done = run(2, "files.py", str(tmp_path), timeout=60)
    assert done.returncode == 0, done.stderr
    assert sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*")) == [
        "0/alone.safetensors",
        "0/best.safetensors",
        "0/run.epoch-3.batch-2.safetensors",
        "0/run.epoch-3.safetensors",
        "0/run.safetensors",
        *(f"0/sheets/epoch-000{epoch}.png" for epoch in (1, 2, 3)),
        "1/alone.safetensors",
    ]

"""Collective operations between ranks, and what a rank alone may expect of them."""

import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn
from minigrad.errors import DistBackendError
from minigrad.kernels.threads import processors
from tests.distributed.conftest import ROOT, environment, mpiexec, needs_mpi, run


@needs_mpi
def test_every_collective_gives_each_rank_what_it_should() -> None:
    done = run(3, "collectives.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "right\n" * 3


@needs_mpi
@pytest.mark.parametrize("chosen", ["", "OMP_NUM_THREADS", "set_num_threads"])
def test_ranks_of_one_machine_share_its_processors(chosen: str) -> None:
    """Two threads each on two processors wait for one another: a step took twenty times as long."""
    program = "import minigrad as mg; from minigrad import distributed as dist; "
    program += "mg.set_num_threads(3); " if chosen == "set_num_threads" else ""
    program += "dist.init_process_group(); every = mg.zeros(2, dtype=mg.int64); "
    program += "dist.all_gather_into_tensor(every, mg.tensor([mg.get_num_threads()])); "
    program += "dist.get_rank() or print(every.tolist()); dist.destroy_process_group()"
    variables = {key: value for key, value in environment().items() if not key.endswith("_NUM_THREADS")}
    if chosen == "OMP_NUM_THREADS":
        variables[chosen] = "5"
    done = subprocess.run(
        [str(mpiexec()), "-n", "2", sys.executable, "-m", "mpi4py", "-c", program],
        env=variables, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    threads = {"": max(1, len(processors()) // 2), "OMP_NUM_THREADS": 5, "set_num_threads": 3}[chosen]
    assert done.stdout == f"{[threads] * 2}\n"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setattr("minigrad.distributed.group.is_mpi_available", lambda: False)


def test_a_program_alone_is_a_group_of_one(alone: None) -> None:
    with pytest.raises(ValueError, match=r"get_rank: .* call init_process_group\(\) first"):
        dist.get_rank()
    dist.init_process_group(world_size=1, rank=0)
    try:
        assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "mpi")
        x = mg.tensor([1.0, 2.0])
        dist.all_reduce(x, dist.ReduceOp.AVG)
        dist.broadcast(x, 0)
        dist.barrier()
        both = mg.zeros(1, 2)
        dist.all_gather_into_tensor(both, x)
        assert both.tolist() == [[1.0, 2.0]]
        with pytest.raises(TypeError, match="all_reduce: expected a Tensor, got a list"):
            dist.all_reduce([1.0])  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"op must be one of ReduceOp.SUM, .* got 'sum'"):
            dist.all_reduce(x, op="sum")  # type: ignore[arg-type]
        model = dist.DistributedDataParallel(nn.Linear(2, 2))
        twin = nn.Linear(2, 2)
        twin.load_state_dict(model.module.state_dict())
        for network in (model, twin):
            network(x[None]).square().sum().backward()
        assert model.module.weight.grad.tolist() == twin.weight.grad.tolist()
        with pytest.raises(RuntimeError, match="there is a group already"):
            dist.init_process_group()
    finally:
        dist.destroy_process_group()


@pytest.mark.parametrize("launcher", ["PMI_SIZE", "WORLD_SIZE"])  # mpiexec, torchrun
def test_ranks_that_were_started_and_cannot_meet_are_told_how(
    alone: None, monkeypatch: pytest.MonkeyPatch, launcher: str
) -> None:
    monkeypatch.setenv(launcher, "4")
    with pytest.raises(DistBackendError, match=r"4 ranks were started.*pip install mpi4py"):
        dist.init_process_group()


@needs_mpi
def test_ranks_that_the_launcher_of_another_mpi_has_started_are_told_so() -> None:
    """Else each would take itself for the only one, and write the same files."""
    program = "from minigrad import distributed as dist; dist.init_process_group()"
    environment = os.environ | {"MV2_COMM_WORLD_SIZE": "2"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode
    assert re.search(r"DistBackendError: .* 2 ranks were started .* mpi4py, .*, knows of one", done.stderr)


def test_what_the_launcher_decides_cannot_be_said_otherwise(alone: None) -> None:
    with pytest.raises(RuntimeError, match="world_size=3, but the launcher has said 1"):
        dist.init_process_group(world_size=3)
    with pytest.raises(NotImplementedError, match="init_method"):
        dist.init_process_group(init_method="env://")
    with pytest.raises(ValueError, match="'gloo'"):
        dist.init_process_group("gloo")
    with pytest.raises(ValueError, match="timeout must be above 0"):
        dist.init_process_group(timeout=timedelta(0))
    if not dist.is_nccl_available():
        with pytest.raises(DistBackendError, match="backend='nccl' needs an NVIDIA GPU"):
            dist.init_process_group("nccl")
    assert not dist.is_initialized()

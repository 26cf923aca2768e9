"""Many machines: data-parallel training by MPI, under the names of torch.distributed.

    from minigrad import distributed as dist

    dist.init_process_group()
    sampler = dist.DistributedSampler(data)
    model = dist.DistributedDataParallel(model)

    mpiexec -n 2 python -m mpi4py program.py

Each process, a rank, has the whole network and a part of each batch. The ranks begin with the same weights
and average their gradients while backward goes on, so they take the same steps. MPI comes by mpi4py
(``pip install mpi4py``) and is loaded by ``init_process_group``; a program that is started without
mpiexec is a group of one rank.
"""

from minigrad.distributed.collectives import (
    ReduceOp,
    all_gather_into_tensor,
    all_reduce,
    barrier,
    broadcast,
)
from minigrad.distributed.data_parallel import DistributedDataParallel
from minigrad.distributed.group import (
    destroy_process_group,
    get_backend,
    get_rank,
    get_world_size,
    init_process_group,
    is_available,
    is_initialized,
    is_mpi_available,
    is_nccl_available,
)
from minigrad.distributed.in_step import Checkpoint, InStep
from minigrad.distributed.sampler import DistributedSampler
from minigrad.distributed.sync_batch_norm import SyncBatchNorm
from minigrad.distributed.work import Work
from minigrad.errors import DistBackendError

__all__ = [
    "Checkpoint",
    "DistBackendError",
    "DistributedDataParallel",
    "DistributedSampler",
    "InStep",
    "ReduceOp",
    "SyncBatchNorm",
    "Work",
    "all_gather_into_tensor",
    "all_reduce",
    "barrier",
    "broadcast",
    "destroy_process_group",
    "get_backend",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_initialized",
    "is_mpi_available",
    "is_nccl_available",
]

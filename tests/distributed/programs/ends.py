"""A rank that does not come: each argument is a way. The others are to end with a message."""

import os
import signal
import sys
import time
from datetime import timedelta

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn

way, timeout = sys.argv[1], float(sys.argv[2])
if way == "never begins" and "1" in map(os.environ.get, ("PMI_RANK", "OMPI_COMM_WORLD_RANK")):
    time.sleep(1000)
dist.init_process_group(timeout=timedelta(seconds=timeout))
rank = dist.get_rank()
sys.stdout.write(f"began {rank}\n")
sys.stdout.flush()
network = nn.Sequential(nn.Linear(3, 3))
if way == "another network" and rank == 1:
    network[0].weight.requires_grad_(False)
model = dist.DistributedDataParallel(network)
for step in range(10**9):
    if rank == 1 and step == 3:
        if way == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        if way == "raises":
            raise ValueError("of rank 1 alone")
        if way == "destroys":
            try:
                raise ValueError("of rank 1 alone")
            finally:
                dist.destroy_process_group()
        if way == "leaves":
            break
        if way == "hangs":
            time.sleep(1000)
        if way == "another shape":
            dist.all_reduce(mg.ones(8))
        if way == "another operation":
            dist.barrier()
    elif step == 3 and way.startswith("another"):
        dist.all_reduce(mg.ones(3))
    loss = model(mg.ones(2, 3)).sum()
    if way == "unused" and rank == 1 and step == 3:
        loss = (model(mg.ones(2, 3)).detach() * model.module[0].bias).sum()
    loss.backward()

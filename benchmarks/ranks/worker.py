"""One rank: steps of report 001's CNN in its share of each batch. The first rank prints milliseconds a step.

`python -m benchmarks.ranks.worker BATCH STEPS`, by mpiexec or alone.
"""

import json
import sys
import time

import minigrad as mg
from minigrad import distributed as dist
from minigrad import nn, optim
from models.cnn import small_cnn


def main() -> None:
    batch, steps = map(int, sys.argv[1:])
    dist.init_process_group()
    rank, size = dist.get_rank(), dist.get_world_size()
    mg.manual_seed(0)
    model: nn.Module = small_cnn()
    if size > 1:
        model = dist.DistributedDataParallel(model)
    optimizer = optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()
    own = slice(rank * batch // size, (rank + 1) * batch // size)
    x, y = mg.randn(batch, 1, 28, 28)[own], mg.randint(0, 10, (batch,))[own]
    seconds = []
    for number in range(steps + 3):  # the first ones compile
        dist.barrier()
        began = time.perf_counter()
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
        dist.barrier()
        if number >= 3:
            seconds.append(time.perf_counter() - began)
    dist.destroy_process_group()
    if rank == 0:
        print(json.dumps(seconds))


if __name__ == "__main__":
    main()

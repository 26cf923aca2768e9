"""
Lesson 23: one network, many machines
=====================================

One machine has so many cores. What if we want to train with two machines, or a thousand? The simplest way is
to give each the whole network and a part of each batch. Every machine works out its part's gradient, they
average, and all take the same step. So they must talk, once in each step, and about every number of the
gradient: what does that cost? We get the same gradient from two halves, by hand and by machine. We write the
ring by which machines add up. Then we measure what a message costs here, and work out how many machines are
worth it, on paper and in a simulation.

    python lessons/23_data_parallel.py                             one process, which plays two
    mpiexec -n 2 python -m mpi4py lessons/23_data_parallel.py      two processes (pip install mpi4py mpich)
    python lessons/23_data_parallel.py --latency 20 --bandwidth 1.25     with another network between machines
"""

import argparse
import copy
import io
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, nn, optim, train, viz
from minigrad import distributed as dist
from minigrad.course.examples import halves
from minigrad.data import DataLoader, FashionMNIST, Subset, transforms
from models.cnn import small_cnn

parser = argparse.ArgumentParser(description="Data-parallel training, and what it costs.")
parser.add_argument("--latency", type=float, metavar="MICROSECONDS", help="of a message, instead of ours")
parser.add_argument("--bandwidth", type=float, metavar="GB/S", help="between two machines, instead of ours")
parser.add_argument("--output", type=Path, default=Path("output/23_data_parallel"), metavar="DIR")
options = parser.parse_args()

dist.init_process_group()
rank, size = dist.get_rank(), dist.get_world_size()

if rank != 0:
    sys.stdout = io.StringIO()  # one of them speaks for all

# %%
# A process of several is called a rank. ``size`` says how many there are, ``rank`` which one this is, from 0:
# every rank runs this very program. Started without ``mpiexec`` it is rank 0 of 1.
#
# Two halves, by hand
# -------------------

paper = halves.two_halves
print(f"{paper}\n")
if rank == 0:
    paper.check()

# %%
# Look at the four ways. Two go through a, two through b. So somebody who has only the first half can work out
# a's share of the gradient, somebody else b's, and the mean of both is the whole batch's. They disagree about
# the direction, by the way: one half wants w smaller, the other one larger.
#
# Two halves, by machine
# ----------------------
# A network, a batch of clothes, and each half of it through a copy of its own:

scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
clothes = Subset(FashionMNIST(train=True, transform=scaled, sample="only"), range(640))
images, labels = next(iter(DataLoader(clothes, len(clothes))))
images = images.double()


def network(norm: Callable[[int], nn.Module]) -> nn.Sequential:
    """The same weights each time."""
    mg.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), norm(32), nn.ReLU(), nn.Linear(32, 10)).double()


def gradient(model: nn.Module, x: mg.Tensor, y: mg.Tensor) -> np.ndarray:
    """All of its gradient, in one row."""
    model.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    return np.concatenate([p.grad.numpy().ravel() for p in model.parameters()])


def off(a: np.ndarray, b: np.ndarray) -> float:
    """How far a is off b, as a part of b."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


x, y = images[:64], labels[:64]
for name, norm in (("without batch norm", lambda _: nn.Identity()), ("with batch norm", nn.BatchNorm1d)):
    whole = gradient(network(norm), x, y)
    parts = [gradient(network(norm), x[half], y[half]) for half in (slice(32), slice(32, 64))]
    print(f"{name:20} the mean of the halves is off by {off(np.mean(parts, 0), whole):.0e}")
    assert (off(np.mean(parts, 0), whole) < 1e-12) == (name == "without batch norm")

# %%
# Without batch norm it is the same but for the last digits. With it, it is not: each half has been normalised
# by its own mean and variance. If that matters (the halves are small, say), the ranks have to agree on these,
# too, forward and backward: that is ``SyncBatchNorm``. With ranks, here is the same again. The wrapper
# averages the gradients while backward still goes on to the first layers.

share = slice(rank * 64 // size, (rank + 1) * 64 // size)
whole = gradient(network(nn.BatchNorm1d), x, y)
wrapped = dist.DistributedDataParallel(dist.SyncBatchNorm.convert_sync_batchnorm(network(nn.BatchNorm1d)))
together = gradient(wrapped, x[share], y[share])
print(f"{size} rank{'s' * (size > 1)}, synchronised: off by {off(together, whole):.0e}")
assert off(together, whole) < 1e-12

# %%
# And so does a whole training. Each rank takes its share of each batch; a process alone plays two, one after
# the other:


def losses_of_one() -> list[float]:
    """The loss of each step with the whole batch."""
    model = network(lambda _: nn.Identity())
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    found = []
    for k in range(0, len(labels), 64):
        found.append(nn.functional.cross_entropy(model(images[k : k + 64]), labels[k : k + 64]))
        optimizer.zero_grad()
        found[-1].backward()
        optimizer.step()
    return [loss.item() for loss in found]


def losses_of_many() -> list[float]:
    """The same of ranks or, in a process alone, of two copies that take turns."""
    model = network(lambda _: nn.Identity())
    played = 2 if size == 1 else 1
    copies = [model, *(copy.deepcopy(model) for _ in range(played - 1))]
    wrapped = [dist.DistributedDataParallel(one) for one in copies]
    optimizers = [optim.SGD(one.parameters(), lr=0.1, momentum=0.9) for one in copies]
    workers, found = size * played, []
    for k in range(0, len(labels), 64):
        losses = []
        for j, one in enumerate(wrapped):
            worker = rank + j
            own = slice(k + worker * 64 // workers, k + (worker + 1) * 64 // workers)
            losses.append(nn.functional.cross_entropy(one(images[own]), labels[own]))
            one.zero_grad()
            losses[-1].backward()
        for same in zip(*(one.parameters() for one in copies), strict=True):  # all-reduce, by hand
            mean = sum(p.grad for p in same) / played
            for p in same:
                p.grad = mean.clone()
        for optimizer in optimizers:
            optimizer.step()
        mean = sum(loss.detach() for loss in losses) / played
        dist.all_reduce(mean, dist.ReduceOp.AVG)
        found.append(mean.item())
    return found


alone, shared = np.array(losses_of_one()), np.array(losses_of_many())
print(f"\nthe loss in {len(alone)} steps: {alone[0]:.4f} to {alone[-1]:.4f}")
print(f"the same, shared: off by {off(shared, alone):.0e}")
assert off(shared, alone) < 1e-12

# %%
# The ring
# --------
# How do R workers add up arrays of n bytes? All could send theirs to one, who sends the sum back: the others
# wait while R - 1 messages of n bytes arrive at one machine, and leave it again.
#
# Put them in a ring, and cut each array into R pieces. Everyone sends a piece to the right and takes one from
# the left, all at once. In the first R - 1 rounds what comes is added: after these each worker has one piece
# complete. In R - 1 more rounds the complete pieces go round. Everyone sends 2 (R - 1) pieces of n / R bytes:
# nearly 2 n, however many workers there are.


def ring(arrays: Sequence[np.ndarray]) -> tuple[list[np.ndarray], int, int]:
    """The sum of the arrays, as each worker has it; how many messages each has sent, and how many numbers."""
    R = len(arrays)
    pieces = [np.array_split(a.copy(), R) for a in arrays]  # pieces[r][k]: piece k of worker r
    messages = numbers = 0
    for step in range(2 * (R - 1)):
        sent = [pieces[r][(r - step) % R].copy() for r in range(R)]  # all send at once
        for r in range(R):
            k = (r - 1 - step) % R  # what the left neighbour sends
            pieces[r][k] = pieces[r][k] + sent[r - 1] if step < R - 1 else sent[r - 1]
        messages, numbers = messages + 1, numbers + sent[0].size
    return [np.concatenate(own) for own in pieces], messages, numbers


random = np.random.default_rng(0)
print("\nthe ring      messages   numbers sent by each, of 960")
for R in (2, 3, 8, 64):
    arrays = [random.integers(100, size=960).astype(float) for _ in range(R)]
    results, messages, numbers = ring(arrays)
    assert all(np.array_equal(result, sum(arrays)) for result in results)
    print(f"{R:4} workers {messages:9} {numbers:12}")

# %%
# What does it cost?
# ------------------
# A message of n bytes takes a + n b seconds: a, the latency, before the first byte is there; then b for each
# byte, one over the bandwidth. So, with R workers:
#
#     all to one and back:   2 (R - 1) (a + n b)
#     ring:                  2 (R - 1) (a + n b / R)
#     doubling:              log2(R) (a + n b)           exchange with a neighbour, with one 2 away, 4, ...
#
# We measure a and b. With ranks we time ``all_reduce``, and take it for a ring. A process alone starts
# another one that gives back what it is given, and halves the time there and back.

ECHO = """
import sys
while head := sys.stdin.buffer.read(8):
    sys.stdout.buffer.write(sys.stdin.buffer.read(int.from_bytes(head, "big")))
    sys.stdout.buffer.flush()
"""
BYTES = (8, 1_024, 65_536, 262_144, 1_048_576, 4_194_304)


def median_time(run: Callable[[], object], times: int) -> float:
    """Seconds, after one that does not count."""
    found = []
    for _ in range(times + 1):
        began = time.perf_counter()
        run()
        found.append(time.perf_counter() - began)
    return float(np.median(found[1:]))


def message_times() -> list[float]:
    """How long a message takes for each size in BYTES, on its way."""
    if size > 1:
        arrays = [mg.zeros(n // 4) for n in BYTES]
        return [median_time(lambda a=a: dist.all_reduce(a), 15) for a in arrays]
    program = [sys.executable, "-c", ECHO]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:

        def there_and_back(n: int) -> None:
            for at in range(0, n, 32_768):  # less than a pipe holds, or both wait to be read
                part = min(32_768, n - at)
                other.stdin.write(part.to_bytes(8, "big") + bytes(part))
                other.stdin.flush()
                other.stdout.read(part)

        found = [median_time(lambda n=n: there_and_back(n), 15) / 2 for n in BYTES]
        other.stdin.close()
    return found


times = np.array(message_times())
latency = float(times[0])
slope = float((times[-1] - times[0]) / (BYTES[-1] - BYTES[0]))
if size > 1:  # of a ring: 2 (R - 1) messages of n / R bytes
    latency, slope = latency / (2 * (size - 1)), slope * size / (2 * (size - 1))
print(f"\na message here: {latency * 1e6:.0f} microseconds, and {1 / slope / 1e9:.2f} GB/s")
latency = latency if options.latency is None else options.latency * 1e-6
slope = slope if options.bandwidth is None else 1e-9 / options.bandwidth
if options.latency is not None or options.bandwidth is not None:
    print(f"we go on with {latency * 1e6:.0f} microseconds, and {1 / slope / 1e9:.2f} GB/s")

# %%
# Now a step of lesson 10's network, with a batch of 64: how long does one core take, and how many bytes has
# its gradient?

model = small_cnn()
optimizer = optim.Adam(model.parameters())
singles = images[:64].float().reshape(64, 1, 28, 28)


def step() -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(singles), labels[:64]).backward()
    optimizer.step()


steps = []
for _ in range(13):
    began = time.perf_counter()
    step()
    steps.append(time.perf_counter() - began)
steps = steps[3:]  # the first ones compile
compute = float(np.median(steps))
n = 4 * train.count_parameters(model)
print(f"a step: {compute * 1000:.0f} ms, at times {max(steps) * 1000:.0f}; the gradient: {n / 1e6:.2f} MB")

# %%
# A thousand workers, on paper
# ----------------------------
# Each worker has a batch of 64 of its own, so with R workers a step learns from 64 R images. It takes as long
# as one worker's step and the sum after it. How much of R times the speed is left?

WAYS = {
    "to one and back": lambda R: 2 * (R - 1) * (latency + n * slope),
    "ring": lambda R: 2 * (R - 1) * (latency + n * slope / R),
    "doubling": lambda R: np.log2(R) * (latency + n * slope),
}
SIZES = (8, 64, 1024)
print("\non paper: ms for the sum, and how much of R times the speed is left")
for name, cost in WAYS.items():
    cells = [f"{R:5}: {cost(R) * 1000:9.2f} ms {compute / (compute + cost(R)):6.1%}" for R in SIZES]
    print(f"  {name:16}" + "  ".join(cells))

# %%
# Sending to one is hopeless. The ring sends the fewest bytes but has the most messages, 2,046 for 1,024
# workers: each of them then carries less than a thousand bytes, and the latency is all that is left. Doubling
# has ten. That is why MPI takes one for large arrays and the other for small ones; and why gradients travel
# in flat buckets and not layer by layer.
#
# In a simulation
# ---------------
# Paper forgets something: workers are not equally fast in each step, and in a ring each waits for its left
# neighbour. We draw each worker's time from those that we have just measured, and follow the ring round by
# round. In a round a worker can begin when it is done itself and its left neighbour is.


def simulate(R: int, own: np.ndarray) -> float:
    """When the last of R workers has the sum, if ``own`` (R) is when each has its gradient."""
    t = own.copy()
    for _ in range(2 * (R - 1)):
        t = np.maximum(t, np.roll(t, 1)) + latency + n * slope / R
    return float(t.max())


print("\nthe ring, simulated: ms for a step, and how much of R times the speed is left")
even, uneven = [], []
COUNTS = (1, 2, 4, *SIZES)
for R in COUNTS:
    step_of_all = simulate(R, np.full(R, compute))
    assert np.isclose(step_of_all, compute + WAYS["ring"](R))
    drawn = random.choice(steps, (20, R))
    with_drawn = float(np.mean([simulate(R, own) for own in drawn]))
    even.append(compute / step_of_all)
    uneven.append(float(drawn.mean()) / with_drawn)
    print(
        f"{R:5} workers, equally fast {step_of_all * 1000:7.1f} {even[-1]:6.1%}; as measured "
        f"{with_drawn * 1000:7.1f} {uneven[-1]:6.1%}"
    )
if rank == 0:
    options.output.mkdir(parents=True, exist_ok=True)
    logs = np.log2(COUNTS)
    viz.lines(
        {"equally fast": (logs, np.array(even)), "as fast as measured": (logs, np.array(uneven))},
        title="What is left of R times the speed",
        x="log2 of the number of workers",
        y="share",
        limits=(0, 1.05),
    ).save(options.output / "workers.svg")
print(f"The picture: {(options.output / 'workers.svg').resolve()}")

# %%
# If all are equally fast the simulation says what the paper says, which is a check of both. With times as we
# measured them everybody waits for the slowest of R, and the more there are, the slower the slowest one is.
#
# What helps? Larger batches for each worker: a longer step, and no more bytes. And overlap: the last layers'
# gradients are known first, and can travel while backward works on the first ones. The wrapper does this,
# bucket by bucket. But 1,024 workers with 64 images each make a batch of 65,536: whether a network still
# learns well from so few steps is another question, and lesson 6's.
#
# What to try
# -----------
# ``--latency 2 --bandwidth 25``, a fast network between machines, and ``--latency 100 --bandwidth 0.125``, a
# slow one. What if the gradient is sent in float16? When does the ring beat doubling? Set both costs equal.
#
# Exercise
# --------
# The halves need not be equally large. Rank r has the gradient ``gradients[r]`` of the mean loss over its
# ``sizes[r]`` samples. Return the gradient of the mean loss over all samples of all ranks. A rank may have no
# sample at all; then its gradient means nothing, and may even be NaN. Take out the line with ``raise``.


def all_together(gradients: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    raise NotImplementedError


# %%
# The check asks the engine for the gradient over all samples.


def check(all_together: Callable[..., np.ndarray]) -> None:
    chance = np.random.default_rng(1)
    for sizes in ([2, 2], [1, 3], [5, 1, 2], [4], [3, 0, 1]):
        rows = chance.normal(size=(sum(sizes), 3))
        ends = np.cumsum(sizes)

        def of(part: np.ndarray) -> np.ndarray:
            w = mg.tensor(np.array([0.5, -1.0, 2.0]), requires_grad=True)
            ((mg.tensor(part) @ w).tanh() ** 2).mean().backward()
            return w.grad.numpy()

        parts = [rows[end - count : end] for count, end in zip(sizes, ends, strict=True)]
        gradients = [of(part) if len(part) else np.full(3, np.nan) for part in parts]
        right = of(rows)
        got = np.asarray(all_together([g.copy() for g in gradients], list(sizes)))
        if got.shape != right.shape:
            raise course.NotYet(f"For sizes {sizes} it has the shape {right.shape}, not {got.shape}.")
        if not np.allclose(got, right):
            raise course.NotYet(f"For sizes {sizes} it should be {right.round(4)}, and is {got.round(4)}.")


print(course.solved(all_together, check))

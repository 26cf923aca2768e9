"""Exercises of lesson 23: one network, many machines. None of them takes more than one."""

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

from minigrad.course.grading import exercise


def _share(order: Any, ranks: int, rank: int) -> Any:
    """By dealing the samples like cards, until all have been dealt and all ranks have equally many."""
    hands: list[list[int]] = [[] for _ in range(ranks)]
    for place, sample in enumerate(itertools.cycle(order)):
        if place >= len(order) and place % ranks == 0:
            break
        hands[place % ranks].append(sample)
    return hands[rank]


@exercise(
    title="Which samples are mine?",
    hints=(
        "How many samples does each rank take? The ranks do not always divide them, and nobody may have "
        "fewer than the others.",
        "each = -(-len(order) // ranks), which is the division rounded up. The places of this rank are rank, "
        "rank + ranks, and so on, below each * ranks.",
        "[order[place % len(order)] for place in range(rank, each * ranks, ranks)]: behind the end, the "
        "remainder leads back to the beginning.",
    ),
    reference=_share,
    draw=lambda rng: [
        ([0, 1, 2, 3], 2, 1),
        ([3, 1, 2], 2, 1),
        ([5, 6], 5, 4),
        ([2, 0, 1], 1, 0),
        *(
            ([int(v) for v in rng.permutation(n)], ranks, int(rng.integers(0, ranks)))
            for n, ranks in [(9, 3), (10, 4), (11, 4), (3, 8), (20, 7)]
        ),
    ],
    single=False,
    slips={
        "it takes neighbours; rank r takes every ranks-th sample, from place r on.": (
            lambda order, ranks, rank: [
                (order * ranks)[rank * -(-len(order) // ranks) + k] for k in range(-(-len(order) // ranks))
            ]
        ),
        "the ranks do not divide the samples, and this rank has one fewer than others: go on from the "
        "beginning of the order.": lambda order, ranks, rank: order[rank::ranks],
        "the last samples are left out; the first ones are to come twice instead.": (
            lambda order, ranks, rank: order[: len(order) // ranks * ranks][rank::ranks]
        ),
        "what is missing is taken from the end of the order; it goes on from the beginning.": (
            lambda order, ranks, rank: (order + order[-1:] * (-len(order) % ranks))[rank::ranks]
        ),
        "these are places; return the samples that stand there in the order.": (
            lambda order, ranks, rank: _share(list(range(len(order))), ranks, rank)
        ),
    },
)
def my_share(order: list[int], ranks: int, rank: int) -> list[int]:
    """Find out which samples of an epoch are this rank's.

    order has the numbers of all samples, in an order that all ranks have drawn alike. Rank r takes what
    stands at the places r, r + ranks, r + 2 * ranks, and so on, so that all ranks' next samples together are
    the next ones of the order. All ranks must have equally many, for in each step everyone waits for
    everyone. If the ranks do not divide the samples, the order goes on from its beginning until they do,
    and again if it is very short. Return the list of this rank's samples.

    Two ranks and five samples: the order goes on with 4, and rank 1 has the places 1, 3 and 5.

    >>> my_share([4, 2, 0, 3, 1], 2, 1)
    [2, 3, 4]

    >>> my_share([8, 9], 5, 4)
    [8]
    """
    each = -(-len(order) // ranks)
    return [order[place % len(order)] for place in range(rank, each * ranks, ranks)]


def _laid(sizes: Any, limit: int) -> Any:
    """The longest run of last parameters that fits, or one; then what is left, in the same way."""
    if not sizes:
        return []
    n = len(sizes)
    run = max((k for k in range(1, n + 1) if sum(sizes[n - k :]) <= limit), default=1)
    return [list(range(n - 1, n - 1 - run, -1)), *_laid(sizes[: n - run], limit)]


def _forward(sizes: Any, limit: int) -> Any:
    """From the first parameter on."""
    n = len(sizes)
    return [[n - 1 - number for number in bucket] for bucket in _laid(sizes[::-1], limit)]


@exercise(
    title="Gradients in buckets",
    hints=(
        "Go through the parameters from the last one to the first. When does one begin a new bucket?",
        "Remember how many bytes the newest bucket has, as filled. A parameter begins a new bucket if filled "
        "and its size are more than limit together. If filled is limit at first, the last parameter does so.",
        "for number in reversed(range(len(sizes))): if filled + sizes[number] > limit, append an empty list "
        "and set filled to 0. Then append the number to found[-1], and add its size to filled.",
    ),
    reference=_laid,
    draw=lambda rng: [
        ([1, 2, 3], 3),
        ([4, 4, 4, 4], 8),
        ([9, 1, 9, 1], 5),
        ([7], 3),
        *(([int(v) for v in rng.integers(1, 20, n)], int(rng.integers(10, 40))) for n in (4, 6, 9, 14, 20)),
    ],
    single=False,
    slips={
        "it begins with the first parameter; backward knows the last one's gradient first.": _forward,
        "the numbers in a bucket stand the wrong way round: the last parameter is the first.": (
            lambda sizes, limit: [sorted(bucket) for bucket in _laid(sizes, limit)]
        ),
        "a bucket may be just as full as the limit.": lambda sizes, limit: _laid(sizes, limit - 1),
        "each bucket goes over the limit by its last parameter; that one begins a new bucket.": (
            lambda sizes, limit: _overfull(sizes, limit)
        ),
    },
)
def in_buckets(sizes: list[int], limit: int) -> list[list[int]]:
    """Lay the parameters of a network into buckets whose gradients are sent together.

    sizes has the bytes of each parameter's gradient, from the first layer to the last, all above 0. Backward
    knows the last one first, so go from the last to the first. Put each into the newest bucket if that then
    has no more than limit bytes, else into a new one; so a parameter that is larger than the limit is
    alone. Return the buckets, each the list of its parameters' numbers, in this order.

    The last one has 20 bytes. 50 more would be 70, so they begin a new bucket, to which 10 still go, but 30
    do not.

    >>> in_buckets([30, 10, 50, 20], 60)
    [[3], [2, 1], [0]]
    """
    found: list[list[int]] = []
    filled = limit  # there is no bucket yet, so the first parameter begins one
    for number in reversed(range(len(sizes))):
        if filled + sizes[number] > limit:
            found.append([])
            filled = 0
        found[-1].append(number)
        filled += sizes[number]
    return found


def _overfull(sizes: Any, limit: int) -> Any:
    found: list[list[int]] = [[]]
    for number in reversed(range(len(sizes))):
        found[-1].append(number)
        if number and sum(sizes[k] for k in found[-1]) > limit:
            found.append([])
    return found


def _round(pieces: Any, step: int, adding: bool | None = None) -> Any:
    """For all workers at once, by a mask of the pieces that arrive."""
    R = len(pieces)
    worker, piece = np.indices((R, R))
    arrives = (piece + step - worker + 1) % R == 0
    came = np.roll(pieces, 1, axis=0)
    adding = step < R - 1 if adding is None else adding
    return np.where(arrives[..., None], came + pieces * adding, pieces)


@exercise(
    title="One round of the ring",
    hints=(
        "Look at worker r alone. Who sends to it, and which piece does that one send in this round?",
        "Worker r - 1 sends its piece k = (r - 1 - step) % R. In pieces[r - 1], an r of 0 means the last "
        "worker, as it should.",
        "after = pieces.copy(); for each r, in the first R - 1 rounds after[r, k] += pieces[r - 1, k], in "
        "later ones after[r, k] = pieces[r - 1, k].",
    ),
    reference=_round,
    draw=lambda rng: [
        (rng.integers(1, 9, (R, R, m)).astype(float) if m < 3 else rng.normal(size=(R, R, m)), step)
        for R, m, step in [
            (2, 1, 0),
            (3, 1, 0),
            (3, 2, 1),
            (3, 2, 2),
            (3, 1, 3),
            (4, 2, 1),
            (4, 2, 4),
            (5, 3, 3),
            (5, 3, 4),
            (5, 3, 7),
        ]
    ],
    slips={
        "what comes takes the place of what was there; in the first R - 1 rounds it is added.": (
            lambda pieces, step: _round(pieces, step, False)
        ),
        "it is added in every round; after R - 1 of them what comes is complete, and takes the place.": (
            lambda pieces, step: _round(pieces, step, True)
        ),
        "it goes round the other way: worker r sends to r + 1, and takes from r - 1.": (
            lambda pieces, step: _round(pieces[::-1, ::-1], step)[::-1, ::-1]
        ),
        "in each round it is another piece: worker r sends number (r - step) % R.": (
            lambda pieces, step: _round(pieces, 0, step < len(pieces) - 1)
        ),
    },
)
def ring_round(pieces: np.ndarray, step: int) -> np.ndarray:
    """Let R workers in a ring send one piece each, to add up their arrays.

    pieces has the shape (R, R, M): pieces[r, k] is piece k of worker r's array, M numbers. There are
    2 (R - 1) rounds, step = 0, 1, 2, ... In each, all at once, worker r sends its piece (r - step) % R to the
    worker r + 1, the last worker to the first. In the first R - 1 rounds that one adds what comes to its own
    piece of this number; in the later rounds what comes takes the place of its own. Return all pieces after
    this round.

    In round 0 of two workers, the first one sends its piece 0, a 1, and the second its piece 1, a 4. In round
    1 they send what has become of these, and both have both sums:

    >>> ring_round(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]), 0)
    array([[[1.0], [6.0]], [[4.0], [4.0]]])

    >>> ring_round(np.array([[[1.0], [6.0]], [[4.0], [4.0]]]), 1)
    array([[[4.0], [6.0]], [[4.0], [6.0]]])
    """
    R = len(pieces)
    after = pieces.copy()
    for r in range(R):
        k = (r - 1 - step) % R
        if step < R - 1:
            after[r, k] += pieces[r - 1, k]
        else:
            after[r, k] = pieces[r - 1, k]
    return after


def _wins(R: int, latency: float, bandwidth: float) -> float:
    """By how much doubling is ahead without any bytes, and how much of that each byte takes off: exactly."""
    a, b, doublings = Fraction(latency), 1 / Fraction(bandwidth), R.bit_length() - 1

    def ahead(n: int) -> Fraction:
        return 2 * (R - 1) * (a + n * b / R) - doublings * (a + n * b)

    return float(ahead(0) / (ahead(0) - ahead(1)))


@exercise(
    title="From where on is the ring faster?",
    hints=(
        "Write down both times for n bytes, and set them equal. Which terms have n in them?",
        "With s = 2 * (R - 1) and d = log2(R): s * latency + s / R * n / bandwidth = d * latency + d * n / "
        "bandwidth. Bring what has n to one side, and the rest to the other.",
        "n = latency * bandwidth * (s - d) / (d - s / R).",
    ),
    reference=_wins,
    draw=lambda rng: [
        (4, 1.0, 1.0),
        (8, 1.0, 1.0),
        (4, 2e-6, 25e9),
        *((R, float(rng.uniform(1e-6, 1e-4)), float(rng.uniform(1e8, 2e10))) for R in (4, 8, 16, 64, 1024)),
    ],
    single=False,
    slips={
        "bandwidth is bytes in a second: n bytes take n / bandwidth.": lambda R, latency, bandwidth: _wins(
            R, latency, 1 / bandwidth
        ),
        "in the ring a message has n / R bytes; with n it never wins.": lambda R, latency, bandwidth: (
            latency * bandwidth * (2 * (R - 1) - np.log2(R)) / (np.log2(R) - 2 * (R - 1))
        ),
        "there are log2(R) doublings; the logarithm is to the base 2.": lambda R, latency, bandwidth: (
            latency * bandwidth * (2 * (R - 1) - np.log(R)) / (np.log(R) - 2 * (R - 1) / R)
        ),
        "the ring sends 2 * (R - 1) messages: half of them to add, half to hand round.": (
            lambda R, latency, bandwidth: (
                latency * bandwidth * (R - 1 - np.log2(R)) / (np.log2(R) - (R - 1) / R)
            )
        ),
        "the messages of doubling have a latency, too, and there are log2(R) of them.": (
            lambda R, latency, bandwidth: latency * bandwidth * 2 * (R - 1) / (np.log2(R) - 2 * (R - 1) / R)
        ),
    },
)
def ring_wins_from(R: int, latency: float, bandwidth: float) -> float:
    """Find out from how many bytes on the ring is faster than doubling.

    A message of n bytes takes latency + n / bandwidth seconds, with latency in seconds and bandwidth in bytes
    per second. To add up R workers' arrays of n bytes, the ring sends 2 (R - 1) messages of n / R bytes, one
    after the other, and doubling sends log2(R) messages of n bytes. R is a power of two, and 4 at least: with
    two workers doubling is ahead by one latency, whatever n is. Return the n for which both take the same
    time; with more bytes the ring is faster.

    With four workers the ring takes 6 latencies and 1.5 times the bytes, doubling 2 latencies and 2 times the
    bytes. So 4 latencies, 40 microseconds, are half of the bytes' time: that is 80 microseconds, in which a
    network with 1 GB/s sends 80,000 bytes.

    >>> ring_wins_from(4, 0.00001, 1e9)
    80000.0
    """
    rounds, doublings = 2 * (R - 1), np.log2(R)
    return latency * bandwidth * (rounds - doublings) / (doublings - rounds / R)


def _over_all(counts: Any, means: Any, variances: Any) -> Any:
    """From sums and sums of squares, as if one had added up all numbers."""
    n = counts[:, None]
    total = sum(counts)
    mean = (n * means).sum(0) / total
    return mean, (n * (variances + means**2)).sum(0) / total - mean**2


def _of_ranks(rng: np.random.Generator, sizes: Any, C: int) -> Any:
    """What ranks with batches of these sizes would tell."""
    batches = [rng.normal(rng.normal(size=C), rng.uniform(0.5, 2, C), (n, C)) for n in sizes]
    return (
        np.array(sizes, float),
        np.stack([batch.mean(0) for batch in batches]),
        np.stack([batch.var(0) for batch in batches]),
    )


@exercise(
    title="Mean and variance over all ranks",
    hints=(
        "The mean of all is not the mean of the means: a rank with more numbers counts more. And the "
        "variance is not the mean of the variances: what if a rank's numbers are all the same, but others "
        "than its neighbour's?",
        "mean = (sum of counts[r] * means[r]) / total. A rank's squared distances from this mean are, on "
        "average, variances[r] + (means[r] - mean) ** 2.",
        "mean = counts @ means / total, and counts @ (variances + (means - mean) ** 2) / total.",
    ),
    returns=("mean", "variance"),
    survivors={"means - mean -> mean - means": "the square is the same"},
    reference=_over_all,
    draw=lambda rng: [
        (np.array([1.0, 1.0]), np.array([[1.0], [3.0]]), np.array([[0.0], [0.0]])),
        (np.array([3.0]), np.array([[1.0, 2.0]]), np.array([[4.0, 9.0]])),
        *(_of_ranks(rng, sizes, C) for sizes, C in [((2, 6), 1), ((3, 4, 5), 2), ((1, 8, 2, 5), 3)]),
    ],
    slips={
        "each rank counts the same; one with more numbers counts more.": lambda counts, means, variances: (
            _over_all(np.ones(len(counts)), means, variances)
        ),
        "the means differ from rank to rank, and that is part of the variance, too.": (
            lambda counts, means, variances: (
                _over_all(counts, means, variances)[0],
                counts @ variances / counts.sum(),
            )
        ),
        "it divides by the numbers less one; batch norm divides by how many there are.": (
            lambda counts, means, variances: (
                _over_all(counts, means, variances)[0],
                _over_all(counts, means, variances)[1] * counts.sum() / max(counts.sum() - 1, 1),
            )
        ),
        "it is the variance of the means alone; add what is inside of each rank.": (
            lambda counts, means, variances: _over_all(counts, means, variances * 0)
        ),
    },
)
def over_all_ranks(
    counts: np.ndarray, means: np.ndarray, variances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put the statistics of the ranks' batches together, for a synchronised batch norm.

    Rank r has counts[r] numbers in each of C channels, with the means means[r] and the variances
    variances[r]: counts has the shape (R,), the others (R, C). A variance is the mean of the squared
    distances from the mean. Return mean and variance, both of shape (C,), of the numbers of all ranks taken
    together. Nobody needs the numbers themselves for it.

    Rank 0 has the numbers 1 and 3, rank 1 has 5. The mean of all is 3, and the squared distances are 4, 0 and
    4: on average 2.6667.

    >>> over_all_ranks(np.array([2.0, 1.0]), np.array([[2.0], [5.0]]), np.array([[1.0], [0.0]]))
    (array([3.0]), array([2.6667]))
    """
    total = counts.sum()
    mean = counts @ means / total
    return mean, counts @ (variances + (means - mean) ** 2) / total


def _done(ready: Any, sizes: Any, latency: float, bandwidth: float) -> Any:
    """The longest way to the end: some bucket is waited for, and from it on the messages follow closely."""
    costs = [latency + n / bandwidth for n in sizes]
    ways = [known + sum(costs[at:]) for at, known in enumerate(ready)]
    return max(ways), max(ready) + latency + sum(sizes) / bandwidth


@exercise(
    title="Sending while backward goes on",
    hints=(
        "A bucket waits for two things: that its gradients are known, and that the message before it is "
        "through. It begins when the later one of both is there.",
        "Keep the time t at which the wire is free. Each bucket makes it max(t, known) + latency + n / "
        "bandwidth.",
        "t = 0.0, then the loop over zip(ready, sizes). The other way is ready[-1] + latency + sum(sizes) / "
        "bandwidth.",
    ),
    returns=("in buckets", "in one piece"),
    reference=_done,
    draw=lambda rng: [
        ([1.0], [10], 0.5, 10.0),
        ([1.0, 9.0], [10, 20], 0.5, 10.0),
        ([0.0, 0.0, 0.0], [5, 5, 5], 2.0, 1.0),
        *(
            (
                [float(v) for v in np.cumsum(rng.uniform(0.5, 2, n))],
                [int(v) for v in rng.integers(1, 40, n)],
                float(rng.uniform(0.1, 1)),
                float(rng.uniform(10, 40)),
            )
            for n in (2, 3, 5, 8)
        ),
    ],
    single=False,
    slips={
        "a bucket cannot be sent before its gradients are known.": (
            lambda ready, sizes, latency, bandwidth: (
                ready[0] + sum(latency + n / bandwidth for n in sizes),
                _done(ready, sizes, latency, bandwidth)[1],
            )
        ),
        "messages follow one another: a bucket waits until the one before it is through.": (
            lambda ready, sizes, latency, bandwidth: (
                max(known + latency + n / bandwidth for known, n in zip(ready, sizes, strict=True)),
                _done(ready, sizes, latency, bandwidth)[1],
            )
        ),
        "each message has its latency, and one piece has it once.": lambda ready, sizes, latency, bandwidth: (
            _done(ready, sizes, latency, bandwidth)[0],
            ready[-1] + sum(latency + n / bandwidth for n in sizes),
        ),
        "that is when the last bucket is sent off; it takes its time, too.": (
            lambda ready, sizes, latency, bandwidth: (
                _done(ready, sizes, latency, bandwidth)[0] - latency - sizes[-1] / bandwidth,
                _done(ready, sizes, latency, bandwidth)[1],
            )
        ),
    },
)
def when_all_is_sent(
    ready: list[float], sizes: list[int], latency: float, bandwidth: float
) -> tuple[float, float]:
    """Find out what it helps to send gradients in buckets, while backward goes on.

    Bucket after bucket becomes known: number i at ready[i] seconds, in rising order; it has sizes[i] bytes. A
    message of n bytes takes latency + n / bandwidth seconds. Messages go one after the other, in the order of
    the buckets, each as soon as its bucket is known and the message before is through. Return the time at
    which the last one is through; and when it would be if everything were sent as one message, at the time
    at which the last bucket is known.

    The first bucket goes off at 0.1 and takes 0.05 + 0.1, until 0.25. The second one has waited for it since
    0.2, and takes 0.05 + 0.3. In one piece: 0.05 + 0.4, from 0.2 on.

    >>> when_all_is_sent([0.1, 0.2], [100, 300], 0.05, 1000.0)
    (0.6, 0.65)
    """
    t = 0.0
    for known, n in zip(ready, sizes, strict=True):
        t = max(t, known) + latency + n / bandwidth
    return t, ready[-1] + latency + sum(sizes) / bandwidth

"""Boxes in rows: a plain layout of a graph, for where Graphviz is not.

Each box stands in a row below all that it is computed from. An arrow that passes rows has a place in each of
them, so that it goes around boxes. Within the rows, what belongs together is brought near: first the order is
mended, then the places, each a least-squares problem with an exact solution.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

from minigrad.viz.graphs.description import Key

Point = tuple[float, float]
Place = Key | tuple[int, int]  # a box, or the number of an arrow and the row that it passes

APART, BELOW = 16.0, 30.0  # points between neighbours in a row, and between rows
_PASSING = 4.0  # the breadth of an arrow that passes a row
_SWEEPS = 12


@dataclass(frozen=True)
class Layout:
    """Where all is, in points from the upper left corner.

    Attributes:
        middles: of the boxes. ways: of each arrow the points that it goes through, from its source on.
        width, height: of all of it.
    """

    middles: dict[Key, Point]
    ways: list[list[Point]]
    width: float
    height: float


def in_rows(sizes: Mapping[Key, Point], arrows: Sequence[tuple[Key, Key]], *, right: bool = False) -> Layout:
    """Lay out boxes of these widths and heights, rows from the top to the bottom or from the left to the
    ``right``. The graph has no circles.
    """
    if right:
        turned = in_rows({key: (h, w) for key, (w, h) in sizes.items()}, arrows)
        return Layout(
            {key: (y, x) for key, (x, y) in turned.middles.items()},
            [[(y, x) for x, y in way] for way in turned.ways],
            turned.height,
            turned.width,
        )
    rank = _ranks(list(sizes), arrows)
    chains: list[list[Place]] = [
        [source, *((number, row) for row in range(rank[source] + 1, rank[target])), target]
        for number, (source, target) in enumerate(arrows)
    ]
    rows: list[list[Place]] = [[] for _ in range(1 + max(rank.values()))]
    for key in rank:
        rows[rank[key]].append(key)
    for chain in chains:
        for place in chain[1:-1]:
            rows[place[1]].append(place)  # type: ignore[index]  # these are the passing ones
    breadth = {
        place: sizes[place][0] if isinstance(place, str) else _PASSING for row in rows for place in row
    }
    x = _places(rows, chains, breadth)

    left = min(x[place] - breadth[place] / 2 for place in x)
    x = {place: at - left for place, at in x.items()}
    tops, heights, y = [], [], 0.0
    for row in rows:
        tops.append(y)
        heights.append(max((sizes[place][1] for place in row if isinstance(place, str)), default=0.0))
        y += heights[-1] + BELOW
    middles = {key: (x[key], tops[rank[key]] + heights[rank[key]] / 2) for key in sizes}
    starts, ends = _ports(chains, x, sizes, -1), _ports(chains, x, sizes, 1)
    ways = []
    for number, (source, *passed, target) in enumerate(chains):
        way = [(starts[number], middles[source][1] + sizes[source][1] / 2)]  # type: ignore[index]
        for place in passed:
            top = tops[place[1]]  # type: ignore[index]
            way += [(x[place], top), (x[place], top + heights[place[1]])]  # type: ignore[index]
        ways.append([*way, (ends[number], middles[target][1] - sizes[target][1] / 2)])  # type: ignore[index]
    width = max(x[place] + breadth[place] / 2 for place in x)
    return Layout(middles, ways, width, y - BELOW)


def _ranks(keys: Sequence[Key], arrows: Sequence[tuple[Key, Key]]) -> dict[Key, int]:
    """The row of each box: as high as can be, but what nothing leads to right above its first use."""
    before: dict[Key, set[Key]] = {key: set() for key in keys}
    after: dict[Key, set[Key]] = {key: set() for key in keys}
    for source, target in arrows:
        before[target].add(source)
        after[source].add(target)
    rank: dict[Key, int] = {}
    for key in TopologicalSorter(before).static_order():
        rank[key] = 1 + max((rank[one] for one in before[key]), default=-1)
    for key in keys:
        if after[key] and not before[key]:
            rank[key] = min(rank[one] for one in after[key]) - 1
    return {key: rank[key] for key in keys}


def _places(
    rows: list[list[Place]], chains: list[list[Place]], breadth: Mapping[Place, float]
) -> dict[Place, float]:
    """Where the middle of each place is, from left to right; the rows are put into order on the way."""
    joined: dict[Place, list[Place]] = defaultdict(list)
    for chain in chains:
        for one, other in pairwise(chain):
            joined[one].append(other)
            joined[other].append(one)
    at = {place: float(number) for row in rows for number, place in enumerate(row)}

    def wanted(place: Place) -> float:
        near = joined[place]
        return sum(at[one] for one in near) / len(near) if near else at[place]

    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=wanted)
            at.update((place, float(number)) for number, place in enumerate(row))
    for row in rows:
        at.update(zip(row, _apart([0.0] * len(row), [breadth[place] for place in row]), strict=True))
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            places = _apart([wanted(place) for place in row], [breadth[place] for place in row])
            at.update(zip(row, places, strict=True))
    return at


def _apart(wanted: Sequence[float], breadths: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones, in this order and without touching.

    With the room that each needs taken off, the places must not fall: a regression by pooling neighbours that
    are in the wrong order, which has the least sum of squares.
    """
    needed = [0.0]
    for one, other in pairwise(breadths):
        needed.append(needed[-1] + (one + other) / 2 + APART)
    pools: list[tuple[float, int]] = []  # sum, count
    for place, room in zip(wanted, needed, strict=True):
        total, count = place - room, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    level = [total / count for total, count in pools for _ in range(count)]
    return [one + room for one, room in zip(level, needed, strict=True)]


def _ports(
    chains: list[list[Place]], x: Mapping[Place, float], sizes: Mapping[Key, Point], end: int
) -> list[float]:
    """Where on the border of its source (``end`` -1) or target (1) each arrow is, side by side."""
    at_box: dict[Place, list[int]] = defaultdict(list)
    for number, chain in enumerate(chains):
        at_box[chain[-1 if end == 1 else 0]].append(number)
    ports = [0.0] * len(chains)
    for box, numbers in at_box.items():
        numbers.sort(key=lambda number: (x[chains[number][-2 if end == 1 else 1]], number))
        room = 0.6 * sizes[box][0] / len(numbers)  # type: ignore[index]  # a chain begins and ends at boxes
        for nth, number in enumerate(numbers):
            ports[number] = x[box] + (nth - (len(numbers) - 1) / 2) * room
    return ports

"""Long arrows of a large picture: a value is named again where it is used, as textbooks unroll a network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from minigrad.viz.graphs.description import Arrow, Description, Key

_MOST = 1_000  # rows that all arrows go down together; beyond, the engine takes minutes
_FAR = 6  # rows: a longer arrow is hard to follow
_MANY = 12  # uses: more arrows out of one box are, too

NOTE = "A small box stands for the value of that name, or of that number, which is drawn once, further up."


@dataclass(frozen=True)
class References:
    """What is named again and not joined by an arrow.

    Attributes:
        arrows: their places in ``Description.arrows``; each begins at a small box of its own.
        names: by the key of a value, what its small boxes say.
        numbers: by the key of a value without a name that tells it apart, the number that it is given.
        trunk: the places of the arrows from the longest computation that a box uses. Kept straight, they keep
            a long picture from drifting aside.
    """

    arrows: frozenset[int] = frozenset()
    names: dict[Key, str] = field(default_factory=dict)
    numbers: dict[Key, str] = field(default_factory=dict)
    trunk: frozenset[int] = frozenset()


def reference(place: int, key: Key) -> Key:
    """The key of the small box for the value ``key`` at the beginning of the arrow at this place."""
    return f"{key}@{place}"


def references(drawn: Description) -> References:
    """The arrows that are not drawn; none if all of them together are short."""
    ends = [(arrow.source, arrow.target) for arrow in drawn.arrows]
    rows = _rows(ends)
    lengths = [rows[source] - rows[target] for source, target in ends]
    if sum(lengths) <= _MOST:
        return References()
    for far in (_FAR, 1):
        cut = _cut(drawn.arrows, lengths, far)
        left = sum(length for i, length in enumerate(lengths) if i not in cut)
        if left <= 2 * len(lengths):
            break
    return References(cut, *_names(drawn, cut), _trunk(ends))


def _rows(ends: Sequence[tuple[Key, Key]]) -> dict[Key, int]:
    """How many rows above the result each box stands, if it stands as low as its users allow.

    So each box but the result has a user in the next row. With every arrow turned round: how long the
    computation is that led to each box.
    """
    users: dict[Key, list[Key]] = {}
    for source, target in ends:
        users.setdefault(source, []).append(target)
    rows: dict[Key, int] = {}
    for key in TopologicalSorter(users).static_order():
        rows[key] = max((rows[user] + 1 for user in users.get(key, ())), default=0)
    return rows


def _trunk(ends: Sequence[tuple[Key, Key]]) -> frozenset[int]:
    length = _rows([(target, source) for source, target in ends])
    return frozenset(i for i, (source, target) in enumerate(ends) if length[target] == length[source] + 1 > 1)


def _cut(arrows: Sequence[Arrow], lengths: Sequence[int], far: int) -> frozenset[int]:
    """The arrows, by place, from values that are used far away or very often, but for one each.

    That one leads into the next row, so that the picture does not fall to pieces.
    """
    uses = Counter(arrow.source for arrow in arrows)
    places = range(len(arrows))
    often = {arrows[i].source for i in places if lengths[i] > far or uses[arrows[i].source] > _MANY}
    kept = {arrows[i].source: i for i in reversed(places) if lengths[i] == 1}
    return frozenset(i for i in places if arrows[i].source in often and kept[arrows[i].source] != i)


def _names(drawn: Description, cut: frozenset[int]) -> tuple[dict[Key, str], dict[Key, str]]:
    """What each value that is referred to is called there, and the numbers of those that need one."""
    bearers = Counter(box.name for box in drawn.boxes.values())
    sources = {drawn.arrows[i].source for i in cut}
    names: dict[Key, str] = {}
    numbers: dict[Key, str] = {}
    for key, box in drawn.boxes.items():
        if key in sources:
            if box.name is None or bearers[box.name] > 1:
                numbers[key] = f"#{len(numbers) + 1}"
            names[key] = " ".join(filter(None, [box.name, numbers.get(key)]))
    return names, numbers

"""Data sets, samplers and the loader beside PyTorch's: a grid of expressions, and what each gives."""

import functools
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from .tally import Subject
from .texts import Names, Text, each

SIZES = (0, 1, 7, 12)
FRACTIONS = (
    [0.5, 0.5],
    [0.7, 0.2, 0.1],
    [1 / 3, 1 / 3, 1 / 3],
    [1.0],
    [0.0, 1.0],
    [0.5, 0.4],
    [0.6, 0.6],
    [1.2, -0.2],
)
LENGTHS = ([7, 3], [10], [0, 10], [3, 3, 4], [5, 4], [5, 6], [11, -1], [])
SAMPLES = (
    *("1", "1.5", "True", "'a'", "b'a'", "(1, 2.5)", "[1, 2]", "{'x': 1, 'y': 'a'}", "Point(1, 2.0)", "()"),
    *("t([1.0, 2.0])", "t(3)", "(t([1.0]), 2)", "{'x': t([[1.0]]), 'y': [1, (2, 'b')]}", "t([True, False])"),
    *("np.ones(2)", "np.ones((2, 1), 'float32')", "np.float64(1.5)", "np.int64(2)", "(np.ones(2), 3)"),
    *("np.float32(1.5)", "np.array(1.5)", "np.array(2)", "np.bool_(True)", "np.array(['a'])"),
)
WRONG = (
    *(
        "words(3), 0",
        "words(3), -1",
        "words(3), shuffle=True, sampler=[0]",
        "words(3), 2, batch_sampler=[[0]]",
    ),
    *("words(3), batch_sampler=[[0]], shuffle=True", "words(3), batch_size=None, drop_last=True"),
    *("words(3), batch_sampler=[[0]], drop_last=True", "Stream(3), shuffle=True", "Stream(3), sampler=[0]"),
    *(
        "Stream(3), batch_sampler=[[0]]",
        "words(3), num_workers=-1",
        "words(3), timeout=-1",
        "words(3), prefetch_factor=2",
    ),
    *(*("words(3), persistent_workers=True", "words(3), worker_init_fn=len", "words(3), in_order=False"),),
)

GRID = {
    "TensorDataset": [
        *each(
            "TensorDataset(*rows({n}))[{i}]",
            n=(1, 7),
            i=("0", "-1", "3", "9", "-9", "1:3", "::2", "[0, 2]", "[]"),
        ),
        *each("len(TensorDataset(*rows({n})))", n=SIZES),
        "TensorDataset(rows(3)[0], rows(4)[0])",
        "TensorDataset()",
    ],
    "Subset": [
        *each(
            "Subset(words(7), {places})[{i}]", places=([6, 0, 3], [], [9]), i=("0", "-1", "1:", "[0, 2]", "5")
        ),
        *each("len(Subset(words(7), {places}))", places=([6, 0, 3], [])),
        *each("list(Subset(Subset(words(7), [6, 0, 3]), {places}))", places=([2, 0], [])),
        *each("Subset(words(7), [6, 0, 3]).__getitems__({i})", i=([0], [2, 1], [])),
    ],
    "ConcatDataset": [
        *each(
            "ConcatDataset([words({a}), words({b})])[{i}]", a=(0, 2), b=(1, 3), i=(0, 2, 4, 9, -1, -3, -5, -9)
        ),
        *each("len(ConcatDataset([words({a}), words({b})]))", a=SIZES, b=SIZES),
        *each("ConcatDataset([words({a}), words({b})]).cumulative_sizes", a=SIZES, b=SIZES),
        *each("[*({first} + {second} + words(2))]", first=("words(2)", "words(0)"), second=("words(3)",)),
        *each("ConcatDataset({wrong})", wrong=("[]", "[Stream(3)]")),
    ],
    "random_split": [
        *each("[len(part) for part in random_split(range({n}), {sizes})]", n=SIZES, sizes=FRACTIONS),
        *each("[len(part) for part in random_split(range(10), {sizes})]", sizes=LENGTHS),
        *each("sorted(i for part in random_split(range({n}), [0.5, 0.5]) for i in part)", n=SIZES),
    ],
    "SequentialSampler": each(
        "(list(SequentialSampler(range({n}))), len(SequentialSampler(words({n}))))", n=SIZES
    ),
    "RandomSampler": [
        *each("sorted(RandomSampler(range({n})))", n=SIZES),
        *each(
            "len(list(RandomSampler(range({n}), {replacement}, {count})))",
            n=SIZES,
            replacement=(True, False),
            count=(None, 1, 5, 20),
        ),
        *each("sorted(RandomSampler(range({n}), num_samples={count}))", n=(1, 7), count=(7, 14)),
        *each("set(RandomSampler(range({n}), True, 9)) <= set(range({n}))", n=(1, 7)),
        *each(
            "RandomSampler(range(3), {wrong})",
            wrong=("num_samples=-1", "num_samples=1.5", "replacement=2", "num_samples=0"),
        ),
    ],
    "SubsetRandomSampler": [
        *each("sorted(SubsetRandomSampler({places}))", places=([], [4], [7, 3, 5])),
        *each("len(SubsetRandomSampler({places}))", places=([], [4], [7, 3, 5])),
    ],
    "WeightedRandomSampler": [
        *each(
            "len(list(WeightedRandomSampler({weights}, {n}, {put_back})))",
            weights=([1, 2, 3], [0.5, 0, 0.1]),
            n=(1, 2),
            put_back=(True, False),
        ),
        *each("set(WeightedRandomSampler({weights}, 50))", weights=([0, 1, 0], [1.0], [0, 0, 2.5])),
        *each("sorted(WeightedRandomSampler([1, 5, 2], {n}, replacement=False))", n=(3, 4)),
        *each(
            "list(WeightedRandomSampler({wrong}))",
            wrong=(
                "[1, 2], 0",
                "[1, 2], -1",
                "[1, 2], 1.5",
                "[1, 2], 1, 3",
                "[[1, 2]], 1",
                "[-1, 2], 1",
                "[0, 0], 1",
            ),
        ),
    ],
    "BatchSampler": [
        *each(
            "list(BatchSampler(range({n}), {size}, {drop}))", n=SIZES, size=(1, 3, 7, 20), drop=(True, False)
        ),
        *each(
            "len(BatchSampler(range({n}), {size}, {drop}))", n=SIZES, size=(1, 3, 7, 20), drop=(True, False)
        ),
        *each(
            "BatchSampler(range(3), {wrong})",
            wrong=("0, False", "-1, False", "1.5, False", "True, False", "2, 1"),
        ),
    ],
    "default_collate": [
        *each("default_collate([{sample}] * {n})", sample=SAMPLES, n=(1, 3)),
        *each(
            "default_collate({wrong})",
            wrong=(
                "[]",
                "[[1, 2], [1]]",
                "[{{'a': 1}}, {{'b': 1}}]",
                "[None]",
                "[{{1}}]",
                "[t([1.0]), t([1.0, 2.0])]",
            ),
        ),
    ],
    "default_convert": each("default_convert({sample})", sample=SAMPLES),
    "DataLoader": [
        *each(
            "list(DataLoader(TensorDataset(*rows({n})), batch_size={size}, drop_last={drop}))",
            n=SIZES,
            size=(1, 3, 7, 20),
            drop=(True, False),
        ),
        *each(
            "len(DataLoader(words({n}), {size}, drop_last={drop}))",
            n=SIZES,
            size=(1, 3, 7, 20),
            drop=(True, False),
        ),
        *each("list(DataLoader([{sample}] * 3, 2))", sample=SAMPLES),
        *each(
            "list(DataLoader({data}, batch_size=None))",
            data=("words(3)", "list(range(3))", "TensorDataset(*rows(3))", "[np.ones(2)] * 2"),
        ),
        *each(
            "list(DataLoader(Stream({n}), {size}, drop_last={drop}))",
            n=(0, 1, 7),
            size=(1, 3),
            drop=(True, False),
        ),
        *each("list(DataLoader(Stream({n}), batch_size=None))", n=(0, 3)),
        *each("list(DataLoader(words(7), {size}, sampler={places}))", size=(1, 2), places=([6, 0, 3], [])),
        *each("list(DataLoader(words(7), batch_sampler={batches}))", batches=([[6, 0], [3]], [])),
        *each(
            "sorted(word for batch in DataLoader(words({n}), {size}, shuffle=True) for word in batch)",
            n=SIZES,
            size=(1, 3),
        ),
        *each("list(DataLoader(words(5), 2, collate_fn={f}))", f=("len", "''.join", "list")),
        *each(
            "list(DataLoader({data}, 2))",
            data=("Subset(words(7), [6, 0, 3])", "ConcatDataset([words(2), words(3)])"),
        ),
        *each("DataLoader({wrong})", wrong=WRONG),
    ],
}


class Point(NamedTuple):
    """A sample with names."""

    x: int
    y: float


def names(library: Any) -> Names:
    """What the expressions name: the library's data utilities, and data."""
    data = library.utils.data

    class Words(data.Dataset):  # type: ignore[misc, name-defined]
        """The first ``n`` letters."""

        def __init__(self, n: int) -> None:
            self.n = n

        def __len__(self) -> int:
            return self.n

        def __getitem__(self, i: int) -> str:
            if not -self.n <= i < self.n:
                raise IndexError(i)
            return "abcdefghijklmnopqrstuvwxyz"[i % self.n]

    class Stream(data.IterableDataset):  # type: ignore[misc, name-defined]
        """The numbers below ``n``, one after the other."""

        def __init__(self, n: int) -> None:
            self.n = n

        def __iter__(self) -> Iterator[int]:
            return iter(range(self.n))

    def rows(n: int) -> tuple[Any, Any]:
        return library.arange(2.0 * n).reshape(n, 2), library.arange(n)

    public = {name: getattr(data, name) for name in GRID}
    own = {"words": Words, "Stream": Stream, "rows": rows, "Point": Point}
    return public | own | {"t": library.tensor, "np": np}


def subjects() -> list[Subject]:
    """The data utilities."""
    return [Subject(f"utils.data.{name}", functools.partial(_texts, name)) for name in GRID]


def _texts(name: str, most: int | None) -> Iterator[Text]:
    return (Text(expression, names) for expression in itertools.islice(GRID[name], most))

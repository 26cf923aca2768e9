"""Every random generator that a training can reach is found, once, and nothing else is."""

import functools
import random
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.data import DataLoader, FashionMNIST, TensorDataset, transforms
from minigrad.tensor import Tensor
from minigrad.train.sources import Sources, same

HERE = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def no_gpu_has_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test of this process may have drawn on a device, whose generator then is a source, too."""
    monkeypatch.setattr(mg.random, "_of_gpus", {})


def names(**roots: Any) -> list[str]:
    found = list(Sources(**roots).states())
    assert found[:3] == ["minigrad", "python", "numpy"]
    return found[3:]


def uses_global(x: float) -> float:
    return x + HERE.random()


class Layered:
    shared = random.Random(0)

    def __init__(self, part: Any) -> None:
        self.part = part


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda g: g, ["data"]),
        (lambda g: {"a": [1, (g,)]}, ["data.a[1][0]"]),
        (lambda g: functools.partial(print, g), ["data.args[0]"]),
        (lambda g: lambda: g, ["data.g"]),
        (lambda g: lambda x=g: x, ["data.__defaults__[0]"]),
        (lambda g: Layered(g), ["data.part", "data.shared"]),
        (lambda g: g.random, ["data.__self__"]),
        (lambda g: [g, g, {"again": g}], ["data[0]"]),
        (lambda g: [g] * 1001, []),  # a list of samples
        (lambda g: nn.Sequential(nn.Linear(2, 2)), []),
    ],
)
@pytest.mark.parametrize(
    "generator",
    [lambda: np.random.default_rng(1), lambda: np.random.RandomState(1), lambda: random.Random(1)],
    ids=["default_rng", "RandomState", "Random"],
)
def test_where_it_is_found(make: Any, expected: list[str], generator: Any) -> None:
    assert names(data=make(generator())) == expected


def test_those_of_loaders_samplers_and_transforms() -> None:
    own, flips = mg.Generator(), mg.Generator()
    images = FashionMNIST(
        train=True,
        sample="only",
        transform=transforms.Compose([transforms.RandomHorizontalFlip(generator=flips), uses_global]),
    )
    loader = DataLoader(images, shuffle=True, generator=own)
    found = names(model=nn.Linear(1, 1), data=loader, validation=loader)
    assert len(found) == 3
    assert {name.rpartition(".")[2] for name in found} == {"generator", "HERE"}


def test_a_circle_ends() -> None:
    circle: list[Any] = [np.random.default_rng(0)]
    circle.append(circle)
    assert names(data=circle) == ["data[0]"]


@pytest.mark.parametrize(
    "generator",
    [
        mg.Generator().manual_seed(3),
        random.Random(3),
        np.random.RandomState(3),
        *(
            np.random.Generator(bits(3))
            for bits in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox)
        ),
        np.random.Generator(np.random.SFC64(3)),
    ],
    ids=lambda g: type(getattr(g, "bit_generator", g)).__name__,
)
def test_every_kind_goes_back_also_from_a_file(generator: Any, tmp_path: Any) -> None:
    def draw() -> list[float]:
        if isinstance(generator, mg.Generator):
            return mg.randn(5, generator=generator).tolist()
        normal = getattr(generator, "normal", None) or generator.normalvariate
        return [float(normal(0, 1)) for _ in range(5)]

    draw()
    sources = Sources(data=TensorDataset(mg.zeros(1)), model=[generator])
    states = sources.states()
    mg.save(states, tmp_path / "states")
    first = draw()
    assert not same(sources.states(), states)
    sources.restore(mg.load(tmp_path / "states"))
    assert same(sources.states(), states)
    assert draw() == first


def test_same_looks_into_arrays() -> None:
    assert same({"a": {"b": np.arange(3)}, "c": None}, {"a": {"b": Tensor(np.arange(3))}, "c": None})
    assert not same({"a": np.arange(3)}, {"a": np.arange(1, 4)})
    assert not same({"a": 1}, {"a": 1, "b": 2})

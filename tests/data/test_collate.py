from collections import namedtuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import default_collate, default_convert
from minigrad.errors import ShapeError

Pair = namedtuple("Pair", "x y")


def same(a, b):
    """Structure, dtypes and values of one of our batches and one of PyTorch's."""
    if isinstance(a, mg.Tensor):
        theirs = b.numpy()
        return a.dtype == theirs.dtype and a.shape == theirs.shape and (a.numpy() == theirs).all()
    if isinstance(a, dict):
        return type(a) is type(b) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


BATCHES = {
    "ints": [1, 2, 3],
    "floats": [1.5, 2.5],
    "bools": [True, False],
    "an int, then floats": [1, 2.5, 3.25],
    "a bool, then a float": [True, 2.5],
    "a float, then an int and a bool": [1.5, 2, True],
    "a bool, then an int": [True, 2],
    "targets, some of them whole": [(np.ones(2), 1), (np.zeros(2), 2.7)],
    "strings": ["a", "b"],
    "bytes": [b"a", b"b"],
    "float32 arrays": [np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)],
    "uint8 arrays": [np.arange(4, dtype=np.uint8)] * 3,
    "bool arrays": [np.array([True, False])] * 2,
    "0-d arrays": [np.array(1.0), np.array(2.0)],
    "numpy numbers": [np.float32(1.5), np.float32(2.5)],
    "tuples": [(np.ones(2), 1), (np.zeros(2), 0)],
    "lists": [[1, 2.0], [3, 4.0]],
    "dicts": [{"image": np.ones(2), "label": 3, "name": "a"}, {"image": np.ones(2), "label": 4, "name": "b"}],
    "named tuples": [Pair(np.ones(2), 1), Pair(np.zeros(2), 2)],
    "nested": [({"a": [1, (2.0, "x")]}, 3), ({"a": [4, (5.0, "y")]}, 6)],
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_batches_are_pytorchs(batch):
    torch = pytest.importorskip("torch")
    assert same(default_collate(batch), torch.utils.data.default_collate(batch))


def test_tensors_are_stacked():
    batch = default_collate([mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0])])
    assert isinstance(batch, mg.Tensor) and batch.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_tensors_that_require_a_gradient_get_one():
    a, b = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([3.0, 4.0])
    (default_collate([b, a]) * mg.tensor([[1.0, 1.0], [5.0, 7.0]])).sum().backward()
    assert a.grad.tolist() == [5.0, 7.0]


def test_the_batch_does_not_share_memory_with_the_samples():
    sample = np.zeros(3)
    batch = default_collate([sample, sample])
    sample[:] = 9
    assert batch.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("make", [np.zeros, mg.zeros])
def test_different_shapes_are_named(make):
    with pytest.raises(
        ShapeError, match=r"sample 0 of the batch has \(2,\), sample 1 has \(3,\).*collate_fn"
    ):
        default_collate([make(2), make(3)])


def test_different_numbers_of_parts_are_named():
    with pytest.raises(RuntimeError, match=r"same number of parts, got \[2, 3\]"):
        default_collate([(1, 2), (1, 2, 3)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_numbers_and_others_have_the_default_dtype(dtype):
    before = mg.get_default_dtype()
    mg.set_default_dtype(dtype)
    try:
        batch = default_collate([1, 2.1])
    finally:
        mg.set_default_dtype(before)
    assert batch.dtype == dtype and batch.tolist() == np.array([1, 2.1], dtype).tolist()


def test_numpys_and_plain_numbers_may_be_mixed():
    batch = default_collate([1, np.float64(2.5), mg.tensor(3)])
    assert batch.dtype == np.float32 and batch.tolist() == [1.0, 2.5, 3.0]


def test_an_integer_that_no_int64_holds_is_an_error():
    with pytest.raises(OverflowError):
        default_collate([2**63, 1])


@pytest.mark.parametrize("batch", [[1, "a"], [2.5, "3"], [True, None], [1, [2]], [1, np.ones(2)]])
def test_numbers_and_others_are_not_mixed(batch):
    with pytest.raises(TypeError, match=f"expected plain numbers.*sample 1 has a {type(batch[1]).__name__}"):
        default_collate(batch)


@pytest.mark.parametrize("sample", [object(), None, np.array("text"), {1, 2}])
def test_what_cannot_be_a_batch_is_named(sample):
    with pytest.raises(TypeError, match="default_collate"):
        default_collate([sample, sample])


def test_convert_leaves_structure_and_plain_values():
    sample = {"x": np.arange(3), "pair": Pair(1, "a"), "list": [np.float64(2.0), 3.0]}
    converted = default_convert(sample)
    assert converted["x"].tolist() == [0, 1, 2] and isinstance(converted["x"], mg.Tensor)
    assert converted["pair"] == Pair(1, "a") and isinstance(converted["pair"], Pair)
    assert isinstance(converted["list"][0], mg.Tensor) and type(converted["list"][1]) is float

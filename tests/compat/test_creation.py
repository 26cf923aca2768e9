"""Creation beside PyTorch's: what is inferred from data, sizes in every spelling, dtypes, what is refused."""

import numpy as np
import pytest

from tests.compat.samples import DTYPES, draw

DATA = [
    1,
    -1,
    1.5,
    True,
    float("inf"),
    [1, 2],
    [1.0, 2],
    [True, False],
    [True, 2],
    [[1, 2], [3, 4]],
    (1, 2),
    range(3),
    [],
    [[]],
    2**40,
    np.float64(1.5),
    np.float32(1.5),
    np.int32(3),
    [np.float64(1.5)],
    [np.int32(3)],
]
ARRAYS = [
    np.arange(3),
    np.arange(3.0),
    np.array(True),
    np.array([1, 2], np.uint8),
    np.zeros((0, 2), np.float32),
    np.arange(6).reshape(2, 3).T,
    np.arange(6.0)[::2],
]


@pytest.mark.parametrize("data", [*DATA, *ARRAYS], ids=repr)
def test_tensor_of_data(beside, data):
    wrapped = [data]  # an array would become a tensor on the way
    beside(lambda L, F, d: L.tensor(d[0]), wrapped)
    beside(lambda L, F, d: L.as_tensor(d[0]), wrapped)
    for dtype in ("float32", "float64"):
        beside(lambda L, F, d, dtype: L.tensor(d[0], dtype=getattr(L, dtype)), wrapped, dtype)


def test_tensor_of_tensors(beside):
    beside(lambda L, F: L.tensor([L.tensor(1.0), L.tensor(2.0)]))
    beside(lambda L, F: L.tensor([1.5, 2.5], dtype=L.int64))
    beside(lambda L, F: L.tensor([0, 2], dtype=L.bool))


@pytest.mark.parametrize(
    "data", ["a", None, [1, None], np.array(["a"]), np.array([1, "a"], object), {1: 2}], ids=repr
)
def test_what_is_no_number_is_refused(beside, data):
    beside.refused(lambda L, F, d: L.tensor(d[0]), [data], words=["numbers"])


def test_ragged_lists_are_refused(beside):
    beside.refused(lambda L, F: L.tensor([[1, 2], [3]]), words=["rows", "(1,)", "(2,)"])


def test_integers_cannot_require_gradients(beside):
    beside.refused(lambda L, F: L.tensor([1], requires_grad=True), words=["int64", "1."])
    beside.refused(lambda L, F: L.zeros(2, dtype=L.int64, requires_grad=True), words=["int64"])
    beside.refused(lambda L, F: L.tensor([1]).requires_grad_(), words=["int64"])


FILLED = ("zeros", "ones")
UNFILLED = ("empty", "rand", "randn")


def form(t):
    return [tuple(t.shape), str(t.dtype).removeprefix("torch."), t.requires_grad]


@pytest.mark.parametrize("name", [*FILLED, *UNFILLED])
def test_sizes(beside, name):
    for size in ((2, 3), ((2, 3),), ([2, 3],), (0,), ((),), (2,), (np.int64(2), 3)):
        beside(lambda L, F, s: form(getattr(L, name)(*s)), size, what=str(size))
    beside(lambda L, F: form(getattr(L, name)(size=(2, 3))))
    beside(lambda L, F: form(getattr(L, name)(2, dtype=L.float64, requires_grad=True)))
    beside(lambda L, F: form(getattr(L, name)(2, device="cpu")))
    beside.refused(lambda L, F: getattr(L, name)(-1), words=["negative", "(-1,)"])
    beside.refused(lambda L, F: getattr(L, name)(2.5), words=["integers", "2.5"])


@pytest.mark.parametrize("name", FILLED)
def test_filled(beside, name):
    for dtype in DTYPES:
        beside(lambda L, F, d: getattr(L, name)((2, 3), dtype=getattr(L, d)), dtype)


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"])
def test_likes(beside, name):
    for dtype in DTYPES if "rand" not in name else ("float32", "float64"):
        beside(lambda L, F, x: form(getattr(L, name)(x)), draw((2, 3), dtype), what=dtype)
    beside(
        lambda L, F, x: form(getattr(L, name)(input=x, dtype=L.float64, requires_grad=True)),
        draw((2,), "float32"),
    )
    if "rand" in name:
        beside.refused(lambda L, F, x: getattr(L, name)(x), draw((2,), "int64"), words=["int64", "randint"])


def test_full(beside):
    for value in (1, 1.5, True):
        beside(lambda L, F, v: [L.full((2, 3), v), L.full(size=(2,), fill_value=v, dtype=L.float64)], value)
    beside(lambda L, F: L.full((), 2))
    for dtype in DTYPES:
        beside(lambda L, F, x: L.full_like(x, 2.5), draw((2,), dtype), grad=False)
    beside(lambda L, F, x: L.full_like(input=x, fill_value=2.5, dtype=L.float64), draw((2,), "int64"))


def test_arange(beside):
    for bounds in (
        (5,),
        (1, 5),
        (1, 5, 2),
        (5, 1, -1),
        (0, 1, 0.1),
        (5.0,),
        (0,),
        (1, 1),
        (2.5,),
        (0, 10, 3),
        (1, 2, 0.25),
    ):
        beside(lambda L, F, b: L.arange(*b), bounds, what=str(bounds))
        for dtype in ("float64", "int32"):
            beside(lambda L, F, b, d: L.arange(*b, dtype=getattr(L, d)), bounds, dtype, what=str(bounds))
    beside(lambda L, F: [L.arange(start=1, end=5, step=2), L.arange(end=4), L.arange(1, end=4)])
    for bounds in ((5, 1), (1, 5, 0), (1, 5, -1)):
        beside.refused(lambda L, F, b: L.arange(*b), bounds, words=["step", "5"], what=str(bounds))


NUMBERS = {
    "a tensor that is no integer": lambda L: L.arange(L.tensor(0.5), 3),
    "a floating tensor of an integer": lambda L: L.arange(L.tensor(0.0), L.tensor(3)),
    "a start of 0.0": lambda L: L.arange(0.0, 3),
    "NumPy's number": lambda L: L.arange(np.float32(2.5)),
    "integers": lambda L: (L.arange(L.tensor(3)), L.arange(np.int64(3)), L.arange(L.tensor(1), np.int32(3))),
    "a step": lambda L: L.arange(0, 2, L.tensor(0.5)),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_arange_of_numbers_of_any_kind(beside, name):
    beside(lambda L, F: NUMBERS[name](L), what=name)


def test_arange_of_a_vector(beside):
    beside.refused(lambda L, F: L.arange(L.tensor([3])), words=["arange: expected a number", "(1,)"])


def test_linspace_and_eye(beside):
    for bounds in ((0, 1, 5), (0, 1, 1), (0, 1, 0), (3, -3, 4), (0, 10, 7)):
        beside(lambda L, F, b: L.linspace(*b), bounds, what=str(bounds))
        beside(
            lambda L, F, b: L.linspace(start=b[0], end=b[1], steps=b[2], dtype=L.float64),
            bounds,
            what=str(bounds),
        )
    beside.refused(lambda L, F: L.linspace(0, 1, -1), words=["-1"])
    for size in ((3,), (2, 3), (3, 2), (0,)):
        beside(lambda L, F, s: [L.eye(*s), L.eye(*s, dtype=L.int64)], size)
    beside(lambda L, F: L.eye(n=2, m=3))
    beside.refused(lambda L, F: L.eye(-1), words=["-1"])


def test_random_integers(beside):
    for args, kwargs in (
        ((5, (2, 3)), {}),
        ((1, 5, (2,)), {}),
        ((5,), {"size": (2,)}),
        ((), {"low": 1, "high": 4, "size": (2,)}),
        ((), {"high": 4, "size": (2,)}),
        ((5, [2]), {}),
        ((3, ()), {}),
        ((5, (2,)), {"dtype": "float32"}),
        ((5, (2,)), {"dtype": "uint8"}),
    ):

        def run(L, F, args, kwargs):
            options = {name: getattr(L, v) if name == "dtype" else v for name, v in kwargs.items()}
            return form(L.randint(*args, **options))

        beside(run, args, kwargs, what=f"{args} {kwargs}")
    beside.refused(lambda L, F: L.randint(5, 5, (2,)), words=["5"])
    beside.refused(lambda L, F: L.randint(5), words=["size"])
    for n in (0, 1, 5):
        beside(lambda L, F, n: [form(L.randperm(n)), L.randperm(n).sort().values], n)
    beside.refused(lambda L, F: L.randperm(-1), words=["-1"])


def test_random_numbers_with_parameters(beside):
    beside(lambda L, F: form(L.normal(0.0, 1.0, (2, 3))))
    beside(lambda L, F: form(L.normal(mean=0.0, std=1.0, size=(2,))))
    beside(lambda L, F: [form(L.normal(L.zeros(3), L.ones(3))), form(L.normal(L.zeros(3).double(), 2.0))])
    beside(lambda L, F: [form(L.normal(2.0, L.ones(3))), form(L.normal(mean=L.zeros(3)))])
    beside(lambda L, F: L.normal(L.tensor([1.0, 2.0]), L.zeros(2)))
    beside.refused(lambda L, F: L.normal(0.0, -1.0, (2,)), words=["-1"])
    beside(lambda L, F: [L.bernoulli(L.tensor([0.0, 1.0])), L.tensor([0.0, 1.0]).bernoulli()])
    beside(lambda L, F: [L.bernoulli(L.ones(3), p=0.0), L.bernoulli(L.zeros(3).double(), 1.0)])
    beside.refused(lambda L, F: L.bernoulli(L.tensor([1.5])), words=["1.5"])
    beside.refused(lambda L, F: L.bernoulli(L.tensor([1])), words=["int64"])


def test_multinomial(beside):
    beside(lambda L, F: L.multinomial(L.tensor([0.0, 1.0, 0.0]), 3, True))
    beside(
        lambda L, F: L.multinomial(input=L.tensor([[0.0, 2.0], [0.5, 0.0]]), num_samples=1, replacement=False)
    )
    beside(lambda L, F: L.tensor([1.0, 2.0, 3.0]).multinomial(3).sort().values)
    for weights, words in (
        ([0.0, 0.0], ["positive"]),
        ([-1.0, 2.0], ["negative"]),
        ([float("nan"), 1.0], ["finite"]),
        ([[[1.0]]], ["(1, 1, 1)"]),
        ([1, 2], ["int64"]),
    ):
        beside.refused(lambda L, F, w: L.multinomial(L.tensor(w), 1), weights, words=words, what=str(weights))
    beside.refused(lambda L, F: L.multinomial(L.tensor([1.0, 2.0]), 3), words=["3", "2", "replacement=True"])
    beside.refused(lambda L, F: L.multinomial(L.tensor([1.0, 2.0]), 0), words=["0"])


def test_from_numpy(beside):
    for array in ARRAYS:
        beside(lambda L, F, a: L.from_numpy(a[0].copy()), [array])
    beside.refused(lambda L, F: L.from_numpy([1]), words=["from_numpy", "list"])
    beside.refused(lambda L, F: L.from_numpy(np.array(["a"])), words=["numbers"])


def test_conversion_with_all_by_place(beside):
    """``non_blocking``, then ``copy``, after what the tensor is to become."""
    for call in (
        lambda L, x: x.to(L.float64, True),
        lambda L, x: x.to(x.double(), False, True),
        lambda L, x: x.to(x.device, L.float64, False, True),
    ):
        beside(lambda L, F, x, f=call: f(L, x), np.ones(2, np.float32))
    beside(lambda L, F, x: x.to(L.float32, False, True) is x, np.ones(2, np.float32))
    beside(lambda L, F, x: x.to(L.float32, False, False) is x, np.ones(2, np.float32))


def test_conversion(beside):
    for a in DTYPES:
        for b in DTYPES:
            x, what = np.array([0, 1, 2]).astype(a), f"{a} to {b}"
            beside(lambda L, F, x, b: x.to(getattr(L, b)), x, b, what=what)
            beside(lambda L, F, x, b: x.type(getattr(L, b)), x, b, what=what)
            beside(
                lambda L, F, x, b: x.to(dtype=getattr(L, b)) + x.to(x.device, getattr(L, b)), x, b, what=what
            )
            beside(lambda L, F, x, b: x.type_as(L.zeros(1, dtype=getattr(L, b))), x, b, what=what)
        beside(lambda L, F, x: [x.float(), x.double(), x.half(), x.int(), x.long(), x.bool()], x, what=a)
    beside(lambda L, F, x: x.to(L.zeros(1).double()), draw((2,), "float32"))


@pytest.mark.parametrize(
    "data",
    [
        lambda L: [np.float32(1), 2.0],
        lambda L: [2.0, np.float32(1)],
        lambda L: [[np.float64(1)], [2.0]],
        lambda L: [1, np.float32(2)],
        lambda L: [np.int32(1), 2],
        lambda L: [np.int32(1), 2.0],
        lambda L: [L.tensor(1.0), 2.0],
        lambda L: [2.0, L.tensor(1.0, dtype=L.float64)],
        lambda L: [True, np.float32(1)],
    ],
)
def test_lists_that_mix_numbers_with_and_without_a_dtype(beside, data):
    beside(lambda L, F: L.tensor(data(L)))

"""Making tensors: whose memory, which dtype, what is refused."""

import pickle
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DtypeError

pytestmark = pytest.mark.usefixtures("device")


@pytest.mark.parametrize(
    ("data", "dtype", "values"),
    [
        (1, mg.int64, 1),
        (1.5, mg.float32, 1.5),
        (True, mg.bool, True),
        ([1, 2.5], mg.float32, [1.0, 2.5]),
        ([[1, 2], [3, 4]], mg.int64, [[1, 2], [3, 4]]),
        ([True, False], mg.bool, [True, False]),
        ([], mg.float32, []),
        (np.float64(0.1), mg.float64, 0.1),
        (np.array([1, 2], np.uint8), mg.uint8, [1, 2]),
        ([np.float64(0.5)], mg.float64, [0.5]),
        (range(3), mg.int64, [0, 1, 2]),
        ([mg.tensor([1, 2]), mg.tensor([3, 4])], mg.int64, [[1, 2], [3, 4]]),
        (np.array([1.0, 2.0], ">f8"), mg.float64, [1.0, 2.0]),
    ],
    ids=repr,
)
def test_tensor_infers_the_dtype(data, dtype, values):
    x = mg.tensor(data)
    assert x.dtype is dtype
    assert x.tolist() == values


def test_float64_keeps_the_digits_that_python_wrote():
    assert mg.tensor([0.1], dtype=mg.float64).item() == 0.1
    assert mg.tensor([[0.1, 1]], dtype=mg.float64)[0, 0].item() == 0.1


def test_too_large_for_the_dtype_is_infinite():
    assert mg.tensor([1e300, -1e300]).tolist() == [float("inf"), -float("inf")]
    assert mg.tensor(np.float64(1e300), dtype=mg.float32).item() == float("inf")


def _written(write):
    def make(value, dtype):
        x = mg.zeros(2, dtype=dtype)
        write(x, value)
        return x

    return make


@pytest.mark.parametrize(
    "make",
    [
        lambda value, dtype: mg.tensor([0, value], dtype=dtype),
        lambda value, dtype: mg.as_tensor(value, dtype=dtype),
        lambda value, dtype: mg.full((2,), value, dtype=dtype),
        lambda value, dtype: mg.full_like(mg.zeros(2, dtype=dtype), value),
        lambda value, dtype: mg.zeros(1, dtype=dtype).new_full((2,), value),
        lambda value, dtype: mg.zeros(2, dtype=dtype).masked_fill(mg.tensor([True, False]), value),
        _written(lambda x, value: x.fill_(value)),
        _written(lambda x, value: x.__setitem__(0, value)),
        _written(lambda x, value: x.__setitem__(slice(None), [value, 0])),
    ],
)
def test_numbers_that_an_integer_dtype_does_not_hold(make):
    for value, dtype in [
        (300, mg.uint8),
        (-256, mg.uint8),
        (128, mg.int8),
        (3e9, mg.int32),
        (2.0**63, mg.int64),
        (float("nan"), mg.int64),
        (float("inf"), mg.uint8),
    ]:
        with pytest.raises(RuntimeError, match=re.escape(f"{value} does not fit into {dtype}")):
            make(value, dtype)
    # As in PyTorch: -1 counts from above where there is no sign, fractions are cut off, all but 0 is True.
    assert make(-1, mg.uint8).max() == 255
    assert make(1.9, mg.int64).max() == 1
    assert make(300, mg.bool).any() and make(float("nan"), mg.bool).any()


def test_large_numbers_that_the_dtype_holds():
    assert mg.full((1,), 2**63, dtype=mg.float32).item() == 2.0**63
    assert mg.full((1,), 2**63, dtype=mg.uint64).item() == mg.tensor(2**63, dtype=mg.uint64).item() == 2**63


def test_arrays_are_converted_as_numpy_does():
    assert mg.tensor(np.array([300]), dtype=mg.uint8).tolist() == [44]
    assert mg.zeros(1, dtype=mg.uint8).copy_(mg.tensor([300])).tolist() == [44]


def test_random_integers_fit_into_their_dtype():
    for low, high, dtype in [(0, 1000, mg.uint8), (-1, 5, mg.uint8), (0, 3, mg.bool), (0, 2**40, mg.int32)]:
        with pytest.raises(RuntimeError, match=f"randint: .* {dtype}"):
            mg.randint(low, high, (3,), dtype=dtype)
    assert mg.randint(0, 256, (3,), dtype=mg.uint8).dtype is mg.uint8
    assert mg.randint(0, 2, (3,), dtype=mg.bool).dtype is mg.bool
    assert mg.randint(0, 1000, (3,), dtype=mg.float32).dtype is mg.float32
    with pytest.raises(RuntimeError, match=r"randperm: 299 does not fit into uint8"):
        mg.randperm(300, dtype=mg.uint8)
    assert sorted(mg.randperm(256, dtype=mg.uint8).tolist()) == list(range(256))


@pytest.mark.devices("cpu")
def test_tensor_copies_as_tensor_shares():
    array = np.zeros(3)
    copied, shared, same = mg.tensor(array), mg.as_tensor(array), mg.from_numpy(array)
    array[0] = 1
    assert copied.tolist() == [0.0, 0.0, 0.0]
    assert shared.tolist() == same.tolist() == [1.0, 0.0, 0.0]
    same[1] = 2
    assert array[1] == 2
    x = mg.tensor([1.0])
    assert mg.as_tensor(x) is x
    assert mg.as_tensor(x, dtype=mg.float64) is not x
    assert mg.as_tensor([1, 2]).tolist() == [1, 2]


def test_tensor_of_a_tensor_is_a_leaf_of_its_own():
    x = mg.tensor([1.0], requires_grad=True)
    y = mg.tensor(x * 2)
    assert y.is_leaf
    assert not y.requires_grad
    y.fill_(5)
    assert x.item() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("abc", "'abc'"),
        ([1, None], "None"),
        ([[1, 2], ["x", 3]], "'x'"),
        (np.longdouble(1), "float128|longdouble|float96"),
        (1 + 2j, r"\(1\+2j\)"),
        (np.array([None]), "None"),
        ({"a": 1}, "'a'"),
        ([2**70], str(2**70)),
        (np.array(["2020-01-01"], "datetime64[D]"), "datetime64"),
        ([np.timedelta64(3, "D")], r"got np\.timedelta64\(3,'D'\)"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_named(data, words):
    with pytest.raises(TypeError, match=rf"bool, integer or floating.*{words}"):
        mg.tensor(data)
    with pytest.raises(RuntimeError):  # so that code written for PyTorch catches it
        mg.tensor(data)


def test_ragged_lists():
    for data in ([[1, 2], [3]], [[1, 2], 3], [[[1], [2]], [[3]]]):
        with pytest.raises(ValueError, match=r"rows have different shapes, \("):
            mg.tensor(data)


@pytest.mark.parametrize(
    "make", [mg.zeros, mg.ones, mg.empty, mg.rand, mg.randn, lambda *a, **k: mg.full((2,), 1, **k)]
)
def test_options_that_are_not_supported_are_named(make):
    with pytest.raises(NotImplementedError, match="device='mps'"):
        make(2, device="mps")
    for option in ("layout", "pin_memory", "memory_format", "out"):
        with pytest.raises(TypeError, match=option):
            make(2, **{option: True})
    with pytest.raises(TypeError, match="complex64"):
        make(2, dtype="complex64")


def test_options_of_tensor():
    with pytest.raises(NotImplementedError, match="device='mps'"):
        mg.tensor([1.0], device="mps")
    with pytest.raises(TypeError, match="pin_memory"):
        mg.tensor([1.0], pin_memory=True)
    for move in (mg.tensor([1.0]).to, lambda device: mg.as_tensor(mg.ones(1), device=device)):
        with pytest.raises(NotImplementedError, match="device='mps'"):
            move("mps")


@pytest.mark.parametrize(
    "make",
    [
        lambda dtype: mg.zeros(2, dtype=dtype),
        lambda dtype: mg.tensor([1, 2], dtype=dtype),
        lambda dtype: mg.from_numpy(np.zeros(2, dtype)),
        lambda dtype: mg.Tensor(np.zeros(2, dtype)),
        lambda dtype: mg.ones(2).to(dtype),
        lambda dtype: mg.ones(2).type(dtype),
        lambda dtype: mg.ones(2).new_full((2,), 1, dtype=dtype),
        lambda dtype: mg.ones(2).sum(dtype=dtype),
    ],
)
def test_the_dtypes_that_there_are(make):
    integers = [f"{sign}int{bits}" for sign in ("u", "") for bits in (8, 16, 32, 64)]
    for name in ("bool", *integers, "float16", "float32", "float64"):
        assert make(name).dtype is getattr(mg, name)
    for dtype in (np.complex64, np.longdouble, np.timedelta64):
        with pytest.raises(TypeError, match=f"bool, integer or floating numbers.*{np.dtype(dtype)}"):
            make(dtype)


def test_what_is_printed_can_be_read_back():
    for dtype in (np.float16, np.uint16, np.int8):
        x = mg.ones(2, dtype=dtype)
        again = eval(repr(x), {"tensor": mg.tensor, "minigrad": mg})
        assert again.dtype is x.dtype and again.equal(x)


def test_sizes():
    for x in (
        mg.zeros(2, 3),
        mg.zeros((2, 3)),
        mg.zeros([2, 3]),
        mg.zeros(size=(2, 3)),
        mg.zeros(mg.tensor(2), 3),
    ):
        assert x.shape == (2, 3)
    assert mg.zeros(()).shape == ()
    assert mg.zeros(0, 3).numel() == 0
    with pytest.raises(RuntimeError, match=r"negative size.*\(2, -1\)"):
        mg.zeros(2, -1)
    with pytest.raises(TypeError, match=r"integers.*2\.5"):
        mg.zeros(2.5)
    with pytest.raises(TypeError, match="integers"):
        mg.zeros("2")


def test_values():
    assert mg.zeros(2).tolist() == [0.0, 0.0]
    assert mg.ones(2, dtype=mg.int32).tolist() == [1, 1]
    assert mg.full((2,), 7).dtype == mg.int64
    assert mg.full((2,), 7.0).dtype == mg.float32
    assert mg.full((2,), True).dtype == mg.bool
    assert mg.full((2,), 7.5, dtype=mg.int64).tolist() == [7, 7]
    assert mg.eye(2, 3).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    assert mg.arange(5).tolist() == [0, 1, 2, 3, 4]
    assert mg.arange(1, 2, 0.25).tolist() == [1.0, 1.25, 1.5, 1.75]
    assert mg.arange(3, 0, -1).tolist() == [3, 2, 1]
    assert mg.linspace(0, 1, 5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    x = mg.tensor([[1, 2]])
    assert mg.zeros_like(x).tolist() == [[0, 0]]
    assert mg.ones_like(x, dtype=mg.float32).tolist() == [[1.0, 1.0]]
    assert mg.full_like(x, 9).tolist() == [[9, 9]]
    assert mg.empty_like(x).shape == (1, 2)


def test_the_default_dtype():
    assert mg.get_default_dtype() is mg.float32
    mg.set_default_dtype(mg.float64)
    try:
        for x in (mg.tensor(1.0), mg.zeros(1), mg.rand(1), mg.linspace(0, 1, 2), mg.arange(2.0), mg.eye(1)):
            assert x.dtype == mg.float64
        assert mg.tensor(1).dtype == mg.int64
    finally:
        mg.set_default_dtype(mg.float32)
    with pytest.raises(TypeError, match="int64"):
        mg.set_default_dtype(mg.int64)


def test_requires_grad():
    assert mg.zeros(2, requires_grad=True).requires_grad
    assert mg.randn(2, requires_grad=True).is_leaf
    for make in (
        lambda: mg.tensor([1], requires_grad=True),
        lambda: mg.zeros(2, dtype=mg.bool, requires_grad=True),
    ):
        with pytest.raises(RuntimeError, match=r"floating.*(int64|bool)"):
            make()


def test_from_numpy_refuses_what_it_cannot_share():
    with pytest.raises(TypeError, match=r"from_numpy.*list"):
        mg.from_numpy([1.0])
    with pytest.raises(TypeError, match=r">f8.*tensor"):
        mg.from_numpy(np.array([1.0], ">f8"))


def test_read_only_memory_is_not_written():
    array = np.zeros(3)
    array.flags.writeable = False
    x = mg.from_numpy(array)
    with pytest.raises(RuntimeError, match=r"cannot be written.*read-only.*clone"):
        x.fill_(1)
    assert x.clone().fill_(1).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.devices("cpu")
def test_tensor_on_an_array_of_a_dtype_of_its_own():
    """The engine tells dtypes apart by identity: of each there is one."""
    swapped = np.ones(3, np.dtype("f4").newbyteorder())
    for share in (mg.Tensor, mg.from_numpy):
        with pytest.raises(DtypeError, match=r"bytes in the other order; tensor\(\) copies them"):
            share(swapped)
    assert mg.tensor(swapped).dtype is mg.float32
    array = pickle.loads(pickle.dumps(np.ones(3, np.float32)))
    assert array.dtype is not mg.float32
    x = mg.Tensor(array)
    assert x.dtype is mg.float32
    x[0] = 5
    assert array[0] == 5


# Cases that PyTorch's own samples brought up; the numbers are PyTorch's ------------------------------------


def test_int64_cuts_the_ends_before_it_counts():
    assert mg.arange(3.1, dtype=mg.int64).tolist() == [0, 1, 2]
    assert mg.arange(0.1, -7.9, -4.0, dtype=mg.int64).tolist() == [0, -4]
    assert mg.linspace(4.3, -3, 10, dtype=mg.int64).tolist() == [4, 3, 2, 1, 0, 0, 0, -1, -2, -3]


def test_arange_without_an_end_is_refused_by_name():
    for bounds in ((float("inf"),), (float("-inf"), 1.0)):
        with pytest.raises(RuntimeError, match=r"^arange: no end is reached"):
            mg.arange(*bounds)


def test_linspace_between_tensors_is_as_exact_as_its_dtype():
    third = mg.linspace(mg.tensor(0.0), mg.tensor(1.0), 4, dtype=mg.float64)
    assert third[1].item() == 1 / 3
    with pytest.raises(TypeError, match=r"linspace: expected a number, got a tensor of shape \(2,\)"):
        mg.linspace(mg.ones(2), 3, 4)


def test_normal_has_the_dtype_of_its_tensors_or_the_one_asked_for():
    double = mg.ones(2, dtype=mg.float64)
    assert mg.normal(2.7, double).dtype == mg.float64
    assert mg.normal(mg.ones(2), double).dtype == mg.float32
    made = mg.normal(0.0, 1.0, (2, 3), dtype=mg.float64, requires_grad=True)
    assert (made.dtype, made.shape, made.requires_grad) == (mg.float64, (2, 3), True)
    with pytest.raises(TypeError, match="normal: tensors have their own shape"):
        mg.normal(double, 1.0, (2,))


@pytest.mark.parametrize("make", [mg.rand_like, mg.randn_like])
def test_drawn_like_another_by_a_generator(make):
    x = mg.zeros(4)
    a, b = (make(x, generator=mg.Generator(x.device).manual_seed(3)) for _ in range(2))
    assert a.tolist() == b.tolist()

"""The dtype of a result, by the table in engine/promotion.py and as in PyTorch."""

import itertools

import numpy as np
import pytest

import minigrad as mg


def test_a_tensor_of_no_dimension_gives_way_to_one_with_dimensions_of_its_kind():
    wide, narrow = mg.tensor(2.0, dtype=mg.float64), mg.ones(3, dtype=mg.float32)
    assert (narrow * wide).dtype == (wide * narrow).dtype == mg.float32
    assert (wide * mg.ones(1, dtype=mg.float32)).dtype == mg.float32
    assert (wide * mg.tensor(2.0, dtype=mg.float32)).dtype == mg.float64


def test_a_tensor_of_no_dimension_decides_where_its_kind_is_the_higher_one():
    assert (mg.ones(3, dtype=mg.int32) * mg.tensor(2.0, dtype=mg.float64)).dtype == mg.float64
    assert (mg.tensor([True]) + mg.tensor(2, dtype=mg.int16)).dtype == mg.int16


def test_a_python_number_beside_floating_tensors_has_their_dtype():
    x, chosen = mg.ones(2), mg.tensor([True, False])
    for number in (True, 3, 10**19, 2**70, 0.1):  # an int64 does not hold two of them
        y = mg.where(chosen, x, number)
        assert y.dtype == mg.float32 and y[1].item() == np.float32(number)


def test_two_python_numbers_alone():
    chosen = mg.tensor([True, False])
    for a, b, dtype in ((1, 2, mg.int64), (1, 2.5, mg.float32), (True, 2, mg.int64), (True, False, mg.bool)):
        y = mg.where(chosen, a, b)
        assert y.dtype == dtype and y.tolist() == [a, b]
    assert mg.where(chosen, 1, mg.ones(2, dtype=mg.int16)).dtype == mg.int16


def test_a_number_of_numpys_is_a_python_number_beside_tensors():
    whole = mg.tensor([1, 2])
    for y in (np.float64(0.5) * whole, whole * np.float64(0.5), whole / np.float64(2)):
        assert y.dtype == mg.float32 and y.tolist() == [0.5, 1.0]
    assert (np.int64(2) * mg.tensor([1], dtype=mg.int16)).dtype == mg.int16


def test_numbers_of_numpys_alone_have_their_own_dtypes():
    chosen = mg.tensor([True, False])
    assert mg.where(chosen, np.float64(1), np.float64(2)).dtype == mg.float64
    assert mg.where(chosen, np.int16(1), np.int16(2)).dtype == mg.int16


def test_a_quotient_of_integers_is_floating():
    whole = mg.tensor([1, 4])
    for y, expected in (
        (whole / 2.0, [0.5, 2.0]),
        (2.0 / whole, [2.0, 0.5]),
        (whole / 2, [0.5, 2.0]),
        (whole / whole, [1.0, 1.0]),
        (whole / mg.tensor(2.0, dtype=mg.float64), [0.5, 2.0]),
        (whole / mg.tensor([2.0, 2.0]), [0.5, 2.0]),
    ):
        assert y.tolist() == expected
    assert (whole / 2.0).dtype == (whole / whole).dtype == mg.float32
    assert (whole / mg.tensor(2.0, dtype=mg.float64)).dtype == mg.float64


def test_every_pair_of_dtypes_and_dimensions_is_as_in_pytorch():
    torch = pytest.importorskip("torch")
    names = ["bool", "uint8", "int16", "int32", "int64", "float16", "float32", "float64"]
    for (a, b), (m, n) in itertools.product(
        itertools.product(names, repeat=2), itertools.product([(), (1,)], repeat=2)
    ):
        ours = mg.ones(*m, dtype=getattr(mg, a)) + mg.ones(*n, dtype=getattr(mg, b))
        theirs = torch.ones(m, dtype=getattr(torch, a)) + torch.ones(n, dtype=getattr(torch, b))
        assert str(ours.dtype).split(".")[-1] == str(theirs.dtype).split(".")[-1], (a, m, b, n)

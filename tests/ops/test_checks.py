"""What operations ask of their arguments, and how an option is refused."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import DtypeError, refuse
from minigrad.ops.checks import bools, floating, outside


def test_numbers_out_of_range_are_told_by_the_smallest_and_the_largest():
    assert outside(np.array([3, 0, 4]), 4) is None
    assert outside(np.array([3, 0, 5]), 4) == (0, 5)
    assert outside(np.array([-1, 2]), 4) == (-1, 2)
    assert outside(np.array([0.5, np.nan]), 1) is not None  # a NaN is in no range
    assert outside(np.zeros(0), -1) is None


def test_floating_says_how_a_function_or_a_method_would_be_called():
    floating("f", np.ones(1, np.float16))
    with pytest.raises(DtypeError, match=r"^f: expected a floating tensor, got int64: x\.float\(\)$"):
        floating("f", np.ones(1, np.int64))
    with pytest.raises(DtypeError, match=r"x\.float\(\)\.f\(\)$"):
        floating("f", np.ones(1, bool), method=True)


@pytest.mark.parametrize("mask", [True, [True, False], np.ones(2), mg.tensor([1, 0])])
def test_a_mask_is_a_bool_tensor_and_nothing_that_looks_like_one(mask):
    bools("f", "mask", mg.tensor([True, False]))
    bools("f", "mask", np.array([True, False]))
    with pytest.raises(DtypeError, match=r"f: expected a bool tensor for the mask .*is mask != 0 meant\?"):
        bools("f", "mask", mask)


def test_an_option_is_refused_unless_it_is_none_or_false():
    refuse("f", a=None, b=False)
    with pytest.raises(NotImplementedError, match=r"^f: b=0 is not supported: because\. Leave b out\.$"):
        refuse("f", "because", a=None, b=0, c=1)

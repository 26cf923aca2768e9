"""Settings of the kernels' tests."""

import pytest

from minigrad.kernels import precision


@pytest.fixture(autouse=True, scope="module")
def digits_of_float32():
    """Convolutions of a card keep all digits of float32, where a test does not say otherwise."""
    before = precision.get_float32_conv_precision()
    precision.set_float32_conv_precision("highest")
    yield
    precision.set_float32_conv_precision(before)

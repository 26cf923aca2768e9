"""What a reduction's gradient does with the axes."""

import numpy as np
import pytest

from minigrad.ops.axes import stretched


@pytest.mark.parametrize("shape", [(), (1,), (0,), (5,), (2, 3), (2, 0, 3), (1, 1)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_one_number_is_stretched_as_numpy_does_and_cannot_be_written(shape, dtype):
    for number in (dtype(1.5), np.array(1.5, dtype)):
        y = stretched(number, shape)
        np.testing.assert_array_equal(y, np.broadcast_to(number, shape))
        assert (y.dtype, y.shape) == (dtype, shape)
        with pytest.raises(ValueError, match="read-only"):
            y[...] = 2


def test_rows_are_stretched_too():
    np.testing.assert_array_equal(stretched(np.array([[1.0], [2.0]]), (2, 3)), [[1, 1, 1], [2, 2, 2]])

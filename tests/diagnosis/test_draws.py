"""Random inputs are like the given ones."""

import numpy as np
import pytest

from minigrad.diagnosis import draws


def drawn(value, is_x=False, count=50):
    rng = np.random.default_rng(0)
    value = np.asarray(value)
    for _ in range(count):
        yield draws.redraw(value, value.shape, rng, is_x)
        yield draws.move(value, rng, is_x)


@pytest.mark.parametrize(
    "value, low, high",
    [
        ([1.0, 2.0, 3.0], 0, 6),
        ([-4.0, -1.0], -6, 0),
        ([0.1, 0.8], 0, 1),
        ([0.5], 0, 1),
        ([-0.5, 0.9], -1, 1),
        ([2.0, 2.0], 0, 4),
        ([0.0, 5.0], 0, 8),
        ([-3.0, 7.0], -10, 12),
    ],
)
def test_the_range_stays(value, low, high):
    for other in drawn(value):
        assert other.shape == np.shape(value)
        assert (other > low).all()
        assert (other < high).all()
        assert not np.isin(other, value).any()


def test_zeros_move_to_both_sides():
    values = np.concatenate(list(drawn(np.zeros(4), is_x=True)))
    assert values.min() < 0 < values.max()
    assert (values != 0).all()


def test_integers_masks_and_one_hot_rows_stay_what_they_are():
    for other in drawn(np.array([3, 1, 2])):
        assert other.tolist() == [3, 1, 2]
    for other in drawn([1.0, 0.0, 0.0, 1.0, 1.0]):
        assert sorted(other) == [0, 0, 1, 1, 1]
    for other in drawn(np.eye(4)[[1, 3, 3]]):
        assert np.isin(other, (0, 1)).all()
        assert (other.sum(1) == 1).all()


def test_what_the_gradient_is_for_takes_any_numbers():
    assert any(not np.isin(other, (0, 1)).all() for other in drawn([0.0, 1.0], is_x=True))


def test_probabilities_add_up_to_one():
    for other in drawn([[0.2, 0.8], [0.7, 0.3]]):
        np.testing.assert_allclose(other.sum(1), 1)
        assert (other > 0).all()


def test_a_mask_of_infinities_stays():
    for other in drawn([1.0, -np.inf, 3.0]):
        assert np.isfinite(other).tolist() == [True, False, True]


def test_other_sizes_keep_what_is_equal_and_what_is_larger():
    arrays = [np.ones((2, 5)), np.ones((5, 1))]
    assert [sizes.get(1, 1) for sizes in draws.other_sizes(arrays, ones=False)] == [1, 1]
    assert [sizes[1] for sizes in draws.other_sizes(arrays, ones=True)] == [3]
    for sizes in (*draws.other_sizes(arrays, ones=False), *draws.other_sizes(arrays, ones=True)):
        shapes = [draws.resized(array.shape, sizes) for array in arrays]
        assert shapes[0][1] == shapes[1][0]
        assert shapes[0][0] < shapes[0][1]
        assert shapes[0] != (2, 5)

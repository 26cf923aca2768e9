"""The kernels' specification, against sources of its own. (Optimisers' kernels: tests/optim, worked by
hand.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import reference
from minigrad.kernels.reference.random import philox


def test_erf_has_the_values_of_the_tables():
    # Abramowitz and Stegun, Handbook of Mathematical Functions, table 7.1.
    x = np.array([0.0, 0.5, 1.0, 1.5, 2.0, -1.0])
    known = [0.0, 0.5204998778, 0.8427007929, 0.9661051465, 0.9953222650, -0.8427007929]
    np.testing.assert_allclose(reference.erf(x), known, atol=1e-10)


def test_erf_agrees_with_scipy_and_keeps_shape_and_dtype():
    special = pytest.importorskip("scipy.special")
    x = np.random.default_rng(0).normal(scale=2, size=(4, 5, 6))
    np.testing.assert_allclose(reference.erf(x), special.erf(x), rtol=1e-15)
    single = reference.erf(x.astype(np.float32).T)
    assert single.dtype == np.float32
    assert single.shape == (6, 5, 4)
    assert reference.erf(np.array(0.5)).shape == ()


@given(
    rows=st.integers(1, 5),
    index=st.lists(st.integers(-5, 4), max_size=7),
    width=st.integers(0, 3),
)
def test_index_add_rows_is_a_product_with_the_one_hot_matrix(rows, index, width):
    index = np.array([i for i in index if -rows <= i < rows], dtype=np.int64)
    dy = np.random.default_rng(1).normal(size=(len(index), width))
    one_hot = np.eye(rows)[index]  # (len(index), rows)
    np.testing.assert_allclose(reference.index_add_rows(dy, index, rows), one_hot.T @ dy, atol=1e-15)


def test_index_add_rows_by_hand():
    dy = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])  # (2, 2 indices, 2 elements)
    index = np.array([[2, 0], [2, -1]])
    assert reference.index_add_rows(dy, index, 3).tolist() == [[3.0, 4.0], [0.0, 0.0], [13.0, 16.0]]


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [  # the known answers that the authors publish with their library Random123
        ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, words):
    out = philox(np.array(counter, dtype=np.uint64)[:, None], np.array(key, dtype=np.uint64))
    assert out[:, 0].tolist() == words


def test_dropout_mask_drops_the_given_share_and_scales_the_rest():
    n = 100_000
    for p in (0.1, 0.5, 0.8):
        mask = reference.dropout_mask(np.empty(n), p, seed=3)
        assert set(np.unique(mask)) == {0.0, 1 / (1 - p)}
        deviation = (p * (1 - p) / n) ** 0.5  # of the share dropped
        assert abs(np.mean(mask == 0) - p) < 4 * deviation


def test_dropout_mask_at_both_ends():
    x = np.empty((3, 5), dtype=np.float32)
    assert np.all(reference.dropout_mask(x, 0.0, seed=1) == 1)
    assert np.all(reference.dropout_mask(x, 1.0, seed=1) == 0)
    assert reference.dropout_mask(x, 0.5, seed=1).dtype == np.float32
    assert reference.dropout_mask(np.empty((0, 4)), 0.5, seed=1).shape == (0, 4)


def test_dropout_mask_is_given_by_its_seed_and_others_are_unrelated():
    x = np.empty(4096)

    def kept(seed):
        return reference.dropout_mask(x, 0.5, seed) > 0

    assert np.array_equal(kept(5), kept(5))
    # Seeds that differ in a low bit, or only in the high half, agree on half of the elements, give or take.
    for other in (6, 5 + 2**32, 5 + 2**63):
        assert abs(np.mean(kept(5) == kept(other)) - 0.5) < 4 * 0.5 / 64


def test_neighbours_in_a_dropout_mask_are_unrelated():
    kept = reference.dropout_mask(np.empty(2**16), 0.5, seed=9) > 0
    for distance in (1, 2, 3, 4, 2**14, 2**15):
        agree = np.mean(kept[distance:] == kept[:-distance])
        assert abs(agree - 0.5) < 4 * 0.5 / np.sqrt(kept.size - distance)

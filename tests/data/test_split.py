"""Stratified splits: sizes, shares of the classes, no sample twice; and what cannot be split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.data import Dataset, FashionMNIST, Subset, TensorDataset, stratified_split
from minigrad.errors import DtypeError, ShapeError


def numbered(targets):
    return TensorDataset(np.arange(len(targets)), np.asarray(targets))


@given(
    counts=st.lists(st.integers(20, 60), min_size=1, max_size=6),
    fractions=st.sampled_from([(0.9, 0.1), (0.5, 0.3, 0.2), (1.0,), (0.25, 0.75), (0.4, 0.1, 0.3, 0.2)]),
    seed=st.integers(0, 10**6),
)
def test_every_subset_has_each_classs_share(counts, fractions, seed):
    targets = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    subsets = stratified_split(
        numbered(targets), fractions, targets, generator=mg.Generator().manual_seed(seed)
    )
    taken = np.concatenate([subset.indices for subset in subsets])
    assert sorted(taken) == list(range(len(targets)))
    for subset, fraction in zip(subsets, fractions, strict=True):
        assert abs(len(subset) - fraction * len(targets)) <= len(fractions)
        for label, count in enumerate(counts):
            share = (targets[subset.indices] == label).sum()
            # two subsets: rounded up or down; more: once for each cut before
            assert abs(share - count * len(subset) / len(targets)) < max(1, len(fractions) - 1)


def test_lengths_are_met_to_the_sample():
    targets = np.arange(1000) % 7
    subsets = stratified_split(numbered(targets), [801, 150, 49], targets)
    assert [len(subset) for subset in subsets] == [801, 150, 49]


def test_fashion_mnist_is_split_evenly_by_its_own_targets():
    data = FashionMNIST(sample="only")
    mg.manual_seed(0)
    learning, validation = stratified_split(data, [0.9, 0.1])
    labels = data.targets.numpy()
    assert np.bincount(labels[learning.indices]).tolist() == [450] * 10
    assert np.bincount(labels[validation.indices]).tolist() == [50] * 10
    assert np.ptp(np.flatnonzero(labels[validation.indices] == 0)) > 250  # shuffled, not class after class
    again = stratified_split(Subset(data, range(0, 5000, 5)), [0.5, 0.5])
    assert [len(part) for part in again] == [500, 500]


def test_the_seed_decides():
    targets = np.arange(100) % 4
    first, second, other = (
        stratified_split(numbered(targets), [0.5, 0.5], targets, mg.Generator().manual_seed(seed))[0].indices
        for seed in (3, 3, 4)
    )
    assert first == second != other


def test_a_class_too_small_for_every_subset_is_an_error():
    targets = np.array([0] * 50 + [1] * 2)
    with pytest.raises(ValueError, match=r"class 1 has 2 samples, too few for subset \d .*leave it out"):
        stratified_split(numbered(targets), [30, 20, 2], targets)


def test_nothing_to_divide():
    with pytest.raises(ValueError, match="no samples to divide"):
        stratified_split(numbered([]), [0.5, 0.5], [])


def test_a_subset_of_size_0_may_be_empty():
    targets = np.arange(10) % 2
    assert [len(s) for s in stratified_split(numbered(targets), [10, 0], targets)] == [10, 0]


def test_lengths_that_do_not_add_up_are_an_error():
    with pytest.raises(ValueError, match=r"stratified_split: expected lengths that add up to .* 10 samples"):
        stratified_split(numbered(np.arange(10) % 2), [5, 4], np.arange(10) % 2)


def test_what_is_missing_about_the_targets_is_named():
    class Bare(Dataset):
        def __len__(self):
            return 4

    with pytest.raises(ValueError, match="Bare has no attribute targets"):
        stratified_split(Bare(), [0.5, 0.5])
    with pytest.raises(ShapeError, match=r"each of the 4 samples, got shape \(3,\)"):
        stratified_split(Bare(), [0.5, 0.5], [0, 1, 0])
    with pytest.raises(DtypeError, match="float64"):
        stratified_split(Bare(), [0.5, 0.5], [0.0, 1.0, 0.0, 1.0])

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def seeded(seed=0):
    return mg.Generator().manual_seed(seed)


def test_sequential():
    assert list(SequentialSampler("abc")) == [0, 1, 2] and len(SequentialSampler("abc")) == 3


def test_random_visits_each_once_in_an_order_that_the_seed_sets():
    orders = [list(RandomSampler(range(50), generator=seeded(s))) for s in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(50)) != orders[0]
    assert all(type(i) is int for i in orders[0])


def test_every_epoch_has_another_order():
    sampler = RandomSampler(range(50), generator=seeded())
    assert list(sampler) != list(sampler)


def test_every_order_is_equally_likely():
    generator = seeded()
    orders = [tuple(RandomSampler(range(3), generator=generator)) for _ in range(6000)]
    counts = np.array([orders.count(order) for order in set(orders)])
    assert len(counts) == 6
    assert (np.abs(counts - 1000) < 5 * np.sqrt(1000)).all()


def test_the_order_does_not_depend_on_draws_in_between():
    mg.manual_seed(3)
    order = list(RandomSampler(range(20)))
    mg.manual_seed(3)
    seen = []
    for i in RandomSampler(range(20)):
        seen.append(i)
        mg.rand(2)
    assert seen == order


@pytest.mark.parametrize(("n", "count"), [(5, 3), (5, 5), (5, 12), (0, 0)])
def test_num_samples_without_replacement_begins_new_orders(n, count):
    drawn = list(RandomSampler(range(n), num_samples=count, generator=seeded()))
    assert len(drawn) == count
    for start in range(0, count, 5):
        block = drawn[start : start + 5]
        assert len(set(block)) == len(block)


def test_random_with_replacement():
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=1000, generator=seeded()))
    assert len(drawn) == 1000 and set(drawn) == set(range(5))
    assert all(drawn[i : i + 5] != [0, 1, 2, 3, 4] for i in range(5))


@pytest.mark.parametrize("count", [-1, 1.5])
def test_random_names_a_bad_count(count):
    with pytest.raises(ValueError, match=f"num_samples.*{count}"):
        RandomSampler(range(5), num_samples=count)


@pytest.mark.parametrize("replacement", [True, False])
def test_nothing_can_be_drawn_from_nothing(replacement):
    sampler = RandomSampler([], replacement, num_samples=5)
    with pytest.raises(ValueError, match="num_samples=5, but the data set has no samples"):
        list(sampler)


def test_what_is_no_answer_to_replacement_is_refused():
    with pytest.raises(TypeError, match="replacement must be True or False, got 7"):
        RandomSampler(range(5), 7)
    with pytest.raises(ValueError, match="replacement must be True or False, got 7"):
        WeightedRandomSampler([1, 2], 1, 7)


def test_subset_random():
    assert sorted(SubsetRandomSampler([7, 3, 5], seeded())) == [3, 5, 7]
    sampler = SubsetRandomSampler(list(range(30)), seeded())
    assert len(sampler) == 30 and list(sampler) != list(sampler)


def test_weighted_follows_the_weights():
    drawn = list(WeightedRandomSampler([1, 0, 3], 4000, generator=seeded()))
    counts = np.bincount(drawn, minlength=3)
    assert counts[1] == 0
    assert abs(counts[2] - 3000) < 5 * np.sqrt(4000 * 0.25 * 0.75)
    assert sorted(WeightedRandomSampler([1, 0, 3], 2, replacement=False, generator=seeded())) == [0, 2]


@pytest.mark.parametrize("weights", [[-1, 2], [0, 0], [float("nan"), 1], [[1, 2]], []])
def test_weighted_names_bad_weights(weights):
    with pytest.raises(ValueError, match="weights"):
        WeightedRandomSampler(weights, 1)


def test_weighted_names_counts_that_are_not_possible():
    with pytest.raises(ValueError, match="num_samples"):
        WeightedRandomSampler([1, 2], 0)
    with pytest.raises(ValueError, match="without replacement"):
        WeightedRandomSampler([1, 0], 2, replacement=False)


@pytest.mark.parametrize("n", range(8))
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches(n, size, drop_last):
    sampler = BatchSampler(SequentialSampler(range(n)), size, drop_last)
    batches = list(sampler)
    assert len(sampler) == len(batches)
    whole = [list(range(i, i + size)) for i in range(0, n - n % size, size)]
    rest = [] if drop_last or n % size == 0 else [list(range(n - n % size, n))]
    assert batches == whole + rest


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_batch_size_must_be_a_positive_integer(size):
    with pytest.raises(ValueError, match="batch_size"):
        BatchSampler(range(3), size, False)


def test_drop_last_must_be_a_bool():
    with pytest.raises(ValueError, match="drop_last"):
        BatchSampler(range(3), 2, 1)


def test_a_sampler_without_iter_is_named():
    class Mine(Sampler):
        pass

    with pytest.raises(NotImplementedError, match="Mine must define __iter__"):
        iter(Mine())

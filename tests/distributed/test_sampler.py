"""Shares of a data set: together they are all of it, in the batches of one process."""

import pytest

from minigrad import distributed as dist


def shares(n, ranks, **options):
    return [dist.DistributedSampler(range(n), ranks, r, **options) for r in range(ranks)]


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_batches_of_all_ranks_together_are_those_of_one_process(ranks):
    whole = list(dist.DistributedSampler(range(24), 1, 0, seed=3))
    parts = [list(share) for share in shares(24, ranks, seed=3)]
    for step in range(2):
        batch = [i for part in parts for i in part[step * 12 // ranks : (step + 1) * 12 // ranks]]
        assert sorted(batch) == sorted(whole[step * 12 : (step + 1) * 12])
    assert sorted(i for part in parts for i in part) == list(range(24))


def test_each_epoch_has_an_order_of_its_own_and_the_same_on_all_ranks():
    a, b = shares(10, 2)
    orders = []
    for epoch in (0, 1, 0):
        a.set_epoch(epoch)
        b.set_epoch(epoch)
        assert not {*a} & {*b}
        orders.append(list(a))
    assert orders[0] == orders[2] != orders[1]


@pytest.mark.parametrize(("drop_last", "each", "missing", "twice"), [(False, 4, 0, 2), (True, 3, 1, 0)])
def test_what_does_not_divide_comes_twice_or_not_at_all_as_in_pytorch(drop_last, each, missing, twice):
    torch_data = pytest.importorskip("torch.utils.data")
    ours = [list(s) for s in shares(10, 3, shuffle=False, drop_last=drop_last)]
    theirs = [
        list(torch_data.DistributedSampler(range(10), 3, r, shuffle=False, drop_last=drop_last))
        for r in range(3)
    ]
    assert ours == theirs
    drawn = [i for part in ours for i in part]
    assert [len(s) for s in ours] == [len(s) for s in shares(10, 3, drop_last=drop_last)] == [each] * 3
    assert 10 - len({*drawn}) == missing and len(drawn) - len({*drawn}) == twice


def test_more_ranks_than_samples_and_none_at_all():
    assert [list(s) for s in shares(1, 3, shuffle=False)] == [[0], [0], [0]]
    assert [list(s) for s in shares(0, 2)] == [[], []]


def test_a_rank_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="2 ranks are 0 to 1, got rank=2"):
        dist.DistributedSampler(range(4), 2, 2)

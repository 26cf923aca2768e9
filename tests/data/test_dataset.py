import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.data import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset, random_split
from minigrad.errors import ShapeError


class Squares(Dataset):
    """Sample i is i squared; remembers which samples it was asked for."""

    def __init__(self, n):
        self.n = n
        self.asked = []

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        self.asked.append(index)
        return index * index


def test_tensor_dataset_gives_tuples_of_rows():
    x, y = mg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), mg.tensor([0, 1, 2])
    data = TensorDataset(x, y)
    assert len(data) == 3
    row, label = data[1]
    assert isinstance(row, mg.Tensor) and row.tolist() == [3.0, 4.0] and label.item() == 1
    rows, labels = data[1:]
    assert rows.tolist() == [[3.0, 4.0], [5.0, 6.0]] and labels.tolist() == [1, 2]
    assert data.tensors == (x, y) or all(a is b for a, b in zip(data.tensors, (x, y), strict=True))


def test_tensor_dataset_takes_arrays():
    data = TensorDataset(np.arange(6.0).reshape(3, 2), np.array([0, 1, 2]))
    assert data[2][0].tolist() == [4.0, 5.0] and data[2][1] == 2


@pytest.mark.parametrize("shapes", [((3, 2), (4,)), ((3,), ())])
def test_tensor_dataset_names_shapes_that_do_not_fit(shapes):
    with pytest.raises(ShapeError, match=r"same first dimension.*\(3,"):
        TensorDataset(*(mg.zeros(shape) for shape in shapes))


def test_tensor_dataset_needs_a_tensor():
    with pytest.raises(ValueError, match="at least one"):
        TensorDataset()


@pytest.mark.parametrize("indices", [[4, 0, 4], (4, 0, 4), np.array([4, 0, 4]), range(4, -1, -4)])
def test_subset_maps_indices(indices):
    data = Subset(Squares(5), indices)
    assert [data[i] for i in range(len(data))] == [16, 0, 16][: len(data)]
    assert data[-1] == [16, 0, 16][: len(data)][-1]
    assert data.__getitems__([1, 0]) == [0, 16]


def test_a_slice_of_a_subset_is_pytorchs():
    torch = pytest.importorskip("torch")
    x = np.arange(10) ** 2
    ours = Subset(TensorDataset(mg.tensor(x)), [9, 3, 5, 4])
    theirs = torch.utils.data.Subset(torch.utils.data.TensorDataset(torch.tensor(x)), [9, 3, 5, 4])
    for index in (slice(0, 2), slice(None, None, 2), slice(-1, None), slice(4, 9), [2, 0]):
        assert ours[index][0].tolist() == theirs[index][0].tolist()
    assert Subset(TensorDataset(mg.tensor(x)), np.array([9, 3, 5]))[1:][0].tolist() == [9, 25]


def test_a_subset_of_a_subset():
    data = Subset(Subset(Squares(10), [9, 8, 7, 6]), [3, 1])
    assert [data[0], data[1]] == [36, 64]
    assert data.__getitems__([1]) == [64]


def test_subset_hands_getitems_on():
    class Many(Squares):
        def __getitems__(self, indices):
            return [("many", i) for i in indices]

    assert Subset(Many(5), [4, 3])._mapped([0]) == [4]
    assert Subset(Many(5), [4, 3]).__getitems__([1, 0]) == [("many", 3), ("many", 4)]


def test_concat_puts_one_after_another():
    data = Squares(3) + Subset(Squares(10), []) + Subset(Squares(10), [5, 6])
    assert isinstance(data, ConcatDataset) and len(data) == 5
    assert [data[i] for i in range(5)] == [0, 1, 4, 25, 36]
    assert [data[-1], data[-5]] == [36, 0]
    for index in (5, -6):
        with pytest.raises(IndexError, match=f"index {index} is out of range for 5"):
            data[index]


def test_concat_refuses_nothing_and_streams():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(3))

    with pytest.raises(ValueError, match="at least one"):
        ConcatDataset([])
    with pytest.raises(TypeError, match="IterableDataset"):
        ConcatDataset([Squares(3), Stream()])


def test_what_a_subclass_forgot_is_named():
    class Empty(Dataset):
        pass

    class EmptyStream(IterableDataset):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define __getitem__"):
        Empty()[0]
    with pytest.raises(NotImplementedError, match="EmptyStream must define __iter__"):
        iter(EmptyStream())
    with pytest.raises(TypeError, match="no index"):
        EmptyStream()[0]


# random_split


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=5).filter(lambda sizes: sum(sizes) > 1),
    st.integers(0, 99),
)
def test_random_split_cuts_everything_once(sizes, seed):
    data = Squares(sum(sizes))
    parts = random_split(data, sizes, generator=mg.Generator().manual_seed(seed))
    assert [len(part) for part in parts] == sizes
    assert sorted(i for part in parts for i in part.indices) == list(range(sum(sizes)))


def test_random_split_is_random_and_reproducible():
    def split(seed):
        return [p.indices for p in random_split(Squares(100), [80, 20], mg.Generator().manual_seed(seed))]

    assert split(1) == split(1) != split(2)
    assert split(1)[0] != sorted(split(1)[0])
    mg.manual_seed(5)
    first = [p.indices for p in random_split(Squares(100), [80, 20])]
    mg.manual_seed(5)
    assert [p.indices for p in random_split(Squares(100), [80, 20])] == first


@pytest.mark.parametrize(
    ("total", "fractions", "sizes"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),
        (11, [0.3, 0.3, 0.4], [4, 3, 4]),
        (60000, [0.9, 0.1], [54000, 6000]),
        (7, [1.0], [7]),
    ],
)
def test_random_split_by_fractions(total, fractions, sizes):
    assert [len(part) for part in random_split(Squares(total), fractions)] == sizes


def test_random_split_sizes_are_pytorchs():
    torch = pytest.importorskip("torch")
    for total, fractions in ((101, [0.17, 0.33, 0.5]), (13, [0.1, 0.2, 0.7]), (1000, [0.333, 0.333, 0.334])):
        theirs = torch.utils.data.random_split(range(total), fractions)
        assert [len(p) for p in random_split(Squares(total), fractions)] == [len(p) for p in theirs]


@pytest.mark.parametrize("lengths", [[5, 4], [11], [12, -2], [0.5, 0.4], [5.5, 4.5], []])
def test_random_split_names_lengths_that_do_not_add_up(lengths):
    with pytest.raises(ValueError, match=r"10 samples.*add up"):
        random_split(Squares(10), lengths)


def test_random_split_fractions_outside_0_and_1():
    with pytest.raises(ValueError, match="between 0 and 1"):
        random_split(Squares(10), [1.5, -0.5])


def test_random_split_warns_of_a_part_without_samples():
    with pytest.warns(UserWarning, match="subset 1 has no samples"):
        random_split(Squares(3), [0.99, 0.01])


def test_random_split_refuses_another_kind_of_generator():
    with pytest.raises(TypeError, match=r"minigrad\.Generator"):
        random_split(Squares(3), [2, 1], generator=42)


def test_utils_data_is_pytorchs_name():
    from minigrad.utils import data

    assert data.random_split is random_split and data.TensorDataset is TensorDataset
    assert mg.utils.data.Subset is Subset

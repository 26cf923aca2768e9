import copy
import gc
import itertools
import threading
import time
import traceback

import numpy as np
import pytest

import minigrad as mg
import minigrad.kernels
from minigrad.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)

WORKERS = [0, 1, 3]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    assert [t.name for t in threading.enumerate() if t.name.startswith("DataLoader")] == []


class Numbers(Dataset):
    """Sample i is (i, -i), slowly if wanted; can fail at one of them."""

    def __init__(self, n, fails_at=None, seconds=0.0):
        self.n, self.fails_at, self.seconds = n, fails_at, seconds
        self.asked = []

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        self.asked.append(index)
        time.sleep(self.seconds)
        if index == self.fails_at:
            raise OSError(f"cannot read image {index}")
        return np.float32(index), -index


class Stream(IterableDataset):
    def __init__(self, n, fails_at=None):
        self.n, self.fails_at = n, fails_at

    def __iter__(self):
        for i in range(self.n):
            if i == self.fails_at:
                raise OSError("cut")
            yield i


def tensors(n):
    return TensorDataset(mg.tensor(np.arange(3.0 * n).reshape(n, 3)), mg.tensor(np.arange(n)))


def labels(loader):
    return [y.tolist() for _, y in loader]


def flat(lists):
    return list(itertools.chain.from_iterable(lists))


# Batches.


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 10, 16])
def test_batches_in_order(workers, drop_last, size):
    loader = DataLoader(tensors(10), batch_size=size, drop_last=drop_last, num_workers=workers)
    got = labels(loader)
    expected = [list(range(i, min(i + size, 10))) for i in range(0, 10, size)]
    if drop_last and len(expected[-1]) < size:
        del expected[-1]
    assert got == expected and len(loader) == len(expected)
    assert labels(loader) == expected  # and once more


def test_the_types_are_pytorchs():
    torch = pytest.importorskip("torch")
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.arange(6)
    theirs = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=4
    )
    ours = DataLoader(TensorDataset(mg.tensor(x), mg.tensor(y)), batch_size=4)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is type(b) is list
        for ta, tb in zip(a, b, strict=True):
            assert isinstance(ta, mg.Tensor) and ta.dtype == tb.numpy().dtype
            np.testing.assert_array_equal(ta.numpy(), tb.numpy())


@pytest.mark.parametrize("array", [np.asarray, mg.tensor])
def test_the_fast_way_gives_what_the_slow_way_gives(array):
    class Slow(TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)

    rng = np.random.default_rng(0)
    data = [array(rng.normal(size=(20, 2, 3))), array(rng.integers(9, size=20)), array(rng.random(20) < 0.5)]
    assert Slow(*data).__getbatch__([0]) is NotImplemented
    for wrap in (
        lambda d: d,
        lambda d: Subset(d, range(19, 2, -2)),
        lambda d: Subset(Subset(d, range(15)), [9, 1]),
    ):
        fast = list(DataLoader(wrap(TensorDataset(*data)), batch_size=4))
        slow = list(DataLoader(wrap(Slow(*data)), batch_size=4))
        for a, b in zip(fast, slow, strict=True):
            assert type(a) is type(b)
            for ta, tb in zip(a, b, strict=True):
                assert ta.dtype == tb.dtype and ta.shape == tb.shape
                np.testing.assert_array_equal(ta.numpy(), tb.numpy())


def test_a_subclass_with_its_own_items_is_asked_for_them():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * t for t in super().__getitem__(index))

    data = Doubled(mg.tensor([1.0, 2.0, 3.0]))
    assert next(iter(DataLoader(data, batch_size=3)))[0].tolist() == [2.0, 4.0, 6.0]
    assert next(iter(DataLoader(Subset(data, [2]), batch_size=3)))[0].tolist() == [6.0]

    class Sub(Subset):
        def __getitem__(self, index):
            return (mg.tensor(7.0),)

        def __getitems__(self, indices):
            return [self[i] for i in indices]

    assert next(iter(DataLoader(Sub(data, [0, 1]), batch_size=2)))[0].tolist() == [7.0, 7.0]


def test_batches_do_not_share_the_data_sets_memory():
    x = mg.tensor([[1.0], [2.0]])
    (batch,) = next(iter(DataLoader(TensorDataset(x), batch_size=2)))
    batch.numpy()[:] = 9
    assert x.tolist() == [[1.0], [2.0]]


def test_data_that_requires_a_gradient_gets_one():
    x = mg.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
    for (batch,) in DataLoader(TensorDataset(x), batch_size=2):
        (batch * batch).sum().backward()
    assert x.grad.tolist() == [[2.0], [4.0], [6.0]]


def test_getitems_is_called_with_the_batch():
    class Many(Numbers):
        def __getitems__(self, indices):
            self.asked.append(list(indices))
            return [i * 10 for i in indices]

    data = Many(5)
    assert [b.tolist() for b in DataLoader(data, batch_size=2)] == [[0, 10], [20, 30], [40]]
    assert data.asked == [[0, 1], [2, 3], [4]]


def test_a_collate_fn_gets_the_list_of_samples():
    loader = DataLoader(tensors(5), batch_size=2, collate_fn=lambda samples: [int(y) for _, y in samples])
    assert list(loader) == [[0, 1], [2, 3], [4]]


def test_anything_with_length_and_items_is_a_data_set():
    assert [b.tolist() for b in DataLoader([10, 20, 30], batch_size=2)] == [[10, 20], [30]]
    assert list(DataLoader(["a", "b", "c"], batch_size=2)) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("workers", WORKERS)
def test_without_batches_come_single_samples(workers):
    samples = list(DataLoader(Numbers(3), batch_size=None, num_workers=workers))
    assert [(x.item(), y) for x, y in samples] == [(0, 0), (1, -1), (2, -2)]
    assert samples[0][0].shape == () and type(samples[0][1]) is int
    assert len(DataLoader(Numbers(3), batch_size=None)) == 3


@pytest.mark.parametrize("workers", WORKERS)
def test_an_empty_data_set_gives_no_batches(workers):
    loader = DataLoader(tensors(0), batch_size=4, shuffle=True, num_workers=workers)
    assert list(loader) == [] and len(loader) == 0


# Order.


def test_the_order_is_the_seeds_whatever_the_number_of_workers():
    def epochs(workers, seed):
        generator = mg.Generator().manual_seed(seed)
        loader = DataLoader(Numbers(40), 7, shuffle=True, num_workers=workers, generator=generator)
        return [labels(loader), labels(loader)]

    first, second = epochs(0, seed=1)
    assert first != second and sorted(flat(first)) == sorted(flat(second)) == list(range(-39, 1))
    for workers in WORKERS:
        assert epochs(workers, seed=1) == [first, second]
    assert epochs(0, seed=2)[0] != first


class Jitter(Numbers):
    """Augmented by random numbers of minigrad's, as a data set would crop and flip."""

    def __getitem__(self, index):
        time.sleep(0.001 * (index % 3))
        return index + mg.rand(2) * 0.5


class JitterStream(Stream):
    def __iter__(self):
        return (i + mg.rand(2) for i in range(self.n))


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(("data", "workers"), [(Jitter(13), [0, 1, 3]), (JitterStream(13), [0, 1])])
def test_augmentation_is_the_seeds_whatever_the_number_of_workers(data, workers):
    def epochs(count):
        generator = mg.Generator().manual_seed(5)
        loader = DataLoader(data, 4, num_workers=count, generator=generator)
        batches = []
        for _ in range(2):
            for batch in loader:
                mg.rand(3)  # as dropout would, in the meantime
                batches.append(batch.tolist())
        return batches

    expected = epochs(0)
    values = flat(flat(expected))
    assert len(set(values)) == len(values) == 2 * 13 * 2  # every epoch is augmented anew
    for count in workers:
        assert epochs(count) == expected


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("workers", WORKERS)
def test_every_batch_has_noise_of_its_own(workers):
    noise = [batch - batch.floor() for batch in DataLoader(Jitter(8), 4, num_workers=workers)]
    assert noise[0].shape == noise[1].shape == (4, 2)
    assert not set(flat(noise[0].tolist())) & set(flat(noise[1].tolist()))


def test_in_the_loop_the_default_generator_is_the_default_one():
    for _ in DataLoader(Jitter(4), 2):
        before = mg.get_rng_state()
        mg.rand(1)
        assert mg.get_rng_state() != before


class Reseeded(Numbers):
    """Sample i is the same in every epoch: its noise has the seed i. And it puts the generator back."""

    def __getitem__(self, index):
        mg.manual_seed(index)
        assert mg.initial_seed() == index
        state = copy.deepcopy(mg.get_rng_state())
        drawn = mg.rand(2)
        mg.set_rng_state(state)
        assert mg.rand(2).tolist() == drawn.tolist()
        assert mg.seed() == mg.initial_seed()
        return drawn


@pytest.mark.parametrize("workers", WORKERS)
def test_a_data_set_may_seed_its_numbers(workers):
    expected = [mg.rand(2, generator=mg.Generator().manual_seed(i)).tolist() for i in range(6)]
    mg.manual_seed(3)
    outside = mg.rand(1).item()
    mg.manual_seed(3)
    loader = DataLoader(Reseeded(6), 2, num_workers=workers, generator=mg.Generator().manual_seed(0))
    assert flat(batch.tolist() for batch in loader) == expected
    assert mg.rand(1).item() == outside  # the program's own numbers go on as if nothing had been drawn


class SeededByIndex(Numbers):
    def __getitem__(self, index):
        mg.rand(1)
        mg.manual_seed(index)
        return mg.rand(2)


@pytest.mark.usefixtures("device")
def test_a_data_set_may_seed_its_numbers_on_a_device():
    drawn = []
    for i in range(6):
        mg.manual_seed(i)
        drawn.append(mg.rand(2).tolist())
    batches = [batch.tolist() for batch in DataLoader(SeededByIndex(6), 2, num_workers=2)]
    assert flat(batches) == drawn


class Steps(Dataset):
    """Samples computed with mg in the loader's thread, which tell what held there."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        x = mg.ones(1, requires_grad=True) * index
        return x.requires_grad, minigrad.engine.modes.state.anomaly, minigrad.kernels.choice.name or "default"


@pytest.mark.parametrize("workers", WORKERS)
def test_the_learners_modes_hold_in_the_workers(workers):
    def held():
        grad, anomaly, kernels = next(iter(DataLoader(Steps(), 4, num_workers=workers)))
        return grad.tolist()[0], anomaly.tolist()[0], kernels[0]

    assert held() == (True, False, "default")
    with mg.no_grad():
        assert held() == (False, False, "default")
    with mg.autograd.detect_anomaly(), mg.backend("reference"):
        assert held() == (True, True, "reference")
    assert held() == (True, False, "default")


class Blocked(IterableDataset):
    """A stream that is inside a ``with`` block while its samples are taken."""

    def __init__(self, block):
        self.block = block

    def __iter__(self):
        with self.block():
            for index in range(4):
                x = mg.ones(1, requires_grad=True, device="cpu") * index
                yield x.requires_grad, mg.get_default_device(), np.geterr()["over"]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (mg.no_grad, (False, "cpu", "warn")),
        (lambda: mg.device("cuda:1"), (True, "cuda:1", "warn")),
        (lambda: np.errstate(over="call"), (True, "cpu", "call")),
    ],
    ids=["no_grad", "device", "errstate"],
)
def test_a_block_of_a_stream_lasts_from_batch_to_batch(block, expected, workers):
    data = Blocked(block)
    batches = [batch[0] for batch in DataLoader(data, 1, num_workers=workers, collate_fn=list)]
    assert batches == [expected] * 4
    assert (mg.is_grad_enabled(), mg.get_default_device(), np.geterr()["over"]) == (True, "cpu", "warn")


@pytest.mark.parametrize("workers", WORKERS)
def test_under_no_grad_batches_require_no_grad(workers):
    data = TensorDataset(mg.ones(4, 2, requires_grad=True))
    with mg.no_grad():
        assert [batch[0].requires_grad for batch in DataLoader(data, 2, num_workers=workers)] == [False] * 2
    assert [batch[0].requires_grad for batch in DataLoader(data, 2, num_workers=workers)] == [True] * 2


def test_manual_seed_sets_the_order():
    orders = []
    for _ in range(2):
        mg.manual_seed(11)
        orders.append(labels(DataLoader(tensors(30), 4, shuffle=True)))
    assert orders[0] == orders[1] != labels(DataLoader(tensors(30), 4, shuffle=True))


def test_a_sampler_and_a_batch_sampler():
    assert labels(DataLoader(tensors(5), 2, sampler=[4, 1, 1])) == [[4, 1], [1]]
    loader = DataLoader(tensors(5), batch_sampler=[[0], [3, 2, 1]])
    assert labels(loader) == [[0], [3, 2, 1]] and len(loader) == 2 and loader.batch_size is None
    loader = DataLoader(tensors(5), batch_sampler=BatchSampler(range(5), 2, True))
    assert labels(loader) == [[0, 1], [2, 3]]


def test_split_and_load():
    train, test = random_split(tensors(10), [0.7, 0.3], mg.Generator().manual_seed(0))
    seen = flat(labels(DataLoader(train, 2))) + flat(labels(DataLoader(test, 2)))
    assert sorted(seen) == list(range(10))


# Streams.


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_comes_in_batches(workers):
    options = {"num_workers": workers}
    assert [b.tolist() for b in DataLoader(Stream(5), 2, **options)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Stream(4), 2, **options)] == [[0, 1], [2, 3]]
    assert [b.tolist() for b in DataLoader(Stream(5), 2, drop_last=True, **options)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), None, **options)) == [0, 1, 2]
    assert list(DataLoader(Stream(0), 2, **options)) == []


def test_an_endless_stream_can_be_left():
    class Endless(IterableDataset):
        def __iter__(self):
            i = 0
            while True:
                yield i
                i += 1

    for batch in DataLoader(Endless(), 2, num_workers=1):
        if batch.tolist()[0] == 10:
            break
    assert batch.tolist() == [10, 11]


def test_the_length_of_a_stream_is_its_own():
    class Known(Stream):
        def __len__(self):
            return self.n

    assert len(DataLoader(Known(5), 2)) == 3 and len(DataLoader(Known(5), 2, drop_last=True)) == 2
    assert len(DataLoader(Known(5), None)) == 5
    with pytest.raises(TypeError, match="len"):
        len(DataLoader(Stream(5), 2))


# Fetching ahead.


@pytest.mark.parametrize("workers", WORKERS)
def test_the_error_of_a_sample_comes_out_with_its_index(workers):
    loader = DataLoader(Numbers(20, fails_at=13), 4, num_workers=workers)
    seen = []
    with pytest.raises(OSError, match="cannot read image 13") as caught:
        for _, y in loader:
            seen.extend(y.tolist())
    assert seen == list(range(0, -12, -1))  # every batch before it arrived
    (note,) = caught.value.__notes__
    assert "sample 13 of Numbers" in note and "12, 13, 14, 15" in note
    assert "in __getitem__" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("workers", WORKERS)
def test_other_errors_say_where_they_come_from(workers):
    options = {"num_workers": workers}
    with pytest.raises(IndexError) as caught:
        list(DataLoader(tensors(5), 2, sampler=[0, 99], **options))
    assert "batch of TensorDataset, in the batch of samples 0, 99" in caught.value.__notes__[0]
    with pytest.raises(TypeError, match="default_collate") as caught:
        list(DataLoader([None, None], 2, **options))
    assert "collate_fn on the batch of list" in caught.value.__notes__[0]
    with pytest.raises(OSError, match="image 1") as caught:
        list(DataLoader(Numbers(3, fails_at=1), None, **options))
    assert "sample 1 of Numbers" in caught.value.__notes__[0]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_error_of_a_stream_says_how_far_it_came(workers):
    with pytest.raises(OSError, match="cut") as caught:
        list(DataLoader(Stream(9, fails_at=5), 2, num_workers=workers))
    assert "after sample 4 of Stream" in caught.value.__notes__[0]


def test_an_error_of_the_sampler_comes_out_of_the_loop():
    def order():
        yield [0]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(DataLoader(tensors(3), batch_sampler=order(), num_workers=1))


@pytest.mark.parametrize("workers", [1, 3])
def test_leaving_early_stops_the_threads(workers):
    data = Numbers(1000, seconds=0.001)
    before = threading.active_count()
    for _ in DataLoader(data, 2, num_workers=workers):
        break
    assert threading.active_count() == before
    asked = len(data.asked)
    assert asked <= 2 * (workers * 2 + 2)
    time.sleep(0.02)
    assert len(data.asked) == asked

    with pytest.raises(KeyboardInterrupt):
        for _ in DataLoader(data, 2, num_workers=workers):
            raise KeyboardInterrupt
    gc.collect()
    assert threading.active_count() == before


def test_leaving_early_does_not_fetch_what_was_waiting():
    data = Numbers(1000, seconds=0.005)
    for _ in DataLoader(data, 1, num_workers=1, prefetch_factor=100):
        break
    assert len(data.asked) < 20


def test_next_of_iter_leaves_no_thread():
    assert next(iter(DataLoader(Numbers(100), 2, num_workers=2)))[1].tolist() == [0, -1]


def test_a_finished_iteration_that_is_kept_has_no_thread():
    iterator = iter(DataLoader(Numbers(4), 2, num_workers=2))
    assert len(list(iterator)) == 2
    assert not [t for t in threading.enumerate() if t.name.startswith("DataLoader")]
    assert next(iterator, None) is None


@pytest.mark.parametrize(("workers", "factor"), [(1, 1), (1, 2), (3, 2), (2, 5)])
def test_so_many_batches_are_kept_ready(workers, factor):
    data = Numbers(1000)
    iterator = iter(DataLoader(data, 1, num_workers=workers, prefetch_factor=factor))
    assert data.asked == []  # nothing happens before the first is asked for
    next(iterator)
    ready = 1 + workers * factor
    deadline = time.monotonic() + 5
    while len(data.asked) < ready and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(0.02)
    assert len(data.asked) == ready
    del iterator


def test_fetching_overlaps_with_use():
    """Each batch is fetched in a worker while the one before it is in use: both wait for each other here."""
    used, fetched = threading.Event(), threading.Event()

    class Waits(Numbers):
        def __getitem__(self, index):
            if index == 1:
                assert used.wait(5), "sample 1 was not fetched while sample 0 was in use"
                fetched.set()
            return index

    for batch in DataLoader(Waits(2), 1, num_workers=1, prefetch_factor=1):
        if batch.item() == 0:
            used.set()
            assert fetched.wait(5)


def test_workers_fetch_at_the_same_time():
    barrier = threading.Barrier(3, timeout=5)

    class Meets(Numbers):
        def __getitem__(self, index):
            barrier.wait()
            return index

    assert [b.item() for b in DataLoader(Meets(6), 1, num_workers=3)] == [0, 1, 2, 3, 4, 5]


def test_the_learners_numpy_settings_hold_in_the_workers():
    class Divides(Numbers):
        def __getitem__(self, index):
            return np.float64(1) / np.float64(index)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide by zero"):
        list(DataLoader(Divides(2), 1, num_workers=1))


def test_two_iterations_at_once_do_not_disturb_each_other():
    loader = DataLoader(Numbers(6), 2, num_workers=1)
    assert [(a.tolist(), b.tolist()) for (_, a), (_, b) in zip(loader, loader, strict=True)] == [
        ([0, -1], [0, -1]),
        ([-2, -3], [-2, -3]),
        ([-4, -5], [-4, -5]),
    ]


# Arguments.


@pytest.mark.parametrize(
    "option",
    [
        {"timeout": 5},
        {"worker_init_fn": print},
        {"multiprocessing_context": "fork"},
        {"persistent_workers": True},
        {"in_order": False},
    ],
)
def test_options_that_are_not_supported_are_named(option):
    (name,) = option
    with pytest.raises(NotImplementedError, match=name):
        DataLoader(tensors(3), **option)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size.*0"),
        ({"batch_size": 2.5}, "batch_size.*2.5"),
        ({"num_workers": -1}, "num_workers.*-1"),
        ({"prefetch_factor": 2}, "prefetch_factor=2 needs workers"),
        ({"prefetch_factor": 0, "num_workers": 1}, "prefetch_factor"),
        ({"sampler": [0], "shuffle": True}, "sampler and shuffle"),
        ({"batch_sampler": [[0]], "shuffle": True}, "batch_sampler"),
        ({"batch_sampler": [[0]], "batch_size": 4}, "batch_sampler"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler"),
        ({"batch_sampler": [[0]], "sampler": [0]}, "batch_sampler"),
        ({"batch_size": None, "drop_last": True}, "drop_last"),
    ],
)
def test_arguments_that_contradict_each_other(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(tensors(3), **options)


@pytest.mark.parametrize(
    "options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}, {"num_workers": 2}]
)
def test_what_a_stream_cannot_do(options):
    (name,) = options
    with pytest.raises(ValueError, match=name):
        DataLoader(Stream(3), **options)


def test_the_arguments_and_defaults_are_pytorchs():
    import inspect

    torch = pytest.importorskip("torch")

    def arguments(loader):
        return [(p.name, p.default, p.kind) for p in inspect.signature(loader.__init__).parameters.values()]

    assert arguments(DataLoader) == arguments(torch.utils.data.DataLoader)


def test_a_loader_cannot_be_changed_silently():
    loader = DataLoader(tensors(3), 2)
    with pytest.raises(ValueError, match="batch_size cannot be changed"):
        loader.batch_size = 3


def test_another_kind_of_generator_is_refused_at_once():
    with pytest.raises(TypeError, match=r"minigrad\.Generator"):
        DataLoader(tensors(3), generator=np.random.default_rng(0))


# Pinned memory.


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.devices("foreign", "cuda")
def test_batches_in_pinned_memory(device, workers):
    class Samples(Dataset):
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return {"x": np.full(3, i, np.float32), "pair": (i, "name")}

    loader = DataLoader(Samples(), 2, num_workers=workers, pin_memory=True, pin_memory_device=device)
    assert loader.pin_memory
    batches = list(loader)
    assert len(batches) == 3
    for batch in batches:
        assert batch["x"].is_pinned(device) and batch["pair"][0].is_pinned(device)
        y = batch["x"].to(device, non_blocking=True)
        assert y.device.type == device and y.tolist() == batch["x"].tolist()
    assert [b["pair"][0].tolist() for b in batches] == [[0, 1], [2, 3], [4]]
    assert list(batches[2]["pair"][1]) == ["name"]
    assert not mg.ones(2, device="cpu").is_pinned(device)
    assert mg.ones(2, device="cpu").pin_memory(device).is_pinned(device)


def test_pinning_without_a_gpu_is_a_warning():
    if mg.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.warns(UserWarning, match=r"pin_memory=True is for a GPU.*cupy-cuda13x"):
        loader = DataLoader(tensors(3), 2, pin_memory=True)
    assert len(list(loader)) == 2


@pytest.mark.parametrize("no_set", [5, None, iter([1, 2])])
def test_what_has_no_samples_is_refused_at_once(no_set):
    with pytest.raises(TypeError, match=r"expected a data set, .* got \w+\. TensorDataset"):
        DataLoader(no_set)


def test_inputs_and_targets_are_not_a_data_set():
    inputs = np.zeros((6, 2))
    for data in ((mg.ones(6, 2), mg.ones(6)), [inputs, inputs[:, 0]], (mg.ones(6, 2), mg.ones(6), inputs)):
        with pytest.raises(
            ValueError, match=r"DataLoader: .*\(6, 2\), \(6,\).*TensorDataset\(inputs, targets\)"
        ):
            DataLoader(data, batch_size=2)


def test_few_samples_are_a_data_set():
    for data in (
        (mg.ones(6), mg.zeros(6)),
        [mg.ones(3, 2), mg.ones(4, 2)],
        (mg.ones(3, 2), mg.ones(4)),
        [1, 2],
    ):
        assert len(list(DataLoader(data, batch_size=1))) == 2


def test_a_set_that_does_not_say_how_many_it_has_is_told_to():
    class Squares(Dataset):
        def __getitem__(self, index):
            return index**2

    with pytest.raises(TypeError, match=r"Squares has no __len__.*def __len__\(self\)"):
        DataLoader(Squares())

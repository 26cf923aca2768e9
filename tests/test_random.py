"""Random numbers: reproducible, independent, and distributed as they should be."""

import copy
import math
import threading

import numpy as np
import pytest
from scipy import stats

import minigrad as mg
import minigrad.nn.functional as F
from minigrad.errors import DtypeError
from minigrad.ops.dropout import _seed

pytestmark = pytest.mark.usefixtures("device")

N = 20_000


def draw(generator=None):
    """One of everything."""
    return [
        mg.rand(3, generator=generator),
        mg.randn(3, generator=generator),
        mg.randint(100, (3,), generator=generator),
        mg.randperm(5, generator=generator),
        mg.normal(0.0, 2.0, (3,), generator=generator),
        mg.bernoulli(mg.full((20,), 0.5), generator=generator),
        mg.multinomial(mg.tensor([1.0, 2.0, 3.0]), 2, generator=generator),
        mg.zeros(3).uniform_(generator=generator),
        mg.zeros(3).normal_(generator=generator),
        mg.zeros(20).bernoulli_(generator=generator),
    ]


def same(a, b):
    return all(x.tolist() == y.tolist() for x, y in zip(a, b, strict=True))


def test_the_same_seed_the_same_numbers():
    mg.manual_seed(1)
    a, dropped = draw(), F.dropout(mg.ones(50))
    mg.manual_seed(1)
    assert same(a, draw())
    assert dropped.tolist() == F.dropout(mg.ones(50)).tolist()
    mg.manual_seed(2)
    assert not same(a, draw())


def test_numbers_go_on():
    mg.manual_seed(1)
    assert mg.rand(3).tolist() != mg.rand(3).tolist()


def test_generators_are_independent():
    a, b = (
        mg.Generator(mg.get_default_device()).manual_seed(1),
        mg.Generator(mg.get_default_device()).manual_seed(1),
    )
    mg.manual_seed(5)
    expected = mg.rand(3).tolist()
    mg.manual_seed(5)
    first = draw(a)
    assert mg.rand(3).tolist() == expected  # the default one did not move
    assert same(first, draw(b))


def test_the_state_can_be_kept():
    g = mg.Generator(mg.get_default_device()).manual_seed(3)
    mg.rand(5, generator=g)
    state = g.get_state()
    a = draw(g)
    g.set_state(state)
    assert same(a, draw(g))
    with mg.device("cpu"):  # mg.cuda has the functions for GPUs
        mg.manual_seed(4)
        state = copy.deepcopy(mg.get_rng_state())
        a = draw()
        mg.set_rng_state(state)
        assert same(a, draw())


def test_seeds():
    assert mg.manual_seed(7) is mg.random.default_generator
    assert mg.initial_seed() == 7
    assert mg.Generator().manual_seed(-1).initial_seed() == -1
    first, second = mg.seed(), mg.seed()
    assert first != second
    assert mg.initial_seed() == second
    a, b = mg.Generator(), mg.Generator()
    assert a.initial_seed() != b.initial_seed()  # unseeded ones differ


def test_a_negative_seed_and_its_twin():
    """As in PyTorch, -1 and 2 ** 64 - 1 are the same 64 bits."""
    a, b = (
        mg.Generator(mg.get_default_device()).manual_seed(-1),
        mg.Generator(mg.get_default_device()).manual_seed(2**64 - 1),
    )
    assert same(draw(a), draw(b))


def test_what_is_no_generator():
    with pytest.raises(TypeError, match=r"Generator.*int"):
        mg.rand(2, generator=5)
    with pytest.raises(TypeError, match="Generator"):
        mg.rand(2, generator=np.random.default_rng(0))
    with pytest.raises(NotImplementedError, match="mps"):
        mg.Generator(device="mps")


def test_threads_may_draw_at_once():
    results = []
    threads = [threading.Thread(target=lambda: results.append(mg.rand(1000).sum().item())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(400 < total < 600 for total in results)


# Generators of a thread's own -------------------------------------------------------------------------------


def test_what_is_drawn_and_seeded_in_a_fork_is_not_felt_outside():
    mg.manual_seed(3)
    mg.rand(2)
    expected = mg.rand(6).tolist()
    mg.manual_seed(3)
    mg.rand(2)
    with mg.random.fork_rng():
        assert mg.rand(6).tolist() == expected  # it goes on from where the program was
        mg.manual_seed(9)
        assert mg.initial_seed() == 9
        with pytest.raises(KeyError), mg.random.fork_rng():
            mg.rand(1)
            raise KeyError
        inner = mg.rand(2).tolist()
        assert mg.rand(1).item() != inner[0]
    assert mg.initial_seed() == 3
    assert mg.rand(6).tolist() == expected
    mg.manual_seed(9)
    assert mg.rand(2).tolist() == inner


def test_a_fork_can_be_done_without():
    mg.manual_seed(3)
    expected = mg.rand(2).tolist()
    mg.manual_seed(3)
    with mg.random.fork_rng(enabled=False):
        first = mg.rand(1).item()
    assert [first, mg.rand(1).item()] == expected
    with pytest.raises(NotImplementedError, match="fork_rng: devices"), mg.random.fork_rng(devices=[0]):
        pass


def test_a_fork_is_as_pytorchs():
    torch = pytest.importorskip("torch")

    def program(library):
        library.manual_seed(4)
        library.rand(3)
        state = library.rand(1).item()
        library.manual_seed(4)
        library.rand(3)
        with library.random.fork_rng():
            inside = library.rand(1).item()
            library.manual_seed(7)
            seeded = library.rand(1).item()
        return inside == state, seeded == inside, library.rand(1).item() == state, library.initial_seed()

    assert program(mg) == program(torch) == (True, False, True, 4)


@pytest.mark.parametrize("workers", [0, 2])
def test_threads_with_forks_draw_as_if_alone(workers):
    class Drawn:
        def __len__(self):
            return 8

        def __getitem__(self, index):
            return index + mg.rand(1)

    def draw(seed):
        with mg.random.fork_rng():
            mg.manual_seed(seed)
            loader = mg.utils.data.DataLoader(Drawn(), 2, shuffle=True, num_workers=workers)
            drawn = [batch.tolist() for batch in loader]
            return [*drawn, *mg.nn.Linear(3, 2).weight.tolist(), mg.nn.Dropout()(mg.ones(9)).tolist()]

    alone = [draw(seed) for seed in range(3)]
    together = [None] * 3
    barrier, device = threading.Barrier(3, timeout=60), mg.get_default_device()

    def work(seed):
        mg.set_default_device(device)  # it is the thread's own
        barrier.wait()
        together[seed] = draw(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


# Distributions ----------------------------------------------------------------------------------------------


def fits(sample, distribution):
    """Kolmogorov and Smirnov do not tell the sample from the distribution. (The seed is fixed.)"""
    return stats.kstest(sample.double().cpu().numpy().ravel(), distribution).pvalue > 0.001


@pytest.fixture(autouse=True)
def seeded():
    mg.manual_seed(12345)


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_uniform(dtype):
    x = mg.rand(N, dtype=dtype)
    assert x.dtype == dtype
    assert x.min() >= 0
    assert x.max() < 1
    assert fits(x, stats.uniform().cdf)
    assert fits(mg.rand_like(x), stats.uniform().cdf)


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_normal(dtype):
    x = mg.randn(N // 2, 2, dtype=dtype)
    assert x.dtype == dtype
    assert fits(x, stats.norm().cdf)
    assert fits(mg.randn_like(x), stats.norm().cdf)
    assert abs(np.corrcoef(x.cpu().numpy().T)[0, 1]) < 0.05


def test_normal_with_parameters():
    assert fits(mg.normal(3.0, 2.0, (N,)), stats.norm(3, 2).cdf)
    mean, std = mg.tensor([[0.0], [10.0]]), mg.tensor([1.0, 5.0])
    x = mg.stack([mg.normal(mean, std) for _ in range(2000)])
    assert x.shape == (2000, 2, 2)
    np.testing.assert_allclose(x.mean(0).cpu().numpy(), [[0, 0], [10, 10]], atol=0.5)
    np.testing.assert_allclose(x.std(0).cpu().numpy(), [[1, 5], [1, 5]], rtol=0.1)


def test_in_place():
    x = mg.zeros(N, dtype=mg.float64)
    assert x.uniform_(-2, 3) is x
    assert fits(x, stats.uniform(-2, 5).cdf)
    assert fits(x.normal_(1.0, 3.0), stats.norm(1, 3).cdf)
    assert x.bernoulli_(0.3).mean().item() == pytest.approx(0.3, abs=0.02)
    assert set(x.tolist()) == {0.0, 1.0}
    y = mg.zeros(4, dtype=mg.float32).uniform_()
    assert y.dtype == mg.float32


@pytest.mark.devices("cpu")
def test_uniform_numbers_stay_below_one():
    """0.99999999 is less than 1, but not once it is rounded to float32."""

    class NearlyOne:
        def random(self, shape, dtype=np.float64):
            return np.full(shape, np.nextafter(dtype(1), dtype(0)))

    g = mg.Generator()
    g.rng = NearlyOne()
    for dtype in (mg.float16, mg.float32, mg.float64):
        assert mg.zeros(3, dtype=dtype).uniform_(generator=g).max() < 1
        assert mg.rand(3, generator=g, dtype=dtype).max() < 1


def test_integers():
    x = mg.randint(-2, 5, (N,))
    assert x.dtype == mg.int64
    values, counts = np.unique(x.cpu().numpy(), return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2, 3, 4]
    assert stats.chisquare(counts).pvalue > 0.001
    assert mg.randint(3, (2, 2)).max() <= 2
    assert mg.randint(3, (2,), dtype=mg.uint8).dtype == mg.uint8
    large = mg.randint(0, 2**64, (100,), dtype=mg.uint64)
    assert large.dtype == mg.uint64
    assert large.max().item() >= 2**63


def test_permutations():
    assert sorted(mg.randperm(10).tolist()) == list(range(10))
    firsts = np.bincount([mg.randperm(5)[0].item() for _ in range(2000)])
    assert stats.chisquare(firsts).pvalue > 0.001
    assert mg.randperm(3, dtype=mg.int32).dtype == mg.int32


def test_bernoulli():
    p = mg.tensor([0.0, 0.2, 0.9, 1.0]).expand(N, 4)
    x = mg.bernoulli(p)
    assert x.dtype == p.dtype
    np.testing.assert_allclose(x.mean(0).cpu().numpy(), [0, 0.2, 0.9, 1], atol=0.02)
    assert set(np.unique(x.cpu().numpy())) == {0.0, 1.0}


def test_multinomial_with_replacement():
    weights = mg.tensor([1.0, 0.0, 3.0, 6.0])  # they need not add up to 1
    counts = np.bincount(mg.multinomial(weights, N, replacement=True).cpu().numpy(), minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], N * np.array([0.1, 0.3, 0.6])).pvalue > 0.001


def test_multinomial_without_replacement():
    weights = mg.tensor([[1.0, 1.0, 8.0], [0.0, 5.0, 5.0]])
    drawn = [mg.multinomial(weights, 2) for _ in range(500)]
    assert drawn[0].shape == (2, 2)
    assert drawn[0].dtype == mg.int64
    assert all(len(set(row)) == 2 for x in drawn for row in x.tolist())
    assert all(0 not in x[1].tolist() for x in drawn)
    first = np.bincount([x[0, 0].item() for x in drawn], minlength=3) / 500
    np.testing.assert_allclose(first, [0.1, 0.1, 0.8], atol=0.06)


def test_dropout():
    x = mg.ones(N)
    y = F.dropout(x, 0.2)
    assert set(np.round(np.unique(y.cpu().numpy()), 5)) == {0.0, 1.25}
    assert (y == 0).double().mean().item() == pytest.approx(0.2, abs=0.02)
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert F.dropout(x, 0.5).tolist() != F.dropout(x, 0.5).tolist()
    assert math.isclose(F.dropout(x, 0.2, training=False).sum().item(), N)


def test_dropout_has_the_gradient_of_its_mask():
    x = mg.ones(100, requires_grad=True)
    y = F.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


@pytest.mark.parametrize("fill", [mg.Tensor.uniform_, mg.Tensor.normal_])
def test_integers_are_not_filled_at_random(fill):
    with pytest.raises(DtypeError, match="_: random numbers are floating, not int64; randint gives integers"):
        fill(mg.zeros(3, dtype=mg.int64))


@pytest.mark.parametrize("p", [2.0, -1.0, float("nan")])
def test_a_probability_is_from_0_to_1(p):
    with pytest.raises(RuntimeError, match="bernoulli_: a probability is from 0 to 1"):
        mg.zeros(3).bernoulli_(p)


def test_numbers_of_float16_have_the_mean_that_they_should():
    mg.manual_seed(0)
    for draw, mean in ((mg.randn, 0.0), (mg.rand, 0.5)):
        x = draw(20_000, dtype=mg.float16)
        assert x.dtype == mg.float16
        assert x.double().mean().item() == pytest.approx(mean, abs=0.03)  # four standard errors of randn's


@pytest.mark.devices("cpu")
def test_the_seeds_of_dropout_are_the_generators_integers():
    """Whatever is faster, a program that is seeded drops what it did before."""
    mg.manual_seed(3)
    rng = copy.deepcopy(mg.random.default_generator.rng)
    assert [_seed() for _ in range(1000)] == rng.integers(2**63, size=1000).tolist()

"""Sums over many rows: against Python's exact sums."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.engine.sums import add_up

pytestmark = pytest.mark.usefixtures("device")


@pytest.mark.parametrize("axis", [0, 1, -2, -1, (0, 1), (0, 2), (1, 2), (0, 1, 2), (-1, 0), None])
@pytest.mark.parametrize(
    "shape", [(1500, 3, 2), (3, 1500, 2), (3, 2, 1500), (1025, 1, 1), (2, 3, 4), (1024, 0, 2)]
)
@pytest.mark.parametrize("keepdims", [False, True])
def test_it_is_a_sum(shape, axis, keepdims):
    x = np.random.default_rng(1).normal(size=shape)
    for y in (x, np.swapaxes(x, 0, 2), x[::-1]):
        expected = np.sum(y, axis=axis, keepdims=keepdims)
        found = add_up(y, axis, keepdims=keepdims)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("rows", [1025, 60_000, 600_001])
def test_many_rows_of_float32_keep_their_digits(rows):
    x = np.random.default_rng(2).uniform(size=(rows, 2)).astype(np.float32)
    exact = [math.fsum(column.tolist()) for column in x.T]
    t = mg.tensor(x)
    np.testing.assert_allclose(add_up(x, 0), exact, rtol=3e-7)
    np.testing.assert_allclose(t.sum(0).cpu().numpy(), exact, rtol=3e-7)
    np.testing.assert_allclose(t.mean(0).cpu().numpy() * rows, exact, rtol=3e-7)
    np.testing.assert_allclose(t.var(0).cpu().numpy(), x.astype(np.float64).var(0, ddof=1), rtol=1e-6)


def _exactly(x, axis):
    """The sums of a float32 array over these axes, each rounded once."""
    rows = np.moveaxis(x, axis, range(len(axis))).reshape(
        -1, *(n for d, n in enumerate(x.shape) if d not in axis)
    )
    return np.array([math.fsum(column.tolist()) for column in rows.reshape(len(rows), -1).T]).reshape(
        rows.shape[1:]
    )


@pytest.mark.parametrize(
    "shape, order, axis",
    [
        ((300_000, 3), (1, 0), (1,)),  # turned: the rows of memory are columns
        ((60, 70, 80, 3), (0, 3, 1, 2), (0, 2, 3)),  # images whose channels lie last, over all of a channel
        ((60, 70, 80, 3), (0, 3, 1, 2), (2, 3)),
        ((3, 300_000, 2), (2, 1, 0), (1,)),
        ((3, 300_000, 2), (2, 1, 0), (0, 1)),
        ((2, 3, 200_000), (1, 2, 0), (0, 1, 2)),
        ((3, 400, 500), (0, 1, 2), (1, 2)),
    ],
)
def test_digits_are_kept_however_the_numbers_lie_in_memory(shape, order, axis):
    x = np.random.default_rng(6).uniform(size=shape).astype(np.float32).transpose(order)
    exact = _exactly(x, axis)
    t = mg.tensor(np.ascontiguousarray(x.transpose(np.argsort(order)))).permute(*order)
    for y in (x, np.flip(x, axis[0]), x[..., ::-1]):
        np.testing.assert_allclose(add_up(y, axis), _exactly(y, axis), rtol=5e-7)
    np.testing.assert_allclose(t.sum(axis).cpu().numpy(), exact, rtol=5e-7)
    count = math.prod(x.shape[d] for d in axis)
    np.testing.assert_allclose(t.mean(axis).cpu().numpy() * count, exact, rtol=5e-7)
    if exact.ndim:
        double = x.astype(np.float64)
        np.testing.assert_allclose(t.var(axis).cpu().numpy(), double.var(axis, ddof=1), rtol=2e-6)
        np.testing.assert_allclose(
            mg.logsumexp(t, axis).cpu().numpy(), np.log(np.exp(double).sum(axis)), rtol=1e-6
        )


def test_all_numbers_of_a_part_of_memory():
    x = np.random.default_rng(7).uniform(size=(400_000, 3)).astype(np.float32)[:, :2]
    np.testing.assert_allclose(add_up(x), math.fsum(x.ravel().tolist()), rtol=3e-7)


@pytest.mark.parametrize("stretched", [(2,), (1, 2)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_of_what_many_rows_share(stretched, create_graph):
    dy = np.random.default_rng(3).uniform(size=(600_001, 2)).astype(np.float32)
    exact = [math.fsum(column.tolist()) for column in dy.T]
    b = mg.zeros(stretched, requires_grad=True)
    (db,) = grad(mg.zeros(dy.shape) + b, b, mg.tensor(dy), create_graph=create_graph)
    np.testing.assert_allclose(db.cpu().numpy().reshape(2), exact, rtol=3e-7)


def test_logsumexp_over_many_rows():
    x = np.random.default_rng(4).uniform(size=(600_001, 2)).astype(np.float32)
    exact = np.log([math.fsum(column.tolist()) for column in np.exp(x.astype(np.float64)).T])
    np.testing.assert_allclose(mg.logsumexp(mg.tensor(x), 0).cpu().numpy(), exact, rtol=3e-7)


@pytest.mark.parametrize("shape, dim", [((600_001,), 0), ((600_001, 2), 0), ((2, 600_001), 1)])
def test_a_long_running_sum_and_its_gradient(shape, dim):
    x = np.random.default_rng(5).uniform(size=shape).astype(np.float32)
    exact = np.cumsum(x.astype(np.float64), axis=dim)
    t = mg.tensor(x, requires_grad=True)
    y = mg.cumsum(t, dim)
    assert y.dtype == mg.float32
    np.testing.assert_allclose(y.detach().cpu().numpy(), exact, rtol=3e-7)
    # The rule runs from the far end: fed with x turned around, it gives the same sums turned around.
    (dt,) = grad(y, t, mg.tensor(np.flip(x, dim).copy()))
    np.testing.assert_allclose(np.flip(dt.cpu().numpy(), dim), exact, rtol=3e-7)


def test_the_mean_of_one_number_repeated():
    assert mg.full((2_000_000, 2), 0.1).mean(0).cpu().numpy() == pytest.approx(0.1, rel=1e-6)


def test_an_axis_that_is_not_there():
    x = np.ones((2000, 2))
    for axis in (2, -3, (0, 2)):
        with pytest.raises(np.exceptions.AxisError):
            add_up(x, axis)


def test_logsumexp_of_more_numbers_than_a_float16_can_count():
    y = mg.zeros(70000, dtype=mg.float16).logsumexp(0)
    assert (y.dtype, y.item()) == (mg.float16, np.float16(np.log(70000)))


def test_many_rows_are_added_up_in_the_dtype_that_is_asked_for():
    x = np.full((5000, 2), 0.1, np.float32)
    total = add_up(x, 0, np.float64)
    assert total.dtype == np.float64
    np.testing.assert_allclose(total, 5000 * np.float64(np.float32(0.1)), rtol=1e-14)


def test_many_rows_of_float16_are_counted():
    x = np.ones((5000, 2), np.float16)
    y = add_up(x, 0)
    assert y.dtype == np.float16 and y.tolist() == [5000, 5000]
    y = add_up(x, 0, np.float32)
    assert y.dtype == np.float32 and y.tolist() == [5000, 5000]

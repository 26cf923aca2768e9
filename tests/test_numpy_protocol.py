"""NumPy's functions on tensors, and tensors on their way into NumPy, PyTorch and back."""

import numpy as np
import pytest

import minigrad as mg

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])


def tensor(requires_grad=False, dtype="float64"):
    return mg.tensor(A.astype(dtype), requires_grad=requires_grad)


FUNCTIONS = [
    lambda x: np.exp(x),
    lambda x: np.log1p(x),
    lambda x: np.sqrt(x) + np.square(x),
    lambda x: np.tanh(x) * np.sin(x) - np.cos(x),
    lambda x: np.abs(x) / np.negative(x),
    lambda x: np.power(x, 3),
    lambda x: np.maximum(x, 2.5) + np.minimum(x, 4.5),
    lambda x: np.reciprocal(x) + np.log2(x) + np.expm1(x) + np.log(x) + np.positive(x),
    lambda x: np.sum(x),
    lambda x: np.sum(x, axis=1, keepdims=True),
    lambda x: np.sum(x, axis=(0, 1)),
    lambda x: np.mean(x, axis=0),
    lambda x: np.prod(x, axis=1),
    lambda x: np.max(x, axis=1, keepdims=True),
    lambda x: np.min(x, axis=(0, 1)),
    lambda x: np.amax(x) + np.amin(x),
    lambda x: np.var(x),
    lambda x: np.var(x, axis=0, ddof=1),
    lambda x: np.std(x, axis=1, keepdims=True),
    lambda x: np.cumsum(x),
    lambda x: np.cumsum(x, axis=1),
    lambda x: np.where(A > 2, x, 0),
    lambda x: np.clip(x, 2.2, 5.5),
    lambda x: np.clip(x, 2.5, None),
    *([lambda x: np.clip(x, min=2.5)] if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else []),
    lambda x: np.concatenate([x, A], axis=1),
    lambda x: np.stack([x, x * 2], axis=-1),
    lambda x: np.reshape(x, (3, -1)),
    lambda x: np.ravel(x),
    lambda x: np.transpose(x),
    lambda x: np.transpose(x, (1, 0)),
    lambda x: np.swapaxes(x, 0, 1),
    lambda x: np.moveaxis(x, 0, -1),
    lambda x: np.expand_dims(x, (0, -1)),
    lambda x: np.squeeze(np.expand_dims(x, 1)),
    lambda x: np.squeeze(np.expand_dims(x, 1), axis=1),
    lambda x: np.broadcast_to(x, (2, 2, 3)),
    lambda x: np.flip(x),
    lambda x: np.flip(x, axis=1),
    lambda x: np.roll(x, 1),
    lambda x: np.roll(x, (1, 1), axis=(0, 1)),
    lambda x: np.tril(x) + np.triu(x, 1),
    lambda x: np.einsum("ij,kj->ik", x, A),
    lambda x: np.matmul(x, A.T),
    lambda x: np.dot(x, A.T),
    lambda x: np.dot(x[0], A[1]),
    lambda x: np.outer(x, A[0]),
    lambda x: A @ x.T,
    lambda x: A * x,
    lambda x: A - x,
    lambda x: x / A,
    lambda x: A**x,
    lambda x: np.float64(2) * x + np.float32(3) - np.int64(1),
    lambda x: np.float64(2) / x,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_numbers_as_for_arrays(function):
    y = function(tensor())
    assert isinstance(y, mg.Tensor)
    np.testing.assert_allclose(y.numpy(), function(A), rtol=1e-12)
    assert y.shape == np.shape(function(A))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_with_gradients(function):
    """Along a random direction, the gradient says how the result moves."""
    rng = np.random.default_rng(0)
    x = tensor(requires_grad=True)
    y = function(x)
    upstream, direction = rng.normal(size=y.shape), rng.normal(size=A.shape)
    y.backward(mg.tensor(upstream))
    ahead, behind = (function(tensor() + mg.tensor(s * 1e-6 * direction)).numpy() for s in (1, -1))
    slope = float(np.sum(upstream * (ahead - behind)) / 2e-6)
    assert float(np.sum(x.grad.numpy() * direction)) == pytest.approx(slope, rel=1e-6, abs=1e-6)


QUESTIONS = [
    lambda x: np.isnan(x),
    lambda x: np.isfinite(x),
    lambda x: np.isinf(x),
    lambda x: np.logical_not(x > 2),
    lambda x: np.logical_and(x > 2, x < 5),
    lambda x: np.greater(x, 3),
    lambda x: np.equal(x, A),
    lambda x: np.array(A) < x,
    lambda x: np.float64(2) <= x,
    lambda x: np.argmax(x, axis=1),
    lambda x: np.argmin(x),
    lambda x: np.any(x > 6, axis=0),
    lambda x: np.all(x > 0),
    lambda x: np.floor(x) + np.ceil(x) + np.sign(x) + np.round(x, 1),
    lambda x: np.floor_divide(x, 2) + np.remainder(x, 2),
    lambda x: np.invert(x > 2) | np.bitwise_xor(x > 2, x < 4),
]


@pytest.mark.parametrize("function", QUESTIONS)
def test_flat_functions(function):
    np.testing.assert_array_equal(function(tensor(requires_grad=True)).detach().numpy(), function(A))


def test_scalars_of_numpy_are_weak():
    """np.float64(2) is a number, not an array: it leaves a float32 tensor float32."""
    x = tensor(dtype="float32")
    for y in (np.float64(2) * x, x * np.float64(2), np.float64(2) ** x, x - np.float64(2), np.int64(2) * x):
        assert y.dtype == mg.float32
    assert (A * x).dtype == mg.float64
    assert (np.float64(0.5) * mg.tensor([1, 2])).dtype == mg.float32


# Functions without a gradient -------------------------------------------------------------------------------


def test_without_gradient_a_tensor_is_an_array():
    x = tensor()
    np.testing.assert_allclose(np.cbrt(x).numpy(), np.cbrt(A))
    np.testing.assert_allclose(np.linalg.svd(x).S, np.linalg.svd(A).S)
    np.testing.assert_allclose(np.linalg.norm(x), np.linalg.norm(A))
    np.testing.assert_allclose(np.add.reduce(x, axis=0).numpy(), A.sum(0))
    np.testing.assert_allclose(np.add.outer(x, x).numpy(), np.add.outer(A, A))
    np.testing.assert_allclose(np.median(x), np.median(A))
    np.testing.assert_array_equal(np.unique(x), np.unique(A))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.cbrt(x), "cbrt"),
        (lambda x: np.linalg.svd(x), "svd"),
        (lambda x: np.add.reduce(x), "add.reduce"),
        (lambda x: np.add(x, 1, out=np.zeros((2, 3))), "add with out="),
        (lambda x: np.add(1, 1, out=x), "add with out="),
        (lambda x: np.median(x), "median"),
        (lambda x: np.vstack([x, x]), "vstack"),
        (lambda x: np.copyto(x, 1), "copyto"),
    ],
)
def test_a_gradient_is_never_lost_in_silence(call, name):
    with pytest.raises(TypeError, match=rf"np\.{name}.*detach"):
        call(tensor(requires_grad=True))


def test_questions_that_need_no_gradient():
    x = tensor(requires_grad=True)
    assert np.allclose(x, A)
    assert np.array_equal(x, A)
    assert np.shape(x) == (2, 3)
    assert np.size(x) == 6
    assert np.ndim(x) == 2
    np.testing.assert_array_equal(np.zeros_like(x), np.zeros((2, 3)))
    np.testing.assert_array_equal(np.nonzero(x > 4), np.nonzero(A > 4))
    np.testing.assert_array_equal(np.where(x > 4), np.where(A > 4))
    np.testing.assert_array_equal(np.argsort(x, axis=0), np.argsort(A, axis=0))


# Writing ----------------------------------------------------------------------------------------------------


def test_out():
    x, y = tensor(), np.zeros((2, 3))
    assert np.add(x, 1, out=y) is y
    np.testing.assert_array_equal(y, A + 1)
    assert np.multiply(x, 2, out=x) is x
    np.testing.assert_array_equal(x.numpy(), A * 2)


def test_an_array_is_added_to_in_place():
    y = A.copy()
    y += tensor()
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, 2 * A)


@pytest.mark.parametrize(
    "write",
    [
        lambda w: np.add(w, 1, out=w),
        lambda w: np.copyto(w, 0),
        lambda w: np.fill_diagonal(w, 0),
        lambda w: np.put(w, [0], 5),
        lambda w: np.add.at(w, 0, 1),
    ],
)
def test_writes_are_seen_by_backward(write):
    x, w = tensor(requires_grad=True), tensor()
    y = (x * w).sum()
    write(w)
    with pytest.raises(RuntimeError, match=r"mul saved.*overwritten.*\n.*test_numpy_protocol"):
        y.backward()


# Out of minigrad and into it --------------------------------------------------------------------------------


def test_asarray_shares_memory():
    x = tensor()
    array = np.asarray(x)
    assert array is x.numpy()
    array[0, 0] = 9
    assert x[0, 0] == 9
    assert np.array(x) is not array
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.array([x, x]).shape == (2, 2, 3)


def test_a_tensor_that_requires_grad_is_no_array():
    x = tensor(requires_grad=True)
    for convert in (
        np.asarray,
        np.array,
        lambda x: x.numpy(),
        lambda x: (x * 2).numpy(),
        lambda x: np.array([x]),
    ):
        with pytest.raises(RuntimeError, match=r"requires grad.*detach\(\)\.numpy\(\)"):
            convert(x)
    assert x.detach().numpy() is not None
    with mg.no_grad():
        np.testing.assert_array_equal((x * 2).numpy(), A * 2)


def test_dlpack_to_numpy_and_back():
    for dtype in ("float32", "float64", "int64", "int32", "uint8", "bool"):
        x = mg.tensor(np.array([[0, 1], [2, 3]]).astype(dtype))
        array = np.from_dlpack(x)
        assert array.dtype == x.dtype
        np.testing.assert_array_equal(array, x.numpy())
        assert np.shares_memory(array, x.numpy())
        y = mg.from_dlpack(x.numpy())
        assert np.shares_memory(y.numpy(), x.numpy())
        assert y.dtype == x.dtype


def test_dlpack_of_strided_memory():
    x = tensor().T
    np.testing.assert_array_equal(np.from_dlpack(x), A.T)
    np.testing.assert_array_equal(mg.from_dlpack(A[:, ::2]).numpy(), A[:, ::2])


def test_dlpack_refuses_a_tensor_that_requires_grad():
    with pytest.raises(RuntimeError, match="requires grad"):
        np.from_dlpack(tensor(requires_grad=True))


def test_dlpack_with_pytorch():
    torch = pytest.importorskip("torch")
    x = tensor()
    theirs = torch.from_dlpack(x)
    theirs[0, 0] = 7
    assert x[0, 0] == 7
    ours = mg.from_dlpack(torch.arange(6.0).reshape(2, 3))
    assert ours.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert ours.dtype == mg.float32
    assert torch.tensor(tensor()).tolist() == A.tolist()


def test_iteration_by_numpy_and_python():
    x = mg.tensor([3.0, 1.0, 2.0])
    assert sorted(x.tolist()) == [1.0, 2.0, 3.0]
    assert [float(v) for v in x] == [3.0, 1.0, 2.0]
    assert float(max(x)) == 3.0
    assert float(sum(x)) == 6.0
    np.testing.assert_array_equal(np.random.default_rng(0).permutation(mg.arange(3)).sum(), 3)


def test_where_takes_numbers_for_conditions_as_numpy_does():
    assert np.where(mg.tensor([2, 0]), mg.ones(2), 0.0).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    "function",
    [
        lambda a: np.sum(a, 0, np.float64),
        lambda a: np.sum(a, 0, np.float64, None, True),
        lambda a: np.mean(a, 1, np.float64),
        lambda a: np.prod(a, 0, np.float64),
        lambda a: np.cumsum(a, 0, np.float64),
        lambda a: np.cumsum(a, dtype=np.float64),
        lambda a: np.max(a, 0, None, True),
        lambda a: np.argmin(a, 0, None, keepdims=True),
        lambda a: np.any(a, 0, None, True),
        lambda a: np.var(a, 0, None, None, 1, True),
        lambda a: np.std(a, 0, None, None, 1),
    ],
)
def test_numpys_order_of_arguments(function):
    a = np.arange(6, dtype=np.float32).reshape(2, 3)
    y = function(mg.tensor(a))
    expected = function(a)
    assert (y.dtype, y.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-6)


def test_a_place_for_the_result_is_refused():
    for call in (
        lambda: np.sum(mg.ones(2), 0, None, np.ones(())),
        lambda: np.max(mg.ones(2), out=np.ones(())),
    ):
        with pytest.raises(TypeError, match="out"):
            call()


def test_dot_of_stacks_is_refused():
    with pytest.raises(TypeError, match=r"np\.dot.*matmul"):
        np.dot(mg.ones(2, 2, 2), mg.ones(2, 2))


def test_options_of_numpy_that_minigrad_lacks_are_named():
    with pytest.raises(TypeError, match="where"):
        np.sum(tensor(), where=A > 2)
    with pytest.raises(TypeError, match="initial"):
        np.max(tensor(), initial=0)

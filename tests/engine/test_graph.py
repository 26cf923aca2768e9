"""The walk back over the graph: its order, its arithmetic, and the memory it holds."""

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import minigrad as mg
from minigrad import autograd, nn
from minigrad.engine import graph

pytestmark = pytest.mark.usefixtures("device")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


@pytest.fixture
def no_collector():
    """Without the garbage collector, only reference counting frees anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# Order ------------------------------------------------------------------------------------------------------


def test_smallest_graph_that_needs_an_order():
    # a = 2 x, b = 3 a, y = a b = 12 x ** 2. A walk that goes on from a when its first gradient comes, from y,
    # misses what comes through b and finds 12 x.
    x = leaf(1.0)
    a = x * 2
    b = a * 3
    (a * b).backward()
    assert x.grad.item() == 24.0


@pytest.mark.parametrize("swapped", [False, True])
def test_a_long_and_a_short_path_in_either_order(swapped):
    # y = x + x ** 8 (three squarings): 1 + 8 x ** 7 by hand, at x = 1.
    x = leaf(1.0)
    h = x * 1
    power = h
    for _ in range(3):
        power = power * power
    y = power + h if swapped else h + power
    y.backward()
    assert x.grad.item() == 9.0


def test_exponentially_many_paths_are_one_pass():
    # y doubles 200 times: 2 ** 200 paths, exact in float64.
    y = x = leaf(1.0)
    for _ in range(200):
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**200


def test_chain_of_100_000_operations(device):
    y = x = leaf(3.0)
    for _ in range(25_000 if device.type == "cpu" else 2_500):  # arrays elsewhere are slow to call
        y = -(((y * 0.5) + 1) * 2)  # each factor a power of two: the product is exactly (-1) ** 25000
    y.backward()
    assert x.grad.item() == 1.0


def test_two_roots_are_summed():
    x = leaf([1.0, 2.0])
    h = x * x
    mg.autograd.backward([h.sum(), (3 * h).sum()])
    assert x.grad.tolist() == [8.0, 16.0]  # 4 * 2 x


# Fan-out ----------------------------------------------------------------------------------------------------


def test_one_tensor_in_both_places():
    x = leaf([3.0, -2.0])
    for f, expected in (
        (lambda x: x * x, [6.0, -4.0]),
        (lambda x: x - x, [0.0, 0.0]),
        (lambda x: x / x, [0.0, 0.0]),
        (lambda x: x + x, [2.0, 2.0]),
        (lambda x: mg.maximum(x, x), [1.0, 1.0]),
    ):
        x.grad = None
        f(x).sum().backward()
        assert x.grad.tolist() == expected


def test_one_matrix_in_both_places_of_a_product():
    # d sum(V * (X @ X)) / dX = V X^T + X^T V
    rng = np.random.default_rng(0)
    a, v = rng.normal(size=(2, 3, 3))
    x = leaf(a)
    (x @ x).backward(mg.tensor(v))
    np.testing.assert_allclose(x.grad.cpu().numpy(), v @ a.T + a.T @ v)


def test_diamond():
    # y = sin(x) cos(x) = sin(2 x) / 2, so dy/dx = cos(2 x)
    x = leaf([0.3, 1.1])
    h = x * 1
    (mg.sin(h) * mg.cos(h)).sum().backward()
    np.testing.assert_allclose(x.grad.cpu().numpy(), np.cos(2 * x.detach().cpu().numpy()))


def test_a_tensor_given_many_times_to_one_operation():
    x = leaf([1.0, 2.0])
    mg.cat([x, x, x]).backward(mg.tensor(np.arange(6.0)))
    assert x.grad.tolist() == [0.0 + 2 + 4, 1.0 + 3 + 5]


# Broadcasting -----------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None, derandomize=True)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.booleans())
def test_a_stretched_argument_gets_the_sum_over_its_uses(shapes, create_graph):
    # Independent: which element of b each element of the result used, counted with bincount.
    (shape_a, shape_b), shape = shapes
    rng = np.random.default_rng(1)
    a, b = leaf(rng.normal(size=shape_a)), leaf(rng.normal(size=shape_b))
    v = rng.normal(size=shape)
    found = autograd.grad(a + b, (a, b), mg.tensor(v), create_graph=create_graph)
    for x, gradient in zip((a, b), found, strict=True):
        used = np.broadcast_to(np.arange(x.numel()).reshape(x.shape), shape)
        expected = np.bincount(used.ravel(), weights=v.ravel(), minlength=x.numel()).reshape(x.shape)
        assert gradient.shape == x.shape
        np.testing.assert_allclose(gradient.detach().cpu().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_value_with_axes_of_size_1_in_front_of_its_place(create_graph):
    # y[0] = v puts (1, 3) into a place of shape (3): v's gradient has v's shape.
    v = leaf([[1.0, 2.0, 3.0]])
    y = mg.zeros(2, 3, dtype=mg.float64)
    y[0] = v
    (gradient,) = autograd.grad((y * y).sum(), v, create_graph=create_graph)
    assert gradient.tolist() == [[2.0, 4.0, 6.0]]


# Dtypes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_each_leaf_gets_a_gradient_of_its_own_dtype(create_graph):
    x, w = leaf([2.0], np.float32), leaf([3.0], np.float64)
    y = mg.exp(x * w * x)
    assert y.dtype == mg.float64
    dx, dw = autograd.grad(y, (x, w), create_graph=create_graph)
    assert (dx.dtype, dw.dtype) == (mg.float32, mg.float64)
    np.testing.assert_allclose(dx.item(), 12 * np.exp(12.0), rtol=1e-6)  # 2 x w e ** (x ** 2 w)
    np.testing.assert_allclose(dw.item(), 4 * np.exp(12.0), rtol=1e-12)


def test_second_derivatives_of_mixed_dtypes():
    x, w = leaf([2.0], np.float32), leaf([3.0], np.float64)
    (dx,) = autograd.grad((x * w * x).sum(), x, create_graph=True)  # 2 x w
    ddx, dw = autograd.grad(dx.sum(), (x, w))
    assert (ddx.item(), dw.item()) == (6.0, 4.0)
    assert (ddx.dtype, dw.dtype) == (mg.float32, mg.float64)


def test_second_derivative_uses_the_values_of_the_forward_pass():
    # The float32 leaf was cast for the product; overwriting the leaf does not change what was computed.
    x, w = leaf([2.0], np.float32), leaf([3.0], np.float64)
    y = x * w * x
    with mg.no_grad():
        x.fill_(100.0)
    (dx,) = autograd.grad(y.sum(), x, create_graph=True)
    (ddx,) = autograd.grad((dx * dx).sum(), x)  # d (2 x w) ** 2 / dx = 8 x w ** 2
    assert ddx.item() == 8 * 2 * 9


def test_results_that_are_integers_have_no_gradient():
    x = leaf([1.5, -2.5])
    for y in (x.long(), x.int(), x.bool(), x > 0, x.argmax(), x.sum(dtype=mg.int64), x // 1 > 0):
        assert not y.requires_grad, y


# Memory of gradients ----------------------------------------------------------------------------------------


def memories(*tensors):
    return [t._data for t in tensors]


def assert_all_apart(arrays):
    for i, a in enumerate(arrays):
        for b in arrays[:i]:
            assert not np.may_share_memory(a, b)


@pytest.mark.filterwarnings("ignore:backward.create_graph=True. leaves a cycle")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, z: x + z,
        lambda x, z: z - (-x),
        lambda x, z: x.reshape(3, 1).reshape(3) + z.view(3),
        lambda x, z: x.unsqueeze(0).squeeze(0) + z.clone(),
        lambda x, z: mg.cat([x[:2] + z[:2], x[2:] + z[2:]]),
        lambda x, z: mg.stack([x, z]).sum(0),
        lambda x, z: x.expand(3) + z.broadcast_to((1, 3))[0],
        lambda x, z: +x + mg.where(mg.tensor([True, True, True]), z, 0),
    ],
)
def test_gradients_share_no_memory_with_each_other_or_the_upstream(f, create_graph):
    x, z = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    upstream = mg.tensor(np.array([1.0, 10.0, 100.0]))
    f(x, z).backward(upstream, create_graph=create_graph)
    assert x.grad.tolist() == z.grad.tolist() == [1.0, 10.0, 100.0]
    assert_all_apart(memories(x.grad, z.grad, upstream))


@pytest.mark.filterwarnings("ignore:backward.create_graph=True. leaves a cycle")
@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_from_a_leaf_copies_the_upstream(create_graph):
    x, upstream = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0], dtype=mg.float64)
    x.backward(upstream, create_graph=create_graph)
    assert x.grad.tolist() == [3.0, 4.0]
    assert_all_apart(memories(x.grad, upstream))


def test_a_gradient_shares_no_memory_with_what_a_hook_returned():
    x, z, kept = leaf([1.0]), leaf([1.0]), mg.tensor([5.0], dtype=mg.float64)
    x.register_hook(lambda g: kept)
    z.register_hook(lambda g: kept)
    (x + z).sum().backward()
    assert_all_apart(memories(x.grad, z.grad, kept))


def test_an_operation_that_gives_one_array_to_two_arguments(own_operations):
    @mg.op
    def two_for_one(a, b):
        return a + b

    @two_for_one.grad("a", "b")
    def _(dy):
        twice = dy * 1
        return twice, twice

    x, z = leaf([1.0]), leaf([2.0])
    two_for_one(x, z).sum().backward()
    assert_all_apart(memories(x.grad, z.grad))


@pytest.mark.filterwarnings("ignore:backward.create_graph=True. leaves a cycle")
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("joint", [False, True])
def test_an_operation_whose_rule_returns_what_it_was_given(joint, create_graph, own_operations):
    # d sum(a w) / da = w, for an upstream of 1: the array of w itself, if the rule leaves dy out.
    @mg.op
    def weighted(a, w):
        return np.sum(a * w)

    if joint:

        @weighted.grad("a", "w")
        def _(dy, a, w):
            return w, a
    else:

        @weighted.grad("a")
        def _(dy, w):
            return w

        @weighted.grad("w")
        def _(dy, a):
            return a

    a, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    weighted(a + 0, w).backward(create_graph=create_graph)  # the rule of a sum hands on what it gets
    assert_all_apart(memories(a, w, a.grad, w.grad))
    weighted(a, w).backward()
    assert (a.tolist(), w.tolist()) == ([1.0, 2.0], [3.0, 4.0])
    assert (a.grad.tolist(), w.grad.tolist()) == ([6.0, 8.0], [2.0, 4.0])


def test_gradients_can_be_written():
    x = leaf([1.0, 2.0])
    x.sum().backward()  # the rule of sum gives a broadcast view, which cannot
    x.grad.mul_(2)
    assert x.grad.tolist() == [2.0, 2.0]


# Memory of the graph ----------------------------------------------------------------------------------------


def build():
    """A loss over two layers, and weak references to what its graph holds: arrays and nodes."""
    x, w = leaf(np.ones((4, 3))), leaf(np.ones((3, 3)))
    h = mg.tanh(x @ w)
    loss = (h * h).sum()
    watched = [weakref.ref(h._data), weakref.ref(h._node), weakref.ref(loss._node)]
    return loss, watched


def alive(references):
    return [r() is not None for r in references]


def test_dropping_the_loss_frees_the_graph(no_collector):
    loss, watched = build()
    assert all(alive(watched))
    del loss
    assert not any(alive(watched))


def test_backward_frees_the_saved_arrays_while_the_loss_lives(no_collector):
    loss, watched = build()
    loss.backward()
    assert alive(watched) == [False, True, True]
    del loss
    assert not any(alive(watched))


def test_retain_graph_keeps_them(no_collector):
    loss, watched = build()
    loss.backward(retain_graph=True)
    assert all(alive(watched))
    del loss
    assert not any(alive(watched))


def test_an_exception_in_backward_keeps_nothing(no_collector):
    loss, watched = build()

    def fail(gradient):
        raise KeyError("from a hook")

    # On the graph, not on the loss.
    watched[1]().hooks = {0: fail}
    try:
        loss.backward()
    except KeyError:
        pass
    else:
        pytest.fail("the hook's error must come through")
    del loss
    assert not any(alive(watched))


def test_a_gradient_graph_is_freed_too(no_collector):
    x = leaf([0.5])
    y = mg.exp(mg.sin(x))
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    (gg,) = autograd.grad(g.sum(), x, create_graph=True)
    watched = [weakref.ref(t._node) for t in (y, g, gg)]
    del y, g, gg
    assert not any(alive(watched))


def test_hooks_and_retained_gradients_make_no_cycle(no_collector):
    x = leaf([0.5])
    h = mg.exp(x)
    h.retain_grad()
    h.register_hook(lambda g: g * 2)
    y = (h * h).sum()
    y.backward(retain_graph=True)
    watched = [weakref.ref(h), weakref.ref(h._node), weakref.ref(y._node)]
    del h, y
    assert not any(alive(watched))


def test_views_and_writes_make_no_cycle(no_collector):
    x = leaf(np.ones((2, 3)))
    h = x * 2
    row = h[0]
    row.mul_(3)
    h[1] = 0.0
    y = (h + row).sum()
    watched = [weakref.ref(t._node) for t in (h, row, y)] + [weakref.ref(h), weakref.ref(row)]
    y.backward(retain_graph=True)
    del h, row, y
    assert not any(alive(watched))


def test_a_module_that_keeps_its_output_makes_no_cycle(no_collector):
    class Remembering(nn.Linear):
        def forward(self, x):
            self.last = super().forward(x)
            return self.last

    model = Remembering(2, 2)
    y = model(mg.ones(1, 2)).sum()
    watched = [weakref.ref(model), weakref.ref(y._node)]
    del model, y
    assert not any(alive(watched))


def test_a_sum_keeps_no_array_alive(no_collector):
    x = leaf(np.ones(1000))
    h = x * 2  # saves the number 2
    y = h.sum()  # saves the shape
    array = weakref.ref(h._data)
    del h
    assert array() is None
    y.backward()
    assert x.grad.tolist() == [2.0] * 1000


def test_a_million_operations_are_freed_without_overflowing_the_stack(device, no_collector):
    y = leaf(1.0)
    h = -y
    first = weakref.ref(h._node)
    for _ in range(1_000_000 if device.type == "cpu" else 100_000):  # arrays elsewhere are slow to call
        h = -h
    assert first() is not None
    del h
    assert first() is None


# Threads ----------------------------------------------------------------------------------------------------


def test_threads_with_graphs_of_their_own():
    # Every thread builds, writes in place and walks back its own graph; by hand dy/dx = 2 (k + 1) x * 3.
    failures = []

    def work(k):
        for step in range(30):
            a = np.random.default_rng(k * 100 + step).normal(size=5)
            x = leaf(a)
            h = x * x
            h.mul_(k + 1)
            y = (h * 3).sum()
            if step % 3 == 0:
                (g,) = autograd.grad(y, x, create_graph=True)
            else:
                y.backward()
                g = x.grad
            if not np.allclose(g._data, 6 * (k + 1) * a):
                failures.append((k, step))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# What a node shows ------------------------------------------------------------------------------------------


def test_grad_fn_shows_the_graph():
    x, w = leaf([1.0]), mg.tensor([2.0], dtype=mg.float64)
    y = (x * w).sum()
    assert repr(y.grad_fn) == "<sum>"
    ((product, _),) = y.grad_fn.next_functions
    assert repr(product) == "<mul>"
    assert [edge for edge, _ in product.next_functions] == [x]  # w needs no gradient
    assert x.grad_fn is None
    assert isinstance(product, graph.Node)

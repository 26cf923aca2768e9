"""In-place operations that are recorded, on tensors and through views.

Two independent sources: the same program written without in-place operations, and PyTorch where it is
installed.
"""

import gc
import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, nn
from minigrad.autograd import gradcheck, gradgradcheck

pytestmark = pytest.mark.usefixtures("device")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


# Programs ---------------------------------------------------------------------------------------------------
# Each takes the module (minigrad or torch), x (3, 4) and w (4), and returns what it has made. Right under it
# is the program that it must equal, without a write.

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = [function]
    return PROGRAMS[function.__name__].append


@program
def add_to_a_column(m, x, w):
    h = x * 2
    h[:, 0] += w[:3]
    return [h]


@add_to_a_column
def _(m, x, w):
    h = x * 2
    return [m.cat([(h[:, 0] + w[:3]).unsqueeze(1), h[:, 1:]], 1)]


@program
def scale_rows_behind_the_first(m, x, w):
    h = x + 0
    h[1:] *= w
    return [h, h.sum(0)]


@scale_rows_behind_the_first
def _(m, x, w):
    h = m.cat([x[:1], x[1:] * w])
    return [h, h.sum(0)]


@program
def fill_where_a_mask_is_true(m, x, w):
    y = x.clone()
    y[x > 0] = w[0]
    return [y * y]


@fill_where_a_mask_is_true
def _(m, x, w):
    y = m.where(x > 0, w[0], x)
    return [y * y]


@program
def write_through_a_flat_view(m, x, w):
    h = x * w
    flat = h.view(-1)
    flat.mul_(3)
    return [h, flat]


@write_through_a_flat_view
def _(m, x, w):
    h = x * w * 3
    return [h, h.reshape(-1)]


@program
def write_into_the_base_and_read_the_view(m, x, w):
    h = x * w
    row, column = h[1], h[:, 2]
    before = row * 5
    h.add_(w)
    return [row * row, column, before]


@write_into_the_base_and_read_the_view
def _(m, x, w):
    h = x * w + w
    return [h[1] * h[1], h[:, 2], (x * w)[1] * 5]


@program
def two_views_that_overlap(m, x, w):
    h = x * 1
    upper, right = h[:2], h[:, 2:]
    upper.mul_(w)
    right.mul_(right.detach() * 0 + 2)
    upper.add_(1)
    return [h, upper, right]


@two_views_that_overlap
def _(m, x, w):
    h = m.cat([x[:2] * w, x[2:]])
    h = m.cat([h[:, :2], h[:, 2:] * 2], 1)
    h = m.cat([h[:2] + 1, h[2:]])
    return [h, h[:2], h[:, 2:]]


@program
def a_view_of_a_view(m, x, w):
    h = x * 1
    part = h.transpose(0, 1)[1:].unsqueeze(0)[0, :, ::2]
    part.mul_(w[:3].unsqueeze(1))
    return [h, part]


@a_view_of_a_view
def _(m, x, w):
    factor = m.ones_like(x.detach())
    columns = m.cat([factor[:, :1], factor[:, 1:] * w[:3]], 1)
    h = m.stack([x[0] * columns[0], x[1], x[2] * columns[2]])
    return [h, h.transpose(0, 1)[1:, ::2]]


@program
def a_buffer_filled_in_a_loop(m, x, w):
    out = m.zeros(3, 4, dtype=m.float64)
    total = x[0] * 0
    for i in range(3):
        total = total + x[i] * w
        out[i] = total
    return [out]


@a_buffer_filled_in_a_loop
def _(m, x, w):
    rows = [x[0] * w, x[0] * w + x[1] * w, x[0] * w + x[1] * w + x[2] * w]
    return [m.stack(rows)]


@program
def a_view_of_a_buffer_taken_before(m, x, w):
    buffer = m.zeros(3, 4, dtype=m.float64)
    row = buffer[1]
    row.add_(w)
    row.mul_(x[0])
    return [buffer, row]


@a_view_of_a_buffer_taken_before
def _(m, x, w):
    row = w * x[0]
    zero = m.zeros(1, 4, dtype=m.float64)
    return [m.cat([zero, row.unsqueeze(0), zero]), row]


@program
def the_old_value_goes_on(m, x, w):
    h = x * w
    old = h * 3
    h += 1
    h *= 2
    return [old + h]


@the_old_value_goes_on
def _(m, x, w):
    return [x * w * 3 + (x * w + 1) * 2]


@program
def chained_writes(m, x, w):
    return [(x * 1).add_(w).mul_(2).sub_(0.5).div_(w.abs() + 1).neg_()]


@chained_writes
def _(m, x, w):
    return [-(((x + w) * 2 - 0.5) / (w.abs() + 1))]


@program
def writes_that_need_the_old_value(m, x, w):
    a, b, c, d = x * 1, x * 1, x * 1, x * 1
    return [a.sin_(), b.pow_(3), c.square_(), d.tanh_()]


@writes_that_need_the_old_value
def _(m, x, w):
    return [m.sin(x), x**3, x * x, m.tanh(x)]


@program
def overwritten_completely(m, x, w):
    h = x * 1
    h.zero_()
    k = x * 1
    k.copy_(w)
    j = x * 1
    j.fill_(2.0)
    return [h + w, k * k, j * w]


@overwritten_completely
def _(m, x, w):
    return [w.expand(3, 4) + 0, (w * w).expand(3, 4), (2 * w).expand(3, 4)]


@program
def slices_exchanged(m, x, w):
    h = x * w
    first = h[0].clone()
    h[0] = h[1]
    h[1] = first
    return [h * h]


@slices_exchanged
def _(m, x, w):
    h = x * w
    h = m.stack([h[1], h[0], h[2]])
    return [h * h]


@program
def integer_arrays_as_index(m, x, w):
    h = x * 1
    index = m.tensor([2, 0])
    h[index, 1:3] = w[:2]
    h[:, -1] = 0.0
    return [h]


@integer_arrays_as_index
def _(m, x, w):
    middle = m.stack([w[:2], x[1, 1:3], w[:2]])
    return [m.cat([x[:, :1], middle, x[:, :1] * 0], 1)]


@program
def part_without_history(m, x, w):
    h = x * w
    part = h.detach()[0]
    kept = h + 0
    part.zero_()
    return [h.detach() + kept, kept]


@part_without_history
def _(m, x, w):
    kept = x * w
    cleared = m.cat([x[:1] * 0, kept[1:]]).detach()
    return [cleared + kept, kept]


@program
def results_of_indexing_and_reshaping_that_are_copies(m, x, w):
    h = x * w
    picked = h[:, [1, 0]]
    turned = h.transpose(0, 1).reshape(12)
    masked = h[h > 0]
    picked.mul_(10)
    turned.mul_(100)
    masked.mul_(1000)
    return [h, picked, turned, masked.sum()]


@results_of_indexing_and_reshaping_that_are_copies
def _(m, x, w):
    h = x * w
    return [
        h,
        m.stack([h[:, 1], h[:, 0]], 1) * 10,
        m.cat([h[:, i] for i in range(4)]) * 100,
        m.where(h > 0, h * 1000, 0.0).sum(),
    ]


def inputs():
    rng = np.random.default_rng(7)
    return rng.normal(size=(3, 4)), rng.normal(size=4)


def upstreams(outputs):
    rng = np.random.default_rng(8)
    return [rng.normal(size=tuple(y.shape)) for y in outputs]


def run(function):
    """The outputs of a program in minigrad and the gradients of x and w."""
    x, w = map(leaf, inputs())
    outputs = function(mg, x, w)
    found = [y.detach().cpu().numpy().copy() for y in outputs]
    autograd.backward(
        [y for y in outputs if y.requires_grad],
        [mg.tensor(v) for y, v in zip(outputs, upstreams(outputs), strict=True) if y.requires_grad],
    )
    return found, [np.zeros(t.shape) if t.grad is None else t.grad.cpu().numpy() for t in (x, w)]


def assert_same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_with_writes_equals_one_without(name):
    with_writes, without = map(run, PROGRAMS[name])
    assert_same(with_writes[0], without[0])
    assert_same(with_writes[1], without[1])


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_with_writes_equals_pytorchs(name):
    torch = pytest.importorskip("torch")
    x, w = (torch.tensor(a, requires_grad=True) for a in inputs())
    outputs = PROGRAMS[name][0](torch, x, w)
    found = [y.detach().cpu().numpy().copy() for y in outputs]
    torch.autograd.backward(
        [y for y in outputs if y.requires_grad],
        [torch.tensor(v) for y, v in zip(outputs, upstreams(outputs), strict=True) if y.requires_grad],
    )
    gradients = [np.zeros(t.shape) if t.grad is None else t.grad.cpu().numpy() for t in (x, w)]
    ours = run(PROGRAMS[name][0])
    assert_same(ours[0], found)
    assert_same(ours[1], gradients)


@pytest.mark.parametrize(
    "name", sorted(PROGRAMS.keys() - {"part_without_history"})
)  # detach() is no function of x
def test_second_derivatives_through_writes(name):
    x, w = map(leaf, inputs())
    assert gradcheck(lambda x, w: PROGRAMS[name][0](mg, x, w), [x, w])
    assert gradgradcheck(lambda x, w: PROGRAMS[name][0](mg, x, w), [x, w])


# Every method -----------------------------------------------------------------------------------------------

ARGUMENTS = {
    "add_": (2.5,),
    "sub_": (2.5,),
    "mul_": (2.5,),
    "div_": (2.5,),
    "pow_": (2,),
    "remainder_": (0.7,),
    "floor_divide_": (0.7,),
    "clamp_": (0.8, 1.2),
    "masked_fill_": (np.array([True, False, True]), 9.0),
    "scatter_add_": (0, np.array([0, 0, 2]), np.array([1.0, 2.0, 3.0])),
    "copy_": (mg.tensor([1.0, 2.0, 3.0], dtype=mg.float64),),
    "fill_": (2.5,),
}
CONSTANT = {"copy_": [1.0, 2.0, 3.0], "fill_": [2.5] * 3, "zero_": [0.0] * 3}
RANDOM = {"uniform_", "normal_", "bernoulli_"}
NOT_WRITES = {"requires_grad_", "detach_"}
METHODS = [
    name
    for name in dir(mg.Tensor)
    if name.endswith("_") and not name.startswith("_") and name not in RANDOM | NOT_WRITES
]


@pytest.mark.parametrize("name", METHODS)
def test_every_in_place_method_does_what_its_plain_one_does(name):
    values = [0.3, 0.9, 1.7]
    upstream = mg.tensor([1.0, -2.0, 3.0], dtype=mg.float64)
    arguments = [mg.tensor(a) if isinstance(a, np.ndarray) else a for a in ARGUMENTS.get(name, ())]
    x, z = leaf(values), leaf(values)
    h = x * 1
    memory = h._data
    returned = getattr(h, name)(*arguments)
    assert returned is h
    assert h._data is memory
    if name in CONSTANT:
        assert h.tolist() == CONSTANT[name]
        h.backward(upstream)  # as in PyTorch, h still comes from x, though nothing of x is left in it
        assert x.grad.tolist() == [0.0, 0.0, 0.0]
        return
    plain = getattr(z * 1, name[:-1])(*arguments)
    assert h.tolist() == plain.tolist()
    h.backward(upstream)
    plain.backward(upstream)
    assert x.grad.tolist() == z.grad.tolist()


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_random_fillings(name):
    h = leaf(np.zeros(1000)) * 1
    mg.manual_seed(3)
    memory = h._data
    assert getattr(h, name)() is h
    assert h._data is memory
    assert len(set(h.tolist())) == (2 if name == "bernoulli_" else 1000)
    mg.manual_seed(3)
    again = getattr(mg.zeros(1000, dtype=mg.float64), name)()
    assert h.tolist() == again.tolist()


@pytest.mark.parametrize(
    "write, plain",
    [
        (lambda h, k: h.__iadd__(k), lambda h, k: h + k),
        (lambda h, k: h.__isub__(k), lambda h, k: h - k),
        (lambda h, k: h.__imul__(k), lambda h, k: h * k),
        (lambda h, k: h.__itruediv__(k), lambda h, k: h / k),
        (lambda h, k: h.__ipow__(k), lambda h, k: h**k),
    ],
)
def test_operators_with_a_tensor(write, plain):
    x, z, w, v = leaf([1.5, 2.5]), leaf([1.5, 2.5]), leaf([2.0, 3.0]), leaf([2.0, 3.0])
    write(x * 1, w).sum().backward()
    plain(z * 1, v).sum().backward()
    assert x.grad.tolist() == z.grad.tolist()
    assert w.grad.tolist() == v.grad.tolist()


def test_a_tensor_times_itself_in_place():
    x = leaf([3.0])
    h = x * 1
    h.mul_(h)
    h.sum().backward()
    assert x.grad.item() == 6.0


# What is refused --------------------------------------------------------------------------------------------


def test_a_leaf_that_requires_a_gradient():
    x = leaf([1.0, 2.0])
    for write in (lambda: x.add_(1), lambda: x.zero_(), lambda: x.__setitem__(0, 5.0), lambda: x.mul_(x)):
        with pytest.raises(RuntimeError, match=r"a leaf tensor that requires grad.*no_grad"):
            write()
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "write",
    [lambda v: v.mul_(2), lambda v: v.zero_(), lambda v: v.__setitem__(0, 5.0)],
    ids=["mul_", "zero_", "setitem"],
)
def test_a_view_taken_before_the_leaf_was_one(write):
    x = mg.ones(4)
    view, before = x[:2], x.view(2, 2)[0]
    x.requires_grad_()
    for late in (view, before):
        with pytest.raises(RuntimeError, match="a view of a leaf tensor"):
            write(late)
    assert x.tolist() == [1.0, 1.0, 1.0, 1.0]
    with mg.no_grad():
        write(view)
    assert x.tolist() != [1.0, 1.0, 1.0, 1.0]
    assert x.is_leaf


def test_a_view_that_is_a_leaf_itself():
    x = mg.ones(4)
    view = x[:2].requires_grad_()
    for written in (view, view[:1]):
        with pytest.raises(RuntimeError, match="a view of a leaf tensor"):
            written.mul_(2)
    with pytest.raises(RuntimeError, match="a view of a leaf tensor"):
        view[0] = 5.0
    assert view.is_leaf
    assert x.tolist() == [1.0, 1.0, 1.0, 1.0]


def test_a_view_of_such_a_leaf():
    x = leaf([1.0, 2.0])
    for view in (x[:1], x.view(2, 1), x.detach().requires_grad_()[0]):
        with pytest.raises(RuntimeError, match="a view of a leaf tensor"):
            view.add_(1)
    assert x.tolist() == [1.0, 2.0]


def test_without_recording_a_leaf_may_be_written():
    x = leaf([1.0, 2.0])
    with mg.no_grad():
        x -= 0.5
        x[0] = 7.0
    assert x.tolist() == [7.0, 1.5]
    assert x.is_leaf
    assert x.requires_grad


@pytest.mark.devices("cpu")
@pytest.mark.parametrize("name", ["relu", "silu"])
def test_an_activation_over_its_input_needs_no_second_array(name):
    x = mg.linspace(-2, 2, 200_000).reshape(400, 500)
    expected = getattr(nn.functional, name)(x)
    getattr(nn.functional, name)(x.clone(), inplace=True)  # what is compiled at the first time
    tracemalloc.start()
    getattr(nn.functional, name)(x, inplace=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert mg.allclose(x, expected)
    assert peak < 200_000


@pytest.mark.devices("cpu")
@pytest.mark.parametrize("name", ["relu", "silu"])
def test_an_activation_over_what_cannot_be_written(name):
    memory = np.array([-1.0, 2.0])
    memory.flags.writeable = False
    with pytest.raises(RuntimeError, match="clone"):
        getattr(nn.functional, name)(mg.from_numpy(memory), inplace=True)
    assert memory.tolist() == [-1.0, 2.0]


@pytest.mark.parametrize("name", ["relu", "silu"])
def test_an_activation_over_its_input_that_is_recorded(name):
    x = leaf([-1.0, 0.5, 2.0])
    h, plain = x * 1, getattr(nn.functional, name)(x * 1)
    assert getattr(nn.functional, name)(h, inplace=True) is h
    upstream = mg.tensor([2.0, 3.0, 4.0], dtype=mg.float64)
    h.backward(upstream)
    assert h.tolist() == plain.tolist()
    assert x.grad.tolist() == autograd.grad(plain, x, upstream)[0].tolist()
    with pytest.raises(RuntimeError, match="leaf"):
        getattr(nn.functional, name)(x, inplace=True)


def test_a_row_that_is_written_from_one_with_an_axis_more():
    x, row = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[5.0, 6.0]])
    y = x * 1
    y[0] = row
    (y * mg.tensor([[2.0, 3.0], [4.0, 5.0]], dtype=mg.float64)).sum().backward()
    assert y.tolist() == [[5.0, 6.0], [3.0, 4.0]]
    assert row.grad.tolist() == [[2.0, 3.0]]
    assert x.grad.tolist() == [[0.0, 0.0], [4.0, 5.0]]


def test_a_result_that_does_not_fit():
    h = leaf([1.0, 2.0]) * 1
    with pytest.raises(mg.ShapeError, match=r"add_.*\(3, 2\).*\(2,\)"):
        h.add_(mg.ones(3, 2))
    with pytest.raises(RuntimeError, match=r"div_.*float.*int64"):
        mg.tensor([1, 2]).div_(2)
    with pytest.raises(RuntimeError, match=r"add_.*float.*int64"):
        mg.tensor([1, 2]).add_(1.5)
    with pytest.raises(mg.ShapeError, match=r"\(3,\).*\(2,\)"):
        h[:] = mg.ones(3)


@pytest.mark.parametrize(
    "stretch", [lambda x: x.expand(3, 2), lambda x: x.broadcast_to((3, 2)), lambda x: x.expand(3, 2)[:2]]
)
def test_expanded_memory(stretch):
    x = mg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"expanded.*clone\(\)"):
        stretch(x).add_(1)
    assert x.tolist() == [1.0, 2.0]


def test_a_tensor_expanded_to_its_own_shape_can_be_written():
    x = mg.tensor([1.0, 2.0])
    x.expand(-1).add_(1)
    assert x.tolist() == [2.0, 3.0]


def test_a_failed_write_leaves_no_trace():
    h = leaf([1.0, 2.0]) * 1
    node = h.grad_fn
    with pytest.raises(RuntimeError):
        h.add_(mg.ones(3))
    assert h.grad_fn is node
    assert h.tolist() == [1.0, 2.0]


# Details ----------------------------------------------------------------------------------------------------


def test_a_buffer_begins_to_require_a_gradient_with_its_views():
    w = leaf([2.0, 3.0])
    buffer = mg.zeros(2, 2, dtype=mg.float64)
    row, other = buffer[0], buffer[1]
    assert not buffer.requires_grad
    row.add_(w)
    assert buffer.requires_grad
    assert row.requires_grad
    assert other.requires_grad
    (buffer * 10).sum().backward()
    assert w.grad.tolist() == [10.0, 10.0]


def test_a_float32_tensor_takes_float64_in_its_own_dtype():
    x, w = leaf([1.0, 2.0], np.float32), leaf([3.0, 4.0])
    h = x * 1
    h.mul_(w)
    assert h.dtype == mg.float32
    h[0] = w[1]
    h.sum().backward()
    assert x.grad.dtype == mg.float32
    assert x.grad.tolist() == [0.0, 4.0]
    assert w.grad.dtype == mg.float64
    assert w.grad.tolist() == [0.0, 2.0 + 1.0]


def test_views_that_are_gone_cost_nothing():
    h = leaf(np.ones(4)) * 1
    for _ in range(100):
        h[1:3]
    gc.collect()
    assert not h._views
    kept = h[0]
    h.add_(1)
    assert len(h._views) == 1
    assert kept.item() == 2.0


def test_one_element_is_a_view_too():
    x = leaf([1.0, 2.0])
    h = x * 1
    first = h[0]
    h.mul_(10)
    assert first.item() == 10.0
    first.mul_(first.detach() * 0 + 3)
    assert h.tolist() == [30.0, 20.0]
    (first + h.sum()).backward()
    assert x.grad.tolist() == [60.0, 10.0]


def test_a_hundred_writes_in_a_row():
    x = leaf(np.arange(5.0))
    h = x * 1
    for i in range(100):
        h[i % 5] *= 1.01
    h.sum().backward()
    np.testing.assert_allclose(x.grad.cpu().numpy(), 1.01**20)


def test_and_or_and_xor_are_in_place():
    a, n = mg.tensor([True, False]), mg.tensor([3, 5])
    b, m = a, n
    b |= mg.tensor([False, True])
    assert a.tolist() == [True, True]
    b &= mg.tensor([True, False])
    b ^= mg.tensor([True, True])
    assert a.tolist() == [False, True] and a is b
    m &= mg.tensor([1, 4])
    m |= 8
    assert n.tolist() == [9, 12] and n is m

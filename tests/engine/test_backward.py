"""The entrances: backward() and grad(). Expected numbers are derivatives taken by hand."""

import math
import re
import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.engine import backward

pytestmark = pytest.mark.usefixtures("device")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


# backward ---------------------------------------------------------------------------------------------------


def test_gradients_add_up_over_calls():
    x = leaf([1.0, 2.0])
    (x * x).sum().backward()
    kept = x.grad
    (3 * x).sum().backward()
    assert x.grad.tolist() == [2 + 3, 4 + 3]
    assert x.grad is kept  # accumulated in place, as in PyTorch
    x.grad = None
    (3 * x).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_an_upstream_weighs_the_elements():
    # d sum(v * x ** 2) / dx = 2 v x
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    (x * x).backward(mg.tensor([[1.0, 0.0], [-1.0, 10.0]], dtype=mg.float64))
    assert x.grad.tolist() == [[2.0, 0.0], [-6.0, 80.0]]


def test_one_element_of_any_shape_needs_no_upstream():
    x = leaf([[[2.0]]])
    (x * x).backward()
    assert x.grad.tolist() == [[[4.0]]]


def test_an_upstream_of_another_dtype_is_converted():
    x = leaf([1.0, 2.0])
    (x * 2).backward(mg.tensor([1.0, 2.0], dtype=mg.float32))
    assert x.grad.dtype == mg.float64
    assert x.grad.tolist() == [2.0, 4.0]


def test_an_upstream_of_integers_is_converted():
    x = leaf([1.0, 2.0])
    (x * 2).backward(mg.tensor([1, 2]))
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_non_scalar_needs_an_upstream():
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*loss\.sum\(\).*gradient="):
        (leaf([1.0, 2.0]) * 2).backward()


def test_an_upstream_of_the_wrong_shape():
    with pytest.raises(mg.ShapeError, match=r"\(2, 1\).*\(2,\)"):
        (leaf([1.0, 2.0]) * 2).backward(mg.ones(2, 1))


def test_an_upstream_that_is_no_tensor():
    with pytest.raises(TypeError, match="Tensor, got ndarray"):
        (leaf([1.0, 2.0]) * 2).backward(np.ones(2))


@pytest.mark.parametrize("make", [lambda: mg.tensor(1.0), lambda: (leaf(1.0) * 2).detach()])
def test_backward_without_a_history(make):
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        make().backward()


def test_what_is_no_tensor_is_named():
    x = leaf([1.0])
    for call, words in [
        (lambda: autograd.grad(3.0, x), r"grad: output 0: expected a tensor, got float.*mg\.tensor"),
        (lambda: autograd.grad(None, x), r"grad: output 0: expected a tensor, got None"),
        (lambda: autograd.grad(x * 2, None), r"grad: input 0: expected a tensor, got None"),
        (lambda: autograd.grad(x * 2, [x, "x"]), r"grad: input 1: expected a tensor, got str"),
        (
            lambda: autograd.backward([x * 2, np.ones(1)]),
            r"backward: output 1: expected a tensor, got ndarray",
        ),
        (lambda: autograd.backward(x * 2, inputs=[3.0]), r"backward: input 0: expected a tensor, got float"),
    ]:
        with pytest.raises(TypeError, match=words):
            call()


def test_accumulating_onto_a_gradient_that_cannot_be_written():
    x = leaf([1.0, 2.0, 3.0])
    x.grad = mg.ones(1, dtype=mg.float64).expand(3)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]


def test_an_upstream_of_another_shape():
    x = leaf([1.0, 2.0])
    for shape in ((), (1,), (3,), (1, 2)):
        with pytest.raises(
            mg.ShapeError, match=rf"backward: .*shape {re.escape(str(shape))}, the tensor \(2,\)"
        ):
            (x * 2).backward(mg.ones(shape, dtype=mg.float64))
    assert x.grad is None


def test_the_number_of_upstreams():
    x = leaf([1.0])
    with pytest.raises(ValueError, match="2 outputs need as many upstream gradients, got 1"):
        autograd.backward([x * 1, x * 2], [mg.ones(1)])


def test_only_leaves_that_require_a_gradient_get_one():
    x, constant = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0], dtype=mg.float64)
    h = x * constant
    h.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    assert constant.grad is None
    with pytest.warns(UserWarning, match="no leaf.*retain_grad"):
        assert h.grad is None


# Over a graph that was used ---------------------------------------------------------------------------------


def test_a_second_backward_says_what_to_do():
    x = leaf([1.0])
    y = mg.exp(x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"exp a second time.*retain_graph=True"):
        y.backward()
    assert x.grad.item() == math.e


def test_the_gradient_of_one_number_is_a_tensor_like_others():
    x = leaf(3.0)
    (x * 2.0).backward()
    assert type(x.grad.cpu().numpy()) is np.ndarray
    x.grad.zero_()
    assert x.grad.item() == 0


def test_retain_graph_allows_it():
    x = leaf([1.0])
    y = mg.exp(x).sum()
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == pytest.approx(3 * math.e)


@pytest.mark.parametrize(
    "f", [lambda x: x.sum(), lambda x: (x + 1).mean(), lambda x: x.reshape(1, 2).sum(), lambda x: -x[0]]
)
def test_what_saved_no_array_can_be_walked_back_through_twice(f):
    x = leaf([1.0, 2.0])
    y = f(x)
    y.backward()
    once = x.grad.tolist()
    y.backward()
    assert x.grad.tolist() == [2 * dx for dx in once]


@pytest.mark.parametrize("index", [0, slice(1), (0,), [0], mg.tensor([0])])
def test_whether_an_index_can_be_walked_back_through_twice(index):
    """An array that was saved is freed; what Python keeps anyway is not."""
    x = leaf([1.0, 2.0])
    y = x[index if type(index) is not mg.Tensor else index.to(x.device)].sum()
    y.backward()
    if isinstance(index, (list, mg.Tensor)):
        with pytest.raises(RuntimeError, match=r"indexing a second time.*retain_graph=True"):
            y.backward()
    else:
        y.backward()
        assert x.grad.tolist() == [2.0, 0.0]


@pytest.mark.filterwarnings("ignore:backward.create_graph=True. leaves a cycle")
def test_a_graph_that_is_recorded_is_kept_too():
    x = leaf([1.0])
    y = mg.exp(x).sum()
    y.backward(create_graph=True)
    y.backward()
    assert x.grad.item() == pytest.approx(2 * math.e)
    x.grad = None


def test_a_loss_that_drags_the_last_step_along():
    # The slip the message tells of: a running total that keeps its history.
    w, total = leaf([1.0]), 0.0
    total = total + mg.exp(w).sum()
    total.backward()
    total = total + mg.exp(w).sum()
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        total.backward()


def test_two_losses_over_one_body():
    x = leaf([2.0])
    body = x**3
    (body * 2).sum().backward(retain_graph=True)
    (body * 5).sum().backward()
    assert x.grad.item() == (2 + 5) * 3 * 4


# inputs= ----------------------------------------------------------------------------------------------------


def test_inputs_limits_who_gets_a_gradient():
    x, w = leaf([2.0]), leaf([3.0])
    (x * w).sum().backward(inputs=[w])
    assert x.grad is None
    assert w.grad.item() == 2.0
    (x * w).sum().backward(inputs=x)
    assert (x.grad.item(), w.grad.item()) == (3.0, 2.0)


def test_inputs_may_be_inside_the_graph():
    x = leaf([2.0])
    h = x * x
    (h * 3).sum().backward(inputs=[h])
    assert h.grad.item() == 3.0
    assert x.grad is None


def test_inputs_must_not_be_empty():
    with pytest.raises(ValueError, match="empty"):
        leaf([1.0]).sum().backward(inputs=[])


def test_backward_with_create_graph_leaves_a_gradient_with_history():
    x = leaf([2.0])
    with pytest.warns(UserWarning, match=r"create_graph.*autograd\.grad.*grad = None") as caught:
        (x**3).sum().backward(create_graph=True)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="create_graph") as caught:
        autograd.backward((x * 0).sum(), create_graph=True)
    assert caught[0].filename == __file__
    (second,) = autograd.grad(x.grad.sum(), x)
    assert second.item() == 6 * 2.0
    x.grad = None


def test_accumulating_onto_a_gradient_with_history():
    x = leaf([2.0])
    (x.grad,) = autograd.grad((x**3).sum(), x, create_graph=True)
    (x * 5).sum().backward()
    assert x.grad.item() == 12.0 + 5.0
    assert not x.grad.requires_grad  # the sum was made by a backward that is not recorded, as in PyTorch


# grad -------------------------------------------------------------------------------------------------------


def test_grad_returns_and_leaves_no_trace():
    x, w = leaf([2.0]), leaf([3.0])
    dx, dw = autograd.grad((x * x * w).sum(), [x, w])
    assert (dx.item(), dw.item()) == (12.0, 4.0)
    assert x.grad is None
    assert w.grad is None
    assert not dx.requires_grad


def test_grad_by_one_tensor_is_a_tuple_too():
    x = leaf([2.0])
    found = autograd.grad((x * x).sum(), x)
    assert isinstance(found, tuple)
    assert found[0].item() == 4.0


def test_grad_by_an_interior_tensor():
    x = leaf([0.5])
    h = mg.exp(x)
    dh, dx = autograd.grad((h * h).sum(), (h, x))
    assert dh.item() == pytest.approx(2 * math.exp(0.5))
    assert dx.item() == pytest.approx(2 * math.exp(1.0))


def test_grad_by_an_interior_tensor_leaves_what_lies_below():
    # Nothing under h was run, so it can still be walked: PyTorch's behaviour, too.
    x = leaf([0.5])
    h = mg.exp(x)
    (dh,) = autograd.grad((h * h).sum(), h)
    h.backward(dh)
    assert x.grad.item() == pytest.approx(2 * math.exp(1.0))


def test_grad_of_several_outputs_with_upstreams():
    x = leaf([1.0, 2.0])
    v = mg.tensor([10.0, 100.0], dtype=mg.float64)
    (dx,) = autograd.grad([x * x, x.sum()], x, [v, None])
    assert dx.tolist() == [20.0 + 1, 400.0 + 1]


def test_grad_of_a_tensor_by_itself():
    x = leaf([1.0, 2.0])
    y = x * 3
    v = mg.tensor([5.0, 6.0], dtype=mg.float64)
    assert autograd.grad(y, y, v)[0].tolist() == [5.0, 6.0]
    assert autograd.grad(x, x, v)[0].tolist() == [5.0, 6.0]


def test_the_same_input_twice():
    x = leaf([3.0])
    a, b = autograd.grad((x * x).sum(), (x, x))
    assert a.item() == b.item() == 6.0


def test_an_unused_input_is_an_error_unless_allowed():
    x, unused = leaf([3.0]), leaf([[1.0, 2.0]])
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"do not depend on input 1.*allow_unused=True"):
        autograd.grad(y, [x, unused], retain_graph=True)
    dx, none = autograd.grad(y, [x, unused], allow_unused=True, retain_graph=True)
    assert dx.item() == 6.0
    assert none is None
    _, zero = autograd.grad(y, [x, unused], materialize_grads=True)
    assert zero.tolist() == [[0.0, 0.0]]
    assert zero.dtype == mg.float64


def test_an_input_that_requires_no_gradient():
    x, constant = leaf([1.0]), mg.tensor([1.0])
    with pytest.raises(RuntimeError, match="input 1 does not require grad"):
        autograd.grad((x * constant).sum(), [x, constant])


def test_contradicting_and_unsupported_options_are_named():
    x = leaf([1.0])
    y = (x * x).sum()
    with pytest.raises(ValueError, match=r"materialize_grads=True.*allow_unused=False"):
        autograd.grad(y, x, allow_unused=False, materialize_grads=True)
    with pytest.raises(NotImplementedError, match="is_grads_batched"):
        autograd.grad(y, x, is_grads_batched=True)
    with pytest.raises(NotImplementedError, match="only_inputs"):
        autograd.grad(y, x, only_inputs=False)


def test_grad_frees_unless_told():
    x = leaf([1.0])
    y = mg.exp(x).sum()
    autograd.grad(y, x, retain_graph=True)
    autograd.grad(y, x)
    with pytest.raises(RuntimeError, match="second time"):
        autograd.grad(y, x)


def test_only_what_leads_to_the_input_is_computed(own_operations):
    ran = []

    @mg.op
    def watched(x):
        return x * 1

    @watched.grad("x")
    def _(dy):
        ran.append(True)
        return dy

    x, w = leaf([1.0]), leaf([2.0])
    y = (watched(x) * w).sum()
    autograd.grad(y, w, retain_graph=True)
    assert not ran
    autograd.grad(y, x)
    assert ran


def test_of_many_paths_to_the_input_each_node_is_looked_at_once():
    x = y = leaf([1.0])
    for _ in range(60):
        y = y + y  # 2⁶⁰ paths
    assert autograd.grad(y, x)[0].item() == 2.0**60


# Higher derivatives -----------------------------------------------------------------------------------------


def derivatives(f, x, order):
    """f, f', f'', ... at x, each from the one before."""
    values = [y := f(x)]
    for _ in range(order):
        (y,) = autograd.grad(y.sum(), x, create_graph=True)
        values.append(y)
    return [value.item() for value in values]


def test_five_derivatives_of_the_sine():
    s, c = math.sin(0.7), math.cos(0.7)
    assert derivatives(mg.sin, leaf([0.7]), 5) == pytest.approx([s, c, -s, -c, s, c], rel=1e-14)


@pytest.mark.parametrize("power", [lambda x: x**4, lambda x: x * x * x * x, lambda x: (x * x) ** 2])
def test_derivatives_of_the_fourth_power(power):
    # The last but one is constant; of a constant there is no derivative to record, or it is 0.
    assert derivatives(power, leaf([3.0]), 4) == pytest.approx([81, 4 * 27, 12 * 9, 24 * 3, 24])


def test_derivatives_of_the_exponential_and_the_logarithm():
    assert derivatives(mg.exp, leaf([0.3]), 6) == pytest.approx([math.exp(0.3)] * 7)
    assert derivatives(mg.log, leaf([2.0]), 4) == pytest.approx([math.log(2), 1 / 2, -1 / 4, 2 / 8, -6 / 16])


def test_mixed_partial_derivatives_agree():
    # f = e ** (x z) + x ** 3 z ** 2: f_xz = f_zx = (1 + x z) e ** (x z) + 6 x ** 2 z
    x, z = leaf([0.4]), leaf([1.3])
    fx, fz = autograd.grad((mg.exp(x * z) + x**3 * z**2).sum(), (x, z), create_graph=True)
    (fxz,) = autograd.grad(fx.sum(), z, retain_graph=True)
    (fzx,) = autograd.grad(fz.sum(), x)
    expected = (1 + 0.52) * math.exp(0.52) + 6 * 0.16 * 1.3
    assert fxz.item() == pytest.approx(expected, rel=1e-14)
    assert fzx.item() == pytest.approx(expected, rel=1e-14)


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    a = np.random.default_rng(3).normal(size=(4, 4))
    x = leaf(np.ones(4))
    m = mg.tensor(a)
    (g,) = autograd.grad(x @ m @ x, x, create_graph=True)
    rows = [autograd.grad(g[i], x, retain_graph=True)[0].cpu().numpy() for i in range(4)]
    np.testing.assert_allclose(rows, a + a.T)


def test_a_gradient_penalty():
    # loss = |d(w x ** 2)/dx| ** 2 = 4 w ** 2 x ** 2; by w: 8 w x ** 2
    x, w = leaf([3.0]), leaf([2.0])
    (g,) = autograd.grad((w * x * x).sum(), x, create_graph=True)
    (g * g).sum().backward()
    assert w.grad.item() == 8 * 2 * 9


def test_a_saved_output_is_differentiated_too():
    # The rule of tanh uses its output. tanh'' = -2 tanh (1 - tanh ** 2)
    t = math.tanh(0.6)
    assert derivatives(mg.tanh, leaf([0.6]), 2)[2] == pytest.approx(-2 * t * (1 - t * t), rel=1e-14)


def test_replacing_the_data_of_a_leaf_before_its_second_derivative():
    x = leaf([2.0])
    y = (x**3).sum()
    x.data = mg.tensor([5.0], dtype=mg.float64)
    with pytest.raises(RuntimeError, match="data was replaced"):
        autograd.grad(y, x, create_graph=True)


# requires_grad, detach --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [mg.int64, mg.uint8, mg.bool])
def test_a_gradient_asked_of_integers(dtype):
    with pytest.raises(RuntimeError, match=rf"{dtype}.*\.float\(\)"):
        mg.tensor([1, 0], dtype=dtype, requires_grad=True)
    with pytest.raises(RuntimeError, match="only floating"):
        mg.tensor([1, 0], dtype=dtype).requires_grad_()


def test_requires_grad_spreads_and_detach_stops_it():
    x, c = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0], dtype=mg.float64)
    h = x * c
    assert h.requires_grad
    assert not (c * c).requires_grad
    cut = h.detach()
    assert not cut.requires_grad
    assert cut.is_leaf
    assert np.may_share_memory(cut._data, h._data)
    (h * cut).sum().backward()  # cut is a constant: d(h * 3)/dx = c * cut
    assert x.grad.tolist() == [3.0 * 3, 4.0 * 8]


def test_requires_grad_of_a_result_cannot_be_turned_off():
    h = leaf([1.0]) * 2
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        h.requires_grad = False


def test_detach_in_place():
    x = leaf([2.0])
    h = x * 3
    h.detach_()
    assert h.is_leaf
    assert not h.requires_grad
    h.requires_grad_()
    (h * h).sum().backward()
    assert h.grad.item() == 12.0
    assert x.grad is None


def test_a_gradient_must_fit_its_tensor():
    x = leaf([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"\(2,\).*\(3,\)"):
        x.grad = mg.zeros(3, dtype=mg.float64)
    with pytest.raises(TypeError, match="ndarray"):
        x.grad = np.zeros(2)
    with pytest.raises(RuntimeError, match=r"float64.*float32"):
        x.grad = mg.zeros(2, dtype=mg.float32)
    x.grad = mg.zeros(2, dtype=mg.float64)
    assert x.grad.tolist() == [0.0, 0.0]


def test_two_threads_add_to_one_grad():
    # Without a lock both find no gradient there, or both read the sum that the other is about to replace.
    x = leaf(np.ones(200_000))
    rounds, lost = 30, []
    together = threading.Barrier(4, timeout=60)

    def work():
        for _ in range(rounds):
            together.wait()
            x.reshape(-1).sum().backward()
            together.wait()
            if x.grad is not None and not (x.grad.cpu().numpy() == 4.0).all():
                lost.append(float(x.grad.cpu().numpy().min()))
            if together.wait() == 0:
                x.grad = None

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


# What is freed ----------------------------------------------------------------------------------------------

MASK = np.array([True, False])
FREED = {
    "a product: its factors": (lambda x: x * x, True),
    "exp: its output": (lambda x: x.exp(), True),
    "where: its mask": (lambda x: mg.where(mg.tensor(MASK), x, 0.0), True),
    "an index of integers": (lambda x: x[mg.tensor([1, 1, 0])], True),
    "a mask as an index": (lambda x: x[mg.tensor(MASK)], True),
    "a mask in a tuple": (lambda x: x[None][:, mg.tensor(MASK)], True),
    "targets of classes": (lambda x: mg.nn.functional.cross_entropy(x[None], mg.tensor([1])), True),
    "an addition: nothing": (lambda x: x + 1.0, False),
    "a sum: a shape": (lambda x: x.sum(), False),
    "a slice: numbers": (lambda x: x[1:], False),
    "a reshape: a shape": (lambda x: x.reshape(1, 2), False),
    "a dtype": (lambda x: x.to(mg.float32), False),
}


@pytest.mark.parametrize(("function", "freed"), FREED.values(), ids=FREED)
def test_which_nodes_are_freed(function, freed):
    # As in PyTorch: only what saved no array may run a second time.
    x = leaf([0.5, 2.0])
    y = function(x).sum()
    y.backward()
    first = x.grad.clone()
    if freed:
        with pytest.raises(RuntimeError, match="a second time"):
            y.backward()
    else:
        y.backward()
        assert x.grad.tolist() == (2 * first).tolist()


def test_the_arrays_of_a_freed_node_are_let_go():
    x = leaf([0.5, 2.0])
    mask = mg.tensor(MASK)
    gone = weakref.ref(mask._data)
    y = mg.where(mask, x, 0.0).sum()
    del mask
    assert gone() is not None
    y.backward()
    assert gone() is None


def test_what_a_rule_returned_is_let_go_before_the_next_rule_runs(own_operations):
    # Backward through large layers needs the memory: here the engine has made a float64 array of the result.
    returned, alive = [], []

    @mg.op
    def above(x):
        return 2 * x

    @above.grad("x")
    def _(dy):
        dx = (2 * dy).astype(np.float32)
        returned.append(weakref.ref(dx))
        return dx

    @mg.op
    def below(x):
        return 3 * x

    @below.grad("x")
    def _(dy):
        alive.append(returned[0]() is not None)
        return 3 * dy

    x = leaf([1.0, 2.0])
    above(below(x)).sum().backward()
    assert alive == [False]
    assert x.grad.tolist() == [6.0, 6.0]


def test_a_gradient_in_memory_of_its_own_is_not_copied(monkeypatch):
    # The weight's gradient of a dense layer is as large as the weight, also where the input has three axes.
    kept = []
    send = backward._accumulate
    monkeypatch.setattr(
        backward, "_accumulate", lambda leaf, g, shared: (kept.append(g), send(leaf, g, shared))
    )
    weight = leaf(np.ones((2, 4)))
    mg.nn.functional.linear(mg.ones(5, 3, 4, dtype=mg.float64), weight).sum().backward()
    assert weight.grad._data is kept[0]
    assert weight.grad.tolist() == [[15.0] * 4] * 2


def test_a_list_of_numbers_as_the_upstream_gradient_is_told_to_become_a_tensor():
    y = mg.ones(2, requires_grad=True) * 2
    with pytest.raises(ValueError, match=r"1 output needs as many .* got 2\. .*mg\.tensor\(\[\.\.\.\]\)"):
        y.backward([1.0, 1.0])

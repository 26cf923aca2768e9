"""Hooks that run when the grad of a leaf is complete, while backward goes on."""

import copy
import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine import hooks

pytestmark = pytest.mark.usefixtures("device")


def leaf(*values):
    return mg.tensor(np.array(values, np.float64), requires_grad=True)


def test_it_runs_once_with_the_whole_gradient_in_grad():
    # x is used three times: 2 x + 3 + 1
    x, seen = leaf(5.0), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.item())))
    (x * x + 3 * x + x).sum().backward()
    assert seen == [(True, 14.0)]


def test_it_sees_the_sum_over_backward_passes():
    x, seen = leaf(1.0), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    assert seen == [2.0, 5.0]


def test_the_last_layer_is_complete_before_the_rule_of_the_first_runs():
    w1, w2, seen = leaf(2.0), leaf(3.0), []
    w1.register_post_accumulate_grad_hook(lambda t: seen.append("w1"))
    w2.register_post_accumulate_grad_hook(lambda t: seen.append("w2"))
    h = leaf(1.0) * w1
    h.register_hook(lambda g: seen.append("h"))
    (h * w2).sum().backward()
    assert seen == ["w2", "h", "w1"]


@pytest.mark.parametrize("seed", range(20))
def test_it_runs_once_wherever_in_a_graph_the_leaf_is_used(seed):
    def gradients(hook):
        rng = np.random.default_rng(seed)
        leaves = [leaf(*rng.normal(size=2)) for _ in range(3)]
        for t in leaves:
            if hook is not None:
                t.register_post_accumulate_grad_hook(hook)
        values = list(leaves)
        for _ in range(12):
            a, b = (values[rng.integers(len(values))] for _ in range(2))
            values.append(a * b if rng.integers(2) else 0.5 * a + b)
        (values[-1] + values[-2] + sum(leaves)).sum().backward()
        return [t.grad.tolist() for t in leaves]

    seen = []
    assert gradients(lambda t: seen.append(t.grad.tolist())) == gradients(None)
    assert sorted(seen) == sorted(gradients(None))


def test_a_shared_weight_is_complete_after_its_first_use():
    w, seen = leaf(3.0), []
    w.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    h = leaf(2.0) * w
    h.register_hook(lambda g: seen.append("h"))
    (h * w).sum().backward()  # 2 w²
    assert seen == ["h", 12.0]


def test_a_hook_may_write_into_grad_without_harm_to_what_is_still_to_come():
    # Both arguments of a sum are given one array; h's part goes on to x.
    x, b = leaf(1.0, 2.0), leaf(0.0, 0.0)

    def spoil(t):
        t.grad.mul_(100)

    b.register_post_accumulate_grad_hook(spoil)
    h = x * 3
    (h + b).sum().backward()
    assert (x.grad.tolist(), b.grad.tolist()) == ([3.0, 3.0], [100.0, 100.0])


def test_what_a_hook_on_the_gradient_returns_comes_first():
    x, seen = leaf(1.0), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    assert seen == [20.0]


def test_it_may_take_the_step_and_forget_the_gradient():
    """The use that PyTorch's tutorial has for it: the optimiser in the backward pass."""
    torch = pytest.importorskip("torch")
    ends = []
    for library in (mg, torch):
        layers = [library.tensor(np.full((2, 2), value), requires_grad=True) for value in (0.5, -0.25, 0.75)]

        def step(w, library=library):
            with library.no_grad():
                w -= 0.1 * w.grad
            w.grad = None

        for w in layers:
            w.register_post_accumulate_grad_hook(step)
        for _ in range(3):
            y = library.tensor(np.array([[1.0, 2.0], [3.0, -1.0]]))
            for w in layers:
                y = (y @ w).tanh()
            y.sum().backward()
        assert all(w.grad is None for w in layers)
        ends.append([w.tolist() for w in layers])
    np.testing.assert_allclose(*ends, rtol=1e-13)


def test_grads_are_the_same_with_and_without():
    mg.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 5), nn.BatchNorm1d(5), nn.Linear(5, 3)
    ).double()
    twin = copy.deepcopy(model)
    order = []
    for name, p in twin.named_parameters():
        p.register_post_accumulate_grad_hook(lambda _, name=name: order.append(name))
    x = mg.randn(6, 4, dtype=mg.float64)
    for network in (model, twin):
        (network(x) ** 2).sum().backward()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert np.array_equal(p.grad.cpu().numpy(), q.grad.cpu().numpy())
    assert sorted(order) == sorted(name for name, _ in model.named_parameters())
    assert [name[0] for name in order] == ["4", "4", "3", "3", "2", "2", "0", "0"]


@pytest.mark.parametrize("way", ["inputs", "create_graph", "root"])
def test_it_runs_where_the_pass_is_another_kind(way):
    x, seen = leaf(3.0), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    if way == "inputs":
        (x * x).backward(inputs=[x])
    elif way == "root":
        x.backward()
    else:
        with pytest.warns(UserWarning, match="leaves a cycle"):
            (x * x).sum().backward(create_graph=True)
    assert seen == [1.0 if way == "root" else 6.0]
    x.grad = None


def test_it_does_not_run_for_grad():
    x, seen = leaf(3.0), []
    x.register_post_accumulate_grad_hook(seen.append)
    assert mg.autograd.grad((x * x).sum(), x)[0].item() == 6.0
    assert not seen


def test_removed_it_runs_no_more_and_a_tensor_that_is_gone_leaves_nothing_behind():
    x, seen = leaf(3.0), []
    before = len(hooks.after_grad)
    with x.register_post_accumulate_grad_hook(lambda _: seen.append(x.grad.item())):  # which knows x
        (x * x).backward()
    (x * x).backward()
    assert seen == [6.0]
    x.register_post_accumulate_grad_hook(lambda _: seen.append(x))
    assert len(hooks.after_grad) == before + 1
    x = None
    gc.collect()
    assert len(hooks.after_grad) == before


def test_it_is_for_leaves_that_require_a_gradient():
    x = leaf(1.0)
    for wrong in (x * 2, mg.ones(2)):
        with pytest.raises(RuntimeError, match=r"leaf that requires grad.*register_hook"):
            wrong.register_post_accumulate_grad_hook(print)
    with pytest.raises(TypeError, match=r"hook\(tensor\), got int"):
        x.register_post_accumulate_grad_hook(3)


def test_what_is_to_be_called_at_the_end_is_called_once_all_grads_are_there():
    """Or, if an exception cuts the pass off, what is to be called then."""
    x, y, seen, cut = leaf(1.0), leaf(1.0), [], []
    x.register_post_accumulate_grad_hook(
        lambda _: hooks.call_at_end(
            lambda: seen.append((x.grad.item(), y.grad.item())), lambda: cut.append("off")
        )
    )
    (y * 5 * x).backward()
    assert seen == [(5.0, 5.0)]
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (y * 5 * x).backward()
    assert len(seen) == 1 and cut == ["off"]
    (x * 2).backward()
    assert len(seen) == 2 and cut == ["off"]

"""Hooks on tensors, and gradients kept inside the graph."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.engine import hooks

pytestmark = pytest.mark.usefixtures("device")


def leaf(*values):
    return mg.tensor(np.array(values, np.float64), requires_grad=True)


def test_a_hook_on_a_leaf_sees_the_gradient_once_and_whole():
    # x is used three times: 2 x + 3 + 1
    x, seen = leaf(5.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * x + 3 * x + x).sum().backward()
    assert seen == [14.0]
    assert x.grad.item() == 14.0


def test_a_hook_inside_the_graph_sees_the_sum_over_all_uses():
    x, seen = leaf(2.0), []
    h = x * 3
    h.register_hook(lambda g: seen.append(g.item()))
    (h * 10 + h * h).sum().backward()
    assert seen == [10 + 2 * 6.0]
    assert x.grad.item() == 3 * 22.0


def test_what_a_hook_returns_takes_the_place():
    x = leaf(1.0, 2.0)
    h = x * 3
    h.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert x.grad.tolist() == [31.0, 31.0]


def test_hooks_run_in_order_each_on_the_result_of_the_last():
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: None)
    x.sum().backward()
    assert x.grad.item() == 20.0


def test_a_hook_does_not_run_on_what_was_accumulated_before():
    x, seen = leaf(1.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    assert seen == [2.0, 3.0]
    assert x.grad.item() == 5.0


def test_removing_a_hook():
    x, seen = leaf(1.0), []
    handle = x.register_hook(lambda g: seen.append(1))
    other = x.register_hook(lambda g: seen.append(2))
    handle.remove()
    handle.remove()
    x.sum().backward()
    assert seen == [2]
    other.remove()
    x.register_hook(lambda g: seen.append(3))
    x.sum().backward()
    assert seen == [2, 3]


def test_the_end_of_a_with_block_takes_a_hook_off():
    x, seen = leaf(1.0), []
    with pytest.raises(KeyError), x.register_hook(lambda g: seen.append(g.item())) as handle:
        (x * 2).sum().backward()
        raise KeyError
    (x * 3).sum().backward()
    assert seen == [2.0]
    handle.remove()  # again: no error


def test_a_hook_that_removes_itself():
    x, seen = leaf(1.0), []

    def once(g):
        seen.append(g.item())
        handle.remove()

    handle = x.register_hook(once)
    x.register_hook(lambda g: seen.append("other"))
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    assert seen == [2.0, "other", "other"]


def test_hooks_run_for_grad_as_well():
    x = leaf(2.0)
    h = x * x
    h.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: g + 1)
    dx, dh = autograd.grad((h * 3).sum(), (x, h))
    assert dh.item() == 6.0
    assert dx.item() == 6 * 2 * 2 + 1


def test_hooks_under_create_graph_are_recorded():
    # dx = (2 x) * 3 by the hook, so its derivative is 6.
    x = leaf(5.0)
    x.register_hook(lambda g: g * 3)
    (dx,) = autograd.grad((x * x).sum(), x, create_graph=True)
    assert dx.item() == 30.0
    hooked_again = autograd.grad(dx.sum(), x)[0].item()
    assert hooked_again == 2 * 3 * 3  # the hook sees the gradient of dx by x, too


@pytest.mark.parametrize(
    "wrong", [1.0, np.ones(2), mg.ones(3, dtype=mg.float64), mg.ones(2, dtype=mg.float32)]
)
def test_what_a_hook_may_return(wrong):
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: wrong)
    with pytest.raises(RuntimeError, match=r"hook.*None or a Tensor.*shape \(2,\) and dtype float64"):
        x.sum().backward()


def test_a_hook_on_what_has_no_gradient():
    with pytest.raises(RuntimeError, match="no gradient will come"):
        mg.ones(2).register_hook(print)


def test_an_error_in_a_hook_comes_through():
    x = leaf(1.0)
    x.register_hook(lambda g: {}["missing"])
    with pytest.raises(KeyError, match="missing"):
        x.sum().backward()


def test_what_a_hook_was_shown_is_not_overwritten_later():
    x, kept = leaf(1.0), []
    x.register_hook(kept.append)
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    assert [g.item() for g in kept] == [2.0, 3.0]
    assert x.grad.item() == 5.0


@pytest.mark.filterwarnings("ignore:backward.create_graph=True. leaves a cycle")
@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_hook_was_shown_may_be_the_gradient_of_another_tensor_too(create_graph):
    # dy of an addition goes on to both arguments as it is.
    x, z, kept = leaf(1.0), leaf(1.0), []
    h = x * 1
    h.register_hook(kept.append)
    x.register_hook(kept.append)
    for _ in range(2):
        (x + z).sum().backward(create_graph=create_graph)
        (h + z).sum().backward(retain_graph=True)
    assert [g.item() for g in kept] == [1.0] * 6
    assert x.grad.item() == z.grad.item() == 4.0


def test_what_a_hook_returned_may_be_kept_elsewhere():
    x, mine = leaf(1.0, 1.0), mg.tensor([7.0, 8.0], dtype=mg.float64)
    x.register_hook(lambda g: mine)
    for _ in range(2):
        (x * 2).sum().backward()
    assert mine.tolist() == [7.0, 8.0]
    assert x.grad.tolist() == [14.0, 16.0]


def test_a_hook_that_writes_into_what_it_is_shown():
    # PyTorch advises against it, and it works; what another tensor receives stays as it is.
    x, z = leaf(1.0), leaf(1.0)
    x.register_hook(lambda g: [g.mul_(10.0), None][1])
    (x + z).sum().backward()
    assert x.grad.item() == 10.0
    assert z.grad.item() == 1.0


# retain_grad ------------------------------------------------------------------------------------------------


def test_retain_grad_keeps_the_gradient_of_an_interior_tensor():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    (h * h).sum().backward()
    assert h.grad.item() == 2 * 4.0
    assert x.grad.item() == 8.0 * 4


def test_retained_gradients_add_up():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.sum().backward(retain_graph=True)
    (3 * h).sum().backward()
    assert h.grad.item() == 4.0


def test_retain_grad_twice_counts_once():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    h.retain_grad()
    h.sum().backward()
    assert h.grad.item() == 1.0


def test_retain_grad_of_a_leaf_changes_nothing():
    x = leaf(2.0)
    x.retain_grad()
    (x * x).sum().backward()
    assert x.grad.item() == 4.0


def test_retain_grad_without_history():
    with pytest.raises(RuntimeError, match="does not require grad"):
        mg.ones(1).retain_grad()


def test_retain_grad_of_the_output():
    x = leaf(2.0, 3.0)
    y = (x * x).sum()
    y.retain_grad()
    y.backward()
    assert y.grad.item() == 1.0


def test_a_retained_gradient_shares_no_memory():
    x = leaf(2.0)
    h = x * 1
    h.retain_grad()
    v = mg.tensor([3.0], dtype=mg.float64)
    h.backward(v)
    h.grad.zero_()
    assert x.grad.item() == 3.0
    assert v.item() == 3.0


def test_retain_grad_then_a_write_keeps_the_gradient_of_the_new_value():
    # As in PyTorch: h is the tensor, and its gradient that of the value it has.
    x = leaf(1.0)
    h = x * 1
    h.retain_grad()
    h.mul_(2.0)
    (h * 3).sum().backward()
    assert h.grad.item() == 3.0
    assert x.grad.item() == 6.0


def test_a_retained_gradient_is_not_counted_twice_when_it_is_asked_for():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    (h * 3).sum().backward(inputs=[h])
    assert h.grad.item() == 3.0
    (x * x).sum().backward(inputs=[x, h])
    assert h.grad.item() == 3.0
    assert x.grad.item() == 4.0


def test_retain_grad_keeps_what_the_hooks_made():
    # As in PyTorch, where it runs last, whenever it was asked for.
    x = leaf(2.0)
    h = x * 1
    h.register_hook(lambda g: g * 10)
    h.retain_grad()
    h.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert h.grad.item() == 11.0


def test_a_hook_is_removed_after_retain_grad_too():
    x, seen = leaf(2.0), []
    h = x * 1
    handle = h.register_hook(lambda g: seen.append(g.item()))
    h.retain_grad()
    handle.remove()
    h.sum().backward()
    assert seen == []
    assert h.grad.item() == 1.0


def test_a_hook_is_a_function():
    x = mg.tensor([1.0], requires_grad=True)
    for tensor in (x, x * 2):
        with pytest.raises(TypeError, match=r"register_hook: expected a function of the gradient.*got int"):
            tensor.register_hook(3)


def test_a_hook_on_a_single_number_is_shown_a_tensor_like_any_other():
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3
    y.register_hook(lambda g: g.mul_(2))
    x.register_hook(lambda g: g.add_(1))
    (y * y).backward()
    assert x.grad.item() == 2 * 2 * 6 * 3 + 1  # dL/dy = 2 y = 12, twice, times 3


def test_what_waits_for_the_end_of_a_pass_is_told_how_it_ended():
    """Of three that wait, the second fails: it and those after it are told that the pass was cut off."""
    told = []

    def fails():
        told.append("second ends")
        raise RuntimeError("in the second")

    def register(_):
        hooks.call_at_end(lambda: told.append("first ends"), lambda: told.append("first is cut off"))
        hooks.call_at_end(fails, lambda: told.append("second is cut off"))
        hooks.call_at_end(lambda: told.append("third ends"), lambda: told.append("third is cut off"))

    x = mg.ones(2, requires_grad=True)
    handle = x.register_hook(register)
    with pytest.raises(RuntimeError, match="in the second"):
        x.sum().backward()
    assert told == ["first ends", "second ends", "second is cut off", "third is cut off"]
    told.clear()
    handle.remove()
    x.sum().backward()
    assert told == []  # nobody waits any more

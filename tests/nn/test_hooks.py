import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


class Scale(nn.Module):
    def forward(self, x, factor=2.0):
        return x * factor


def test_a_forward_hook_sees_inputs_and_output():
    seen = []
    module = Scale()
    module.register_forward_hook(lambda m, args, output: seen.append((m, args[0].item(), output.item())))
    module(mg.tensor(3.0))
    assert seen == [(module, 3.0, 6.0)]


def test_what_a_forward_hook_returns_replaces_the_output():
    module = Scale()
    module.register_forward_hook(lambda m, args, output: output + 1)
    module.register_forward_hook(lambda m, args, output: output * 10)
    assert module(mg.tensor(3.0)).item() == 70.0


def test_what_a_pre_hook_returns_replaces_the_arguments():
    module = Scale()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)  # a single value stands for a tuple of one
    module.register_forward_pre_hook(lambda m, args: (args[0], 5.0))
    assert module(mg.tensor(3.0)).item() == 20.0


def test_with_kwargs():
    module, seen = Scale(), []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"factor": 7.0}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, output: seen.append(kwargs), with_kwargs=True)
    assert module(mg.tensor(3.0), factor=1.0).item() == 21.0
    assert seen == [{"factor": 7.0}]


def test_a_pre_hook_with_kwargs_that_returns_something_else_is_an_error():
    module = Scale()
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"pair \(args, kwargs\)"):
        module(mg.tensor(3.0))


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_order_prepend_and_removal(register):
    module, seen = Scale(), []
    add = getattr(module, register)
    first = add(lambda *_: seen.append("first"))
    add(lambda *_: seen.append("second"))
    add(lambda *_: seen.append("zeroth"), prepend=True)
    module(mg.tensor(1.0))
    assert seen == ["zeroth", "first", "second"]
    first.remove()
    first.remove()  # once more changes nothing
    seen.clear()
    module(mg.tensor(1.0))
    assert seen == ["zeroth", "second"]


def test_a_handle_is_a_context():
    module, seen = Scale(), []
    with module.register_forward_hook(lambda *_: seen.append(1)):
        module(mg.tensor(1.0))
    module(mg.tensor(1.0))
    assert seen == [1]


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_may_remove_itself(register):
    module, seen = Scale(), []

    def once(*_):
        seen.append(1)
        handle.remove()

    handle = getattr(module, register)(once)
    module(mg.tensor(1.0))
    module(mg.tensor(1.0))
    assert seen == [1]


def test_hooks_of_inner_modules_run():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    shapes = []
    for layer in net:
        layer.register_forward_hook(lambda m, args, output: shapes.append(tuple(output.shape)))
    net(mg.zeros(4, 2))
    assert shapes == [(4, 3), (4, 3)]


def test_refusals():
    module = Scale()
    with pytest.raises(TypeError, match="function"):
        module.register_forward_hook(3)
    with pytest.raises(NotImplementedError, match="always_call"):
        module.register_forward_hook(print, always_call=True)

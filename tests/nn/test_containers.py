from collections import OrderedDict

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


def three():
    return nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)


def keys(module):
    return list(module.state_dict())


# --- Sequential


def test_sequential_applies_in_order():
    first, act, last = three()
    x = mg.tensor([[1.0, -2.0]])
    expected = last(act(first(x)))
    np.testing.assert_array_equal(
        nn.Sequential(first, act, last)(x).detach().cpu().numpy(), expected.detach().cpu().numpy()
    )
    assert nn.Sequential()(x) is x


def test_sequential_names():
    first, act, last = three()
    assert keys(nn.Sequential(first, act, last)) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    named = nn.Sequential(OrderedDict([("in", first), ("act", act), ("out", last)]))
    assert keys(named) == ["in.weight", "in.bias", "out.weight", "out.bias"]
    assert named.act is act and named[1] is act


def test_sequential_indexing():
    layers = three()
    net = nn.Sequential(*layers)
    assert net[0] is layers[0] and net[-1] is layers[2] and net[np.int64(1)] is layers[1]
    assert list(net) == list(layers) and len(net) == 3 and layers[1] in net
    assert nn.ReLU() not in net
    with pytest.raises(IndexError, match="index 3 is out of range, there are 3"):
        net[3]
    with pytest.raises(TypeError, match="integer or a slice"):
        net["0"]


def test_a_slice_shares_layers_and_keeps_names():
    net = nn.Sequential(*three())
    tail = net[1:]
    assert isinstance(tail, nn.Sequential) and tail[1] is net[2]
    assert keys(tail) == ["2.weight", "2.bias"]
    tail.append(nn.Linear(1, 1))
    assert len(tail) == 3 and tail[1] is net[2]  # the new one took a free number
    assert [type(m) for m in net[::2]] == [nn.Linear, nn.Linear]


def test_sequential_changes():
    first, act, last = three()
    net = nn.Sequential(first)
    assert net.append(last) is net
    net.insert(1, act)
    assert list(net) == [first, act, last]
    assert keys(net) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    extra = [nn.Tanh(), nn.Sigmoid()]
    net.extend(extra)
    assert net.pop() is extra[1]
    assert net.pop(-1) is extra[0]
    net[1] = nn.Tanh()
    assert isinstance(net[1], nn.Tanh)
    del net[0]
    assert keys(net) == ["1.weight", "1.bias"]
    del net[:]
    assert len(net) == 0
    assert list(nn.Sequential(first) + nn.Sequential(act, last)) == [first, act, last]


def test_sequential_grows_in_place():
    first, act, last = three()
    net = same = nn.Sequential(first)
    net += nn.Sequential(act, last)
    assert net is same and list(net) == [first, act, last]
    net *= 2
    assert net is same and list(net) == [first, act, last] * 2
    assert list(net._modules) == ["0", "1", "2", "3", "4", "5"]
    for other in ([act], act):
        with pytest.raises(TypeError, match="unsupported operand"):
            net += other


def test_sequential_several_times_over():
    first, act, _ = three()
    net = nn.Sequential(first, act)
    for several in (net * 3, 3 * net):
        assert several is not net and list(several) == [first, act] * 3
    assert len(list((net * 3).parameters())) == 2  # the same ones
    for times in (0, -1):
        with pytest.raises(ValueError, match="expected 1 or more"):
            net * times
    with pytest.raises(TypeError, match="expected an integer"):
        net * 1.5


def test_sequential_insert_follows_list():
    for index in (-2, -1, 0, 1, 2):
        layers = list(three())[:2]
        net = nn.Sequential(*layers)
        new = nn.Tanh()
        net.insert(index, new)
        layers.insert(index, new)
        assert list(net) == layers
        assert list(net._modules) == ["0", "1", "2"]
    with pytest.raises(IndexError, match="out of range"):
        net.insert(9, nn.Tanh())
    with pytest.raises(ValueError, match="needs a name"):
        nn.Sequential({"a": nn.Tanh()}).insert(0, nn.Tanh())


def test_sequential_refuses_what_is_no_module():
    with pytest.raises(TypeError, match=r"got a list. Unpack it, Sequential\(\*layers\)"):
        nn.Sequential([nn.ReLU()])
    with pytest.raises(TypeError, match=r"Make one: ReLU\("):
        nn.Sequential(nn.ReLU)
    with pytest.raises(TypeError, match="got an int"):
        nn.Sequential(nn.ReLU(), 3)
    with pytest.raises(TypeError, match="got a NoneType"):
        nn.Sequential(nn.ReLU(), None)


def test_a_refused_extend_adds_nothing():
    net = nn.Sequential(nn.ReLU())
    with pytest.raises(TypeError):
        net.extend([nn.ReLU(), 3])
    assert len(net) == 1


def test_extending_with_itself_and_with_a_generator():
    layers = nn.ModuleList(nn.ReLU() for _ in range(2))
    layers.extend(layers)
    assert len(layers) == 4
    layers.extend(nn.Tanh() for _ in range(2))
    assert [type(layer) for layer in layers][3:] == [nn.ReLU, nn.Tanh, nn.Tanh]


def test_deleting_keeps_given_names():
    net = nn.Sequential({"first": nn.ReLU(), "second": nn.Tanh()}).append(nn.Linear(1, 1))
    del net[0]
    assert keys(net) == ["2.weight", "2.bias"] and list(net._modules) == ["second", "2"]


# --- ModuleList


def test_module_list_is_a_list_of_registered_modules():
    first, act, last = three()
    layers = nn.ModuleList([first, act])
    layers.append(last)
    layers += [nn.Tanh()]
    assert len(layers) == 4 and list(layers)[:3] == [first, act, last]
    assert keys(layers) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    layers.insert(0, nn.Sigmoid())
    assert keys(layers) == ["1.weight", "1.bias", "3.weight", "3.bias"]
    assert layers.pop(0).__class__ is nn.Sigmoid
    assert keys(layers[2:]) == ["0.weight", "0.bias"]  # a slice is numbered afresh, as a list's is
    assert len(layers + nn.ModuleList([nn.ReLU()])) == 5 and len(layers) == 4
    with pytest.raises(NotImplementedError, match="forward"):
        layers(mg.zeros(1))


def test_module_list_repr_groups_equal_neighbours():
    layers = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh(), nn.ReLU()])
    assert repr(layers) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n  (3): ReLU()\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


# --- ModuleDict


def test_module_dict():
    first, act, last = three()
    layers = nn.ModuleDict({"in": first, "act": act})
    layers["out"] = last
    assert list(layers) == ["in", "act", "out"] == list(layers.keys())
    assert list(layers.values()) == [first, act, last]
    assert dict(layers.items())["out"] is last
    assert "act" in layers and "other" not in layers and len(layers) == 3
    assert keys(layers) == ["in.weight", "in.bias", "out.weight", "out.bias"]
    assert layers.pop("act") is act
    layers.update([("out", act)])
    assert layers["out"] is act
    layers.update(nn.ModuleDict({"new": last}))
    del layers["in"]
    assert list(layers) == ["out", "new"]
    with pytest.raises(KeyError, match="no module 'in'; it has 'out', 'new'"):
        layers["in"]
    with pytest.raises(KeyError):
        del layers["in"]
    layers.clear()
    assert len(layers) == 0 and repr(layers) == "ModuleDict()"
    with pytest.raises(TypeError, match="expected a module"):
        layers["x"] = 3
    with pytest.raises(KeyError, match="already exists"):
        layers["keys"] = act  # it would hide the method


# --- ParameterList


def test_parameter_list():
    given = nn.Parameter(mg.zeros(2))
    values = nn.ParameterList([given, mg.ones(3)])
    assert values[0] is given and values[-1].requires_grad
    values.append(mg.ones(1)).extend([mg.ones(4)])
    values += [mg.zeros(5)]
    assert keys(values) == ["0", "1", "2", "3", "4"]
    assert [tuple(v.shape) for v in values] == [(2,), (3,), (1,), (4,), (5,)]
    assert len(values[1:3]) == 2 and values[1:3][0] is values[1]
    values[1] = nn.Parameter(mg.zeros(7))
    assert values[1].shape == (7,)
    with pytest.raises(IndexError, match="out of range"):
        values[5]
    with pytest.raises(TypeError, match="holds tensors, got a float"):
        values.append(1.0)
    with pytest.raises(TypeError, match="Put it in a list"):
        nn.ParameterList(mg.zeros(3))


def test_parameter_list_repr():
    assert repr(nn.ParameterList([mg.zeros(2, 3)])) == (
        "ParameterList(\n  (0): Parameter containing: [float32 of size 2x3]\n)"
    )


def test_a_module_list_of_one_bare_module_asks_for_brackets():
    with pytest.raises(
        TypeError, match=r"ModuleList: expected a list of modules, got a Linear. Use brackets"
    ):
        nn.ModuleList(nn.Linear(2, 1))
    assert len(nn.ModuleList(nn.Sequential(*three()))) == 3  # a container can be gone through

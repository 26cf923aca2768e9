import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.act = nn.ReLU()
        self.register_buffer("scale", mg.ones(1))

    def forward(self, x):
        return self.act(self.linear(x)) * self.scale


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(2, 4)
        self.blocks = nn.ModuleList([Block(4), Block(4)])
        self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 1, bias=False))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def names(pairs):
    return [name for name, _ in pairs]


# --- calling


def test_calling_runs_forward_with_all_arguments():
    class Add(nn.Module):
        def forward(self, x, y, *, twice=False):
            return (x + y) * (2 if twice else 1)

    assert Add()(mg.tensor(1.0), y=mg.tensor(2.0), twice=True).item() == 6.0


def test_a_missing_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty has no forward\(\)"):
        Empty()(3)


# --- going through the members


def test_names_of_everything():
    net = Net()
    assert names(net.named_parameters()) == [
        "stem.weight",
        "stem.bias",
        "blocks.0.linear.weight",
        "blocks.0.linear.bias",
        "blocks.1.linear.weight",
        "blocks.1.linear.bias",
        "head.1.weight",
    ]
    assert names(net.named_buffers()) == ["blocks.0.scale", "blocks.1.scale"]
    assert names(net.named_children()) == ["stem", "blocks", "head"]
    assert names(net.named_modules()) == [
        "", "stem", "blocks", "blocks.0", "blocks.0.linear", "blocks.0.act", "blocks.1", "blocks.1.linear",
        "blocks.1.act", "head", "head.0", "head.1",
    ]  # fmt: skip
    assert len(list(net.modules())) == 12
    assert [type(m).__name__ for m in net.children()] == ["Linear", "ModuleList", "Sequential"]
    assert [tuple(b.shape) for b in net.buffers()] == [(1,), (1,)]


def test_prefix_and_recurse():
    net = Net()
    assert names(net.head.named_parameters(prefix="top")) == ["top.1.weight"]
    assert names(net.named_parameters(recurse=False)) == []
    assert names(net.stem.named_parameters(recurse=False)) == ["weight", "bias"]
    assert names(net.blocks[0].named_buffers(prefix="b", recurse=False)) == ["b.scale"]


def test_what_is_shared_comes_once():
    net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = net.a
    net.c = nn.Linear(2, 2)
    net.c.weight = net.a.weight
    assert names(net.named_parameters()) == ["a.weight", "a.bias", "c.bias"]
    assert len(list(net.parameters())) == 3
    assert names(net.named_children()) == ["a", "c"]
    assert names(net.named_modules()) == ["", "a", "c"]
    assert names(net.named_parameters(remove_duplicate=False)) == [
        "a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias",
    ]  # fmt: skip
    assert names(net.named_modules(remove_duplicate=False)) == ["", "a", "b", "c"]


def test_gradients_of_a_shared_parameter_add_up():
    layer = nn.Linear(1, 1, bias=False)
    net = nn.Sequential(layer, layer)
    layer.weight._data[...] = 3.0
    net(mg.tensor([[1.0]])).sum().backward()
    assert layer.weight.grad.item() == 6.0  # d(w * w)/dw = 2 w


def test_get_by_dotted_name():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("blocks.1.linear") is net.blocks[1].linear
    assert net.get_parameter("head.1.weight") is net.head[1].weight
    assert net.get_buffer("blocks.0.scale") is net.blocks[0].scale


@pytest.mark.parametrize(
    ("method", "name", "message"),
    [
        ("get_submodule", "blocks.7.linear", r"no module '7' on the way to 'blocks.7.linear': Mod.* 0, 1"),
        ("get_parameter", "stem.wieght", r"no parameter 'wieght'.*Linear has the parameters weight, bias"),
        ("get_parameter", "head.1.bias", r"no parameter 'bias'"),
        ("get_buffer", "stem.scale", r"Linear has no buffers"),
    ],
)  # fmt: skip
def test_get_of_what_is_not_there_says_what_is(method, name, message):
    with pytest.raises(AttributeError, match=message):
        getattr(Net(), method)(name)


def test_set_by_dotted_name():
    net, wide = Net(), nn.Linear(4, 4)
    net.set_submodule("blocks.1.linear", wide)
    assert net.blocks[1].linear is wide
    assert names(net.blocks[1].named_children()) == ["linear", "act"]  # it keeps its place
    net.set_submodule("blocks.0.norm", nn.BatchNorm1d(4))
    assert isinstance(net.blocks[0].norm, nn.BatchNorm1d)
    net.set_submodule("stem", nn.Identity(), strict=True)
    assert isinstance(net.stem, nn.Identity)


@pytest.mark.parametrize(
    ("name", "strict", "error", "message"),
    [
        ("", False, ValueError, "the name is empty"),
        ("blocks.7.linear", False, AttributeError, "no module '7' on the way to 'blocks.7'"),
        (
            "head.norm",
            True,
            AttributeError,
            "no module 'norm' on the way to .*Sequential has the modules 0, 1",
        ),
        ("stem.weight", False, AttributeError, "no module 'weight'"),
        ("stem.forward", False, AttributeError, "no module 'forward'"),
    ],
)
def test_set_of_what_is_no_module_says_so(name, strict, error, message):
    net = Net()
    before = repr(net)
    with pytest.raises(error, match=message):
        net.set_submodule(name, nn.ReLU(), strict)
    with pytest.raises(TypeError, match=r"Make one: ReLU\("):
        net.set_submodule("stem", nn.ReLU)
    assert repr(net) == before


# --- changing the whole tree


def test_train_and_eval_reach_every_module():
    net = Net()
    assert all(m.training for m in net.modules())
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.head.train()
    assert net.head[0].training and not net.stem.training
    with pytest.raises(ValueError, match="True or False"):
        net.train("yes")


def test_a_module_that_overrides_train_has_its_say():
    class Frozen(nn.Module):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(Frozen(), nn.ReLU()).train()
    assert not net[0].training and net[1].training


def test_zero_grad():
    net = Net()
    net(mg.ones(3, 2)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    before = {name: p.grad for name, p in net.named_parameters()}
    net.zero_grad(set_to_none=False)
    assert all(not p.grad.cpu().numpy().any() for p in net.parameters())
    assert all(p.grad is before[name] for name, p in net.named_parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_requires_grad_freezes():
    net = Net()
    assert net.stem.requires_grad_(False) is net.stem
    net(mg.ones(3, 2)).sum().backward()
    assert net.stem.weight.grad is None and net.stem.bias.grad is None
    assert net.head[1].weight.grad is not None
    net.requires_grad_()
    assert all(p.requires_grad for p in net.parameters())


def test_apply_goes_from_the_inside_out():
    net, seen = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh()), []
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["ReLU", "Sequential", "Tanh", "Sequential"]


@pytest.mark.parametrize(
    "cast",
    [lambda m: m.double(), lambda m: m.to(mg.float64), lambda m: m.to(dtype=mg.float64),
     lambda m: m.to(mg.zeros(1, dtype=mg.float64)), lambda m: m.to(mg.get_default_device(), mg.float64)],
)  # fmt: skip
def test_casting_keeps_the_parameter_objects(cast):
    net = Net()
    net.register_buffer("count", mg.tensor([1, 2]))
    net(mg.ones(3, 2)).sum().backward()
    before = list(net.parameters())
    values = [p.tolist() for p in before]
    assert cast(net) is net
    assert all(a is b for a, b in zip(net.parameters(), before, strict=True))
    assert [p.tolist() for p in before] == values  # float32 fits in float64
    assert all(p.dtype == np.float64 and p.grad.dtype == np.float64 for p in before)
    assert net.blocks[0].scale.dtype == np.float64
    assert net.count.dtype == np.int64  # integers stay
    assert net(mg.ones(3, 2, dtype=mg.float64)).dtype == np.float64
    assert net.float().stem.weight.dtype == np.float32


def test_half():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).half()
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float16)}
    assert net[1].running_var.dtype == np.float16 and net[1].num_batches_tracked.dtype == np.int64
    assert net.eval()(mg.ones(4, 2, dtype=mg.float16)).dtype == np.float16


def test_to_refuses_what_it_cannot_do():
    net = Net()
    with pytest.raises(TypeError, match="floating-point dtypes only, got int64"):
        net.to(mg.int64)
    with pytest.raises(NotImplementedError, match=r"Module\.to: device='mps'"):
        net.to("mps")
    with pytest.raises(NotImplementedError, match="memory_format"):
        net.to(mg.float64, memory_format=3)
    assert net.to("cpu") is net and net.cpu() is net
    scale = net.blocks[0].scale
    assert net.float().blocks[0].scale._data is scale._data  # nothing to cast, nothing copied
    assert net.stem.weight.dtype == np.float32


# --- copies


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_equal_and_separate(copied):
    net = Net()
    net.head[1].weight = net.head[1].weight
    net.blocks[1].linear.weight = net.blocks[0].linear.weight  # shared, and shared again in the copy
    net.eval()
    other = copied(net)
    x = mg.tensor([[0.5, -1.0], [2.0, 1.0]])
    np.testing.assert_array_equal(other(x).detach().cpu().numpy(), net(x).detach().cpu().numpy())
    assert other.blocks[0].linear.weight is other.blocks[1].linear.weight
    assert not {id(p) for p in net.parameters()} & {id(p) for p in other.parameters()}
    other.stem.weight._data[...] = 0
    assert net.stem.weight.detach().cpu().numpy().any()
    assert not other.training
    other(x).sum().backward()
    assert net.stem.weight.grad is None


# --- printing


def test_repr_is_nested():
    class Top(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
            self.drop = nn.Dropout(0.1)

        def extra_repr(self):
            return "size=3"

    assert repr(Top()) == (
        "Top(\n"
        "  size=3\n"
        "  (inner): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (1): ReLU()\n"
        "  )\n"
        "  (drop): Dropout(p=0.1, inplace=False)\n"
        ")"
    )
    assert repr(nn.Module()) == "Module()"

import subprocess
import sys

import pytest

import minigrad as mg
from minigrad import nn

pytestmark = pytest.mark.usefixtures("device")


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.second = nn.Linear(3, 1)


# --- what an assignment does


def test_parameters_modules_and_plain_values_go_where_they_belong():
    module = nn.Module()
    module.weight = nn.Parameter(mg.zeros(2))
    module.layer = nn.ReLU()
    module.size = 3
    module.constant = mg.ones(2)  # a plain tensor is not registered
    assert [name for name, _ in module.named_parameters()] == ["weight"]
    assert [name for name, _ in module.named_children()] == ["layer"]
    assert list(module.named_buffers()) == []
    assert module.size == 3
    assert module.constant.tolist() == [1.0, 1.0]


def test_assigning_again_replaces_and_keeps_the_order():
    module = Pair()
    module.first = nn.Linear(2, 3, bias=False)
    assert [name for name, _ in module.named_parameters()] == ["first.weight", "second.weight", "second.bias"]


def test_none_keeps_the_name_but_yields_nothing():
    module = Pair()
    module.first = None
    module.second.bias = None
    assert module.first is None
    assert [name for name, _ in module.named_parameters()] == ["second.weight"]
    module.second.bias = nn.Parameter(mg.zeros(1))
    assert [name for name, _ in module.named_parameters()] == ["second.weight", "second.bias"]


def test_a_plain_attribute_becomes_a_parameter_and_a_parameter_a_module():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(mg.zeros(1))
    assert [name for name, _ in module.named_parameters()] == ["x"]
    module.x = nn.ReLU()
    assert [name for name, _ in module.named_parameters()] == []
    assert [name for name, _ in module.named_children()] == ["x"]


@pytest.mark.parametrize("value", [nn.ReLU(), nn.Parameter(mg.zeros(2)), mg.zeros(2)])
def test_registering_before_init_says_so(value):
    class Early(nn.Module):
        def __init__(self):
            if isinstance(value, mg.Tensor) and not isinstance(value, nn.Parameter):
                self.register_buffer("member", value)
            else:
                self.member = value

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call.*super\(\).__init__\(\)"):
        Early()


def test_plain_attributes_may_come_before_init():
    class Early(nn.Module):
        def __init__(self):
            self.size = 4
            super().__init__()
            self.layer = nn.Linear(self.size, 1)

    assert Early().layer.in_features == 4


def test_using_a_module_whose_init_was_never_called_says_so():
    class Forgot(nn.Module):
        def __init__(self):
            self.size = 4

        def forward(self, x):
            return x

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        Forgot()(mg.zeros(1))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "weight",
            mg.zeros(2, 2),
            "cannot assign a Tensor as parameter 'weight' of Net: expected a Parameter",
        ),
        ("weight", 3, "cannot assign an int as parameter 'weight'"),
        ("layer", mg.zeros(2), "cannot assign a Tensor as module 'layer' of Net: expected a Module"),
        ("mean", 3.0, "cannot assign a float as buffer 'mean' of Net: expected a Tensor"),
    ],
)
def test_a_registered_name_refuses_other_kinds_and_keeps_its_value(name, value, expected):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(mg.ones(2))
            self.layer = nn.ReLU()
            self.register_buffer("mean", mg.ones(2))

    net = Net()
    before = getattr(net, name)
    with pytest.raises(TypeError, match=expected):
        setattr(net, name, value)
    assert getattr(net, name) is before


def test_a_deleted_name_is_free():
    module = nn.Linear(2, 2)
    del module.weight
    assert [name for name, _ in module.named_parameters()] == ["bias"]
    module.weight = 3
    assert module.weight == 3
    with pytest.raises(AttributeError):
        del module.nothing


# --- registering by name


def test_a_buffer_is_state_but_no_parameter():
    module = nn.Module()
    module.register_buffer("mean", mg.ones(2))
    module.register_buffer("cache", mg.zeros(1), persistent=False)
    assert [name for name, _ in module.named_buffers()] == ["mean", "cache"]
    assert list(module.parameters()) == []
    assert list(module.state_dict()) == ["mean"]
    module.mean = mg.zeros(2)
    assert module.state_dict()["mean"].tolist() == [0.0, 0.0]


def test_registering_a_buffer_again_can_make_it_persistent():
    module = nn.Module()
    module.register_buffer("cache", mg.zeros(1), persistent=False)
    module.register_buffer("cache", mg.zeros(1))
    assert list(module.state_dict()) == ["cache"]


def test_a_parameter_in_place_of_a_hidden_buffer_is_saved():
    module = nn.Module()
    module.register_buffer("scale", mg.zeros(1), persistent=False)
    module.scale = nn.Parameter(mg.zeros(1))
    assert list(module.state_dict()) == ["scale"]


@pytest.mark.parametrize(
    "register", ["register_parameter", "register_buffer", "add_module", "register_module"]
)
def test_names_that_cannot_be_dotted_into_a_key_are_refused(register):
    module = nn.Linear(2, 2)
    for name in ("", "a.b", "forward", "in_features"):
        with pytest.raises(KeyError):
            getattr(module, register)(name, None)
    with pytest.raises(TypeError, match="string"):
        getattr(module, register)(3, None)


def test_registering_checks_the_kind():
    module = nn.Module()
    with pytest.raises(TypeError, match=r"nn\.Parameter\(tensor\)"):
        module.register_parameter("weight", mg.zeros(2))
    with pytest.raises(TypeError, match="must be a Tensor or None, got a list"):
        module.register_buffer("mean", [1.0])
    with pytest.raises(TypeError, match="expected a module, got an int"):
        module.add_module("layer", 3)
    with pytest.raises(TypeError, match=r"got the class ReLU itself. Make one: ReLU\("):
        module.add_module("layer", nn.ReLU)


# --- asking for what is not there


def test_an_unknown_attribute_names_the_nearest():
    module = Pair()
    with pytest.raises(
        AttributeError, match=r"'Pair' object has no attribute 'secnd'. Did you mean 'second'\?"
    ):
        module.secnd  # noqa: B018
    assert not hasattr(module, "zzz")


def test_an_error_inside_a_property_is_not_mistaken_for_a_missing_attribute():
    class Net(nn.Module):
        @property
        def width(self):
            return self.nothing_like_it

    with pytest.raises(AttributeError, match=r"'width'.*this property"):
        Net().width  # noqa: B018


def test_dir_lists_members():
    module = Pair()
    assert {"first", "second", "forward", "training"} <= set(dir(module))


# --- a bool where a method is meant


@pytest.mark.parametrize(("name", "meant"), [("train", "model.train(False)"), ("eval", "model.eval()")])
def test_a_mode_is_not_set_as_an_attribute(name, meant):
    module = Pair()
    with pytest.raises(TypeError, match="is a method") as raised:
        setattr(module, name, False)
    assert f"Pair.{name}" in str(raised.value) and meant in str(raised.value)
    assert module.eval().training is False  # and nothing has changed


def test_freezing_by_an_attribute_warns():
    module = Pair()
    with pytest.warns(UserWarning, match=r"Pair\.requires_grad = False.*requires_grad_\(False\)") as caught:
        module.requires_grad = False
    assert caught[0].filename == __file__
    assert module.first.weight.requires_grad


def test_an_option_of_that_name_is_left_alone():
    """Warnings are errors here: it may be kept for later, agree with the parameters, or be a property."""

    class Later(nn.Module):
        def __init__(self, requires_grad):
            self.requires_grad = requires_grad
            super().__init__()
            self.requires_grad = requires_grad
            self.layer = nn.Linear(2, 1)

    class Switch(Pair):
        @property
        def requires_grad(self):
            return self.first.weight.requires_grad

        @requires_grad.setter
        def requires_grad(self, value):
            self.requires_grad_(value)

    assert Later(False).requires_grad is False
    Pair().requires_grad_(False).requires_grad = False
    switch = Switch()
    switch.requires_grad = False
    assert not switch.second.bias.requires_grad


def test_the_nearest_is_named_once():
    """Python adds a suggestion of its own to what it prints of an error, as in a terminal."""
    program = "from minigrad import nn; nn.Linear(1, 1).weigth"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stderr.count("Did you mean") == 1 and "'weight'" in ended.stderr

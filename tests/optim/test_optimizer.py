"""What all optimisers share: groups, errors, missing gradients, saved state, the write that backward sees."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.devices import place
from minigrad.engine.modes import is_grad_enabled, no_grad
from minigrad.optim import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from minigrad.optim.optimizer import alike
from minigrad.tensor import Tensor

pytestmark = pytest.mark.usefixtures("device")

EVERY = [
    lambda ps: SGD(ps, lr=0.1),
    lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    Adagrad,
    lambda ps: RMSprop(ps, centered=True, momentum=0.9),
    lambda ps: Adam(ps, amsgrad=True),
    AdamW,
    NAdam,
]


def parameter(*values, dtype=np.float64):
    return Tensor(np.array(values, dtype=dtype), requires_grad=True)


def steps(optimizer, ps, seed, count):
    """Take steps with gradients drawn from ``seed``, the same for every optimiser."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        for p in ps:
            p.grad = Tensor(rng.normal(size=p.shape).astype(p.dtype))
        optimizer.step()


# -------------------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "empty parameter list"),
        (iter(()), ValueError, "empty parameter list"),
        (Tensor(np.ones(2)), TypeError, r"expected params to be an iterable .* Did you mean \[tensor\]"),
        ([np.ones(2)], TypeError, "can optimise Tensors only, but parameter 0 is a ndarray"),
        ([Tensor(np.ones(2)), 3.0], TypeError, "parameter 1 is a float"),
        ([{"params": {Tensor(np.ones(2))}}], TypeError, "as a set"),
        (
            [{"params": [Tensor(np.ones(2))]}, Tensor(np.ones(2))],
            TypeError,
            "a parameter group to be a dict, got Tensor",
        ),
        (
            [("a", Tensor(np.ones(2))), Tensor(np.ones(2))],
            ValueError,
            "names for all parameters of a group or for none",
        ),
    ],
)
def test_params_that_cannot_be_optimised(params, error, message):
    with pytest.raises(error, match=message):
        SGD(params, lr=0.1)


def test_a_tensor_that_was_computed_is_refused():
    with pytest.raises(ValueError, match=r"can't optimise a non-leaf Tensor: parameter 0 of shape \(2,\)"):
        SGD([parameter(1, 2) * 2], lr=0.1)


def test_a_parameter_given_twice_is_refused():
    p, q = parameter(1), parameter(1)
    with pytest.raises(ValueError, match=r"parameter 2 of shape .* was given before"):
        SGD([p, q, p], lr=0.1)
    with pytest.raises(ValueError, match=r"parameter 0 of shape .* was given before"):
        SGD([{"params": [p]}, {"params": [p]}], lr=0.1)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (SGD, {"lr": -0.1}, r"SGD: expected lr to be at least 0, got -0\.1"),
        (SGD, {"lr": float("nan")}, "SGD: expected lr to be at least 0, got nan"),
        (SGD, {"momentum": -1}, "SGD: expected momentum"),
        (SGD, {"weight_decay": -1}, "SGD: expected weight_decay"),
        (Adam, {"eps": -1}, "Adam: expected eps"),
        (AdamW, {"weight_decay": -1}, "AdamW: expected weight_decay"),
        (Adagrad, {"lr_decay": -1}, "Adagrad: expected lr_decay"),
        (Adagrad, {"initial_accumulator_value": -1}, "Adagrad: expected initial_accumulator_value"),
        (RMSprop, {"momentum": -1}, "RMSprop: expected momentum"),
    ],
)
def test_options_that_make_no_sense(make, options, message):
    with pytest.raises(ValueError, match=message):
        make([parameter(1)], **options)
    with pytest.raises(ValueError, match=message):
        make([{"params": [parameter(1)], **options}])


@pytest.mark.parametrize(
    ("make", "option"),
    [(make, option) for make in (SGD, Adam, AdamW) for option in ("foreach", "fused", "differentiable")]
    + [(make, option) for make in (Adagrad, RMSprop, NAdam) for option in ("foreach", "differentiable")]
    + [(Adagrad, "fused"), *((make, "capturable") for make in (Adam, AdamW, NAdam, RMSprop))],
)
def test_an_implementation_that_there_is_not_is_named(make, option):
    make([parameter(1)], **{option: False})
    with pytest.raises(NotImplementedError, match=f"{make.__name__}: {option}=True is not supported"):
        make([parameter(1)], **{option: True})
    with pytest.raises(NotImplementedError, match=f"{make.__name__}: {option}=True is not supported"):
        make([{"params": [parameter(1)], option: True}])


def test_a_rate_given_as_a_tensor_is_named():
    with pytest.raises(NotImplementedError, match="lr as a Tensor is not supported"):
        SGD([parameter(1)], lr=Tensor(np.array(0.1)))
    with pytest.raises(NotImplementedError, match=r"betas\[1\] as a Tensor is not supported"):
        Adam([parameter(1)], betas=(0.9, Tensor(np.array(0.1))))


def test_groups_take_the_defaults_that_they_do_not_set():
    p, q = parameter(1), parameter(1)
    optimizer = SGD([{"params": p, "lr": 0.5}, {"params": iter([q])}], lr=0.1, momentum=0.9)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]
    p.grad, q.grad = Tensor(np.ones(1)), Tensor(np.ones(1))
    optimizer.step()
    assert (p.item(), q.item()) == (0.5, 0.9)


def test_a_group_added_later_is_optimised_from_then_on():
    p, q = parameter(1), parameter(1)
    optimizer = Adagrad([p], lr=0.1)
    optimizer.add_param_group({"params": q, "lr": 0.5})
    q.grad = Tensor(np.ones(1))
    optimizer.step()
    assert (p.item(), q.item()) == (1, pytest.approx(0.5))


def test_named_parameters_keep_their_names():
    p, q = parameter(1), parameter(1)
    optimizer = SGD([("weight", p), ("bias", q)], lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="expected names in all parameter groups or in none"):
        optimizer.add_param_group({"params": [parameter(1)]})


def test_repr_shows_every_group():
    text = repr(SGD([{"params": parameter(1)}, {"params": parameter(1), "lr": 0.5}], lr=0.1))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n")
    assert "Parameter Group 1" in text
    assert "lr: 0.5" in text


# -------------------------------------------------------------------------------------------- the step


@pytest.mark.parametrize("make", EVERY)
def test_a_parameter_without_gradient_is_left_alone(kernels, make):
    p, q = parameter(1, 2), parameter(3, 4)
    optimizer = make([p, q])
    q.grad = Tensor(np.ones(2))
    optimizer.step()
    assert p.tolist() == [1, 2]
    assert q.tolist() != [3, 4]


@pytest.mark.parametrize("make", EVERY)
def test_every_optimiser_finds_the_bottom_of_a_bowl(kernels, make):
    p = parameter(0.3, -0.2)
    optimizer = make([p])
    for group in optimizer.param_groups:
        group["lr"] = 0.02
        group["weight_decay"] = 0
    for _ in range(400):
        p.grad = Tensor(2 * (p.detach().cpu().numpy() - [0.5, 0.25]))  # of |p - (0.5, 0.25)|²
        optimizer.step()
    assert p.tolist() == pytest.approx([0.5, 0.25], abs=0.02)


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("layout", ["transposed", "strided"])
def test_a_step_through_memory_in_another_order(kernels, make, layout):
    values = np.arange(1.0, 7.0).reshape(2, 3)
    memory = np.empty((3, 2)).T if layout == "transposed" else np.empty((2, 6))[:, ::2]
    memory[...] = values
    plain, other = Tensor(values, requires_grad=True), Tensor(memory, requires_grad=True)
    for p in (plain, other):
        steps(make([p]), [p], seed=3, count=3)
    np.testing.assert_allclose(memory, values, rtol=1e-14)  # the step went through into the very memory
    assert memory[0, 0] != 1


def test_a_closure_computes_gradients_even_under_no_grad_and_its_loss_is_returned():
    p = parameter(3.0)
    optimizer = SGD([p], lr=0.1)

    def closure():
        assert is_grad_enabled()
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 9
    assert p.item() == pytest.approx(3 - 0.1 * 6)
    assert optimizer.step() is None


@pytest.mark.parametrize("make", EVERY)
def test_a_backward_that_needs_the_old_value_of_a_parameter_is_an_error(make):
    p = parameter(3.0, 2.0)
    optimizer = make([p])
    loss = (p * p).sum()
    p.grad = Tensor(np.ones(2))
    optimizer.step()
    with pytest.raises(RuntimeError, match="overwritten in place"):
        loss.backward()


def test_zero_grad_forgets_or_zeroes():
    p, q = parameter(3.0, 2.0), parameter(1.0)
    optimizer = SGD([p, q], lr=0.1)
    p.grad = Tensor(np.ones(2))
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0, 0]
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


@pytest.mark.parametrize("create_graph", [False, True])
def test_zero_grad_keeps_the_tensor_and_forgets_its_history(create_graph):
    p = parameter(3.0, 2.0)
    (kept,) = mg.autograd.grad((p * p * p).sum(), p, create_graph=create_graph)
    p.grad = kept
    SGD([p], lr=0.1).zero_grad(set_to_none=False)
    assert p.grad is kept and kept.tolist() == [0, 0]
    assert kept.is_leaf and not kept.requires_grad
    (p * p).sum().backward()
    assert kept.tolist() == [6, 4]


def test_zero_grad_of_a_gradient_that_somebody_made_a_leaf_of():
    p = parameter(1.0)
    p.grad = Tensor(np.ones(1), requires_grad=True)
    SGD([p], lr=0.1).zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0] and not p.grad.requires_grad


def test_training_a_line_through_the_real_engine():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(64, 3)), np.array([[1.0], [-2.0], [0.5]]), 0.7
    y = Tensor(x @ w + b)
    weight, bias = Tensor(np.zeros((3, 1)), requires_grad=True), Tensor(np.zeros(1), requires_grad=True)
    optimizer = Adam([weight, bias], lr=0.05)
    for _ in range(500):
        optimizer.zero_grad()
        error = Tensor(x) @ weight + bias - y
        (error * error).mean().backward()
        optimizer.step()
    np.testing.assert_allclose(weight.detach().cpu().numpy(), w, atol=1e-3)
    assert bias.item() == pytest.approx(b, abs=1e-3)


def test_an_optimiser_of_one_s_own_with_update():
    class SignSGD(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def _update(self, p, g, group):
            p._data -= group["lr"] * np.sign(g)

    p = parameter(1.0, 1.0)
    optimizer = SignSGD([p], lr=0.25)
    p.grad = Tensor(np.array([5.0, -0.1]))
    optimizer.step()
    assert p.tolist() == [0.75, 1.25]


def test_an_optimiser_of_one_s_own_may_change_the_gradient_that_another_gets(kernels):
    class Signed(Adam):
        def _update(self, p, g, group):
            super()._update(p, np.sign(g), group)

    p, q = parameter(1.0, 1.0), parameter(1.0, 1.0)
    for make, x, g in ((Signed, p, [5.0, -0.1]), (Adam, q, [1.0, -1.0])):
        optimizer = make([x], lr=0.25)
        for _ in range(2):
            x.grad = Tensor(np.array(g))
            optimizer.step()
    assert p.tolist() == q.tolist() != [1.0, 1.0]


def test_an_optimiser_of_one_s_own_with_update_all():
    class Normalized(Optimizer):
        """Steps of length lr, measured through all parameters of a group."""

        def _update_all(self, ps, gs, group):
            norm = np.sqrt(sum((g * g).sum() for g in gs))
            for p, g in zip(ps, gs, strict=True):
                p._data -= group["lr"] * g / norm

    p, q, without = parameter(0.0), parameter(0.0, 1.0), parameter(2.0)
    optimizer = Normalized([p, without, q], {"lr": 10.0})
    p.grad, q.grad = Tensor(np.array([3.0])), Tensor(np.array([0.0, 4.0]))
    optimizer.step()
    assert (p.tolist(), q.tolist(), without.tolist()) == ([-6.0], [0.0, -7.0], [2.0])


@pytest.mark.parametrize("make", EVERY)
def test_parameters_of_a_group_are_updated_as_if_each_were_alone(kernels, make):
    """Of different shapes, dtypes, memory orders and step counts, some without a gradient."""
    rng = np.random.default_rng(3)

    def parameters():
        values = np.random.default_rng(5)
        turned = np.asfortranarray(values.normal(size=(4, 3)))
        strided = values.normal(size=(3, 8))[:, ::2]
        single = values.normal(size=(5,)).astype(np.float32)
        arrays = [values.normal(size=(2, 3)), turned, single, strided, np.array(0.5), single.copy()]
        return [Tensor(a, requires_grad=True) for a in arrays]

    together, apart = parameters(), parameters()
    optimizer, alone = make(together), [make([p]) for p in apart]
    for step in range(6):
        for i, (p, q) in enumerate(zip(together, apart, strict=True)):
            g = rng.normal(size=p.shape).astype(p.dtype)
            p.grad, q.grad = (None, None) if (step + i) % 3 == 0 else (Tensor(g), Tensor(g.copy()))
        optimizer.step()
        for one in alone:
            one.step()
        for p, q in zip(together, apart, strict=True):
            np.testing.assert_array_equal(p.detach().cpu().numpy(), q.detach().cpu().numpy())
    saved = optimizer.state_dict()["state"]
    for i, one in enumerate(alone):
        for name, value in one.state_dict()["state"].get(0, {}).items():
            np.testing.assert_array_equal(saved[i][name].cpu().numpy(), value.cpu().numpy())


def test_an_optimiser_of_one_s_own_with_step_as_in_pytorch():
    class Plain(Optimizer):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data.sub_(p.grad * group["lr"])

    p = parameter(1.0)
    optimizer = Plain([p], {"lr": 0.5})
    p.grad = Tensor(np.array([1.0]))
    optimizer.step()
    assert p.tolist() == [0.5]


def test_a_step_that_calls_the_one_above_is_one_step():
    class Noted(SGD):
        def step(self, closure=None):
            return super().step(closure)

    class Twice(Noted):
        def step(self, closure=None):
            return super().step(closure)

    p = parameter(1.0)
    optimizer = Twice([p], lr=0.5)
    p.grad = Tensor(np.ones(1))
    optimizer.step()
    optimizer.step()
    assert p.tolist() == [0.0]


def test_parameters_of_several_cards_are_not_updated_by_one_kernel(monkeypatch):
    cards = {}
    monkeypatch.setattr(place, "device_of", lambda array: cards[id(array)])
    ps = [parameter(1.0), parameter(2.0), parameter(3.0)]
    for p, card in zip(ps, (0, 1, 0), strict=True):
        cards[id(p._data)] = mg.device("cuda", card)
    found = list(alike(ps, [p._data for p in ps]))
    assert [[id(p) for p in group[0]] for group in found] == [[id(ps[0]), id(ps[2])], [id(ps[1])]]


def test_an_optimiser_without_a_step_says_so():
    p = parameter(1.0)
    p.grad = Tensor(np.ones(1))
    with pytest.raises(NotImplementedError, match="Optimizer must define _update"):
        Optimizer([p], {"lr": 0.1}).step()


# -------------------------------------------------------------------------------------------- saved state


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", EVERY)
def test_learning_goes_on_from_a_saved_state_as_if_it_had_not_stopped(kernels, make, dtype):
    ps = [parameter(1, 2, dtype=dtype), parameter(3, dtype=dtype)]
    optimizer = make(ps)
    steps(optimizer, ps, seed=1, count=5)
    saved = pickle.dumps(optimizer.state_dict())
    resumed_ps = [Tensor(p.detach().cpu().numpy().copy(), requires_grad=True) for p in ps]
    resumed = make(resumed_ps)
    resumed.load_state_dict(pickle.loads(saved))
    steps(optimizer, ps, seed=2, count=5)
    steps(resumed, resumed_ps, seed=2, count=5)
    assert [p.tolist() for p in resumed_ps] == [p.tolist() for p in ps]  # to the last bit


def test_a_loaded_state_is_a_copy():
    ps, qs = [parameter(1.0)], [parameter(1.0)]
    first, second = Adam(ps), Adam(qs)
    steps(first, ps, seed=1, count=1)
    second.load_state_dict(first.state_dict())
    before = copy.deepcopy(second.state_dict())
    steps(first, ps, seed=2, count=1)
    second.param_groups[0]["lr"] = 0.5
    assert second.state[qs[0]]["exp_avg"].tolist() == before["state"][0]["exp_avg"].tolist()
    assert first.param_groups[0]["lr"] == 1e-3


def test_the_layout_of_a_saved_state():
    ps = [parameter(1.0), parameter(2.0), parameter(3.0)]
    optimizer = SGD([{"params": ps[:2]}, {"params": ps[2:], "lr": 0.5}], lr=0.1, momentum=0.9)
    ps[2].grad = Tensor(np.array([7.0]))
    optimizer.step()
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2]]
    assert [group["lr"] for group in state["param_groups"]] == [0.1, 0.5]
    assert list(state["state"]) == [2]
    assert state["state"][2]["momentum_buffer"].tolist() == [7.0]


def test_a_state_in_another_dtype_is_cast_to_its_parameter_s():
    ps, qs = [parameter(1.0, dtype=np.float64)], [parameter(1.0, dtype=np.float32)]
    first, second = Adam(ps), Adam(qs)
    steps(first, ps, seed=1, count=2)
    second.load_state_dict(first.state_dict())
    assert second.state[qs[0]]["exp_avg"].dtype == np.float32
    assert second.state[qs[0]]["step"].item() == 2


def test_a_state_of_another_model_is_refused():
    ps = [parameter(1.0, 2.0)]
    saved = Adam(ps)
    steps(saved, ps, seed=1, count=1)
    with pytest.raises(ValueError, match=r"parameter groups of sizes \[1\], this optimiser \[2\]"):
        Adam([parameter(1.0), parameter(1.0)]).load_state_dict(saved.state_dict())
    other = Adam([parameter(1.0, 2.0, 3.0)])
    with pytest.raises(ValueError, match=r"exp_avg of shape \(2,\) for parameter 0, whose shape is \(3,\)"):
        other.load_state_dict(saved.state_dict())
    assert other.state_dict()["state"] == {}


@pytest.mark.parametrize(
    ("make", "entries"),
    [
        (Adam, ["step", "exp_avg", "exp_avg_sq"]),
        (lambda ps: Adam(ps, amsgrad=True), ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]),
        (RMSprop, ["step", "square_avg"]),
        (lambda ps: RMSprop(ps, momentum=0.9), ["step", "square_avg", "momentum_buffer"]),
        (lambda ps: RMSprop(ps, centered=True), ["step", "square_avg", "grad_avg"]),
        (Adagrad, ["step", "sum"]),
        (NAdam, ["step", "mu_product", "exp_avg", "exp_avg_sq"]),
    ],
)
def test_a_state_that_lacks_an_entry_of_a_parameter_is_refused(make, entries):
    ps = [parameter(1.0), parameter(2.0, 3.0)]
    saved, other = make(ps), make([parameter(1.0), parameter(2.0, 3.0)])
    steps(saved, ps, seed=1, count=2)
    assert sorted(saved.state_dict()["state"][1]) == sorted(entries)
    before = copy.deepcopy(other.state_dict())
    for entry in entries:
        state = copy.deepcopy(saved.state_dict())
        del state["state"][1][entry]
        with pytest.raises(ValueError, match=rf"has no {entry} for parameter 1\. .* or begin without"):
            other.load_state_dict(state)
        assert str(other.state_dict()) == str(before)


@pytest.mark.parametrize(("make", "entry"), [(Adam, "step"), (NAdam, "mu_product")])
def test_a_count_in_a_state_is_one_number(make, entry):
    p = parameter(1.0)
    saved = make([p])
    steps(saved, [p], seed=1, count=1)
    state = saved.state_dict()
    state["state"][0][entry] = mg.ones(3)
    with pytest.raises(ValueError, match=rf"{entry} of shape \(3,\) for parameter 0, .* one number"):
        make([parameter(1.0)]).load_state_dict(state)


@pytest.mark.parametrize(("make", "entry"), [(Adam, "step"), (NAdam, "mu_product")])
def test_a_count_may_be_a_plain_number(make, entry):
    p, q = parameter(1.0), parameter(1.0)
    saved, other = make([p]), make([q])
    steps(saved, [p], seed=1, count=1)
    state = copy.deepcopy(saved.state_dict())
    state["state"][0][entry] = state["state"][0][entry].item()
    q.data = p.data.clone()
    other.load_state_dict(state)
    for optimizer, own in ((saved, p), (other, q)):
        steps(optimizer, [own], seed=2, count=2)
    assert q.item() == p.item()


@pytest.mark.parametrize("make", EVERY)
def test_a_parameter_that_has_not_learnt_yet_may_have_an_empty_state_or_none(make):
    ps = [parameter(1.0), parameter(2.0)]
    saved = make(ps)
    ps[0].grad = Tensor(np.array([7.0]))
    saved.step()
    state = saved.state_dict()
    resumed_ps = [Tensor(p.detach().cpu().numpy().copy(), requires_grad=True) for p in ps]
    resumed = make(resumed_ps)
    resumed.load_state_dict(state)
    if not isinstance(saved, Adagrad):  # its state begins with the parameter
        resumed.load_state_dict({**state, "state": {**state["state"], 1: {}}})
    steps(saved, ps, seed=2, count=2)
    steps(resumed, resumed_ps, seed=2, count=2)
    assert [p.tolist() for p in resumed_ps] == [p.tolist() for p in ps]


def test_a_state_with_options_that_make_no_sense_is_refused():
    ps = [parameter(1.0)]
    state = SGD(ps, lr=0.1).state_dict()
    state["param_groups"][0]["fused"] = True
    with pytest.raises(NotImplementedError, match="fused=True"):
        SGD(ps, lr=0.1).load_state_dict(state)


def test_a_copied_optimiser_trains_its_own_copy():
    p = parameter(1.0)
    optimizer = Adam([p], lr=0.1)
    steps(optimizer, [p], seed=1, count=1)
    before = p.item()
    twin = copy.deepcopy(optimizer)
    q = twin.param_groups[0]["params"][0]
    steps(twin, [q], seed=2, count=1)
    assert p.item() == before
    assert q.item() != before


# What goes wrong when an optimiser is made ------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [lambda m: m, lambda m: m.parameters, lambda m: nn.Sequential(m), lambda m: nn.ModuleList([m])]
)
def test_a_model_in_place_of_its_parameters(given):
    with pytest.raises(TypeError, match=r"^SGD: expected params.*Did you mean model\.parameters\(\)\?"):
        optim.SGD(given(nn.Linear(2, 2)), lr=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": (0.9, 0.99)}, r"Adam: expected lr to be a number, got \(0\.9, 0\.99\)"),
        ({"lr": "a"}, "Adam: expected lr to be a number, got 'a'"),
        ({"eps": None}, "Adam: expected eps to be a number, got None"),
        ({"betas": 0.9}, r"Adam: expected betas to be two numbers, such as \(0\.9, 0\.999\), got 0\.9"),
        ({"betas": (0.9,)}, r"Adam: expected betas to be two numbers.*got \(0\.9,\)"),
        ({"betas": ("a", 0.9)}, r"Adam: expected betas\[0\] to be a number, got 'a'"),
    ],
)
def test_options_of_a_wrong_type_are_named(options, message):
    with pytest.raises(TypeError, match=message):
        optim.Adam(nn.Linear(2, 2).parameters(), **options)


def test_a_group_without_params():
    with pytest.raises(ValueError, match=r"SGD: a parameter group needs \"params\".*got the keys 'lr'"):
        optim.SGD([{"lr": 0.1}])


@pytest.mark.parametrize("state", [{}, {"weight": mg.ones(2)}, {"state": {}}])
def test_what_is_no_state_of_an_optimiser(state):
    optimizer = optim.Adam(nn.Linear(2, 2).parameters())
    with pytest.raises(
        ValueError, match=r"Adam: expected the state_dict\(\) of an optimiser.*'param_groups'"
    ):
        optimizer.load_state_dict(state)


def test_another_implementation_cannot_be_chosen():
    with pytest.raises(
        NotImplementedError, match=r"Adam: fused=True is not supported: .*\. Leave fused out\."
    ):
        optim.Adam(nn.Linear(2, 2).parameters(), fused=True)


# ---------------------------------------------------------------------------------- steps without gradients


def test_a_step_after_zero_grad_without_any_gradient_warns():
    p = parameter(1.0)
    optimizer = SGD([p], lr=0.1)
    for _ in range(2):  # before the first gradient, and after one that was forgotten too early
        optimizer.zero_grad()
        with pytest.warns(
            UserWarning, match=r"SGD: none of the parameters has a gradient.*backward"
        ) as caught:
            optimizer.step()
        assert caught[0].filename == __file__
        (p * p).sum().backward()
    assert p.item() == 1


def test_steps_that_may_be_meant_are_silent():
    """Warnings are errors here."""
    p, q = parameter(1.0), parameter(1.0)
    for make in EVERY:
        optimizer = make([p, q])
        optimizer.step()  # as one who draws the curve of a schedule does
        optimizer.step()
        optimizer.zero_grad()
        p.grad = Tensor(np.ones(1))  # of one parameter alone: a branch that was not taken
        optimizer.step()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        optimizer.step()  # gradients of 0 are gradients
        p.grad = None


def test_names_instead_of_parameters():
    with pytest.raises(TypeError, match=r"parameter 0 is a str\. Did you mean model\.parameters\(\)\?"):
        SGD(nn.Linear(2, 2).state_dict(), lr=0.1)


def test_a_loss_handed_to_step_is_told_to_go_backward():
    w = mg.tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match=r"^SGD.step: expected nothing, .*got a Tensor.*loss.backward\(\)"):
        SGD([w], lr=0.1).step(w * 2)

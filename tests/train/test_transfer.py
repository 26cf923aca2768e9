"""Transfer: what is frozen costs no gradient work and stays as it is; the rest learns as in PyTorch."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train


def network() -> nn.Sequential:
    mg.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()),
        nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU()),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 10),
    )


def nodes(loss: mg.Tensor) -> Iterator[Any]:
    """Everything that a backward pass goes through: recorded operations, and the leaves."""
    waiting, seen = [loss.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += [edge for edge, _ in getattr(node, "next_functions", ())]


def step(model: nn.Module, optimizer: optim.Optimizer) -> mg.Tensor:
    loss = nn.functional.cross_entropy(model(mg.randn(5, 3, 8, 8)), mg.tensor([0, 1, 0, 1, 1]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def test_only_the_head_is_in_the_graph() -> None:
    """Two operations, linear and the loss, whatever stands before them."""
    model = network()
    train.freeze(model, "*", unless="4.*")
    loss = nn.functional.cross_entropy(model(mg.randn(5, 3, 8, 8)), mg.tensor([0, 1, 0, 1, 1]))
    found = list(nodes(loss))
    recorded = [node for node in found if hasattr(node, "next_functions")]
    leaves = {id(node) for node in found if isinstance(node, mg.Tensor)}
    assert leaves == {id(parameter) for parameter in model[4].parameters()}
    assert len(recorded) <= 4 and not any(
        "conv" in node.op.name or "norm" in node.op.name for node in recorded
    )


def test_no_gradient_goes_into_what_lies_before_the_first_that_learns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the second block learning, its convolution's weight gets a gradient, and its input none."""
    from minigrad import kernels

    calls: list[str] = []
    for name in ("conv2d_input_grad", "conv2d_weight_grad"):
        real = getattr(kernels, name)
        monkeypatch.setattr(kernels, name, lambda *a, name=name, real=real: calls.append(name) or real(*a))
    model = network()
    loss = model(mg.randn(5, 3, 8, 8)).sum()
    loss.backward()
    assert sorted(calls) == ["conv2d_input_grad", "conv2d_weight_grad", "conv2d_weight_grad"]
    calls.clear()
    train.freeze(model, "0.*")
    model(mg.randn(5, 3, 8, 8)).sum().backward()
    assert calls == ["conv2d_weight_grad"]


def test_what_is_frozen_stays_as_it_is_and_the_rest_learns() -> None:
    model = network()
    names = train.freeze(model, ["0.*", "1.*"])
    assert names == [f"{i}.{j}.{kind}" for i in range(2) for j in range(2) for kind in ("weight", "bias")]
    before = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    optimizer = optim.Adam(train.parameter_groups(model, {"*": 0.01}))
    for _ in range(3):
        model.train()
        step(model, optimizer)
    for name, value in model.state_dict().items():
        assert np.array_equal(value.numpy(), before[name]) == (not name.startswith("4.")), name


def test_frozen_batch_norm_stays_in_evaluation_and_an_image_by_itself() -> None:
    """What a frozen network sees in an image does not depend on the images beside it."""
    model = network()
    step(model, optim.SGD(model.parameters(), lr=0.1))  # statistics that are not those of the start
    train.freeze(model, "*", unless="4.*")
    model.train()
    assert [layer.training for layer in model.modules() if isinstance(layer, nn.BatchNorm2d)] == [False] * 2
    assert model.training and model[4].training
    x = mg.randn(6, 3, 8, 8)
    np.testing.assert_allclose(
        model(x).detach().numpy()[:1], model(x[:1]).detach().numpy(), rtol=1e-5, atol=1e-6
    )
    assert all(
        not a.training for a in copy.deepcopy(model).train().modules() if isinstance(a, nn.BatchNorm2d)
    )


def test_without_it_statistics_move_and_images_depend_on_each_other() -> None:
    """What ``requires_grad_(False)`` alone leaves open, here as in PyTorch."""
    model = network()
    model.requires_grad_(False)
    before = model[0][1].running_mean.numpy().copy()
    x = mg.randn(6, 3, 8, 8)
    assert not np.allclose(model(x).numpy()[:1], model(x[:1]).numpy(), atol=1e-3)
    assert not np.array_equal(model[0][1].running_mean.numpy(), before)


def test_batch_norm_that_learns_in_part_is_trained() -> None:
    model = network()
    train.freeze(model, "*", unless="1.1.weight")
    model.train()
    assert [layer.training for layer in (model[0][1], model[1][1])] == [False, True]
    assert train.unfreeze(model, "0.1.*") == ["0.1.weight", "0.1.bias"]
    assert model[0][1].training and model[0][1].weight.requires_grad
    model.eval()
    assert not model[1][1].training


def test_batch_norm_without_parameters_goes_by_its_name() -> None:
    model = nn.Sequential(
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, affine=False)),
        nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, affine=False)),
    )
    train.freeze(model, "0.*")
    model.train()
    assert [part[1].training for part in model] == [False, True]
    train.freeze(model, "*", unless="1.0.weight")
    assert [part[1].training for part in model.train()] == [False, False]
    train.unfreeze(model, "0.*")
    assert [part[1].training for part in model.train()] == [True, False]
    train.freeze(model, unless="0.*")
    assert [part[1].training for part in model.train()] == [True, False]


def test_a_new_head_for_other_classes() -> None:
    model = network().eval()
    assert train.replace_head(model, 2) == train.head_of(model) == "4"
    assert model(mg.randn(5, 3, 8, 8)).shape == (5, 2)
    assert model[4].weight.requires_grad and not model[4].training
    with pytest.raises(TypeError, match=r"'0\.0' is a Conv2d; expected a Linear"):
        train.replace_head(model, 2, name="0.0")
    with pytest.raises(ValueError, match="Sequential has no linear layer"):
        train.head_of(nn.Sequential(nn.ReLU()))


def test_groups_learn_at_their_own_rates() -> None:
    """Plain gradient descent moves each by its rate times its gradient."""
    model = network()
    train.freeze(model, "0.*")
    groups = train.parameter_groups(model, {"4.*": 0.5, "0.*": 9.0, "*": 0.01}, momentum=0.0)
    assert [(len(group["params"]), group["lr"]) for group in groups] == [(2, 0.5), (4, 0.01)]
    before = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
    step(model, optim.SGD(groups, lr=1.0))
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = 0.5 if name.startswith("4.") else 0.01
            expected = before[name] - rate * parameter.grad.numpy()
            np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-5, atol=1e-7)


def test_names_that_fit_nothing_and_parameters_that_fit_no_name() -> None:
    model = network()
    with pytest.raises(ValueError, match=r"Sequential has a name like 'fc'; they are called 0\.0\.w"):
        train.freeze(model, "fc")
    with pytest.raises(ValueError, match=r"no pattern of '4.\*' fits '0.0.weight' and 7 more"):
        train.parameter_groups(model, {"4.*": 0.1})
    with pytest.raises(ValueError, match=r"name like 'head\.\*'"):
        train.parameter_groups(model, {"head.*": 0.1, "*": 0.1})


def test_twenty_steps_of_a_head_beside_pytorch() -> None:
    """ResNet18, its trunk frozen, batch norm in evaluation: weights within 1e-3 of PyTorch's, relatively."""
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models
    from models.resnet import resnet18

    mg.manual_seed(0)
    ours = resnet18()
    train.replace_head(ours, 2)
    theirs = torch_models.models("resnet").resnet18(num_classes=2)
    theirs.load_state_dict({k: torch.tensor(v.numpy().copy()) for k, v in ours.state_dict().items()})
    train.freeze(ours, "*", unless="fc.*")
    theirs.requires_grad_(False).eval().fc.requires_grad_(True)
    ours.train()
    optimizers = (
        optim.Adam(train.parameter_groups(ours, {"*": 1e-3})),
        torch.optim.Adam(theirs.fc.parameters(), lr=1e-3),
    )
    random = np.random.default_rng(0)
    for _ in range(20):
        x, y = random.normal(size=(4, 3, 32, 32)).astype(np.float32), random.integers(0, 2, 4)
        for model, optimizer, lib, F in zip(
            (ours, theirs), optimizers, (mg, torch), (nn.functional, torch.nn.functional), strict=True
        ):
            optimizer.zero_grad()
            F.cross_entropy(model(lib.tensor(x)), lib.tensor(y)).backward()
            optimizer.step()
    for name in ("weight", "bias"):
        mine, other = (getattr(model.fc, name).detach().numpy() for model in (ours, theirs))
        assert np.abs(mine - other).max() <= 1e-3 * np.abs(other).max()

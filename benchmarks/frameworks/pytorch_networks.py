"""The networks of models/ at work, in PyTorch's names: the same lines run PyTorch and minigrad."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks import networks
from benchmarks.networks import Network

Step = Callable[[], Any]


@dataclass
class Library:
    """What the lines below need of a library: its names, and models/ written in them."""

    lib: ModuleType
    nn: ModuleType
    optim: ModuleType
    models: Callable[[str], ModuleType]


class Scores:
    """Scores whose mean absolute value is taken when a number is asked for: after the time, not within it."""

    def __init__(self, scores: Any) -> None:
        self.scores = scores

    def __float__(self) -> float:
        return float(self.scores.abs().mean())


def network(name: str, on: Library, dropout: bool = True) -> Step:
    """The function that does one step of the network and gives its loss."""
    return prepare(networks.NETWORKS[name], on, dropout)[0]


def multiply_adds(name: str, on: Library) -> Step:
    """The function that counts the products of one step in convolutions and dense layers, by watching it.

    A layer's forward pass has as many as each of its backward passes: the one for its weight, and the one for
    its input where that needs a gradient.
    """
    step, models = prepare(networks.NETWORKS[name], on, dropout=True)
    count = 0

    def watch(layer: Any, inputs: tuple[Any, ...], output: Any) -> None:
        nonlocal count
        weight = getattr(layer, "weight", None)
        if weight is None or weight.ndim < 2:
            return  # no product of matrices: an activation, a batch norm
        passes = 1
        if output.requires_grad:
            passes += weight.requires_grad + inputs[0].requires_grad
        each = weight.numel() // weight.shape[0]
        transposed = "Transpose" in type(layer).__name__
        count += passes * each * (inputs[0] if transposed else output).numel()

    for model in models:
        for layer in model.modules():
            layer.register_forward_hook(watch)

    def run() -> int:
        nonlocal count
        count = 0
        step()
        return count

    return run


def prepare(network: Network, on: Library, dropout: bool) -> tuple[Step, list[Any]]:
    models = []
    for path in network.models:
        file, builder = path.split(".")
        options = {} if dropout or not network.dropout else {"dropout": 0.0}
        model = getattr(on.models(file), builder)(**options)
        start(model, network, on.lib)
        models.append(model)
    works = {"training": training, "head": head, "adversarial": adversarial, "inference": inference}
    return works[network.work](network, on, *models), models


def start(model: Any, network: Network, lib: ModuleType) -> None:
    """The same first weights everywhere; batch norm stays as it begins, at 1 and 0."""
    state = model.state_dict()
    for key, value in model.state_dict().items():
        if key.endswith(".weight") and value.ndim >= 2:
            made = networks.weights(key, tuple(value.shape), network.deviation, network.spread)
            state[key] = lib.tensor(made)
            bias = f"{key.removesuffix('.weight')}.bias"
            if bias in state:
                state[bias] = lib.tensor(networks.weights(bias, tuple(state[bias].shape)))
    model.load_state_dict(state)


def training(network: Network, on: Library, model: Any) -> Step:
    if network.optimizer == "Adam":
        optimizer = on.optim.Adam(model.parameters(), lr=networks.LEARNING_RATE)
    else:
        optimizer = on.optim.SGD(model.parameters(), lr=networks.LEARNING_RATE, momentum=0.9)
    data = itertools.cycle([(on.lib.tensor(x), on.lib.tensor(y)) for x, y in networks.labelled(network)])

    def step() -> Any:
        x, y = next(data)
        loss = on.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    return step


def head(network: Network, on: Library, model: Any) -> Step:
    """Training of the last layer alone."""
    step = training(network, on, model)
    model.eval()
    model.requires_grad_(False)
    list(model.children())[-1].requires_grad_(True)
    return step


def inference(network: Network, on: Library, model: Any) -> Step:
    model.eval()
    data = itertools.cycle([on.lib.tensor(x) for x, _ in networks.labelled(network)])

    def step() -> Any:
        with on.lib.no_grad():
            return Scores(model(next(data)))

    return step


def adversarial(network: Network, on: Library, generator: Any, discriminator: Any) -> Step:
    bce = on.nn.functional.binary_cross_entropy_with_logits
    rates = {"lr": networks.GAN_LEARNING_RATE, "betas": (0.5, 0.999)}
    generating = on.optim.Adam(generator.parameters(), **rates)
    telling = on.optim.Adam(discriminator.parameters(), **rates)
    data = itertools.cycle([(on.lib.tensor(x), on.lib.tensor(z)) for x, z in networks.with_noise(network)])
    real, made = on.lib.ones(network.batch, 1), on.lib.zeros(network.batch, 1)

    def step() -> Any:
        images, noise = next(data)
        fakes = generator(noise)
        told = bce(discriminator(images), real) + bce(discriminator(fakes.detach()), made)
        told.backward()
        telling.step()
        telling.zero_grad()

        discriminator.requires_grad_(False)
        fooled = bce(discriminator(fakes), real)
        fooled.backward()
        discriminator.requires_grad_(True)
        generating.step()
        generating.zero_grad()
        return told.detach() + fooled.detach()

    return step

"""Training steps on the card: minigrad and PyTorch, each as it comes and captured as a graph."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch

import minigrad as mg
from benchmarks import networks
from benchmarks.frameworks import torch_models
from benchmarks.frameworks.pytorch_networks import Library, start
from benchmarks.gpu import timing
from benchmarks.networks import GAN_LEARNING_RATE, LEARNING_RATE, NETWORKS, Network

CASES = (
    ("cnn", 128),
    ("cnn", 1024),
    ("fashion_own", 100),
    ("dcgan64", 64),
    ("dcgan64", 256),
    ("resnet18", 64),
)
STEPS = 4  # before the losses are compared
ROUNDS = 7
MILLISECONDS = 60  # of one round

Step = Callable[..., Any]


def cases() -> Iterator[dict[str, Any]]:
    """One record for each network and batch."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    mg.set_float32_matmul_precision("high")
    for name, batch in CASES:
        network = dataclasses.replace(NETWORKS[name], batch=batch)
        record: dict[str, Any] = {"network": name, "batch": batch}
        for library, capturing in itertools.product(("minigrad", "torch"), (False, True)):
            key = library + (" captured" if capturing else "")
            try:
                record[key] = _measured(network, library, capturing)
            except Exception as error:  # noqa: BLE001 (the others are measured all the same, and it is recorded)
                record[key] = {"failed": f"{type(error).__name__}: {error}"[:300]}
        yield record


def _measured(network: Network, library: str, capturing: bool) -> dict[str, float]:
    on_torch = library == "torch"
    step = step_of(network, on_torch, capturing)
    data = data_of(network, on_torch)
    if capturing:
        step = _captured_by_torch(step, data[0]) if on_torch else mg.cuda.capture(step)
    turns = itertools.cycle(data)
    losses = [float(step(*next(turns))) for _ in range(STEPS)]
    time = timing.of_torch if on_torch else timing.of_cupy
    once = time(lambda: step(*next(turns)), 3, 1)
    calls = max(3, round(MILLISECONDS / once))
    return {"ms": time(lambda: step(*next(turns)), calls, ROUNDS), "loss": losses[-1]}


def data_of(network: Network, on_torch: bool) -> list[Any]:
    """Batches on the card."""
    if network.work == "adversarial":
        pairs: Any = networks.with_noise(network)
    else:
        pairs = networks.labelled(network)
    if on_torch:
        return [tuple(torch.tensor(a).cuda() for a in pair) for pair in pairs]
    return [tuple(mg.tensor(a).to("cuda") for a in pair) for pair in pairs]


def step_of(network: Network, on_torch: bool, capturing: bool) -> Step:
    """The training step of a new model, of minigrad's or PyTorch's, as one that can be captured or not."""
    import importlib

    if on_torch:
        on = Library(torch, torch.nn, torch.optim, torch_models.models)
    else:
        on = Library(mg, mg.nn, mg.optim, lambda file: importlib.import_module(f"models.{file}"))
    options = {"capturable": True} if on_torch and capturing else {}
    models = []
    for path in network.models:
        file, builder = path.split(".")
        model = getattr(on.models(file), builder)()
        start(model, network, on.lib)
        models.append(model.to("cuda"))
    F = on.nn.functional
    if network.work == "adversarial":
        return _adversarial(network, on, options, *models)
    (model,) = models
    if network.optimizer == "Adam":
        optimizer = on.optim.Adam(model.parameters(), lr=LEARNING_RATE, **options)
    else:
        optimizer = on.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _adversarial(network: Network, on: Library, options: Any, generator: Any, discriminator: Any) -> Step:
    bce = on.nn.functional.binary_cross_entropy_with_logits
    rates = {"lr": GAN_LEARNING_RATE, "betas": (0.5, 0.999), **options}
    generating = on.optim.Adam(generator.parameters(), **rates)
    telling = on.optim.Adam(discriminator.parameters(), **rates)
    real, made = (make(network.batch, 1, device="cuda") for make in (on.lib.ones, on.lib.zeros))

    def step(images: Any, noise: Any) -> Any:
        telling.zero_grad()
        generating.zero_grad()
        fakes = generator(noise)
        told = bce(discriminator(images), real) + bce(discriminator(fakes.detach()), made)
        told.backward()
        telling.step()
        discriminator.requires_grad_(False)
        fooled = bce(discriminator(fakes), real)
        fooled.backward()
        discriminator.requires_grad_(True)
        generating.step()
        return told.detach() + fooled.detach()

    return step


def _captured_by_torch(step: Step, example: tuple[Any, ...]) -> Step:
    """The step as torch.cuda.graph has it: warmed up on another stream, captured, replayed on new inputs."""
    inputs = tuple(x.clone() for x in example)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = step(*inputs)

    def replay(*new: Any) -> Any:
        for mine, other in zip(inputs, new, strict=True):
            mine.copy_(other)
        graph.replay()
        return result

    return replay

"""How far apart twenty steps of fine-tuning end, in float32: minigrad and PyTorch, PyTorch and PyTorch.

    python tools/measure_fine_tuning.py                      ResNet18 at a rate of 0.001, then at 0.0001
    python tools/measure_fine_tuning.py --rates 0.01

A sum in another order differs in its last digit; where a unit is near ReLU's kink, or two numbers of a pool
are near each other, that decides which way a gradient goes, and the steps after it amplify what came of it.
PyTorch sums in another order on two threads, with channels last, and without oneDNN: how far its own runs
end apart is the yardstick for how far minigrad's may. Needs PyTorch.
"""

import argparse
import copy
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and benchmarks/ lie there

import numpy as np
import torch

import minigrad as mg
from benchmarks.frameworks import torch_models
from minigrad import nn, optim, train
from models.resnet import resnet18

STEPS, BATCH, SIDE = 20, 6, 48
FIRST = "conv1.weight"


def images(random: np.random.Generator) -> tuple[Any, Any]:
    """Two batches of noise, a little redder where the class is 1, and the classes."""
    x = random.normal(size=(2 * BATCH, 3, SIDE, SIDE)).astype(np.float32)
    y = np.arange(2 * BATCH) % 2
    x[y == 1, 0] += 0.5
    return x, y


def steps(lib: Any, functional: Any, optimizer: Any, model: Any, x: Any, y: Any) -> dict[str, Any]:
    """The weights after twenty steps."""
    for step in range(STEPS):
        part = slice(BATCH * (step % 2), BATCH * (step % 2 + 1))
        loss = functional.cross_entropy(model(lib.tensor(x[part])), lib.tensor(y[part]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: value.detach().numpy().astype(np.float64) for name, value in model.named_parameters()}


def in_torch(
    begin: Any, x: Any, y: Any, rate: float, *, threads: int = 1, last: bool = False, dnn: bool = True
) -> Any:
    """PyTorch's weights; ``last``: channels last. dnn: with oneDNN."""
    torch.set_num_threads(threads)
    model = copy.deepcopy(begin).train()
    if last:
        model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    with torch.backends.mkldnn.flags(enabled=dnn, allow_tf32=None):
        return steps(torch, torch.nn.functional, optimizer, model, x, y)


def apart(ours: Any, theirs: Any, names: Any) -> float:
    """The largest distance of a parameter of those names, relative to its size."""
    return max(
        float(np.linalg.norm(ours[name] - theirs[name]) / np.linalg.norm(theirs[name])) for name in names
    )


def main() -> None:
    """Print a table for each rate."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-3, 1e-4], metavar="X")
    for rate in parser.parse_args().rates:
        x, y = images(np.random.default_rng(0))
        mg.manual_seed(0)
        ours = resnet18()
        train.replace_head(ours, 2)
        begin = torch_models.models("resnet").resnet18(num_classes=2)
        begin.load_state_dict({k: torch.tensor(v.numpy().copy()) for k, v in ours.state_dict().items()})
        plain = in_torch(begin, x, y, rate)
        exact = in_torch(copy.deepcopy(begin).double(), x.astype(np.float64), y, rate)
        optimizer = optim.SGD(ours.parameters(), lr=rate, momentum=0.9)
        runs = {
            "PyTorch, one thread": plain,
            "PyTorch, two threads": in_torch(begin, x, y, rate, threads=2),
            "PyTorch, channels last": in_torch(begin, x, y, rate, last=True),
            "PyTorch, without oneDNN": in_torch(begin, x, y, rate, dnn=False),
            "minigrad": steps(mg, nn.functional, optimizer, ours.train(), x, y),
        }
        weights = [name for name, value in ours.named_parameters() if value.ndim > 1]
        print(f"\nrate {rate:g}: relative distance of the first layer's weights, and of any layer's")
        print(f"{'':26}{'from one thread':>22}{'from float64':>22}")
        for name, found in runs.items():
            told = [
                f"{apart(found, other, [FIRST]):.1e}, {apart(found, other, weights):.1e}"
                for other in (plain, exact)
            ]
            print(f"{name:26}{told[0]:>22}{told[1]:>22}", flush=True)


if __name__ == "__main__":
    main()

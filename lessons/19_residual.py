"""
Lesson 19: a way round, and a kernel for each map
=================================================

A network of twenty layers should be no worse than one of ten: ten of its layers could do nothing. It is worse
all the same, because nothing is hard to learn. ResNet turns it round: a layer says what to *add*, and adding
nothing is easy. EfficientNet asks what a convolution is paid for, and pays for the half of it. Both work by
hand first; then we measure what becomes of a gradient on its way through forty layers, and what a convolution
costs in two pieces.

    python lessons/19_residual.py           under a minute
    python lessons/19_residual.py --help    the other options
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import whole_number
from minigrad import course, nn, optim, train, viz
from minigrad.course.examples import residual
from minigrad.data import DataLoader, FashionMNIST, Subset, transforms
from models.efficientnet import efficientnet_b0
from models.resnet import resnet18, resnet50

parser = argparse.ArgumentParser(description="Residual connections and depthwise convolution.")
parser.add_argument("--depth", type=whole_number, default=40, metavar="N", help="layers of the deep network")
parser.add_argument("--images", type=whole_number, default=2000, metavar="N", help="to learn from")
parser.add_argument("--output", type=Path, default=Path("output/19_residual"), metavar="DIR")
options = parser.parse_args()
output = options.output
output.mkdir(parents=True, exist_ok=True)

# %%
# A block with a way round it
# ---------------------------
# ``y = x + f(x)``. Here f has two weights and a ReLU, and we go back from the loss to x. There are two ways.

paper = residual.open_block
print(f"{paper}\n")
paper.check()

# %%
# The sum of both is the gradient times ``1 + b a``: whatever the block does, the 1 stays. Now its ReLU shuts:

paper = residual.shut_block
print(f"{paper}\n")
paper.check()

# %%
# Both weights learn nothing from this example. But the layers *before* the block learn as if it were not
# there. That is all there is to it. He and others stacked 152 layers so.
#
# Through forty layers
# --------------------
# One block says little. Take many, ``relu(W x + b)`` with fresh weights, and look how large the gradient of
# the loss is at each layer, with the way round and without. (The weights begin as PyTorch's do, a little too
# small to pass on a signal whole: this is what a deep network meets that nobody has tuned.)


class Deep(nn.Module):
    """A layer in, ``depth`` layers of one width, a layer out."""

    def __init__(self, depth: int, way_round: bool, width: int = 48) -> None:
        super().__init__()
        self.first = nn.Linear(784, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.last = nn.Linear(width, 10)
        self.way_round = way_round

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        x = self.first(x.flatten(1))
        for block in self.blocks:
            added = nn.functional.relu(block(x))
            x = x + added if self.way_round else added
        return self.last(x)


scaled = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
images, tests = (FashionMNIST(train=half, transform=scaled, sample="only") for half in (True, False))
some = Subset(images, range(min(options.images, len(images))))
x, y = next(iter(DataLoader(some, 64)))

sizes = {}
for name, way_round in (("with a way round", True), ("without", False)):
    mg.manual_seed(0)
    deep = Deep(options.depth, way_round)
    nn.functional.cross_entropy(deep(x), y).backward()
    sizes[name] = np.array([float((block.weight.grad**2).mean().sqrt()) for block in deep.blocks])
    print(f"{name:18} gradient at the first block {sizes[name][0]:.1e}, at the last {sizes[name][-1]:.1e}")
shrunk = sizes["without"][0] / sizes["without"][-1]
assert sizes["with a way round"][0] > 1e3 * sizes["without"][0]
places = np.arange(1, options.depth + 1)
viz.lines(
    {name: (places, values + 1e-30) for name, values in sizes.items()},
    title="The gradient of each block's weights",
    x="block",
    y="root mean square",
    log=True,
).save(output / "gradients.svg")
print(f"Without it, a factor of {shrunk:.0e} is left: {(output / 'gradients.svg').resolve()}\n")

# %%
# So the first layers of the plain network learn next to nothing, and what they pass on is noise. Train both:

for name, way_round in (("with a way round", True), ("without", False)):
    mg.manual_seed(0)
    deep = Deep(options.depth, way_round)
    history = train.fit(
        deep,
        DataLoader(some, 64, shuffle=True),
        nn.CrossEntropyLoss(),
        optim.Adam(deep.parameters(), lr=3e-4),
        4,
        progress=False,
    )
    told = train.evaluate(deep, DataLoader(tests, 500), nn.CrossEntropyLoss(), [train.accuracy])
    print(f"{name:18} test accuracy {told['accuracy']:.1%}")

# %%
# A kernel for each map
# ---------------------
# A convolution does two things at once: it looks at neighbours, and it mixes maps. Every map that comes out
# has a kernel for every map that goes in. *Depthwise separable* convolution does one after the other: first
# each map meets one kernel, its own; then a convolution of 1 x 1 mixes, which sees no neighbours.

paper = residual.depthwise
print(f"\n{paper}\n")
paper.check()

# %%
# Look at the gradients of w1: they are of x1 and of u1, and of nothing else. In the library this is one word,
# ``groups``: with as many groups as channels each has its own kernel. The same numbers:

given = {name: np.array(paper.given[name], np.float32) for name in ("x1", "x2", "w1", "w2")}
maps = mg.tensor(np.stack([given["x1"], given["x2"]])[None])
kernels = mg.tensor(np.stack([given["w1"], given["w2"]])[:, None], requires_grad=True)
seen = nn.functional.conv2d(maps, kernels, groups=2)
mixed = nn.functional.conv2d(seen, mg.tensor([[[[2.0]], [[-1.0]]]]))
(mixed[0, 0] * mg.tensor([[1.0, 0.0], [2.0, -1.0]])).sum().backward()
assert mixed[0, 0].tolist() == [[-6, -2], [-2, 3]]
assert kernels.grad[0, 0].tolist() == [[-4, 10], [6, 10]]
print("Checked: conv2d with groups=2 says the same.\n")

# %%
# What is it good for? Count. From 64 maps to 64, with kernels of 3 x 3:
#
#     all at once:     3 * 3 * 64 * 64 weights
#     in two pieces:   3 * 3 * 64 + 64 * 64 weights, and as many multiplications per pixel

whole = nn.Conv2d(64, 64, 3, padding=1, bias=False)
pieces = nn.Sequential(
    nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), nn.Conv2d(64, 64, 1, bias=False)
)
assert train.count_parameters(whole) == 3 * 3 * 64 * 64
assert train.count_parameters(pieces) == 3 * 3 * 64 + 64 * 64
photographs = mg.randn(8, 64, 56, 56)
with mg.no_grad():
    for name, layer in (("all at once", whole), ("in two pieces", pieces)):
        layer(photographs)
        began = time.perf_counter()
        for _ in range(3):
            layer(photographs)
        took = (time.perf_counter() - began) / 3
        print(f"{name:14} {train.count_parameters(layer):6,} weights, {1000 * took:6.1f} ms")

# %%
# Eight times fewer weights, and not eight times faster: a multiplication is cheap today, and fetching a
# number is not. A depthwise convolution does nine multiplications with each number that it fetches.
#
# Two famous networks
# -------------------
# ResNet18 is made of residual blocks; ResNet50's have a narrow middle. EfficientNet-B0's blocks are wide in
# the middle, where they are depthwise, and narrow at the ends, which the way round joins. All are in
# ``models/``, each on a screen or two, with torchvision's names.

print()
for name, network in (("ResNet18", resnet18), ("ResNet50", resnet50), ("EfficientNet-B0", efficientnet_b0)):
    print(f"{name:16} {train.count_parameters(network()):>12,} weights")

# %%
# ``mg.summary(resnet18(), (1, 3, 224, 224))`` tells where they are. Lesson 20 takes what these have learnt.
#
# What to try
# -----------
# ``--depth 10`` and ``--depth 80``. Give the plain network batch norm after each layer: does it learn now?
# Multiply what a block adds by 0.1: how large is the gradient at the first block?
#
# Exercise
# --------
# Write the gradient of a depthwise convolution's kernels. ``x`` is (C, H, W), ``dy`` is (C, H - k + 1,
# W - k + 1), the gradient of what came out with stride 1 and no padding. Return (C, k, k): each number is the
# sum, over all places, of ``dy`` there times what the kernel's number met. Take out the line with ``raise``.


def kernels_gradient(x: np.ndarray, dy: np.ndarray, k: int) -> np.ndarray:
    raise NotImplementedError


# %%
# The check asks the engine.


def check(kernels_gradient: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    for c, h, w, k in ((1, 3, 3, 2), (2, 4, 5, 2), (3, 6, 4, 3), (2, 3, 3, 3)):
        x, kernels = random.normal(size=(c, h, w)), random.normal(size=(c, 1, k, k))
        dy = random.normal(size=(c, h - k + 1, w - k + 1))
        weight = mg.tensor(kernels, requires_grad=True)
        nn.functional.conv2d(mg.tensor(x[None]), weight, groups=c).backward(mg.tensor(dy[None]))
        right = weight.grad[:, 0].numpy()
        got = kernels_gradient(x.copy(), dy.copy(), k)
        if np.shape(got) != right.shape:
            raise course.NotYet(f"For x {x.shape} and k = {k} it is {right.shape}, not {np.shape(got)}.")
        if not np.allclose(got, right):
            place = tuple(int(i) for i in np.unravel_index(np.argmax(abs(got - right)), right.shape))
            raise course.NotYet(
                f"For x {x.shape} and k = {k}: {list(place)} should be {right[place]:.4f}, and is "
                f"{np.asarray(got)[place]:.4f}."
            )


print(course.solved(kernels_gradient, check))

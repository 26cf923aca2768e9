"""
Lesson 20: what one has learnt helps with another
=================================================

Ten photographs of a thing are too few to learn what edges, cloth and straps are. But another network has
learnt that from other photographs, and it did not learn it for these. We take a network that knows eight
kinds of clothes, put a new last layer on it for two kinds that it has never seen, and let different parts of
it learn: nothing but the head, everything at different speeds, everything from the beginning. On the way we
count what freezing saves, compute features once, and meet a trap that batch norm sets.

    python lessons/20_transfer.py           under a minute
    python lessons/20_transfer.py --help    the other options
"""

import argparse
import copy
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import whole_number
from minigrad import course, nn, optim, train
from minigrad.data import DataLoader, FashionMNIST, TensorDataset
from minigrad.data.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip, ToTensor
from minigrad.evaluation import kept_features
from models.cnn import garment_cnn

parser = argparse.ArgumentParser(
    description="Transfer learning: a network that knows clothes learns new ones."
)
parser.add_argument(
    "--images", type=whole_number, default=2000, metavar="N", help="to learn the old kinds from"
)
parser.add_argument("--epochs", type=whole_number, default=3, metavar="N", help="of learning the old kinds")
parser.add_argument("--draws", type=whole_number, default=3, metavar="N", help="of the few photographs")
parser.add_argument("--output", type=Path, default=Path("output/20_transfer"), metavar="DIR")
options = parser.parse_args()
output = options.output
output.mkdir(parents=True, exist_ok=True)

# %%
# The old task and the new one
# ----------------------------
# Fashion-MNIST has ten kinds. Two are put aside: shirts and coats, which are hard to tell apart. The network
# learns the other eight.

SCALED = Compose([ToTensor(), Normalize((0.5,), (0.5,))])
images, tests = (FashionMNIST(train=half, sample="only") for half in (True, False))  # 6,000 images
new = [images.classes.index(name) for name in ("Coat", "Shirt")]


def of_kinds(kinds: list[int], source: FashionMNIST, count: int | None = None) -> tuple[mg.Tensor, mg.Tensor]:
    """The images of those kinds, numbered 0, 1, ... in this order."""
    chosen = np.flatnonzero(np.isin(source.targets, kinds))[:count]
    targets = np.array([kinds.index(kind) for kind in np.asarray(source.targets)[chosen]])
    return SCALED.batch(np.asarray(source.data)[chosen]), mg.tensor(targets)


old = [kind for kind in range(10) if kind not in new]
mg.manual_seed(0)
trunk = garment_cnn(1, 28, len(old), (16, 32))
train.fit(
    trunk,
    DataLoader(TensorDataset(*of_kinds(old, images, options.images)), 64, shuffle=True),
    nn.CrossEntropyLoss(),
    optim.Adam(trunk.parameters(), lr=2e-3),
    options.epochs,
    progress=False,
)
told = train.evaluate(
    trunk, DataLoader(TensorDataset(*of_kinds(old, tests)), 500), nn.CrossEntropyLoss(), [train.accuracy]
)
print(f"It names {told['accuracy']:.1%} of the eight old kinds rightly.")

# %%
# A new head, and the rest frozen
# -------------------------------
# The last layer names eight kinds, so it goes. What comes before it stays, and its numbers must not change:
# ``train.freeze`` says so by patterns of names, and returns which.

model = copy.deepcopy(trunk)
head = train.replace_head(model, len(new))
frozen = train.freeze(model, "*", unless=f"{head}.*")
learning = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
print(
    f"\n{len(frozen)} parameters frozen, {frozen[0]} to {frozen[-1]}; "
    f"{learning} numbers learn, in layer {head}."
)

# %%
# What does it save? Backward goes from the loss to what learns, and no further. Count the operations that a
# backward pass walks through, and take its time:

x_few, y_few = of_kinds(new, images, 64)


def operations(loss: mg.Tensor) -> int:
    """How many recorded operations are behind a loss."""
    waiting, seen = [loss.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node not in seen and not isinstance(node, mg.Tensor):
            seen.add(node)
            waiting += [edge for edge, _ in node.next_functions]
    return len(seen)


counts = []
for name, network in (("everything learns", train.replace_head), ("the head alone", None)):
    one = copy.deepcopy(trunk if network else model)
    if network:
        network(one, len(new))
    one.train()
    loss = nn.functional.cross_entropy(one(x_few), y_few)
    counts.append(operations(loss))
    began = time.perf_counter()
    loss.backward()
    print(f"{name:18} {counts[-1]:3} operations, backward {1000 * (time.perf_counter() - began):6.2f} ms")
assert counts[1] <= 3 < counts[0]

# %%
# What freezing leaves is the forward pass, and that gives the same for the same image, every epoch. So one
# looks once and keeps what was seen (``kept_features``): then an epoch costs one layer of a few numbers.

for attempt in ("first", "second"):
    began = time.perf_counter()
    seen = kept_features(model, x_few.numpy(), output / "features")
    took = time.perf_counter() - began
    print(f"{attempt:7} time: {seen.shape[1]} features of {len(seen)} images in {took:.3f} s")

# %%
# A trap
# ------
# Batch norm takes mean and variance of the batch while it is trained, and running ones in evaluation (lesson
# 12). Now say its weights are frozen, but nobody has told it that it is not being trained any more:
# ``requires_grad_(False)`` does not. What does the network see in a coat?

careless = copy.deepcopy(trunk)
train.replace_head(careless, len(new))
careless.requires_grad_(False)
careless.train()
for name, network in (("frozen carelessly", careless), ("by train.freeze", model.train())):
    body = copy.deepcopy(network)
    body.set_submodule(head, nn.Identity())
    with mg.no_grad():
        among_others, by_itself = body(x_few)[:1], body(x_few[:1])
    apart = float((among_others - by_itself).abs().max() / by_itself.abs().max())
    print(f"{name:18} the same coat, by itself and among others: {apart:.0%} apart")

# %%
# It depends on who stands beside it. And while the head learns, the running statistics move, so that the
# network that is tested is not the one that was trained. A report that lesson 21 reads did so.
#
# Who learns best from few?
# -------------------------
# A few coats and shirts, drawn anew each time; all others are the test. Four ways: from the beginning; the
# head alone, on kept features; everything, but the trunk a sixteenth as fast as the head; and the same with
# augmentation: each image mirrored or not and moved by up to two pixels, so that few are seen twice.

x_test, y_test = of_kinds(new, tests)
x_all, y_all = of_kinds(new, images)
seen_all, seen_test = (kept_features(model, x.numpy(), output / "features") for x in (x_all, x_test))


def share_right(network: nn.Module, x: mg.Tensor) -> float:
    network.eval()
    with mg.no_grad():
        return float((network(x).argmax(1) == y_test).float().mean())


def learn(
    network: nn.Module,
    groups: list[dict[str, object]],
    x: mg.Tensor,
    y: mg.Tensor,
    change: Callable[[mg.Tensor], mg.Tensor] = lambda x: x,
    steps: int = 30,
) -> nn.Module:
    """So many steps of Adam on all of the few at once."""
    adam = optim.Adam(groups)
    network.train()
    for _ in range(steps):
        loss = nn.functional.cross_entropy(network(change(x)), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return network


moved = Compose([RandomHorizontalFlip(), RandomCrop(28, padding=2, fill=-1)])
rows: dict[str, list[list[float]]] = {}
for each in (3, 10):
    for draw in range(options.draws):
        random = np.random.default_rng(100 * each + draw)
        mg.manual_seed(draw)
        few = np.concatenate([random.permutation(np.flatnonzero(y_all.numpy() == k))[:each] for k in (0, 1)])
        x, y = x_all[few], y_all[few]
        found = {}
        fresh = garment_cnn(1, 28, 2, (16, 32))
        found["from the beginning"] = share_right(
            learn(fresh, train.parameter_groups(fresh, {"*": 2e-3}), x, y), x_test
        )
        layer = nn.Linear(seen_all.shape[1], 2)
        slow = train.parameter_groups(layer, {"*": 1e-2})
        learn(layer, slow, mg.tensor(seen_all[few]), y, steps=150)
        found["the head alone"] = share_right(layer, mg.tensor(seen_test))
        for name, change in (
            ("everything, at two speeds", lambda x: x),
            ("the same, augmented", moved.batch),
        ):
            whole = copy.deepcopy(trunk)
            train.replace_head(whole, 2)
            speeds = train.parameter_groups(whole, {f"{head}.*": 5e-3, "*": 3e-4})
            found[name] = share_right(learn(whole, speeds, x, y, change), x_test)
        for name, value in found.items():
            rows.setdefault(name, [[], []])[each == 10].append(value)
print(f"\nright, of {len(y_test)} new ones          learnt from 3 of each   from 10")
for name, (three, ten) in rows.items():
    print(f"{name:30} {np.mean(three):16.1%} {np.mean(ten):13.1%}")

# %%
# Two things to see. From ten of each, what was learnt from other clothes helps more than beginning anew; from
# three, it is the luck of the draw. And the head alone is quick, cannot spoil anything, and does about as
# well as the rest: a linear layer has few numbers to learn by heart with. That holds where the old task looks
# at what the new one needs. Lesson 21 has a task that needs colours, and networks that overlook them.
#
# What to try
# -----------
# Put other kinds aside: "Sandal" and "Bag" (in ``new``). Freeze the first convolution only. Let the careless
# network of above learn: is it worse? ``minigrad.weights.load_pretrained("resnet18")`` fetches a network that
# knows a thousand kinds of things, and ``models/resnet.py`` has the network for it.
#
# Exercise
# --------
# In evaluation, batch norm is a number that multiplies and one that is added, for each map; the convolution
# before it can do that itself. Fold it in. ``weight`` is (O, I, k, k), of a convolution that has no bias;
# ``gamma``, ``beta``, ``mean``, ``variance`` are batch norm's, (O,), and ``eps`` its small number. Return the
# weight (O, I, k, k) and the bias (O,) of one convolution that does both. Take out the line with ``raise``.


def fold(
    weight: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    raise NotImplementedError


# %%
# The check runs both layers, one after the other, on random maps.


def check(fold: Callable[..., tuple[np.ndarray, np.ndarray]]) -> None:
    random = np.random.default_rng(0)
    for o, i, k, eps in ((1, 1, 1, 1e-5), (3, 2, 3, 1e-5), (2, 4, 2, 0.5)):
        weight, (gamma, beta, mean) = random.normal(size=(o, i, k, k)), random.normal(size=(3, o))
        variance = random.uniform(0.1, 3, o)
        got = fold(*(a.copy() for a in (weight, gamma, beta, mean, variance)), eps)
        if not isinstance(got, tuple) or len(got) != 2:
            raise course.NotYet(f"Return a weight and a bias, not {type(got).__name__}.")
        shapes = np.shape(got[0]), np.shape(got[1])
        if shapes != (weight.shape, (o,)):
            raise course.NotYet(f"Expected a weight {weight.shape} and a bias {(o,)}, got {shapes}.")
        x = mg.tensor(random.normal(size=(2, i, 5, 5)))
        F = nn.functional
        statistics = (mg.tensor(a) for a in (mean, variance, gamma, beta))
        right = F.batch_norm(F.conv2d(x, mg.tensor(weight)), *statistics, eps=eps)
        ours = F.conv2d(x, mg.tensor(got[0]), mg.tensor(got[1]))
        if not mg.allclose(right, ours):
            left = right - F.conv2d(x, mg.tensor(got[0]))  # one number for each map, if the weight is right
            part = "the bias" if mg.allclose(left, left[:1, :, :1, :1]) else "the weight"
            raise course.NotYet(f"With {o} maps and eps = {eps:g} the outputs differ: look at {part}.")


print(course.solved(fold, check))

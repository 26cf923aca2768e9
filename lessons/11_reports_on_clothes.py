"""
Lesson 11: two reports on clothes, read with a pencil
=====================================================

Two reports of coursework classify Fashion-MNIST, with tables, curves and figures. We have trained their
networks again. What does one look at in such a report? Whether the figures can be had again; how far
apart two figures must be to mean something; and whether the tables fit together. One of them does not, and
behind it is a slip that changes what a network computes.

    python lessons/11_reports_on_clothes.py        reads what was trained, and trains two small networks
    python -m lessons.reports 001                  trains the networks of the first report
    python -m lessons.reports 002                  and those of the second, some of them on photographs
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.reports.kept import kept
from lessons.reports.recipes import RECIPES
from minigrad import course, nn, optim, train, viz
from minigrad.data import DataLoader, FashionMNIST, TensorDataset
from models.cnn import fashion_channel_norm, fashion_row_norm

output = Path("output/11_reports_on_clothes")
output.mkdir(parents=True, exist_ok=True)

# %%
# The figures, again
# ------------------
# The command of the title writes a page, and the figures into a file; these are the ones that are kept with
# the project. Data, layers, optimiser and number of epochs are as a report says. The second one leaves things
# open: it names three sizes of batches and two activations without saying which network had which, and no
# rate of dropout. There we tried some and took what did well; the recipes in
# ``lessons/reports/recipes.py`` say what. Our choices saw the test images, too, so do not count small
# differences in our favour.


networks = {(report, name): figures for report in ("001", "002") for name, figures in kept(report).items()}
print(f"{'report':8}{'network':20}{'accuracy':>10}{'report':>10}{'epochs':>8}{'hours':>8}")
for recipe in RECIPES:
    figures = networks.get((recipe.report, recipe.name))
    if figures is None or recipe.data != "fashion-mnist":
        continue
    published = f"{recipe.published['accuracy']:.2%}" if recipe.published else ""
    epochs = np.mean([run["epochs"] for run in figures["runs"]])
    hours = np.mean([run["seconds"] for run in figures["runs"]]) / 3600
    print(
        f"{recipe.report:8}{recipe.name:20}{figures['mean']['accuracy']:10.2%}{published:>10}{epochs:8.0f}{hours:8.2f}"
    )

# %%
# How much is a difference worth?
# -------------------------------
# 10,000 test images were named, a share p of them rightly. Had others been drawn, the share would be another:
# its standard deviation is sqrt(p (1 - p) / 10,000). Two networks that are less than about three such
# deviations apart may as well be equally good. And the same network, begun with other random weights, ends
# elsewhere, too.

p, n = 0.91, 10_000
deviation = (p * (1 - p) / n) ** 0.5
print(f"\nOf {n:,} images, {p:.0%} right: give or take {deviation:.2%}.")
for (_, name), figures in networks.items():
    if len(figures["runs"]) > 1:
        spread = [f"{run['test']['accuracy']:.2%}" for run in figures["runs"]]
        print(f"{name}, from one seed to the next: {', '.join(spread)}")

# %%
# So the second digit after the point says nothing, and a report of one run, as both of these are, says
# something of that run.
#
# The table that does not fit
# ---------------------------
# The second report's own network normalises before each convolution. Its summary says: after the first
# convolution the maps are 28 x 28, there are 32 of them, and the batch norm that follows has 112 numbers.
# Batch norm has four numbers for whatever it normalises: a scale, a shift, a running mean and a running
# variance.

numbers = 112
print(f"\nThe table's {numbers} numbers are 4 for each of {numbers // 4}. 32 channels would have {4 * 32}.")

# %%
# 28 is the side of the image. In the library that was used, an image is (height, width, channels), and the
# layer was told to normalise axis 1. That is right where the channels come first; here it was the height. So
# the network has a mean and a variance for each row of the image, over all its channels. All the other lines
# of the table agree:

everything = {}
for title, build in (("rows", fashion_row_norm), ("channels", fashion_channel_norm)):
    model = build()
    norms = [layer for layer in model if type(layer).__name__.startswith("BatchNorm")]
    counts = [4 * norm.num_features for norm in norms]
    everything[title] = sum(v.numel() for k, v in model.state_dict().items() if "tracked" not in k)
    print(f"normalising {title:9} {counts}, {everything[title]:,} numbers in all")
reported = next(recipe for recipe in RECIPES if recipe.name == "fashion-own")
assert everything["rows"] == reported.parameters
assert reported.parameters == sum(
    v.numel() for k, v in fashion_row_norm().state_dict().items() if "tracked" not in k
)

# %%
# The report's table has 112, 112, 56, 28 and 4,096, and 109,726 in all: it is rows.
#
# What it does
# ------------
# A convolution looks everywhere for the same thing: move the image by two rows, and what it finds moves by
# two rows. Lesson 9 was about that. A norm over channels keeps it, for it treats all places alike. One over
# rows does not: each row has its own mean, and what moves to another row meets another one. We let a network
# see some images, so that the means are those of clothes, and then shift one.

clothes = FashionMNIST(sample="only")
x = clothes.data[:200].float()[:, None] / 255
image = x[:1]
moved = mg.zeros_like(image)
moved[:, :, 2:] = image[:, :, :-2]  # two rows down


def first_maps(build: Callable[..., nn.Sequential], image: mg.Tensor) -> mg.Tensor:
    mg.manual_seed(0)
    model = build()
    with mg.no_grad():
        model[0].momentum = 1.0  # the running means become those of the next batch
        model[0](x)
        model.eval()
        return model[2](model[1](model[0](image)))  # norm, convolution, ReLU


print()
for title, build in (("rows", fashion_row_norm), ("channels", fashion_channel_norm)):
    before, after = first_maps(build, image), first_maps(build, moved)
    # the same place of the garment, away from the border, where the padding is seen
    difference = (after[:, :, 6:-4] - before[:, :, 4:-6]).abs().max().item() / before.abs().max().item()
    print(f"normalising {title:9} a shift by two rows changes the maps by up to {difference:.1%}")
    if title == "channels":
        assert difference < 1e-5
    else:
        assert difference > 0.05

# %%
# What it costs
# -------------
# Less than one would think, on these images: clothes are always upright and in the middle, so that a row of
# pixels is nearly a feature of its own, the sleeves' row, the soles' row. Two trainings, of 300 images each,
# for a first look:

learning = TensorDataset(clothes.data[:300].float()[:, None] / 255, clothes.targets[:300])
others = FashionMNIST(train=False, sample="only")
test = TensorDataset(others.data[:500].float()[:, None] / 255, others.targets[:500])
loss_fn = nn.CrossEntropyLoss()
print()
for title, build in (("rows", fashion_row_norm), ("channels", fashion_channel_norm)):
    mg.manual_seed(0)
    model = build(dropout=0.0)
    for layer in model:
        if hasattr(layer, "running_mean"):
            layer.momentum = 0.1  # in so few steps, running means have to follow faster
    train.fit(
        model,
        DataLoader(learning, 20, shuffle=True),
        loss_fn,
        optim.Adam(model.parameters(), lr=0.001),
        2,
        progress=False,
    )
    scores = train.evaluate(model, DataLoader(test, 500), loss_fn, [train.accuracy])
    print(f"normalising {title:9} after 2 epochs on 300 images: accuracy {scores['accuracy']:.1%}")

# %%
# Small networks, few images: do not make much of that. With all images, as in the report:

for name, title in (("fashion-own", "rows, as reported"), ("fashion-channels", "channels")):
    figures = networks.get(("002", name))
    if figures is None:
        print(f"{title}: not trained yet; python -m lessons.reports 002 --networks {name}")
        continue
    print(f"{title}: accuracy {figures['mean']['accuracy']:.2%}, loss {figures['mean']['loss']:.4f}")

# %%
# How they learned
# ----------------

panels = [
    viz.lines(
        {
            "validation" if "val_" in column else "training": (np.arange(1, len(values) + 1), values)
            for column, values in figures["runs"][0]["history"].items()
            if column.endswith("loss")
        },
        title=name,
        x="epoch",
        y="loss",
        limits=(0, 0.8),
        legend_columns=1,
    )
    for (_, name), figures in networks.items()
    if "cifar" not in name
]
picture = viz.beside(*panels)
picture.save(output / "curves.png")
print(f"\nThe curves: {(output / 'curves.png').resolve()}")

# %%
# What to try
# -----------
# ``python -m lessons.reports 002 --quick`` writes the whole page in minutes, with summaries, matrices,
# mistakes and predictions, as the reports have them. Which classes does every network confuse?
#
# Exercise
# --------
# Write batch norm, as it is in training and without scale and shift, for any axis. ``x`` is a NumPy array of
# any number of axes. For each index along ``axis``, all that lies there has one mean and one variance (the
# mean of the squared distances); return what is left when the mean is taken away and the rest is divided by
# the root of variance plus ``eps``. Take out the line with ``raise``.


def normalise(x: np.ndarray, axis: int, eps: float) -> np.ndarray:
    raise NotImplementedError


# %%
# The check tries every axis, and whether it is the same as the layer of the report.


def check(normalise: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    x = random.normal(3, 2, (4, 3, 6, 5))
    given = x.copy()
    for axis in range(4):
        y = np.asarray(normalise(x, axis, 1e-12))
        if y.shape != x.shape:
            raise course.NotYet(f"The shape should stay {x.shape}; it is {y.shape}.")
        rest = tuple(other for other in range(4) if other != axis)
        if np.abs(y.mean(rest)).max() > 1e-6:
            raise course.NotYet(
                f"With axis={axis}, the means over the other axes should be 0: {y.mean(rest)}."
            )
        if np.abs(y.var(rest) - 1).max() > 1e-6:
            raise course.NotYet(f"With axis={axis}, the variances should be 1: {y.var(rest)}.")
    layer = nn.BatchNorm(6, eps=1e-3, axis=2)
    expected = layer(mg.tensor(x.astype(np.float32))).detach().numpy()
    if np.abs(normalise(x, 2, 1e-3) - expected).max() > 1e-4:
        raise course.NotYet("With eps=0.001 it should be what the layer gives: eps is added to the variance.")
    if not np.array_equal(x, given):
        raise course.NotYet("x itself has changed; make a new array.")


print(course.solved(normalise, check))

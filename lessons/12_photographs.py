"""
Lesson 12: photographs, in ten classes and in a hundred
=======================================================

Clothes lie flat, in the middle, before a black background. A cat does as it pleases. On the photographs of
CIFAR-10 and CIFAR-100 the networks of the second report show what clothes hide: that convolution is worth
more than size, that a network can be sure and wrong, and that "60 % right" is a lot where there are a hundred
classes.

    python lessons/12_photographs.py               reads what was trained: seconds, and no photographs needed
    minigrad data fetch cifar-10 cifar-100         the photographs, 340 MB
    python -m lessons.reports 002                  trains all networks of the report: hours
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.reports.kept import kept
from lessons.reports.recipes import RECIPES
from minigrad import course, viz
from minigrad.data import CIFAR10, FashionMNIST, transforms
from minigrad.errors import DataError
from minigrad.evaluation import Evaluation

output = Path("output/12_photographs")
output.mkdir(parents=True, exist_ok=True)

# %%
# The same three kinds of network
# -------------------------------
# A dense network, a plain convolutional one, and the report's own with batch norm and dropout, for images of
# 32 x 32 in three colours. These are the figures that are kept with the project, beside the report's.

networks = kept("002")
chance = {"cifar-10": 1 / 10, "cifar-100": 1 / 100}
print(f"{'network':15}{'parameters':>12}{'accuracy':>10}{'report':>9}{'by chance':>11}")
for recipe in RECIPES:
    figures = networks.get(recipe.name)
    if recipe.data not in chance or not recipe.published:
        continue
    ours = f"{figures['mean']['accuracy']:.1%}" if figures else "-"
    published, by_chance = recipe.published["accuracy"], chance[recipe.data]
    print(f"{recipe.name:15}{recipe.parameters:12,}{ours:>10}{published:9.1%}{by_chance:11.0%}")
missing = [r.name for r in RECIPES if r.data in chance and r.published and r.name not in networks]
if missing:
    print(f"Not trained yet: {', '.join(missing)}. python -m lessons.reports 002 --networks {missing[0]}")

# %%
# On clothes, the dense network is a few per cent behind the convolutional one. Here it is a quarter of all
# images. It would have to learn for each place anew what an ear looks like; a kernel learns it once. And the
# convolutional network has fewer parameters.
#
# Learning, and when to stop
# --------------------------

shown = {name: networks[name] for name in ("cifar10-mlp", "cifar10-cnn") if name in networks}
panels = []
for name, figures in shown.items():
    history = figures["runs"][0]["history"]
    epochs = np.arange(1, len(history["loss"]) + 1)
    lowest = int(np.argmin(history["val_loss"]))
    assert figures["runs"][0]["kept epoch"] == lowest + 1
    at_lowest, at_end = history["val_loss"][lowest], history["val_loss"][-1]
    print(
        f"{name}: validation loss {at_lowest:.3f} after epoch {lowest + 1}, {at_end:.3f} after {len(epochs)}"
    )
    panels.append(
        viz.lines(
            {"training": (epochs, history["loss"]), "validation": (epochs, history["val_loss"])},
            dots={"weights kept": ([lowest + 1], [history["val_loss"][lowest]])},
            title=name,
            x="epoch",
            y="loss",
            limits=(0, 2.2),
            legend_columns=1,
        )
    )
if panels:
    viz.beside(*panels).save(output / "curves.png")
    print(f"The curves: {(output / 'curves.png').resolve()}")

# %%
# The plain convolutional network learns its 45,000 training images by heart within a few epochs more. Early
# stopping goes back to the weights before that. It is the cheapest remedy, and the report's own network has
# two more, lesson 8's: dropout and batch norm.
#
# Right, nearly right, and sure
# -----------------------------
# Accuracy asks for the first guess alone. Where classes are close to each other, one may ask whether the
# right one is among the first three, or five. And one may ask whether a network knows what it knows: of the
# images that it is 80 % sure of, are 80 % right? Sort all images by how sure it is, and compare; the mean
# distance is called calibration error.

print(f"\n{'network':15}{'first':>8}{'first 3':>9}{'first 5':>9}{'error':>8}   most frequent mistake")
for name, figures in networks.items():
    if name.startswith("cifar"):
        run = figures["runs"][0]
        first, three, five = (run["top k"][k] for k in ("1", "3", "5"))
        guesses = f"{first:8.1%}{three:9.1%}{five:9.1%}"
        print(f"{name:15}{guesses}{run['calibration error']:8.3f}   {run['mistakes'][0]}")

# %%
# By hand, for four images and three classes. ``Evaluation`` takes what a network says and what is right, and
# answers such questions; each answer prints, plots and saves itself.

probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])
answers = Evaluation(probabilities, [0, 1, 1, 0], ["cat", "dog", "fox"], probabilities=True)
print(f"\n{answers.top_k((1, 2, 3))}")
assert answers.top_k((1, 2)).accuracy == {1: 2 / 4, 2: 3 / 4}
print(answers.confusion_matrix())

# %%
# More images than there are
# --------------------------
# The report names a remedy that it did not use: to show the network each photograph a little changed, every
# time anew. A cat that looks to the left is a cat when it looks to the right. So images are mirrored, moved,
# turned, zoomed, and in places blanked. What may be changed depends on what is to be recognised: a 6 that is
# turned far enough is a 9.

try:
    photographs, labels = (lambda d: (d.data[:4], [d.classes[t] for t in d.targets[:4]]))(
        CIFAR10(train=False, download=False)
    )
except DataError:
    clothes = FashionMNIST(train=False, sample="only")
    photographs = np.repeat(clothes.data[:4].numpy()[..., None], 3, axis=3)
    labels = [clothes.classes[t] for t in clothes.targets.numpy()[:4]]

ways = {
    "mirrored": transforms.RandomHorizontalFlip(p=1),
    "moved": transforms.RandomCrop(photographs.shape[1], padding=4),
    "turned": transforms.RandomRotation(25, "bilinear"),
    "zoomed": transforms.RandomAffine(0, scale=(0.7, 1.4), interpolation="bilinear"),
    "sheared": transforms.RandomAffine(0, shear=25, interpolation="bilinear"),
    "in part": transforms.RandomErasing(p=1),
}
mg.manual_seed(0)
x = transforms.ToTensor().batch(photographs)  # (4, 3, H, W), from 0 to 1
columns, captions = [x], list(labels)
for name, way in ways.items():
    columns.append(way.batch(x))
    captions += [name] * 4
images = np.concatenate([c.numpy() for c in columns]).reshape(-1, 4, *x.shape[1:])  # (ways + 1, 4, 3, H, W)
order = images.transpose(1, 0, 3, 4, 2).reshape(-1, *photographs.shape[1:])  # one photograph per row
rows = np.array(captions).reshape(-1, 4).T.ravel()
viz.image_grid(order, list(rows), columns=len(ways) + 1).save(output / "changed.png")
print(f"\nChanged images: {(output / 'changed.png').resolve()}")

# %%
# To train with them, give them to the data set, after ``ToTensor()``, as in ``CIFAR10(transform=Compose([
# ToTensor(), RandomHorizontalFlip(), RandomCrop(32, padding=4)]))``. The images are changed as they are
# fetched, a batch at once. The test images stay as they are.
#
# What to try
# -----------
# Train ``cifar_cnn`` with and without such changes. How much later does the validation loss rise again?
#
# Exercise
# --------
# Write top-k accuracy. ``scores`` is an array (N, classes), ``targets`` holds N class numbers: return the
# share of images whose class is among the ``k`` with the highest scores. No two scores of an image are equal.
# Take out the line with ``raise``.


def top_k(scores: np.ndarray, targets: np.ndarray, k: int) -> float:
    raise NotImplementedError


# %%
# The check counts image by image.


def check(top_k: Callable[..., float]) -> None:
    random = np.random.default_rng(0)
    for classes in (3, 10, 100):
        scores, targets = random.normal(size=(50, classes)), random.integers(classes, size=50)
        for k in (1, 2, 3, classes):
            higher = [(row > row[target]).sum() for row, target in zip(scores, targets, strict=True)]
            right = float(np.mean(np.array(higher) < k))
            got = top_k(scores.copy(), targets.copy(), k)
            if not isinstance(got, float) or not abs(got - right) < 1e-9:
                raise course.NotYet(f"With {classes} classes and k={k} it is {right:.2f}, not {got!r}.")


print(course.solved(top_k, check))

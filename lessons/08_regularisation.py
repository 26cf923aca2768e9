"""
Lesson 8: learning, and learning by heart
=========================================

A network with more weights than it has examples can remember each of them. It then knows all answers to what
it has seen, and that is not what we want of it. Whatever is done against this is called regularisation. We
let a network learn a thousand images by heart and watch how it happens, and then look at what early stopping,
dropout and batch norm do to it.

    python lessons/08_regularisation.py
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that it runs without an installation

import numpy as np

import minigrad as mg
from minigrad import course, nn, optim, train, viz
from minigrad.course.examples import regularisation
from minigrad.data import DataLoader, FashionMNIST, TensorDataset

output = Path("output/08_regularisation")
output.mkdir(parents=True, exist_ok=True)

# %%
# Three heaps of images
# ---------------------
# Of the small sample of Fashion-MNIST that comes with minigrad, the network may learn from 1,000 images. It
# has more than 200 weights for each of them. 2,000 others, the validation set, tell us after each epoch how
# well it does on what it has not seen. What we do by looking at them, choosing a network say, or the epoch to
# stop at, makes their figures look a little too good. So 1,000 more, the test set, are kept back, and looked
# at once, when everything is decided.

clothes, others = (FashionMNIST(train=half, sample="only") for half in (True, False))


def pixels_and_classes(data: FashionMNIST, part: slice) -> TensorDataset:
    return TensorDataset(data.data[part].float() / 255, data.targets[part])


learning = pixels_and_classes(clothes, slice(0, 1000))
validation = pixels_and_classes(clothes, slice(3000, 5000))
test = pixels_and_classes(others, slice(0, 1000))

loss_fn = nn.CrossEntropyLoss()
metrics = {"accuracy": train.accuracy}
EPOCHS = 40


def network(dropout: float = 0.0, batch_norm: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in ((784, 256), (256, 128)):
        layers.append(nn.Linear(inputs, outputs))
        if batch_norm:
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.ReLU())
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(128, 10))


# %%
# The history that ``fit`` keeps measures the validation images after each epoch, with the network at rest,
# but the training images while the weights change and dropout is at work. Here we want to compare like with
# like. So a callback of our own measures those after each epoch and at rest, too.


class AtRest(train.Callback):
    def __init__(self) -> None:
        self.training: list[float] = []
        self.validation: list[float] = []

    def on_epoch_end(self, run: train.Run) -> None:
        self.training.append(train.evaluate(run.model, DataLoader(learning, 1000), loss_fn)["loss"])
        self.validation.append(run.scores["val_loss"])


def learn(model: nn.Module, callbacks: Sequence[train.Callback] = ()) -> tuple[AtRest, train.History]:
    watch = AtRest()
    history = train.fit(
        model,
        DataLoader(learning, 100, shuffle=True),
        loss_fn,
        optim.Adam(model.parameters(), lr=0.001),
        epochs=EPOCHS,
        validation=DataLoader(validation, 1000),
        callbacks=[watch, *callbacks],
        progress=False,
    )
    return watch, history


# %%
# By heart
# --------
# First with nothing against it.

models: dict[str, nn.Module] = {}
seen: dict[str, AtRest] = {}


def best_epoch(name: str) -> int:
    return int(np.argmin(seen[name].validation)) + 1


def tell(name: str) -> None:
    training, validation = seen[name].training, seen[name].validation
    print(
        f"{name + ':':20} after {len(training)} epochs training loss {training[-1]:.3f}, validation loss "
        f"{validation[-1]:.3f}; lowest {min(validation):.3f} after {best_epoch(name)}"
    )


mg.manual_seed(0)
models["plain"] = network()
print(f"{train.count_parameters(models['plain']):,} parameters, {len(learning):,} images to learn from")
seen["plain"], _ = learn(models["plain"])
tell("plain")
assert seen["plain"].validation[-1] > 1.1 * min(seen["plain"].validation)

# %%
# On the images it learns from, it gets better to the end. On the others, it gets better for some time, and
# then worse: it has begun to learn what is true of these thousand only, a speck on one shirt, an odd shoe.
# And it grows sure of itself, which the loss punishes where it is wrong.
#
# Early stopping
# --------------
# The plainest remedy: stop when the validation loss no longer falls. It goes up and down a little, so do not
# give up at once, but when it has not improved for some epochs in a row. That number is the patience. Then
# give the network back the weights of its best epoch.

PATIENCE = 8
mg.manual_seed(0)
models["early stopping"] = network()
stopping = train.EarlyStopping(patience=PATIENCE)
seen["early stopping"], history = learn(models["early stopping"], [stopping])
tell("early stopping")
print(f"It ended by {history.ended}, and has its weights of epoch {stopping.best_epoch}.")
assert history.ended == "early stopping" and len(history) == stopping.best_epoch + PATIENCE
kept = train.evaluate(models["early stopping"], DataLoader(validation, 1000), loss_fn)["loss"]
assert np.isclose(kept, min(seen["early stopping"].validation), rtol=1e-5)
print("Checked: the weights that it has now are those of the best epoch.")

# %%
# It costs nothing, even saves work. But it only chooses among the networks on the way, and makes none better.
#
# Dropout
# -------
# In training, leave out each unit of a layer with probability ``p``, drawn anew for every example and every
# step. A unit can then rely on no other one, and what it finds has to be of use in many companies. In the end
# all units take part, and would together be louder than what the next layer has got used to. So in training
# those that stay are made louder: divided by ``1 - p``.

print()
print(regularisation.dropout)
regularisation.dropout.check()

# %%
# minigrad's dropout keeps the mean, too, and does nothing once the network is not in training.

mg.manual_seed(0)
ones = mg.ones(100_000)
dropped = nn.functional.dropout(ones, 0.5)
assert set(dropped.tolist()) == {0.0, 2.0} and abs(dropped.mean().item() - 1) < 0.02
assert mg.equal(nn.functional.dropout(ones, 0.5, training=False), ones)
left_out, mean = int((dropped == 0).sum().item()), dropped.mean().item()
print(f"\nChecked: of 100,000 ones, {left_out:,} become 0; the mean is {mean:.3f}.")

mg.manual_seed(0)
models["dropout"] = network(dropout=0.5)
seen["dropout"], _ = learn(models["dropout"])
tell("dropout")
assert min(seen["dropout"].validation) < min(seen["plain"].validation)
assert seen["dropout"].validation[-1] < seen["plain"].validation[-1]

# %%
# Now the validation loss goes lower and stays low. The training loss falls more slowly: learning by heart has
# become harder, and learning, too. A network with dropout takes more epochs.
#
# Batch norm
# ----------
# While a network learns, what comes out of a layer gets larger, or smaller, or moves to one side, and the
# next layer has to follow all the time. Batch norm puts every unit in order, batch by batch: take away the
# mean of the batch, and divide by its deviation, the root of the mean square of what is left. Then let the
# network choose another deviation and another mean, ``gamma`` and ``beta``, which it learns. Here is one
# unit, for a batch of eight examples. (In the library a tiny number, eps, is added under the root, so that
# nobody divides by 0.)

print()
print(regularisation.batch_norm.text(gradients=False, footer=False))

# %%
# Backward takes some patience, because every ``x`` acts on all eight ``xhat``, by way of the mean and of the
# deviation. What is used eight times gathers eight gradients, as in lesson 3. ``s`` divides all eight ``c``,
# so what came back to each ``xhat`` is multiplied with the slope of ``c / s``, which is ``-xhat / s``, and
# added up. ``c`` has two ways back, by its own ``xhat`` and by ``v``. So has ``x``, by its own ``c`` and by
# ``m``, which gives each ``x`` an eighth of its gradient.

print()
print(
    regularisation.batch_norm.text(only=["y", "gamma", "beta", "xhat", "s", "v", "c", "m", "x"], footer=False)
)
regularisation.batch_norm.check()

given = {name: mg.tensor(value) for name, value in regularisation.batch_norm.given.items()}
x = given["x"].reshape(8, 1).requires_grad_()
y = nn.functional.batch_norm(
    x, None, None, given["gamma"].reshape(1), given["beta"].reshape(1), training=True, eps=1e-12
)
(given["dy"].reshape(8, 1) * y).sum().backward()
assert regularisation.batch_norm["y"].value.agrees(y[:, 0].detach())
assert regularisation.batch_norm["x"].gradient.agrees(x.grad[:, 0])
print(
    regularisation.batch_norm.say(
        "\nChecked: minigrad's batch norm gives these values and gradients. Those of x add up to {sum_dx}."
    )
)

# %%
# One example has no mean of a batch. So in training a running mean and variance are kept, and used when the
# network is not in training: then what it says of an example does not depend on the examples beside it. This
# is why ``model.train()`` and ``model.eval()`` must not be forgotten.

mg.manual_seed(0)
models["batch norm"] = network(batch_norm=True)
seen["batch norm"], _ = learn(models["batch norm"])
tell("batch norm")

low = seen["plain"].training[-1]
sooner = int(np.argmax(np.array(seen["batch norm"].training) <= low)) + 1
print(f"The training loss that plain has after {EPOCHS} epochs, batch norm has after {sooner}.")
assert sooner < EPOCHS / 2

# %%
# Batch norm learns much faster, and so it learns by heart much faster, too: it is no remedy against that.
# (That an example meets other companions in each batch does shake it a little, as dropout does. With larger
# networks and more images this helps; on a thousand images it is not enough.) But its speed is what dropout
# lacks. So take both, and stop in time.

mg.manual_seed(0)
models["all three"] = network(batch_norm=True, dropout=0.5)
seen["all three"], _ = learn(models["all three"], [train.EarlyStopping(patience=PATIENCE)])
tell("all three")
assert min(seen["all three"].validation) < min(seen["plain"].validation)
assert best_epoch("all three") < best_epoch("dropout")

# %%
# As low as dropout alone, in fewer epochs.
#
# The curves
# ----------
# Losses and epochs have the same scale in every panel. Look at where the two lines part, and how fast they
# fall.

panels = []
for name in ("plain", "dropout", "batch norm", "all three"):
    epochs = np.arange(1, len(seen[name].training) + 1)
    panels.append(
        viz.lines(
            {"training": (epochs, seen[name].training), "validation": (epochs, seen[name].validation)},
            dots={"lowest": ([best_epoch(name)], [min(seen[name].validation)])},
            title=name,
            x="epoch",
            y="loss",
            limits=(0, 1.2),
            x_limits=(0, EPOCHS),
        )
    )
picture = viz.beside(*panels)
picture.save(output / "curves.png")
picture.save(output / "curves_dark.png", viz.DARK)
print(f"\nThe picture: {(output / 'curves.png').resolve()}")

# %%
# And now the test set, once. The share of 1,000 images that is named rightly is good to about one in a
# hundred, either way. So do not make much of small differences there.

print("\nOn the test images:")
for name, model in models.items():
    scores = train.evaluate(model, DataLoader(test, 1000), loss_fn, metrics)
    print(f"{name:15} loss {scores['loss']:.3f}, accuracy {scores['accuracy']:.1%}")

# %%
# The best remedy is none of these: more images. What to try: give ``learning`` 3,000 of them (``slice(0,
# 3000)``), and see all curves change. ``optim.AdamW`` has a ``weight_decay``, which pulls every weight a
# little toward 0 in each step; how does its curve look?
#
# Exercise
# --------
# Write dropout with NumPy. ``x`` is an array of any shape, ``p`` the probability to leave an element out, and
# ``random`` NumPy's generator: ``random.random(shape)`` is an array of numbers from 0 to 1. If ``training``
# is false, return what came in. Leave ``x`` as it is. Take out the line with ``raise``.


def dropout(x: np.ndarray, p: float, training: bool, random: np.random.Generator) -> np.ndarray:
    raise NotImplementedError


# %%
# The check counts what was left out, looks at the mean, and whether rows and columns are drawn by themselves.


def check(dropout: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    for p in (0.2, 0.5, 0.75):
        x = np.random.default_rng(1).uniform(1, 2, (200, 300))
        given = x.copy()
        y = dropout(given, p, True, random)
        if not np.array_equal(given, x):
            raise course.NotYet("It has changed x in place; compute a new array and return it.")
        if not isinstance(y, np.ndarray) or y.shape != x.shape:
            raise course.NotYet(f"It should return an array of shape {x.shape}, the shape of x.")
        out = y == 0
        if abs(out.mean() - p) > 0.02:
            raise course.NotYet(f"With p = {p} it left out {out.mean():.3f} of the elements.")
        if not np.allclose(y[~out], x[~out] / (1 - p)):
            raise course.NotYet(
                f"With p = {p} what stays should be divided by {1 - p}. The mean was {x.mean():.3f} before, "
                f"and is {y.mean():.3f} now."
            )
        for axis, lines in ((0, "columns"), (1, "rows")):
            if out.mean(axis=axis).std() > 0.1:
                raise course.NotYet(f"Whole {lines} were left out together. Draw a number for each element.")
        again = dropout(given, p, True, random) == 0
        if abs((out == again).mean() - (p * p + (1 - p) * (1 - p))) > 0.02:
            raise course.NotYet("The second call left out much the same as the first. Draw anew each time.")
        if not np.array_equal(dropout(given, p, False, random), x):
            raise course.NotYet("Without training it should return x as it is.")


print()
print(course.solved(dropout, check))

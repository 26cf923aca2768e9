"""
Lesson 7: dense networks that tell clothes apart
================================================

Ten kinds of clothes, 70,000 grey images of 28 x 28 pixels. We train two dense networks on 54,000 of them,
watch 6,000 others to see when learning turns into remembering, and count at the end how many of 10,000 images
that were never looked at are named rightly. Before that, a smaller question: what can such a network learn at
all?

The networks and their settings are those of two coursework reports, whose figures stand beside ours.

    python lessons/07_fashion_mnist.py                          a few epochs of each, well under a minute
    python lessons/07_fashion_mnist.py --full --seeds 0 1 2     as in the reports, three times over
    python lessons/07_fashion_mnist.py --help                   the other options

Ctrl-C ends training after the batch under way; what was learned until then is tested and written all the
same, and the exit status is 130. A second Ctrl-C stops at once.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import options_parser, parse_options
from minigrad import course, evaluation, nn, optim, train, viz
from minigrad.data import DataLoader, FashionMNIST, random_split, transforms
from minigrad.errors import DataError
from models.mlp import deep_mlp, wide_mlp

# %%
# What to train
# -------------
# Four things make a recipe for learning: data, a family of models, a loss, and an optimiser. The data are
# the images. The models are dense networks, also called deep feedforward networks: the 784 pixels go
# through one layer after another, and in each layer every unit has a weight for every number that comes in,
# adds up, and applies ReLU. What comes out at the end is a score for each class. The loss is the
# cross-entropy of lesson 5, and the optimiser is Adam, from lesson 6.
#
# A network with many weights can learn its training images by heart, and that helps with no others. Dropout
# makes this harder: in training, each unit of a layer is left out with some probability, each time at
# random, so that no unit can rely on a certain other one; those that stay are made larger by as much. In
# the test all units take part.
#
# One report has a wide network with dropout and trains it for 20 epochs. The other has a deep and narrow
# one with less than a third of the parameters, and trains until the validation loss has not improved for 10
# epochs; then the network gets its best weights back. Both use Adam with a learning rate of 0.001.


@dataclass(frozen=True)
class Recipe:
    build: Callable[[], nn.Module]
    batch_size: int
    epochs: int
    patience: int | None
    published: dict[str, float]


RECIPES = {
    "wide": Recipe(wide_mlp, 128, 20, None, {"accuracy": 0.8836, "loss": 0.3308}),
    "deep": Recipe(deep_mlp, 100, 50, 10, {"accuracy": 0.8732, "loss": 0.3623}),
}
QUICK_EPOCHS = 5

# %%
# The options of the command line. Without any, everything below runs with few epochs.

parser = options_parser(
    "Train dense networks on Fashion-MNIST and write a page that shows how well they do.",
    output="output/07_fashion_mnist",
    quick=f"{QUICK_EPOCHS} epochs each",
)
parser.add_argument("--network", nargs="+", choices=RECIPES, default=list(RECIPES), help="default: both")
options = parse_options(parser)
train.quiet_interrupts()


def epochs_of(recipe: Recipe) -> int:
    return options.epochs or (recipe.epochs if options.full else QUICK_EPOCHS)


# %%
# What a network can learn
# ------------------------
# Is a sum of ReLUs of sums good for anything but clothes? For nearly everything: with one hidden layer that
# is wide enough, a network comes as near as you like to any continuous function, on any interval from one
# number to another. This is the universal approximation theorem. G. Cybenko, and K. Hornik, M. Stinchcombe
# and H. White, proved the first forms of it in 1989, for units like the sigmoid.
#
# With one input it can be seen. A unit ``relu(w * x + b)`` is 0 on one side and a sloping line on the
# other, with a kink where ``w * x + b`` is 0. A sum of such units is a line of straight pieces, with a kink
# for each unit. The more units, the more pieces, and the nearer they can come to a curve. Training need not
# make the most of them: in the picture, the line of three units has one kink, and the other two lie beyond
# its ends.

x = mg.linspace(-1, 1, 100).reshape(-1, 1)
curve = (x + 1) * mg.sin(4 * x)
learned, farthest = {"the curve": curve}, {}
for width in (3, 8, 64):
    mg.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, width), nn.ReLU(), nn.Linear(width, 1))
    optimizer = optim.Adam(network.parameters(), lr=0.02)
    for _ in range(500):
        distance = nn.functional.mse_loss(network(x), curve)
        optimizer.zero_grad()
        distance.backward()
        optimizer.step()
    learned[f"{width} units"] = network(x).detach()
    farthest[width] = (learned[f"{width} units"] - curve).abs().max().item()
assert farthest[64] < farthest[3] / 2

viz.lines({name: (x[:, 0], y[:, 0]) for name, y in learned.items()}, title="One hidden layer").save(
    options.output / "one_variable.svg"
)
print("One hidden layer, farthest from the curve:", end=" ")
print(", ".join(f"{width} units {error:.2f}" for width, error in farthest.items()))
print(f"The picture: {(options.output / 'one_variable.svg').resolve()}")

# %%
# The theorem says that there are such weights. It does not say that training finds them, nor that a network
# which is near on what it has seen is near elsewhere. In practice, several layers do with fewer units than
# one.
#
# The data
# --------
# ``ToTensor`` divides the bytes by 255, so that a pixel is a number between 0 and 1.

try:
    train_images, test_images = (
        FashionMNIST(
            options.data,
            train=half,
            transform=transforms.ToTensor(),
            sample="only" if options.sample else "fallback",
        )
        for half in (True, False)
    )
except DataError as error:
    sys.exit(f"{parser.prog}: {error}".replace("(root=)", "(--data)"))
sources = " and ".join(dict.fromkeys((train_images.source, test_images.source)))
print(f"{len(train_images):,} training and {len(test_images):,} test images from {sources}")

# %%
# Training
# --------
# The seed decides on everything random: which tenth of the training images is held back for validation, the
# weights to begin with, the order of the images, the dropout. The network gives one score per class, and
# the cross-entropy turns the scores into probabilities by softmax and asks for a high one of the right
# class.


loss_fn = nn.CrossEntropyLoss()
metrics = {"accuracy": train.accuracy}


def learn(name: str, seed: int) -> evaluation.Result:
    recipe = RECIPES[name]
    mg.manual_seed(seed)
    learning, validation = random_split(train_images, [0.9, 0.1])
    model = recipe.build()

    files = options.output / f"{name}-seed{seed}"
    files.mkdir(exist_ok=True)
    (files / "best.safetensors").unlink(missing_ok=True)  # that of an earlier run
    bar = train.ProgressBar(name if len(options.seeds) == 1 else f"{name}-{seed}")
    best = train.BestCheckpoint(files / "best.safetensors")
    stopping = [train.EarlyStopping(patience=recipe.patience)] if recipe.patience else []

    history = train.fit(
        model,
        DataLoader(learning, recipe.batch_size, shuffle=True),
        loss_fn,
        optim.Adam(model.parameters(), lr=0.001),
        epochs=epochs_of(recipe),
        validation=DataLoader(validation, 1000),
        metrics=metrics,
        callbacks=[bar, best, *stopping],
    )
    mg.save(model.state_dict(), files / "weights.safetensors")
    return test(name, seed, model, history, kept=stopping[0].best_epoch if stopping else None)


# %%
# Testing
# -------
# The test images have had no part in anything so far, so how well they are named says how well other images
# would be. Scores of validation images are a little too good for that: they chose the epoch to stop at.


def test(
    name: str, seed: int, model: nn.Module, history: train.History, kept: int | None
) -> evaluation.Result:
    recipe = RECIPES[name]
    loader = DataLoader(test_images, 1000)
    scores = train.evaluate(model, loader, loss_fn, metrics)
    outputs, targets = train.predict(model, loader)
    print(
        f"{name}, seed {seed}: {train.count_parameters(model):,} parameters, epochs: {len(history)} "
        f"({history.ended}), test accuracy {scores['accuracy']:.2%}, loss {scores['loss']:.4f}"
    )
    patience = f"validation loss, patience {recipe.patience}, best weights restored"
    settings = {
        "optimiser": "Adam, learning rate 0.001",
        "loss": "cross-entropy",
        "batch size": recipe.batch_size,
        "epochs at most": epochs_of(recipe),
        "early stopping": patience if recipe.patience else "none",
        "pixels": "divided by 255",
        "training images": len(train_images) * 9 // 10,
        "validation images": len(train_images) // 10,
        "test images": len(test_images),
    }
    return evaluation.Result(
        name,
        seed,
        model,
        settings,
        history,
        kept,
        scores,
        outputs,
        targets,
        recipe.published,
        graph_of(model, recipe.batch_size),
        summary=mg.summary(model, (1, 28, 28)),
    )


# %%
# The graph of lesson 2, of the whole network: from a batch of images to the loss.


def graph_of(model: nn.Module, batch_size: int) -> viz.Graph:
    model.train()  # in training, dropout is one of the steps
    model.zero_grad()
    images, labels = next(iter(DataLoader(test_images, batch_size)))
    loss = loss_fn(model(images), labels)
    return viz.graph(loss)


# %%
# All of it, and the page
# -----------------------
# Accuracy alone hides which clothes are hard. The page has precision, recall and F1 of each class, the
# confusion matrix, and the mistakes that a network was surest of; look at those, and you will now and then
# side with the network.

results = []
with train.catch_interrupt() as interrupt:
    for name, seed in product(dict.fromkeys(options.network), dict.fromkeys(options.seeds)):
        results.append(learn(name, seed))
        if interrupt:
            print("Stopped by Ctrl-C. Writing what was learned until then ...")
            break

    notes = []
    if train_images.is_sample:
        notes.append("These networks saw only the sample that comes with minigrad: 5,000 training images "
                     "and 1,000 test images instead of 60,000 and 10,000. Expect less of them.")  # fmt: skip
    if interrupt:
        notes.append("Training was stopped by hand before it was done.")
    if any(epochs_of(RECIPES[name]) < RECIPES[name].epochs for name in options.network):
        notes.append("This was a short run; with --full the networks train as long as in the reports.")
    page = evaluation.write_report(
        options.output,
        results,
        test_images.data.numpy(),
        FashionMNIST.classes,
        title="Dense networks on Fashion-MNIST",
        introduction="Dense networks, trained by minigrad with the settings of two coursework reports, whose "
        "published figures stand beside ours. The test images were used once, after training.",
        notes=notes,
    )
    if options.results:
        evaluation.write_json(options.results, evaluation.figures(results))

# %%
# What to try
# -----------
# The wide network goes on improving on its training images while the validation loss rises again. Give it
# the deep network's early stopping (``patience`` in its recipe). What does that do to accuracy, what to
# loss?
#
# A network of your own fails, or does not learn? The page docs/mistakes.md has the slips that everyone makes,
# with what each of them says.
#
# Exercise
# --------
# Let no training find the weights of a network with one input, but you. Given are points, ``xs`` in growing
# order and their ``ys``, both NumPy arrays. The network is
#
# ``c + v[0] * relu(w[0] * x + b[0]) + v[1] * relu(w[1] * x + b[1]) + ...``
#
# Choose ``w``, ``b``, ``v`` and ``c`` so that it passes through all points, and runs straight between one
# and the next. The number of units is yours.
#
# Draw three points, and the two straight pieces between them. Let each unit have its kink at the left end
# of a piece, and ``w = 1``. Where is such a unit still 0? What is the slope of the first piece, and by how
# much must the slope change at the next point? Take out the line with ``raise``, and return the three
# arrays and the number. With the options ``--sample --epochs 1`` the lesson runs again in seconds.


def through(xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    raise NotImplementedError


# %%
# The check lets the network run over random points, and looks between them, too.


def check(through: Callable[..., tuple[np.ndarray, np.ndarray, np.ndarray, float]]) -> None:
    chance = np.random.default_rng(0)
    for count in (2, 3, 4, 10):
        xs, ys = np.cumsum(chance.uniform(0.2, 2, count)) - 3, chance.normal(size=count)
        got = through(xs.copy(), ys.copy())
        if not isinstance(got, tuple) or len(got) != 4:
            raise course.NotYet("It should return four things: return w, b, v, c.")
        w, b, v, c = (np.asarray(part, dtype=float) for part in got)
        if not (w.ndim == 1 and w.shape == b.shape == v.shape and c.ndim == 0):
            raise course.NotYet("It should return three arrays with a number for each unit, and one number.")
        x = np.linspace(xs[0], xs[-1], 200)
        y = c + np.maximum(np.multiply.outer(x, w) + b, 0) @ v
        right = np.interp(x, xs, ys)
        wrong = int(np.argmax(~np.isclose(y, right, atol=1e-6)))
        if not np.allclose(y, right, atol=1e-6):
            raise course.NotYet(
                f"With {count} points, at x = {x[wrong]:.3f}, between {xs[0]:.3f} and {xs[-1]:.3f}: the "
                f"network gives {y[wrong]:.3f}, and should give {right[wrong]:.3f}."
            )


print(course.solved(through, check))
print(f"The page that shows it all: {page.resolve()}")
if interrupt:
    sys.exit(130)

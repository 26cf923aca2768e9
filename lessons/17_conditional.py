"""
Lesson 17: choosing what to draw
================================

The generator of lesson 13 makes clothes, but one cannot ask it for a boot. It makes what its noise happens
to say, and nobody knows which of the 90 numbers says "boot", if any does. Here both networks are told the
class: the generator, what to make; the discriminator, what it is supposed to be looking at. For that a class,
which is a name, has to become numbers. We work that by hand, train the pair on Fashion-MNIST, and let a
classifier that has nothing to do with the game say whether we get what we ask for.

    python lessons/17_conditional.py           a few epochs on a part of the images, under a minute
    python lessons/17_conditional.py --full    all images and 10 epochs: hours on two cores
    python lessons/17_conditional.py --help    the other options

Ctrl-C ends training after the batch under way; what was learned until then is shown all the same.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import options_parser, parse_options
from minigrad import course, nn, optim, train, viz
from minigrad.course.examples import condition
from minigrad.data import DataLoader, FashionMNIST, Subset, transforms
from minigrad.errors import DataError
from minigrad.evaluation import Evaluation
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from models.cnn import garment_cnn
from models.conditional_dcgan import discriminator28, generator28

BATCH_SIZE, NOISE = 64, 90
EPOCHS, QUICK_EPOCHS, QUICK_IMAGES = 10, 3, 3_200

parser = options_parser(
    "Train a DCGAN on Fashion-MNIST that is told what to make, and see whether it does.",
    output="output/17_conditional",
    quick=f"{QUICK_EPOCHS} epochs on {QUICK_IMAGES:,} images",
)
options = parse_options(parser)
train.quiet_interrupts()
output = options.output

# %%
# A name becomes numbers
# ----------------------
# There are ten classes, 0 to 9. To give a network the number 9 for a boot would be wrong: nine is not nine
# times as much as anything, and a boot, 9, is not between a bag, 8, and nothing. So each class gets a
# vector of its own, a row of a table, and the table is learned like any weight. That is an embedding. Three
# classes, two numbers each:

table = mg.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0]], requires_grad=True)
labels = mg.tensor([2, 0, 2])
rows = nn.functional.embedding(labels, table)
print(f"The rows of the classes {labels.tolist()}: {rows.tolist()}")

# %%
# To look up row 2 is to multiply with (0, 0, 1): the one-hot vector of lesson 4 meets a matrix. Nobody
# multiplies by all the zeros, but the gradient is that of a product. It goes to the rows that were looked up,
# and to none else; and a class that is there twice gets the sum of both.

one_hot = nn.functional.one_hot(labels, 3).float()
assert (one_hot @ table == rows).all()
upstream = mg.tensor([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
rows.backward(upstream)
print(f"Gradients of {upstream.tolist()} come to the table as {table.grad.tolist()}")
assert (table.grad == one_hot.T @ upstream).all()

# %%
# The game with classes
# ---------------------
# Lesson 13's game was
#
#     discriminator:  min  1/2 (H(D(x), 1) + H(D(G(z)), 0))
#     generator:      min  H(D(G(z)), 1)
#
# with the cross-entropy H. Now there is a class y everywhere:
#
#     discriminator:  min  1/2 (H(D(x, y), 1) + H(D(G(z, y), y), 0))
#     generator:      min  H(D(G(z, y), y), 1)
#
# Real images come with the class that they have, and made ones with the class that was asked for. A
# generator that makes beautiful boots whatever it is asked for loses now: with "shirt" beside it, no real
# image is a boot, so the discriminator learns to say no.
#
# How does an image meet a class? The generator gets the class's vector beside its noise, 50 numbers more.
# The discriminator makes features h of an image, as before, and its score is ``w h + b``, as before; what
# is added is ``e h``, with the vector e of the class. The first part asks: does it look real? The second:
# does it look like one of these? By hand, with two features:

paper = condition.own_class
print(f"\n{paper}")
paper.check()
print(
    paper.say("\nThe vector turns towards the features of its class: from {e1}, {e2} to {e1_new}, {e2_new}.")
)

paper = condition.other_class
print(f"\n{paper}")
paper.check()

# %%
# The same image with another vector gets another score. And the gradient of ``h``, had we asked for it,
# goes on into the generator: it says what in the image would have to change to be more of that class.
#
# Training
# --------

try:
    images, tests = (
        FashionMNIST(
            options.data,
            train=half,
            transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]),
            sample="only" if options.sample else "fallback",
        )
        for half in (True, False)
    )
except DataError as error:
    sys.exit(f"{parser.prog}: {error}".replace("(root=)", "(--data)"))
count = len(images) if options.full else min(QUICK_IMAGES, len(images))
epochs = options.epochs or (EPOCHS if options.full else QUICK_EPOCHS)
print(f"\n{count:,} images from {images.source}")

mg.manual_seed(options.seeds[0])
classes = images.classes
gan = train.GAN(generator28(len(classes), NOISE), discriminator28(len(classes)), NOISE, conditional=True)
average = AveragedModel(gan.generator, multi_avg_fn=get_ema_multi_avg_fn(0.98))
each = mg.arange(len(classes))
noise = gan.noise_for(5)
shown = mg.cat([noise[[row] * len(classes)] for row in range(5)]), mg.cat([each] * 5)
sheets = train.SampleSheets(output / "sheets", average, shown, columns=len(classes))
with train.catch_interrupt() as interrupt:
    history = train.fit_gan(
        gan,
        DataLoader(Subset(images, range(count)), BATCH_SIZE, shuffle=True, drop_last=True),
        optim.Adam(gan.parameters(), lr=2e-4 if options.full else 4e-4, betas=(0.3, 0.999)),
        epochs,
        callbacks=[train.Average(average, gan.generator), sheets, train.ProgressBar("conditional")],
    )
sheets.film(
    output / "training.gif",
    alt="Clothes that the generator draws, a column for each class, a row for each noise",
)
history.plot().save(output / "curves.png")
average.eval()
generator = average.module
mg.save(generator.state_dict(), output / "generator.safetensors")
print(f"A column for each class, epoch by epoch: {(output / 'training.gif').resolve()}")

# %%
# ``AveragedModel`` keeps an average of the weights over the last steps. The game goes to and fro, the average
# does less so, and it is what we look at.
#
# In each row of a sheet the noise is the same and only the class differs. What is the noise for, then? For
# what the class leaves open: long or short, dark or light. If all shirts come out as one shirt, the
# generator has found that the class is enough, and does not listen to the noise. That is why the classes'
# vectors begin as small numbers here, quieter than the noise.
#
# Do we get what we ask for?
# --------------------------
# The discriminator is no judge of that: the generator has learned to please it. So we train a classifier, on
# real images alone, and ask for so many of each class.

mg.manual_seed(0)
judge = garment_cnn(1, 28, len(classes), (16, 32))
train.fit(
    judge,
    DataLoader(Subset(images, range(count)), 64, shuffle=True),
    nn.CrossEntropyLoss(),
    optim.Adam(judge.parameters(), lr=0.002),
    epochs=2,
    progress=False,
)
real = train.evaluate(judge, DataLoader(tests, 250), nn.CrossEntropyLoss(), {"accuracy": train.accuracy})
many = 50
asked = mg.tensor(np.repeat(np.arange(len(classes)), many))
with mg.no_grad():
    judge.eval()
    made = generator(gan.noise_for(len(asked), mg.Generator().manual_seed(1)), asked)
    judged = Evaluation(judge(made).numpy(), asked.numpy(), classes)

print(f"\nof {many} that were asked for, the classifier calls so")
for number, name in enumerate(classes):
    share = float((judged.predictions[judged.targets == number] == number).mean())
    print(f"    {name:12} {share:5.0%}  {'#' * round(40 * share)}")
deviation = (judged.accuracy * (1 - judged.accuracy) / len(judged)) ** 0.5
print(f"    {'all':12} {judged.accuracy:5.1%} ± {1.96 * deviation:.1%}; by chance it would be 10 %")
print(f"Of {len(tests):,} real images that it never saw, it calls {real['accuracy']:.1%} what they are.")
judged.confusion_matrix().plot("rates").save(output / "asked_and_seen.png")
print(f"What was asked for, and what is seen: {(output / 'asked_and_seen.png').resolve()}")

# %%
# A shirt that is called a pullover need not be the generator's fault: of real shirts, too, the classifier
# calls many so. And a high share does not say that the images are good. A generator that paints the one
# shirt that nobody could mistake gets all of them right, and may well be named more surely than real images
# are, among which there are odd ones. So the share answers one question, whether we get what we ask for;
# whether it is any good, and all there is, lesson 13's distance, precision and recall say. ``docs/results``
# has a longer training.
#
# Between two classes
# -------------------
# A class is a point now, and between two points there is a way. No image was ever called half trouser and
# half dress; ask for it all the same. The generator takes a vector, wherever that comes from.

steps = 8
way = mg.linspace(0, 1, steps)[:, None]
first, last = classes.index("Trouser"), classes.index("Dress")
with mg.no_grad():
    vectors = generator.embedding(mg.tensor([first, last]))
    between = (1 - way) * vectors[0] + way * vectors[1]
    rows = [generator.layers(mg.cat([mg.cat([noise[[n]]] * steps), between], 1)) for n in range(4)]
viz.write_image(
    output / "between.png",
    viz.sheet(mg.cat(rows), columns=steps),
    f"Four rows of {steps} drawn clothes: from trousers at the left to a dress at the right.",
)
print(f"From trousers to dresses: {(output / 'between.png').resolve()}")

# %%
# What to try
# -----------
# Let the vectors begin as N(0, 1) (``nn.init.normal_(gan.generator.embedding.weight)``) and look at a
# column of the sheet. Ask for a class of which you took all images out of the training. Which two classes
# have vectors that are close?
#
# Exercise
# --------
# The gradient of a table. ``dy`` (N, D) are the gradients of the rows that were looked up, ``labels`` (N,)
# says which rows those were; the table has as many rows as there are ``classes``. Return its gradient,
# (classes, D). Mind classes that occur twice, and those that do not occur. ``gradient[labels] += dy`` looks
# right, and is not: NumPy adds to each place once. Take out the line with ``raise``.


def table_gradient(dy: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    raise NotImplementedError


# %%
# The check goes through the samples one by one.


def check(table_gradient: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    for n, d, classes in ((1, 2, 3), (5, 3, 10), (40, 4, 6)):
        dy, labels = random.normal(size=(n, d)), random.integers(0, classes, n)
        labels[-1] = labels[0]
        right = [[0.0] * d for _ in range(classes)]
        for row, label in zip(dy, labels, strict=True):
            right[label] = [a + b for a, b in zip(right[label], row, strict=True)]
        got = table_gradient(dy.copy(), labels.copy(), classes)
        if np.shape(got) != (classes, d):
            raise course.NotYet(
                f"A table of {classes} rows has a gradient ({classes}, {d}), not {np.shape(got)}."
            )
        wrong = ~np.isclose(got, right).all(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            times = int((labels == row).sum())
            raise course.NotYet(
                f"Row {row} was looked up {times} times; its gradient is {np.round(right[row], 3).tolist()}, "
                f"not {np.round(got[row], 3).tolist()}."
            )


print(course.solved(table_gradient, check))
if interrupt:
    sys.exit(130)

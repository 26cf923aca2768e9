"""
Lesson 13: two networks at odds, and clothes that nobody ever wore
==================================================================

Until now a network was told what is right. Here nobody knows it: what is the right picture for 90 random
numbers? Instead of a label there is a second network. One draws, the generator; the other, the discriminator,
is shown real clothes and drawn ones and learns to tell them apart; and what it finds out is the only lesson
that the first one gets. We work both losses by hand, look at how a transposed convolution grows a picture
out of numbers, and train the two on Fashion-MNIST.

    python lessons/13_dcgan.py             a few epochs on a part of the images, under a minute
    python lessons/13_dcgan.py --full      all images and 30 epochs: see below what that takes
    python lessons/13_dcgan.py --help      the other options

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
from minigrad.course.examples import adversary
from minigrad.data import DataLoader, FashionMNIST, Subset, transforms
from minigrad.errors import DataError
from minigrad.evaluation import generated
from models.cnn import small_cnn
from models.dcgan import discriminator28, generator28

BATCH_SIZE, NOISE = 64, 90
EPOCHS, QUICK_EPOCHS, QUICK_IMAGES = 30, 3, 3_200

parser = options_parser(
    "Train a DCGAN on Fashion-MNIST and write what it draws, epoch by epoch.",
    output="output/13_dcgan",
    quick=f"{QUICK_EPOCHS} epochs on {QUICK_IMAGES:,} images",
)
options = parse_options(parser)
train.quiet_interrupts()
output = options.output
output.mkdir(parents=True, exist_ok=True)

# %%
# The discriminator's step
# ------------------------
# The discriminator is a classifier with two classes, drawn and real, and its last number is a score: ``D =
# sigmoid(score)`` is how sure it is that the image is real. So its loss is lesson 5's cross-entropy, once for
# real images, which should get 1, and once for drawn ones, which should get 0; we take the mean of both.
#
# As small as it can be: an image is one number, and the score is ``a * image + c``.

paper = adversary.discriminator
print(paper)
paper.check()

a, c = (mg.tensor(paper.given[name], requires_grad=True) for name in "ac")
scores = mg.stack([a * paper.given["x"] + c, a * paper.given["g"] + c])
loss = nn.functional.binary_cross_entropy_with_logits(scores, mg.tensor([1.0, 0.0], dtype=mg.float64))
loss.backward()
assert paper["a"].gradient.agrees(a.grad) and paper["c"].gradient.agrees(c.grad)
print("Checked: the library's loss of both scores has the same gradients.")

# %%
# A score's gradient is what was said minus what is right, as in lesson 4: ``D - 1`` for the real image and
# ``D`` for the other one, halved. The real image was recognised and pulls little. The drawn one got a score
# of 0, "I cannot tell", and pulls ten times as much. And look at the gradient of ``g`` itself: it says how
# the image would have to change for the discriminator to be right more easily. The discriminator has no use
# for that number. Its adversary has, if it turns the sign round.
#
# The generator's step
# --------------------
# Now ``g`` is drawn: ``w * z + b`` of a random number ``z``. Its loss is the cross-entropy of the same score
# with the opposite label. "You think that I am drawn? I want you to think that I am real."

paper = adversary.generator
print(f"\n{paper}")
paper.check()
print(
    paper.say(
        "\nBefore the step it draws {g}, and the score is {sg}; after a step of 0.1 it draws {g_new}, and "
        "the same discriminator says {s_new}."
    )
)

# %%
# The gradient comes to ``w`` through the discriminator's weight ``a``: the generator never sees a real image.
# It learns only what the other one has learned about them. In this step ``a`` and ``c`` stay as they are. It
# would be no good if the discriminator were trained to be taken in.
#
# Why not simply the other sign
# -----------------------------
# What the discriminator loses, the generator wins: it is a game, and one would write the generator's loss as
# ``log(1 - D)``, the very term that the discriminator wants to be large. It has its lowest point at the same
# place. But at the beginning, drawings are bad and the discriminator is sure. Say the score is -5:

print()
for paper in (adversary.saturated, adversary.steep):
    print(paper.text(footer=False) + "\n")
    paper.check()

score = mg.linspace(-6, 6, 121, dtype=mg.float64)
certain = mg.sigmoid(score)
viz.lines(
    {"log(1 - D)": (score, mg.log(1 - certain)), "-log D": (score, -mg.log(certain))},
    dots={
        "a sure discriminator": ([-5.0, -5.0], [float(mg.log(1 - certain[10])), -float(mg.log(certain[10]))])
    },
    title="Two losses for the generator",
    x="score of a drawn image",
    y="loss",
).save(output / "losses.png")
print(f"The two losses: {(output / 'losses.png').resolve()}")

# %%
# Where it matters most, the loss of the game is flat, and next to nothing comes back. ``-log D`` is steep
# there and flattens out when the drawing is taken for real. Both pull in the same direction; Goodfellow and
# others propose the second.
#
# Growing a picture
# -----------------
# The discriminator is lesson 10's kind of network, without pooling: a convolution of 4 x 4 with stride 2
# halves a map by itself. The generator is its mirror image. A dense layer makes small maps out of the noise,
# and transposed convolutions (lesson 9) double them: every number puts down a copy of a kernel, the copies
# two pixels apart. In one row, with a kernel of ones:

ones = mg.ones(1, 1, 6)
for k in (3, 4):
    row = nn.functional.conv_transpose1d(ones, mg.ones(1, 1, k), stride=2)
    print(f"\nsix times 1, kernels of {k}, stride 2:  {' '.join(f'{n:.0f}' for n in row[0, 0].numpy())}")

# %%
# A kernel of 3 overlaps its neighbour at every second pixel: even out of nothing but ones comes a pattern,
# and in an image it looks like a chessboard. With 4, a multiple of the stride, each pixel inside is reached
# equally often. That is why the kernels here are of 4 x 4.

mg.manual_seed(options.seeds[0])
generator, discriminator = generator28(NOISE), discriminator28()
print(f"\n{mg.summary(generator, (NOISE,))}")
print(f"\nThe discriminator: {train.count_parameters(discriminator):,} weights.")

# %%
# Tanh ends it: pixels from -1 to 1, and the real images are brought to that range, too. Batch norm (lesson 8)
# keeps both networks going; not at the generator's end, which has to know how bright an image is, and not at
# the discriminator's beginning.
#
# Taking turns
# ------------
# ``train.GAN`` holds the pair. For each batch it yields two losses, and after each one ``fit_gan`` takes a
# step. Two things keep the discriminator from winning too soon: the labels of real images are not 1 but
# somewhat less, and a little noise is laid over them. The step sizes are larger than those of the report,
# whose 0.0001 and 0.3 for Adam were found for 400 epochs: here it must learn in three.

gan = train.GAN(generator, discriminator, NOISE)
try:
    images = FashionMNIST(
        options.data,
        train=True,
        transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))]),
        sample="only" if options.sample else "fallback",
    )
except DataError as error:
    sys.exit(f"{parser.prog}: {error}".replace("(root=)", "(--data)"))
count = len(images) if options.full else min(QUICK_IMAGES, len(images))
epochs = options.epochs or (EPOCHS if options.full else QUICK_EPOCHS)
print(f"\n{count:,} images from {images.source}")

sheets = train.SampleSheets(output / "sheets", generator, gan.noise_for(64))
with train.catch_interrupt() as interrupt:
    history = train.fit_gan(
        gan,
        DataLoader(Subset(images, range(count)), BATCH_SIZE, shuffle=True, drop_last=True),
        optim.Adam(gan.parameters(), lr=2e-4, betas=(0.5, 0.999)),
        epochs,
        callbacks=[sheets, train.ProgressBar("dcgan")],
    )
sheets.film(output / "training.gif", alt="64 clothes that the generator draws of the same noise")
history.plot().save(output / "curves.png")
mg.save(generator.state_dict(), output / "generator.safetensors")
print(f"What it draws, epoch by epoch: {(output / 'training.gif').resolve()}")

# %%
# What the losses say
# -------------------
# A discriminator that cannot tell gives every image a score of 0. Then both losses are ``log 2``. Learning
# does not bring them down as it did with every loss until now: as the one gets better, so does the other.
# What losses can show is that something is wrong. If the discriminator's goes to 0, it has won, and the
# generator learns nothing more.

print(f"\nlog 2 = {np.log(2):.3f}")
for epoch in sorted({1, (len(history) + 1) // 2, len(history)}):
    row = {name: history[name][epoch - 1] for name in ("d_loss", "g_loss")}
    print(f"epoch {epoch:3}:  discriminator {row['d_loss']:.3f}, generator {row['g_loss']:.3f}")

# %%
# Is it any good?
# ---------------
# Look at the sheets. That is what everybody does, and it is easy to be taken in: one looks at the best ones,
# and does not notice what never comes up. So there are measures. A classifier, trained on real clothes, is
# shown many images of both kinds, and we compare not the pixels but what it sees in them, the numbers that
# enter its last layer. The Fréchet distance asks how far the two clouds lie apart; precision, how many of the
# drawn ones lie among the real ones; recall, how many of the real ones lie among the drawn ones. A generator
# that draws one perfect shirt again and again has a precision of 1, and hardly any recall.

mg.manual_seed(0)
judge = small_cnn()
train.fit(
    judge,
    DataLoader(Subset(images, range(count)), 128, shuffle=True),
    nn.CrossEntropyLoss(),
    optim.Adam(judge.parameters(), lr=0.001),
    epochs=2 if not options.full else 5,
    progress=False,
)
real = mg.stack([images[i][0] for i in range(min(count, 5_000))])
judgement = generated.judge(gan.sample, real, judge, count=400, repeats=3)
print(f"\n{judgement}")

# %%
# What to try
# -----------
# Take ``smoothing=0, instance_noise=0`` and watch the discriminator's loss. Take ``betas=(0.9, 0.999)``: with
# a long memory, the steps of a network whose adversary changes go on in a direction that has long been wrong.
#
# Exercise
# --------
# Write both losses, of scores. ``real`` and ``drawn`` are the discriminator's scores of real and of drawn
# images, arrays (N,). Return two numbers: the discriminator's loss, the mean of the two cross-entropies, and
# the generator's, ``-log D``, each the mean over the images. Scores may be large: where the score is -800,
# ``sigmoid`` is 0 to the last digit, and its logarithm is minus infinity. But ``-log(sigmoid(s)) = log(1 +
# exp(-s))``, and ``np.logaddexp`` can do that for any ``s``. Take out the line with ``raise``.


def losses(real: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    raise NotImplementedError


# %%
# The check has the numbers of the worked examples, and then any.


def check(losses: Callable[..., tuple[float, float]]) -> None:
    def compare(real: np.ndarray, drawn: np.ndarray, right: tuple[float, float]) -> None:
        got = losses(real.copy(), drawn.copy())
        if not isinstance(got, tuple) or len(got) != 2:
            raise course.NotYet(
                f"Return two numbers, the discriminator's and the generator's loss, not {got!r}."
            )
        for whose, ours, theirs in zip(("discriminator", "generator"), right, got, strict=True):
            if not abs(theirs - ours) <= 1e-6 * max(1, abs(ours)):
                raise course.NotYet(
                    f"real {np.round(real, 2)} and drawn {np.round(drawn, 2)}: the {whose}'s loss is "
                    f"{ours:.4f}, not {theirs:.4f}."
                )

    one, two = adversary.discriminator.run(), adversary.generator.run()
    scores = [np.array([float(one[name])]) for name in ("sx", "sg")]
    compare(*scores, (float(one["L"]), float(two["L"])))
    random = np.random.default_rng(0)
    for scale in (1.0, 5.0, 1000.0):
        real, drawn = scale * random.normal(size=(2, 7))
        cost = nn.functional.binary_cross_entropy_with_logits
        ones, zeros = mg.ones(7, dtype=mg.float64), mg.zeros(7, dtype=mg.float64)
        both = cost(mg.tensor(real), ones) + cost(mg.tensor(drawn), zeros)
        compare(real, drawn, (float(both / 2), float(cost(mg.tensor(drawn), ones))))


print(course.solved(losses, check))
if interrupt:
    sys.exit(130)

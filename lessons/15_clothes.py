"""
Lesson 15: clothes in colour, and a game that must not end
==========================================================

Lesson 13's networks drew grey shapes, each in the middle of its image. Now come clothes in colour: an image
has many times the numbers, and the two networks are at odds for much longer. In such a game two things go
wrong. The discriminator may win; then the generator learns nothing more. Or neither wins, and both run round
in circles for ever. We work by hand what is done against the one and the other, and judge what came of it.

    python lessons/15_clothes.py              garments that minigrad paints, at 32x32, under a minute
    python lessons/15_clothes.py --full       at 64x64, with the fashion lookbook's settings: hours
    python lessons/15_clothes.py --full --data DIR     photographs of yours, a sub-folder for each kind
    python lessons/15_clothes.py --help       the other options

Ctrl-C ends training after the batch under way; what was learned until then is shown all the same. With
--full, the same command goes on where the last one was stopped.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import parse_options, whole_number
from minigrad import course, nn, optim, train, viz
from minigrad.course.examples import adversary
from minigrad.data import DataLoader, DeepFashion2, ImageFolder, transforms
from minigrad.data.fashion.garments import draw_garments
from minigrad.errors import DataError
from minigrad.evaluation.generated import Neighbours, features, judge
from minigrad.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from models import dcgan
from models.cnn import garment_cnn
from models.lookbook.cutouts import cut_garments

BATCH_SIZE, NOISE = 64, 90

parser = argparse.ArgumentParser(description="Train a DCGAN on clothes in colour, and judge it with numbers.")
parser.add_argument("--full", action="store_true", help="64x64, 200 epochs, the fashion lookbook's settings")
parser.add_argument("--data", type=Path, metavar="DIR", help="a folder with a sub-folder for each kind")
parser.add_argument(
    "--images", type=whole_number, metavar="N", help="how many pictures to paint, without --data"
)
parser.add_argument("--epochs", type=whole_number, metavar="N", help="how many instead")
parser.add_argument("--output", type=Path, metavar="DIR", default=Path("output/15_clothes"))
options = parse_options(parser)
train.quiet_interrupts()
output = options.output
side, epochs = (64, options.epochs or 200) if options.full else (32, options.epochs or 50)
rates, beta, decay = ((1e-4, 1e-4), 0.3, 0.999) if options.full else ((1e-3, 2e-4), 0.5, 0.9)

# %%
# Garments on white
# -----------------
# minigrad paints clothes and says where they are, as lesson 14 showed. Here each garment is cut out along its
# outline and laid on white, as a shop shows it: backgrounds are another subject, and a hard one.

if options.data is None:
    images = options.images or (6_000 if options.full else 700)
    painted, folder = output / f"painted-{images}", output / f"garments-{images}"
    if not folder.is_dir():
        shutil.rmtree(painted, ignore_errors=True)
        draw_garments(painted, {"train": images})
        cut_garments(DeepFashion2(painted), folder)
else:
    folder = options.data
try:
    photographs = ImageFolder(folder, allow_empty=True)
    photographs = photographs.keep([name for name, n in photographs.counts().counts.items() if n >= 5])
    if len(photographs.classes) < 2:
        raise DataError(f"{folder}: expected two kinds or more with five pictures each.")
    parts = photographs.split([0.8, 0.2], mg.Generator().manual_seed(0))
    to_numbers = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])
    learnt, held_out = (
        part.cached(side, "pad", folder=output / "cache", progress=False, transform=to_numbers)
        for part in parts
    )
except (DataError, OSError) as error:
    sys.exit(f"{parser.prog}: {error}")
print(
    f"{len(learnt):,} garments to learn from, {len(held_out):,} held out, {len(photographs.classes)} kinds:"
)
print(", ".join(f"{count} {name}" for name, count in photographs.counts().counts.items()))
real, unseen = (to_numbers.batch(part.data) for part in (learnt, held_out))
viz.write_image(
    output / "garments.png",
    viz.sheet(real[:48]),
    "48 photographs of garments, in rows of eight.",
)
print(f"Some of them: {(output / 'garments.png').resolve()}")

# %%
# How large it gets
# -----------------
# A transposed convolution of 4 x 4 with stride 2 and padding 1 makes a map of side ``i`` one of side
# ``(i - 1) * 2 - 2 * 1 + 4 = 2 i``. So from 4 x 4 it takes three doublings to 32, and four to 64. Maps grow
# fourfold, and so would the work; that is why there are half as many of them each time. A layer has ``4 * 4``
# weights for each pair of a map that goes in and one that comes out. The discriminator is the way back; in
# the short form, with fewer maps than the generator, for it has the easier task.

widths, back = ([512, 256, 128, 64], [64, 128, 256, 512]) if options.full else ([128, 64, 32], [16, 32, 64])
mg.manual_seed(0)
generator, discriminator = dcgan.generator(widths, 3, 4, NOISE), dcgan.discriminator(back, 3, 4)
doublings = [layer for layer in generator if isinstance(layer, nn.ConvTranspose2d)]
i = 4
print()
for (inputs, outputs), layer in zip(pairwise([*widths, 3]), doublings, strict=True):
    larger = (i - 1) * 2 - 2 * 1 + 4
    maps = f"{i:2} x {i:2} x {inputs:3}  ->  {larger:2} x {larger:2} x {outputs:3}"
    print(f"{maps}: {16 * inputs * outputs:9,} weights")
    assert layer(mg.zeros(1, inputs, i, i)).shape == (1, outputs, larger, larger)
    assert layer.weight.numel() == 16 * inputs * outputs
    i = larger
print(f"Checked: so says the network. Its images have {3 * side * side:,} numbers, lesson 13's had 784.")

# %%
# Lest the discriminator win
# --------------------------
# A discriminator can be right about every image and still find something to learn: with the label 1, the loss
# goes on falling as the score grows. It puts its weights into being ever surer, and for the generator there
# is no slope left to climb (lesson 13). So we tell it a white lie: the label of a real image is a little less
# than 1.

paper = adversary.smoothed
print(f"\n{paper}")
paper.check()

score, label = mg.tensor(paper.given["z"], requires_grad=True), mg.tensor(paper.given["s"])
nn.functional.binary_cross_entropy_with_logits(score, label).backward()
assert paper["z"].gradient.agrees(score.grad)
print("Checked: the library's loss has the same gradient.")

# %%
# Where the label was 1 the gradient was ``p - 1``, a pull upwards wherever the score is. Now it is ``p - s``:
# nothing at the score ``log(s / (1 - s))``, and a pull downwards above it. The labels of drawn images stay 0.
#
# The other means is a little noise, laid over real images: their finest grain, by which a discriminator could
# know them at once, without looking at what they show, is lost in it. Both are settings of ``train.GAN``.
#
# Lest they go round in circles
# -----------------------------
# Suppose the discriminator has a weakness for red. The generator paints red; the discriminator learns that
# red is suspicious, and prefers blue; the generator paints blue. Each step is right, and they arrive nowhere.
# What one can do is to take no part in the last turn: to keep, beside the weights, a slow average of them.

paper = adversary.wavering
print(f"\n{paper}")
paper.check()

weight = nn.Linear(1, 1, bias=False, dtype=mg.float64)
average = AveragedModel(weight, multi_avg_fn=get_ema_multi_avg_fn(0.9))
for step in range(5):
    nn.init.constant_(weight.weight, paper.given["w1" if step % 2 == 0 else "w2"])
    average.update_parameters(weight)
assert paper["a5"].value.agrees(average.module.weight.item())
print("Checked: so does the library's average.")

# %%
# It is nothing that training uses: the networks go on as if it were not there. It is what is kept in the end.
#
# The training
# ------------

gan = train.GAN(generator, discriminator, NOISE, smoothing=0.1, instance_noise=0.1)
average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(decay))
sheets = train.SampleSheets(output / "sheets", average, gan.noise_for(48), every_epochs=max(1, epochs // 20))
learnt.transform = transforms.Compose([to_numbers, transforms.RandomHorizontalFlip()])
with train.catch_interrupt() as interrupt:
    history = train.fit_gan(
        gan,
        DataLoader(learnt, min(BATCH_SIZE, len(learnt)), shuffle=True, drop_last=True),
        optim.Adam(
            [
                {"params": generator.parameters(), "lr": rates[0]},
                {"params": discriminator.parameters(), "lr": rates[1]},
            ],
            betas=(beta, 0.999),
        ),
        epochs,
        callbacks=[
            train.ProgressBar("dcgan"),
            train.Average(average, generator),
            sheets,
            train.Checkpoint(output / f"training-{side}.safetensors", every_seconds=60),
        ],
        resume=options.full,
    )
sheets.film(
    output / "training.gif", alt="Garments in colour that the averaged generator paints of the same noise"
)
history.plot().save(output / "curves.png")
mg.save(average.module.state_dict(), output / "generator.safetensors")
print(f"\nWhat it paints, epoch by epoch: {(output / 'training.gif').resolve()}")
for epoch in sorted({1, (len(history) + 1) // 2, len(history)}):
    told = ", ".join(f"{name} {history[name][epoch - 1]:.3f}" for name in ("d_loss", "g_loss"))
    print(f"epoch {epoch:3}: {told}")

# %%
# A discriminator that cannot tell gives every image a score of 0, and its loss is ``log 2 = 0.693`` for any
# label. Well below that it is winning; but it cannot go to 0 any more.
#
# Is it any good, and is it new?
# ------------------------------
# As in lesson 13, a classifier looks at both, and its features are compared: once for the generator as the
# last step left it, once for the average.

mg.manual_seed(0)
classifier = garment_cnn(3, side, len(photographs.classes), (16, 32, 64))
train.fit(
    classifier,
    DataLoader(learnt, BATCH_SIZE, shuffle=True),
    nn.CrossEntropyLoss(),
    optim.Adam(classifier.parameters(), lr=1e-3),
    epochs=20 if options.full else 4,
    progress=False,
)


def sampler(network: nn.Module) -> Callable[[int], mg.Tensor]:
    """What makes so many images."""
    network.eval()

    def sample(count: int) -> mg.Tensor:
        with mg.no_grad():
            return mg.cat([network(gan.noise_for(n)) for n in [100] * (count // 100) + [count % 100] if n])

    return sample


for name, network in (("the generator at the end", generator), ("the average", average)):
    count = min(500, len(unseen))
    judgement = judge(sampler(network), real, classifier, held_out=unseen, count=count, repeats=3)
    print(f"\nOf {name}:\n{judgement}")

# %%
# "nearest" asks whether it is new. Of each image, the distance to the nearest one it has learnt from, over
# the same for garments that were held out: near 0, the generator has learnt by heart. The picture shows six
# images and, beside each, the three that come nearest. Look at it before you believe any number.

drawn = sampler(average)(48)
seen = [features(classifier, images).values for images in (drawn, real, unseen)]
Neighbours(*seen).show(drawn.numpy(), real).save(output / "neighbours.png")
print(f"\nThe nearest: {(output / 'neighbours.png').resolve()}")

# %%
# What to try
# -----------
# ``smoothing=0, instance_noise=0``: watch ``d_loss``. The same rate of 1e-3 for both: who wins? ``decay``:
# with 0.999 and few steps, the average still remembers the first weights, which knew nothing. ``penalty=1``
# of ``train.GAN`` keeps scores from changing fast near real images; it is a gradient of a gradient. The
# lookbook's own network, 128 x 128, is in ``models/dcgan128.py``. The next lesson is on what to do with
# garments that nobody has sewn.
#
# Exercise
# --------
# Write the average. ``weights`` is an array (T, n), the ``n`` weights after each of ``T`` steps; return the
# array (T, n) of their averages after each of them: the first is the first weights themselves, each later one
# is ``decay`` of the average before it and the rest of the weights as they are. Take out the line with
# ``raise``.


def averages(weights: np.ndarray, decay: float) -> np.ndarray:
    raise NotImplementedError


# %%
# The check has the numbers worked above, and then any.


def check(averages: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    wavering = np.array([[1.0], [-1.0], [1.0], [-1.0], [1.0]])
    for weights, decay in (
        (wavering, 0.9),
        (random.normal(size=(30, 4)), 0.5),
        (random.normal(size=(1, 2)), 0.99),
    ):
        model = nn.Linear(weights.shape[1], 1, bias=False, dtype=mg.float64)
        average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
        right = np.empty_like(weights)
        for row, values in enumerate(weights):
            model.load_state_dict({"weight": mg.tensor(values[None])})
            average.update_parameters(model)
            right[row] = average.module.weight.tolist()[0]
        given = weights.copy()
        got = averages(given, decay)
        if not np.array_equal(given, weights):
            raise course.NotYet("Leave the weights as they are: training goes on with them.")
        if np.shape(got) != weights.shape:
            raise course.NotYet(f"{len(weights)} steps give an array {weights.shape}, not {np.shape(got)}.")
        wrong = ~np.isclose(got, right).all(axis=1)
        if wrong.any():
            step = int(wrong.argmax())
            raise course.NotYet(
                f"decay {decay}: after step {step + 1} of {len(weights)} the average is "
                f"{right[step].round(4)}, not {np.round(got[step], 4)}."
            )


print(course.solved(averages, check))
if interrupt:
    sys.exit(130)

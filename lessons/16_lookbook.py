"""
Lesson 16: what is it, is it one at all, and what goes with it
==============================================================

A generator makes a thousand garments, and nobody knows what they are. The fashion lookbook lets a classifier
name them, chooses some, and puts outfits together: by kind, and by how well their colours agree. Each of
these choices is made by a number, and each number says something else than one might think. We work them by
hand, look at what they say of clothes, of generated garments and of nothing at all, and make a page.

    python lessons/16_lookbook.py              of garments that minigrad paints, in under a minute
    python lessons/16_lookbook.py --data DIR   of photographs of yours, a sub-folder for each kind
    python lessons/16_lookbook.py --help       the other options

This trains a DCGAN for so short a time that its garments are hardly any. ``python -m models.lookbook`` is the
same with more of everything, in minutes; the page in docs/guides/lookbook.md was made by it.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from itertools import combinations, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import parse_options, whole_number
from minigrad import course, nn, train, viz
from minigrad.course.examples import outfit
from minigrad.data import DeepFashion2
from minigrad.data.fashion.garments import draw_garments
from minigrad.errors import DataError
from minigrad.evaluation.generated import features
from models.lookbook import classifier, data
from models.lookbook.colour import garment_colour, harmony, lab
from models.lookbook.cutouts import cut_garments
from models.lookbook.outfits import choose
from models.lookbook.pipeline import stages
from models.lookbook.poster import poster
from models.lookbook.presets import PRESETS, fitting
from models.lookbook.settings import Settings
from models.lookbook.stages import about, run

parser = argparse.ArgumentParser(description="Name generated garments, doubt the names, and pair outfits.")
parser.add_argument("--data", type=Path, metavar="DIR", help="a folder with a sub-folder for each kind")
parser.add_argument("--images", type=whole_number, default=700, metavar="N", help="to paint, without --data")
parser.add_argument("--epochs", type=whole_number, default=20, metavar="N", help="of the DCGAN")
parser.add_argument("--output", type=Path, metavar="DIR", default=Path("output/16_lookbook"))
options = parse_options(parser)
train.quiet_interrupts()
output = options.output

# %%
# The stages
# ----------
# A pipeline is a row of stages, each of which reads what others have made: photographs, a classifier, a
# DCGAN, garments, their names, outfits, a page. Here each result is a folder, and its name has a hash of all
# that it depends on: its settings, and the names of the folders it was made from. So another number of epochs
# for the DCGAN makes another DCGAN, other garments, another page, and leaves the classifier alone; and a run
# that is killed finds all of its finished stages.

folder = options.data
if folder is None:
    painted, folder = output / f"painted-{options.images}", output / f"garments-{options.images}"
    if not folder.is_dir():
        shutil.rmtree(painted, ignore_errors=True)
        draw_garments(painted, {"train": options.images})
        cut_garments(DeepFashion2(painted), folder)
presets = output / "presets.json"
anything = " / ".join(sorted(place.name for place in folder.iterdir() if place.is_dir()))
presets.write_text(json.dumps({**PRESETS, "Whatever comes": [anything, anything]}), encoding="utf-8")
settings = Settings(
    output,
    folder=folder,
    presets=presets,
    side=32,
    classifier_epochs=10,
    gan_epochs=options.epochs,
    rate=4e-4,
    beta=0.5,
    decay=0.9,
    width=128,
    generated=300,
    confidence=0.05,  # next to nothing: any garment will do
    outfits=4,
)
try:
    folders = run(stages(settings), settings, "classify")
except (DataError, OSError) as error:
    sys.exit(f"{parser.prog}: {error}")
except KeyboardInterrupt:
    sys.exit(130)
for name, place in folders.items():
    print(f"{name:10} -> {place.name}")

# %%
# How sure is sure?
# -----------------
# The classifier gives scores, and softmax makes probabilities of them (lesson 4).

paper = outfit.certain
print(f"\n{paper}")
paper.check()
assert paper["p"].value.agrees(mg.softmax(mg.tensor(paper.given["z"]), 0).numpy())

# %%
# The shares add up to 1, and there is no share for "none of these". And how far the scores are apart, the
# classifier decides by itself: training drives them apart as long as there is anything to gain. So let us ask
# it about three kinds of images: garments that were held out, garments that the generator made, and pixels
# drawn at random, which are nothing.

model = classifier.trained(settings, folders["classifier"])
classes = about(folders["classifier"])["classes"]
held_out = data.read(folders["data"], "test", about(folders["data"])).data
made = np.load(folders["generate"] / "images.npy")
nothing = np.random.default_rng(0).integers(0, 256, made[:100].shape, np.uint8)
groups = {"held-out garments": held_out, "generated ones": made, "random pixels": nothing}
seen = {name: features(model, data.SCALED.batch(images)) for name, images in groups.items()}
sure = {name: nn.functional.softmax(mg.tensor(told.scores), 1).numpy() for name, told in seen.items()}
print("\n                    mean confidence   over 0.9")
for name, probabilities in sure.items():
    likely = probabilities.max(1)
    print(f"{name:18} {likely.mean():16.0%} {(likely > 0.9).mean():10.0%}")

# %%
# Look at the last line. Nothing that the classifier has learnt from looked like this, so nothing has ever
# pulled its scores for it together: they are as large as they happen to be, and what is large is sure.
#
# Is it one at all?
# -----------------
# A confidence is a comparison of kinds, so it cannot say that a thing is of no kind. For that one has to ask
# how near it is to what there is. We take the features that enter the classifier's last layer, and measure
# how far it is to the nearest photograph it has learnt from. How far is far? As far as it is for photographs
# that were held out: their median is the unit. Say all of it lies on a line,
#
#     learnt from:   0, 10
#     held out:      1, 12, 13    their nearest are 1, 2 and 3 away; the median is 2
#     a garment:     4            4 away: its oddness is 4 / 2 = 2
#     another:       10           0 away: it is a copy
#
# Near 1 it is like a new photograph. Far above, it is none; near 0, it is one of the old ones.

learnt, tested, garments = (np.array([row], float).T for row in ([0, 10], [1, 12, 13], [4, 10]))
odd, _ = classifier.oddness(garments, learnt, tested)
assert odd.tolist() == [2, 0]
print("\nChecked: an oddness of 2, and one of 0.\n\n                    median oddness")
photographs = [classifier.seen(model, folders["data"], part) for part in ("train", "test")]
oddness = {name: classifier.oddness(told.values, *photographs)[0] for name, told in seen.items()}
for name, values in oddness.items():
    print(f"{name:18} {np.median(values):15.2f}")

best = np.argsort(abs(oddness["generated ones"] - 1), kind="stable")
shown = [*best[:6], *best[-6:]]
labels = [
    f"{classes[sure['generated ones'][i].argmax()]}\noddness {oddness['generated ones'][i]:.2f}"
    for i in shown
]
viz.image_grid(made[shown], labels, columns=6).save(output / "odd.png")
print(f"The least odd, and the oddest: {(output / 'odd.png').resolve()}")

# %%
# What goes with what
# -------------------
# Which colours go together? Ou and Luo showed people pairs of colours and asked. What they answered fits a
# formula, of the colours in CIELAB, where a step of one size is seen as equally large everywhere: lightness
# from 0 to 100, and two numbers for how red or green and how yellow or blue. It has three parts: how far the
# two are apart in chroma and hue; how light they are, and how different in it; and the hues as such. For two
# greys it can be worked by hand, as there is no hue in them.

paper = outfit.greys
print(f"\n{paper}")
paper.check()
dark, light = ([float(paper.given[name]), 0.0, 0.0] for name in ("l1", "l2"))
assert paper["CH"].value.agrees(harmony(dark, light))
print(f"Checked: so says the library. Two light greys, 85 and 95: {harmony([85, 0, 0], [95, 0, 0]):.2f}")

# %%
# More is more harmonious. Lightness counts for most: people like what is light, and, beside that, a contrast.
# Here are pairs of colours that garments have, the best and the worst.

colours = np.unique(np.stack([garment_colour(image) for image in held_out[:30]]), axis=0)
pairs = sorted(combinations(colours, 2), key=lambda pair: -harmony(*lab(np.stack(pair))))
chosen = [*pairs[:4], *pairs[-4:]]
swatches = np.stack([np.repeat(np.repeat(np.stack([pair]), 40, 0), 40, 1) for pair in chosen])
labels = [f"{harmony(*lab(np.stack(pair))):.2f}" for pair in chosen]
viz.image_grid(swatches, labels, columns=4).save(output / "colours.png")
print(f"\nPairs of colours: {(output / 'colours.png').resolve()}")

# %%
# Outfits
# -------
# What belongs to an outfit at all, a rule says: *Shirts, Jeans, Sports Shoes, Wallets*, a preset. For each
# piece there are a few candidates, all their combinations are tried, and the one is taken whose pairs agree
# best in the mean. First of the garments that were held out, to see what the rules are worth by themselves.

everything = np.ones(len(held_out), bool)
worn = choose(
    held_out,
    sure["held-out garments"],
    1.0 * everything,
    everything,
    classes,
    fitting(PRESETS, classes),
    0.5,
    4,
)
if worn:
    poster(worn, held_out, "Held-out garments, named by a classifier, put together by colour").save(
        output / "held_out.png"
    )
    print(f"\n{len(worn)} outfits of held-out garments: {(output / 'held_out.png').resolve()}")
for one in worn:
    pieces = ", ".join(f"{piece['kind']} {piece['colour']}" for piece in one["pieces"])
    print(f"{one['agreement']:6.2f}  {one['name']}: {pieces}")

# %%
# And of those that were generated: outfits and page are the last stages. All others are kept from above.

try:
    page = run(stages(settings), settings, "page")["page"]
except DataError as error:
    sys.exit(f"{parser.prog}: {error}")
print(f"\nThe page: {(page / 'lookbook.html').resolve()}")

# %%
# What to try
# -----------
# ``--epochs 150``: confidence, oddness and page, again. Which of the two numbers changes more? ``python -m
# models.lookbook --conditional`` asks the generator for kinds (lesson 17); ``--enlarge 2`` shows the garments
# at twice their size (lesson 18).
#
# Exercise
# --------
# Choose an outfit. ``pieces`` has a list of candidates for each piece, numbers of garments; ``agreement`` is
# an array (N, N) with the harmony of garments ``i`` and ``j`` in row ``i``, column ``j``. Return a tuple with
# one number of each list, in this order, so that the mean of ``agreement`` over all pairs of them is as large
# as can be. No garment may be there twice, though it may be in several lists. Return ``None`` if there is no
# such choice. Take out the line with ``raise``.


def best_outfit(pieces: Sequence[Sequence[int]], agreement: np.ndarray) -> tuple[int, ...] | None:
    raise NotImplementedError


# %%
# The check tries everything, and takes the time that it takes.


def check(best_outfit: Callable[..., tuple[int, ...] | None]) -> None:
    def worth(choice: Sequence[int], agreement: np.ndarray) -> float:
        apart = ~np.eye(len(choice), dtype=bool)
        return float(agreement[np.ix_(choice, choice)][apart].mean())

    random = np.random.default_rng(0)
    given: list[tuple[list[list[int]], int]] = [([[0], [1]], 2), ([[2, 3], [1, 0]], 4)]
    given += [([[0, 1, 2], [3, 4], [5, 6, 7]], 8), ([[0, 1, 2]] * 3, 3), ([[0, 1], [0, 1, 2, 3], [4]], 5)]
    given += [(random.permutation(20).reshape(4, 5).tolist(), 20) for _ in range(6)]
    for pieces, count in given:
        half = random.normal(size=(count, count))
        agreement = half + half.T + 5 * np.eye(count)  # with itself, each agrees best
        choices = [c for c in product(*pieces) if len(set(c)) == len(c)]
        right = max(choices, key=lambda c: worth(c, agreement))
        got = best_outfit(pieces, agreement.copy())
        if not isinstance(got, tuple) or len(got) != len(pieces):
            raise course.NotYet(f"Return a tuple of {len(pieces)} numbers, one for each piece, not {got!r}.")
        if any(number not in piece for number, piece in zip(got, pieces, strict=True)):
            raise course.NotYet(f"{got} is not one of each of {pieces}, in this order.")
        if len(set(got)) < len(got):
            raise course.NotYet(f"{got}: a garment can be worn once.")
        if worth(got, agreement) < worth(right, agreement) - 1e-9:
            raise course.NotYet(
                f"Of {pieces}, {got} agree with {worth(got, agreement):.3f} in the mean of all pairs, but "
                f"{right} with {worth(right, agreement):.3f}."
            )
    if best_outfit([[1], [1]], np.ones((2, 2))) is not None:
        raise course.NotYet("One garment for two pieces is no choice: None.")


print(course.solved(best_outfit, check))

"""
Lesson 18: twice the size, with what was never in the picture
=============================================================

Sixteen pixels become sixty-four. Where do the other forty-eight come from? They are not in the picture: many
large images give the same small one, and a network that should be right about all of them paints the mean,
which is blurred. SRGAN asks for something else: paint one that could be true. We shuffle pixels by hand, see
why a square blurs, look into a residual block, take what our own classifier sees as a measure, and double
images of Fashion-MNIST.

    python lessons/18_srgan.py           a part of the images, under a minute
    python lessons/18_srgan.py --full    all images and 10 epochs: hours on two cores
    python lessons/18_srgan.py --help    the other options

Ctrl-C ends training after the batch under way; what was learned until then is shown all the same.
"""

import copy
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import options_parser, parse_options
from minigrad import course, nn, optim, train, viz
from minigrad.course.examples import enlarging
from minigrad.data import DataLoader, FashionMNIST, Subset, transforms
from minigrad.errors import DataError
from models.cnn import garment_cnn
from models.srgan import Enlarger, discriminator

BATCH_SIZE = 64
EPOCHS, QUICK_EPOCHS, QUICK_IMAGES = 10, 2, 3_200

parser = options_parser(
    "Train networks on Fashion-MNIST that double the sides of an image, with and without an adversary.",
    output="output/18_srgan",
    quick=f"{QUICK_EPOCHS} epochs on {QUICK_IMAGES:,} images, for each training",
)
options = parse_options(parser)
train.quiet_interrupts()
output = options.output

# %%
# Why the mean is not good enough
# -------------------------------
# To learn, we make the small images ourselves: of each 2 x 2 pixels their mean. What is lost there? A black
# pixel beside a white one, or a white one beside a black one: both become the same grey. Say both are equally
# frequent, and the network has to paint the left one of the two. With the mean square as its loss:

for paper in (enlarging.either, enlarging.sharp):
    print(f"{paper.text(footer=False)}\n")
    paper.check()

# %%
# At grey the gradient is 0: there it stays. But grey is the one answer that is surely wrong; no image has
# it there. Where an edge may be here or there the network paints something between, and a picture full of
# that is a blurred picture. A second network that tells real from made (lesson 13) sees grey at once.
#
# Pixels out of maps
# ------------------
# The network works on the small maps, where a convolution is four times cheaper, and makes them large at the
# very end. It does not double pixels and not leave gaps as lesson 13's transposed convolution: a convolution
# makes four maps, and each gives one pixel of every 2 x 2. Four maps of 2 x 2, and what becomes of them:

maps = mg.arange(16).reshape(1, 4, 2, 2)
large = nn.PixelShuffle(2)(maps)
for row in range(2):
    print("   ".join(" ".join(f"{n:2}" for n in one[row].tolist()) for one in maps[0]))
print()
for line in large[0, 0].tolist():
    print(" ".join(f"{n:2}" for n in line))

# %%
# Look at the upper left corner: 0, 4, 8, 12, the first number of each map. Nothing is computed, numbers move:
#
#     y[c, 2 i + a, 2 j + b] = x[4 c + 2 a + b, i, j]
#
# and as a network is free to learn what stands in the four maps, it learns what the four pixels should be.

by_hand = np.zeros((4, 4), int)
for a in range(2):
    for b in range(2):
        by_hand[a::2, b::2] = maps[0, 2 * a + b].numpy()
assert (by_hand == large[0, 0].numpy()).all()

# %%
# A way round
# -----------
# Between the first convolution and the shuffle are residual blocks: ``y = x + f(x)``, with two convolutions
# in ``f``. An enlarged image is nearly the small one, so the network need only learn what is to be added.
# And the gradient has a way that nothing can narrow. With one weight for each block:

paper = enlarging.block
print(f"\n{paper}")
paper.check()

# %%
# What counts: that the same is seen
# ----------------------------------
# If pixels are not the measure, what is? Whether a network that knows clothes sees the same in both. We
# train a classifier, cut it off after its first convolutions, and compare what comes out there, for the
# image that was made and for the true one. An edge that lies a pixel further right costs much in pixels and
# little in features; a missing edge costs in both. That is a perceptual loss.

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
loader = DataLoader(Subset(images, range(count)), BATCH_SIZE, shuffle=True, drop_last=True)
print(f"\n{count:,} images from {images.source}")

mg.manual_seed(options.seeds[0])
classifier = garment_cnn(1, 28, len(images.classes), (16, 32))
train.fit(
    classifier,
    loader,
    nn.CrossEntropyLoss(),
    optim.Adam(classifier.parameters(), lr=0.002),
    2,
    progress=False,
)
# The first convolution, batch norm, ReLU, and halved: 16 maps of 14 x 14.
features = copy.deepcopy(classifier[:4])

# %%
# With and without an adversary
# -----------------------------
# First without an adversary, which would only laugh at what an untrained network makes; then with it, and
# with a little of its loss, which is large. ``train.SRGAN`` has
#
#     |f(G(x)) - f(y)|^2 + pixels |G(x) - y|^2 + adversarial H(D(G(x)), 1)
#
# for the generator, with y the large image, x the small one and f the features.

WIDTH, BLOCKS = 16, 2
alone = Enlarger(2, WIDTH, BLOCKS, depth=1)
print(f"The enlarger: {train.count_parameters(alone):,} weights.")


def play(generator: Enlarger, adversarial: float, name: str) -> train.History:
    game = train.SRGAN(generator, discriminator(8, depth=1), features, adversarial=adversarial)
    adam = optim.Adam(game.parameters(), lr=0.002)
    return train.fit_gan(game, loader, adam, epochs, callbacks=[train.ProgressBar(name)])


with train.catch_interrupt() as interrupt:
    play(alone, 0.0, "alone")
    both = copy.deepcopy(alone)
    if not interrupt:
        play(alone, 0.0, "alone, and on")  # as long as the other one, or one could not compare them
    if not interrupt:
        history = play(both, 0.01, "with an adversary")
        history.plot().save(output / "curves.png")
mg.save(both.state_dict(), output / "enlarger.safetensors")

# %%
# How good is it?
# ---------------
# On test images, which none of the networks saw: the mean square of pixels; that of features; and how many
# the classifier still names rightly, beside the large images themselves. What everybody has without
# learning is to make four of each pixel, or to take means between them ("bilinear").

x = mg.stack([tests[i][0] for i in range(min(len(tests), 500))])
labels = tests.targets[: len(x)]
small = nn.functional.avg_pool2d(x, 2)
with mg.no_grad():
    ways = {
        "four of each": nn.functional.interpolate(small, scale_factor=2),
        "bilinear": nn.functional.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False),
        "learned alone": alone.eval()(small),
        "with an adversary": both.eval()(small),
        "the true image": x,
    }
    classifier.eval()
    print(f"\n{'':20}{'pixels':>8}{'features':>10}{'named rightly':>15}")
    for name, made in ways.items():
        pixels = ((made - x) ** 2).mean().item()
        seen = ((features(made) - features(x)) ** 2).mean().item()
        right = (classifier(made).argmax(1) == labels).float().mean().item()
        print(f"{name:20}{pixels:8.4f}{seen:10.4f}{right:15.1%}")

chosen = mg.cat([made[:10] for made in ways.values()])
rows = viz.sheet(chosen, columns=10)
magnified = np.kron(rows, np.ones((4, 4), np.uint8))  # each pixel large enough
viz.write_image(output / "enlarged.png", magnified, f"Ten clothes in rows, from above: {', '.join(ways)}.")
print(f"The same, to look at, a row for each line of the table: {(output / 'enlarged.png').resolve()}")

# %%
# Both learned ones are sharper than what one has without learning, and the classifier sees more of what is
# in the true image. An adversary wants what could be true, and that need not be what was there: by pixels
# it costs something as a rule, the more the larger its part is and the longer one trains; in the picture it
# shows at edges and in cloth. So nobody should read a number plate in such an image: the network paints one
# that could have been. (After a short run there are little chessboards at the edges, too: four maps that
# have not yet agreed.)
#
# What nobody photographed
# ------------------------
# The network has only convolutions, so it takes any size. What it learned from 14 to 28, it can do from 28 to
# 56: where no larger image ever was. If lesson 17 was run before, with clothes that never were, either.

source = Path("output/17_conditional/generator.safetensors")
if source.exists():
    from models.conditional_dcgan import generator28

    made_up = generator28(len(images.classes))
    made_up.load_state_dict(mg.load(source))
    made_up.eval()
    with mg.no_grad():
        begin = made_up(2 * mg.rand(10, 90) - 1, mg.arange(10))
else:
    begin = x[:10]
with mg.no_grad():
    doubled = both(begin)
viz.write_image(output / "doubled.png", viz.sheet(doubled, columns=10), "Ten clothes, enlarged to 56 pixels.")
print(f"{tuple(begin.shape[2:])} to {tuple(doubled.shape[2:])}: {(output / 'doubled.png').resolve()}")

# %%
# What to try
# -----------
# Take ``adversarial=0.1``, and look for what is not in the true image. Take features of a later layer
# (``classifier[:8]``): the image may now be what it likes as long as it is the same kind. Enlarge four times:
# ``Enlarger(4)`` has two shuffles, and the small images are 7 x 7.
#
# Exercise
# --------
# Write the pixel shuffle. ``x`` is an array (N, C r r, H, W); return (N, C, r H, r W), with
# ``y[n, c, r i + a, r j + b] = x[n, r r c + r a + b, i, j]``. One reshape takes the maps apart, one transpose
# brings each axis to its place, one reshape puts them together. Take out the line with ``raise``.


def shuffle(x: np.ndarray, r: int) -> np.ndarray:
    raise NotImplementedError


# %%
# The check writes the formula out, number by number.


def check(shuffle: Callable[..., np.ndarray]) -> None:
    random = np.random.default_rng(0)
    for n, c, h, w, r in ((1, 1, 2, 2, 2), (2, 3, 2, 4, 2), (2, 2, 3, 1, 3)):
        x = random.normal(size=(n, c * r * r, h, w))
        right = np.empty((n, c, r * h, r * w))
        for k, i, j in np.ndindex(c, r * h, r * w):
            right[:, k, i, j] = x[:, r * r * k + r * (i % r) + j % r, i // r, j // r]
        got = shuffle(x.copy(), r)
        if np.shape(got) != right.shape:
            raise course.NotYet(f"Of {x.shape} with r = {r} comes {right.shape}, not {np.shape(got)}.")
        if not np.array_equal(got, right):
            place = tuple(int(k) for k in np.unravel_index(np.argmax(got != right), right.shape))
            raise course.NotYet(
                f"Of {x.shape} with r = {r}: y{list(place)} should be {right[place]:.4f}, and is "
                f"{got[place]:.4f}."
            )


print(course.solved(shuffle, check))
if interrupt:
    sys.exit(130)

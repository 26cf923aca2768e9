"""
Lesson 10: a convolutional network that tells clothes apart
===========================================================

The dense networks of lesson 7 take an image for a row of 784 numbers, in which the pixel above another is no
nearer than one at the other end. Convolutions know better: what belongs together lies together. Here are two
of them, with pooling, in a network of no more weights than the wide one of lesson 7. We train it, compare it
with the figures of the coursework report that it is from, and look into it: what do its kernels see?

    python lessons/10_cnn.py                          a few epochs on a part of the images, under a minute
    python lessons/10_cnn.py --full --seeds 0 1 2     as in the report, three times over
    python lessons/10_cnn.py --help                   the other options

Ctrl-C ends training after the batch under way; what was learned until then is tested and written all the
same, and the exit status is 130. A second Ctrl-C stops at once.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # models/ and lessons/ lie there

import numpy as np

import minigrad as mg
from lessons.options import options_parser, parse_options
from minigrad import course, evaluation, nn, optim, train, viz
from minigrad.data import DataLoader, FashionMNIST, Subset, random_split, transforms
from minigrad.errors import DataError
from models.cnn import small_cnn

BATCH_SIZE = 128
EPOCHS, QUICK_EPOCHS, QUICK_IMAGES = 20, 3, 10_000
PUBLISHED = {"accuracy": 0.9107, "loss": 0.3858}
PUBLISHED_F1 = [0.86, 0.99, 0.86, 0.91, 0.86, 0.98, 0.75, 0.97, 0.97, 0.97]

parser = options_parser(
    "Train a convolutional network on Fashion-MNIST and write a page that shows how well it does, and how.",
    output="output/10_cnn",
    quick=f"{QUICK_EPOCHS} epochs on {QUICK_IMAGES:,} images",
)
options = parse_options(parser)
train.quiet_interrupts()

epochs = options.epochs or (EPOCHS if options.full else QUICK_EPOCHS)

# %%
# The network
# -----------
# It has two rounds of convolution, ReLU and max pooling. The first has 32 kernels of 3 x 3, which look at the
# image. The second has 64, and each of them looks at all 32 maps of the first: so it can see that one thing
# lies beside another. Pooling halves the maps. What is left, 64 maps of 5 x 5, goes into a dense network with
# dropout.
#
# Let one image through, layer by layer, and check the sizes with the formula of lesson 9.


def show_layers(model: nn.Sequential) -> None:
    x = mg.zeros(1, 1, 28, 28)
    lines = [f"{'':34}{tuple(x.shape[1:])!s:>16}  parameters"]
    for layer in model:
        x = layer(x)
        weights = sum(p.numel() for p in layer.parameters())
        name = f"{type(layer).__name__} {tuple(layer.weight.shape) if weights else ''}"
        lines.append(f"{name:34}{tuple(x.shape[1:])!s:>16}" + (f"  {weights:>10,}" if weights else ""))
    lines.append(f"{'all':50}  {train.count_parameters(model):>10,}")
    print("\n".join(lines))


show_layers(small_cnn())

# %%
# Most weights are in the first dense layer. The convolutions have less than a tenth of them, and do most of
# the work, for each of their weights is used at hundreds of places.
#
# The data
# --------
# As in lesson 7: a tenth of the training images is held back at random, to see how well the network does on
# others while it learns.

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

count = len(train_images) if options.full else min(QUICK_IMAGES, len(train_images))
part = Subset(train_images, range(count))  # they lie in no order, so these are as good as others
source = " and ".join(dict.fromkeys((train_images.source, test_images.source)))
print(f"\n{count:,} training and {len(test_images):,} test images from {source}")

# %%
# Training
# --------

loss_fn = nn.CrossEntropyLoss()
metrics = {"accuracy": train.accuracy}


def learn(seed: int) -> tuple[nn.Sequential, train.History]:
    mg.manual_seed(seed)
    learning, validation = random_split(part, [0.9, 0.1])
    model = small_cnn()
    history = train.fit(
        model,
        DataLoader(learning, BATCH_SIZE, shuffle=True),
        loss_fn,
        optim.Adam(model.parameters(), lr=0.001),
        epochs=epochs,
        validation=DataLoader(validation, 1000),
        metrics=metrics,
        callbacks=[train.ProgressBar("cnn" if len(options.seeds) == 1 else f"cnn-{seed}")],
    )
    mg.save(model.state_dict(), options.output / f"cnn-seed{seed}.safetensors")
    return model, history


# %%
# What it has learned
# -------------------
# The kernels of the first layer can be looked at: nine weights each, blue where a bright pixel counts for,
# and orange where it counts against. In many of them one side is blue and the other orange. They find edges,
# as the kernels did that we drew up by hand in lesson 9; nobody has told them to. (After a short run, some
# still look as random as they began.)


def filters(model: nn.Sequential) -> viz.Picture:
    return viz.maps(model[0].weight.detach()[:, 0], columns=8, title="The 32 kernels of the first layer")


# %%
# Then the maps that they make of one image: one lights up at level edges, another in areas, another on one
# side of things only. In the second layer the maps are small and hard to name. Each says where on the piece
# of clothing some mixture of edges and areas was found. Every map is drawn on a scale of its own, and one
# that has found nothing stays empty.


def feature_maps(model: nn.Sequential, image: mg.Tensor) -> tuple[viz.Picture, viz.Picture]:
    model.eval()
    with mg.no_grad():
        first = model[1](model[0](image[None]))  # (1, 32, 26, 26)
        second = model[4](model[3](model[2](first)))  # (1, 64, 11, 11)
    return (
        viz.maps(first[0], columns=8, title="After the first convolution and ReLU"),
        viz.maps(second[0], columns=8, title="After the second convolution and ReLU"),
    )


# %%
# Testing
# -------
# Precision is the share of what was called a shirt that is one; recall is the share of the shirts that were
# called so; F1 is between them, nearer to the worse. The last column has F1 from the report.


def test(seed: int, model: nn.Sequential, history: train.History) -> evaluation.Result:
    loader = DataLoader(test_images, 1000)
    scores = train.evaluate(model, loader, loss_fn, metrics)
    outputs, targets = train.predict(model, loader)

    print(f"\nseed {seed}: test accuracy {scores['accuracy']:.2%}, loss {scores['loss']:.4f}", end=" ")
    print(f"(report: {PUBLISHED['accuracy']:.2%}, {PUBLISHED['loss']:.4f})")
    print(f"{'':12} precision  recall      F1  report")
    classes = evaluation.class_scores(targets, outputs.argmax(axis=1), FashionMNIST.classes)
    for (name, score), report in zip(classes.items(), PUBLISHED_F1, strict=True):
        print(f"{name:12}    {score.precision:6.3f}  {score.recall:6.3f}  {score.f1:6.3f}  {report:6.2f}")

    boot = int(np.argmax(targets == 9))  # the first of them
    first, second = feature_maps(model, test_images[boot][0])
    pictures = {
        "filters.png": (filters(model), "Its kernels: blue counts for, orange against what is bright."),
        "maps1.png": (first, f"What the kernels find in test image {boot}, an ankle boot."),
        "maps2.png": (second, "What the second layer makes of it: smaller maps, of what lies beside what."),
    }
    settings = {
        "optimiser": "Adam, learning rate 0.001",
        "loss": "cross-entropy",
        "batch size": BATCH_SIZE,
        "epochs at most": epochs,
        "early stopping": "none",
        "pixels": "divided by 255",
        "training images": count * 9 // 10,
        "validation images": count // 10,
        "test images": len(test_images),
    }
    result = evaluation.Result(
        "cnn", seed, model, settings, history, None, scores, outputs, targets, PUBLISHED
    )
    result.graph, result.pictures = graph_of(model), pictures
    result.summary = mg.summary(model, (1, 28, 28))
    return result


def graph_of(model: nn.Sequential) -> viz.Graph:
    model.train()
    model.zero_grad()
    images, labels = next(iter(DataLoader(test_images, BATCH_SIZE)))
    loss = loss_fn(model(images), labels)
    return viz.graph(loss)


# %%
# All of it, and the page.

results = []
with train.catch_interrupt() as interrupt:
    for seed in dict.fromkeys(options.seeds):
        results.append(test(seed, *learn(seed)))
        if interrupt:
            print("Stopped by Ctrl-C. Writing what was learned until then ...")
            break

    notes = []
    if train_images.is_sample:
        notes.append("This network saw only the sample that comes with minigrad: 5,000 training images and "
                     "1,000 test images instead of 60,000 and 10,000. Expect less of it.")  # fmt: skip
    if interrupt:
        notes.append("Training was stopped by hand before it was done.")
    if count < len(train_images) or epochs < EPOCHS:
        notes.append("This was a short run; with --full the network trains as long as in the report.")
    page = evaluation.write_report(
        options.output,
        results,
        test_images.data.numpy(),
        FashionMNIST.classes,
        title="A convolutional network on Fashion-MNIST",
        introduction="A network of two convolutions, trained by minigrad with the settings of a coursework "
        "report, whose published figures stand beside ours. The test images were used once, after training.",
        notes=notes,
    )
    if options.results:
        evaluation.write_json(options.results, evaluation.figures(results))
print(f"\nThe kernels and the maps: {(page.parent / results[0].folder).resolve()}")

# %%
# What to try
# -----------
# Give both convolutions ``padding="same"``: how many more weights does the network get, and where? Take the
# shirts that it called T-shirts, on the page: would you have done better?
#
# Exercise
# --------
# How much of the image does one number of a map see? After one 3 x 3 convolution, 3 x 3 pixels. After pooling
# and another convolution, more. Write a function that says it for any such network. ``layers`` is a list of
# pairs, the size of each window and its stride, from the image upwards: this network's convolutions and
# poolings are ``[(3, 1), (2, 2), (3, 1), (2, 2)]``. Padding and dilation are not used. Return how many pixels
# wide the window in the image is.
#
# Go through the layers. Two neighbours in a map are how many pixels apart in the image? And a window of ``k``
# of them, how much wider than one of them is it? Take out the line with ``raise``. With the options
# ``--sample --epochs 1`` the lesson runs again in seconds.


def seen(layers: Sequence[tuple[int, int]]) -> int:
    raise NotImplementedError


# %%
# The check asks the gradient: it is 0 at the pixels that have no part in a number.


def pixels_with_a_part(layers: Sequence[tuple[int, int]]) -> int:
    side = 1  # of the smallest image that gives one number
    for k, stride in reversed(layers):
        side = stride * (side - 1) + k
    across = 2 * side  # and this one gives more, of which we take the first
    image = mg.zeros(1, 1, 1, across, requires_grad=True)
    x = image
    for k, stride in layers:
        x = nn.functional.conv2d(x, mg.ones(1, 1, 1, k), stride=(1, stride))
    x[0, 0, 0, 0].backward()
    return int((image.grad != 0).sum().item())


def check(seen: Callable[..., int]) -> None:
    for layers in ([(3, 1)], [(3, 1), (3, 1)], [(2, 2), (3, 1)], [(3, 1), (2, 2), (3, 1), (2, 2)],
                   [(5, 2), (3, 2), (3, 2)], [(1, 1), (4, 3), (2, 1), (3, 2)]):  # fmt: skip
        got, right = seen(list(layers)), pixels_with_a_part(layers)
        if got != right:
            raise course.NotYet(
                f"With the layers {layers}, {right} pixels in a row have a part, not {got!r}."
            )


print(course.solved(seen, check))
print(f"The page that shows it all: {page.resolve()}")
if interrupt:
    sys.exit(130)

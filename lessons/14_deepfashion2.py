"""
Lesson 14: from photographs and annotations to tensors
======================================================

Fashion-MNIST came as one block of numbers, all of one size. Photographs do not. They lie in folders, a file
each, of any size; what is to be learned from is a part of them, marked in another file; some files are
broken; and reading one takes longer than learning from it. This lesson goes the whole way, from
DeepFashion2's files to batches, and looks at the data before anything learns from it.

    python lessons/14_deepfashion2.py                on garments that minigrad draws, in the same layout
    python lessons/14_deepfashion2.py --data DIR     on DeepFashion2 itself: DIR has train/ and validation/
    python lessons/14_deepfashion2.py --help         the other options

DeepFashion2 is given out by its publishers, after a form, at https://github.com/switchablenorms/DeepFashion2.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # lessons/ lies there

import numpy as np

import minigrad as mg
from lessons.options import parse_options
from minigrad import course, viz
from minigrad.data import DataLoader, transforms
from minigrad.data.fashion import DeepFashion2, Statistics, count_images
from minigrad.data.fashion.garments import draw_garments
from minigrad.data.photos import DamageReport, read_image
from minigrad.data.photos.decode import Resize
from minigrad.errors import DataError

parser = argparse.ArgumentParser(description="Read DeepFashion2, look at it, and bring it to tensors.")
parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with train/ and validation/")
parser.add_argument("--images", type=int, default=120, help="how many to draw, without --data")
parser.add_argument("--output", type=Path, metavar="DIR", default=Path("output/14_deepfashion2"))
options = parse_options(parser)
if options.images < 8:
    parser.error("argument --images: eight at least, as some will be broken below")
output = options.output

# %%
# What is there
# -------------
# In ``train/image`` lie photographs, in ``train/annos`` a text for each, in JSON. It says who took the
# picture, a shop or a customer, and what it shows: for each piece of clothing a category, a box, and
# landmarks, such as the points of a collar or the end of a sleeve.

if options.data is None:
    root = output / "garments"
    shutil.rmtree(root, ignore_errors=True)
    draw_garments(root, {"train": options.images, "validation": max(2, options.images // 10)})
else:
    root = options.data
try:
    data = DeepFashion2(root, "train")
    splits = {"train": data, "validation": DeepFashion2(root, "validation")}
except DataError as error:
    sys.exit(f"{parser.prog}: {error}")

first = data.annotations[0]
text = json.loads((data.folder / "annos" / f"{first.name}.json").read_text(encoding="utf-8"))
for key, value in text.items():
    print(f"{key}: {value if not isinstance(value, dict) else ''}".rstrip())
    for name, entry in value.items() if isinstance(value, dict) else ():
        shown = json.dumps(entry)
        print(f"    {name}: {shown if len(shown) < 70 else shown[:66] + ' ...'}")

item = first.items[0]
print(f"\nRead: {item.category_name}, box {item.bounding_box},", end=" ")
print(f"{len(item.landmarks)} landmarks, {len(item.visible())} of them to be seen.")
data.plot(0, outlines=True).save(output / "annotated.png")
print(f"The picture: {(output / 'annotated.png').resolve()}")

# %%
# A box is ``[x1, y1, x2, y2]``: its left, upper, right and lower edge, in pixels from the upper left corner.
# The landmarks are a long row ``x, y, v, x, y, v, ...``, where ``v`` is 2 for a point that is seen, 1 for one
# that is hidden, and 0 for one that nobody has marked; then ``x`` and ``y`` are 0, too, and mean nothing.
#
# Look before you learn
# ---------------------
# How many are there of each kind? Are they large, hidden, seen from the side? A network learns what is
# frequent. If nine in ten were trousers, it would be right nine times in ten by always saying so.

if (root / "test" / "image").is_dir():  # published without annotations: its images can be counted
    splits["test"] = count_images(root, "test")
statistics = Statistics(splits)
print(f"\n{statistics}")
for name in ("sizes", "categories", "attributes"):
    getattr(statistics, name).save(output / f"{name}.png")
print(f"The figures: {output.resolve()}")

# %%
# One piece, one image
# --------------------
# We want one piece of clothing in each image, so each box is cut out of its photograph. And a batch is one
# block of numbers, so all cuttings get one size. Here is a decision. Stretch them: then a wide garment looks
# like a narrow one. Cut off what is over: then the hem is missing. Or fill up with white: then part of the
# image says nothing. All three are used; what must be told apart decides.

boxes = [data.samples[i] for i in range(min(6, len(data)))]
ways = ("stretch", "crop", "pad")
rows = [read_image(ref.path, ref.box, Resize(64, 64, way)) for way in ways for ref in boxes]
captions = [way if not n else "" for way in ways for n in range(len(boxes))]
viz.image_grid(np.stack(rows), captions, columns=len(boxes)).save(output / "three_ways.png")
print(f"The three: {(output / 'three_ways.png').resolve()}")

# %%
# What is broken
# --------------
# Of many thousands of files, some are damaged: an upload broke off, a disk had a bad day. Three ways to deal
# with it are bad. To stop at the first is a lost night. To skip them silently is worse, since nobody notices
# when half are missing. To use them is the worst. So they are left out, and counted, with a reason for each.
# Let us break three files in a copy.

broken = output / "broken"
shutil.rmtree(broken, ignore_errors=True)
for kind in ("image", "annos"):
    (broken / "train" / kind).mkdir(parents=True)
for annotation in data.annotations[:8]:
    for kind, end in (("image", "jpg"), ("annos", "json")):
        shutil.copy(data.folder / kind / f"{annotation.name}.{end}", broken / "train" / kind)
names = [annotation.name for annotation in data.annotations[:8]]
photograph = broken / "train" / "image" / f"{names[0]}.jpg"
photograph.write_bytes(photograph.read_bytes()[:1000])  # the upload broke off
(broken / "train" / "annos" / f"{names[1]}.json").write_text('{"source": "shop", "pair_id"')
text = json.loads((broken / "train" / "annos" / f"{names[2]}.json").read_text())
text[min(key for key in text if key.startswith("item"))]["bounding_box"] = [50, 60, 50, 90]  # no pixel wide
(broken / "train" / "annos" / f"{names[2]}.json").write_text(json.dumps(text))

rest = DeepFashion2(broken, "train")
report = DamageReport([*rest.report.damages, *rest.check().damages], used=len(rest))
print()
for damage in report.damages:
    print(f"{damage.kind}: {Path(damage.file).name}: {damage.reason}")

# %%
# Once, not every time
# --------------------
# A training of 100 epochs would decode each photograph a hundred times. ``cached`` reads every cutting once,
# brings it to one size, and writes all of them into one file, which later epochs see as if it were memory. If
# the program is killed halfway, the next run goes on where it was.

begun = time.perf_counter()
for ref in data.samples[:100]:
    read_image(ref.path, ref.box, Resize(64, 64, "pad"))
decoding = (time.perf_counter() - begun) / min(100, len(data))
cache = data.cached(64, "pad", folder=output / "cache", progress=False)
begun = time.perf_counter()
total = sum(int(cache.data[i].sum(dtype=np.int64)) for i in range(len(cache)))
reading = (time.perf_counter() - begun) / len(cache)
print(f"\nAn image from its file: {1000 * decoding:.2f} ms; from the cache: {1000 * reading:.3f} ms")

# %%
# To a batch
# ----------
# What is in the cache are bytes, from 0 to 255, and channels last: (N, 64, 64, 3). A network wants floating
# numbers, channels first, and better around 0: ``ToTensor`` divides by 255 and turns the axes, and
# ``Normalize`` takes off 0.5 and divides by 0.5, which is what lesson 13's tanh draws.

ready = data.cached(
    64, "pad", folder=output / "cache", progress=False,
    transform=transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)]),
)  # fmt: skip
mg.manual_seed(0)
images, labels = next(iter(DataLoader(ready, 32, shuffle=True)))
low, high = images.min().item(), images.max().item()
print(f"\nA batch: {tuple(images.shape)} {images.dtype}, from {low:.1f} to {high:.1f}")
print("Its first labels:", ", ".join(ready.classes[n] for n in labels[:4].tolist()))
viz.write_image(
    output / "batch.png",
    viz.sheet(images, columns=8),
    "A batch: 32 cut-out garments, 64 pixels wide and high.",
)
print(f"The batch: {(output / 'batch.png').resolve()}")

# %%
# What to try
# -----------
# Which is the right size? Cut to 16 x 16, look at the sheet, and name the garments. What you cannot see, a
# network will hardly see. ``mixture`` of ``minigrad.data.photos`` draws one set out of several, as the report
# did with 20,000 images of each of two.
#
# Exercise
# --------
# How well do two boxes agree? The usual measure is the area that they have in common over the area that they
# cover together: intersection over union, 1 for the same box and 0 for two that do not meet. ``a`` is an
# array (N, 4) and ``b`` an array (M, 4) of boxes ``x1, y1, x2, y2``; return the array (N, M) for each with
# each. Mind the boxes that do not meet: two negative sides give a positive area. Take out the line with
# ``raise``.


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    raise NotImplementedError


# %%
# The check counts pixels: it paints the boxes and looks.


def check(iou: Callable[..., np.ndarray]) -> None:
    def painted(box: np.ndarray) -> np.ndarray:
        canvas = np.zeros((24, 24), bool)
        canvas[box[1] : box[3], box[0] : box[2]] = True
        return canvas

    random = np.random.default_rng(0)
    for n, m in ((1, 1), (4, 3), (30, 20)):
        corners = random.integers(0, 16, (n + m, 2))
        boxes = np.concatenate([corners, corners + random.integers(1, 9, (n + m, 2))], axis=1)
        boxes[-1] = boxes[0]  # one pair of the same
        a, b = boxes[:n], boxes[n:]
        right = np.array(
            [[(painted(p) & painted(q)).sum() / (painted(p) | painted(q)).sum() for q in b] for p in a]
        )
        got = iou(a.astype(float), b.astype(float))
        if np.shape(got) != (n, m):
            raise course.NotYet(f"{n} boxes and {m} boxes give an array ({n}, {m}), not {np.shape(got)}.")
        if not np.allclose(got, right):
            i, j = np.unravel_index(np.argmax(~np.isclose(got, right)), (n, m))
            raise course.NotYet(
                f"{a[i].tolist()} and {b[j].tolist()} have {right[i, j]:.4f} in common, not {got[i, j]:.4f}."
            )


print(course.solved(iou, check))

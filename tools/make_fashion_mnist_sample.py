"""Draw the sample of Fashion-MNIST that comes with minigrad from the full data set.

    python tools/make_fashion_mnist_sample.py [FOLDER]

FOLDER has the four files; without it they are looked for, and fetched if need be, as `FashionMNIST()` does.
From each class 500 training and 100 test images are drawn, without replacement, with NumPy's PCG64 and a
fixed seed, and kept in the order that they have in the full set. Written to
minigrad/data/fashion_mnist_sample/; prints the sizes and the checksums that stand in
minigrad/data/fashion_mnist.py.
"""

import gzip
import hashlib
import struct
import sys
from pathlib import Path

import numpy as np

from minigrad.data.fashion_mnist import CLASSES, FULL, SAMPLE, load_fashion_mnist

SEED = 20170825
PER_CLASS = {True: 500, False: 100}


def draw(labels: np.ndarray, per_class: int, rng: np.random.Generator) -> np.ndarray:
    """Positions of ``per_class`` images of every class, in rising order."""
    chosen = [
        rng.choice(np.flatnonzero(labels == c), per_class, replace=False, shuffle=False)
        for c in range(len(CLASSES))
    ]
    return np.sort(np.concatenate(chosen))


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of uint8 as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    SAMPLE.mkdir(exist_ok=True)
    rng = np.random.default_rng(SEED)
    for train, per_class in PER_CLASS.items():
        images, labels = load_fashion_mnist(root, train, sample="never")
        rows = draw(labels, per_class, rng)
        for file, array in zip(FULL[train], (images[rows], labels[rows].astype(np.uint8)), strict=True):
            content = idx_bytes(array)
            packed = gzip.compress(content, compresslevel=9, mtime=0)
            (SAMPLE / f"{file.name}.gz").write_bytes(packed)
            md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
            sys.stdout.write(f"{file.name}: {array.shape}, {len(packed):,} bytes, md5 unpacked {md5}\n")


if __name__ == "__main__":
    main()

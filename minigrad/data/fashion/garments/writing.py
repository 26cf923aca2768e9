"""Writing thousands of drawn pictures with their annotations into folders, by several processes.

Picture i depends on the seed and on i alone, not on how many processes draw. A part (train, validation) is
drawn into ``PART.part`` and renamed when it is complete; what was begun and killed goes on.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from minigrad.data.fashion.categories import CATEGORIES
from minigrad.data.fashion.garments.scene import Garment, draw_scene
from minigrad.data.places import cache_folder, tell
from minigrad.errors import DataError
from minigrad.files import one_process, remedy, write_whole

VERSION = 1  # of the drawings: another number draws the embedded set anew
EMBEDDED = {"train": 2_600, "validation": 520}  # 200 and 40 of each category are the main piece of a picture
EMBEDDED_FOLDER = f"drawn-garments-{VERSION}"  # in the cache
SIZE = (160, 128)
ALONE = 150  # pictures that one process draws sooner than others have started
_SPLITS = ("train", "validation", "test")


def draw_garments(
    folder: str | os.PathLike[str],
    images: Mapping[str, int],
    seed: int = 0,
    size: tuple[int, int] = SIZE,
    workers: int | None = None,
) -> Path:
    """Draw garments into ``folder/train/image`` and ``annos``, and so on, as DeepFashion2 has them.

    The files are 000001, 000002 and so on. Files 2 k - 1 and 2 k are a pair: a customer's photograph and a
    shop's of the same piece (``style`` 1). The pairs' categories take turns, so each is the main piece of
    equally many pictures where those are a multiple of 26.

    Args:
        folder: where to.
        images: how many pictures each part has: "train", "validation", "test".
        seed: the same seed draws the same pictures.
        size: of the pictures, (H, W).
        workers: processes; by default as many as there are processors.

    Returns:
        The folder.

    Raises:
        ValueError: an unknown part, or a number or size that is too small.
        DataError: a part is there already, or the folder cannot be written.
    """
    unknown = sorted(set(images) - set(_SPLITS))
    if unknown or not images or min(images.values()) < 1 or min(size) < 32:
        raise ValueError(
            f"draw_garments: expected numbers of at least 1 for some of {', '.join(_SPLITS)}, and a size "
            f"of at least 32; got {dict(images)} and {size}."
        )
    root = Path(folder).expanduser()
    for split in images:
        _must_be_new(root / split)
    try:
        root.mkdir(parents=True, exist_ok=True)
        for split, count in images.items():
            with one_process(root / split, "drawing"):
                _must_be_new(root / split)
                _draw_split(root, split, count, seed, size, workers or os.cpu_count() or 1)
    except OSError as error:
        raise DataError(
            f"{root}: cannot be written ({error.strerror or error}). {remedy(error)}, or name another folder."
        ) from error
    return root


def embedded(split: str) -> Path:
    """The folder of a part of the set that stands in for DeepFashion2, in minigrad's cache; drawn if need be.

    Raises:
        DataError: there is no such part, or the cache cannot be written.
    """
    if split not in EMBEDDED:
        raise DataError(f"The drawn garments have the parts {' and '.join(EMBEDDED)}; got {split!r}.")
    root = cache_folder() / EMBEDDED_FOLDER
    if not (root / split).is_dir():
        try:
            root.mkdir(parents=True, exist_ok=True)
            with one_process(root / split, "drawing"):
                if not (root / split).is_dir():
                    tell(f"minigrad: drawing {EMBEDDED[split]:,} pictures of garments into {root / split}")
                    _draw_split(root, split, EMBEDDED[split], 0, SIZE, os.cpu_count() or 1)
        except OSError as error:
            raise DataError(
                f"{root}: cannot be written ({error.strerror or error}). {remedy(error)}, or name "
                "another folder in MINIGRAD_DATA."
            ) from error
    with suppress(OSError):  # a kill may have left it
        (root / split / "begun").unlink(missing_ok=True)
    return root / split


def _must_be_new(folder: Path) -> None:
    if folder.exists():
        raise DataError(
            f"{folder}: is there already. Delete it to have it drawn anew, or name another folder."
        )


def _draw_split(root: Path, split: str, count: int, seed: int, size: tuple[int, int], workers: int) -> None:
    part = root / f"{split}.part"
    wanted = json.dumps([VERSION, split, count, seed, *size])
    if part.exists() and not ((part / "begun").is_file() and (part / "begun").read_text() == wanted):
        shutil.rmtree(part)  # begun with another seed, or in another size
    for name in ("image", "annos"):
        (part / name).mkdir(parents=True, exist_ok=True)
        for left in (part / name).glob("*.part"):  # by processes that were killed
            left.unlink(missing_ok=True)
    write_whole(part / "begun", wanted.encode())
    workers = max(1, min(workers, count // ALONE))
    program = (
        "import sys, json; from minigrad.data.fashion.garments.writing import draw_share; "
        "draw_share(*json.loads(sys.argv[1]))"
    )
    share = (str(part), split, count, seed, size)
    # Programs of their own rather than multiprocessing's, which would run the caller's script again.
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, json.dumps([*share, k, workers, os.getpid()])],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for k in range(1, workers)
    ]
    try:
        draw_share(*share, 0, workers)
        for other in others:
            _, said = other.communicate()
            if other.returncode:
                raise DataError(f"{part}: a process that draws failed: {said.strip()[-300:]}")
    finally:
        for other in others:
            other.kill()
            other.wait()
            if other.stderr:
                other.stderr.close()
    os.replace(part, root / split)
    (root / split / "begun").unlink()  # not before: without it, a run that is killed begins anew


def draw_share(
    part: str,
    split: str,
    count: int,
    seed: int,
    size: tuple[int, int],
    first: int,
    step: int,
    parent: int | None = None,
) -> None:
    """Draw pictures first, first + step, ... that are not there yet, as long as ``parent`` lives."""
    from PIL import Image

    height, width = size
    for i in range(first, count, step):
        if parent is not None and os.getppid() != parent:
            return  # killed; whoever goes on draws the same pictures
        name = f"{i + 1:06d}"
        annotation_file = Path(part, "annos", f"{name}.json")
        if annotation_file.exists():  # it is written last
            continue
        pair, which = divmod(i, 2)
        start = (seed, _SPLITS.index(split))
        piece = np.random.default_rng((*start, pair, 0))
        main = Garment(CATEGORIES[pair % len(CATEGORIES)].id, int(piece.integers(1 << 40)), 1)
        rng = np.random.default_rng((*start, i, 1))
        source = ("user", "shop")[which]
        picture, annotation = draw_scene(name, pair + 1, source, main, rng, width, height)
        jpeg = io.BytesIO()
        Image.fromarray(picture).save(jpeg, "JPEG", quality=90, subsampling=0)
        _write(Path(part, "image", f"{name}.jpg"), jpeg.getvalue())
        _write(annotation_file, annotation.to_json().encode())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all. ``write_whole`` would look for what is left of each of thousands."""
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)

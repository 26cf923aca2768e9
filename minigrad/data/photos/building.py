"""Making a cache of pictures: threads read ahead, and a run that is killed goes on where it was.

The pictures go in order into ``NAME.part/images.bin``. After every few hundred, once they are on the disk, a
line of ``journal.jsonl`` says how far that is. A later run believes the journal, cuts off what came after its
last whole line, and goes on. When all are there the folder is renamed to ``NAME``.
"""

import hashlib
import json
import os
import zlib
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.data._seam import Array
from minigrad.data.photos.cache import CachedImages
from minigrad.data.photos.damage import Damage, Damaged
from minigrad.data.photos.decode import Resize, read_image
from minigrad.data.places import cache_folder, tell
from minigrad.errors import DataError
from minigrad.files import file_stamp, finish, one_process, remedy, sweep, write_array, write_whole

if TYPE_CHECKING:
    from minigrad.data.photos.listed import ImageList, ImageRef

FORMAT = 2  # of the cache; another number makes every cache anew
TOGETHER = 32  # pictures that a worker reads at a time
ENTRY = 16  # times TOGETHER are the pictures of a line of the journal
AHEAD = 4  # tasks of each worker that may wait to be written


class _Read(NamedTuple):
    """What a worker has read: pictures (n, H, W, 3), their places in the list, and what is damaged."""

    images: Array
    rows: list[int]
    damages: list[Damage]


def cache_of(
    images: "ImageList",
    resize: Resize,
    folder: Path | None,
    workers: int,
    progress: bool,
    transform: Callable[[Any], Any] | None,
    target_transform: Callable[[Any], Any] | None,
) -> CachedImages:
    """The cache of a list: found, or finished, or made."""
    store = cache_folder() / "pictures" if folder is None else folder
    place = store / f"{resize.height}x{resize.width}-{_key(images, resize)}"
    if not place.is_dir():
        try:
            store.mkdir(parents=True, exist_ok=True)
            with one_process(place, "making"):
                if not place.is_dir():
                    _build(images, resize, place, workers, progress)
        except OSError as error:
            raise DataError(
                f"{place}: the cache cannot be written ({error.strerror or error}). {remedy(error)}, or name "
                "another folder (folder=)."
            ) from error
    with suppress(OSError):  # not before it has its name: without it, a run that is killed begins anew
        (place / "journal.jsonl").unlink(missing_ok=True)
    found = CachedImages(place, transform, target_transform)
    if found.report:
        tell(f"minigrad: {images.source}: {found.report.summary()}; .report tells each")
    return found


def _key(images: "ImageList", resize: Resize) -> str:
    """What the cache depends on: the files with their sizes and times, boxes, labels, classes, the size."""
    how = (*resize[:4], *(["upright"] if resize.upright else []))
    digest = hashlib.sha256(repr((FORMAT, *how, images.classes, images.report.damages)).encode())
    for path in dict.fromkeys(sample.path for sample in images.samples):
        size, time = file_stamp(path) or ("missing", "")
        digest.update(f"{path}|{size}|{time}\n".encode(errors="surrogateescape"))
    for path, label, box in images.samples:
        digest.update(f"{path}|{label}|{box}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


class _State:
    """How far a cache is, as its journal tells: each line adds to it."""

    def __init__(self) -> None:
        self.done = 0  # pictures of the list that were read, or found damaged
        self.checksum = 0
        self.rows: list[int] = []
        self.damages: list[Damage] = []

    def add(self, rows: list[int], damages: list[Damage], checksum: int) -> None:
        """Take in a line: pictures that were read, pictures that were left out, the checksum up to here."""
        self.done += len(rows) + len(damages)
        self.checksum = checksum
        self.rows += rows
        self.damages += damages


def _build(images: "ImageList", resize: Resize, place: Path, workers: int, progress: bool) -> None:
    from tqdm import tqdm

    part = place.with_name(f"{place.name}.part")
    part.mkdir(exist_ok=True)
    state = _resumed(part, resize.height * resize.width * 3)
    bar = tqdm(
        total=len(images), initial=state.done, desc="reading pictures", disable=None if progress else True
    )
    reads = read_ahead(images.samples[state.done :], resize, state.done, workers)
    with (
        (part / "images.bin").open("ab") as pixels,
        (part / "journal.jsonl").open("ab") as journal,
        closing(reads),
        bar,
    ):
        while entry := list(islice(reads, ENTRY)):
            checksum = state.checksum
            for read in entry:
                pixels.write(read.images.data)
                checksum = zlib.crc32(read.images.data, checksum)
            _to_disk(pixels)  # before the journal says so
            rows = [row for read in entry for row in read.rows]
            damages = [damage for read in entry for damage in read.damages]
            journal.write(json.dumps([rows, damages, checksum]).encode() + b"\n")
            _to_disk(journal)
            state.add(rows, damages, checksum)
            bar.update(len(rows) + len(damages))
    if not state.rows:
        why = f": {state.damages[0].file}: {state.damages[0].reason}" if state.damages else ""
        raise DataError(f"{images.source}: none of {len(images):,} pictures can be read{why}.")
    about = {
        "format": FORMAT,
        "shape": [len(state.rows), resize.height, resize.width, 3],
        "resize": resize._asdict(),
        "classes": images.classes,
        "crc32": state.checksum,
        "source": images.source,
        "damages": [*images.report.damages, *state.damages],
    }
    sweep(part)
    write_array(part / "targets.npy", images.targets[state.rows])
    write_array(part / "rows.npy", np.array(state.rows, np.int64))
    write_whole(part / "about.json", json.dumps(about).encode())
    finish(part, place)


def _resumed(part: Path, picture: int) -> _State:
    """What the journal tells; what was written after its last whole line is cut off."""
    state = _State()
    whole = 0  # bytes of the journal
    for line in _lines(part / "journal.jsonl"):
        try:
            state.add(*_entry(line, state.done))
        except (ValueError, TypeError, RecursionError):
            break
        whole += len(line)
    pixels = part / "images.bin"
    if not pixels.exists() or pixels.stat().st_size < len(state.rows) * picture:
        state, whole = _State(), 0  # somebody took it away
    for path, size in ((pixels, len(state.rows) * picture), (part / "journal.jsonl", whole)):
        if path.exists():
            os.truncate(path, size)
    return state


def _entry(line: bytes, done: int) -> tuple[list[int], list[Damage], int]:
    """What a line of the journal tells, where ``done`` pictures came before it: places of pictures that were
    read, those that were left out, the checksum. Raises ValueError or TypeError if it is none.
    """
    rows, damaged, checksum = json.loads(line)
    damages = [Damage(*damage) for damage in damaged]
    here = range(done, done + len(rows) + len(damages))
    if type(rows) is not list or not all(type(row) is int and row in here for row in rows):
        raise ValueError(f"places {rows}")
    if rows != sorted(set(rows)) or type(checksum) is not int:
        raise ValueError(f"places {rows}, checksum {checksum}")
    if not all(type(part) is str for damage in damages for part in damage):
        raise ValueError(f"left out {damages}")
    return rows, damages, checksum


def _lines(path: Path) -> list[bytes]:
    """The whole lines of a file, which need not be there."""
    return [] if not path.exists() else [x for x in path.read_bytes().splitlines(True) if x.endswith(b"\n")]


def read_ahead(
    samples: Sequence["ImageRef"], resize: Resize, first: int, workers: int
) -> Generator[_Read, None, None]:
    """The pictures in order, a few together, read by threads while the ones before are written."""
    from concurrent.futures import Future, ThreadPoolExecutor

    groups = iter(range(0, len(samples), TOGETHER))
    waiting: deque[Future[_Read]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="pictures") as pool:

        def start(count: int) -> None:
            for group in islice(groups, count):
                waiting.append(pool.submit(_read, samples[group : group + TOGETHER], resize, first + group))

        try:
            start(AHEAD * workers)
            while waiting:
                read = waiting.popleft().result()
                start(1)
                yield read
        finally:
            for future in waiting:
                future.cancel()


def _read(samples: Sequence["ImageRef"], resize: Resize, first: int) -> _Read:
    images = np.empty((len(samples), resize.height, resize.width, 3), np.uint8)
    rows: list[int] = []
    damages: list[Damage] = []
    for row, (path, _, box) in enumerate(samples, first):
        try:
            images[len(rows)] = read_image(path, box, resize)
        except Damaged as error:
            damages.append(error.damage)
        else:
            rows.append(row)
    return _Read(images[: len(rows)], rows, damages)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())

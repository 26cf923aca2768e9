"""Targets: the files of data sets, photographs, archives and caches."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigrad.data.archive import unpack
from minigrad.data.cifar import HUNDRED, TEN, Edition, RecordFile, read_records
from minigrad.data.fashion.annotation import read_annotation
from minigrad.data.fashion.products import read_styles
from minigrad.data.idx import read_idx
from minigrad.data.photos.building import _resumed
from minigrad.data.photos.cache import CachedImages
from minigrad.data.photos.damage import DamageReport
from minigrad.data.photos.decode import Resize, read_image
from minigrad.data.photos.unpacking import extract
from tools.fuzz import repairing
from tools.fuzz.target import SEEDS, Reader, Target

_SMALL = Resize(8, 8, upright=True)
_MEMBERS = {"labels.bin": 40, "names.txt": 9}
"""What the archive of a data set has to have, and how long."""
_FILES = ("about.json", "targets.npy", "rows.npy", "images.bin")
PICTURE = 4 * 3 * 3  # bytes of a picture of the cache


def of_file(name: str, read: Callable[[Path, bytes], str]) -> Callable[[Path], Reader]:
    """A reader that writes each input into a file of this name, and reads that."""

    def begin(folder: Path) -> Reader:
        path = folder / name

        def reader(content: bytes) -> str:
            path.write_bytes(content)
            return read(path, content)

        return reader

    return begin


def _idx(path: Path, content: bytes) -> str:
    array = read_idx(path)
    if content[:2] != b"\x1f\x8b":
        head = 4 + 4 * array.ndim
        assert content[head:] == array.astype(array.dtype.newbyteorder(">")).tobytes(), "half-read"
    return "read"


def _cifar(edition: Edition) -> Callable[[Path], Reader]:
    (whole,) = [file.read_bytes() for file in sorted((SEEDS / edition.name.lower()).iterdir())]
    md5 = hashlib.md5(whole, usedforsecurity=False).hexdigest()
    described = RecordFile("input.bin", len(whole) // edition.record, md5)

    def read(path: Path, content: bytes) -> str:
        records = read_records(path, edition, described, "Delete it and get it again.")
        assert records.tobytes() == content == whole, "another file was taken for it"
        return "read"

    return of_file("input.bin", read)


def _annotation(path: Path, content: bytes) -> str:
    report = DamageReport()
    annotation = read_annotation(path, report)
    again = path.with_name("again.json")
    again.write_text(annotation.to_json())
    if annotation.items:
        items = read_annotation(again, DamageReport()).items
        assert [str(item) for item in items] == [str(item) for item in annotation.items], "changed by writing"
    return f"read{_but_for(report)}"


def _but_for(report: DamageReport) -> str:
    kinds = ", ".join(sorted(report.counts()))
    return f" but for {kinds}" if kinds else ""


def _styles(path: Path, content: bytes) -> str:
    products, report = read_styles(path)
    text = content.decode("utf-8-sig", "replace").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    assert len(products) + len(report) == len(lines) - 1, "a line is neither read nor reported"
    assert all(len(product) == 10 and product.id >= 0 for product in products)
    return "read, some lines left out" if report else "read"


def _photo(path: Path, content: bytes) -> str:
    image = read_image(path)
    assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8 and image.size
    small = read_image(path, None, _SMALL)
    assert small.shape == (8, 8, 3) and small.dtype == np.uint8
    return "read"


def _extracted(ending: str) -> Callable[[Path], Reader]:
    name = f"input.{ending}"

    def begin(folder: Path) -> Reader:
        archive, target = folder / name, folder / "unpacked"

        def reader(content: bytes) -> str:
            shutil.rmtree(target, ignore_errors=True)
            archive.write_bytes(content)
            try:
                report = extract(archive, target)
            finally:
                assert {one.name for one in folder.iterdir()} <= {name, "unpacked"}, "outside of the folder"
            written = [one for one in target.rglob("*") if not one.is_dir()]
            assert not any(one.is_symlink() for one in written), "a link"
            written = [one for one in written if one.name != f"{name}.lock"]
            assert len(written) == report.used, "files that the report does not know"
            return f"unpacked{_but_for(report)}"

        return reader

    return begin


def _members(folder: Path) -> Reader:
    archive, target = folder / "input.tar.gz", folder / "set"

    def reader(content: bytes) -> str:
        shutil.rmtree(target, ignore_errors=True)
        archive.write_bytes(content)
        try:
            unpack(archive, target, _MEMBERS, "Delete it and get it again.")
        finally:
            sizes = {one.name: one.stat().st_size for one in target.iterdir()} if target.is_dir() else {}
            whole = {name: size for name, size in sizes.items() if not name.endswith(".part")}
            assert whole.items() <= _MEMBERS.items(), "another file, or a part of one"
        assert whole == _MEMBERS
        return "unpacked"

    return reader


def _cache(folder: Path) -> Reader:
    """The first byte of an input says which file of a cache the rest is."""
    place = folder / "cache"
    place.mkdir(exist_ok=True)
    whole = {file.read_bytes()[:1]: file.read_bytes()[1:] for file in (SEEDS / "cache").iterdir()}

    def reader(content: bytes) -> str:
        for number, name in enumerate(_FILES):
            key = b"%d" % number
            (place / name).write_bytes(content[1:] if content[:1] == key else whole[key])
        found = CachedImages(place)
        images = [found[i] for i in range(len(found))]
        assert all(image.shape == found.data.shape[1:] and label >= 0 for image, label in images)
        assert len(found.counts().to_dict()) >= 0 and repr(found) and str(found.report)
        found.verify()
        return "read"

    return reader


def _journal(folder: Path) -> Reader:
    def reader(content: bytes) -> str:
        (folder / "journal.jsonl").write_bytes(content)
        (folder / "images.bin").write_bytes(bytes(6 * PICTURE))
        state = _resumed(folder, PICTURE)
        assert (folder / "images.bin").stat().st_size == len(state.rows) * PICTURE
        assert state.done == len(state.rows) + len(state.damages) and type(state.checksum) is int
        assert all(type(row) is int and row >= 0 for row in state.rows)
        return "begun anew" if state.done == 0 else "gone on with"

    return reader


JSON = (b"[", b"]", b"{", b"}", b",", b":", b'"', b"null", b"true", b"\\u0000", b"\\ud800", b"\xff", b"1e400")
_ANNOTATION = (b'"item2":', b'"pair_id":', b'"shop"', b'"segmentation":', b"[[0,0,1,1,2,0]]", b'"landmarks":')
CSV = (b",", b'"', b"\n", b"\r", b'""', b"\0", b"\xef\xbb\xbf", b"15970,", b"\xe2\x80\xa8")
_TAR = (
    b"ustar\x0000",
    b"ustar  \0",
    b"../up",
    b"/abs",
    b"GNU.sparse.map=",
    b"22 path=../../outside\n",
    bytes(512),
)
_ZIP = (
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"../up",
    b"/abs",
    b"C:\\",
    b"\x01\0\x10\0",
)
_PICTURES = (
    b"\xff\xd8",
    b"\xff\xd9",
    b"\xff\xda",
    b"IHDR",
    b"IDAT",
    b"PLTE",
    b"tRNS",
    b"eXIf",
    b"Exif\0\0",
    b"II*\0",
)

TARGETS = (
    Target(
        *("idx", "IDX files of the MNIST family", of_file("input.idx", _idx), "input.idx"),
        words=(b"\0\0\x08\x01", b"\0\0\x0e\x03", b"\xff\xff\xff\xff", b"\0\0\0\0"),
    ),
    Target(
        *("idx-gz", "the same, packed by gzip", of_file("input.gz", _idx), "input.gz"),
        words=(b"\0\0\x08\x01", b"\0\0\x0e\x03", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x1f\x8b\x08"),
        repair=repairing.packed,
    ),
    Target("cifar-10", "CIFAR-10's records", lambda folder: _cifar(TEN)(folder), "input.bin"),
    Target("cifar-100", "CIFAR-100's records", lambda folder: _cifar(HUNDRED)(folder), "input.bin"),
    Target(
        *("deepfashion2", "DeepFashion2's annotations", of_file("input.json", _annotation), "input.json"),
        words=JSON + _ANNOTATION,
    ),
    Target(
        "styles",
        "styles.csv of Fashion Product Images",
        of_file("styles.csv", _styles),
        "styles.csv",
        words=CSV,
    ),
    Target(
        *("photo", "photographs, JPEG, PNG, WebP, BMP, GIF, TIFF and PPM", of_file("input.jpg", _photo)),
        "input.jpg",
        words=_PICTURES,
        repair=repairing.png,
        megabytes=1536,
    ),
    Target("zip", "archives .zip", _extracted("zip"), "input.zip", words=_ZIP, repair=repairing.zipped),
    Target("tar", "archives .tar", _extracted("tar"), "input.tar", words=_TAR, repair=repairing.tar),
    Target(
        "tar-gz",
        "archives .tar.gz",
        _extracted("tar.gz"),
        "input.tar.gz",
        words=_TAR,
        repair=repairing.tar_gz,
    ),
    Target(
        *("members", "the archive of a data set, .tar.gz", _members, "input.tar.gz"),
        words=_TAR,
        repair=repairing.tar_gz,
    ),
    Target(
        "cache",
        "the files of a cache of pictures",
        _cache,
        "cache",
        words=(*JSON, b"\x93NUMPY", b"'<i8'", b"'O'"),
    ),
    Target("journal", "the journal of a cache that is being made", _journal, words=JSON),
)

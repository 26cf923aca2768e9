"""Victims that fetch, unpack, draw and keep data sets."""

import hashlib
import io
import os
import tarfile
import zipfile
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from PIL import Image

from minigrad.data import CachedImages, ImageFolder, cifar
from minigrad.data.download import Remote, fetch
from minigrad.data.fashion.garments import writing
from minigrad.data.photos import building
from minigrad.data.photos.unpacking import extract
from tools.crashes.trial import Victim, contents

LENGTH, PIECE = 300_000, 16_384


class Publisher(BaseHTTPRequestHandler):
    """Serves the files of a folder piece by piece, from the byte on that is asked for."""

    folder: Path

    def do_GET(self) -> None:
        content = (self.folder / self.path.lstrip("/")).read_bytes()
        asked = self.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        for place in range(start, len(content), PIECE):
            self.wfile.write(content[place : place + PIECE])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def serve(folder: Path) -> tuple[str, int]:
    """A publisher in a process of its own, whose number is the second."""
    Publisher.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]
    address = f"http://127.0.0.1:{server.server_port}/"
    process = os.fork()
    if process == 0:
        server.serve_forever()
        os._exit(0)
    server.server_close()
    return address, process


def small_edition(shop: Path) -> cifar.Edition:
    """CIFAR-10 with a few records in each file, and its archive in the shop."""
    files, rng = {}, np.random.default_rng(0)
    archive = shop / cifar.TEN.archive.name
    with tarfile.open(archive, "w:gz") as tar:
        for train, half in cifar.TEN.files.items():
            files[train] = tuple(file._replace(records=4) for file in half)
            for file in half:
                content = rng.bytes(4 * cifar.TEN.record)
                member = tarfile.TarInfo(f"{cifar.TEN.folder}/{file.name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    packed = archive.read_bytes()
    remote = Remote(archive.name, len(packed), hashlib.md5(packed, usedforsecurity=False).hexdigest())
    return cifar.TEN._replace(archive=remote, files=files)


def look_at_lengths(folder: Path, lengths: dict[str, int]) -> None:
    for name, length in lengths.items():
        path = folder / name
        assert not path.exists() or path.stat().st_size == length, f"half of {name}"


def look_at_cache(folder: Path) -> None:
    for place in folder.iterdir():
        if not place.name.endswith((".part", ".lock")):
            CachedImages(place).verify()


def look_at_garments(folder: Path, whole: dict[str, str]) -> None:
    root = folder / writing.EMBEDDED_FOLDER / "train"
    if root.exists():
        found = contents(root)
        found.pop("begun", None)  # goes as the last
        assert found == whole, "the drawn set is not whole"


def draw(folder: Path, alone: int) -> None:
    """The embedded set, small; one process draws ``alone`` pictures sooner than others have started."""
    os.environ["MINIGRAD_DATA"] = str(folder)
    writing.EMBEDDED["train"], writing.SIZE, writing.ALONE = 12, (48, 40), alone
    writing.embedded("train")


def victims_of_data(shared: Path) -> list[Victim]:
    """All of them; what they read is made in ``shared``."""
    shop, photos = shared / "publisher", shared / "photos"
    shop.mkdir()
    content = np.random.default_rng(1).bytes(LENGTH)
    (shop / "file.bin").write_bytes(content)
    remote = Remote("file.bin", LENGTH, hashlib.sha256(content).hexdigest())
    edition = small_edition(shop)
    address, process = serve(shop)
    (shared / "server").write_text(str(process))
    cifar.SOURCES = (address,)
    rng = np.random.default_rng(2)
    members = {}
    for number in range(24):
        path = photos / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (30, 20, 3), np.uint8)).save(path)
        members[f"{path.parent.name}/{path.name}"] = path.stat().st_size
    with zipfile.ZipFile(shared / "photos.zip", "w") as packed:
        for name in members:
            packed.write(photos / name, name)
    whole = shared / "garments"
    whole.mkdir()
    writing.draw_garments(whole, {"train": 12}, 0, (48, 40), 1)
    building.TOGETHER, building.ENTRY = 2, 2
    look_at_drawn = partial(look_at_garments, whole=contents(whole / "train"))
    sizes = {f"{edition.folder}/{name}": size for name, size in edition.sizes.items()}

    def cached(folder: Path) -> None:
        ImageFolder(photos).cached(16, folder=folder, workers=2, progress=False)

    def fetch_file(folder: Path) -> None:
        fetch(remote, (address,), folder, progress=False)

    return [
        Victim(
            "download", "fetches a file", fetch_file, partial(look_at_lengths, lengths={"file.bin": LENGTH})
        ),
        Victim(
            "archive",
            "fetches CIFAR-10's archive, of few records, and unpacks it",
            lambda folder: cifar.fetch_edition(edition, folder, progress=False) and None,
            partial(look_at_lengths, lengths=sizes),
        ),
        Victim(
            "unpacking",
            "unpacks 24 photographs",
            lambda folder: extract(shared / "photos.zip", folder) and None,
            partial(look_at_lengths, lengths=members),
        ),
        Victim("photographs", "reads 24 photographs into a cache that is mapped", cached, look_at_cache),
        Victim("garments", "draws a set of 12 pictures", partial(draw, alone=150), look_at_drawn),
        Victim(
            "garments, two drawing",
            "the same by two processes",
            partial(draw, alone=6),
            look_at_drawn,
            begins=False,
        ),
    ]

"""The data sets that can be fetched, from a server on this machine, with small files in their places."""

import gzip
import hashlib
import tarfile

import numpy as np
import pytest

from minigrad.data import CIFAR10, FashionMNIST, cifar, download, fashion_mnist
from minigrad.data.catalogue import KnownSet, catalogue
from minigrad.data.download import Remote
from minigrad.errors import DownloadError

SAMPLE = fashion_mnist.SAMPLE


@pytest.fixture
def small(monkeypatch, tmp_path, serve):
    """Small editions at a publisher's; gives the list of the paths that it was asked for."""
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "_unreachable", {})
    shop = tmp_path / "shop"
    (shop / "cifar-10-batches-bin").mkdir(parents=True)
    published = {}
    for train, files in fashion_mnist.SAMPLED.items():
        published[train] = ()
        for file in files:
            content = (SAMPLE / f"{file.name}.gz").read_bytes()
            (shop / f"{file.name}.gz").write_bytes(content)
            published[train] += (Remote(f"{file.name}.gz", len(content), hashlib.md5(content).hexdigest()),)
    edition, files = cifar.TEN, {}
    rng = np.random.default_rng(0)
    for train, half in edition.files.items():
        files[train] = ()
        for file in half:
            content = rng.integers(0, 10, (2, edition.record), np.uint8).tobytes()
            (shop / edition.folder / file.name).write_bytes(content)
            files[train] += (file._replace(records=2, md5=hashlib.md5(content).hexdigest()),)
    with tarfile.open(shop / edition.archive.name, "w:gz") as tar:
        tar.add(shop / edition.folder, edition.folder)
    packed = (shop / edition.archive.name).read_bytes()
    remote = Remote(edition.archive.name, len(packed), hashlib.md5(packed).hexdigest())
    url, asked = serve(shop)
    monkeypatch.setattr(fashion_mnist, "FULL", fashion_mnist.SAMPLED)
    monkeypatch.setattr(fashion_mnist, "PUBLISHED", published)
    monkeypatch.setattr(fashion_mnist, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(cifar, "TEN", edition._replace(files=files, archive=remote))
    monkeypatch.setattr(CIFAR10, "edition", cifar.TEN)
    monkeypatch.setattr(fashion_mnist, "SOURCES", (url,))
    monkeypatch.setattr(cifar, "SOURCES", (url,))
    return asked


def known(name) -> KnownSet:
    (one,) = (one for one in catalogue() if one.name == name)
    return one


def states(one, folder=None):
    return {one.state(file, folder) for file in one.files}


SETS = {"fashion-mnist": lambda: FashionMNIST(download=False), "cifar-10": lambda: CIFAR10(download=False)}


@pytest.mark.parametrize("name", SETS)
def test_what_is_fetched_is_what_the_data_set_reads(small, name, tmp_path):
    one = known(name)
    assert states(one) == {"missing"} and one.found() is None and one.disk_use() == 0
    folder = one.fetch(progress=False)
    assert folder == one.found() and folder.parent == tmp_path / "cache"
    assert states(one) == {"right"}
    assert SETS[name]().source == str(folder)
    asked = len(small)
    one.fetch(progress=False)
    assert len(small) == asked  # nothing is fetched twice


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_repair_fetches_what_is_not_right_and_leaves_the_rest(small, name, harm):
    one = known(name)
    folder = one.fetch(progress=False)
    path = folder / one.files[0].name
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(content[:-10])
    else:
        plain = bytearray(gzip.decompress(content) if name == "fashion-mnist" else content)
        plain[100] ^= 1
        path.write_bytes(gzip.compress(bytes(plain)) if name == "fashion-mnist" else bytes(plain))
    assert one.state(one.files[0]) == ("missing" if harm == "gone" else "bad")
    assert str(path) in one.problem(one.files[0])
    if name == "fashion-mnist":
        others = {file.name: (folder / file.name).stat().st_mtime_ns for file in one.files[1:]}
    assert one.repair(progress=False) == [one.files[0].name]
    assert path.read_bytes() == content and states(one) == {"right"}
    if name == "fashion-mnist":
        assert others == {file.name: (folder / file.name).stat().st_mtime_ns for file in one.files[1:]}
    assert one.repair(progress=False) == []


def test_a_folder_of_ones_own_is_used(small, tmp_path):
    one = known("cifar-10")
    folder = one.fetch(tmp_path / "mine", progress=False)
    assert folder == tmp_path / "mine" / "cifar-10-batches-bin"
    assert states(one, folder) == {"right"} and states(one) == {"missing"}
    assert CIFAR10(tmp_path / "mine", download=False).source == str(folder)


def test_the_systems_package_counts(small, tmp_path):
    system = tmp_path / "system"
    system.mkdir()
    for file in known("fashion-mnist").files:
        (system / file.name).write_bytes((SAMPLE / file.name).read_bytes())
    assert known("fashion-mnist").found() == system


def test_disk_use_counts_parts_of_downloads(small):
    one = known("cifar-10")
    folder = one.fetch(progress=False)
    whole = sum(path.stat().st_size for path in folder.iterdir())
    assert one.disk_use() == whole
    (folder.parent / f"{one.remotes[0].name}.part").write_bytes(bytes(1000))
    assert one.disk_use() == whole + 1000


def test_without_a_network_repair_says_so(small, monkeypatch):
    one = known("cifar-10")
    folder = one.fetch(progress=False)
    (folder / one.files[0].name).unlink()
    monkeypatch.setattr(cifar, "SOURCES", ("http://127.0.0.1:9/",))
    with pytest.raises(DownloadError, match="could not be fetched"):
        known("cifar-10").repair(progress=False)
    assert len(list(folder.iterdir())) == len(one.files) - 1


def test_sizes_are_those_of_the_publishers():
    sizes = {one.name: sum(remote.size for remote in one.remotes) for one in catalogue()}
    assert sizes == {"fashion-mnist": 30_878_645, "cifar-10": 170_052_171, "cifar-100": 168_513_733}
    assert sum(file.size for file in known("cifar-100").files) == 60_000 * 3_074

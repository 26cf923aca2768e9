"""CIFAR-10 and CIFAR-100: the records, where they are looked for, and what is done about bad files.

The tests make small editions of both; no file of the real ones is needed.
"""

import hashlib
import os
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from minigrad.data import (
    CIFAR10,
    CIFAR100,
    DataLoader,
    Subset,
    archive,
    cifar,
    download,
    load_cifar10,
    load_cifar100,
    places,
    transforms,
)
from minigrad.data.download import Remote
from minigrad.errors import DataError, DownloadError

ADVICE = "https://www.cs.toronto.edu/~kriz/cifar.html"


def record(labels, seed):
    """One record as the publisher describes it, and the image that it stands for, pixel by pixel."""
    image = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)
    content = bytearray(labels)
    for colour in range(3):
        for row in range(32):
            content += bytes(int(image[row, column, colour]) for column in range(32))
    return bytes(content), image


def make(edition, count):
    """An edition with ``count`` records a file: the edition, its files' contents, the images and labels."""
    rng = np.random.default_rng(len(edition.labels))
    files, contents, images, labels = {}, {}, {True: [], False: []}, {True: [], False: []}
    for train, half in edition.files.items():
        files[train] = ()
        for file in half:
            content = b""
            for _ in range(count):
                label = [int(rng.integers(values)) for values in edition.labels]
                one, image = record(label, int(rng.integers(1 << 30)))
                content += one
                images[train].append(image)
                labels[train].append(label)
            contents[file.name] = content
            ordered = b"".join(sorted(content[i : i + len(one)] for i in range(0, len(content), len(one))))
            sums = [hashlib.md5(c).hexdigest() for c in (content, ordered)]
            files[train] += (
                file._replace(records=count, md5=sums[0], sorted_md5=file.sorted_md5 and sums[1]),
            )
    return edition._replace(files=files), contents, images, labels


class Small:
    """A small edition in place of the real one, with an archive of it."""

    def __init__(self, kind, tmp_path, monkeypatch):
        self.kind = kind
        edition, self.contents, self.images, self.labels = make(kind.edition, 4)
        self.shop = tmp_path / "publisher"
        self.shop.mkdir()
        self.archive = self.shop / edition.archive.name
        for name, content in self.contents.items():
            (self.shop / name).write_bytes(content)
        with tarfile.open(self.archive, "w:gz") as tar:
            for name in self.contents:
                tar.add(self.shop / name, f"{edition.folder}/{name}")
        packed = self.archive.read_bytes()
        self.edition = edition._replace(
            archive=Remote(edition.archive.name, len(packed), hashlib.md5(packed).hexdigest())
        )
        monkeypatch.setattr(kind, "edition", self.edition)

    def fill(self, folder, names=None):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names or self.contents:
            (folder / name).write_bytes(self.contents[name])
        return folder

    @property
    def training(self):
        return [file.name for file in self.edition.files[True]]

    @property
    def test(self):
        return self.edition.files[False][0].name


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar, "SOURCES", ("http://127.0.0.1:9/",))  # where nobody listens
    monkeypatch.setattr(places, "_told", set())
    monkeypatch.setattr(download, "_unreachable", {"127.0.0.1:9": float("inf")})


@pytest.fixture(params=[CIFAR10, CIFAR100])
def small(request, tmp_path, monkeypatch):
    return Small(request.param, tmp_path, monkeypatch)


@pytest.fixture
def published(small, serve, monkeypatch):
    """The list of the paths that the publisher was asked for."""
    url, asked = serve(small.shop)
    monkeypatch.setattr(cifar, "SOURCES", (url,))
    return asked


# The records.


@pytest.mark.parametrize("train", [True, False])
def test_images_and_labels_are_those_of_the_records(small, tmp_path, train):
    small.fill(tmp_path / "mine")
    data = small.kind(tmp_path / "mine", train=train, download=False)
    np.testing.assert_array_equal(data.data, small.images[train])
    assert data.data.dtype == np.uint8 and data.targets.dtype == np.int64
    assert data.targets.tolist() == [label[-1] for label in small.labels[train]]
    if small.kind is CIFAR100:
        assert data.coarse_targets.tolist() == [label[0] for label in small.labels[train]]
    image, target = data[2]
    np.testing.assert_array_equal(image, small.images[train][2])
    assert type(target) is int and target == small.labels[train][2][-1]


def test_the_real_editions_are_as_the_publisher_describes_them():
    assert CIFAR10.edition.sizes == {
        **{f"data_batch_{i}.bin": 30_730_000 for i in range(1, 6)},
        "test_batch.bin": 30_730_000,
    }
    assert CIFAR100.edition.sizes == {"train.bin": 153_700_000, "test.bin": 30_740_000}
    assert CIFAR10.classes[3] == "cat" and len(CIFAR10.classes) == 10
    assert len(set(CIFAR100.classes)) == 100 and CIFAR100.classes == sorted(CIFAR100.classes)
    assert len(set(CIFAR100.superclasses)) == 20 and CIFAR100.superclasses[14] == "people"
    assert CIFAR100.classes[99] == "worm"


def test_arrays_alone(monkeypatch, tmp_path):
    for kind, load in ((CIFAR10, load_cifar10), (CIFAR100, load_cifar100)):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        with monkeypatch.context() as patch:
            small = Small(kind, folder, patch)
            images, labels = load(small.fill(folder / "mine"), train=False)
            np.testing.assert_array_equal(images, small.images[False])
            assert labels.tolist() == [label[-1] for label in small.labels[False]]


# Where the files are looked for.


@pytest.mark.parametrize("below", [".", "edition"])
def test_a_named_folder_comes_first(small, tmp_path, below):
    folder = tmp_path / "mine" / (small.edition.folder if below == "edition" else ".")
    small.fill(folder)
    small.fill(tmp_path / "cache" / small.edition.folder)
    assert Path(small.kind(tmp_path / "mine", download=False).source) == folder


def test_then_the_cache_and_one_line_says_so(small, tmp_path, capsys):
    cache = small.fill(tmp_path / "cache" / small.edition.folder)
    (tmp_path / "mine").mkdir()
    for train in (True, False):
        assert small.kind(tmp_path / "mine", train=train, download=False).source == str(cache)
    assert (
        capsys.readouterr().err
        == f"minigrad: no {small.edition.name} in {tmp_path / 'mine'}, using {cache}\n"
    )


def test_without_a_name_the_cache_alone(small, tmp_path, capsys):
    cache = small.fill(tmp_path / "cache" / small.edition.folder)
    assert small.kind().source == str(cache)
    assert capsys.readouterr().err == ""


def test_an_archive_that_the_user_fetched_is_unpacked_where_it_lies(small, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / small.archive.name).write_bytes(small.archive.read_bytes())
    data = small.kind(tmp_path / "mine", download=False)
    assert Path(data.source) == tmp_path / "mine" / small.edition.folder
    np.testing.assert_array_equal(data.data, small.images[True])
    assert (tmp_path / "mine" / small.archive.name).exists()


def test_download_false_raises_and_names_the_places(small, tmp_path):
    with pytest.raises(
        DataError, match=r"training files are in none of .*mine.*cache.*download=True.*cifar-10"
    ):
        small.kind(tmp_path / "mine", download=False)


def test_what_is_nowhere_is_fetched_once_into_the_cache(small, published, tmp_path):
    data = small.kind()
    small.kind(train=False)
    assert published == [f"/{small.archive.name}"]
    assert data.source == str(tmp_path / "cache" / small.edition.folder)
    np.testing.assert_array_equal(data.data, small.images[True])
    assert [p.name for p in (tmp_path / "cache").iterdir()] == [small.edition.folder]  # no archive is left


def test_with_a_named_folder_it_is_fetched_into_that(small, published, tmp_path):
    data = small.kind(tmp_path / "mine", train=False)
    assert Path(data.source) == tmp_path / "mine" / small.edition.folder
    assert not (tmp_path / "cache").exists()


def test_a_cache_that_lacks_a_file_is_completed(small, published, tmp_path):
    small.fill(tmp_path / "cache" / small.edition.folder, names=[small.test])
    np.testing.assert_array_equal(small.kind().data, small.images[True])
    assert published == [f"/{small.archive.name}"]


def test_without_a_network_the_error_says_what_was_tried(small):
    told = rf"{re.escape(small.archive.name)}: could not be fetched.* put it into "  # and what to do then
    with pytest.raises(DownloadError, match=told):
        small.kind()


def test_a_wrong_archive_from_the_publisher_is_an_error(small, published, tmp_path, monkeypatch):
    wrong = small.edition.archive._replace(checksum="0" * 32)
    monkeypatch.setattr(small.kind, "edition", small.edition._replace(archive=wrong))
    with pytest.raises(DataError, match=r"could not be fetched.*has md5"):
        small.kind()
    assert not list((tmp_path / "cache").rglob("*.bin"))


# Bad files.


def damage(kind, path):
    content = bytearray(path.read_bytes())
    if kind == "cut":
        content = content[:-100]
    elif kind == "long":
        content += b"\0"
    elif kind == "web page":
        content = b"<!DOCTYPE html><html>404</html>"
    elif kind == "label":
        content[0] = 200
    elif kind == "pixel":
        content[2000] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", r"truncated\. It should have 4 records"),
        ("long", r"too long\. It should have 4 records"),
        ("web page", "not a file of CIFAR-10.*web page"),
        ("label", "a label is 200; the labels of CIFAR-10.* are 0 to (9|19)"),
        ("pixel", "wrong checksum"),
    ],
)
@pytest.mark.parametrize("place", ["mine", "cache"])
def test_a_bad_file_is_an_error_and_nothing_takes_its_place(small, published, tmp_path, kind, message, place):
    folder = small.fill(tmp_path / place / small.edition.folder)
    damage(kind, folder / small.training[-1])
    with pytest.raises(DataError, match=rf"{re.escape(small.training[-1])}: {message}.*{re.escape(ADVICE)}"):
        small.kind(tmp_path / "mine" if place == "mine" else None)
    assert published == []


def test_the_same_records_in_another_order_pass_for_cifar_100_alone(small, tmp_path):
    folder = small.fill(tmp_path / "mine")
    size, content = small.edition.record, small.contents[small.test]
    rows = [content[i : i + size] for i in range(0, len(content), size)]
    (folder / small.test).write_bytes(b"".join(rows[::-1]))
    if small.kind is CIFAR100:
        data = small.kind(folder, train=False)
        np.testing.assert_array_equal(data.data, small.images[False][::-1])
    else:
        with pytest.raises(DataError, match="wrong checksum"):
            small.kind(folder, train=False)


def test_some_files_without_the_others_in_a_named_folder_are_an_error(tmp_path, monkeypatch):
    small = Small(CIFAR10, tmp_path, monkeypatch)
    small.fill(tmp_path / "mine", names=small.training[:3])
    with pytest.raises(
        DataError, match=r"data_batch_4\.bin: there is no such file, while the folder has data_batch_1\.bin"
    ):
        CIFAR10(tmp_path / "mine")


def test_a_root_that_is_a_file_is_an_error(small, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="is a file"):
        small.kind(tmp_path / "file")


# As a data set.


def test_a_batch_at_once_is_what_single_images_give(small, tmp_path):
    small.fill(tmp_path / "mine")
    chain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.25,) * 3)])
    data = small.kind(tmp_path / "mine", transform=chain)
    single = small.kind(tmp_path / "mine", transform=chain, target_transform=int)
    assert single.__getbatch__([1]) is NotImplemented
    order = [3, 0, 2]
    x, y = next(iter(DataLoader(Subset(data, order), batch_size=3)))
    rx, ry = next(iter(DataLoader(Subset(single, order), batch_size=3)))
    np.testing.assert_array_equal(x.numpy(), rx.numpy())
    np.testing.assert_array_equal(y.numpy(), ry.numpy())
    assert x.shape == (3, 3, 32, 32)
    np.testing.assert_allclose(
        x.numpy()[0].transpose(1, 2, 0), (small.images[True][3] / 255 - 0.5) / 0.25, atol=1e-6
    )


def test_one_hot_targets_come_in_batches_too(small, tmp_path):
    small.fill(tmp_path / "mine")
    classes = len(small.kind.classes)
    data = small.kind(
        tmp_path / "mine", transform=transforms.ToTensor(), target_transform=transforms.OneHot(classes)
    )
    assert data.__getbatch__([0]) is not NotImplemented
    _, y = next(iter(DataLoader(data, batch_size=4)))
    assert y.shape == (4, classes) and y.numpy().argmax(1).tolist() == data.targets[:4].tolist()


def test_nothing_is_unpickled():
    """Downloaded files are bytes to this library; no reader of Python objects is near them."""
    package = Path(cifar.__file__).parent
    for module in package.glob("*.py"):
        assert "pickle" not in module.read_text("utf-8"), module.name


def test_two_processes_fetch_and_unpack_once(tmp_path, monkeypatch, serve):
    small = Small(CIFAR10, tmp_path, monkeypatch)
    url, asked = serve(small.shop)
    monkeypatch.setattr(cifar, "SOURCES", (url,))
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(cifar.fetch_edition, small.edition, tmp_path / "cache", progress=False)
    folder = cifar.fetch_edition(small.edition, tmp_path / "cache", progress=False)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == small.contents
    assert len(asked) == 1 and os.listdir(tmp_path / "cache") == [folder.name]


def test_a_disk_that_is_full_while_it_unpacks(tmp_path, monkeypatch):
    def full(part, place):
        raise OSError(28, "No space left on device")

    small = Small(CIFAR10, tmp_path, monkeypatch)
    monkeypatch.setattr(archive, "finish", full)
    with pytest.raises(DataError, match=r"No space left.*Make room on the disk, or name another folder\.$"):
        archive.unpack(small.archive, tmp_path / small.edition.folder, small.edition.sizes, "Delete it.")
    assert not os.listdir(tmp_path / small.edition.folder)

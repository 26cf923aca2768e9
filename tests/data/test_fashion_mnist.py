"""Fashion-MNIST: where it is looked for, what is done about bad files, and the sample."""

import errno
import gzip
import hashlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.data import (
    DataLoader,
    FashionMNIST,
    Subset,
    download,
    fashion_mnist,
    load_fashion_mnist,
    places,
    transforms,
)
from minigrad.errors import DataError, DownloadError

SAMPLE = fashion_mnist.SAMPLE
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
NAMES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]
NOWHERE = "http://127.0.0.1:9/"  # the discard service's port, where nobody listens


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No network, no cache, no package; and nothing said about the sample yet."""
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fashion_mnist, "SYSTEM", tmp_path / "system")
    monkeypatch.setattr(fashion_mnist, "SOURCES", (NOWHERE,))
    monkeypatch.setattr(places, "_told", set())
    monkeypatch.setattr(download, "_unreachable", {"127.0.0.1:9": float("inf")})


@pytest.fixture
def small(monkeypatch):
    """Let the sample's files pass for the full set, so that folders are cheap to fill."""
    monkeypatch.setattr(fashion_mnist, "FULL", fashion_mnist.SAMPLED)
    published = {}
    for train in (True, False):
        contents = [
            (f"{f.name}.gz", (SAMPLE / f"{f.name}.gz").read_bytes()) for f in fashion_mnist.SAMPLED[train]
        ]
        published[train] = tuple(download.Remote(n, len(c), hashlib.md5(c).hexdigest()) for n, c in contents)
    monkeypatch.setattr(fashion_mnist, "PUBLISHED", published)


@pytest.fixture
def publisher(monkeypatch, small, serve):
    """A server that has the files; gives the list of the paths that it was asked for."""
    url, asked = serve(SAMPLE)
    monkeypatch.setattr(fashion_mnist, "SOURCES", (url,))
    return asked


def fill(folder, unpacked=False, names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if unpacked:
            (folder / name).write_bytes(gzip.decompress((SAMPLE / f"{name}.gz").read_bytes()))
        else:
            shutil.copy(SAMPLE / f"{name}.gz", folder)
    return folder


# The sample.


def test_the_sample_has_every_class_equally_often_and_a_licence():
    for train, count in ((True, 500), (False, 100)):
        images, labels = load_fashion_mnist(train=train, sample="only")
        assert images.shape == (10 * count, 28, 28) and images.dtype == np.uint8
        assert labels.dtype == np.int64
        assert np.bincount(labels).tolist() == [count] * 10
    assert "2017 Zalando SE" in (SAMPLE / "LICENSE").read_text(encoding="utf-8")
    assert sum(f.stat().st_size for f in SAMPLE.iterdir()) < 4_000_000


def test_without_a_network_the_sample_is_used_and_one_line_says_so(capsys):
    train, test = FashionMNIST(), FashionMNIST(train=False)
    assert (len(train), len(test)) == (5000, 1000)
    assert train.is_sample and "sample" in train.source and "sample" in repr(train)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "5,000 training and 1,000 test images instead of 60,000 and 10,000" in said
    assert "https://github.com/zalandoresearch/fashion-mnist" in said and "cache/fashion-mnist" in said


def test_in_a_browser_the_sample_is_used(monkeypatch, capsys, tmp_path):
    """There are no packages to fetch with, and none that knows the system's folders."""
    monkeypatch.delenv("MINIGRAD_DATA")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for missing in ("requests", "urllib3", "filelock", "platformdirs", "tqdm"):
        monkeypatch.setitem(sys.modules, missing, None)
    assert FashionMNIST().is_sample
    assert "could not be fetched, so this uses the sample" in capsys.readouterr().err


def test_on_a_full_disk_the_sample_is_used_and_room_is_asked_for(publisher, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "finish", full)
    assert FashionMNIST().is_sample
    said = capsys.readouterr().err
    assert "Make room on the disk" in said and "network" not in said


def test_the_sample_can_be_refused():
    with pytest.raises(DownloadError, match=r"train-images-idx3-ubyte\.gz: could not be fetched.*reached"):
        FashionMNIST(sample="never")


def test_download_false_raises_as_in_torchvision_and_names_the_places(tmp_path):
    with pytest.raises(
        RuntimeError, match=r"(?s)training files are in none of.*mine.*cache.*system.*download=True"
    ):
        FashionMNIST(tmp_path / "mine", download=False)


def test_an_unknown_choice_of_sample_is_an_error():
    with pytest.raises(ValueError, match="sample must be"):
        FashionMNIST(sample="yes")


# Where the files are looked for.


@pytest.mark.parametrize("unpacked", [False, True])
@pytest.mark.parametrize("below", [".", "FashionMNIST/raw"])
def test_a_named_folder_comes_first(small, tmp_path, below, unpacked):
    folder = fill(tmp_path / "mine" / below, unpacked)
    fill(tmp_path / "cache" / "fashion-mnist")
    data = FashionMNIST(tmp_path / "mine", download=False)
    assert Path(data.source) == folder and not data.is_sample


def test_then_the_cache_then_the_system_package(small, tmp_path):
    fill(tmp_path / "system")
    assert FashionMNIST(tmp_path / "mine", download=False).source == str(tmp_path / "system")
    fill(tmp_path / "cache" / "fashion-mnist")
    assert FashionMNIST(tmp_path / "mine", download=False).source == str(tmp_path / "cache" / "fashion-mnist")


def test_a_named_folder_without_the_files_is_told_once(small, tmp_path, capsys):
    fill(tmp_path / "system")
    (tmp_path / "mine").mkdir()
    FashionMNIST(tmp_path / "mine")
    FashionMNIST(tmp_path / "mine", train=False)
    said = capsys.readouterr().err
    assert said == f"minigrad: no Fashion-MNIST in {tmp_path / 'mine'}, using {tmp_path / 'system'}\n"


def test_a_named_folder_with_half_of_the_data_is_told(small, tmp_path, capsys):
    fill(tmp_path / "system")
    fill(tmp_path / "mine", names=NAMES[:2])
    FashionMNIST(tmp_path / "mine")
    assert capsys.readouterr().err == ""
    FashionMNIST(tmp_path / "mine", train=False)
    assert f"in {tmp_path / 'mine'}, using {tmp_path / 'system'}" in capsys.readouterr().err


def test_without_the_variable_the_cache_is_the_systems_place_for_caches(monkeypatch, tmp_path):
    platformdirs = pytest.importorskip("platformdirs")
    monkeypatch.delenv("MINIGRAD_DATA")
    assert places.cache_folder() == Path(platformdirs.user_cache_dir("minigrad", appauthor=False))


def test_what_is_nowhere_is_fetched_once_into_the_cache(publisher, tmp_path, capsys):
    first = FashionMNIST()
    again = FashionMNIST()
    assert publisher == ["/train-images-idx3-ubyte.gz", "/train-labels-idx1-ubyte.gz"]
    assert first.source == again.source == str(tmp_path / "cache" / "fashion-mnist")
    assert not first.is_sample and "sample" not in capsys.readouterr().err
    np.testing.assert_array_equal(first.data.numpy(), load_fashion_mnist(sample="only")[0])


def test_with_a_named_folder_it_is_fetched_to_where_torchvision_puts_it(publisher, tmp_path):
    data = FashionMNIST(tmp_path / "mine", train=False)
    assert Path(data.source) == tmp_path / "mine" / "FashionMNIST" / "raw"
    assert (tmp_path / "mine" / "FashionMNIST" / "raw" / "t10k-labels-idx1-ubyte.gz").exists()
    assert not (tmp_path / "cache").exists()


def test_an_interrupted_fetch_is_completed(publisher, tmp_path):
    fill(tmp_path / "cache" / "fashion-mnist", names=NAMES[:1])
    FashionMNIST()
    assert publisher == ["/train-labels-idx1-ubyte.gz"]


# Bad files.


def damage(kind, path):
    content = gzip.decompress(path.read_bytes())
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-5000])
    elif kind == "garbage":
        path.write_bytes(b"\x1f\x8b" + bytes(1000))
    elif kind == "web page":
        path.write_bytes(b"<!DOCTYPE html><html>404</html>")
    elif kind == "labels":
        path.write_bytes(gzip.compress(struct.pack(">HBBI", 0, 8, 1, 5000) + bytes(5000)))
    elif kind == "short":
        path.write_bytes(gzip.compress(content[:-784], 1))
    elif kind == "other":
        path.write_bytes(gzip.compress(content[:16] + content[16:][::-1], 1))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("cut", "truncated"),
        ("garbage", "corrupted"),
        ("web page", "not an IDX file.*web page"),
        ("labels", r"wrong dimensions.*\(5000, 28, 28\).*\(5000,\)"),
        ("short", "truncated.*3,920,016 bytes.*3,919,232"),
        ("other", "wrong checksum"),
    ],
)
@pytest.mark.parametrize("place", ["mine", "cache/fashion-mnist", "system"])
def test_a_bad_file_is_an_error_and_nothing_takes_its_place(publisher, tmp_path, kind, message, place):
    folder = fill(tmp_path / place)
    damage(kind, folder / "train-images-idx3-ubyte.gz")
    advice = "package dataset-fashion-mnist" if place == "system" else "https://github.com/zalandoresearch"
    with pytest.raises(
        DataError, match=rf"{place}/train-images-idx3-ubyte\.gz: {message}.*{re.escape(advice)}"
    ):
        FashionMNIST(tmp_path / "mine" if place == "mine" else None)
    assert publisher == []


def test_half_a_pair_in_a_named_folder_is_an_error(publisher, tmp_path):
    fill(tmp_path / "mine", names=NAMES[:1])
    with pytest.raises(
        DataError, match=r"train-labels-idx1-ubyte\.gz: there is no such file.*has train-images"
    ):
        FashionMNIST(tmp_path / "mine")


def test_a_root_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="is a file"):
        FashionMNIST(tmp_path / "file")


@pytest.fixture
def locked(monkeypatch):
    """``locked(folder)``: as if the user might not look into the folder. (A chmod does not stop root.)"""
    stat = Path.stat
    folders = []

    def refuse(self, **options):
        if any(folder in self.parents for folder in folders):
            raise PermissionError(13, "Permission denied", str(self))
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    return folders.append


def test_a_cache_that_cannot_be_looked_into_is_passed_over(small, locked, tmp_path):
    system = fill(tmp_path / "system")
    locked(tmp_path / "cache")
    assert FashionMNIST().source == str(system)


def test_without_any_files_such_a_cache_leaves_the_sample(locked, tmp_path, capsys):
    locked(tmp_path / "cache")
    assert FashionMNIST().is_sample
    assert "cache/fashion-mnist" in capsys.readouterr().err


@pytest.mark.parametrize("below", ["mine", "mine/FashionMNIST/raw"])
def test_a_named_folder_that_cannot_be_looked_into_is_an_error(small, locked, tmp_path, below):
    fill(tmp_path / "system")
    (tmp_path / below).mkdir(parents=True)
    locked(tmp_path / below)
    with pytest.raises(DataError, match=rf"{below}: cannot be looked into \(Permission denied\).*folder"):
        FashionMNIST(tmp_path / "mine")


def test_a_wrong_file_from_the_publisher_is_an_error_not_a_sample(publisher, monkeypatch, tmp_path):
    wrong = {k: tuple(r._replace(checksum="0" * 32) for r in v) for k, v in fashion_mnist.PUBLISHED.items()}
    monkeypatch.setattr(fashion_mnist, "PUBLISHED", wrong)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: could not be fetched.*has md5"):
        FashionMNIST()
    assert not list((tmp_path / "cache").rglob("*.gz"))


# As a data set.


@pytest.fixture(scope="module")
def arrays():
    return load_fashion_mnist(train=False, sample="only")


def test_items_are_an_array_and_a_number(arrays):
    data = FashionMNIST(train=False, sample="only")
    image, target = data[7]
    np.testing.assert_array_equal(image, arrays[0][7])
    assert type(target) is int and target == arrays[1][7]
    assert data.classes[0] == "T-shirt/top" and data.classes[9] == "Ankle boot"
    assert data.class_to_idx["Bag"] == 8
    assert data.data.shape == (1000, 28, 28) and data.targets.numpy().tolist() == arrays[1].tolist()


def test_transforms_are_applied(arrays):
    data = FashionMNIST(
        train=False, transform=transforms.ToTensor(), target_transform=lambda c: -c, sample="only"
    )
    x, y = data[3]
    assert x.shape == (1, 28, 28) and x.dtype == np.float32
    np.testing.assert_array_equal(x.numpy()[0], arrays[0][3].astype(np.float32) / 255)
    assert y == -arrays[1][3]


TO_NUMBERS = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.2860,), (0.3530,))])


@pytest.mark.parametrize("transform", [None, transforms.ToTensor(), TO_NUMBERS])
def test_a_batch_at_once_is_what_single_images_give(transform):
    data = FashionMNIST(train=False, transform=transform, sample="only")
    slow = FashionMNIST(train=False, transform=transform, target_transform=int, sample="only")
    assert slow.__getbatch__([1]) is NotImplemented
    for dataset, reference in (
        (data, slow),
        (Subset(data, range(40, 0, -1)), Subset(slow, range(40, 0, -1))),
    ):
        x, y = next(iter(DataLoader(dataset, batch_size=16)))
        rx, ry = next(iter(DataLoader(reference, batch_size=16)))
        np.testing.assert_array_equal(x.numpy(), rx.numpy())
        np.testing.assert_array_equal(y.numpy(), ry.numpy())
        assert (x.dtype, y.dtype, x.shape) == (rx.dtype, ry.dtype, rx.shape)


def test_transforms_that_do_nothing_still_make_tensors():
    nothing = transforms.Compose([])
    data = FashionMNIST(train=False, transform=nothing, target_transform=nothing, sample="only")
    images, targets = next(iter(DataLoader(data, 4)))
    assert isinstance(images, mg.Tensor) and isinstance(targets, mg.Tensor)
    assert images.dtype == np.uint8 and targets.tolist() == data.targets[:4].tolist()


def test_a_transform_for_single_images_is_called_with_single_images():
    data = FashionMNIST(train=False, transform=transforms.Lambda(lambda image: image.shape), sample="only")
    (rows, columns), _ = next(iter(DataLoader(data, batch_size=2)))
    assert rows.numpy().tolist() == columns.numpy().tolist() == [28, 28]


def test_a_subclass_with_its_own_items_is_asked_for_them():
    class Inverted(FashionMNIST):
        def __getitem__(self, index):
            image, target = super().__getitem__(index)
            return 255 - image, target

    data = Inverted(train=False, sample="only")
    x, _ = next(iter(DataLoader(data, batch_size=2)))
    np.testing.assert_array_equal(x.numpy(), 255 - data.data.numpy()[:2])


def test_assigned_data_is_used():
    data = FashionMNIST(train=False, sample="only")
    data.data, data.targets = data.data[:10], data.targets[:10]
    assert len(data) == 10 and sum(len(y) for _, y in DataLoader(data, batch_size=4)) == 10


# The real files, where Debian's package is installed.


@pytest.mark.skipif(
    not (DEBIAN / "train-images-idx3-ubyte.gz").exists(), reason="dataset-fashion-mnist not installed"
)
def test_the_full_set_is_read_and_the_sample_is_drawn_from_it(monkeypatch, tmp_path):
    images, labels = load_fashion_mnist(DEBIAN, download=False)
    assert images.shape == (60000, 28, 28) and np.bincount(labels).tolist() == [6000] * 10
    assert labels[:8].tolist() == [
        9,
        0,
        0,
        3,
        0,
        2,
        7,
        2,
    ]  # as printed in the publisher's and others' introductions
    assert round(float(images.mean()) / 255, 4) == 0.2860
    test_images, test_labels = load_fashion_mnist(DEBIAN, train=False, download=False)
    assert test_images.shape == (10000, 28, 28) and np.bincount(test_labels).tolist() == [1000] * 10

    root = Path(__file__).parents[2]
    code = (
        "import sys; from pathlib import Path; from minigrad.data import fashion_mnist; "
        f"fashion_mnist.SAMPLE = Path({str(tmp_path)!r}); sys.argv = ['', {str(DEBIAN)!r}]; "
        "import runpy; runpy.run_path('tools/make_fashion_mnist_sample.py', run_name='__main__')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, stdout=subprocess.DEVNULL)
    for name in NAMES:
        made = gzip.decompress((tmp_path / f"{name}.gz").read_bytes())
        assert made == gzip.decompress((SAMPLE / f"{name}.gz").read_bytes())


def test_importing_loads_no_network_library():
    code = (
        "import sys, minigrad.data; "
        "sys.exit([m for m in ('requests', 'tqdm', 'platformdirs', 'filelock', 'PIL') if m in sys.modules] "
        "or 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_which_half_is_told_by_true_or_false():
    with pytest.raises(ValueError, match=r"train must be True or False, .* got 'test'"):
        FashionMNIST(train="test")

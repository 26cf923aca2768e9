"""Archives: the files that are asked for, whole, and nothing else."""

import gzip
import io
import tarfile
import tracemalloc

import pytest

from minigrad.data.archive import BoundedTar, unpack
from minigrad.errors import DataError

FILES = {"a.bin": 5, "b.bin": 3}


def pack(path, members):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


GOOD = [("set/readme.html", b"hello"), ("set/b.bin", b"xyz"), ("set/a.bin", b"12345")]


def test_the_files_asked_for_are_written_and_no_others(tmp_path):
    members = [*GOOD, ("../evil.txt", b"no"), ("/tmp/evil.bin", b"no"), ("other/a.bin", b"54321")]
    unpack(pack(tmp_path / "set.tar.gz", members[::-1]), tmp_path / "out" / "set", FILES, "Fix it.")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out" / "set").iterdir()} == {
        "a.bin": b"12345",
        "b.bin": b"xyz",
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "set.tar.gz"]


def test_a_link_in_a_files_place_is_refused(tmp_path):
    with tarfile.open(tmp_path / "set.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("set/a.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(DataError, match=r"set/a\.bin has 0 bytes, expected a file of 5\. Fix it\."):
        unpack(tmp_path / "set.tar.gz", tmp_path / "set", FILES, "Fix it.")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([GOOD[1]], r"set/a\.bin not in it"),
        ([("set/a.bin", b"1234")], r"set/a\.bin has 4 bytes, expected a file of 5"),
    ],
)
def test_an_archive_that_lacks_something_is_an_error(tmp_path, members, message):
    with pytest.raises(DataError, match=rf"set\.tar\.gz: {message}.*Fix it\."):
        unpack(pack(tmp_path / "set.tar.gz", members), tmp_path / "set", FILES, "Fix it.")


@pytest.mark.parametrize("keep", [0, 1, 10, 40, -30])
def test_a_damaged_archive_is_an_error(tmp_path, keep):
    path = pack(tmp_path / "set.tar.gz", GOOD)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"set\.tar\.gz: .*Fix it\."):
        unpack(path, tmp_path / "set", FILES, "Fix it.")
    assert not list(tmp_path.glob("set/*.bin")) or (tmp_path / "set" / "b.bin").read_bytes() == b"xyz"
    assert not list(tmp_path.glob("set/*.part"))


def test_an_archive_of_noise_is_an_error(tmp_path):
    (tmp_path / "set.tar.gz").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DataError, match="Fix it"):
        unpack(tmp_path / "set.tar.gz", tmp_path / "set", FILES, "Fix it.")


def test_a_name_that_would_fill_the_memory(tmp_path):
    """A long name is a member of its own; a kilobyte of it unpacks to many."""
    head = tarfile.TarInfo("././@LongLink")
    head.type, head.size = tarfile.GNUTYPE_LONGNAME, 100 << 20
    with gzip.open(tmp_path / "set.tar.gz", "wb", 1) as file:
        file.write(head.tobuf(tarfile.GNU_FORMAT))
        for _ in range(100):
            file.write(b"a" * (1 << 20))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"set\.tar\.gz: .*a member's head of .*Fix it\."):
        unpack(tmp_path / "set.tar.gz", tmp_path / "set", FILES, "Fix it.")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_file_that_says_it_has_terabytes(tmp_path):
    head = tarfile.TarInfo("set/a.bin")
    head.size = 1 << 42
    with gzip.open(tmp_path / "set.tar.gz", "wb") as file:
        file.write(head.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(DataError, match=r"set/a\.bin has 4,398,046,511,104 bytes, expected a file of 5"):
        unpack(tmp_path / "set.tar.gz", tmp_path / "set", FILES, "Fix it.")
    assert not (tmp_path / "set").exists()


def test_more_members_than_a_set_has(tmp_path, monkeypatch):
    monkeypatch.setattr("minigrad.data.archive.MEMBERS", 20)
    pack(tmp_path / "set.tar.gz", [*((str(n), b"") for n in range(20)), *GOOD])
    with pytest.raises(DataError, match=r"set\.tar\.gz: has more than 20 members, .*Check what it is"):
        unpack(tmp_path / "set.tar.gz", tmp_path / "set", FILES, "Fix it.")
    assert not (tmp_path / "set").exists()


def test_an_archive_without_its_open_file_says_what_to_give(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w"):
        pass
    with pytest.raises(TypeError, match=r"BoundedTar: give the open file, too: .*fileobj=file"):
        BoundedTar.open(tmp_path / "set.tar")

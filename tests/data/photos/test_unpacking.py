"""Archives from somewhere: nothing gets out of the folder, nothing is lost in silence."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest

from minigrad.data.photos import extract
from minigrad.errors import DataError


def tar_of(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            info = member if isinstance(member, tarfile.TarInfo) else tarfile.TarInfo(member)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def link(name, target, type=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = type, target
    return info


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


EVIL = ["../out.txt", "/tmp/minigrad-out.txt", "a/../../out.txt", "..\\out.txt", "C:\\out.txt"]


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_good_members_are_written_and_those_that_climb_out_are_not(make, tmp_path):
    archive = make(
        tmp_path / "a.bin", ("image/1.jpg", b"one"), *((name, b"evil") for name in EVIL), ("2.jpg", b"two")
    )
    report = extract(archive, tmp_path / "deep" / "folder")
    here = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert here == {"a.bin", "deep/folder/image/1.jpg", "deep/folder/2.jpg"}
    assert (tmp_path / "deep/folder/image/1.jpg").read_bytes() == b"one"
    assert report.used == 2 and report.counts() == {"outside": len(EVIL)}
    assert all(name in "".join(d.file for d in report.damages) for name in EVIL)


def test_links_and_devices_are_left_out(tmp_path):
    device = tarfile.TarInfo("dev")
    device.type = tarfile.CHRTYPE
    archive = tar_of(
        tmp_path / "a.tar.gz",
        (link("out", str(tmp_path)), b""),
        ("out/evil.txt", b"evil"),
        (link("hard", "../../etc/passwd", tarfile.LNKTYPE), b""),
        (device, b""),
    )
    report = extract(archive, tmp_path / "folder")
    assert report.counts() == {"no file": 3}
    assert not (tmp_path / "evil.txt").exists()
    assert (tmp_path / "folder/out/evil.txt").read_bytes() == b"evil"  # in a folder of that name, no link


def test_a_link_that_lies_in_the_folder_is_not_followed_out(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "image").symlink_to(tmp_path)
    report = extract(zip_of(tmp_path / "a.zip", ("image/evil.txt", b"evil")), tmp_path / "folder")
    assert report.counts() == {"outside": 1} and not (tmp_path / "evil.txt").exists()


def test_a_bomb_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("minigrad.data.photos.unpacking.LARGEST", 1000)
    report = extract(zip_of(tmp_path / "a.zip", ("big", b"0" * 1001), ("small", b"0")), tmp_path / "folder")
    assert report.counts() == {"too large": 1} and report.used == 1


def test_a_member_that_is_longer_than_it_says(tmp_path):
    content = zip_of(tmp_path / "a.zip", ("a", b"0" * 5000)).read_bytes()
    said = (5000).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content.replace(said, (10).to_bytes(4, "little")))
    report = extract(tmp_path / "a.zip", tmp_path / "folder")
    assert len(report) == 1 and report.used == 0
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_damaged_member_leaves_the_others(tmp_path):
    content = bytearray(
        zip_of(tmp_path / "a.zip", ("a", bytes(range(256)) * 20), ("b", b"right")).read_bytes()
    )
    content[60] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    report = extract(tmp_path / "a.zip", tmp_path / "folder")
    assert report.counts() == {"broken": 1} and (tmp_path / "folder/b").read_bytes() == b"right"


def test_a_second_time_what_is_there_is_left_alone(tmp_path):
    archive = zip_of(tmp_path / "a.zip", ("a", b"right"), ("b", b"other"))
    extract(archive, tmp_path / "folder")
    (tmp_path / "folder/a").write_bytes(b"r")  # shorter, as of a run that was killed elsewhere
    before = (tmp_path / "folder/b").stat().st_mtime_ns
    assert extract(archive, tmp_path / "folder").used == 2
    assert (tmp_path / "folder/a").read_bytes() == b"right"
    assert (tmp_path / "folder/b").stat().st_mtime_ns == before


def test_no_archive_and_half_of_one(tmp_path):
    (tmp_path / "a.zip").write_text("no archive")
    with pytest.raises(DataError, match="expected an archive"):
        extract(tmp_path / "a.zip", tmp_path / "folder")
    with pytest.raises(DataError, match=r"expected an archive .* there is no such file"):
        extract(tmp_path / "none.zip", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with pytest.raises(DataError, match=r"expected an archive .* a folder, a pipe or a device"):
        extract(tmp_path, tmp_path / "folder")
    whole = tar_of(tmp_path / "a.tar.gz", ("a", bytes(range(256)) * 400), ("b", b"b")).read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated or damaged"):
        extract(tmp_path / "half.tar.gz", tmp_path / "folder")


def test_a_member_longer_than_any_file_is_the_archives_fault(tmp_path):
    member = tarfile.TarInfo("a")
    member.size = 1 << 62
    (tmp_path / "a.tar").write_bytes(member.tobuf() + bytes(1000))
    with pytest.raises(DataError, match=r"truncated or damaged.* Get it again"):
        extract(tmp_path / "a.tar", tmp_path / "folder")


def test_a_file_in_the_way_of_a_folder(tmp_path):
    report = extract(zip_of(tmp_path / "a.zip", ("a", b"1"), ("a/b", b"2")), tmp_path / "folder")
    assert report.counts() == {"no file": 1} and report.used == 1


def test_an_archive_that_unpacks_to_far_more_than_it_took(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for n in range(12):
            packed.writestr(f"{n}.bmp", bytes(10_000_000))
    assert (tmp_path / "bomb.zip").stat().st_size < 200_000
    report = extract(tmp_path / "bomb.zip", tmp_path / "out")
    there = sum(file.stat().st_size for file in (tmp_path / "out").iterdir())
    assert there == 60_000_000 and report.used == 6
    assert report.counts() == {"too large": 6}


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_of_two_members_of_one_name_the_first_stays(make, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile's, about the name
        archive = make(tmp_path / "a.bin", ("a", b"first"), ("./a", b"second"), ("a", b"third"))
    report = extract(archive, tmp_path / "folder")
    assert [file.read_bytes() for file in (tmp_path / "folder").iterdir()] == [b"first"]
    assert report.used == 1 and report.counts() == {"twice": 2}


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_name_that_the_disk_cannot_have_is_left_out_alone(make, tmp_path):
    archive = make(tmp_path / "a.bin", ("a", b"1"), ("x" * 300, b"2"), ("y" * 255, b"3"), ("z", b"4"))
    report = extract(archive, tmp_path / "folder")
    assert {file.name for file in (tmp_path / "folder").iterdir()} == {"a", "y" * 255, "z"}
    assert report.used == 3 and report.counts() == {"name": 1}


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_of_any_packing_leaves_the_others(how, tmp_path):
    noise = np.random.default_rng(0).bytes(20_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", how) as packed:
        packed.writestr("a", noise)
        packed.writestr("b", b"right")
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[10_000:10_010] = b"\xff" * 10
    (tmp_path / "a.zip").write_bytes(content)
    report = extract(tmp_path / "a.zip", tmp_path / "folder")
    assert report.counts() == {"broken": 1} and (tmp_path / "folder/b").read_bytes() == b"right"
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["b"]


def test_a_member_without_a_name(tmp_path):
    """A name ends at its first zero."""
    archive = zip_of(tmp_path / "a.zip", ("x", b"1"), ("b", b"2"))
    archive.write_bytes(archive.read_bytes().replace(b"x", b"\0"))
    report = extract(archive, tmp_path / "folder")
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["b"]
    assert report.used == 1 and report.counts() == {"outside": 1}


def test_a_name_in_no_known_letters(tmp_path):
    content = zip_of(tmp_path / "a.zip", ("ü", b"1")).read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace("ü".encode(), b"\xff\xfe"))
    with pytest.raises(DataError, match="truncated or damaged"):
        extract(tmp_path / "a.zip", tmp_path / "folder")


def test_a_tar_whose_checksum_is_wrong(tmp_path):
    noise = np.random.default_rng(0).bytes(50_000)  # packed as it is, so no byte of it can be impossible
    archive = tar_of(tmp_path / "a.tar.gz", ("a", noise))
    content = bytearray(archive.read_bytes())
    content[25_000] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(DataError, match="new folder"):
        extract(archive, tmp_path / "folder")


def test_a_tar_that_leads_back_to_itself(tmp_path):
    """A length below zero: the next member is one that was read already, and so on for ever."""
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in ("a", "b"):
            tar.addfile(tarfile.TarInfo(name))
    content = bytearray((tmp_path / "a.tar").read_bytes())
    head = content[512:1024]
    head[124:136] = (-512).to_bytes(12, "big", signed=True)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    content[512:1024] = head
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(DataError, match="truncated or damaged"):
        extract(tmp_path / "a.tar", tmp_path / "folder")


@pytest.mark.parametrize("before", [[], [("b", b"2")]])
def test_a_head_that_would_fill_the_memory(tmp_path, monkeypatch, before):
    """A long name is a head of its own, and a kilobyte of it unpacks to a megabyte."""
    largest = 0
    read = gzip.GzipFile.read

    def counted(self, size=-1):
        nonlocal largest
        largest = max(largest, size)
        return read(self, size)

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    monkeypatch.setattr("minigrad.data.archive.HEAD", 10_000)
    archive = tar_of(tmp_path / "a.tar.gz", *before, ("a" * 20_000, b"1"))
    with pytest.raises(DataError, match=r"damaged|is none"):
        extract(archive, tmp_path / "folder")
    assert 0 < largest <= 10_240  # tarfile's own blocks


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_member_called_as_what_is_being_written(make, tmp_path):
    archive = make(tmp_path / "a.bin", ("a.part", b"kept"), ("a", b"1"), ("./a.bin.part", b"2"), ("b", b"3"))
    report = extract(archive, tmp_path / "folder")
    assert {file.name: file.read_bytes() for file in (tmp_path / "folder").iterdir()} == {
        "a.part": b"kept",
        "a": b"1",
        "b": b"3",
    }
    assert report.used == 3 and report.counts() == {"name": 1}


def folders_in_tar(path, count):
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for n in range(count):
            info = tarfile.TarInfo(str(n))
            info.type = tarfile.DIRTYPE
            tar.addfile(info)


def folders_in_zip(path, count):
    with zipfile.ZipFile(path, "w") as packed:
        for n in range(count):
            packed.writestr(f"{n}/", b"")


@pytest.mark.parametrize("make", [folders_in_tar, folders_in_zip])
def test_no_more_members_than_a_set_of_pictures_has(make, tmp_path, monkeypatch):
    """Folders: nothing of them counts for the length that is unpacked."""
    for module in ("archive", "photos.unpacking"):
        monkeypatch.setattr(f"minigrad.data.{module}.MEMBERS", 20)
    make(tmp_path / "right.bin", 20)
    make(tmp_path / "many.bin", 21)
    assert extract(tmp_path / "right.bin", tmp_path / "folder").used == 0
    with pytest.raises(DataError, match=r"many\.bin: has more than 20 members, .*unpack it with another"):
        extract(tmp_path / "many.bin", tmp_path / "folder")


def test_members_of_a_tar_are_not_kept(tmp_path):
    folders_in_tar(tmp_path / "a.tar.gz", 3000)
    extract(tmp_path / "a.tar.gz", tmp_path / "folder")  # what is imported and made at the first time
    tracemalloc.start()
    extract(tmp_path / "a.tar.gz", tmp_path / "folder")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_list_of_members_that_would_fill_the_memory(tmp_path):
    """The end of a .zip says how long its list is; the list is zeros of a file that takes no room."""
    size = 1 << 30
    with (tmp_path / "a.zip").open("wb") as file:
        file.seek(size)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFE, 0xFFFE, size, 0, 0))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"a\.zip: has more than 1,048,576 members"):
        extract(tmp_path / "a.zip", tmp_path / "folder")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000

"""IDX files are written here byte by byte from the format's description, not by the code under test."""

import gzip
import hashlib
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.data import read_idx
from minigrad.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def idx(array, code=0x08):
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + array.tobytes()


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def test_the_bytes_of_the_specification_are_read(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 255]))
    labels = read_idx(path)
    assert labels.dtype == np.uint8 and labels.tolist() == [7, 0, 255]
    path.write_bytes(bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFF]))
    assert read_idx(path).tolist() == [[258, -1]]


@settings(deadline=None)  # it writes files
@given(data=st.data(), code=st.sampled_from(sorted(CODES)), packed=st.booleans())
def test_every_type_and_shape_comes_back(tmp_path_factory, data, code, packed):
    array = data.draw(hnp.arrays(np.dtype(code), hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)))
    path = tmp_path_factory.mktemp("idx") / "file"
    content = idx(array, CODES[code])
    path.write_bytes(gzip.compress(content) if packed else content)
    read = read_idx(path, shape=array.shape, md5=hashlib.md5(content).hexdigest())
    np.testing.assert_array_equal(read, array)
    assert read.dtype.isnative and read.flags.writeable


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("lost", [1, 12, 24])
def test_a_truncated_file_names_both_sizes(tmp_path, packed, lost):
    path = tmp_path / "images.gz"
    content = idx(IMAGES)[:-lost]
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=rf"images\.gz: truncated.*40 bytes.*has {40 - lost}\b.*Delete"):
        read_idx(path, shape=(2, 3, 4))
    with pytest.raises(DataError, match="truncated"):
        read_idx(path)


def test_every_truncation_of_a_gzip_file_is_an_error(tmp_path):
    path = tmp_path / "images.gz"
    whole = gzip.compress(idx(IMAGES))
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"images\.gz: "):
            read_idx(path, shape=(2, 3, 4))


def test_a_flipped_bit_in_a_gzip_file_never_changes_a_value(tmp_path):
    path = tmp_path / "images.gz"
    whole = gzip.compress(idx(IMAGES), mtime=0)
    unnoticed = []
    for place in range(10, len(whole)):  # the first ten bytes hold flags and a time that do not matter
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(read_idx(path, shape=(2, 3, 4)), IMAGES)
            unnoticed.append(place)
        except DataError as error:
            assert "images.gz: " in str(error)
    assert len(unnoticed) <= 1  # the last byte of the packed stream has bits that mean nothing


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\0\0\x08", "not an IDX file"),
        (b"<!DOCTYPE html>", "web page"),
        (b"\0\x01\x08\x01\0\0\0\x01\x07", "not an IDX file.*00 01 08 01"),
        (b"\0\0\x0a\x01\0\0\0\x01\x07", "not an IDX file.*00 00 0a 01"),
        (b"\0\0\x08\x03\0\0\0\x01", "truncated. The header alone takes 16 bytes, the file has 8"),
        (idx(IMAGES) + b"\0", "too long.*40 bytes.*has 41"),
        (idx(IMAGES.astype(">i2"), 0x0B) + bytes(10_000), "too long"),
    ],
)
def test_what_is_not_one_whole_idx_file_is_refused(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"file: .*{message}"):
        read_idx(path)


def test_wrong_dimensions_name_both_shapes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(idx(IMAGES))
    with pytest.raises(DataError, match=r"wrong dimensions.*\(60000, 28, 28\).*\(2, 3, 4\)"):
        read_idx(path, shape=(60000, 28, 28))


def test_a_wrong_checksum_names_both(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(idx(IMAGES))
    with pytest.raises(
        DataError, match=f"wrong checksum.*{'0' * 32}.*{hashlib.md5(idx(IMAGES)).hexdigest()}.*Ask Ann"
    ):
        read_idx(path, md5="0" * 32, hint="Ask Ann.")


def test_more_dimensions_than_an_array_has(tmp_path):
    path = tmp_path / "many"
    path.write_bytes(b"\0\0\x08\xff" + bytes(4 * 255))
    with pytest.raises(DataError, match=r"many: .*255 dimensions, of 32 at most\. Delete this file"):
        read_idx(path)


def test_no_values_in_more_places_than_an_array_can_have(tmp_path):
    """A dimension of 0 makes the length right, whatever the others are."""
    path = tmp_path / "nothing"
    path.write_bytes(b"\0\0\x08\x04" + np.array([0, 2**32 - 1, 2**32 - 1, 2**32 - 1], ">u4").tobytes())
    with pytest.raises(
        DataError, match=r"nothing: no array has the shape \(0, 4294967295, .*Delete this file"
    ):
        read_idx(path)


def test_a_bomb_of_no_known_shape_is_not_unpacked(tmp_path):
    """It declares 2^31 bytes, and is 2 MB long: nobody asked for a shape, and still it is given up."""
    path = tmp_path / "bomb"
    zeros = bytes(1 << 20)
    with gzip.open(path, "wb", 1) as file:
        file.write(b"\0\0\x08\x01" + (1 << 31).to_bytes(4, "big"))
        for _ in range(100):
            file.write(zeros)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"truncated.*or more"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 200 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(os.name == "nt", reason="a file with a hole has the length of it there")
def test_no_more_of_a_file_is_read_than_it_declares(tmp_path):
    """A terabyte would not fit."""
    path = tmp_path / "images"
    for start, message in ((b"", "not an IDX file"), (idx(IMAGES), "too long")):
        path.write_bytes(start)
        os.truncate(path, 1 << 40)
        with pytest.raises(DataError, match=message):
            read_idx(path)


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx(np.zeros((40, 1000, 1000), np.uint8)), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DataError, match="wrong dimensions"):
        read_idx(path, shape=(10, 28, 28))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_missing_and_unreadable(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)

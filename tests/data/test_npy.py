"""NumPy's files of one array: numbers, and as many as the head says; else an error, and no memory taken."""

import io
import os
import tracemalloc

import numpy as np
import pytest

from minigrad.data.npy import read_npy
from minigrad.errors import DataError


def head(shape, dtype="<f8", version=1):
    file = io.BytesIO()
    write = np.lib.format.write_array_header_1_0 if version == 1 else np.lib.format.write_array_header_2_0
    write(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue()


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("dtype", ["bool", "uint8", "<i8", ">i4", "<f2", ">f8"])
@pytest.mark.parametrize("shape", [(), (0,), (6,), (2, 3)])
def test_what_numpy_saves_is_read(tmp_path, dtype, shape):
    array = np.arange(6).astype(dtype)[: int(np.prod(shape))].reshape(shape)
    for values in (array, np.array(array, order="F")):
        np.save(tmp_path / "a.npy", values)
        found = read_npy(tmp_path / "a.npy", "Make it again.")
        assert found.dtype == values.dtype and found.shape == shape and np.array_equal(found, values)
        found[...] = 0  # it is the reader's own, and can be written to


SIX = saved(np.arange(6.0))


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x93NUM", b"a text\n", SIX[:20], SIX[:-1], SIX + b"\0", SIX.replace(b"<f8", b"|O8")),
        *(SIX.replace(b"<f8", b"<c8"), SIX.replace(b"<f8", b"<M8"), SIX.replace(b"<f8", b"<q9")),
        *(SIX.replace(b"(6,)", b"(-6)"), SIX.replace(b"(6,)", b"(6.)"), SIX.replace(b"(6,)", b"((((")),
        *(saved(np.array(["a", "b"])), saved(np.array([1, None])), SIX[:6] + b"\x09\0" + SIX[8:]),
        head((0, 1 << 62, 1 << 62)),
    ],
)
def test_what_is_no_array_of_numbers(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npy: no whole file of one array \(.*\)\. Make it again\."):
        read_npy(tmp_path / "a.npy", "Make it again.")


def test_what_cannot_be_read(tmp_path):
    for path in (tmp_path / "nothing.npy", tmp_path):
        with pytest.raises(DataError, match=rf"{path}: cannot be read \(.*\)\. Make it again\."):
            read_npy(path, "Make it again.")


@pytest.mark.parametrize(
    "content",
    [
        head((1 << 40,)),
        head((1 << 20, 1 << 20, 3), "|u1"),
        head((1 << 40,), version=2),
        b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little") + b"{",
    ],
    ids=["terabytes", "of bytes", "version 2", "the head itself"],
)
def test_claims_take_no_memory(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="no whole file of one array"):
            read_npy(tmp_path / "a.npy", "Make it again.")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_file_of_a_terabyte_takes_no_memory(tmp_path):
    """With nothing in it but its head, which says less."""
    (tmp_path / "a.npy").write_bytes(SIX)
    os.truncate(tmp_path / "a.npy", 1 << 40)
    with pytest.raises(DataError, match="bytes of numbers for an array"):
        read_npy(tmp_path / "a.npy", "Make it again.")

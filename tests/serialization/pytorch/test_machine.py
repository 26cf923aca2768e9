"""What somebody may put into a file to harm: it is refused, nothing is run, and memory stays small."""

import contextlib
import copy
import io
import os
import pickle
import re
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.errors import DataError
from minigrad.serialization.pytorch import machine
from tests.serialization.pytorch import handmade
from tests.serialization.pytorch.handmade import HEAD, MAGIC, archive, plain, program, storage, tensor

MEGABYTE = 1 << 20


class Runs:
    """What pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def refused(tmp_path, content, message):
    """Loading it is an error with the file's name and this message, within some megabytes."""
    path = tmp_path / "harm.pth"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=f"(?s)harm.pth: .*{message}") as caught:
            mg.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEGABYTE + 4 * len(content)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    "where",
    [
        lambda harm: archive(harm, {}),
        lambda harm: HEAD + harm,
        lambda harm: HEAD + harm[:2] + b"]" + harm[2:],
    ],
)
def test_a_command_is_not_run(tmp_path, where, protocol):
    proof = tmp_path / "was run"
    harm = pickle.dumps({"weight": Runs(os.system, f"touch '{proof}'")}, protocol)
    refused(
        tmp_path,
        where(harm),
        rf"refused. It asks for '{os.system.__module__}\.system'.*Nothing in it was run",
    )
    assert not proof.exists()


@pytest.mark.parametrize("function", [eval, exec, getattr, open, __import__, os.remove, pickle.loads])
def test_no_function_is_admitted_but_those_that_make_tensors(tmp_path, function):
    harm = pickle.dumps(Runs(function, "x"), 2)
    refused(tmp_path, archive(harm, {}), rf"refused. It asks for '.*\.{function.__name__}'")


def test_what_a_function_is_called_with_does_not_make_it_another(tmp_path):
    """Names that begin as an admitted one, and attributes of one."""
    for name in (
        "torch._utils\n_rebuild_tensor_v2.__globals__",
        "collections\nOrderedDict.fromkeys",
        "torch\nload",
    ):
        harm = program(b"c" + name.encode() + b"\n)R")
        refused(tmp_path, archive(harm, {}), re.escape(f"It asks for '{name.replace(chr(10), '.')}'"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"(S'x'\nios\nsystem\n", "operation INST"),
        (b"(cos\nsystem\nS'x'\no", r"asks for 'os\.system'"),
        (b"(ccollections\nOrderedDict\no", "operation OBJ"),
        (b"ccollections\nOrderedDict\n)\x81", "operation NEWOBJ"),
        (b"ccollections\nOrderedDict\n)}\x92", "operation NEWOBJ_EX"),
        (b"\x82\x01", "operation EXT1"),
        (b"\x83\x01\x00", "operation EXT2"),
        (b"\x84\x01\x00\x00\x00", "operation EXT4"),
        (b"Pos.system\n", "operation PERSID"),
        (b"\x97", "operation NEXT_BUFFER"),
        (b"}" + plain({"__class__": 1}) + b"b", "sets attributes"),
        (b"]" + plain({"x": 1}) + b"b", "takes a list for a dict"),
        (plain("os.system") + b")R", "it calls a str"),
        (b"ccollections\nOrderedDict\n", r"It holds the function collections\.OrderedDict"),
        (b"}(K\x01]ctorch\nSize\nau", r"It holds the function torch\.Size, which is no data"),
        (b"ctorch\nFloatStorage\n\x85", "It holds a Float32DType, which is no data"),
        (b"ctorch\nBFloat16Storage\n\x85", "It holds a Missing, which is no data"),
        (storage("0", "float32", 0), "It holds a ndarray, which is no data"),
        (b"(" + plain("module") + b"tQ", "persistent id of kind 'module'"),
        (plain("0") + b"Q", "persistent id of kind '0'"),
    ],
)
def test_operations_that_no_tensor_needs_are_refused_by_name(tmp_path, body, message):
    refused(tmp_path, archive(program(body), {"0": b""}), message)


def test_a_whole_module_is_refused_with_the_way_out(tmp_path):
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2), file)
    refused(tmp_path, file.getvalue(), r"torch\.nn\.modules\.linear\.Linear.*save its state_dict\(\)")


def test_torchscript_and_other_archives_are_named(tmp_path):
    file = io.BytesIO()
    np.savez(file, x=np.zeros(2))
    refused(tmp_path, file.getvalue(), r"a zip archive, but not one of torch\.save; in it are x\.npy")
    script = io.BytesIO()
    with zipfile.ZipFile(script, "w") as parts:
        parts.writestr("net/data.pkl", program(b"N"))
        parts.writestr("net/constants.pkl", program(b"N"))
    refused(tmp_path, script.getvalue(), "a program of TorchScript")


# Larger than its file.


@pytest.mark.parametrize(
    ("count", "shape", "strides", "offset", "message"),
    [
        (10**12, (10**12,), (1,), 0, "takes 4,000,000,000,000 bytes, the file has"),
        (8, (2, 4), (4, 1), 0, r"storage of 8 elements of float32 takes 32 bytes, .*data/0' has 16"),
        (4, (10**6, 10**6), (10**6, 1), 0, r"reaches to element 999,999,999,999 of its storage, which has 4"),
        (4, (4,), (1,), 1, "reaches to element 4 of its storage, which has 4"),
        (4, (10**9,), (0,), 0, r"strides \(0,\), so elements of it share memory"),
        (4, (2, 2), (1, 1), 0, "share memory"),
        (4, (10**30, 0), (1, 1), 0, "pickle is damaged"),
        (4, (2,), (-1,), 1, "a tensor is described by"),
        (4, (2, 2), (1,), 0, "a tensor is described by"),
        (-4, (2,), (1,), 0, "a storage is described by"),
    ],
)
def test_a_tensor_larger_than_its_file(tmp_path, count, shape, strides, offset, message):
    body = tensor(storage("0", "float32", count), shape, strides, offset)
    refused(tmp_path, archive(program(body), {"0": bytes(16)}), message)


def test_in_the_old_format_all_storages_together_are_in_the_file(tmp_path):
    each = 1000  # 4,000 bytes of the 20,000 that follow
    for count, message in ((3, "list of storages"), (9, "takes 4,000 bytes, the file has [0-9,]+ for it")):
        body = (
            b"("
            + b"".join(tensor(storage(str(i), "float32", each), (each,), (1,)) for i in range(count))
            + b"l"
        )
        refused(tmp_path, HEAD + program(body) + pickle.dumps([], 2) + bytes(20_000), message)


# More memory than the file has bytes.


def test_a_zip_bomb_is_refused(tmp_path):
    numbers = bytes(64 * MEGABYTE)
    body = tensor(storage("0", "float32", len(numbers) // 4), (len(numbers) // 4,), (1,))
    bomb = archive(program(body), {"0": numbers}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < MEGABYTE
    refused(tmp_path, bomb, "is compressed, which torch.save never does")


def test_parts_that_lie_over_each_other_are_refused(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("a/data.pkl", program(b"N"))
        parts.writestr("a/data/0", bytes(MEGABYTE))
        for key in range(1, 50):
            again = copy.copy(parts.getinfo("a/data/0"))
            again.filename = f"a/data/{key}"
            parts.filelist.append(again)
    refused(tmp_path, file.getvalue(), "Its parts are 52,428,804 bytes long")


def test_a_part_that_says_it_is_longer_than_the_file_is_refused(tmp_path):
    """In the list of the parts, as Python's zipfile reads as many bytes as that says."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("a/data.pkl", program(b"N"))
        parts.getinfo("a/data.pkl").compress_size = 2**31 - 2
    refused(tmp_path, file.getvalue(), "Its parts are 2,147,483,646 bytes long")


@pytest.mark.parametrize(
    "body",
    [
        plain("x") + b"r" + struct.pack("<I", 2**31 - 1) + b"0",  # the memo's place 2,147,483,647
        b"\x8d" + struct.pack("<Q", 2**40) + b"x",  # a string of a terabyte
        b"\x96" + struct.pack("<Q", 2**40) + b"x",  # a bytearray
        b"\x8b" + struct.pack("<I", 2**31 - 1) + b"\x01",  # an integer
        b"L" + b"9" * 100_000 + b"\n",  # in decimal
        b"]" * 100_000 + b"a" * 99_999 + b"0",  # lists in lists
        b"}" + b")" + b"\x85" * 100_000 + b"Ns",  # a tuple in tuples as a dict's key
        b"(" + b"]" + b"a" + b"t" + b"Q",
        b"]q\x00h\x00a" + b"Q",  # a list that holds itself, as a persistent id
    ],
)
@pytest.mark.parametrize("where", [lambda harm: archive(harm, {}), lambda harm: HEAD + harm])
def test_pickles_that_want_memory_or_depth(tmp_path, body, where):
    refused(tmp_path, where(program(body)), "")


@pytest.mark.parametrize("where", [lambda harm: archive(harm, {}), lambda harm: HEAD + harm])
@pytest.mark.parametrize(
    ("function", "items"),
    [
        (b"ctorch\nSize\n", b"N" * 50_000),
        (b"ccollections\nOrderedDict\n", b"".join(b"J%bN\x86" % struct.pack("<I", i) for i in range(8000))),
    ],
)
def test_what_stands_once_in_the_file_is_not_copied_again_and_again(tmp_path, where, function, items):
    """A list of many, and a thousand calls that would each copy it: gigabytes, from a hundred kilobytes."""
    calls = b"h\x01h\x00\x85R" * 1000
    body = b"(]q\x00(" + items + b"e" + function + b"q\x01" + calls + b"l"
    refused(tmp_path, where(program(body)), "more than there is in the file|expected a tuple")


def test_a_program_is_no_longer_than_tensors_need(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_MOST", 10_000)
    refused(tmp_path, archive(program(b"(" + b"}" * 10_000 + b"l"), {}), "takes more than 10,000 operations")


@pytest.mark.parametrize(
    "keys",
    [
        b"]" + b"".join(b"q%c(h%ch%cl" % (i, i, i) for i in range(60)),  # lists of twice the one before
        b"]" * 3000 + b"a" * 2999,
        b"\x8b" + struct.pack("<i", 3000) + b"\x7f" * 3000,  # an integer of 7,000 digits
    ],
)
def test_a_list_of_storages_that_is_none(tmp_path, keys):
    """Put into words, the first would fill the memory: it has 2**60 lists in it."""
    refused(tmp_path, HEAD + program(b"N") + program(b"(" + keys + b"l"), "list of storages is damaged")


def test_an_array_in_place_of_the_version(tmp_path):
    """Whether an array equals a number has no one answer, so Python would raise what is no DataError."""
    array = program(storage("0", "float32", 2, old=True))
    refused(tmp_path, MAGIC + array + HEAD[len(MAGIC) :] + bytes(100), "version .* is not known")


def test_sizes_of_a_million_digits_are_not_multiplied(tmp_path, monkeypatch):
    """It would take minutes."""
    from minigrad.serialization.pytorch import rebuilding

    large = b"\x8b" + struct.pack("<I", 100_000) + b"\x7f" * 100_000
    size = b"(" + large + b"q\x05" + b"h\x05" * 31 + b"t"
    place = storage("0", "float32", 4) + plain(0) + size + size
    body = b"ctorch._utils\n_rebuild_tensor_v2\n(" + place + b"tR"
    monkeypatch.setattr(rebuilding.math, "prod", lambda size: pytest.fail("they were multiplied"))
    refused(tmp_path, archive(program(body), {"0": bytes(16)}), "its pickle is damaged")


# Damage.


def test_a_part_that_is_said_to_lie_where_no_file_reaches(tmp_path):
    """At byte 2^63 + 5, as archives of more than 4 GB may say it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("a/data.pkl", program(b"N"))
        parts.getinfo("a/data.pkl").header_offset = 2**63 + 5
    refused(tmp_path, file.getvalue(), "truncated or damaged")
    file.seek(0)
    with pytest.raises(DataError, match="truncated or damaged"):
        mg.load(file)  # memory counts its places otherwise than a disk


@pytest.mark.parametrize("make", [handmade.new_file, handmade.old_file])
def test_a_truncated_file(tmp_path, make):
    whole = make({"a": np.arange(50.0), "b": np.ones((3, 4), np.float32)})
    for end in range(20, len(whole), 37):
        refused(tmp_path, whole[:end], "")


WHOLE = [
    make({"a": np.arange(6.0), "b": np.ones(3, bool)}) for make in (handmade.new_file, handmade.old_file)
]


@settings(deadline=None)
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.integers(16, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_bytes_that_are_wrong_give_an_error_or_other_values(tmp_path_factory, whole, changes):
    content = bytearray(whole)
    for place, value in changes:
        content[place % len(content)] = value
    with contextlib.suppress(DataError):  # every other exception fails the test
        mg.load(io.BytesIO(bytes(content)))


def test_a_checksum_that_is_wrong_is_told(tmp_path):
    numbers = np.arange(1000, dtype=np.float32)
    content = bytearray(handmade.new_file({"a": numbers}))
    place = content.index(numbers.tobytes())
    content[place + 77] ^= 1
    refused(tmp_path, bytes(content), "truncated or damaged.*CRC")

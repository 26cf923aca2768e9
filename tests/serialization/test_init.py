import io
import json
import math
import os
import struct
import threading

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad as mg
from minigrad import nn, optim
from minigrad.errors import DataError

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]


def same(a, b):
    """Equal structure, and equal tensors with equal dtypes."""
    if isinstance(a, mg.Tensor | np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        return (
            a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def roundtrip(obj, path):
    mg.save(obj, path)
    return mg.load(path)


# Tensors.


@settings(deadline=None)  # it writes files
@given(st.data(), st.sampled_from(DTYPES))
def test_every_dtype_and_shape_comes_back(tmp_path_factory, data, dtype):
    array = data.draw(
        hnp.arrays(np.dtype(dtype), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    )
    loaded = roundtrip({"x": mg.tensor(array)}, tmp_path_factory.mktemp("s") / "f.safetensors")["x"]
    assert isinstance(loaded, mg.Tensor) and not loaded.requires_grad
    assert same(loaded, array)


def test_memory_layouts_do_not_matter(tmp_path):
    base = np.arange(24.0).reshape(4, 6)
    state = {
        "transposed": mg.tensor(base).T,
        "strided": mg.tensor(base)[1::2, 1:],
        "reversed": base[::2, ::-3],
        "fortran": np.asfortranarray(base),
        "broadcast": np.broadcast_to(np.float32(3), (2, 3)),
        "big endian": base.astype(">f4"),
    }
    loaded = roundtrip(state, tmp_path / "f")
    for name, value in state.items():
        np.testing.assert_array_equal(loaded[name].numpy(), np.asarray(value))
        assert loaded[name].dtype.isnative


def test_loaded_tensors_can_be_written(tmp_path):
    loaded = roundtrip({"a": np.zeros(3), "b": np.zeros(3)}, tmp_path / "f")
    loaded["a"].numpy()[:] = 5
    assert loaded["a"].tolist() == [5, 5, 5] and loaded["b"].tolist() == [0, 0, 0]


def test_a_tensor_alone(tmp_path):
    assert roundtrip(mg.tensor([1.0, 2.0]), tmp_path / "f").tolist() == [1.0, 2.0]


def test_other_libraries_open_it_and_it_opens_theirs(tmp_path):
    state = {
        "0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "0.bias": np.zeros(2),
        "steps": np.array(7),
    }
    mg.save({name: mg.tensor(a) for name, a in state.items()}, tmp_path / "ours")
    theirs = safetensors.numpy.load_file(tmp_path / "ours")
    assert theirs.keys() == state.keys() and all(same(theirs[k], state[k]) for k in state)
    safetensors.numpy.save_file(state, tmp_path / "theirs", metadata={"format": "np"})
    loaded = mg.load(tmp_path / "theirs")
    assert loaded.keys() == state.keys() and all(same(loaded[k], state[k]) for k in state)


def test_pytorch_opens_it_and_it_opens_pytorchs(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors import torch as st_torch

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    st_torch.save_file(model.state_dict(), tmp_path / "theirs")
    loaded = mg.load(tmp_path / "theirs")
    for name, tensor in model.state_dict().items():
        assert same(loaded[name], tensor.numpy())
    mg.save(loaded, tmp_path / "ours")
    model.load_state_dict(st_torch.load_file(tmp_path / "ours"))


# Trees.


def test_an_optimisers_state_comes_back(tmp_path):
    state = {
        "model": {"0.weight": mg.tensor([[1.0, 2.0]]), "0.bias": mg.tensor([0.0])},
        "optimizer": {
            "state": {0: {"step": mg.tensor(3.0), "exp_avg": mg.tensor([1.0])}, 1: {}},
            "param_groups": [
                {"lr": 0.1, "betas": (0.9, 0.999), "amsgrad": False, "foreach": None, "params": [0, 1]}
            ],
        },
        "schedule": {"best": math.inf, "last_lr": [1e-3], "mode": "min"},
        "epoch": 12,
    }
    assert same(roundtrip(state, tmp_path / "f"), state)
    names = safetensors.numpy.load_file(tmp_path / "f").keys()
    assert "model.0.weight" in names and "optimizer.state.0.exp_avg" in names


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_side=3), elements=st.floats(width=32)).map(
        mg.tensor
    )
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(-2, 3), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(TREES)
def test_every_tree_comes_back(tmp_path_factory, tree):
    assert same(roundtrip(tree, tmp_path_factory.mktemp("s") / "f"), tree)


@pytest.mark.parametrize(
    "tree",
    [
        {"a.b": np.zeros(1), "a": {"b": np.ones(1)}},
        {"a": {"b": np.ones(1)}, "a.b": np.zeros(1), "a.b_": np.full(1, 2.0)},
        {"__metadata__": np.zeros(2)},
        {1: np.zeros(1), "1": np.ones(1)},
        {"": np.zeros(1)},
        {},
        [],
        {"tensor": "name", "dict": [["a", 1]]},
        {"ünï": np.zeros(1)},
    ],
)
def test_names_do_not_collide(tmp_path, tree):
    assert same(roundtrip(tree, tmp_path / "f"), tree)


def test_numpy_numbers_become_pythons(tmp_path):
    loaded = roundtrip({"lr": np.float64(0.1), "n": np.int64(3), "ok": np.bool_(True)}, tmp_path / "f")
    assert loaded == {"lr": 0.1, "n": 3, "ok": True} and type(loaded["n"]) is int


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"a": {"b": [1, object()]}}, r"a\.b\.1 is a object"),
        ({"a": {(1, 2): 3}}, r"key \(1, 2\) in a "),
        ({"a": {True: 3}}, "key True in a "),
        ({"a": np.array("text")}, "a has dtype <U4"),
        ({"a": np.zeros(2, complex), "b": 1}, "a has dtype complex128"),
        (print, "the object is a builtin_function_or_method"),
        ({"model": {1, 2}}, "model is a set"),
    ],
)
def test_what_cannot_be_stored_is_named_and_nothing_is_written(tmp_path, obj, message):
    with pytest.raises(TypeError, match=message):
        mg.save(obj, tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


# Files.


def test_what_holds_itself_is_refused(tmp_path):
    tree = {"a": {"b": [mg.ones(1)]}}
    tree["a"]["b"].append(tree)
    with pytest.raises(ValueError, match=r"save: a\.b\.1 .*circle"):
        mg.save(tree, tmp_path / "tree.safetensors")
    shared = [mg.ones(1)]
    mg.save({"a": shared, "b": shared}, tmp_path / "tree.safetensors")  # twice is no circle


def test_an_open_file(tmp_path):
    buffer = io.BytesIO()
    mg.save({"x": mg.tensor([1.0])}, buffer)
    buffer.seek(0)
    assert mg.load(buffer)["x"].tolist() == [1.0]


def test_a_header_without_a_dtype_is_damaged(tmp_path):
    path = tmp_path / "f"
    mg.save({"x": np.zeros(1)}, path)
    path.write_bytes(path.read_bytes().replace(b'"dtype"', b'"dtypf"'))
    with pytest.raises(DataError, match="not a sound safetensors file"):
        mg.load(path)


def test_saving_replaces_the_file_in_one_step(tmp_path, monkeypatch):
    path = tmp_path / "f"
    mg.save({"x": np.zeros(1)}, path)

    def breaks(source, target):
        raise OSError("disk pulled out")

    monkeypatch.setattr(os, "replace", breaks)
    with pytest.raises(OSError, match="disk pulled out"):
        mg.save({"x": np.ones(1)}, path)
    monkeypatch.undo()
    assert mg.load(path)["x"].tolist() == [0.0]
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "f"
    mg.save({"x": np.zeros(100_000)}, path)
    done = threading.Event()

    def write():
        for i in range(30):
            mg.save({"x": np.full(100_000, float(i))}, path)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        values = mg.load(path)["x"].numpy()
        assert (values == values[0]).all()
    writer.join()


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    mg.save({"x": np.zeros(1)}, tmp_path / "real" / "f")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "f")
    mg.save({"x": np.ones(1)}, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and mg.load(tmp_path / "real" / "f")["x"].tolist() == [1.0]


def test_a_missing_file_or_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        mg.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere.*Make it"):
        mg.save({}, tmp_path / "nowhere" / "f")


@pytest.fixture
def whole(tmp_path):
    mg.save({"a": np.arange(4.0), "b": {"c": np.zeros(3), "lr": 0.1}}, tmp_path / "f")
    return (tmp_path / "f").read_bytes()


def test_every_truncation_is_an_error(tmp_path, whole):
    for size in range(len(whole)):
        (tmp_path / "cut").write_bytes(whole[:size])
        with pytest.raises(DataError, match="cut: "):
            mg.load(tmp_path / "cut")
    (tmp_path / "cut").write_bytes(whole[:-1])
    with pytest.raises(
        DataError, match=f"truncated. Its header describes {len(whole)} bytes.*has {len(whole) - 1}"
    ):
        mg.load(tmp_path / "cut")


def header(text):
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(100), "a file of PyTorch's that is truncated"),
        (b"\x80\x04\x95" + bytes(100), "pickle"),
        (b"\x93NUMPY" + bytes(100), "neither a safetensors file"),
        (b"hello world, this is text", "neither a safetensors file"),
        (header(b"{not json"), "header is damaged"),
        (header(b'{"a": 1}'), "header is damaged"),
        (header(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0]}}'), "header is damaged"),
        (header(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 1e999]}}'), "header is damaged"),
        (header(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "header is damaged"),
        (header(b'{"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}') + bytes(8), "not a sound"),
        (header(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}') + bytes(9), "too long"),
        (header(b'{"a": {"dtype": "Q7", "shape": [2], "data_offsets": [0, 8]}}') + bytes(8), "not a sound"),
        (
            header(b'{"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}') + bytes(4),
            "a has dtype BF16",
        ),
        (
            header(b'{"a": {"dtype": "C64", "shape": [2], "data_offsets": [0, 16]}}') + bytes(16),
            "a has dtype C64, which tensors do not have",
        ),
        (header(b'{"__metadata__": {"minigrad": "{"}}'), "tree of values is damaged"),
        (header(b'{"__metadata__": {"minigrad": "{\\"tensor\\": \\"x\\"}"}}'), "tree of values is damaged"),
        (header(b'{"__metadata__": {"minigrad": "{\\"code\\": \\"x\\"}"}}'), "tree of values is damaged"),
        (header(b'{"__metadata__": {"minigrad": "' + b"[" * 100_000 + b'"}}'), "tree of values is damaged"),
        (
            header(b'{"__metadata__": {"minigrad order": "' + b"[" * 100_000 + b'"}}'),
            "tree of values is damaged",
        ),
        (struct.pack("<Q", 2**60) + b"{}", "truncated"),
    ],
)
def test_what_is_not_a_sound_file_is_named(tmp_path, content, message):
    (tmp_path / "bad").write_bytes(content)
    with pytest.raises(DataError, match=f"(?s)bad: .*{message}"):
        mg.load(tmp_path / "bad")


@pytest.mark.skipif(os.name == "nt", reason="a file with a hole has the length of it there")
@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", "neither a safetensors file"),
        (b"\x80\x02", "pickle"),
        (header(b"{}"), "too long. Its header describes 10 bytes"),
        (struct.pack("<Q", 2**39) + b"{", "header takes 549,755,813,888 bytes, of 100,000,000 at most"),
    ],
)
def test_a_file_that_is_no_sound_one_is_not_read_into_memory(tmp_path, start, message):
    """A terabyte would not fit: a film, say, that was named by mistake."""
    path = tmp_path / "bad"
    path.write_bytes(start)
    os.truncate(path, 2**40)
    with pytest.raises(DataError, match=f"bad: .*{message}"):
        mg.load(path)


def test_options_that_are_not_supported_are_named(tmp_path):
    mg.save({}, tmp_path / "f")
    assert mg.load(tmp_path / "f", map_location="cpu", weights_only=True) == {}
    with pytest.raises(NotImplementedError, match="load: device='mps'"):
        mg.load(tmp_path / "f", map_location="mps")
    with pytest.raises(NotImplementedError, match="weights_only=False"):
        mg.load(tmp_path / "f", weights_only=False)


def test_the_file_is_plain_json_and_bytes(tmp_path):
    """By hand from the format's description: length, header, values."""
    mg.save({"x": mg.tensor([1.0, -2.0])}, tmp_path / "f")
    content = (tmp_path / "f").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    assert json.loads(content[8 : 8 + length]) == {
        "__metadata__": {"minigrad order": '["x"]'},
        "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    }
    assert content[8 + length :] == struct.pack("<ff", 1.0, -2.0)


def test_a_folder_is_told(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"load: .* is a folder\. Name the file"):
        mg.load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_from_a_pipe(tmp_path):
    mg.save({"w": mg.ones(2)}, tmp_path / "a.safetensors")
    os.mkfifo(tmp_path / "pipe")
    content = (tmp_path / "a.safetensors").read_bytes()
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    assert mg.load(tmp_path / "pipe")["w"].tolist() == [1.0, 1.0]
    writer.join()


def test_names_come_back_in_their_order(tmp_path):
    file = tmp_path / "state.safetensors"
    state = {
        "z": mg.ones(2),
        "a": mg.ones(3, dtype=mg.int64),
        "m": mg.ones(1),
        "b": mg.ones(1, dtype=mg.float64),
    }
    mg.save(state, file)
    assert list(mg.load(file)) == ["z", "a", "m", "b"]
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
    mg.save(model.state_dict(), file)
    assert list(mg.load(file)) == list(model.state_dict())


def test_from_any_device_to_any_device(tmp_path, device):
    model = nn.Linear(3, 2)
    optimiser = optim.Adam(model.parameters())
    model(mg.ones(1, 3)).sum().backward()
    optimiser.step()
    mg.save({"model": model.state_dict(), "optimiser": optimiser.state_dict()}, tmp_path / "f")
    loaded = mg.load(tmp_path / "f")
    assert {t.device for t in loaded["model"].values()} == {mg.device("cpu")}
    there = mg.load(tmp_path / "f", map_location=device)
    assert there["model"]["weight"].device == model.weight.device
    for state in (loaded, there):
        other = nn.Linear(3, 2)
        other.load_state_dict(state["model"])
        assert (other.weight == model.weight).all()
        again = optim.Adam(other.parameters())
        again.load_state_dict(state["optimiser"])
        moment, expected = (
            o.state[p]["exp_avg"] for o, p in ((again, other.weight), (optimiser, model.weight))
        )
        assert moment.device == model.weight.device and (moment == expected).all()

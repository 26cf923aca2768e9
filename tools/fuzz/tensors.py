"""Targets: files of tensors, checkpoints and histories."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.errors import CheckpointError
from tools.fuzz import repairing
from tools.fuzz.data_files import JSON, of_file
from tools.fuzz.target import Target


def _loaded(path: Path, content: bytes) -> str:
    """Numbers in memory are never more than the file."""
    value = mg.load(path)
    tensors = list(_tensors(value))
    for tensor in tensors:
        tensor.numpy().sum()
    owned = {id(base): base.nbytes for base in map(_memory, tensors)}
    assert sum(owned.values()) <= len(content), "more numbers than the file has"
    return "read"


def _memory(tensor: mg.Tensor) -> Any:
    array = tensor.numpy()
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _tensors(value: Any) -> Any:
    """All tensors in nested values; a list may hold itself."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, mg.Tensor):
            yield one
        elif isinstance(one, dict | list | tuple) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.values() if isinstance(one, dict) else one


def small_training(**options: Any) -> train.History:
    """The training of the checkpoint that is the seed."""
    mg.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    data = TensorDataset(mg.rand(4, 2), mg.rand(4, 1))
    return train.fit(model, DataLoader(data, 2), nn.MSELoss(), optimizer, 1, progress=False, **options)


def _checkpoint(path: Path, content: bytes) -> str:
    saved = train.load_checkpoint(path)
    assert isinstance(saved.epoch, int) and isinstance(saved.batch, int) and isinstance(saved.between, bool)
    assert all(isinstance(value, mg.Tensor) for value in saved.model.values())
    assert isinstance(saved.optimizer, dict) and len(saved.history) == len(saved.history.seconds)
    history = small_training(resume=path, callbacks=[train.Checkpoint(path.with_name("other.safetensors"))])
    assert history.ended
    return "gone on from"


def _history(path: Path, content: bytes) -> str:
    history = train.History.read_json(path)
    assert repr(history) and isinstance(history.names, list)
    once, twice = path.with_name("once.json"), path.with_name("twice.json")
    history.write_json(once)  # an infinity becomes null
    train.History.read_json(once).write_json(twice)
    assert once.read_bytes() == twice.read_bytes(), "changed by writing"
    return "read"


_PICKLE = (
    *(
        b"cos\nsystem\n",
        b"cbuiltins\neval\n",
        b"ctorch._utils\n_rebuild_tensor_v2\n",
        b"(",
        b"t",
        b"tQ",
        b"R",
        b"b",
        b".",
    ),
    *(
        b"ctorch\nFloatStorage\n",
        b"ccollections\nOrderedDict\n",
        b")",
        b"}",
        b"]",
        b"a",
        b"e",
        b"u",
        b"s",
        b"2",
        b"0",
    ),
    *(
        b"q\0",
        b"h\0",
        b"r\xff\xff\xff\x7f",
        b"\x8a\x01\x02",
        b"\x93",
        b"\x94",
        b"X\0\0\0\0",
        b"\x8d",
        b"\x8e",
        b"I9\n",
    ),
)
_SAFETENSORS = (
    b'"F32"',
    b'"I64"',
    b'"BF16"',
    b'"shape":[]',
    b'"data_offsets":[0,24]',
    b'"__metadata__":{}',
    b'"BOOL"',
)
_TREE = (
    b'{\\"tensor\\":',
    b'{\\"dict\\":',
    b'{\\"tuple\\":',
    b'\\"checksum\\"',
    b'\\"position\\"',
    b'\\"history\\"',
)


def _target(name: str, what: str, file: str, read: Callable[[Path, bytes], str], **options: Any) -> Target:
    return Target(name, what, of_file(file, read), file, **options)


TARGETS = (
    _target(
        *("safetensors", "safetensors files", "input.safetensors", _loaded),
        words=JSON + _SAFETENSORS + _TREE,
        repair=repairing.safetensors,
    ),
    _target(
        *("pth", "PyTorch's files since 1.6", "input.pth", _loaded),
        words=_PICKLE,
        repair=repairing.torch_archive,
    ),
    _target("pth-old", "PyTorch's files before 1.6", "input.pth", _loaded, words=_PICKLE),
    _target(
        *("checkpoint", "checkpoints of a training", "input.safetensors", _checkpoint),
        raises=(CheckpointError,),
        words=JSON + _SAFETENSORS + _TREE,
        repair=repairing.checkpoint,
    ),
    _target("history", "histories of a training", "input.json", _history, words=JSON),
)

"""PyTorch's files are read as PyTorch reads them, in both formats."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from tests.serialization.pytorch import handmade

FORMATS = {"zip": True, "legacy": False}


def example():
    rng = np.random.default_rng(0)
    return {
        "0.weight": rng.normal(size=(4, 3, 2, 2)).astype(np.float32),
        "0.bias": rng.normal(size=4),
        "count": np.array(7),
        "mask": rng.normal(size=(2, 5)) > 0,
        "none": np.zeros((0, 3), np.float16),
    }


@pytest.mark.parametrize("make", [handmade.new_file, handmade.old_file])
def test_tensors_come_back_by_name(tmp_path, make):
    path = tmp_path / "weights.pth"
    path.write_bytes(make(example()))
    loaded = mg.load(path)
    assert list(loaded) == list(example())
    for name, array in example().items():
        value = loaded[name].numpy()
        assert (value.dtype, value.shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(value, array)
        assert not loaded[name].requires_grad
        value[...] = 0  # memory of its own
    with path.open("rb") as file:
        assert list(mg.load(file)) == list(example())


@pytest.mark.parametrize("make", [handmade.new_file, handmade.old_file])
def test_a_file_is_not_in_memory_twice(tmp_path, make):
    path = tmp_path / "weights.pth"
    path.write_bytes(make({"weight": np.ones((1024, 4096), np.float32)}))
    tracemalloc.start()
    try:
        loaded = mg.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (loaded["weight"] == 1).all()
    assert peak < 1.25 * path.stat().st_size


def test_a_tensor_may_be_a_part_of_its_storage_and_lie_in_another_order(tmp_path):
    numbers = np.arange(24, dtype=np.float32)
    of = handmade.storage("0", "float32", 24)
    parts = [((4, 3), (6, 2), 1), ((2, 3), (1, 2), 10), ((3,), (8,), 0), ((), (), 23), ((1, 2), (0, 1), 4)]
    body = b"(" + b"".join(handmade.tensor(of, *part) for part in parts) + b"l"
    path = tmp_path / "views.pth"
    path.write_bytes(handmade.archive(handmade.program(body), {"0": numbers.tobytes()}))
    loaded = mg.load(path)
    for tensor, (shape, strides, offset) in zip(loaded, parts, strict=True):
        expected = np.empty(shape, np.float32)
        for index in np.ndindex(*shape):
            expected[index] = offset + sum(i * step for i, step in zip(index, strides, strict=True))
        np.testing.assert_array_equal(tensor.numpy(), expected)
    loaded[0][0, 0] = -1.0  # element 1 of the storage that they share, as in PyTorch
    assert loaded[4].numpy().tolist() == [[4, 5]] and loaded[2].numpy().tolist() == [0, 8, 16]
    assert (loaded[0] @ mg.ones(3, 2)).shape == (4, 2)


@pytest.mark.parametrize("form", FORMATS)
def test_what_pytorch_saves_is_read(tmp_path, form):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten())
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(2, 3, 8, 8)).sum().backward()
    optimizer.step()
    saved = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "parameter": model[0].weight,
        "plain": [1, 2.5, None, "x", (1,) * 5, True, 2**70, (), {}, {1: (2,)}],
        "transposed": torch.arange(6.0).reshape(2, 3).half().T,
        "empty": torch.empty(0, 3),
        "scalar": torch.tensor(3),
    }
    torch.save(saved, tmp_path / "f.pth", _use_new_zipfile_serialization=FORMATS[form])
    loaded = mg.load(tmp_path / "f.pth")
    assert loaded["plain"] == saved["plain"]
    assert loaded["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(loaded["model"][name].numpy(), value.numpy())
    moments = loaded["optimizer"]["state"][0]["exp_avg"].numpy()
    np.testing.assert_array_equal(moments, optimizer.state_dict()["state"][0]["exp_avg"].numpy())
    for name in ("parameter", "transposed", "empty", "scalar"):
        theirs = saved[name].detach().numpy()
        np.testing.assert_array_equal(loaded[name].numpy(), theirs)
        assert loaded[name].numpy().dtype == theirs.dtype
    ours = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    assert not any(map(len, ours.load_state_dict(loaded["model"])))


@pytest.mark.parametrize("form", FORMATS)
def test_tensors_that_share_memory_in_pytorch_share_it_here(tmp_path, form):
    """Large ones, too: the memory is in the file once, whoever shares it."""
    torch = pytest.importorskip("torch")
    weight = torch.zeros(200, 300)
    saved = {"embedding": weight, "output": weight, "row": weight[1], "shape": weight.shape}
    torch.save(saved, tmp_path / "f.pth", _use_new_zipfile_serialization=FORMATS[form])
    loaded = mg.load(tmp_path / "f.pth")
    loaded["embedding"][1, 2] = 5.0
    assert loaded["output"][1, 2].item() == loaded["row"][2].item() == 5.0
    assert loaded["shape"] == (200, 300)


@pytest.mark.parametrize("form", FORMATS)
def test_a_dtype_that_numpy_does_not_have_is_named(tmp_path, form):
    torch = pytest.importorskip("torch")
    saved = {"x": torch.ones(2, dtype=torch.bfloat16)}
    torch.save(saved, tmp_path / "f.pth", _use_new_zipfile_serialization=FORMATS[form])
    with pytest.raises(mg.errors.DataError, match=r"f\.pth: .*dtype bfloat16, which NumPy does not have"):
        mg.load(tmp_path / "f.pth")

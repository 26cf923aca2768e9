"""Where tensors are. A test of ``device`` runs on the CPU, on arrays that behave as a GPU's, and on a GPU."""

import copy
import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.devices import place
from minigrad.errors import DeviceError

# Names ------------------------------------------------------------------------------------------------------


def test_names_of_devices():
    gpu = mg.device("cuda:1")
    assert (gpu.type, gpu.index, repr(gpu)) == ("cuda", 1, "device(type='cuda', index=1)")
    assert gpu == "cuda:1" == mg.device("cuda", 1) == mg.device(1) and gpu != mg.device("cuda")
    assert mg.device("cuda").index is None and mg.device(gpu) == gpu
    assert repr(mg.device("cpu")) == "device(type='cpu')"
    assert pickle.loads(pickle.dumps(gpu)).index == 1
    with pytest.raises(RuntimeError, match="cuda:one"):
        mg.device("cuda:one")


def test_without_cupy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    forget_cuda(monkeypatch)
    assert not mg.cuda.is_available() and mg.cuda.device_count() == 0
    for call in (
        lambda: mg.ones(2).to("cuda"),
        lambda: mg.zeros(2, device="cuda:1"),
        lambda: mg.ones(2).cuda(),
    ):
        with pytest.raises(DeviceError, match=r"cuda.*cupy-cuda13x for CUDA 13.*cupy-cuda12x for CUDA 12"):
            call()
    mg.cuda.manual_seed(3)  # as in PyTorch, nothing to do


def test_without_a_driver_the_error_says_so(monkeypatch):
    class CUDARuntimeError(RuntimeError):
        pass

    def count():
        raise CUDARuntimeError("cudaErrorInsufficientDriver")

    runtime = SimpleNamespace(getDeviceCount=count, CUDARuntimeError=CUDARuntimeError)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=SimpleNamespace(runtime=runtime)))
    forget_cuda(monkeypatch)
    assert not mg.cuda.is_available()
    with pytest.raises(RuntimeError, match=r"finds no GPU \(cudaErrorInsufficientDriver\).*nvidia-smi"):
        mg.zeros(2, device="cuda")


def forget_cuda(monkeypatch):
    """As before the first use of a GPU."""
    monkeypatch.delitem(place._places, "cuda", raising=False)
    monkeypatch.delitem(sys.modules, "minigrad.devices.cuda_place", raising=False)


def test_another_kind_of_device_is_not_supported():
    with pytest.raises(NotImplementedError, match=r"zeros: device='mps' is not supported.*\"cuda\""):
        mg.zeros(2, device="mps")
    with pytest.raises(RuntimeError, match="one CPU"):
        mg.zeros(2, device="cpu:1")


# Where tensors are ------------------------------------------------------------------------------------------


def test_a_tensor_is_on_the_cpu_unless_it_is_said():
    x = mg.ones(2)
    assert x.device == "cpu" == x.device.type and x.device == mg.device("cpu") and not x.is_cuda
    assert x.to(mg.device("cpu"), non_blocking=True) is x and x.cpu() is x
    assert mg.zeros(2, device=x.device).device.index is None


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: mg.zeros(2, 3, **o),
        lambda **o: mg.ones(2, 3, **o),
        lambda **o: mg.empty(2, 3, **o),
        lambda **o: mg.full((2, 3), 7.0, **o),
        lambda **o: mg.full((2, 3), mg.tensor(7), **o),
        lambda **o: mg.arange(6, **o),
        lambda **o: mg.linspace(0, 1, 6, **o),
        lambda **o: mg.eye(3, **o),
        lambda **o: mg.rand(2, 3, **o),
        lambda **o: mg.randn(2, 3, **o),
        lambda **o: mg.randint(5, (2, 3), **o),
        lambda **o: mg.randperm(6, **o),
        lambda **o: mg.normal(0.0, 1.0, (2, 3), **o),
        lambda **o: mg.tensor([[1.0, 2.0]], **o),
        lambda **o: mg.as_tensor(np.ones(3), **o),
    ],
)
def test_makers_make_on_the_device_named_and_on_the_default_one(device, make):
    there = mg.zeros(1).device
    assert there.type == device
    assert make().device == there
    with mg.device("cpu"):
        assert make().device == "cpu"
        y = make(device=device)
        assert y.device == there and y.cpu().device == "cpu"
        assert "device=" in repr(y) or device == "cpu"


def test_the_default_device(device):
    assert mg.get_default_device() == device
    mg.set_default_device("cpu")
    assert mg.ones(2).device == "cpu"
    mg.set_default_device(device)
    with mg.device("cpu"):
        with mg.device(device):
            assert mg.ones(2).device.type == device
        assert mg.ones(2).device == "cpu"
    assert mg.ones(2).device.type == device
    assert mg.from_numpy(np.ones(2)).device == "cpu"


def test_tensors_like_another_are_where_it_is(device):
    x = mg.randn(2, 3)
    with mg.device("cpu"):
        for make in (mg.zeros_like, mg.ones_like, mg.empty_like, mg.rand_like, mg.randn_like):
            assert make(x).device == x.device and make(x, device="cpu").device == "cpu"
        assert mg.full_like(x, 2).device == x.device
        for y in (x.new_zeros(2), x.new_ones(2), x.new_full((2,), 7.0), x.clone(), x.detach(), mg.tensor(x)):
            assert y.device == x.device
        assert mg.as_tensor(x) is x and mg.tensor([x[0, 0], 1.0]).device == "cpu"


def test_there_and_back(device):
    values = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    x = mg.from_numpy(values)
    y = x.to(device)
    assert y.device.type == device and y.dtype == mg.float32 and y.shape == (3, 4)
    assert y.to(device) is y
    np.testing.assert_array_equal(y.cpu().numpy(), values)
    assert y.to("cpu", mg.float64).dtype == mg.float64 and y.to(x).device == "cpu"
    assert x.to(y).device == y.device and x.to(device, copy=True) is not x
    assert y.tolist() == x.tolist() and y[0, 0].item() == x[0, 0].item() and float(y[1, 2]) == float(x[1, 2])
    z = mg.from_numpy(values.T).to(device)  # another order of memory
    np.testing.assert_array_equal(z.cpu().numpy(), values.T)
    assert (z == y.T).all() and bool((y == y).all())
    assert mg.from_numpy(np.zeros((0, 3))).to(device).shape == (0, 3)


def test_the_gradient_comes_back_to_where_the_tensor_is(device):
    x = mg.tensor([1.0, 2.0, 3.0], device="cpu", requires_grad=True)
    y = x.to(device)
    (y * y).sum().backward()
    assert x.grad.device == "cpu" and x.grad.tolist() == [2, 4, 6]
    (g,) = mg.autograd.grad((x.to(device) ** 3).sum(), x, create_graph=True)
    (g2,) = mg.autograd.grad(g.sum(), x)
    assert g.device == g2.device == "cpu" and g2.tolist() == [6, 12, 18]


def test_copies_and_pickles(device):
    x = mg.randn(2, 3, requires_grad=True)
    (x * 2).sum().backward()
    for y in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert y.device == x.device and y.requires_grad and bool((y == x).all())
    assert copy.deepcopy(x).grad.device == x.device


# NumPy ------------------------------------------------------------------------------------------------------


def test_numpy_wants_the_cpu(device):
    x = mg.ones(2, 3)
    if device == "cpu":
        assert x.numpy().shape == (2, 3)
        return
    for call in (x.numpy, lambda: np.asarray(x), lambda: np.array(x)):
        with pytest.raises(TypeError, match=rf"numpy\(\) of a tensor on {x.device}.*t\.cpu\(\)\.numpy\(\)"):
            call()
    assert isinstance(np.exp(x), mg.Tensor) and np.exp(x).device == x.device
    assert np.sum(x, axis=0).device == x.device


# Tensors on different devices -------------------------------------------------------------------------------

MIXED = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: mg.mul(x, y),
    "matmul": lambda x, y: x @ y.T,
    "cat": lambda x, y: mg.cat([x, y]),
    "where": lambda x, y: mg.where(x > 0, x, y),
    "maximum": lambda x, y: mg.maximum(x, y),
    "eq": lambda x, y: x == y,
    "linear": lambda x, y: nn.functional.linear(x, y),
    "mse_loss": lambda x, y: nn.functional.mse_loss(x, y),
    "add_": lambda x, y: x.add_(y),
}


@pytest.mark.devices("foreign", "cuda")
@pytest.mark.parametrize("name", MIXED)
@pytest.mark.parametrize("swap", [False, True])
def test_mixed_devices_are_an_error_that_names_them(device, name, swap):
    x, y = mg.ones(2, 3), mg.ones(2, 3, device="cpu")
    with pytest.raises(RuntimeError) as raised:
        MIXED[name](*((y, x) if swap else (x, y)))
    text = str(raised.value)
    assert isinstance(raised.value, DeviceError), text
    assert " on cpu" in text and f"on {x.device}" in text and f'.to("{x.device}")' in text


def test_what_is_written_comes_from_any_device(device):
    x, y = mg.zeros(2, 3, device="cpu"), mg.ones(2, 3)
    x.copy_(y)
    x[0] = y[0] * 2
    x[:, [2]] = y[:, :1] * 3
    assert x.device == "cpu" and x.tolist() == [[2, 2, 3], [1, 1, 3]]
    y[1] = x[1]
    y[0] = np.array([7.0, 8.0, 9.0])
    assert y.device.type == device and y.tolist() == [[7, 8, 9], [1, 1, 3]]
    w = mg.ones(3, requires_grad=True, device="cpu")
    z = y * 1
    z[0] = w
    z.sum().backward()
    assert w.grad.tolist() == [1, 1, 1] and w.grad.device == "cpu"


def test_a_number_on_the_cpu_goes_along(device):
    """A CPU tensor of no dimension counts as a number, as in PyTorch, and gets its gradient where it is."""
    x, s = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor(3.0, device="cpu", requires_grad=True)
    y = (x * s).sum()
    y.backward()
    assert x.grad.tolist() == [3, 3] and s.grad.device == "cpu" and s.grad.item() == 3
    assert (mg.tensor(1, device="cpu") + x).device == x.device
    assert bool((x > mg.tensor(0.0, device="cpu")).all())
    y = mg.einsum("i,->i", x, s)  # an operation of any number of tensors, with options after them
    y.sum().backward()
    assert y.tolist() == [3, 6] and y.device == x.device
    assert x.grad.tolist() == [6, 6] and s.grad.device == "cpu" and s.grad.item() == 6


@pytest.mark.devices("foreign", "cuda")
def test_an_upstream_gradient_is_where_the_tensor_is(device):
    x = mg.ones(2, requires_grad=True)
    with pytest.raises(DeviceError, match="upstream gradient is on cpu"):
        (x * 2).backward(mg.ones(2, device="cpu"))
    with pytest.raises(DeviceError, match="grad: the tensor is on"):
        x.grad = mg.ones(2, device="cpu")


def test_a_gpu_is_indexed_by_the_cpu_too(device):
    x, index = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), mg.tensor([1, 0, 1], device="cpu")
    y = x[index]
    assert y.tolist() == [[3, 4], [1, 2], [3, 4]]
    y.sum().backward()
    assert x.grad.tolist() == [[1, 1], [2, 2]]
    assert x[np.array([True, False])].tolist() == [[1, 2]] and x[[1], [0]].tolist() == [3]


# Modules and optimisers -------------------------------------------------------------------------------------


def test_a_module_moves_whole(device):
    with mg.device("cpu"):
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
        before = [p.detach().numpy().copy() for p in net.parameters()]
        weight = net[0].weight
        optimiser = optim.Adam(net.parameters(), lr=0.1)
        x = mg.randn(5, 3)
        net(x).sum().backward()
        gradient = weight.grad.numpy().copy()
    assert net.to(device) is net and net[0].weight is weight  # the object that the optimiser has
    there = mg.zeros(1).device
    assert all(t.device == there for t in (*net.parameters(), *net.buffers()))
    for p, values in zip(net.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.detach().cpu().numpy(), values)
    np.testing.assert_array_equal(weight.grad.cpu().numpy(), gradient)
    optimiser.step()
    assert optimiser.state[weight]["exp_avg"].device == there
    net(x.to(device)).sum().backward()
    optimiser.step()
    assert net.cpu()[0].weight.device == "cpu"
    assert net.to(device, mg.float64)[0].weight.dtype == mg.float64


def test_layers_are_made_on_a_device(device):
    with mg.device("cpu"):
        there = mg.zeros(1, device=device).device
        for layer in (
            nn.Linear(2, 3, device=device),
            nn.Conv2d(1, 2, 3, device=device),
            nn.Embedding(3, 2, device=device),
            nn.BatchNorm2d(2, device=device),
            nn.LayerNorm(3, device=device),
        ):
            assert {t.device for t in (*layer.parameters(), *layer.buffers())} == {there}


# What else is asked of a tensor -----------------------------------------------------------------------------


def test_inference_mode_records_nothing():
    x = mg.ones(2, requires_grad=True)
    with mg.inference_mode():
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_tensors_like_another():
    x = mg.ones(2, dtype=mg.float64)
    assert x.new_zeros(2, 3).tolist() == [[0, 0, 0], [0, 0, 0]] and x.new_zeros((2,)).dtype is mg.float64
    assert x.new_ones(2, dtype=mg.int64).dtype is mg.int64
    assert x.new_full((2,), 7.0, requires_grad=True).requires_grad
    assert x.nelement() == mg.numel(x) == 2 and mg.numel(np.ones((2, 3))) == 6

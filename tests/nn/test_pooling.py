import numpy as np
import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.devices.place import is_array

pytestmark = pytest.mark.usefixtures("device")

# The image of "Primeiros passos de Deep Learning em Python".
IMAGE = mg.tensor(
    [[3.0, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
).reshape(1, 1, 5, 5)


def test_max_pooling_by_hand():
    x = IMAGE.to(mg.get_default_device(), copy=True).requires_grad_()
    y = nn.MaxPool2d(3, stride=1)(x)
    assert y.squeeze().tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    y.backward(mg.arange(1.0, 10).reshape(1, 1, 3, 3))
    dx = [[1, 2, 0, 0, 0], [0, 0, 0, 14, 0], [11, 0, 8, 0, 9], [0] * 5, [0] * 5]
    assert x.grad.squeeze().tolist() == dx


def test_mean_pooling_by_hand():
    assert nn.AvgPool2d(2)(IMAGE).squeeze().tolist() == [[1.5, 1.75], [1.5, 1.5]]
    assert nn.AdaptiveAvgPool2d(1)(IMAGE).item() == pytest.approx(34 / 25)
    # Thirds of 5: rows 0 and 1, 1 to 3, 3 and 4.
    assert F.adaptive_max_pool2d(IMAGE, 3).squeeze().tolist() == [[3, 3, 3], [3, 3, 3], [2, 2, 2]]


# Keras's "same": ceil(n / stride) windows, the odd element of the padding after the image.


def test_same_by_hand():
    x = mg.tensor([[1.0, 2, 3, 4, 5]])
    assert F.max_pool1d(x, 2, padding="same").tolist() == [[2, 4, 5]]
    assert F.avg_pool1d(x, 2, padding="same").tolist() == [[1.5, 3.5, 5]]
    assert F.avg_pool1d(x, 3, 2, padding="same").tolist() == [[1.5, 3, 4.5]]
    assert F.avg_pool1d(x, 4, 1, padding="same").tolist() == [[2, 2.5, 3.5, 4, 4.5]]  # one before, two after
    assert F.max_pool1d(-x, 4, 1, padding="same").tolist() == [[-1, -1, -2, -3, -4]]


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_same_is_a_mean_or_maximum_over_what_is_there(n, k, s):
    x = np.random.default_rng(n).normal(size=(2, 3, n, n + 1))

    def bounds(n):
        out = -(-n // s)
        before = max((out - 1) * s + k - n, 0) // 2
        return [(max(i * s - before, 0), min(i * s - before + k, n)) for i in range(out)]

    for pool, reduce in ((F.max_pool2d, np.max), (F.avg_pool2d, np.mean)):
        y = pool(mg.tensor(x), k, s, padding="same").cpu().numpy()
        expected = [[reduce(x[:, :, a:b, c:d], axis=(2, 3)) for c, d in bounds(n + 1)] for a, b in bounds(n)]
        np.testing.assert_allclose(y, np.moveaxis(np.array(expected), (0, 1), (2, 3)), rtol=1e-12)


def test_same_in_layers():
    assert nn.MaxPool2d(2, padding="same")(IMAGE).shape == (1, 1, 3, 3)
    assert set(np.unique(nn.AvgPool2d(2, padding="same")(mg.ones(4, 64, 7, 7)).cpu().numpy())) == {1.0}
    y, indices = F.max_pool2d(IMAGE, 2, padding="same", return_indices=True)
    assert indices.squeeze().tolist() == [[0, 8, 9], [10, 12, 14], [20, 22, 24]]
    assert (y.flatten() == IMAGE.flatten()[indices.flatten()]).all()


def test_what_backward_keeps_is_a_byte_for_each_result():
    def arrays(saved):
        inside = [a for part in saved if isinstance(part, tuple) for a in arrays(part)]
        return inside + [a for a in saved if is_array(a)]

    y = F.max_pool2d(mg.zeros(2, 3, 8, 8, requires_grad=True), 2)
    assert [(a.dtype, a.shape) for a in arrays(y.grad_fn.saved)] == [(np.uint8, (2, 3, 4, 4))]
    y.sum().backward()
    assert y.grad_fn.saved is None
    large = F.max_pool2d(mg.zeros(1, 1, 20, 20, requires_grad=True), 17)
    assert [a.dtype for a in arrays(large.grad_fn.saved)] == [np.int32]


def test_the_picture_of_a_network_shows_windows_and_no_bookkeeping():
    y = F.avg_pool2d(F.max_pool2d(IMAGE.clone().requires_grad_(), 2, 1), (1, 3))
    boxes = mg.viz.graph(y).description.boxes.values()
    assert [box.label for box in boxes] == [
        "",
        "max_pool2d kernel_size=2 stride=1",
        "avg_pool2d kernel_size=(1, 3)",
    ]


def test_large_windows():
    x = np.random.default_rng(0).normal(size=(2, 2, 40, 40))
    y, indices = F.max_pool2d(mg.tensor(x, requires_grad=True), 17, 5, 8, return_indices=True)
    found = np.take_along_axis(x.reshape(4, 1600), indices.cpu().numpy().reshape(4, 64), 1)
    np.testing.assert_array_equal(y.detach().cpu().numpy().reshape(4, 64), found)
    y.sum().backward()


def test_a_window_that_sees_no_element_is_an_error():
    with pytest.raises(mg.ShapeError, match=r"a window has no element of the image \(3, 3\)"):
        F.max_pool2d(mg.zeros(1, 1, 3, 3), 2, 1, padding="same", dilation=5)


def test_an_array_is_pooled_to_an_array():
    y, indices = F.max_pool2d(IMAGE.cpu().numpy(), 2, return_indices=True)
    assert type(y) is type(indices) is np.ndarray


@pytest.mark.parametrize("call", [F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d])
def test_what_is_no_tensor_is_named(call):
    with pytest.raises(TypeError, match="expected a tensor, got list"):
        call([[1.0]], 2)


def test_the_reference_gives_the_same_network():
    def run():
        x = mg.tensor(
            np.random.default_rng(0).normal(size=(2, 3, 9, 8)).astype("float32"), requires_grad=True
        )
        y = F.avg_pool2d(F.max_pool2d(x, 2, 1), 3, 2, 1)
        y.backward(mg.arange(1.0, y.numel() + 1).reshape(y.shape))
        return y.detach().cpu().numpy(), x.grad.cpu().numpy()

    with mg.backend("reference"):
        expected = run()
    for a, b in zip(run(), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)

import numpy as np
import pytest

import minigrad as mg
from minigrad.data.transforms import Compose, Lambda, Normalize, OneHot, ToTensor
from minigrad.errors import DtypeError, ShapeError


def test_to_tensor_scales_bytes_and_puts_channels_first():
    grey = np.array([[0, 51], [102, 255]], np.uint8)
    x = ToTensor()(grey)
    assert isinstance(x, mg.Tensor) and x.dtype == np.float32
    np.testing.assert_array_equal(x.numpy(), np.array([[[0, 0.2], [0.4, 1]]], np.float32))

    colour = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)  # 2 high, 3 wide, 4 channels
    x = ToTensor()(colour)
    assert x.shape == (4, 2, 3)
    assert x.numpy()[1, 0, 2] == np.float32(colour[0, 2, 1]) / np.float32(255)


def test_to_tensor_keeps_what_is_not_bytes():
    image = np.array([[300.0, -1.0]])
    x = ToTensor()(image)
    assert x.dtype == np.float64 and x.tolist() == [[[300.0, -1.0]]]
    image[0, 0] = 0
    assert x.tolist() == [[[300.0, -1.0]]]


@pytest.mark.parametrize("shape", [(4,), (1, 2, 3, 4)])
def test_to_tensor_names_other_shapes(shape):
    with pytest.raises(ShapeError, match="ToTensor"):
        ToTensor()(np.zeros(shape, np.uint8))


def test_to_tensor_takes_arrays_only():
    with pytest.raises(TypeError, match="list"):
        ToTensor()([[1]])


def test_normalize_works_channel_by_channel():
    x = mg.tensor(np.array([[[1.0, 2.0]], [[3.0, 4.0]]], np.float32))  # 2 channels, 1 high, 2 wide
    y = Normalize((1.0, 2.0), (2.0, 4.0))(x)
    assert y.dtype == np.float32 and y.tolist() == [[[0.0, 0.5]], [[0.25, 0.5]]]
    assert x.tolist() == [[[1.0, 2.0]], [[3.0, 4.0]]]


def test_normalize_names_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"C = 3.*\(1, 28, 28\)"):
        Normalize((0, 0, 0), (1, 1, 1))(mg.zeros(1, 28, 28))
    with pytest.raises(ShapeError, match="ToTensor before it"):
        Normalize((0,), (1,))(np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="zero"):
        Normalize((0, 0), (1, 0))
    with pytest.raises(ValueError, match="2 and 1"):
        Normalize((0, 0), (1,))
    with pytest.raises(NotImplementedError, match="inplace"):
        Normalize((0,), (1,), inplace=True)
    with pytest.raises(
        ValueError, match=r"one mean and one std per channel, such as .*\(0\.5,\), .*got 0\.5"
    ):
        Normalize(0.5, 0.5)


@pytest.mark.parametrize("shape", [(5, 3, 4), (5, 3, 4, 1), (5, 3, 4, 2)])
def test_a_batch_is_its_images_one_by_one(shape):
    images = np.random.default_rng(0).integers(256, size=shape, dtype=np.uint8)
    channels = shape[3] if len(shape) == 4 else 1
    transform = Compose([ToTensor(), Normalize([0.1, 0.2][:channels], [0.3, 0.4][:channels])])
    batch = transform.batch(images)
    for one, image in zip(batch.numpy(), images, strict=True):
        np.testing.assert_array_equal(one, transform(image).numpy())


def test_compose_and_lambda():
    transform = Compose([Lambda(lambda v: v + 1), Lambda(lambda v: v * 10)])
    assert transform(2) == 30
    assert transform.batch([2]) is NotImplemented
    assert Compose([Compose([Lambda(abs)]), ToTensor()]).batch(np.zeros((1, 2, 2))) is NotImplemented
    with pytest.raises(TypeError, match="int"):
        Lambda(3)


def test_reprs_name_the_settings():
    transform = Compose([ToTensor(), Normalize((0.5,), (0.25,)), Lambda(abs)])
    assert repr(transform) == "Compose([ToTensor(), Normalize(mean=(0.5,), std=(0.25,)), Lambda(abs)])"


def test_one_hot_writes_a_1_at_the_place_of_the_class():
    transform = OneHot(3)
    assert transform(2).tolist() == [0.0, 0.0, 1.0]
    y = transform.batch(np.array([0, 2, 1]))
    assert y.dtype == np.float32 and y.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("number", [3, -1])
def test_one_hot_names_class_numbers_out_of_range(number):
    with pytest.raises(ValueError, match=rf"3 classes have the numbers 0 to 2; got {number} to {number}"):
        OneHot(3)(number)
    with pytest.raises(ValueError, match="3 classes"):
        OneHot(3).batch(np.array([0, number]))
    with pytest.raises(DtypeError, match="float64"):
        OneHot(3).batch(np.array([0.0]))


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 1), (3, 2, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_tensor_has_memory_of_its_own_in_order(shape, dtype):
    image = np.ones(shape, dtype)
    x = ToTensor()(image)
    image[:] = 0
    assert (x.numpy() > 0).all() and x.is_contiguous()

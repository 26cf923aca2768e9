"""Mirroring, cropping and erasing: which pixels stand where, how often, and what does not fit."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.data.transforms import RandomCrop, RandomErasing, RandomHorizontalFlip
from minigrad.errors import DtypeError, ShapeError

RANDOM = [RandomHorizontalFlip(), RandomCrop(5, padding=2), RandomErasing(p=0.8)]


def images(n=200, c=2, h=6, w=7, seed=0):
    """No two numbers are alike, so that every pixel tells where it came from."""
    rng = np.random.default_rng(seed)
    return rng.permutation(np.arange(1, n * c * h * w + 1, dtype=np.float32)).reshape(n, c, h, w)


def test_a_flip_exchanges_left_and_right_of_half_of_the_images():
    x = images()
    mg.manual_seed(1)
    y = RandomHorizontalFlip().batch(mg.tensor(x)).numpy()
    flipped = np.array([np.array_equal(b, a[:, :, ::-1]) for a, b in zip(x, y, strict=True)])
    kept = np.array([np.array_equal(b, a) for a, b in zip(x, y, strict=True)])
    assert (flipped ^ kept).all()
    assert 70 < flipped.sum() < 130  # 100 expected, 7 the standard deviation


@pytest.mark.parametrize(("p", "flipped"), [(0, False), (1, True)])
def test_the_ends_of_the_probability_are_certain(p, flipped):
    x = images()
    y = RandomHorizontalFlip(p).batch(mg.tensor(x)).numpy()
    np.testing.assert_array_equal(y, x[..., ::-1] if flipped else x)


MODES = [("constant", {"constant_values": 9}), ("edge", {}), ("reflect", {}), ("symmetric", {})]


@pytest.mark.parametrize(("mode", "options"), MODES)
def test_a_crop_is_one_of_the_windows_of_the_padded_image(mode, options):
    x = images(300)
    mg.manual_seed(2)
    y = RandomCrop((4, 5), padding=(1, 2, 3, 0), fill=9, padding_mode=mode).batch(mg.tensor(x)).numpy()
    assert y.shape == (300, 2, 4, 5)
    seen = set()
    for image, crop in zip(x, y, strict=True):
        padded = np.pad(image, [(0, 0), (2, 0), (1, 3)], mode=mode, **options)  # left, top, right, bottom
        places = [
            (i, j)
            for i in range(8 - 4 + 1)
            for j in range(11 - 5 + 1)
            if np.array_equal(padded[:, i : i + 4, j : j + 5], crop)
        ]
        assert len(places) >= 1
        seen.update(places)
    assert len(seen) == 5 * 7  # every place comes up


def test_a_crop_that_does_not_fit_is_an_error():
    with pytest.raises(ShapeError, match=r"cannot cut 9 x 9 pixels out of images of 8 x 9.*more padding"):
        RandomCrop(9, padding=1).batch(mg.zeros(2, 1, 6, 7))


def test_erasing_blanks_one_rectangle_within_the_limits():
    x = images(400, h=32, w=30)
    mg.manual_seed(3)
    y = RandomErasing(p=0.6, scale=(0.05, 0.2), ratio=(0.5, 2), value=(0, -1)).batch(mg.tensor(x)).numpy()
    changed = 0
    for before, after in zip(x, y, strict=True):
        blank = after[0] == 0
        np.testing.assert_array_equal(after[1] == -1, blank)
        np.testing.assert_array_equal(after[:, ~blank], before[:, ~blank])
        if blank.any():
            rows, columns = np.flatnonzero(blank.any(1)), np.flatnonzero(blank.any(0))
            h, w = len(rows), len(columns)
            assert blank[np.ix_(rows, columns)].all()
            assert rows[-1] - rows[0] == h - 1 and columns[-1] - columns[0] == w - 1
            # the sides were rounded, each by half a pixel at most
            assert (h + 0.5) * (w + 0.5) >= 0.05 * 960 and (h - 0.5) * (w - 0.5) <= 0.2 * 960
            assert (h + 0.5) / (w - 0.5) >= 0.5 and (h - 0.5) / (w + 0.5) <= 2
            changed += 1
    assert 200 < changed < 280  # 240 expected, 10 the standard deviation


def test_what_cannot_fit_is_left_alone():
    x = images(h=4, w=4)
    y = RandomErasing(p=1, scale=(1, 1), ratio=(1, 1)).batch(mg.tensor(x)).numpy()
    np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("transform", RANDOM, ids=repr)
def test_a_batch_at_once_is_what_its_images_give_one_by_one(transform):
    x = mg.tensor(images(20))
    mg.manual_seed(4)
    together = transform.batch(x).numpy()
    mg.manual_seed(4)
    one_by_one = np.stack([transform(image).numpy() for image in x])
    np.testing.assert_array_equal(together, one_by_one)
    assert not np.array_equal(transform.batch(x).numpy(), together)  # the next draw is another


@pytest.mark.parametrize("kind", [RandomHorizontalFlip, lambda **o: RandomCrop(4, **o), RandomErasing])
def test_a_generator_of_ones_own_is_used(kind):
    x = mg.tensor(images(20))
    first, second = (kind(generator=mg.Generator().manual_seed(7)).batch(x).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(TypeError, match="Generator"):
        kind(generator=7)


@pytest.mark.parametrize("transform", RANDOM, ids=repr)
def test_the_images_given_stay_as_they_were(transform):
    x = images(20)
    given = mg.tensor(x)
    transform.batch(given)
    np.testing.assert_array_equal(given.numpy(), x)


@pytest.mark.parametrize("transform", RANDOM, ids=repr)
def test_what_is_not_an_image_is_named(transform):
    name = type(transform).__name__
    with pytest.raises(ShapeError, match=rf"{name}: expected a tensor \(C, H, W\), got ndarray.*ToTensor"):
        transform(np.zeros((8, 8), np.uint8))
    with pytest.raises(ShapeError, match=rf"{name}: expected a tensor \(N, C, H, W\).*\(8, 8, 3\)"):
        transform.batch(mg.zeros(8, 8, 3))


def test_options_that_make_no_sense_are_named():
    with pytest.raises(ValueError, match=r"RandomHorizontalFlip: p is a probability.*1\.5"):
        RandomHorizontalFlip(1.5)
    with pytest.raises(ValueError, match="size is"):
        RandomCrop((1, 2, 3))
    with pytest.raises(ValueError, match="padding is one number, two or four"):
        RandomCrop(4, padding=(1, 2, 3))
    with pytest.raises(TypeError, match="positional"):  # torchvision's third place is pad_if_needed
        RandomCrop(4, 1, True)
    with pytest.raises(ValueError, match=r"padding_mode must be.*'wrap'"):
        RandomCrop(4, padding_mode="wrap")
    with pytest.raises(ValueError, match="scale"):
        RandomErasing(scale=(0.5, 0.1))
    with pytest.raises(ValueError, match="ratio"):
        RandomErasing(ratio=(0, 1))
    with pytest.raises(NotImplementedError, match="inplace"):
        RandomErasing(inplace=True)
    with pytest.raises(NotImplementedError, match="random"):
        RandomErasing(value="random")
    with pytest.raises(ShapeError, match="value has 3 numbers, the images have 2 channels"):
        RandomErasing(value=(1, 2, 3)).batch(mg.zeros(1, 2, 8, 8))


def test_one_number_in_place_of_two_and_the_like_are_told():
    for size in (3.5, "a", (2.5, 3)):
        with pytest.raises(ValueError, match="RandomCrop: size is"):
            RandomCrop(size)
    for padding in (1.5, (1, 2.5)):
        with pytest.raises(ValueError, match="RandomCrop: padding is one number"):
            RandomCrop(4, padding)
    with pytest.raises(ValueError, match=r"scale is \(low, high\) from 0 to 1, got 0\.5"):
        RandomErasing(scale=0.5)
    with pytest.raises(ValueError, match=r"ratio is \(low, high\), above 0; got 2"):
        RandomErasing(ratio=2)
    with pytest.raises(ValueError, match="p is a probability, from 0 to 1; got 'often'"):
        RandomHorizontalFlip("often")


@pytest.mark.parametrize("value", [300, -1, 0.5])
def test_a_pixel_that_a_byte_cannot_hold_is_told(value):
    """0.5 would have become 0 without a word."""
    images = mg.ones(2, 1, 8, 8, dtype=mg.uint8)
    with pytest.raises(DtypeError, match=f"RandomErasing: value={value} is no pixel of uint8"):
        RandomErasing(1, value=value).batch(images)
    with pytest.raises(DtypeError, match=f"RandomCrop: fill={value} is no pixel of uint8"):
        RandomCrop(8, padding=1, fill=value).batch(images)

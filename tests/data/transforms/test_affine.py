"""Turning, moving, zooming and shearing: pixel for pixel what SciPy, Pillow and PyTorch give."""

import numpy as np
import pytest
from scipy import ndimage

import minigrad as mg
from minigrad.data.transforms import RandomAffine, RandomRotation
from minigrad.data.transforms.affine import forward, warp
from minigrad.errors import DtypeError


def image(c=3, h=12, w=15, seed=0):
    return np.random.default_rng(seed).random((c, h, w))


def by_scipy(x, matrix, move, order, fill=0.0):
    """Every output pixel looked up in the image: ndimage's (row, column) for our (x, y)."""
    back = np.linalg.inv(matrix)[::-1, ::-1]
    centre = (np.array(x.shape[1:]) - 1) / 2
    offset = centre - back @ (centre + np.asarray(move)[::-1])
    return np.stack(
        [
            ndimage.affine_transform(plane, back, offset, order=order, mode="grid-constant", cval=fill)
            for plane in x
        ]
    )


CASES = [
    (0, 1, (0, 0), (0, 0)),
    (33, 1, (0, 0), (0, 0)),
    (-120, 0.7, (10, 0), (2, -1)),
    (8, 1.6, (-20, 15), (0, 3)),
]


@pytest.mark.parametrize(("turn", "zoom", "shear", "move"), CASES)
def test_bilinear_is_scipys(turn, zoom, shear, move):
    x = image()
    matrix = forward(np.array([turn]), np.array([zoom]), np.array([shear]))
    y = warp(x[None], matrix, np.array([move]), "bilinear", 0.25)
    np.testing.assert_allclose(y[0], by_scipy(x, matrix[0], move, 1, 0.25), atol=1e-12)


def test_nearest_is_scipys():
    x = image()
    matrix = forward(np.array([33.3]), np.array([0.83]), np.array([[7.0, -11.0]]))
    y = warp(x[None], matrix, np.array([[1, 2]]), "nearest", 0)
    np.testing.assert_array_equal(y[0], by_scipy(x, matrix[0], (1, 2), 0))


@pytest.mark.parametrize(("turn", "zoom", "shear", "move"), CASES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_it_is_pytorchs(turn, zoom, shear, move, interpolation):
    torch = pytest.importorskip("torch")
    x = image().astype(np.float32)
    _, h, w = x.shape
    matrix = forward(np.array([turn + 0.1]), np.array([zoom]), np.array([shear]))
    back = np.linalg.inv(matrix[0])
    half = np.array([w / 2, h / 2])  # PyTorch's coordinates go from -1 to 1 over the image
    theta = np.concatenate([back * half / half[:, None], (-(back @ move) / half)[:, None]], axis=1)
    grid = torch.nn.functional.affine_grid(torch.tensor(theta[None]), (1, *x.shape), align_corners=False)
    expected = torch.nn.functional.grid_sample(
        torch.tensor(x[None], dtype=torch.float64), grid, mode=interpolation, align_corners=False
    )
    y = warp(x[None], matrix, np.array([move]), interpolation, 0)
    np.testing.assert_allclose(y, expected.numpy(), atol=1e-5)


def test_the_matrix_is_the_one_that_torchvision_documents():
    """Turning times shearing, as torchvision writes it out: angle a, shears b and c."""
    a, b, c, s = 0.3, 0.2, -0.1, 1.3
    matrix = forward(np.degrees([a]), np.array([s]), np.degrees([[b, c]]))[0]
    expected = s * np.array(
        [
            [np.cos(a - c) / np.cos(c), -np.cos(a - c) * np.tan(b) / np.cos(c) - np.sin(a)],
            [np.sin(a - c) / np.cos(c), -np.sin(a - c) * np.tan(b) / np.cos(c) + np.cos(a)],
        ]
    )
    np.testing.assert_allclose(matrix, expected)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, -1), (360, 0)])
def test_quarter_turns_are_anticlockwise_and_exact(degrees, turns):
    x = image(h=9, w=9)
    for interpolation in ("nearest", "bilinear"):
        y = RandomRotation((degrees, degrees), interpolation)(mg.tensor(x)).numpy()
        np.testing.assert_allclose(y, np.rot90(x, turns, (1, 2)), atol=1e-12)


def test_rotation_is_pillows():
    pillow = pytest.importorskip("PIL.Image")
    x = np.random.default_rng(1).integers(0, 256, (31, 31), np.uint8)
    expected = np.asarray(pillow.fromarray(x).rotate(25, pillow.Resampling.NEAREST))
    y = RandomRotation((25, 25))(mg.tensor(x[None])).numpy()[0]
    assert (y != expected).mean() < 0.01  # what lies halfway between two pixels goes either way


def test_a_move_is_a_shift_of_the_pixels():
    x = image(h=10, w=20)
    mg.manual_seed(0)
    moved = RandomAffine(0, translate=(0.1, 0.3)).batch(mg.tensor(np.stack([x] * 1000))).numpy()
    padded = np.pad(x, [(0, 0), (3, 3), (2, 2)])
    windows = {(3 - i, 2 - j): padded[:, i : i + 10, j : j + 20] for i in range(7) for j in range(5)}
    seen = set()
    for y in moved:
        places = [move for move, window in windows.items() if np.array_equal(window, y)]
        assert len(places) == 1
        seen.update(places)
    assert len(seen) == 35


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_zoom_above_1_makes_things_larger(interpolation):
    """About the centre, the pixel (6, 6) of 13 x 13: its neighbours move away from it, or come closer."""
    x = image(h=13, w=13)
    larger = RandomAffine(0, scale=(2, 2), interpolation=interpolation)(mg.tensor(x)).numpy()
    np.testing.assert_allclose(larger[:, ::2, ::2], x[:, 3:10, 3:10], atol=1e-12)
    smaller = RandomAffine(0, scale=(0.5, 0.5), interpolation=interpolation)(mg.tensor(x)).numpy()
    np.testing.assert_allclose(smaller[:, 3:10, 3:10], x[:, ::2, ::2], atol=1e-12)
    assert not smaller[:, :3].any()


def test_the_same_seed_gives_the_same_images_and_each_image_its_own():
    x = mg.tensor(np.stack([image().astype(np.float32)] * 6))
    transform = RandomAffine(30, (0.1, 0.1), (0.8, 1.2), 10, "bilinear")
    mg.manual_seed(5)
    together = transform.batch(x).numpy()
    mg.manual_seed(5)
    one_by_one = np.stack([transform(one).numpy() for one in x])
    np.testing.assert_array_equal(together, one_by_one)
    assert together.dtype == np.float32
    assert len({y.tobytes() for y in together}) == 6


def test_what_does_not_fit_is_named():
    with pytest.raises(DtypeError, match=r"uint8.*ToTensor"):
        RandomAffine(10, interpolation="bilinear")(mg.tensor(np.zeros((1, 4, 4), np.uint8)))
    with pytest.raises(NotImplementedError, match="expand=True"):
        RandomRotation(10, expand=True)
    with pytest.raises(NotImplementedError, match="center"):
        RandomRotation(10, center=(0, 0))
    with pytest.raises(ValueError, match=r"RandomRotation: degrees must be at least 0.*-3"):
        RandomRotation(-3)
    with pytest.raises(ValueError, match=r"degrees is a number or \(least, most\)"):
        RandomAffine((3, 1))
    with pytest.raises(ValueError, match="translate"):
        RandomAffine(0, translate=(2, 0))
    with pytest.raises(ValueError, match="scale"):
        RandomAffine(0, scale=(0, 1))
    with pytest.raises(ValueError, match="shear"):
        RandomAffine(0, shear=(1, 2, 3))
    with pytest.raises(ValueError, match=r'"bilinear", got \'cubic\''):
        RandomAffine(0, interpolation="cubic")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"degrees": None}, "degrees is a number or"),
        ({"degrees": float("nan")}, "degrees must be at least 0"),
        ({"degrees": float("inf")}, "degrees must be at least 0"),
        ({"degrees": (0, float("nan"))}, "degrees is a number or"),
        ({"degrees": 0, "translate": 0.1}, "translate is two shares"),
        ({"degrees": 0, "scale": 0.5}, "scale is"),
        ({"degrees": 0, "shear": "a"}, "shear is one number"),
        ({"degrees": 0, "fill": (1, 2, 3)}, "fill is one number, for all channels"),
    ],
)
def test_one_number_in_place_of_two_and_the_like_are_told(options, message):
    with pytest.raises(ValueError, match=f"RandomAffine: {message}"):
        RandomAffine(**options)


def test_numpys_numbers_are_numbers():
    assert RandomRotation(np.float32(5)).degrees == (-5, 5)
    assert RandomAffine(0, shear=np.int64(3)).shear == (-3, 3, 0, 0)


def test_a_fill_that_a_byte_cannot_hold_is_told():
    with pytest.raises(
        DtypeError, match=r"RandomRotation: fill=300 is no pixel of uint8\. Put ToTensor before"
    ):
        RandomRotation(90, fill=300)(mg.zeros(1, 4, 4, dtype=mg.uint8))
    turned = RandomRotation((45, 45), fill=200)(mg.zeros(1, 4, 4, dtype=mg.uint8))
    assert turned.dtype == mg.uint8 and turned[0, 0, 0] == 200


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("shape", [(0, 3, 8, 6), (2, 0, 8, 6), (2, 3, 0, 6), (2, 3, 8, 0)])
def test_of_nothing_comes_nothing(shape, interpolation):
    assert RandomAffine(10, interpolation=interpolation).batch(mg.zeros(*shape)).shape == shape

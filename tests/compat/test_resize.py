"""Interpolation and pixel shuffling beside PyTorch's."""

import numpy as np
import pytest

from tests.compat.samples import draw

SIZES = [{"size": n} for n in (1, 2, 5, 13)] + [
    {"scale_factor": f} for f in (2, 1.5, 0.5, 3, 1.1, 1.0, 0.7, 2.1)
]


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "bilinear", "area"])
def test_interpolate(beside, mode):
    shapes = [(2, 3, 5, 6), (1, 2, 7, 7), (0, 2, 5, 3)] if mode != "linear" else []
    shapes += [(2, 3, 6), (1, 1, 7)] if mode != "bilinear" else []
    corners = (None, False, True) if "linear" in mode else (None,)
    for shape in shapes:
        each = {"size": (3, 8), "scale_factor": (1.7, 2.3)} if len(shape) == 4 else {"size": [4]}
        for options in [*SIZES, *({name: value} for name, value in each.items())]:
            for align in corners:
                # Of sequences that stay as long, or double, PyTorch's gradient is not that of its result.
                odd = mode == "nearest" and len(shape) == 3 and options.get("scale_factor") in (1.1, 2.1)
                for dtype in ("float32", "float64"):
                    beside(
                        lambda L, F, x, o, a: F.interpolate(x, mode=mode, align_corners=a, **o),
                        draw(shape, dtype),
                        options,
                        align,
                        grad=not odd,
                        what=f"{shape} {options} {align}",
                    )
    for options in ({"scale_factor": 1.3}, {"scale_factor": 2.6}):
        beside(
            lambda L, F, x, o: F.interpolate(x, mode=mode, recompute_scale_factor=True, **o),
            draw(shapes[0]),
            options,
        )


def test_three_axes(beside):
    x = draw((1, 2, 3, 4, 3))
    for mode in ("nearest", "trilinear"):
        beside(lambda L, F, x, m: F.interpolate(x, (2, 7, 5), mode=m), x, mode)
        beside(lambda L, F, x, m: F.interpolate(x, scale_factor=2, mode=m), x, mode)
        beside(lambda L, F, x, m: F.interpolate(x, scale_factor=(2.4, 1.3, 0.7), mode=m), x, mode)


def test_bytes(beside):
    beside(lambda L, F, x: F.interpolate(x, scale_factor=2), draw((1, 3, 4, 4), "uint8"))


REFUSED = {
    "got size=None and scale_factor=None": lambda F, x: F.interpolate(x),
    "got size=2 and scale_factor=2": lambda F, x: F.interpolate(x, 2, 2),
    "each of the 2 axes (5, 6)": lambda F, x: F.interpolate(x, (2, 3, 4)),
    "one for all; got (2,)": lambda F, x: F.interpolate(x, scale_factor=(2,)),
    "y would have (0, 0)": lambda F, x: F.interpolate(x, scale_factor=0.1),
    "sizes are at least 1": lambda F, x: F.interpolate(x[:, :0], 2),
    "integers, got 2.5": lambda F, x: F.interpolate(x, 2.5),
    "mode linear is for 1 axes": lambda F, x: F.interpolate(x, 2, mode="linear"),
    "mode bilinear is for 2 axes": lambda F, x: F.interpolate(x[0], 2, mode="bilinear"),
    "got shape (5, 6)": lambda F, x: F.interpolate(x[0, 0], 2),
    "align_corners is for linear": lambda F, x: F.interpolate(x, 2, align_corners=False),
    "recompute_scale_factor": lambda F, x: F.interpolate(x, 2, recompute_scale_factor=True),
    "'cubic' is not one of": lambda F, x: F.interpolate(x, 2, mode="cubic"),
    "3 channels of (2, 3, 5, 6) are not a multiple": lambda F, x: F.pixel_shuffle(x, 2),
    "upscale_factor is at least 1": lambda F, x: F.pixel_shuffle(x, 0),
    "upscale_factor is an integer": lambda F, x: F.pixel_shuffle(x, 2.0),
    "expected x of shape (..., C, H, W)": lambda F, x: F.pixel_shuffle(x[0, 0], 2),
    "not multiples of the downscale_factor 2": lambda F, x: F.pixel_unshuffle(x, 2),
    "downscale_factor is at least 1": lambda F, x: F.pixel_unshuffle(x, 0),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_refused(beside, words):
    beside.refused(lambda L, F, x: REFUSED[words](F, x), draw((2, 3, 5, 6)), words=[words])


@pytest.mark.parametrize(
    "options", [{"mode": "bicubic"}, {"mode": "bilinear", "antialias": True}], ids=["bicubic", "antialias"]
)
def test_what_is_not_supported_is_named(options):
    import minigrad as mg

    name = "antialias" if "antialias" in options else "bicubic"
    with pytest.raises(NotImplementedError, match=name):
        mg.nn.functional.interpolate(mg.zeros(1, 1, 2, 2), 4, **options)


def test_pixel_shuffle(beside):
    for r in (1, 2, 3):
        for front in ((), (2,), (2, 3)):
            x = draw((*front, 2 * r * r, 3, 4))
            beside(lambda L, F, x, r: F.pixel_shuffle(x, r), x, r)
            x = draw((*front, 2, 3 * r, 2 * r))
            beside(lambda L, F, x, r: F.pixel_unshuffle(x, downscale_factor=r), x, r)
    beside(lambda L, F, x: F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2) - x, draw((2, 8, 3, 3)))


LAYERS = [
    "Upsample(7)",
    "Upsample(scale_factor=2)",
    "Upsample(None, 1.5, 'nearest', None, True)",
    "Upsample(size=(3, 4), mode='bilinear', align_corners=True)",
    "Upsample(scale_factor=(2, 3), mode='bilinear')",
    "UpsamplingNearest2d(scale_factor=2)",
    "UpsamplingBilinear2d(size=4)",
    "PixelShuffle(2)",
    "PixelUnshuffle(3)",
]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(beside, layer):
    make = lambda L: eval(f"nn.{layer}", {"nn": L.nn})  # noqa: E731
    beside(lambda L, F, x: make(L)(x), draw((2, 4, 6, 3)))
    beside(lambda L, F: repr(make(L)))


def test_dropout_of_channels_has_pytorch_s_face(beside):
    x = np.ones((2, 3, 4, 4))
    for name in ("Dropout1d", "Dropout2d"):
        beside(lambda L, F, name=name: repr(getattr(L.nn, name)(0.3, True)))
        beside.refused(lambda L, F, name=name: getattr(L.nn, name)(2), words=[name])
    beside(lambda L, F, x: F.dropout2d(x, 0.5, training=False), x)
    beside(lambda L, F, x: F.dropout2d(input=x, p=1.0, training=True, inplace=False), x)
    beside.refused(lambda L, F, x: F.dropout1d(x), x, words=["dropout1d", "(2, 3, 4, 4)"])
    beside.refused(lambda L, F, x: F.dropout2d(x, -1), x, words=["dropout2d"])

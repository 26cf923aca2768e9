"""F.pad in every mode and its layers beside PyTorch's. (Constant padding of any shape: test_shape.py.)"""

import numpy as np
import pytest

from tests.compat.samples import draw

MODES = ("reflect", "replicate", "circular")
WIDTHS = [(1, 2), (0, 3), (-1, 2), (-1, -2), (0, 0), (3, 3)]
WIDTHS += [(1, 0, 2, 1), (2, 2, 0, 0), (-1, 1, 2, -2), (0, 1, -1, 2)]


@pytest.mark.parametrize("mode", MODES)
def test_modes(beside, mode):
    for widths in WIDTHS:
        shapes = [(2, 3, 5), (3, 5)] if len(widths) == 2 else [(2, 3, 4, 5), (3, 4, 5), (0, 3, 4, 5)]
        for shape in shapes:
            what = f"{widths} {shape}"
            beside(lambda L, F, x, p: F.pad(x, p, mode), draw(shape), widths, what=what)
            beside(
                lambda L, F, x, p: F.pad(x, pad=list(p), mode=mode, value=0.0), draw(shape, "float32"), widths
            )
            beside(lambda L, F, x, p: F.pad(x, p, mode=mode), draw(shape, "int64"), widths, what=what)
    beside(lambda L, F, x: F.pad(x, (1, 1, 2, 0, 0, 1), mode), draw((1, 2, 3, 4, 5)))


def test_far(beside):
    x = draw((1, 2, 4))
    beside(lambda L, F, x: F.pad(x, (3, 3), "reflect"), x)
    beside(lambda L, F, x: F.pad(x, (9, 7), "replicate"), x)
    beside(lambda L, F, x: F.pad(x, (4, 4), "circular"), x)
    beside(lambda L, F, x: F.pad(x, (-2, 2), "reflect"), x)
    beside(lambda L, F, x: F.pad(x, (-4, 0)), x)
    beside(lambda L, F, x: F.pad(x, (-2, -2)), x)


REFUSED = {
    "below the size 4": lambda F, x: F.pad(x, (4, 1), "reflect"),
    "not above the size 4": lambda F, x: F.pad(x, (0, 5), "circular"),
    "2 widths, (1, 1), for shape (4,)": lambda F, x: F.pad(x[0, 0], (1, 1), "reflect"),
    "4 widths": lambda F, x: F.pad(x[0], (1, 1, 1, 1), "replicate"),
    "got (1, 1, 1)": lambda F, x: F.pad(x, (1, 1, 1), "replicate"),
    "value=1.0": lambda F, x: F.pad(x, (1, 1), "reflect", 1.0),
    "'mirror'": lambda F, x: F.pad(x, (1, 1), "mirror"),
    "(-3, -2) cuts more": lambda F, x: F.pad(x, (-3, -2)),
    "(-5, 1) cuts more": lambda F, x: F.pad(x, (-5, 1)),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_is_refused(beside, words):
    beside.refused(lambda L, F, x: REFUSED[words](F, x), draw((2, 3, 4)), words=["pad", words])


LAYERS = [
    f"{kind}{axes}d({widths})"
    for kind in ("ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")
    for axes, widths in ((1, "1"), (1, "(2, 1)"), (2, "1"), (2, "(1, 2, 0, 3)"), (2, "(-1, 1, 2, -1)"))
] + ["ConstantPad1d(1, 2.5)", "ConstantPad2d((1, 2, 0, 3), value=-1)", "ZeroPad2d((1, 2))"]


@pytest.mark.parametrize("layer", LAYERS)
def test_layers(beside, layer):
    x = draw((2, 3, 4) if "1d" in layer else (2, 3, 4, 5))
    make = lambda L: eval(f"nn.{layer}", {"nn": L.nn})  # noqa: E731
    beside(lambda L, F, x: make(L)(x), x)
    beside(lambda L, F, x: make(L)(x), x[0])
    beside(lambda L, F: repr(make(L)))


def test_layers_refuse_other_shapes(beside):
    beside.refused(lambda L, F, x: L.nn.CircularPad1d(1)(x), np.zeros((1, 2, 3, 4)), words=["(1, 2, 3, 4)"])
    beside.refused(lambda L, F, x: L.nn.ReflectionPad2d(1)(x), np.zeros((3, 4)), words=["(3, 4)"])

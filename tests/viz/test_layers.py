"""A row of layers: what is drawn, in which order, and in words."""

from itertools import pairwise

import pytest

import minigrad as mg
from minigrad import nn, viz
from models.cnn import fashion_row_norm, small_cnn
from models.resnet import resnet18


def test_it_says_in_words_what_it_shows() -> None:
    assert viz.layers(small_cnn(), (1, 28, 28)).alt == (
        "The layers of Sequential in the order of their calls, each with the size of its output: "
        "input 1×28×28; Conv2d 32×26×26; ReLU 32×26×26; MaxPool2d 32×13×13; Conv2d 64×11×11; ReLU 64×11×11; "
        "MaxPool2d 64×5×5; Flatten 1600; Linear 128; ReLU 128; Dropout 128; Linear 10."
    )


def test_a_summary_does_as_well() -> None:
    told = mg.summary(small_cnn(), (1, 28, 28))
    assert viz.layers(told).render() == viz.layers(small_cnn(), (1, 28, 28)).render()


def drawn(
    picture: viz.Picture, theme: viz.Theme = viz.LIGHT
) -> tuple[list[tuple[float, ...]], list[str], list[str]]:
    """The front faces' (left, bottom, width, height) in their order, the shapes below, and the legend."""
    axes = picture.figure(theme).axes[0]
    fronts = []
    for patch in axes.patches:
        (x0, y0), (x1, _), (_, y1) = patch.get_xy()[:3]
        if patch.get_xy()[0][1] == patch.get_xy()[1][1] and patch.get_xy()[0][0] == patch.get_xy()[3][0]:
            fronts.append((x0, y0, x1 - x0, y1 - y0))
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    return fronts, [text.get_text() for text in axes.texts], legend


def test_blocks_have_the_sizes_of_the_outputs() -> None:
    model = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128, 10))
    fronts, shapes, legend = drawn(viz.layers(model, (1, 8, 8)))
    assert shapes == ["1×8×8", "8×8×8", "8×4×4", "128", "10"]
    assert legend == ["input", "convolution", "dense", "pooling", "reshaping"]
    image, conv, pool, flat, dense = fronts
    assert image[3] == pytest.approx(conv[3])  # as high
    assert conv[2] > image[2]  # more channels are wider
    assert pool[3] < conv[3]
    assert dense[3] < flat[3]
    assert [front[0] for front in fronts] == sorted(front[0] for front in fronts)


def test_a_long_row_goes_on_below_and_stays_inside() -> None:
    fronts, _, _ = drawn(viz.layers(resnet18(10), (3, 64, 64)))
    assert (
        len(fronts) == 1 + 20 + 20 + 17 + 1 + 1 + 1 + 1
    )  # input, convs, norms, relus, pools, flatten, dense
    assert all(x >= 0 and x + width <= 4.8 and y >= 0 for x, y, width, _ in fronts)
    assert sum(after[0] < before[0] for before, after in pairwise(fronts)) >= 3


@pytest.mark.parametrize("theme", [viz.LIGHT, viz.DARK])
def test_shapes_stand_below_where_they_change(theme: viz.Theme) -> None:
    _, shapes, _ = drawn(viz.layers(fashion_row_norm(), (1, 28, 28)), theme)
    assert [shape for shape in shapes if shape != "64×14×14"][:3] == ["1×28×28", "32×28×28", "64×28×28"]
    assert shapes[-1] == "10"


def test_signals_several_inputs_and_layers_of_your_own() -> None:
    class Own(nn.Module):
        def forward(self, x: mg.Tensor, y: mg.Tensor) -> mg.Tensor:
            return x.mean(2) + y

    picture = viz.layers(Own(), [(3, 20), (3,)])
    assert "input 3×20; input 3; Own 3." in picture.alt
    assert drawn(picture)[2] == ["input", "other"]


def test_messages() -> None:
    with pytest.raises(TypeError, match=r"the shape of a sample, too: layers\(model, \(1, 28, 28\)\)"):
        viz.layers(small_cnn())
    with pytest.raises(TypeError, match="expected a model or its summary, got a str"):
        viz.layers("model")

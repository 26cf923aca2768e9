"""Curves show every column, training and validation of one quantity in one panel."""

import pytest

from minigrad.viz import LIGHT, curves

COLUMNS = {
    "loss": [0.9, 0.5, 0.3],
    "accuracy": [0.6, 0.7, 0.8],
    "val_loss": [0.8, 0.6, 0.7],
    "val_accuracy": [0.65, 0.7, 0.68],
}


def test_each_line_has_its_numbers() -> None:
    loss, accuracy = curves(COLUMNS).figure().axes
    assert (loss.get_title(loc="left"), accuracy.get_title(loc="left")) == ("loss", "accuracy")
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        training, validation = axes.lines
        assert list(training.get_xdata()) == list(validation.get_xdata()) == [1, 2, 3]
        assert list(training.get_ydata()) == COLUMNS[name]
        assert list(validation.get_ydata()) == COLUMNS[f"val_{name}"]
        assert training.get_linestyle() != validation.get_linestyle()


def test_the_epoch_whose_weights_were_kept_is_marked() -> None:
    picture = curves(COLUMNS, best_epoch=2)
    for axes in picture.figure(LIGHT).axes:
        assert list(axes.lines[-1].get_xdata()) == [2, 2]
    (legend,) = picture.figure().legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation", "weights kept"]
    assert picture.alt.endswith("The weights of epoch 2 were kept.")


def test_words() -> None:
    assert curves(COLUMNS).alt == (
        "Learning curves over 3 epochs. Training loss goes from 0.900 to 0.300, validation loss goes from "
        "0.800 to 0.700. Training accuracy goes from 0.600 to 0.800, validation accuracy goes from 0.650 to "
        "0.680."
    )


def test_one_epoch_without_validation_is_a_dot() -> None:
    picture = curves({"loss": [0.5]})
    (axes,) = picture.figure().axes
    (line,) = axes.lines
    assert line.get_marker() == "o"
    assert picture.render().startswith(b"<?xml")


@pytest.mark.parametrize("columns", [{}, {"loss": []}])
def test_nothing_to_draw(columns: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="no epoch to draw"):
        curves(columns)

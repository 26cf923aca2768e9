"""Bars: each with its name and number."""

import pytest

from minigrad import viz


def texts(figure):
    axes = figure.axes[0]
    return [text.get_text() for text in axes.texts], [label.get_text() for label in axes.get_yticklabels()]


def test_bars_have_lengths_names_and_numbers():
    picture = viz.bars({"short": 10, "long": 1234}, title="Sleeves")
    figure = picture.figure()
    assert [bar.get_width() for bar in figure.axes[0].patches] == [10, 1234]
    assert texts(figure) == (["10", "1,234"], ["short", "long"])
    assert picture.alt == "Sleeves: short 10, long 1,234."
    assert picture.render(format="svg").startswith(b"<?xml")


def test_what_has_no_room_is_told():
    picture = viz.bars({f"n{i}": i for i in range(9, 0, -1)}, shown=3)
    assert len(picture.figure().axes[0].patches) == 3
    assert "and 6 more, 21 together" in picture.alt
    assert picture.figure().axes[0].get_xlabel() == "and 6 more, 21 together"


def test_shares_in_per_cent_and_beside():
    picture = viz.bars({"a": 0.125, "b": 0.875}, shares=True)
    assert texts(picture.figure())[0] == ["12.5 %", "87.5 %"]
    assert len(viz.beside(picture, picture).figure().axes) == 2


def test_refuses_what_is_no_count():
    with pytest.raises(ValueError, match="at least one"):
        viz.bars({})
    with pytest.raises(ValueError, match="-1"):
        viz.bars({"a": -1})

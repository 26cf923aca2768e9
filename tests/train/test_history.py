"""A history is read by column and by epoch."""

import pytest

from minigrad.train import History


def history() -> History:
    made = History()
    for loss, accuracy in ((0.9, 0.5), (0.4, 0.8), (0.4, 0.7)):
        made.append({"loss": loss, "val_accuracy": accuracy}, seconds=2.0)
    return made


def test_columns() -> None:
    h = history()
    assert len(h) == 3
    assert h.names == ["loss", "val_accuracy"]
    assert h["loss"] == [0.9, 0.4, 0.4]
    assert h.columns() == {"loss": [0.9, 0.4, 0.4], "val_accuracy": [0.5, 0.8, 0.7]}
    assert h.seconds == [2.0, 2.0, 2.0]


def test_best_epoch_counts_from_one_and_takes_the_first_of_equals() -> None:
    assert history().best_epoch("loss") == 2
    assert history().best_epoch("loss", "max") == 1
    assert history().best_epoch("val_accuracy", "max") == 2


def test_rows_are_copies() -> None:
    row = {"loss": 1.0}
    h = History()
    h.append(row)
    row["loss"] = 2.0
    assert h["loss"] == [1.0]


def test_what_is_not_there() -> None:
    with pytest.raises(KeyError, match="no column 'acc'; it has loss, val_accuracy"):
        history()["acc"]
    assert History()["loss"] == []
    with pytest.raises(ValueError, match="no epoch was finished"):
        History().best_epoch("loss")

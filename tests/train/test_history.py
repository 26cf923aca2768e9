"""A history is read by column and by epoch."""

import json
import math
from pathlib import Path

import pytest

from minigrad.errors import DataError
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


@pytest.mark.parametrize(
    ("name", "best"), [("accuracy", 2), ("val_f1", 2), ("val_loss", 3), ("error", 3), ("Perplexity", 3)]
)
def test_what_is_best_can_be_told_by_the_name(name: str, best: int) -> None:
    h = History()
    for value in (0.5, 0.9, 0.1):
        h.append({name: value})
    assert h.best_epoch(name) == best


def test_where_it_cannot_be_told_the_mode_is_asked_for() -> None:
    h = History()
    h.append({"lr": 0.1, "accuracy_loss": 0.5})
    for name in h.names:
        with pytest.raises(ValueError, match=f"best_epoch: whether '{name}' is to fall .*mode"):
            h.best_epoch(name)
        assert h.best_epoch(name, "min") == 1
    with pytest.raises(ValueError, match='best_epoch: mode must be "min" or "max", got \'low\''):
        h.best_epoch("lr", "low")  # type: ignore[arg-type]


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


def test_it_prints_as_a_table() -> None:
    h = History()
    h.append({"loss": 0.52468, "val_accuracy": 0.5}, seconds=2.04)
    h.append({"loss": 0.00001, "val_accuracy": 1.0}, seconds=12.0)
    assert repr(h).splitlines() == [
        "epoch    loss  val_accuracy  seconds",
        "    1  0.5247           0.5      2.0",
        "    2   1e-05             1     12.0",
    ]
    assert repr(History()) == "<History: no epoch was finished>"


def test_a_long_one_prints_its_ends() -> None:
    h = History()
    for epoch in range(100):
        h.append({"loss": epoch / 100})
    lines = repr(h).splitlines()
    assert len(lines) == 22
    assert lines[1].split()[0] == "1"
    assert lines[11].split() == ["..."] * 3
    assert lines[-1].split()[0] == "100"


def test_csv(tmp_path: Path) -> None:
    history().write_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text().splitlines() == [
        "epoch,loss,val_accuracy,seconds",
        "1,0.9,0.5,2.0",
        "2,0.4,0.8,2.0",
        "3,0.4,0.7,2.0",
    ]


def test_json_there_and_back(tmp_path: Path) -> None:
    h = history()
    h.append({"loss": math.nan, "val_accuracy": 1 / 3}, seconds=0.1)
    h.ended = "early stopping"
    h.write_json(tmp_path / "h.json")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads((tmp_path / "h.json").read_text(), parse_constant=refuse)
    again = History.read_json(tmp_path / "h.json")
    assert math.isnan(again.rows[-1].pop("loss"))
    del h.rows[-1]["loss"]
    assert (again.rows, again.seconds, again.ended) == (h.rows, h.seconds, h.ended)


def test_a_time_that_is_no_number_comes_back(tmp_path: Path) -> None:
    """JSON knows no NaN: it is null in the file, among the times as among the values."""
    h = history()
    h.append({"loss": 0.1, "val_accuracy": 0.9}, seconds=math.nan)
    h.write_json(tmp_path / "h.json")
    assert json.loads((tmp_path / "h.json").read_text())["seconds"][-1] is None
    again = History.read_json(tmp_path / "h.json")
    assert again.seconds[:-1] == h.seconds[:-1] and math.isnan(again.seconds[-1])


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{}", '{"rows": [{"a": "b"}], "seconds": [1], "ended": ""}'),
        '{"rows": [{"a": 1}], "seconds": [1' + 400 * "0" + '], "ended": ""}',
        r'{"rows": [{"a\ud800": 1}], "seconds": [1], "ended": ""}',  # half a character
    ],
)
def test_another_file_is_no_history(tmp_path: Path, text: str) -> None:
    (tmp_path / "h.json").write_text(text)
    with pytest.raises(DataError, match=r"h\.json: not a history that write_json wrote"):
        History.read_json(tmp_path / "h.json")


@pytest.mark.parametrize("write", [History.write_csv, History.write_json])
def test_a_folder_that_is_not_there_is_named_by_the_method_that_was_called(write, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{write.__name__}: there is no folder .*gone"):
        write(history(), tmp_path / "gone" / "file")


def test_it_plots_itself(tmp_path: Path) -> None:
    picture = history().plot(best_epoch=2)
    assert "Learning curves over 3 epochs" in picture.alt
    assert "The weights of epoch 2 were kept." in picture.alt
    picture.save(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes() == history().plot(2).render(format="png")
    assert history()._repr_png_() == history().plot().render(format="png")
    assert History()._repr_png_() is None


def test_nan_is_never_the_best() -> None:
    h = History()
    for value in (math.nan, 0.5, math.nan, 0.4):
        h.append({"loss": value})
    assert (h.best_epoch("loss"), h.best_epoch("loss", "max")) == (4, 2)

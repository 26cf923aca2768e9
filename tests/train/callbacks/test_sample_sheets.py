"""Sheets of the same noise: which epochs, what is in them, and the film."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train

Image = pytest.importorskip("PIL.Image")


class Grey(nn.Module):
    """Images of 2 x 2 that are as grey as their number, moved by what was learnt."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(mg.zeros(1))

    def forward(self, z):
        return (z + self.shift).reshape(-1, 1, 1, 1) * mg.ones(1, 1, 2, 2)


def fit(folder, epochs=4, inputs=None, **options):
    model = Grey()
    inputs = mg.tensor([-1.0, 0.0, 1.0]) if inputs is None else inputs
    sheets = train.SampleSheets(folder, model, inputs, columns=2, **options)
    batches = [(mg.zeros(1), mg.full((1, 1, 2, 2), 1.0))]  # the mean square falls by a shift upwards
    train.fit(
        model,
        batches,
        nn.MSELoss(),
        optim.SGD(model.parameters(), lr=0.05),
        epochs,
        callbacks=[sheets],
        progress=False,
    )
    return sheets


def test_which_epochs(tmp_path):
    sheets = fit(tmp_path / "sheets", epochs=7, every_epochs=3)
    assert [file.name for file in sheets.files] == [f"epoch-{n:04}.png" for n in (1, 3, 6, 7)]


def test_the_pixels_by_hand(tmp_path):
    """After one step of 0.05 * 2 * (1 - 0) the shift is 0.1: greys (-0.9, 0.1, 1.1 cut to 1)."""
    sheets = fit(tmp_path / "sheets", epochs=1)
    pixels = np.asarray(Image.open(sheets.files[0]))
    greys = [round(255 * (value + 1) / 2) for value in (-0.9, 0.1, 1.0)]
    assert pixels.shape == (6, 6)  # two rows and columns of 2, and gaps of 2
    assert [pixels[0, 0], pixels[1, 5], pixels[4, 0]] == greys
    assert (pixels[:, 2:4] == 255).all() and (pixels[4:, 4:] == 255).all()


def test_the_film_has_a_frame_for_each_sheet(tmp_path):
    sheets = fit(tmp_path / "sheets")
    sheets.film(tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 4 and film.size == (6, 6)
        assert film.info["comment"] == b"3 images that a network makes of the same inputs, epoch 1 to 4."
    sheets.film(tmp_path / "film.gif", alt="Three greys")
    with Image.open(tmp_path / "film.gif") as film:
        assert film.info["comment"] == b"Three greys, epoch 1 to 4."


def test_sheets_of_an_earlier_training_go_and_other_files_stay(tmp_path):
    folder = tmp_path / "runs" / "1"
    fit(folder, epochs=3)
    for name in ("notes.txt", "epoch-of-jazz.png"):
        (folder / name).write_text("mine")
    sheets = fit(folder, epochs=1)
    assert [file.name for file in sheets.files] == ["epoch-0001.png"]
    assert (folder / "notes.txt").exists() and (folder / "epoch-of-jazz.png").exists()


def test_every_epochs_below_1_is_refused(tmp_path):
    with pytest.raises(ValueError, match="every_epochs"):
        train.SampleSheets(tmp_path, Grey(), mg.zeros(1), every_epochs=0)

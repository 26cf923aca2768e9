"""A whole judgement: of an honest generator, of one that repeats itself, of one that copies."""

import json

import numpy as np
import pytest
from scipy import stats

import minigrad as mg
from minigrad import nn
from minigrad.evaluation.generated import Judgement, judge

rng = np.random.default_rng(0)


def images(count):
    return rng.normal(size=(count, 1, 2, 2)).astype(np.float32)


class Same(nn.Module):
    """A classifier whose features are the image itself."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(4, 4)
        self.last.load_state_dict({"weight": 20 * mg.eye(4), "bias": mg.zeros(4)})

    def forward(self, x):
        return self.last(x.reshape(len(x), -1))


REAL, HELD_OUT = images(400), images(300)


def judged(sample):
    return judge(sample, REAL, Same(), held_out=HELD_OUT, count=200, repeats=4)


def test_an_honest_generator_is_judged_as_photographs_are():
    found = judged(images)
    for name in ("precision", "recall", "diversity", "nearest"):
        assert found.interval(name)[0] == pytest.approx(
            found.interval(name, found.photographs)[0], abs=0.12
        ), name
    assert found.interval("Fréchet distance")[0] < 0.2
    assert found.interval("classes")[0] > 3.8


def test_one_that_repeats_itself():
    one = images(1)
    found = judged(lambda count: one + 0.01 * images(count))
    assert found.interval("diversity")[0] < 0.02
    assert found.interval("recall")[0] < 0.05
    assert found.interval("classes")[0] < 1.6
    assert found.interval("Fréchet distance")[0] > 1


def test_one_that_copies():
    found = judged(lambda count: REAL[rng.choice(400, count)])
    assert found.interval("nearest")[0] < 0.001


def test_the_interval_is_students():
    values = [1.0, 2.0, 4.0]
    found = Judgement([{"precision": value} for value in values], [], 10)
    mean, low, high = found.interval("precision")
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert (mean, low, high) == (pytest.approx(7 / 3), *map(pytest.approx, expected))


def test_what_is_the_same_each_time_has_no_interval():
    """All held-out photographs, each time: that is one measurement, not many that agree."""
    found = Judgement([{"classes": 3.0}, {"classes": 3.5}], [{"classes": 4.0}, {"classes": 4.0}], 10)
    (line,) = (line for line in str(found).splitlines() if line.startswith("classes "))
    assert line.split() == ["classes", "3.250", "±", "3.177", "4.000"]


def test_it_prints_and_saves_itself(tmp_path):
    found = judged(images)
    assert "200 images each time" in str(found) and "± " in str(found)
    found.save(tmp_path / "judgement.json")
    kept = json.loads((tmp_path / "judgement.json").read_text())
    assert (kept["images"], kept["repeats"]) == (200, 4)
    assert [row["measure"] for row in kept["measures"]] == list(found.generated)
    found.save(tmp_path / "judgement.svg")
    found.save(tmp_path / "judgement.csv")


def test_too_few_photographs_or_repeats_are_refused():
    with pytest.raises(ValueError, match="held_out has 300 images, and count is 350"):
        judge(images, REAL, Same(), held_out=HELD_OUT, count=350)
    with pytest.raises(ValueError, match="repeats"):
        judge(images, REAL, Same(), count=10, repeats=1)

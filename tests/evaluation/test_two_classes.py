"""Scores of two classes: beside counting by hand, scikit-learn and SciPy's own bootstrap."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

import minigrad as mg
from minigrad.evaluation import Interval, TwoClassScores

# The confusion matrix of a published study: 20 photographs, [[5, 4], [6, 5]], negative first.
P = np.array([0.1] * 5 + [0.9] * 4 + [0.1] * 6 + [0.9] * 5)
Y = np.array([0] * 9 + [1] * 11)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 80)
    return np.round(rng.normal(0.4 + 0.2 * y, 0.3), 1), y  # rounded: there are ties


def test_a_matrix_by_hand() -> None:
    found = TwoClassScores(P, Y, resamples=10)
    expected = {
        "accuracy": 10 / 20,
        "precision": 5 / 9,
        "recall": 5 / 11,
        "f1": 0.5,
        "auc": (5 / 11 + 5 / 9) / 2,
        "negative precision": 5 / 11,
        "negative recall": 5 / 9,
        "negative f1": 0.5,
    }
    assert {name: s.value for name, s in found.scores.items()} == pytest.approx(expected)


def test_scores_are_scikit_learns(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    p, y = drawn
    found = TwoClassScores(p, y, threshold=0.45, resamples=10)
    said = p >= 0.45
    assert found["auc"].value == pytest.approx(metrics.roc_auc_score(y, p))
    for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score)):
        assert found[name].value == pytest.approx(score(y, said))
        assert found[f"negative {name}"].value == pytest.approx(score(y, said, pos_label=0))
    assert found["f1"].value == pytest.approx(metrics.f1_score(y, said))
    false, true = found.curve
    assert np.trapezoid(true, false) == pytest.approx(found["auc"].value)


def pairs_in_order(p: np.ndarray, y: np.ndarray) -> float:
    """The area under the ROC curve as a share of pairs: 2,000 times, scikit-learn takes 6 s for it."""
    apart = p[y == 1][:, None] - p[y == 0]
    return float((apart > 0).mean() + (apart == 0).mean() / 2)


def test_intervals_are_those_of_scipys_bootstrap(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    p, y = drawn
    found = TwoClassScores(p, y, resamples=4000, generator=mg.Generator().manual_seed(1))
    assert pairs_in_order(p, y) == pytest.approx(metrics.roc_auc_score(y, p))
    theirs = stats.bootstrap(
        (p, y),
        pairs_in_order,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        random_state=2,
    ).confidence_interval
    assert found["auc"].low == pytest.approx(theirs.low, abs=0.015)
    assert found["auc"].high == pytest.approx(theirs.high, abs=0.015)
    accuracy = found["accuracy"]
    spread = math.sqrt(accuracy.value * (1 - accuracy.value) / len(y))
    assert accuracy.high - accuracy.low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_samples_of_a_group_are_one_witness(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """Each sample four times says no more than each once; taken for four witnesses, the interval halves."""
    p, y = np.repeat(drawn[0], 4), np.repeat(drawn[1], 4)
    once, grouped, alone = (
        TwoClassScores(*of, groups=groups, resamples=2000, generator=mg.Generator().manual_seed(0))["auc"]
        for of, groups in ((drawn, None), ((p, y), np.repeat(np.arange(80), 4)), ((p, y), None))
    )
    assert grouped == pytest.approx(once)
    assert alone.high - alone.low == pytest.approx((once.high - once.low) / 2, rel=0.1)


def test_the_same_seed_gives_the_same_and_resamples_may_be_many(
    drawn: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TwoClassScores(*drawn, resamples=50, generator=mg.Generator().manual_seed(5))
    monkeypatch.setattr("minigrad.evaluation.two_classes.TOGETHER", 300)
    parts = TwoClassScores(*drawn, resamples=50, generator=mg.Generator().manual_seed(5))
    assert whole.to_dict() == parts.to_dict()


def test_a_class_that_is_never_named_has_no_precision() -> None:
    found = TwoClassScores([0.1, 0.2, 0.3], [0, 1, 1], resamples=20)
    assert math.isnan(found["precision"].value) and found["recall"].value == 0
    assert found.to_dict()["scores"]["precision"] == [None, None, None]
    found.plot().figure()


def test_it_prints_and_is_saved(tmp_path) -> None:
    found = TwoClassScores(P, Y, ["clashing", "harmonious"], resamples=10)
    assert str(found).splitlines()[6].split()[:3] == ["clashing", "precision", "0.455"]
    assert str(Interval(0.5, 0.25, 0.75)) == "0.500 (0.250 to 0.750)"
    found.save(tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text().startswith("score,value,low,high\naccuracy,0.5,")


@pytest.mark.parametrize(
    ("p", "y", "options", "message"),
    [
        ([0.1, 0.2], [1, 1], {}, "all 2 samples are 'positive'"),
        ([0.1], [0, 1], {}, r"each of 2 targets, got shapes \(1,\) and \(2,\)"),
        ([0.1, 0.2], [0, 1], {"groups": [1]}, r"shapes \(2,\) and \(1,\)"),
        ([0.1, float("nan")], [0, 1], {}, "not all scores are finite"),
        ([0.1, 0.2], [0, 1], {"resamples": 0}, "a resample at least"),
        ([0.1, 0.2], [0, 1], {"classes": ["a", "b", "c"]}, "names of two classes"),
    ],
)
def test_what_cannot_be_scored(p, y, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        TwoClassScores(p, y, **options)

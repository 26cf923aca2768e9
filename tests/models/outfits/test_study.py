"""Cuts keep apart what belongs together, and what is judged was never learnt from."""

from pathlib import Path

import numpy as np
import pytest

from minigrad.errors import DataError
from models.outfits.baselines import colours, histograms, support_vectors
from models.outfits.outfits import Outfit, by_rule
from models.outfits.rule import LAB, Rule
from models.outfits.study import apart, folds, judge, number_of_folds, pairs, random_cut, scores
from tests.models.outfits.conftest import make_wardrobe

OUTFITS = [Outfit(2 * i, 2 * i + 1, i % 2, i // 2) for i in range(40)]


def test_photographs_have_the_answers_of_their_outfits() -> None:
    photographs = apart(OUTFITS)
    assert photographs.places[0] == 0 and photographs.places[40] == 1
    for place, label, number, group in zip(*photographs, strict=True):
        assert place in OUTFITS[number][:2] and label == OUTFITS[number].label
        assert group == OUTFITS[number].group


def test_halves_side_by_side() -> None:
    values = np.arange(80)[:, None] * [1, 100]
    assert pairs(OUTFITS, values)[3].tolist() == [6, 600, 7, 700]


@pytest.mark.parametrize("cut", ["random", "folds"])
def test_no_group_is_on_both_sides(cut: str) -> None:
    photographs = apart(OUTFITS)
    labels, groups = photographs.labels, photographs.groups
    cuts = [random_cut(groups, 0.25, 1)] if cut == "random" else list(folds(labels, groups, 1))
    for learnt, judged in cuts:
        assert not set(groups[learnt]) & set(groups[judged])
        assert sorted([*learnt, *judged]) == list(range(80))
    if cut == "folds":
        assert sorted(np.concatenate([judged for _, judged in cuts])) == list(range(80))


def test_few_groups_are_cut_into_few_folds_and_one_is_told() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    assert number_of_folds(np.tile(labels, 9), np.arange(54)) == 5
    assert number_of_folds(labels, np.array([0, 1, 2, 3, 3, 4])) == 2
    cuts = list(folds(labels, np.array([0, 1, 2, 3, 3, 4]), 0))
    assert len(cuts) == 2 and all({*labels[learnt]} == {0, 1} for learnt, _ in cuts)
    with pytest.raises(DataError, match=r"6 outfits are .* 3 with clashing ones and 1 with harmonious ones"):
        list(folds(labels, np.array([0, 1, 2, 3, 3, 3]), 0))


def test_a_cut_by_photograph_puts_halves_on_both_sides() -> None:
    photographs = apart(OUTFITS)
    learnt, judged = random_cut(np.arange(80), 0.25, 0)
    assert (len(learnt), len(judged)) == (60, 20)
    assert set(photographs.outfits[learnt]) & set(photographs.outfits[judged])


def test_a_learner_sees_nothing_of_what_it_judges() -> None:
    x = np.arange(80)[:, None]
    photographs = apart(OUTFITS)
    seen = []

    def learner(given, answers, judged, seed):
        assert not set(given[:, 0]) & set(judged[:, 0])
        np.testing.assert_array_equal(answers, photographs.labels[given[:, 0]])
        seen.append(seed)
        return judged[:, 0] / 100

    p = judge(learner, x, photographs.labels, photographs.groups, 2)
    np.testing.assert_allclose(p, np.arange(80) / 100)
    assert len(set(seen)) == 10


def test_colours_tell_what_the_rule_says_and_one_half_does_not(tmp_path: Path) -> None:
    squares = make_wardrobe(
        tmp_path / "squares", 30, ("Red", "Blue", "Green"), ("Maroon", "Navy Blue", "Olive")
    )
    images = squares.images(tmp_path, 32).data
    seen = colours(images)
    expected = np.stack([LAB[garment.colour] for garment in squares.garments])
    assert np.linalg.norm(seen - expected, axis=1).max() < 12
    outfits = by_rule(squares, 80, Rule())
    label, group = (np.array([outfit[i] for outfit in outfits]) for i in (2, 3))
    both = scores(judge(support_vectors, pairs(outfits, seen), label, group, 1), label, group)
    photographs = apart(outfits)
    alone = scores(
        judge(support_vectors, seen[photographs.places], photographs.labels, photographs.groups, 1),
        photographs.labels,
        photographs.groups,
    )
    assert both["auc"].value > 0.8 > 0.65 > alone["auc"].value


def test_histograms_by_hand() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = (255, 0, 70)  # levels 3, 0, 1: place 3 * 16 + 0 * 4 + 1
    found = histograms(image[None])[0]
    assert found[49] == pytest.approx(0.5) and found[0] == pytest.approx(np.sqrt(0.75))
    assert (found**2).sum() == pytest.approx(1)

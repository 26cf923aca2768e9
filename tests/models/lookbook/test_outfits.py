"""Outfits: of the kinds that a preset asks for, of garments that are sure, of colours that agree."""

import json
from pathlib import Path

import numpy as np
import pytest

from minigrad.errors import DataError
from models.lookbook.colour import harmony, lab
from models.lookbook.outfits import choose
from models.lookbook.presets import PRESETS, fitting, read_presets

CLASSES = ["Shirts", "Jeans", "Wallets"]


def garments(*pieces: tuple[str, float, tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Images of one colour on white, and their probabilities."""
    images = np.full((len(pieces), 16, 16, 3), 255, np.uint8)
    probabilities = np.zeros((len(pieces), len(CLASSES)))
    for i, (kind, sure, colour) in enumerate(pieces):
        images[i, 3:-3, 3:-3] = colour
        probabilities[i] = (1 - sure) / (len(CLASSES) - 1)
        probabilities[i, CLASSES.index(kind)] = sure
    return images, probabilities


RED, PINK, NAVY, MUD, SKY = (200, 30, 40), (245, 200, 205), (30, 40, 90), (90, 80, 20), (170, 205, 235)


def test_the_pair_that_agrees_best_is_chosen() -> None:
    shirts, trousers = [RED, PINK, MUD], [NAVY, SKY]
    images, probabilities = garments(
        *(("Shirts", 0.9, c) for c in shirts), *(("Jeans", 0.8, c) for c in trousers)
    )
    (best,) = choose(
        images, probabilities, np.zeros(len(images)), CLASSES, {"Plain": [["Shirts"], ["Jeans"]]}, 0.5, 1
    )
    pairs = {(i, 3 + j): harmony(*lab([s, t])) for i, s in enumerate(shirts) for j, t in enumerate(trousers)}
    expected = max(pairs, key=lambda pair: pairs[pair])
    assert tuple(piece["number"] for piece in best["pieces"]) == expected
    assert best["agreement"] == pytest.approx(pairs[expected])
    assert [piece["kind"] for piece in best["pieces"]] == ["Shirts", "Jeans"]
    assert [piece["confidence"] for piece in best["pieces"]] == pytest.approx([0.9, 0.8])
    assert best["pieces"][0]["colour"] == "#{:02x}{:02x}{:02x}".format(*shirts[expected[0]])


def test_the_least_odd_garments_are_chosen_from() -> None:
    """Nine alike shirts, of which the oddest does not come into question, however well it agrees."""
    images, probabilities = garments(*[("Shirts", 0.9, PINK)] * 9, ("Jeans", 0.9, SKY))
    images[:8, 3:-3, 3:-3] = MUD
    odd = np.array([1.0] * 8 + [1.1, 1.0])
    presets = {"Plain": [["Shirts"], ["Jeans"]]}
    (first,) = choose(images, probabilities, odd, CLASSES, presets, 0.5, 1)
    assert first["pieces"][0]["number"] < 8
    (other,) = choose(images, probabilities, odd[::-1].copy(), CLASSES, presets, 0.5, 1)
    assert other["pieces"][0]["number"] == 8 and other["pieces"][0]["oddness"] == 1.0


def test_garments_that_are_not_sure_stay_out_and_none_is_used_twice() -> None:
    images, probabilities = garments(
        ("Shirts", 0.9, RED),
        ("Shirts", 0.9, SKY),
        ("Shirts", 0.55, PINK),
        *(("Jeans", 0.9, c) for c in (NAVY, MUD, SKY)),
    )
    found = choose(
        images, probabilities, np.zeros(len(images)), CLASSES, {"Plain": [["Shirts"], ["Jeans"]]}, 0.6, 9
    )
    numbers = [piece["number"] for outfit in found for piece in outfit["pieces"]]
    assert len(found) == 2 and 2 not in numbers and len(set(numbers)) == 4
    assert found[0]["agreement"] >= found[1]["agreement"]


def test_presets_take_turns_and_those_without_garments_drop_out() -> None:
    images, probabilities = garments(
        *(("Shirts", 0.9, c) for c in (RED, PINK, MUD, SKY)), *(("Jeans", 0.9, c) for c in (NAVY, MUD, SKY))
    )
    presets = {
        "Plain": [["Shirts"], ["Jeans"]],
        "With wallet": [["Shirts"], ["Wallets"]],
        "Either": [["Jeans", "Wallets"], ["Shirts"]],
    }
    found = choose(images, probabilities, np.zeros(len(images)), CLASSES, presets, 0.5, 2)
    assert sorted(outfit["name"] for outfit in found) == ["Either", "Plain"]
    assert (
        choose(
            images, probabilities, np.zeros(len(images)), CLASSES, {"No": [["Wallets"], ["Shirts"]]}, 0.5, 2
        )
        == []
    )


def test_presets_fit_where_each_piece_has_a_kind() -> None:
    classes = ["Shirts", "Jeans", "Sports Shoes", "Wallets", "Sandals", "Shorts", "Tshirts"]
    found = fitting(PRESETS, classes)
    assert found == {"City": [["Shirts"], ["Jeans"], ["Sports Shoes"], ["Wallets"]]}  # the report's
    assert fitting({"Any": ["Shoes / Sandals", "Shorts"]}, classes) == {"Any": [["Sandals"], ["Shorts"]]}


def test_every_set_has_presets() -> None:
    from minigrad.data.fashion import COMMON
    from minigrad.data.fashion.categories import NAMES

    assert len(fitting(PRESETS, NAMES)) >= 4
    assert len(fitting(PRESETS, list(set(COMMON.values())))) >= 4


def test_presets_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    path.write_text(json.dumps({"Rain": ["jacket", "hat / cap"]}))
    assert read_presets(path) == {"Rain": ["jacket", "hat / cap"]}


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"Rain": "jacket"}', '{"Rain": ["jacket"]}', '{"R": [1, 2]}']
)
def test_a_wrong_file_of_presets_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"presets\.json"):
        read_presets(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_presets(tmp_path / "none.json")

"""Outfits: of the kinds that a preset asks for, of garments that are sure, of colours that agree."""

import json
from pathlib import Path
from typing import Any

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


def chosen(
    images: np.ndarray,
    probabilities: np.ndarray,
    presets: dict[str, list[list[str]]],
    confidence: float,
    count: int,
    odd: np.ndarray | None = None,
    usable: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Outfits of garments that are all as odd as photographs, and all usable, if not otherwise said."""
    odd = np.ones(len(images)) if odd is None else odd
    usable = np.ones(len(images), bool) if usable is None else usable
    return choose(images, probabilities, odd, usable, CLASSES, presets, confidence, count)


PLAIN = {"Plain": [["Shirts"], ["Jeans"]]}
RED, PINK, NAVY, MUD, SKY = (200, 30, 40), (245, 200, 205), (30, 40, 90), (90, 80, 20), (170, 205, 235)


def test_the_pair_that_agrees_best_is_chosen() -> None:
    shirts, trousers = [RED, PINK, MUD], [NAVY, SKY]
    images, probabilities = garments(
        *(("Shirts", 0.9, c) for c in shirts), *(("Jeans", 0.8, c) for c in trousers)
    )
    (best,) = chosen(images, probabilities, PLAIN, 0.5, 1)
    pairs = {(i, 3 + j): harmony(*lab([s, t])) for i, s in enumerate(shirts) for j, t in enumerate(trousers)}
    expected = max(pairs, key=lambda pair: pairs[pair])
    assert tuple(piece["number"] for piece in best["pieces"]) == expected
    assert best["agreement"] == pytest.approx(pairs[expected])
    assert [piece["kind"] for piece in best["pieces"]] == ["Shirts", "Jeans"]
    assert [piece["confidence"] for piece in best["pieces"]] == pytest.approx([0.9, 0.8])
    assert best["pieces"][0]["colour"] == "#{:02x}{:02x}{:02x}".format(*shirts[expected[0]])


def test_the_garments_most_like_new_photographs_are_chosen_from() -> None:
    """Of nine shirts one is odd, or too near to a photograph: out of the question however well it agrees."""
    images, probabilities = garments(*[("Shirts", 0.9, PINK)] * 9, ("Jeans", 0.9, SKY))
    images[:8, 3:-3, 3:-3] = MUD
    for far in (1.3, 0.7):
        odd = np.array([1.2] * 4 + [0.8] * 4 + [far, 1.0])
        (first,) = chosen(images, probabilities, PLAIN, 0.5, 1, odd)
        assert first["pieces"][0]["number"] < 8
    odd = np.array([1.2, 0.8] * 4 + [0.9, 1.0])
    (other,) = chosen(images, probabilities, PLAIN, 0.5, 1, odd)
    assert other["pieces"][0]["number"] == 8 and other["pieces"][0]["oddness"] == 0.9


def test_what_may_not_be_used_is_not() -> None:
    images, probabilities = garments(*[("Shirts", 0.9, c) for c in (PINK, MUD)], ("Jeans", 0.9, SKY))
    usable = np.array([False, True, True])
    (outfit,) = chosen(images, probabilities, PLAIN, 0.5, 9, usable=usable)
    assert [piece["number"] for piece in outfit["pieces"]] == [1, 2]


def test_garments_that_are_not_sure_stay_out_and_none_is_used_twice() -> None:
    images, probabilities = garments(
        ("Shirts", 0.9, RED),
        ("Shirts", 0.9, SKY),
        ("Shirts", 0.55, PINK),
        *(("Jeans", 0.9, c) for c in (NAVY, MUD, SKY)),
    )
    found = chosen(images, probabilities, PLAIN, 0.6, 9)
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
    found = chosen(images, probabilities, presets, 0.5, 2)
    assert sorted(outfit["name"] for outfit in found) == ["Either", "Plain"]
    assert chosen(images, probabilities, {"No": [["Wallets"], ["Shirts"]]}, 0.5, 2) == []


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
    "text", ["{", "[" * 100_000, "[]", "{}", '{"Rain": "jacket"}', '{"Rain": ["jacket"]}', '{"R": [1, 2]}']
)
def test_a_wrong_file_of_presets_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"presets\.json"):
        read_presets(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_presets(tmp_path / "none.json")

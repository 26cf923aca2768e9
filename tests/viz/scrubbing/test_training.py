"""The page of a training holds the pictures as they were when they were taken."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz import DARK, TrainingScrubber, maps
from tests.viz.scrubbing.pages import elements


def three_pictures() -> TrainingScrubber:
    """Of one array, which changes between them."""
    scrubber = TrainingScrubber("<A training> & more")
    values = np.zeros((2, 4, 4))
    for step in range(3):
        scrubber.add(f"step {step}", maps(values, alt=f"picture {step} <of> 3"))
        values[:, step] = step + 1
    return scrubber


def test_the_pictures_are_those_of_their_time(tmp_path: Path) -> None:
    page = three_pictures().save(tmp_path / "training.html")
    images = [attributes for tag, attributes in elements(page) if tag == "img"]
    assert [image["alt"] for image in images] == [f"picture {step} <of> 3" for step in range(3)]
    sources = [image["src"] or "" for image in images]
    assert len(set(sources)) == 3
    start = "data:image/png;base64,"
    assert all(source.startswith(start) for source in sources)
    first = maps(np.zeros((2, 4, 4)), alt="picture 0 <of> 3")
    assert base64.b64decode(sources[0].removeprefix(start)) == first.render()
    dark = [attributes["srcset"] or "" for tag, attributes in elements(page) if tag == "source"]
    assert base64.b64decode(dark[0].removeprefix(start)) == first.render(DARK)


def test_nothing_is_fetched_and_names_are_text(tmp_path: Path) -> None:
    page = three_pictures().save(tmp_path / "training.html")
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"\w+://|@import|url\(|\bfetch\(|XMLHttpRequest", text)
    found = elements(page)
    addresses = [a[key] or "" for _, a in found for key in ("src", "srcset") if key in a]
    assert len(addresses) == 6 and all(address.startswith("data:image/png;base64,") for address in addresses)
    assert not any(tag in ("link", "iframe", "a") for tag, _ in found)
    assert "<title>&lt;A training&gt; &amp; more</title>" in text
    assert [a["aria-live"] for _, a in found if "aria-live" in a] == ["polite"]


def test_a_drawing_stays_a_drawing(tmp_path: Path) -> None:
    scrubber = TrainingScrubber()
    scrubber.add("step 0", mg.viz.scatter([[0.0, 0.0], [1.0, 1.0]], [0, 1], score=lambda p: p.sum(1) - 1))
    assert scrubber.frames[0].light.startswith("data:image/svg+xml;base64,")
    assert scrubber.frames[0].alt.endswith("leaves none of the 2 on the wrong side.")


def test_it_says_what_is_missing_or_too_much(tmp_path: Path) -> None:
    scrubber = TrainingScrubber(limit=1)
    with pytest.raises(ValueError, match="there is no picture"):
        scrubber.save(tmp_path / "training.html")
    with pytest.raises(TypeError, match=r"expected a picture, such as .* got ndarray"):
        scrubber.add("step 0", np.zeros((2, 2)))  # type: ignore[arg-type]
    picture = maps(np.zeros((1, 2, 2)))
    scrubber.add("step 0", picture)
    with pytest.raises(ValueError, match="there are 1 pictures already"):
        scrubber.add("step 1", picture)
    with pytest.raises(ValueError, match="limit is a whole number of at least 1, not 0"):
        TrainingScrubber(limit=0)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        scrubber.save(tmp_path / "missing/training.html")

"""The site builds without a warning, has every page, and every link in it leads somewhere."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from minigrad.course import examples, exercises
from tests.docs.building import ROOT, built_site

LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?\s(?:src|srcset|href)=\"([^\"]*)\"")
LINKS = re.compile(r"<a\b[^>]*?\shref=\"([^\"]*)\"")
IDS = re.compile(r"\s(?:id|name)=\"([^\"]*)\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_site(tmp_path_factory)


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def ids(page: Path) -> frozenset[str]:
    return frozenset(map(unescape, IDS.findall(text_of(page))))


def words(page: Path) -> str:
    """What a reader sees of a page."""
    return unescape(re.sub(r"<[^>]+>", "", text_of(page)))


def article(page: Path) -> str:
    """The page without the lists of pages at its sides, which are the same everywhere."""
    return text_of(page).partition("<article")[2].partition("</article>")[0]


def pages(site: Path) -> Iterator[Path]:
    """The pages of the site; those that the library wrote are tested elsewhere."""
    return (page for page in site.rglob("*.html") if "_static" not in page.relative_to(site).parts)


def test_every_lesson_exercise_and_guide_has_a_page(site: Path) -> None:
    wanted = [f"lessons/{path.stem}" for path in (ROOT / "lessons").glob("[0-9]*.py")]
    wanted += [f"exercises/lesson_{number:02d}" for number in exercises.lessons()]
    wanted += [f"guides/{path.stem}" for path in (ROOT / "docs/guides").glob("*.md")]
    assert len(wanted) > 60
    assert [page for page in wanted if not (site / f"{page}.html").is_file()] == []


def test_every_worked_example_has_a_page_to_step_through(site: Path) -> None:
    listed = re.findall(r'href="../(_static/examples/[^"]+)"', article(site / "examples/index.html"))
    assert listed == [f"_static/examples/{name}.html" for name in examples.every()]
    for page in listed:
        assert 'id="slider"' in (site / page).read_text(encoding="utf-8")


def test_links_lead_to_pages_and_places_in_them(site: Path) -> None:
    lost, told = [], 0
    for page in pages(site):
        text = text_of(page) if page.parent == site else article(page)
        for address in {*LINKS.findall(text), *LOADED.findall(text)}:
            parts = urlsplit(unescape(address))
            if parts.scheme or parts.netloc or not address or address.startswith("#line-"):
                continue
            told += 1
            target = Path(os.path.normpath(page.parent / unquote(parts.path))) if parts.path else page
            if not target.is_file() or (
                parts.fragment
                and "_static" not in target.parts
                and unquote(parts.fragment) not in ids(target)
            ):
                lost.append((page.relative_to(site).as_posix(), address))
    assert lost == []
    assert told > 3000


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in pages(site):
        loaded = LOADED.findall(text_of(page).partition("<article")[0] + article(page))
        assert [address for address in loaded if urlsplit(address).scheme not in ("", "data")] == [], page
    for style in (site / "_static").rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:|@import", style.read_text(encoding="utf-8")), style


def test_pictures_say_what_they_show(site: Path) -> None:
    shown = [(page.name, tag) for page in pages(site) for tag in re.findall(r"<img\b[^>]*>", article(page))]
    assert len(shown) > 10
    assert [each for each in shown if not re.search(r'\salt="[^"]+"', each[1])] == []


def test_a_lesson_that_was_run_shows_what_it_printed_and_drew(site: Path) -> None:
    page = site / "lessons/03_chain_rule.html"
    assert "At a = 2 the function is 18, and its measured slope is 15.0000." in words(page)
    assert "The pictures: output/03_chain_rule\n" in words(page)
    pictures = re.findall(r'<img alt="([^"]*)"[^>]*src="../_images/([^"]*)"', article(page))
    assert [name for _, name in pictures] == [
        "two_paths.png",
        "step0.png",
        "step1.png",
        "step2.png",
        "step3.png",
    ]
    assert all("graph" in words for words, _ in pictures)
    (frame,) = re.findall(r'<iframe class="scrubber" src="([^"]*)"', article(page))
    assert "slider" in (page.parent / frame).read_text(encoding="utf-8")


def test_an_exercise_is_told_as_prose(site: Path) -> None:
    """A statement's lines are as long as the source's: as code, they would not fit on a telephone."""
    page = article(site / "exercises/lesson_04.html")
    assert re.search(r"<p>Compute log\(exp\(z\[0\]\) \+ exp\(z\[1\]\) \+ (\.\.\.|…)\), however large", page)
    code = "".join(re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL))
    assert "np.array([0.0, 0.0])" in unescape(re.sub("<.*?>", "", code)) and "however large" not in code


def test_no_table_has_an_empty_head(site: Path) -> None:
    """What Markdown makes of a table whose columns need no names."""
    for page in ("guides/exercises", "contributing"):
        heads = re.findall(r"<thead>(.*?)</thead>", article(site / f"{page}.html"), re.DOTALL)
        assert all(re.sub("<.*?>", "", head).strip() for head in heads)
        assert "<td>" in article(site / f"{page}.html")


def test_no_page_has_a_solution(site: Path) -> None:
    """Of each exercise, the lines of its solution that no other text of its page has: none is there."""
    for number in exercises.lessons():
        text = words(site / f"exercises/lesson_{number:02d}.html")
        lines = {line.strip() for line in text.splitlines()}
        for exercise in exercises.of_lesson(number):
            assert f"minigrad check {exercise.name}" in text
            body = ast.parse(exercise.solution()).body[0]
            assert isinstance(body, (ast.FunctionDef, ast.ClassDef))
            told = exercise.solution().splitlines()
            solved = told[body.body[0].end_lineno :]  # what follows the docstring
            kept = exercise.stub() + "".join(map(str, exercise.given))
            assert [
                line for line in map(str.strip, solved) if len(line) > 25 and line in lines - {*kept}
            ] == [], exercise.name


def test_the_reference_has_what_is_public(site: Path) -> None:
    found = set()
    for page in (site / "api").glob("*.html"):
        found |= {told for told in ids(page) if told.startswith("minigrad.")}
    for name in (
        "relu",
        "Tensor.backward",
        "nn.Linear",
        "nn.Module.state_dict",
        "nn.functional.cross_entropy",
    ):
        assert f"minigrad.{name}" in found
    for name in (
        "optim.Optimizer.zero_grad",
        "train.fit",
        "viz.scrub",
        "data.DataLoader",
        "autograd.grad",
        "cuda.is_available",
    ):
        assert f"minigrad.{name}" in found
    assert len(found) > 800


def test_search_knows_the_words_of_lessons(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert '"softmax"' in index

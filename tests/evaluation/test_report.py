"""The page holds every picture and figure, needs no other file, and says in words what it shows."""

import base64
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad import evaluation, nn, train, viz

CLASSES = ["cat", "dog & fox"]
TARGETS = np.array([0, 0, 0, 1])
IMAGES = np.zeros((4, 8, 8), np.uint8)


def result(
    name: str = "net", seed: int = 0, right: int = 2, epochs: int = 3, **changes: Any
) -> evaluation.Result:
    """Of four samples the first ``right`` are classified rightly."""
    history = train.History()
    for epoch in range(epochs):
        row = {"loss": 1 / (epoch + 1), "accuracy": 0.5, "val_loss": 0.7, "val_accuracy": 0.6}
        history.append(row, seconds=1.5)
    history.ended = "finished"
    predictions = np.where(np.arange(4) < right, TARGETS, 1 - TARGETS)
    options: dict[str, Any] = {
        "name": name,
        "seed": seed,
        "model": nn.Sequential(nn.Flatten(), nn.Linear(64, 2)),
        "settings": {"batch size": 1500, "optimiser": "<Adam>"},
        "history": history,
        "kept_epoch": None,
        "scores": {"loss": 0.25 * (seed + 1), "accuracy": right / 4},
        "outputs": 3.0 * np.eye(2)[predictions],
        "targets": TARGETS,
        "published": {"accuracy": 0.8765, "loss": 0.4321},
    }
    return evaluation.Result(**options | changes)


class Page(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.sources: list[dict[str, str | None]] = []
        self.open: list[str] = []
        self.links: list[str | None] = []
        text = path.read_text(encoding="utf-8")
        self.feed(text)
        self.text = re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "img":
            self.images.append(named)
        elif tag == "source":
            self.sources.append(named)
        self.links += [named[key] for key in ("href", "src", "srcset") if key in named]
        if tag not in ("img", "source", "meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def write(folder: Path, *results: evaluation.Result, **options: Any) -> Page:
    told = {"title": "Pets & more", "introduction": "An introduction."} | options
    path = evaluation.write_report(folder, results, IMAGES, CLASSES, **told)
    assert path == folder / "index.html"
    return Page(path)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts and grids have no pixels: for tests of words, whose time would be drawing."""
    monkeypatch.setattr(viz.Picture, "render", lambda *arguments: b"")


def test_all_pictures_are_inside_and_lie_beside_it(tmp_path: Path) -> None:
    page = write(tmp_path, result(), result("other", right=1))
    assert page.open == []  # every element is closed
    assert len(page.images) == len(page.sources) == 6
    files = [tmp_path / f"{name}-seed0" / picture
             for name in ("net", "other")
             for picture in ("curves.svg", "confusion_matrix.svg", "mistakes.png")]  # fmt: skip
    for image, source, file in zip(page.images, page.sources, files, strict=True):
        kind = {".svg": "image/svg+xml", ".png": "image/png"}[file.suffix]
        head, _, content = str(image["src"]).partition(",")
        assert head == f"data:{kind};base64"
        assert base64.b64decode(content) == file.read_bytes()
        assert source["media"] == "(prefers-color-scheme: dark)"
        assert str(source["srcset"]).startswith(f"data:{kind};base64,")
        assert source["srcset"] != image["src"]


def test_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    page = write(tmp_path, result())
    assert all(str(link).startswith(("data:", "#")) for link in page.links)
    assert "http" not in page.text
    assert "<script" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_every_picture_says_in_words_what_it_shows(tmp_path: Path) -> None:
    page = write(tmp_path, result(right=2))
    curves, matrix, mistakes = (str(image["alt"]) for image in page.images)
    assert "Training loss goes from 1.000 to 0.333" in curves
    assert "4 samples, of which 2 lie on the diagonal" in matrix
    assert "cat taken for dog & fox, 1 times" in matrix
    assert mistakes == "2 images: is cat, said dog & fox; is dog & fox, said cat."


@pytest.mark.usefixtures("undrawn")
def test_the_figures_are_on_the_page_and_text_is_escaped(tmp_path: Path) -> None:
    net = result(right=3)
    net.summary = mg.summary(net.model, (64,))
    page = write(tmp_path, net, notes=["Only <a sample>."])
    for text in ("Pets &amp; more", "An introduction.", "Only &lt;a sample&gt;.", "&lt;Adam&gt;", "1,500",
                 "75.00 %", "0.2500", "87.65 %", "0.4321", "130",
                 "1: Linear (N, 2) 130 128 8 bytes",
                 "3 epochs in 4 seconds (finished)"):  # fmt: skip
        assert text in page.text, text
    # Three cats and one dog: all cats found, the dog taken for a cat.
    assert "cat 0.750 1.000 0.857 3" in page.text
    assert "dog &amp; fox 0.000 0.000 0.000 1" in page.text


@pytest.mark.usefixtures("undrawn")
def test_seeds_of_a_network_stand_together_with_their_mean(tmp_path: Path) -> None:
    page = write(tmp_path, result(seed=0, right=1), result("other"), result(seed=1, right=3))
    assert "50.00 % ± 35.36" in page.text  # of 0.25 and 0.75: mean 0.5, deviation sqrt(2 * 0.25**2)
    assert page.text.index("Seed 0") < page.text.index("Seed 1") < page.text.index("other Settings")
    assert "1 more run with other seeds" in page.text


@pytest.mark.usefixtures("undrawn")
def test_metrics_file(tmp_path: Path) -> None:
    write(tmp_path, result(seed=0, right=1), result(seed=1, right=3, kept_epoch=2))
    told = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    network = told["networks"]["net"]
    assert network["parameters"] == 130
    assert network["mean"] == {"loss": 0.375, "accuracy": 0.5}
    assert network["standard deviation"]["accuracy"] == pytest.approx(0.353553, abs=1e-6)
    assert [run["test"]["accuracy"] for run in network["runs"]] == [0.25, 0.75]
    assert [run["kept epoch"] for run in network["runs"]] == [None, 2]
    details = told["details"][1]
    assert details["confusion matrix"] == [[3, 0], [1, 0]]
    assert details["history"]["loss"] == [1, 1 / 2, 1 / 3]
    assert details["classes"]["cat"]["recall"] == 1
    assert told["versions"]["numpy"] == np.__version__


def test_a_run_that_diverged_costs_neither_its_report_nor_that_of_the_others(tmp_path: Path) -> None:
    history = train.History()
    history.append({"loss": 1.5, "accuracy": 0.5, "val_loss": math.nan, "val_accuracy": 0.25}, 1.5)
    diverged = {"history": history, "scores": {"loss": math.nan, "accuracy": 0.25}}
    page = write(tmp_path, result(seed=0), result(seed=1, outputs=np.full((4, 2), np.nan), **diverged))
    assert "nan" in page.text
    told = read(tmp_path / "metrics.json")
    network = told["networks"]["net"]
    assert network["mean"] == {"loss": None, "accuracy": 0.375}
    assert network["standard deviation"]["loss"] is None
    assert [run["test"]["loss"] for run in network["runs"]] == [0.25, None]
    assert told["details"][1]["history"]["val_loss"] == [None]
    assert told["details"][1]["history"]["val_accuracy"] == [0.25]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_json_has_null_for_what_is_no_number(tmp_path: Path, bad: float) -> None:
    results = [result(seed=seed, scores={"loss": loss}) for seed, loss in enumerate([bad, 0.5])]
    evaluation.write_json(tmp_path / "figures.json", {"ü": (bad, 1.5), **evaluation.figures(results)})
    told = read(tmp_path / "figures.json")
    assert told["ü"] == [None, 1.5]
    assert told["networks"]["net"]["mean"] == {"loss": None}
    assert "ü" in (tmp_path / "figures.json").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    """A JSON file, by the letter: without NaN and Infinity, which Python would read."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_a_run_that_was_stopped_in_its_first_epoch_has_no_curves(tmp_path: Path) -> None:
    stopped = train.History()
    stopped.ended = "interrupted"
    page = write(tmp_path, result(history=stopped))
    assert len(page.images) == 2
    assert "Not one epoch was finished (interrupted), so there are no curves." in page.text
    assert "0 epochs" not in page.text


def test_a_run_without_mistakes_has_no_picture_of_them(tmp_path: Path) -> None:
    assert len(write(tmp_path, result(right=4)).images) == 2


@pytest.mark.usefixtures("undrawn")
def test_the_mistakes_it_was_surest_of_come_first(tmp_path: Path) -> None:
    outputs = np.array([[0.0, 1.0], [0.0, 5.0], [9.0, 0.0], [7.0, 0.0]])  # wrong: 0, 1 and 3
    images = np.stack([np.full((8, 8), 10 * i, np.uint8) for i in range(4)])
    evaluation.write_report(tmp_path, [result(outputs=outputs)], images, CLASSES, title="t", introduction="i")
    alt = str(Page(tmp_path / "index.html").images[2]["alt"])
    assert alt == "3 images: is dog & fox, said cat; is cat, said dog & fox; is cat, said dog & fox."


def graph() -> viz.Graph:
    w = mg.ones(3, 4, requires_grad=True)
    loss = mg.sigmoid(w).sum()
    return viz.graph(loss)


@pytest.mark.usefixtures("undrawn")
def test_each_network_shows_its_graph_once(tmp_path: Path) -> None:
    page = write(tmp_path, result(seed=0, graph=graph()), result(seed=1, graph=graph()), result("other"))
    assert page.open == []
    assert len(page.images) == len(page.sources) == 10
    image, source = page.images[0], page.sources[0]
    alt = str(image["alt"])
    assert alt.startswith("Computation graph of loss, 2 operations.")
    assert "begins at w (3, 4). In order: sigmoid" in alt
    head, _, content = str(image["src"]).partition(",")
    assert head == "data:image/svg+xml;base64"
    assert base64.b64decode(content) == (tmp_path / "net.svg").read_bytes() == graph().render(viz.LIGHT)
    dark = base64.b64decode(str(source["srcset"]).partition(",")[2])
    assert dark == graph().render(viz.DARK) != graph().render(viz.LIGHT)
    assert page.text.count("Graph") == 1
    assert not (tmp_path / "other.svg").exists()


@pytest.mark.usefixtures("undrawn")
def test_a_page_whose_graph_cannot_be_drawn_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_engine(self: viz.Graph, *options: object) -> bytes:
        raise RuntimeError("There is no engine. Install <pygraphviz>.")

    monkeypatch.setattr(viz.Graph, "render", no_engine)
    page = write(tmp_path, result(graph=graph()))
    assert page.open == []
    assert "It could not be drawn. There is no engine. Install &lt;pygraphviz&gt;." in page.text
    assert len(page.images) == 3


def test_the_same_results_make_the_same_files(tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        write(folder, result(graph=graph()))
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    first, second = files(tmp_path / "a"), files(tmp_path / "b")
    assert first == second
    assert set(first) == {
        "index.html",
        "metrics.json",
        "net.svg",
        "net-seed0/curves.svg",
        "net-seed0/confusion_matrix.svg",
        "net-seed0/mistakes.png",
    }


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no result"):
        write(tmp_path)


def test_a_result_brings_pictures_of_its_own(tmp_path: Path) -> None:
    picture = viz.maps(np.ones((2, 3, 3)), title="Kernels")
    one = result(pictures={"kernels.png": (picture, "What it looks for.")})
    page = evaluation.write_report(tmp_path, [one], IMAGES, CLASSES, title="t", introduction="i")
    assert (tmp_path / "net-seed0" / "kernels.png").read_bytes() == picture.render(viz.LIGHT)
    shown = Page(page)
    assert "What it looks for." in shown.text
    assert shown.images[-1]["alt"] == picture.alt


@pytest.mark.usefixtures("undrawn")
def test_the_f1_of_each_class_stands_beside_the_published_one(tmp_path: Path) -> None:
    shown = [result("with", published_f1=[0.71, 0.98]), result("without")]
    page = evaluation.write_report(tmp_path, shown, IMAGES, CLASSES, title="t", introduction="i")
    text = Page(page).text
    assert "F1 published images cat 0.667 0.667 0.667 0.71 3 dog &amp; fox 0.000 0.000 0.000 0.98 1" in text
    assert "F1 images cat 0.667 0.667 0.667 3" in text

"""SVG, PNG and PDF, by whichever engine is there."""

import io
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

import minigrad as mg
from minigrad import nn
from minigrad.viz import DARK, LIGHT, graph
from minigrad.viz.graphs import Graph
from minigrad.viz.graphs.colours import Colours

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


def example() -> Graph:
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3
    return graph(y, step=1)


def texts(svg: str) -> list[str]:
    """What is written in the picture, with the spaces that hold columns apart as plain ones."""
    root = ElementTree.fromstring(svg)
    return ["".join(t.itertext()).replace("\xa0", " ") for t in root.iter(f"{SVG}text")]


def test_svg_says_what_the_description_says() -> None:
    assert sorted(texts(example().svg)) == sorted(
        [
            "x",
            " = 2",
            "grad 3",
            "× 3",
            "y",
            " = 6",
            "grad 1",
            "just done",
            "Backward after 1 of 1 operation. The last one was × 3; none",
            "waits, it is finished.",
        ]
    )


def test_files(tmp_path: Path) -> None:
    picture = example()
    for name, beginning in (("a.svg", b"<svg "), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")):
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(beginning)


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    for name in ("graph.jpg", "graph", "svg"):
        with pytest.raises(ValueError, match=r"ends in \.svg, \.png or \.pdf"):
            example().save(tmp_path / name)
    with pytest.raises(ValueError, match="svg, png or pdf, not 'gif'"):
        example().render(format="gif")
    assert list(tmp_path.iterdir()) == []


def test_long_options_are_legible_in_full() -> None:
    x = mg.ones(1, 2, 8, 8, requires_grad=True)
    y = nn.functional.conv2d(x, mg.ones(2, 1, 3, 3), stride=(2, 1), padding=(1, 2), dilation=2, groups=2)
    found = texts(graph(y).svg)
    for line in ("conv2d stride=(2, 1)", "padding=(1, 2) dilation=2", "groups=2"):
        assert line in found
    assert not any("…" in line for line in found)


def test_notebooks_show_the_svg() -> None:
    picture = example()
    assert picture._repr_svg_() == picture.svg
    bundle = picture._repr_mimebundle_()
    assert bundle["image/svg+xml"] == picture.svg
    assert bundle["text/plain"] == f"<Graph: {picture.alt}>"


def test_svg_has_words_for_those_who_do_not_see_it() -> None:
    picture = example()
    root = ElementTree.fromstring(picture.svg)
    ids = {element.get("id"): element.text for element in root if element.get("id")}
    assert root.get("role") == "img"
    named = [ids[key] for key in (root.get("aria-labelledby") or "").split()]
    assert named == ["Computation graph of y", picture.alt]


def test_two_pictures_on_a_page_share_no_id() -> None:
    x = mg.tensor(2.0, requires_grad=True)
    first, second = (set(re.findall(r'\bid="([^"]+)"', graph(y).svg)) for y in (x * 3, x * 4))
    assert first
    assert not first & second


def test_the_size_on_a_page() -> None:
    root = ElementTree.fromstring(example().svg)
    left, top, width, height = (float(n) for n in (root.get("viewBox") or "").split())
    assert (left, top) == (0, 0)
    # One unit is a point, 4/3 of a pixel: the numbers, of 11 points, are 14.7 pixels high or, on a narrower
    # page, as much smaller as the picture is.
    assert float(root.get("width") or 0) == pytest.approx(width * 4 / 3, abs=1)
    assert float(root.get("height") or 0) == pytest.approx(height * 4 / 3, abs=1)
    assert root.get("style") == "max-width:100%;height:auto"
    assert min(float(t.get("font-size") or 0) for t in root.iter(f"{SVG}text")) >= 9


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines 2.1 define it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_legible_on_every_fill_and_borders_on_the_paper(theme: object) -> None:
    c = Colours.of(theme)  # type: ignore[arg-type]
    for ink in (c.ink, c.muted, c.gradient):
        for fill in (c.paper, c.operation, c.parameter, c.block, c.current):
            assert contrast(ink, fill) >= 4.5
    for line in (c.arrow, c.frame, c.operation_border, c.parameter_border, c.muted, c.gradient):
        assert contrast(line, c.paper) >= 3


def painted(svg: str) -> set[str]:
    root = ElementTree.fromstring(svg)
    return {
        element.get(paint) or "none"
        for element in root.iter()
        for paint in ("fill", "stroke")
        if element.get(paint)
    } - {"none", "transparent"}


def test_every_colour_has_its_counterpart_for_a_dark_page() -> None:
    """A colour without one, black say, would be left over on the dark paper."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    loss = model(mg.ones(1, 2)).sum()
    for picture in (graph(loss, step=2), graph(loss, collapse=True)):
        style = ElementTree.fromstring(picture.svg).find(f"{SVG}style")
        assert style is not None
        changed = set(re.findall(r'="(#[0-9a-f]{6})"', style.text or ""))
        assert painted(picture.svg) == changed
        light, dark = (painted(picture.render(theme).decode()) for theme in (LIGHT, DARK))
        assert light == changed
        assert not light & dark
        assert set(re.findall(r":(#[0-9a-f]{6})}", style.text or "")) == dark


def test_names_with_special_characters() -> None:
    name = 'a<b>&"\\N|{}é\U0001f600'
    x = mg.tensor(2.0, requires_grad=True)
    assert name in texts(graph(x * 3, names={name: x}).svg)
    y = x * 3
    picture = graph(y, names={"line\nbreak\x00end": y})
    assert "line break\ufffdend" in texts(picture.svg)


def test_long_names_are_cut_in_the_middle() -> None:
    x = mg.tensor(2.0, requires_grad=True)
    picture = graph(x * 3, names={"a" * 50 + "b" * 50: x})
    (shown,) = (text for text in texts(picture.svg) if "aaa" in text)
    assert len(shown) <= 30
    assert re.fullmatch("a+…b+", shown)


def test_the_source_is_the_same_every_time() -> None:
    assert example().dot == example().dot
    assert example().svg == example().svg


def test_directions() -> None:
    x = mg.tensor(2.0, requires_grad=True)
    y = x * 3 * 4 * 5
    sizes = []
    for direction in ("down", "right"):
        root = ElementTree.fromstring(graph(y, direction=direction).svg)
        sizes.append((float(root.get("width") or 0), float(root.get("height") or 0)))
    (narrow, high), (wide, low) = sizes
    assert high > narrow
    assert wide > low


PROGRAM = """
import sys
import minigrad as mg
x = mg.tensor([[1.0, 2.0]], requires_grad=True)
loss = (x @ x.T).exp().sum()
picture = mg.viz.graph(loss, step=2)
for format in ("svg", "png", "pdf"):
    picture.save(sys.argv[1] + "/graph." + format)
"""


def run(program: str, folder: Path, path: str, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(folder), *more],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_program_dot_is_needed(tmp_path: Path) -> None:
    done = run(PROGRAM, tmp_path, path="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "graph.svg").read_bytes().startswith(b"<svg")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_the_fonts_come_with_matplotlib(tmp_path: Path) -> None:
    """Where there are no fonts there would be no text, and elsewhere boxes of another size."""
    (tmp_path / "fonts.conf").write_text("<fontconfig></fontconfig>")
    program = f"import os; os.environ['FONTCONFIG_FILE'] = {str(tmp_path / 'fonts.conf')!r}\n" + PROGRAM
    done = run(program, tmp_path, path="")
    assert done.returncode == 0, done.stderr
    fonts = set(re.findall(rb"\+(DejaVu\w+)", (tmp_path / "graph.pdf").read_bytes()))
    assert fonts == {b"DejaVuSans", b"DejaVuSansMono"}


def program_dot(folder: Path, text: str) -> str:
    """A folder for PATH with a program ``dot`` in it."""
    file = folder / "dot"
    file.write_text(f"#!{sys.executable}\n{text}")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return str(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_the_program_dot_is_used_where_it_is(tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="6pt">'
    path = program_dot(
        tmp_path,
        f"import sys\nassert 'digraph' in sys.stdin.read()\nprint({svg!r} + sys.argv[1] + '</svg>')",
    )
    done = run("import minigrad as mg; x = mg.ones(1, requires_grad=True); print(mg.viz.graph(x * 2).svg)",
               tmp_path, path)  # fmt: skip
    assert ">-Tsvg<" in done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_a_program_dot_that_fails_is_passed_over(tmp_path: Path) -> None:
    done = run(PROGRAM, tmp_path, program_dot(tmp_path, "raise SystemExit('no layout plugin')"))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "graph.svg").read_bytes().startswith(b"<svg")


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_a_broken_installation_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pygraphviz").mkdir()
    (tmp_path / "pygraphviz/__init__.py").write_text("raise ImportError('libcgraph is missing')")
    program = "import sys; sys.path.insert(0, sys.argv[1])\n" + PROGRAM
    done = run(program, tmp_path, program_dot(tmp_path, "raise SystemExit('no layout plugin')"))
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("RuntimeError")]
    assert "dot failed (no layout plugin)" in error
    assert "pygraphviz failed (ImportError: libcgraph is missing)" in error
    assert "pip install --upgrade --force-reinstall pygraphviz" in error
    assert "apt install graphviz" in error


WITHOUT = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "pygraphviz" else found(name, *a)
"""


def test_with_nothing_installed_a_small_graph_is_drawn_in_rows(tmp_path: Path) -> None:
    done = run(WITHOUT + PROGRAM, tmp_path, path="")
    assert (done.returncode, done.stderr) == (0, "")
    said = "".join(texts((tmp_path / "graph.svg").read_text("utf-8")))
    assert "Drawn in rows, as Graphviz is not installed." in said
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_drawing_leaves_no_file_and_no_setting_behind(tmp_path: Path) -> None:
    program = (
        """
import os
before = dict(os.environ)
"""
        + PROGRAM
        + """
assert dict(os.environ) == before
"""
    )
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], env=environment, check=True)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_layers_stand_below_each_other() -> None:
    """A frame is wide enough for a layer's parameters at its sides; a layer without any has no frame."""
    model = nn.Sequential(nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 10))
    x = mg.ones(5, 30)
    loss = model(x).sum()
    picture = graph(loss)
    assert [cluster.label for cluster in picture.description.clusters] == [
        "model: Sequential",
        "0: Linear",
        "1: ReLU",
        "2: Linear",
    ]
    root = ElementTree.fromstring(picture.svg)
    frames = [g for g in root.iter(f"{SVG}g") if g.get("class") == "cluster"]
    assert sorted("".join(g.itertext()).strip() for g in frames) == [
        "0: Linear",
        "2: Linear",
        "model: Sequential",
    ]
    assert "1: ReLU" in texts(picture.svg)
    # The middle of each operation, and of the parameters beside it.
    places: dict[str, list[tuple[float, float]]] = {}
    for g in root.iter(f"{SVG}g"):
        title = g.find(f"{SVG}title")
        if g.get("class") == "node" and title is not None:
            label = g.find(f"{SVG}text")
            assert label is not None
            place = (float(label.get("x") or 0), float(label.get("y") or 0))
            places.setdefault((title.text or "").partition(":")[0], []).append(place)
    assert len(places["linear"]) == 2
    ((x1, y1), (x2, y2)) = sorted(places["linear"], key=lambda place: place[1])
    assert abs(x1 - x2) < 20
    assert y1 < places["relu"][0][1] < y2
    assert {name: len(found) for name, found in places.items()}["parameter"] == 4
    for x, y in places["parameter"]:
        assert min(abs(y - y1), abs(y - y2)) < 20
        assert abs(x - x1) > 20


def test_steady_pictures_lie_on_one_another() -> None:
    a = mg.tensor([0.5, 0.25], requires_grad=True)
    b = mg.tensor([[2.0, 1.0], [3.0, 1.0]], requires_grad=True)
    h = (b @ a).exp()
    loss = ((h + a) * h).sum()

    def corners(**options: bool) -> list[dict[str, tuple[float, float]]]:
        """By step, where each box begins: the first point of its outline."""
        found = []
        for step in range(graph(loss).steps + 1):
            root = ElementTree.fromstring(graph(loss, step=step, **options).svg)
            places = {}
            for group in root.iter(f"{SVG}g"):
                title, outline = group.find(f"{SVG}title"), group.find("*[@stroke]")
                if group.get("class") == "node" and title is not None and outline is not None:
                    numbers = re.findall(r"-?[\d.]+", outline.get("d") or outline.get("points") or "")
                    places[title.text or ""] = (float(numbers[0]), float(numbers[1]))
            found.append(places)
        return found

    steady = corners(steady=True)
    assert all(len(places) == 7 for places in steady)
    for places in steady:
        for name, (x, y) in places.items():
            assert abs(x - steady[0][name][0]) < 5, name
            assert abs(y - steady[0][name][1]) < 5, name
    loose = corners()
    assert max(abs(places[name][1] - loose[0][name][1]) for places in loose for name in places) > 20


def test_a_png_says_in_words_what_it_shows() -> None:
    """Its chunks are whole: Pillow checks their sums as it reads them."""
    picture = example()
    with Image.open(io.BytesIO(picture.render(format="png"))) as image:
        image.load()
        assert image.info["Description"] == picture.alt


def test_a_png_of_over_1000_boxes_has_fewer_pixels() -> None:
    """To paint 60 inches takes longer than the layout, and does not make thousands of boxes legible."""
    x = mg.tensor(1.0, requires_grad=True)
    picture = graph(mg.stack([x * float(i) for i in range(1001)]), collapse=False)
    png = picture.render(format="png")
    width, height = (int.from_bytes(png[i : i + 4], "big") for i in (16, 20))
    assert 0.9 * 30 * 192 < max(width, height) <= 30 * 192 + 1

"""The page: one file that needs nothing else, that no name breaks, and that can be used without a mouse."""

import html
import re
from collections import Counter
from pathlib import Path

import pytest

import minigrad as mg
from minigrad.course.examples import every
from minigrad.viz import scrub
from tests.viz.scrubbing.pages import array, elements, record, sent

STYLE = (Path(mg.viz.__file__).parent / "scrubbing/scrub.css").read_text(encoding="utf-8")


def loss() -> mg.Tensor:
    w = mg.tensor([2.0, 1.0], requires_grad=True)
    return ((w * w).exp() * w).sum()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return scrub(loss(), tmp_path / "page.html")


def test_nothing_is_fetched(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    addresses = set(re.findall(r"\w+://[^\s\"'<>)]*", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest|import\(", text)
    for tag, attributes in elements(page):
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form"), tag
        assert not attributes.keys() & {"src", "href", "srcset", "xlink:href", "action"}, (tag, attributes)
    assert "default-src 'none'" in text


NAMES = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!--<script>",
    "a & b",
    '"quoted" \\N',
    "\udcfc",
]


def test_no_name_breaks_the_page(tmp_path: Path) -> None:
    plain = mg.tensor(2.0, requires_grad=True)
    usual = Counter(tag for tag, _ in elements(scrub(plain.exp(), tmp_path / "usual.html")))
    for name in NAMES:
        x = mg.tensor(2.0, requires_grad=True)
        page = scrub(x.exp(), tmp_path / "page.html", {name: x}, title=name)
        assert Counter(tag for tag, _ in elements(page)) == usual, name
        ((_, way),) = sent(page)
        assert way["name"] == name.replace("\udcfc", "\ufffd")


def test_it_can_be_used_without_a_mouse_and_without_eyes(page: Path) -> None:
    found = elements(page)
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labels = {attributes.get("for") for tag, attributes in found if tag == "label"}
    assert "slider" in labels
    assert ("html", {"lang": "en"}) in found
    assert [a["aria-live"] for _, a in found if "aria-live" in a] == ["polite"]
    assert sum(tag == "h1" for tag, _ in found) == 1
    for tag, attributes in found:
        if attributes.get("class") == "scroll":  # what scrolls can be reached by keys, and has a name
            assert attributes["aria-label"] and attributes["tabindex"] == "0"
        for reference in ("aria-labelledby", "aria-describedby"):
            assert set((attributes.get(reference) or "").split()) <= set(ids), (tag, attributes)
    assert any(tag == "meta" and "width=device-width" in (a.get("content") or "") for tag, a in found)


def test_the_list_of_the_order_leads_to_its_steps(page: Path) -> None:
    told = record(page)
    turns = [a for tag, a in elements(page) if tag == "button" and a.get("class") == "turn"]
    assert [told["steps"][int(a["data-step"] or 0)]["box"] for a in turns] == [
        o["box"] for o in told["order"]
    ]
    boxes = {a["data-box"] for _, a in elements(page) if "data-box" in a}
    assert {step["box"] for step in told["steps"]} - {None} <= boxes
    assert {way["box"] for _, way in sent(page)} <= boxes


def luminance(colour: tuple[float, ...]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (x / 255 for x in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("part", [0, 1], ids=["light", "dark"])
def test_all_text_has_contrast(part: int) -> None:
    """At least 4.5 to 1, as WCAG 2 has it; on a cell in its strongest colour, too."""
    block = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[part]
    colours = {
        name: tuple(int(value[i : i + 2], 16) for i in (1, 3, 5))
        for name, value in re.findall(r"--(\w+): (#\w{6});", block)
    }
    signs = {name: tuple(map(int, value.split())) for name, value in re.findall(r"--(\w+): ([\d ]+);", block)}
    (strength,) = {float(x) for x in re.findall(r"var\(--size\) \* ([.\d]+)\)", STYLE)}
    for name in ("plus", "minus"):
        mixed = zip(signs[name], colours["paper"], strict=True)
        colours[name] = tuple(strength * over + (1 - strength) * under for over, under in mixed)
    pairs = [("ink", ground) for ground in ("paper", "card", "current", "plus", "minus")]
    pairs += [("muted", "paper"), ("muted", "card"), ("gradient", "current")]
    for text, ground in pairs:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


@pytest.mark.parametrize("name", [n for n, e in every().items() if e.has_gradients])
def test_every_worked_example_has_a_page_with_its_numbers(name: str, tmp_path: Path) -> None:
    example = every()[name]
    page = example.scrub(tmp_path / "page.html")
    assert f"<title>{example.title}</title>" in html.unescape(page.read_text(encoding="utf-8"))
    run, shown = example.run(), {item["caption"]: item for item in record(page)["gradients"]}
    asked = [n for n, node in example.nodes.items() if node.formula is None and node.gradient is not None]
    reached = [n for n in asked if n in shown and shown[n]["array"]["numbers"] is not None]
    assert reached
    for n in reached:
        assert (array(shown[n]) == run[n].grad.numpy()).all(), n


@pytest.mark.parametrize("name", [n for n, e in every().items() if not e.has_gradients])
def test_a_record_that_goes_only_forward_has_a_page_of_its_forward_steps(name: str, tmp_path: Path) -> None:
    example = every()[name]
    told = record(example.scrub(tmp_path / "page.html"))
    assert {step["phase"] for step in told["steps"]} == {"start", "forward"}
    assert told["order"] == told["gradients"] == []
    run, steps = example.run(), {s["result"]["caption"]: s for s in told["steps"] if s["phase"] == "forward"}
    computed = [n for n, node in example.nodes.items() if node.formula is not None and n in steps]
    assert example.output in computed
    for n in computed:
        assert (array(steps[n]["result"]) == run[n].detach().numpy()).all(), n


def test_forward_alone_needs_no_upstream_and_promises_no_backward(tmp_path: Path) -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    page = scrub(x * 2, tmp_path / "page.html", backward=False)
    assert array(record(page)["steps"][-1]["result"]).tolist() == [2.0, 4.0]
    ids = {attributes.get("id") for _, attributes in elements(page)}
    assert "slider" in ids and not ids & {"turn", "order", "gradients"}
    words = re.sub("<(script|style).*?</\\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "This page goes forward" in words and "ackward" not in words
    with pytest.raises(ValueError, match=r"scrub: backward=False .* leave it out"):
        scrub(x * 2, page, gradient=x, backward=False)


def test_it_refuses_what_it_cannot_show(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match="scrub: expected a Tensor"):
        scrub(3.0, path)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="scrub: this tensor has no history"):
        scrub(x, path)
    with pytest.raises(RuntimeError, match=r"scrub: backward from a tensor of shape \(2,\) needs"):
        scrub(x * 2, path)
    y = x.sum()
    for _ in range(9):
        y = y * 2
    with pytest.raises(ValueError, match="scrub: this graph has 10 operations, and a page goes through 9"):
        scrub(y, path, limit=9)
    for option in ({"limit": 0}, {"values": 0}, {"precision": -1}, {"limit": True}, {"values": 2.0}):
        with pytest.raises(ValueError, match=f"scrub: {next(iter(option))} is a whole number"):
            scrub(y, path, **option)  # type: ignore[arg-type]
    z = loss()
    z.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        scrub(z, path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match="scrub: there is no folder"):
        scrub(y, tmp_path / "missing/page.html")

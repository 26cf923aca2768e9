"""The numbers of a page are the engine's, its order fits the graph, and what is used twice is added up."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import functional as F
from minigrad.viz import scrub
from tests.viz.scrubbing.pages import array, record, sent, sentences


def two_paths() -> dict[str, mg.Tensor]:
    """L = (p + q) q with p = a b, q = exp a, at a = 0, b = 2.

    By hand: p = 0, q = 1, s = 1, L = 1. L: ds = 1, dq = 1; s: dp = 1, dq = 1 + 1 = 2; q: da = 2;
    p: da = 2 + 2 = 4, db = 0.
    """
    a = mg.tensor(0.0, requires_grad=True)
    b = mg.tensor(2.0, requires_grad=True)
    p = a * b
    q = a.exp()
    s = p + q
    return {"a": a, "b": b, "p": p, "q": q, "s": s, "L": s * q}


def network(dtype: str) -> dict[str, mg.Tensor]:
    """A product of matrices, a bias that is stretched, a softmax, a value used twice, and vectors."""
    random = np.random.default_rng(3)

    def leaf(*shape: int) -> mg.Tensor:
        return mg.tensor(random.standard_normal(shape).astype(dtype), requires_grad=True)

    W, b, u, x = leaf(3, 2), leaf(2), leaf(2), mg.tensor(random.standard_normal((4, 3)).astype(dtype))
    v = x @ W
    z = v + b
    h = z.tanh()
    r = h * z
    m = F.softmax(r, dim=1)
    k = m @ u
    top = k.max()
    L = (k * k).mean() + top
    return {"W": W, "b": b, "u": u, "v": v, "z": z, "h": h, "r": r, "m": m, "k": k, "top": top, "L": L}


def test_by_hand(tmp_path: Path) -> None:
    t = two_paths()
    page = scrub(t["L"], tmp_path / "page.html", t)
    ways = [
        (array(step["upstream"]).item(), w["name"], array(w["local"]).item(), array(w["contribution"]).item())
        for step, w in sent(page)
    ]
    assert ways == [
        (1, "s", 1, 1),
        (1, "q", 1, 1),
        (1, "p", 1, 1),
        (1, "q", 1, 1),
        (2, "a", 1, 2),
        (1, "a", 2, 2),
        (1, "b", 0, 0),
    ]
    assert [turn["name"] for turn in record(page)["order"]] == ["L", "s", "q", "p"]
    assert [turn["why"] for turn in record(page)["order"]] == [
        "backward begins here",
        "used by L, done before",
        "used by s and L, done before",
        "used by s, done before",
    ]
    said = sentences(page)
    assert "To q: 1 × 1 = 1. That is 1 of 2 contributions; the rest is still to come." in said
    assert "To q: 1 × 1 = 1, added to 1 that came before: 2. That is 2 of 2" in said
    assert "To a: 1 × 2 = 2, added to 2 that came before: 4." in said
    assert [step.get("waiting") for step in record(page)["steps"][-4:]] == [["s", "q"], ["q", "p"], ["p"], []]


def test_forward_has_the_values(tmp_path: Path) -> None:
    t = two_paths()
    steps = record(scrub(t["L"], tmp_path / "page.html", t))["steps"]
    assert [step["phase"] for step in steps] == ["start", *["forward"] * 4, *["backward"] * 5]
    results = {step["result"]["caption"]: array(step["result"]).item() for step in steps[1:5]}
    assert results == {"p": 0, "q": 1, "s": 1, "L": 1}
    assert [item["caption"] for item in steps[3]["inputs"]] == ["p", "q"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.devices("cpu", "foreign")
def test_every_gradient_is_that_of_grad(dtype: str, device: Any, tmp_path: Path) -> None:
    """To the last digit; and the contributions add up to it."""
    t = network(dtype)
    page = scrub(t["L"], tmp_path / "page.html", t)
    wanted = mg.autograd.grad(t["L"], list(t.values()), retain_graph=True)
    gradients = {name: g.cpu().numpy() for name, g in zip(t, wanted, strict=True)}
    after: dict[str, Any] = {}
    total: dict[str, Any] = {}
    for _, way in sent(page):
        name = way["name"]
        total[name] = total.get(name, 0) + array(way["contribution"])
        after[name] = array(way["after"])
        assert (way["before"] is None) == (way["arrived"] == 1)
    for name in gradients.keys() - {"L"}:
        assert after[name].dtype == dtype
        np.testing.assert_array_equal(after[name], gradients[name], err_msg=name)
        np.testing.assert_array_equal(total[name], gradients[name], err_msg=name)
    at_leaves = {item["caption"]: array(item) for item in record(page)["gradients"]}
    assert at_leaves.keys() == {"W", "b", "u"}
    for name, gradient in at_leaves.items():
        np.testing.assert_array_equal(gradient, gradients[name])


def test_upstream_times_local_is_the_contribution(tmp_path: Path) -> None:
    t = network("float64")
    page = scrub(t["L"], tmp_path / "page.html", t)
    kinds = {way["name"]: way["kind"] for _, way in sent(page)}
    assert {name for name, kind in kinds.items() if kind == "matrix"} == {"W", "r", "m", "u"}
    assert {name for name, kind in kinds.items() if kind == "factor"} >= {"v", "b", "z", "h", "k", "top"}
    assert set(kinds.values()) == {"matrix", "factor"}
    for step, way in sent(page):
        dy, local, dx = array(step["upstream"]), array(way["local"]), array(way["contribution"])
        if way["kind"] == "matrix":
            product = dy.reshape(-1) @ local
        elif way["stretched"]:
            product = (dy * local).sum(0)
        else:
            product = dy * local
        np.testing.assert_allclose(product.reshape(dx.shape), dx, rtol=1e-12, atol=1e-15)
    (b,) = (way for _, way in sent(page) if way["name"] == "b")
    assert b["stretched"] and array(b["local"]).shape == (4, 2)


def test_what_uses_a_result_comes_before_it(tmp_path: Path) -> None:
    t = network("float32")
    page = scrub(t["L"], tmp_path / "page.html", t)
    place = {turn["box"]: i for i, turn in enumerate(record(page)["order"])}
    arrows = mg.viz.graph(t["L"], names=t, collapse=False).description.arrows
    between = [(a.source, a.target) for a in arrows if a.source in place]
    assert len(between) > 10
    assert all(place[user] < place[source] for source, user in between)


def test_nothing_changes(tmp_path: Path) -> None:
    t = network("float32")
    seen: list[Any] = []
    t["W"].register_hook(lambda gradient: seen.append(gradient))
    mg.manual_seed(5)
    expected = mg.rand(3)
    mg.manual_seed(5)
    scrub(t["L"], tmp_path / "page.html", t)
    assert (mg.rand(3) == expected).all()
    assert seen == [] and all(t[name].grad is None for name in ("W", "b", "u"))
    t["L"].backward()  # the graph is whole
    assert len(seen) == 1


def test_an_earlier_gradient_is_not_shown(tmp_path: Path) -> None:
    t = two_paths()
    t["L"].backward(retain_graph=True)
    t["a"].grad.fill_(777)
    page = scrub(t["L"], tmp_path / "page.html", t)
    assert "777" not in page.read_text(encoding="utf-8")
    assert array(record(page)["gradients"][0]).item() == 4


def test_backward_of_a_vector(tmp_path: Path) -> None:
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    page = scrub(y, tmp_path / "page.html", gradient=mg.tensor([1.0, 0.0, -1.0]))
    assert "The gradient that was given for y is [1, 0, -1]: it is the first upstream." in sentences(page)
    assert [array(way["after"]).tolist() for _, way in sent(page)] == [[1, 0, -3], [2, 0, -6]]


def test_results_without_a_name_have_a_number(tmp_path: Path) -> None:
    x = mg.tensor(3.0, requires_grad=True)
    page = scrub((x * 2).exp(), tmp_path / "page.html")
    assert [turn["name"] for turn in record(page)["order"]] == ["result 2 (exp)", "result 1 (× 2)"]


def test_the_rule_is_shown_as_it_is_written(tmp_path: Path) -> None:
    x = mg.tensor(3.0, requires_grad=True)
    page = scrub(x.exp(), tmp_path / "page.html")
    ((_, way),) = sent(page)
    assert way["rule"].startswith('@exp.grad("input")') and way["rule"].endswith("return dy * y")


def test_a_large_local_derivative_is_left_to_the_rule(tmp_path: Path) -> None:
    x = mg.tensor(np.arange(20.0).reshape(4, 5), requires_grad=True)
    L = (x @ mg.ones(5, 3, dtype=mg.float64)).sum()
    ways = sent(scrub(L, tmp_path / "page.html", values=50))
    assert [way["kind"] for _, way in ways] == ["factor", "rule"]
    assert ways[1][1]["local"]["array"] is None and ways[1][1]["rule"]
    assert array(ways[1][1]["contribution"]).tolist() == np.full((4, 5), 3.0).tolist()


def test_a_large_array_is_summed_up(tmp_path: Path) -> None:
    x = mg.tensor(np.arange(20.0), requires_grad=True)
    page = scrub((x * x).sum(), tmp_path / "page.html", values=10)
    (gradient,) = record(page)["gradients"]
    assert gradient["array"] == {
        "shape": [20],
        "dtype": "float64",
        "numbers": None,
        "summary": {"count": 20, "not finite": 0, "least": 0.0, "mean": 19.0, "greatest": 38.0},
    }


def test_what_is_not_finite_is_told(tmp_path: Path) -> None:
    x = mg.tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(all="ignore"):
        y = x.log()
        page = scrub((y * y).sum(), tmp_path / "page.html")
    (gradient,) = record(page)["gradients"]
    assert gradient["array"]["numbers"] == ["-inf", 0.0]


def test_a_rule_of_ones_own_and_a_product_of_vectors(tmp_path: Path) -> None:
    """A rule without a source that can be read has none on the page; a vector stays a vector."""
    own: dict[str, Any] = {}
    program = "@op\ndef cube(x):\n    return x**3\n@cube.grad('x')\ndef _(dy, x):\n    return 3 * dy * x**2\n"
    exec(program, {"op": mg.op}, own)
    W = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    x = mg.tensor([1.0, -1.0], requires_grad=True)
    v = own["cube"](x)
    y = W @ v
    page = scrub(y.sum(), tmp_path / "page.html", {"W": W, "x": x, "v": v, "y": y})
    ways = {way["name"]: way for _, way in sent(page)}
    assert array(ways["v"]["local"]).tolist() == [[1, 2], [3, 4]]  # of y by v: W itself
    assert array(ways["W"]["local"]).tolist() == [[1, -1, 0, 0], [0, 0, 1, -1]]
    assert "return matrix_product(" in ways["v"]["rule"]
    assert ways["x"]["rule"] is None and array(ways["x"]["after"]).tolist() == [12, 18]


def test_no_numbers_are_no_trouble(tmp_path: Path) -> None:
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    page = scrub((x[:0] * 2).sum(), tmp_path / "page.html")
    (gradient,) = record(page)["gradients"]
    assert array(gradient).tolist() == [0, 0]

"""docs/differences_from_pytorch.md says where minigrad departs from PyTorch, and PyTorch itself agrees."""

import json
import re

import pytest

import minigrad as mg
from tests.torch_samples.arguments import ALIKE, ARGUMENTS
from tests.torch_samples.differences import DIFFERENCES, known
from tests.torch_samples.page import PAGE, written
from tests.torch_samples.programs import PROGRAMS, result, same

FIGURES = PAGE.parent / "results/torch_samples.json"

# Few calls of each operation: all of them take minutes, and tools/torch_samples.py.
MOST = {"sample": 2}


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


def test_the_page_is_made_of_the_records():
    text = PAGE.read_text()
    assert written(text) == text, "run: python tools/torch_samples.py --page"


def test_of_all_samples_98_percent_agree_for_each_operation_that_the_page_does_not_name():
    figures = json.loads(FIGURES.read_text())
    named = {name for difference in DIFFERENCES for name in difference.names}
    low = {name for name, found in figures["operations"].items() if found["agree"] < 0.98}
    assert low <= named
    assert figures["agree"] > 0.99


def test_of_every_operation_that_has_samples_some_were_compared():
    figures = json.loads(FIGURES.read_text())
    assert [name for name, found in figures["operations"].items() if not found["calls"]] == []


def test_every_deviation_of_all_samples_is_on_the_page_and_nothing_else_is():
    seen = {(known(name, call, said), name) for name, call, said in deviations_in_figures()}
    assert seen == {(difference, name) for difference in DIFFERENCES for name in difference.names}


def test_every_option_that_a_sample_was_left_out_for_is_on_the_page():
    text = PAGE.read_text()
    for reason in json.loads(FIGURES.read_text())["left out"]:
        if reason.startswith("refused by name: "):
            name, _, said = reason.removeprefix("refused by name: ").partition(": ")
            options = {
                part for found in re.findall(r"(\w+)=|'(\w+)'|mode (\w+)", said) for part in found if part
            }
            assert f"`{name}`" in text and any(option in text for option in options), reason


def deviations_in_figures():
    for name, calls in json.loads(FIGURES.read_text())["deviations"].items():
        for call, said in calls.items():
            yield name, call, said


def test_pytorchs_samples_agree_but_for_what_the_page_names(torch):
    from tests.torch_samples.offered import offers
    from tests.torch_samples.run import tally

    found = [tally(offer, MOST) for offer in offers() if offer.operators]
    assert [text for result in found for text in result.unknown()] == []
    assert [result.name for result in found if not result.tried] == []
    assert sum(result.tried for result in found) > 2500
    gone = set(json.loads(FIGURES.read_text())["operations"]) - {result.name for result in found}
    assert not gone, "run: python tools/torch_samples.py"


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.here for program in PROGRAMS])
def test_programs_that_end_otherwise_end_as_the_page_says(program):
    assert same(result(program, mg), program.gives)
    assert not same(program.gives, program.gives_there)


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.here for program in PROGRAMS])
def test_programs_that_end_otherwise_end_so_in_pytorch(torch, program):
    assert same(result(program, torch), program.gives_there)


def test_every_signature_is_pytorchs_but_for_what_the_page_names(torch):
    from tests.torch_samples.signatures import deviations, pairs

    names = list(pairs())
    found = {name: set(said) for name, *both in names if (said := deviations(name, *both))}
    assert found == {name: set(entry.otherwise) for entry in ARGUMENTS for name in entry.names}
    assert set(ALIKE) <= {name for name, *_ in names}


def test_a_slip_in_a_second_gradient_is_noticed(torch):
    from tests.torch_samples.offered import Offer, offers
    from tests.torch_samples.run import tally

    right = next(offer for offer in offers() if offer.name == "square")

    def first_order_alone(x):  # x ** 2, with the gradient 2 x, of which x is taken for a constant
        return 2 * x.detach() * x - x.detach() * x.detach()

    said = tally(Offer("square", first_order_alone, right.theirs, right.operators), MOST).unknown()
    assert any("second gradient" in text for text in said), said


def test_a_planted_slip_is_noticed(torch):
    """A wrong value, a wrong dtype, a wrong gradient, a call that should be refused, another default."""
    from tests.torch_samples.offered import Offer, offers
    from tests.torch_samples.run import tally
    from tests.torch_samples.signatures import deviations

    by_name = {offer.name: offer for offer in offers()}
    for name, wrong in {
        "exp": lambda x: mg.exp(x) * (1 + 1e-6),
        "square": lambda x: mg.square(x).float(),
        "sum": lambda x, *args, **options: mg.sum(x.detach(), *args, **options) + 0 * x.sum(),
        "cat": lambda tensors, dim=0: mg.zeros(1) if not tensors else mg.cat(tensors, dim),
        "max": lambda *args, **options: tuple(mg.max(*args, **options)),
    }.items():
        right = by_name[name]
        assert tally(Offer(name, wrong, right.theirs, right.operators), MOST).unknown(), name
    assert deviations("argmax", lambda input, axis=None, keepdim=True: None, torch.argmax)

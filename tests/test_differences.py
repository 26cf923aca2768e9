"""docs/differences_from_pytorch.md says where minigrad departs from PyTorch, and PyTorch itself agrees."""

import json
import re

import pytest

import minigrad as mg
from tests.torch_samples.absent import ABSENT, HEADING
from tests.torch_samples.accounts import account, neither, seen, stale
from tests.torch_samples.arguments import ALIKE, ARGUMENTS
from tests.torch_samples.differences import DIFFERENCES
from tests.torch_samples.page import PAGE, headings, written
from tests.torch_samples.programs import PROGRAMS, result, same
from tests.torch_samples.tally import Subject, tally

RESULTS = json.loads((PAGE.parent / "results/torch_samples.json").read_text())

# Few samples of each name: all of them take minutes, and tools/torch_samples.py.
MOST = 2


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


def test_the_page_is_made_of_the_results_and_the_records():
    text = PAGE.read_text()
    assert written(text, RESULTS["counts"]) == text, "run: python tools/torch_samples.py --page"


def test_every_sample_passes_or_is_documented():
    assert neither(RESULTS["seen"]) == []
    assert stale(RESULTS["seen"]) == RESULTS["documented and not seen"] == []


def test_the_counts_are_those_of_what_was_seen():
    assert RESULTS["counts"] == {kind: account(names) for kind, names in RESULTS["seen"].items()}
    for found in RESULTS["counts"].values():
        places = [*found["documented"].values(), *found["nothing to compare"].values()]
        assert found["samples"] == found["passed"] + sum(places)
        assert found["neither passing nor documented"] == 0


def test_of_every_name_that_has_samples_some_were_compared():
    names = [(name, found) for kind in RESULTS["seen"].values() for name, found in kind.items()]
    assert len(names) > 450
    assert [name for name, found in names if found["passed"] + len(found["deviations"]) == 0] == []


def test_what_deviates_and_what_is_not_there_stand_under_headings_of_the_page():
    text = PAGE.read_text()
    assert {HEADING, *(difference.heading for difference in DIFFERENCES)} <= headings(text)
    absent = " ".join(re.search(rf"## {HEADING}\n(.*?)\n## ", text, re.DOTALL)[1].split())
    assert [entry.words for entry in ABSENT if entry.words not in absent] == []


class Answers:
    """A sample that is judged as it is told to be."""

    def __init__(self, said):
        self.said = said

    def __str__(self):
        return "lt(2, int64[3])"

    def judge(self):
        return self.said


def test_a_deviation_without_a_record_is_neither_and_a_record_without_one_is_stale(torch):
    answers = ["", "", "accepted; PyTorch raises TypeError: none", "gives 3"]
    found = {"operations": seen([tally(Subject("lt", lambda most: map(Answers, answers)))])}
    assert account(found["operations"]) == {
        "names": 1,
        "samples": 4,
        "passed": 2,
        "documented": {"Operations that do otherwise": 1},
        "nothing to compare": {},
        "neither passing nor documented": 1,
    }
    assert neither(found) == ["lt(2, int64[3]): gives 3"]
    here = DIFFERENCES[0].here
    assert f"gt: {here}" in stale(found) and f"lt: {here}" not in stale(found)


def test_pytorchs_samples_agree_but_for_what_the_page_names(torch):
    from tests.torch_samples.run import KINDS

    found = {kind: seen([tally(subject, MOST) for subject in subjects()]) for kind, subjects in KINDS.items()}
    assert neither(found) == []
    assert [kind for kind, names in found.items() if set(names) != set(RESULTS["seen"][kind])] == [], (
        "run: python tools/torch_samples.py"
    )
    tried = [f["passed"] + sum(d["times"] for d in f["deviations"]) for f in found["operations"].values()]
    assert sum(tried) > 2500


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


def deviating(offer):
    """What no record describes of an operation's samples."""
    from tests.torch_samples.operations import subject

    return neither({"operations": seen([tally(subject(offer), MOST)])})


def test_a_slip_in_a_second_gradient_is_noticed(torch):
    from tests.torch_samples.offered import Offer, offers

    right = next(offer for offer in offers() if offer.name == "square")

    def first_order_alone(x):  # x ** 2, with the gradient 2 x, of which x is taken for a constant
        return 2 * x.detach() * x - x.detach() * x.detach()

    said = deviating(Offer("square", first_order_alone, right.theirs, right.operators))
    assert any("second gradient" in text for text in said), said


def test_a_planted_slip_is_noticed(torch):
    """A wrong value, a wrong dtype, a wrong gradient, a call that should be refused, another default."""
    from tests.torch_samples.offered import Offer, offers
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
        assert deviating(Offer(name, wrong, right.theirs, right.operators)), name
    assert deviations("argmax", lambda input, axis=None, keepdim=True: None, torch.argmax)


def test_a_planted_slip_in_a_layer_an_optimiser_a_schedule_and_a_loader_is_noticed(torch, monkeypatch):
    from tests.torch_samples.run import KINDS

    class Linear(mg.nn.Linear):
        def forward(self, input):
            return super().forward(input) + 0 * self.weight.detach().sum() + 1e-3 * self.weight.sum()

    class BatchNorm1d(mg.nn.BatchNorm1d):
        def forward(self, input):
            y = super().forward(input)
            if self.running_mean is not None:
                self.running_mean += 1e-3
            return y

    class MSELoss(mg.nn.MSELoss):
        def forward(self, input, target):
            return super().forward(input, target) + input.sum() - input.detach().sum()

    class SGD(mg.optim.SGD):
        def step(self, closure=None):
            super().step(closure)
            for group in self.param_groups:
                group["lr"] = group["lr"] * (1 + 1e-6)

    class StepLR(mg.optim.lr_scheduler.StepLR):
        def load_state_dict(self, state_dict):
            super().load_state_dict(state_dict | {"last_epoch": state_dict["last_epoch"] + 1})

    class BatchSampler(mg.utils.data.BatchSampler):
        def __len__(self):
            return len(self.sampler) // self.batch_size

    for kind, name, place, wrong in (
        ("layers", "nn.Linear", mg.nn, Linear),
        ("layers", "nn.BatchNorm1d", mg.nn, BatchNorm1d),
        ("losses", "nn.MSELoss", mg.nn, MSELoss),
        ("optimisers", "optim.SGD", mg.optim, SGD),
        ("schedules", "optim.lr_scheduler.StepLR", mg.optim.lr_scheduler, StepLR),
        ("data utilities", "utils.data.BatchSampler", mg.utils.data, BatchSampler),
    ):
        subject = next(subject for subject in KINDS[kind]() if subject.name == name)
        with monkeypatch.context() as patched:
            patched.setattr(place, wrong.__name__, wrong)
            assert neither({kind: seen([tally(subject)])}), name

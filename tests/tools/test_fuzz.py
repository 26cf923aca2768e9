"""The fuzzer sees what it is to see; and a few inputs of every target, with all that failed once."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.errors import DataError
from tools.fuzz import campaign, repairing
from tools.fuzz.attempt import attempt
from tools.fuzz.mutation import LARGEST, input_of
from tools.fuzz.protocol import BLOCK
from tools.fuzz.seeds import SEEDERS
from tools.fuzz.tally import Tally
from tools.fuzz.target import Target
from tools.fuzz.targets import TARGETS

INPUTS = {"grade": 6}
MANY = 40


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def test_only_the_right_errors_and_nothing_half_read(target: Target, tmp_path: Path) -> None:
    reader, seeds = target.begin(tmp_path), target.seeds()
    contents = [file.read_bytes() for file in target.found()]
    contents += [input_of(target, seeds, 11, number) for number in range(INPUTS.get(target.name, MANY))]
    outcomes = [attempt(target, reader, content) for content in contents]
    assert not {one.failure for one in outcomes} - {""}
    assert len({one.kind for one in outcomes}) > 1, "all went the same way: the seeds are not read"


def test_seeds_are_read(target: Target, tmp_path: Path) -> None:
    reader = target.begin(tmp_path)
    assert any(": " not in attempt(target, reader, seed).kind for seed in target.seeds())


def test_every_target_has_seeds_of_its_own() -> None:
    assert set(SEEDERS) == set(TARGETS)


def reads(error: BaseException | None) -> Target:
    """A target whose reader raises this."""

    def read(content: bytes) -> str:
        if error is not None:
            raise error
        return "read"

    return Target("planted", "nothing", lambda folder: read, "a.idx")


@pytest.mark.parametrize(
    ("error", "wrong"),
    [
        (KeyError("a"), "KeyError at tests/tools/test_fuzz.py"),
        (MemoryError(), "MemoryError at"),
        (AssertionError("half-read"), "AssertionError at"),
        (SystemExit(1), "SystemExit at"),
        (DataError("truncated. Get it again."), "does not name the file"),
        (DataError("/data/a.idx: truncated."), "does not say what to do"),
        (DataError("/data/a.idx: truncated. Get it again." + 3000 * "x"), "more than 2,000 characters"),
        (DataError("/data/a.idx: truncated. Get it again."), ""),
        (None, ""),
    ],
)
def test_what_a_failure_is(error: BaseException | None, wrong: str) -> None:
    failure = attempt(reads(error), reads(error).begin(Path()), b"").failure
    assert wrong in failure and bool(wrong) == bool(failure)


def test_inputs_depend_on_their_number_alone() -> None:
    target = TARGETS["pth"]
    seeds = target.seeds()
    first = [input_of(target, seeds, 3, number) for number in range(50)]
    random.seed(1)
    assert [input_of(target, seeds, 3, number) for number in reversed(range(50))] == first[::-1]
    assert first[: len(seeds)] == seeds and len(set(first)) > 40
    assert [input_of(target, seeds, 4, number) for number in range(50)] != first
    assert max(map(len, first)) <= 2 * LARGEST


@pytest.mark.parametrize("name", ["zip", "tar", "photo", "safetensors", "checkpoint"])
def test_a_repaired_seed_is_the_seed(name: str) -> None:
    target = TARGETS[name]
    assert target.repair is not None
    assert [target.repair(seed) for seed in target.seeds()] == target.seeds()


def test_what_cannot_be_repaired_is_left_as_it_is() -> None:
    """A key that JSON has and `save` does not write: it had ended the worker, and the next one, and so on."""
    whole = TARGETS["checkpoint"].seeds()[0]
    changed = whole.replace(b'[\\"kind\\"', b"[true")
    assert changed != whole
    repaired = repairing.checkpoint(changed)
    assert repaired[8:] == changed[8:] and repaired != changed  # but for the length


def test_a_changed_member_gets_past_the_checksum() -> None:
    whole = TARGETS["zip"].seeds()[1]
    changed = whole.replace(b"eight by", b"changed!")
    assert repairing.zipped(changed) != changed


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Target:
    """A target for `tests.tools.dying_worker`, which ends, waits and is killed at certain inputs."""
    monkeypatch.setattr(campaign, "PATIENCE", 1.0)
    return Target("dying", "nothing", lambda folder: lambda content: "read")


def test_a_campaign_survives_its_workers(dying: Target) -> None:
    tally = campaign.run(dying, 0, 3 * BLOCK, module="tests.tools.dying_worker")
    assert {failure.split(" (")[0]: numbers for failure, numbers in tally.failures.items()} == {
        "the process ended with -11": [7],
        "a hang of 1 s": [BLOCK + 3],
        "the process ended with 1 MemoryError": [2 * BLOCK + 1],
    }
    assert tally.inputs == 3 * BLOCK


def test_a_worker_that_does_not_begin_ends_the_campaign(dying: Target) -> None:
    with pytest.raises(RuntimeError, match=r"does not begin.*No module"):
        campaign.run(dying, 0, 10, module="tests.tools.there_is_none")


def test_a_worker_has_a_bound_on_memory() -> None:
    """In a process of its own, which is bounded for good."""
    program = "from tools.fuzz.memory import bound; bound(64); bytes(1 << 20); print('small'); bytes(1 << 28)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "small\n" and "MemoryError" in done.stderr


def test_a_tally_goes_over_a_pipe() -> None:
    tally = Tally()
    for number, kind in enumerate(["read", "DataError: 9", "read"]):
        tally.enter(number, attempt(reads(None), lambda content, kind=kind: kind, b""), 0.5)
    both = Tally.from_dict(tally.to_dict())
    both.add(tally)
    assert (both.figures()["inputs"], both.figures()["read"], both.figures()["refused"]) == (6, 4, 2)

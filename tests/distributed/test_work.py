"""A rank that does not come ends the job, soon and with a message, however it stays away."""

import pytest

from tests.distributed.conftest import needs_mpi, run

pytestmark = needs_mpi

WAYS = {
    "killed": ("",),  # the launcher's words, which differ
    "raises": ("ValueError: of rank 1 alone",),
    "destroys": ("ValueError: of rank 1 alone",),
    "leaves": ("rank 1 has ended its program, and rank 0 waits for it", "equally many batches?"),
    "stopped": ("rank 0 has waited 2 s for the others", "One of them hangs"),
    "unused": ("1 parameters got no gradient", "(0.weight)", "find_unused_parameters=True"),
    "another shape": ("calls all_reduce", "float32 (8,), another rank something else", "in the same order"),
    "another operation": ("rank 1 calls barrier, another rank something else", "in the same order"),
    "another network": ("rank 1 has 0.weight (3, 3) float32, frozen; rank 0 has 0.weight (3, 3) float32\n",),
}


@pytest.mark.parametrize(
    ("way", "module"),
    [*((way, True) for way in WAYS), ("raises", False), ("destroys", False), ("leaves", False)],
)
def test_the_job_ends(way: str, module: bool) -> None:
    """Long before the timeout of 60 seconds, if that is not what it is about; with -m mpi4py and without."""
    timeout = "2" if way == "stopped" else "60"
    done = run(2, "ends.py", way, timeout, module=module, timeout=30)
    assert done.returncode != 0
    assert "began 0\n" in done.stdout and "began 1\n" in done.stdout
    told = done.stdout + done.stderr
    assert told and all(words in told for words in WAYS[way]), told


def test_a_rank_that_never_begins_ends_the_job() -> None:
    """MPI itself would wait for it forever."""
    done = run(2, "ends.py", "never begins", "2", module=False, timeout=60)
    assert done.returncode != 0
    assert "Timeout (0:00:02)!" in done.stderr and "in init_process_group" in done.stderr

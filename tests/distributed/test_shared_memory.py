"""Ranks of one machine average their gradients in memory that they share."""

from pathlib import Path

import pytest

from tests.distributed.conftest import needs_mpi, run


@needs_mpi
@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no /dev/shm: messages it is")
@pytest.mark.parametrize("ranks", [2, 3])
def test_means_are_right_whoever_is_late_and_by_messages_where_memory_is_not_shared(ranks: int) -> None:
    done = run(ranks, "shared_memory.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "right\n" * ranks

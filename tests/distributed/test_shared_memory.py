"""Ranks of one machine average their gradients in memory that they share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.distributed import shared_memory
from minigrad.distributed.channel import Channel
from minigrad.distributed.group import Group
from tests.distributed.conftest import needs_mpi, run


@needs_mpi
@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no /dev/shm: messages it is")
@pytest.mark.parametrize("ranks", [2, 3])
def test_means_are_right_whoever_is_late_and_by_messages_where_memory_is_not_shared(ranks: int) -> None:
    done = run(ranks, "shared_memory.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "right\n" * ranks


linux = pytest.mark.skipif(sys.platform != "linux", reason="messages it is")


@linux
def test_what_a_killed_rank_has_left_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "_FOLDER", tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive = tmp_path / f"minigrad-{gone.pid}-abc", tmp_path / f"minigrad-{os.getpid()}-abc"
    strange = tmp_path / "minigrad-kernels-0"
    for file in (left, alive, strange):
        file.touch()
    assert shared_memory.pieces(Group(Channel(), "mpi", 1.0), 64) is not None
    assert sorted(tmp_path.iterdir()) == [alive, strange]


@linux
def test_a_file_that_somebody_else_has_removed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who shares the folder and not the processes' numbers takes its rank for one that is gone."""

    class Swept(Channel):
        def broadcast(self, array, root):  # type: ignore[no-untyped-def]
            for file in tmp_path.iterdir():
                file.unlink()
            return super().broadcast(array, root)

    monkeypatch.setattr(shared_memory, "_FOLDER", tmp_path)
    assert shared_memory.pieces(Group(Swept(), "mpi", 1.0), 64) is None

"""Arrays to work in: kept for the next call, on huge pages where there are such."""

import mmap
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason="these are of the fast kernels")

from minigrad.kernels.numba_cpu import scratch
from minigrad.kernels.numba_cpu.scratch import HUGE, room, rooms

LARGE = HUGE // 4 + 3  # float32 numbers: two huge pages


def place(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """What was kept before, by another run of the same test even, is out of the way."""
    monkeypatch.setattr(scratch, "_kept", threading.local())


@pytest.mark.parametrize("size", [5, LARGE])
def test_the_next_call_gets_the_same_memory_and_a_larger_one_other_zeros(size):
    first = room(f"test {size}", (size,), np.float32)
    assert not first.any()
    first[:] = 7
    again = room(f"test {size}", (1, size - 1), np.float32)
    assert again.shape == (1, size - 1)
    assert place(again) == place(first)
    assert (again == 7).all()
    assert not room(f"test {size}", (size, 2), np.float32).any()
    assert not room(f"test {size}", (size,), np.float64).any()
    assert (first == 7).all(), "memory that somebody holds is not given away"


needs_huge_pages = pytest.mark.skipif(
    not hasattr(mmap, "MADV_HUGEPAGE") or not Path("/sys/kernel/mm/transparent_hugepage").exists(),
    reason="needs a Linux with huge pages",
)


@needs_huge_pages
def test_a_large_one_begins_at_a_huge_page():
    assert place(room("test huge", (LARGE,), np.float32)) % HUGE == 0


@pytest.mark.parametrize("size", [5, LARGE])
def test_a_thread_works_at_one_place_however_much_is_asked_for(size):
    first = rooms(f"test each {size}", 3, size, np.float32)
    assert first.shape[0] == 3
    assert first.shape[1] >= size
    assert not first.any()
    for threads, fewer in ((3, size - 1), (2, size), (3, 1)):
        again = rooms(f"test each {size}", threads, fewer, np.float32)
        for thread in range(threads):
            assert place(again[thread]) == place(first[thread])
    more = rooms(f"test each {size}", 4, size, np.float32)
    assert more.shape[0] == 4
    larger = rooms(f"test each {size}", 2, 3 * size + 5000, np.float32)
    assert larger.shape[1] >= 3 * size + 5000
    assert rooms(f"test each {size}", 2, size, np.float64).dtype == np.float64


def test_each_thread_has_its_own():
    mine, others = room("test thread", (LARGE,), np.float32), []
    thread = threading.Thread(target=lambda: others.append(room("test thread", (LARGE,), np.float32)))
    thread.start()
    thread.join()
    mine[:] = 3
    assert not others[0].any()


@needs_huge_pages
def test_a_forked_process_writes_into_its_own():
    program = """
import os
import numpy as np
from minigrad.kernels.numba_cpu.scratch import room

array = room("test fork", (600_000,), np.float32)
array[0] = 7
child = os.fork()
if child == 0:
    array[0] = 8
    os._exit(0)
os.waitpid(child, 0)
print(array[0])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "7.0\n"


class NoHugePages(mmap.mmap):
    def madvise(self, *advice):
        raise OSError(22, "Invalid argument")


def no_mapping(*args, **options):
    raise OSError(12, "Cannot allocate memory")


@pytest.mark.parametrize("refusing", [NoHugePages, no_mapping])
def test_a_system_that_refuses_has_room_all_the_same(monkeypatch, refusing):
    monkeypatch.setattr(mmap, "mmap", refusing)
    array = room(f"test {refusing.__name__}", (LARGE,), np.float64)
    assert not array.any()
    array[:] = 1
    assert array.sum() == LARGE

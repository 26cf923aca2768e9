"""What is numba's alone: numbers too small, and compiled code that is kept on disk."""

import functools
import importlib.util
import itertools
import os
import pickle
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

numba = pytest.importorskip("numba")
numba_cpu = pytest.importorskip("minigrad.kernels.numba_cpu")
microkernel = pytest.importorskip("minigrad.kernels.numba_cpu.microkernel")

ROOT = Path(__file__).parents[2]
RATE = 1e-2


def test_a_parameter_that_cannot_be_written_is_an_error():
    p = np.broadcast_to(np.float32(1), (2, 3))
    with pytest.raises(ValueError, match="read-only"):
        numba_cpu.sgd_step([p], [np.ones((2, 3), np.float32)], None, 1.0, 0.0, 0.0, 0.0, False, False)


def test_a_momentum_that_has_decayed_is_zero():
    """Rounding would keep it at a few of the smallest numbers, with which computing is slow, for ever."""
    p, g, buf = (np.full(1, x, np.float32) for x in (1, 0, 1e-40))
    numba_cpu.sgd_step([p], [g], [buf], 0.5, 0.9, 0.0, 0.0, False, False)
    assert p == 1
    assert buf == 0


def test_subnormal_numbers_count_as_zero_in_a_step_and_nowhere_else():
    tiny = np.float32(1e-40)
    p, g = np.array([1.0, 0.0], np.float32), np.array([0.5, tiny], np.float32)
    m, v = np.array([0.0, tiny], np.float32), np.array([0.0, tiny], np.float32)
    numba_cpu.adam_step([p], [g], [m], [v], None, 1, RATE, 0.9, 0.999, 1e-8, 0.0, False, False)
    np.testing.assert_allclose(p, [1 - RATE, 0], rtol=1e-6)
    assert m[1] == v[1] == 0
    assert tiny * np.float32(1) == tiny > 0


# ------------------------------------------------------------------------------------------- the cache


@pytest.fixture
def module_with_loop(tmp_path):
    """make() imports a file with a compiled loop anew, as a new process does."""
    source = tmp_path / "loops.py"
    source.write_text(
        "from minigrad.kernels.numba_cpu.compiling import compiled\n"
        "@compiled\n"
        "def double(x):\n"
        "    for i in range(x.size):\n"
        "        x[i] *= 2\n"
    )
    counter = itertools.count()

    def make():
        spec = importlib.util.spec_from_file_location(f"loops{next(counter)}", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return make


def doubles(module):
    x = np.ones(3)
    module.double(x)
    return x.tolist() == [2.0, 2.0, 2.0]


def test_compiled_code_is_kept_beside_its_source(module_with_loop, tmp_path):
    assert doubles(module_with_loop())
    assert list(tmp_path.glob("__pycache__/loops.double*.nbc"))
    assert doubles(module_with_loop())


class AtOnce:
    """A threading.Timer whose time is over as soon as it starts."""

    def __init__(self, seconds, function):
        self.start, self.cancel = function, lambda: None


def test_a_line_says_so_when_loops_are_compiled_and_only_then(module_with_loop, monkeypatch, capsys):
    compiling = importlib.import_module("minigrad.kernels.numba_cpu.compiling")
    monkeypatch.setattr(compiling.threading, "Timer", AtOnce)
    monkeypatch.setattr(compiling, "_say", functools.cache(compiling._say.__wrapped__))
    assert doubles(module_with_loop())
    assert capsys.readouterr().err.startswith("minigrad: compiling fast loops")
    numba.njit(lambda: 1)()
    assert doubles(module_with_loop())  # from the disk
    module_with_loop().double(np.ones(3, np.float32))  # the line is said once
    compiling._say.cache_clear()
    assert doubles(module_with_loop())
    numba.njit(lambda: 2)()  # a learner's own
    assert capsys.readouterr().err == ""


def test_compiling_that_takes_no_time_is_not_mentioned(module_with_loop, monkeypatch, capsys):
    compiling = importlib.import_module("minigrad.kernels.numba_cpu.compiling")
    timers = []

    class Never:
        def __init__(self, seconds, function):
            timers.append(self)

        def start(self):
            self.running = True

        def cancel(self):
            self.running = False

    monkeypatch.setattr(compiling.threading, "Timer", Never)
    assert doubles(module_with_loop())
    assert [timer.running for timer in timers] == [False]
    assert capsys.readouterr().err == ""


def test_no_folder_for_the_cache_is_no_error(module_with_loop, monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    assert doubles(module_with_loop())


def test_what_is_kept_is_counted_while_it_is_used(tmp_path):
    """None at first, then one, and none when a source is newer; in a process and a folder of their own."""
    program = (
        "import numpy as np\n"
        "from pathlib import Path\n"
        "from minigrad.kernels import numba_cpu\n"
        "from minigrad.kernels.numba_cpu import compiling\n"
        "print(compiling.kept()[1])\n"
        "numba_cpu.sgd_step([np.ones(2)], [np.ones(2)], None, 1.0, 0.0, 0.0, 0.0, False, False)\n"
        "folder, count = compiling.kept()\n"
        "print(count, folder.is_relative_to(Path('kept').resolve()))\n"
        "compiling._folder = lambda source: (('loops.py', 2**63, 0),)\n"
        "print(compiling.kept()[1])\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    before, (after, there), changed = map(str.split, done.stdout.splitlines())
    assert before == changed == ["0"]
    assert int(after) > 0 and there == "True"


def test_a_full_disk_is_no_error_and_runs_the_loop_once(module_with_loop, monkeypatch):
    def full(self, key, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert doubles(module_with_loop())


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("kept", [0, 10, -100, None], ids=["empty", "start", "cut off", "gone"])
def test_a_cache_with_bytes_missing_is_no_error(module_with_loop, tmp_path, suffix, kept):
    assert doubles(module_with_loop())
    files = list(tmp_path.glob(f"__pycache__/*.{suffix}"))
    assert files
    for file in files:
        if kept is None:
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:kept])
    assert doubles(module_with_loop())


@pytest.mark.parametrize(
    "name", ["minigrad.errors\nNoSuchClass", "minigrad_of_old\nTeam"], ids=["class", "module"]
)
def test_a_cache_that_names_what_an_update_took_away_is_no_error_and_is_replaced(
    module_with_loop, tmp_path, name
):
    assert doubles(module_with_loop())
    (index,) = tmp_path.glob("__pycache__/*.nbi")
    with index.open("rb") as file:
        version = pickle.load(file)
    stale = pickle.dumps(version, protocol=-1) + f"c{name}\n.".encode()
    index.write_bytes(stale)
    assert doubles(module_with_loop())
    assert doubles(module_with_loop())
    assert index.read_bytes() != stale


def test_a_full_disk_or_a_file_that_cannot_be_opened_takes_nothing_from_the_cache(
    module_with_loop, tmp_path, monkeypatch
):
    assert doubles(module_with_loop())
    kept = sorted(tmp_path.glob("__pycache__/*.nb[ic]"))
    assert len(kept) == 2

    def fails(self, *args):
        raise OSError(24, "Too many open files")

    for broken in ("save", "load"):
        with monkeypatch.context() as patch:
            patch.setattr(f"numba.core.caching.IndexDataCacheFile.{broken}", fails)
            module_with_loop().double(np.ones(3, np.float32))
    assert sorted(tmp_path.glob("__pycache__/*.nb[ic]")) == kept


@pytest.mark.parametrize("width", microkernel.HEIGHTS)
def test_rows_are_cut_into_few_tiles(width):
    """Each row once, and save two alone not several tiles of one row, which take as long as one of four."""
    column, tiles = microkernel.COLUMNS[width].py_func, []
    cells = {
        name: types.CellType(lambda a, rows, i, *_, h=height: tiles.append((i, h)))
        for name, height in zip(
            ("tile_tall", "tile_middle", "tile_low", "tile_one"), microkernel.HEIGHTS[width], strict=True
        )
    }
    closure = zip(column.__code__.co_freevars, column.__closure__, strict=True)
    watched = types.FunctionType(
        column.__code__, column.__globals__, closure=tuple(cells.get(name, cell) for name, cell in closure)
    )
    for rows in range(1, 60):
        tiles.clear()
        watched(rows, *[0] * (column.__code__.co_argcount - 1))
        assert [row for i, h in tiles for row in range(i, i + h)] == list(range(rows))
        assert sum(h == 1 for _, h in tiles) <= (2 if rows == 2 else 1)
        assert len(tiles) <= rows // microkernel.HEIGHTS[width][0] + 3


def test_columns_of_tiles_have_names_of_their_own():
    """By its name alone is a function found that loops of two processes, both from the cache, call."""
    names = {column.__qualname__ for column in microkernel.COLUMNS.values()}
    assert len(names) == len(microkernel.HEIGHTS) >= 3

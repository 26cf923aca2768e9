"""What ``minigrad doctor`` finds on machines that lack something."""

import os
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from minigrad.commands import examinations
from minigrad.data.catalogue import KnownSet, StoredFile, catalogue
from minigrad.devices import place
from minigrad.errors import DeviceError


def asking_for(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: list(packages))


def test_packages_that_are_missing_or_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asking_for(monkeypatch, "numpy>=2.0", "surely-none>=3", "tensorboard>=99; extra == 'tensorboard'")
    found = examinations.packages()
    assert found.state == "wrong"
    assert found.told == f"surely-none is missing. Here: numpy {metadata.version('numpy')}"
    assert found.advice == "pip install 'surely-none>=3'"

    asking_for(monkeypatch, "numpy>=99")
    assert examinations.packages()[1:] == (
        *("wrong", f"numpy should be >=99. Here: numpy {metadata.version('numpy')}"),
        "pip install 'numpy>=99'",
    )

    asking_for(monkeypatch, "numpy>=2.0", "surely-none; sys_platform == 'amiga'")
    assert examinations.packages().state == "ok"


def test_minigrad_read_from_a_folder_names_no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert examinations.packages().state == "ok"
    assert "not installed" in examinations.packages().told


def test_threads_that_a_variable_takes_away_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examinations, "_available", lambda: 8)
    monkeypatch.setattr(examinations, "_width", lambda names: 256)
    monkeypatch.setattr(examinations.mg, "get_num_threads", lambda: 1)
    for name in examinations.THREADS:
        monkeypatch.delenv(name, raising=False)
    found = examinations.processor()
    assert found.state == "slow"
    assert "with AVX2; minigrad uses 1 thread" in found.told
    assert found.advice == "mg.set_num_threads(8), unless that is meant"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    found = examinations.processor()
    assert found.told.endswith("1 thread, as OMP_NUM_THREADS=1 says")
    assert found.advice == "unset OMP_NUM_THREADS, unless that is meant"


def test_a_busy_machine_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examinations, "_available", lambda: 4)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(examinations, "_width", lambda names: 512)
    threads = 4
    monkeypatch.setattr(examinations.mg, "get_num_threads", lambda: threads)
    monkeypatch.setattr(examinations, "_others_that_run", lambda: 1)
    found = examinations.processor()
    assert found.state == "slow" and "Other programs keep 1 busy" in found.told
    assert found.advice.endswith("or until then mg.set_num_threads(3)")
    monkeypatch.setattr(examinations, "_others_that_run", lambda: 6)
    assert "keep 4 busy" in examinations.processor().told
    assert examinations.processor().advice.endswith("mg.set_num_threads(1)")
    monkeypatch.setattr(os, "cpu_count", lambda: 64)  # of which this process may use four
    assert examinations.processor().state == "ok"
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(examinations, "_others_that_run", lambda: 0)
    assert examinations.processor().state == "ok"


def test_how_many_processors_others_take(tmp_path: Path) -> None:
    said = tmp_path / "loadavg"
    said.write_text("3.10 2.00 1.00 4/345 12345\n")
    assert examinations._others_that_run(said) == 3
    said.write_text("0.10 0.20 0.30 1/345 12345\n")
    assert examinations._others_that_run(said) == 0
    assert examinations._others_that_run(tmp_path / "none") == 0
    for odd in ("", "0.00 0.01 0.05", "0.00 0.01 0.05 a/b 7"):
        said.write_text(odd)
        assert examinations._others_that_run(said) == 0


def test_a_processor_without_wide_instructions_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examinations, "_width", lambda names: 128)
    assert examinations.processor().state == "slow"
    assert "without AVX2" in examinations.processor().told


@pytest.mark.parametrize(
    ("names", "bits"),
    [
        (["SSE3", "AVX2", "FMA3", "AVX512F", "AVX512_SKX"], 512),  # NumPy 2.0 to 2.3
        (["SSE3", "AVX", "FMA3", "AVX2"], 256),
        (["X86_V2", "X86_V3"], 256),  # NumPy from 2.4 on
        (["X86_V2", "X86_V3", "X86_V4"], 512),
        (["X86_V2"], 128),
    ],
)
def test_the_width_is_read_from_numpys_names(
    monkeypatch: pytest.MonkeyPatch, names: list[str], bits: int
) -> None:
    monkeypatch.setattr(examinations.platform, "machine", lambda: "AMD64")
    assert examinations._width(names) == bits
    monkeypatch.setattr(examinations.platform, "machine", lambda: "arm64")
    assert examinations._width(names) == 0


@pytest.mark.parametrize(
    ("core", "bits", "advice"),
    [
        ("Haswell", 512, "OPENBLAS_CORETYPE=SkylakeX"),
        ("Zen", 512, "OPENBLAS_CORETYPE=SkylakeX"),
        ("Prescott", 512, "OPENBLAS_CORETYPE=SkylakeX"),
        ("Sandybridge", 256, "OPENBLAS_CORETYPE=Haswell"),
        ("SkylakeX", 512, ""),
        ("Haswell", 256, ""),
        ("Nehalem", 128, ""),
        ("neoversen1", 0, ""),
        ("OfTheFuture", 512, ""),  # nothing is said of what is not known
    ],
)
def test_kernels_older_than_the_processor_are_slow(core: str, bits: int, advice: str) -> None:
    state, _, said = examinations._kernels_judged(core, bits, {})
    assert state == ("slow" if advice else "ok")
    assert advice in said and bool(advice) == bool(said)


def test_a_library_of_products_that_is_not_known_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)  # so that importing it fails
    found = examinations.products()
    assert found.state == "ok" and "no more is known of it" in found.told


def test_loops_that_are_turned_off_or_cannot_be_kept_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = pytest.importorskip("minigrad.kernels.numba_cpu.compiling")
    monkeypatch.setattr(compiling, "kept", lambda: (None, 0))
    assert examinations.loops().state == "wrong"
    assert "NUMBA_CACHE_DIR" in examinations.loops().advice
    monkeypatch.setattr(compiling, "kept", lambda: (Path("somewhere"), 0))
    assert examinations.loops().state == "slow"
    monkeypatch.setattr(compiling, "kept", lambda: (Path("somewhere"), 12))
    assert examinations.loops()[1:] == ("ok", "numba works; 12 are compiled, in somewhere", "")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert examinations.loops().advice == "unset NUMBA_DISABLE_JIT"


def test_a_missing_numba_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def backend(name: str) -> None:
        examinations.warnings.warn("numba cannot be loaded (why)", RuntimeWarning, stacklevel=1)
        raise ImportError("backend('numba'): numba cannot be loaded; install it")

    monkeypatch.setattr(examinations.mg, "backend", backend)
    found = examinations.loops()
    assert found.state == "wrong"
    assert "(why)" in found.told and found.told.endswith("install it")


def test_a_missing_engine_of_graphs_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    import minigrad.viz.graphs.render as rendering

    monkeypatch.setattr(rendering.shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering.importlib.util, "find_spec", lambda name: None)
    found = examinations.pictures()
    assert found.state == "wrong"
    assert "pygraphviz is not installed" in found.told and "pip install" in found.told


def test_a_card_is_missed_only_where_a_driver_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, owner: str) -> None:
        raise DeviceError("GPU: CuPy is not installed")

    monkeypatch.setattr(place, "find", find)
    monkeypatch.setattr(examinations.shutil, "which", lambda name: None)
    assert examinations.gpu().state == "ok"
    monkeypatch.setattr(examinations.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert examinations.gpu().state == "slow"
    assert "CuPy is not installed" in examinations.gpu().told


def test_cards_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "find", lambda name, owner: "cuda:0")
    monkeypatch.setattr(examinations.mg.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(examinations.mg.cuda, "get_device_name", "Card {}".format)
    assert examinations.gpu()[1:] == ("ok", "Card 0, Card 1; x.to('cuda') brings a tensor there", "")


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownSet:
    """A set of one file with five bytes, which is the only one that is known."""
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    file = StoredFile("a", 5, lambda path: None)
    known = replace(catalogue()[0], name="numbers", folder="numbers", elsewhere=None, files=(file,))
    monkeypatch.setattr(examinations, "catalogue", lambda: [known])
    return known


def test_data_sets_are_found_and_cut_files_are_wrong(numbers: KnownSet, tmp_path: Path) -> None:
    assert examinations.data_sets()[1:] == (
        *("ok", "not here: numbers"),
        "minigrad data fetch numbers, when a lesson needs it",
    )
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "a").write_bytes(b"right")
    assert examinations.data_sets()[1:] == ("ok", f"numbers is in {tmp_path / 'numbers'}", "")
    (tmp_path / "numbers" / "a").write_bytes(b"cut")
    found = examinations.data_sets()
    assert found.state == "wrong" and found.advice == "minigrad data repair numbers"


def test_a_cache_that_cannot_be_written_is_wrong(
    numbers: KnownSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "deep" / "deeper"))
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # the innermost that is there
    found = examinations.data_sets()
    assert found.state == "wrong" and "MINIGRAD_DATA" in found.advice

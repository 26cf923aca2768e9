"""Settings that every test shares. Read by pytest before any test module, and so before NumPy loads."""

import functools
import os
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

# One thread per process for matrix products: `make test` runs one process per core, and two processes
# with two threads each would wait for one another. A value that you set yourself stays.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Pictures are drawn into memory and files, never into a window.
os.environ.setdefault("MPLBACKEND", "Agg")


COMPILING = "minigrad: compiling fast loops for this processor, some seconds for each that is new to it\n"
"""What is said on stderr where fast loops are compiled: in the first run on a machine, once in a process."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test after how many bytes it was given, not after the bytes."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run for want of PyTorch or a GPU, and why tests in a browser were skipped: an s among
    thousands of dots is not seen.
    """
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.getreports("skipped")
        if report.nodeid.startswith("tests/browser/")
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"Skipped in a browser, {count}: {reason}")
    if terminalreporter.config.getoption("device") is None and not _a_gpu():
        terminalreporter.write_line("Not run on a GPU: there is none here, or no CuPy")
    if not _has_pytorch():
        terminalreporter.write_line("Not compared with PyTorch: it is not installed")


# The device that a test runs on -----------------------------------------------------------------------------
#
# A test that takes the fixture ``device`` runs on each: on the CPU, on the arrays of tests/foreign, which
# stand in for a GPU's where there is none, and on a GPU if there is one (a test that is skipped takes 4 ms,
# and they are 4,000). New tensors are there unless the test says else. A module says so for all
# of its tests with ``pytestmark = pytest.mark.usefixtures("device")``, and ``@pytest.mark.devices("cpu")``
# takes one out that is about what only the CPU has. ``pytest --device cuda`` runs these tests, and those of
# the kernels, on the GPU alone.

DEVICES = ("cpu", "foreign", "cuda")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device",
        choices=DEVICES,
        help="run the tests that take a device, on this one alone",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "device" in metafunc.fixturenames:
        only, marker = metafunc.config.getoption("device"), metafunc.definition.get_closest_marker("devices")
        named = DEVICES if marker is None else marker.args
        here = [d for d in named if d == only or (only is None and (d != "cuda" or _a_gpu()))]
        metafunc.parametrize("device", here, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept = [item for item in items if not config.getoption("device") or _takes_a_device(item)]
    if not _has_pytorch():  # they are thousands, and to skip one takes 4 ms
        kept = [item for item in kept if COMPARING.isdisjoint(getattr(item, "fixturenames", ()))]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=list(set(items).difference(kept)))
        items[:] = kept


COMPARING = {"beside", "on_both", "same_as_torch"}
"""Fixtures that compare with PyTorch."""


@functools.cache
def _has_pytorch() -> bool:
    return find_spec("torch") is not None


def _takes_a_device(item: pytest.Item) -> bool:
    """Whether a test has ``device``, or is one of the kernels' tests on a card."""
    if "device" in getattr(item, "fixturenames", ()):
        return True
    call = getattr(item, "callspec", None)
    on_a_card = call is not None and "card" in call.id.split("-")
    return on_a_card and item.config.getoption("device") == "cuda"


_lost: list[str] = []
"""The test after which CUDA answers nothing in this process: a kernel was where it may not be."""


@functools.cache
def _a_gpu() -> bool:
    import minigrad as mg

    return mg.cuda.is_available()


@pytest.fixture
def device(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The device that the test runs on: the default for its new tensors."""
    import minigrad as mg

    name: str = request.param
    if name == "foreign":
        import tests.foreign  # noqa: F401 (makes the place known)
    if name == "cuda" and not _a_gpu():
        pytest.skip("there is no GPU here, or no CuPy")
    if name == "cuda" and _lost:
        pytest.skip(f"CUDA answers nothing more in this process, since {_lost[0]}")
    precision = mg.get_float32_conv_precision()
    if name == "cuda":
        mg.set_float32_conv_precision("highest")  # what is compared are digits
    before = mg.random._of_gpus.copy()
    with mg.device(name) as place:
        yield place
    mg.random._of_gpus.clear()  # a generator that the test has used is a source of random numbers for others
    mg.random._of_gpus.update(before)
    mg.set_float32_conv_precision(precision)
    if name == "cuda":
        try:
            mg.cuda.synchronize()  # what goes wrong on the GPU is told late; it belongs to this test
        except RuntimeError as error:
            _lost.append(request.node.nodeid)
            pytest.fail(f"what this test began on the GPU has failed there: {error}")


# What tests leave behind ------------------------------------------------------------------------------------


@pytest.fixture
def own_operations() -> Iterator[None]:
    """Operations that the test defines are gone afterwards: other tests walk the list of all there are."""
    from minigrad.engine.op import OPS

    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)

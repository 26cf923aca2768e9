"""Every source compiles for a card, where a compiler for one is at hand."""

import os
import sys
from itertools import combinations_with_replacement
from pathlib import Path
from types import SimpleNamespace

import pytest

from minigrad.kernels.cupy_gpu import compiling, launch
from minigrad.kernels.cupy_gpu.compiling import Variant, compiled, variants

needs_compiler = pytest.mark.skipif(
    compiling.compiler() is None, reason="neither NVRTC (pip install nvidia-cuda-nvrtc) nor nvcc is found"
)
SOURCES = sorted({variant.source for variant in variants()})


def in_pairs(source):
    """Variants of a source in which every two definitions meet that meet in any of them: of the convolution's
    40 they are 10; ``python -m minigrad.kernels.cupy_gpu.compiling`` compiles all."""
    pairs = {v: set(combinations_with_replacement(v.defines, 2)) for v in variants() if v.source == source}
    unseen, chosen = set().union(*pairs.values()), []
    while unseen:
        chosen.append(max(pairs, key=lambda v: len(pairs[v] & unseen)))
        unseen -= pairs[chosen[-1]]
    return chosen


def test_every_source_is_among_them():
    assert {path.name for path in launch.SOURCE.glob("*.cu")} == set(SOURCES)


@needs_compiler
@pytest.mark.parametrize("source", SOURCES)
def test_compiles_with_what_it_is_compiled_with(source):
    kernels = launch.kernels_in(source)
    for variant in in_pairs(source):
        code = compiled(variant)
        assert code.startswith(b"\x7fELF"), variant
        for kernel in kernels:
            assert f".text.{kernel}\0".encode() in code, (variant, kernel)


@needs_compiler
def test_what_does_not_compile_is_named_with_what_the_compiler_says():
    with pytest.raises(RuntimeError, match=r"(?s)rows.cu REAL=nothing does not compile:.*nothing"):
        compiled(Variant("rows.cu", (("REAL", "nothing"),)))


NVCC = """\
#!/bin/sh
# In place of nvcc: writes what it was given where the code should go; refuses what defines REAL as nothing.
command="$*"
while [ "$1" != -o ]; do source="$1"; shift; done
case "$command" in *REAL=nothing*) echo "kernel.cu: error: nothing" >&2; exit 2;; esac
{ echo "$command" | sed "s|$source.*|KERNEL|"; cat "$source"; } > "$2"
"""


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for nvcc is a shell's")
def test_nvcc_is_given_the_source_and_what_it_is_compiled_with(monkeypatch, tmp_path):
    (tmp_path / "nvcc").write_text(NVCC, encoding="utf-8")
    (tmp_path / "nvcc").chmod(0o755)
    monkeypatch.setattr(compiling, "_nvrtc", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    rows = Variant("rows.cu", (("REAL", "double"),))
    together = next(variant for variant in variants() if variant.warpgroups)
    for variant, architecture, name in (
        (rows, "sm_80", "sm_80"),
        (rows, "sm_90", "sm_90"),
        (together, "sm_90", "sm_90a"),
    ):
        command, source = compiled(variant, architecture).decode().split("\n", 1)
        defines = [f"-D{key}={value}" for key, value in variant.defines]
        assert command.split() == ["-cubin", f"-arch={name}", "-std=c++17", *defines, "KERNEL"]
        assert source == launch.program(variant.source)
    with pytest.raises(
        RuntimeError, match=r"^rows.cu REAL=nothing does not compile:\nkernel.cu: error: noth"
    ):
        compiled(Variant("rows.cu", (("REAL", "nothing"),)))


# Which compiler ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nvrtc", "nvcc", "expected"),
    [
        ("a library", "/usr/bin/nvcc", "nvrtc"),
        ("a library", None, "nvrtc"),
        (None, "/usr/bin/nvcc", "nvcc"),
        (None, None, None),
    ],
)
def test_the_compiler_is_nvrtc_or_else_nvcc(nvrtc, nvcc, expected, monkeypatch):
    monkeypatch.setattr(compiling, "_nvrtc", lambda: nvrtc)
    monkeypatch.setattr(compiling.shutil, "which", lambda name: nvcc if name == "nvcc" else None)
    assert compiling.compiler() == expected


def test_nvrtc_is_the_packages_or_else_the_systems(monkeypatch, tmp_path):
    packaged = tmp_path / "cu13" / "lib" / "libnvrtc.so.13"
    packaged.parent.mkdir(parents=True)
    packaged.touch()
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: package)
    loadable = [str(packaged), "libnvrtc.so.13", "libnvrtc.so.12"]

    def load(name):
        if name not in loadable:
            raise OSError(name)
        return name

    monkeypatch.setattr(compiling.ctypes, "CDLL", load)
    while loadable:
        assert compiling._nvrtc.__wrapped__() == loadable.pop(0)
    assert compiling._nvrtc.__wrapped__() is None


# For the card that is here ----------------------------------------------------------------------------------


def test_what_was_compiled_is_kept_for_each_variant_and_architecture(monkeypatch, tmp_path):
    made = []

    def noting(variant, architecture):
        made.append((variant, architecture))
        return f"code {len(made)}".encode()

    monkeypatch.setattr(compiling, "compiled", noting)
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "new" / "cache"))
    float32, float64 = (Variant("rows.cu", (("REAL", real),)) for real in ("float", "double"))
    asked = [(float32, "sm_90"), (float64, "sm_90"), (float32, "sm_80")]
    files = [Path(compiling.kept(*one)) for one in asked * 2]
    assert made == asked
    assert files[:3] == files[3:]
    assert [file.read_bytes() for file in files[:3]] == [b"code 1", b"code 2", b"code 3"]
    assert {file.parent for file in files} == {tmp_path / "new" / "cache"}


class Nvrtc:
    """NVRTC that knows three architectures."""

    KNOWN = 75, 80, 90

    def nvrtcGetNumSupportedArchs(self, count):
        count._obj.value = len(self.KNOWN)

    def nvrtcGetSupportedArchs(self, numbers):
        numbers[:] = self.KNOWN


@pytest.mark.parametrize(
    ("cards", "nvrtc", "expected"),
    [
        (["90"], Nvrtc(), "sm_90"),
        (["80", "80"], Nvrtc(), "sm_80"),
        (["80", "90"], Nvrtc(), None),
        (["120"], Nvrtc(), None),
        (["90"], None, None),
    ],
)
def test_cards_are_compiled_for_where_they_are_alike_and_nvrtc_knows_them(
    cards, nvrtc, expected, monkeypatch
):
    cuda = SimpleNamespace(
        runtime=SimpleNamespace(getDeviceCount=lambda: len(cards)),
        Device=lambda number: SimpleNamespace(compute_capability=cards[number]),
        nvrtc=SimpleNamespace(getVersion=lambda: (13, 0)),
    )
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(compiling, "_nvrtc", lambda: nvrtc)
    assert compiling.here.__wrapped__() == expected

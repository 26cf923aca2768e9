"""Every source compiles for a card, where a compiler for one is at hand."""

import pytest

from minigrad.kernels.cupy_gpu import compiling, launch
from minigrad.kernels.cupy_gpu.compiling import Variant, compiled, variants

needs_compiler = pytest.mark.skipif(
    compiling.compiler() is None, reason="neither NVRTC (pip install nvidia-cuda-nvrtc) nor nvcc is found"
)
SOURCES = sorted({variant.source for variant in variants()})


def test_every_source_is_among_them():
    assert {path.name for path in launch.SOURCE.glob("*.cu")} == set(SOURCES)


@needs_compiler
@pytest.mark.parametrize("source", SOURCES)
def test_compiles_with_all_that_it_is_compiled_with(source):
    kernels = launch.kernels_in(source)
    for variant in variants():
        if variant.source == source:
            code = compiled(variant)
            assert code.startswith(b"\x7fELF"), variant
            for kernel in kernels:
                assert f".text.{kernel}\0".encode() in code, (variant, kernel)


@needs_compiler
def test_what_does_not_compile_is_named_with_what_the_compiler_says():
    with pytest.raises(RuntimeError, match=r"(?s)rows.cu REAL=nothing does not compile:.*nothing"):
        compiled(Variant("rows.cu", (("REAL", "nothing"),)))

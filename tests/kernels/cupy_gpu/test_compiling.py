"""Every source compiles for a card, where a compiler for one is at hand."""

from itertools import combinations_with_replacement

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

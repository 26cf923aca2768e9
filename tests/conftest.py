"""Settings that every test shares. Read by pytest before any test module, and so before NumPy loads."""

import os

# One thread per process for matrix products: `make test` runs one process per core, and two processes
# with two threads each would wait for one another. A value that you set yourself stays.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Pictures are drawn into memory and files, never into a window.
os.environ.setdefault("MPLBACKEND", "Agg")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test after how many bytes it was given, not after the bytes."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None

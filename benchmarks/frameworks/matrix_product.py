"""The machine's rate of single-precision matrix products, as far as a library reaches it."""

import time
from collections.abc import Callable
from typing import Any

SIZES = (1024, 1536, 2048)


def best(multiply: Callable[[Any, Any, Any], Any], random: Callable[..., Any]) -> Callable[[], Any]:
    """The function that multiplies two square matrices, of the size that goes fastest.

    It gives the number of floating-point operations that this takes.
    """
    rates = {}
    for size in SIZES:
        run = of_size(size, multiply, random)
        run()
        start = time.perf_counter()
        rates[run() / (time.perf_counter() - start)] = size
    return of_size(rates[max(rates)], multiply, random)


def of_size(
    size: int, multiply: Callable[[Any, Any, Any], Any], random: Callable[..., Any]
) -> Callable[[], int]:
    a, b, y = (random(size, size) for _ in range(3))

    def run() -> int:
        multiply(a, b, y)
        return 2 * size**3

    return run

"""An array library that is not NumPy, and behaves as CuPy does: what tests run on where there is no GPU.

``tests.foreign.place`` is a place for tensors (``device="foreign"``) beside "cpu" and "cuda". Its arrays are
in memory that NumPy cannot see: whoever takes them for NumPy's, or brings a NumPy array beside one, gets the
TypeError that CuPy raises. A function, an option or a method that CuPy lacks is refused as well.

What is checked here is code, not numbers: a formula that runs on these arrays runs on a GPU.
"""

from tests.foreign.array import ForeignArray
from tests.foreign.place import place

__all__ = ["ForeignArray", "place"]

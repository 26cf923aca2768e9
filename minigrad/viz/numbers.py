"""What is drawn, as NumPy's numbers, wherever it is."""

from typing import Any

import numpy as np

from minigrad.devices import place


def numbers(values: Any) -> Any:
    """A NumPy array of a tensor on any device, of an array, or of nested lists."""
    on_a_device = hasattr(values, "cpu")  # a tensor, PyTorch's as well
    return np.asarray(values.cpu() if on_a_device else values)


def on_the_cpu(array: Any) -> Any:
    """A raw array as NumPy's; NumPy's own as it is."""
    return place.to_host(place.as_array(array))

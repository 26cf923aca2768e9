"""Where arrays are, on the CPU or a card: below everything that computes.

names.py        what devices are called, and which one is the default
place.py        where an array is; arrays are made there, and brought there
cuda_place.py   the same for NVIDIA cards, by CuPy
capturing.py    what is done otherwise while a step is captured as one graph of a card
memory.py       freed memory of the CPU is kept for the next array
"""

from minigrad.devices.memory import keep_freed_memory
from minigrad.devices.names import CPU, default, device, get_default_device, set_default_device

__all__ = ["CPU", "default", "device", "get_default_device", "set_default_device"]

keep_freed_memory()

"""Whether all ranks say the same: what they call, or how their networks are built."""

import zlib

import numpy as np

from minigrad.distributed.channel import Channel


class Agreement:
    """A request that is done when every rank has said its words; ``reached`` then tells if all said the same.

    What travels is a number for the words: its maximum over the ranks and its minimum, that of -number.
    """

    def __init__(self, channel: Channel, words: str) -> None:
        self.words = words
        number = zlib.crc32(words.encode())
        self._extremes = np.array([number, -number], np.int64)
        self._request = channel.all_reduce(self._extremes, "max")

    def Test(self) -> bool:
        """Whether every rank has said its words."""
        return bool(self._request.Test())

    @property
    def reached(self) -> bool:
        """Whether all ranks have said the same."""
        return bool(self._extremes.sum() == 0)

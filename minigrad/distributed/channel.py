"""What carries numbers from rank to rank: MPI or, for a program alone, nothing.

A channel starts an operation on NumPy arrays and returns a request; ``request.Test()`` says whether it is
done, and gives MPI a moment to work on it. Operations of one channel have to be started in the same order on
all ranks; two channels do not know of each other.
"""

import time
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_PAUSE = 0.001  # seconds between two looks at whether the others have left


class Request(Protocol):
    """An operation under way."""

    def Test(self) -> bool:
        """Whether it is done."""


class Done:
    """A request that was done when it was made."""

    def Test(self) -> bool:
        """True."""
        return True


class Channel:
    """The channel of a program alone, a group of one rank. `MpiChannel` is that of several."""

    rank, size = 0, 1

    def all_reduce(self, array: Array, op: str) -> Request:
        """Put into ``array`` the "sum", "prod", "min" or "max" over all ranks, number by number."""
        return Done()

    def broadcast(self, array: Array, root: int) -> Request:
        """Put into ``array`` what it holds on the rank ``root``."""
        return Done()

    def all_gather(self, into: Array, array: Array) -> Request:
        """Put into ``into`` the arrays of all ranks, one after the other."""
        into[...] = array.reshape(into.shape)
        return Done()

    def barrier(self) -> Request:
        """Done when every rank has started it."""
        return Done()

    def another(self) -> "Channel":
        """A second channel between the same ranks. All of them have to ask for it."""
        return self

    def free(self) -> None:
        """Give back what a channel from `another` holds: there are only so many."""

    def left(self) -> int | None:
        """A rank that has ended its program; None if nobody has told so."""
        return None

    def take_leave(self) -> None:
        """Tell the others that this program ends, and wait until theirs do."""

    def abort(self) -> None:
        """End the programs of all ranks."""


class MpiChannel(Channel):
    """The channel between the ranks of an MPI communicator, which mpi4py makes."""

    def __init__(self, communicator: Any, first: "MpiChannel | None" = None) -> None:
        from mpi4py import MPI

        self._mpi, self._first = MPI, first
        self._operations = {"sum": MPI.SUM, "prod": MPI.PROD, "min": MPI.MIN, "max": MPI.MAX}
        self._ranks = communicator.Dup()
        if first is None:  # then this one has the word that a rank leaves, and nothing else comes that way
            self._farewells = communicator.Dup()
            self._left: int | None = None
        self.rank, self.size = communicator.Get_rank(), communicator.Get_size()

    def all_reduce(self, array: Array, op: str) -> Request:
        request: Request = self._ranks.Iallreduce(self._mpi.IN_PLACE, array, self._operations[op])
        return request

    def broadcast(self, array: Array, root: int) -> Request:
        request: Request = self._ranks.Ibcast(array, root)
        return request

    def all_gather(self, into: Array, array: Array) -> Request:
        request: Request = self._ranks.Iallgather(array, into)
        return request

    def barrier(self) -> Request:
        request: Request = self._ranks.Ibarrier()
        return request

    def another(self) -> Channel:
        return MpiChannel(self._ranks, self._first or self)

    def free(self) -> None:
        self._ranks.Free()

    def left(self) -> int | None:
        if self._first is not None:
            return self._first.left()
        status = self._mpi.Status()
        if self._left is None and self._farewells.Iprobe(status=status):
            self._left = int(status.Get_source())
        return self._left

    def take_leave(self) -> None:
        others = [rank for rank in range(self.size) if rank != self.rank]
        nothing = np.empty(0, np.uint8)
        requests = [self._farewells.Isend(nothing, rank) for rank in others]
        requests += [self._farewells.Irecv(nothing, rank) for rank in others]
        while not self._mpi.Request.Testall(requests):
            time.sleep(_PAUSE)

    def abort(self) -> None:
        self._mpi.COMM_WORLD.Abort(1)

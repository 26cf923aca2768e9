"""Waiting for the other ranks, but not forever: who waits in vain ends with a message."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

from minigrad.distributed.agreement import Agreement
from minigrad.distributed.channel import Channel, Request
from minigrad.errors import DistBackendError

_BUSY = 0.002  # seconds of asking again at once: as a rule the others are about to come
_PAUSE = 0.0001
_GRACE = 2.0  # seconds that a message of a rank that has left may still be on its way
_ALIKE = "All ranks have to call the same operations in the same order, with the same shapes and dtypes."

_give_way: Callable[[], object] = getattr(os, "sched_yield", lambda: time.sleep(0))


class Work:
    """A collective operation under way, what ``async_op=True`` returns.

    Args:
        what: its name, for messages.
        request, channel: what was started, and where.
        timeout: how long ``wait`` waits for the other ranks, in seconds.
        finish: what is to be done when it has come to its end.
        on_failure: what is to be done when it has not.
        call: what was told to the other ranks before it was started, for them to compare.
    """

    def __init__(
        self,
        what: str,
        request: Request,
        channel: Channel,
        timeout: float,
        finish: Callable[[], object] | None = None,
        on_failure: Callable[[], object] | None = None,
        call: Agreement | None = None,
    ) -> None:
        self._what, self._request, self._channel, self._timeout = what, request, channel, timeout
        self._finish, self._on_failure = finish, on_failure
        self._call = call
        self._done = False

    def is_completed(self) -> bool:
        """Whether all ranks have done their part. To ask gives MPI a moment to work on it."""
        if self._call is not None and self._asked(self._call):
            self._compare(self._call)
            self._call = None
        if self._call is None and not self._done:
            self._done = self._asked(self._request)
        return self._done

    def wait(self, timeout: timedelta | None = None) -> bool:
        """Wait until it is done and its result is there; True.

        Raises DistBackendError when the timeout is over, or when a rank has ended its program meanwhile.
        """
        limit = self._timeout if timeout is None else timeout.total_seconds()
        began = time.monotonic()
        heard = float("inf")  # when we heard that somebody has left
        while not self.is_completed():
            now = time.monotonic()
            if now - began < _BUSY:
                _give_way()
                continue
            time.sleep(_PAUSE)
            if heard == float("inf") and self._channel.left() is not None:
                heard = now
            if now - heard > _GRACE:
                self._fail(
                    f"rank {self._channel.left()} has ended its program, and rank {self._channel.rank} waits "
                    "for it. All ranks have to call the same operations equally often: have they equally "
                    "many batches?"
                )
            if now - began > limit:
                self._fail(
                    f"rank {self._channel.rank} has waited {limit:g} s for the others. One of them hangs, or "
                    "does something else: all ranks have to call the same operations in the same order. If "
                    "one is slow, let the others wait longer: "
                    "init_process_group(timeout=timedelta(minutes=30))."
                )
        if self._finish is not None:
            self._finish()
            self._finish = None
        return True

    def _asked(self, request: Request) -> bool:
        try:
            return bool(request.Test())
        except RuntimeError as error:  # MPI's own: it may find what is wrong before the words have come
            self._fail(f"MPI says: {error}. {_ALIKE}")

    def _compare(self, call: Agreement) -> None:
        if not call.reached:
            self._fail(f"rank {self._channel.rank} calls {call.words}, another rank something else. {_ALIKE}")

    def _fail(self, why: str) -> NoReturn:
        if self._on_failure is not None:
            self._on_failure()
        raise DistBackendError(f"{self._what}: {why}")

"""What a thread has set for a ``with`` block: whether operations are recorded, whose kernels run."""

import threading
from collections import defaultdict
from typing import Any


class Setting:
    """Inside ``with``, one field of a thread's state has another value; at the end, the one it had before."""

    def __init__(self, state: threading.local, field: str, value: Any) -> None:
        self.state, self.field, self.value = state, field, value
        # A stack for each thread: one object may be entered again inside itself, and by several threads.
        self._before: defaultdict[int, list[Any]] = defaultdict(list)

    def __enter__(self) -> None:
        self._before[threading.get_ident()].append(getattr(self.state, self.field))
        setattr(self.state, self.field, self.value)

    def __exit__(self, *raised: object) -> None:
        setattr(self.state, self.field, self._before[threading.get_ident()].pop())

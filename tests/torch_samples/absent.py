"""Why a sample was left out: the page says what minigrad does not have, or there is nothing to compare."""

import re
from dataclasses import dataclass

HEADING = "What is not there"


@dataclass(frozen=True)
class Absent:
    """What minigrad does not have: a pattern of the reason, and the words of the page."""

    reason: str
    words: str


ABSENT = (
    Absent(r"^out=,", "`out=`"),
    Absent(r"^memory_format=,", "`memory_format=`"),
    Absent(r"^layout=,", "`layout=`"),
    Absent(r"^complex numbers$", "complex numbers"),
    Absent(r"^more than NumPy's 64 axes$", "more than 64 axes"),
    Absent(
        r"^refused by name: embedding: (max_norm|scale_grad_by_freq|sparse)=",
        "`embedding`: `max_norm`, `scale_grad_by_freq`, `sparse`",
    ),
    Absent(r"^refused by name: interpolate: mode 'bicubic'", '`"bicubic"`'),
    Absent(r"^refused by name: interpolate: antialias=", "`antialias`"),
    Absent(r"^refused by name: interpolate: mode area", '`"area"` in three dimensions'),
    Absent(r"^refused by name: norm: .*'nuc'$", '`norm`: `"nuc"`'),
    Absent(r"^refused by name: scatter: reduce=", "`scatter`: `reduce`"),
    Absent(r"^refused by name: (SGD|Adam|AdamW|NAdam|RMSprop|Adagrad): lr as a Tensor", "numbers as tensors"),
    Absent(r"^refused by name: (Adam|AdamW): betas\[\d\] as a Tensor", "numbers as tensors"),
    Absent(r"^refused by name: (Adam|AdamW): foreach=True", "`foreach`"),
    Absent(r"^refused by name: DataLoader: timeout=", "`timeout`"),
    Absent(r"^refused by name: DataLoader: worker_init_fn=", "`worker_init_fn`"),
    Absent(r"^refused by name: DataLoader: persistent_workers=", "`persistent_workers`"),
    Absent(r"^refused by name: DataLoader: in_order=False", "`in_order=False`"),
)

NOTHING_TO_COMPARE = (
    "a sample that PyTorch takes in another form of the operation only",
    "an option, for an operator of Python's",
    "a method of what is no tensor",
)
"""Of a sample that is another name's, or that nobody can write: ``x.__add__(y, alpha=2)``."""


def absent(reason: str) -> Absent | None:
    """What the page says about the reason."""
    return next((a for a in ABSENT if re.search(a.reason, reason)), None)

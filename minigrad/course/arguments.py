"""The arguments of a record: are they text, and a whole number?"""

from typing import Any

import numpy as np

_TEXTS = {
    "table": ", one line for each name",
    "then": ", one line for each name",
    "paths": ", one line for each path",
    "output": ", the name of a node",
    "rounding": ', "round" or "cut"',
}
"""What is written in some of the texts of a record."""


def check_types(decimals: Any, texts: dict[str, Any], optional: dict[str, Any]) -> None:
    """Raise if an argument is not what it has to be; ``optional`` ones may be None."""
    given = {name: text for name, text in optional.items() if text is not None}
    for name, text in {**texts, **given}.items():
        if not isinstance(text, str):
            came = f"a {type(text).__name__}" if isinstance(text, (list, tuple, dict, set)) else repr(text)
            raise TypeError(f"Example: {name} is text in quotes{_TEXTS.get(name, '')}, not {came}.")
    if isinstance(decimals, bool) or not isinstance(decimals, (int, np.integer)):
        raise TypeError(
            f"Example: decimals is a whole number, not {decimals!r}. Write decimals=2 for numbers like 0.25."
        )

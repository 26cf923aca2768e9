"""Is what came out what should have? If not: which result, at which index, expected and got."""

import re
from typing import Any

import numpy as np


def difference(got: Any, expected: Any, close: float, digits: int | None, name: str) -> str | None:
    """A sentence that says where they differ; None if they agree.

    Args:
        got: what the answer returned.
        expected: numbers, arrays, strings, None, or lists, tuples and dicts of them.
        close: the distance allowed for each unit of the largest number of an expected array.
        digits: if the expected numbers are written by hand, how many digits stand behind the point.
        name: of the result, for the sentence.
    """
    if isinstance(expected, (tuple, list)):
        return _several(got, expected, close, digits, name)
    if isinstance(expected, dict):
        return _dict(got, expected, close, digits, name)
    if expected is None or isinstance(expected, (str, bool)):
        if isinstance(got, (np.ndarray, np.generic)) and got.ndim == 0:
            got = got.item()
        same = got is None if expected is None else isinstance(got, type(expected)) and got == expected
        return None if same else f"{name} should be {told(expected)}, and is {told(got)}"
    return _numbers(got, np.asarray(expected), close, digits, name)


def _several(got: Any, expected: Any, close: float, digits: int | None, name: str) -> str | None:
    count = len(expected)
    if got is None:
        return f"{name} should be {count} values, and nothing was returned: is there a return at the end?"
    if not isinstance(got, (tuple, list)):
        if not isinstance(got, np.ndarray) or got.ndim == 0 or isinstance(expected, tuple):
            return f"{name} should be {count} values in a {type(expected).__name__}, and is {told(got)}"
        got = list(got)
    if len(got) != count:
        values = "1 value" if count == 1 else f"{count} values"
        return f"{name} should be {values}, and is {len(got)}: {told(got)}"
    names = name.split(", ")
    if len(names) != count:
        names = [f"{name}[{index}]" for index in range(count)]
    for one, right, of in zip(got, expected, names, strict=True):
        if found := difference(one, right, close, digits, of):
            return found
    return None


def _dict(got: Any, expected: dict[Any, Any], close: float, digits: int | None, name: str) -> str | None:
    if not isinstance(got, dict):
        return f"{name} should be a dict with {told(list(expected))}, and is {told(got)}"
    if set(got) != set(expected):
        return f"{name} should have the keys {told(list(expected))}, and has {told(list(got))}"
    for key, right in expected.items():
        if found := difference(got[key], right, close, digits, f"{name}[{key!r}]"):
            return found
    return None


def _numbers(got: Any, expected: Any, close: float, digits: int | None, name: str) -> str | None:
    if got is None:
        return f"{name} is None: is there a return at the end?"
    if isinstance(got, (str, dict)):
        return f"{name} should be {_what(expected)}, and is {told(got)}"
    try:
        array = np.asarray(got)
    except ValueError:  # lists of different lengths in a list
        return f"{name} should be {_what(expected)}, and is {told(got)}"
    if array.dtype.kind not in "biuf":
        return f"{name} should be {_what(expected)}, and is {told(got)}"
    if array.shape != expected.shape:
        return f"{name} should be {_what(expected)}, and is {_what(array)}"
    array, right = array.astype(np.float64), expected.astype(np.float64)
    finite = np.abs(right[np.isfinite(right)])
    bound = close * max(float(finite.max(initial=0.0)), 1e-6) if digits is None else 0.51 * 10.0**-digits
    with np.errstate(invalid="ignore"):  # inf - inf
        same = (np.abs(array - right) <= bound) | (array == right) | (np.isnan(array) & np.isnan(right))
    if same.all():
        return None
    index = tuple(int(place) for place in np.argwhere(~same)[0])
    of = f"{name}[{', '.join(map(str, index))}]" if index else name
    if expected.dtype == bool and np.isin(array[index], (0, 1)):
        wanted, came = str(bool(right[index])), str(bool(array[index]))
    else:
        wanted, came = _apart(right[index], array[index])
    sentence = f"{of} should be {wanted}, and is {came}{_rounded(np.asarray(got), array, right)}"
    if right.size > 1:
        sentence += f"; {int((~same).sum())} of {right.size} numbers differ"
    return sentence


def _rounded(got: Any, array: Any, right: Any) -> str:
    """That it is right but for the digits of float32, or of float16, if it is."""
    if got.dtype not in (np.float32, np.float16):
        return ""
    within = 4 * float(np.finfo(got.dtype).eps)
    if not np.allclose(array, right, rtol=within, atol=within * float(np.abs(right).max())):
        return ""
    return f": it is in {got.dtype}, which has fewer digits than the float64 that came in"


def _what(array: Any) -> str:
    """The shape in words."""
    return "one number" if array.ndim == 0 else f"an array of shape {array.shape}"


def _apart(wanted: Any, came: Any) -> tuple[str, str]:
    """Two numbers with so many digits that they can be told apart."""
    for digits in range(6, 17):
        texts = f"{float(wanted):.{digits}g}", f"{float(came):.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def told(value: Any, most: int = 12) -> str:
    """A value in a sentence: small arrays with their numbers, larger ones by their shapes."""
    if isinstance(value, np.ndarray):
        if value.size > most:
            return f"an array of shape {value.shape}"
        text = " ".join(np.array2string(value, precision=5, separator=", ").split())
        return re.sub(r"(?<=\[) | (?=[\],])", "", text)  # the spaces that bring numbers under each other
    if isinstance(value, (list, tuple)):
        if len(value) > most:
            return f"a {type(value).__name__} of {len(value)}"
        inner = ", ".join(told(part, most) for part in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 240 else f"{text[:237]}..."

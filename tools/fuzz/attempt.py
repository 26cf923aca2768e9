"""One input, read: how it ended, and whether that is a failure."""

import re
import traceback
import warnings
from typing import NamedTuple

from tools.fuzz.target import REMEDY, ROOT, Reader, Target

LONGEST = 2000  # characters of a message: it goes into one look at a terminal
_VARYING = (
    (re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|b'[^']*'"), "'...'"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "9"),
    (re.compile(r"\d[\d,.]*"), "9"),
    (re.compile(r"(got|found|with the bytes|starts with) .*", re.DOTALL), r"\1 ..."),
)


class Outcome(NamedTuple):
    """How it ended, in words that inputs which go the same way have in common; and what is wrong."""

    kind: str
    failure: str = ""


def attempt(target: Target, reader: Reader, content: bytes) -> Outcome:
    """Let the reader read the input. Warnings are left out: they are no errors where users run it."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return Outcome(reader(content))
        except target.raises as error:
            return _judged(target, error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - to be told, whatever it is
            return Outcome("failure", _place(error))


def _judged(target: Target, error: Exception) -> Outcome:
    """A right error has the file, and says what to do."""
    text = str(error)
    kind = f"{type(error).__name__}: {_without_details(text, target)}"
    if target.file and target.file not in text:
        return Outcome(kind, f"the message does not name the file: {kind}")
    if target.file and not REMEDY.search(text):
        return Outcome(kind, f"the message does not say what to do: {kind}")
    if len(text) > LONGEST:
        return Outcome(kind, f"the message has more than {LONGEST:,} characters: {kind}")
    return Outcome(kind)


def _without_details(text: str, target: Target) -> str:
    """The message without the file's name, numbers and what was quoted."""
    text = text.partition(target.file)[2] if target.file and target.file in text else text
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text[:80]


def _place(error: BaseException) -> str:
    """The error's name with the last line of the project that led to it: the same for the same fault."""
    frames = traceback.extract_tb(error.__traceback__)
    line = [one for one in frames if str(ROOT) in one.filename and "site-packages" not in one.filename][-1]
    where = f"{line.filename.removeprefix(str(ROOT)).lstrip('/')}:{line.lineno}"
    return f"{type(error).__name__} at {where}"

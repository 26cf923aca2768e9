"""What is fuzzed: a reader, with its seeds, what its errors may be, and how much memory it may take."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minigrad.errors import DataError

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "tests" / "tools" / "fuzz" / "seeds"
FOUND = ROOT / "tests" / "tools" / "fuzz" / "found"

Reader = Callable[[bytes], str]
"""Reads one input and says in a word or two what became of it; raises what it may, or AssertionError where it
read something by half."""

REMEDY = re.compile(
    r"\b(Build|Delete|Save|Download|Get|Convert|Use|Check|Mend|Write|Put|Unpack|Load|[Gg]o on|These go into"
    r"|Move|Give|Name|Resume|Take|Expected|expected|should|Is it|Only tensors are read)\b"
)
"""What an error that says what to do has in it: a demand, or what was expected."""


@dataclass(frozen=True)
class Target:
    """A reader that is fuzzed.

    Attributes:
        name: of the target, and of the folders of its seeds and of what was found.
        what: it reads, for the table.
        begin: makes the reader; given a folder of its own to write into.
        file: the name that an error has to tell; "" where there is no file.
        raises: the errors that are right.
        words: of the format; changes put them in.
        repair: makes checksums and lengths right again after a change, so that it gets past them.
        megabytes: of memory that reading may take besides what the process has.
        inputs: of a campaign, unless the command names another number.
    """

    name: str
    what: str
    begin: Callable[[Path], Reader]
    file: str = ""
    raises: tuple[type[Exception], ...] = (DataError,)
    words: tuple[bytes, ...] = ()
    repair: Callable[[bytes], bytes] | None = None
    megabytes: int = 256
    inputs: int = 100_000

    def seeds(self) -> list[bytes]:
        """Its seeds, in the order of their names."""
        return [file.read_bytes() for file in sorted((SEEDS / self.name).iterdir())]

    def found(self) -> list[Path]:
        """The inputs that failed once."""
        return sorted((FOUND / self.name).glob("*"))

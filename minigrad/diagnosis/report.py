"""What explain_gradient returns, and how it reads."""

from dataclasses import dataclass
from textwrap import fill, indent
from typing import Any


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """Whether a rule is right and, if not, what the slip was. True in a condition if it is right.

    Attributes:
        right: whether it is right.
        argument: the input whose gradient this is about.
        slip: the name of the slip, such as ``"transposed_product"``; None if there is none, or none known.
        slips: all that give exactly these numbers, ``slip`` first.
        title: what is wrong, in half a sentence.
        seen: what shows it.
        numbers: the learner's gradient beside the right one and finite differences, lines.
        where: the operation at which it was made and the learner's line, if known; or where fn is cut off.
        fix: what to do.
        tried: on what it was tried.
        others: the diagnoses of the other arguments, if ``wrt`` named several.
    """

    right: bool
    argument: str
    title: str
    slip: str | None = None
    slips: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    where: str | None = None
    fix: str | None = None
    tried: str = ""
    others: "tuple[Diagnosis, ...]" = ()

    def __bool__(self) -> bool:
        return self.right and all(self.others)

    def __str__(self) -> str:
        return "\n".join([self._one(), *map(str, self.others)])

    __repr__ = __str__

    def _one(self) -> str:
        verdict = "right" if self.right else "cut off" if self.slip == "cut_off" else "wrong"
        stop = "" if self.title.endswith("?") else "."
        lines = [fill(f"The gradient of {self.argument} is {verdict}: {self.title}{stop}", 100)]
        lines += [indent(line, "    ") for line in self.numbers]
        lines += [_wrapped("seen", sentence) for sentence in self.seen]
        for label, text in (("where", self.where), ("fix", self.fix), ("tried", self.tried)):
            if text:
                lines.append(_wrapped(label, text))
        return "\n".join(lines)


def _wrapped(label: str, text: str) -> str:
    first, *rest = text.split("\n")
    head = fill(first, 100, initial_indent=f"  {label + ':':<7}", subsequent_indent=" " * 9)
    return "\n".join([head, *(indent(line, " " * 9) for line in rest)])


def shown(value: Any) -> str:
    """A number as it stands in a report."""
    return f"{float(value):.5g}"

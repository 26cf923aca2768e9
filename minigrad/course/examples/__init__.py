"""The worked examples of the course. Each module of this folder holds some; a new one needs no entry here."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from minigrad.course.example import Example


@cache
def every() -> dict[str, Example]:
    """All worked examples, by ``module.name``: those of the tests, of the lessons and of the site."""
    found = {}
    for module in iter_modules(__path__):
        for name, value in vars(import_module(f"{__name__}.{module.name}")).items():
            if isinstance(value, Example):
                found[f"{module.name}.{name}"] = value
    return found

"""Options that several layers share. One that is not supported is refused by name, never ignored."""

from typing import Any


def refuse(owner: str, why: str = "", **given: Any) -> None:
    """Raise ``NotImplementedError`` for the first option in ``given`` that is neither None nor False."""
    for name, value in given.items():
        if value is not None and value is not False:
            reason = f"; {why}" if why else ""
            raise NotImplementedError(
                f"{owner}: {name}={value!r} is not supported{reason}. Leave {name} at its default."
            )


def in_place(inplace: bool) -> str:
    """What the line of a layer says about ``inplace``: nothing, unless it is on."""
    return ", inplace=True" if inplace else ""

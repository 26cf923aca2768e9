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


def check_device(owner: str, device: Any) -> None:
    """Accept only the place where arrays already are: None or ``"cpu"``."""
    if device is not None and str(device) != "cpu":
        raise NotImplementedError(
            f"{owner}: device={device!r} is not supported: parameters live on the CPU. "
            'Leave it out, or pass "cpu".'
        )


def in_place(inplace: bool) -> str:
    """What the line of a layer says about ``inplace``: nothing, unless it is on."""
    return ", inplace=True" if inplace else ""

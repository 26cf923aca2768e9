"""Options that several layers share."""


def in_place(inplace: bool) -> str:
    """What the line of a layer says about ``inplace``: nothing, unless it is on."""
    return ", inplace=True" if inplace else ""

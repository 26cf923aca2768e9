"""What modules say: the nested picture that ``repr`` prints, and how an error names a value."""

from typing import Any


def tree(name: str, extra: list[str], children: list[str]) -> str:
    """``Name(extra)`` on one line, or one line for each part, indented, when there is more to show."""
    if not children and len(extra) <= 1:
        return f"{name}({''.join(extra)})"
    parts = [part.replace("\n", "\n  ") for part in extra + children]
    return f"{name}(\n  " + "\n  ".join(parts) + "\n)"


def kind_of(value: Any) -> str:
    """``value`` as it is named in an error."""
    return f"{'an' if type(value).__name__[0] in 'aeiouAEIOU' else 'a'} {type(value).__name__}"

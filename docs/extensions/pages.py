"""Pages that are made: written into docs/ where Sphinx reads them, and left alone where they are the same."""

import re
from pathlib import Path

_CODE = re.compile(r"(``.+?``|(?<![\w`])`[^`\n]+?`)")
_SPECIAL = re.compile(r"([\\*`|_])")


def write(path: Path, text: str) -> None:
    """Write a page if it has changed, so that Sphinx reads again only what has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


def escaped(text: str) -> str:
    """Text that reStructuredText is to take as it stands."""
    return _SPECIAL.sub(r"\\\1", text)


def literal(code: str) -> str:
    """Code within a sentence."""
    code = code.strip()
    return f":literal:`{escaped(code)}`" if code.startswith("`") or "\\" in code else f"``{code}``"


def heading(text: str, under: str) -> str:
    """A heading of reStructuredText."""
    return f"{text}\n{under * max(len(text), 3)}\n"


def indented(text: str, by: int = 3) -> str:
    """The text, each line that has something moved to the right."""
    return "".join(f"{' ' * by}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def block(code: str, language: str = "python", *options: str) -> str:
    """A block of code, or of what it printed."""
    head = "".join(f"   {option}\n" for option in options)
    return f".. code-block:: {language}\n{head}\n{indented(code.rstrip())}\n\n"

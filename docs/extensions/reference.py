"""The API reference: a page for each part of minigrad that a program names, made from its own docstrings.

What is public says so itself, by ``__all__`` or by having no underscore, and every name has a docstring
(tests/test_docstrings.py), so nothing is listed by hand but the parts, and nothing can be forgotten. On a
page, names stand under the file that they are written in, in whose first line is what they have in common.

Docstrings are plain text with `names` and ``code`` in it, not reStructuredText: an equation may have stars
and bars as it likes. `prose` makes one of the other.
"""

import ast
import importlib
import inspect
import re
import textwrap
import types
from collections import defaultdict
from typing import Any

from sphinx.application import Sphinx

import minigrad
from docs.extensions.pages import block, escaped, heading, indented, literal, write
from minigrad.engine.op import Op

PARTS = {
    "minigrad": "Tensors and the functions on them",
    "minigrad.Tensor": "A tensor, and its methods",
    "minigrad.autograd": "Gradients, of any order",
    "minigrad.gradcheck": "Gradients compared with measured slopes",
    "minigrad.nn": "Layers, losses, containers",
    "minigrad.nn.functional": "The same as functions",
    "minigrad.nn.init": "How weights begin",
    "minigrad.nn.utils": "Gradients clipped, weights normalised",
    "minigrad.optim": "Optimisers",
    "minigrad.optim.lr_scheduler": "Learning rates that change",
    "minigrad.optim.swa_utils": "Averages of weights",
    "minigrad.data": "Data sets and loaders",
    "minigrad.data.transforms": "What is done to an image",
    "minigrad.train": "The training loop",
    "minigrad.evaluation": "How good a classifier is",
    "minigrad.evaluation.generated": "How good a generator of images is",
    "minigrad.viz": "Pictures",
    "minigrad.weights": "Trained weights of others",
    "minigrad.onnx": "Networks for other programs",
    "minigrad.course": "Worked examples",
    "minigrad.diagnosis": "Which slip made a gradient wrong",
    "minigrad.cuda": "The GPU",
    "minigrad.distributed": "Training on several machines",
    "minigrad.random": "Random numbers",
    "minigrad.errors": "What can be raised",
}

_SECTION = re.compile(r"(Args|Arguments|Attributes|Raises|Returns|Yields|Errors|Warns|Options):$")
_ENTRY = re.compile(r"(\*{0,2}[\w.*]+(?:, \*{0,2}[\w.*]+)*): (.*)", re.DOTALL)
_ITEM = re.compile(r"(-|\d+\.) ")


def make_pages(app: Sphinx) -> None:
    """Write a page for each part, and the list of them."""
    folder = app.srcdir / "api"
    names = Names()
    for part in PARTS:
        write(folder / f"{part}.rst", page(part, names))
    rows = "".join(f"   * - :doc:`{part} <{part}>`\n     - {what}\n" for part, what in PARTS.items())
    listed = "".join(f"   {part}\n" for part in PARTS)
    write(folder / "index.rst", INDEX.format(rows=rows, listed=listed))


INDEX = """\
API reference
=============

Names, arguments and defaults are PyTorch's where PyTorch has them; :doc:`/differences_from_pytorch` says
what is otherwise. ``import minigrad as mg``.

.. list-table::
   :widths: 40 60

{rows}
.. toctree::
   :hidden:

{listed}"""


class Names:
    """Which full name a name in a docstring stands for: "gelu", "nn.Linear", "Tensor.sum"."""

    def __init__(self) -> None:
        self.full: dict[str, str] = {}
        for part in reversed(PARTS):  # so that what stands in an earlier part wins
            for name in members(part):
                whole = f"{part}.{name}"
                for short in (name, whole, whole.removeprefix("minigrad.")):
                    self.full[short] = whole

    def role(self, name: str) -> str:
        """A name in a sentence: a link, if the reference has it."""
        plain = name.removesuffix("()").removeprefix("mg.")
        whole = self.full.get(plain)
        return f":py:obj:`{name} <{whole}>`" if whole else literal(name)


def resolve(part: str) -> Any:
    """The module or class that a part is."""
    if part == "minigrad.Tensor":
        return minigrad.Tensor
    return importlib.import_module(part)


def members(part: str) -> dict[str, Any]:
    """The public names of a part and what they are: functions, classes and operations, and no modules."""
    owner = resolve(part)
    offered = getattr(owner, "__all__", None) or [name for name in dir(owner) if not name.startswith("_")]
    found = {}
    for name in sorted(offered, key=str.lower):
        value = inspect.getattr_static(owner, name, None) if inspect.isclass(owner) else getattr(owner, name)
        value = getattr(value, "__func__", value)
        if isinstance(value, types.ModuleType) or not documented(value):
            continue
        if value is minigrad.Tensor and part == "minigrad":
            continue  # it has a page
        home = getattr(value, "__module__", None) or ""
        if inspect.ismodule(owner) and not home.startswith("minigrad"):
            continue
        if inspect.isclass(owner) and not (home or "minigrad").startswith("minigrad"):
            continue
        found[name] = value
    return found


def documented(value: Any) -> bool:
    """Whether it is something with a docstring of its own: no number, no alias of a type."""
    kinds = (Op, property, types.FunctionType, type)
    return isinstance(value, kinds) or (callable(value) and bool(getattr(value, "__doc__", None)))


def page(part: str, names: Names) -> str:
    """The text of a part's page."""
    owner = resolve(part)
    module = "minigrad" if inspect.isclass(owner) else part
    parts = [heading(part, "=")]
    if inspect.ismodule(owner):
        parts.append(f".. py:module:: {part}\n")
        parts.append(prose(inspect.getdoc(owner) or f"{PARTS[part]}.", names))
    else:
        parts += [
            ".. py:currentmodule:: minigrad\n",
            entry(module, "Tensor", owner, names, with_members=False),
        ]
    by_file: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for name, value in members(part).items():
        by_file[home_of(value)].append((name, value))
    several = len(by_file) > 1
    for file in sorted(by_file, key=lambda file: _order(file)):
        if several:
            head, rest = about(file)
            parts.append(heading(escaped(head), "-"))
            parts.append(prose(rest, names))
        for name, value in by_file[file]:
            full = f"Tensor.{name}" if inspect.isclass(owner) else name
            parts.append(entry(module, full, value, names))
    return "\n".join(parts)


def home_of(value: Any) -> str:
    """The module that something is written in."""
    value = getattr(value, "fget", value)
    return getattr(value, "__module__", None) or "minigrad.tensor"


def _order(file: str) -> tuple[int, str]:
    rooms = ("tensor", "creation", "dtypes", "ops", "engine", "autograd", "nn", "optim")
    room = file.split(".")[1] if "." in file else ""
    return (rooms.index(room) if room in rooms else len(rooms), file)


def about(file: str) -> tuple[str, str]:
    """A heading for what a file holds, from its docstring's first line, and the rest of that paragraph."""
    text = inspect.getdoc(importlib.import_module(file)) or file
    first = " ".join(text.split("\n\n")[0].split())
    found = re.match(r"([^`]{3,72}?)(?:[:.] (.*)|\.?$)", first)
    if found is None:
        return file.removeprefix("minigrad."), first
    rest = found[2] or ""
    return found[1], rest[:1].upper() + rest[1:]


def entry(module: str, name: str, value: Any, names: Names, *, with_members: bool = True) -> str:
    """A name with its arguments, its docstring, and of a class the methods that it defines itself."""
    kind = "class" if inspect.isclass(value) else "function"
    if "." in name:
        kind = "property" if isinstance(value, property) else "method"
    told = "" if kind == "property" else signature(value, drop_first=kind == "method" or kind == "class")
    body = prose(inspect.getdoc(value) or "", names)
    if kind == "class" and with_members:
        for inner, what in own_members(value):
            body += "\n" + entry(module, f"{name}.{inner}", what, names)
    return f".. py:{kind}:: {name}{told}\n   :module: {module}\n\n{indented(body)}\n"


def own_members(value: type) -> list[tuple[str, Any]]:
    """The public methods and properties that a class of minigrad defines, with a docstring."""
    found = []
    for name, what in vars(value).items():
        plain = getattr(what, "__func__", what)
        if not name.startswith("_") and isinstance(plain, (types.FunctionType, property)) and plain.__doc__:
            found.append((name, plain))
    return found


def signature(value: Any, *, drop_first: bool) -> str:
    """The arguments with their defaults, without types: these stand in the source, a click away."""
    try:
        told = inspect.signature(value)
    except (TypeError, ValueError):
        return "()"
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in told.parameters.values()]
    if (
        drop_first
        and not inspect.isclass(value)
        and parameters
        and parameters[0].kind.name != "VAR_POSITIONAL"
    ):
        parameters = parameters[1:]
    parameters = [
        each.replace(default=_Shown(each.default)) if _is_set(each) else each for each in parameters
    ]
    return str(told.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def _is_set(parameter: inspect.Parameter) -> bool:
    return parameter.default is not inspect.Parameter.empty


class _Shown:
    """A default as one would write it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        if callable(self.value):
            return getattr(self.value, "__name__", type(self.value).__name__)
        text = repr(self.value)
        return text if "<" not in text and " at 0x" not in text else "..."


def prose(text: str, names: Names) -> str:
    """A docstring as reStructuredText."""
    text = inspect.cleandoc(text)
    if not text:
        return ""
    result = []
    for paragraph in _paragraphs(text):
        lines = paragraph.split("\n")
        head = _SECTION.match(lines[0])
        if head and len(lines) > 1:
            result.append(_section(head[1], lines[1:], names))
        elif lines[0].startswith((" ", ">>>")):
            code = textwrap.dedent("\n".join(lines))
            result.append(block(code, "python" if _is_python(code) else "none"))
        elif _ITEM.match(lines[0]):
            result.append(_list(lines, names))
        else:
            result.append(_sentence(" ".join(line.strip() for line in lines), names) + "\n")
    return "\n".join(result) + "\n"


def _is_python(code: str) -> bool:
    """Whether it is a program or a session, and no equation or table."""
    if code.startswith(">>>"):
        return True
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def _paragraphs(text: str) -> list[str]:
    """Paragraphs; blocks of code, which are indented, stay whole, and so do sections with their entries."""
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        within = paragraph.startswith("    ") and found
        if within and (found[-1].startswith("    ") or _SECTION.match(found[-1].split("\n")[0])):
            found[-1] += "\n\n" + paragraph
            continue
        # A block of code right under a line of text, or a section's head right under one.
        lines = paragraph.split("\n")
        start = 0
        for place in range(1, len(lines)):
            indents = lines[place].startswith("    ") and not lines[place - 1].startswith("    ")
            if _SECTION.match(lines[place]) or (
                indents and not _SECTION.match(lines[start]) and not _ITEM.match(lines[start])
            ):
                found.append("\n".join(lines[start:place]))
                start = place
        found.append("\n".join(lines[start:]))
    return found


def _section(head: str, lines: list[str], names: Names) -> str:
    """Arguments, errors and the like: a list of names with what is said of each."""
    entries: list[str] = []
    for line in textwrap.dedent("\n".join(lines)).split("\n"):
        if line.startswith(" ") and entries:
            entries[-1] += " " + line.strip()
        elif line:
            entries.append(line)
    items = []
    for each in entries:
        found = _ENTRY.match(each)
        told = f"``{found[1]}``: {_sentence(found[2], names)}" if found else _sentence(each, names)
        items.append(f"- {told}\n")
    return f".. container:: section\n\n   {head}\n\n{indented(''.join(items))}\n"


def _list(lines: list[str], names: Names) -> str:
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(line)
        else:
            items[-1] += " " + line.strip()
    told = (_ITEM.sub("", item, count=1) for item in items)
    return "".join(f"- {_sentence(item, names)}\n" for item in told)


def _sentence(text: str, names: Names) -> str:
    """Plain text with code and names in it."""
    text = text.removesuffix("::") + ":" if text.endswith("::") else text
    parts = re.split(r"(``.+?``|(?<![\w`])`[^`\n]+?`(?!`))", text)
    told = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            told += escaped(part)
            continue
        code = names.role(part.strip("`")) if not part.startswith("``") else literal(part[2:-2])
        glue = "\\ "  # so that what stands right beside it ends it
        before, after = parts[place - 1][-1:].strip(), parts[place + 1][:1].strip()
        told += f"{glue if before else ''}{code}{glue if after else ''}"
    return told


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", make_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

"""Count what somebody reads of an operation: its formula, its rule, and what of minigrad these name.

    python tools/measure_operations.py

The figures go to docs/results/operations.json; docs/reading_an_operation.md shows them in a table.

A line is one of code: docstrings, comments and empty lines do not count, nor does the line with `def`. Lines
that only raise, and calls of functions that only check, are counted as errors. "Around it" are the lines of
the function that is called, where that is not the operation: it takes apart cases and options. "Plain kernel"
are those of the functions of kernels/reference/ that formula and rule call. "To look up" are the functions of
minigrad that formula and rule call, other operations and what only says errors aside; "files" are those that
have all of it: formula, rule and what they call.
"""

import ast
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results" / "operations.json"
PACKAGE = ROOT / "minigrad"

# What is called, and what it is made of, in this order: the operations, then the function around them.
OPERATIONS = {
    "x + y": ["arithmetic.plus"],
    "x * y": ["arithmetic.mul"],
    "x / y": ["arithmetic.true_divide"],
    "x ** y": ["arithmetic.pow"],
    "exp": ["elementwise.exp"],
    "tanh": ["elementwise.tanh"],
    "sigmoid": ["elementwise.sigmoid"],
    "sum": ["reduce.sum"],
    "mean": ["reduce.mean"],
    "amax": ["reduce.amax"],
    "reshape": ["shape.reshape"],
    "x[index]": ["index.getitem", "index.scatter_into", "index.read"],
    "matmul": ["linalg.matrix_product", "linalg.matmul"],
    "relu": ["activation.relu"],
    "softmax": ["activation.softmax"],
    "log_softmax": ["activation.log_softmax"],
    "linear": ["linalg.linear"],
    "mse_loss": ["loss.mse_loss"],
    "cross_entropy": [
        "class_loss.softmax_cross_entropy",
        "class_loss.minus_picked",
        "class_loss.cross_entropy",
    ],
    "dropout": ["dropout.masked", "dropout.dropout"],
    "embedding": ["embedding.rows", "embedding.embedding"],
    "layer_norm": ["norm.standardize", "norm.layer_norm"],
    "batch_norm": ["norm.by_channels", "norm.batch_norm"],
    "conv2d": ["conv.convolution", "conv._convolve"],
    "max_pool2d": ["pool.pick", "pool._max_pool"],
}
# Names that everybody who reads an operation knows after the first.
KNOWN = {"Array", "op", "of_tensors", "raw"}


class Source:
    """A file of minigrad: its functions, and where the names that it imports are defined."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(PACKAGE))
        self.lines = path.read_text(encoding="utf-8").splitlines()
        tree = ast.parse("\n".join(self.lines))
        self.functions: dict[str, ast.FunctionDef] = {}
        self.rules: dict[str, list[ast.FunctionDef]] = {}
        self.again: set[str] = set()  # operations of a formula that has one already
        self.imported: dict[str, tuple[str, str]] = {}
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef):
                self._enter(statement)
            if isinstance(statement, ast.Assign) and ast.unparse(statement.value).endswith(".formula)"):
                self.again.add(ast.unparse(statement.targets[0]))
            if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("minigrad"):
                for alias in statement.names:
                    self.imported[alias.asname or alias.name] = (str(statement.module), alias.name)

    def _enter(self, function: ast.FunctionDef) -> None:
        of = [ast.unparse(decorator) for decorator in function.decorator_list]
        ruled = {text.split(".grad(")[0] for text in of if ".grad(" in text}
        for name in ruled:
            self.rules.setdefault(name, []).append(function)
        if not ruled and not any(text.endswith(".explains") for text in of):
            self.functions[function.name] = function

    def operations(self) -> list[str]:
        """The names of the functions under ``@op``."""
        return [
            name for name, function in self.functions.items() if any(map(_is_op, function.decorator_list))
        ]

    def counted(self, function: ast.FunctionDef) -> tuple[int, int]:
        """(lines of code, lines that only raise) of a function's body."""
        code = errors = 0
        for statement in function.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # the docstring
            rows = self.lines[statement.lineno - 1 : statement.end_lineno]
            many = sum(bool(row.strip()) and not row.strip().startswith("#") for row in rows)
            if _only_raises(statement):
                errors += many
            else:
                code += many
        return code, errors

    def named(self, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
        """(file, name) of each function of minigrad that a function calls."""
        for call in _calls(function):
            called = call.func
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                if called.value.id == "kernels":
                    yield _kernel(called.attr), called.attr
            elif isinstance(called, ast.Name) and called.id not in KNOWN:
                if called.id in self.imported:
                    module, name = self.imported[called.id]
                    source = Source(PACKAGE.parent / (module.replace(".", "/") + ".py"))
                    if name not in source.operations():
                        yield source.name, name
                elif called.id in self.functions and called.id not in self.operations():
                    yield self.name, called.id


def _calls(function: ast.AST) -> Iterator[ast.Call]:
    """The calls in a function, but for those of what it raises and what asks whether to."""
    for part in ast.iter_child_nodes(function):
        if isinstance(part, ast.Raise | ast.ExceptHandler) or (
            isinstance(part, ast.stmt) and _only_raises(part)
        ):
            continue
        if isinstance(part, ast.Call):
            yield part
        yield from _calls(part)


def _is_op(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id == "op"


def _only_raises(statement: ast.stmt) -> bool:
    """Whether a statement is there for errors alone: ``if wrong: raise``, or the call of a check."""
    if isinstance(statement, ast.If) and not statement.orelse:
        return all(isinstance(part, ast.Raise) or _only_raises(part) for part in statement.body)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)


def _kernel(name: str) -> str:
    return next(
        source.name
        for source in map(Source, sorted(PACKAGE.glob("kernels/reference/*.py")))
        if name in source.functions
    )


def measured(parts: list[str]) -> dict[str, Any]:
    """The figures of one operation."""
    formula = rule = errors = around = 0
    names: set[tuple[str, str]] = set()
    files = set()
    for part in parts:
        module, name = part.split(".")
        source = Source(PACKAGE / "ops" / f"{module}.py")
        function = source.functions[name]
        files.add(source.name)
        rules = source.rules.get(name, [])
        code, raised = source.counted(function)
        errors += raised
        if len(parts) > 1 and name not in source.operations():
            around += code
            continue
        formula += code
        names.update(source.named(function))
        for each in rules:
            rule += sum(source.counted(each))
            names.update(source.named(each))
    kernels = [(file, name) for file, name in sorted(names) if file.startswith("kernels/reference/")]
    plain = sum(
        sum(Source(PACKAGE / file).counted(Source(PACKAGE / file).functions[name])) for file, name in kernels
    )
    return {
        "file": sorted(files)[0] if len(files) == 1 else " ".join(sorted(files)),
        "formula": formula,
        "rule": rule,
        "around it": around,
        "errors": errors,
        "plain kernel": plain,
        "to look up": sorted(name for _, name in names),
        "files": len(files | {file for file, _ in names}),
    }


def all_operations() -> dict[str, Any]:
    """The figures of all operations of ops/ together."""
    formulas, rules, elsewhere = [], [], 0
    for path in sorted(PACKAGE.glob("ops/*.py")):
        source = Source(path)
        for name in source.operations():
            formulas.append(source.counted(source.functions[name])[0])
            rules += [sum(source.counted(each)) for each in source.rules.get(name, [])]
        elsewhere += len(source.rules.keys() - set(source.operations()) - source.again)
    return {
        "operations": len(formulas),
        "rules": len(rules),
        "formulas of one line": sum(n == 1 for n in formulas),
        "rules of one line": sum(n == 1 for n in rules),
        "median lines of a formula": statistics.median(formulas),
        "median lines of a rule": statistics.median(rules),
        "most lines of a formula": max(formulas),
        "most lines of a rule": max(rules),
        "operations with a rule in another file": elsewhere,
    }


def table(result: dict[str, Any]) -> str:
    """The figures as a table of Markdown, as docs/reading_an_operation.md has it."""
    head = ["", "file", "formula", "rule", "around it", "errors", "plain kernel", "to look up", "files"]
    rows = [head, ["---"] * len(head)]
    for name, figures in result["of each"].items():
        files = " ".join(f"`{file}`" for file in figures["file"].split())
        numbers = [figures[key] or "" for key in ("formula", "rule", "around it", "errors", "plain kernel")]
        rows.append(
            [f"`{name}`", files, *map(str, numbers), str(len(figures["to look up"])), str(figures["files"])]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    result = {
        "of all": all_operations(),
        "of each": {name: measured(parts) for name, parts in OPERATIONS.items()},
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))
    print()
    print("\n".join(f"{name}: {figure}" for name, figure in result["of all"].items()))


if __name__ == "__main__":
    main()

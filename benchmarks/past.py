"""`python -m benchmarks.past REVISION`: keep an earlier revision's ratios, to stand beside those of now."""

import argparse
import json
import subprocess
from typing import Any

from benchmarks.report import RESULTS

PATH = RESULTS / "past.json"


def figure(record: dict[str, Any]) -> float | None:
    """The one figure of a results file: a ratio to PyTorch, the lower the better; None if it has none."""
    if "frameworks" in record:
        ratio = record["frameworks"]["minigrad"].get("of_torch")
        return None if ratio is None else float(ratio)
    return record.get("median_of_torch")


def kept(revision: str) -> dict[str, Any]:
    """The figures that the results had in a revision of git."""
    folder = RESULTS.relative_to(RESULTS.parents[1]).as_posix()
    names = _git("ls-tree", "--name-only", revision, f"{folder}/").splitlines()
    records = {
        name.rsplit("/", 1)[1].removesuffix(".json"): json.loads(_git("show", f"{revision}:{name}"))
        for name in names
        if name.endswith(".json") and not name.endswith(PATH.name)
    }
    found = {name: figure(record) for name, record in records.items()}
    return {
        "revision": _git("rev-parse", "--short=7", revision).strip(),
        "of_torch": {name: value for name, value in found.items() if value is not None},
    }


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(RESULTS.parents[1]), *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.past", description=__doc__)
    parser.add_argument("revision", help="of git, such as d6c0794")
    PATH.write_text(json.dumps(kept(parser.parse_args().revision), indent=1) + "\n", encoding="utf-8")
    print(PATH)

"""A campaign: workers that survive nothing, and a parent that survives them and sees when one hangs."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tools.fuzz.attempt import Outcome
from tools.fuzz.mutation import input_of
from tools.fuzz.protocol import BLOCK, NONE, NOW
from tools.fuzz.tally import Tally
from tools.fuzz.target import FOUND, ROOT, Target

PATIENCE = 60.0  # seconds for which a worker may stay at one input, however busy the machine is
STARTING = 300.0


def run(
    target: Target,
    campaign: int,
    inputs: int,
    tell: Callable[[Tally], None] = lambda so_far: None,
    module: str = "tools.fuzz.worker",
) -> Tally:
    """Read so many inputs of a target. An input that ends a worker, or on which it stays, is a failure; the
    next worker goes on behind it.

    ``tell`` is called after each block of inputs with what came of all until then. ``module`` is the worker's
    program. Raises RuntimeError if it ends before it has read anything.
    """
    whole = Tally()
    passed_over: list[int] = []
    first = 0

    def take(block: Tally) -> None:
        nonlocal first
        whole.add(block)
        first += BLOCK
        tell(whole)

    while True:
        with tempfile.TemporaryDirectory() as folder:
            now = Path(folder, NOW)
            now.write_bytes(NONE)
            numbers = map(str, (campaign, first, inputs))
            command = [sys.executable, "-m", module, target.name, *numbers, folder, *map(str, passed_over)]
            end = _watched(command, now, take)
            at = now.read_bytes()
        if not end:
            return whole
        if at == NONE:
            raise RuntimeError(f"{target.name}: its worker does not begin: {end}")
        passed_over.append(int.from_bytes(at, "little"))
        whole.enter(passed_over[-1], Outcome("failure", end), 0.0)


def _watched(command: list[str], now: Path, take: Callable[[Tally], None]) -> str:
    """Hand on what a worker tells until it ends. Returns how it ended; "" if its work was done."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None and process.stderr is not None
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True).start()
        errors: list[bytes] = []
        listener = threading.Thread(target=lambda: errors.append(process.stderr.read()), daemon=True)
        listener.start()
        seen = NONE
        while True:
            try:
                line = lines.get(timeout=STARTING if seen == NONE else PATIENCE)
            except queue.Empty:
                if now.read_bytes() == seen:
                    process.kill()
                    return f"a hang of {PATIENCE:g} s"
                seen = now.read_bytes()
                continue
            if not line:
                break
            take(Tally.from_dict(json.loads(line)))
            seen = now.read_bytes()
        process.wait()
        listener.join()
    if not process.returncode:
        return ""
    last = errors[0].decode(errors="replace").strip().splitlines()[-1:]
    return f"the process ended with {process.returncode} {' '.join(last)[:200]}".strip()


def _pass_on(stream: IO[bytes], lines: "queue.Queue[bytes]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(b"")


def keep_failures(target: Target, campaign: int, tally: Tally) -> list[Path]:
    """Write an input of each failure beside those that are read again by the tests. Returns the files."""
    seeds, written = target.seeds(), []
    folder = FOUND / target.name
    for number, *_ in tally.failures.values():
        folder.mkdir(parents=True, exist_ok=True)
        written.append(folder / f"{campaign}-{number}")
        written[-1].write_bytes(input_of(target, seeds, campaign, number))
    return written

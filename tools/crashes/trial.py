"""One victim, crashed in one way and run again: whether all is as it would have been."""

import hashlib
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.crashes import disks
from tools.crashes.child import Before, Child, Ended, at_step, in_write

LITTER = (".tmp", ".part", ".lock", ".new", ".old")
REMEDIES = ("Make room", "Check that the folder", "See to it that you may write there")


@dataclass(frozen=True)
class Victim:
    """A program that writes files.

    Attributes:
        name: in a word or two. what: what it does, in a line.
        work: does it in a folder; called again, it goes on.
        look: what another program does that reads the folder at any moment. It raises if there is something
            half-written, or if something is missing that ``work`` has told to be done.
        kept: the names of files that stay, and are no litter.
        begins: whether to kill it at steps and in writes, too; a program of its own is killed at any time.
        refuses: the words in which a second one says that a first is at work; None if it waits or shares.
        one: whether two at once are not meant to be.
        manages: whether it comes to its end without a disk, too.
        warm: whether it is done once in this process before, so that no fork has to load and compile.
        same: what is compared at the end; by default, every file.
    """

    name: str
    what: str
    work: Callable[[Path], None]
    look: Callable[[Path], None]
    kept: tuple[str, ...] = ()
    begins: bool = True
    refuses: str | None = None
    one: bool = False
    manages: bool = False
    warm: bool = False
    same: Callable[[Path], Any] | None = None

    def end(self, folder: Path) -> Any:
        """What is compared."""
        return contents(folder) if self.same is None else self.same(folder)


@dataclass
class Counts:
    """What became of a victim: how often it was tried and all was well, by the kind of crash."""

    tried: dict[str, int] = field(default_factory=dict)
    well: dict[str, int] = field(default_factory=dict)
    torn: int = 0  # how often a kill had left a part of a file, which nobody took for whole
    failures: list[str] = field(default_factory=list)

    def note(self, kind: str, failure: str | None) -> None:
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.well[kind] = self.well.get(kind, 0) + (failure is None)
        if failure is not None:
            self.failures.append(f"{kind}: {failure}")


def contents(folder: Path) -> dict[str, str]:
    """A hash of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def litter(folder: Path, kept: tuple[str, ...]) -> list[str]:
    """Files and folders that only somebody at work has."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.name.endswith(LITTER) and path.name not in kept
    ]


class Trials:
    """All crashes of one victim, in folders of ``parent``."""

    def __init__(self, victim: Victim, parent: Path, seed: int) -> None:
        self.victim = victim
        self.parent = parent
        self.chance = random.Random(f"{victim.name} {seed}")
        self.counts = Counts()
        if victim.warm:
            victim.work(self._new())
            self._drop(parent / "here")
        whole = self._new()
        steps = parent / "steps"
        ended, self.seconds = self._timed(
            whole, at_step(whole, -1, lambda count: steps.write_text(str(count)) and None)
        )
        if ended.status:
            raise RuntimeError(f"{victim.name}, uninterrupted: {ended.said}")
        self.steps = int(steps.read_text()) if steps.exists() else 0
        self.whole = victim.end(whole)
        sizes = [path.stat().st_size for path in whole.rglob("*") if path.is_file()]
        self.largest, self.bytes = max(sizes, default=0), sum(sizes)
        self._drop(whole)

    # Kills --------------------------------------------------------------------------------------------------

    def kill(self, count: int) -> None:
        """Kill it so often in each way: just before an operation on files, in a write, and at any time."""
        if self.victim.begins:
            for step in self._spread(count):
                self._kill_once("at a step", lambda folder, step=step: at_step(folder, step))
            for _ in range(count):
                length = self.chance.randrange(1, max(2, self.largest))
                self._kill_once("in a write", lambda folder, length=length: in_write(length))
        killed = tries = 0
        while killed < count and tries < 10 * count:
            tries += 1
            killed += self._kill_once("at any time")

    def _kill_once(self, kind: str, dies: Callable[[Path], Before] | None = None) -> bool:
        """Whether it came to be killed."""
        folder = self._new()
        began = time.perf_counter()
        child = Child(self.victim.work, folder, dies and dies(folder))
        if dies is None:
            self._sleep(child, self.chance.uniform(0, self.seconds))
            child.kill()
        ended = child.wait()
        if ended.killed:
            self.counts.torn += bool(litter(folder, self.victim.kept))
            self.counts.note(f"killed {kind}", self._goes_on(folder))
        elif ended.status:
            self.counts.note(f"killed {kind}", f"it failed by itself: {ended.said}")
        elif dies is None:
            self.seconds = time.perf_counter() - began  # the machine has become faster
        self._drop(folder)
        return ended.killed

    # Two at once --------------------------------------------------------------------------------------------

    def two(self, count: int) -> None:
        """Two at the same time; in every second trial one of them is killed."""
        for number in range(count):
            folder, kills = self._new(), number % 2 == 1
            both = [Child(self.victim.work, folder) for _ in range(2)]
            if kills:
                self._sleep(both[0], self.chance.uniform(0, self.seconds))
                both[0].kill()
            failure = None
            for child in both:
                ended = child.wait()
                refused = self.victim.refuses is not None and self.victim.refuses in ended.said
                if ended.status and not ended.killed and not refused:
                    failure = f"one of two failed: {ended.said}"
            kind = "two at once, one killed" if kills else "two at once"
            self.counts.note(kind, failure or self._goes_on(folder))
            self._drop(folder)

    # Disks --------------------------------------------------------------------------------------------------

    def full(self, count: int) -> None:
        """Disks of all sizes that are too small; then there is room, and it goes on."""
        for number in range(count):
            size = int(self.bytes * (number + self.chance.random()) / count)
            while self._is_room(size) and not self.victim.manages and size > disks.SMALLEST:
                size //= 2  # a disk has whole pages: a size that is a little too small may be enough

    def _is_room(self, size: int) -> bool:
        """Whether a disk of so many bytes is enough; one that is not counts as a full one."""
        place = self.parent / "disk"
        with disks.disk(place, size) as folder:
            ended = self._run(folder)
            if ended.status:
                failure = self._told(ended, folder) or self._looked(folder)
                left = [name for name in litter(folder, self.victim.kept) if name.endswith(".tmp")]
                failure = failure or (f"left {left}" if left else None)
                disks.resize(place, disks.LARGE)
                self.counts.note("disk full", failure or self._goes_on(folder))
        self._forget()
        return not ended.status

    def read_only(self) -> None:
        """A disk that may only be read: without anything on it, and with all that is to be there."""
        place = self.parent / "disk"
        with disks.disk(place) as folder:
            disks.read_only(place)
            ended = self._run(folder)
            failure = self._told(ended, folder)
            self.counts.note("read-only, empty", failure)
        self._forget()
        with disks.disk(place) as folder:
            self._run(folder)
            disks.read_only(place)
            self.counts.note("read-only, all there", self._looked(folder))
        self._forget()

    # --------------------------------------------------------------------------------------------------------

    def _goes_on(self, folder: Path) -> str | None:
        """What is wrong after a crash; None if the next run ends as one that was never crashed."""
        wrong = self._looked(folder)
        for temporary in folder.rglob("*.tmp"):  # an hour passes
            os.utime(temporary, (time.time() - 3600,) * 2)
        ended = self._run(folder)
        if ended.status:
            return wrong or f"the next run fails: {ended.said}"
        wrong = wrong or self._looked(folder)
        if wrong is None and self.victim.end(folder) != self.whole:
            wrong = f"it ended otherwise: {str(self.victim.end(folder))[:300]}, not {str(self.whole)[:300]}"
        left = litter(folder, self.victim.kept)
        return wrong or (f"left {left}" if left else None)

    def _looked(self, folder: Path) -> str | None:
        ended = Child(self.victim.look, folder).wait()
        return f"who looks finds: {ended.said}" if ended.status else None

    def _told(self, ended: Ended, folder: Path) -> str | None:
        """None if a failure was told as it should be: which file or folder, and what to do."""
        if not ended.status:
            return None if self.victim.manages else "it did not fail"
        if ended.killed:
            return "it was ended by a signal"
        named = str(folder) in ended.said or self.victim.name in ended.said
        advised = any(remedy in ended.said for remedy in REMEDIES)
        return None if named and advised else f"the message does not say what to do: {ended.said}"

    def _run(self, folder: Path) -> Ended:
        return Child(self.victim.work, folder).wait()

    def _timed(self, folder: Path, before: Callable[[], None]) -> tuple[Ended, float]:
        began = time.perf_counter()
        return Child(self.victim.work, folder, before).wait(), time.perf_counter() - began

    def _spread(self, count: int) -> list[int]:
        """So many of the steps, the same distance apart; all if there are not as many."""
        every = list(range(1, self.steps + 1))
        if len(every) > count:
            first = self.chance.random()
            every = [every[int((i + first) * len(every) / count)] for i in range(count)]
        self.chance.shuffle(every)
        return every

    def _sleep(self, child: Child, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and not child.poll():
            time.sleep(0.0005)

    def _new(self) -> Path:
        folder = self.parent / "here"
        folder.mkdir()
        return folder

    def _drop(self, folder: Path) -> None:
        for _ in range(20):  # what a killed program has started may still write for a moment
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.1)
        self._forget()

    def _forget(self) -> None:
        (self.parent / "told").unlink(missing_ok=True)

"""Targets: what people, browsers and learners' programs hand in, and what is kept of it."""

import atexit
import io
import socket
from pathlib import Path

import numpy as np
from PIL import Image

from minigrad.course import exercises
from minigrad.course.folder import Folder
from minigrad.course.grading import Exercise, grade, worker
from minigrad.course.grading.process import Child
from minigrad.errors import CourseError
from models.lookbook.presets import fitting, read_presets
from models.outfits.labelling import Handler, Labels, Server
from models.outfits.tables import read_labels, read_table
from models.outfits.wardrobe import Garment, Wardrobe
from tools.fuzz import repairing
from tools.fuzz.data_files import CSV, JSON, of_file
from tools.fuzz.mutation import LARGEST
from tools.fuzz.target import Reader, Target

KEY = "the-key-of-the-fuzzed-server"
PORT = 8000  # that the seeds name
_STATUS = (200, 400, 403, 404, 409, 411, 413, 414, 431, 501, 505)
"""What the labelling page may answer; 500 is none of them, and 507 says that the disk is full."""
_EXERCISE = "tanh_rule"


def _exercise() -> Exercise:
    (found,) = [one for one in exercises.every() if one.name == _EXERCISE]
    return found


def _table(folder: Path) -> Reader:
    for piece in ("tops/a.jpg", "tops/b.jpg", "bottoms/c.jpg"):
        (folder / piece).parent.mkdir(exist_ok=True)
        (folder / piece).write_bytes(b"")
    path = folder / "labels.csv"

    def reader(content: bytes) -> str:
        path.write_bytes(content)
        answers = read_table(path)
        assert set(answers.values()) <= {0, 1, None}
        wardrobe, outfits = read_labels(path)
        assert all(outfit.label in (0, 1) and outfit.bottom < len(wardrobe) for outfit in outfits)
        return "read"

    return reader


class _Unlistening(Server):
    """The labelling page's server, whose connections are handed to it."""

    def __init__(self, labels: Labels) -> None:
        super().__init__(labels)
        self.key = KEY
        self.server_port = PORT
        self.socket.close()


def _requests(folder: Path) -> Reader:
    garments = []
    for piece in ("top", "bottom"):
        path = folder / f"{piece}.png"
        Image.fromarray(np.full((4, 4, 3), 200, np.uint8)).save(path)
        garments.append(Garment(str(path), piece, piece, "Grey"))
    table = folder / "labels.csv"
    server = _Unlistening(Labels(Wardrobe(garments, "two"), [(0, 1)], table))
    empty = table.read_bytes()

    def reader(content: bytes) -> str:
        table.write_bytes(empty)
        answer = _answered(server, content)
        before, after = {}, read_table(table)
        entered = len(after) - len(before)
        status = int(answer[9:12]) if answer.startswith(b"HTTP/1.0 ") else None
        if status is None:
            assert not answer or b" " not in answer[:4] or answer.startswith(b"<"), answer[:40]
            return "an answer without a status"
        assert status in _STATUS, answer[:200]
        assert entered == 0 or (entered == 1 and status == 200), "entered, and refused"
        assert str(folder).encode() not in answer, "a path of this machine"
        return str(status)

    return reader


def _answered(server: Server, content: bytes) -> bytes:
    """What the page answers to a request, over a connection that holds both."""
    here, there = socket.socketpair()
    with here, there:
        here.sendall(content[:LARGEST])
        here.shutdown(socket.SHUT_WR)
        Handler(there, ("127.0.0.1", 1), server)
        there.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: here.recv(LARGEST), b""))


def _progress(folder: Path) -> Reader:
    path, exercise = folder / "progress.json", _exercise()

    def reader(content: bytes) -> str:
        path.write_bytes(content)
        kept = Folder(folder)
        with kept.noting(exercise) as record:
            record.tries += 1
            assert type(record.hints) is int and type(record.shown) is bool
        again = Folder(folder)
        assert again.records == kept.records, "changed by writing"
        return "read"

    return reader


def _presets(path: Path, content: bytes) -> str:
    presets = read_presets(path)
    assert isinstance(fitting(presets, ["top", "skirt", "shoes"]), dict)
    return "read"


def _submission(folder: Path) -> Reader:
    """What is done with a learner's file before it runs: it is found, read, and compared with the stub."""
    exercise = _exercise()
    kept = Folder(folder)
    file = kept.file(exercise)
    file.parent.mkdir(parents=True, exist_ok=True)

    def reader(content: bytes) -> str:
        file.write_bytes(content)
        source = kept.source(exercise)
        assert source is not None and source.encode() == _lines(content)
        return "begun" if kept.begun(exercise) else "the stub"

    return reader


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _frame(folder: Path) -> Reader:
    def reader(content: bytes) -> str:
        value = worker.read(io.BytesIO(content))
        assert worker.encode(value) is not None
        return "read"

    return reader


def _graded(folder: Path) -> Reader:
    exercise, child = _exercise(), Child(seconds=2.0)
    atexit.register(child.close)

    def reader(content: bytes) -> str:
        source = content.decode("utf-8", "replace")
        verdict = grade(exercise, source, seed=0, child=child)
        assert verdict.state in ("right", "wrong", "not written", "broken")
        assert verdict.right or verdict.message, "wrong, and nothing is said"
        assert verdict.right == (verdict.score == 1)
        return verdict.state

    return reader


_HTTP = (
    *(
        b"GET ",
        b"POST ",
        b"HEAD ",
        b" HTTP/1.1",
        b" HTTP/9.9",
        b" HTTP/0.9",
        b"\r\n",
        b"\r\n\r\n",
        b"?key=",
        b"/answer",
    ),
    *(
        b"/photograph/1",
        b"/photograph/999999999",
        b"/../labels.csv",
        b"Content-Length: 99\r\n",
        b"Host: a\r\n",
        b"%00",
    ),
    *(
        b'{"pair": 0, "answer": "skip"}',
        b'"instead": null',
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
    ),
)
_PYTHON = (
    *(
        b"import os\n",
        b"while True: pass\n",
        b"return",
        b"    ",
        b"\t",
        b"def tanh_rule(dy, y):\n",
        b"lambda: ",
        b"yield ",
    ),
    *(
        b"raise SystemExit\n",
        b"dy",
        b"y**2",
        b"np.",
        b"1e999",
        b"10**10",
        b"(",
        b")",
        b":",
        b"\n",
        b"#",
        b'"""',
        b"\\N{",
    ),
)
_FRAMES = (
    b'["a","<f8",[2]]',
    b'["a","O",[1]]',
    b'["t",[',
    b'["d",[',
    b'"sizes":[16]',
    b"[-1]",
    b"<M8[s]",
    b"[4294967296]",
)

TARGETS = (
    Target(
        "labels",
        "tables of answers that the labelling page writes",
        _table,
        "labels.csv",
        words=(*CSV, b"skip", b"yes"),
    ),
    Target(
        *("requests", "requests to the labelling page", _requests),
        words=JSON + _HTTP,
        repair=repairing.content_length,
    ),
    Target(
        *("progress", "progress.json of a learner's folder", _progress, "progress.json", (CourseError,)),
        words=(*JSON, b'"exercises":', b'"tries":', b'"solved":', b'"format":'),
    ),
    Target(
        "presets",
        "outfits that a user names in a file",
        of_file("presets.json", _presets),
        "presets.json",
        words=JSON,
    ),
    Target(
        "submission",
        "a learner's file, before it runs",
        _submission,
        f"{_EXERCISE}.py",
        (CourseError,),
        _PYTHON,
    ),
    Target(
        "frame",
        "what a learner's program sends to the grader",
        _frame,
        "",
        (worker.FrameError, EOFError),
        JSON + _FRAMES,
    ),
    Target("grade", "a learner's file, run and judged", _graded, words=_PYTHON, inputs=2_000),
)

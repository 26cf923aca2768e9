"""A page in the browser that asks whether two garments go together, and keeps each answer at once.

    python -m models.outfits.labelling --folder DIR --labels labels.csv
    python -m models.outfits.labelling --products DIR --count 200

Right arrow: harmonious. Left arrow: not. Space: skip. Backspace: the one before, again. The table has a line
for each answer as soon as it is given, so closing the page or pulling the plug loses nothing; the same
command goes on with the pairs that are left. ``python -m models.outfits --labels labels.csv`` learns from it.
The table is read again before each answer, so it may be changed by hand, or by another tab, meanwhile; an
answer that a page does not know of is shown before it is overwritten.

The page is this machine's alone: the server listens on 127.0.0.1, and takes a request only if it names that
address and has the key that was drawn at the start, so that no other page in the browser can read photographs
or write answers. It knows photographs by their numbers, and no paths.
"""

import argparse
import csv
import io
import json
import os
import re
import secrets
import sys
import threading
import webbrowser
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image

from minigrad.data import read_image
from minigrad.errors import DataError
from minigrad.files import one_process, remedy
from models.lookbook.options import count
from models.lookbook.stages import tell, what_to_do
from models.outfits.outfits import CLASSES, drawn_pairs
from models.outfits.pipeline import wardrobe_of
from models.outfits.settings import add_wardrobe, parse
from models.outfits.tables import read_table, write_table
from models.outfits.wardrobe import Wardrobe

PAGE = Path(__file__).parent / "labelling.html"
ANSWERS = {CLASSES[1]: 1, CLASSES[0]: 0, "skip": None}
UNSEEN = "unseen"  # for what a page shows as answered, where it does not say
LARGEST = 1000  # bytes of an answer; they have some forty
SIDE = 640  # pixels of a photograph on the page, at most
PATIENCE = 20  # seconds that a connection may be silent


class Labels:
    """The pairs, and the answers in the table.

    Args:
        wardrobe: of the garments.
        pairs: places of a top and a bottom in it.
        table: the CSV file; made with the first answer, gone on with if it is there.

    Raises:
        DataError: there is a file of this name that is no such table, or a photograph has a name that no
            table can hold.
    """

    def __init__(self, wardrobe: Wardrobe, pairs: Sequence[tuple[int, int]], table: Path) -> None:
        self.wardrobe = wardrobe
        self.pairs = list(pairs)
        self.table = table
        self.names = [self._names(pair) for pair in pairs]
        self.lock = threading.Lock()
        with one_process(table, "writing into"):
            self._made_whole()

    def given(self) -> list[str | None]:
        """What the table answers to each pair; None for one that is still to be looked at.

        Raises DataError if the file was changed meanwhile into something that is no table.
        """
        with self.lock:
            return self._given(self._answers())

    def save(self, number: int, word: str, instead: str | None = UNSEEN) -> tuple[bool, list[str | None]]:
        """Enter an answer: it is on the disk when this returns. A later answer to the same pair holds.

        Args:
            number: of the pair. word: the answer.
            instead: the answer that the page knows of, None for no answer. Where the table has another one,
                nothing is entered. ``UNSEEN`` does not ask.

        Returns:
            Whether it was entered, and what ``given`` returns now.
        """
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([*self.names[number], word])
        with self.lock, one_process(self.table, "writing into"):
            answers = self._made_whole()
            if instead not in (UNSEEN, self._given(answers)[number]):
                return False, self._given(answers)
            with self.table.open("a", encoding="utf-8", newline="") as file:
                file.write(line.getvalue())
                file.flush()
                os.fsync(file.fileno())
            answers[self.names[number]] = ANSWERS[word]
            return True, self._given(answers)

    def _names(self, pair: tuple[int, int]) -> tuple[str, str]:
        """The files of a pair, relative to the table's folder."""
        root = self.table.resolve().parent
        top, bottom = (
            os.path.relpath(Path(self.wardrobe.garments[place].path).resolve(), root) for place in pair
        )
        for name in (top, bottom):
            if name != os.fsencode(name).decode(errors="replace"):
                raise DataError(f"{name!a}: the name is no UTF-8, so no table can hold it. Rename the file.")
        return top, bottom

    def _made_whole(self) -> dict[tuple[str, str], int | None]:
        """The answers in the table, which is there and ends with a whole line after that."""
        answers = self._answers()
        if not self.table.exists() or not self.table.read_bytes().endswith(b"\n"):
            write_table(self.table, answers)
        return answers

    def _answers(self) -> dict[tuple[str, str], int | None]:
        return read_table(self.table) if self.table.exists() and self.table.stat().st_size else {}

    def _given(self, answers: Mapping[tuple[str, str], int | None]) -> list[str | None]:
        words = {label: word for word, label in ANSWERS.items()}
        return [words[answers[names]] if names in answers else None for names in self.names]


class Server(ThreadingHTTPServer):
    """Serves the page of some labels to those who have the key."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that has hung up is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def __init__(self, labels: Labels, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.labels = labels
        self.key = secrets.token_urlsafe(24)

    @property
    def address(self) -> str:
        """Where the page is, with the key."""
        return f"http://127.0.0.1:{self.server_port}/?key={self.key}"


class Handler(BaseHTTPRequestHandler):
    """GET / is the page, GET /photograph/NUMBER a picture, POST /answer an answer; all else is refused."""

    server: Server
    timeout = PATIENCE
    server_version, sys_version = "labels", ""
    protocol_version = "HTTP/1.0"  # a connection for each request: nothing is left over in one

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if not self._is_ours(query):
            return
        photograph = re.fullmatch(r"/photograph/(\d{1,9})", path)
        if path == "/":
            self._page()
        elif photograph and int(photograph[1]) < len(self.server.labels.wardrobe):
            self._photograph(int(photograph[1]))
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing of this name.")

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        if not self._is_ours(query):
            return
        length = self.headers.get("Content-Length", "")
        if path != "/answer":
            self._refuse(HTTPStatus.NOT_FOUND, "There is nothing of this name.")
        elif not re.fullmatch(r"\d{1,20}", length):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "Expected an answer with its length.")
        elif int(length) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"An answer has {LARGEST} bytes at most.")
        else:
            self._answer(self.rfile.read(int(length)))

    def _is_ours(self, query: str) -> bool:
        """Whether the request comes from our page: it names our address, and has the key."""
        port = self.server.server_port
        key = query.removeprefix("key=")
        if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self._refuse(HTTPStatus.FORBIDDEN, "Expected the address that the program has printed.")
        elif not secrets.compare_digest(key.encode(), self.server.key.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "Expected the key that the program has printed.")
        else:
            return True
        return False

    def _page(self) -> None:
        labels = self.server.labels
        try:
            given = labels.given()
        except DataError as error:
            self._refuse(HTTPStatus.CONFLICT, self._without_path(error))
            return
        state = {"key": self.server.key, "pairs": labels.pairs, "given": given}
        nonce = secrets.token_urlsafe(16)
        text = PAGE.read_text(encoding="utf-8").replace("NONCE", nonce)
        text = text.replace("STATE", json.dumps(state).replace("<", "\\u003c"))
        policy = f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'nonce-{nonce}'; "
        policy += f"script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", text.encode(), policy)

    def _photograph(self, place: int) -> None:
        try:
            image = Image.fromarray(read_image(self.server.labels.wardrobe.garments[place].path))
        except DataError:
            self._refuse(HTTPStatus.NOT_FOUND, "This photograph cannot be read.")
            return
        image.thumbnail((SIDE, SIDE))
        file = io.BytesIO()
        image.save(file, "JPEG", quality=90)
        self._send(HTTPStatus.OK, "image/jpeg", file.getvalue())

    def _answer(self, body: bytes) -> None:
        labels = self.server.labels
        try:
            told = json.loads(body)
            number, word, instead = told["pair"], told["answer"], told.get("instead", UNSEEN)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._refuse(HTTPStatus.BAD_REQUEST, 'Expected {"pair": number, "answer": word}.')
            return
        known = type(number) is int and 0 <= number < len(labels.pairs)
        if not known or word not in (*ANSWERS,) or instead not in (*ANSWERS, None, UNSEEN):
            self._refuse(HTTPStatus.BAD_REQUEST, f"Expected a pair's number and one of {', '.join(ANSWERS)}.")
            return
        try:
            saved, given = labels.save(number, word, instead)
        except OSError as error:
            why = os.strerror(error.errno or 0)  # its own words may have a path
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, f"It cannot be saved ({why}). {remedy(error)}.")
        except DataError as error:
            self._refuse(HTTPStatus.CONFLICT, self._without_path(error))
        else:
            status = HTTPStatus.OK if saved else HTTPStatus.CONFLICT
            self._send(status, "application/json", json.dumps({"given": given}).encode())

    def _without_path(self, error: DataError) -> str:
        """The message with the table's name alone: the page knows no paths."""
        table = self.server.labels.table
        return str(error).replace(str(table), table.name)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(status, "text/plain; charset=utf-8", why.encode())

    def _send(
        self, status: HTTPStatus, kind: str, content: bytes, policy: str = "default-src 'none'"
    ) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address has the key in it."""


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options, with the settings that they mean."""
    parser = argparse.ArgumentParser(
        "python -m models.outfits.labelling",
        description="Say in the browser which garments go together. Each answer is kept at once.",
        epilog="Ctrl-C ends it. The same command goes on.",
    )
    add_wardrobe(parser)
    parser.add_argument(
        "--labels", type=Path, default=Path("labels.csv"), dest="table", metavar="FILE", help="the table"
    )
    parser.add_argument("--count", type=count, default=100, metavar="N", help="pairs (default: 100)")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="(default: one that is free)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    return parse(parser, arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until Ctrl-C."""
    options = read_options(arguments)
    try:
        wardrobe = wardrobe_of(options.settings)
        pairs = drawn_pairs(wardrobe, options.count, options.settings.seed)
        with Server(Labels(wardrobe, pairs, options.table), options.port) as server:
            tell(f"The page: {server.address}\nThe table: {options.table.resolve()}\nCtrl-C ends it.")
            if not options.no_browser:
                webbrowser.open(server.address)
            server.serve_forever()
    except KeyboardInterrupt:
        tell(f"Ended. {options.table} has the answers; the same command goes on.")
    except OSError as error:
        tell(f"python -m models.outfits.labelling: {what_to_do(error, options.table)}")
        return 1
    except DataError as error:
        tell(f"python -m models.outfits.labelling: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

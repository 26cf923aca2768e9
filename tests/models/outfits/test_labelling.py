"""The labelling page over HTTP: answers are on the disk at once, and hostile requests get nothing."""

import http.client
import io
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minigrad.errors import DataError
from models.outfits.labelling import PAGE, Labels, Server, read_options
from models.outfits.outfits import drawn_pairs
from models.outfits.tables import read_labels, read_table
from models.outfits.wardrobe import Wardrobe


class Served:
    """A running server, and requests to it."""

    def __init__(self, wardrobe: Wardrobe, table: Path) -> None:
        self.server = Server(Labels(wardrobe, drawn_pairs(wardrobe, 10), table))
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def ask(self, path: str, body: Any = None, key: str | None = None, **headers: str) -> Any:
        """(status, content, headers) of a GET, or of a POST if there is a body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            own = self.server.key if key is None else key
            content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("GET" if body is None else "POST", f"{path}?key={own}", content, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()

    def answer(self, pair: Any, word: Any) -> int:
        status: int = self.ask("/answer", {"pair": pair, "answer": word})[0]
        return status

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def served(squares: Wardrobe, tmp_path: Path) -> Iterator[Served]:
    running = Served(squares, tmp_path / "labels.csv")
    yield running
    running.close()


def test_every_answer_is_in_the_table_at_once(served: Served, tmp_path: Path) -> None:
    for number, word in enumerate(("harmonious", "clashing", "skip")):
        assert served.answer(number, word) == 200
        found = list(read_table(tmp_path / "labels.csv").values())
        assert found == [1, 0, None][: number + 1]
    assert served.answer(0, "clashing") == 200  # another mind: the later answer holds
    assert list(read_table(tmp_path / "labels.csv").values()) == [0, 0, None]


def test_what_was_labelled_can_be_learnt_from(served: Served, squares: Wardrobe, tmp_path: Path) -> None:
    for number in range(6):
        served.answer(number, ("clashing", "harmonious", "skip")[number % 3])
    wardrobe, outfits = read_labels(tmp_path / "labels.csv")
    assert [outfit.label for outfit in outfits] == [0, 1, 0, 1]
    top, bottom = served.server.labels.pairs[3]
    assert Path(wardrobe.garments[outfits[2].top].path).samefile(squares.garments[top].path)
    assert Path(wardrobe.garments[outfits[2].bottom].path).samefile(squares.garments[bottom].path)


def test_a_run_goes_on_where_it_was_even_after_half_a_line(squares: Wardrobe, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    first = Served(squares, table)
    first.answer(0, "harmonious")
    first.answer(2, "skip")
    first.close()
    with table.open("a") as file:
        file.write("cut off in the mid")
    second = Served(squares, table)
    try:
        state = json.loads(re.findall(r"const state = (.*);", second.ask("/")[1].decode())[0])
        assert state["given"] == ["harmonious", None, "skip", *[None] * 7]
        assert second.answer(1, "clashing") == 200
    finally:
        second.close()
    assert sorted(map(str, read_table(table).values())) == ["0", "1", "None"]


def test_an_answer_that_was_given_elsewhere_is_not_overwritten_unseen(served: Served, tmp_path: Path) -> None:
    """Two tabs: the second answers a pair that the first still shows as open."""

    def answer(word: str, instead: str | None) -> tuple[int, Any]:
        sent = {"pair": 0, "answer": word, "instead": instead}
        status, content, _ = served.ask("/answer", sent)
        return status, json.loads(content)["given"][:2]

    assert answer("harmonious", None) == (200, ["harmonious", None])
    assert answer("clashing", None) == (409, ["harmonious", None])  # and is told what there is
    assert list(read_table(tmp_path / "labels.csv").values()) == [1]
    assert answer("clashing", "harmonious") == (200, ["clashing", None])  # it knows what it overwrites
    assert list(read_table(tmp_path / "labels.csv").values()) == [0]


@pytest.mark.parametrize("instead", ["maybe", 1, ["skip"]])
def test_what_is_overwritten_is_an_answer_or_none(served: Served, instead: Any) -> None:
    assert served.ask("/answer", {"pair": 0, "answer": "skip", "instead": instead})[0] == 400


def test_the_file_is_the_truth_whoever_writes_it(served: Served, tmp_path: Path) -> None:
    """It is removed, or changed in an editor that ends no last line, while the page is open."""
    table = tmp_path / "labels.csv"
    assert served.answer(0, "harmonious") == 200
    table.unlink()
    assert served.answer(1, "clashing") == 200
    assert list(read_table(table).values()) == [0]
    table.write_text(table.read_text().replace("clashing", "yes").rstrip("\n"))
    assert served.answer(2, "skip") == 200
    assert list(read_table(table).values()) == [1, None]
    with table.open("a") as file:
        file.write("half a li")
    assert served.answer(3, "skip") == 200
    assert list(read_table(table).values()) == [1, None, None]


def test_a_table_that_was_spoilt_meanwhile_is_told_and_left(served: Served, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("my diary\n")
    for path, sent in (("/", None), ("/answer", {"pair": 0, "answer": "skip"})):
        status, content, _ = served.ask(path, sent)
        assert status == 409 and b"expected the first line top,bottom,label" in content
        assert str(tmp_path).encode() not in content  # no path of this machine
    assert (tmp_path / "labels.csv").read_text() == "my diary\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_no_table_can_hold_is_told_at_the_start(squares: Wardrobe, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    named = Wardrobe([squares.garments[0]._replace(path=str(tmp_path / name)), *squares.garments[1:]], "s")
    with pytest.raises(DataError, match=r"caf.*\.png': the name is no UTF-8"):
        Labels(named, [(0, 30)], tmp_path / "labels.csv")
    assert not (tmp_path / "labels.csv").exists()


def test_the_page_shows_photographs_by_number(served: Served, squares: Wardrobe) -> None:
    status, page, headers = served.ask("/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    state = json.loads(re.findall(r"const state = (.*);", page.decode())[0])
    assert state["pairs"] == [list(pair) for pair in served.server.labels.pairs]
    status, content, headers = served.ask(f"/photograph/{state['pairs'][0][0]}")
    assert status == 200 and headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(content)).size == (20, 24)
    assert str(Path(squares.garments[0].path).parent) not in page.decode()  # no path of this machine


def test_the_keyboard_answers() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert '{ ArrowRight: "harmonious", ArrowLeft: "clashing", " ": "skip" }' in text
    assert 'event.key === "Backspace"' in text
    for word in ("harmonious", "clashing", "skip"):
        assert f'<button data-answer="{word}">' in text


def test_scripts_run_by_nonce_alone(served: Served) -> None:
    _, page, headers = served.ask("/")
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page.decode()))
    policy = headers["Content-Security-Policy"]
    assert f"script-src 'nonce-{nonce}'" in policy and "default-src 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert nonce not in served.ask("/")[1].decode()  # another one each time


@pytest.mark.parametrize("key", ["", "guessed", "é"])
def test_without_the_key_nothing_is_told_and_nothing_saved(served: Served, tmp_path: Path, key: str) -> None:
    before = (tmp_path / "labels.csv").read_bytes()
    sent = {"pair": 0, "answer": "harmonious"}
    for path, body in (("/", None), ("/photograph/0", None), ("/answer", sent)):
        quoted = key.replace("é", "%C3%A9")
        status, content, _ = served.ask(path, body, key=quoted)
        assert status == 403 and served.server.key.encode() not in content
    assert (tmp_path / "labels.csv").read_bytes() == before


def test_another_name_for_this_machine_is_refused(served: Served) -> None:
    """A page of evil.example whose name was made to lead here (DNS rebinding) says so in Host."""
    assert served.ask("/", Host="evil.example")[0] == 403
    assert served.ask("/", Host=f"localhost:{served.server.server_port}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../labels.csv",
        "/photograph/../../etc/passwd",
        "/photograph/99999",
        "/photograph/-1",
        "/photograph/1e1",
        "/photograph/9999999999999999999999",
        "/photograph/%2e%2e%2flabels.csv",
        "//etc/passwd",
        "/labelling.py",
        "/answer",
    ],
)
def test_there_are_no_paths(served: Served, path: str) -> None:
    assert served.ask(path)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 900,
        b"null",
        b"\xff\xfe",
        {"pair": 0},
        {"pair": 10, "answer": "skip"},
        {"pair": -1, "answer": "skip"},
        {"pair": True, "answer": "skip"},
        {"pair": 0.0, "answer": "skip"},
        {"pair": "0", "answer": "skip"},
        {"pair": 0, "answer": "maybe"},
        {"pair": 0, "answer": ["skip"]},
        {"pair": 0, "answer": "skip\nx,y,harmonious"},
    ],
)
def test_answers_that_are_none_change_nothing(served: Served, tmp_path: Path, body: Any) -> None:
    before = (tmp_path / "labels.csv").read_bytes()
    assert served.ask("/answer", body)[0] == 400
    assert (tmp_path / "labels.csv").read_bytes() == before


def test_too_much_is_not_even_read(served: Served) -> None:
    """A gigabyte is announced and never sent: the answer comes at once."""
    with socket.create_connection(("127.0.0.1", served.server.server_port), timeout=10) as connection:
        host = f"Host: 127.0.0.1:{served.server.server_port}"
        head = f"POST /answer?key={served.server.key} HTTP/1.1\r\n{host}\r\n"
        connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())
        assert b" 413 " in connection.recv(4096)
    with socket.create_connection(("127.0.0.1", served.server.server_port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: -5\r\n\r\n".encode())
        assert b" 411 " in connection.recv(4096)


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    assert served.server.server_address[0] == "127.0.0.1"


def test_a_file_that_is_no_table_is_left_alone(squares: Wardrobe, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("my diary\n")
    with pytest.raises(DataError, match="expected the first line top,bottom,label"):
        Labels(squares, [], tmp_path / "labels.csv")
    assert (tmp_path / "labels.csv").read_text() == "my diary\n"


def test_its_options(tmp_path: Path) -> None:
    options = read_options(["--folder", str(tmp_path), "--count", "7", "--labels", "mine.csv"])
    assert (options.count, options.table, options.settings.folder) == (7, Path("mine.csv"), tmp_path)


def test_two_programs_write_one_table(squares: Wardrobe, tmp_path: Path) -> None:
    """An answer that is being written by one is no half of a line to the other, which would cut it off."""
    pairs, table = drawn_pairs(squares, 20), tmp_path / "labels.csv"
    both = [Labels(squares, pairs, table) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda k=k: [both[k].save(number, "skip") for number in range(k, 20, 2)])
        for k in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert both[0].given() == ["skip"] * 20 and os.listdir(tmp_path) == ["labels.csv"]

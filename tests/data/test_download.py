"""Downloads, from servers on this machine that behave as badly as real ones."""

import hashlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from minigrad.data import download
from minigrad.data.download import Remote, fetch
from minigrad.errors import DataError, DownloadError

CONTENT = bytes(range(256)) * 4000  # about a megabyte
FILE = Remote("file.gz", len(CONTENT), hashlib.md5(CONTENT).hexdigest())


class Server:
    """Answers each request with the next of ``script``, and with the last one from then on."""

    def __init__(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.ranges.append(self.headers.get("Range"))
                script = server.script
                script.pop(0)(self) if len(script) > 1 else script[0](self)

            def log_message(self, *args):
                pass

        self.script = [whole]
        self.ranges = []  # the Range header of every request
        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/data/"
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def stop(self):
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()


def answer(handler, status=200, body=b"", **headers):
    handler.send_response(status)
    headers.setdefault("Content_Length", len(body))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler):
    """All of the file, or its rest when that is asked for."""
    asked = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range") or "")
    start = int(asked[1]) if asked else 0
    if start >= len(CONTENT):
        answer(handler, 416)
    elif asked:
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        answer(handler, 206, CONTENT[start:], Content_Range=span)
    else:
        answer(handler, 200, CONTENT)


def ignores_ranges(handler):
    answer(handler, 200, CONTENT)


def status(code):
    return lambda handler: answer(handler, code)


def breaks_off(size):
    """Promises all and sends ``size`` bytes."""
    return lambda handler: answer(handler, 200, CONTENT[:size], Content_Length=len(CONTENT))


def other(body, **headers):
    return lambda handler: answer(handler, 200, body, **headers)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "BACKOFF", 0.001)
    monkeypatch.setattr(download, "_unreachable", {})
    server = Server()
    yield server
    server.stop()


def get(server, folder, **options):
    return fetch(FILE, [server.url], folder, progress=False, **options)


def leftovers(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_file_arrives_whole_in_a_folder_that_is_made(server, tmp_path):
    path = get(server, tmp_path / "a" / "b")
    assert path == tmp_path / "a" / "b" / "file.gz"
    assert path.read_bytes() == CONTENT
    assert leftovers(path.parent) == ["file.gz"]


def test_a_file_that_is_there_is_not_fetched(server, tmp_path):
    (tmp_path / "file.gz").write_bytes(b"mine")
    assert get(server, tmp_path).read_bytes() == b"mine"
    assert server.ranges == []


def test_errors_of_the_server_are_tried_again(server, tmp_path):
    server.script = [status(500), status(503), status(429), whole]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert len(server.ranges) == 4


def test_a_broken_connection_is_continued_where_it_broke(server, tmp_path):
    server.script = [breaks_off(300_000), whole]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert re.fullmatch(r"bytes=\d+-", server.ranges[1])
    assert 0 < int(server.ranges[1][6:-1]) <= 300_000


def test_an_earlier_process_download_is_continued(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:777_777])
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == ["bytes=777777-"]


def test_a_server_that_cannot_continue_sends_all_of_it(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    server.script = [ignores_ranges]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert len(server.ranges) == 1


def test_a_server_that_continues_elsewhere_is_asked_for_all_of_it(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(CONTENT[:1000])
    server.script = [
        lambda h: answer(h, 206, CONTENT[5:], Content_Range=f"bytes 5-{len(CONTENT) - 1}/*"),
        whole,
    ]
    assert get(server, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("part", [b"rubbish" * 100, CONTENT + b"more", b"x" * len(CONTENT)])
def test_a_bad_earlier_part_is_thrown_away(server, tmp_path, part):
    (tmp_path / "file.gz.part").write_bytes(part)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["file.gz"]


def test_a_part_that_is_whole_needs_no_more_bytes(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(CONTENT)
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (CONTENT[::-1], "has md5"),
        (CONTENT + b"x", f"has {len(CONTENT) + 1:,} bytes, not {len(CONTENT):,}"),
        (CONTENT[:-1], f"has {len(CONTENT) - 1:,} bytes, not {len(CONTENT):,}"),
    ],
)
def test_a_wrong_file_is_an_error_and_leaves_nothing(server, tmp_path, body, message):
    server.script = [other(body)]
    with pytest.raises(DataError, match=rf"file\.gz: could not be fetched.*{message}") as caught:
        get(server, tmp_path)
    assert not isinstance(caught.value, DownloadError)  # the network works: nothing may take the file's place
    assert leftovers(tmp_path) == []


def test_bytes_are_not_unpacked_on_the_way(server, tmp_path):
    """A server may call a .gz file gzip-encoded; its checksum is that of the packed bytes."""
    server.script = [other(CONTENT, Content_Encoding="gzip")]
    assert get(server, tmp_path).read_bytes() == CONTENT


def test_the_second_source_continues_for_the_first(server, tmp_path):
    second = Server()
    try:
        server.script = [breaks_off(300_000), status(404)]
        path = fetch(FILE, [server.url, second.url], tmp_path, progress=False)
        assert path.read_bytes() == CONTENT
        assert len(server.ranges) == 2 and second.ranges[0].startswith("bytes=")
    finally:
        second.stop()


def test_a_missing_file_is_not_tried_again(server, tmp_path):
    server.script = [status(404)]
    with pytest.raises(DownloadError, match="404 Not Found"):
        get(server, tmp_path)
    assert len(server.ranges) == 1


def test_attempts_come_to_an_end(server, tmp_path):
    server.script = [status(500)]
    with pytest.raises(DownloadError, match=r"500 Internal Server Error \(after 5 attempts\)"):
        get(server, tmp_path)
    assert len(server.ranges) == 5


def test_a_log_in_page_counts_as_no_network(server, tmp_path):
    server.script = [other(b"<html>", Content_Type="text/html; charset=utf-8")]
    with pytest.raises(DownloadError, match="web page"):
        get(server, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_stream_without_length_that_ends_early_is_continued(server, tmp_path):
    def no_length(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT[:5000])

    server.script = [no_length, whole]
    assert get(server, tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=5000-"]


def test_without_a_network_it_fails_soon_and_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(download, "_unreachable", {})
    with socket.socket() as unused:  # a port that nobody listens at
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        start = time.monotonic()
        with pytest.raises(DownloadError, match="could not be reached"):
            fetch(FILE, [url], tmp_path, progress=False)
        assert time.monotonic() - start < 3
        with pytest.raises(DownloadError, match="could not be reached a moment ago"):
            fetch(FILE, [url], tmp_path, progress=False)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("missing", ["filelock", "requests", "tqdm"])
def test_a_missing_package_is_named(server, monkeypatch, tmp_path, missing):
    """As in a browser, where Python's own packages alone are there at first."""
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        DownloadError, match=rf"file\.gz: cannot be fetched without {missing}: .* put it into"
    ):
        get(server, tmp_path)


def test_without_threads_no_source_can_be_asked(server, monkeypatch, tmp_path):
    def refuse(thread):
        raise RuntimeError("can't start new thread")  # as Python in a browser says it

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(DownloadError, match=r"this Python can't start new thread"):
        get(server, tmp_path)
    assert server.ranges == []


def test_a_silent_server_is_given_up(server, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "FIRST_ANSWER", 0.3)
    release = threading.Event()

    def silent(handler):
        release.wait(5)
        answer(handler, 404)

    server.script = [silent]
    start = time.monotonic()
    with pytest.raises(DownloadError, match=r"no answer within 0\.3 seconds"):
        get(server, tmp_path)
    assert time.monotonic() - start < 2
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("request "):
            thread.join()


def test_a_folder_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match=r"file/sub/file\.gz: cannot be written"):
        get(server, tmp_path / "file" / "sub")


def test_the_bar_shows_the_file(server, tmp_path, capsys):
    fetch(FILE, [server.url], tmp_path)
    err = capsys.readouterr().err
    assert "file.gz: 100%" in err


def test_two_processes_fetch_a_file_once(server, tmp_path):
    def slow(handler):
        time.sleep(0.5)
        whole(handler)

    server.script = [slow]
    code = (
        "from pathlib import Path; from minigrad.data.download import Remote, fetch; "
        f"fetch(Remote{tuple(FILE)}, [{server.url!r}], Path({str(tmp_path)!r}), progress=False)"
    )
    root = Path(__file__).parents[2]
    processes = [subprocess.Popen([sys.executable, "-c", code], cwd=root) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(server.ranges) == 1
    assert (tmp_path / "file.gz").read_bytes() == CONTENT
    assert leftovers(tmp_path) == ["file.gz"]


def test_an_interrupt_keeps_what_came(server, monkeypatch, tmp_path):
    class Interrupts:
        def __init__(self, **options):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            return None

        def update(self, n):
            raise KeyboardInterrupt

    monkeypatch.setattr("tqdm.tqdm", Interrupts)
    with pytest.raises(KeyboardInterrupt):
        get(server, tmp_path)
    assert leftovers(tmp_path) == ["file.gz.part"]
    assert 0 < os.path.getsize(tmp_path / "file.gz.part") < len(CONTENT)


def test_the_server_may_say_how_long_the_file_is(server, tmp_path):
    remote = Remote("file.gz", 0, hashlib.sha256(CONTENT).hexdigest())
    server.script = [breaks_off(300_000), whole]
    assert fetch(remote, [server.url], tmp_path, progress=False).read_bytes() == CONTENT
    assert len(server.ranges) == 2


def test_a_file_of_unknown_length_from_a_server_that_does_not_say(server, tmp_path):
    remote = Remote("file.gz", 0, hashlib.sha256(CONTENT).hexdigest())

    def silent(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT)

    server.script = [silent]
    with pytest.raises(DownloadError, match="the server does not say how long the file is"):
        fetch(remote, [server.url], tmp_path, progress=False)


@pytest.mark.parametrize("length", ["all of it", "-7", "9" * 5000])
def test_a_length_that_is_no_number_is_none(server, tmp_path, length):
    remote = Remote("file.gz", 0, hashlib.sha256(CONTENT).hexdigest())
    server.script = [other(CONTENT, Content_Length=length)]
    with pytest.raises(DownloadError, match="the server does not say how long the file is"):
        fetch(remote, [server.url], tmp_path, progress=False)
    assert get(server, tmp_path).read_bytes() == CONTENT

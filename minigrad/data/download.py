"""Fetching one file from its publisher: checked, resumed, retried, and put in its place in one step.

The bytes are collected in ``NAME.part``. Only when size and checksum are right is it renamed to ``NAME``, so
that a file under its own name is always whole. An interrupted ``NAME.part`` is continued the next time.
``NAME.lock`` keeps two processes from fetching the same file at once: the second waits and then finds it
there.
"""

import hashlib
import os
import queue
import re
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from minigrad.errors import DataError, DownloadError
from minigrad.files import finish, one_process, remedy

if TYPE_CHECKING:
    import requests

ATTEMPTS = 5  # per source, once it has answered
BACKOFF = 0.5  # seconds before the second attempt; doubled for each further one
FIRST_ANSWER = 4.0  # seconds that a source has to answer a request, name lookup included
READ_TIMEOUT = 20.0  # seconds without a byte, in the middle of a file
FORGET = 60.0  # seconds for which a source that could not be reached is not asked again
_CHUNK = 1 << 16

_unreachable: dict[str, float] = {}  # host -> when it could not be reached


class Remote(NamedTuple):
    """A file at a publisher's.

    ``size``: in bytes; 0 where only the server knows. ``checksum``: its md5, or its sha256 or at least
    eight digits that this begins with, in hexadecimal.
    """

    name: str
    size: int
    checksum: str

    @property
    def algorithm(self) -> str:
        """Of the checksum: an md5 has 32 digits."""
        return "md5" if len(self.checksum) == 32 else "sha256"


class Again(Exception):
    """This attempt failed; another one may succeed."""


class GiveUp(Exception):
    """This source will not do; another one may."""


class _Wrong(GiveUp):
    """This source answered with something that is not the file."""


def fetch(remote: Remote, sources: Sequence[str], folder: Path, *, progress: bool = True) -> Path:
    """Fetch ``remote`` into ``folder`` from the first of ``sources`` that has it, and return its path.

    Args:
        remote: the file's name, size and checksum.
        sources: addresses of folders (ending in ``/``) to which the name is appended, the preferred one
            first.
        folder: where the file goes; made if it does not exist.
        progress: whether to show a bar.

    Raises:
        DataError: a source delivered a whole file, and it is not the right one.
        DownloadError: no source could be reached, or none has the file, or it cannot be written; or a package
            that fetching takes is missing, as in a browser.
    """
    path, part = folder / remote.name, folder / f"{remote.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with one_process(path, "fetching"):
            if not path.exists():  # else another process fetched it while this one waited
                _from_any(remote, sources, part, progress)
                finish(part, path)
    except ModuleNotFoundError as error:
        raise DownloadError(
            f"{remote.name}: cannot be fetched without {error.name}: pip install {error.name}, or get it in "
            f"another way and put it into {folder}."
        ) from error
    except OSError as error:
        kept = " What has come is kept, and gone on with." if os.path.exists(part) else ""
        raise DownloadError(
            f"{path}: cannot be written ({error.strerror or error}). {remedy(error)}, or name another "
            f"folder.{kept}"
        ) from error
    return path


def _from_any(remote: Remote, sources: Sequence[str], part: Path, progress: bool) -> None:
    problems: list[str] = []
    failure: type[DataError] = DownloadError
    for source in sources:
        url = source + remote.name
        try:
            return _from_one(url, remote, part, progress)
        except GiveUp as error:
            problems.append(f"{url}: {error}")
            failure = DataError if isinstance(error, _Wrong) else failure
    raise failure(
        f"{remote.name}: could not be fetched. {'; '.join(problems)}. Try again later, or get it in another "
        f"way and put it into {part.parent}."
    )


def _from_one(url: str, remote: Remote, part: Path, progress: bool) -> None:
    """Bring ``part`` to its full length from ``url`` and check it, in several attempts if need be."""
    host = urlsplit(url).netloc
    if time.monotonic() - _unreachable.get(host, -FORGET) < FORGET:
        raise GiveUp("could not be reached a moment ago")
    answered = False
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        start = part.stat().st_size if part.exists() else 0
        try:
            with request(url, start) as response:
                answered = True
                _receive(response, part, start, remote.size, progress)
            found = difference(part, remote)
            if not found:
                return
            problem = f"the file that came {found}"
            part.unlink()
            if not start:
                raise _Wrong(problem)
            # The earlier part may be at fault: start afresh.
            last = f"after continuing an earlier download, {problem}"
        except Again as error:
            last = str(error)
            if not answered and attempt == 1:  # without a network, do not keep the learner waiting
                break
        except TimeoutError as error:
            last = str(error)
            if not answered:
                break
    if not answered:
        _unreachable[host] = time.monotonic()
    raise GiveUp(f"{last}{f' (after {ATTEMPTS} attempts)' if answered else ''}")


def request(url: str, start: int) -> "requests.Response":
    """Ask for the file from byte ``start`` on, and wait ``FIRST_ANSWER`` seconds at most for an answer.

    The request runs in a thread: a connection timeout covers neither the name lookup nor a host with many
    addresses, each of which is tried for as long.
    """
    import requests

    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, not compressed once more
    if start:
        headers["Range"] = f"bytes={start}-"
    answers: queue.SimpleQueue[requests.Response | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(requests.get(url, headers=headers, stream=True, timeout=(FIRST_ANSWER, READ_TIMEOUT)))
        except (OSError, ValueError) as error:  # requests' exceptions are OSErrors
            answers.put(error)

    try:
        threading.Thread(target=ask, name=f"request {url}", daemon=True).start()
    except RuntimeError as error:  # Python in a browser has none
        raise GiveUp(f"this Python {error}, which asking takes") from error
    try:
        answer = answers.get(timeout=FIRST_ANSWER)
    except queue.Empty:
        raise TimeoutError(f"no answer within {FIRST_ANSWER:g} seconds") from None
    if isinstance(answer, requests.ConnectTimeout):
        raise TimeoutError(f"no answer within {FIRST_ANSWER:g} seconds") from answer
    if isinstance(answer, OSError):
        raise Again(f"could not be reached ({type(answer).__name__})") from answer
    if isinstance(answer, Exception):
        raise GiveUp(f"not an address to fetch from ({answer})") from answer
    return answer


def _receive(response: "requests.Response", part: Path, start: int, size: int, progress: bool) -> None:
    """Append the answer's body to ``part``, or begin it anew when the server sends the whole file."""
    import urllib3
    from tqdm import tqdm

    status = response.status_code
    if status == 416 and start:  # there is nothing after `start`: the part is whole already, or too long
        return
    if status == 429 or status >= 500:
        raise Again(f"the server answered {status} {response.reason}")
    if status not in (200, 206):
        raise GiveUp(f"the server answered {status} {response.reason}")
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise GiveUp("a web page came instead of the file (does this network ask you to log in?)")
    if status == 200:
        start = 0
    said = response.headers.get("Content-Length", "")
    length = int(said) if re.fullmatch("[0-9]{1,18}", said) else -1
    if not size:
        if length < 0:
            raise GiveUp("the server does not say how long the file is")
        size = start + length

    name = part.name.removesuffix(".part")
    bar = tqdm(total=size, initial=start, desc=name, unit="B", unit_scale=True, disable=not progress)
    with part.open("ab" if start else "wb") as file, bar:
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > size:
                    break
        except urllib3.exceptions.HTTPError as error:
            raise Again(f"the connection broke off after {file.tell():,} of {size:,} bytes") from error
        # Without a length, the connection's end looks like the file's; old urllib3 does not compare.
        if file.tell() < size and file.tell() - start != length:
            raise Again(f"only {file.tell():,} of {size:,} bytes came")


def difference(part: Path, remote: Remote) -> str:
    """How the file differs from what it should be; empty when it does not."""
    size = part.stat().st_size
    if remote.size and size != remote.size:
        return f"has {size:,} bytes, not {remote.size:,}"
    with part.open("rb") as file:
        new = partial(hashlib.new, remote.algorithm, usedforsecurity=False)
        found = hashlib.file_digest(file, new).hexdigest()
    if found.startswith(remote.checksum):
        return ""
    return f"has {remote.algorithm} {found}, not {remote.checksum}"

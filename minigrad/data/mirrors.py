"""Which of the addresses that a file is fetched from answer now."""

import time
from typing import NamedTuple

from minigrad.data.download import Again, GiveUp, Remote, request

SAMPLE = 1 << 18  # bytes that are read to measure the speed


class Answer(NamedTuple):
    """What an address did: whether the file is there, of the right length, and what else there is to tell."""

    url: str
    works: bool
    told: str


def ask(source: str, remote: Remote) -> Answer:
    """Ask an address for the beginning of a file."""
    import urllib3

    url = source + remote.name
    began = time.perf_counter()
    try:
        response = request(url, 0)
    except (Again, GiveUp, TimeoutError) as error:
        return Answer(url, False, str(error))
    with response:
        waited = time.perf_counter() - began
        if response.status_code != 200:
            return Answer(url, False, f"answered {response.status_code} {response.reason}")
        length = response.headers.get("Content-Length")
        size = remote.size or int(length or 0)
        if length is not None and int(length) != size:
            return Answer(url, False, f"has {int(length):,} bytes there, not {remote.size:,}")
        try:
            got = len(response.raw.read(min(SAMPLE, size), decode_content=False))
        except (OSError, urllib3.exceptions.HTTPError) as error:
            return Answer(url, False, f"broke off ({type(error).__name__})")
        speed = got / max(time.perf_counter() - began - waited, 1e-6)
        whole = size / speed
        return Answer(
            url, True, f"answers in {waited:.1f} s; {speed / 1e6:.1f} MB/s, so about {whole:,.0f} s"
        )

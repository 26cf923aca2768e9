"""A program that is killed with SIGKILL goes on and ends the same: a few of the many kills that
tools/kill_and_resume.py tries.
"""

import os
import sys

import pytest

from tools.kill_and_resume import many


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_at_random_moments_and_while_it_writes() -> None:
    kills = many(4, seed=int.from_bytes(os.urandom(4), "little"))
    assert [kill.aimed for kill in kills] == ["any time", "while writing"] * 2
    assert all(kill.identical for kill in kills), kills


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_gan_killed_at_a_random_moment_and_while_it_writes() -> None:
    kills = many(2, seed=int.from_bytes(os.urandom(4), "little"), program="killed_gan")
    assert all(kill.identical for kill in kills), kills

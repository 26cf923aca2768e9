"""``minigrad data``: what is printed, what is done, and the exit status."""

import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from minigrad.commands import data, main
from minigrad.data.catalogue import KnownSet, StoredFile
from minigrad.data.download import Remote
from minigrad.errors import DataError, DownloadError


@pytest.fixture(autouse=True)
def one_set(monkeypatch, tmp_path):
    """A set "numbers" of two files, each of which must hold "right"; and a second one, "letters"."""
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "1000")

    def check(path):
        if path.read_text() != "right":
            raise DataError(f"{path}: holds something else. Get it again.")

    def fetch_into(root, progress):
        for name in ("a", "b"):
            (root / "numbers").mkdir(parents=True, exist_ok=True)
            if not (root / "numbers" / name).exists():
                (root / "numbers" / name).write_text("right")

    numbers = KnownSet(
        "numbers",
        "Numbers",
        "ten numbers",
        "MIT",
        "https://example.org/numbers",
        "numbers",
        None,
        ("http://127.0.0.1:9/",),
        (Remote("numbers.tar", 2_500_000, "0" * 32),),
        (StoredFile("a", 5, check), StoredFile("b", 5, check)),
        fetch_into,
    )
    sets = [numbers, replace(numbers, name="letters", folder="letters")]
    monkeypatch.setattr(data, "catalogue", lambda: sets)
    return numbers


def said(capsys):
    return capsys.readouterr().out.splitlines()


def test_list_says_where_and_how_much(capsys, tmp_path):
    assert main(["data", "fetch", "numbers"]) == 0
    assert said(capsys) == [f"numbers: fetched into {tmp_path / 'numbers'}"]
    assert main(["data", "list"]) == 0
    lines = said(capsys)
    assert lines[:4] == [
        "numbers: ten numbers",
        f"    lies in {tmp_path / 'numbers'}",
        f"    takes 0.0 MB in {tmp_path}",
        "    licence: MIT; https://example.org/numbers",
    ]
    assert lines[5] == "    not here; 2.5 MB to fetch"
    assert str(tmp_path) in lines[-1] and "MINIGRAD_DATA" in lines[-1]


@pytest.mark.parametrize("columns", [None, 60])
def test_list_breaks_lines_where_the_terminal_ends_and_loses_nothing(capsys, monkeypatch, one_set, columns):
    contents = "photographs of things that are worn, and of what they are worn with, 600 x 800"
    monkeypatch.setattr(data, "catalogue", lambda: [replace(one_set, contents=contents)])
    assert main(["data", "list"]) == 0
    whole = capsys.readouterr().out
    if columns is None:  # nor is there a terminal
        monkeypatch.delenv("COLUMNS")
    else:
        monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["data", "list"]) == 0
    told = capsys.readouterr().out
    too_long = [line for line in told.splitlines() if len(line) > (columns or 80)]
    assert all(len(line.split()) == 1 for line in too_long)  # a path or an address, which stays whole
    assert told.split() == whole.split() and len(told.splitlines()) > len(whole.splitlines())


def test_fetch_says_what_is_there_already(capsys, tmp_path):
    main(["data", "fetch", "numbers"])
    capsys.readouterr()
    assert main(["data", "fetch", "numbers"]) == 0
    assert said(capsys) == [f"numbers: is in {tmp_path / 'numbers'}"]


def test_one_that_cannot_be_had_does_not_keep_the_others_away(capsys, monkeypatch, one_set, tmp_path):
    def fail(root, progress):
        raise DownloadError("letters.tar: could not be fetched.")

    letters = replace(one_set, name="letters", folder="letters", fetch_into=fail)
    monkeypatch.setattr(data, "catalogue", lambda: [letters, one_set])
    assert main(["data", "fetch"]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"numbers: fetched into {tmp_path / 'numbers'}"]
    assert told.err == "minigrad: letters.tar: could not be fetched.\n"
    (tmp_path / "letters").mkdir()
    (tmp_path / "numbers" / "a").unlink()
    assert main(["data", "repair"]) == 1
    assert said(capsys) == [f"numbers: fetched again: a, in {tmp_path / 'numbers'}"]


def test_what_lies_elsewhere_has_its_size_too(capsys, monkeypatch, one_set, tmp_path):
    elsewhere = tmp_path / "system"
    elsewhere.mkdir()
    for name in "ab":
        (elsewhere / name).write_bytes(bytes(600_000))
    monkeypatch.setattr(data, "catalogue", lambda: [replace(one_set, elsewhere=elsewhere)])
    assert main(["data", "list"]) == 0
    assert said(capsys)[1] == f"    lies in {elsewhere}, 1.2 MB"


def test_what_is_to_be_typed_names_the_folder_too(capsys, tmp_path):
    folder = tmp_path / "my data"
    assert main(["data", "verify", "numbers", "--folder", str(folder)]) == 1
    (told,) = said(capsys)
    assert told.endswith(f"minigrad data fetch numbers --folder '{folder}'")
    assert main(shlex.split(told[told.index("minigrad") :])[1:]) == 0
    (folder / "numbers" / "a").unlink()
    capsys.readouterr()
    assert main(["data", "verify", "numbers", "--folder", str(folder)]) == 1
    command = said(capsys)[-1].split("to put it right: ")[1]
    assert main(shlex.split(command)[1:]) == 0
    assert (folder / "numbers" / "a").exists() and not (tmp_path / "numbers").exists()


def test_nothing_to_repair_is_said(capsys, tmp_path):
    assert main(["data", "repair"]) == 0
    assert said(capsys) == [f"Nothing was fetched into {tmp_path}, so there is nothing to repair."]


@pytest.mark.parametrize("arguments, known", [([], "data"), (["data"], "repair")])
def test_without_a_command_it_says_which_there_are(capsys, arguments, known):
    assert main(arguments) == 2
    assert known in capsys.readouterr().out


def test_fetch_takes_a_folder(tmp_path):
    (tmp_path / "mine").mkdir()
    assert main(["data", "fetch", "numbers", "--folder", str(tmp_path / "mine")]) == 0
    assert (tmp_path / "mine" / "numbers" / "a").exists()


def test_verify_and_repair(capsys, tmp_path):
    main(["data", "fetch", "numbers"])
    capsys.readouterr()
    assert main(["data", "verify"]) == 0
    assert said(capsys) == [
        f"numbers: every file is right, in {tmp_path / 'numbers'}",
        f"letters: not in {tmp_path / 'letters'}. To have it: minigrad data fetch letters",
    ]
    (tmp_path / "numbers" / "a").write_text("wrong")
    (tmp_path / "numbers" / "b").unlink()
    assert main(["data", "verify", "numbers"]) == 1
    lines = said(capsys)
    assert lines[0].startswith(f"numbers: a is bad. {tmp_path / 'numbers' / 'a'}: holds something else")
    assert lines[1] == "numbers: b is missing"
    assert lines[-1] == "numbers: to put it right: minigrad data repair numbers"
    assert main(["data", "repair"]) == 0
    assert said(capsys) == [f"numbers: fetched again: a, b, in {tmp_path / 'numbers'}"]
    assert main(["data", "repair", "numbers"]) == 0
    assert said(capsys) == [f"numbers: every file is right, in {tmp_path / 'numbers'}"]


def test_verifying_by_name_what_is_not_there_is_a_failure(capsys):
    assert main(["data", "verify", "letters"]) == 1
    assert "minigrad data fetch letters" in capsys.readouterr().out


def test_mirrors_that_do_not_work_are_a_failure(capsys, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert main(["data", "mirrors", "numbers"]) == 1
    lines = said(capsys)
    assert "http://127.0.0.1:9/numbers.tar" in lines[1] and "does not work" in lines[1]
    assert lines[-1] == "None works now. The files are described at https://example.org/numbers."


def test_an_error_is_a_line_and_not_a_traceback(capsys, monkeypatch, one_set):
    def fail(root, progress):
        raise DownloadError("numbers.tar: could not be fetched.")

    monkeypatch.setattr(data, "catalogue", lambda: [replace(one_set, fetch_into=fail)])
    assert main(["data", "fetch"]) == 1
    assert capsys.readouterr().err == "minigrad: numbers.tar: could not be fetched.\n"


def test_ctrl_c_is_a_line_too(capsys, monkeypatch, one_set):
    def stop(root, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "catalogue", lambda: [replace(one_set, fetch_into=stop)])
    assert main(["data", "fetch"]) == 130
    assert "continued the next time" in capsys.readouterr().err


def test_unknown_names_are_told_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["data", "fetch", "nubmers"])
    assert stopped.value.code == 2
    assert "'nubmers' is not one of numbers, letters" in capsys.readouterr().err


def test_time_names_the_lessons_asked_for(capsys, monkeypatch):
    monkeypatch.setattr(data, "estimate", lambda works: [90.0 * work.epochs for work in works])
    assert main(["data", "time", "8", "3"]) == 0
    lines = said(capsys)
    assert lines[0] == "There is no training in lesson 3: it takes less than a minute."
    assert lines[2].split() == ["8", "regularisation", "5.0", "hours"]
    assert main(["data", "time", "3", "99"]) == 0
    assert said(capsys)[1:] == ["There is no lesson 99. They have the numbers 0 to 23."]


def test_it_runs_as_a_program():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "data", "list"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line[0] != " "][:3] == [
        "fashion-mnist",
        "cifar-10",
        "cifar-100",
    ]

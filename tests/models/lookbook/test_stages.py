"""Results are made once, again when what they depend on has changed, and gone on with after a kill."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, Stage, about, alone, run


class Work:
    """Three stages, b from a and c from b, that count how often they are made."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.killed = ""
        self.outside = "1"
        self.stages = (
            Stage("a", ("seed",), (), self.maker("a"), str, lambda settings: self.outside),
            Stage("b", ("side",), ("a",), self.maker("b"), str),
            Stage("c", ("noise_seed",), ("b",), self.maker("c"), str),
            Stage("aside", (), ("a",), self.maker("aside"), str),
        )

    def maker(self, name: str) -> Callable[[Settings, Folders, Path], dict[str, Any]]:
        def make(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
            self.made.append(name)
            found = sorted(path.name for path in folder.iterdir())
            (folder / "half").write_text("")
            if self.killed == name:
                raise KeyboardInterrupt
            read = {need: about(place)["words"] for need, place in folders.items()}
            return {"words": f"{name} seed {settings.seed}", "read": read, "found": found}

        return make


@pytest.fixture
def work() -> Work:
    return Work()


def test_what_is_needed_is_made_first_and_once(work: Work, tmp_path: Path) -> None:
    folders = run(work.stages, Settings(tmp_path), "c")
    assert work.made == ["a", "b", "c"]  # and not what c does not need
    assert about(folders["c"])["read"] == {"a": "a seed 0", "b": "b seed 0"}
    assert run(work.stages, Settings(tmp_path), "c") == folders
    assert work.made == ["a", "b", "c"]


def test_a_stage_is_run_alone(work: Work, tmp_path: Path) -> None:
    run(work.stages, Settings(tmp_path), "b")
    assert work.made == ["a", "b"]
    run(work.stages, Settings(tmp_path), "aside")
    assert work.made == ["a", "b", "aside"]


@pytest.mark.parametrize(
    ("changed", "made"),
    [
        ({"seed": 1}, ["a", "b", "c"]),
        ({"side": 32}, ["b", "c"]),
        ({"noise_seed": 1}, ["c"]),
        ({"outfits": 2}, []),
    ],
)
def test_a_changed_setting_makes_what_depends_on_it(
    work: Work, tmp_path: Path, changed: dict[str, Any], made: list[str]
) -> None:
    first = run(work.stages, Settings(tmp_path), "c")
    work.made.clear()
    run(work.stages, Settings(tmp_path, **changed), "c")
    assert work.made == made
    work.made.clear()
    assert run(work.stages, Settings(tmp_path), "c") == first  # the earlier results are still there
    assert work.made == []


def test_what_changes_outside_counts(work: Work, tmp_path: Path) -> None:
    run(work.stages, Settings(tmp_path), "c")
    work.outside = "2"
    run(work.stages, Settings(tmp_path), "c")
    assert work.made == ["a", "b", "c", "a", "b", "c"]


def test_a_killed_stage_is_no_result_and_finds_what_it_left(work: Work, tmp_path: Path) -> None:
    work.killed = "b"
    with pytest.raises(KeyboardInterrupt):
        run(work.stages, Settings(tmp_path), "c")
    (part,) = tmp_path.glob("b-*")
    assert part.suffix == ".part"
    work.killed = ""
    folders = run(work.stages, Settings(tmp_path), "c")
    assert work.made == ["a", "b", "b", "c"]
    assert about(folders["b"])["found"] == ["half"]
    assert not list(tmp_path.glob("*.part"))


def test_anew_makes_the_named_one_from_the_start(work: Work, tmp_path: Path) -> None:
    run(work.stages, Settings(tmp_path), "b")
    folders = run(work.stages, Settings(tmp_path), "b", anew=True)
    assert work.made == ["a", "b", "b"]
    assert about(folders["b"])["found"] == []
    assert len(list(tmp_path.iterdir())) == 2


def test_progress_has_a_line_for_each(work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(work.stages, Settings(tmp_path), "b")
    run(work.stages, Settings(tmp_path), "b")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1/2 a ..."
    assert lines[1].startswith("1/2 a: 0.") and "a seed 0" in lines[1]
    assert lines[4].startswith("1/2 a: kept from before; ")
    assert lines[5].startswith("2/2 b: kept from before; ")


def test_what_a_kill_has_kept_from_being_removed(work: Work, tmp_path: Path) -> None:
    """A stage was to be made anew, and the program was killed while it took the old result away."""
    folder = run(work.stages, Settings(tmp_path), "a")["a"]
    going = folder.with_name(f"{folder.name}.old")
    going.mkdir()
    (going / "half").touch()
    assert run(work.stages, Settings(tmp_path), "a", anew=True)["a"] == folder
    assert work.made == ["a", "a"] and list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), r"out: .*No space.*\. Make room .*the same command goes on"),
        (PermissionError(13, "Permission denied", "out/a"), r"out: .*'out/a'\. Check that the folder may be"),
        (
            FileNotFoundError(2, "No such file", "photo.png"),
            r"^program: \[Errno 2\] No such file: 'photo.png'$",
        ),
    ],
)
def test_a_disk_that_cannot_be_written_is_told_with_what_to_do(
    error: OSError, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        raise error

    assert alone("program", tmp_path / "out", work) == 1
    assert re.search(told, capsys.readouterr().err.rstrip("\n"))

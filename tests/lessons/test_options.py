"""The options of training programs: read, and refused before anything starts."""

import argparse
from pathlib import Path

import pytest

from lessons.options import options_parser, parse_options


def parse(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> argparse.Namespace:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["program", *arguments])
    return parse_options(options_parser("Trains.", output="out", quick="2 epochs"))


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = parse(monkeypatch, tmp_path)
    assert (options.full, options.epochs, options.seeds, options.sample) == (False, None, [0], False)
    assert (options.data, options.output, options.results) == (None, Path("out"), None)
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]  # made, and nothing left in it
    assert not list((tmp_path / "out").iterdir())


def test_all_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = "--full --epochs 3 --seeds 0 1 2 --data . --sample --output here --results there.json"
    options = parse(monkeypatch, tmp_path, *arguments.split())
    assert (options.full, options.epochs, options.seeds, options.sample) == (True, 3, [0, 1, 2], True)
    assert (options.data, options.output, options.results) == (Path("."), Path("here"), Path("there.json"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--epochs 0", "expected a whole number of at least 1, got '0'"),
        ("--epochs -1", "argument --epochs"),
        ("--quick --full", "not allowed with argument --quick"),
        ("--data nowhere", "there is no folder 'nowhere'"),
        ("--output file", "cannot make the folder 'file'"),
        ("--results nowhere/r.json", "there is no folder 'nowhere'"),
        ("--results folder", "'folder' is a folder; name a file"),
    ],
)
def test_what_cannot_be_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: str,
    message: str,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(SystemExit, match="2"):
        parse(monkeypatch, tmp_path, *arguments.split())
    assert message in capsys.readouterr().err


def test_a_parser_with_data_and_output_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--output", type=Path, default=tmp_path / "out")
    assert parse_options(parser, []).output.is_dir()
    for arguments, told in (
        (["--data", "nowhere"], "no folder 'nowhere'"),
        (["--output", __file__], "cannot make"),
    ):
        with pytest.raises(SystemExit, match="2"):
            parse_options(parser, arguments)
        assert told in capsys.readouterr().err

"""What a learner is told who has misspelt an option."""

import pytest

from minigrad.commands import main


@pytest.mark.parametrize(
    ("arguments", "usage", "message"),
    [
        (["check", "--sed", "3"], "minigrad check ", "--sed. Did you mean --seed?"),
        (["data", "list", "--forse"], "minigrad data list ", "--forse"),
        (["--verson"], "minigrad ", "--verson. Did you mean --version?"),
        (["--verson=1", "doctor"], "minigrad ", "--verson=1. Did you mean --version?"),
    ],
)
def test_the_command_that_was_given_it_answers(
    arguments: list[str], usage: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith(f"usage: {usage}")
    assert told.endswith(f"{usage.strip()}: error: unrecognized arguments: {message}\n")

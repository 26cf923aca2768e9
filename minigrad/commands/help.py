"""What a command does that was given nothing to do."""

import argparse
from collections.abc import Callable

Command = Callable[[argparse.Namespace], int]


def shows_help(parser: argparse.ArgumentParser) -> Command:
    """A command that says what it could do. It returns 2."""

    def show(options: argparse.Namespace) -> int:
        parser.print_help()
        return 2

    return show

"""``python -m minigrad``: the command line."""

import sys

from minigrad.commands import main

if __name__ == "__main__":
    sys.exit(main())

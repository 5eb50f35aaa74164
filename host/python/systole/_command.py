"""The `systole` command, which a wheel brings."""

import sys


def main() -> int:
    """Runs the command line of this process."""
    from . import _native

    return _native.command(["systole", *sys.argv[1:]])

"""`python -m systole` is the command `systole`."""

import sys

from ._command import main

if __name__ == "__main__":
    sys.exit(main())

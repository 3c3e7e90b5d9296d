"""The command as a process: `python -m oligoscope`, `oligoscope`."""

import gc
import sys

from oligoscope.cli.main import main

OBJECTS_BETWEEN_COLLECTIONS = 100_000


def run() -> None:
    """Run one command and exit with its code.

    Looking for cycles costs a short run a quarter of its time, most of it when everything ends anyway.
    """
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    code = main()
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    run()

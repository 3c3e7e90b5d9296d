"""The command as a process: `python -m oligoscope`, `oligoscope`.

What concerns the whole process is set here and nowhere else, so that a program that uses the library keeps its own.
"""

import gc
import io
import os
import signal
import sys

# No plug-in of another package hooks into the reading of a case, and looking for one costs about 50 of 450 ms at every
# start; Pydantic reads this when it is first imported.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Polars gives memory back after half a second, and each step of a cohort would have it cleared anew;
# its allocator reads this when Polars is first imported.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:5000,muzzy_decay_ms:-1")

OBJECTS_BETWEEN_COLLECTIONS = 100_000
STOPPED = 130


def run() -> None:
    """Run one command and exit with its code.

    Looking for cycles costs a short run a quarter of its time, most of it when everything ends anyway.
    """
    # Told to end (by a queue, by a shutdown) a run tidies up as it does for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = _run()
    except KeyboardInterrupt:  # While modules were loaded, or between two lines of this file.
        code = STOPPED
        print("stopped", file=sys.stderr)
    if code == STOPPED:
        # At once: work in other threads is waited for by nobody, and an interrupt that a compiled package has seen
        # would make Python end with another code.
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()
    sys.exit(code)


def _run() -> int:
    # Before the first import: modules are thousands of objects that live as long as the process.
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    # Closed by the shell (`>&-`) a stream is None; what is said there goes nowhere, and the exit code stays right.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a sign (→ under LANG=C) gets it spelled out instead of an error.
            stream.reconfigure(errors="backslashreplace")
    from oligoscope.cli.main import main

    return main()


if __name__ == "__main__":
    run()

"""How far a command on a review is: a bar on a terminal, and a file for whoever started it as a process."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS = 0.5
"""Between two states of the file."""


def add_progress(command: argparse.ArgumentParser) -> None:
    """`--progress`."""
    text = "keep how far it is in this file, as JSON: what it says, how much is done, of how much"
    command.add_argument("--progress", type=Path, metavar="FILE", help=text)


@contextmanager
def bar(arguments: argparse.Namespace) -> Iterator[Callable[[str, int, int], object]]:
    """A bar, for what takes longer than two seconds; told what is being done, how much of it, and of how much."""
    from tqdm import tqdm

    from oligoscope.api.output import write_file

    file: Path | None = arguments.progress
    last = ("", 0.0)
    with tqdm(total=0, leave=False, disable=None, delay=2) as shown:

        def show(says: str, done: int, of: int) -> None:
            nonlocal last
            shown.set_description(says, refresh=False)
            shown.total = of
            shown.update(done - shown.n)
            if file and (says != last[0] or time.monotonic() - last[1] > SECONDS):
                write_file(file, json.dumps({"says": says, "done": done, "of": of}, ensure_ascii=False))
                last = (says, time.monotonic())

        yield show

"""What every command shares: exit codes, the shape of a parser, writing a file."""

import argparse
from pathlib import Path
from typing import Any

DONE, SOME_REJECTED, UNUSABLE = 0, 1, 2


class UsageError(ValueError):
    """A command that cannot be carried out as written."""


def add_command(
    commands: Any, name: str, run: Any, example: str, text: str, positional: list[str]
) -> argparse.ArgumentParser:
    """A command whose help gives an example first."""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text}\n\nexample: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    for argument in positional:
        command.add_argument(argument, type=Path, metavar=argument.upper())
    return command


def write(path: Path, text: str) -> None:
    """Write a file whole. Raises UsageError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None

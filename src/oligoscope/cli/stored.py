"""What commands about the server's database share: where it is, and how it is opened."""

import argparse
import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import UsageError

if TYPE_CHECKING:
    from oligoscope.store import Database


def add_database(command: argparse.ArgumentParser) -> None:
    """`--database` and `--data`."""
    command.add_argument(
        "--database",
        metavar="URL",
        help="where cases are kept: sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME "
        "(default: SQLite in your data folder)",
    )
    command.add_argument("--data", type=Path, metavar="DIR", help="keep cases in this folder, in cases.sqlite")


def database_url(arguments: argparse.Namespace) -> str | None:
    """The address that was given; None for the usual one. Raises UsageError."""
    if arguments.database and arguments.data:
        raise UsageError("--database and --data say two places; give one of them")
    return f"sqlite:///{arguments.data.resolve() / 'cases.sqlite'}" if arguments.data else arguments.database


def opened(arguments: argparse.Namespace) -> "Database":
    """The database that the command line names."""
    try:
        from oligoscope.store import Database, default_url
    except ModuleNotFoundError as error:
        raise UsageError(f"this needs {error.name}: pip install 'oligoscope[web]'") from None
    return Database(database_url(arguments) or default_url())


def operator() -> str:
    """Who sits at this machine, for the log."""
    return f"{getpass.getuser()} (command)"

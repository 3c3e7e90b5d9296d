"""What every command shares: exit codes, the shape of a parser, the knowledge, printing and writing."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from oligoscope.api import Knowledge

DONE, SOME_REJECTED, UNUSABLE, STOPPED = 0, 1, 2, 130

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Prints(Protocol):
    """What the library gives: `str()` is its text."""

    def model_dump(self) -> dict[str, Any]:
        """Its JSON."""
        ...


class UsageError(ValueError):
    """A command that cannot be carried out as written."""


def add_command(
    commands: Commands, name: str, run: Any, example: str, text: str, positional: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """A command whose help gives an example first. positional: names of arguments that are paths."""
    command = commands.add_parser(
        name,
        help=text,
        description=f"{text}\n\nexample: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(run=run)
    for argument in positional:
        command.add_argument(argument, type=Path, metavar=argument.upper())
    return command


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """The commands of one noun."""
    group = commands.add_parser(name, help=text)
    return group.add_subparsers(title=f"{name} commands", required=True, metavar="COMMAND")


def add_json(command: argparse.ArgumentParser, what: str = "the answer") -> None:
    """`--json`."""
    command.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_packs(command: argparse.ArgumentParser) -> None:
    """`--knowledge` and `--evidence`, for commands that read the knowledge by `knowledge_of` or the studies by
    `evidence_of`.
    """
    command.add_argument(
        "--knowledge",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="lay a pack of your own rules over the packaged ones (may be given more than once)",
    )
    command.add_argument(
        "--evidence",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="read studies of this folder too, one YAML file per study (may be given more than once)",
    )


def add_parameters(command: argparse.ArgumentParser) -> None:
    """`--set`, `--knowledge` and `--evidence`, for commands that read the knowledge by `knowledge_of`."""
    add_packs(command)
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PARAMETER=NUMBER",
        help="for example max_lesions=3 or sync_threshold_months=3",
    )


def knowledge_of(arguments: argparse.Namespace) -> "Knowledge":
    """The packaged knowledge with the packs that were given, under the parameters that were set."""
    from oligoscope import api

    parameters = dict(_parameter(text) for text in getattr(arguments, "set", ()))
    return api.load_knowledge(*arguments.knowledge, evidence=arguments.evidence, **parameters)


def _parameter(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"--set {text}: write PARAMETER=NUMBER, for example max_lesions=3") from None


def print_json(content: object) -> int:
    """One JSON document on stdout."""
    print(json.dumps(content, indent=1, ensure_ascii=False))
    return DONE


def print_result(arguments: argparse.Namespace, result: "Prints") -> int:
    """A result as JSON where `--json` was given, else as text."""
    if arguments.json:
        return print_json(result.model_dump())
    sys.stdout.write(str(result))
    return DONE


def document(arguments: argparse.Namespace) -> Path | str:
    """The case of the command line: a file, or `-` for what comes on stdin."""
    case: Path = arguments.case
    return f"{sys.stdin.read()}\n" if str(case) == "-" else case


def write(path: Path, text: str, read: Path | None = None) -> None:
    """Write a page whole. read: the file it was made from.

    Raises UsageError, also where something else would be lost.
    """
    try:
        if read and path.exists() and read.exists() and path.samefile(read):
            raise UsageError(f"{path}: this is the case itself; give the page another name")
        if path.is_file() and path.stat().st_size and not path.read_bytes()[:200].lstrip().startswith(b"<"):
            raise UsageError(f"{path}: this file is no page, so it is left as it is; give the page another name")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None

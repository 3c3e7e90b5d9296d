"""What every command shares: exit codes, the shape of a parser, the knowledge, printing and writing."""

import argparse
import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from oligoscope.evidence import Store
    from oligoscope.knowledge import Knowledge
    from oligoscope.tables.model import Table

DONE, SOME_REJECTED, UNUSABLE, STOPPED = 0, 1, 2, 130

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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
    from oligoscope.knowledge import load

    parameters = dict(_parameter(text) for text in getattr(arguments, "set", ()))
    return load(*arguments.knowledge, evidence=arguments.evidence, **parameters)


def evidence_of(arguments: argparse.Namespace) -> "Store":
    """The packaged studies with those of the packs and folders that were given."""
    from oligoscope.knowledge import store_of

    return store_of(*arguments.knowledge, evidence=arguments.evidence)


def _parameter(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"--set {text}: write PARAMETER=NUMBER, for example max_lesions=3") from None


def table_of(knowledge: "Knowledge", name: str) -> "Table":
    """The table of that name. Raises UsageError, with the nearest name."""
    try:
        return knowledge.table(name)
    except KeyError:
        raise unknown("table", name, [table.name for table in knowledge.tables]) from None


def unknown(what: str, name: str, known: list[str]) -> UsageError:
    """That there is nothing of this name, with the nearest name and all of them."""
    close = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    return UsageError(f"there is no {what} {name}: {hint}Allowed: {', '.join(known)}")


def print_json(content: object) -> int:
    """One JSON document on stdout."""
    print(json.dumps(content, indent=1, ensure_ascii=False))
    return DONE


def write(path: Path, text: str) -> None:
    """Write a file whole. Raises UsageError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None

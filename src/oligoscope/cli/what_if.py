"""`oligoscope what-if`: what changes when fields of a case have other values."""

import argparse

from oligoscope.cli.common import (
    Commands,
    UsageError,
    add_command,
    add_json,
    add_parameters,
    document,
    knowledge_of,
    print_result,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope what-if CASE FIELD=VALUE …`."""
    command = add_command(
        commands,
        "what-if",
        _run,
        "oligoscope what-if CASE.yaml ecog=2 primary.n=N0",
        "Show what changes when fields have other values.",
        ("case",),
    )
    add_parameters(command)
    command.add_argument("changes", nargs="+", metavar="FIELD=VALUE")
    add_json(command, "the changes")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    changes = dict(_field(text) for text in arguments.changes)
    return print_result(arguments, api.what_if(document(arguments), changes, knowledge=knowledge_of(arguments)))


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text}: write FIELD=VALUE, for example ecog=2")
    return name, value

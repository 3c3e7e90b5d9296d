"""`oligoscope what-if`: what changes when fields of a case have other values, and which would give an answer."""

import argparse

from oligoscope.cli.common import (
    Commands,
    add_command,
    add_json,
    add_parameters,
    add_today,
    document,
    field_and_value,
    knowledge_of,
    once,
    print_result,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope what-if CASE FIELD=VALUE …`, `oligoscope what-if CASE --candidate`."""
    command = add_command(
        commands,
        "what-if",
        _run,
        "oligoscope what-if CASE.yaml ecog=2 primary.n=N0",
        "Show what changes when fields have other values.",
        ("case",),
    )
    add_parameters(command)
    add_today(command)
    wanted = command.add_mutually_exclusive_group(required=True)
    wanted.add_argument("changes", nargs="*", default=[], metavar="FIELD=VALUE")
    wanted.add_argument(
        "--candidate", action="store_true", help="under which values the patient would be a candidate for local therapy"
    )
    wanted.add_argument(
        "--for", dest="outcome", metavar="TABLE=OUTCOME", help="under which values a table would give this outcome"
    )
    wanted.add_argument("--trial", metavar="NAME", help="under which values all criteria of a trial would be met")
    add_json(command, "the changes")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    if arguments.candidate or arguments.outcome or arguments.trial:
        found = api.what_would(
            document(arguments),
            arguments.outcome,
            trial=arguments.trial,
            knowledge=knowledge_of(arguments),
            today=arguments.today,
        )
        return print_result(arguments, found)
    changes = once(map(field_and_value, arguments.changes))
    return print_result(
        arguments, api.what_if(document(arguments), changes, knowledge=knowledge_of(arguments), today=arguments.today)
    )

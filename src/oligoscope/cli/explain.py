"""`oligoscope explain`: one answer followed down to chart and source."""

import argparse

from oligoscope.cli.common import (
    Commands,
    add_command,
    add_json,
    add_parameters,
    add_today,
    document,
    knowledge_of,
    print_result,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope explain CASE TABLE`."""
    command = add_command(
        commands,
        "explain",
        _run,
        "oligoscope explain CASE.yaml lat-candidacy",
        "Follow one answer down to chart and source.",
        ("case",),
    )
    add_parameters(command)
    add_today(command)
    command.add_argument("table")
    command.add_argument("--lesion", metavar="ID", help="which lesion, for a table about lesions")
    add_json(command)


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    found = api.explain(
        document(arguments),
        arguments.table,
        lesion=arguments.lesion,
        knowledge=knowledge_of(arguments),
        today=arguments.today,
    )
    return print_result(arguments, found)

"""`oligoscope vocabulary`: the fields of a case."""

import argparse

from oligoscope.cli.common import Commands, add_command, add_json, print_json, print_result


def add_commands(commands: Commands) -> None:
    """`oligoscope vocabulary`."""
    command = add_command(
        commands, "vocabulary", _run, "oligoscope vocabulary --json-schema", "List every field of a case."
    )
    command.add_argument("--json-schema", action="store_true", help="print the JSON Schema of a case file")
    add_json(command, "the fields")
    command.add_argument("--answer-schema", action="store_true", help="print the JSON Schema of `assess --json`")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    if arguments.json_schema:
        return print_json(api.case_schema())
    if arguments.answer_schema:
        return print_json(api.answer_schema())
    return print_result(arguments, api.fields())

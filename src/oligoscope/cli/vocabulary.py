"""`oligoscope vocabulary`: the fields of a case."""

import argparse

from oligoscope.cli.common import DONE, Commands, add_command, print_json


def add_commands(commands: Commands) -> None:
    """`oligoscope vocabulary`."""
    command = add_command(
        commands, "vocabulary", _run, "oligoscope vocabulary --json-schema", "List every field of a case."
    )
    command.add_argument("--json-schema", action="store_true", help="print the JSON Schema of a case file")
    command.add_argument("--answer-schema", action="store_true", help="print the JSON Schema of `assess --json`")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope.vocabulary.dictionary import json_schema, rows

    if arguments.json_schema:
        return print_json(json_schema())
    if arguments.answer_schema:
        from oligoscope.assess.answer import Answer

        return print_json(Answer.model_json_schema())
    for row in rows():
        print(f"{row['field']:<42}{row['allowed']}\n    {row['definition']}")
    return DONE

"""`oligoscope knowledge …`: the decision tables."""

import argparse

from oligoscope.cli.common import (
    DONE,
    SOME_REJECTED,
    Commands,
    add_command,
    add_group,
    add_json,
    add_packs,
    add_parameters,
    knowledge_of,
    print_result,
    say,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope knowledge list | check | export`."""
    knowledge = add_group(commands, "knowledge", "Read and export the decision tables.")
    listed = add_command(knowledge, "list", _list, "oligoscope knowledge list", "List tables with their questions.")
    add_packs(listed)
    add_json(listed, "the tables")
    check = add_command(
        knowledge,
        "check",
        _check,
        "oligoscope knowledge check examples/hospital_pack",
        "Verify a pack of your own rules and run its worked examples.",
        ("pack",),
    )
    add_packs(check)
    add_json(check, "the problems")
    export = add_command(
        knowledge,
        "export",
        _export,
        "oligoscope knowledge export omd-state --to dmn",
        "Write one table for readers or other engines.",
    )
    export.add_argument("table")
    export.add_argument("--to", choices=("md", "csv", "dmn"), default="md")
    add_parameters(export)


def _check(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    found = api.check(arguments.pack, under=arguments.knowledge, evidence=arguments.evidence)
    print_result(arguments, found)
    return DONE if found.found.ok else SOME_REJECTED


def _list(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.tables(knowledge=knowledge_of(arguments)))


def _export(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    say(api.export(arguments.table, arguments.to, knowledge=knowledge_of(arguments)), fitted=False)
    return DONE

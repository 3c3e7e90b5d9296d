"""`oligoscope knowledge …`: the decision tables."""

import argparse
import sys

from oligoscope.cli.common import (
    DONE,
    Commands,
    add_command,
    add_group,
    add_packs,
    add_parameters,
    knowledge_of,
    table_of,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope knowledge list | export`."""
    knowledge = add_group(commands, "knowledge", "Read and export the decision tables.")
    add_packs(add_command(knowledge, "list", _list, "oligoscope knowledge list", "List tables with their questions."))
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


def _list(arguments: argparse.Namespace) -> int:
    for table in knowledge_of(arguments).tables:
        print(f"{table.name:<24}{table.kind:<10}{table.question}")
    return DONE


def _export(arguments: argparse.Namespace) -> int:
    from oligoscope.tables.export import to_csv, to_markdown

    knowledge = knowledge_of(arguments)
    table = table_of(knowledge, arguments.table)
    if arguments.to == "dmn":
        from oligoscope.tables.dmn import to_dmn

        sys.stdout.write(to_dmn(table, knowledge.domains))
    else:
        sys.stdout.write(to_markdown(table) if arguments.to == "md" else to_csv(table))
    return DONE

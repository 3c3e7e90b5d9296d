"""`oligoscope assess`: one case, as text, JSON or a page."""

import argparse
import sys
from pathlib import Path

from oligoscope.cli.common import (
    DONE,
    Commands,
    add_command,
    add_json,
    add_parameters,
    document,
    knowledge_of,
    print_json,
    write,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope assess CASE`."""
    command = add_command(
        commands, "assess", _run, "oligoscope assess CASE.yaml --html report.html", "Assess one case.", ("case",)
    )
    add_parameters(command)
    add_json(command)
    command.add_argument(
        "--release",
        type=Path,
        metavar="DIR",
        help="also show what another release of the knowledge answers otherwise, for example the pack of last year",
    )
    command.add_argument("--html", type=Path, metavar="FILE", help="write a self-contained page")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    answer = api.assess(
        document(arguments), knowledge=knowledge_of(arguments), evidence=arguments.evidence, release=arguments.release
    )
    if arguments.html:
        write(arguments.html, answer.page(), arguments.case)
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.json:
        return print_json(answer.model_dump())
    if not arguments.html:
        from oligoscope.report.terminal import render, this_terminal

        sys.stdout.write(render(answer.report(), this_terminal()))
    if answer.release:
        from oligoscope.report.releases import differences_text

        sys.stdout.write(differences_text(answer))
    return DONE

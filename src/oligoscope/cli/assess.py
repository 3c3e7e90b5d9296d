"""`oligoscope assess`: one case, as text, JSON or a page."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import (
    DONE,
    Commands,
    add_command,
    add_json,
    add_parameters,
    add_today,
    document,
    knowledge_of,
    print_json,
    say,
    try_outputs,
    write,
)

if TYPE_CHECKING:
    from oligoscope.report.patient import PatientReport


def add_commands(commands: Commands) -> None:
    """`oligoscope assess CASE`."""
    command = add_command(
        commands, "assess", _run, "oligoscope assess CASE.yaml --html report.html", "Assess one case.", ("case",)
    )
    add_parameters(command)
    add_today(command)
    add_json(command)
    command.add_argument(
        "--release",
        type=Path,
        metavar="DIR",
        help="also show what another release of the knowledge answers otherwise, for example the pack of last year",
    )
    command.add_argument("--detail", action="store_true", help="print everything, with codes and rule ids")
    command.add_argument("--plain", action="store_true", help="print plain lines, to be pasted into a hospital record")
    command.add_argument("--html", type=Path, metavar="FILE", help="write a self-contained page")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    try_outputs(arguments, arguments.case)
    chart, knowledge, evidence = document(arguments), knowledge_of(arguments), arguments.evidence
    # The typed answer is made only for those who read it: it takes a quarter of the time of a short run.
    typed = arguments.json or arguments.release
    answer = (
        api.assess(chart, knowledge=knowledge, evidence=evidence, release=arguments.release, today=arguments.today)
        if typed
        else None
    )
    if arguments.html or not arguments.json:
        report = (
            answer.report()
            if answer
            else api.report(chart, knowledge=knowledge, evidence=evidence, today=arguments.today)
        )
        _lay_out(report, arguments)
    if answer and arguments.json:
        return print_json(answer.model_dump())
    if answer and answer.release:
        from oligoscope.report.releases import differences_text

        say(differences_text(answer))
    return DONE


def _lay_out(report: "PatientReport", arguments: argparse.Namespace) -> None:
    if arguments.plain:
        from oligoscope.report.terminal import record_text

        say(record_text(report))
    elif not arguments.html:
        from oligoscope.report.terminal import render, this_terminal

        say(render(report, this_terminal(), detail=arguments.detail))
    if arguments.html:
        from oligoscope.report.html import render_html

        write(arguments.html, render_html(report))

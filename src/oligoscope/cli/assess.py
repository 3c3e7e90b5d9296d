"""`oligoscope assess`: one case, as text, JSON or a page."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import DONE, Commands, add_command, add_json, add_parameters, knowledge_of, print_json, write

if TYPE_CHECKING:
    from oligoscope.assess.patient import Assessment


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


def assessment_of(arguments: argparse.Namespace) -> "Assessment":
    """The case of the command line, assessed today."""
    from oligoscope.assess.patient import assess
    from oligoscope.chart.document import read_case

    return assess(read_case(arguments.case, datetime.date.today()), knowledge_of(arguments))


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope.report.trials import matches_json, summary_lines
    from oligoscope.trials.match import match_trials

    assessment = assessment_of(arguments)
    knowledge = assessment.knowledge
    matches, evidence = match_trials(assessment, knowledge.trials, datetime.date.today()), knowledge.evidence
    if arguments.html:
        from oligoscope.report.html import render_html
        from oligoscope.report.view import view

        write(arguments.html, render_html(view(assessment, summary_lines(matches, evidence))))
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.json:
        from oligoscope.report.answer import as_json

        answer = {**as_json(assessment, datetime.date.today()), "trials": matches_json(matches, evidence)}
        if arguments.release:
            from oligoscope.report.releases import differences_json

            answer["release"] = differences_json(_under_release(arguments), assessment)
        return print_json(answer)
    if not arguments.html:
        from oligoscope.report.terminal import render
        from oligoscope.report.view import view

        sys.stdout.write(render(view(assessment, summary_lines(matches, evidence))))
    if arguments.release:
        from oligoscope.report.releases import differences_text

        sys.stdout.write(differences_text(_under_release(arguments), assessment))
    return DONE


def _under_release(arguments: argparse.Namespace) -> "Assessment":
    """The same case under the other release, with the same parameters where it has them."""
    from oligoscope.assess.patient import assess
    from oligoscope.chart.document import read_case
    from oligoscope.knowledge import load

    other = load(arguments.release, evidence=arguments.evidence)
    return assess(read_case(arguments.case, datetime.date.today()), other)

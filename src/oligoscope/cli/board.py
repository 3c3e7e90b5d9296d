"""`oligoscope board`: several cases at once, as the list of a tumour board's week."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import (
    DONE,
    SOME_REJECTED,
    Commands,
    UsageError,
    add_command,
    add_parameters,
    add_today,
    complain,
    knowledge_of,
    say,
    try_outputs,
    write,
)
from oligoscope.errors import one_line

if TYPE_CHECKING:
    from oligoscope.report.patient import PatientReport

CASE_FILES = (".yaml", ".yml", ".json")


def add_commands(commands: Commands) -> None:
    """`oligoscope board CASE ...`."""
    command = add_command(
        commands,
        "board",
        _run,
        "oligoscope board cases/ --html week.html",
        "List several cases: each one's sentence, warnings and next question.",
    )
    command.add_argument("cases", type=Path, nargs="+", metavar="CASE", help="case files, or folders of them")
    add_parameters(command)
    add_today(command)
    command.add_argument("--html", type=Path, metavar="FILE", help="write a self-contained page")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope import api
    from oligoscope.errors import OligoscopeError

    try_outputs(arguments, *arguments.cases)
    knowledge, reports, refused = knowledge_of(arguments), [], 0
    for path in _files(arguments.cases):
        try:
            reports.append(
                _named(api.report(path, knowledge=knowledge, evidence=arguments.evidence, today=arguments.today), path)
            )
        except OligoscopeError as error:
            # One chart that cannot be read must not take the list of the week away.
            refused += 1
            complain(error)
    if not reports:
        raise UsageError(f"{one_line(arguments.cases[0])}: none of these cases can be read")
    _lay_out(reports, arguments)
    if refused:
        complain(f"{len(reports)} cases listed, {refused} cannot be read")
    return SOME_REJECTED if refused else DONE


def _named(report: "PatientReport", path: Path) -> "PatientReport":
    """The report, called by its file where the chart has no name: a list must tell its cases apart."""
    from oligoscope.report.first.model import NAMELESS

    return replace(report, first=replace(report.first, case=path.stem)) if report.first.case == NAMELESS else report


def _files(given: list[Path]) -> list[Path]:
    """The case files, those of a folder by name."""
    found = []
    for path in given:
        inside = sorted(p for p in path.iterdir() if p.suffix in CASE_FILES) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path}: no case file ({', '.join(CASE_FILES)}) is in this folder")
        found += inside
    return found


def _lay_out(reports: "list[PatientReport]", arguments: argparse.Namespace) -> None:
    if arguments.html:
        from oligoscope.report.html import render_board

        write(arguments.html, render_board(reports))
        return
    from oligoscope.report.terminal import board_text, this_terminal

    say(board_text(reports, this_terminal()))

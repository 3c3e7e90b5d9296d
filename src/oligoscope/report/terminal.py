"""The report as text for a terminal."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oligoscope.report.patient import Line, PatientReport, Source

WIDTH = 110
"""Columns of a page or a pipe, and the most that a terminal is given: longer lines are hard to follow."""
NARROWEST = 40


@dataclass(frozen=True)
class Terminal:
    """Where a text goes: its width in columns, and whether it shows bold and dim."""

    width: int = WIDTH
    has_ink: bool = False

    def bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self.has_ink else text

    def dim(self, text: str) -> str:
        return f"\033[2m{text}\033[0m" if self.has_ink else text

    def wrapped(self, text: str, indent: int, hang: int = 0) -> str:
        """Text in lines. hang: by how much those after the first are set in further."""
        return textwrap.fill(
            text if hang else " ".join(text.split()),
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_on_hyphens=False,
        )


PLAIN = Terminal()


def this_terminal() -> Terminal:
    """What stdout is: a terminal with its width and ink (none where it is dumb, or NO_COLOR says so), else plain."""
    if not sys.stdout.isatty():
        return PLAIN
    shows = os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    return Terminal(max(NARROWEST, min(WIDTH, shutil.get_terminal_size().columns)), shows)


def render(report: PatientReport, out: Terminal = PLAIN) -> str:
    """The whole report, ready to print."""
    return "\n".join(_lines(report, out)) + "\n"


def _lines(report: PatientReport, out: Terminal) -> Iterator[str]:
    yield out.bold(f"{report.case}, assessed {report.assessed}") + f"   knowledge {report.knowledge}"
    yield from (out.wrapped(line, 2) for line in report.summary)
    yield ""
    yield out.bold("DECISIONS")
    for line in report.decisions:
        yield from _decision(line, out)
    if report.lesion_answers:
        yield ""
        yield out.bold("LESIONS")
    for lesion in report.lesion_answers:
        yield ""
        yield out.wrapped(f"{lesion.name}: {lesion.text}", 2, 2)
        for line in lesion.decisions:
            yield from _decision(line, out)
        for title, lines in lesion.options:
            yield out.wrapped(title, 4)
            yield from _options(lines, out)
    for title, note, lines in report.criteria:
        yield ""
        yield out.bold(out.wrapped(title.upper(), 0))
        yield from ([out.dim(out.wrapped(note, 2))] if note else [])
        for line in lines:
            yield from _criterion(line, out)
    for title, note, lines in report.options:
        yield ""
        yield out.bold(out.wrapped(title.upper(), 0))
        yield from ([out.dim(out.wrapped(note, 2))] if note else [])
        yield from _options(lines, out)
    for heading, texts in report.trials:
        yield ""
        yield out.bold(out.wrapped(f"TRIALS: {heading.upper()}", 0))
        yield from (out.wrapped(text.strip(), 6 if text.startswith(" ") else 2, 2) for text in texts)
    yield from _flags(report, out)
    yield from _needs(report, out)
    yield ""
    for whose, changes in report.layers:
        yield out.wrapped(f"Rules of {whose}: {' · '.join(changes) or 'nothing changed'}.", 0, 2)
    yield out.dim(out.wrapped(f"Parameters: {', '.join(report.parameters)}.", 0))
    yield out.dim(out.wrapped(report.disclaimer, 0))


def _options(lines: Iterable[Line], out: Terminal) -> Iterator[str]:
    for line in lines:
        yield out.wrapped(f"{line.outcome}  {line.title}  {line.label}  [{line.status}]", 2)
        yield from _evidence(line.sources, out)


def _decision(line: Line, out: Terminal) -> Iterator[str]:
    yield ""
    yield out.bold(out.wrapped(line.title, 2))
    yield out.wrapped(f"{line.outcome}  {line.label}", 4, 2).replace(line.outcome, out.bold(line.outcome), 1)
    for name, word in line.detail:
        yield out.wrapped(f"{name}: {word}", 4, 2)
    if line.rule:
        yield out.wrapped(f"why       {line.rule}: {_inputs(line)}  [{line.status}]", 4, 10)
    elif line.inputs:
        yield out.wrapped(f"open      {_inputs(line)}", 4, 10)
    yield from _evidence(line.sources, out)
    for note in line.notes:
        yield out.wrapped(f"note      {note}", 4, 10)
    if line.needs:
        yield out.wrapped(f"needs     {', '.join(line.needs)}", 4, 10)


def _criterion(line: Line, out: Terminal) -> Iterator[str]:
    failed = [name for name, word in line.detail if word == "failed"]
    unknown = [name for name, word in line.detail if word == "unknown"]
    why = []
    if failed:
        why.append(f"not met: {', '.join(failed)}")
    if unknown and line.applies:
        why.append(f"unknown: {', '.join(unknown)}")
    text = f"{line.outcome:<15}{line.title}" + (f"  ({'; '.join(why)})" if why else "")
    yield out.wrapped(
        f"{text}  [{line.rule + '; ' if line.rule else ''}{'; '.join(source.id for source in line.sources)}]", 2, 17
    )
    if not line.settled or len(line.possible) > 1:
        yield out.wrapped(f"possible: {', '.join(line.possible)}; needs {', '.join(line.needs) or 'nothing more'}", 17)
    if line.remark and line.notes:
        yield out.wrapped(line.notes[0], 17)


def _inputs(line: Line) -> str:
    return ", ".join(f"{name} {value}" for name, value in line.inputs)


def _evidence(sources: tuple[Source, ...], out: Terminal) -> Iterator[str]:
    for source in sources:
        warning = f" ({source.warning.upper()})" if source.warning else ""
        yield out.wrapped(f"evidence  {source.text} [{source.id}]{warning}", 4, 10)
        for number in source.numbers:
            yield out.wrapped(number, 14)


def _flags(report: PatientReport, out: Terminal) -> Iterator[str]:
    if report.flags:
        yield ""
        yield out.bold("FLAGS")
    for severity, text, sources in report.flags:
        yield out.wrapped(f"{severity}: {text} [{', '.join(s.id for s in sources)}]", 2, 2)
        for source in sources:
            for number in source.numbers:
                yield out.wrapped(number, 6)


def _needs(report: PatientReport, out: Terminal) -> Iterator[str]:
    yield ""
    yield out.bold(out.wrapped("WHAT IS UNKNOWN, AND WHAT IT WOULD CHANGE (most decisive first)", 0))
    if not report.needs:
        yield "  Nothing: every question above is settled."
    for position, need in enumerate(report.needs, 1):
        yield out.wrapped(
            f"{position}. {need.field} - {need.definition}. Helps to settle: {', '.join(need.settles)}.", 2, 3
        )
        if need.answers:
            yield from (out.wrapped(answer, 6, 3) for answer in need.answers)

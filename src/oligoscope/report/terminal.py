"""The report as text for a terminal."""

import os
import sys
import textwrap
from collections.abc import Iterator

from oligoscope.report.patient import Line, PatientReport, Source

WIDTH = 110


class Ink:
    """Bold and dim, or neither."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def bold(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self.on else text

    def dim(self, text: str) -> str:
        return f"\033[2m{text}\033[0m" if self.on else text


PLAIN = Ink(False)


def ink_of_terminal() -> Ink:
    """Bold and dim where stdout shows them: not in a pipe, on a dumb terminal, or where NO_COLOR says so."""
    shows = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return Ink(shows and not os.environ.get("NO_COLOR"))


def render(report: PatientReport, ink: Ink = PLAIN) -> str:
    """The whole report, ready to print."""
    return "\n".join(_lines(report, ink)) + "\n"


def _lines(report: PatientReport, ink: Ink) -> Iterator[str]:
    yield ink.bold(f"{report.case}, assessed {report.assessed}") + f"   knowledge {report.knowledge}"
    yield from (_wrapped(line, 2) for line in report.summary)
    yield ""
    yield ink.bold("DECISIONS")
    for line in report.decisions:
        yield from _decision(line, ink)
    for title, note, lines in report.criteria:
        yield ""
        yield ink.bold(title.upper())
        yield from ([ink.dim(_wrapped(note, 2))] if note else [])
        for line in lines:
            yield from _criterion(line)
    for title, note, lines in report.options:
        yield ""
        yield ink.bold(title.upper())
        yield from ([ink.dim(_wrapped(note, 2))] if note else [])
        for line in lines:
            yield _wrapped(f"{line.outcome}  {line.title}  {line.label}  [{line.status}]", 2)
            yield from _evidence(line.sources)
    for heading, texts in report.trials:
        yield ""
        yield ink.bold(f"TRIALS: {heading.upper()}")
        yield from (_wrapped(text.strip(), 6 if text.startswith(" ") else 2, 2) for text in texts)
    yield from _flags(report, ink)
    yield from _needs(report, ink)
    yield ""
    for whose, changes in report.layers:
        yield _wrapped(f"Rules of {whose}: {' · '.join(changes) or 'nothing changed'}.", 0, 2)
    yield ink.dim(f"Parameters: {', '.join(report.parameters)}.")
    yield ink.dim(report.disclaimer)


def _decision(line: Line, ink: Ink) -> Iterator[str]:
    yield ""
    yield f"  {ink.bold(line.title)}"
    yield "    " + ink.bold(line.outcome) + "  " + _wrapped(line.label, 4).strip()
    for name, word in line.detail:
        yield f"    {name}: {word}"
    if line.rule:
        yield _wrapped(f"why       {line.rule}: {_inputs(line)}  [{line.status}]", 4, 10)
    elif line.inputs:
        yield _wrapped(f"open      {_inputs(line)}", 4, 10)
    yield from _evidence(line.sources)
    for note in line.notes:
        yield _wrapped(f"note      {note}", 4, 10)
    if line.needs:
        yield _wrapped(f"needs     {', '.join(line.needs)}", 4, 10)


def _criterion(line: Line) -> Iterator[str]:
    failed = [name for name, word in line.detail if word == "failed"]
    unknown = [name for name, word in line.detail if word == "unknown"]
    why = []
    if failed:
        why.append(f"not met: {', '.join(failed)}")
    if unknown and line.applies:
        why.append(f"unknown: {', '.join(unknown)}")
    text = f"{line.outcome:<15}{line.title}" + (f"  ({'; '.join(why)})" if why else "")
    yield _wrapped(
        f"{text}  [{line.rule + '; ' if line.rule else ''}{'; '.join(source.id for source in line.sources)}]", 2, 17
    )
    if not line.settled or len(line.possible) > 1:
        yield _wrapped(f"possible: {', '.join(line.possible)}; needs {', '.join(line.needs) or 'nothing more'}", 17)
    if line.remark and line.notes:
        yield _wrapped(line.notes[0], 17)


def _inputs(line: Line) -> str:
    return ", ".join(f"{name} {value}" for name, value in line.inputs)


def _evidence(sources: tuple[Source, ...]) -> Iterator[str]:
    for source in sources:
        warning = f" ({source.warning.upper()})" if source.warning else ""
        yield _wrapped(f"evidence  {source.text} [{source.id}]{warning}", 4, 10)
        for number in source.numbers:
            yield _wrapped(number, 14)


def _flags(report: PatientReport, ink: Ink) -> Iterator[str]:
    if report.flags:
        yield ""
        yield ink.bold("FLAGS")
    for severity, text, sources in report.flags:
        yield _wrapped(f"{severity}: {text} [{', '.join(s.id for s in sources)}]", 2, 2)
        for source in sources:
            for number in source.numbers:
                yield _wrapped(number, 6)


def _needs(report: PatientReport, ink: Ink) -> Iterator[str]:
    yield ""
    yield ink.bold("WHAT IS UNKNOWN, AND WHAT IT WOULD CHANGE (most decisive first)")
    if not report.needs:
        yield "  Nothing: every question above is settled."
    for position, need in enumerate(report.needs, 1):
        yield _wrapped(
            f"{position}. {need.field} - {need.definition}. Helps to settle: {', '.join(need.settles)}.", 2, 3
        )
        if need.answers:
            yield from (_wrapped(answer, 6, 3) for answer in need.answers)


def _wrapped(text: str, indent: int, hang: int = 0) -> str:
    return textwrap.fill(
        " ".join(text.split()) if not hang else text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )

"""The report as text for a terminal."""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from oligoscope import __version__
from oligoscope.report.card_limits import card_limits
from oligoscope.report.cards import Card, CardLine, parts_of
from oligoscope.report.first.lines import capital
from oligoscope.report.first.model import FirstPart, Said
from oligoscope.report.language import english, language
from oligoscope.report.patient import Line, PatientReport, Source
from oligoscope.report.sources import Reference
from oligoscope.report.wording import DISCLAIMER

WIDTH = 100
"""Columns of a page or a pipe, and the most that a terminal is given: longer lines are hard to follow."""
NARROWEST = 40
SCREEN = 45
"""Lines of the first part, so that it is read at one glance: the doses of lesions stand on it where there is room."""


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


def render(report: PatientReport, out: Terminal = PLAIN, *, detail: bool = False) -> str:
    """The report, ready to print: its first part. detail: with everything else."""
    first, foot = list(_first(report, out)), list(_foot(report, out, detail))
    doses = list(_doses(report, out))
    if not detail and _height([*first, *doses, *foot]) > SCREEN:
        doses = []
    lines = [*first, *doses, *(_detail(report, out) if detail else ()), *foot]
    return "\n".join(lines) + "\n"


def _height(lines: Iterable[str]) -> int:
    return sum(line.count("\n") + 1 for line in lines)


def record_text(report: PatientReport) -> str:
    """The first part as plain lines that are not wrapped, to be pasted into a hospital record."""
    first = report.first
    lines = [
        f"oligoscope {__version__}, knowledge {first.knowledge}, made {report.made}",
        f"{first.case}, assessed {first.assessed}",
        _referred(first.sentence),
        *(f"STOP: {_referred(said)}" for said in first.stops),
        *([_referred(first.evidence)] if first.evidence else []),
        *(f"Caution: {_referred(said)}" for said in first.flags),
        *(f"Check: {_referred(said)}" for said in first.checks),
        *(f"Read as: {said}" for said in first.read_as),
        *(f"{row.title}: {row.answer}{_held(row.why)} {_refs(row.refs)}".rstrip() for row in first.answers),
        *(f"Ask next: {asked.question} {'; '.join(asked.answers)}" for asked in first.asked),
        f"Sources: {'; '.join([*map(_source, first.sources), *filter(None, [_marks(first)])])}",
        DISCLAIMER,
    ]
    return "\n".join(" ".join(line.split()) for line in lines) + "\n"


def _held(why: Sequence[str]) -> str:
    return f" ({'; '.join(why)})" if why else ""


def board_text(reports: Sequence[PatientReport], out: Terminal = PLAIN) -> str:
    """Several cases, one after the other: sentence, warnings, the next question and the trials that are open."""
    knowledge = reports[0].first.knowledge
    count = f"{len(reports)} case{'s' if len(reports) > 1 else ''}"
    lines = [
        out.bold(f"Tumour board, {count} · oligoscope {__version__}, knowledge {knowledge} · made {reports[0].made}")
    ]
    for first in (report.first for report in reports):
        lines += ["", out.bold(f"{first.case} · assessed {first.assessed}"), out.wrapped(first.sentence.text, 2)]
        lines += [out.wrapped(f"STOP: {said.text}", 2, 6) for said in first.stops]
        lines += [out.wrapped(f"caution  {said.text}", 2, 9) for said in first.flags]
        lines += [out.wrapped(f"ask      {a.question} {'; '.join(a.answers)}", 2, 9) for a in first.asked[:1]]
        if first.open_trials:
            lines.append(out.wrapped(f"trials   {' · '.join(first.open_trials)}", 2, 9))
    return "\n".join([*lines, "", out.dim(out.wrapped(DISCLAIMER, 0))]) + "\n"


# ---- the first part ------------------------------------------------------------------------------


def _first(report: PatientReport, out: Terminal) -> Iterator[str]:
    first = report.first
    yield _header(first, out)
    yield out.bold(out.wrapped(_referred(first.sentence), 0))
    yield from (out.wrapped(f"STOP: {_referred(said)}", 0, 6) for said in first.stops)
    if first.evidence:
        yield out.wrapped(_referred(first.evidence), 0)
    checks = [("check", " · ".join(map(_referred, first.checks)))] if first.checks else []
    read = [("read as", " · ".join(first.read_as))] if first.read_as else []
    warnings = [*(("caution", _referred(said)) for said in first.flags), *checks, *read]
    yield from _spaced(out.wrapped(f"{kind:<9}{text}", 2, 9) for kind, text in warnings)
    yield ""
    yield out.bold("CHART AS READ")
    yield from _chart(first, out)
    yield ""
    yield out.bold("ANSWERS")
    yield from _rows(first, out)
    yield from _trials(first, out)
    if first.notes:
        yield out.wrapped(f"NOTES  {' · '.join(map(_referred, first.notes))}", 0, 2)
    yield out.bold("ASK NEXT")
    for asked in first.asked:
        yield out.wrapped(f"{asked.question} {'; '.join(asked.answers)}", 2, 2)
    yield from ([out.wrapped(capital(first.ask_more) + ".", 2, 2)] if first.ask_more else [])
    if first.sources:
        listed = [*(_source(source) for source in first.sources), *filter(None, [_marks(first)])]
        yield out.wrapped(f"SOURCES  {' · '.join(listed)}", 0, 2)


def _chart(first: FirstPart, out: Terminal) -> Iterator[str]:
    lesions = "; ".join(f"{lesion.name} {lesion.text}" for lesion in first.lesions)
    said = [*(capital(text) for _, text in first.chart), *([f"Lesions: {lesions}"] if lesions else [])]
    yield from [out.wrapped(f"{'. '.join(said)}.", 2)] if said else []
    yield from [out.wrapped(f"{'. '.join(map(capital, first.remarks))}.", 2)] if first.remarks else []


def _header(first: FirstPart, out: Terminal) -> str:
    left, right = f"{first.case} · assessed {first.assessed}", f"knowledge {first.knowledge}"
    if len(left) + len(right) + 3 > out.width:
        return out.wrapped(f"{left} · {right}", 0)
    return f"{left}{' ' * (out.width - len(left) - len(right))}{right}"


def _spaced(lines: Iterable[str]) -> Iterator[str]:
    """Lines with an empty one before them, where there are any."""
    found = list(lines)
    return iter(["", *found] if found else [])


def _referred(said: Said) -> str:
    return f"{said.text} {_refs(said.refs)}".rstrip()


def _refs(refs: Sequence[str]) -> str:
    return f"[{','.join(refs)}]" if refs else ""


def _rows(first: FirstPart, out: Terminal) -> Iterator[str]:
    """One answer per line, under each other; what it holds for below it."""
    across = max((len(row.title) for row in first.answers), default=0) + 2
    for row in first.answers:
        why = f": {'; '.join(row.why)}" if row.why else ""
        yield out.wrapped(f"{row.title:<{across}}{row.answer}{why} {_refs(row.refs)}".rstrip(), 2, across)


MOST_CARDS = 5
"""Lesions that the first part has a line for, so that it stays a page."""


def _doses(report: PatientReport, out: Terminal) -> Iterator[str]:
    """One line per lesion: how many published doses fit, and which must not be used."""
    say = language(report.lang).say
    if report.cards:
        yield out.bold(out.wrapped(f"DOSES  {say('doses_head')}", 0))
    across = max((len(card.name) for card in report.cards[:MOST_CARDS]), default=0) + 2
    for card in report.cards[:MOST_CARDS]:
        yield out.wrapped(f"{card.name:<{across}}{card.brief}", 2, across)
    if (more := len(report.cards) - MOST_CARDS) > 0:
        yield out.wrapped(say("doses_more", n=more), 2)


def _trials(first: FirstPart, out: Terminal) -> Iterator[str]:
    """What trials found: of the one that fits best two fields of a hundred, where its rates were read."""
    if first.trials:
        yield out.bold(out.wrapped(f"TRIALS  {first.spoke}", 0))
    for place, row in enumerate(first.trials):
        if row.of_100 and place == 0:
            yield out.wrapped(f"{row.side:<9}{row.name}, {row.what}: {row.who} {_refs(row.refs)}", 2, 9)
            yield from (
                f"           {word:<9}{_bar(*amount, out)}" for word, amount in zip(WORDS, row.of_100, strict=True)
            )
            continue
        found = f"{row.what}: {_in_words(row.of_100)}" if row.of_100 else row.what
        yield out.wrapped(f"{row.side:<9}{row.name}, {found}: {row.who} {_refs(row.refs)}", 2, 9)
    if first.trials_more:
        yield out.wrapped(capital(first.trials_more) + ".", 2, 9)
    if first.open_trials:
        yield out.wrapped(f"TRIALS OPEN  {' · '.join(first.open_trials)}", 0, 2)


WORDS = ("with", "without")


def _bar(n: int, interval: str, out: Terminal) -> str:
    """One field of a hundred: a block for every two patients, where the terminal is narrow for every five."""
    each = 2 if out.width >= WIDTH - 10 else 5
    blocks = round(n / each)
    return f"{'█' * blocks}{'·' * (100 // each - blocks)} {n}{f' ({interval})' if interval else ''}"


def _in_words(of_100: tuple[tuple[int, str], tuple[int, str]]) -> str:
    return ", ".join(
        f"{n}{f' ({interval})' if interval else ''} {word}" for word, (n, interval) in zip(WORDS, of_100, strict=True)
    )


def _source(source: Reference) -> str:
    status = "" if source.status == "read" else source.status
    return f"{source.number}{source.marks} {', '.join(filter(None, [source.name, source.identifier, status]))}"


def _marks(first: FirstPart) -> str:
    """What the signs mean; a source without one was read itself, or its abstract."""
    return ", ".join(f"{sign} {text}" for sign, text in first.marks)


def _foot(report: PatientReport, out: Terminal, detail: bool) -> Iterator[str]:
    for whose, changes in report.layers:
        yield out.wrapped(f"Rules of {whose}: {' · '.join(changes) or 'nothing changed'}.", 0, 2)
    if detail:
        yield out.dim(out.wrapped(f"Parameters: {', '.join(report.parameters)}.", 0))
    else:
        more = "More, doses: --detail · why: oligoscope explain CASE TABLE · what would change: oligoscope what-if"
        yield out.dim(out.wrapped(more, 0, 2))
    yield out.dim(out.wrapped(DISCLAIMER, 0))


# ---- the detail ----------------------------------------------------------------------------------


def _detail(report: PatientReport, out: Terminal) -> Iterator[str]:
    yield ""
    yield out.bold("DECISIONS")
    for line in report.decisions:
        yield from _decision(line, out)
    yield from _cards(report, out)
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
    if report.timing:
        yield ""
        yield out.bold("TIMING AND DRUGS")
    for title, note, lines in report.timing:
        yield ""
        yield out.wrapped(title, 2, 2)
        yield from ([out.dim(out.wrapped(note, 2))] if note else [])
        yield from _options(lines, out)
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
    yield from _imported(report, out)


def _imported(report: PatientReport, out: Terminal) -> Iterator[str]:
    if report.imported:
        yield ""
        yield out.bold("READ FROM FHIR")
        yield from (out.wrapped(note, 2, 2) for note in report.imported.notes)
        yield from (out.wrapped(f"no meaning here: {what} ({n})", 2, 2) for what, n in report.imported.unmapped.items())


def _cards(report: PatientReport, out: Terminal) -> Iterator[str]:
    """How each lesion may be treated."""
    say = language(report.lang).say
    if report.cards:
        yield ""
        yield out.bold(out.wrapped(say("doses_title").upper(), 0))
        yield out.dim(out.wrapped(say("doses_note"), 2))
    for card in report.cards:
        yield ""
        yield out.bold(out.wrapped(f"{card.name}: {card.text}", 2, 2))
        yield from _card(card, say, out)
    # They hang on the number of fractions alone: once for all lesions.
    if limits := list(card_limits(report.cards, report.assessment.knowledge, say)):
        yield ""
        yield out.bold(out.wrapped(say("limits_title"), 2))
        yield from (out.wrapped(text, 4, 2) for text in limits)
        yield out.dim(out.wrapped(say("limits_note"), 4))


def card_text(card: Card | None, out: Terminal = PLAIN) -> str:
    """The card of one lesion alone; None: nothing is published for it."""
    say = english().say
    lines = list(_card(card, say, out)) if card else [out.wrapped(say("doses_nothing"), 0)]
    note = [out.wrapped(say("doses_note"), 0), DISCLAIMER]
    return "\n".join([*([out.wrapped(card.text, 0)] if card else []), *lines, *note]) + "\n"


def _card(card: Card, say: Callable[..., str], out: Terminal) -> Iterator[str]:
    """Doses, those not to be used, what to know, the modalities."""
    for heading, groups in parts_of(card):
        yield out.wrapped(say(heading), 4)
        for lines in groups:
            yield from _card_lines(lines, say, out)


def _card_lines(lines: Sequence[CardLine], say: Callable[..., str], out: Terminal) -> Iterator[str]:
    """Lines of a card that differ in their dose alone, and once what is said of all of them."""
    yield from (out.wrapped(f"{line.text}  [{line.id}]", 6, 4) for line in lines)
    shared = lines[0]
    yield from ([out.wrapped(shared.about, 10)] if shared.about else [])
    if shared.depends_on:
        yield out.wrapped(say("depends", what="; ".join(shared.depends_on)), 10)
    yield from (out.wrapped(capital(caution), 10, 2) for caution in shared.cautions)
    yield out.dim(out.wrapped(shared.source, 10))


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
    yield out.bold(out.wrapped("WHAT IS UNKNOWN, AND WHAT IT WOULD HELP TO SETTLE (most decisive first)", 0))
    if not report.needs:
        yield "  Nothing: every question above is settled."
    for position, need in enumerate(report.needs, 1):
        yield out.wrapped(
            f"{position}. {need.field} - {need.definition}. Helps to settle: {', '.join(need.settles)}.", 2, 3
        )

"""Everything a report shows: the first part, and the detail under it; terminal and HTML only lay it out."""

import datetime
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from oligoscope.assess.flags import flags_of, open_flags_of
from oligoscope.assess.needs import needs_of
from oligoscope.assess.patient import LESION, LESIONS, Assessment
from oligoscope.assess.pauses import pauses_of_case
from oligoscope.assess.provenance import expects_of, notes_of, pack_of, provenance, whose
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reasons import conversion, inputs_behind
from oligoscope.assess.told_pauses import IN_WORDS, line_of, source_of
from oligoscope.chart.imported import Imported
from oligoscope.evidence import Store, Study
from oligoscope.evidence.wording import number_text
from oligoscope.report.cards import Card, cards_of
from oligoscope.report.chart import LesionRow
from oligoscope.report.first.lines import definitions
from oligoscope.report.first.model import FirstPart
from oligoscope.report.first.page import first_part
from oligoscope.report.language import ENGLISH, language
from oligoscope.report.trials import summary_lines
from oligoscope.report.wording import status_in_words
from oligoscope.tables.model import Criteria, Group, Options, Part, Score, Table
from oligoscope.tables.reference import Answered, Settled
from oligoscope.trials.match import TrialMatch
from oligoscope.vocabulary.fields import lists


@dataclass(frozen=True)
class Source:
    """One citation of a line: who, what number, and the warning that belongs to it."""

    id: str
    text: str
    numbers: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class Line:
    """One answer: what, why, on which evidence, and what is still open.

    applies: it was asked for at all.  remark: its first note is worth reading with this answer.
    """

    title: str
    table: str
    outcome: str
    label: str
    settled: bool
    rule: str
    inputs: tuple[tuple[str, str], ...]
    status: str
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    possible: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    detail: tuple[tuple[str, str], ...] = ()
    applies: bool = True
    remark: bool = True


@dataclass(frozen=True)
class Need:
    """One field to fill in, and what it would help to settle."""

    field: str
    definition: str
    settles: tuple[str, ...]


@dataclass(frozen=True)
class LesionAnswers:
    """What is answered of one lesion. text: the lesion in words."""

    name: str
    text: str
    decisions: tuple[Line, ...]
    options: tuple[tuple[str, tuple[Line, ...]], ...]


@dataclass(frozen=True)
class PatientReport:
    """Everything a report shows. made: the day it was made on, ISO.  matches: its trials, where they were matched.
    imported: what was read of a FHIR document.

    What stands under the first part is worked out when it is first read: most runs show the first part alone, and that
    is a third of the work.
    """

    first: FirstPart
    made: str
    assessment: Assessment
    matches: tuple[TrialMatch, ...] = ()
    imported: Imported | None = None
    lang: str = ENGLISH

    @property
    def parameters(self) -> tuple[str, ...]:
        """Each number that can be set, with its value."""
        return tuple(f"{name} {value:g}" for name, value in self.assessment.knowledge.parameters.items())

    @property
    def layers(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each pack that was laid over the base, and what it changed."""
        return tuple((f"{r.title}, {r}", r.changes) for r in self.assessment.knowledge.releases[1:])

    @cached_property
    def decisions(self) -> tuple[Line, ...]:
        """Every question with one answer."""
        return tuple(
            _line(table, table.parts[0], self.assessment.settled[table.name].only, self.assessment)
            for table in self._tables
            if table.one_answer and not _unasked(table, self.assessment)
        )

    @cached_property
    def criteria(self) -> tuple[tuple[str, str, tuple[Line, ...]], ...]:
        """Of every list of criteria its title, note and criteria."""
        return tuple(
            (t.title, t.provenance.note, tuple(self._criterion(t, part) for part in t.parts))
            for t in self._tables
            if isinstance(t, Criteria)
        )

    @cached_property
    def options(self) -> tuple[tuple[str, str, tuple[Line, ...]], ...]:
        """Of every list of options its title, note and what holds; a list of which nothing holds is left out."""
        entries = (
            (t.title, t.provenance.note, tuple(_option_lines(t, self.assessment.settled[t.name], self.assessment)))
            for t in self._tables
            if isinstance(t, Options) and not t.role
        )
        return tuple(entry for entry in entries if entry[2])

    @cached_property
    def timing(self) -> tuple[tuple[str, str, tuple[Line, ...]], ...]:
        """Of what is told of timing and drugs the title, the note and the lines; first the pauses around each planned
        day.
        """
        tables = [t for t in self._tables if isinstance(t, Options) and t.role == "timing"]
        entries = [
            (t.title, t.provenance.note, tuple(_option_lines(t, self.assessment.settled[t.name], self.assessment)))
            for t in tables
        ]
        return tuple(entry for entry in (_pauses(self.assessment), *entries) if entry[2])

    @cached_property
    def flags(self) -> tuple[tuple[str, str, tuple[Source, ...]], ...]:
        """What must be told beside the decisions: how severe, in words, on which evidence."""
        return tuple(_flags(self.assessment))

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What to fill in, what settles most first."""
        return tuple(_needs(self.assessment))

    @cached_property
    def lesion_answers(self) -> tuple[LesionAnswers, ...]:
        """What is answered of each lesion."""
        return tuple(_lesion_answers(self.assessment, self.first.lesions))

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """How each lesion may be treated, as far as something is published."""
        return tuple(cards_of(self.assessment, self.first.lesions, language(self.lang)))

    @cached_property
    def trials(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The trials by how they match."""
        return tuple(summary_lines(self.matches, self.assessment.knowledge.evidence)) if self.matches else ()

    @property
    def _tables(self) -> list[Table]:
        return sorted(self.assessment.knowledge.tables, key=lambda table: table.order)

    def _criterion(self, table: Table, part: Part) -> Line:
        return _line(table, part, self.assessment.settled[table.name][part.id], self.assessment)


def patient_report(
    assessment: Assessment,
    matches: Sequence[TrialMatch] = (),
    today: datetime.date | None = None,
    lang: str = ENGLISH,
    imported: Imported | None = None,
) -> PatientReport:
    """The report of one assessment. matches: its trials, where they were matched.  today: the day of the report.
    imported: what was read of a FHIR document.

    Raises NotAllowed for a language that there is not.
    """
    day = today or datetime.date.today()
    first = first_part(assessment, matches, language(lang), day, imported)
    return PatientReport(first, day.isoformat(), assessment, tuple(matches), imported, lang)


def _flags(assessment: Assessment) -> Iterator[tuple[str, str, tuple[Source, ...]]]:
    for flag in flags_of(assessment):
        sources = _sources(assessment.knowledge.evidence, flag.provenance.cites, flag.expects)
        yield str(flag.payload.get("severity", "information")), _signed(flag, assessment), sources
    for option, _, text in open_flags_of(assessment):
        sources = _sources(assessment.knowledge.evidence, option.provenance.cites, option.expects)
        yield str(option.payload.get("severity", "information")), text, sources


def _unasked(table: Table, assessment: Assessment) -> bool:
    return table.supplementary and len(assessment.settled[table.name].only.possible) == len(table.codes)


def _lesion_answers(assessment: Assessment, lesions: Sequence[LesionRow]) -> Iterator[LesionAnswers]:
    """Every lesion of which something is answered; a question that is not asked of it is left out."""
    tables = assessment.knowledge.about(LESION)
    said = next(each.said for each in lists() if each.name == LESIONS)
    known: dict[Hashable, _Told] = {}
    for place, name in enumerate(assessment.item_names(LESIONS) if tables else ()):
        item, written = (assessment.lists[LESIONS] or ())[place], (assessment.case.lesions or ())[place]
        # What another list says of a lesion by its name stands in its answers.
        key = (id(item.answers), id(item.assumed), said(written))
        if key not in known:
            known[key] = _answers_of_lesion(assessment, tables, place)
        lines, options = known[key]
        if lines or options:
            yield LesionAnswers(name, lesions[place].text, lines, options)


_Told = tuple[tuple[Line, ...], tuple[tuple[str, tuple[Line, ...]], ...]]


def _answers_of_lesion(assessment: Assessment, tables: Sequence[Table], place: int) -> _Told:
    """The decisions and the options of one lesion. place: in the chart's list, from 0."""
    lines, options = [], []
    for table in tables:
        answered = assessment.items[table.name][place]
        if isinstance(table, Options):
            # What has a role stands on the lesion's card.
            if not table.role:
                options.append((table.title, tuple(_option_lines(table, answered, assessment))))
            continue
        for part in table.parts[:1] if table.one_answer else table.parts:
            settled = answered.only if table.one_answer else answered[part.id]
            if settled.value is None or table.outcome(settled.value).applies:
                lines.append(_line(table, part, settled, assessment.of_item(table.name, place)))
    return tuple(lines), tuple((title, found) for title, found in options if found)


def _line(table: Table, part: Part, settled: Settled, assessment: Assessment) -> Line:
    source = provenance(table, part, settled)
    value = settled.value
    label = table.outcome(value).label if value else "one of: " + ", ".join(settled.possible)
    detail = [(c.text or c.id, settled.criteria[c.id]) for c in part.criteria] if isinstance(part, Group) else []
    if settled.score:
        low, high = settled.score
        detail.append(("score", f"{low:g}" if low == high else f"{low:g} to {high:g}"))
    references = expects_of(table, settled) if table.one_answer else ()
    return Line(
        title=table.title if isinstance(table, Score) else part.label or table.title,
        table=table.name,
        outcome=value or "undetermined",
        label=label,
        settled=value is not None,
        rule="|".join(settled.rules),
        inputs=tuple(
            (name, _with_conversion(name, assessment)) for name in inputs_behind(table, part, settled, assessment)
        ),
        status=status_in_words(source.status),
        sources=_sources(
            assessment.knowledge.evidence,
            source.cites
            if not isinstance(table, Criteria)
            else tuple(dict.fromkeys([*part.provenance.cites, *source.cites])),
            references,
        ),
        notes=(
            *(notes_of(table, part, settled) if not isinstance(table, Criteria) else filter(None, [part.text])),
            *whose(pack_of(part, settled), assessment.knowledge),
        ),
        possible=() if len(settled.possible) == 1 else tuple(settled.possible),
        needs=tuple(settled.needs),
        detail=tuple(detail),
        applies=table.outcome(value).applies if value else True,
        remark=table.outcome(value).remark if value else True,
    )


def _option_lines(table: Options, answered: Answered, assessment: Assessment) -> list[Line]:
    lines = []
    for part in table.options:
        if answered[part.id].possible == ("yes",):
            lines.append(
                Line(
                    part.label or part.id, table.name, part.id, _signed(part, assessment), True, part.id, (),
                    status_in_words(part.provenance.status),
                    _sources(assessment.knowledge.evidence, part.provenance.cites, part.expects), (),
                )
            )  # fmt: skip
    return lines


def _pauses(assessment: Assessment) -> tuple[str, str, tuple[Line, ...]]:
    """Each drug against each planned day."""
    pauses = assessment.knowledge.pauses
    if pauses is None:
        return "", "", ()
    lines, notes = [], dict[str, None]()
    for told in pauses_of_case(assessment.case, pauses):
        drug, rule = source_of(told, pauses), pauses.rules[told.pause.verdict]
        sources = _sources(assessment.knowledge.evidence, (drug.source,), ())
        title, text, status = IN_WORDS[told.pause.verdict], line_of(told, pauses), status_in_words(drug.status)
        lines.append(Line(title, pauses.name, rule, text, True, rule, (), status, sources, ()))
        notes[drug.note] = None
    return "Pauses of drugs before planned radiotherapy", "; ".join(filter(None, notes)), tuple(lines)


def _signed(part: Part, assessment: Assessment) -> str:
    """An option's text, with whose it is where it is not the base's."""
    own = whose(part.provenance.pack, assessment.knowledge)
    return f"{part.text} ({own[0]})" if own else part.text


def _sources(store: Store, cites: tuple[str, ...], references: Iterable[str]) -> tuple[Source, ...]:
    numbers: dict[str, list[str]] = {}
    for reference in references:
        study, result = store.resolve(reference)
        if result.status == "seen":
            numbers.setdefault(study.study, []).append(number_text(result))
    return tuple(_source(store.study(name), tuple(numbers.get(name, ()))) for name in dict.fromkeys([*cites, *numbers]))


def _source(study: Study, numbers: tuple[str, ...]) -> Source:
    report = study.reports[0]
    where = f" PMID {report.pmid}" if report.pmid else ""
    warning = "expression of concern" if study.concern else ""
    return Source(study.study, f"{study.citation}.{where}", numbers, warning)


def _with_conversion(name: str, assessment: Assessment) -> str:
    note = conversion(assessment, name)
    return f"{in_words(assessment, name)} ({note})" if note else in_words(assessment, name)


def _needs(assessment: Assessment) -> Iterator[Need]:
    for need in needs_of(assessment):
        yield Need(need.field, definitions().get(need.field, ""), need.settles)

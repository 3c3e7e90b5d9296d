"""What would have to be otherwise for one patient to get another answer, or into a trial."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from oligoscope.api.patient import assessment_of
from oligoscope.api.shared import Day, Packs, day_of, known, none_of_that_name, table_of
from oligoscope.assess.answer import Published, Versioned
from oligoscope.assess.conditions import meaning
from oligoscope.assess.patient import Assessment
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reach import Goal, Way, reached, still_open, ways
from oligoscope.chart.opened import Document, open_document
from oligoscope.chart.problems import CaseError
from oligoscope.errors import NotAllowed
from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import APPLIES, APPLIES_NOT, PATIENT, Criteria
from oligoscope.trials.match import fitting


class Differs(Published):
    """One field of a way. values: any of these, as a chart writes them.  known: the chart says otherwise now."""

    field: str
    label: str
    now: str
    values: tuple[str, ...]
    known: bool


class WhatWould(Versioned):
    """Under which values of which fields an answer would be given; conditions, never a thing to do.

    goal: TABLE=OUTCOME, or a trial whose criteria that the chart answers are all met.  holds: it does already.  open:
    what may still turn out; would_have_to_differ: with what the chart says otherwise.  Each is a list of ways, each of
    one field, or of two where none does alone.  needs: what is open beside, most decisive first.
    """

    goal: str
    holds: bool
    open: tuple[tuple[Differs, ...], ...]
    would_have_to_differ: tuple[tuple[Differs, ...], ...]
    needs: tuple[str, ...]

    def __str__(self) -> str:
        from oligoscope.report.changes import would_text

        return would_text(self)


def what_would(
    document: Document,
    outcome: str | None = None,
    *,
    trial: str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> WhatWould:
    """Under which other values, of one field or else of two, a case would get an answer or meet a trial's criteria.

    outcome: `TABLE=OUTCOME`, of a table with several answers `TABLE/PART=OUTCOME`; a candidate for what the knowledge
    is about, where neither it nor a trial is given. Lists and dates of the chart are left as they are; a way that no
    chart may say is left out. Raises OligoscopeError.
    """
    day, using, opened = day_of(today), known(knowledge, evidence), open_document(document)
    text = f"trial {trial}" if trial else outcome or using.evidence.terms.candidate
    goal = _of_trial(using, trial) if trial else _of_table(using, text)
    assessment = assessment_of(opened, using, day)
    if reached(assessment, goal):
        return WhatWould(goal=text, holds=True, open=(), would_have_to_differ=(), needs=())

    def holds(way: Way) -> bool:
        try:
            changed = assessment_of(opened.with_fields({turn.field: turn.written for turn in way}), using, day)
        except CaseError:
            return False
        return reached(changed, goal)

    found = [
        tuple(_merged(assessment, filter(holds, ways(assessment, goal, known=differ)))) for differ in (False, True)
    ]
    needs = still_open(assessment, goal)
    return WhatWould(goal=text, holds=False, open=found[0], would_have_to_differ=found[1], needs=needs)


def _merged(assessment: Assessment, found: Iterable[Way]) -> Iterator[tuple[Differs, ...]]:
    """Ways that are alike but for the value of their last field, as one."""
    together: dict[tuple[Way, str, bool], list[str]] = {}
    for *first, last in found:
        together.setdefault((tuple(first), last.field, last.open), []).append(last.written)
    for (first_turns, field, is_open), values in together.items():
        parts = [(turn.field, (turn.written,), turn.open) for turn in first_turns]
        yield tuple(
            Differs(
                field=name,
                label=meaning(assessment, name),
                now=in_words(assessment, name) if name in assessment.answers else str(assessment.given[name]),
                values=tuple(written),
                known=not may,
            )
            for name, written, may in [*parts, (field, tuple(values), is_open)]
        )


def _of_table(knowledge: Knowledge, text: str) -> Goal:
    """`TABLE=OUTCOME` or `TABLE/PART=OUTCOME`. Raises NotAllowed."""
    where, _, outcome = text.partition("=")
    name, _, part = where.partition("/")
    table = table_of(knowledge, name)
    if table.about != PATIENT:
        raise NotAllowed("outcome", text, "a table about the patient", f"{name} is about each {table.about}")
    parts = [table.name] if table.one_answer else [each.id for each in table.parts]
    part = part or (table.name if table.one_answer else "")
    if part not in parts:
        raise none_of_that_name(f"part of {name}", part, parts)
    codes = table.codes or (APPLIES, APPLIES_NOT)
    if outcome not in codes:
        raise none_of_that_name(f"outcome of {name}", outcome, codes)
    return Goal(knowledge.compiled(name), part, frozenset([outcome]))


def _of_trial(knowledge: Knowledge, name: str) -> Goal:
    """That every criterion of a trial that a chart answers is met. Raises NotAllowed."""
    found = {each.trial: each for each in knowledge.trials}
    if name not in found:
        raise none_of_that_name("trial", name, list(found))
    trial = found[name]
    if trial.not_lung or not (trial.criteria_of or trial.table):
        why = trial.not_lung or "it has no verified criterion that a chart answers"
        raise NotAllowed("trial", name, "a trial with criteria that a chart answers", why)
    where, _, group = trial.criteria_of.partition("/")
    compiled = trial.table or knowledge.compiled(where)
    assert isinstance(compiled.table, Criteria)
    return Goal(compiled, group or trial.trial, fitting(compiled.table))

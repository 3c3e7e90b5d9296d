"""Drugs around planned radiotherapy: each drug of a line against each planned day, and what is missing (HOLD).

One function tells it of a case and, by the same means, of a registry (`cohort.pauses`); `told_pauses` has the words. It
is no decision table: a table answers about one thing, and this is about every pair of a drug and a day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import NamedTuple

from oligoscope.chart.domains import item_domains
from oligoscope.chart.integrity import words_in
from oligoscope.knowledge.pauses import HOURS, KINDS, Pause, Pauses
from oligoscope.tables.calendar import days_between
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Span
from oligoscope.vocabulary.values import Value
from oligoscope.vocabulary.words import Case, SystemicTherapy

TOO_SHORT, LONG_ENOUGH, OPEN = "too_short", "long_enough", "cannot_be_told"
NO_PAUSE, NO_REFERENCE = "no_pause_asked", "no_reference"
_DAY_HOURS = 24
_ANY: Span = (0, inf)
_ANY_HOURS = 10_000
"""The upper end of the field of hours: nothing is said."""


class Line(NamedTuple):
    """What a pause is measured from: the line's drugs as written; spans of days (yyyymmdd) and of hours.

    goes_on: it may still be given after the assessment.
    """

    drugs: str
    last_dose: Span
    next_dose: Span
    stop: Span
    hours: Span
    goes_on: bool


class Plan(NamedTuple):
    """One planned radiotherapy. sites, techniques: those still possible."""

    start: Span
    sites: tuple[str, ...]
    techniques: tuple[str, ...]


@dataclass(frozen=True)
class DrugPause:
    """One drug and one planned day. drug: in the words of the chart; empty where the line does not say.

    kind: of radiotherapy, empty where the plan leaves it open.  wanted: None where there is no value.  gap, missing: in
    the unit of `wanted`, lowest and highest still possible.  from_next: measured from the dose that is due before it.
    may_follow: the gap holds only if no further dose is given.  lesions: of the plan, filled in for a case.
    """

    verdict: str
    drug: str
    kind: str
    start: Span
    wanted: Pause | None = None
    gap: Span = _ANY
    from_next: bool = False
    may_follow: bool = False
    lesions: tuple[str, ...] = ()

    @property
    def missing(self) -> Span | None:
        """What the gap is short of the pause; None where none is asked or known."""
        if self.wanted is None or not self.wanted.amount:
            return None
        low, high = (max(0.0, self.wanted.amount - end) for end in reversed(self.gap))
        return low, high


def drug_pauses(line: Line, plan: Plan, pauses: Pauses) -> Iterator[DrugPause]:
    """Every drug of a line against one planned day; one entry without a drug where the line names none."""
    drugs = words_in(line.drugs)
    if not drugs:
        # Whatever the drugs were: a line that ended before the longest pause is no matter.
        ended = _days(line, plan)[0][0] >= pauses.longest_days and not line.goes_on
        yield DrugPause(LONG_ENOUGH if ended else OPEN, "", "", plan.start)
    for drug in drugs:
        if drug in pauses.drugs:
            yield _one_of([_of_kind(drug, kind, line, plan, pauses) for kind in _kinds(plan)])
        else:
            yield DrugPause(NO_REFERENCE, drug, "", plan.start)


def _one_of(each: list[DrugPause]) -> DrugPause:
    """What all kinds of radiotherapy that are possible say alike: the longest pause; else it cannot be told."""
    strictest = max(each, key=lambda one: one.wanted.amount if one.wanted else 0.0)
    if len({one.verdict for one in each}) == 1:
        return strictest if len(each) == 1 else replace(strictest, kind="")
    return replace(strictest, verdict=OPEN, kind="")


def _kinds(plan: Plan) -> list[str]:
    found: list[str] = []
    for kind in KINDS:
        inside = "brain" in plan.sites if kind == "intracranial" else any(site != "brain" for site in plan.sites)
        technique = {"sabr": "sabr", "other": "radiotherapy"}.get(kind)
        if inside and (technique is None or technique in plan.techniques):
            found.append(kind)
    return found


def _of_kind(drug: str, kind: str, line: Line, plan: Plan, pauses: Pauses) -> DrugPause:
    if kind == "other" and (left_open := set(pauses.drugs[drug].not_for) & set(plan.sites)):
        verdict = NO_REFERENCE if left_open == set(plan.sites) else OPEN
        return DrugPause(verdict, drug, kind, plan.start)
    wanted = pauses.drugs[drug].of[kind]
    if not wanted.amount:
        return DrugPause(NO_PAUSE, drug, kind, plan.start, wanted)
    days, from_next = _days(line, plan)
    timed = line.hours[1] < _ANY_HOURS
    gap = days
    if wanted.unit == HOURS:
        gap = line.hours if timed else _hours(days)
    elif days == _ANY and timed:
        gap = (line.hours[0] / _DAY_HOURS, line.hours[1] / _DAY_HOURS)
    verdict = LONG_ENOUGH if gap[0] >= wanted.amount else TOO_SHORT if _below(gap, wanted, days) else OPEN
    # A next dose that is known tells whether another follows, and hours are those of the last dose before.
    may_follow = line.goes_on and not _known(line.next_dose) and not timed
    if verdict == LONG_ENOUGH and may_follow:
        verdict = OPEN
    return DrugPause(verdict, drug, kind, plan.start, wanted, gap, from_next, may_follow and gap != _ANY)


def _below(gap: Span, wanted: Pause, days: Span) -> bool:
    """Whether a gap is short for certain. Hours made of days never reach their upper end, a midnight to a midnight."""
    if wanted.unit == HOURS and gap == _hours(days):
        return gap[1] <= wanted.amount
    return gap[1] < wanted.amount


def _hours(days: Span) -> Span:
    """What lies between two days of which the hour is not known: up to a day less or more."""
    low, high = days
    return max(0.0, (low - 1) * _DAY_HOURS), (high + 1) * _DAY_HOURS


def _days(line: Line, plan: Plan) -> tuple[Span, bool]:
    """(Days from the last dose before a planned day to that day, whether it is the dose that is due).

    A dose that is due before the day counts as given. Of a line that stopped the last dose is no later than its stop.
    """
    start = plan.start
    if not _known(start):
        return _ANY, False
    if _known(line.next_dose) and line.next_dose[1] <= start[0]:
        # Further doses may follow the one that is due.
        return (0, _between(line.next_dose[0], start[1])), True
    if _known(line.last_dose) and line.last_dose[0] <= start[1]:
        low = max(0.0, _between(line.last_dose[1], start[0]))
        if _known(line.next_dose) and line.next_dose[0] <= start[1]:
            low = 0
        return (low, _between(line.last_dose[0], start[1])), False
    if _known(line.stop) and line.stop[1] <= start[0]:
        return (_between(line.stop[1], start[0]), inf), False
    return _ANY, False


def _between(start: float, end: float) -> float:
    return days_between(int(start), int(end))


def _known(day: Span) -> bool:
    return day[0] > FIRST_DAY and day[1] < LAST_DAY


# ---- of a case -----------------------------------------------------------------------------------


class Told(NamedTuple):
    """One drug of one line against one planned day. line: its place in the chart, from 1."""

    line: int
    pause: DrugPause


def pauses_of_case(case: Case, pauses: Pauses | None) -> list[Told]:
    """Each drug of each line that may still be given, or was given last, against each planned day."""
    if pauses is None:
        return []
    plans = _plans(case)
    found: dict[Told, tuple[str, ...]] = {}
    for number, line in enumerate(map(_line, case.systemic_therapy or ()), 1):
        for plan, lesions in plans.items():
            for pause in drug_pauses(line, plan, pauses):
                # Lesions of different places that a drug is paused alike for, on one day, are one line.
                told = Told(number, pause)
                found[told] = tuple(dict.fromkeys((*found.get(told, ()), *lesions)))
    return [Told(told.line, replace(told.pause, lesions=lesions)) for told, lesions in found.items()]


def _plans(case: Case) -> dict[Plan, tuple[str, ...]]:
    """The planned radiotherapies, those of one day and kind together, with the lesions of each."""
    found: dict[Plan, tuple[str, ...]] = {}
    for each in case.planned_radiotherapy or ():
        plan = Plan(_span_of(each.start), _labels("site", each.site), _labels("technique", each.technique))
        found[plan] = (*found.get(plan, ()), *filter(None, [each.lesions.given]))
    return found


def _line(line: SystemicTherapy) -> Line:
    goes_on = line.ongoing.labels is None or True in line.ongoing.labels
    last_dose, next_dose, stop, hours = map(
        _span_of, (line.last_dose, line.next_dose, line.stop, line.hours_before_radiotherapy)
    )
    return Line(line.drugs.given, last_dose, next_dose, stop, hours, goes_on)


def _span_of(value: Value) -> Span:
    return value.low, value.high


def _labels(name: str, value: Value) -> tuple[str, ...]:
    domain = item_domains("planned_radiotherapy")[name]
    assert isinstance(domain, Choices)
    return tuple(map(str, value.labels or domain.labels))


def worst(verdicts: Iterable[str]) -> str:
    """Of one patient: too short where any is, else cannot be told where any is open; empty where there is none.

    >>> worst(["no_pause_asked", "too_short", "cannot_be_told"]), worst([])
    ('too_short', '')
    """
    found = set(verdicts)
    return next((verdict for verdict in (TOO_SHORT, OPEN, LONG_ENOUGH, NO_REFERENCE, NO_PAUSE) if verdict in found), "")

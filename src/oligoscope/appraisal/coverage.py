"""What became of every statement of the review: a published number, a rule, or the reason why neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oligoscope.appraisal.checks import Alarm
from oligoscope.evidence import Study
from oligoscope.evidence.review import Discrepancy, Statement
from oligoscope.knowledge import Knowledge

WHY_NOT = {
    "general": "a general remark, nothing to verify",
    "method": "how the review searched, or a list of factors",
    "not-checked": "no source could be read",
    "review only": "the numbers stand only in the review",
    "ambiguous": "cannot be turned into one rule without a decision",
    "table": "a row of the review's table; the trial's record holds what was verified",
    "agrees": "the source was read, no number was recorded",
    "differs": "the source was read, no number was recorded",
    "outdated": "overtaken since",
}


@dataclass(frozen=True)
class Covered:
    """One statement: the results and rules that answer it, or the reason why none does."""

    statement: Statement
    results: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str

    @property
    def answered(self) -> bool:
        return bool(self.results or self.rules)


def coverage(statements: Sequence[Statement], studies: Sequence[Study], knowledge: Knowledge) -> list[Covered]:
    """Each statement of the review, in reading order."""
    by_name = {study.study: study for study in studies}
    citing = _citing(knowledge)
    return [_cover(statement, by_name, citing) for statement in statements]


def _cover(statement: Statement, studies: Mapping[str, Study], citing: Mapping[str, list[str]]) -> Covered:
    linked = [
        f"{name}/{r.id}"
        for name, study in studies.items()
        for r in study.results
        if r.in_review and r.in_review.statement == statement.id and r.verified
    ]
    if not linked:
        linked = [
            f"{name}/{r.id}"
            for name in statement.studies
            if name in studies
            for r in studies[name].results
            if r.verified
        ][:3]
    rules = [rule for name in statement.studies for rule in citing.get(name, [])]
    reason = "" if linked or rules else statement.note or WHY_NOT[statement.flag]
    return Covered(statement, tuple(linked), tuple(dict.fromkeys(rules)), reason)


def _citing(knowledge: Knowledge) -> dict[str, list[str]]:
    """By study, the rules that cite it, as table/rule."""
    found: dict[str, list[str]] = {}
    for table in knowledge.tables:
        for part in table.parts:
            for rule in part.rules:
                for study in rule.provenance.cites or part.provenance.cites:
                    name = f"{table.name}/{rule.id or part.id}"
                    found.setdefault(study, []).append(name)
    return found


@dataclass(frozen=True)
class Known:
    """One difference found by reading, and the checks of the audit that show it too."""

    discrepancy: Discrepancy
    checks: tuple[str, ...]


def against_lists(discrepancies: Sequence[Discrepancy], alarms: Sequence[Alarm]) -> list[Known]:
    """The differences found by reading, each with the checks whose alarm names one of its statements or its study."""
    return [
        Known(entry, tuple(sorted({alarm.check for alarm in alarms if _meets(entry, alarm)})))
        for entry in discrepancies
        if entry.weight != "D"
    ]


def _meets(entry: Discrepancy, alarm: Alarm) -> bool:
    return bool(set(entry.statements) & set(alarm.statements)) or bool(
        set(entry.studies) & set(alarm.study.split(", "))
    )

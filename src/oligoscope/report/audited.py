"""Audit and coverage as text and data."""

from collections import Counter
from collections.abc import Sequence

from oligoscope.appraisal.checks import CHECKS, Alarm
from oligoscope.appraisal.coverage import Covered, Known


def audit_text(alarms: Sequence[Alarm], known: Sequence[Known]) -> str:
    """Alarms by check, each check with its formula and what it tolerates; then how many of the differences found by
    reading it shows.
    """
    lines = []
    for check in CHECKS.values():
        mine = [alarm for alarm in alarms if alarm.check == check.id]
        lines += [
            f"{check.question}  {len(mine) or 'no'} alarm{'s' if len(mine) != 1 else ''}",
            f"  {check.formula}; tolerates {check.tolerates}",
        ]
        lines += [f"  {_where(alarm)}: {alarm.finding}" for alarm in mine] + [""]
    if known:
        found = [entry for entry in known if entry.checks]
        lines.append(
            f"Of {len(known)} differences of meaning, number or wording found by reading, the checks show {len(found)}."
        )
        lines += [
            f"  not shown by data: {entry.discrepancy.id} {entry.discrepancy.text}"
            for entry in known
            if not entry.checks
        ]
    return "\n".join(lines) + "\n"


def _where(alarm: Alarm) -> str:
    return " ".join(part for part in (", ".join(alarm.statements), ", ".join(alarm.results) or alarm.study) if part)


def audit_json(alarms: Sequence[Alarm], known: Sequence[Known]) -> dict[str, object]:
    """The audit as data."""
    return {
        "schema": 1,
        "checks": [
            {"id": c.id, "question": c.question, "formula": c.formula, "tolerates": c.tolerates}
            for c in CHECKS.values()
        ],
        "alarms": [
            {
                "check": a.check,
                "study": a.study,
                "results": list(a.results),
                "statements": list(a.statements),
                "finding": a.finding,
                "numbers_shown": a.shown,
            }
            for a in alarms
        ],
        "differences_found_by_reading": [
            {
                "id": k.discrepancy.id,
                "class": k.discrepancy.weight,
                "text": k.discrepancy.text,
                "shown_by": list(k.checks),
            }
            for k in known
        ],
    }


def coverage_text(covered: Sequence[Covered]) -> str:
    """Every statement with its answer, then the share answered."""
    lines = [
        f"{c.statement.id} {c.statement.section:<20}{_answer(c)}\n     “{c.statement.corrected or c.statement.quote}”"
        for c in covered
    ]
    return "\n".join([*lines, "", *_shares(covered)]) + "\n"


def _answer(covered: Covered) -> str:
    if not covered.answered:
        return f"why not: {covered.reason}"
    parts = [
        f"results {', '.join(covered.results)}" if covered.results else "",
        f"rules {', '.join(covered.rules[:6])}{' …' if len(covered.rules) > 6 else ''}" if covered.rules else "",
    ]
    return "; ".join(part for part in parts if part)


def _shares(covered: Sequence[Covered]) -> list[str]:
    answered = sum(c.answered for c in covered)
    why = Counter(c.statement.flag for c in covered if not c.answered)
    reasons = ", ".join(f"{flag} {n}" for flag, n in why.most_common())
    share = f"{100 * answered / max(len(covered), 1):.0f} %"
    told = f"{answered} of {len(covered)} statements are answered by a verified result or a rule ({share})"
    return [f"{told}; the others: {reasons}."]


def coverage_json(covered: Sequence[Covered]) -> dict[str, object]:
    """Coverage as data."""
    return {
        "schema": 1,
        "statements": len(covered),
        "answered": sum(c.answered for c in covered),
        "matrix": [
            {
                "statement": c.statement.id,
                "flag": c.statement.flag,
                "results": list(c.results),
                "rules": list(c.rules),
                "reason": c.reason or None,
            }
            for c in covered
        ],
    }

"""Audit and coverage as text and data."""

from collections import Counter
from collections.abc import Sequence

from oligoscope.appraisal.checks import CHECKS, Alarm
from oligoscope.appraisal.coverage import KINDS, Covered
from oligoscope.appraisal.known import Known
from oligoscope.evidence.review import Kind


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
    return "\n".join([*lines, *_differences(known)]) + "\n"


def _differences(known: Sequence[Known]) -> list[str]:
    """How the differences found by reading are shown: by numbers, by a reader's flag, or in their list alone."""
    if not known:
        return []
    computed, read, listed = _shown(known)
    return [
        f"Of {len(known)} differences of meaning, number or wording found by reading, a computed check shows "
        f"{len(computed)}, a statement's flag that a reader set {len(read)}, nothing but their list {len(listed)}.",
        *(f"  computed, {k.discrepancy.check}: {k.discrepancy.id} {k.discrepancy.text}" for k in computed),
        *(f"  read by hand: {k.discrepancy.id} {k.discrepancy.text}" for k in read),
        *(f"  only listed: {k.discrepancy.id} {k.discrepancy.text}" for k in listed),
    ]


def _shown(known: Sequence[Known]) -> tuple[list[Known], list[Known], list[Known]]:
    """Those that a computed check shows, those that a flag shows, and the others."""
    return (
        [k for k in known if k.computed],
        [k for k in known if k.shown and not k.computed],
        [k for k in known if not k.shown],
    )


def _where(alarm: Alarm) -> str:
    return " ".join(part for part in (", ".join(alarm.statements), ", ".join(alarm.results) or alarm.study) if part)


def audit_json(alarms: Sequence[Alarm], known: Sequence[Known]) -> dict[str, object]:
    """The audit as data."""
    return {
        "schema": 1,
        "checks": [
            {"id": c.id, "question": c.question, "formula": c.formula, "tolerates": c.tolerates, "computed": c.computed}
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
        "differences": dict(zip(("computed", "read_by_hand", "only_listed"), map(len, _shown(known)), strict=True)),
        "differences_found_by_reading": [
            {
                "id": k.discrepancy.id,
                "class": k.discrepancy.weight,
                "text": k.discrepancy.text,
                "shown_by": [k.discrepancy.check] if k.shown else [],
                "computed": k.computed,
            }
            for k in known
        ],
    }


def coverage_text(covered: Sequence[Covered]) -> str:
    """Every statement with what answers which phrase of it, or why nothing does; then the counts."""
    lines = [line for entry in covered for line in _statement(entry)]
    return "\n".join([*lines, "", *_counts(covered)]) + "\n"


def _statement(covered: Covered) -> list[str]:
    statement = covered.statement
    return [
        f"{statement.id} {statement.section}: “{statement.corrected or statement.quote}”",
        *(
            f"     “{link.phrase}” {_DONE[link.says]} by {link.kind} {link.target}: {link.how}"
            for link in covered.links
        ),
        *([] if covered.answered else [f"     not answered, {covered.because}: {covered.reason}"]),
    ]


_DONE = {"confirms": "confirmed", "contradicts": "contradicted", "narrows": "narrowed", "carries out": "carried out"}


def _counts(covered: Sequence[Covered]) -> list[str]:
    answered = sum(c.answered for c in covered)
    by, why = _by(covered), _because(covered)
    share = f"{100 * answered / max(len(covered), 1):.0f} %"
    return [
        f"{answered} of {len(covered)} statements are answered ({share}), each counted once, by the first of: "
        + ", ".join(f"{kind} {n}" for kind, n in by.items())
        + ".",
        f"{len(covered) - answered} are not answered: " + ", ".join(f"{why} {n}" for why, n in why.items()) + ".",
    ]


def _by(covered: Sequence[Covered]) -> dict[Kind, int]:
    return {kind: sum(c.by == kind for c in covered) for kind in KINDS}


def _because(covered: Sequence[Covered]) -> dict[str, int]:
    return dict(Counter(c.because for c in covered if not c.answered).most_common())


def coverage_json(covered: Sequence[Covered]) -> dict[str, object]:
    """Coverage as data."""
    return {
        "schema": 1,
        "statements": len(covered),
        "answered": sum(c.answered for c in covered),
        "answered_by": _by(covered),
        "not_answered": _because(covered),
        "matrix": [
            {
                "statement": c.statement.id,
                "flag": c.statement.flag,
                "results": c.targets("result"),
                "limits": c.targets("limit"),
                "rules": c.targets("rule"),
                "criteria": c.targets("criterion"),
                "definitions": c.targets("definition"),
                "methods": c.targets("method"),
                "links": [
                    {"phrase": n.phrase, "kind": n.kind, "target": n.target, "review": n.says, "finding": n.how}
                    for n in c.links
                ],
                "because": c.because or None,
                "reason": c.reason or None,
            }
            for c in covered
        ],
    }

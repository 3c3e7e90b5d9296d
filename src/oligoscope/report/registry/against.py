"""A registry held against a trial's published curves: page and data."""

import datetime
from collections.abc import Iterator, Sequence

from oligoscope.cohort.analysis.against import REGISTRY, Against, Counted, Held, HeldArm
from oligoscope.cohort.analysis.curves import Line, ticks
from oligoscope.cohort.analysis.matched import Matched
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.report import late_entry
from oligoscope.cohort.analysis.table_one import table_one
from oligoscope.evidence.model import Study
from oligoscope.knowledge import Knowledge
from oligoscope.report.registry import figures
from oligoscope.report.registry.drawing import months_text
from oligoscope.report.registry.page import Page, Shown, flow_of, laid_out, table_rows
from oligoscope.report.registry.weighted import (
    adjusted_json,
    cautions_of,
    compared,
    drawn,
    held_json,
    matched_json,
    months_words,
    ratio_words,
    weighted_parts,
)

Plain = dict[str, object]
MISSING = "not recorded in the evidence"


def against_json(found: Against, study: Study | None) -> Plain:
    """Everything that the page says, as data."""
    patients, everyone = found.patients, found.everyone
    return {
        "trial": found.trial.trial,
        "study": study.study if study else None,
        "status": "computed",
        "adjusted": bool(drawn(found)),
        "flow": {
            "read": everyone.n_read,
            "left_out": [{"reason": lost.reason, "n": lost.n} for lost in patients.lost],
            "could_be_analysed": everyone.n,
            "analysed": patients.n,
            "events": patients.events,
        },
        "criteria": [
            {"id": c.id, "text": c.text, "asked": c.is_asked, "met": c.met, "failed": c.failed, "unknown": c.unknown}
            for c in found.criteria
        ],
        "not_in_the_registry": [each.text for each in found.trial.ask],
        "not_verified": [each.text for each in found.trial.check],
        "registry": {"refused": found.line.reason} if isinstance(found.line, Refused) else _registry(found.line),
        **({"baselines": [_baseline(each) for each in found.matched]} if found.matched else {}),
        "arms": {"refused": found.arms.reason} if isinstance(found.arms, Refused) else list(map(_arm_json, found.arms)),
        "differs": [dict(zip(("what", "trial", "registry"), row, strict=True)) for row in _differs(found, study)],
    }


def _steps(line: Line) -> Plain:
    columns = {"months": line.months, "share": line.share, "low": line.low, "high": line.high}
    return {
        "patients": line.n,
        "events": line.events,
        "curve": {key: [round(float(x), 6) if x == x else None for x in column] for key, column in columns.items()},
    }


def _baseline(one: Matched) -> Plain:
    weights = one.weights
    return {**matched_json(one), **({} if isinstance(weights, Refused) else {"registry": _registry(weights.line)})}


def _registry(line: Line) -> Plain:
    return {"median": line.median.value if line.median else None, **_steps(line)}


def _arm_json(arm: HeldArm) -> Plain:
    return {
        "arm": arm.line.label,
        "verdict": arm.quality.verdict,
        **_steps(arm.line),
        **held_json(arm.plain),
        **adjusted_json(arm),
    }


def against_page(
    found: Against, study: Study | None, knowledge: Knowledge, name: str, made: datetime.date, chosen: bool
) -> Page:
    """The page of a comparison."""
    parts = [
        flow_of(found.patients),
        _criteria(found),
        _curves(found),
        *weighted_parts(found),
        _differing(found, study),
        _who(found),
    ]
    heading = f"The registry “{name}” against {found.trial.title}"
    return laid_out(heading, parts, found.patients, knowledge, name, made, chosen, _cautions(found))


def _cautions(found: Against) -> list[str]:
    out = [c.text or c.id for c in found.criteria if not c.is_asked]
    how = (
        "what is adjusted is only what the trial's published baseline names"
        if drawn(found)
        else "nothing is adjusted: of the trial's patients the figure tells the times alone"
    )
    return [
        *([f"criteria of the trial were left out, as was asked: {'; '.join(out)}"] if out else []),
        f"nobody was assigned to be in this registry, and {how}, so a difference may be one of patients, of therapy, "
        "or of the day that time counts from",
        *cautions_of(found),
        *late_entry(found.patients),
        f"time counts from {found.patients.asked.origin} here; from which day the trial counts is not recorded: "
        "from a later one (such as that of randomisation) its patients live shorter than they would from this one",
        "the trial's patients are rebuilt from its figure: computed, not observed",
    ]


def _criteria(found: Against) -> Shown:
    says = (
        f"Each criterion of {found.trial.title} that a chart answers, for the {found.everyone.n:,} patients of whom "
        "the outcome is known. Only who certainly meets them all is compared; unknown is what the chart leaves open."
    )
    rows = tuple((_named(c), f"{c.met:,}", f"{c.failed:,}", f"{c.unknown:,}") for c in found.criteria)
    return Shown("Who meets the trial", says, rows=rows, heads=("criterion", "met", "failed", "unknown"))


def _named(criterion: Counted) -> str:
    said = criterion.text or criterion.id
    return said if criterion.is_asked else f"{said} (left out: nobody need meet it)"


def _curves(found: Against) -> Shown:
    title = f"{found.patients.asked.endpoint.title.capitalize()} beside the trial"
    if isinstance(found.line, Refused) or isinstance(found.arms, Refused):
        return Shown(title, refused=found.line.reason if isinstance(found.line, Refused) else "")
    lines = [found.line, *drawn(found), *(arm.line for arm in found.arms)]
    at, plain = ticks(found.patients), (REGISTRY,) if drawn(found) else ()
    figure = figures.curves(lines, at, title, "share without the event", "against", falls=True, plain=plain)
    says = (
        f"The {found.patients.n:,} patients of the registry who meet the criteria, as they are, over "
        f"{'the arm' if len(found.arms) == 1 else 'the arms'} rebuilt from the published figure; a rebuilt arm's band "
        "holds the 95 % interval of every set of patients that fits the figure. Ratios are the registry over the arm: "
        "below 1 the registry lives longer. The picture does not say why."
    )
    if drawn(found):
        says += (
            " The weighted curve is of the same registry, weighted so that it has the means and shares that are "
            "published of the trial; the curve as it is has no band beside it."
        )
    heads = (
        "against",
        "patients",
        "events",
        "median, months",
        "hazard ratio (95 % interval)",
        "months lived more",
        "read",
    )
    rows = tuple(row for arm in found.arms for row in _rows(arm))
    return Shown(title, says, figure, "against", rows, heads)


def _rows(arm: HeldArm) -> Iterator[tuple[str, ...]]:
    """An arm, once for each comparison with it."""
    median = months_text(arm.line.median.value if arm.line.median else None)
    for whose, held in compared(arm):
        refused = "" if isinstance(held, Held) else f"not shown: {held.reason}"
        yield (
            f"{arm.line.label}, {whose}" if whose else arm.line.label,
            f"{arm.line.n:,}",
            f"{arm.line.events:,}",
            median,
            ratio_words(held) if isinstance(held, Held) else refused,
            months_words(held) if isinstance(held, Held) else refused,
            arm.quality.verdict,
        )


def _differing(found: Against, study: Study | None) -> Shown:
    says = (
        "What is known of both, and what is not. A criterion that no chart of this registry answers may hold for few "
        "of its patients; nothing was assumed of it."
    )
    return Shown(
        "What differs", says, rows=tuple(_differs(found, study)), heads=("", "the trial", "this registry"), is_wide=True
    )


def _differs(found: Against, study: Study | None) -> Iterator[tuple[str, str, str]]:
    trial, patients = found.trial, found.patients
    follow_up = "" if isinstance(found.line, Refused) else f"median {months_text(found.line.follow_up.value)} months"
    yield "patients", f"{study.n:,}" if study and study.n else MISSING, f"{patients.n:,} who meet the criteria"
    yield "population", study.population if study and study.population else MISSING, "as under Who is compared"
    yield "day that time counts from", MISSING, patients.asked.origin
    known = [each.median_months for each in study.follow_up if each.status == "seen"] if study else []
    told = [f"median {each:g} months" for each in known if each is not None]
    yield "follow-up", ", ".join(told) or MISSING, follow_up or "not told"
    yield "therapy", trial.arms or MISSING, f"{_treated(found):,} of {patients.n:,} had local therapy while followed"
    balanced = list(dict.fromkeys(factor.label for one in found.matched for factor in one.baseline.factors))
    if balanced:
        yield ", ".join(balanced), "as given: What the weights balance", "as under What the weights balance"
        yield "all else at the start", MISSING, "as under Who is compared"
    else:
        yield "age, performance status and all else at the start", MISSING, "as under Who is compared"
    for each in trial.ask:
        yield each.text, "asked for", "no field of a chart says it"
    for each in trial.check:
        yield each.text, "not verified with the trial", "not looked at"


def _treated(found: Against) -> int:
    frame = found.patients.frame
    return int((frame["lat"].is_not_null() & (frame["lat"] <= frame["time"])).sum()) if len(frame) else 0


def _who(found: Against) -> Shown:
    title = "Who is compared"
    if not found.patients.n:
        return Shown(title, refused="nobody certainly meets the criteria")
    table = table_one(found.patients)
    if isinstance(table, Refused):
        return Shown(title, refused=table.reason)
    heads: Sequence[str] = ("", *(f"{label} ({n:,})" for label, n in table.groups), "difference")
    says = f"The patients of the registry who meet the criteria, side by side ({table.by.label})."
    return Shown(title, says, rows=tuple(table_rows(table)), heads=tuple(heads))

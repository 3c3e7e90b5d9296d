"""A plan held against the limits of its organs, as text and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from oligoscope.dose.dvh import Banded
from oligoscope.dose.limits import Limits
from oligoscope.dose.metric import number
from oligoscope.dose.reirradiation import BothCourses
from oligoscope.dose.verdicts import CANNOT_BE_TOLD, FAIL, NO_STRUCTURE, PASS, WARN, Judgement, OrganVerdict, Verdict
from oligoscope.interop.names import Read
from oligoscope.report.constraints import NO_LICENCE
from oligoscope.report.courses import (
    Courses,
    Overlap,
    both_json,
    both_text,
    courses_json,
    courses_text,
    judged_words,
    overlap_json,
    overlaps_text,
    parts_text,
)
from oligoscope.report.histograms import BAND, Histograms, banded, histograms_json
from oligoscope.report.wording import DISCLAIMER, status_in_words

RESULTS = {FAIL: "exceeded", WARN: "warning", CANNOT_BE_TOLD: "cannot be told", PASS: "met"}
"""Worst first: the order in which organs are printed."""
VERDICTS = {"met": "met", "exceeded": "exceeded", "cannot_be_told": "cannot be told", "no_limit": "no limit"}


@dataclass(frozen=True)
class PlanCheck:
    """histograms: every structure.  read: what each structure's name was read as, in the same order.

    fractions_from: where their number is from.  plan: label, date and UID of the plan, where one was given.
    courses: this and others, where there are several.  overlaps: targets that lie in organs.  twice: organs treated
    before, against what is published of two courses.
    """

    histograms: Histograms
    read: Sequence[Read]
    judgement: Judgement
    limits: Limits
    fractions_from: str
    plan: dict[str, str] = field(default_factory=dict)
    courses: Courses | None = None
    overlaps: Sequence[Overlap] = ()
    twice: Sequence[BothCourses] = ()

    @property
    def unmapped(self) -> list[Read]:
        """Structures that are no organ of the limits."""
        return [one for one in self.read if one.organ is None]

    def organs(self) -> list[OrganVerdict]:
        """Those that the plan has a structure of, the worst first."""
        drawn = {one.organ for one in self.read}
        found = [one for one in self.judgement.organs if one.organ in drawn]
        return sorted(found, key=lambda one: (not one.hard_stop, list(RESULTS).index(one.result)))

    def verdicts(self, organ: str) -> list[Verdict]:
        """On one organ, the source that judges first."""
        found = [told for told in self.judgement.verdicts if told.organ == organ and told.verdict != NO_STRUCTURE]
        return sorted(found, key=lambda told: (told.structure, not told.judges))

    def undrawn(self) -> list[str]:
        """Labels of the organs that have limits and no structure: nothing is said of them."""
        drawn = {one.organ for one in self.read}
        names = dict.fromkeys(told.organ for told in self.judgement.verdicts if told.organ not in drawn)
        return [self.limits.organs[name].label for name in names]

    def headline(self) -> str:
        """How it stands, in a sentence."""
        counts = {result: sum(one.result == result for one in self.organs()) for result in RESULTS}
        said = [f"{n} {RESULTS[result]}" for result, n in counts.items() if n]
        stops = [self.limits.organs[one.organ].label for one in self.organs() if one.hard_stop]
        stop = f"; hard stop: {', '.join(stops)}" if stops else ""
        n = len(self.organs())
        organs = f"{n} organ{'' if n == 1 else 's'}"
        return f"{organs} judged: {', '.join(said)}{stop}" if said else "No structure is an organ that limits speak of"


def fractions_words(found: PlanCheck) -> str:
    """So many fractions, and who says so."""
    n = found.judgement.fractions
    return f"{n} fraction{'' if n == 1 else 's'} ({found.fractions_from})"


def plan_check_text(found: PlanCheck) -> str:
    """The sentence, each organ with its limits, then what was not judged."""
    plan = f"{found.plan['label'] or 'plan'} of {found.plan['date'] or 'no date'}, " if found.plan else ""
    lines = [f"{found.headline()}.", f"{plan}{fractions_words(found)}."]
    lines += [judged_words(found.courses)] if found.courses else []
    for one in found.organs():
        lines += ["", f"{found.limits.organs[one.organ].label}: {result_words(one)}", *_organ_lines(found, one)]
    beside = courses_text(found.courses) if found.courses else ()
    blocks = (both_text(found.twice), beside, parts_text(found.histograms.structures), overlaps_text(found.overlaps))
    for block in filter(None, map(list, blocks)):
        lines += ["", *block]
    lines += ["", *_left_out(found)]
    lines += [f"caution: {text}" for text in found.histograms.warnings]
    lines += [f"caution: {each.name}: {text}" for each in found.histograms.structures for text in each.warnings]
    return "\n".join([*lines, BAND, NO_LICENCE, DISCLAIMER]) + "\n"


def result_words(one: OrganVerdict) -> str:
    """The result of one organ."""
    stop = ", a hard stop" if one.hard_stop else ""
    return f"{RESULTS[one.result]}{stop}{'; sources differ' if one.differ else ''}"


def _organ_lines(found: PlanCheck, one: OrganVerdict) -> Iterator[str]:
    for told in found.verdicts(one.organ):
        if told.limit is None:
            yield f"  {told.structure}: {'; '.join(one.because)}"
            continue
        verdict = VERDICTS[told.verdict]
        yield (
            f"  {told.structure}  {measured_words(told)}, {bound_words(told)}: {verdict}{margin_words(told)}  "
            f"{told.limit.label}{level_words(told)} [{status_in_words(told.limit.status)}]"
        )
    yield from (f"  note: {text}" for text in one.notes)


def measured_words(told: Verdict) -> str:
    """What was measured, with its band."""
    if told.limit is None:
        return ""
    name, measured = told.judged_on or told.limit.metric, told.measured
    if measured is None:
        return f"{told.limit.metric} not told"
    if measured.value is None:
        return f"{told.limit.metric} not measured, by {name} {number(measured.low)} to {number(measured.high)}"
    return f"{name} {banded(Banded(measured.value, measured.low, measured.high, told.limit.unit))}"


def bound_words(told: Verdict) -> str:
    """The limit."""
    if told.limit is None or told.limit.limit is None:
        return ""
    return f"{told.limit.kind.replace('_', ' ')} {number(told.limit.limit)} {told.limit.unit}"


def margin_words(told: Verdict) -> str:
    """How much room is left."""
    if told.margin is None or told.margin_percent is None or told.limit is None:
        return ""
    return f", margin {told.margin:+.2f} {told.limit.unit} ({told.margin_percent:+.1f} %)"


def level_words(told: Verdict) -> str:
    """What its source calls it."""
    return f" ({told.limit.level})" if told.limit and told.limit.level != "none" else ""


def _left_out(found: PlanCheck) -> Iterator[str]:
    if undrawn := found.undrawn():
        yield f"No structure, so nothing is said of: {'; '.join(undrawn)}."
    for one in found.unmapped:
        label = found.limits.organs[one.suggestion].label if one.suggestion in found.limits.organs else ""
        may = f"; if it is the {label}, write it into --names: {{{one.name}: {one.suggestion}}}" if label else ""
        yield f"Not judged: {one.name}, {one.how}{may}"


def plan_check_json(found: PlanCheck) -> dict[str, object]:
    """Doses in Gy, volumes in cm3; what cannot be told is null."""
    return {
        **histograms_json(found.histograms),
        "fractions": found.judgement.fractions,
        "fractions_from": found.fractions_from,
        "plan": found.plan or None,
        "headline": found.headline(),
        **(courses_json(found.courses) if found.courses else {}),
        "overlaps": [overlap_json(one) for one in found.overlaps],
        "organs_treated_before": [both_json(one) for one in found.twice],
        "verdicts": [_verdict_json(told) for told in found.judgement.verdicts],
        "organs": [_organ_json(one, found) for one in found.judgement.organs],
        "mapped": {one.name: one.organ for one in found.read if one.organ is not None},
        "unmapped": [
            {"name": one.name, "why": one.how, "suggestion": one.suggestion or None} for one in found.unmapped
        ],
    }


def _verdict_json(told: Verdict) -> dict[str, object]:
    row, measured = told.limit, told.measured
    finite = None if measured is None or measured.high == float("inf") else measured.high
    return {
        "organ": told.organ,
        "structure": told.structure or None,
        "metric": row.metric if row else None,
        "value": measured.value if measured else None,
        "low": measured.low if measured else None,
        "high": finite,
        "judged_on": told.judged_on or None,
        "limit": row.limit if row else None,
        "unit": row.unit if row else None,
        "kind": row.kind if row else None,
        "level": row.level if row else None,
        "margin": told.margin,
        "margin_percent": told.margin_percent,
        "verdict": told.verdict,
        "source": row.source if row else None,
        "source_label": row.label if row else None,
        "status": row.status if row else None,
        "judges": told.judges,
        "limit_id": row.id if row else None,
    }


def _organ_json(one: OrganVerdict, found: PlanCheck) -> dict[str, object]:
    return {
        "organ": one.organ,
        "label": found.limits.organs[one.organ].label,
        "result": one.result,
        "hard_stop": one.hard_stop,
        "sources": list(one.sources),
        "because": list(one.because),
        "notes": list(one.notes),
        "sources_differ": one.differ,
    }

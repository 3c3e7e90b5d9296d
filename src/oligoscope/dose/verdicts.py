"""A plan held against the limits of its organs (OAR-1 to OAR-6): what is met, what is exceeded, what cannot be told.

`judge` is all that a caller needs: it takes numbers, whoever measured them, and reads no file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

from oligoscope.dose.limits import Limit, Limits
from oligoscope.dose.metric import Metric, metric, number

MET, EXCEEDED, CANNOT_BE_TOLD = "met", "exceeded", "cannot_be_told"
NO_STRUCTURE, NO_LIMIT = "no_such_structure", "no_limit"
PASS, WARN, FAIL = "pass", "warn", "fail"
POINT = "D0.035cc"
"""What sources call a maximum is the dose to a point of this volume."""


class Measured(NamedTuple):
    """What was measured, in the metric's unit. low and high hold the truth; an exact value stands three times."""

    value: float | None
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> "Measured":
        """A number without a band."""
        return cls(value, value, value)


@dataclass(frozen=True)
class Structure:
    """One structure of a plan. organ: which organ of the limits it is.

    metrics: by metric, what was measured; None where it was asked for and cannot be told (the structure leaves the
    dose grid). What is left out was not asked for: no verdict is given unless others settle it, and it is named.
    irradiated_before: the organ had radiotherapy before; the limits do not apply to it.
    """

    name: str
    organ: str
    metrics: Mapping[str, Measured | None]
    irradiated_before: bool = False


@dataclass(frozen=True)
class Verdict:
    """One limit held against one structure. limit: None, and structure "", where there is none.

    judged_on: the metric that was measured, where it is another than the limit's.  margin: what is left, in the
    limit's unit, below 0 where it is exceeded; margin_percent: the same as a share of the limit.
    """

    verdict: str
    organ: str
    structure: str = ""
    limit: Limit | None = None
    measured: Measured | None = None
    judged_on: str = ""
    judges: bool = False

    @property
    def margin(self) -> float | None:
        """In the unit of the limit; None without a value."""
        if self.limit is None or self.limit.limit is None or self.measured is None or self.measured.value is None:
            return None
        room = self.limit.limit - self.measured.value
        return room if self.limit.kind == "at_most" else -room

    @property
    def margin_percent(self) -> float | None:
        """Of the limit."""
        if self.margin is None or self.limit is None or not self.limit.limit:
            return None
        return 100 * self.margin / self.limit.limit


@dataclass(frozen=True)
class OrganVerdict:
    """One organ of a plan. result: pass, warn, fail or cannot_be_told.  hard_stop: a fail that must not be given.

    sources: those that the result rests on.  because: why, in a sentence each.  notes: what is stricter than the limits
    that count and was exceeded.  not_asked: limits whose metric was not measured, so that `pass` says nothing of them.
    differ: some source is met where another is exceeded.
    """

    organ: str
    result: str
    hard_stop: bool = False
    sources: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    not_asked: tuple[Limit, ...] = ()
    differ: bool = False


@dataclass(frozen=True)
class Judgement:
    """verdicts: one per limit and structure.  organs: one per organ that has a limit or a structure."""

    fractions: int
    verdicts: tuple[Verdict, ...]
    organs: tuple[OrganVerdict, ...]


def judge(limits: Limits, fractions: int, structures: Sequence[Structure]) -> Judgement:
    """Every limit for so many fractions held against the structures of a plan.

    An organ without a structure has its limits answered `no_such_structure`, one without a limit `no_limit`; neither
    ever passes. Several structures of one organ are judged each, and the worst counts. `wanted` says what to measure.
    """
    source = limits.judged_by.get(fractions, "")
    verdicts: list[Verdict] = []
    organs: list[OrganVerdict] = []
    for name in limits.organs:
        rows = [row for row in limits.of(fractions, name) if row.judges]
        own = [structure for structure in structures if structure.organ == name]
        found, not_asked = _of_organ(name, rows, own, source)
        verdicts += found
        if rows or own:
            organs.append(_organ(limits, name, fractions, found, not_asked, own))
    return Judgement(fractions, tuple(verdicts), tuple(organs))


def wanted(limits: Limits, fractions: int, organ: str) -> tuple[str, ...]:
    """The metrics to measure in a structure of this organ, so that no limit is left unasked."""
    return tuple(dict.fromkeys(row.metric for row in limits.of(fractions, organ) if row.judges))


def _of_organ(
    organ: str, rows: Sequence[Limit], own: Sequence[Structure], source: str
) -> tuple[list[Verdict], list[Limit]]:
    if not own:
        return [Verdict(NO_STRUCTURE, organ, limit=row, judges=row.source == source) for row in rows], []
    found, not_asked = [], []
    for structure in own:
        if not rows or structure.irradiated_before:
            found.append(Verdict(NO_LIMIT, organ, structure.name))
            continue
        for row in rows:
            told = _verdict(row, structure, row.source == source)
            found.append(told) if told else not_asked.append(row)
    return found, not_asked


def _verdict(row: Limit, structure: Structure, judges: bool) -> Verdict | None:
    """None where the metric was not asked for and nothing else settles it."""
    asked, on, measured = _reading(row.metric, structure.metrics)
    assert row.limit is not None
    verdict = CANNOT_BE_TOLD if measured is None else _compared(measured, row.limit, row.kind)
    if verdict == CANNOT_BE_TOLD and not asked:
        return None
    return Verdict(verdict, row.organ, structure.name, row, measured, "" if on == row.metric else on, judges)


def _compared(measured: Measured, limit: float, kind: str) -> str:
    if kind == "at_least":
        return MET if measured.low >= limit else EXCEEDED if measured.high < limit else CANNOT_BE_TOLD
    return MET if measured.high <= limit else EXCEEDED if measured.low > limit else CANNOT_BE_TOLD


def _reading(name: str, metrics: Mapping[str, Measured | None]) -> tuple[bool, str, Measured | None]:
    """Whether a metric was asked for, the one that stands for it, and what is known of it.

    A planner's Dmax stands for the dose to a point: it is never below it, so no plan is judged too mildly. The dose to
    a volume lies between those to a smaller and to a larger one.
    """
    if name in metrics:
        return True, name, metrics[name]
    if name == POINT and str(Metric("max")) in metrics:
        return True, str(Metric("max")), metrics[str(Metric("max"))]
    at = _volume(metric(name))
    if at is None:
        return False, name, None
    low, high, used = 0.0, inf, []
    for other, measured in metrics.items():
        volume = _volume(metric(other))
        if volume is None or measured is None:
            continue
        if volume >= at and measured.low > low:
            low = measured.low
            used.append(other)
        if volume <= at and measured.high < high:
            high = measured.high
            used.append(other)
    return False, " and ".join(dict.fromkeys(used)), Measured(None, low, high) if used else None


def _volume(one: Metric) -> float | None:
    """Of the hottest part whose least dose it is, in cc; None for what is no such dose."""
    return 0.0 if one.kind == "max" else one.at if (one.kind, one.at_unit) == ("D", "cc") else None


# ---- one organ -----------------------------------------------------------------------------------


@dataclass
class _Sorted:
    """The verdicts on one organ by what they mean for it."""

    failed: list[Verdict] = field(default_factory=list)
    warned: list[Verdict] = field(default_factory=list)
    noted: list[Verdict] = field(default_factory=list)
    open: list[Verdict] = field(default_factory=list)
    met: list[Verdict] = field(default_factory=list)

    def add(self, told: Verdict) -> None:
        assert told.limit is not None
        if told.verdict == MET:
            self.met.append(told)
        elif told.verdict == CANNOT_BE_TOLD:
            # A wish of a source that does not judge can only become a note, whatever it turns out to be.
            if told.judges or not told.limit.is_wish:
                self.open.append(told)
        elif told.judges and not told.limit.is_wish:
            self.failed.append(told)
        elif told.judges or not told.limit.is_wish:
            self.warned.append(told)
        else:
            self.noted.append(told)


def _organ(
    limits: Limits,
    name: str,
    fractions: int,
    verdicts: Sequence[Verdict],
    not_asked: Sequence[Limit],
    own: Sequence[Structure],
) -> OrganVerdict:
    """Above the limit of the source that judges: fail. Above another's, or its own stricter one: warn (OAR-1)."""
    if why := _not_judged(limits.of(fractions, name), fractions, own):
        return OrganVerdict(name, CANNOT_BE_TOLD, because=(why,))
    told = _Sorted()
    for verdict in verdicts:
        if verdict.limit:
            told.add(verdict)
    # An open limit of the source that judges may turn out to be exceeded: a warning would then say too little.
    may_fail = [verdict for verdict in told.open if verdict.judges and verdict.limit and not verdict.limit.is_wish]
    reasons: Sequence[Verdict]
    if told.failed:
        result, reasons = FAIL, told.failed
    elif told.warned and not may_fail:
        result, reasons = WARN, [*told.warned, *(one for one in told.met if one.judges)]
    elif told.open or not told.met:
        result, reasons = CANNOT_BE_TOLD, may_fail or told.open
    else:
        result, reasons = PASS, [one for one in told.met if one.judges] or told.met
    if told.warned and result != WARN:
        reasons = [*reasons, *told.warned]
    return OrganVerdict(
        name,
        result,
        result == FAIL and limits.organs[name].hard_stop,
        tuple(dict.fromkeys(one.limit.label for one in reasons if one.limit)),
        (*map(sentence, reasons), *_silent(verdicts, limits, fractions)),
        tuple(map(sentence, told.noted)),
        tuple(not_asked),
        bool(told.met) and bool(told.failed or told.warned),
    )


def _not_judged(rows: Sequence[Limit], fractions: int, own: Sequence[Structure]) -> str:
    """Why limits say nothing of this organ; empty where they do."""
    if not own:
        return "there is no structure of this organ"
    if any(structure.irradiated_before for structure in own):
        return "it was irradiated before: limits do not apply, and the doses of all courses must be judged together"
    if not any(row.judges for row in rows):
        plural = "" if fractions == 1 else "s"
        return f"no limit is available for {fractions} fraction{plural}, and none is interpolated"
    return ""


def _silent(verdicts: Sequence[Verdict], limits: Limits, fractions: int) -> Iterator[str]:
    if not any(verdict.judges for verdict in verdicts):
        judge_by = "the source that judges" if fractions in limits.judged_by else "no source judges"
        yield f"{judge_by} {fractions} fractions has no limit here: only the sources named speak"


def sentence(told: Verdict) -> str:
    """A verdict in words, with the numbers.

    >>> row = Limit("X", "heart", 5, "Dmax", 38.0, "Gy", "at_most", "none", "x", "A list", "seen")
    >>> sentence(Verdict(EXCEEDED, "heart", "Heart", row, Measured.exact(39.0)))
    'A list: Dmax 39 Gy of Heart is above 38 Gy'
    """
    assert told.limit is not None
    row = told.limit
    assert row.limit is not None
    bound = f"{number(row.limit)} {row.unit}"
    if told.measured is None:
        return f"{row.label}: {row.metric} of {told.structure} could not be measured; the limit is {bound}"
    how = _HOW.get((row.kind, told.verdict), "may be above or below")
    wish = f" ({row.level})" if row.level != "none" else ""
    return f"{row.label}: {_found(told, row)} of {told.structure} {how} {bound}{wish}"


_HOW = {
    ("at_most", MET): "is not above",
    ("at_most", EXCEEDED): "is above",
    ("at_least", MET): "is at least",
    ("at_least", EXCEEDED): "is below",
}


def _found(told: Verdict, row: Limit) -> str:
    assert told.measured is not None
    value, low, high = told.measured
    if value is not None:
        return f"{told.judged_on or row.metric} {_apart(value, row.limit)} {row.unit}"
    edges = f"at least {number(low)}" if high == inf else f"{number(low)} to {number(high)}"
    return f"{row.metric} {edges} {row.unit} (from {told.judged_on})"


def _apart(value: float, limit: float | None) -> str:
    """To two decimals, or as many as tell it from the limit: 30 Gy is never "above 30 Gy".

    >>> _apart(26.004, 26.0), _apart(26.126, 26.0)
    ('26.004', '26.13')
    """
    digits = (number(round(value, places)) for places in range(2, 7))
    return next((text for text in digits if limit is None or float(text) != limit), number(value))

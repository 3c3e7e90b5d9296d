"""Drugs around planned radiotherapy in words: as lines, as flags, as the options of an answer."""

from collections.abc import Iterator
from math import inf

from oligoscope.assess.pauses import (
    LONG_ENOUGH,
    NO_PAUSE,
    NO_REFERENCE,
    OPEN,
    TOO_SHORT,
    DrugPause,
    Told,
)
from oligoscope.files.documents import Plain
from oligoscope.knowledge.pauses import Drug, Pauses
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Span
from oligoscope.tables.model import APPLIES, Option, Provenance

_RADIOTHERAPY = {
    "sabr": "stereotactic radiotherapy",
    "intracranial": "radiotherapy of the brain",
    "other": "palliative radiotherapy",
}
CAUTION = "caution"
IN_WORDS = {
    TOO_SHORT: "too short",
    LONG_ENOUGH: "long enough",
    OPEN: "cannot be told",
    NO_PAUSE: "no pause asked",
    NO_REFERENCE: "no reference value",
}


def sentence(told: DrugPause, pauses: Pauses, day: str) -> str:
    """One drug and one planned day in words.

    >>> from oligoscope.knowledge.pauses import Pause
    >>> told = DrugPause(TOO_SHORT, "alectinib", "sabr", (20260510, 20260510), Pause(5, "days"), (3, 3))
    >>> drug = Drug({"sabr": Pause(5, "days")}, (), "x", "A list", "seen", "")
    >>> sentence(told, Pauses("x", {"alectinib": drug}, {}), "10 May 2026")
    'alectinib: 3 days before stereotactic radiotherapy (10 May 2026), 5 days asked by A list: 2 days short'
    """
    label = _whose(told.drug, pauses).label if told.drug in pauses.drugs else " and ".join(_labels(pauses))
    if not told.drug and told.verdict == LONG_ENOUGH:
        return f"a line whose drugs are not recorded ended longer before radiotherapy ({day}) than any pause asked"
    if not told.drug:
        return f"the drugs of a line are not recorded: no pause before radiotherapy ({day}) can be told"
    where = f"{_RADIOTHERAPY.get(told.kind, 'radiotherapy')} ({day})"
    if told.verdict == NO_REFERENCE:
        known = "" if told.drug in pauses.drugs else ", and the drug is unknown to the table"
        return f"{told.drug}: no reference value in {label} for {where}{known}"
    if told.verdict == NO_PAUSE:
        return f"{told.drug}: no pause asked by {label} before {where}"
    if told.wanted is None or not told.wanted.amount:
        return f"{told.drug}: the pause before {where} cannot be told"
    asked = f"{told.wanted} asked by {label}"
    gap = _span(told.gap, told.wanted.unit)
    if told.verdict == OPEN and not told.kind:
        return f"{told.drug}: {gap} before radiotherapy ({day}) of a kind or place that is not recorded: cannot be told"
    if told.verdict == OPEN:
        only = ", if no further dose is given" if told.may_follow else ""
        return f"{told.drug}: {gap} before {where}{only}, {asked}: cannot be told"
    dose = "the next dose is due " if told.from_next else ""
    short = ""
    if told.verdict == TOO_SHORT and told.missing:
        short = f": {_span(told.missing, told.wanted.unit)} short"
    return f"{told.drug}: {dose}{gap} before {where}, {asked}{short}"


def _whose(drug: str, pauses: Pauses) -> Drug:
    """The drug with its source; of one that is not listed the first, since all sources pass over it."""
    return pauses.drugs.get(drug) or next(iter(pauses.drugs.values()))


def _labels(pauses: Pauses) -> list[str]:
    return [drug.label for drug in pauses.sources.values()]


def _span(span: Span, unit: str) -> str:
    low, high = (_figure(end) for end in span)
    if high == "inf":
        return f"at least {low} {unit}" if span[0] else "an unknown time"
    if low == high:
        return f"{low} {unit if span[0] != 1 else unit[:-1]}"
    return f"up to {high} {unit}" if not span[0] else f"{low} to {high} {unit}"


def _figure(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def day_of(span: Span) -> str:
    """A planned day as it is known: 2026-05-10, a span, or that it is not recorded."""
    low, high = (f"{int(end) // 10000}-{int(end) // 100 % 100:02d}-{int(end) % 100:02d}" for end in span)
    if span[0] <= FIRST_DAY or span[1] >= LAST_DAY:
        return "day not recorded"
    return low if low == high else f"{low} to {high}"


def line_of(told: Told, pauses: Pauses) -> str:
    """One drug and one planned day in words, with the lesions."""
    where = ", ".join(told.pause.lesions)
    return sentence(told.pause, pauses, f"{where}, {day_of(told.pause.start)}" if where else day_of(told.pause.start))


def is_told(told: Told) -> bool:
    """Whether it is a flag: too short, or it cannot be told."""
    return told.pause.verdict in (TOO_SHORT, OPEN)


def flags_of_pauses(each: list[Told], pauses: Pauses | None) -> Iterator[tuple[Option, bool]]:
    """(flag, whether it is certain) of every pause that is too short, or may be."""
    for number, told in enumerate(filter(is_told, each), 1) if pauses else ():
        assert pauses is not None
        text = line_of(told, pauses)
        drug = _whose(told.pause.drug, pauses)
        source = Provenance((drug.source,), drug.status, drug.note)
        name = f"{pauses.rules[told.pause.verdict]}/{number}"
        severity = {"severity": CAUTION}
        flag = Option(name, (), (), (APPLIES,), text=f"{text}.", provenance=source, payload=severity)
        yield flag, told.pause.verdict == TOO_SHORT


def wanting(told: Told) -> tuple[str, ...]:
    """The chart fields that would tell what is open."""
    if told.pause.verdict != OPEN:
        return ()
    if not told.pause.drug:
        return ("systemic_therapy.drugs",)
    if not told.pause.kind:
        return ("planned_radiotherapy.site", "planned_radiotherapy.technique")
    dose = "systemic_therapy.next_dose" if told.pause.may_follow else "systemic_therapy.last_dose"
    start = ["planned_radiotherapy.start"] if day_of(told.pause.start) == "day not recorded" else []
    return (*start, dose)


def source_of(told: Told, pauses: Pauses) -> Drug:
    """Whose word it is."""
    return _whose(told.pause.drug, pauses)


def option_of(told: Told, pauses: Pauses) -> dict[str, Plain]:
    """One drug and one planned day as an entry of an answer. Gap and missing in `unit`; null: no bound, or no value."""
    pause = told.pause
    wanted, drug = pause.wanted, _whose(pause.drug, pauses)
    return {
        "id": pauses.rules[pause.verdict],
        "label": pause.drug,
        "text": line_of(told, pauses),
        "applies": "may" if pause.verdict == OPEN else "yes",
        "cites": (drug.source,),
        "status": drug.status,
        "expects": (),
        "depends_on": wanting(told),
        "verdict": pause.verdict,
        "drug": pause.drug or None,
        "line": told.line,
        "lesions": list(pause.lesions),
        "planned": day_of(pause.start),
        "radiotherapy": pause.kind or None,
        "wanted": wanted.amount if wanted else None,
        "unit": wanted.unit if wanted else None,
        "gap": _ends(pause.gap) if wanted and wanted.amount else None,
        "missing": _ends(pause.missing) if pause.missing else None,
        "note": drug.note,
    }


def _ends(span: Span) -> dict[str, float | None]:
    low, high = span
    return {"low": low, "high": None if high == inf else high}

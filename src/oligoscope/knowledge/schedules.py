"""The doses that options carry: `total_dose_gy` and `fractions` of their payload."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from oligoscope.dose.bed import in_gy
from oligoscope.dose.biological import TUMOUR_ALPHA_BETA_GY
from oligoscope.dose.schedule import Schedule, Span, span
from oligoscope.errors import NotAllowed
from oligoscope.tables.model import Option, Options, Part, PayloadValue, Table

TOTAL, FRACTIONS = "total_dose_gy", "fractions"
REGIMENS, NOT_TO_BE_USED, REMARKS, MODALITIES = "regimens", "not_to_be_used", "remarks", "modalities"
"""What options about a lesion are for: the roles of their tables."""
OF_DOSES = (REGIMENS, NOT_TO_BE_USED)


def schedule_of(part: Part) -> Schedule | None:
    """The dose that an option gives; None where it gives none. Raises NotAllowed."""
    if not isinstance(part, Option) or TOTAL not in part.payload:
        return None
    return _schedule(part.payload[TOTAL], part.payload.get(FRACTIONS, ""))


@cache
def _schedule(total_dose_gy: PayloadValue, fractions: PayloadValue) -> Schedule:
    return Schedule(span(str(total_dose_gy)), span(str(fractions)))


@cache  # A pack has some hundred doses, and every answer of a lesion shows a dozen of them.
def bed10_and_eqd2(schedule: Schedule) -> tuple[Span, Span]:
    """Gy, with the alpha/beta of the tumour: 10 Gy, which their names say."""
    return schedule.bed_gy(TUMOUR_ALPHA_BETA_GY), schedule.eqd2_gy(TUMOUR_ALPHA_BETA_GY)


def dose_in_words(part: Part) -> str:
    """The dose of an option as it is printed; empty where it gives none.

    `54 Gy in 3 fractions (18 Gy × 3), BED10 151.2 Gy`
    """
    schedule = schedule_of(part)
    return "" if schedule is None else _in_words(schedule)


@cache
def _in_words(schedule: Schedule) -> str:
    bed10 = schedule.bed_gy(TUMOUR_ALPHA_BETA_GY)
    ends = [in_gy(end) for end in (bed10.low, bed10.high) if end is not None]
    words = " to ".join(dict.fromkeys(end.removesuffix(" Gy") for end in ends))
    bound = "up to " if bed10.low is None else "at least " if bed10.high is None else ""
    return f"{schedule.words()}, BED10 {bound}{words} Gy"


def number_or_range(found: Span) -> float | dict[str, float | None]:
    """To 0.01, as an answer has it: one number, or `{low, high}` (null: the source gives no such end)."""
    if found.single and found.low is not None:
        return _rounded(found.low)
    return {name: None if end is None else _rounded(end) for name, end in (("low", found.low), ("high", found.high))}


def _rounded(end: Decimal) -> float:
    number = float(end.quantize(Decimal("0.01"), ROUND_HALF_UP))
    return int(number) if number.is_integer() else number


def schedule_problems(table: Table) -> Iterator[tuple[str, str]]:
    """Of a table of doses each option whose dose cannot be read, with the reason."""
    if isinstance(table, Options) and table.role in OF_DOSES:
        for option in table.options:
            try:
                if schedule_of(option) is None:
                    yield option.id, "an option of this table needs a dose"
            except NotAllowed as error:
                yield option.id, str(error)

"""Pauses of drugs before planned radiotherapy, of many patients: every pair of a line and a planned day, each kind of
pair told once by the same function as a case.
"""

import datetime
from collections import Counter
from typing import Any

import polars as pl

from oligoscope.assess.pauses import Line, Plan, drug_pauses, worst
from oligoscope.chart.batch import Batch
from oligoscope.chart.domains import item_domains
from oligoscope.knowledge.pauses import Pauses
from oligoscope.tables.columnar.columns import PATIENT, column, high, low
from oligoscope.tables.domain import ANY_DAY, FIRST_DAY, LAST_DAY, Choices, Span

LINES, PLANS = "systemic_therapy", "planned_radiotherapy"
PLANNED = "planned"


def count_pauses(batch: Batch, pauses: Pauses | None) -> Counter[str]:
    """Patients with planned radiotherapy, and how many of them have which verdict: that of the drug that fits worst."""
    lines, plans = batch.lists.get(LINES), batch.lists.get(PLANS)
    if pauses is None or plans is None or plans.is_empty():
        return Counter()
    found = Counter({PLANNED: plans[PATIENT].n_unique()})
    if lines is not None and not lines.is_empty():
        found.update(_verdicts(lines, plans, pauses))
    return found


def _verdicts(lines: pl.DataFrame, plans: pl.DataFrame, pauses: Pauses) -> Counter[str]:
    pairs = lines.select(PATIENT, *_OF_LINE).join(plans.select(PATIENT, *_OF_PLAN), on=PATIENT)
    # By days from the planned one: of 100,000 pairs some thousands say another thing, and each takes 40 µs.
    pairs = pairs.with_columns(_since_start(name) for name in (*_DAYS, high("start"))).drop(low("start"))
    told = pairs.drop(PATIENT).unique(maintain_order=True)
    verdicts = pl.Series([_told(row, pauses) for row in told.iter_rows()], dtype=pl.String)
    each = pairs.join(told.with_columns(verdict__=verdicts), on=told.columns, nulls_equal=True)
    by_patient = each.group_by(PATIENT).agg(pl.col("verdict__").unique())
    return Counter(worst(names) for names in by_patient["verdict__"].to_list())


_DAYS = [end(name) for name in ("last_dose", "next_dose", "stop") for end in (low, high)]
_HOURS = [low("hours_before_radiotherapy"), high("hours_before_radiotherapy")]
_OF_LINE = ["drugs", column("ongoing"), *_HOURS, *_DAYS]
_OF_PLAN = [column("site"), column("technique"), low("start"), high("start")]
_DAY_ZERO = datetime.date(2000, 1, 1)
_FAR = 1000
"""Days: beyond any pause, so what lies further off need not be told apart."""


def _since_start(name: str) -> pl.Expr:
    """Days from the first day of a plan; null where a day is not known."""
    unknown = pl.any_horizontal(pl.col(each).is_in([FIRST_DAY, LAST_DAY]) for each in (name, low("start")))
    days = (_date(name) - _date(low("start"))).dt.total_days().clip(-_FAR, _FAR)
    return pl.when(unknown).then(None).otherwise(days).alias(name)


def _date(name: str) -> pl.Expr:
    day = pl.col(name)
    return pl.date(day // 10000, day // 100 % 100, day % 100)


def _told(row: tuple[Any, ...], pauses: Pauses) -> str:
    """The verdict of one line and one plan (`_OF_LINE`, `_OF_PLAN`): that of the drug that fits worst."""
    drugs, ongoing, least, most, *ends, site, technique, last_day = row
    last_dose, next_dose, stop = (_span(*pair) for pair in zip(ends[::2], ends[1::2], strict=True))
    line = Line(drugs or "", last_dose, next_dose, stop, (least, most), bool(ongoing & 0b10))
    start = ANY_DAY if last_day is None else _span(0, last_day)
    plan = Plan(start, _labels("site", site), _labels("technique", technique))
    return worst(told.verdict for told in drug_pauses(line, plan, pauses))


def _span(first: int | None, last: int | None) -> Span:
    return FIRST_DAY if first is None else _day(first), LAST_DAY if last is None else _day(last)


def _day(since: int) -> int:
    day = _DAY_ZERO + datetime.timedelta(days=since)
    return day.year * 10000 + day.month * 100 + day.day


def _labels(name: str, mask: int) -> tuple[str, ...]:
    domain = item_domains(PLANS)[name]
    assert isinstance(domain, Choices)
    return tuple(map(str, domain.names(mask)))

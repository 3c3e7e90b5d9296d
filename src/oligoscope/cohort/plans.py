"""Planned doses of many patients beside the published ones: how many plans no source would give to their lesions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from oligoscope.chart.batch import Batch
from oligoscope.chart.domains import item_domains
from oligoscope.chart.rejects import LINE
from oligoscope.dose.schedule import Schedule
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.schedules import REGIMENS, schedule_of
from oligoscope.tables.columnar import CohortAnswers
from oligoscope.tables.columnar.columns import PATIENT, column, high, low
from oligoscope.tables.domain import Choices
from oligoscope.tables.model import Options

LESIONS, PLANS = "lesions", "planned_radiotherapy"
PLANNED, INSIDE, OUTSIDE, OPEN = "planned", "inside", "outside", "cannot_be_told"
STATES = (PLANNED, INSIDE, OUTSIDE, OPEN)
WORST = (OUTSIDE, OPEN, INSIDE)
"""Of a plan of several lesions the first of these that one of them has."""
ABLATIVE, PRIMARY = "sabr", "primary"
"""The technique that published doses are for, and what is planned that is no lesion: other plans are not counted."""
CERTAIN, POSSIBLE, TOLD = "certain__", "possible__", "told__"
_DOSE = [low("total_dose_gy"), high("total_dose_gy"), low("fractions"), high("fractions")]


def count_plans(batch: Batch, answers: CohortAnswers, knowledge: Knowledge) -> Counter[str]:
    """Plans of stereotactic radiotherapy, and of how many the dose is a published one for all of their lesions, or for
    one of them not even possibly. It cannot be told where dose, fractions, lesion or technique is not known, or where
    it hangs on the lesion.
    """
    plans, lesions = batch.lists.get(PLANS), batch.lists.get(LESIONS)
    tables = [t for t in knowledge.item_tables if isinstance(t, Options) and t.role == REGIMENS]
    if plans is None or plans.is_empty() or not tables:
        return Counter()
    plans = _ablative(plans)
    keys = [PATIENT, LINE]
    if lesions is None or lesions.is_empty():
        n = plans.select(keys).n_unique()
        return Counter({PLANNED: n, OPEN: n})
    options = _options(lesions, answers, [table.name for table in tables])
    each = plans.join(options, left_on=[PATIENT, LESIONS], right_on=[PATIENT, "named"], how="left")
    schedules = {part.id: found for table in tables for part in table.options if (found := schedule_of(part))}
    kinds = each.select(_KIND).unique(maintain_order=True)
    states = [_told(row, schedules, _mask()) for row in kinds.iter_rows(named=True)]
    told = kinds.with_columns(pl.Series(TOLD, states, dtype=pl.String))
    by_plan = each.join(told, on=_KIND, nulls_equal=True).group_by(keys).agg(TOLD)[TOLD].to_list()
    worst = Counter(next(state for state in WORST if state in states) for states in by_plan)
    return Counter({PLANNED: len(by_plan)}) + worst


_KIND = [CERTAIN, POSSIBLE, column("technique"), *_DOSE]


def _ablative(plans: pl.DataFrame) -> pl.DataFrame:
    """Those that are, or may be, stereotactic, and not of the primary: one row for each lesion of each plan."""
    named = pl.col(LESIONS).cast(pl.String).fill_null("")
    return plans.with_columns(named).filter((pl.col(column("technique")) & _mask()) > 0, pl.col(LESIONS) != PRIMARY)


def _mask() -> int:
    domain = item_domains(PLANS)["technique"]
    assert isinstance(domain, Choices)
    return domain.mask([ABLATIVE])


def _options(lesions: pl.DataFrame, answers: CohortAnswers, tables: Sequence[str]) -> pl.DataFrame:
    """Patient and name of each lesion, with the options that certainly and possibly apply to it."""
    frame = answers.items[LESIONS].frame()
    joined = [
        pl.concat_str(names, separator="|", ignore_nulls=True).alias(alias)
        for names, alias in ((tables, CERTAIN), ([f"{name}_possible" for name in tables], POSSIBLE))
    ]
    named = lesions.select(PATIENT, named=pl.col("id").cast(pl.String)).with_columns(frame.select(joined))
    return named.filter(pl.col("named") != "")


def _told(row: Mapping[str, Any], schedules: Mapping[str, Schedule], technique: int) -> str:
    """One plan for one lesion. technique: of a plan that is stereotactic for certain."""
    dose, fractions = (
        row[low(name)] if row[low(name)] == row[high(name)] else None for name in ("total_dose_gy", "fractions")
    )
    if row[POSSIBLE] is None or dose is None or fractions is None or row[column("technique")] != technique:
        return OPEN
    certain, possible = (
        any(schedules[name].holds(Decimal(str(dose)), int(fractions)) for name in row[which].split("|") if name)
        for which in (CERTAIN, POSSIBLE)
    )
    return INSIDE if certain else OPEN if possible else OUTSIDE

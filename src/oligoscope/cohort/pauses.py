"""Pauses of drugs before planned radiotherapy, of many patients: every pair of a line and a planned day, each kind of
pair told once by the same function as a case.
"""

from collections import Counter
from typing import Any

import polars as pl

from oligoscope.assess.pauses import Line, Plan, drug_pauses, worst
from oligoscope.chart.batch import Batch
from oligoscope.chart.domains import item_domains
from oligoscope.knowledge.pauses import Pauses
from oligoscope.tables.columnar.columns import PATIENT, column, high, low
from oligoscope.tables.domain import Choices

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
    # A line and a plan share no column but the patient: those of the plan are told apart.
    planned = plans.select(PATIENT, **{f"plan__{name}": pl.col(name) for name in _OF_PLAN})
    pairs = lines.select(PATIENT, *_OF_LINE).join(planned, on=PATIENT)
    told = pairs.drop(PATIENT).unique(maintain_order=True)
    verdicts = pl.Series([_told(row, pauses) for row in told.iter_rows()], dtype=pl.String)
    each = pairs.join(told.with_columns(verdict__=verdicts), on=told.columns, nulls_equal=True)
    by_patient = each.group_by(PATIENT).agg(pl.col("verdict__").unique())
    return Counter(worst(names) for names in by_patient["verdict__"].to_list())


_OF_LINE = [
    "drugs",
    column("ongoing"),
    *(end(name) for name in ("last_dose", "next_dose", "stop", "hours_before_radiotherapy") for end in (low, high)),
]
_OF_PLAN = [column("site"), column("technique"), low("start"), high("start")]


def _told(row: tuple[Any, ...], pauses: Pauses) -> str:
    """The verdict of one line and one plan (`_OF_LINE`, `_OF_PLAN`): that of the drug that fits worst."""
    drugs, ongoing, *ends = row[: len(_OF_LINE)]
    site, technique, *start = row[len(_OF_LINE) :]
    last_dose, next_dose, stop, hours = zip(ends[::2], ends[1::2], strict=True)
    line = Line(drugs or "", last_dose, next_dose, stop, hours, bool(ongoing & 0b10))
    plan = Plan((start[0], start[1]), _labels("site", site), _labels("technique", technique))
    return worst(told.verdict for told in drug_pauses(line, plan, pauses))


def _labels(name: str, mask: int) -> tuple[str, ...]:
    domain = item_domains(PLANS)[name]
    assert isinstance(domain, Choices)
    return tuple(map(str, domain.names(mask)))

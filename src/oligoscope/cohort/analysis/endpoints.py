"""From a registry's outcomes to times: from a named day to an event, a competing event or censoring, in whole days.

What contradicts itself (an event before time zero, anything after death) becomes a reject that names both values.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from oligoscope.chart.batch import Batch
from oligoscope.chart.layout import PATIENT_ID
from oligoscope.chart.rejects import LINE, as_rejects, no_rejects
from oligoscope.tables.columnar import PATIENT
from oligoscope.tables.columnar.columns import column, high, low

DAYS_PER_MONTH = 30.4375
FIRST_LAT = "first_lat"
ORIGINS = ("omd_dx_date", "primary_dx_date", FIRST_LAT, "assessed")
"""The days that time may be counted from; the first is taken where none is named, and the report says so."""


@dataclass(frozen=True)
class Endpoint:
    """event, competing: in words; competing is "" where nothing competes."""

    code: str
    title: str
    event: str
    competing: str = ""


ENDPOINTS: Mapping[str, Endpoint] = {
    "OS": Endpoint("OS", "overall survival", "death"),
    "PFS": Endpoint("PFS", "progression-free survival", "progression or death, as recorded"),
    "LC": Endpoint("LC", "local control", "local failure", "death without local failure"),
    "DSS": Endpoint("DSS", "disease-specific survival", "death of the cancer", "death of another cause"),
}
_EVENT, _NO_EVENT = 0b10, 0b01
_CANCER, _OTHER = 0b01, 0b10
_NO_DAY = pl.lit(None, pl.Int32)

NO_ORIGIN, NO_OUTCOME = "time zero is not known to the day", "no outcome is recorded"
NO_EVENT_FLAG, NO_DATE = "whether the event happened is not known", "the day of the outcome is not known"
NO_CAUSE, NO_FOLLOW_UP = "died, of what is not known", "not followed beyond the entry"
REASONS = (NO_ORIGIN, NO_OUTCOME, NO_EVENT_FLAG, NO_CAUSE, NO_DATE, NO_FOLLOW_UP)
"""Why an accepted patient cannot be analysed, in the order in which they are told."""
LOST_OUTCOME = (NO_OUTCOME, NO_EVENT_FLAG, NO_CAUSE, NO_DATE)
"""Those of them that mean that the outcome is missing."""


@dataclass(frozen=True)
class Times:
    """Of the patients of a batch, in their order.

    frame: patient_id, line__, time (days), cause (0 censored, 1 event, 2 competing), entry (days, null from the start),
    lat (days to the first local therapy, null for none), lat_unclear (its day is not known), lat_earlier (one lies
    before time zero), reason ("" for who can be analysed).  rejects: contradictions.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame


def times_of(batch: Batch, endpoint: str, origin: str, file: str, cut: datetime.date | None = None) -> Times:
    """Times from `origin` (one of ORIGINS) to an endpoint (of ENDPOINTS). file: what rejects call the outcomes.

    cut: the last day that counts: who is followed beyond it is censored there.
    """
    zero = _NO_DAY if origin == FIRST_LAT else _day(origin)
    days = {"seen": _day("assessed"), "contact": _day("last_contact_date"), "zero": zero}
    patients = batch.patients.select(PATIENT, PATIENT_ID, LINE, **days)
    patients = patients.join(_treated(batch), on=PATIENT, how="left", maintain_order="left")
    if origin == FIRST_LAT:
        patients = patients.with_columns(zero=pl.when(pl.col("lat_unclear").not_()).then("first_treated"))
    items = _items(batch, patients)
    wide = patients
    for code in ENDPOINTS:
        wide = wide.join(_summed(items, code), on=PATIENT, how="left", maintain_order="left")
    wide = _deaths(wide)
    rejects = _contradictions(wide, endpoint, origin, file)
    ended = _ended(wide, endpoint)
    return Times(_result(_cut(ended, cut) if cut else ended, rejects), rejects)


def as_date(days: str) -> pl.Expr:
    """A column of day numbers as ISO dates."""
    return pl.col(days).cast(pl.Date).dt.to_string("%Y-%m-%d")


def _day(name: str) -> pl.Expr:
    """A date as a day number; null where it is not known to the day."""
    first, last = pl.col(low(name)), pl.col(high(name))
    day = pl.date(first // 10_000, first // 100 % 100, first % 100)
    return pl.when(first == last).then(day).cast(pl.Int32)


def _treated(batch: Batch) -> pl.DataFrame:
    """The first local therapy of each patient, and whether some day of one is not known."""
    dated = batch.lists["local_treatment"].select(PATIENT, day=_day("date"))
    return dated.group_by(PATIENT).agg(
        first_treated=pl.col("day").min(), treated=pl.col("day"), lat_unclear=pl.col("day").is_null().any()
    )


def _items(batch: Batch, patients: pl.DataFrame) -> pl.DataFrame:
    """Every outcome with its day: the date, else time zero and the months."""
    items = batch.lists["outcomes"].join(
        patients.select(PATIENT, "zero"), on=PATIENT, how="left", maintain_order="left"
    )
    months = pl.when(pl.col(low("months")) == pl.col(high("months"))).then(pl.col(low("months")))
    counted = pl.col("zero") + (months * DAYS_PER_MONTH).round().cast(pl.Int32)
    return items.select(
        PATIENT,
        endpoint=pl.col(column("endpoint")),
        event=pl.col(column("event")),
        cause=pl.col(column("cause")),
        day=pl.coalesce(_day("date"), counted),
        entry=_day("entry_date"),
    )


def _summed(items: pl.DataFrame, code: str) -> pl.DataFrame:
    """What a patient's outcomes of one endpoint say together: its first event, the last day without one."""
    mine = items.filter(pl.col("endpoint") == 1 << list(ENDPOINTS).index(code))
    had, had_not = pl.col("event") == _EVENT, pl.col("event") == _NO_EVENT
    return mine.group_by(PATIENT).agg(
        pl.col("day").filter(had).min().alias(f"{code}_event"),
        pl.col("day").filter(had).max().alias(f"{code}_last_event"),
        had.any().alias(f"{code}_had"),
        pl.col("day").filter(had_not).max().alias(f"{code}_free"),
        had_not.any().alias(f"{code}_had_not"),
        pl.col("cause").filter(had).first().alias(f"{code}_cause"),
        pl.col("entry").max().alias(f"{code}_entry"),
        pl.lit(True).alias(f"{code}_told"),
    )


def _deaths(wide: pl.DataFrame) -> pl.DataFrame:
    """The day of death, which a death of the cancer tells too, and its cause (1 cancer, 2 another, null not known)."""
    by_cancer = pl.col("DSS_had").fill_null(False) | (pl.col("OS_cause") == _CANCER)
    of_another = (pl.col("OS_cause") == _OTHER) | (pl.col("OS_had") & pl.col("DSS_had_not") & ~pl.col("DSS_had"))
    return wide.with_columns(
        death=pl.coalesce("OS_event", "DSS_event"),
        died=pl.col("OS_had").fill_null(False) | pl.col("DSS_had").fill_null(False),
        died_of=pl.when(by_cancer).then(1).when(of_another).then(2).cast(pl.Int8),
        told_to_live=pl.max_horizontal("OS_free", "DSS_free", "contact"),
    )


# ---- contradictions ------------------------------------------------------------------------------


def _contradictions(wide: pl.DataFrame, endpoint: str, origin: str, file: str) -> pl.DataFrame:
    """What cannot be true together, with both values; the first of a patient's speaks."""
    days = [f"{code}_{kind}" for code in ENDPOINTS for kind in ("event", "free")]
    wide = wide.with_columns(
        last_treated=pl.col("treated").list.max(), last_seen=pl.max_horizontal("told_to_live", "PFS_free", "LC_free")
    )
    rules: Sequence[tuple[str, str, str, pl.Expr]] = [
        ("OS_last_event", "death", "two days of death", pl.col("OS_last_event") != pl.col("OS_event")),
        ("DSS_event", "OS_event", "two days of death", pl.col("DSS_event") != pl.col("OS_event")),
        ("PFS_event", "death", "progression after death", pl.col("PFS_event") > pl.col("death")),
        ("LC_event", "death", "local failure after death", pl.col("LC_event") > pl.col("death")),
        ("last_seen", "death", "follow-up after death", pl.col("last_seen") > pl.col("death")),
        ("last_treated", "death", "local therapy after death", pl.col("last_treated") > pl.col("death")),
    ]
    found = [_told(wide.filter(holds), file, first, second, says) for first, second, says, holds in rules]
    for day in days if origin != FIRST_LAT else [f"{endpoint}_event", f"{endpoint}_free"]:
        early = wide.filter(pl.col(day) < pl.col("zero"))
        found.append(_told(early, file, day, "zero", f"the outcome lies before time zero ({origin})"))
    every = pl.concat([no_rejects(), *found])
    return every.unique(["row", "patient_id"], keep="first", maintain_order=True)


def _told(rows: pl.DataFrame, file: str, first: str, second: str, says: str) -> pl.DataFrame:
    reason = pl.concat_str(pl.lit(f"{says}: "), as_date(first), pl.lit(" against "), as_date(second))
    field = {"last_seen": "date", "last_treated": "local_treatment.date"}.get(first, f"{first.split('_')[0]} date")
    return as_rejects(rows, file, field, as_date(first), reason)


# ---- the endpoint that was asked for -------------------------------------------------------------


def _ended(wide: pl.DataFrame, endpoint: str) -> pl.DataFrame:
    """The day on which following ended, why (cause), and what is missing where that cannot be told."""
    code = endpoint
    had, free = pl.col(f"{code}_had").fill_null(False), pl.col(f"{code}_had_not").fill_null(False)
    told, entry = pl.col(f"{code}_told").fill_null(False), pl.col(f"{code}_entry")
    event, until = pl.col(f"{code}_event"), pl.col(f"{code}_free")
    lost: pl.Expr = pl.when(told & ~had & ~free).then(pl.lit(NO_EVENT_FLAG))
    if code == "OS":
        had, event = pl.col("died"), pl.col("death")
        until, told = pl.col("told_to_live"), told | had | pl.col("contact").is_not_null()
    if code == "DSS":
        had, event = pl.col("died") & (pl.col("died_of") == 1), pl.coalesce("DSS_event", "OS_event")
        until, told = pl.col("told_to_live"), told | pl.col("died") | pl.col("OS_told").fill_null(False)
        lost = pl.when(pl.col("died") & pl.col("died_of").is_null()).then(pl.lit(NO_CAUSE)).otherwise(lost)
    competes = pl.lit(False)
    if ENDPOINTS[code].competing:
        other = pl.col("died") if code == "LC" else pl.col("died") & (pl.col("died_of") == 2)
        competes = other & ~had & told
    day = pl.when(had).then(event).when(competes).then("death").otherwise(until)
    cause = pl.when(had).then(1).when(competes).then(2).otherwise(0).cast(pl.Int8)
    reason = pl.when(~told).then(pl.lit(NO_OUTCOME)).otherwise(lost)
    # No chart is of a dead patient (see integrity.yaml), so whoever is in the registry had lived until the assessment.
    entered = pl.max_horizontal(entry, "OS_entry", "seen") if code != "OS" else pl.max_horizontal(entry, "seen")
    return wide.with_columns(end=day, cause=cause, missing=reason, entered=entered)


def _cut(wide: pl.DataFrame, cut: datetime.date) -> pl.DataFrame:
    """Censored on the day of the data cut; who begins after it has no time zero in these data."""
    last = pl.lit(cut).cast(pl.Int32)
    later = pl.col("end") > last
    return wide.with_columns(
        end=pl.when(later).then(last).otherwise("end"),
        cause=pl.when(later).then(0).otherwise("cause").cast(pl.Int8),
        zero=pl.when(pl.col("zero") <= last).then("zero"),
    )


def _result(wide: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
    since = wide.with_columns(
        time=pl.col("end") - pl.col("zero"),
        entry=pl.col("entered") - pl.col("zero"),
    )
    late = pl.when(pl.col("entry") > 0).then("entry")
    reason = (
        pl.when(pl.col("zero").is_null()).then(pl.lit(NO_ORIGIN))
        .when(pl.col("missing").is_not_null()).then("missing")
        .when(pl.col("time").is_null()).then(pl.lit(NO_DATE))
        .when((pl.col("entry") > 0) & (pl.col("entry") >= pl.col("time"))).then(pl.lit(NO_FOLLOW_UP))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    out = pl.col(PATIENT_ID).is_in(rejects["patient_id"].implode())
    later = _first_from_zero(wide)
    return since.join(later, on=PATIENT, how="left", maintain_order="left").select(
        PATIENT_ID,
        LINE,
        "time",
        "cause",
        entry=late.cast(pl.Int32),
        lat=pl.col("lat"),
        lat_unclear=pl.col("lat_unclear").fill_null(False),
        lat_earlier=(pl.col("first_treated") < pl.col("zero")).fill_null(False),
        reason=pl.when(out).then(pl.lit(CONTRADICTS)).otherwise(reason),
    )


CONTRADICTS = "the outcomes contradict each other (rejects.csv)"


def _first_from_zero(wide: pl.DataFrame) -> pl.DataFrame:
    """Days from time zero to the first local therapy at or after it."""
    every = wide.select(PATIENT, "zero", day=pl.col("treated")).explode("day")
    return (
        every.filter(pl.col("day") >= pl.col("zero"))
        .group_by(PATIENT)
        .agg(lat=(pl.col("day") - pl.col("zero")).min().cast(pl.Int32))
    )

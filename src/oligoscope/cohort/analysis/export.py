"""The analysis set as a table that another program can check, and its dictionary."""

import polars as pl

from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Patients

TIMES = {
    "patient_id": "the patient's id in the registry",
    "days": "whole days from time zero to the event, the competing event or censoring",
    "event": "1 for the event, 2 for the event that competes, 0 for censored",
    "entry_days": "days from time zero to the day from which the patient counts; empty from time zero on",
    "lat_days": "days from time zero to the first local therapy; empty where none is recorded",
    "lat_day_not_known": "whether the day of some local therapy is not known",
}


def exported(patients: Patients) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(one row per patient analysed, the dictionary of its columns)."""
    every = patients.asked.every
    frame = patients.frame.select(
        "patient_id",
        days="time",
        event="cause",
        entry_days="entry",
        lat_days="lat",
        lat_day_not_known="lat_unclear",
        **{factor.name: _spelled(factor) for factor in every},
    )
    rows = [*TIMES.items(), *((factor.name, _described(factor)) for factor in every)]
    return frame, pl.DataFrame(rows, schema=["column", "meaning"], orient="row")


def _spelled(factor: Factor) -> pl.Expr:
    if factor.is_number:
        return pl.col(factor.name)
    return pl.col(factor.name).cast(pl.Int64).replace_strict(dict(enumerate(factor.levels)), return_dtype=pl.String)


def _described(factor: Factor) -> str:
    if factor.is_number:
        return f"{factor.label}{f', {factor.unit}' if factor.unit else ''}; empty where not known"
    return f"{factor.label}: {' | '.join(factor.levels)}; empty where not settled"

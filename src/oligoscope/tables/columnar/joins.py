"""The items of one list that may speak of the items of another, by name."""

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import column
from oligoscope.tables.columnar.combinations import Integers
from oligoscope.tables.facts import JOINED

NAME = "id"
"""The field by which an item is named."""


def pairs(
    items: pl.DataFrame, patients: Integers, others: pl.DataFrame, their_patients: Integers, joined_by: str
) -> tuple[pl.DataFrame, Integers]:
    """Every item with each item of the other list of the same patient, in the order of the items.

    Returns (the other list's columns, and whether it may speak of the item in question; the rows of the items).
    Most cohorts have few of both for one patient, so that all pairs are cheaper than telling names apart first.
    """
    left = pl.DataFrame({"patient": patients, "item": np.arange(len(items)), "own": _names(items, NAME)})
    right = others.with_columns(patient=pl.Series(their_patients), other__=pl.int_range(pl.len()))
    right = right.with_columns(named=_names(others, joined_by))
    both = left.join(right, on="patient", how="inner").sort("item", "other__")
    listed = left.select("patient", named="own").unique().with_columns(listed=True)
    both = both.join(listed, on=["patient", "named"], how="left", maintain_order="left")
    own, named = pl.col("own"), pl.col("named")
    told = (own != "") & (named != "")
    yes = pl.when(told).then(own == named).otherwise((named == "") | pl.col("listed").is_null())
    no = pl.when(told).then(own != named).otherwise(True)
    both = both.with_columns((no.cast(pl.Int8) + yes.cast(pl.Int8) * 2).alias(column(JOINED)))
    return both, both["item"].cast(pl.Int64).to_numpy()


def _names(items: pl.DataFrame, field: str) -> pl.Series:
    """The names in a column; empty where the chart gives none."""
    if field not in items.columns:
        return pl.Series([""] * len(items), dtype=pl.String)
    return items[field].cast(pl.String).fill_null("")

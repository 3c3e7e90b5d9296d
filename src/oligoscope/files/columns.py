"""Columns of any table, CSV or Parquet, as checked numbers and labels; rows in which one is missing are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed
from oligoscope.spelling import nearest

Table: TypeAlias = Any
"""A path, a data frame of polars or pandas, or a mapping of columns: whatever `polars.DataFrame` takes."""
Kind = Literal["time", "number", "flag", "cause", "weight", "label"]
MISSING = ("", "NA", "NaN")
"""What stands for a missing cell of a CSV file; in other forms null and NaN do."""

_ALLOWED: dict[Kind, tuple[str, str]] = {
    "time": ("numbers of 0 or more", "measure time from the day on which following began, in one unit"),
    "number": ("numbers", "correct the cell, or leave it empty where it is not known"),
    "flag": ("1 for an event, 0 for none", "recode the column, and mind that some exports write 1 for censored"),
    "cause": ("0 for censored, and one whole number from 1 for each cause", "recode the column"),
    "weight": ("numbers above 0", "leave out patients without weight"),
}


@dataclass(frozen=True)
class Wanted:
    """A column that is asked for. role: what it is wanted for, which errors name as their field."""

    role: str
    column: str
    kind: Kind


@dataclass(frozen=True)
class Labels:
    """The group of each row. codes: from 0, in the order of names: by size where all are numbers, else by letters."""

    codes: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """The rows in which nothing that was wanted is missing.

    read, used: rows.  missing: columns with missing cells, and in how many rows.  rows: of those used, counted from 1
    below the header.
    """

    read: int
    used: int
    missing: Mapping[str, int]
    rows: NDArray[np.int64]
    numbers: Mapping[Wanted, NDArray[np.float64]]
    labels: Mapping[Wanted, Labels]


def sample(data: Table, wanted: Sequence[Wanted]) -> Sample:
    """The columns that are wanted, checked, without the rows in which one of them is missing. Raises NotAllowed."""
    frame = frame_of(data)
    columns = {each: _series(frame, each) for each in wanted}
    missing = {each.column: series.null_count() for each, series in columns.items() if series.null_count()}
    is_there = np.ones(frame.height, bool)
    for series in columns.values():
        is_there &= series.is_not_null().to_numpy()
    if not is_there.any():
        said = ", ".join(f"{name} in {n}" for name, n in missing.items())
        problem = f"no row has all columns that are needed (missing: {said or 'there is no row'})"
        raise NotAllowed("data", f"of {frame.height} rows", "", problem, "give a table with complete rows")
    kept = {each: series.filter(pl.Series(is_there)) for each, series in columns.items()}
    numbers = {each: kept[each].to_numpy() for each in wanted if each.kind != "label"}
    labels = {each: _labels(kept[each]) for each in wanted if each.kind == "label"}
    rows = np.flatnonzero(is_there) + 1
    return Sample(frame.height, len(rows), missing, rows, numbers, labels)


def frame_of(data: Table) -> pl.DataFrame:
    """The table. Raises NotAllowed, and OSError for a file that is not there."""
    if isinstance(data, pl.DataFrame):
        return data
    if isinstance(data, (str, Path)):
        return _read(Path(data))
    try:
        return pl.DataFrame(data, strict=False)  # 1 beside 0.9 is a column of numbers.
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        allowed = "a path, a data frame, or a mapping of columns of one length"
        raise NotAllowed("data", type(data).__name__, allowed, f"it is no table ({_first_line(error)})") from None


def _read(path: Path) -> pl.DataFrame:
    """A file by its ending."""
    allowed = "a table as .csv, .tsv or .parquet"
    try:
        with path.open("rb"):
            pass
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path, glob=False)
        if path.suffix.lower() in (".csv", ".tsv"):
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            # Types are guessed from all rows: a column whose first word comes late would otherwise fail in the middle.
            return pl.read_csv(
                path, infer_schema_length=None, null_values=list(MISSING), separator=separator, glob=False
            )
    except pl.exceptions.PolarsError as error:
        raise NotAllowed(
            "data", path, allowed, f"it cannot be read ({_first_line(error)})", "export it again"
        ) from None
    raise NotAllowed("data", path, allowed, "its ending is none of these", "export it as CSV")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _series(frame: pl.DataFrame, wanted: Wanted) -> pl.Series:
    """One column, checked; NaN is missing."""
    if wanted.column not in frame.columns:
        close = nearest(wanted.column, frame.columns)
        fix = f"did you mean {close}?" if close else ""
        raise NotAllowed(wanted.role, wanted.column, ", ".join(frame.columns), "the table has no such column", fix)
    series = frame[wanted.column]
    if series.dtype.is_float():
        series = series.fill_nan(None)
    return series if wanted.kind == "label" else _numbers(series, wanted)


def _numbers(series: pl.Series, wanted: Wanted) -> pl.Series:
    if series.dtype.is_temporal():
        raise _refused(wanted, series, 0, "the column holds dates, not numbers")
    try:
        found = series.cast(pl.Float64, strict=False)
    except pl.exceptions.PolarsError:
        raise _refused(wanted, series, 0, f"the column holds no numbers but {series.dtype}") from None
    if wanted.kind == "number" and series.dtype == pl.String:
        words = series.is_not_null() & found.is_null()
        fix = f"write {wanted.column}:factor for groups" if wanted.role == "covariates" else ""
        if words.any():
            raise _refused(wanted, series, int(words.arg_max() or 0), "it is a word", fix)
    wrong = {
        "it is no number": series.is_not_null() & found.is_null(),
        "it is not finite": found.is_infinite().fill_null(False),
        **_out_of_range(found, wanted.kind),
    }
    for problem, rows in wrong.items():
        if rows.any():
            raise _refused(wanted, series, int(rows.arg_max() or 0), problem)
    return found


def _out_of_range(found: pl.Series, kind: Kind) -> dict[str, pl.Series]:
    """Which numbers their kind does not allow, by what is wrong with them."""
    if kind == "time":
        return {"it is negative": (found < 0).fill_null(False)}
    if kind == "weight":
        return {"it is not above 0": (found <= 0).fill_null(False)}
    if kind == "flag":
        return {"it is neither 1 nor 0": (~found.is_in([0.0, 1.0])).fill_null(False)}
    if kind == "cause":
        return {"it is no code of a cause": ((found < 0) | (found != found.round())).fill_null(False)}
    return {}


def _refused(wanted: Wanted, series: pl.Series, row: int, problem: str, fix: str = "") -> NotAllowed:
    allowed, usual = _ALLOWED[wanted.kind]
    where = f"{wanted.column} {series[row]!r} in row {row + 1} below the header" if len(series) else wanted.column
    return NotAllowed(wanted.role, where, allowed, problem, fix or usual)


def _labels(series: pl.Series) -> Labels:
    values = series.to_list()
    distinct = sorted(set(values), key=lambda each: (isinstance(each, str), each))
    place = {value: code for code, value in enumerate(distinct)}
    names = tuple(f"{name:g}" if isinstance(name, float) else _spelled(name) for name in distinct)
    return Labels(np.array([place[value] for value in values], np.int64), names)


def _spelled(name: object) -> str:
    return str(name).lower() if isinstance(name, bool) else str(name)

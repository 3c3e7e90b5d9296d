"""What of a registry could not be taken, entry by entry."""

import polars as pl

LINE = "line__"
"""The column of a row's number, as the file shows it: of CSV the header is row 1, of Parquet the first row is row 1."""
ERROR, CHECK = "error", "check"
"""How bad an entry is: not accepted, or accepted and improbable."""
REJECTS = {
    "file": pl.String,
    "row": pl.Int64,
    "patient_id": pl.String,
    "field": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "severity": pl.String,
}


def no_rejects() -> pl.DataFrame:
    """An empty list of rejects."""
    return pl.DataFrame(schema=REJECTS)


def as_rejects(
    rows: pl.DataFrame, file: str, field: str | pl.Expr, value: pl.Expr, reason: str | pl.Expr, severity: str = ERROR
) -> pl.DataFrame:
    """One reject per row. rows: with patient_id and line__.  field, reason: words, or an expression per row."""
    return rows.select(
        file=pl.lit(file),
        row=pl.col(LINE).cast(pl.Int64),
        patient_id=pl.col("patient_id").cast(pl.String),
        field=pl.lit(field) if isinstance(field, str) else field,
        value=value.cast(pl.String),
        reason=pl.lit(reason) if isinstance(reason, str) else reason,
        severity=pl.lit(severity),
    )


def reason_of(says: str, allowed: str, fix: str) -> str:
    """One sentence for a reject: what is wrong, what is allowed, how to mend it."""
    return "; ".join(part for part in (says, f"allowed: {allowed}" if allowed else "", fix) if part)


_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+\-]?[\d.,]+$"


def guarded(rejects: pl.DataFrame) -> pl.DataFrame:
    """Values that a spreadsheet would run as a formula, with a ' before them, so that it shows them as text.

    Whoever opens rejects.csv does so in a spreadsheet, and what stands there was refused. Ids stay as they are, since
    the answers are joined by them.
    """
    runs = pl.col("value").str.contains(_FORMULA) & ~pl.col("value").str.contains(_NUMBER)
    return rejects.with_columns(value=pl.when(runs).then("'" + pl.col("value")).otherwise(pl.col("value")))


def in_order(rejects: pl.DataFrame) -> pl.DataFrame:
    """Rejects by file and row."""
    return rejects.sort("file", "row", maintain_order=True)

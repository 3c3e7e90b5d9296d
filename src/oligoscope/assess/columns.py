"""Cohort columns as tables see them.

Each column is parsed once per distinct value, by the parser that reads case files.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl

from oligoscope.chart.domains import possible_of
from oligoscope.tables.columnar import ROW, column, high, kind_of, low
from oligoscope.tables.domain import Choices, Dates, Domain
from oligoscope.vocabulary.fields import FieldSpec
from oligoscope.vocabulary.values import BadValue, Value

REJECTS = {
    "file": pl.String,
    "row": pl.Int64,
    "patient_id": pl.String,
    "field": pl.String,
    "value": pl.String,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Typed:
    """A file's rows with possible sets in place of text, and what could not be read."""

    frame: pl.DataFrame
    rejects: pl.DataFrame


def no_rejects() -> pl.DataFrame:
    """An empty list of rejects."""
    return pl.DataFrame(schema=REJECTS)


def typed_columns(
    frame: pl.DataFrame, specs: Iterable[FieldSpec], domains: Mapping[str, Domain], file: str, keep: tuple[str, ...]
) -> Typed:
    """The columns of every field that tables use, beside those to keep.

    frame: text columns named as a cohort names them, with patient_id and row__.  Fields without a column are unknown.
    """
    with ThreadPoolExecutor() as threads:
        typed = list(threads.map(lambda spec: _typed(frame, spec, domains, file), specs))
    found = {name: column for columns, _ in typed for name, column in columns.items()}
    return Typed(frame.select(*keep, **found), pl.concat([no_rejects(), *(rejects for _, rejects in typed)]))


def _typed(
    frame: pl.DataFrame, spec: FieldSpec, domains: Mapping[str, Domain], file: str
) -> tuple[Mapping[str, pl.Series | pl.Expr], pl.DataFrame]:
    """One field's columns, and its rejects. Polars casts a column on one core, so fields go side by side."""
    wanted = {name: domains[name] for name in (spec.name, f"{spec.name}_date") if name in domains}
    if spec.column not in frame.columns:
        kinds = _kinds(wanted)
        return {
            name: pl.lit(value, kinds[name]).alias(name) for name, value in _constant(spec.default, wanted).items()
        }, no_rejects()
    texts = pl.Categories.random()
    series = frame[spec.column].cast(pl.String).cast(pl.Categorical(texts))
    values, bad = _parse_distinct(texts.to_series().to_list(), spec)
    return _looked_up(series, values, spec.default, wanted), _rejected(frame, bad, spec, file) if bad else no_rejects()


def _parse_distinct(texts: Iterable[str], spec: FieldSpec) -> tuple[list[Value | None], dict[str, str]]:
    """What each distinct text means, and why some mean nothing."""
    values: list[Value | None] = []
    bad = {}
    for text in texts:
        try:
            values.append(spec.kind.parse(text))
        except BadValue as error:
            values.append(None)
            bad[text] = f"allowed: {error.allowed}" + (f"; {error.fix}" if error.fix else "")
    return values, bad


def _constant(value: Value, wanted: Mapping[str, Domain]) -> dict[str, Any]:
    return {name: cell for quantity, domain in wanted.items() for name, cell in _cells(value, quantity, domain).items()}


def _kinds(wanted: Mapping[str, Domain]) -> dict[str, type[pl.DataType]]:
    """The narrowest kind of column for each possible set."""
    found: dict[str, type[pl.DataType]] = {}
    for name, domain in wanted.items():
        if isinstance(domain, Choices):
            found[column(name)] = kind_of(len(domain.labels))
        else:
            found |= dict.fromkeys((low(name), high(name)), pl.Int32 if isinstance(domain, Dates) else pl.Float64)
    return found


def _cells(value: Value, quantity: str, domain: Domain) -> dict[str, Any]:
    possible = possible_of(value, domain)
    if isinstance(possible, int):
        return {column(quantity): possible}
    kind = int if isinstance(domain, Dates) else float
    return {low(quantity): kind(possible[0]), high(quantity): kind(possible[1])}


def _looked_up(
    series: pl.Series, values: Sequence[Value | None], silent: Value, wanted: Mapping[str, Domain]
) -> dict[str, pl.Series]:
    """Columns of possible sets, by looking each row's category up; where there is none, or none that can be read,
    silence.
    """
    default = _constant(silent, wanted)
    answers = [default if value is None else _constant(value, wanted) for value in values]
    places = series.to_physical().fill_null(len(values))
    return {
        name: pl.Series(name, [*(answer[name] for answer in answers), default[name]], dtype=kind).gather(places)
        for name, kind in _kinds(wanted).items()
    }


def _rejected(frame: pl.DataFrame, bad: Mapping[str, str], spec: FieldSpec, file: str) -> pl.DataFrame:
    value = pl.col(spec.column).cast(pl.String)
    hits = frame.select("patient_id", ROW, value=value).filter(pl.col("value").is_in(list(bad)))
    reasons = hits["value"].replace_strict(list(bad), list(bad.values()), return_dtype=pl.String)
    return hits.select(
        file=pl.lit(file),
        row=pl.col(ROW).cast(pl.Int64),
        patient_id=pl.col("patient_id"),
        field=pl.lit(spec.column),
        value=pl.col("value"),
        reason=reasons,
    )

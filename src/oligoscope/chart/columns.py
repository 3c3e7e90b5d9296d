"""Cohort columns as tables see them.

Each column is parsed once per distinct value, by the parser that reads case files.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import polars as pl

from oligoscope.chart.domains import possible_of
from oligoscope.chart.rejects import LINE, as_rejects, no_rejects
from oligoscope.tables.columnar import column, high, kind_of, low
from oligoscope.tables.domain import Choices, Dates, Domain
from oligoscope.vocabulary.fields import FieldSpec
from oligoscope.vocabulary.values import BadValue, Quantity, Value

ReadCounts: TypeAlias = Mapping[tuple[str, str, str], int]
"""How many entries of a field (its name, what is written, the value) are in other words than the vocabulary's."""


@dataclass(frozen=True)
class Typed:
    """A file's rows with possible sets in place of text, what could not be read, and what was read otherwise."""

    frame: pl.DataFrame
    rejects: pl.DataFrame
    read_as: ReadCounts


def as_text(series: pl.Series) -> pl.Series:
    """A column as a text file would have it: a moment at midnight is a date, an empty text is nothing."""
    if isinstance(series.dtype, pl.Datetime):
        midnight = series.dt.truncate("1d") == series
        days, moments = series.dt.strftime("%Y-%m-%d"), series.dt.strftime("%Y-%m-%dT%H:%M:%S")
        return pl.select(pl.when(midnight).then(days).otherwise(moments)).to_series().alias(series.name)
    return series.cast(pl.String)


def typed_columns(
    frame: pl.DataFrame, specs: Iterable[FieldSpec], domains: Mapping[str, Domain], file: str, keep: tuple[str, ...]
) -> Typed:
    """The columns of every field that has a domain, beside those to keep.

    frame: columns named as a cohort names them, with patient_id and line__.  Fields without a column are silent.
    """
    with ThreadPoolExecutor() as threads:
        wanted = [spec for spec in specs if spec.name in domains]
        typed = list(threads.map(lambda spec: _typed(frame, spec, domains, file), wanted))
    found = {name: column for each in typed for name, column in each.columns.items()}
    read_as = {key: n for each in typed for key, n in each.read_as.items()}
    return Typed(frame.select(*keep, **found), pl.concat([no_rejects(), *(each.rejects for each in typed)]), read_as)


class _Field(NamedTuple):
    """One field's columns, its rejects, and what was read as something else."""

    columns: Mapping[str, pl.Series | pl.Expr]
    rejects: pl.DataFrame
    read_as: ReadCounts


def _typed(frame: pl.DataFrame, spec: FieldSpec, domains: Mapping[str, Domain], file: str) -> _Field:
    """One field. Polars casts a column on one core, so fields go side by side."""
    wanted = {name: domains[name] for name in (spec.name, f"{spec.name}_date") if name in domains}
    if spec.column not in frame.columns:
        kinds = _kinds(wanted)
        constant = _constant(spec.default, wanted).items()
        return _Field({name: pl.lit(value, kinds[name]).alias(name) for name, value in constant}, no_rejects(), {})
    texts = pl.Categories.random()
    series = as_text(frame[spec.column]).cast(pl.Categorical(texts))
    values, bad = _parse_distinct(texts.to_series().to_list(), spec)
    rejects = _rejected(frame, bad, spec, file) if bad else no_rejects()
    return _Field(_looked_up(series, values, spec.default, wanted), rejects, _read_as(series, values, spec))


def _read_as(series: pl.Series, values: Sequence[Value | None], spec: FieldSpec) -> ReadCounts:
    """The entries of a column that are in other words, counted by category; of numbers by their units alone."""
    if not any(value and value.written for value in values):
        return {}
    counts = np.bincount(series.to_physical().drop_nulls().to_numpy(), minlength=len(values))
    found = Counter[tuple[str, str, str]]()
    for value, n in zip(values, counts, strict=True):
        if value and value.written:
            written, read = value.written, str(value)
            if isinstance(spec.kind, Quantity) and not value.is_unknown:
                unit = Quantity.unit_in(written.partition("|")[0])
                written, read = f"numbers in {unit}" if unit else "decimal commas", spec.kind.unit
            found[(spec.name, written, read)] += int(n)
    return found


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


def _constant(value: Value, wanted: Mapping[str, Domain]) -> dict[str, float]:
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


def _cells(value: Value, quantity: str, domain: Domain) -> dict[str, float]:
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
    hits = frame.select("patient_id", LINE, value=as_text(frame[spec.column])).filter(pl.col("value").is_in(list(bad)))
    reasons = pl.col("value").replace_strict(list(bad), list(bad.values()), return_dtype=pl.String)
    return as_rejects(hits, file, spec.column, pl.col("value"), reasons)

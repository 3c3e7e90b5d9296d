"""Time between days, by known values; and the same by columns."""

import datetime
import doctest
import random

import polars as pl
import pytest

from oligoscope.tables import calendar
from oligoscope.tables.calendar import days_between, months_between, years_between
from oligoscope.tables.columnar import Memory, high, low, run
from oligoscope.tables.domain import Dates, Domain
from oligoscope.tables.read import Reader


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (2024_01_15, 2024_07_15, 6),
        (2023_08_31, 2024_02_29, 6),
        (2023_08_30, 2024_02_29, 6),
        (2023_08_31, 2024_02_28, 5 + 28 / 31),
        (2023_12_31, 2024_01_30, 30 / 31),
        (2024_03_30, 2025_03_01, 11 + 1 / 31),
        (2100_01_29, 2100_02_28, 1),
        (2024_05_05, 2024_05_05, 0),
    ],
)
def test_months(start: int, end: int, months: float) -> None:
    assert months_between(start, end) == pytest.approx(months)
    assert months_between(end, start) == pytest.approx(-months)


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [(1960_02_29, 2023_02_27, 62), (1960_02_29, 2023_02_28, 63), (1960_02_29, 2024_02_29, 64)],
)
def test_years_are_counted_as_an_age_is(start: int, end: int, years: int) -> None:
    assert years_between(start, end) == years


@pytest.mark.parametrize(
    ("start", "end", "days"), [(2023_02_28, 2023_03_01, 1), (2024_02_28, 2024_03_01, 2), (1900_02_28, 1900_03_01, 1)]
)
def test_days(start: int, end: int, days: int) -> None:
    assert days_between(start, end) == days


def test_columns_count_as_the_calendar_does() -> None:
    """Random pairs of days, told apart by thresholds around the true value."""
    source, first = random.Random(1), datetime.date(1896, 1, 1).toordinal()
    pairs = [
        tuple(int(f"{datetime.date.fromordinal(first + source.randrange(90_000)):%Y%m%d}") for _ in range(2))
        for _ in range(200)
    ]
    for operator, count in (
        ("months_between", months_between),
        ("years_between", years_between),
        ("days_between", days_between),
    ):
        for pair in pairs[:20]:
            wanted = count(*pair)
            domains: dict[str, Domain] = {"start": Dates(), "end": Dates()}
            reader = Reader(domains, {}, {})
            fact = reader.fact("n", {"definition": "x", operator: ["start", "end"]})
            raw = {
                "table": "t", "title": "t", "question": "?", "kind": "decision", "hit": "first", "inputs": ["n"], "outcomes": {"equal": {}, "not": {}},
                "rules": [{"id": "e", "when": {"n": f"[{wanted - 1e-9:.12f}..{wanted + 1e-9:.12f}]"}, "then": "equal"}, {"id": "n", "then": "not"}],
            }  # fmt: skip
            table = reader.table(raw)
            columns = {"patient_id": ["1"]} | {
                end(name): [day] for name, day in zip(domains, pair, strict=True) for end in (low, high)
            }
            frame = pl.DataFrame(columns, schema_overrides={end(n): pl.Int32 for n in domains for end in (low, high)})
            answers = run([fact, table], reader.domains, reader.asks, frame, {}, Memory())
            assert answers.patients.frame()["t"].to_list() == ["equal"], (operator, pair, wanted)


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(calendar).failed == 0

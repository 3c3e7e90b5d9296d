"""Drift as data: what entered is new to the pool, what was renewed was there before."""

import datetime
import json

import pytest

import oligoscope as osc
from oligoscope.cli.main import main


@pytest.fixture(scope="module")
def drift() -> dict[str, object]:
    from contextlib import redirect_stdout
    from io import StringIO

    printed = StringIO()
    with redirect_stdout(printed):
        assert main(["evidence", "drift", "--from", "2022-09-01", "--to", "2026-11-01", "--json"]) == 0
    return dict(json.loads(printed.getvalue()))


def studies(pool: dict[str, object]) -> set[str]:
    rows = pool["studies"]
    assert isinstance(rows, list)
    return {row["study"] for row in rows}


def test_what_entered_is_what_the_later_pool_has_more(drift: dict[str, object]) -> None:
    pools = drift["pools"]
    assert isinstance(pools, list)
    assert [pool["endpoint"] for pool in pools]
    for pool in pools:
        before, after = studies(pool["before"]), studies(pool["after"])
        assert set(pool["entered"]) == after - before
        assert set(pool["renewed"]) <= before & after


def test_something_entered(drift: dict[str, object]) -> None:
    pools = drift["pools"]
    assert isinstance(pools, list)
    assert any(pool["entered"] for pool in pools)


def test_every_change_names_why(drift: dict[str, object]) -> None:
    for name in ("rules", "statements"):
        rows = drift[name]
        assert isinstance(rows, list)
        assert rows
        assert all(row["because"] for row in rows)


def test_drift_begins_where_the_review_stopped_looking_and_ends_today() -> None:
    """The packaged review searched up to 2022-09-01."""
    found = osc.drift().model_dump()
    assert (found["from"], found["to"]) == ("2022-09-01", datetime.date.today().isoformat())
    asked = osc.drift("2023-01-01", "2024-01-01").model_dump()
    assert (asked["from"], asked["to"]) == ("2023-01-01", "2024-01-01")

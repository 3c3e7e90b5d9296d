"""The language as a book: a test draws a table, gives what is known, and says what every engine must answer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oligoscope.tables.columnar import DuckDBEngine, Engine, SparkEngine
from oligoscope.tables.domain import Choices, Domain, Numbers, is_known
from oligoscope.tables.read import Reader
from oligoscope.tables.reference import Answer, evaluate
from tests.support.one_table import columnar_answers

UNKNOWN = object()
WORDS: dict[str, Domain] = {
    "timing": Choices(("synchronous", "metachronous")),
    "n": Choices(("N0", "N1", "N2", "N3")),
    "count": Numbers(whole=True, low=0),
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A local Spark session."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(params=["reference", "polars", "duckdb", "spark"])
def spec(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Holds one engine to one paragraph."""

    def hold(table: str, given: dict[str, Any], expect: dict[str, Any], hit: str = "first") -> None:
        drawn = draw(table, hit)
        record = {name: possible(WORDS[name], given[name]) for name in drawn.inputs}
        if request.param == "reference":
            settled = evaluate(drawn, {name: Answer(p, () if is_known(p) else (name,)) for name, p in record.items()})[
                ""
            ]
            found = (settled.value, "|".join(settled.possible), settled.rule, "|".join(settled.needs))
        else:
            engine: Engine | None = {"duckdb": DuckDBEngine, "polars": lambda: None}.get(
                request.param, lambda: SparkEngine(request.getfixturevalue("spark"))
            )()  # type: ignore[operator]
            (found,) = columnar_answers(drawn, [record], WORDS, engine)
        answer = {
            "value": found[0],
            "possible": found[1].split("|"),
            "rule": found[2],
            "needs": found[3].split("|") if found[3] else [],
        }
        assert {key: answer[key] for key in expect} == expect

    return hold


def draw(text: str, hit: str) -> Any:
    """The table that a drawing shows: a column an input, `||`, the outcome; `-` means any."""
    head, *rows = [line.split("||") for line in text.strip().splitlines()]
    inputs = [cell.strip() for cell in head[0].split("|")]
    rules = []
    for number, (left, right) in enumerate(rows, 1):
        cells = [cell.strip() for cell in left.split("|")]
        rules.append(
            {
                "id": f"rule {number}",
                "when": {n: c for n, c in zip(inputs, cells, strict=True) if c != "-"},
                "then": right.strip(),
            }
        )
    codes = dict.fromkeys(rule["then"] for rule in rules)
    raw = {
        "table": "drawn-table",
        "title": "t",
        "question": "?",
        "kind": "decision",
        "hit": hit,
        "inputs": inputs,
        "outcomes": {code: {} for code in codes},
        "rules": rules,
    }
    return Reader(WORDS, {}, {}).table(raw)


def possible(domain: Domain, given: Any) -> Any:
    if given is UNKNOWN:
        return domain.everything
    if isinstance(domain, Choices):
        return domain.mask(given if isinstance(given, list) else [given])
    return given if isinstance(given, tuple) else (given, given)

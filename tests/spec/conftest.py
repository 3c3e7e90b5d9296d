"""The language as a book: a test draws a table, gives what is known, and says what each executor must answer."""

from collections.abc import Callable
from typing import Any

import pytest

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


@pytest.fixture(params=["reference", "columnar"])
def spec(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Holds one executor to one paragraph."""

    def hold(table: str, given: dict[str, Any], expect: dict[str, Any], hit: str = "first") -> None:
        drawn = draw(table, hit)
        record = {name: possible(WORDS[name], given[name]) for name in drawn.inputs}
        if request.param == "reference":
            settled = evaluate(
                drawn, {name: Answer(p, () if is_known(p) else (name,)) for name, p in record.items()}
            ).only
            found = (
                settled.value,
                "|".join(settled.possible),
                "|".join(settled.rules) or None,
                "|".join(settled.needs),
            )
        else:
            (found,) = columnar_answers(drawn, [record], WORDS)
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

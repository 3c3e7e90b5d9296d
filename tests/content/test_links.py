"""What the packaged review's links say, held to the records they name."""

import re

import pytest

from oligoscope.appraisal.coverage import coverage
from oligoscope.evidence.review import Link
from oligoscope.knowledge import load

KNOWLEDGE = load()
COVERED = coverage(KNOWLEDGE)
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def test_four_of_five_statements_are_answered() -> None:
    assert len(COVERED) == 238
    assert sum(c.answered for c in COVERED) >= 200
    # What the review did and is done again is no finding: without it, as many statements are answered as before.
    assert sum(c.answered and c.by != "method" for c in COVERED) >= 190
    assert sum(bool(c.targets("definition")) for c in COVERED) <= len(COVERED) / 5


def _numbers(text: str) -> set[float]:
    return {float(number) for number in NUMBER.findall(text)}


@pytest.mark.parametrize("link", KNOWLEDGE.evidence.links, ids=lambda n: f"{n.statement}-{n.target}")
def test_a_number_in_a_link_stands_in_its_record_or_statement(link: Link) -> None:
    statement = next(s for s in KNOWLEDGE.evidence.statements if s.id == link.statement)
    name = link.target.partition("/")[0]
    known = f"{statement.quote} {statement.corrected} {link.target}"
    if name in KNOWLEDGE.evidence.ids:
        known += KNOWLEDGE.evidence.study(name).model_dump_json()
    known += "".join(trial.model_dump_json() for trial in KNOWLEDGE.trials if trial.trial == name)
    tables = (*KNOWLEDGE.tables, *KNOWLEDGE.item_tables)
    known += "".join(str(table.parts) for table in tables if table.name == name)
    known += "".join(str(row) for row in KNOWLEDGE.limits.rows if row.id == link.target)
    assert _numbers(link.how) <= _numbers(known), link.how

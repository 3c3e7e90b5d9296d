"""What each answer would settle, worked out over the tables concerned, equals assessing the whole chart anew."""

import pytest

from oligoscope.assess.chart import record_of
from oligoscope.assess.examples import as_document
from oligoscope.assess.needs import MOST_ANSWERS, Need, Settling, needs_of, settling_answers
from oligoscope.assess.patient import Assessment, assess, assess_record
from oligoscope.chart.document import build_case
from oligoscope.knowledge import load
from oligoscope.spelling import spell
from oligoscope.tables.domain import Choices
from oligoscope.tables.reference import Answer
from tests.support.agreement import TODAY
from tests.support.charts import Charts


def _anew(before: Assessment, need: Need) -> tuple[Settling, ...]:
    """By the definition: the chart with this answer, through every table."""
    domain = before.knowledge.domains.get(need.field)
    if need.field not in before.answers or not isinstance(domain, Choices):
        return ()
    possible = before.answers[need.field].possible
    assert isinstance(possible, int)
    still_open = domain.names(possible)
    labels = still_open if len(still_open) > 1 else [label for label in domain.labels if label not in still_open]
    found = []
    for label in labels if len(labels) <= MOST_ANSWERS else ():
        record = record_of(before.case, before.knowledge)
        record.answers[need.field] = Answer(domain.mask([label]))
        after = assess_record(before.case, record, before.knowledge)
        settled = [
            (part or table, answer.possible[0])
            for table in need.settles
            for part, answer in after.settled[table].items()
            if len(answer.possible) == 1 and len(before.settled[table][part].possible) > 1
        ]
        found.append(Settling(spell(label), tuple(settled)))
    return tuple(found)


@pytest.mark.parametrize("seed", range(3))
def test_what_answers_settle_equals_assessing_anew(seed: int) -> None:
    charts = Charts(4700 + seed)
    n_settled = 0
    for _ in range(12):
        before = assess(build_case(as_document(*charts.chart()), "chart", TODAY), load())
        needs = needs_of(before)
        found = settling_answers(before, needs)
        assert found == [_anew(before, need) for need in needs]
        n_settled += sum(bool(answer.settles) for answers in found for answer in answers)
    assert n_settled > 10

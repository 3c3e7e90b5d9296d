"""What to ask next: what each answer would settle, and that no question settles more than the first."""

import pytest

from oligoscope.assess.asking import answers_tried, asking, mean_settled, question, tried, wanted_by
from oligoscope.assess.examples import as_document
from oligoscope.assess.patient import Assessment, assess, assess_record
from oligoscope.chart.document import build_case
from oligoscope.knowledge import load
from tests.support.agreement import TODAY
from tests.support.charts import Charts

CHARTS = 1_000


def chart(charts: Charts) -> Assessment:
    return assess(build_case(as_document(*charts.chart()), "chart", TODAY), load())


@pytest.mark.parametrize("seed", range(3))
def test_what_an_answer_does_equals_assessing_anew(seed: int) -> None:
    """Worked out over the tables concerned, for fields, fields of lists and whole lists alike."""
    charts, settled, lists = Charts(4700 + seed), 0, 0
    for _ in range(12):
        before = chart(charts)
        for field, tables in wanted_by(before).items():
            found = [outcomes for _, outcomes in tried(before, field, tables)]
            records = [record for _, record, _ in answers_tried(before, field)]
            for outcomes, record in zip(found, records, strict=True):
                after = assess_record(before.case, before.assumptions, record, before.knowledge).settled
                for table in tables:
                    was = before.settled[table].only.possible
                    assert outcomes.get(table, was) == after[table].only.possible
            settled += sum(len(p) == 1 for outcomes in found for p in outcomes.values())
            lists += bool(found) and ("." in field or field in before.lists)
    assert settled > 20
    assert lists > 10


def test_no_question_settles_more_decisions_than_the_first() -> None:
    charts, asked = Charts(4900), 0
    for _ in range(CHARTS):
        before = chart(charts)
        first = asking(before, {}).first
        every = {field: question(before, field, tables) for field, tables in wanted_by(before).items()}
        best = max((mean_settled(q.effects) for q in every.values()), default=0.0)
        assert (first[0].settles if first else 0.0) == pytest.approx(best)
        assert [q.settles for q in first] == sorted((q.settles for q in first), reverse=True)
        asked += best > 0
    assert asked > CHARTS // 2


def test_the_staging_work_up_comes_last() -> None:
    """A field that completes the work-up and changes no decision is named apart, after all others."""
    charts, seen = Charts(5000), 0
    for _ in range(60):
        before = chart(charts)
        found = asking(before, {"a trial": ("sex",)})
        decisions = set(wanted_by(before))
        assert {q.field for q in found.first} | set(found.others) == decisions | {"sex"}
        assert not set(found.work_up) & (decisions | {"sex"})
        seen += bool(found.work_up)
    assert seen > 30

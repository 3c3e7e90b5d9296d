"""The first part of the report over generated charts: the answer in its first lines, words and no codes."""

import re

from oligoscope.assess.examples import as_document
from oligoscope.assess.flags import flags_of
from oligoscope.assess.patient import Assessment, assess
from oligoscope.chart.document import build_case
from oligoscope.knowledge import load
from oligoscope.report.first.model import FirstPart
from oligoscope.report.patient import patient_report
from oligoscope.report.terminal import render
from oligoscope.tables.model import Options
from oligoscope.trials.match import match_trials
from oligoscope.vocabulary.fields import lists, scalar_fields
from tests.support.agreement import TODAY
from tests.support.charts import Charts

CHARTS = 1_000
EXPLAIN = "More, doses: --detail"
"""The line that says how to see the codes; what stands in it is the name of a command's argument."""


def codes() -> list[str]:
    """Every outcome code, rule id, variable name and id of a file that is not a plain word as well."""
    knowledge = load()
    found = set()
    for table in (*knowledge.tables, *knowledge.item_tables):
        found |= {table.name, *table.codes}
        found |= {rule.id for part in table.parts for rule in part.named_rules}
        found |= {part.id for part in table.parts if isinstance(table, Options)}
    found |= {fact.name for fact in knowledge.facts} | {spec.name for spec in scalar_fields()}
    found |= {f"{each.name}.{spec.name}" for each in lists() for spec in each.fields}
    found |= {spec.name for each in lists() for spec in each.fields} | {each.name for each in lists()}
    found |= set(knowledge.evidence.ids) | {trial.trial for trial in knowledge.trials}
    shouted = re.compile(r"[A-Z]{4,}$|.*[_.-].*")
    return sorted(code for code in found if shouted.match(code) and code not in load().evidence.terms.cautions)


def pages() -> list[tuple[Assessment, FirstPart, list[str]]]:
    charts, found = Charts(5100), []
    for _ in range(CHARTS):
        assessment = assess(build_case(as_document(*charts.chart()), "chart", TODAY), load())
        report = patient_report(assessment, match_trials(assessment, load().trials, TODAY), TODAY)
        found.append((assessment, report.first, render(report).splitlines()))
    return found


def test_a_thousand_charts_answer_first_and_in_words() -> None:
    known = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, codes()))})(?![\w-]|\.\w)")
    spec_id = re.compile(r"\b(?!COMET|STOP|BR|LU)[A-Z]{1,4}-\d+\b")
    stopped = 0
    for assessment, first, lines in pages():
        top = " ".join(" ".join(lines[:5]).split())
        for row in first.answers:
            if row.part in ("state", "treatment"):
                assert row.answer[1:] in top or row.brief[1:] in top
        for flag in flags_of(assessment):
            if flag.payload["severity"] == "stop":
                assert flag.text in top
                stopped += 1
        text = "\n".join(line for line in lines if not line.startswith(EXPLAIN))
        assert not (found := known.findall(text) + spec_id.findall(text)), (found, text)
        assert max(map(len, lines)) <= 100
    assert stopped > 50

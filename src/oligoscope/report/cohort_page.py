"""The summary of a cohort as a self-contained page with bars."""

from dataclasses import dataclass

from oligoscope import __version__
from oligoscope.cohort.summary import UNDETERMINED, Summary
from oligoscope.knowledge import Knowledge
from oligoscope.report.html import environment
from oligoscope.tables.names import answer_columns

MOST_FIELDS = 12


@dataclass(frozen=True)
class Bar:
    """One outcome: its count and share in percent."""

    label: str
    n: int
    percent: float
    open: bool


@dataclass(frozen=True)
class Chart:
    """The distribution of one answer."""

    title: str
    question: str
    bars: tuple[Bar, ...]


def render_cohort(summary: Summary, knowledge: Knowledge, name: str) -> str:
    """The page of one cohort."""
    needs = summary.as_json(knowledge)["needs"][:MOST_FIELDS]
    top = max((need["settles_patients"] for need in needs), default=0) or 1
    page = environment().get_template("cohort.html")
    return page.render(
        name=name,
        summary=summary,
        charts=_charts(summary, knowledge),
        needs=needs,
        top=top,
        knowledge=knowledge,
        version=__version__,
    )


def _charts(summary: Summary, knowledge: Knowledge) -> list[Chart]:
    charts = []
    for table in knowledge.tables:
        labels = {part.id: part.label for part in table.parts}
        for column in answer_columns(table):
            if column in summary.outcomes:
                part = column.removeprefix(table.name).removeprefix("_")
                title = f"{table.title}: {labels[part]}" if part else table.title
                codes = [*table.codes, UNDETERMINED] if table.kind != "options" else [part.id for part in table.parts]
                charts.append(
                    Chart(
                        title,
                        table.question,
                        tuple(_bar(code, summary, column) for code in codes if summary.outcomes[column][code]),
                    )
                )
    return charts


def _bar(code: str, summary: Summary, column: str) -> Bar:
    n = summary.outcomes[column][code]
    return Bar(code, n, 100 * n / max(summary.n_patients, 1), code == UNDETERMINED)

"""What a study record holds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Measure = str
Status = Literal["seen", "unverified", "review only"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Report(_Record):
    """One publication of a study. published: ISO date, as far as known."""

    id: str
    citation: str
    pmid: str | None = None
    doi: str | None = None
    published: str | None = None
    status: str = ""


class Arm(_Record):
    """One arm."""

    id: str
    description: str = ""


class Interval(_Record):
    """A confidence interval; level in percent, None where the source does not give it."""

    low: float | None
    high: float | None
    level: float | None = None


class InReview(_Record):
    """What the source review prints for the same result."""

    value: float | str
    quote: str | None = None


class Result(_Record):
    """One published number. value None with measure median means not reached. unit is that of value and interval."""

    id: str
    report: str
    analysis: str | None = None
    endpoint: str
    measure: Measure
    population: str | None = None
    arm: str | None = None
    comparison: str | None = None
    value: float | str | None
    interval: Interval | None = None
    quartiles: Interval | None = None
    unit: str | None = None
    time: str | None = None
    n: int | None = None
    locator: str | None = None
    status: Status
    note: str | None = None
    in_review: InReview | None = None


class Study(_Record):
    """One study: its reports, arms, results, and what a reader must be warned of (`concern`: an expression of concern)."""

    study: str
    title: str
    design: str = ""
    population: str = ""
    registry: list[str] = []
    reports: list[Report]
    arms: list[Arm] = []
    alerts: list[str] = []
    concern: bool = False
    results: list[Result] = []

    def result(self, name: str) -> Result:
        """KeyError when the study has no such result."""
        for result in self.results:
            if result.id == name:
                return result
        raise KeyError(name)

    @property
    def citation(self) -> str:
        """The first report's citation."""
        return self.reports[0].citation

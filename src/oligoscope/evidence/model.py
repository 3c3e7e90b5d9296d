"""What a study record holds."""

import datetime
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictFloat

Measure = Literal["hazard_ratio", "odds_ratio", "p_value", "median", "rate", "count", "concordance"]
Status = Literal["seen", "unverified", "review only", "computed"]
"""How a number was come by; computed: from patients rebuilt out of a published figure (`oligoscope ipd`)."""


def _as_text(value: object) -> object:
    """Dates and numbers that YAML reads for us, as they were written."""
    return (
        value.isoformat()
        if isinstance(value, datetime.date)
        else str(value)
        if isinstance(value, int) and not isinstance(value, bool)
        else value
    )


Text = Annotated[str, BeforeValidator(_as_text)]


def _partial_date(text: str) -> str:
    """A day, month or year that the calendar has."""
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
        raise ValueError("write 2016-10-24, 2016-10 or 2016")
    try:
        datetime.date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        raise ValueError(f"there is no day {text} in the calendar") from None
    return text


PartialDate = Annotated[str, BeforeValidator(_as_text), AfterValidator(_partial_date)]
"""2016-10-24, 2016-10 or 2016."""


MOST_PEOPLE = 100_000_000
"""More than any study has counted; a number beyond it is a slip, and so large that formulas end in no number."""
N = Annotated[int, Field(gt=0, le=MOST_PEOPLE)]
Level = Annotated[float, Field(ge=0.5, le=0.9999)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False)


class Publication(_Record):
    """One publication of a study. published: as far as known."""

    id: str
    citation: str = ""
    pmid: Text | None = None
    doi: str | None = None
    url: str | None = None
    published: PartialDate | None = None
    status: str = ""

    @property
    def earliest(self) -> str:
        """The first day on which it can have been published, ISO; a report without a date sorts last."""
        return f"{self.published}-01-01"[:10] if self.published else "9999-12-31"

    @property
    def latest(self) -> str:
        """The last day on which it can have been published, ISO."""
        return {4: f"{self.published}-12-31", 7: f"{self.published}-31"}.get(
            len(self.published or ""), self.published or "9999-12-31"
        )


class Arm(_Record):
    """One arm. role: on which side of the comparison it stands, where the study makes the one asked about."""

    id: str
    role: Literal["experimental", "control", ""] = ""
    n: N | None = None
    description: str = ""


class Interval(_Record):
    """A confidence interval (or quartiles); level as a share as printed, None where the source does not give it, a
    missing end where it was not reached.

    fits: the level at which the numbers printed beside it agree, where that is not the printed one.
    """

    low: float | None = None
    high: float | None = None
    level: Level | None = None
    fits: Level | None = None

    @property
    def working_level(self) -> float | None:
        """The level from which an error may be taken: a printed one that its own P value refutes would make the study
        look surer than it is.
        """
        return self.fits or self.level


class PValue(_Record):
    """A P value as printed; sides None where the source does not say."""

    value: float = Field(gt=0, le=1)
    operator: Literal["=", "<", ">", "<=", ">="] = "="
    sides: Literal[1, 2] | None = None


class InReview(_Record):
    """What the source review prints for the same result, and in which of its statements."""

    statement: str | None = None
    value: float | str | None = None
    quote: str | None = None


class Result(_Record):
    """One published number.

    value None with measure median means not reached. unit is that of value and interval; a rate is in percent.
    direction: which arm over which a ratio is.  recalled: part of it was not read at its source but remembered.
    share_of: the whole of which this rate is one of several parts that exclude each other.
    quote: the sentence of the source that has the number.
    superseded_by: the later result that takes its place, `study/result`.
    """

    id: str
    report: str
    analysis: Text | None = None
    endpoint: str
    measure: Measure
    population: str | None = None
    arm: str | None = None
    comparison: str | None = None
    direction: Literal["experimental over control", "control over experimental"] = "experimental over control"
    value: StrictFloat | None
    interval: Interval | None = None
    quartiles: Interval | None = None
    p: PValue | None = None
    unit: str | None = None
    time: Text | None = None
    n: N | None = None
    events: N | None = None
    locator: str | None = None
    url: str | None = None
    quote: Text | None = None
    status: Status
    note: str | None = None
    recalled: bool = False
    share_of: str = ""
    superseded_by: str = Field("", pattern=r"^$|^[^/\s]+/[^/\s]+$")
    in_review: InReview | None = None

    @property
    def number(self) -> float:
        """The value. TypeError where the source prints none."""
        if self.value is None:
            raise TypeError(f"{self.id} has no number")
        return self.value

    @property
    def is_numeric(self) -> bool:
        """Whether the source prints a number."""
        return self.value is not None

    @property
    def whole_population(self) -> bool:
        """Whether it is of everyone who was randomised or included, not of a subgroup."""
        return self.population in (None, "all", "all randomised")

    @property
    def turn(self) -> int:
        """1, or -1 where the log of a ratio must change its sign so that below 0 favours the experimental arm."""
        return 1 if self.direction == "experimental over control" else -1

    @property
    def verified(self) -> bool:
        """Whether the number was read at its source, so that it may be shown as fact and pooled."""
        return self.status == "seen"


class FollowUp(_Record):
    """How long patients were followed."""

    analysis: str | None = None
    median_months: float | None = Field(None, ge=0)
    status: Status = "seen"


Bias = Literal["low", "some concerns", "high"]


class RiskOfBias(_Record):
    """What somebody who read a study's reports judged, by the domains of RoB 2.

    deviations: from the intended interventions.  missing: outcomes.  measurement: of the outcome.  selection: of the
    reported result.  because: what the judgements rest on.
    """

    overall: Bias
    randomisation: Bias | None = None
    deviations: Bias | None = None
    missing: Bias | None = None
    measurement: Bias | None = None
    selection: Bias | None = None
    because: str = ""


class Certainty(_Record):
    """How certain somebody judged the evidence of a study on one endpoint to be, in the words of GRADE, and why."""

    endpoint: str
    judgement: Literal["high", "moderate", "low", "very low"]
    because: str = ""


class Study(_Record):
    """One study: its reports, arms, results, and what a reader must be warned of (`concern`: an expression of concern;
    `contrary`: it did not show the benefit it looked for).

    allocation: how its arms were formed; a synthesis joins other studies, so it is never pooled with them.  took: which
    studies it joined, of a synthesis that answers what is pooled: it is shown beside the pool.
    stopped_early: before the number of patients or events that was planned.
    relevance: to the question that is pooled; indirect studies ask another one.  setting: the state of disease its
    patients were in, the usual one when left out. tags: what sets its population apart.  eligibility: its criteria
    among the knowledge, `trials/NAME`.  in_review: the source review names it.
    """

    study: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    design: str = ""
    allocation: Literal["randomised", "synthesis", "other"] = "other"
    took: str = ""
    stopped_early: bool = False
    phase: Text | None = None
    relevance: Literal["core", "related", "indirect", "unknown"] = "core"
    setting: str = ""
    tags: list[str] = []
    applicability: str = ""
    population: str = ""
    counting_rule: str = ""
    registry: list[str] = []
    registry_unverified: list[str] = []
    n: N | None = None
    n_nsclc: Annotated[int, Field(ge=0, le=MOST_PEOPLE)] | None = None
    reports: list[Publication] = Field(min_length=1)
    arms: list[Arm] = []
    eligibility: str | None = None
    follow_up: list[FollowUp] = []
    in_review: bool = False
    review_refs: list[int] = []
    status: str = ""
    alerts: list[str] = []
    concern: bool = False
    contrary: bool = False
    results: list[Result] = []
    risk_of_bias: RiskOfBias | None = None
    certainty: list[Certainty] = []

    def result(self, name: str) -> Result:
        """KeyError when the study has no such result."""
        for result in self.results:
            if result.id == name:
                return result
        raise KeyError(name)

    def report(self, name: str) -> Publication:
        """KeyError when the study has no such report."""
        for report in self.reports:
            if report.id == name:
                return report
        raise KeyError(name)

    def report_of(self, result: Result) -> Publication:
        """The report that a result stands in."""
        return self.report(result.report)

    @property
    def citation(self) -> str:
        """The first report's citation; its id where none is given."""
        return self.reports[0].citation or f"{self.title} ({self.reports[0].published or 'undated'})"

    @property
    def randomised(self) -> bool:
        """Whether its arms were formed by chance."""
        return self.allocation == "randomised"

    @property
    def pair(self) -> tuple[Arm, Arm] | None:
        """The experimental arm and the control, where there is one of each and no other."""
        by_role = {arm.role: arm for arm in self.arms}
        if len(self.arms) != 2 or by_role.keys() != {"experimental", "control"}:
            return None
        return by_role["experimental"], by_role["control"]

    @property
    def published(self) -> str:
        """The first day on which any report of it can have been published, ISO."""
        return min(report.earliest for report in self.reports)

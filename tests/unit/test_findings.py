"""What a made-up trial found, as a patient who fits it is told."""

import datetime
from dataclasses import dataclass
from typing import Any, cast

import pytest

from oligoscope.evidence.model import Study
from oligoscope.evidence.store import Store
from oligoscope.evidence.terms import Frequencies, Terms
from oligoscope.knowledge.trials import OUTDATED_AFTER_DAYS, Trial
from oligoscope.trials.findings import Findings, findings_of
from oligoscope.trials.match import MATCHES, NO, POSSIBLE, CriterionMet, TrialMatch

TOLD = Frequencies(
    endpoints={"OS": "alive", "PFS": "alive without progression"}, times=["1 year", "2 years", "3 years", "5 years"]
)
MET = (CriterionMet("count", "at most 5", "met"),)


@dataclass(eq=False)
class Shelf:
    """Studies by name; told apart by identity, as stores are."""

    kept: dict[str, Study]
    terms: Terms
    looked: int = 1

    def study(self, name: str) -> Study:
        return self.kept[name]


def study(*results: dict[str, Any], name: str = "made-up", **more: Any) -> Study:
    base = {"report": "r", "endpoint": "OS", "status": "seen"}
    return Study.model_validate(
        {
            "study": name,
            "title": name,
            "reports": [{"id": "r", "published": "2020-05"}, {"id": "s", "published": "2023"}],
            "arms": [{"id": "old", "role": "control"}, {"id": "new", "role": "experimental"}],
            "results": [{"id": f"r{n}", **base, **result} for n, result in enumerate(results)],
            **more,
        }
    )


def rates(new: float, old: float, **more: Any) -> list[dict[str, Any]]:
    both = (("old", old), ("new", new))
    return [{"measure": "rate", "arm": a, "value": v, "unit": "percent", "time": "2 years", **more} for a, v in both]


def hr(value: float, **more: Any) -> dict[str, Any]:
    return {"measure": "hazard_ratio", "value": value, "comparison": "new vs old", **more}


def trial(**more: Any) -> Trial:
    return Trial.model_validate({"trial": "t", "title": "T", "status": "recruiting", **more})


def found(*studies: Study, match: str = MATCHES, criteria: tuple[CriterionMet, ...] = MET) -> list[Findings]:
    cited = trial(cites=[one.study for one in studies])
    shelf = cast(Store, Shelf({one.study: one for one in studies}, Terms(treatment="surgery", frequencies=TOLD)))
    return findings_of([TrialMatch(cited, match, criteria, (), (), ())], shelf)


def only(*results: dict[str, Any], **more: Any) -> Findings:
    (one,) = found(study(*results, **more))
    return one


def test_a_study_that_was_read_again_tells_its_new_numbers() -> None:
    cited = trial(cites=["made-up"])
    shelf = Shelf({"made-up": study(hr(0.5))}, Terms(treatment="surgery", frequencies=TOLD))

    def told() -> Findings:
        (one,) = findings_of([TrialMatch(cited, MATCHES, MET, (), (), ())], cast(Store, shelf))
        return one

    first = told()
    assert told() is first
    shelf.kept["made-up"], shelf.looked = study(hr(0.9)), 2
    assert first.ratios != told().ratios
    assert "0.9" in told().ratios[0]


def test_rates_are_told_of_a_hundred_with_and_without() -> None:
    assert only(*rates(60.4, 39.6)).frequencies == (
        "alive at 2 years: 60 of 100 with surgery, 40 of 100 without [made-up/r1]",
    )
    assert only(*rates(20, 10, endpoint="PFS", time="1 year")).frequencies == (
        "alive without progression at 1 year: 20 of 100 with surgery, 10 of 100 without [made-up/r1]",
    )


def test_years_are_told_in_their_order_and_survival_first() -> None:
    shown = only(
        *rates(4, 3, time="5 years"), *rates(40, 30, time="1 year"), *rates(2, 1, endpoint="PFS", time="1 year")
    ).frequencies
    assert [text.partition(":")[0] for text in shown] == [
        "alive at 1 year",
        "alive at 5 years",
        "alive without progression at 1 year",
    ]


@pytest.mark.parametrize(
    "results",
    [
        rates(60, 40)[:1],
        rates(60, 40)[1:],
        rates(60, 40, time="18 months"),
        rates(60, 40, population="women"),
        rates(60, 40, status="unverified"),
        [rates(60, 40)[0], rates(60, 40, time="1 year")[1]],
        [rates(60, 40)[0], rates(60, 40, endpoint="PFS")[1]],
    ],
)
def test_without_both_arms_at_one_time_nothing_is_told_of_a_hundred(results: list[dict[str, Any]]) -> None:
    assert only(hr(0.5), *results).frequencies == ()


def test_a_trial_without_a_pair_of_arms_tells_no_frequencies() -> None:
    assert only(*rates(60, 40), arms=[{"id": "new"}, {"id": "old"}]).frequencies == ()


def test_of_several_reports_the_newest_ratio_is_told() -> None:
    assert only(hr(0.5), hr(0.6, report="s")).ratios == ("OS: hazard ratio 0.6 (new vs old; source) 2023",)
    assert only(hr(0.6, report="s"), hr(0.5)).ratios == ("OS: hazard ratio 0.6 (new vs old; source) 2023",)


def test_medians_stand_in_where_the_newest_report_has_no_ratio() -> None:
    median = {"measure": "median", "arm": "new", "value": 20, "unit": "month"}
    assert only(median).ratios == ("OS: median 20 months (new; source) 2020",)
    assert only(median, hr(0.5)).ratios == ("OS: hazard ratio 0.5 (new vs old; source) 2020",)
    assert only({**median, "report": "s"}, hr(0.5)).ratios == ("OS: median 20 months (new; source) 2023",)


def test_rates_stand_in_where_nothing_is_compared() -> None:
    rate = {"measure": "rate", "arm": "all", "value": 33, "unit": "percent", "time": "1 year"}
    assert only(rate, arms=[]).ratios == ("OS at 1 year: 33 % (all; source) 2020",)
    assert only(rate).ratios == ()
    assert only(rate, hr(0.5), arms=[]).ratios == ("OS: hazard ratio 0.5 (new vs old; source) 2020",)


def test_each_endpoint_has_its_own_newest_report() -> None:
    shown = only(hr(0.5, endpoint="PFS", report="s"), hr(0.7))
    assert shown.ratios == (
        "OS: hazard ratio 0.7 (new vs old; source) 2020",
        "PFS: hazard ratio 0.5 (new vs old; source) 2023",
    )
    assert shown.year == "2023"


def test_cautions_are_the_concern_and_what_sets_its_patients_apart() -> None:
    assert only(hr(0.5)).cautions == ()
    assert only(hr(0.5), concern=True, tags=["a", "b"]).cautions == ("expression of concern", "a, b")
    assert only(hr(0.5), applicability="core (women only)", tags=["a"]).cautions == ("women only",)
    assert (only(hr(0.5)).contrary, only(hr(0.5), contrary=True).contrary) == (False, True)


def test_a_study_that_shows_nothing_of_survival_is_not_told() -> None:
    assert found(study(hr(0.5, endpoint="toxicity"))) == []
    assert found(study(hr(0.5, status="unverified"))) == []


@pytest.mark.parametrize(("match", "told"), [(MATCHES, 1), (POSSIBLE, 1), (NO, 0)])
def test_only_of_trials_that_a_patient_may_fit_is_anything_told(match: str, told: int) -> None:
    assert len(found(study(hr(0.5)), match=match)) == told


def test_a_trial_whose_criteria_nobody_verified_speaks_for_no_patient() -> None:
    assert found(study(hr(0.5)), match=POSSIBLE, criteria=()) == []


def test_what_a_later_result_replaced_is_not_told() -> None:
    shown = only(hr(0.5, superseded_by="made-up/r1", report="s"), hr(0.7), *rates(60, 40, superseded_by="made-up/r1"))
    assert (shown.ratios, shown.frequencies) == (("OS: hazard ratio 0.7 (new vs old; source) 2020",), ())


def test_studies_stand_by_their_newest_year_and_name() -> None:
    shown = found(study(hr(0.5, report="s"), name="a"), study(hr(0.5), name="c"), study(hr(0.5), name="b"))
    assert [(one.year, one.study.study) for one in shown] == [("2020", "b"), ("2020", "c"), ("2023", "a")]


# ---- a trial's own record ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "outdated"), [(0, False), (OUTDATED_AFTER_DAYS, False), (OUTDATED_AFTER_DAYS + 1, True)]
)
def test_a_status_is_outdated_after_its_days(days: int, outdated: bool) -> None:
    read = datetime.date(2026, 1, 1)
    assert trial(status_date=read.isoformat()).outdated(read + datetime.timedelta(days)) == outdated


@pytest.mark.parametrize("day", ["", "2026", "2026-01"])
def test_a_status_of_a_day_not_known_in_full_is_outdated(day: str) -> None:
    assert trial(status_date=day).outdated(datetime.date(2026, 1, 1))


def test_a_registry_number_is_shown_where_it_was_read() -> None:
    assert trial(nct="NCT1").registry == "NCT1"
    assert trial(nct="NCT1", nct_status="unverified").registry == "registry number not verified"
    assert trial().registry == "registry number not seen"


def test_only_a_trial_that_recruits_is_enrolling() -> None:
    assert trial().enrolling
    assert not any(trial(status=word).enrolling for word in ("completed", "active, not recruiting", "terminated"))

"""What a pool of made-up studies says beside its estimate: other choices, influence, groups, certainty."""

import math
from typing import Any

import pytest

from oligoscope.appraisal.drift import drift
from oligoscope.appraisal.pool import Pool, pool
from oligoscope.appraisal.select import Request
from oligoscope.evidence.model import Study
from oligoscope.evidence.terms import Moderator, Terms
from oligoscope.knowledge import load
from oligoscope.synthesis import meta
from tests.support.studies import medians, ratio, study, trial

DAY = "2030-01-01"
TERMS = Terms(settings=["few"], cautions=["mixed"], moderator=Moderator(tag="targeted", otherwise="others"))


def pooled(*studies: Study, terms: Terms = TERMS, **request: Any) -> Pool:
    return pool(Request("PFS", request.pop("as_of", DAY), **request), studies, terms)


def estimates(fits: Any) -> list[float]:
    return [math.exp(variant.fit.estimate) for variant in fits]


A, B, C = trial("a", 0.4, 2019), trial("b", 0.5, 2020), trial("c", 0.8, 2021, tags=["targeted"])


def test_without_any_study_there_is_no_fit_and_still_what_letting_in_would_give() -> None:
    found = pooled(trial("a", 0.5, concern=True))
    assert (found.fit, found.selected, found.methods, found.certainty) == (None, (), (), ())
    assert [(v.label, v.names) for v in found.sensitivity] == [("with concern", ("a",))]


def test_one_study_is_shown_as_it_is_and_compared_with_nothing() -> None:
    found = pooled(A)
    assert found.fit is not None
    assert (found.fit.test, found.fit.k, found.tau2_interval, found.methods, found.influence) == ("z", 1, None, (), ())
    assert found.fit.estimate == pytest.approx(math.log(0.4))
    assert [v.label for v in found.cumulative] == ["a"]


def test_two_studies_are_pooled_by_random_effects_and_hartung_knapp() -> None:
    found = pooled(A, C)
    expected = meta.fit([math.log(0.4), math.log(0.8)], [0.04, 0.04], method="REML", test="knha")
    assert found.fit is not None
    assert (found.fit.method, found.fit.test) == ("REML", "knha")
    assert found.fit.interval == pytest.approx(expected.interval)
    assert found.tau2_interval == pytest.approx(meta.tau2_interval([math.log(0.4), math.log(0.8)], [0.04, 0.04]))
    assert len(found.methods) > 1
    assert estimates(found.methods) == pytest.approx([math.sqrt(0.32)] * len(found.methods))


def test_influence_leaves_out_each_and_the_cumulative_pool_grows_by_date() -> None:
    """Errors are the same, so that pools are means of logs."""
    found = pooled(C, A, B)
    assert [v.label for v in found.influence] == ["without a", "without b", "without c"]
    assert estimates(found.influence) == pytest.approx([math.sqrt(0.4), math.sqrt(0.32), math.sqrt(0.2)])
    assert [v.label for v in found.cumulative] == ["a", "b", "c"]
    assert estimates(found.cumulative) == pytest.approx([0.4, math.sqrt(0.2), 0.16 ** (1 / 3)])


def test_studies_of_the_tag_are_held_against_the_others() -> None:
    found = pooled(A, B, C).by_tag
    assert found is not None
    assert {name: math.exp(fit.estimate) for name, fit in found.fits.items()} == pytest.approx(
        {"others": math.sqrt(0.2), "targeted": 0.8}
    )
    assert {name: fit.test for name, fit in found.fits.items()} == {"others": "knha", "targeted": "z"}
    assert pooled(A, B).by_tag is None
    assert pooled(A, B, C, terms=Terms(settings=["few"])).by_tag is None


def test_the_change_by_year_takes_four_studies_of_more_than_one_year() -> None:
    assert pooled(A, B, C).by_year is None
    assert pooled(*(trial(name, 0.5) for name in "abcd")).by_year is None
    line = pooled(*(trial(str(year), 0.5 * math.exp(0.1 * (year - 2020)), year) for year in range(2018, 2022))).by_year
    assert line is not None
    assert line.coefficients == pytest.approx((math.log(0.5) - 0.05, 0.1))
    assert line.test == "z"
    bent = pooled(
        *(trial(str(year), value, year) for year, value in ((2018, 0.1), (2019, 2.0), (2020, 0.1), (2021, 2.0)))
    )
    assert bent.by_year is not None
    plain = meta.fit(
        [0.0] * 4, [0.04 + bent.by_year.tau2] * 4, method="EE", test="z", moderators=[-1.5, -0.5, 0.5, 1.5]
    )
    assert bent.by_year.ses[1] >= plain.ses[1] * (1 - 1e-9)


def test_ten_studies_are_enough_for_egger() -> None:
    studies = [
        study(ratio(0.5 + n / 50, interval={"low": 0.3, "high": 0.9 + n / 20, "level": 0.95}), name=f"s{n:02}")
        for n in range(10)
    ]
    assert pooled(*studies[:9]).small_study is None
    found = pooled(*studies)
    assert found.small_study is not None
    said = {domain.name: (domain.judged_by, domain.finding) for domain in found.certainty}
    assert said["publication bias"] == ("data", f"Egger P {found.small_study.p:.2f}")


def test_sensitivity_lets_in_each_kind_and_then_all() -> None:
    others = (
        trial("indirect", 0.9, relevance="related"),
        trial("concern", 0.3, concern=True),
        study(ratio(0.7, status="unverified"), name="unverified"),
        study(*medians(14, 7), {"measure": "p_value", "value": 0.01}, name="approximate"),
    )
    found = {v.label: v.names for v in pooled(A, *others).sensitivity}
    assert found == {
        "with unverified": ("unverified",),
        "with concern": ("concern",),
        "with approximate": ("approximate",),
        "with indirect": ("indirect",),
        "with all of these": ("concern", "indirect", "approximate", "unverified"),
    }
    assert [v.label for v in pooled(A, others[0]).sensitivity] == ["with indirect"]
    assert pooled(A, others[0], admitted=frozenset({"indirect"})).sensitivity == ()


def said(found: Pool) -> dict[str, str]:
    return {domain.name: domain.finding for domain in found.certainty}


def test_certainty_of_one_study() -> None:
    """0.4 with an error of 0.2: 0.27 to 0.59."""
    assert said(pooled(A)) == {
        "risk of bias": "to be judged; by their records stopped early: none",
        "inconsistency": "one study: nothing to compare",
        "indirectness": "no study is marked as differing in population",
        "imprecision": "the interval excludes no effect (0.27 to 0.59)",
        "publication bias": "1 study: fewer than 10, a test would say little",
    }
    assert said(pooled(trial("a", 0.9)))["imprecision"] == "the interval includes no effect (0.61 to 1.33)"
    assert said(pooled(trial("a", 2.0)))["imprecision"] == "the interval excludes no effect (1.35 to 2.96)"


def test_certainty_of_several() -> None:
    found = pooled(A, trial("c", 0.8, tags=["mixed", "old"]), trial("d", 0.4, stopped_early=True))
    assert found.fit is not None
    assert found.fit.prediction is not None
    low, high = (math.exp(end) for end in found.fit.prediction)
    assert said(found)["inconsistency"] == (
        f"I² {found.fit.i2:.0f} %; a new trial may lie between {low:.2f} and {high:.2f}, on either side of 1"
    )
    assert said(found)["indirectness"] == "c (mixed)"
    assert said(found)["risk of bias"].endswith("stopped early: d")
    assert said(found)["publication bias"] == "3 studies: fewer than 10, a test would say little"
    alike = pooled(*(trial(name, 0.4) for name in "abcdef"))
    assert "on either side" not in said(alike)["inconsistency"]


# ---- drift ---------------------------------------------------------------------------------------


def test_drift_tells_who_entered_from_who_was_renewed_and_who_is_new() -> None:
    """Between 2021 and 2024: `again` reports anew, `fresh` for the first time; `later` after, `single` not randomised."""
    setting = load().evidence.terms.usual
    reports = [{"id": "r", "published": "2020-01-01"}, {"id": "s", "published": "2023-01-01"}]
    studies = [
        study(ratio(0.5), ratio(0.5, endpoint="OS"), name="old", setting=setting),
        study(ratio(0.5), ratio(0.6, report="s"), name="again", setting=setting, reports=reports),
        trial("fresh", 0.7, 2022, setting=setting),
        trial("later", 0.7, 2025, setting=setting),
        trial("last-day", 0.7, 2024, setting=setting),
        trial("first-day", 0.7, 2021, setting=setting),
        trial("single", 0.7, 2022, setting=setting, allocation="other"),
        trial("other-question", 0.7, 2022, setting=setting, relevance="indirect"),
        study(
            ratio(0.7, status="unverified"), name="unseen", setting=setting, reports=[{"id": "r", "published": "2022"}]
        ),
        study(name="empty", setting=setting, reports=[{"id": "r", "published": "2022"}]),
    ]
    terms = load().evidence.terms
    changed = drift("2021-01-01", "2024-01-01", load(), studies=studies)
    assert [p.endpoint for p in changed.pools] == terms.endpoints
    change = next(p for p in changed.pools if p.endpoint == "PFS")
    assert {row.study.study for row in change.entered} == {"fresh", "last-day"}
    assert {row.study.study for row in change.renewed} == {"again"}
    assert [(n.study.study, n.report.id, len(n.results), n.pooled) for n in changed.newcomers] == [
        ("fresh", "r", 1, True),
        ("unseen", "r", 0, False),
        ("again", "s", 1, True),
        ("last-day", "r", 1, True),
    ]

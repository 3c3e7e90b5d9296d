"""Which effect of a made-up study enters a pool, how it is worked out, and why others are left out."""

import math
from typing import Any

import pytest

from oligoscope.appraisal.select import Request, Selected, beside, select
from oligoscope.evidence.model import Study
from oligoscope.evidence.terms import Terms
from tests.support.studies import medians, ratio, study

DAY = "2026-01-01"
TERMS = Terms(
    settings=["few", "many"],
    populations={"few, pure": {"setting": "few", "without": "mixed"}},  # type: ignore[dict-item]  # read by pydantic
    preferred="NSCLC",
    cautions=["mixed"],
)
OPEN = frozenset({"unverified", "concern", "approximate", "indirect"})
P = {"measure": "p_value", "value": 0.01}


def chosen(*studies: Study, **request: Any) -> list[Selected]:
    return list(select(Request("PFS", request.pop("as_of", DAY), **request), studies, TERMS)[0])


def only(*studies: Study, **request: Any) -> Selected:
    (row,) = chosen(*studies, **request)
    return row


def why(one: Study, **request: Any) -> tuple[str, str]:
    rows, left = select(Request("PFS", request.pop("as_of", DAY), **request), [one], TERMS)
    assert not rows
    return left[0].reason, left[0].kind


# ---- from what an effect is worked out -----------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "source", "log_ratio", "se"),
    [
        ([ratio()], "interval", math.log(0.5), 0.2),
        ([ratio(interval=None), P], "p", math.log(0.5), math.log(2) / 2.5758293),
        ([ratio(interval=None, p={"value": 0.01})], "p", math.log(0.5), math.log(2) / 2.5758293),
        ([ratio(interval=None, p={"value": 0.005, "sides": 1})], "p", math.log(0.5), math.log(2) / 2.5758293),
        (
            [ratio(interval=None), {**P, "value": 0.005, "p": {"value": 0.005, "sides": 1}}],
            "p", math.log(0.5), math.log(2) / 2.5758293,
        ),
        # V = 90 · 100 · 50 / 150² = 20; the longer median is that of the favoured arm.
        ([*medians(14, 7, events=45), P], "events", -2.5758293 / math.sqrt(20), 1 / math.sqrt(20)),
        ([*medians(7, 14, events=45), P], "events", 2.5758293 / math.sqrt(20), 1 / math.sqrt(20)),
        (
            [*medians(14, 7, events=45), {**P, "value": 0.005, "p": {"value": 0.005, "sides": 1}}],
            "events", -2.5758293 / math.sqrt(20), 1 / math.sqrt(20),
        ),
        ([*medians(14, 7), P], "medians", -math.log(2), math.log(2) / 2.5758293),
        (
            [*medians(14, 7), {**P, "value": 0.005, "p": {"value": 0.005, "sides": 1}}],
            "medians", -math.log(2), math.log(2) / 2.5758293,
        ),
    ],
)  # fmt: skip
def test_each_way_to_an_effect(results: list[dict[str, Any]], source: str, log_ratio: float, se: float) -> None:
    found = only(study(*results), admitted=OPEN)
    assert found.effect.source == source
    assert (found.effect.log_ratio, found.effect.se) == pytest.approx((log_ratio, se), rel=1e-6)
    assert found.verified


def test_rates_are_percentages_of_the_arms_or_of_those_counted() -> None:
    rates = [
        {"measure": "rate", "arm": arm, "value": value, "time": "1 year"} for arm, value in (("new", 60), ("old", 40))
    ]
    found = only(study(*rates), admitted=OPEN)
    log_ratio = math.log(math.log(0.6) / math.log(0.4))
    variances = [(1 - s) / (n * s * math.log(s) ** 2) for s, n in ((0.6, 100), (0.4, 50))]
    assert (found.effect.log_ratio, found.effect.se) == pytest.approx((log_ratio, math.sqrt(sum(variances))))
    counted = only(study(*({**rate, "n": 10} for rate in rates)), admitted=OPEN)
    assert counted.effect.se > 2 * found.effect.se


def test_rates_at_different_times_are_no_pair() -> None:
    one, other = (
        {"measure": "rate", "arm": a, "value": 50, "time": t} for a, t in (("new", "1 year"), ("old", "2 years"))
    )
    assert why(study(one, other), admitted=OPEN) == ("no effect with an error is published", "")


@pytest.mark.parametrize("wrong", [0, 100])
def test_a_rate_of_nobody_or_of_all_gives_no_effect(wrong: float) -> None:
    rates = [{"measure": "rate", "arm": arm, "value": value} for arm, value in (("new", 50), ("old", wrong))]
    assert why(study(*rates), admitted=OPEN)[0] == "no effect with an error is published"


@pytest.mark.parametrize(
    "results",
    [
        [ratio(interval=None), {**P, "p": {"value": 0.01, "operator": "<"}}],
        [ratio(interval=None, p={"value": 0.01, "operator": "<"})],
        [ratio(1.0, interval=None), P],
        [ratio(interval=None), {"measure": "p_value", "value": 1.0}],
        [ratio(interval=None), {"measure": "p_value", "value": None}],
        [ratio(interval=None), {**P, "analysis": "update"}],
        [ratio(interval={"low": 0.3, "high": 0.8})],
        [ratio(interval={"low": 0.3, "level": 0.95})],
        [ratio(interval={"high": 0.8, "level": 0.95})],
        [*medians(7, 7), P],
        [*medians(7, 7, events=45), P],
        [medians(14, 7)[0], P],
        [*medians(14, 7)],
    ],
)
def test_what_gives_no_error_gives_no_effect(results: list[dict[str, Any]]) -> None:
    assert why(study(*results), admitted=OPEN) == ("no effect with an error is published", "")


def test_a_control_over_experimental_ratio_is_turned_whatever_its_error_comes_from() -> None:
    for more in ({}, {"interval": None, "p": {"value": 0.01}}):
        turned = study(ratio(2.0, direction="control over experimental", **more))
        assert only(turned).effect.log_ratio == pytest.approx(-math.log(2.0))


# ---- which of several ----------------------------------------------------------------------------


def test_an_interval_goes_before_a_p_value_and_that_before_events() -> None:
    counted = [*medians(14, 7, events=45), P]
    assert only(study(ratio(), *counted)).effect.source == "interval"
    assert only(study(ratio(interval=None), *counted)).effect.source == "p"
    assert only(study(*counted), admitted=OPEN).effect.source == "events"


def test_the_better_way_goes_first_wherever_it_stands_in_the_record() -> None:
    by_p = ratio(interval=None, p={"value": 0.01})
    counted = [{**row, "analysis": "first"} for row in (*medians(14, 7, events=45), P)]
    assert only(study(by_p, ratio())).effect.source == "interval"
    assert only(study(*counted, by_p)).effect.source == "p"
    shares = [{"measure": "rate", "arm": arm, "value": value} for arm, value in (("new", 60), ("old", 40))]
    assert only(study(*medians(14, 7), P, *shares), admitted=OPEN).effect.source == "rates"


def test_a_verified_effect_goes_before_a_better_one_that_is_not() -> None:
    found = only(study(ratio(0.4, status="unverified"), ratio(0.5, interval=None, p={"value": 0.01})), admitted=OPEN)
    assert (found.effect.source, found.verified) == ("p", True)


def test_an_exact_effect_goes_before_an_approximate_one() -> None:
    found = only(study(ratio(0.4, status="unverified", analysis="a"), *medians(14, 7), P), admitted=OPEN)
    assert (found.effect.approximate, found.verified) == (True, True)
    assert not only(study(ratio(0.4), *medians(14, 7), P), admitted=OPEN).effect.approximate


def test_the_newest_report_that_was_out_counts() -> None:
    reports = [{"id": "r", "published": "2020-05-01"}, {"id": "s", "published": "2022-06"}]
    both = study(ratio(0.5), ratio(0.7, report="s"), reports=reports)
    assert only(both).report.id == "s"
    assert only(both, as_of="2022-06-01").report.id == "s"
    assert only(both, as_of="2022-05-31").report.id == "r"
    assert only(both, as_of="2020-05-01").report.id == "r"
    assert why(both, as_of="2020-04-30") == ("not published by 2020-04-30", "")


def test_results_of_the_preferred_population_count_where_they_are_printed_apart() -> None:
    found = only(study(ratio(0.9), ratio(0.6, population="NSCLC only"), ratio(0.3, population="women")))
    assert found.effect.log_ratio == pytest.approx(math.log(0.6))
    assert found.cautions == ("NSCLC only",)
    assert why(study(ratio(0.3, population="women")))[0] == "no effect with an error is published"


# ---- what a reader must know ---------------------------------------------------------------------


def test_what_gives_no_cause_for_caution_carries_none() -> None:
    assert only(study(ratio())).cautions == ()


@pytest.mark.parametrize(
    ("one", "caution"),
    [
        (study(ratio(), tags=["mixed", "old"]), ("mixed",)),
        (study(ratio(), concern=True), ("expression of concern",)),
        (study(ratio(status="unverified")), ("unverified input",)),
        (study(ratio(interval=None), {**P, "recalled": True}), ("part of its record is recalled, see its note",)),
        (study(ratio(status="unverified", recalled=True)), ("unverified input",)),
        (
            study(ratio(interval=None, status="computed"), {**P, "status": "unverified"}),
            ("computed from a published figure",),
        ),
        (study(*medians(14, 7), P), ("approximate",)),
        (study(ratio(), reports=[{"id": "r", "published": "2020"}]), ("published in 2020, day not known",)),
        (study(ratio(), reports=[{"id": "r", "published": "2020-05"}]), ()),
    ],
)
def test_each_cause_for_caution_is_told(one: Study, caution: tuple[str, ...]) -> None:
    assert only(one, admitted=OPEN).cautions == caution


# ---- who is left out -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "reason", "kind"),
    [
        (
            study(ratio(), relevance="indirect", applicability="all cancers"),
            "asks another question: all cancers",
            "indirect",
        ),
        (study(ratio(), relevance="unknown"), "asks another question: unknown", "indirect"),
        (study(ratio(), relevance="related", applicability="brain"), "only related: brain", "indirect"),
        (study(ratio(), concern=True), "expression of concern", "concern"),
        (
            study(ratio(status="unverified")),
            "an effect with its error is known only from numbers that were not verified",
            "unverified",
        ),
        (study(*medians(14, 7), P), "only an approximation from medians or rates is possible", "approximate"),
        (
            study(*medians(14, 7, status="unverified"), P),
            "only an approximation from numbers that were not verified is possible",
            "unverified",
        ),
    ],
)
def test_what_is_left_out_says_why_and_is_let_in_by_that_word_only(one: Study, reason: str, kind: str) -> None:
    assert why(one) == (reason, kind)
    assert why(one, admitted=OPEN - {kind})[0]
    words = {kind} | ({"approximate"} if "approximation" in reason else set())
    assert only(one, admitted=frozenset(words)).study is one


def test_what_is_left_out_for_good() -> None:
    assert why(study(ratio()), without=("made-up",)) == ("left out on request", "")
    assert why(study(ratio(), setting="many", tags=["mixed"])) == ("another population: many, mixed", "")
    assert why(study(ratio(), setting="many")) == ("another population: many", "")


def test_what_says_nothing_of_the_endpoint_or_is_not_comparative_is_passed_over() -> None:
    assert select(Request("PFS", DAY), [study(ratio(endpoint="OS"))], TERMS) == ((), ())
    single = study(ratio(), allocation="other")
    assert select(Request("PFS", DAY), [single], TERMS) == ((), ())
    assert only(single, randomised=False).study is single


def test_a_population_is_a_setting_a_named_one_a_tag_or_any() -> None:
    studies = [
        study(ratio(), name="a"),
        study(ratio(), name="b", tags=["mixed"]),
        study(ratio(), name="c", setting="many", tags=["old"]),
        study(ratio(), name="d", setting=""),
    ]
    for population, names in (
        ("", "abd"),
        ("few", "abd"),
        ("many", "c"),
        ("few, pure", "ad"),
        ("old", "c"),
        ("any", "abcd"),
    ):
        assert "".join(row.study.study for row in chosen(*studies, population=population)) == names


def test_rows_stand_by_date_and_then_by_name() -> None:
    early = [{"id": "r", "published": "2019"}]
    rows = chosen(study(ratio(), name="b"), study(ratio(), name="a"), study(ratio(), name="c", reports=early))
    assert [row.study.study for row in rows] == ["c", "a", "b"]


def test_of_two_studies_with_one_number_the_one_with_fewer_is_counted() -> None:
    pooled = study(ratio(), name="a-pooled", registry=["NCT1", "NCT2"])
    own = study(ratio(), name="own", registry=["NCT2"])
    hidden = study(ratio(), name="z-again", registry_unverified=["NCT2"])
    rows, left = select(Request("PFS", DAY), [pooled, own, hidden], TERMS)
    assert [row.study.study for row in rows] == ["own"]
    assert {(entry.study.study, entry.reason) for entry in left} == {
        ("a-pooled", "counted already in own (registry NCT2)"),
        ("z-again", "counted already in own (registry NCT2)"),
    }


# ---- what another result replaced, and syntheses -------------------------------------------------

LATER: dict[str, Any] = {"reports": [{"id": "r", "published": "2020-05-01"}, {"id": "s", "published": "2024-03"}]}


def test_a_superseded_result_counts_until_its_successor_is_out() -> None:
    one = study(ratio(0.5, superseded_by="made-up/r1"), ratio(0.8, report="s", endpoint="OS"), **LATER)
    assert math.exp(only(one, as_of="2024-02-29").effect.log_ratio) == pytest.approx(0.5)
    assert why(one, as_of="2024-03-01") == ("superseded by made-up/r1", "")
    assert why(one, admitted=OPEN) == ("superseded by made-up/r1", "")


def test_a_successor_in_another_record_or_in_none_takes_its_place_too() -> None:
    old, new = study(ratio(0.5, superseded_by="new/r0"), name="old"), study(ratio(0.8), name="new")
    assert [row.study.study for row in chosen(old, new)] == ["new"]
    assert why(old) == ("superseded by new/r0", "")


def test_what_stands_beside_a_superseded_result_still_counts() -> None:
    one = study(ratio(0.5, superseded_by="made-up/r1"), ratio(0.8))
    assert math.exp(only(one).effect.log_ratio) == pytest.approx(0.8)


def test_a_synthesis_is_never_pooled_and_stands_beside_where_it_says_what_it_took() -> None:
    joined = {"name": "joined", "allocation": "synthesis", "took": "2 trials"}
    request = Request("PFS", DAY, randomised=False, admitted=OPEN)
    one = study(ratio(0.6), **joined)
    rows, left = select(request, [one], TERMS)
    assert (rows, left[0].reason) == ((), "a synthesis of other studies, never pooled with them")
    assert [(s.study, r.id) for s, r in beside(request, [one], TERMS)] == [("joined", "r0")]
    for other in (
        study(ratio(0.6), **{**joined, "took": ""}),
        study(ratio(0.6, endpoint="OS"), **joined),
        study(ratio(0.6, status="unverified"), **joined),
        study(ratio(0.6, population="women"), **joined),
        study(ratio(0.6, superseded_by="other/x"), **joined),
        study({**ratio(0.6), "measure": "odds_ratio"}, **joined),
        study(ratio(0.6), **joined, setting="many"),
        study(ratio(0.6), **joined, reports=[{"id": "r", "published": "2026-02"}]),
    ):
        assert beside(request, [other], TERMS) == ()
    assert beside(Request("PFS", DAY, without=("joined",)), [one], TERMS) == ()


def test_an_interval_that_its_p_value_refutes_weighs_by_the_level_that_fits() -> None:
    ends = {"low": 0.5, "high": 0.87, "level": 0.95, "fits": 0.8}
    assert only(study(ratio(0.66, interval=ends))).effect.se == pytest.approx(math.log(0.87 / 0.5) / (2 * 1.2815516))

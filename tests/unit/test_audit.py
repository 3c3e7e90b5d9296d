"""What each check of the audit says of made-up numbers, and that it is silent just before."""

import math
from typing import Any

import pytest

from oligoscope.appraisal.audit import arithmetic, audit, twice
from oligoscope.appraisal.checks import Span, decimals
from oligoscope.appraisal.printed import Review
from oligoscope.evidence.model import Study
from oligoscope.evidence.review import Reference, Statement

P = {"measure": "p_value"}


def study(*results: dict[str, Any], name: str = "s", **more: Any) -> Study:
    base = {"report": "r", "endpoint": "OS", "status": "seen"}
    return Study.model_validate(
        {
            "study": name,
            "title": name,
            "reports": [{"id": "r"}, {"id": "r2"}],
            "arms": [{"id": "new", "role": "experimental", "n": 100}, {"id": "old", "role": "control", "n": 100}],
            "results": [{"id": f"r{n}", **base, **result} for n, result in enumerate(results)],
            **more,
        }
    )


def hr(
    value: float, low: float | None = None, high: float | None = None, level: float | None = 0.95, **more: Any
) -> Any:
    ends = {"low": low, "high": high, "level": level} if low or high else None
    return {"measure": "hazard_ratio", "value": value, "interval": ends, **more}


def medians(new: float, old: float, **more: Any) -> list[dict[str, Any]]:
    return [{"measure": "median", "arm": a, "value": v, **more} for a, v in (("new", new), ("old", old))]


def findings(*results: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [(alarm.check, alarm.finding) for alarm in arithmetic(study(*results, **more))]


# ---- spans ---------------------------------------------------------------------------------------


def test_a_printed_number_stands_for_all_that_round_to_it() -> None:
    assert decimals(0.5, 0.25, 1.125) == 3
    assert decimals(2.0, None, math.inf) == decimals() == 0
    span = Span.of(0.25, 2)
    assert (span.low, span.high) == pytest.approx((0.245, 0.255))
    assert Span(1, 2).gap(Span(2, 3)) == Span(2, 3).gap(Span(1, 2)) == Span(1, 4).gap(Span(2, 3)) == 0
    assert Span(1, 2).gap(Span(3.5, 4)) == Span(3.5, 4).gap(Span(1, 2)) == 1.5


# ---- one ratio -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "more", "found"),
    [
        # exp(± 1.96 · 0.2) about 0.8, two decimals
        ([hr(0.80, 0.54, 1.18)], {}, []),
        ([hr(0.50, 0.54, 1.18)], {}, [("inside", "0.5 lies outside 0.54 to 1.18")]),
        ([hr(1.20, 0.54, 1.18)], {}, [("inside", "1.2 lies outside 0.54 to 1.18")]),
        # 0.495 rounds to both: the estimate and the end may be one number
        ([hr(0.50, 0.49, 0.51, None)], {}, []),
        ([hr(0.50, 0.30, 0.49, None)], {}, [("centre", "0.5 (0.3 to 0.49): the interval's centre is 0.38")]),
        ([hr(0.90, 0.54, 1.18)], {}, [("centre", "0.9 (0.54 to 1.18): the interval's centre is 0.80")]),
        ([hr(0.71, 0.54, 1.18)], {}, [("centre", "0.71 (0.54 to 1.18): the interval's centre is 0.80")]),
        # a tenth of an error of 0.2 may lie between: 0.8 · exp(0.02) = 0.816
        ([hr(0.815, 0.5406, 1.1839)], {}, []),
        ([hr(0.825, 0.5406, 1.1839)], {}, [("centre", "0.825 (0.5406 to 1.1839): the interval's centre is 0.80")]),
        ([hr(0.90, 0.54, 1.18, None)], {}, [("centre", "0.9 (0.54 to 1.18): the interval's centre is 0.80")]),
        ([hr(0.90, 0.54, None)], {}, []),
        ([hr(0.90, None, 1.18)], {}, []),
        # an error of 0.1 takes 4 / 0.1² = 400 events, of 200 patients
        (
            [hr(0.8, 0.6576, 0.9732)], {},
            [("information", "the interval needs about 400 events, the study has 200 patients")],
        ),
        ([hr(0.8, 0.6576, 0.9732, population="women")], {}, []),
        ([hr(0.8, 0.6576, 0.9732)], {"arms": []}, []),
        ([hr(0.8, 0.6576, 0.9732)], {"arms": [{"id": "new"}, {"id": "old"}]}, []),
        ([hr(0.8, 0.6576, 0.9732)], {"n": 400}, []),
        (
            [hr(0.8, 0.5406, 1.1839, events=90)], {},
            [("information", "the interval needs about 100 events, the study has 90 events")],
        ),
        ([hr(0.8, 0.5406, 1.1839, events=100)], {}, []),
        (
            [hr(0.8, 0.5406, 1.1839), *({"measure": "count", "arm": a, "value": 45, "unit": "events"} for a in ("new", "old"))],
            {},
            [("information", "the interval needs about 100 events, the study has 90 events")],
        ),
        ([hr(0.8, 0.5406, 1.1839), {"measure": "count", "arm": "new", "value": 45, "unit": "events"}], {}, []),
        ([hr(0.8, 0.5406, 1.1839), *({"measure": "count", "arm": a, "value": 45, "unit": "patients"} for a in ("new", "old"))], {}, []),
    ],
)  # fmt: skip
def test_a_ratio_and_its_interval(
    results: list[dict[str, Any]], more: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert findings(*results, **more) == found


@pytest.mark.parametrize(
    ("results", "found"),
    [
        # |log 0.6| / 0.2 = 2.554: P = 0.0106
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.011}], []),
        # within 0.2 errors: z from 2.354 (P 0.0186) to 2.754 (P 0.0059)
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.018}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.006}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.0053, "p": {"value": 0.0053, "sides": 1}}], []),
        (
            [hr(0.6, 0.4054, 0.8879), {**P, "value": 0.035}],
            [("level", "P = 0.035 is printed, the 95 % interval gives P = 0.011; at 90 % it would fit")],
        ),
        (
            [hr(0.6, 0.4054, 0.8879), {**P, "value": 0.4}],
            [("level", "P = 0.4 is printed, the 95 % interval gives P = 0.011")],
        ),
        ([hr(0.6, 0.4054, 0.8879, p={"value": 0.02, "operator": "<"})], []),
        ([hr(0.6, 0.4054, 0.8879, p={"value": 0.001, "operator": ">"})], []),
        (
            [hr(0.6, 0.4054, 0.8879, p={"value": 0.05, "operator": ">"})],
            [("level", "P > 0.05 is printed, the 95 % interval gives P = 0.011; at 80 % or 90 % it would fit")],
        ),
        (
            [hr(0.6, 0.4054, 0.8879, p={"value": 0.001, "operator": "<="})],
            [("level", "P <= 0.001 is printed, the 95 % interval gives P = 0.011; at 99 % it would fit")],
        ),
        ([hr(0.6, 0.4054, 0.8879, None), {**P, "value": 0.4}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.4, "analysis": "update"}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 0.4, "population": "women"}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": None}], []),
        ([hr(0.6, 0.4054, 0.8879), {**P, "value": 1.0}], []),
    ],
)
def test_an_interval_and_its_p_value(results: list[dict[str, Any]], found: list[tuple[str, str]]) -> None:
    assert [entry for entry in findings(*results) if entry[0] == "level"] == found


@pytest.mark.parametrize(
    ("results", "found"),
    [
        # 0.0001 may be 0.00015, z 3.791; with 0.2 taken off, over log 0.895 = -0.1109: squared, times 4
        (
            [hr(0.9), {**P, "value": 0.0001}],
            [("events", "P = 0.0001 with a ratio of 0.9 needs about 4192 events, the study has 200 patients")],
        ),
        (
            [hr(0.9), {**P, "value": 0.0001, "p": {"value": 0.0001, "operator": "<"}}],
            [("events", "P < 0.0001 with a ratio of 0.9 needs about 4427 events, the study has 200 patients")],
        ),
        ([hr(0.9), {**P, "value": 0.0001, "p": {"value": 0.0001, "operator": ">"}}], []),
        ([hr(0.9, population="women"), {**P, "value": 0.0001, "population": "women"}], []),
        ([hr(1.0), {**P, "value": 0.0001}], []),
    ],
)
def test_a_p_value_and_the_patients_it_takes(results: list[dict[str, Any]], found: list[tuple[str, str]]) -> None:
    assert findings(*results) == found


@pytest.mark.parametrize(("events", "told"), [(20, True), (21, False), (80, False), (81, True)])
def test_a_p_value_and_events_may_differ_by_a_factor_of_two(events: int, told: bool) -> None:
    """P may be 0.015, z 2.432; with 0.2 taken off, over log 0.495 = -0.703: squared, times 4, is 40.3."""
    found = findings(hr(0.5, events=events), {**P, "value": 0.01})
    assert bool(found) == told
    if told:
        assert found[0][1].startswith("P = 0.01 with a ratio of 0.5 fits about 40 ")
        assert found[0][1].endswith(f"events, {events} are printed")


@pytest.mark.parametrize(
    ("results", "more", "found"),
    [
        # exponential: HR = 10 / 20; a factor of 1.5 is allowed, 0.5 · 1.5 = 0.75
        ([hr(0.74), *medians(20, 10)], {}, []),
        ([hr(0.76), *medians(20, 10)], {}, [("medians", "the ratio is 0.76, the medians 20 and 10 give 0.50")]),
        ([hr(0.34), *medians(20, 10)], {}, []),
        ([hr(0.33), *medians(20, 10)], {}, [("medians", "the ratio is 0.33, the medians 20 and 10 give 0.50")]),
        ([hr(2.0, direction="control over experimental"), *medians(20, 10)], {}, []),
        (
            [hr(0.5, direction="control over experimental"), *medians(20, 10)], {},
            [("medians", "the ratio is 0.5, the medians 20 and 10 give 0.50")],
        ),
        # two standard errors of 0.3 reach further than the factor
        ([hr(0.9, 0.5, 1.62), *medians(20, 10)], {}, []),
        ([hr(0.9), *medians(20, 10, analysis="update")], {}, []),
        ([hr(0.9), medians(20, 10)[0]], {}, []),
        ([hr(0.9), medians(20, 10)[1]], {}, []),
        ([hr(0.9), *medians(20, 0)], {}, []),
        ([hr(0.9), *medians(20, 10)], {"arms": [{"id": "new"}, {"id": "old"}]}, []),
        ([hr(0.9), *medians(20, 10)], {"arms": [{"id": "new", "role": "control"}, {"id": "old", "role": "control"}]}, []),
    ],
)  # fmt: skip
def test_a_ratio_and_its_medians(
    results: list[dict[str, Any]], more: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert findings(*results, **more) == found


# ---- printings of one number ---------------------------------------------------------------------

TWO_SIDES = "OS: P = 0.03 in one report, P = 0.11 in another, on two sides of 0.05"


@pytest.mark.parametrize(
    ("results", "found"),
    [
        ([hr(0.8), hr(0.80)], []),
        ([hr(0.8), hr(0.81)], []),
        ([hr(0.82), hr(0.84)], ["OS hazard ratio 0.82 in one printing, 0.84 in another of the same analysis"]),
        ([hr(0.8, 0.6, 1.1), hr(0.81)], []),
        ([hr(0.8), hr(0.6, time="2 years")], []),
        ([hr(0.8), hr(0.6, population="women")], []),
        ([hr(0.8), hr(0.6, report="r2")], []),
        (
            [hr(0.8, analysis="final"), hr(0.6, report="r2", analysis="final")],
            ["OS hazard ratio 0.8 in one printing, 0.6 in another of the same analysis"],
        ),
        ([{**P, "value": 0.03}, {**P, "value": 0.11, "report": "r2"}], [TWO_SIDES]),
        ([{**P, "value": 0.03}, {**P, "value": 0.04, "report": "r2"}], []),
        ([{**P, "value": 0.06}, {**P, "value": 0.11, "report": "r2"}], []),
        (
            [
                {**P, "value": 0.03, "p": {"value": 0.03, "sides": 1}},
                {**P, "value": 0.06, "p": {"value": 0.06, "sides": 2}},
            ],
            [],
        ),
        # the medians agree, the ratios are further apart than a factor of 1.3
        (
            [hr(0.5), *medians(20, 10), hr(0.66, report="r2"), *medians(20.5, 10, report="r2")],
            ["OS: the medians agree, but the hazard ratio is 0.5 in one report and 0.66 in the other"],
        ),
        ([hr(0.5), *medians(20, 10), hr(0.64, report="r2"), *medians(20.5, 10, report="r2")], []),
        ([hr(0.5), *medians(20, 10), hr(0.66, report="r2"), *medians(23, 10, report="r2")], []),
        # z of 0.0001 and 0.04: 3.89 and 2.05
        (
            [
                {**P, "value": 0.0001},
                *medians(20, 10),
                {**P, "value": 0.04, "report": "r2"},
                *medians(20, 10, report="r2"),
            ],
            ["OS: the medians agree, but P = 0.0001 in one report and P = 0.04 in the other"],
        ),
        (
            [
                {**P, "value": 0.02},
                *medians(20, 10),
                {**P, "value": 0.04, "report": "r2"},
                *medians(20, 10, report="r2"),
            ],
            [],
        ),
        ([{"measure": "count", "value": 3, "unit": "x"}, {"measure": "count", "value": 4, "unit": "x"}], []),
    ],
)
def test_two_printings_of_one_number(results: list[dict[str, Any]], found: list[str]) -> None:
    assert [text for check, text in findings(*results) if check == "versions"] == found


def test_the_same_medians_at_two_lengths_of_follow_up() -> None:
    results = [*medians(20, 10, analysis="first"), *medians(20, 10, analysis="second")]
    times = [{"analysis": "first", "median_months": 12}, {"analysis": "second", "median_months": 24}]
    told = [("versions", "OS: the same medians at two lengths of follow-up")]
    assert findings(*results, follow_up=times) == told
    assert findings(*results, follow_up=[{**time, "median_months": 12} for time in times]) == []
    changed = [*medians(20, 10, analysis="first"), *medians(21, 10, analysis="second")]
    assert ("versions", told[0][1]) not in findings(*changed, follow_up=times)


@pytest.mark.parametrize(
    ("rate", "found"),
    [
        (33, []),
        (33.3, []),
        (33.2, [("proportion", "5 of 15 is 33.3 %, 33.2 % is printed")]),
        (33.5, [("proportion", "5 of 15 is 33.3 %, 33.5 % is printed")]),
        (35, [("proportion", "5 of 15 is 33.3 %, 35 % is printed")]),
        (32, [("proportion", "5 of 15 is 33.3 %, 32 % is printed")]),
    ],
)
def test_a_percentage_and_its_count(rate: float, found: list[tuple[str, str]]) -> None:
    count = {"measure": "count", "value": 5, "n": 15, "unit": "patients", "arm": "new"}
    share = {"measure": "rate", "value": rate, "unit": "percent", "arm": "new"}
    assert findings(count, share) == found
    others: tuple[dict[str, Any], ...] = (
        {"arm": "old"},
        {"population": "women"},
        {"endpoint": "PFS"},
        {"unit": "share"},
    )
    assert all(not findings(count, {**share, **other}) for other in others)


# ---- the review, and trials that stand twice -----------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said", "told"),
    [
        (39.2, 39, False),
        (39.2, 39.2, False),
        (39.6, 39.0, True),
        (39.2, 40.0, True),
        (39.2, "40", True),
        (None, "NR", False),
    ],
)
def test_the_review_s_number_is_held_against_its_source(value: Any, said: Any, told: bool) -> None:
    record = study({"measure": "rate", "value": value, "in_review": {"value": said, "statement": "S1"}})
    found = [(a.check, a.finding, a.statements) for a in audit([record])]
    assert found == ([("review-value", f"the review prints {said}, the source {value}", ("S1",))] if told else [])


@pytest.mark.parametrize(
    ("flag", "told"),
    [
        ("differs", True),
        ("outdated", True),
        ("ambiguous", True),
        ("agrees", False),
        ("general", False),
        ("method", False),
    ],
)
def test_a_statement_that_was_read_and_differs_is_told(flag: str, told: bool) -> None:
    entry = {"id": "S1", "section": "1", "quote": "so", "kind": "k", "topic": "t", "flag": flag, "studies": ["a", "b"]}
    plain, noted = Statement(**entry), Statement(**{**entry, "corrected": "not so", "note": "see table 2"})  # type: ignore[arg-type]  # pydantic reads them
    found = [(a.study, a.finding, a.statements, a.shown) for a in audit([], Review([plain, noted]))]
    expected = [(f"{flag}: “so”"), (f"{flag}: “not so” — see table 2")]
    assert found == ([("a, b", text, ("S1",), True) for text in expected] if told else [])


def test_one_trial_is_known_by_its_numbers_its_papers_or_its_results() -> None:
    def told(one: dict[str, Any], other: dict[str, Any], *results: dict[str, Any]) -> list[tuple[str, str]]:
        pair = (study(*results, name="a", **one), study(*results, name="b", **other))
        return [(alarm.study, alarm.finding) for alarm in twice(pair)]

    assert told({}, {}) == []
    assert told({"registry": ["NCT1", "NCT2"]}, {"registry_unverified": ["NCT2"]}) == [
        ("a, b", "both are NCT2: count one of them")
    ]
    papers = {"reports": [{"id": "r", "pmid": "7"}]}
    assert told(papers, papers) == [("a, b", "both are 7: count one of them")]
    same = "both report 200 patients and the same medians for OS: perhaps one trial"
    assert told({"n": 200}, {"n": 200}, *medians(20, 10)) == [("a, b", same)]
    assert told({"n": 200}, {"n": 201}, *medians(20, 10)) == []
    assert told({}, {}, *medians(20, 10)) == []
    assert told({"n": 200}, {"n": 200}, *medians(20, 10, population="women")) == []


def test_a_trial_that_the_review_counts_twice() -> None:
    refs: dict[str, Any] = {"review_refs": [3, 9]}
    (alarm,) = twice([study(allocation="randomised", **refs)])
    assert alarm.finding == "the review cites it under 2 numbers (3, 9): one trial"
    assert not list(twice([study(**refs)]))
    assert not list(twice([study(allocation="randomised", review_refs=[3])]))


@pytest.mark.parametrize("by", ["pmid", "doi"])
def test_a_paper_that_the_review_lists_twice(by: str) -> None:
    listed = [
        Reference(ref=n, status="seen", first_author="Nobody", year="2020", **{by: v})
        for n, v in ((1, "x"), (2, ""), (3, ""), (4, "x"))
    ]
    (alarm,) = audit([], Review(references=listed, study="our-review"))
    assert alarm.study == "our-review"
    assert alarm.finding == "references 1 and 4 of the review are one paper (Nobody 2020)"


def test_a_finding_on_numbers_that_were_not_verified_names_none() -> None:
    (alarm,) = arithmetic(study(hr(0.5, 0.54, 1.18, status="unverified")))
    assert (alarm.shown, alarm.results) == (False, ("s/r0",))
    assert alarm.finding.startswith("Does the estimate lie in its interval? No.")
    assert "0.5" not in alarm.finding
    (open_one,) = arithmetic(study(hr(0.5, 0.54, 1.18)))
    assert (open_one.shown, open_one.results) == (True, ("s/r0",))

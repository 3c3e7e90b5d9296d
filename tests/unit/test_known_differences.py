"""Each known difference that a computed check shows, planted in made-up studies and a made-up review, and mended."""

from typing import Any, NamedTuple

import pytest

from oligoscope.appraisal.audit import audit
from oligoscope.appraisal.checks import CHECKS, Alarm
from oligoscope.appraisal.known import against_lists
from oligoscope.appraisal.printed import Review
from oligoscope.evidence import Study
from oligoscope.evidence.review import Discrepancy, Link, Statement
from oligoscope.knowledge import Trial, load

KNOWLEDGE = load()
EVIDENCE = KNOWLEDGE.evidence
TERMS = EVIDENCE.terms.review
REVIEW = Review(EVIDENCE.statements, EVIDENCE.references, EVIDENCE.links, TERMS.study, str(TERMS.searched))


class Case(NamedTuple):
    """What an audit is given."""

    studies: tuple[Study, ...] = ()
    statements: tuple[Statement, ...] = ()
    links: tuple[Link, ...] = ()
    trials: tuple[Trial, ...] = ()

    def alarms(self, check: str) -> list[Alarm]:
        found = audit(self.studies, Review(self.statements, (), self.links, searched="2020-01-01"), self.trials)
        return [alarm for alarm in found if alarm.check == check]


def study(*results: dict[str, Any], **more: Any) -> Study:
    base = {"report": "old", "endpoint": "OS", "status": "seen", "measure": "median", "unit": "month"}
    return Study.model_validate(
        {
            "study": "made-up",
            "title": "Made up",
            "allocation": "randomised",
            "in_review": True,
            "reports": [{"id": "old", "published": "2016"}, {"id": "new", "published": "2019"}],
            "arms": [{"id": "a", "role": "experimental", "n": 30}, {"id": "b", "role": "control", "n": 30}],
            "results": [{"id": f"r{n}", **base, **result} for n, result in enumerate(results)],
            **more,
        }
    )


def statement(name: str, quote: str) -> Statement:
    said = {"section": "1", "kind": "result", "topic": "survival", "flag": "agrees", "studies": ["made-up"]}
    return Statement.model_validate({"id": name, "quote": quote, **said})


def link(name: str, phrase: str, result: int = 0, **more: Any) -> Link:
    to = {"result": f"made-up/r{result}"}
    return Link.model_validate({"statement": name, "phrase": phrase, "to": to, "reviewed": {"confirms": "so"}, **more})


def prints(phrase: str, **result: Any) -> Case:
    """A review that prints one number of a source."""
    return Case((study(result),), (statement("S1", phrase),), (link("S1", phrase),))


def quoted(value: float, said: float) -> Case:
    """A record that notes what the review prints for its number."""
    result = {"measure": "rate", "unit": "percent", "value": value, "in_review": {"statement": "S1", "value": said}}
    return Case((study(result),), (statement("S1", f"{said:g}%"),))


def order(more: float, less: float) -> Case:
    told = link("S1", "later is longer", 0, more_than="made-up/r1")
    return Case(
        (study({"arm": "a", "value": more}, {"arm": "b", "value": less}),), (statement("S1", told.phrase),), (told,)
    )


def reported(day: str) -> Case:
    return Case((study({"value": 9}, reports=[{"id": "old", "published": day}]),), (statement("S1", "is ongoing"),))


def registered(number: str) -> Case:
    return Case((study(registry=["NCT02756793"]),), (statement("S1", f"(NCT {number})"),))


def recorded(phrase: str, item: str, **trial: Any) -> Case:
    to = link("S1", phrase, to={"criterion": f"made-up/{item}"})
    record = Trial.model_validate({"trial": "made-up", "title": "Made up", "status": "closed", **trial})
    return Case((), (statement("S1", phrase),), (to,), (record,))


def limit(phrase: str, condition: str) -> Case:
    count = {"id": "count", "when": {"n_metastases": condition}, "text": "so", "status": "seen"}
    return recorded(phrase, "count", criteria=[count])


def year(said: int) -> Case:
    return Case(
        (study(reports=[{"id": "old", "published": "2014-09"}]),), (statement("S1", f"In {said}, it was asked"),)
    )


def two_reports(second: str) -> Case:
    pfs = {"endpoint": "PFS", "arm": "a"}
    results = (
        {**pfs, "value": 11.9},
        {"arm": "a", "value": 41.2, "report": second},
        {**pfs, "value": 14.2, "report": "new"},
    )
    said = (statement("S1", "PFS 11.9 months"), statement("S2", "OS 41.2 months"))
    return Case((study(*results),), said, (link("S1", "11.9 months"), link("S2", "41.2 months", 1)))


def ratio(value: float, low: float, high: float, p: float | None = None, level: float = 0.95) -> Case:
    ends = {"low": low, "high": high, "level": level}
    results = [{"measure": "hazard_ratio", "value": value, "interval": ends}]
    results += [{"measure": "p_value", "value": p}] if p else []
    return Case((study(*results),))


def cited(*numbers: int) -> Case:
    return Case((study(review_refs=list(numbers)),))


def followed(first: float, second: float) -> Case:
    """The same medians at two lengths of follow-up."""
    results = [
        {"arm": arm, "value": value, "analysis": time} for time in "xy" for arm, value in (("a", 20.2), ("b", 12.5))
    ]
    times = [{"analysis": "x", "median_months": first}, {"analysis": "y", "median_months": second}]
    return Case((study(*results, follow_up=times),))


def twice_printed(first: float, second: float) -> Case:
    """Two printings of one analysis, to two decimals as their intervals show."""
    ends = {"low": 0.41, "high": 0.92, "level": 0.95}
    return Case(
        (
            study(
                *({"measure": "hazard_ratio", "value": hr, "interval": ends, "analysis": "x"} for hr in (first, second))
            ),
        )
    )


def limits(one: str, other: str) -> Case:
    return Case((), (statement("S1", one), statement("S2", other)))


def more_by(high: float, low: float) -> Case:
    rates = [
        {"measure": "rate", "unit": "percent", "arm": arm, "value": rate} for arm, rate in (("a", high), ("b", low))
    ]
    return Case((study(*rates),), (statement("S1", "20% more"),), (link("S1", "20% more"), link("S1", "20% more", 1)))


def compared(p: float) -> Case:
    return prints("higher in one group", measure="p_value", value=p, unit=None)


def share(percent: float) -> Case:
    count = {"measure": "count", "unit": "patients", "n": 20, "value": 4}
    return Case((study(count, {"measure": "rate", "unit": "percent", "value": percent}),))


P = {"measure": "p_value", "unit": None}
BELOW = {**P, "value": 0.001, "p": {"value": 0.001, "operator": "<"}}

PLANTED: dict[str, tuple[str, Case, Case]] = {
    "R2": ("direction", order(25, 46), order(46, 25)),
    "R6": ("since", reported("2024"), reported("2019")),
    "R7": ("since", reported("2024-08-19"), reported("2019-08-19")),
    "R11": ("registry", registered("02756973"), registered("02756793")),
    "R12": ("trial", limit("1-3 metastases", "[1..5]"), limit("1-5 metastases", "[1..5]")),
    "R13": ("trial", recorded("n=340", "enrolment", enrolment=134), recorded("n=134", "enrolment", enrolment=134)),
    "R14": ("trial", limit("1-3 lesions", "[1..5]"), limit("1-3 lesions", "<= 3")),
    "R15": ("trial", recorded("110 patients", "enrolment", enrolment=113), recorded("113 patients", "enrolment", enrolment=113)),
    "R16": ("year", year(2016), year(2014)),
    "R17": ("cuts", two_reports("new"), two_reports("old")),
    "R18": ("level", ratio(0.35, 0.18, 0.66, 0.0054), ratio(0.35, 0.18, 0.66, 0.0054, 0.9)),
    "R20": ("trial", limit("< 5 lesions", "<= 5"), limit("<= 5 lesions", "<= 5")),
    "R22": ("centre", ratio(0.22, 0.17, 0.46), ratio(0.28, 0.17, 0.46)),
    "R23": ("twice", cited(23, 28), cited(23)),
    "R24": ("versions", followed(19.6, 23.6), followed(19.6, 19.6)),
    "R25": ("review-value", prints("P=0.0004", **P, value=0.04), prints("P=0.04", **P, value=0.04)),
    "R26": ("review-value", prints("P=0.001", **BELOW), prints("P<0.001", **BELOW)),
    "R28": ("review-value", quoted(13, 10), quoted(10, 10)),
    "R36": ("since", reported("2025"), reported("2018")),
    "R37": ("versions", twice_printed(0.6, 0.66), twice_printed(0.6, 0.6)),
    "R41": ("threshold", limits("<10 metastatic lesions", ">10 metastatic lesions"), limits("<10 metastatic lesions", ">=10 metastatic lesions")),
    "R42": ("threshold", limits("(< 5 cm)", "(> 5 cm)"), limits("(< 5 cm)", "(> 4 cm)")),
    "R43": ("threshold", limits("within 6 months", "appear 6 months after"), limits("within 6 months", "appear > 6 months")),
    "R48": ("points", more_by(29, 9), more_by(12, 10)),
    "N3": ("direction", order(25, 46), order(47, 46)),
    "N4": ("significance", compared(0.363), compared(0.0363)),
    "N10": ("proportion", share(25), share(20)),
    "N11": ("year", year(2016), year(2014)),
    "N15": ("review-value", quoted(13, 10), quoted(13, 13)),
    "N17": ("review-value", quoted(39.2, 60), quoted(39.2, 39)),
    "N31": ("since", reported("2024"), reported("2019-12-31")),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_shown_and_a_mended_one_is_not(name: str) -> None:
    check, wrong, right = PLANTED[name]
    assert wrong.alarms(check)
    assert not right.alarms(check)


def test_every_known_difference_of_a_computed_check_is_planted() -> None:
    named = {d.id: d.check for d in EVIDENCE.discrepancies if d.check and CHECKS[d.check].computed}
    assert named == {name: check for name, (check, _, _) in PLANTED.items()}


def test_every_known_difference_is_shown_by_the_check_that_it_names() -> None:
    known = against_lists(EVIDENCE.discrepancies, audit(EVIDENCE.studies(), REVIEW, KNOWLEDGE.trials))
    assert [entry.discrepancy.id for entry in known if entry.shown != bool(entry.discrepancy.check)] == []
    assert len(known) == 86
    assert sum(entry.computed for entry in known) == len(PLANTED)


# ---- what each check says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "case", "said"),
    [
        ("review-value", prints("47.8%", measure="rate", unit="percent", value=47.9), "the review prints 47.8%, the source 47.9"),
        ("review-value", prints("P=0.001", **BELOW), "the review prints P=0.001, the source P < 0.001"),
        ("direction", order(25, 46), "said to be more, but 25 is not above 46: turned round"),
        ("direction", order(25, 25), "said to be more, but 25 is not above 25: turned round"),
        ("significance", compared(0.05), "“higher in one group”, with P 0.05"),
        ("points", more_by(29, 9), "20% more: 29 against 9 % are 20 percentage points"),
        ("cuts", two_reports("new"), "PFS 11.9 of the earlier report stands beside OS 41.2 of the later one, which has PFS 14.2"),
        ("trial", limit("< 5 lesions", "<= 5"), "the review prints < 5 lesions, the trial's record has <= 5"),
        ("trial", recorded("n=340", "enrolment", enrolment=134), "the review prints n=340, the trial's record has 134"),
        ("registry", registered("02756973"), "the review prints NCT02756973, the record has NCT02756793: 2 digits differ"),
        ("year", year(2016), "the review says 2016, published 2014"),
        ("since", reported("2020-01-02"), "first reported 2020-01-02, the review searched to 2020-01-01"),
        ("threshold", limits("< 5 cm", "> 5 cm"), "exactly 5 cm belongs to neither side"),
        ("threshold", limits("at least 3 months", "at most 3 months"), "exactly 3 months belongs to both sides"),
    ],
)  # fmt: skip
def test_a_check_says_what_differs(check: str, case: Case, said: str) -> None:
    (found,) = case.alarms(check)
    assert found.finding == said
    assert "S1" in found.statements


@pytest.mark.parametrize(
    ("check", "case"),
    [
        ("review-value", prints("47.8%", measure="rate", unit="percent", value=47.84)),
        ("review-value", prints("48%", measure="rate", unit="percent", value=47.8)),
        ("review-value", prints("9 months", measure="rate", unit="percent", value=47.8)),
        ("review-value", prints("9 of 20", measure="rate", unit="percent", value=47.8)),
        ("review-value", prints("20% more", measure="rate", unit="percent", value=47.8)),
        ("significance", compared(0.049)),
        ("significance", prints("the same in both", **P, value=0.4)),
        ("trial", limit("few lesions", "<= 5")),
        ("trial", limit("1-5 lesions", "> 3")),
        ("since", reported("2020-01-01")),
        ("year", Case((study(),), (statement("S1", "Until 2013, nobody asked"),))),
        ("threshold", limits("< 5 cm", "> 5 months")),
    ],
)  # fmt: skip
def test_a_check_is_silent_where_nothing_differs(check: str, case: Case) -> None:
    assert case.alarms(check) == []


def test_a_number_of_another_population_is_told_beside_the_one_that_differs() -> None:
    rate = {"measure": "rate", "unit": "percent", "endpoint": "spread"}
    said = {**rate, "population": "stage IV", "value": 26, "in_review": {"statement": "S1", "value": 10}}
    other = {**rate, "population": "all stages", "value": 10.4}
    (found,) = Case((study(said, other),)).alarms("population")
    assert found.finding == "the review prints 10 for stage IV, which is the number of all stages"
    assert not Case((study(said, {**other, "value": 10.6}),)).alarms("population")
    assert not Case((study(said, {**other, "endpoint": "death"}),)).alarms("population")


def test_shares_of_one_whole_stay_within_it() -> None:
    def parts(*rates: float, whole: str = "all") -> Case:
        rate = {"measure": "rate", "unit": "percent", "share_of": whole}
        return Case((study(*({**rate, "value": value} for value in rates)),))

    (found,) = parts(64, 9, 29).alarms("shares")
    assert found.finding == "the shares of all add up to 102 %"
    assert not parts(64, 9, 28).alarms("shares")
    assert not parts(64, 9, 29, whole="").alarms("shares")


def test_numbers_that_were_not_verified_are_told_of_without_them() -> None:
    (found,) = prints("47.8%", measure="rate", unit="percent", value=40.0, status="unverified").alarms("review-value")
    assert (found.shown, "40" in found.finding) == (False, False)


def test_a_report_after_the_search_is_told_with_its_day() -> None:
    (found,) = reported("2020-01-02").alarms("since")
    assert (found.shown, "2020-01-02" in found.finding) == (True, True)


def test_a_known_difference_is_shown_by_its_own_check_on_its_own_statement_or_study() -> None:
    def known(id: str, check: str, weight: str = "A", **more: Any) -> Discrepancy:
        return Discrepancy.model_validate({"id": id, "check": check, "weight": weight, "text": "so", **more})

    alarms = [
        Alarm("centre", "a, b", (), "off"),
        Alarm("review-value", "c", (), "off", statements=("S1",)),
        Alarm("review-statement", "c", (), "off", statements=("S2",)),
    ]
    entries = [
        known("by-study", "centre", studies=["b"]),
        known("by-statement", "review-value", statements=["S1", "S9"]),
        known("by-flag", "review-statement", statements=["S2"]),
        known("other-check", "inside", studies=["b"], statements=["S1"]),
        known("other-statement", "review-value", statements=["S2"], studies=["c"]),
        known("no-check", "", studies=["b"], statements=["S1"]),
        known("spelling", "centre", "D", studies=["a"]),
    ]
    assert {k.discrepancy.id: (k.shown, k.computed) for k in against_lists(entries, alarms)} == {
        "by-study": (True, True),
        "by-statement": (True, True),
        "by-flag": (True, False),
        "other-check": (False, False),
        "other-statement": (False, False),
        "no-check": (False, False),
    }

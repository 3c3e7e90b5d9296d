"""What a trial that speaks for a patient is quoted with: both arms of one analysis, of its newest report."""

from oligoscope.evidence.terms import Frequencies
from oligoscope.trials import speaking
from tests.support.studies import medians, ratio, study

REPORTS = [{"id": "r", "published": "2020-05-01"}, {"id": "late", "published": "2024-02-01"}]
TOLD = Frequencies.model_validate({"endpoints": {"PFS": "free of progression"}, "times": ["12 months"]})


def test_the_newest_report_with_both_arms_is_quoted() -> None:
    late = [{**each, "report": "late"} for each in medians(16, 8)]
    for results in ([*medians(14, 7), *late], [*late, *medians(14, 7)]):
        found = speaking._speaking(study(*results, reports=REPORTS), "A trial", True, TOLD)
        assert found.medians
        assert (found.medians.treated.value, found.medians.control.value) == (16, 8)


def test_newer_goes_before_the_name_of_an_analysis() -> None:
    early = [{**each, "analysis": "per protocol"} for each in medians(14, 7)]
    late = [{**each, "report": "late"} for each in medians(16, 8)]
    found = speaking._speaking(study(*early, *late, reports=REPORTS), "A trial", True, TOLD)
    assert found.medians
    assert found.medians.treated.value == 16


def test_a_report_with_one_arm_alone_is_not_quoted() -> None:
    late = [{**medians(16, 8)[0], "report": "late"}]
    found = speaking._speaking(study(*medians(14, 7), *late, reports=REPORTS), "A trial", True, TOLD)
    assert found.medians
    assert (found.medians.treated.value, found.medians.control.value) == (14, 7)


def test_the_ratio_of_the_newest_report_is_quoted() -> None:
    for results in ([ratio(0.5), ratio(0.7, report="late")], [ratio(0.7, report="late"), ratio(0.5)]):
        found = speaking._speaking(study(*results, reports=REPORTS), "A trial", True, TOLD)
        assert found.ratio
        assert found.ratio.value == 0.7

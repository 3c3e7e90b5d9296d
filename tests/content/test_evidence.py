"""Every line can be followed to a study record; what was not seen is never printed as fact."""

import pytest

from oligoscope.appraisal.pool import pool
from oligoscope.appraisal.select import OPTIONAL, Request, select
from oligoscope.evidence import EvidenceError
from oligoscope.evidence.terms import ANY
from oligoscope.evidence.wording import number_text
from oligoscope.knowledge import load
from oligoscope.report.wording import STATUS
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import Option, Options, Table

EVIDENCE = load().evidence
TABLES = [step.table for step in load().steps if isinstance(step, CompiledTable)]


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_the_chain_of_every_rule_ends_at_a_study(table: Table) -> None:
    for part in table.parts:
        for rule in part.named_rules:
            cites = rule.provenance.cites or part.provenance.cites
            if isinstance(table, Options) and rule.then == "no":
                continue
            status = rule.provenance.status or part.provenance.status or table.provenance.status
            assert cites or status == "design", f"{rule.id} cites nothing and is no ruling of our own"
            for study in cites:
                assert EVIDENCE.study(study).reports
            assert (rule.provenance.status or part.provenance.status or table.provenance.status) in STATUS
        for reference in part.expects if isinstance(part, Option) else ():
            assert EVIDENCE.resolve(reference)[1].status == "seen"
    for outcome in table.outcomes:
        for reference in outcome.expects:
            assert EVIDENCE.resolve(reference)[1].status == "seen"


def test_every_study_has_a_report_that_can_be_found() -> None:
    for name in EVIDENCE.ids:
        study = EVIDENCE.study(name)
        assert not study.results or all(r.citation or r.pmid or r.doi or r.url for r in study.reports), name
        assert len({r.id for r in study.results}) == len(study.results)


def test_a_number_that_was_not_seen_is_not_printed() -> None:
    hidden = [
        (study, r)
        for study in EVIDENCE.ids
        for r in EVIDENCE.study(study).results
        if r.status != "seen" and isinstance(r.value, float) and r.value
    ]
    assert hidden
    for _, result in hidden:
        assert f"{result.value:g}" not in number_text(result).replace(str(result.arm), "").replace(
            str(result.comparison), ""
        ).replace(str(result.endpoint), "")


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("ashworth-2014/os-rate-5-years-low-risk", 47.8),
        ("ashworth-2014/os-rate-5-years-intermediate-risk", 36.2),
        ("ashworth-2014/os-rate-5-years-high-risk", 13.8),
        ("sperduto-2017-molgpa/os-median-adenocarcinoma-3-5-4-0", 46.8),
        ("sperduto-2017-molgpa/os-median-adenocarcinoma-2-5-3-0", 26.5),
        ("sperduto-2017-molgpa/os-median-adenocarcinoma-1-5-2-0", 13.7),
        ("sperduto-2017-molgpa/os-median-adenocarcinoma-0-1-0", 6.9),
        ("sperduto-2017-molgpa/os-median-non-adenocarcinoma-2-5-3-0", 12.8),
        ("sperduto-2017-molgpa/os-median-non-adenocarcinoma-1-5-2-0", 9.8),
        ("sperduto-2017-molgpa/os-median-non-adenocarcinoma-0-1-0", 5.3),
        ("jang-2014/os-median-ecog-4", 25.5),
        ("gomez-lct/pfs-median-experimental-2019", 14.2),
        ("gomez-lct/pfs-median-control-2019", 4.4),
        ("nrg-lu002/pfs-hr-experimental-vs-control-asco-2024", 0.93),
    ],
)
def test_numbers_that_reports_print(reference: str, value: float) -> None:
    assert EVIDENCE.resolve(reference)[1].value == value


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(EvidenceError, match="did you mean ashworth-2014"):
        EVIDENCE.study("ashwort-2014")
    with pytest.raises(EvidenceError, match="did you mean"):
        EVIDENCE.resolve("ashworth-2014/os-rate-5-years-low")


def test_a_concern_is_carried() -> None:
    assert EVIDENCE.study("sindas").concern


def test_what_joins_other_studies_is_never_pooled_with_them() -> None:
    joining = {s.study for s in EVIDENCE.studies() if "meta-analysis" in s.design}
    assert joining == {s.study for s in EVIDENCE.studies() if s.allocation == "synthesis"}
    assert "ipdma-radical-nsclc" in joining
    for endpoint in ("OS", "PFS"):
        request = Request(endpoint, "2030-01-01", ANY, randomised=False, admitted=frozenset(OPTIONAL))
        assert not joining & {row.study.study for row in select(request, EVIDENCE.studies(), EVIDENCE.terms)[0]}


def test_the_individual_data_meta_analysis_stands_beside_overall_survival() -> None:
    found = pool(Request("OS", "2030-01-01"), EVIDENCE.studies(), EVIDENCE.terms)
    assert [(study.study, result.value) for study, result in found.beside] == [("ipdma-radical-nsclc", 0.62)]
    assert pool(Request("PFS", "2030-01-01"), EVIDENCE.studies(), EVIDENCE.terms).beside == ()
    assert pool(Request("OS", "2022-09-01"), EVIDENCE.studies(), EVIDENCE.terms).beside == ()


def test_no_pool_rule_or_page_uses_a_superseded_number_without_saying_so() -> None:
    replaced = {f"{s.study}/{r.id}": r for s in EVIDENCE.studies() for r in s.results if r.superseded_by}
    assert "alex-5y/os-hr-alectinib-vs-crizotinib" in replaced
    for result in replaced.values():
        assert f"superseded by {result.superseded_by}" in number_text(result)
        later = EVIDENCE.resolve(result.superseded_by)[1]
        assert later.verified
        assert not later.superseded_by

    def with_alex(day: str) -> list[str]:
        request = Request("OS", day, ANY, randomised=False, admitted=frozenset(OPTIONAL))
        rows = select(request, EVIDENCE.studies(), EVIDENCE.terms)[0]
        assert not [row for row in rows for r in row.results if r.superseded_by and day > "2025-10-31"]
        return [result.id for row in rows if row.study.study == "alex-5y" for result in row.results]

    assert with_alex("2025-09-30") == ["os-hr-alectinib-vs-crizotinib"]
    assert "os-hr-alectinib-vs-crizotinib" not in with_alex("2030-01-01")
    expected = {name for table in TABLES for part in table.parts for name in getattr(part, "expects", ())}
    expected |= {name for table in TABLES for outcome in table.outcomes for name in outcome.expects}
    assert expected
    assert not expected & set(replaced)

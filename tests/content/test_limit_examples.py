"""Plans held against the packaged limits, from a file, and what no plan may do to them."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from oligoscope.dose import Judgement, Limits, Measured, Structure, judge, wanted
from oligoscope.dose.limits import Limit
from oligoscope.dose.verdicts import MET, OrganVerdict
from oligoscope.knowledge import load

FOLDER = Path(__file__).parent / "limit_examples"
EXAMPLES = yaml.safe_load((FOLDER / "limits.yaml").read_text("utf-8"))["examples"]
LIMITS: Limits = load().limits
JUDGED = sorted({(row.fractions, row.organ) for row in LIMITS.rows if row.judges})


def measured(value: float | list[float]) -> Measured:
    return Measured(None, *value) if isinstance(value, list) else Measured.exact(value)


def of_organ(found: Judgement, organ: str) -> OrganVerdict:
    return next(entry for entry in found.organs if entry.organ == organ)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["id"] for example in EXAMPLES])
def test_worked_example(example: dict[str, Any]) -> None:
    metrics = {name: measured(value) for name, value in example["metrics"].items()}
    found = judge(LIMITS, example["fractions"], [Structure("drawn", example["organ"], metrics)])
    told = {v.limit.id if v.limit else "": v.verdict for v in found.verdicts if v.organ == example["organ"]}
    assert {name: told[name] for name in example["verdicts"]} == example["verdicts"]
    organ, expect = of_organ(found, example["organ"]), dict(example["expect"])
    notes = expect.pop("notes", [])
    labels = {row.source: row.label for row in LIMITS.rows}
    expect["sources"] = tuple(labels[name] for name in expect.get("sources", [])) or organ.sources
    assert {name: getattr(organ, name) for name in expect} == expect
    assert len(organ.notes) == len(notes)


def test_every_number_that_was_read_is_there_and_no_other() -> None:
    """as_read.csv was taken out of the sources' tables by a script, not from the pack."""
    read = {
        (row["source"], row["organ"], row["metric"], int(row["fractions"]), float(row["limit"]))
        for row in csv.DictReader((FOLDER / "as_read.csv").read_text("utf-8").splitlines())
    }
    sources = {source for source, *_ in read}
    kept = {
        (row.source, row.organ, row.metric, row.fractions, row.limit)
        for row in LIMITS.rows
        if row.source in sources and row.limit is not None
    }
    assert read <= kept
    # A row of two organs was read under one name; the maximum of colon and rectum came later.
    twins = {"chest_wall": "ribs", "trachea": "proximal_bronchial_tree", "proximal_bronchial_tree": "trachea"}
    late = {("norwegian-sabr-library", organ, "Dmax", 3, 28.8) for organ in ("colon", "rectum")}
    assert {(source, twins.get(organ, organ), *rest) for source, organ, *rest in kept - read - late} <= read
    assert late <= kept


def test_where_there_are_limits_at_all() -> None:
    assert LIMITS.columns() == (1, 2, 3, 4, 5, 6, 8)
    assert LIMITS.columns("spinal_cord") == (1, 2, 3, 4, 5, 8)
    assert {row.id for row in LIMITS.rows if row.status == "unverified"} == {
        "TG101-lungs-1500cc-1fx",
        "TG101-liver-700cc-1fx",
    }


def test_no_limit_is_without_its_source() -> None:
    studies = load().evidence
    for row in LIMITS.rows:
        assert studies.study(row.source).reports[0].citation
        assert row.label
        assert row.says or row.limit


def test_what_is_not_verified_judges_nothing() -> None:
    every = {row.metric: Measured.exact(0.0) for row in LIMITS.of(1, "lungs")}
    found = judge(LIMITS, 1, [Structure("Lungs", "lungs", every)])
    assert {v.limit.id for v in found.verdicts if v.limit and v.organ == "lungs"} == {"TG101-lungs-1000cc"}


def test_an_organ_irradiated_before_has_no_limit() -> None:
    found = judge(LIMITS, 5, [Structure("Cord", "spinal_cord", {"Dmax": Measured.exact(1.0)}, irradiated_before=True)])
    organ = of_organ(found, "spinal_cord")
    assert organ.result == "cannot_be_told"
    assert "irradiated before" in organ.because[0]
    assert [v.verdict for v in found.verdicts if v.organ == "spinal_cord"] == ["no_limit"]


def test_a_limit_without_a_structure_is_never_met() -> None:
    found = judge(LIMITS, 5, [])
    assert {verdict.verdict for verdict in found.verdicts} == {"no_such_structure"}
    assert {organ.result for organ in found.organs} == {"cannot_be_told"}


def test_what_could_not_be_measured_cannot_be_told() -> None:
    asked = dict.fromkeys(wanted(LIMITS, 5, "spinal_cord"))
    found = judge(LIMITS, 5, [Structure("Cord", "spinal_cord", asked)])
    assert of_organ(found, "spinal_cord").result == "cannot_be_told"
    assert of_organ(found, "spinal_cord").not_asked == ()


def test_the_worst_of_two_structures_counts() -> None:
    each = [Structure(side, "brachial_plexus", {"Dmax": Measured.exact(dose)}) for side, dose in (("L", 3), ("R", 25))]
    assert of_organ(judge(LIMITS, 3, each), "brachial_plexus").result == "fail"


def test_margins_in_the_unit_and_in_percent() -> None:
    (told,) = (
        v
        for v in judge(LIMITS, 3, [Structure("Liver", "liver", {"CV19.2Gy": Measured.exact(650)})]).verdicts
        if v.limit and v.limit.id == "TG101-liver-700cc"
    )
    assert told.margin == -50
    assert told.margin_percent == pytest.approx(-7.142857)


RESULTS = ("pass", "warn", "fail")


def plan(fractions: int, organ: str, at: dict[str, Measured]) -> OrganVerdict:
    return of_organ(judge(LIMITS, fractions, [Structure("drawn", organ, at)]), organ)


def values(rows: list[Limit]) -> st.SearchStrategy[dict[str, float]]:
    """One value per metric, beside the limits on it."""
    near = {row.metric: row.limit for row in rows if row.limit}
    return st.fixed_dictionaries({name: st.floats(0.5 * limit, 1.5 * limit) for name, limit in near.items()})


@given(st.data())
def test_a_wider_band_never_turns_a_verdict_round(data: st.DataObject) -> None:
    fractions, organ = data.draw(st.sampled_from(JUDGED))
    at = data.draw(values([row for row in LIMITS.of(fractions, organ) if row.judges]))
    sure = plan(fractions, organ, {name: Measured.exact(value) for name, value in at.items()})
    wide = data.draw(st.floats(0.0, 0.3))
    banded = plan(fractions, organ, {n: Measured(v, v * (1 - wide), v * (1 + wide)) for n, v in at.items()})
    assert sure.result in RESULTS
    # A warning needs all that may fail to be settled; a pass all; a fail one.
    assert banded.result in (sure.result, "cannot_be_told")


@given(st.data())
def test_more_dose_is_never_better(data: st.DataObject) -> None:
    fractions, organ = data.draw(st.sampled_from(JUDGED))
    rows = [row for row in LIMITS.of(fractions, organ) if row.judges]
    at = data.draw(values(rows))
    more = data.draw(st.floats(1.0, 2.0))
    worse = {n: v / more if n.startswith("CV") else v * more for n, v in at.items()}
    before, after = (plan(fractions, organ, {n: Measured.exact(v) for n, v in p.items()}) for p in (at, worse))
    assert RESULTS.index(after.result) >= RESULTS.index(before.result)


@given(st.data())
def test_what_follows_from_other_volumes_is_true(data: st.DataObject) -> None:
    """A falling curve of dose by volume: leaving a metric out never gives another verdict than measuring it."""
    fractions, organ = data.draw(st.sampled_from(JUDGED))
    names = [n for n in wanted(LIMITS, fractions, organ) if n.endswith("cc") or n == "Dmax"]
    volumes = {n: 0.0 if n == "Dmax" else float(n[1:-2]) for n in names if n[0] == "D"}
    steep, top = data.draw(st.floats(0.05, 3)), data.draw(st.floats(5, 80))
    curve = {name: Measured.exact(top / (1 + steep * volume)) for name, volume in volumes.items()}
    kept = data.draw(st.sets(st.sampled_from(sorted(curve)))) if curve else set()
    whole, part = (
        judge(LIMITS, fractions, [Structure("drawn", organ, metrics)]).verdicts
        for metrics in (curve, {name: curve[name] for name in kept})
    )
    sure = {v.limit.id: v.verdict for v in whole if v.limit and v.organ == organ}
    for verdict in part:
        if verdict.limit and verdict.organ == organ and verdict.verdict == MET:
            assert sure[verdict.limit.id] == MET

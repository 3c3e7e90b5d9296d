"""A list is one entry of the vocabulary: a made-up fifth is read from every source without another line of code."""

import json
from pathlib import Path

import polars as pl
import pytest

from oligoscope.chart.batch import Batch, ChartReader, Chunk
from oligoscope.chart.document import build_case
from oligoscope.chart.layout import check_layout
from oligoscope.chart.problems import CaseError
from oligoscope.chart.sources.frames import FrameSource
from oligoscope.vocabulary.fields import lists
from oligoscope.vocabulary.values import Choice, Day, Name, Value
from oligoscope.vocabulary.words import Case, ListRole, Section, entries, field
from tests.support.agreement import TODAY, batch_of

MACHINE = Choice({"ct": "", "mri": ""})


class Scan(Section):
    """One scan."""

    id: Value = field("Name", Name())
    day: Value = field("Day of the scan", Day())
    machine: Value = field("Machine", MACHINE)


class WithScans(Case):
    """A case with one list more."""

    scans: tuple[Scan, ...] | None = entries("Scans", ListRole("scan"))


PATIENTS = pl.DataFrame({"patient_id": ["a", "b"], "assessed": ["2024-05-02", "2024-05-02"]})
SCANS = pl.DataFrame(
    {"patient_id": ["b", "a", "a"], "id": ["S1", "S1", "S2"], "day": ["2024", "2024-01-02", "2023"],
     "machine": ["ct", "mri", "ct|mri"]}
)  # fmt: skip
FLAT = PATIENTS.with_columns(
    scan1_id=pl.Series(["S1", "S1"]),
    scan1_day=pl.Series(["2024-01-02", "2024"]),
    scan1_machine=pl.Series(["mri", "ct"]),
    scan2_id=pl.Series(["S2", None]),
    scan2_day=pl.Series(["2023", None]),
    scan2_machine=pl.Series(["ct|mri", None]),
)


def written(form: str, folder: Path) -> Batch:
    """The registry in one form, read."""
    if form == "frames":
        source = FrameSource({"patients": PATIENTS, "scans": SCANS})
        layout = check_layout(source.columns(), source.labels(), "frames", case=WithScans)
        (patients,), (scans,) = source.pieces("patients"), source.pieces("scans")
        return ChartReader(layout, TODAY, WithScans).read(Chunk(patients.frame, {"scans": scans.frame}))
    if form == "flat":
        FLAT.write_csv(folder / "flat.csv")
        return batch_of(folder / "flat.csv", TODAY, WithScans)
    for name, frame in (("patients", PATIENTS), ("scans", SCANS)):
        path = folder / f"{name}.{form}"
        frame.write_csv(path) if form == "csv" else frame.write_parquet(path)
    return batch_of(folder, TODAY, WithScans)


def test_the_list_is_derived_from_its_entry() -> None:
    spec = lists(WithScans)[-1]
    assert (spec.name, spec.item, [each.name for each in spec.fields]) == ("scans", "scan", ["id", "day", "machine"])


@pytest.mark.parametrize("form", ["csv", "parquet", "flat", "frames"])
def test_it_is_read_from_every_source(form: str, tmp_path: Path) -> None:
    batch = written(form, tmp_path)
    assert batch.rejects.is_empty()
    assert batch.patients["scans__given"].to_list() == [True, True]
    scans = batch.lists["scans"].select("patient__", "id", "day__lo", "day__hi", "machine__in").rows()
    assert scans == [
        (1, "S1", 20240102, 20240102, 2),
        (1, "S2", 20230101, 20231231, 3),
        (2, "S1", 20240101, 20241231, 1),
    ]


def test_a_case_has_it_too() -> None:
    document = {"assessed": "2024-05-02", "scans": [{"day": "2023-05", "machine": "ct"}]}
    case = build_case(document, "chart", TODAY, model=WithScans)
    assert isinstance(case, WithScans)
    assert case.scans is not None
    assert case.scans[0].machine.labels == ("ct",)
    for bad in ({"day": "2025-01-01"}, {"machine": "xray"}, {"colour": "red"}):
        with pytest.raises(CaseError, match=r"scans\[0\]"):
            build_case({**document, "scans": [bad]}, "chart", TODAY, model=WithScans)
    assert "scans" in json.dumps(WithScans.model_json_schema())

"""The exports of other systems give the answers of the registry that they were made from, cell by cell.

The exports lie in a folder `shared` beside the project, or where OLIGOSCOPE_SHARED says; without it these tests are
skipped.
"""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from oligoscope.api import write_cohort

ROOT = Path(__file__).parents[2]
EXPORTS = Path(os.environ.get("OLIGOSCOPE_SHARED", ROOT.parent / "shared")) / "data/registry-exports"
MAPPINGS = ROOT / "examples/mappings"
TODAY = "2026-11-20"
Tables = dict[str, pl.DataFrame]

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"there are no registry exports in {EXPORTS}")


def whole(truth: Tables) -> Tables:
    return truth


def of_redcap(truth: Tables) -> Tables:
    """What the REDCap form carries: N without NX, a course that is one of two, no side, no Karnofsky …"""
    patients = truth["patients"].drop(
        "kps", "life_expectancy_months", "symptomatic_site", "primary_status", "staging_biopsy_of_metastasis"
    )
    other = {"partial_response": "at_diagnosis|partial_response", "at_diagnosis": "at_diagnosis|partial_response"}
    lesions = truth["lesions"].drop("side").with_columns(pl.col("response").replace(other))
    nodes = pl.when(pl.col("primary_n") == "NX").then(None).otherwise(pl.col("primary_n")).alias("primary_n")
    return truth | {"patients": patients.with_columns(nodes), "lesions": lesions}


def of_german(truth: Tables) -> Tables:
    """What the German spreadsheet carries: no therapy, no T, no PD-L1 …"""
    missing = (
        "kps", "pdl1_tps_percent", "life_expectancy_months", "symptomatic_site", "primary_t", "primary_status",
        "staging_biopsy_of_metastasis",
    )  # fmt: skip
    return {"patients": truth["patients"].drop(missing), "lesions": truth["lesions"]}


STYLES: dict[str, tuple[str, Callable[[Tables], Tables]]] = {
    "redcap": ("redcap.csv", of_redcap),
    "german": ("german.csv", of_german),
    "tab_separated": ("us", whole),
    "r": ("r", whole),
    "pandas": ("pandas", whole),
}


def answers(folder: Path, name: str) -> pl.DataFrame:
    """Answers by patient's number: REDCap calls P0000012 12."""
    path = next(folder.glob(f"{name}.*"))
    frame = pl.read_csv(path, infer_schema=False) if path.suffix == ".csv" else pl.read_parquet(path)
    # Where an item stands and what it is called is the file's.
    texts = frame.drop("row", "lesion", strict=False).select(pl.all().cast(pl.String).fill_null(""))
    return texts.with_columns(pl.col("patient_id").str.strip_prefix("P").cast(pl.Int64))


@pytest.mark.parametrize("style", STYLES)
def test_an_export_gives_the_answers_of_the_registry_it_was_made_from(style: str, tmp_path: Path) -> None:
    file, carried = STYLES[style]
    names = ("patients", "lesions", "systemic_therapy")
    truth = {name: pl.read_csv(EXPORTS / f"truth/{name}.csv", infer_schema=False) for name in names}
    (tmp_path / "truth").mkdir()
    for name, table in carried(truth).items():
        # Answers are written in the form of the input: of Parquet in Parquet.
        if style == "pandas":
            table.write_parquet(tmp_path / f"truth/{name}.parquet")
        else:
            table.write_csv(tmp_path / f"truth/{name}.csv")
    expected = write_cohort(tmp_path / "truth", tmp_path / "expected", today=TODAY)
    found = write_cohort(EXPORTS / file, tmp_path / "found", mapping=MAPPINGS / f"{style}.yaml", today=TODAY)
    assert found.summary.n_patients == expected.summary.n_patients >= 60
    assert found.summary.n_left_out == expected.summary.n_left_out
    for name in ("answers", "lesion_answers"):
        one, other = answers(found.folder, name), answers(expected.folder, name)
        assert one.columns == other.columns
        assert len(one) == len(other)
        differ = {c: n for c in one.columns if (n := int((one[c] != other[c]).sum()))}
        assert differ == {}


@pytest.mark.parametrize("style", STYLES)
def test_every_cell_of_an_export_is_used_or_named(style: str, tmp_path: Path) -> None:
    found = write_cohort(EXPORTS / STYLES[style][0], tmp_path / "out", mapping=MAPPINGS / f"{style}.yaml", today=TODAY)
    said = " ".join(found.notes)
    assert "unmapped" not in said
    assert "not used" not in said
    assert "filled in rows of which" not in said


@pytest.mark.parametrize("style", STYLES)
def test_a_mapping_is_short(style: str) -> None:
    lines = (MAPPINGS / f"{style}.yaml").read_text("utf-8").splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 120

"""Histograms of other systems, and what lies between two of their lines."""

import os
from pathlib import Path

import pytest

import oligoscope as osc
from oligoscope.api import check_tables
from oligoscope.dose.metric import metric
from oligoscope.errors import NotAllowed
from oligoscope.interop.dvh_tables import read_tables

ECLIPSE = """Patient Name         : Secret, Name (SECRET-7)
Type                 : Cumulative Dose Volume Histogram

Plan: P1
Prescribed dose [cGy]: 5000.0

Structure: SpinalCord
Volume [cc]: {whole}
Max Dose [%]: 40.0

Relative dose [%]          Dose [cGy]    {volume}
                0                   0          {a}
               20                1000          {b}
               40                2000          {c}
               60                3000          0
"""
ABSOLUTE = ECLIPSE.format(whole="50.0", volume="Structure Volume [cc]", a=50, b=20, c=5)
RELATIVE = ECLIPSE.format(whole="50.0", volume="Ratio of Total Structure Volume [%]", a=100, b=40, c=10)
CSV = "structure,dose_gy,volume_cc\nSpinalCord,0,50\nSpinalCord,10,20\nSpinalCord,20,5\nSpinalCord,30,0\n"
IN_CGY = "structure,dose_cgy,volume_cc\nSpinalCord,0,50\nSpinalCord,1000,20\nSpinalCord,2000,5\nSpinalCord,3000,0\n"


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "dvh.txt").write_text(text, "utf-8")
    return tmp_path / "dvh.txt"


@pytest.mark.parametrize("text", [ABSOLUTE, RELATIVE, CSV, IN_CGY], ids=["cc", "%", "csv", "cGy"])
@pytest.mark.parametrize(
    ("asked", "value", "low", "high"),
    [
        ("D5cc", 20, 20, 30),
        ("D10cc", 50 / 3, 10, 20),
        ("D20%", 50 / 3, 10, 20),
        ("Dmax", 30, 20, 30),
        ("Dmin", 0, 0, 10),
        ("Dmean", 10, 5, 15),
        ("V10Gy", 20, 20, 20),
        ("V15Gy", 12.5, 5, 20),
        ("V15Gy%", 25, 10, 40),
        ("V31Gy", 0, 0, 0),
        ("CV15Gy", 37.5, 30, 45),
    ],
)
def test_a_metric_lies_between_two_lines(
    text: str, asked: str, value: float, low: float, high: float, tmp_path: Path
) -> None:
    told = read_tables(written(tmp_path, text))[0].summary([metric(asked)]).metrics[asked]
    assert (told.low, told.high) == pytest.approx((low, high))
    assert told.value == pytest.approx(value, abs=0.01)


def test_at_the_last_line_of_a_histogram_that_is_cut_off_its_volume_is_known(tmp_path: Path) -> None:
    (table,) = read_tables(written(tmp_path, CSV.replace("SpinalCord,30,0\n", "")))
    found = table.summary([metric("V20Gy"), metric("V21Gy")]).metrics
    assert [(each.value, each.low, each.high) for each in found.values()] == [(5, 5, 5), (0, 0, 5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no histogram"),
        ("hello", "no histogram"),
        (ABSOLUTE.replace("Cumulative", "Differential"), "differential"),
        (ABSOLUTE.replace("Dose [cGy]", "Dose [%]"), "no dose in Gy"),
        (ABSOLUTE.replace("          20\n", "          60\n"), "do not fall"),
        (ABSOLUTE + ABSOLUTE.partition("Plan")[2], "more than once"),
        (ABSOLUTE.replace("                1000", "                 x"), "columns' numbers"),
        ("structure,dose,volume\nHeart,1,2\n", "column"),
        (CSV.replace("10,20", "10,much"), "line 3"),
        (CSV.replace("Cord,10", "Cord,0"), "do not rise"),
    ],
)
def test_what_is_no_histogram_is_refused_without_a_name(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_tables(written(tmp_path, text))
    assert said in str(refused.value)
    assert refused.value.fix
    assert "SECRET" not in str(refused.value).upper()


def test_a_table_is_held_against_the_limits(tmp_path: Path) -> None:
    found = check_tables(written(tmp_path, ABSOLUTE), fractions=5).model_dump()
    told = [row for row in found["verdicts"] if row["structure"] == "SpinalCord" and row["metric"] == "D0.035cc"]
    assert {row["limit"]: row["verdict"] for row in told} == {30.0: "met", 25.3: "cannot_be_told"}
    with pytest.raises(osc.OligoscopeError, match="fractions"):
        check_tables(written(tmp_path, ABSOLUTE))


def test_a_real_export_of_eclipse() -> None:
    """Ten structures; its dose in cGy, its volumes in cc. The file is under the GPL, so it is not kept here."""
    path = Path(os.environ.get("OLIGOSCOPE_ECLIPSE_DVH", "nowhere"))
    if not path.exists():
        pytest.skip("OLIGOSCOPE_ECLIPSE_DVH does not name a text export of Eclipse")
    tables = {table.name: table for table in read_tables(path)}
    assert len(tables) == 10
    liver = tables["LIVER"].summary([metric("Dmean"), metric("Dmax"), metric("V20Gy%")])
    assert liver.volume.value == pytest.approx(1366.8)
    # Its head says a mean of 4.9 % and a maximum of 92.9 % of 55 Gy.
    assert liver.metrics["Dmean"].value == pytest.approx(0.049 * 55, abs=0.03)
    assert liver.metrics["Dmax"].value == pytest.approx(0.929 * 55, abs=0.06)

"""`oligoscope dose bed` and `osc.bed`: the same numbers through both doors."""

import json
import subprocess
import sys

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.cli.main import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["dose", "bed", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_course_on_the_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "54Gy/3fx")
    assert (code, err) == (0, "")
    assert out.startswith("54 Gy in 3 fractions (18 Gy × 3), BED10 151.2 Gy, EQD2_10 126 Gy\n")
    assert "α/β      10 Gy, NSCLC tumour" in out


def test_courses_are_added_up_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "30Gy/10fx", "24Gy/2fx", "--alpha-beta", "2", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["schema"], found["alpha_beta_gy"], found["tissue"]) == (1, 2.0, None)
    assert found["courses"] == [
        {"total_dose_gy": 30, "fractions": 10, "dose_per_fraction_gy": 3, "bed_gy": 75, "eqd2_gy": 37.5},
        {"total_dose_gy": 24, "fractions": 2, "dose_per_fraction_gy": 12, "bed_gy": 168, "eqd2_gy": 84},
    ]
    assert (found["bed_gy"], found["eqd2_gy"]) == (243, 121.5)
    assert any("cumulative EQD2_2 at most 70 Gy" in text for text in found["warnings"])


def test_no_number_has_a_tail(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "54Gy/3fx", "--json")
    assert '"bed_gy": 151.2,' in out
    assert '"eqd2_gy": 126.0,' in out


def test_a_tissue_gives_its_own_alpha_beta(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "24Gy/1fx", "--tissue", "spinal_cord")
    assert out.startswith("24 Gy in 1 fraction (24 Gy × 1), BED2 312 Gy, EQD2_2 156 Gy\n")


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("54/3",), "total_dose 54/3: the dose has no unit"),
        (("-54Gy/3fx",), "total_dose -54 Gy: no course"),
        (("54Gy/3fx", "--alpha-beta", "0"), "--alpha-beta 0: no tissue"),
        (("54Gy/3fx", "--alpha-beta", "-2"), "--alpha-beta -2: no tissue"),
        (("54Gy/3fx", "--alpha-beta", "ten"), "--alpha-beta ten: it is not a number"),
        (("54Gy/3fx", "--tissue", "skin_late"), "--tissue skin_late: its alpha/beta is not settled"),
        (("54Gy/3fx", "24Gy/2.5fx"), "fractions 2.5: no course"),
    ],
)
def test_what_is_refused_prints_no_number(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], begins: str
) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(begins)


def test_what_was_given_is_printed_unrounded(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "5412.5cGy/3fx", "--alpha-beta", "2.125")
    assert out.startswith("54.125 Gy in 3 fractions (18.04 Gy × 3), BED2.125 513.66 Gy, EQD2_2.125 264.61 Gy\n")


def test_the_library_takes_numbers_and_texts() -> None:
    number = osc.bed(54, 3, alpha_beta=10)
    text = osc.bed("54Gy/3fx", alpha_beta=10)
    assert number.model_dump() == text.model_dump()
    assert number.model_dump()["bed_gy"] == 151.2
    assert osc.bed(["30Gy/10fx", "24Gy/2fx"], tissue="spinal_cord").model_dump()["eqd2_gy"] == 121.5
    assert (
        osc.bed(np.float64(18.1) * 3, 3, alpha_beta=0.1 * 30).model_dump()
        == osc.bed("54.3Gy/3", alpha_beta="3").model_dump()
    )
    assert osc.bed(52.5, 3).model_dump()["courses"][0]["total_dose_gy"] == 52.5


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: osc.bed(54), "fractions"),
        (lambda: osc.bed("54Gy/3fx", 3), "fractions"),
        (lambda: osc.bed(54, 2.5), "fractions"),
        (lambda: osc.bed(float("nan"), 3), "total_dose"),
        (lambda: osc.bed(float("inf"), 3), "total_dose"),
        (lambda: osc.bed([]), "course"),
        (lambda: osc.bed(54, 3, tissue=""), "tissue"),
        (lambda: osc.bed([54, 30]), "course"),  # type: ignore[list-item]  # as a notebook may
        (lambda: osc.bed(54, 3, alpha_beta=float("nan")), "alpha_beta"),
        (lambda: osc.bed(54, 3, alpha_beta=3, tissue="lung"), "alpha_beta"),
    ],
)
def test_the_library_refuses_by_field(call: object, field: str) -> None:
    assert callable(call)
    with pytest.raises(osc.OligoscopeError) as refused:
        call()
    assert refused.value.field == field


def test_a_case_is_assessed_without_what_only_doses_and_plans_need() -> None:
    code = (
        "import sys, oligoscope as osc\n"
        "osc.assess({'patient': {'ecog': 1}})\n"
        "not_needed = {'pint', 'numpy', 'scipy', 'pydicom', 'oligoscope.dose.regimen', 'oligoscope.dose.verdicts'}\n"
        "assert not not_needed & set(sys.modules), not_needed & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

"""`oligoscope dose regimens` and `osc.regimens`: the tables of a case, asked without one."""

import json
from typing import Any

import pytest

import oligoscope as osc
from oligoscope.cli.main import main

WRONG: dict[str, tuple[str, ...]] = {
    "organ": ("--organ", "lng"),
    "size_cm": ("--organ", "lung", "--size-cm", "0"),
    "n_brain": ("--organ", "lung", "--n-brain", "3"),
    "n_brain 0": ("--organ", "brain", "--n-brain", "0"),
    "zone": ("--organ", "liver", "--zone", "central"),
    "there is no such field": ("--organ", "lung", "distance=3"),
    "FIELD=VALUE": ("--organ", "lung", "ecog"),
}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["dose", "regimens", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def doses(found: dict[str, Any], applies: str) -> list[str]:
    return [option["id"] for option in found["options"] if option["applies"] == applies]


def test_both_doors_say_what_a_case_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--organ", "lung", "--zone", "central", "--size-cm", "3.5", "--json")
    found = json.loads(out)
    assert code == 0
    assert found == osc.regimens("lung", zone="central", size_cm=3.5).model_dump()
    assert doses(found, "yes") == ["L-1n-4fx", "L-1n-5fx", "L-2-4to5fx", "L-2-8fx", "L-2-10fx", "L-2n", "L-4"]
    (forbidden,) = [each for each in found["not_to_be_used"] if each["applies"] == "yes"]
    assert (forbidden["total_dose_gy"], forbidden["fractions"]) == ({"low": 54, "high": 60}, 3)
    assert forbidden["reason"]
    assert forbidden["cites"] == ["nccn-2018"]
    case = {"lesions": [{"id": "L1", "organ": "lung", "metastasis": True, "zone": "central", "size_cm": 3.5}]}
    of_case = osc.assess(case).model_dump()["options"]["sabr-regimen"]["L1"]
    assert [{"cautions": [], **each} for each in of_case] == found["options"]


def test_every_dose_has_numbers_and_a_source() -> None:
    for organ in ("lung", "bone", "liver", "adrenal", "brain", "kidney"):
        for option in osc.regimens(organ).model_dump()["options"]:
            assert option["cites"]
            assert option["status"] != "unverified"
            for name in ("total_dose_gy", "fractions", "bed10_gy", "eqd2_10_gy"):
                ends = option[name].values() if isinstance(option[name], dict) else [option[name]]
                assert any(end and end > 0 for end in ends), (option["id"], name)


def test_the_number_of_brain_metastases_counts_the_lesion_itself() -> None:
    fields = {"v12_ml": 4, "volume_ml": 2, "kps": 80, "total_brain_metastasis_volume_ml": 14}
    more = {"largest_brain_metastasis_volume_ml": 3}
    ten, eleven = (
        osc.regimens("brain", size_cm=1.5, n_brain=n, fields={**fields, **more}).model_dump() for n in (10, 11)
    )
    assert "BR-11-22" in doses(ten, "yes") + doses(ten, "may")
    assert "BR-11-22" not in doses(eleven, "yes") + doses(eleven, "may")


def test_a_femur_has_no_dose(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--organ", "bone", "location=femur")
    assert code == 0
    assert "orthopaedic review" in out
    assert "BED10 " not in out.partition("Published options")[0]


@pytest.mark.parametrize("named", WRONG)
def test_what_is_refused_is_named(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *WRONG[named])
    assert (code, out) == (2, "")
    assert named in err

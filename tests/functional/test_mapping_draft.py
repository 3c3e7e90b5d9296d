"""`cohort mapping --from`: a first mapping, in which guesses are marked and no code has a meaning."""

import re
from pathlib import Path

import polars as pl
import pytest

from oligoscope.chart.mapping.draft import draft
from oligoscope.cli.main import main

REDCAP = """record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,visit_date,sex,ecog_ps,cn,hospital,les_organ,les_mm
1,base,,,14/07/2022,1,0,0,A,,
1,base,lesion,1,,,,,,3,22
2,base,,,01/02/2022,2,-9,2,B,,
2,base,lesion,1,,,,,,7,-9
"""
FILLED = {
    "sex": {"1": "male", "2": "female"}, "cn": {"0": "N0", "2": "N2"}, "les_organ": {"3": "brain", "7": "lung"},
}  # fmt: skip


def drafted(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_bytes(text.encode(encoding))
    return draft(path).text


def filled(text: str) -> str:
    """A draft in which a person has written what each code means."""
    lines = []
    for line in text.splitlines():
        for code, meaning in FILLED.get(line.split(":")[0].strip(), {}).items():
            line = line.replace(f'"{code}": "?"', f'"{code}": {meaning}')
        lines.append(line)
    return "\n".join(lines)


def test_a_draft_marks_its_guesses_and_leaves_every_code_to_be_filled_in(tmp_path: Path) -> None:
    text = drafted(tmp_path / "export.csv", REDCAP)
    assert text.splitlines()[1:] == [
        'format: {separator: comma, encoding: utf-8, dates: "%d/%m/%Y", missing: ["-9"]}  # guessed',
        "ignored: []  # headings that need not be named; * stands for anything",
        "tables:",
        "  patients:",
        '    rows: {redcap_repeat_instrument: "", redcap_event_name: base}',
        "    columns:",
        "      record_id: patient_id  # guessed",
        "      visit_date: assessed  # guessed",
        '      sex: {field: sex, words: {"1": "?", "2": "?"}}  # fill in one of female, male, other',
        "      ecog_ps: ecog  # guessed; numbers are read as the grade itself",
        '      cn: {field: primary_n, words: {"0": "?", "2": "?"}}  # guessed; fill in one of N0, N1, N2, N3, NX',
        '      # hospital: "?"',
        "  lesions:",
        "    rows: {redcap_repeat_instrument: lesion, redcap_event_name: base}",
        "    columns:",
        "      record_id: patient_id  # guessed",
        "      redcap_repeat_instance: id  # guessed",
        '      les_organ: {field: organ, words: {"3": "?", "7": "?"}}  # fill in one of lung, pleura, pericardium, brain, '
        "bone, liver, adrenal, distant_nodes, skin_soft_tissue, kidney, spleen, other",
        "      les_mm: {field: size_cm, unit: mm}  # guessed",
    ]


def test_a_draft_is_refused_until_it_is_filled_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "export.csv").write_text(REDCAP, "utf-8")
    command = ["cohort", "mapping", "--from", str(tmp_path / "export.csv"), "-o", str(tmp_path / "map.yaml")]
    assert main(command) == 0
    assert "7 fields guessed, 6 entries to fill in (?), 1 columns not recognised" in capsys.readouterr().err
    assess = ["cohort", "assess", str(tmp_path / "export.csv"), "-o", str(tmp_path / "out"), "--mapping"]
    assert main([*assess, str(tmp_path / "map.yaml")]) == 2
    assert "map.yaml:10 tables.patients.columns.sex.words.1: what 1 means is still to be filled in" in (
        capsys.readouterr().err
    )
    (tmp_path / "map.yaml").write_text(filled((tmp_path / "map.yaml").read_text("utf-8")), "utf-8")
    assert main([*assess, str(tmp_path / "map.yaml")]) == 0
    assert "not used: hospital" in capsys.readouterr().err
    categories = pl.read_csv(tmp_path / "out/answers.csv")["m-category_possible"].to_list()
    own = tmp_path / "own"
    own.mkdir()
    (own / "patients.csv").write_text(
        "patient_id,assessed,sex,ecog,primary_n\n1,2022-07-14,male,0,N0\n2,2022-02-01,female,,N2\n", "utf-8"
    )
    (own / "lesions.csv").write_text("patient_id,id,organ,size_cm\n1,1,brain,2.2\n2,1,lung,\n", "utf-8")
    assert main(["cohort", "assess", str(own), "-o", str(tmp_path / "other")]) == 0
    assert pl.read_csv(tmp_path / "other/answers.csv")["m-category_possible"].to_list() == categories
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err


TO_SAY = {
    "either day or month": ("id,dx date\n1,03/04/2021\n2,05/06/2021\n", 'dates: "?"'),
    "the month first": ("id,dx date\n1,03/14/2021\n2,05/06/2021\n", 'dates: "%m/%d/%Y"'),
    "the day first": ("id,dx date\n1,14/03/2021\n2,05/06/2021\n", 'dates: "%d/%m/%Y"'),
    "two columns, one of which tells": ("id,dx date,omd date\n1,03/04/2021,14/04/2021\n", 'dates: "%d/%m/%Y"'),
    "a length without a unit": ("id,lesion 1 size,lesion 2 size\n1,22,8\n", 'unit: "?"'),
    "a length with its unit": ("id,lesion 1 size mm,lesion 2 size mm\n1,22,8\n", "unit: mm"),
    "two events": ("id,redcap_event_name,age\n1,base,50\n1,late,51\n", 'redcap_event_name: "?"'),
    "a decimal comma": ("id;lesion 1 size cm;lesion 2 size cm\n1;2,2;\n", 'decimal: ","'),
    "yes and no": ("id,diffuse\n1,ja\n2,nein\n", "yes: [ja], no: [nein]"),
    "letters of which one is known": ("id,sex\n1,m\n2,w\n3,female\n", 'words: {m: "?", w: "?"}'),
    "codes for yes and no": ("id,diffuse\n1,0\n2,1\n", '"0": "?", "1": "?"'),
    "a column of something else": ("id,age\n1,old\n2,young\n", '# age: "?"'),
    "Latin-1": ("id;Geschlecht\n1;männlich\n", "separator: semicolon, encoding: windows-1252"),
}


@pytest.mark.parametrize("what", TO_SAY)
def test_what_a_draft_cannot_know_it_asks(what: str, tmp_path: Path) -> None:
    text, says = TO_SAY[what]
    assert says in drafted(tmp_path / "export.csv", text, "latin-1" if what == "Latin-1" else "utf-8")


@pytest.mark.parametrize("column", ["sex", "histology", "egfr", "n", "t", "petct", "diffuse", "ecog", "side"])
@pytest.mark.parametrize("codes", [("0", "1"), ("1", "2"), ("1", "2", "3", "9")])
def test_no_number_is_ever_given_a_meaning(column: str, codes: tuple[str, ...], tmp_path: Path) -> None:
    rows = "".join(f"{n},{code}\n" for n, code in enumerate(codes))
    text = drafted(tmp_path / "export.csv", f"id,{column}\n{rows}")
    meanings = re.findall(r'"\d+": ([^,}]+)', text)
    assert set(meanings) <= {'"?"'}
    assert meanings or column == "ecog" or f"# {column}" in text


def test_a_folder_is_drafted_table_by_table(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/patients.csv").write_text("MRN,age\n1,50\n", "utf-8")
    (tmp_path / "in/lesions.csv").write_text("MRN,organ\n1,brain\n", "utf-8")
    (tmp_path / "in/visits.csv").write_text("MRN,x\n1,2\n", "utf-8")
    text = draft(tmp_path / "in").text
    assert "  patients:\n    file: patients.csv\n" in text
    assert "  lesions:\n    file: lesions.csv\n" in text
    assert "  # visits.csv: not recognised\n" in text
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    assert main(["cohort", "check", str(tmp_path / "in"), "--mapping", str(tmp_path / "map.yaml")]) == 0

"""What a mapping makes of cells, rows and files; and every way in which a mapping is refused."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from oligoscope.chart.mapping.account import lines
from oligoscope.chart.mapping.cells import Cells, NotRead, Writing
from oligoscope.chart.mapping.document import read_mapping
from oligoscope.chart.mapping.source import MappedSource
from oligoscope.chart.problems import CaseError
from oligoscope.vocabulary.fields import list_fields, scalar_fields
from tests.support.workbooks import write_workbook

KINDS = {spec.column: spec.kind for spec in (*list_fields("lesions"), *scalar_fields())}
GERMAN = Writing(decimal=",", thousands=".", dates=("%d.%m.%Y", "%m.%Y"), missing=("-9", "k. A."), yes=("ja",))
MM = Decimal("0.1")
Rows = list[dict[str, object]]

READ = [
    ("size_cm", Cells(None, GERMAN), "3,0", "3"),
    ("size_cm", Cells(None, GERMAN, factor=MM), "22", "2.2"),
    ("size_cm", Cells(None, GERMAN, factor=MM), "<5", "<0.5"),
    ("size_cm", Cells(None, GERMAN, factor=MM), "≥ 5,5", ">=0.55"),
    ("size_cm", Cells(None, Writing(), factor=MM), "1..12.5", "0.1..1.25"),
    ("size_cm", Cells(None, GERMAN), " -9\u00a0", None),
    ("size_cm", Cells(None, GERMAN), "-9,0", None),
    ("size_cm", Cells(None, GERMAN), "k. a.", None),
    ("size_cm", Cells(None, GERMAN, missing_is_unknown=True), "-9", "unknown"),
    ("recist_current_sum_mm", Cells(None, GERMAN), "1.234,5", "1234.5"),
    ("recist_current_sum_mm", Cells(None, Writing(thousands=",")), "1,234", "1234"),
    ("pdl1_tps_percent", Cells(None, Writing()), "50 %", "50"),
    ("size_cm", Cells(None, GERMAN, factor=MM), "2,2 cm", "2.2"),
    ("size_cm", Cells(None, GERMAN), "< 22 mm", "<2.2"),
    ("pdl1_tps_percent", Cells(None, Writing(), factor=Decimal(100)), "0.07", "7"),
    ("ecog", Cells(None, Writing()), "1.0", "1"),
    ("ecog", Cells(None, Writing()), "ECOG 1", "ECOG 1"),
    ("ecog", Cells(None, Writing(), {"1": "0"}), "n/a", "unknown"),
    ("size_cm", Cells(None, GERMAN), ".", "unknown"),
    ("ecog", Cells(None, Writing(), {"ECOG 2": "2"}), "1", "1"),
    ("ecog", Cells(None, Writing(), {"1": "0", "2": "1"}), "1.0", "0"),
    ("omd_dx_date", Cells(None, GERMAN), "07.03.2021", "2021-03-07"),
    ("omd_dx_date", Cells(None, GERMAN), "03.2021", "2021-03"),
    ("omd_dx_date", Cells(None, GERMAN), "07.03.2021 00:00:00", "2021-03-07"),
    ("omd_dx_date", Cells(None, Writing()), "2021-03-07T00:00:00.000Z", "2021-03-07"),
    ("omd_dx_date", Cells(None, Writing(dates=("%Y-%m-%d %H:%M",))), "2021-03-07 14:30", "2021-03-07"),
    ("omd_dx_date", Cells(None, Writing(dates=("%d%b%Y",))), "07MAR2021", "2021-03-07"),
    ("omd_dx_date", Cells(None, Writing(dates=("%Y",))), "2021", "2021"),
    ("staging_pet_ct", Cells(None, GERMAN, {"1": "done"}), "07.03.2021", "2021-03-07"),
    ("diffuse_disease", Cells(None, GERMAN), "JA", "true"),
    ("organ", Cells(None, GERMAN, {"Hirn": "brain"}), "hirn", "brain"),
    ("organ", Cells(None, GERMAN, {"Hirn": "brain"}), "pleura", "pleura"),
    ("organ", Cells(None, GERMAN, {"Ru\u0308cken": "bone"}), "Rücken", "bone"),
]  # fmt: skip


@pytest.mark.parametrize("field, cells, raw, expected", READ)
def test_a_cell_is_read(field: str, cells: Cells, raw: str, expected: str | None) -> None:
    of_field = Cells(KINDS[field], cells.writing, cells.words, cells.factor, cells.missing_is_unknown)
    assert of_field.read(raw) == expected


NOT_READ = [
    ("size_cm", Cells(None, GERMAN), "3.0", "no number with ',' before decimals"),
    ("size_cm", Cells(None, Writing()), "3,0", "no number with '.' before decimals"),
    ("recist_current_sum_mm", Cells(None, GERMAN), "12.34", "no number"),
    ("size_cm", Cells(None, GERMAN), "ca. 3", "allowed: a number of cm"),
    ("size_cm", Cells(None, GERMAN), "3 in", "the unit in is not turned into that of the field; allowed: cm"),
    ("sex", Cells(None, GERMAN, {"m": "male"}), "f", "no entry for this word"),
    ("ecog", Cells(None, Writing(), {"1": "0", "2": "1"}), "3", "no entry for this code"),
    ("organ", Cells(None, Writing(), {"1": "brain"}), "2", "no entry for this code"),
    ("organ", Cells(None, GERMAN, {"Hirn": "brain"}), "Herz", "no entry for this word"),
    ("location", Cells(None, GERMAN, {"vorn": "brainstem"}), "hinten", "no entry for this word"),
    ("diffuse_disease", Cells(None, GERMAN), "nein", "no entry for this word"),
    ("omd_dx_date", Cells(None, Writing()), "03/04/2021", "which is the day and which the month is not guessed"),
    ("omd_dx_date", Cells(None, Writing(dates=("%d/%m/%Y",))), "04/13/2021", "it would fit %m/%d/%Y"),
    ("omd_dx_date", Cells(None, Writing()), "2021-03-07 14:30", "no ISO date"),
    ("omd_dx_date", Cells(None, GERMAN), "31.02.2021", "no date written as"),
    ("staging_pet_ct", Cells(None, GERMAN, {"1": "done"}), "2", "no entry for this code"),
]


@pytest.mark.parametrize("field, cells, raw, reason", NOT_READ)
def test_a_cell_without_a_meaning_is_not_guessed(field: str, cells: Cells, raw: str, reason: str) -> None:
    with pytest.raises(NotRead, match=reason):
        Cells(KINDS[field], cells.writing, cells.words, cells.factor).read(raw)


# ---- mappings that are refused -------------------------------------------------------------------

PATIENTS = "tables: {patients: {columns: {ID: patient_id, %s}}}"
REFUSED = {
    "no patients": ("tables: {lesions: {columns: {ID: patient_id}}}", "no table patients"),
    "no id": ("tables: {patients: {columns: {Age: age}}}", "no column is patient_id"),
    "a key": ("formats: {}\n" + PATIENTS % "A: age", "there is no such key.*Did you mean format"),
    "a table": ("tables: {patient: {columns: {ID: patient_id}}}", "there is no such table.*Did you mean patients"),
    "a field": (PATIENTS % "A: agee", "there is no such field.*Did you mean age"),
    "a word": (PATIENTS % 'S: {field: sex, words: {"1": mal}}', "mal is no value of sex. Allowed: one of female"),
    "named words": (PATIENTS % "S: {field: sex, words: gene}", "there are no words of that name"),
    "a unit": (PATIENTS % "A: {field: age, unit: days}", "days is not turned into years"),
    "a unit of no quantity": (PATIENTS % "A: {field: sex, unit: mm}", "not turned into this field"),
    "a date": ('format: {dates: "%d"}\n' + PATIENTS % "A: age", "this says no date"),
    "two digits": ('format: {dates: "%d.%m.%y"}\n' + PATIENTS % "A: age", "leaves the century open"),
    "two ways": ('format: {dates: ["%d/%m/%Y", "%m/%d/%Y"]}\n' + PATIENTS % "A: age", "may be read in two ways"),
    "a date twice": ('format: {dates: "%d.%m.%Y %d"}\n' + PATIENTS % "A: age", "this says no date"),
    "a stray sign": ('format: {dates: "%Y%"}\n' + PATIENTS % "A: age", "this says no date"),
    "no text encoding": ("format: {encoding: base64}\n" + PATIENTS % "A: age", "there is no such encoding"),
    "a list for a field": (PATIENTS % "A: {field: [age]}", "this is no text"),
    "a list for a unit": (PATIENTS % "A: {field: age, unit: [mm]}", "this is no text"),
    "a mapping for a sheet": ("tables: {patients: {sheet: {a: b}, columns: {ID: patient_id}}}", "this is no text"),
    "a mapping for a meaning": ("words: {g: {a: {b: c}}}\n" + PATIENTS % "A: age", "this is no list of words"),
    "a separator": ('format: {separator: "/"}\n' + PATIENTS % "A: age", "this separates no columns"),
    "an encoding": ("format: {encoding: cp9}\n" + PATIENTS % "A: age", "there is no such encoding"),
    "a decimal": ('format: {decimal: ";"}\n' + PATIENTS % "A: age", "this stands before no decimals"),
    "thousands": ('format: {thousands: "."}\n' + PATIENTS % "A: age", "cannot stand between thousands"),
    "a missing age": ('format: {missing: ["99"]}\n' + PATIENTS % "A: age", "also a possible value of this field"),
    "two meanings": (PATIENTS % 'S: {field: sex, words: {"1": male}, missing: ["1"]}', "has a meaning and is missing"),
    "to fill": (PATIENTS % 'S: {field: sex, words: {"1": "?"}}', "what 1 means is still to be filled in"),
    "a field to fill": (PATIENTS % 'S: "?"', "still to be filled in"),
    "a constant": ("tables: {patients: {columns: {ID: patient_id}, constants: {charting: x}}}", "x is no value"),
    "same names": ("tables: {patients: {columns: {ID: patient_id}, same_names: 1}}", "neither true nor false"),
    "a list for the format": ("format: [a]\n" + PATIENTS % "A: age", "this is no mapping"),
    "a header": ("format: {header_row: 0}\n" + PATIENTS % "A: age", "this is no row"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mapping_with_a_mistake_is_refused_with_its_line(mistake: str, tmp_path: Path) -> None:
    text, says = REFUSED[mistake]
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    with pytest.raises(CaseError, match=says) as error:
        read_mapping(tmp_path / "map.yaml")
    assert [problem.line for problem in error.value.problems] == [2 if mistake == "a missing age" else 1]


def test_some_headings_with_a_number_and_some_without_are_refused(tmp_path: Path) -> None:
    text = "tables:\n  patients: {columns: {ID: patient_id}}\n  lesions:\n    columns: {'L{n}': organ, Size: size_cm}\n"
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    with pytest.raises(CaseError, match=r"map.yaml:4 .*stands in some headings and not in all"):
        read_mapping(tmp_path / "map.yaml")


def test_a_part_that_is_left_empty_is_none(tmp_path: Path) -> None:
    text = "format:\nwords:\n" + PATIENTS % "A: age"
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    assert read_mapping(tmp_path / "map.yaml").tables


# ---- exports -------------------------------------------------------------------------------------


def tables(export: Path, mapping: str) -> Mapping[str, Rows]:
    """The rows of every table as the registry sees them, and what was rejected."""
    path = export.parent / "map.yaml"
    path.write_text(mapping, "utf-8")
    source = MappedSource(export, read_mapping(path))
    found: dict[str, Rows] = {"rejects": []}
    for name in source.columns():
        pieces = list(source.pieces(name))
        found[name] = [row for piece in pieces for row in piece.frame.to_dicts()]
        found["rejects"] += [row for piece in pieces for row in source.named(piece.rejects).to_dicts()]
    return found


OF_TEXT = "tables: {patients: {columns: {Fall: patient_id, Bemerkung: primary_treatment, Größe: age}}}"
TEXT = "Fall;Bemerkung;Größe\n1;übel, kalt;50\n2;;60\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "windows-1252"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_encoding_and_separator_are_found(encoding: str, separator: str, tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_bytes(TEXT.replace(";", separator).encode(encoding))
    found = tables(tmp_path / "export.txt", OF_TEXT)
    assert found["patients"] == [
        {"patient_id": "1", "primary_treatment": "übel, kalt", "age": "50", "line__": 2},
        {"patient_id": "2", "primary_treatment": None, "age": "60", "line__": 3},
    ]


def test_what_was_found_is_said(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(TEXT.encode("latin-1"))
    (tmp_path / "map.yaml").write_text(OF_TEXT, "utf-8")
    raw = MappedSource(tmp_path / "export.csv", read_mapping(tmp_path / "map.yaml")).tables["patients"][0].raw
    assert raw.said == "windows-1252, columns separated by semicolon"


def test_two_separators_that_both_fit_are_named(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("a;b|c\n1;2|3\n", "utf-8")
    with pytest.raises(CaseError, match=r"both ';' and '\|' may separate its columns"):
        tables(tmp_path / "export.csv", PATIENTS % "b: age")
    mapping = "format: {separator: pipe}\ntables: {patients: {columns: {a;b: patient_id}}}"
    assert tables(tmp_path / "export.csv", mapping)["patients"] == [{"patient_id": "1;2", "line__": 2}]


def test_bytes_that_the_named_encoding_does_not_have_are_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(b"ID,A\n1,\x81\n")
    with pytest.raises(CaseError, match="row 2 is not windows-1252"):
        tables(tmp_path / "export.csv", "format: {encoding: windows-1252}\n" + PATIENTS % "A: age")


def test_a_heading_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("ID,Alter\n1,2\n", "utf-8")
    with pytest.raises(CaseError, match=r"map.yaml:1 .*no column Altr.*Did you mean Alter"):
        tables(tmp_path / "export.csv", PATIENTS % "Altr: age")


def test_two_columns_for_one_field_are_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("ID,A,B\n1,2,3\n", "utf-8")
    with pytest.raises(CaseError, match="2 columns are age"):
        tables(tmp_path / "export.csv", PATIENTS % "A: age, B: age")


def test_a_heading_that_stands_twice_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("ID,Date ,Date\n1,2020,2021\n", "utf-8")
    found = tables(tmp_path / "export.csv", PATIENTS % '"Date": primary_dx_date, "Date [2]": omd_dx_date')
    assert found["patients"][0] == {
        "patient_id": "1", "primary_dx_date": "2020", "omd_dx_date": "2021", "line__": 2,
    }  # fmt: skip


def test_headings_may_stand_below_a_title(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("Register, Stand heute\n\nID;A\n1;2,0\n2;x\n", "utf-8")
    found = tables(tmp_path / "export.csv", 'format: {header_row: 3, decimal: ","}\n' + PATIENTS % "A: age")
    assert found["patients"][0] == {"patient_id": "1", "age": "2", "line__": 4}
    assert [(row["row"], row["field"], row["value"]) for row in found["rejects"]] == [(5, "A", "x")]


EVENTS = """id,event,instrument,sex,organ,mm,side___1
1,base,,1,,,0
1,base,les,,2,22,1
1,late,,2,,,0
1,late,les,,9,,0
"""
BY_EVENT = """
tables:
  patients: {rows: {event: base, instrument: ""}, columns: {id: patient_id, sex: {field: sex, words: {"1": male}}}}
  lesions:
    rows: {instrument: les, event: %s}
    columns: {id: patient_id, organ: {field: organ, words: {"2": bone}}, mm: {field: size_cm, unit: mm},
      side___1: {field: prior_radiotherapy, words: {"0": false, "1": true}}}
"""


def test_rows_are_chosen_by_event_and_instrument(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EVENTS, "utf-8")
    found = tables(tmp_path / "export.csv", BY_EVENT % "base")
    assert found["patients"] == [{"patient_id": "1", "sex": "male", "line__": 2}]
    assert found["lesions"] == [
        {"patient_id": "1", "organ": "bone", "size_cm": "2.2", "prior_radiotherapy": "true", "line__": 3}
    ]
    assert found["rejects"] == []


MISSPELT = [BY_EVENT % "basis", (BY_EVENT % "base").replace("event: base, instrument", "event: basis, instrument")]


@pytest.mark.parametrize("mapping", MISSPELT, ids=["lesions", "patients"])
def test_rows_of_which_there_are_none_are_refused_with_those_that_are(mapping: str, tmp_path: Path) -> None:
    """Else a misspelt event would leave every patient without a lesion."""
    (tmp_path / "export.csv").write_text(EVENTS, "utf-8")
    with pytest.raises(CaseError, match=r"no row is taken. Allowed: .*event: base, late"):
        tables(tmp_path / "export.csv", mapping)


def test_a_list_that_is_unknown_where_it_is_empty_may_have_no_row_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EVENTS, "utf-8")
    therapy = "  systemic_therapy: {rows: {instrument: line}, columns: {id: patient_id, mm: cycles}}\n"
    (tmp_path / "map.yaml").write_text(BY_EVENT % "base" + therapy, "utf-8")
    source = MappedSource(tmp_path / "export.csv", read_mapping(tmp_path / "map.yaml"))
    for name in source.columns():
        list(source.pieces(name))
    assert "  no row is taken for systemic_therapy (instrument: (empty), les)" in list(lines(source))


def test_a_code_without_an_entry_is_a_reject_in_the_words_of_the_export(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EVENTS, "utf-8")
    found = tables(tmp_path / "export.csv", BY_EVENT % "[base, late]")
    (reject,) = found["rejects"]
    assert (reject["file"], reject["row"], reject["patient_id"], reject["field"], reject["value"]) == (
        "export.csv", 5, "1", "organ", "9",
    )  # fmt: skip
    assert "no entry for this code" in str(reject["reason"])


def test_a_code_may_be_taken_for_two_fields(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("ID,TN\n1,T2N1\n", "utf-8")
    both = "TN: [{field: primary_t, words: {T2N1: T2}}, {field: primary_n, words: {T2N1: N1}}]"
    row = tables(tmp_path / "export.csv", PATIENTS % both)["patients"][0]
    assert row == {"patient_id": "1", "primary_t": "T2", "primary_n": "N1", "line__": 2}


SHEETS: dict[str, list[list[str | float | bool | datetime.date | None]]] = {
    "Patients": [
        ["ID", "ECOG", "Visit", "Diffuse"], [1, 2, datetime.date(2021, 3, 4), True], [], [2, None, None, None],
    ],
    "Mets": [["ID", "Organ", "mm"], [1, "brain", 22.0], [1, "liver", 3.5]],
}  # fmt: skip
OF_SHEETS = """
tables:
  patients: {columns: {ID: patient_id, ECOG: ecog, Visit: assessed, Diffuse: diffuse_disease}}
  lesions: {sheet: %s, columns: {ID: patient_id, Organ: organ, mm: {field: size_cm, unit: mm}}}
"""


def test_a_workbook_is_read_sheet_by_sheet(tmp_path: Path) -> None:
    write_workbook(tmp_path / "export.xlsx", SHEETS)
    found = tables(tmp_path / "export.xlsx", OF_SHEETS % "Mets")
    assert found["patients"] == [
        {"patient_id": "1", "ecog": "2", "assessed": "2021-03-04", "diffuse_disease": "true", "line__": 2},
        {"patient_id": "2", "ecog": None, "assessed": None, "diffuse_disease": None, "line__": 4},
    ]
    assert [(row["organ"], row["size_cm"]) for row in found["lesions"]] == [("brain", "2.2"), ("liver", "0.35")]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    write_workbook(tmp_path / "export.xlsx", SHEETS)
    with pytest.raises(CaseError, match=r"no sheet Met. Allowed: Patients, Mets"):
        tables(tmp_path / "export.xlsx", OF_SHEETS % "Met")


def test_a_file_that_only_ends_like_a_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.xlsx").write_text("ID,A\n1,2\n")
    with pytest.raises(CaseError, match="not a whole workbook"):
        tables(tmp_path / "export.xlsx", PATIENTS % "A: age")


def test_an_ignored_heading_is_not_named_and_every_other_is(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("ID,A,form_complete,note\n1,2,2,x\n", "utf-8")
    (tmp_path / "map.yaml").write_text('ignored: ["*_complete"]\n' + PATIENTS % "A: age", "utf-8")
    source = MappedSource(tmp_path / "export.csv", read_mapping(tmp_path / "map.yaml"))
    list(source.pieces("patients"))
    (tally,) = source.tallies
    assert tally.not_used == ["note"]

"""A small workbook (.xlsx), written by hand: the program reads them and never writes one."""

import datetime
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | float | bool | datetime.date | None
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DAY_ZERO = datetime.date(1899, 12, 30)


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> None:
    """Sheets by name, each as its rows."""
    numbered = list(enumerate(sheets.items(), 1))
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": _relations([("rId1", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [("rId0", "styles", "styles.xml"), *((f"rId{n}", "worksheet", f"worksheets/{n}.xml") for n, _ in numbered)]
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        **{f"xl/worksheets/{n}.xml": _sheet(rows) for n, (_, rows) in numbered},
    }
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            package.writestr(name, _HEAD + content)


def _relations(entries: Sequence[tuple[str, str, str]]) -> str:
    each = (f'<Relationship Id="{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for i, kind, target in entries)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    written = (
        f'<row r="{r}">{"".join(_cell(value, f"{chr(64 + c)}{r}") for c, value in enumerate(row, 1))}</row>'
        for r, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(written)}</sheetData></worksheet>'


def _cell(value: Cell, place: str) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case datetime.date():
            return f'<c r="{place}" s="1"><v>{(value - _DAY_ZERO).days}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'

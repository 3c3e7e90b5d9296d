"""An empty registry: the columns to fill in, and the data dictionary beside them."""

import csv
from pathlib import Path

from oligoscope.vocabulary.dictionary import rows
from oligoscope.vocabulary.fields import lists, scalar_fields


def write_template(folder: Path, file_format: str) -> list[Path]:
    """patients and one file per list with their headers, and data_dictionary.csv.

    Existing files are not overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "patients": [spec.column for spec in scalar_fields() if spec.name != "case"],
        **{each.name: [spec.column for spec in each.fields] for each in lists()},
    }
    written = [
        path
        for name, names in columns.items()
        if (path := _write(folder / f"{name}.{file_format}", ["patient_id", *names]))
    ]
    dictionary = folder / "data_dictionary.csv"
    with dictionary.open("w", newline="", encoding="utf-8") as file:
        entries = rows()
        writer = csv.DictWriter(file, list(entries[0]))
        writer.writeheader()
        writer.writerows(entries)
    return [*written, dictionary]


def _write(path: Path, columns: list[str]) -> Path | None:
    if path.exists():
        return None
    if path.suffix == ".parquet":
        import polars as pl

        pl.DataFrame(schema=dict.fromkeys(columns, pl.String)).write_parquet(path)
    else:
        path.write_text(",".join(columns) + "\n", encoding="utf-8")
    return path

"""An empty registry: the columns to fill in, and the data dictionary beside them."""

import csv
import io

from oligoscope.vocabulary.dictionary import rows
from oligoscope.vocabulary.fields import lists, scalar_fields

DICTIONARY = "data_dictionary.csv"


def template(file_format: str) -> dict[str, bytes]:
    """By name the files of an empty registry: patients and one per list with their headers, and data_dictionary.csv."""
    columns = {
        "patients": [spec.column for spec in scalar_fields() if spec.name != "case"],
        **{each.name: [spec.column for spec in each.fields] for each in lists()},
    }
    tables = {f"{name}.{file_format}": ["patient_id", *names] for name, names in columns.items()}
    return {name: _table(names, file_format) for name, names in tables.items()} | {DICTIONARY: _dictionary()}


def _table(columns: list[str], file_format: str) -> bytes:
    if file_format == "parquet":
        import polars as pl

        pl.DataFrame(schema=dict.fromkeys(columns, pl.String)).write_parquet(file := io.BytesIO())
        return file.getvalue()
    return f"{','.join(columns)}\n".encode()


def _dictionary() -> bytes:
    file, entries = io.StringIO(newline=""), rows()
    writer = csv.DictWriter(file, list(entries[0]))
    writer.writeheader()
    writer.writerows(entries)
    return file.getvalue().encode()

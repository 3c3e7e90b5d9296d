"""One small registry with every kind of defect, and what each engine makes of it."""

import csv
import random
from pathlib import Path

import duckdb
import polars as pl

from tests.support.charts import Charts, Row

Tables = dict[str, list[Row]]


def registry(n_patients: int, seed: int = 7) -> Tables:
    """Charts as rows, some with defects: bad values, dates, ids that stand twice, are missing, or belong to nobody."""
    source, chance = Charts(seed), random.Random(seed)
    tables: Tables = {"patients": [], "lesions": [], "systemic_therapy": []}
    for n in range(n_patients):
        row, lesions, therapies = source.chart()
        name = f"p{n * 7919 % n_patients:05d}"
        if n % 23 == 3:
            row["ecog"] = "9"
        if n % 29 == 4:
            row["omd_dx_date"] = "2025-01-01"
        tables["patients"].append({"patient_id": name, **row})
        tables["lesions"] += [{"patient_id": name, **item} for item in lesions or ()]
        tables["systemic_therapy"] += [{"patient_id": name, **item} for item in therapies or ()]
    first = tables["patients"][0]
    tables["patients"] += [dict(first), {**first, "patient_id": ""}]
    tables["lesions"] += [{"patient_id": "nobody", "organ": "liver"}, {"patient_id": "p00001", "organ": "livr"}]
    for rows in tables.values():
        chance.shuffle(rows)
    return tables


def write_csv(tables: Tables, folder: Path) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        names = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_parquet(tables: Tables, folder: Path) -> Path:
    folder.mkdir()
    for name, rows in tables.items():
        frame_of(rows).write_parquet(folder / f"{name}.parquet")
    return folder


def write_duckdb(tables: Tables, path: Path) -> Path:
    with duckdb.connect(str(path)) as database:
        for name, rows in tables.items():
            database.register("rows", frame_of(rows).to_arrow(compat_level=pl.CompatLevel.oldest()))
            database.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
    return path


def frame_of(rows: list[Row]) -> pl.DataFrame:
    names = list(dict.fromkeys(key for row in rows for key in row))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.when(pl.all() == "").then(None).otherwise(pl.all()).name.keep())


def answers(folder: Path) -> list[Row]:
    """The answers in a folder, as text, by patient."""
    return sorted(_rows(folder, "answers"), key=lambda row: row["patient_id"])


def lesion_answers(folder: Path) -> list[Row]:
    """The answers about lesions, as text, by patient and row."""
    return sorted(_rows(folder, "lesion_answers"), key=lambda row: (row["patient_id"], int(row["row"])))


def rejects(folder: Path) -> list[tuple[str, ...]]:
    """The rejects in a folder: table, row, patient, field, value, reason and severity, in order."""
    kept = ["file", "row", "patient_id", "field", "value", "reason", "severity"]
    return sorted(
        tuple(row[name].split(".")[0] if name == "file" else row[name] for name in kept)
        for row in _rows(folder, "rejects")
    )


def _rows(folder: Path, name: str) -> list[Row]:
    """Read by DuckDB, which reads a file and a folder of files alike."""
    path = next(path for path in folder.iterdir() if path.stem == name)
    pattern = f"{path}/part-*{path.suffix}" if path.is_dir() else str(path)
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    options = "" if path.suffix == ".parquet" else ", header = true, all_varchar = true"
    found = duckdb.sql(f"SELECT * FROM {reader}('{pattern}'{options})")
    return [
        dict(zip(found.columns, ["" if cell is None else str(cell) for cell in row], strict=True))
        for row in found.fetchall()
    ]

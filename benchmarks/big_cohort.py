"""A registry larger than memory, in bounded memory. python benchmarks/big_cohort.py [--patients 20000000]

Patients and about twice as many lesions lie in Parquet files in no order: a patient's lesions are far apart. Some ids
stand twice and some lesions belong to nobody; both must be found. Prints one JSON object: seconds, peak memory of the
process, and what was found against what was planted. Needs about 10 GB of disk for 20 million patients.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
PIECE = 1_000_000
REPEATED, ORPHANS = 50, 70
STRIDES = (7_368_787, 12_988_441)
"""Primes: multiples of one, modulo the number of patients, visit every patient once, in an order of their own."""


def patients_of(first: int, n: int, total: int) -> pl.Series:
    """The numbers of the patients in these rows."""
    return pl.int_range(first, first + n, eager=True) * STRIDES[0] % total


def write_patients(template: pl.DataFrame, total: int, path: Path) -> None:
    writer = None
    for first in range(0, total, PIECE):
        number = patients_of(first, min(PIECE, total - first), total)
        rows = template[(number % len(template)).cast(pl.UInt32)].with_columns(patient_id=ids(number))
        if first == 0:
            rows = pl.concat([rows, rows.head(REPEATED)])
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def write_lesions(template: pl.DataFrame, n_templates: int, total: int, path: Path) -> int:
    """The k-th lesions of all patients, then the next; returns how many rows were written."""
    by_number = template.with_columns(k=pl.int_range(pl.len()).over("number"))
    writer, n_rows = None, 0
    for (_k,), mine in by_number.partition_by("k", as_dict=True).items():
        for first in range(0, total, PIECE):
            place = pl.int_range(first, min(first + PIECE, total), eager=True) * STRIDES[1] % total
            wanted = pl.DataFrame({"patient": place, "number": place % n_templates})
            rows = wanted.join(mine.drop("k"), on="number", how="inner", maintain_order="left")
            rows = rows.select(ids(rows["patient"]), pl.exclude("patient", "number", "patient_id"))
            if writer is None:
                lost = rows.head(ORPHANS).with_columns(patient_id=pl.lit("nobody-") + pl.col("patient_id"))
                rows = pl.concat([rows, lost])
            table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            n_rows += len(rows)
    assert writer is not None
    writer.close()
    return n_rows


def ids(number: pl.Series) -> pl.Series:
    return ("P" + number.cast(pl.String).str.zfill(9)).alias("patient_id")


def make(folder: Path, total: int, n_templates: int) -> int:
    """Write the registry; returns the number of lesions."""
    base, registry = folder / "base", folder / "registry"
    script = ROOT / "scripts/make_example_registry.py"
    command = [sys.executable, str(script), str(base), "--patients", str(n_templates), "--format", "parquet"]
    subprocess.run(command, check=True)
    registry.mkdir()
    patients = pl.read_parquet(base / "patients.parquet")
    number = pl.DataFrame({"patient_id": patients["patient_id"], "number": pl.int_range(len(patients), eager=True)})
    write_patients(patients, total, registry / "patients.parquet")
    lesions = pl.read_parquet(base / "lesions.parquet").join(number, on="patient_id", maintain_order="left")
    return write_lesions(lesions, n_templates, total, registry / "lesions.parquet")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=20_000_000)
    parser.add_argument("--templates", type=int, default=200_000, help="different patients, repeated under other ids")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        n_lesions = make(folder, arguments.patients, arguments.templates)
        command = [sys.executable, "-m", "oligoscope", "cohort", "assess", str(folder / "registry")]
        start = time.perf_counter()
        process = subprocess.Popen([*command, "-o", str(folder / "out")])
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        rejects = pl.read_csv(folder / "out/rejects.csv", infer_schema=False).filter(pl.col("severity") == "error")
        summary = json.loads((folder / "out/summary.json").read_text())
        ids_out = pl.scan_parquet(folder / "out/answers.parquet").select("patient_id")
        planted = patients_of(0, REPEATED, arguments.patients)
        expected = arguments.patients - REPEATED
        in_order = ids_out.head(3).collect()["patient_id"].to_list()
        first = ids(patients_of(REPEATED, 3, arguments.patients)).to_list()
        found = {
            "patients": arguments.patients,
            "lesions": n_lesions,
            "exit": os.waitstatus_to_exitcode(status),
            "seconds": round(seconds, 1),
            "peak_gib": round(usage.ru_maxrss / 1024**2, 2),
            "repeated_ids_found": int(rejects.filter(pl.col("file") == "patients.parquet")["patient_id"].n_unique()),
            "orphans_found": int(rejects.filter(pl.col("file") == "lesions.parquet").height),
            "assessed": summary["patients_assessed"],
            "left_out": summary["patients_left_out"],
        }
        print(
            json.dumps(
                {**found, "bench_peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2)}
            )
        )
        right = (
            found["repeated_ids_found"] == REPEATED == len(planted)
            and found["orphans_found"] == ORPHANS
            and found["assessed"] == expected == ids_out.select(pl.len()).collect().item()
            and in_order == first
        )
        return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())

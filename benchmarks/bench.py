"""Measure what users wait for. `make bench`, or:

    python benchmarks/bench.py [--patients 1000000] [--format csv]

A registry of that size (two lesions a patient on average) goes through all tables; beside it, in the same run, a bare
read of the same inputs and write of the same output columns. Then one patient in process, and the command's cold start.
Prints one JSON object.
"""

import argparse
import compileall
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BARE = """
import sys, polars as pl
source, answers, target, suffix = sys.argv[1:]
read = (lambda p: pl.read_csv(p, infer_schema=False)) if suffix == "csv" else pl.read_parquet
frames = [read(f"{source}/{name}.{suffix}") for name in ("patients", "lesions", "systemic_therapy")]
answers = read(answers)
import time
start = time.perf_counter()
frames = [read(f"{source}/{name}.{suffix}") for name in ("patients", "lesions", "systemic_therapy")]
answers.write_csv(target) if suffix == "csv" else answers.write_parquet(target, compression="zstd")
print(time.perf_counter() - start)
"""


def timed(command: list[str]) -> tuple[float, float, str]:
    """(seconds, peak memory in GiB of that process, what it printed)."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024**2, printed


def cohort(patients: int, suffix: str, folder: Path) -> dict[str, Any]:
    registry, results = folder / "registry", folder / "results"
    subprocess.run(
        [
            sys.executable,
            ROOT / "scripts/make_example_registry.py",
            registry,
            "--patients",
            str(patients),
            "--format",
            suffix,
        ],
        check=True,
    )
    seconds, peak, _ = timed(
        [sys.executable, "-m", "oligoscope", "cohort", "assess", str(registry), "-o", str(results)]
    )
    _, _, printed = timed(
        [
            sys.executable,
            "-c",
            BARE,
            str(registry),
            str(results / f"answers.{suffix}"),
            str(folder / f"copy.{suffix}"),
            suffix,
        ]
    )
    bare = float(printed)
    n_lesions = int(
        subprocess.check_output(
            [
                sys.executable,
                "-c",
                f"import polars as pl; print(pl.scan_{suffix}('{registry}/lesions.{suffix}').select(pl.len()).collect().item())",
            ]
        )
    )
    return {
        "patients": patients, "lesions": n_lesions, "format": suffix, "assess_s": round(seconds, 2), "bare_read_and_write_s": round(bare, 2),
        "ratio": round(seconds / bare, 2), "peak_gib": round(peak, 2),
    }  # fmt: skip


def one_patient(folder: Path) -> float:
    """Median milliseconds of one case in process, file to assessment, knowledge loaded; no two cases are alike, since
    answers are kept.
    """
    import datetime

    import yaml

    from oligoscope.assess.patient import assess
    from oligoscope.chart.document import read_case
    from oligoscope.knowledge import load

    knowledge, today = load(), datetime.date.today()
    case = yaml.load((ROOT / "examples/gaps.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    files = []
    for n, (age, ecog, nodes, egfr) in enumerate(
        product(
            ("52", "71", "unknown"),
            ("0", "2", "unknown"),
            ("N0", "N2", "N3", "unknown"),
            ("positive", "negative", "unknown"),
        )
    ):
        changed = {
            **case,
            "patient": {**case["patient"], "age": age, "ecog": ecog, "egfr": egfr},
            "primary": {**case.get("primary", {}), "n": nodes},
        }
        files.append(folder / f"{n}.yaml")
        files[-1].write_text(yaml.safe_dump(changed), encoding="utf-8")
    random.Random(1).shuffle(files)

    def once(file: Path) -> float:
        start = time.perf_counter()
        assess(read_case(file, today), knowledge)
        return 1000 * (time.perf_counter() - start)

    return statistics.median(map(once, files))


def cold_start() -> float:
    """Median seconds of `oligoscope assess` as a process, its bytecode compiled as an installation leaves it, the
    knowledge as a first run does.
    """
    compileall.compile_dir(ROOT / "src", quiet=1)
    command = [sys.executable, "-m", "oligoscope", "assess", str(ROOT / "examples/complete.yaml")]
    timed(command)
    return statistics.median(timed(command)[0] for _ in range(15))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("csv", "parquet"), nargs="+", default=["csv", "parquet"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        milliseconds = one_patient(Path(folder))
    found: dict[str, Any] = {
        "one_patient_ms": round(milliseconds, 2),
        "cold_start_s": round(cold_start(), 3),
        "cores": os.cpu_count(),
        "cohorts": [],
    }
    for suffix in arguments.format:
        with tempfile.TemporaryDirectory() as folder:
            found["cohorts"].append(cohort(arguments.patients, suffix, Path(folder)))
    found["self_peak_gib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2, 2)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

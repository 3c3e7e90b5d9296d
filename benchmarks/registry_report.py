"""`cohort report` on a million patients: wall time, CPU time, memory. The bar: under 3 minutes and 6 GiB on two cores.

    python benchmarks/registry_report.py [--patients 1000000] [--keep FOLDER]

What runs on a seeded sample of 20,000 (imputation, cloning) is part of it. On a busy machine CPU time is what counts.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder for the registry; made once, read again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        registry = arguments.keep or Path(place) / "registry"
        if not (registry / "patients.parquet").exists():
            script = ROOT / "scripts/make_example_registry.py"
            made = [sys.executable, script, registry, "--patients", str(arguments.patients), "--format", "parquet"]
            subprocess.run(made, check=True)
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        order = [sys.executable, "-m", "oligoscope", "cohort", "report", registry, "-o", Path(place) / "out"]
        subprocess.run([*order, "--endpoint", "OS", "--from", "omd_dx_date", "--today", "2026-11-23"], check=True)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        page = (Path(place) / "out/report.html").stat().st_size
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{arguments.patients:,} patients: {wall:.0f} s, {cpu:.0f} s of CPU, {after.ru_maxrss / 2**20:.2f} GiB")
    print(f"report.html {page / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()

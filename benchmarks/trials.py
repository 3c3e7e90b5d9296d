"""Measure matching: 10,000 patients of the example registry against all trials, as a process.

`make bench`, or python benchmarks/trials.py.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        registry = Path(folder) / "registry"
        subprocess.run(
            [sys.executable, ROOT / "scripts/make_example_registry.py", registry, "--patients", "10000"],
            check=True,
            capture_output=True,
        )
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "oligoscope", "trials", "match", str(registry), "-o", str(Path(folder) / "m.csv")],
            check=True,
            capture_output=True,
        )
        print(json.dumps({"match_10000_patients_s": round(time.perf_counter() - start, 2)}))


if __name__ == "__main__":
    main()

"""Hold the executors together, and to soundness, on many generated charts. `make soak`, or:

    python benchmarks/soak.py [--charts 100000] [--seed 1]

The reference and the columnar executor must agree on every answer column of every chart, and filling in what a chart
leaves open must never contradict what was said of it. Exits 1 and prints the first disagreements otherwise.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oligoscope.knowledge import load  # noqa: E402
from tests.support.agreement import Chart, by_columns, by_reference  # noqa: E402
from tests.support.charts import Charts, Filler  # noqa: E402
from tests.support.soundness import contradictions  # noqa: E402

BLOCK = 5_000
COMPARED = 20_000


def compare(expected: list[dict[str, Any]], charts: list[Chart]) -> int:
    """How many rows differ; the first of each block is printed. Blocks keep memory small."""
    start, n_wrong = time.perf_counter(), 0
    for first in range(0, len(charts), COMPARED):
        block, wanted = charts[first : first + COMPARED], expected[first : first + COMPARED]
        with tempfile.TemporaryDirectory() as folder:
            found = by_columns(block, load(), Path(folder))
        wrong = [
            n
            for n, (a, b) in enumerate(zip(wanted, found, strict=True))
            if {**a, "patient_id": ""} != {**b, "patient_id": ""}
        ]
        n_wrong += len(wrong)
        for n in wrong[:1]:
            print(
                block[n],
                {
                    key: (wanted[n][key], found[n][key])
                    for key in wanted[n]
                    if key != "patient_id" and wanted[n][key] != found[n][key]
                },
            )
    print(f"columnar: {len(charts)} charts, {n_wrong} differ ({time.perf_counter() - start:.0f} s)", flush=True)
    return n_wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    knowledge, source = load(), Charts(arguments.seed)
    filler = Filler(source)
    charts: list[Chart] = []
    expected: list[dict[str, Any]] = []
    unsound = 0
    for _ in tqdm(range(0, arguments.charts, BLOCK), unit_scale=BLOCK, unit=" charts"):
        block = [source.chart() for _ in range(min(BLOCK, arguments.charts - len(charts)))]
        before = by_reference(block, knowledge)
        after = by_reference([filler.fill(chart) for chart in block], knowledge)
        found = [c for a, b in zip(before, after, strict=True) for c in contradictions(a, b, knowledge)]
        unsound += len(found)
        for text in found[:1]:
            print(text)
        charts += block
        expected += before
    print(f"soundness: {len(charts)} charts filled in, {unsound} contradictions", flush=True)
    wrong = compare(expected, charts)
    return 1 if wrong or unsound else 0


if __name__ == "__main__":
    sys.exit(main())

"""Hold the executors together, and to soundness, on many generated charts. `make soak`, or:

    python benchmarks/soak.py [--charts 100000] [--spark 10000] [--seed 1]

The reference must agree on every answer column of every chart with the columnar executor on every engine, each reading
and writing the registry of these charts itself (Spark the first of them), and filling in what a chart leaves open must
never contradict what was said of it, and no guideline statement that fits stands beside an answer that denies it.
Exits 1 and prints the first disagreements otherwise.
"""

import argparse
import gc
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oligoscope.cohort.run import run_cohort  # noqa: E402
from oligoscope.knowledge import load  # noqa: E402
from tests.support.agreement import TODAY, Chart, by_reference, write_cohort  # noqa: E402
from tests.support.charts import Charts, Filler  # noqa: E402
from tests.support.denials import denials  # noqa: E402
from tests.support.engines import answers  # noqa: E402
from tests.support.soundness import contradictions, denied_fields  # noqa: E402

BLOCK = 5_000
COMPARED = 20_000


def compare(expected: list[dict[str, Any]], charts: list[Chart], engine: str) -> int:
    """How many rows differ; the first of each block is printed. Blocks keep memory small."""
    start, n_wrong = time.perf_counter(), 0
    for first in range(0, len(charts), COMPARED):
        block = charts[first : first + COMPARED]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "in").mkdir()
            write_cohort(block, folder / "in")
            run_cohort(folder / "in", folder / "out", load(), TODAY, engine=engine)
            found = {row["patient_id"]: row for row in answers(folder / "out")}
        for n, chart in enumerate(block):
            own = expected[first + n].items()
            wanted = {key: "" if cell is None else str(cell) for key, cell in own if key != "lesions"}
            wrong = {key: (wanted[key], found[str(n)][key]) for key in wanted if wanted[key] != found[str(n)][key]}
            wrong.pop("patient_id", None)
            n_wrong += bool(wrong)
            if wrong and n_wrong == 1:
                print(chart, wrong)
    print(f"{engine}: {len(charts)} charts, {n_wrong} differ ({time.perf_counter() - start:.0f} s)", flush=True)
    return n_wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--spark", type=int, default=10_000, help="charts that Spark answers too; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    gc.set_threshold(100_000)  # As the command itself does.
    knowledge, source = load(), Charts(arguments.seed)
    filler = Filler(source)
    charts: list[Chart] = []
    expected: list[dict[str, Any]] = []
    unsound = denied = 0
    for _ in tqdm(range(0, arguments.charts, BLOCK), unit_scale=BLOCK, unit=" charts"):
        block = [source.chart() for _ in range(min(BLOCK, arguments.charts - len(charts)))]
        before = by_reference(block, knowledge)
        filled = [filler.fill(chart) for chart in block]
        after = by_reference(filled, knowledge)
        found = [
            c
            for old, new, a, b in zip(block, filled, before, after, strict=True)
            for c in contradictions(a, b, knowledge, denied_fields(old, new))
        ]
        unsound += len(found)
        beside = [
            d for (row, *_), a in zip(block, before, strict=True) for d in denials(a, row.get("all_sites_treatable"))
        ]
        denied += len(beside)
        for text in [*found[:1], *beside[:1]]:
            print(text)
        charts += block
        expected += before
    print(f"soundness: {len(charts)} charts filled in, {unsound} contradictions", flush=True)
    print(f"statements: {len(charts)} charts, {denied} beside an answer that denies them", flush=True)
    wrong = sum(compare(expected, charts, engine) for engine in ("polars", "duckdb"))
    if arguments.spark:
        wrong += compare(expected[: arguments.spark], charts[: arguments.spark], "spark")
    return 1 if wrong or unsound or denied else 0


if __name__ == "__main__":
    sys.exit(main())

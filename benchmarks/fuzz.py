"""Try to break it for an hour. `make fuzz`, or:

    python benchmarks/fuzz.py [--seconds 3600] [--inputs N] [--seed N] [--processes 500]

Inputs of tests/support/fuzzing.py, in rounds of 500, each round with the seed it names, until the time is up or so many
have been tried; then some as processes of their own. A round ends at its first finding. What is found is shrunk by Hypothesis, printed, and kept with its files under out/fuzz.
Exits 1 where anything was found.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from hypothesis.errors import Flaky  # noqa: E402
from tqdm import tqdm  # noqa: E402

from tests.support.fuzzing import Input, Outcome, any_input, as_process, complaints, in_process  # noqa: E402

A_ROUND = 500


def one_round(number: int, n_inputs: int, run: Callable[[Input], Outcome], counts: Counter[str]) -> None:
    """Inputs of one seed. Raises AssertionError with the smallest one that fails."""
    smallest: dict[str, Input] = {}

    @seed(number)
    @settings(
        max_examples=n_inputs, deadline=None, database=None, print_blob=False, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(any_input())
    def holds(given: Input) -> None:
        outcome = run(given)
        found = complaints(given, outcome)
        counts[f"exit {outcome.code}"] += 1
        if found:
            smallest["input"] = given
            raise AssertionError(f"{found}\n{outcome.err[-1500:]}")

    try:
        holds()
    except (AssertionError, Flaky) as error:
        raise AssertionError(
            f"seed {number}: {smallest['input']}\n{error}\nkept in {_kept(number, smallest['input'])}"
        ) from None


def _kept(number: int, given: Input) -> Path:
    folder = ROOT / "out/fuzz" / str(number)
    for name, content in {"argv.txt": repr(given.argv).encode(), **given.files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", 3600)))
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="the most to try in this process")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=500)
    arguments = parser.parse_args()
    number, end, findings = arguments.seed, time.monotonic() + arguments.seconds, 0
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        for run, total in ((in_process, arguments.inputs), (as_process, arguments.processes)):
            counts: Counter[str] = Counter()
            progress = tqdm(unit=" inputs", desc=run.__name__)
            while counts.total() < total and (run is as_process or time.monotonic() < end):
                try:
                    one_round(number, min(A_ROUND, total - counts.total()), run, counts)
                except AssertionError as error:
                    findings += 1
                    print(error, flush=True)
                number += 1
                progress.update(counts.total() - progress.n)
            progress.close()
            print(
                f"{run.__name__}: {counts.total()} inputs, {dict(counts)}, {findings} findings so far, seeds {arguments.seed} to {number - 1}",
                flush=True,
            )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())

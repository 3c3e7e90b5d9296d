"""Cox regression on a million rows and ten covariates: seconds and memory of the fit, as `survival cox` makes it.

    python benchmarks/cox.py [ROWS] [--r]

Days are rounded, so that there are ties; 2 of 3 rows have an event. The whole of it is timed: the fit, its concordance
with its error, and the test of proportional hazards. --r: the same by R's survival in the same run (Debian's
r-cran-survival): coxph with concordance, then cox.zph; reading the rows is not counted.

Measured on 2026-11-27 beside R 4.2.2 and survival 3.5.3, two cores, quiet: without the test 1.41 s on the clock and
1.51 s of processors, R 5.62 s; with it 2.00 and 2.10 s, R 6.82 s; peak 686 MiB, R 1,027 MiB.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oligoscope.synthesis.survival import Design, cox, followed, kaplan_meier, log_rank

ROWS, COVARIATES, SEED = 1_000_000, 10, 1
IN_R = """
suppressMessages(library(survival))
args <- commandArgs(TRUE)
n <- as.integer(args[2])
rows <- matrix(readBin(args[1], "double", n * 12), nrow = n)
time <- rows[, 1]; event <- rows[, 2]; x <- rows[, -(1:2)]
rm(rows); invisible(gc())
took <- system.time(fit <- coxph(Surv(time, event) ~ x, x = TRUE))
test <- system.time(cox.zph(fit))
peak <- as.integer(gsub("[^0-9]", "", grep("VmHWM", readLines("/proc/self/status"), value = TRUE))) / 1024
cat(sprintf("%.2f %.2f %.0f %.10f", took["user.self"] + took["sys.self"], test["user.self"] + test["sys.self"], peak, coef(fit)[1]))
"""


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_r(
    time_: NDArray[np.float64], event: NDArray[np.bool_], x: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Processor seconds of the fit and of the test, peak MiB, and the first coefficient, by R."""
    program = shutil.which("Rscript")
    if program is None:
        raise SystemExit("Rscript is not on this machine: install r-cran-survival")
    with tempfile.TemporaryDirectory() as name:
        rows = Path(name) / "rows"
        np.column_stack([time_, event, x]).T.tofile(rows)
        done = subprocess.run(
            [program, "-e", IN_R, str(rows), str(len(x))], capture_output=True, text=True, check=True
        )  # fmt: skip
    fit, test, peak, first = map(float, done.stdout.split())
    return fit, test, peak, first


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=ROWS)
    parser.add_argument("--r", action="store_true")
    asked = parser.parse_args()
    n = asked.rows
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(n, COVARIATES))
    effects = np.linspace(-0.3, 0.3, COVARIATES)
    death = np.ceil(rng.exponential(1000 / np.exp(x @ effects)))
    censored = np.ceil(rng.uniform(0, 4000, n))
    who = followed(np.minimum(death, censored), death <= censored)
    design, took, spent = Design(x, [f"x{i}" for i in range(COVARIATES)]), dict[str, float](), dict[str, float]()
    print(f"{n} rows, {int(who.event.sum())} events, load {os.getloadavg()[0]:.1f}, {peak_mib():.0f} MiB before")
    for name, run in (
        ("kaplan-meier", lambda: kaplan_meier(who)),
        ("log-rank", lambda: log_rank(who, (x[:, 0] > 0).astype(np.int64))),
        ("cox", lambda: cox(who, design)),
        ("without test", lambda: cox(who, design, tested=False)),
    ):
        start, used = time.perf_counter(), time.process_time()
        run()
        took[name], spent[name] = time.perf_counter() - start, time.process_time() - used
        print(f"{name:<14}{took[name]:6.2f} s, {spent[name]:6.2f} s of processors, peak {peak_mib():.0f} MiB")
    if asked.r:
        fit, test, peak, first = in_r(np.minimum(death, censored), death <= censored, x)
        print(
            f"R: {fit:.2f} s of processors coxph, {test:.2f} cox.zph, peak {peak:.0f} MiB; first coefficient {first:.10f}"
        )
        for what, ours in (("of processors", spent), ("on the clock", took)):
            whole, alone = (fit + test) / ours["cox"], fit / ours["without test"]
            print(f"ours takes {alone:.1f} times less {what}, {whole:.1f} times with the test")
    return 0


if __name__ == "__main__":
    sys.exit(main())

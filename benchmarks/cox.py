"""Cox regression on a million rows and ten covariates: seconds and memory of the fit, as `survival cox` makes it.

    python benchmarks/cox.py [ROWS]

Days are rounded, so that there are ties; 2 of 3 rows have an event. The whole of it is timed: the fit, its concordance
with its error, and the test of proportional hazards.
"""

import os
import resource
import sys
import time

import numpy as np

from oligoscope.synthesis.survival import Design, cox, followed, kaplan_meier, log_rank

ROWS, COVARIATES, SEED = 1_000_000, 10, 1


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(n, COVARIATES))
    effects = np.linspace(-0.3, 0.3, COVARIATES)
    death = np.ceil(rng.exponential(1000 / np.exp(x @ effects)))
    censored = np.ceil(rng.uniform(0, 4000, n))
    who = followed(np.minimum(death, censored), death <= censored)
    print(f"{n} rows, {int(who.event.sum())} events, load {os.getloadavg()[0]:.1f}, {peak_mib():.0f} MiB before")
    for name, run in (
        ("kaplan-meier", lambda: kaplan_meier(who)),
        ("log-rank", lambda: log_rank(who, (x[:, 0] > 0).astype(np.int64))),
        ("cox", lambda: cox(who, Design(x, [f"x{i}" for i in range(COVARIATES)]))),
    ):
        start, used = time.perf_counter(), time.process_time()
        run()
        print(
            f"{name:<14}{time.perf_counter() - start:6.2f} s, {time.process_time() - used:6.2f} s of processors, peak {peak_mib():.0f} MiB"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

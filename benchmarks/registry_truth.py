"""Coverage and bias of the estimators of a registry's report, over simulated registries whose truth is known.

    python benchmarks/registry_truth.py [--registries 2000] [--patients 600]

Prints for each estimator how often its 95 % interval holds the truth (93.5 to 96.5 % is asked for at 60 events per arm or
more), its bias, and what the naive comparison of therapy makes of the same registries. Some 40 s per 1,000 registries.
"""

import argparse
import math
import sys
import time
from collections import defaultdict

import numpy as np

from oligoscope.cohort.analysis.emulation import emulated
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.treatment import Compared, Exposed, as_state, at_landmark, compared_naively
from oligoscope.cohort.simulate import Simulated, Truth, simulate
from oligoscope.synthesis.survival import Design, cox, difference, followed, kaplan_meier

TAU = 1000.0


class Tally:
    """Estimates, and whether their intervals held the truth."""

    def __init__(self) -> None:
        self.gaps: dict[str, list[float]] = defaultdict(list)
        self.held: dict[str, list[bool]] = defaultdict(list)

    def add(self, name: str, value: float | None, low: float | None, high: float | None, truth: float) -> None:
        if value is not None:
            self.gaps[name].append(value - truth)
            self.held[name].append((low is None or low <= truth) and (high is None or truth <= high))

    def way(self, name: str, way: Compared | Refused, truth: float) -> None:
        if isinstance(way, Compared):
            self.add(name, way.coef, way.low, way.high, truth)

    def show(self, unit: dict[str, str]) -> None:
        print(f"{'estimator':44} {'n':>6} {'coverage':>9} {'bias':>9} {'its error':>10}")
        for name, gaps in self.gaps.items():
            n, bias = len(gaps), float(np.mean(gaps))
            error = float(np.std(gaps)) / math.sqrt(n)
            print(
                f"{name:44} {n:6} {100 * np.mean(self.held[name]):8.1f}% {bias:9.4f} {error:10.4f} {unit.get(name, 'log HR')}"
            )


def of_groups(found: Simulated, tally: Tally) -> None:
    """The factor's ratio, the women's median and the difference of restricted means, without therapy."""
    truth, men = found.truth, found.man > 0
    whole = followed(found.time, found.event)
    (term,) = cox(whole, Design(found.man[:, None], ["man"])).terms
    tally.add("Cox, factor", term.coef, term.low, term.high, math.log(truth.factor_ratio))
    parts = [kaplan_meier(whole.part(each)) for each in (~men, men)]
    median = parts[0].quantile()
    tally.add("median, women", median.value, median.low, median.high, math.log(2) / truth.rate)
    rates = (truth.rate, truth.rate * truth.factor_ratio)
    lived = [(1 - math.exp(-rate * TAU)) / rate for rate in rates]
    women, others = (part.restricted_mean(TAU) for part in parts)
    gap = difference(women, others)
    if gap:
        tally.add("restricted mean, men less women", gap.value, gap.low, gap.high, lived[1] - lived[0])


def of_therapy(found: Simulated, tally: Tally) -> float:
    """Every way to compare; the person-months that were immortal."""
    exposed = Exposed(followed(found.time, found.event), found.therapy)
    truth = math.log(found.truth.therapy_ratio)
    tally.way("therapy as a state", as_state(exposed), truth)
    for months in (3, 6, 12):
        tally.way(f"landmark at {months} months (another estimand)", at_landmark(exposed, months), truth)
    nobody = np.zeros((len(found.time), 0))
    tally.way("cloned and weighted (another estimand)", emulated(exposed, nobody, "cloned"), truth)
    tally.way("naive", compared_naively(exposed), truth)
    return float(found.therapy[exposed.ever].sum() / 30.4375)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registries", type=int, default=2000)
    parser.add_argument("--patients", type=int, default=600)
    arguments = parser.parse_args()
    began, plain, treated, immortal = time.process_time(), Tally(), Tally(), []
    for seed in range(arguments.registries):
        of_groups(simulate(Truth(arguments.patients, seed, treated=0.0)), plain)
        immortal.append(of_therapy(simulate(Truth(arguments.patients, seed, factor_ratio=1.0)), treated))
        if seed % 100 == 99:
            print(f"\r{seed + 1} registries", end="", file=sys.stderr)
    print(file=sys.stderr)
    plain.show({"median, women": "days", "restricted mean, men less women": "days"})
    print()
    treated.show({})
    print(f"immortal: {np.mean(immortal):.0f} person-months per registry of {arguments.patients}")
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()

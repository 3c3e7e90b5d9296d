"""How near the dose-volume histograms come to the truth, and whether their bands hold it. About 10 minutes, or:

    python benchmarks/dvh.py [--placements 500] [--seed 1]

Spheres, cylinders and cones (tests/support/phantoms.py) in a gradient across and along the slices and in a Gaussian,
placed at random between slices and voxels. Prints the largest error of each metric by size and spacing beside its bar,
how often the band holds the truth, and half the width of the band over the largest error. Exits 1 where a bar is missed.

The bars of error are for spheres, whose ends do not hang on where the slices lie. Where a flat end lies between its last
contour and the next slice no program can tell: the same contours come from every end in between, so that a rule that
gives them one answer is off by half a slice of that end for some of them. What this alone costs of a volume stands under
"ends"; a cylinder and a cone may be off by that much and by the bar of the sphere, and not by more.
"""

import argparse
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oligoscope.dose.dvh import dosed  # noqa: E402
from oligoscope.dose.metric import metric  # noqa: E402
from tests.support.phantoms import FORMS, placed  # noqa: E402

ASKED = ("volume", "Dmean", "D95%", "D50%", "D0.03cc")
FIELDS = ("x", "z", "gauss")
SIZES = {1.0: (5.0, 10.0, 20.0), 2.0: (10.0, 20.0, 30.0), 3.0: (10.0, 20.0, 30.0)}
"""mm, by the distance of slices, which is that of voxels too."""
BARS = {
    1.0: (10.0, {"volume": 1.5, "D95%": 1.0, "D0.03cc": 1.0}),
    2.0: (20.0, {"volume": 2.0, "D95%": 2.5, "D0.03cc": 2.5}),
    3.0: (20.0, {"volume": 3.0, "D95%": 5.0, "D0.03cc": 3.0}),
}
"""From this size on, the largest error in percent."""
HELD, MOST_WIDTH = 95.0, 2.0
FLAT = {"sphere": 0.0, "cylinder": 2.0, "cone": 3.0}
"""Times half a slice over the height: what the flat ends of a form cost of its volume, two discs or the base of a cone."""

Rows = NDArray[np.float64]


def measure(placements: int, seed: int) -> dict[tuple[float, float, str, str], Rows]:
    """By spacing, size, form and metric: rows of value, low, high, truth."""
    random = np.random.default_rng(seed)
    found: dict[tuple[float, float, str, str], list[tuple[float, ...]]] = defaultdict(list)
    for spacing, sizes in SIZES.items():
        for size in sizes:
            for form, made in FORMS.items():
                phantom = made(size)
                truths = {(f, m): phantom.truth(f, m) for f in FIELDS for m in ASKED}
                for index in range(placements):
                    field = FIELDS[index % len(FIELDS)]
                    dose = dosed(*placed(phantom, field, spacing, spacing, random))
                    for asked in ASKED:
                        got = dose.volume if asked == "volume" else dose.metric(metric(asked))
                        if got.value is not None and got.low is not None and got.high is not None:
                            row = (got.value, got.low, got.high, truths[field, asked])
                            found[spacing, size, form, asked].append(row)
    return {key: np.array(rows) for key, rows in found.items()}


def card(rows: Rows) -> tuple[float, float, float, float]:
    """The largest and the middle error in percent, how often the band holds the truth in percent, and half its width
    over the largest error.
    """
    value, low, high, truth = rows.T
    errors = 100 * np.abs(value / truth - 1)
    held = 100 * float(np.mean((low <= truth) & (truth <= high)))
    width = float(np.mean(50 * (high - low) / truth))
    return float(errors.max()), float(np.median(errors)), held, width / float(errors.max())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--placements", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = measure(arguments.placements, arguments.seed)
    missed = 0
    print(
        f"{'slices':>6} {'size':>5} {'form':<9} {'metric':<8} {'worst':>7} {'median':>7} {'ends':>6} {'bar':>5} "
        f"{'held':>6} {'width':>6}"
    )
    forms = [*FORMS, "all"]
    for (spacing, size), form, asked in ((k, f, a) for k in _cells() for f in forms for a in ASKED):
        every = [found[spacing, size, one, asked] for one in FORMS if form in (one, "all")]
        worst, median, held, width = card(np.concatenate([rows for rows in every if len(rows)]))
        least, bars = BARS[spacing]
        ends = 50 * FLAT[form] * spacing / size if form in FLAT and asked == "volume" else 0.0
        known = size >= least and (form == "sphere" or ends > 0)
        bar = bars[asked] + ends if known and asked in bars else None
        wrong = (bar is not None and worst > bar) or held < HELD or (form == "all" and width > MOST_WIDTH)
        missed += wrong
        shown = f"{bar:5.1f}" if bar is not None else "     "
        cost = f"{ends:5.1f}%" if ends else "      "
        print(
            f"{spacing:6.0f} {size:5.0f} {form:<9} {asked:<8} {worst:6.2f}% {median:6.2f}% {cost} {shown} {held:5.1f}% "
            f"{width:6.2f}{'  MISSED' if wrong else ''}",
            flush=True,
        )
    print(f"{missed} bars missed" if missed else "every bar is met")
    return 1 if missed else 0


def _cells() -> list[tuple[float, float]]:
    return [(spacing, size) for spacing, sizes in SIZES.items() for size in sizes]


if __name__ == "__main__":
    sys.exit(main())

"""How often the interval of a weighted hazard ratio holds the truth, and how far the unadjusted ratio is off.

    PYTHONPATH=src python benchmarks/weighted_truth.py [--registries 400]

Trials of 200 with 30 % fit patients and 30 % women, registries of another mix; both factors decide who lives. The truth
is the ratio of two large samples with the trial's mix. No figure is rebuilt here: chance alone.
"""

import argparse

import numpy as np

from oligoscope.synthesis.balancing import balancing, effective
from oligoscope.synthesis.survival import Design, cox, followed

TRIAL = (0.3, 0.3)
WAYS = (("near", 400, (0.45, 0.4)), ("far", 400, (0.65, 0.6)), ("very far", 400, (0.9, 0.85)), ("few", 60, (0.65, 0.6)))


def drawn(
    random: np.random.Generator, n: int, shares: tuple[float, float], effect: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(months, deaths, factors)."""
    factors = (random.random((n, 2)) < shares).astype(float)
    death = random.exponential(9 / (np.log(2) * effect * np.exp(factors @ np.log([0.4, 0.6]))))
    end = random.uniform(20, 50, n)
    return np.minimum(death, end), (death <= end).astype(float), factors


def truth_of(effect: float) -> float:
    random, n = np.random.default_rng(0), 200_000
    (a, b, _), (c, d, _) = drawn(random, n, TRIAL, effect), drawn(random, n, TRIAL, 1)
    whole = followed(np.concatenate([a, c]), np.concatenate([b, d]))
    fit = cox(whole, Design(np.repeat([1.0, 0.0], n)[:, None], ["registry"]), tested=False)
    return fit.terms[0].coef or 0.0


def told(n: int, shares: tuple[float, float], effect: float, truth: float, registries: int) -> list[float]:
    """Effective size, bias, error over the spread of estimates, coverage with weights, bias and coverage without."""
    rows = []
    for seed in range(registries):
        random = np.random.default_rng(seed + 1)
        (a, b, theirs), (c, d, mine) = drawn(random, 200, TRIAL, 1), drawn(random, n, shares, effect)
        weights = balancing(mine, theirs.mean(axis=0))
        if isinstance(weights, str) or effective(weights) < 10:
            continue
        whole, group = (
            followed(np.concatenate([a, c]), np.concatenate([b, d])),
            np.repeat([0.0, 1.0], [200, n])[:, None],
        )
        every = np.concatenate([np.ones(200), weights])
        design = Design(group, ["registry"], cluster=np.arange(200 + n), weights=every)
        terms = (cox(whole, each, tested=False).terms[0] for each in (design, Design(group, ["registry"])))
        (w, w_se, w_in), (u, _, u_in) = (
            (t.coef or 0.0, t.robust_se or t.se or 0.0, (t.low or 0) < truth < (t.high or 0)) for t in terms
        )
        rows.append((effective(weights), w - truth, w_se, w_in, u - truth, u_in))
    size, bias, se, holds, off, holds_plain = np.array(rows, float).T
    return [len(rows), size.mean(), bias.mean(), se.mean() / bias.std(), holds.mean(), off.mean(), holds_plain.mean()]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--registries", type=int, default=400)
    registries = asked.parse_args().registries
    print("effect, registry: made, effective size, bias, error / spread, coverage; unadjusted bias, coverage")
    for effect in (1.0, 0.6):
        truth = truth_of(effect)
        for name, n, shares in WAYS:
            values = ", ".join(f"{value:.3g}" for value in told(n, shares, effect, truth, registries))
            print(f"{effect:g}, {name} ({n}): {values}", flush=True)


if __name__ == "__main__":
    main()

"""A share of several, with its interval."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """k of n, and the interval of the share it stands for, each from 0 to 1."""

    k: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself."""
        return self.k / self.n


def share(k: int, n: int, level: float = 0.95) -> Share:
    """Wilson's interval: it stays inside 0 and 1, also where all or none are counted. n: at least 1.

    >>> found = share(9, 10)
    >>> round(found.low, 4), round(found.high, 4)
    (0.5958, 0.9821)
    """
    from scipy.stats import binomtest

    interval = binomtest(k, n).proportion_ci(level, method="wilson")
    return Share(k, n, float(interval.low), float(interval.high))

"""Effect sizes on the log scale from what papers print.

The ways from intervals, P values, events, medians and rates to a log hazard ratio are those of Parmar 1998 and Tierney
2007.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.stats import norm

Source = Literal["interval", "p", "events", "medians", "rates"]


@dataclass(frozen=True)
class Effect:
    """A log ratio with its standard error, and how it was worked out.

    source: from which printed numbers.  method: the same in words.  approximate: rests on an assumption about the
    curves, which `method` names.
    """

    log_ratio: float
    se: float
    source: Source
    method: str
    approximate: bool = False


def from_interval(ratio: float, low: float, high: float, level: float) -> Effect:
    """From a ratio and its confidence interval; level as a share (0.95).

    Raises ValueError outside 0 < low < high and 0 < level < 1.
    """
    if not 0 < low < high or ratio <= 0 or not 0 < level < 1:
        raise ValueError(
            f"ratio {ratio}, interval {low} to {high} at level {level}: "
            "ratios must be above 0 and rise, a level lies between 0 and 1"
        )
    return Effect(
        math.log(ratio),
        (math.log(high) - math.log(low)) / (2 * quantile(level)),
        "interval",
        f"hazard ratio and its {100 * level:g} % interval",
    )


def from_p(ratio: float, p: float, sides: int = 2) -> Effect:
    """From a ratio and the P value of its difference from 1.

    Raises ValueError where P says nothing of the error (P = 1 or a ratio of 1).
    """
    z = z_of(p, sides)
    if ratio <= 0 or ratio == 1 or z == 0:
        raise ValueError(f"ratio {ratio} with P {p}: a standard error cannot be found")
    return Effect(math.log(ratio), abs(math.log(ratio)) / z, "p", "hazard ratio and P value")


def from_p_and_events(
    p: float, events: int, n_experimental: int, n_control: int, *, favours_experimental: bool, sides: int = 2
) -> Effect:
    """From a log-rank P value and all events: V = events · n1 · n2 / (n1 + n2)², log HR = ± z / √V.

    Raises ValueError for no events or P = 0.
    """
    if events < 1 or n_experimental < 1 or n_control < 1:
        raise ValueError("events and both arms must be at least 1")
    information = events * n_experimental * n_control / (n_experimental + n_control) ** 2
    sign = -1 if favours_experimental else 1
    return Effect(
        sign * z_of(p, sides) / math.sqrt(information),
        1 / math.sqrt(information),
        "events",
        "P value and number of events",
    )


def from_medians(
    median_experimental: float,
    median_control: float,
    *,
    p: float | None = None,
    sides: int = 2,
    events: tuple[int, int] | None = None,
) -> Effect:
    """From medians, as if both curves were exponential; the error from a P value or, better, the events of each arm.

    Raises ValueError without either.
    """
    log_ratio = math.log(median_control / median_experimental)
    if events:
        return Effect(
            log_ratio,
            math.sqrt(1 / events[0] + 1 / events[1]),
            "medians",
            "medians and events (exponential curves assumed)",
            approximate=True,
        )
    if p is None or z_of(p, sides) == 0 or log_ratio == 0:
        raise ValueError("medians need a P value or the events of each arm")
    return Effect(
        log_ratio,
        abs(log_ratio) / z_of(p, sides),
        "medians",
        "medians and P value (exponential curves assumed)",
        approximate=True,
    )


def from_rates(rate_experimental: float, rate_control: float, n_experimental: int, n_control: int) -> Effect:
    """From survival rates (shares between 0 and 1) at one time, as if hazards were proportional and nobody censored
    before it.

    log HR = log(log S1 / log S0); the variance of log(-log S) is (1 - S) / (n S log² S), by the delta method.
    """
    if not (0 < rate_experimental < 1 and 0 < rate_control < 1):
        raise ValueError(f"rates {rate_experimental} and {rate_control}: both must lie between 0 and 1")
    variance = sum(
        (1 - s) / (n * s * math.log(s) ** 2)
        for s, n in ((rate_experimental, n_experimental), (rate_control, n_control))
    )
    log_ratio = math.log(math.log(rate_experimental) / math.log(rate_control))
    return Effect(
        log_ratio,
        math.sqrt(variance),
        "rates",
        "rates at one time (proportional hazards, no censoring assumed)",
        approximate=True,
    )


def quantile(level: float) -> float:
    """The half-width of a normal interval of this level, in standard errors."""
    return float(norm.ppf((1 + level) / 2))


def z_of(p: float, sides: int = 2) -> float:
    """The absolute normal deviate of a P value. Raises ValueError outside 0 < P <= 1."""
    if not 0 < p <= 1:
        raise ValueError(f"P {p} must lie above 0 and at most at 1")
    return abs(float(norm.isf(p / sides)))


def p_of(z: float, sides: int = 2) -> float:
    """The P value of a normal deviate."""
    return float(sides * norm.sf(abs(z)))

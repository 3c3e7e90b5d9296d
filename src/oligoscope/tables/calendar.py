"""Time between two days, both written as the whole number yyyymmdd."""

import datetime
import math
from calendar import monthrange


def months_between(start: int, end: int) -> float:
    """Calendar months from one day to another; days left over count as 31sts, so that a whole number means an exact
    one.

    A month later is the same day of the next month, or its last day where it is shorter. Negative when end comes first.

    >>> months_between(2024_01_31, 2024_02_29), months_between(2024_02_29, 2024_01_31)
    (1.0, -1.0)
    >>> round(31 * months_between(2024_01_15, 2024_02_20)) - 31
    5
    """
    if end < start:
        return -months_between(end, start)
    (y1, m1, d1), (y2, m2, d2) = _parts(start), _parts(end)
    months = (y2 - y1) * 12 + m2 - m1
    anniversary = min(d1, monthrange(y2, m2)[1])
    if d2 >= anniversary:
        return months + (d2 - anniversary) / 31
    y0, m0 = (y2 - 1, 12) if m2 == 1 else (y2, m2 - 1)
    length = monthrange(y0, m0)[1] if y0 else 31
    return months - 1 + (length - min(d1, length) + d2) / 31


def years_between(start: int, end: int) -> float:
    """Whole calendar years, as an age is counted.

    >>> years_between(1960_05_02, 2024_05_01), years_between(1960_05_02, 2024_05_02)
    (63, 64)
    """
    return math.floor(months_between(start, end) / 12)


def days_between(start: int, end: int) -> float:
    """Days from one day to another; negative when end comes first.

    >>> days_between(2024_02_28, 2024_03_01), days_between(2024_03_01, 2024_02_28)
    (2, -2)
    """
    return (datetime.date(*_parts(end)) - datetime.date(*_parts(start))).days


def _parts(day: int) -> tuple[int, int, int]:
    return day // 10000, day // 100 % 100, day % 100

"""How often somebody may ask, in one process."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_NAMES = 10_000
"""Names that are remembered; beyond it the one that asked longest ago is forgotten, so that memory stays flat."""


class Rates:
    """A budget for each name: `burst` at once, filled up again by `each_second`. clock: seconds.

    >>> rates = Rates(each_second=1, burst=2, clock=lambda: 0.0)
    >>> [rates.allowed("anna") for _ in range(3)], rates.allowed("bert")
    ([True, True, False], True)
    """

    def __init__(self, each_second: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.each_second, self.burst, self.clock = each_second, burst, clock
        self.left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allowed(self, name: str) -> bool:
        """Whether one more may pass; it is counted."""
        now = self.clock()
        left, then = self.left.pop(name, (float(self.burst), now))
        left = min(self.burst, left + (now - then) * self.each_second)
        allowed = left >= 1
        self.left[name] = (left - 1 if allowed else left, now)
        if len(self.left) > MOST_NAMES:
            self.left.popitem(last=False)
        return allowed

"""Who reads which record next: the order is learned beside the answers, so that nobody waits for it.

Learning anew takes a fraction of a second for 2,000 records and some seconds for 100,000. A reader waits for it as
long as `PATIENCE` and goes on in the old order until it is there. The order is all that is kept here: what was decided
is read from the review each time, so that several processes may answer one reader.
"""

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from oligoscope.api.review import opened
from oligoscope.literature.ranking import n_before_learning
from oligoscope.literature.record import Record
from oligoscope.literature.screening import IMPORTED, SETTLED, Queue
from oligoscope.literature.store import STAGES, Decision, Store
from oligoscope.web.learning import Learner

PATIENCE = 0.05
"""Seconds; the next record is shown in 0.2 s at most."""
MOST_ORDERS = 50
"""Readers whose orders are kept; one of 100,000 records takes 4 MB."""


@dataclass(frozen=True)
class Next:
    """What a person reads next. record: None where nothing is left.  before: what they said of it already, where they
    went back to it.  learned: whether the order rests on decisions.
    """

    key: int
    record: Record | None
    left: int
    read: int
    learned: bool
    before: Decision | None = None


@dataclass
class _Order:
    """The order as it was learned last. seen: what it depends on besides the reader.  read, found: decisions
    and inclusions that it was learned from, or is being.  coming: the next order.
    """

    queue: Queue
    seen: tuple[object, ...]
    read: int = 0
    found: int = 0
    lines: int = 0
    coming: "Future[Queue] | None" = None

    def __post_init__(self) -> None:
        self.take(self.queue)

    def take(self, queue: Queue) -> None:
        """Go by another order."""
        self.queue, self.members = queue, frozenset(queue.waiting)

    def left(self, mine: "_Mine") -> tuple[int, int]:
        """What a person reads next (0: nothing), and how many are left. Done ones stand at the front, so it is quick
        however many records there are.
        """
        passed = [key for key in mine.passed if key in self.members]
        later = {*mine.done, *passed}
        following = (key for key in self.queue.waiting if key not in later)
        return next(following, passed[0] if passed else 0), len(self.members) - len(self.members & mine.done)


@dataclass(frozen=True)
class _Mine:
    """What a person said, each record's last. passed: records that wait for a second look, the oldest first.  lines: of
    the log.
    """

    done: frozenset[int]
    passed: tuple[int, ...]
    found: int
    lines: int


class Sittings:
    """The readers of this process."""

    def __init__(self) -> None:
        self._orders: dict[tuple[Path, str, str], _Order] = {}
        self._learner = Learner()

    def next(self, store: Path, who: str, stage: str) -> Next:
        """The record that a person reads next. Raises NotAllowed."""
        with opened(store) as review:
            mine = _said_by(review, who, stage)
            # Titles that are decided on let further reports in to be read in full.
            let_in = len(review.decisions(STAGES[0])) if stage != STAGES[0] else 0
            seen = (*review.extent(), len(review.samples(stage)), let_in)
            order = self._order((store, who, stage), mine, seen, review)
            key, left = order.left(mine)
            record = review.record(key) if key else None
        return Next(key, record, left, len(mine.done), order.queue.learned)

    def back(self, store: Path, who: str, stage: str, before: int) -> Next:
        """The record of a person's last decision before that of an id (0: the very last); what comes next where there
        is none.
        """
        found = self.next(store, who, stage)
        with opened(store) as review:
            said = [each for each in review.decisions(stage, [who]) if not before or each.id < before]
            if not said:
                return found
            return replace(found, key=said[-1].record, record=review.record(said[-1].record), before=said[-1])

    def _order(self, name: tuple[Path, str, str], mine: _Mine, seen: tuple[object, ...], review: Store) -> _Order:
        """The order to read in, learned anew where it is time to."""
        store, who, stage = name
        order = self._orders.pop(name, None)
        # A log never gets shorter: where it did, another review lies at this place now.
        if order is None or order.seen != seen or mine.lines < order.lines:
            # At full text the order of the import is not enough: only what the titles let in is read.
            rest = tuple(review.distinct()) if stage == STAGES[0] else ()
            order = _Order(Queue(rest, 0, False), seen, -1)
        order.lines = mine.lines
        if order.coming is None and self._is_time(order, mine):
            order.read, order.found = len(mine.done), mine.found
            order.coming = self._learner.order(store, who, stage)
        if order.coming is not None:
            with suppress(NotYet):
                order.take(order.coming.result(PATIENCE if stage == STAGES[0] else None))
                order.coming = None
        self._orders[name] = order
        while len(self._orders) > MOST_ORDERS:
            del self._orders[next(iter(self._orders))]
        return order

    @staticmethod
    def _is_time(order: _Order, mine: _Mine) -> bool:
        """Whether to learn anew: after a find, else after a fiftieth of what was read, as on the command line."""
        return mine.found != order.found or len(mine.done) - order.read >= n_before_learning(len(mine.done))


def _said_by(review: Store, who: str, stage: str) -> _Mine:
    heads, log = review.heads(), review.decisions(stage, [IMPORTED, who])
    last: dict[int, Decision] = {}
    # What came with a file counts until the person says something else.
    for each in sorted(log, key=lambda each: (each.who == who, each.id)):
        last[heads.get(each.record, each.record)] = each
    done = {key: each for key, each in last.items() if each.verdict in SETTLED}
    passed = sorted((each.id, key) for key, each in last.items() if key not in done)
    found = sum(each.verdict == "include" for each in done.values())
    return _Mine(frozenset(done), tuple(key for _, key in passed), found, len(log))

"""How well the ranking and its rule for stopping would have done on a review whose decisions are known."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from oligoscope.literature.ranking import UNREAD, Labels, matrix_of, n_before_learning, scores_of
from oligoscope.literature.stopping import LEVEL, cost, recall

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Order: TypeAlias = npt.NDArray[np.int64]
N_INTERVALS = 300
_TARGET, _FURTHER = 0.95, 0.98
_SAMPLES = (0.05, 0.1, 0.2, 0.4)
"""Shares of the unread that are drawn, in turn."""


@dataclass(frozen=True)
class Run:
    """One reading from its first two records, of which one belongs in and one does not; these count nowhere.

    wss95: the share of records that need not be read when 95 % of the included are found, less 0.05.  recall_at_10:
    the share of the included found in the first tenth.  read_95, read_98: records read until so much is found.
    expected_98: how many more than read_95 were foretold, when 95 % were found.  seconds: wall clock, the matrix
    of words included.
    """

    wss95: float
    recall_at_10: float
    read_95: int
    read_98: int
    expected_98: int | None
    seconds: float


@dataclass(frozen=True)
class Simulated:
    """Runs of one labelled set. covered: of the intervals of recall, how many held the truth."""

    records: int
    included: int
    runs: tuple[Run, ...]
    intervals: int
    covered: int
    mean_width: float

    @property
    def wss95(self) -> float:
        """The mean of the runs."""
        return float(np.mean([run.wss95 for run in self.runs]))

    @property
    def recall_at_10(self) -> float:
        """The mean of the runs."""
        return float(np.mean([run.recall_at_10 for run in self.runs]))

    @property
    def coverage(self) -> float:
        """The share of intervals that held the true recall."""
        return self.covered / self.intervals


def simulated(
    texts: Sequence[str], labels: Labels, seed: int, n_runs: int, on_run: Callable[[], object] = lambda: None
) -> Simulated:
    """Read a labelled set from several starts drawn by a seed, and stop each at random places.

    texts: title and abstract.  labels: 1 included, 0 excluded, at least two of each.  on_run: told after each run.
    """
    draw = np.random.default_rng(seed)
    start = perf_counter()
    matrix = matrix_of(texts)
    weighing = perf_counter() - start
    runs, orders = [], []
    for _ in range(n_runs):
        start = perf_counter()
        first = first_two(labels, draw)
        order = read_through(matrix, labels, first)
        runs.append(measured(labels[order], weighing + perf_counter() - start))
        orders.append(order)
        on_run()
    widths = list(_intervals(orders, labels, draw))
    held = sum(1 for _, holds in widths if holds)
    mean_width = float(np.mean([width for width, _ in widths]))
    return Simulated(len(texts), int(labels.sum()), tuple(runs), len(widths), held, mean_width)


def first_two(labels: Labels, draw: np.random.Generator) -> list[int]:
    """The records that a run starts from: one that belongs in, one that does not."""
    return [int(draw.choice(np.flatnonzero(labels == label))) for label in (1, 0)]


def read_through(matrix: "csr_matrix", labels: Labels, first: Sequence[int]) -> Order:
    """The order in which records are read, without the first ones."""
    known = np.full(len(labels), UNREAD, np.int8)
    known[list(first)] = labels[list(first)]
    order: list[int] = []
    while (unread := np.flatnonzero(known == UNREAD)).size:
        scores = scores_of(matrix, known)
        best = unread[np.argsort(-scores[unread], kind="stable")]
        for place in best[: n_before_learning(len(first) + len(order))].tolist():
            known[place] = labels[place]
            order.append(place)
            if labels[place]:
                break
    return np.array(order)


def measured(labels: Labels, seconds: float) -> Run:
    """What an order of reading was worth. labels: in that order, without the first two."""
    found = np.cumsum(labels)
    at_95, at_98 = (int(np.argmax(found >= np.ceil(share * found[-1] - 1e-9))) + 1 for share in (_TARGET, _FURTHER))
    finds = (np.flatnonzero(labels[:at_95]) + 1).tolist()
    expected = cost(finds, at_95, int(found[-1]) - len(finds), _FURTHER)
    tenth = float(labels[: len(labels) // 10].sum() / found[-1])
    return Run(1 - at_95 / len(labels) - (1 - _TARGET), tenth, at_95, at_98, expected, seconds)


def _intervals(orders: Sequence[Order], labels: Labels, draw: np.random.Generator) -> Iterator[tuple[float, bool]]:
    """By interval its width, and whether it holds the true recall: each of a run stopped at a random place, with a
    random sample of what is unread.
    """
    for n in range(N_INTERVALS):
        order = orders[n % len(orders)]
        stop = int(draw.integers(len(order) // 20, len(order) - 1))
        rest = labels[order[stop:]]
        sample = draw.choice(rest, max(1, int(len(rest) * _SAMPLES[n % len(_SAMPLES)])), replace=False)
        found = int(labels[order[:stop]].sum())
        told = recall(found, len(rest), len(sample), int(sample.sum()), LEVEL)
        truth = round((found + int(sample.sum())) / int(labels[order].sum()), 4)
        low, high = told.low, told.high
        if low is not None and high is not None:
            yield high - low, low <= truth <= high
        else:  # Nothing was found, and nothing may be there: no interval says it holds.
            yield 1.0, True

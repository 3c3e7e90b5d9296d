"""Gray's test: is the cumulative incidence of one cause alike in all groups, while others compete?

R. J. Gray's statistic of 1988 with rho 0, as cmprsk in R has it. All sums run over the times at which something
happened, as arrays of times x groups.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from oligoscope.synthesis.survival.risk import Array, joined

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Gray:
    """chisq, df and p are None where the test cannot be made; `reason` then says why."""

    cause: int
    n: tuple[int, ...]
    events: tuple[int, ...]
    chisq: float | None
    df: int | None
    p: float | None
    reason: str = ""


@dataclass(frozen=True)
class _Counts:
    """Times x groups: at risk, events of the cause and of others, survival from all causes before and after the time,
    incidence of the cause before it.
    """

    at_risk: Array
    cause: Array
    others: Array
    before: Array
    after: Array
    incidence: Array


def gray(time: ArrayLike, cause: ArrayLike, group: Codes, of: int = 1) -> Gray:
    """Compare the groups. cause: 0 for censored, else a whole number.  group: whole numbers from 0.  of: the cause."""
    ends, codes = joined(np.asarray(time, float)), np.asarray(cause, np.int64)
    k = int(group.max()) + 1
    sizes = tuple(int(n) for n in np.bincount(group, minlength=k))
    events = tuple(int(n) for n in np.bincount(group[codes == of], minlength=k))
    nothing = (of, sizes, events, None, None, None)
    if not sum(events):
        return Gray(*nothing, "nobody had an event of this cause")
    if sum(n > 0 for n in sizes) < 2:
        return Gray(*nothing, "there is one group")
    score, variance = _statistic(_counts(ends, codes, group, k, of))
    free = slice(0, k - 1)
    if np.linalg.matrix_rank(variance[free, free]) < k - 1:
        return Gray(*nothing, "at no event were patients of all groups at risk together")
    chisq = float(score[free] @ np.linalg.solve(variance[free, free], score[free]))
    return Gray(of, sizes, events, chisq, k - 1, float(stats.chi2.sf(chisq, k - 1)))


def _counts(ends: Array, codes: Codes, group: Codes, k: int, of: int) -> _Counts:
    times = np.unique(ends[codes > 0])
    place = np.searchsorted(times, ends)

    def counted(chosen: NDArray[np.bool_]) -> Array:
        flat = np.bincount(place[chosen] * k + group[chosen], minlength=len(times) * k)
        return flat.reshape(len(times), k).astype(float)

    cause, others = counted(codes == of), counted((codes > 0) & (codes != of))
    at_risk = np.column_stack(
        [(group == g).sum() - np.searchsorted(np.sort(ends[group == g]), times, "left") for g in range(k)]
    ).astype(float)
    shares = np.divide(cause + others, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    after = np.cumprod(1 - shares, axis=0)
    before = np.vstack([np.ones(k), after[:-1]])
    step = before * np.divide(cause, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    incidence = np.vstack([np.zeros(k), np.cumsum(step, axis=0)[:-1]])
    return _Counts(at_risk, cause, others, before, after, incidence)


def _statistic(c: _Counts) -> tuple[Array, Array]:
    """(score, variance) of all groups; the last group's are what the others leave."""
    there = c.at_risk > 0
    weight = np.divide(c.at_risk, c.before, out=np.zeros_like(c.at_risk), where=there & (c.before > 0))
    total, deaths = weight.sum(axis=1), c.cause.sum(axis=1)
    free = weight * (1 - c.incidence)
    share = np.divide(free, free.sum(axis=1, keepdims=True), out=np.zeros_like(free), where=total[:, None] > 0)
    score = (c.cause - deaths[:, None] * share).sum(axis=0)
    hazard = np.divide(deaths, total, out=np.zeros_like(total), where=total > 0)
    pooled = np.cumsum(hazard)
    pooled_before = np.concatenate([[0.0], pooled[:-1]])
    apart = weight[:, :, None] * (
        np.eye(weight.shape[1]) - (weight / np.where(total > 0, total, 1)[:, None])[:, None, :]
    )
    drift = np.cumsum(apart * (hazard / (1 - pooled_before))[:, None, None], axis=0)
    left = np.divide(1 - pooled[:, None], c.after, out=np.zeros_like(c.after), where=c.after > 0)
    alive = c.after > 0
    # Of the cause: its events in all groups move every group's score; of the others: each group's own.
    tied = 1 - np.divide(
        deaths[:, None] - 1, total[:, None] * c.before - 1, out=np.zeros_like(weight), where=deaths[:, None] > 1
    )
    own = np.where(
        there & (deaths[:, None] > 0), tied * c.before * hazard[:, None] / np.where(there, c.at_risk, 1), 0.0
    )
    tied = 1 - np.divide(c.others - 1, c.at_risk - 1, out=np.zeros_like(weight), where=c.others > 1)
    rest = np.where(alive & (c.others > 0), tied * c.before**2 * c.others / np.where(there, c.at_risk, 1) ** 2, 0.0)
    variance = np.zeros((weight.shape[1],) * 2)
    for jumps, slope, size in ((apart, np.where(alive, 1 - left, 1.0), own), (0 * apart, left, rest)):
        moved = jumps - slope[:, None, :] * drift
        crossed = (moved * (slope * size)[:, None, :]).sum(axis=0) @ drift[-1].T
        variance += np.einsum("tik,tjk,tk->ij", moved, moved, size) + crossed + crossed.T
        variance += (drift[-1] * (slope**2 * size).sum(axis=0)) @ drift[-1].T
    return score, variance

import random
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from oligoscope.tables.columnar import needs
from oligoscope.tables.columnar.combinations import MOST_PLACES, Evaluated, Memo, Memory, Numbered, narrow
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.columnar.needs import Needs
from oligoscope.tables.conditions import Condition, Interval
from oligoscope.tables.domain import Numbers
from oligoscope.tables.errors import TableError
from oligoscope.tables.grid import build_grid
from oligoscope.tables.search import Shares

SOURCE = random.Random(5)


def test_numbers_in_few_bytes_are_the_same_numbers() -> None:
    for largest in (0, 127, 128, 32_767, 32_768, 2**31 - 1, 2**31, 2**60):
        column = np.array([0, largest, 1], dtype=np.int64)
        assert narrow(column).tolist() == column.tolist()
    assert narrow(np.array([127])).dtype == np.int8


@pytest.mark.parametrize("scale", [1, 100, MOST_PLACES, 10 * MOST_PLACES])
def test_what_was_seen_before_is_not_evaluated_again(scale: int) -> None:
    """Batches whose keys lie below and above what is looked up by position, mixed."""
    memo, evaluated = Memo(), []
    for size in (3, 50, scale):
        numbers = [SOURCE.randrange(size) * SOURCE.choice((1, scale)) for _ in range(40)]
        keys = pl.DataFrame({"key": pl.Series(numbers, dtype=pl.Int64)})
        new = memo.unseen(keys)
        evaluated += new["key"].to_list()
        memo.add(new, Evaluated(np.zeros(len(new), dtype=np.int64), handed_on={"twice": 2 * new["key"].to_numpy()}))
        assert memo.handed_on["twice"][memo.rows(keys)].tolist() == [2 * number for number in numbers]
    assert len(evaluated) == len(set(evaluated))


def test_a_full_memory_is_dropped_whole() -> None:
    memory = Memory(limit=2)
    for n_keys, kept in ((2, 2), (3, 0)):
        memo = memory.memo("table")
        new = memo.unseen(pl.DataFrame({"key": list(range(n_keys))}))
        memo.add(new, Evaluated(np.zeros(len(new), dtype=np.int64)))
        memory.make_room()
        assert len(memory) == kept


def test_more_rankings_than_a_key_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "RANKS_BITS", 1)
    rankings = Numbered[Shares]()
    of_ecog = Needs("wide", ["ecog"], ["ecog"], {"ecog": ("ecog",)})
    for share, fits in ((0.0, True), (0.5, True), (1.0, False)):
        rankings[((0, share),)]
        if fits:
            of_ecog.masks(rankings)
    with pytest.raises(TableError, match="ranked in more than 2 ways"):
        of_ecog.masks(rankings)


def test_an_input_is_told_in_the_answers_of_each_that_reads_it() -> None:
    """Two tables cut one number differently; the key is as fine as both, and each gets its own answers back."""
    coarse, fine = (
        build_grid(
            [([{"n": Condition((Interval(low, high, True, False),))}], 0) for low, high in pairwise(ends)],
            {"n": Numbers(whole=True, low=0, high=8)},
            1,
            [f"from {low}" for low in ends[:-1]],
        )
        for ends in ((0, 4, 9), (0, 2, 4, 6, 9))
    )
    inputs = Inputs([coarse, fine], {"n": Numbers()})
    masks = {"n": np.array([0b0001, 0b0110, 0b1100, 0b1111])}
    assert list(inputs.rows(fine, masks)) == [(mask,) for mask in masks["n"]]
    assert list(inputs.rows(coarse, masks)) == [(0b01,), (0b11,), (0b10,), (0b11,)]

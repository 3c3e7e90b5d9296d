import random

import numpy as np
import polars as pl
import pytest

from oligoscope.tables.columnar.combinations import MOST_PLACES, Evaluated, Memo, Memory
from oligoscope.tables.columnar.flags import Flags, grouped, narrow
from oligoscope.tables.columnar.needs import RANKS_BITS, Needs
from oligoscope.tables.errors import TableError

SOURCE = random.Random(5)
TRUTHS = [[SOURCE.random() < 0.4 for _ in range(37)] for _ in range(5)]


def test_flags_say_what_truth_values_say() -> None:
    flags = Flags(37)
    rows = [np.packbits(np.array(truth)) for truth in TRUTHS]
    columns = list(zip(*TRUTHS, strict=True))
    assert flags.where(flags.all_of([None, *rows[:2]])).tolist() == [c[0] and c[1] for c in columns]
    assert flags.where(flags.any_of(rows)).tolist() == [any(c) for c in columns]
    assert flags.where(flags.one_of(rows)).tolist() == [sum(c) == 1 for c in columns]
    assert flags.count(rows).tolist() == [sum(c) for c in columns]
    assert flags.mask(rows).tolist() == [sum(1 << k for k, true in enumerate(c) if true) for c in columns]
    assert [flags.where(flags.bit(flags.mask(rows), k)).tolist() for k in range(5)] == TRUTHS
    assert flags.where(flags.all_of([])).all()
    assert not flags.where(flags.any_of([])).any()


@pytest.mark.parametrize("n_columns", [1, 3, 30])
def test_rows_of_one_kind_are_alike_and_no_others(n_columns: int) -> None:
    """Thirty columns of nine values have more combinations than one whole number holds."""
    columns = [
        np.array([SOURCE.randrange(9) * (SOURCE.random() < 0.2) for _ in range(500)], dtype=np.int64)
        for _ in range(n_columns)
    ]
    first, kind = grouped(columns)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert [rows[first[k]] for k in kind] == rows
    assert len(first) == len(set(rows))


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


def test_more_rankings_than_a_key_holds_are_refused() -> None:
    with pytest.raises(TableError, match="ranked in more than"):
        Needs("wide", ["ecog"], ["ecog"], {"ecog": ("ecog",)}).masks([(1,)] * ((1 << RANKS_BITS) + 1))

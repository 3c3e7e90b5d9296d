import random
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from oligoscope.tables.columnar.met import MOST_PLACES, Evaluated, Met
from oligoscope.tables.columnar.parts import RANKS_BITS, Needs
from oligoscope.tables.columnar.rows import Flags, Integers, grouped, narrow
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
def test_what_was_met_before_is_not_evaluated_again(scale: int) -> None:
    """Batches whose keys lie below and above what is looked up by position, mixed."""
    met, evaluated = Met(["key"]), []

    def evaluate(keys: Mapping[str, Integers]) -> Evaluated:
        evaluated.extend(keys["key"].tolist())
        return Evaluated(np.zeros(len(keys["key"]), dtype=np.int64), handed_on={"twice": 2 * keys["key"]})

    for size in (3, 50, scale):
        keys = [SOURCE.randrange(size) * SOURCE.choice((1, scale)) for _ in range(40)]
        rows = met.rows_of(pl.DataFrame({"key": pl.Series(keys, dtype=pl.Int64)}), evaluate)
        assert met.handed_on["twice"][rows].tolist() == [2 * key for key in keys]
    assert len(evaluated) == len(set(evaluated))


def test_more_rankings_than_a_key_holds_are_refused() -> None:
    with pytest.raises(TableError, match="ranked in more than"):
        Needs("wide", ["ecog"], ["ecog"], {"ecog": ("ecog",)}).masks([(1,)] * ((1 << RANKS_BITS) + 1))

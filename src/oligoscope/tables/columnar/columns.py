"""What is possible, as columns: their names, and the expressions that conditions on them are made of."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_

import polars as pl

from oligoscope.tables.domain import Choices, Domain

PATIENT, ROW = "patient__", "row__"
"""The columns that say which patient (a whole number) and, among items, which row."""


def column(name: str) -> str:
    """The column of a mask: bit k stands for the k-th label."""
    return f"{name}__in"


def low(name: str) -> str:
    """The column of a span's lower end."""
    return f"{name}__lo"


def high(name: str) -> str:
    """The column of a span's upper end."""
    return f"{name}__hi"


def asks(name: str) -> str:
    """The column that says which chart fields could narrow a quantity: bit k stands for the k-th of its asks."""
    return f"{name}__asks"


def assumes(name: str) -> str:
    """The column that says which assumptions a quantity rests on: bit k stands for the k-th field that may be assumed.

    A quantity that rests on none in the whole batch has none.
    """
    return f"{name}__assumes"


def without(name: str) -> str:
    """What a quantity is called where nothing is assumed: its columns stand beside those of `name`."""
    return f"{name} without"


def given(list_name: str) -> str:
    """The column that says whether a patient's list is known at all."""
    return f"{list_name}__given"


def columns_of(name: str, domain: Domain) -> list[str]:
    """The columns that hold what is possible of a quantity."""
    return [column(name)] if isinstance(domain, Choices) else [low(name), high(name)]


def bit(mask: pl.Expr, position: int) -> pl.Expr:
    """Whether a mask has a bit."""
    return (mask & (1 << position)) != 0


def is_single(name: str, domain: Domain) -> pl.Expr:
    """Whether exactly one value is left."""
    if isinstance(domain, Choices):
        mask = pl.col(column(name))
        return (mask & (mask - 1)) == 0
    return pl.col(low(name)) == pl.col(high(name))


def all_of(parts: Iterable[pl.Expr | None]) -> pl.Expr:
    """The conjunction; None stands for true."""
    kept = [part for part in parts if part is not None]
    if len(kept) < 3:
        return reduce(and_, kept) if kept else pl.lit(True)
    return pl.all_horizontal(kept)


def any_of(parts: Iterable[pl.Expr]) -> pl.Expr:
    """The disjunction; of nothing, false."""
    kept = list(parts)
    if len(kept) < 3:
        return reduce(or_, kept) if kept else pl.lit(False)
    return pl.any_horizontal(kept)


def kind_of(n_bits: int) -> type[pl.Int8 | pl.Int16 | pl.Int32 | pl.Int64]:
    """The narrowest whole numbers that hold a mask of so many bits: what a cohort's columns cost is the memory they
    touch.
    """
    return pl.Int8 if n_bits < 8 else pl.Int16 if n_bits < 16 else pl.Int32 if n_bits < 32 else pl.Int64


def pack(flags: Sequence[pl.Expr]) -> pl.Expr:
    """Flags as a mask; flag k becomes bit k."""
    kind = kind_of(len(flags))
    kept = [flag.cast(kind) * (1 << k) for k, flag in enumerate(flags)]
    return pl.sum_horizontal(kept).cast(kind) if kept else pl.lit(0)

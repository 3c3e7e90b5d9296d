"""Possible sets as columns: names, bits of masks, and conjunctions that drop what is always true."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_

import narwhals as nw

from oligoscope.tables.domain import Choices, Domain

Expr = nw.Expr


def base(name: str) -> str:
    """A quantity's name as columns spell it: dots and dashes would have to be quoted on every engine."""
    return name.replace(".", "_").replace("-", "_")


def column(name: str) -> str:
    """The column of a mask."""
    return f"{base(name)}__in"


def low(name: str) -> str:
    """The column of a span's lower end."""
    return f"{base(name)}__lo"


def high(name: str) -> str:
    """The column of a span's upper end."""
    return f"{base(name)}__hi"


def asks(name: str) -> str:
    """The column that says which of a quantity's chart fields could narrow it: bit k stands for the k-th of its asks."""
    return f"{base(name)}__asks"


def columns_of(name: str, domain: Domain) -> list[str]:
    """The columns that hold what is possible of a quantity."""
    return [column(name)] if isinstance(domain, Choices) else [low(name), high(name)]


def bit(mask: Expr, position: int) -> Expr:
    """Whether a mask has a bit; arithmetic, since no bit operator means the same on every engine."""
    return (mask // (1 << position)) % 2 == 1


def known(name: str, domain: Domain) -> Expr:
    """Whether exactly one value is left."""
    if isinstance(domain, Choices):
        return nw.col(column(name)).is_in([1 << k for k in range(len(domain.labels))])
    return nw.col(low(name)) == nw.col(high(name))


def all_of(parts: Iterable[Expr | None]) -> Expr:
    """The conjunction; None stands for true."""
    kept = [part for part in parts if part is not None]
    if len(kept) < 3:
        return reduce(and_, kept) if kept else nw.lit(True)
    return nw.all_horizontal(*kept, ignore_nulls=False)


def any_of(parts: Iterable[Expr]) -> Expr:
    """The disjunction; of nothing, false."""
    kept = list(parts)
    if len(kept) < 3:
        return reduce(or_, kept) if kept else nw.lit(False)
    return nw.any_horizontal(*kept, ignore_nulls=False)


def kind_of(n_bits: int) -> type[nw.Int8 | nw.Int16 | nw.Int32 | nw.Int64]:
    """The narrowest whole numbers that hold a mask of so many bits: what a cohort's columns cost is the memory they
    touch.
    """
    return nw.Int8 if n_bits < 8 else nw.Int16 if n_bits < 16 else nw.Int32 if n_bits < 32 else nw.Int64


def count_of(flags: Iterable[Expr]) -> Expr:
    """How many are true."""
    kept = [flag.cast(nw.Int64) for flag in flags]
    return nw.sum_horizontal(*kept) if kept else nw.lit(0)


def pack(flags: Sequence[Expr]) -> Expr:
    """Flags as a mask; flag k becomes bit k."""
    kind = kind_of(len(flags))
    kept = [flag.cast(kind) * (1 << k) for k, flag in enumerate(flags)]
    return nw.sum_horizontal(*kept).cast(kind) if kept else nw.lit(0)

"""Possible sets as columns: names, bits of masks, and conjunctions that drop what is always true."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, TypeAlias

import narwhals as nw

from oligoscope.tables.domain import Choices, Domain

Expr = nw.Expr
Frame: TypeAlias = "nw.DataFrame[Any] | nw.LazyFrame[Any]"


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


def count_of(flags: Iterable[Expr]) -> Expr:
    """How many are true."""
    kept = [flag.cast(nw.Int64) for flag in flags]
    return nw.sum_horizontal(*kept) if kept else nw.lit(0)


def pack(flags: Sequence[Expr]) -> Expr:
    """Flags as a mask; flag k becomes bit k."""
    kept = [flag.cast(nw.Int64) * (1 << k) for k, flag in enumerate(flags)]
    return nw.sum_horizontal(*kept) if kept else nw.lit(0)


class Sheet:
    """A frame that grows by layers of named columns; equal expressions share a column. `settle` computes a layer on engines that are lazy."""

    def __init__(self, frame: Frame, settle: Callable[[Any], Any]) -> None:
        self.frame: Any = frame
        self._settle = settle
        self._next = 0
        self._pending: dict[str, Expr] = {}
        self._known: dict[Any, str] = {}
        self._kept = list(frame.collect_schema().names())
        self._kept_keys: dict[Any, str] = {}

    def note(self, expression: Expr, key: Any = None) -> Expr:
        """A column for this expression, to be used from the next layer on. key: what makes it equal to another."""
        if key is not None and key in self._known:
            return nw.col(self._known[key])
        name = f"t__{self._next}"
        self._next += 1
        self._pending[name] = expression
        if key is not None:
            self._known[key] = name
        return nw.col(name)

    def has(self, key: Any) -> bool:
        """Whether something was noted under this key."""
        return key in self._known

    def noted(self, key: Any) -> Expr:
        """The column noted under this key. KeyError when there is none."""
        return nw.col(self._known[key])

    def layer(self) -> None:
        """Compute what was noted."""
        if self._pending:
            self.frame = self._settle(self.frame.with_columns(**self._pending))
            self._pending = {}

    def keep_all(self) -> None:
        """Everything so far stays."""
        self.layer()
        self._kept = list(self.frame.collect_schema().names())
        self._kept_keys = dict(self._known)

    def answer(self, answers: Mapping[str, Expr]) -> None:
        """Add these columns for good, and drop what led to them."""
        self.frame = self._settle(self.frame.with_columns(**answers).select(*self._kept, *answers))
        self._kept += list(answers)
        self._known = dict(self._kept_keys)

"""What every operator says of itself.

An operator means the same twice: `reference` for one patient, in plain Python, and columns for many. One patient loads
no Polars, so nothing here imports it: columns are made of what the `Expressions` handed in offer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from oligoscope.tables.domain import Domain, Numbers, Possible

if TYPE_CHECKING:
    from polars import Expr

    from oligoscope.tables.columnar.expressions import Expressions, Folded
    from oligoscope.tables.columnar.lists import Ends, Items

Columns: TypeAlias = "Expr | tuple[Expr, Expr]"
"""What is possible, as columns: a mask, or the lower and the upper end."""


class Held(NamedTuple):
    """A list item that counts, certainly or perhaps, and what is possible of the field that is taken of it."""

    certain: bool
    possible: Possible = 0


def flag(no: bool, yes: bool) -> int:
    """What is possible of a yes-or-no."""
    return no | yes << 1


COUNTS, ANY_NUMBER = Numbers(whole=True, low=0), Numbers()


@dataclass(frozen=True)
class PlainOperator:
    """Makes one quantity of others.

    sources: the domains of the quantities combined. domain: of the result. mapping: for each label of the quantity the
    mask it stands for (convert).
    """

    sources: tuple[Domain, ...] = ()
    domain: Domain = ANY_NUMBER
    mapping: tuple[int, ...] = ()

    @classmethod
    def fault(cls, kinds: Sequence[Domain]) -> tuple[str, str] | None:
        """Why it cannot combine quantities of these domains, and what to write instead; None where it can."""
        return None

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        """The domain of the result."""
        return Numbers(whole=True, unit=unit)

    def reference(self, parts: Sequence[Possible]) -> Possible:
        """What is possible, given what is possible of each quantity."""
        raise NotImplementedError

    def columns(self, x: "Expressions") -> Columns:
        """As `reference`, for the columns of the quantities x.of."""
        raise NotImplementedError

    def asks(self, own: tuple[str, ...], parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """The chart fields that could narrow the result, while it is open: of the fact's own those that a part asks."""
        wanting = {asked for part in parts for asked in part}
        return tuple([asked for asked in own if asked in wanting])

    def asks_columns(self, x: "Expressions") -> "list[Expr]":
        """As `asks`: for each chart field of the fact whether it could."""
        return [x.asked_by(x.of, asked) for asked in x.own_asks]


@dataclass(frozen=True)
class ListOperator:
    """Folds the items of a list.

    domain: of the result. inverted: the condition says which items do not count. newest: only the last item that
    certainly holds matters, and those after it; whether the list is all there is does not.
    """

    domain: Domain = COUNTS
    inverted: ClassVar[bool] = False
    newest: ClassVar[bool] = False

    @classmethod
    def result(cls, item: Domain | None, unit: str) -> Domain:
        """The domain of the result. item: what the field can be that is taken of each item."""
        return Numbers(whole=True, low=0, unit=unit)

    def reference(self, items: Sequence[Held], complete: bool = True) -> Possible:
        """What is possible. items: those that may hold. complete: they are all there are."""
        raise NotImplementedError

    def ends(self, items: "Items") -> "Ends":
        """What `columns` needs of the items beyond how many hold: for each patient the ends of their numbers."""
        return ()

    def columns(self, x: "Folded") -> Columns:
        """As `reference`, for the columns of patients."""
        raise NotImplementedError

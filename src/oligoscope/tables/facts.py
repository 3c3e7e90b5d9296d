"""Facts: what lies between a chart and the tables, as data.

A closed set of operators, each carrying the unknown through.
"""

from dataclasses import dataclass

from oligoscope.tables.domain import Domain
from oligoscope.tables.grid import Grid

LIST_OPERATORS = ("count", "any", "all", "max", "min", "sum", "distinct", "most_in_one", "last")
PLAIN_OPERATORS = (
    "months_between",
    "years_between",
    "days_between",
    "first_of",
    "convert",
    "difference",
    "percent_change",
)


@dataclass(frozen=True)
class Fact:
    """One derived quantity.

    name, domain, definition, note, cites: as tables and readers see it. operator: one of LIST_OPERATORS or
    PLAIN_OPERATORS. of: the list (list operators) or the quantities combined (the others). sources: the domains of the
    quantities combined. item: the list field taken (max, distinct, last ...); item_domain: what that field can be.
    where: which list items count (of `all`: which fail): a grid whose outcomes are (no, yes); None means every item.
    complete_if: what a chart must certainly show for a list that does not say so itself to be all there is, (no, yes)
    too; None where a list that is given is always all there is. stated_by: the field in which the chart says outright
    whether the list is all there is. mapping: for each label of the quantity the mask it stands for (convert). given:
    what must certainly hold, else the fact is unknown. asks: the chart fields whose answer could narrow it, in the
    order in which they are asked.
    """

    name: str
    operator: str
    of: tuple[str, ...]
    sources: tuple[Domain, ...]
    domain: Domain
    asks: tuple[str, ...]
    item: str = ""
    item_domain: Domain | None = None
    where: Grid | None = None
    complete_if: Grid | None = None
    stated_by: str = ""
    mapping: tuple[int, ...] = ()
    given: Grid | None = None
    definition: str = ""
    note: str = ""
    cites: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields, facts and tables whose answer it needs."""
        return (
            *(() if self.operator in LIST_OPERATORS else self.of),
            *(self.complete_if.inputs if self.complete_if else ()),
            *(self.given.inputs if self.given else ()),
            *([self.stated_by] if self.stated_by else ()),
        )

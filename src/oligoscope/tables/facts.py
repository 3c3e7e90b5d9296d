"""Facts: what lies between a chart and the tables, as data.

What their operators mean stands in `operators`, one class each.
"""

from dataclasses import dataclass
from functools import cached_property

from oligoscope.tables.domain import Domain
from oligoscope.tables.grid import Grid
from oligoscope.tables.operators import LIST_OPERATORS, PLAIN_OPERATORS, ListOperator, PlainOperator

JOINED = "joined"
"""Of an item of another list: whether it speaks of the item in question. An input of a joined fact's `where`."""


@dataclass(frozen=True, eq=False)
class Fact:
    """One derived quantity, of the patient or of each item of a list; told apart by identity, as tables are.

    name, domain, definition, note, cites: as tables and readers see it. about: `patient`, or what one item of
    `list_name` is called. operator: one of LIST_OPERATORS or PLAIN_OPERATORS. of: the list (list operators) or the
    quantities combined (the others). sources: the domains of the quantities combined. item: the list field taken (max,
    distinct, last ...); item_domain: what that field can be. where: which list items count (of `all`: which fail): a
    grid whose outcomes are (no, yes); None means every item. joined_by: of a fact about an item, the field in which the
    items of the list named in `of` say which item they speak of. complete_if: what a chart must certainly show for a
    list that does not say so itself to be all there is, (no, yes) too; None where a list that is given is always all
    there is. stated_by: the field in which the chart says outright whether the list is all there is. mapping: for each
    label of the quantity the mask it stands for (convert). given: what must certainly hold, else the fact is unknown.
    asks: the chart fields whose answer could narrow it, in the order in which they are asked. reads: the patient's
    fields, facts and tables whose answer it needs, and what it needs that is derived of items.
    """

    name: str
    operator: str
    of: tuple[str, ...]
    sources: tuple[Domain, ...]
    domain: Domain
    asks: tuple[str, ...]
    reads: tuple[str, ...]
    about: str = "patient"
    list_name: str = ""
    item: str = ""
    item_domain: Domain | None = None
    where: Grid | None = None
    joined_by: str = ""
    complete_if: Grid | None = None
    stated_by: str = ""
    mapping: tuple[int, ...] = ()
    given: Grid | None = None
    definition: str = ""
    note: str = ""
    cites: tuple[str, ...] = ()

    @cached_property
    def folds(self) -> bool:
        """Whether it is made of the items of a list."""
        return self.operator in LIST_OPERATORS

    @cached_property
    def completeness_of(self) -> tuple[str, ...]:
        """What decides whether its list is all there is: of the patient, and last what the chart says outright."""
        needed = self.complete_if.inputs if self.complete_if else ()
        return (*needed, self.stated_by) if self.stated_by else needed

    @cached_property
    def told_of(self) -> tuple[str, ...]:
        """What it reads but the items of a list: the quantities combined, or what makes the list complete; then what
        must hold.
        """
        return (*(self.completeness_of if self.folds else self.of), *(self.given.inputs if self.given else ()))

    @cached_property
    def read_of_items(self) -> tuple[str, ...]:
        """What it reads of each item: what says whether it counts, and last the field that is taken."""
        where = self.where.inputs if self.where else ()
        return (*where, self.item) if self.item else where

    @cached_property
    def list_operator(self) -> ListOperator:
        """What it means, of a fact that `folds`."""
        return LIST_OPERATORS[self.operator](self.domain)

    @cached_property
    def plain_operator(self) -> PlainOperator:
        """What it means, of any other fact."""
        return PLAIN_OPERATORS[self.operator](self.sources, self.domain, self.mapping)

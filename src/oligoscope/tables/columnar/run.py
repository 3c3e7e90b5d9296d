"""All facts and tables over one batch of patients."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import polars as pl

from oligoscope.tables.columnar.columns import asks, columns_of, is_single
from oligoscope.tables.columnar.combinations import Keys, Memo, Memory
from oligoscope.tables.columnar.facts import fact_columns
from oligoscope.tables.columnar.flags import narrow
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.columnar.lists import ListFacts
from oligoscope.tables.columnar.needs import needs_of
from oligoscope.tables.columnar.result import Answers, CohortAnswers
from oligoscope.tables.columnar.tables import option_masks, option_names, sheets, table_answers
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Domain
from oligoscope.tables.facts import LIST_OPERATORS, Fact
from oligoscope.tables.model import Options
from oligoscope.tables.names import answer_columns

Asks = Mapping[str, tuple[str, ...]]
Progress = Callable[[str], None]


def run(
    steps: Sequence[Fact | CompiledTable],
    domains: Mapping[str, Domain],
    asks_of: Asks,
    patients: pl.DataFrame,
    lists: Mapping[str, tuple[pl.DataFrame, Mapping[str, Domain]]],
    memory: Memory,
    progress: Progress = lambda _: None,
) -> CohortAnswers:
    """The answers of every table for a batch of patients.

    steps: facts and tables in any order.  domains, asks_of: of everything the steps read.  patients: one row per
    patient: patient_id, patient__ (a number of its own; only lists need it), for each list `<list>__given`, and for
    every chart field the columns of its possible set.  lists: for each list its items (patient__, row__, the fields'
    columns) and the fields' domains.  memory: kept between the batches of one run over one knowledge.  progress: is
    told what is being worked out.
    """
    memory.make_room()
    made = {step.name for step in steps}
    read = {name for step in steps for name in step.reads} - made
    frame = patients.with_columns(_asking(name, domains[name]) for name in domains if name in read)
    found = Found()
    totals = {name: _list_facts(name, steps, fields) for name, (_, fields) in lists.items()}
    counted = {}
    for name, (items, _) in lists.items():
        if totals[name].facts:
            progress(name)
            counted[name] = totals[name].totals(patients, items, memory)
    order = TopologicalSorter({step.name: [name for name in step.reads if name in made] for step in steps})
    named = {step.name: step for step in steps}
    order.prepare()
    while order.is_active():
        ready = [named[name] for name in order.get_ready()]
        facts = [step for step in ready if isinstance(step, Fact)]
        tables = [step for step in ready if isinstance(step, CompiledTable)]
        for step in ready:
            progress(step.name)
        frame = _with_facts(frame, facts, domains, asks_of, totals, counted)
        frame, found = _with_tables(frame, tables, domains, asks_of, memory, found)
        order.done(*(step.name for step in ready))
    answered = [step.table for step in steps if isinstance(step, CompiledTable) and not step.table.internal]
    columns = [column for table in answered for column in answer_columns(table)]
    places = patients.select("patient_id").hstack(list(found.places.values()))
    return CohortAnswers(Answers(places, found.lists, tuple(columns)))


def _asking(name: str, domain: Domain) -> pl.Expr:
    """A chart field asks for itself as long as it is not known."""
    return (~is_single(name, domain)).cast(pl.Int8).alias(asks(name))


# ---- facts ---------------------------------------------------------------------------------------


def _list_facts(name: str, steps: Sequence[Fact | CompiledTable], fields: Mapping[str, Domain]) -> ListFacts:
    facts = [s for s in steps if isinstance(s, Fact) and s.operator in LIST_OPERATORS and s.of == (name,)]
    return ListFacts(name, facts, fields)


def _with_facts(
    frame: pl.DataFrame,
    facts: Sequence[Fact],
    domains: Mapping[str, Domain],
    asks_of: Asks,
    totals: Mapping[str, ListFacts],
    counted: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The frame with facts that do not read each other; what they need on the way is dropped again."""
    lists = {fact.of[0] for fact in facts if fact.operator in LIST_OPERATORS}
    wide = frame.hstack([column for name in lists for column in counted[name]])
    layers = [fact_columns(fact, domains, asks_of, totals) for fact in facts]
    for depth in range(max(map(len, layers), default=0)):
        # A mapping drops what two facts share; Polars would work it out for each.
        added = {name: value for each in layers if depth < len(each) for name, value in each[depth].items()}
        wide = wide.with_columns(**added)
    kept = [name for fact in facts for name in (*columns_of(fact.name, fact.domain), asks(fact.name))]
    return frame.hstack(wide.select(kept))


# ---- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What tables have answered: each row's place among the answers that occur, and these answers, under one name."""

    places: dict[str, pl.Series] = field(default_factory=dict)
    lists: dict[str, pl.DataFrame] = field(default_factory=dict)

    def and_also(self, others: "Sequence[Found]") -> "Found":
        """This and the others as one."""
        every = (self, *others)
        return Found(
            {name: places for each in every for name, places in each.places.items()},
            {name: answers for each in every for name, answers in each.lists.items()},
        )


def _with_tables(
    frame: pl.DataFrame,
    tables: Sequence[CompiledTable],
    domains: Mapping[str, Domain],
    asks_of: Asks,
    memory: Memory,
    found: Found,
) -> tuple[pl.DataFrame, Found]:
    """The frame with what tables hand on to later steps, and what they answer; the tables do not read each other."""

    def work(sheet: tuple[str, CompiledTable]) -> tuple[list[pl.Series], Found]:
        return _evaluate(frame, *sheet, domains, asks_of, memory)

    # Two at a time: while one evaluates in Python, Polars packs and looks up for the other.
    with ThreadPoolExecutor(2) as threads:
        evaluated = list(threads.map(work, (sheet for table in tables for sheet in sheets(table))))
    frame = frame.hstack([column for columns, _ in evaluated for column in columns])
    found = found.and_also([answers for _, answers in evaluated])
    options = [table for table in tables if isinstance(table.table, Options)]
    return frame, found.and_also([_option_names(frame, table, memory) for table in options])


def _evaluate(
    frame: pl.DataFrame, what: str, table: CompiledTable, domains: Mapping[str, Domain], asks_of: Asks, memory: Memory
) -> tuple[list[pl.Series], Found]:
    """(what later steps read, the answers): first those of each combination of what the inputs may be, then the needs
    of each combination of how decisive the inputs are and what they ask.
    """
    inputs = Inputs((part.grid for part in table.parts), domains)
    needs = needs_of(table, asks_of)
    rankings = {each.name: memory.rankings(each.name) for each in needs}
    keys, memo = Keys(frame, inputs.masks()), memory.memo(what)
    new = memo.unseen(keys.frame)
    memo.add(new, table_answers(table, inputs, keys.masks_of(new), rankings))
    columns, found = _looked_up(memo, keys)
    frame = frame.hstack(columns)
    for each in needs:
        ranks = rankings[each.name].rows
        keys, memo = Keys(frame, each.masks(ranks)), memory.memo(f"{each.name} needs")
        new = memo.unseen(keys.frame)
        memo.add(new, each.answers(keys.masks_of(new), ranks, hand_on=table.table.one_answer))
        more, answered = _looked_up(memo, keys)
        columns += more
        found = found.and_also([answered])
    return columns, found


def _option_names(frame: pl.DataFrame, table: CompiledTable, memory: Memory) -> Found:
    """The names of the options that apply, from the options' flags."""
    keys, memo = Keys(frame, option_masks(table)), memory.memo(f"{table.name} names")
    new = memo.unseen(keys.frame)
    memo.add(new, option_names(table, keys.masks_of(new)))
    return _looked_up(memo, keys)[1]


def _looked_up(memo: Memo, keys: Keys) -> tuple[list[pl.Series], Found]:
    """(what later steps read, the answers) of every row, from its key."""
    rows = memo.rows(keys.frame)
    columns = [pl.Series(name, narrow(values)[rows]) for name, values in memo.handed_on.items()]
    if not memo.answers.width:
        return columns, Found()
    name = f"{memo.answers.columns[0]} place"
    return columns, Found({name: pl.Series(name, narrow(memo.places)[rows])}, {name: memo.answers})

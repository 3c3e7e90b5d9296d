"""All facts and tables over one batch of patients."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

import numpy as np
import polars as pl

from oligoscope.tables.columnar.assuming import TableRests, fields_of, in_text, marked, resting, told_without
from oligoscope.tables.columnar.columns import PATIENT, ROW, asks, assumes, columns_of, given, is_single, without
from oligoscope.tables.columnar.combinations import Integers, Keys, Memo, Memory, narrow
from oligoscope.tables.columnar.facts import fact_columns
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.columnar.joins import pairs
from oligoscope.tables.columnar.lists import ListFacts
from oligoscope.tables.columnar.needs import needs_of
from oligoscope.tables.columnar.result import Answers, CohortAnswers
from oligoscope.tables.columnar.tables import option_masks, option_names, sheets, table_answers
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Domain
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Options
from oligoscope.tables.names import answer_columns, part_name

Asks = Mapping[str, tuple[str, ...]]
Lists = Mapping[str, tuple[pl.DataFrame, Mapping[str, Domain]]]
Progress = Callable[[str], None]
Step = Fact | CompiledTable


def run(
    steps: Sequence[Step],
    domains: Mapping[str, Domain],
    asks_of: Asks,
    patients: pl.DataFrame,
    lists: Lists,
    memory: Memory,
    progress: Progress = lambda _: None,
    assumable: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> CohortAnswers:
    """The answers of every table for a batch of patients.

    steps: facts and tables in any order.  domains, asks_of: of everything the steps read; of an item's field `size_cm`
    the asks stand under `lesions.size_cm`.  patients: one row per patient: patient_id, patient__ (a number of its own;
    only lists need it), for each list `<list>__given`, and for every chart field the columns of its possible set.
    lists: for each list its items (patient__, row__, the fields' columns; every item of a patient of this batch), and
    what its fields, and what is derived of them, can be.  memory: kept between the batches of one run over one
    knowledge.  progress: is told what is being worked out.  assumable: the fields of which something may be assumed, by
    the bits of `assumes` columns.  keep: columns of what is possible of a patient's quantities that are handed back.
    """
    memory.make_room()
    batch = _Batch(domains, asks_of, patients, lists, memory, steps, assumable)
    named = {step.name: step for step in steps}
    order = TopologicalSorter({step.name: [name for name in step.reads if name in named] for step in steps})
    order.prepare()
    while order.is_active():
        ready = [named[name] for name in order.get_ready()]
        for step in ready:
            progress(step.name)
        for list_name in dict.fromkeys(step.list_name for step in ready):
            layer = [step for step in ready if step.list_name == list_name]
            batch.add_facts(list_name, [step for step in layer if isinstance(step, Fact)])
            batch.add_tables(list_name, [step for step in layer if isinstance(step, CompiledTable)])
        order.done(*(step.name for step in ready))
    return batch.answers(steps, keep)


@dataclass
class _Level:
    """The patients, or the items of one list, as far as they are worked out.

    frame: one row each.  domains, asks_of: by the names that conditions on this level use.  owners: of items the rows
    of their patients.  fields: of items the names that the chart says of them.
    """

    frame: pl.DataFrame
    domains: Mapping[str, Domain]
    asks_of: Asks
    owners: Integers | None = None
    fields: frozenset[str] = frozenset()
    found: "Found" = field(default_factory=lambda: Found())


class _Batch:
    """The levels of one batch, by list; the patients under an empty name."""

    def __init__(
        self,
        domains: Mapping[str, Domain],
        asks_of: Asks,
        patients: pl.DataFrame,
        lists: Lists,
        memory: Memory,
        steps: Sequence[Step],
        assumable: Sequence[str],
    ) -> None:
        self.memory, self.lists, self.assumable = memory, lists, assumable
        made = {step.name for step in steps}
        read = {name for step in steps for name in step.reads} - made
        frame = patients.with_columns(_asking(name, domains[name]) for name in domains if name in read)
        self.levels = {"": _Level(frame, domains, asks_of)}
        wanted = {step.of[0] for step in steps if isinstance(step, Fact) and step.folds}
        wanted |= {step.list_name for step in steps if step.list_name}
        for name, (items, fields) in lists.items():
            if name in wanted:
                self.levels[name] = self._of_items(name, items, fields, [s for s in steps if s.list_name == name])

    def _of_items(self, name: str, items: pl.DataFrame, fields: Mapping[str, Domain], steps: Sequence[Step]) -> _Level:
        patients = self.levels[""]
        rows = patients.frame.select(PATIENT, owner__=pl.int_range(pl.len(), dtype=pl.Int64))
        owners = items.select(PATIENT).join(rows, on=PATIENT, how="left", maintain_order="left")["owner__"]
        own = frozenset(field for field in fields if set(columns_of(field, fields[field])) <= set(items.columns))
        scope = {field: patients.asks_of.get(f"{name}.{field}", (f"{name}.{field}",)) for field in fields}
        read = {read for step in steps for read in _inputs(step)}
        frame = items.with_columns(_asking(field, fields[field]) for field in own if field in read)
        return _Level(frame, {**patients.domains, **fields}, {**patients.asks_of, **scope}, owners.to_numpy(), own)

    # ---- facts -----------------------------------------------------------------------------------

    def add_facts(self, list_name: str, facts: Sequence[Fact]) -> None:
        """Facts of one level that do not read each other; what they need on the way is dropped again."""
        if not facts:
            return
        level = self.levels[list_name]
        found = self._derived(level, facts, self.levels)
        frame = self._with_patients(level, facts).hstack(found) if self._assuming else level.frame
        rests = {fact.name: self._rests_on(fact, frame) for fact in facts} if self._assuming else {}
        level.frame = level.frame.hstack(found)
        if not any(each.any() for each in rests.values()):
            return
        bare = {name: self._assuming_nothing(name) for name in self.levels}
        free = self._derived(bare[list_name], facts, bare)
        for fact in facts:
            alone = [free[name] for name in columns_of(fact.name, fact.domain)]
            level.frame = level.frame.hstack(marked(level.frame, fact.name, fact.domain, alone, rests[fact.name]))

    @property
    def _assuming(self) -> bool:
        """Whether anything is assumed of a patient or item of this batch."""
        return any(name.endswith(assumes("")) for level in self.levels.values() for name in level.frame.columns)

    def _assuming_nothing(self, name: str) -> "_Level":
        level = self.levels[name]
        names = resting(level.frame, level.domains)
        return replace(level, frame=told_without(level.frame, names, level.domains))

    def _rests_on(self, fact: Fact, frame: pl.DataFrame) -> Integers:
        """The fields that anything a fact reads rests on, row by row."""
        if not fact.folds:
            return fields_of(frame, (*fact.of, *(fact.given.inputs if fact.given else ())))
        found = fields_of(frame, (*(fact.complete_if.inputs if fact.complete_if else ()), fact.stated_by))
        items = self.levels[fact.of[0]]
        of_items = fields_of(items.frame, (*(fact.where.inputs if fact.where else ()), fact.item))
        if of_items.any():
            assert items.owners is not None
            of_patients = np.zeros(len(self.levels[""].frame), dtype=np.int64)
            np.bitwise_or.at(of_patients, items.owners, of_items)
            owners = self.levels[fact.list_name].owners
            found |= of_patients if owners is None else of_patients[owners]
        return found

    def _derived(self, level: "_Level", facts: Sequence[Fact], levels: "Mapping[str, _Level]") -> pl.DataFrame:
        """The columns of some facts, of the levels as they are or as they would be."""
        wide = self._with_patients(level, facts, levels)
        layers = []
        for (name, joined_by), folded in _by_list(facts).items():
            if not name:
                layers += [fact_columns(fact, level.domains, level.asks_of) for fact in folded]
                continue
            totals = ListFacts(name, folded, self.lists[name][1], level.asks_of)
            wide = wide.hstack(self._totals(totals, levels[name], joined_by, level))
            layers += [fact_columns(fact, level.domains, level.asks_of, totals) for fact in folded]
        for depth in range(max(map(len, layers))):
            # A mapping drops what two facts share; Polars would work it out for each.
            added = {name: value for each in layers if depth < len(each) for name, value in each[depth].items()}
            wide = wide.with_columns(**added)
        kept = [name for fact in facts for name in (*columns_of(fact.name, fact.domain), asks(fact.name))]
        return wide.select(kept)

    def _totals(self, totals: ListFacts, others: _Level, joined_by: str, level: _Level) -> pl.DataFrame:
        assert others.owners is not None
        if not joined_by:
            items, owners = _in_order(others.frame, others.owners)
            return totals.totals(items, owners, len(level.frame), self.memory)
        assert level.owners is not None
        items, owners = pairs(level.frame, level.owners, others.frame, others.owners, joined_by)
        return totals.totals(items, owners, len(level.frame), self.memory)

    def _with_patients(
        self, level: _Level, steps: Sequence[Step], levels: "Mapping[str, _Level] | None" = None
    ) -> pl.DataFrame:
        """The frame of a level; of items with what the steps read of their patients."""
        if level.owners is None:
            return level.frame
        patients = (levels or self.levels)[""]
        read = {name for step in steps for name in _inputs(step)} - level.fields
        names = [
            column
            for name in read
            if name in patients.domains and asks(name) not in level.frame.columns
            for column in (*columns_of(name, patients.domains[name]), asks(name))
        ]
        names += [
            column
            for name in resting(patients.frame, sorted(read))
            for column in (*columns_of(without(name), patients.domains[name]), assumes(name))
        ]
        folded = {step.of[0] for step in steps if isinstance(step, Fact) and step.folds}
        names += [given(name) for name in folded]
        return level.frame.hstack([patients.frame[name].gather(level.owners) for name in dict.fromkeys(names)])

    # ---- tables ----------------------------------------------------------------------------------

    def add_tables(self, list_name: str, tables: Sequence[CompiledTable]) -> None:
        """Tables of one level that do not read each other: what they hand on to later steps, and what they answer."""
        if not tables:
            return
        level = self.levels[list_name]
        frame = self._with_patients(level, tables)

        def work(sheet: tuple[str, CompiledTable]) -> tuple[list[pl.Series], Found]:
            return _evaluate(frame, *sheet, level.domains, level.asks_of, self.memory)

        # Two at a time: while one evaluates in Python, Polars packs and looks up for the other.
        with ThreadPoolExecutor(2) as threads:
            evaluated = list(threads.map(work, (sheet for table in tables for sheet in sheets(table))))
        level.frame = level.frame.hstack([column for columns, _ in evaluated for column in columns])
        level.found = level.found.and_also([answers for _, answers in evaluated])
        self._add_rests(level, frame.hstack([column for columns, _ in evaluated for column in columns]), tables)
        options = [table for table in tables if isinstance(table.table, Options)]
        level.found = level.found.and_also([_option_names(level.frame, table, self.memory) for table in options])

    def _add_rests(self, level: _Level, frame: pl.DataFrame, tables: Sequence[CompiledTable]) -> None:
        """Which fields that were assumed the tables' answers rest on."""
        for table in tables:
            if not resting(frame, table.inputs):
                continue
            rests = TableRests(frame, table, level.domains, self.memory)
            level.frame = level.frame.hstack(rests.handed_on)
            masks = dict(rests.masks)
            if isinstance(table.table, Options) and masks:
                masks = {table.name: np.bitwise_or.reduce(list(masks.values()))}
            for name, mask in masks.items():
                place, texts = in_text(name, mask, self.assumable)
                level.found = level.found.and_also([Found({place.name: place}, {place.name: texts})])

    def answers(self, steps: Sequence[Step], keep: Sequence[str]) -> CohortAnswers:
        """What the tables answered on every level, and the columns that are kept."""
        found = {}
        for name, level in self.levels.items():
            tables = [
                step.table
                for step in steps
                if isinstance(step, CompiledTable) and step.list_name == name and not step.table.internal
            ]
            columns = tuple(column for table in tables for column in answer_columns(table))
            keys = ["patient_id"] if not name else [PATIENT, ROW]
            if columns or not name:
                every = level.found.and_also([_assumes_nothing(columns, level.found, len(level.frame))])
                places = level.frame.select(keys).hstack(list(every.places.values()))
                found[name] = Answers(places, every.lists, columns)
        return CohortAnswers(found.pop(""), found, self.levels[""].frame.select(keep))


def _assumes_nothing(columns: Sequence[str], found: "Found", n_rows: int) -> "Found":
    """The columns of answers that rest on nothing assumed: one list of empty texts for all of them."""
    told = {column for answers in found.lists.values() for column in answers.columns}
    silent = [column for column in columns if column.endswith("_assumes") and column not in told]
    if not silent:
        return Found()
    place = "assumes nothing place"
    return Found(
        {place: pl.repeat(0, n_rows, dtype=pl.Int8, eager=True).alias(place)},
        {place: pl.DataFrame({column: [""] for column in silent})},
    )


def _asking(name: str, domain: Domain) -> pl.Expr:
    """A chart field asks for itself as long as it is not known."""
    return (~is_single(name, domain)).cast(pl.Int8).alias(asks(name))


def _inputs(step: Step) -> tuple[str, ...]:
    """The names that a step needs on its own level: the patient's, and of an item also its own."""
    if isinstance(step, CompiledTable):
        return step.inputs
    return (*step.reads, *(() if step.folds else (*step.of, *(step.given.inputs if step.given else ()))))


def _by_list(facts: Sequence[Fact]) -> dict[tuple[str, str], list[Fact]]:
    """Facts by the list that they are made of, and the field that joins it; the others under empty names."""
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        found.setdefault((fact.of[0], fact.joined_by) if fact.folds else ("", ""), []).append(fact)
    return found


def _in_order(items: pl.DataFrame, owners: Integers) -> tuple[pl.DataFrame, Integers]:
    """Items in the order of their patients, with the rows of these."""
    if np.all(owners[1:] >= owners[:-1]):
        return items, owners
    order = np.argsort(owners, kind="stable")
    return items[order], owners[order]


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


def _evaluate(
    frame: pl.DataFrame, what: str, table: CompiledTable, domains: Mapping[str, Domain], asks_of: Asks, memory: Memory
) -> tuple[list[pl.Series], Found]:
    """(what later steps read, the answers): first those of each combination of what the inputs may be, then the needs
    of each combination of how decisive the inputs are and what they ask.
    """
    inputs = Inputs(table.questions, domains)
    needs = needs_of(table, asks_of)
    rankings = {name: memory.rankings(name) for name in (part_name(table.table, q.id) for q in table.questions)}
    keys, memo = Keys(frame, inputs.masks()), memory.memo(what)
    new = memo.unseen(keys.frame)
    memo.add(new, table_answers(table, inputs, keys.masks_of(new), rankings))
    columns, found = _looked_up(memo, keys)
    frame = frame.hstack(columns)
    for each in needs:
        ranked = rankings[each.name]
        keys, memo = Keys(frame, each.masks(ranked)), memory.memo(f"{each.name} needs")
        new = memo.unseen(keys.frame)
        memo.add(new, each.answers(keys.masks_of(new), ranked, hand_on=table.table.one_answer))
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

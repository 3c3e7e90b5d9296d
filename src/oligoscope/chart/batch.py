"""Some patients of a registry with their lists, typed and checked, ready for the tables.

`ChartReader.read` is the one reading of registry rows, whichever engine brought them together: in this process, from
partitions on disk, or on a Spark worker.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import polars as pl

from oligoscope.chart.assumption_columns import by_exception, of_items, of_patients
from oligoscope.chart.columns import ReadCounts, as_text, typed_columns
from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.chart.integrity import PATIENT_ITSELF, Rule, integrity, references, subject_domains
from oligoscope.chart.integrity_columns import (
    columns_read,
    consequences,
    derived,
    rule_holds,
    with_named_items,
    with_words,
)
from oligoscope.chart.layout import MOST_ENTRIES, NAMED, PATIENT_ID, PATIENTS, Layout, Numbered, labels_naming
from oligoscope.chart.rejects import CHECK, ERROR, LINE, as_rejects, guarded, no_rejects, reason_of
from oligoscope.chart.several import how_many, names_in, naming_several, standing_for
from oligoscope.tables.columnar import PATIENT, ROW, given
from oligoscope.tables.columnar.columns import high, low
from oligoscope.tables.domain import Domain
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, lists, scalar_fields
from oligoscope.vocabulary.synonyms import unknown_words
from oligoscope.vocabulary.values import FIRST_DAY, LAST_DAY, NUMBER_ENDS, UNKNOWN_WORDS, Day, Name, as_number
from oligoscope.vocabulary.words import Case

_NUMBER = "number__"
"""Of an item from a flat file, the number in its columns' names."""
NONE_WORDS = ("none", "[]")
"""What a patient's row may say in the column of a list: that it has no entry."""


@dataclass(frozen=True)
class Chunk:
    """Rows as a source has them, each with line__: those of some patients, and all that its lists say of them.

    rejects: rows of these patients that could not be read at all.
    """

    patients: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame = field(default_factory=no_rejects)


@dataclass(frozen=True)
class Batch:
    """Accepted patients, ready for the tables.

    patients: patient_id, line__, patient__ (a number within the batch), `<list>__given`, and the columns of every
    field's possible set.  lists: by list the items of these patients (patient__, row__, line__, names, typed columns).
    rejects: every entry that was not accepted, or is improbable (severity).  left_out: patients who are not in the
    batch though the source has them.  read_as: entries in other words than the vocabulary's, those of patients who are
    left out too.
    """

    patients: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame
    left_out: int
    read_as: ReadCounts = field(default_factory=dict)


@dataclass(frozen=True)
class ChartReader:
    """Reads chunks of one registry.

    today: the day after which nothing can have happened.  by_exception: what a chart leaves out is unremarkable, unless
    it says otherwise.  silent_assessed: the date that is the day of the assessment where a row has none; today without
    one, or where it is not known.
    """

    layout: Layout
    today: datetime.date
    case: type[Case] = Case
    by_exception: bool = False
    silent_assessed: str = ""

    def read(self, chunk: Chunk) -> Batch:
        """The batch in a chunk. A patient is left out when any entry of theirs is rejected, in whichever table."""
        filed, chunk = chunk, self._in_own_units(chunk)
        frame = _with_id(chunk.patients).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(PATIENT))
        own, identity, repeated = self._patients(frame)
        rejects = [chunk.rejects, *own.rejects, identity]
        patients, found = own.frame, {}
        numbers = frame.select(PATIENT_ID, PATIENT)
        if len(repeated):
            numbers = numbers.filter(pl.col(PATIENT_ID).is_first_distinct())
        for spec in lists(self.case):
            items = self._items(spec, chunk, frame, numbers)
            known, bad = self._known(spec, items.frame, frame)
            patients = patients.with_columns(known.alias(given(spec.name)))
            found[spec.name] = items
            rejects += [*items.rejects, bad]
        wide = self._wide(patients, found)
        rejects += self._broken("contradictions", wide, frame, found)
        wide = self._followed(wide)
        checks = self._broken("checks", wide, frame, found)
        patients = wide[PATIENT_ITSELF].select(patients.columns)
        tables = {name: wide[name].select(each.frame.columns) for name, each in found.items()}
        patients, tables = self._assuming(patients, tables, frame, found)
        batch = self._accepted(patients, tables, pl.concat(rejects), frame, chunk.rejects)
        said = pl.concat([no_rejects(), *checks]).join(batch.patients.select(PATIENT_ID), on=PATIENT_ID, how="semi")
        read_as = {**own.read_as}
        for name, each in found.items():
            read_as |= {(f"{name}.{field}", written, value): n for (field, written, value), n in each.read_as.items()}
        told = self._as_written(pl.concat([batch.rejects, said]), filed)
        return replace(batch, rejects=guarded(told), read_as=read_as)

    def _in_own_units(self, chunk: Chunk) -> Chunk:
        """The chunk with columns of another unit (size_mm) under the field's name, the unit behind each number."""
        frames = {PATIENTS: chunk.patients, **chunk.lists}
        for table, columns in self.layout.units.items():
            frames[table] = frames[table].with_columns(
                as_text(frames[table][column]).str.replace_all(NUMBER_ENDS, f"${{1}} {unit}${{2}}").alias(column)
                for column, (_, unit) in columns.items()
            )
            frames[table] = frames[table].rename({column: own for column, (own, _) in columns.items()})
        return replace(chunk, patients=frames.pop(PATIENTS), lists=frames)

    def _as_written(self, rejects: pl.DataFrame, chunk: Chunk) -> pl.DataFrame:
        """Rejects of columns in another unit, by the name and with the cell that the file has, to be repaired there."""
        for table, columns in self.layout.units.items() if len(rejects) else ():
            rows = {PATIENTS: chunk.patients, **chunk.lists}[table]
            for column, (own, _) in columns.items():
                cells = rows.select(row=pl.col(LINE).cast(pl.Int64), cell__=as_text(rows[column]))
                mine = (pl.col("file") == self.layout.labels[table]) & (pl.col("field") == own)
                both = rejects.join(cells, on="row", how="left", maintain_order="left").with_columns(
                    field=pl.when(mine).then(pl.lit(column)).otherwise("field"),
                    value=pl.when(mine).then("cell__").otherwise("value"),
                )
                rejects = both.select(rejects.columns)
        return rejects

    # ---- patients --------------------------------------------------------------------------------

    def _patients(self, frame: pl.DataFrame) -> tuple["_Read", pl.DataFrame, pl.Series]:
        """(typed patients, rejects of identity, the ids that several rows have)."""
        file = self.layout.labels[PATIENTS]
        keep = (PATIENT_ID, LINE, PATIENT)
        typed = typed_columns(frame, scalar_fields(self.case), self._domains, file, keep)
        ids = frame[PATIENT_ID]
        repeated = ids.clear() if _rising(ids) else ids.drop_nulls().filter(~ids.drop_nulls().is_first_distinct())
        wrong = frame.filter(pl.col(PATIENT_ID).is_null() | pl.col(PATIENT_ID).is_in(repeated.implode()))
        nobody = pl.when(pl.col(PATIENT_ID).is_null()).then(pl.lit("every row needs a patient_id"))
        reason = nobody.otherwise(pl.lit("this patient_id stands in several rows"))
        identity = as_rejects(wrong, file, PATIENT_ID, pl.col(PATIENT_ID), reason)
        return _Read(self._assessed(typed.frame), [typed.rejects], read_as=typed.read_as), identity, repeated

    def _assessed(self, patients: pl.DataFrame) -> pl.DataFrame:
        """The assessment date, or what stands for it where the row has none."""
        day = Day().parse(self.today.isoformat())
        first, last = pl.col(low("assessed")), pl.col(high("assessed"))
        silent = (first == FIRST_DAY) & (last == LAST_DAY)
        starts, ends = pl.lit(int(day.low), pl.Int32), pl.lit(int(day.high), pl.Int32)
        if self.silent_assessed:
            other, until = pl.col(low(self.silent_assessed)), pl.col(high(self.silent_assessed))
            known = other == until
            starts, ends = pl.when(known).then(other).otherwise(starts), pl.when(known).then(until).otherwise(ends)
        return patients.with_columns(
            pl.when(silent).then(starts).otherwise(first).alias(low("assessed")),
            pl.when(silent).then(ends).otherwise(last).alias(high("assessed")),
        )

    # ---- lists -----------------------------------------------------------------------------------

    def _items(self, spec: ListSpec, chunk: Chunk, frame: pl.DataFrame, numbers: pl.DataFrame) -> "_Read":
        """The typed items of one list, in the order of their patients, and what is wrong with them one by one."""
        file = self._file(spec)
        if spec.name in self.layout.columns:
            items = _with_id(chunk.lists[spec.name]).join(numbers, on=PATIENT_ID, how="left", maintain_order="left")
            orphans = items.filter(pl.col(PATIENT).is_null())
            wrong = [as_rejects(orphans, file, PATIENT_ID, pl.col(PATIENT_ID), "no patient has this id")]
            items = _by_patient(items)
        else:
            items, wrong = _unfolded(frame, spec, self.layout.numbered[spec.name]), []
        items = _each_apart(items, spec).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(ROW))
        names = [each for each in spec.fields if isinstance(each.kind, Name)]
        keep = (PATIENT_ID, PATIENT, ROW, LINE, *([_NUMBER] if _NUMBER in items.columns else []))
        typed = typed_columns(items, spec.fields, self._item_domains(spec), file, keep)
        named = typed.frame.with_columns(_name(items, each) for each in names)
        wrong += [self._located(spec, items, typed.rejects), self._too_many(items, file)]
        return _Read(named, [*wrong, *self._shared_names(spec, named)], items, typed.read_as)

    def _located(self, spec: ListSpec, items: pl.DataFrame, rejects: pl.DataFrame) -> pl.DataFrame:
        """Rejects of a flat file name the numbered column, so that the item can be found."""
        if _NUMBER not in items.columns or rejects.is_empty():
            return rejects
        columns = pl.DataFrame(
            [(number, field, column) for (number, field), column in self.layout.numbered[spec.name].items()],
            schema={_NUMBER: pl.Int64, "field": pl.String, "column": pl.String},
            orient="row",
        )
        cells = items.filter(pl.col(LINE).is_in(rejects["row"].unique().implode())).unpivot(
            [each.column for each in spec.fields], index=[LINE, _NUMBER], variable_name="field", value_name="value"
        )
        found = rejects.unique(maintain_order=True).join(
            cells, left_on=["row", "field", "value"], right_on=[LINE, "field", "value"], maintain_order="left"
        )
        named = found.join(columns, on=[_NUMBER, "field"], how="left", maintain_order="left")
        return named.with_columns(field=pl.col("column")).select(rejects.columns)

    def _too_many(self, items: pl.DataFrame, file: str) -> pl.DataFrame:
        """The first row of every list longer than any may be."""
        numbers = items[PATIENT]
        if not (numbers == numbers.shift(MOST_ENTRIES)).any():
            return no_rejects()
        long = items.group_by(PATIENT).agg(pl.len(), pl.col(LINE).min(), pl.col(PATIENT_ID).first())
        long = long.filter(pl.col("len") > MOST_ENTRIES)
        return as_rejects(
            long, file, PATIENT_ID, pl.col(PATIENT_ID), f"a patient may have at most {MOST_ENTRIES} rows here"
        )

    def _shared_names(self, spec: ListSpec, items: pl.DataFrame) -> list[pl.DataFrame]:
        """Items of one patient with the same name."""
        found = []
        for rule in integrity(self.case).about(spec.name).unique:
            named = items.filter(pl.col(rule.field).is_not_null()) if items[rule.field].has_nulls() else items
            again = (named[PATIENT] == named[PATIENT].shift(1)) & (named[rule.field] <= named[rule.field].shift(1))
            # Most registries have each patient's items in the order of their names: then none stands twice.
            twice = named.filter(pl.struct(PATIENT, rule.field).is_duplicated()) if again.any() else named.clear()
            found.append(self._rejects_of(rule, spec, twice, pl.col(rule.field)))
        return found

    def _known(self, spec: ListSpec, items: pl.DataFrame, frame: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
        """(whether each patient's list is known, rejects of the column that may say so).

        Of lesions a registry that has the list says "none was seen" where a patient has no entry; else a list without
        an entry is known only where the patient's row says none.
        """
        said = _said_none(spec, frame)
        bad = no_rejects()
        if spec.name in frame.columns:
            wrong = frame.filter(said.is_null())
            allowed = f"allowed: {', '.join(NONE_WORDS)} or empty; the entries belong in the list {spec.name}"
            bad = as_rejects(wrong, self.layout.labels[PATIENTS], spec.name, pl.lit(as_text(wrong[spec.name])), allowed)
        if spec.none_if_empty and self.layout.has(spec.name):
            return pl.repeat(True, len(frame), dtype=pl.Boolean, eager=True), bad
        listed = frame[PATIENT].is_in(items[PATIENT].unique().implode())
        return listed | said.fill_null(False), bad

    # ---- what a chart may not say, what is improbable, and what follows --------------------------

    def _wide(self, patients: pl.DataFrame, found: "Mapping[str, _Read]") -> dict[str, pl.DataFrame]:
        """Patients and items with everything that rules about them read."""
        rules = integrity(self.case)
        domains = subject_domains(PATIENT_ITSELF, self.case)
        wide = {PATIENT_ITSELF: derived(patients, rules.about(PATIENT_ITSELF).derived, domains)}
        made = {fact.name: fact.domain for fact in rules.about(PATIENT_ITSELF).derived}
        for spec in lists(self.case):
            mine, items = rules.about(spec.name), found[spec.name].frame
            domains = {**subject_domains(spec.name, self.case), **made}
            read = columns_read(mine.reads, domains, (each.name for each in lists(self.case)))
            read |= {given(target.name) for _, target in references(spec.name, self.case)}
            places = items[PATIENT] - 1
            known = (
                wide[PATIENT_ITSELF][name] for name in sorted(read - set(items.columns)) if name in wide[PATIENT_ITSELF]
            )
            items = items.with_columns(column.gather(places) for column in known)
            for words in mine.words:
                rows = found[spec.name].rows
                items = with_words(items, words, rows[words.of] if words.of in rows.columns else None)
            for naming, target in references(spec.name, self.case):
                items = with_named_items(items, naming, target, found[target.name].frame, self.case)
            wide[spec.name] = derived(items, mine.derived, {**domains, **{w.name: w.domain for w in mine.words}})
        return wide

    def _broken(
        self,
        part: Literal["contradictions", "checks"],
        wide: Mapping[str, pl.DataFrame],
        frame: pl.DataFrame,
        found: "Mapping[str, _Read]",
    ) -> list[pl.DataFrame]:
        """The entries that rules of one part hold of. frame: the patients' rows as they were read."""
        entries: list[pl.DataFrame] = []
        rules, day = integrity(self.case), as_number(self.today)
        severity = CHECK if part == "checks" else ERROR
        fields = {name: spec for spec in scalar_fields(self.case) for name in (spec.name, f"{spec.name}_date")}
        of_patient: Sequence[Rule] = getattr(rules.about(PATIENT_ITSELF), part)
        for rule, rows in _holding(of_patient, wide[PATIENT_ITSELF], day):
            spec = fields[rule.field]
            written = as_text(frame[spec.column].gather(rows[PATIENT] - 1))
            says, file = reason_of(rule.says, rule.allowed, rule.fix), self.layout.labels[PATIENTS]
            told = rows.with_columns(written.alias("written"))
            entries.append(as_rejects(told, file, spec.column, pl.col("written"), says, severity))
        for each in lists(self.case):
            mine: Sequence[Rule] = getattr(rules.about(each.name), part)
            columns = {name: own.column for own in each.fields for name in (f"{own.name}_date", own.name)}
            for rule, rows in _holding(mine, wide[each.name], day):
                text = as_text(found[each.name].rows[columns[rule.field]].gather(rows[ROW]))
                told = rows.with_columns(text.alias("written"))
                entries.append(self._rejects_of(rule, each, told, pl.col("written"), severity))
        return entries

    def _followed(self, wide: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """Patients and items with what their entries say without writing it."""
        rules, day = integrity(self.case), as_number(self.today)
        return {
            about: each.with_columns(consequences(rules.about(about).consequences, day)) for about, each in wide.items()
        }

    def _assuming(
        self,
        patients: pl.DataFrame,
        tables: Mapping[str, pl.DataFrame],
        frame: pl.DataFrame,
        found: "Mapping[str, _Read]",
    ) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        """Patients and items with what is assumed of them."""
        kept = by_exception(patients, self.by_exception, self.case)
        assumed = {}
        for spec in lists(self.case):
            # Of a flat file the rows have a column for every field, whether the file has one or not.
            own = {field for _, field in self.layout.numbered.get(spec.name, {})} or set(found[spec.name].rows.columns)
            rows = found[spec.name].rows.select(column for column in found[spec.name].rows.columns if column in own)
            assumed[spec.name] = of_items(tables[spec.name], rows, kept, spec, tables, self.case)
        return of_patients(patients, frame, kept, self.case), assumed

    def _rejects_of(
        self, rule: Rule, spec: ListSpec, rows: pl.DataFrame, value: pl.Expr, severity: str = ERROR
    ) -> pl.DataFrame:
        field: str | pl.Expr = rule.field
        if _NUMBER in rows.columns:
            columns = {n: column for (n, name), column in self.layout.numbered[spec.name].items() if name == rule.field}
            field = pl.col(_NUMBER).replace_strict(columns, default=rule.field, return_dtype=pl.String)
        says = reason_of(rule.says, rule.allowed, rule.fix)
        return as_rejects(rows, self._file(spec), field, value, says, severity)

    def _accepted(
        self,
        patients: pl.DataFrame,
        tables: Mapping[str, pl.DataFrame],
        rejects: pl.DataFrame,
        frame: pl.DataFrame,
        unread: pl.DataFrame,
    ) -> Batch:
        """What is left when every patient with a reject is taken out."""
        rejects = rejects.unique(["file", "row", "field", "patient_id"], keep="first", maintain_order=True)
        whole = len(frame)
        if len(rejects):
            out = rejects["patient_id"].drop_nulls().unique().implode()
            patients = patients.filter(pl.col(PATIENT_ID).is_not_null(), ~pl.col(PATIENT_ID).is_in(out))
            tables = {
                name: items.join(patients.select(PATIENT), on=PATIENT, how="semi", maintain_order="left")
                for name, items in tables.items()
            }
            mine = unread.filter(pl.col("file") == self.layout.labels[PATIENTS])
            # A row that is there, and has one cell without a meaning, is counted among the rows.
            whole = _n_patients(frame[PATIENT_ID], mine.filter(~pl.col("row").is_in(frame[LINE].implode())))
        kept = {name: items.drop(PATIENT_ID, _NUMBER, strict=False) for name, items in tables.items()}
        return Batch(patients, kept, rejects, whole - len(patients))

    # ---- names -----------------------------------------------------------------------------------

    @cached_property
    def _domains(self) -> Mapping[str, Domain]:
        return chart_domains(self.case)

    def _item_domains(self, spec: ListSpec) -> Mapping[str, Domain]:
        return item_domains(spec.name, self.case)

    def _file(self, spec: ListSpec) -> str:
        return self.layout.labels[spec.name if spec.name in self.layout.columns else PATIENTS]


@dataclass(frozen=True)
class _Read:
    """A typed table, the rejects found on the way, the rows that it was read from, and what was read otherwise."""

    frame: pl.DataFrame
    rejects: list[pl.DataFrame]
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    read_as: ReadCounts = field(default_factory=dict)


def _n_patients(ids: pl.Series, unread: pl.DataFrame) -> int:
    """How many patients a table speaks of: each id once, and each row without one."""
    known, lost = ids.drop_nulls().unique(), unread.filter(pl.col("patient_id").is_not_null())["patient_id"].unique()
    n_new = len(lost) - int(lost.is_in(known.implode()).sum())
    return len(known) + ids.null_count() + n_new + unread["patient_id"].null_count()


def _with_id(frame: pl.DataFrame) -> pl.DataFrame:
    """Ids as text, an empty one as none."""
    ids = as_text(frame[PATIENT_ID])
    return frame.with_columns(pl.when(ids == "").then(None).otherwise(ids).alias(PATIENT_ID))


def _rising(ids: pl.Series) -> bool:
    """Whether each id comes after the one before, as most registries have them: then none stands twice."""
    return bool((ids.shift(1) < ids)[1:].all(ignore_nulls=False))


def _each_apart(items: pl.DataFrame, spec: ListSpec) -> pl.DataFrame:
    """Items with one row for each of those that a row stands for, named as in a case file."""
    naming = naming_several(spec)
    if naming in items.columns:
        texts = as_text(items[naming]).fill_null("")
        if texts.str.contains("|", literal=True).any():
            several = pl.Series([names_in(text) or [None] for text in texts], dtype=pl.List(pl.String))
            items = items.with_columns(several.alias(naming)).explode(naming)
    kind = standing_for(spec)
    if kind is None or "count" not in items.columns:
        return items
    texts = as_text(items["count"])
    if not (texts.is_not_null() & (texts != "1")).any():
        return items
    many = pl.Series([how_many(text, kind) for text in texts], dtype=pl.Int64)
    numbered = items.with_columns(many__=many).with_columns(each__=pl.int_ranges(1, pl.col("many__") + 1))
    apart = numbered.explode("each__")
    if "id" in items.columns:
        own = pl.concat_str(pl.col("id").cast(pl.String), pl.lit("-"), pl.col("each__"))
        apart = apart.with_columns(id=pl.when(pl.col("many__") > 1).then(own).otherwise(pl.col("id").cast(pl.String)))
    return apart.drop("many__", "each__")


def _by_patient(items: pl.DataFrame) -> pl.DataFrame:
    """Items in the order of their patients, marked as such: what is added up for each is then neighbours.

    Those of nobody are left out.
    """
    known = items.filter(pl.col(PATIENT).is_not_null()) if items[PATIENT].has_nulls() else items
    ordered = known if known[PATIENT].is_sorted() else known.sort(PATIENT, maintain_order=True)
    return ordered.with_columns(pl.col(PATIENT).set_sorted())


def _unfolded(frame: pl.DataFrame, spec: ListSpec, numbered: Numbered) -> pl.DataFrame:
    """Numbered columns as one row per item; an item none of whose fields is filled is not there."""
    fields = [each.column for each in spec.fields]
    whole = {PATIENT_ID: pl.String, PATIENT: pl.Int64, LINE: pl.Int64, _NUMBER: pl.Int64}
    parts = [pl.DataFrame(schema={**whole, **dict.fromkeys(fields, pl.String)})]
    for number in sorted({n for n, _ in numbered}):
        mine = {field: as_text(frame[column]) for (n, field), column in numbered.items() if n == number}
        part = frame.select(PATIENT_ID, PATIENT, LINE, pl.lit(number, pl.Int64).alias(_NUMBER), **mine)
        filled = pl.any_horizontal(
            pl.col(field).is_not_null() & (pl.col(field).str.strip_chars() != "") for field in mine
        )
        part = part.filter(filled)
        if number >= NAMED:
            part = part.with_columns(pl.lit(labels_naming(spec)[number - NAMED]).alias(spec.named_by))
        parts.append(part)
    return pl.concat(parts, how="diagonal").sort(PATIENT, _NUMBER)


def _name(items: pl.DataFrame, spec: FieldSpec) -> pl.Series:
    """The names of items as text; none where the chart does not say."""
    if spec.column not in items.columns:
        return pl.Series(spec.name, [None], dtype=pl.String).new_from_index(0, len(items))
    text = as_text(items[spec.column])
    silent = text.str.strip_chars().str.to_lowercase().is_in([*UNKNOWN_WORDS, *unknown_words()])
    return pl.select(pl.when(silent).then(None).otherwise(text).alias(spec.name)).to_series()


def _said_none(spec: ListSpec, frame: pl.DataFrame) -> pl.Series:
    """Of each patient whether their row says that the list has no entry; null where it says something else."""
    if spec.name not in frame.columns:
        return pl.repeat(False, len(frame), dtype=pl.Boolean, eager=True)
    text = as_text(frame[spec.name]).str.strip_chars().str.to_lowercase()
    none, silent = text.is_in(NONE_WORDS), text.is_null() | text.is_in([*UNKNOWN_WORDS, *unknown_words()])
    answer = pl.when(silent.fill_null(True)).then(False).when(none).then(True).otherwise(None)
    return pl.select(answer.alias(spec.name)).to_series()


def _holding(rules: Sequence[Rule], frame: pl.DataFrame, today: int) -> list[tuple[Rule, pl.DataFrame]]:
    """The rules that hold of some row, each with these rows."""
    if not rules or frame.is_empty():
        return []
    holds = [rule_holds(rule, today) for rule in rules]
    some = frame.select(each.any().alias(str(n)) for n, each in enumerate(holds)).row(0)
    return [(rule, frame.filter(each)) for rule, each, any_row in zip(rules, holds, some, strict=True) if any_row]

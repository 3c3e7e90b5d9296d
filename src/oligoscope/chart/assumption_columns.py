"""What is assumed of the charts of a registry: `assumptions_of` as columns.

Where something is assumed of a field its columns hold the assumed value; beside them stand what is possible without,
under `without(field)`, and which fields it rests on, under `assumes(field)`.
"""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from oligoscope.chart.columns import as_text
from oligoscope.chart.domains import chart_domains, item_domains, possible_of
from oligoscope.chart.integrity import PATIENT_ITSELF, Integrity, assumable, integrity, references
from oligoscope.chart.integrity_columns import rule_holds
from oligoscope.tables.columnar import PATIENT, assumes, column, without
from oligoscope.tables.columnar.columns import any_of, columns_of
from oligoscope.tables.domain import Choices, Domain, Possible
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, lists, scalar_fields
from oligoscope.vocabulary.words import Case

_BY = "by exception__"
_KIND = pl.Int16


def by_exception(patients: pl.DataFrame, always: bool, case: type[Case]) -> pl.Series:
    """Of each patient whether what the chart leaves out is unremarkable. always: unless the chart says otherwise."""
    domain = chart_domains(case)["charting"]
    assert isinstance(domain, Choices)
    said = patients[column("charting")]
    found = said == domain.mask(["by_exception"])
    return (found | (said == domain.everything)) if always else found


def of_patients(patients: pl.DataFrame, rows: pl.DataFrame, kept: pl.Series, case: type[Case]) -> pl.DataFrame:
    """Patients with what is assumed of them.

    patients: typed, with what follows from what is written.  rows: as they were read.  kept: by exception.
    """
    rules, domains = integrity(case).about(PATIENT_ITSELF), chart_domains(case)
    specs = {spec.name: spec for spec in scalar_fields(case)}
    taken: dict[str, list[tuple[pl.Series, Possible]]] = {}
    if kept.any():
        for name, spec in specs.items():
            if spec.unremarkable and spec.column in rows.columns:
                cells = rows[spec.column].gather(patients[PATIENT] - 1)
                taken[name] = [(kept & _left_out(cells), possible_of(spec.unremarkable, domains[name]))]
    for rule in rules.assumptions:
        holds = patients.select(rule_holds(rule, 0)).to_series()
        for name, mask in rule.then:
            if holds.any():
                taken.setdefault(name, []).append((holds & _silent_cells(specs[name], patients, rows), mask))
    patients = _with(patients, taken, domains, {name: (name,) for name in taken}, case)
    return _with_what_follows(patients, rows, rules, case)


def _with_what_follows(patients: pl.DataFrame, rows: pl.DataFrame, rules: Integrity, case: type[Case]) -> pl.DataFrame:
    """What follows from an assumption rests on it too."""
    specs, domains = {spec.name: spec for spec in scalar_fields(case)}, chart_domains(case)
    for rule in rules.consequences:
        behind = sorted(name for name in rule.reads if assumes(name) in patients.columns)
        if not behind:
            continue
        rests = any_of(pl.col(assumes(name)) != 0 for name in behind)
        holds = patients.select(rule_holds(rule, 0) & rests).to_series()
        for name, mask in rule.then:
            silent = holds & _silent_cells(specs[name], patients, rows)
            if assumes(name) in patients.columns:
                silent &= patients[assumes(name)] == 0
            patients = _with(patients, {name: [(silent, mask)]}, domains, {name: tuple(behind)}, case)
    return patients


def of_items(
    items: pl.DataFrame,
    rows: pl.DataFrame,
    kept: pl.Series,
    spec: ListSpec,
    others: Mapping[str, pl.DataFrame],
    case: type[Case],
) -> pl.DataFrame:
    """Items of a list with what is assumed of them. kept: by patient.  others: the items of every list."""
    usual = [field for field in spec.fields if field.unremarkable and field.column in rows.columns]
    if not usual or not kept.any():
        return items
    mine = kept.gather(items[PATIENT] - 1) & ~_spoken_of(items, spec, others, case)
    domains = item_domains(spec.name, case)
    taken = {
        field.name: [(mine & _left_out(rows[field.column]), possible_of(field.unremarkable, domains[field.name]))]
        for field in usual
        if field.unremarkable
    }
    return _with(items, taken, domains, {name: (f"{spec.name}.{name}",) for name in taken}, case)


def _spoken_of(items: pl.DataFrame, spec: ListSpec, others: Mapping[str, pl.DataFrame], case: type[Case]) -> pl.Series:
    """Whether an item may be one that another list speaks of; without a name on either side it may be any."""
    named = [
        others[each.name].select(PATIENT, id=pl.col(field.name))
        for each in lists(case)
        for field, target in references(each.name, case)
        if target.name == spec.name
    ]
    if "id" not in items.columns or not named:
        return pl.repeat(False, len(items), dtype=pl.Boolean, eager=True)
    spoken = pl.concat(named).unique()
    of_all = pl.col(PATIENT).is_in(spoken.filter(pl.col("id").is_null())[PATIENT].implode())
    nameless = pl.col("id").is_null() & pl.col(PATIENT).is_in(spoken[PATIENT].unique().implode())
    joined = items.select(PATIENT, "id").join(
        spoken.with_columns(by__=pl.lit(True)), on=[PATIENT, "id"], how="left", maintain_order="left"
    )
    return joined.select(pl.col("by__").fill_null(False) | of_all | nameless).to_series()


def _left_out(cells: pl.Series) -> pl.Series:
    """Of each cell whether it is empty; a word for unknown is not."""
    texts = as_text(cells)
    return texts.is_null() | (texts.str.strip_chars() == "").fill_null(True)


def _silent_cells(spec: FieldSpec, patients: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """The same of a field, which a registry may not have at all."""
    if spec.column not in rows.columns:
        return pl.repeat(True, len(patients), dtype=pl.Boolean, eager=True)
    return _left_out(rows[spec.column].gather(patients[PATIENT] - 1))


def _with(
    frame: pl.DataFrame,
    taken: Mapping[str, Sequence[tuple[pl.Series, Possible]]],
    domains: Mapping[str, Domain],
    rests_on: Mapping[str, Iterable[str]],
    case: type[Case],
) -> pl.DataFrame:
    """A frame with assumed values, of each field those of the first condition that holds where nothing is known."""
    bits = {name: 1 << k for k, name in enumerate(assumable(case))}
    for name, ways in taken.items():
        ends = columns_of(name, domains[name])
        whole = _ends(domains[name].everything)
        before = [frame[each] for each in ends]
        unknown = pl.Series(frame.select((pl.col(c) == w).alias(c) for c, w in zip(ends, whole, strict=True))
                            .select(pl.all_horizontal(pl.all())).to_series())  # fmt: skip
        done = pl.repeat(False, len(frame), dtype=pl.Boolean, eager=True)
        for where, possible in ways:
            now = where & unknown & ~done
            frame = frame.with_columns(
                pl.when(now).then(pl.lit(value)).otherwise(pl.col(each)).cast(frame.schema[each]).alias(each)
                for each, value in zip(ends, _ends(possible), strict=True)
            )
            done |= now
        if done.any():
            frame = _marked(frame, name, domains[name], before, done, _total(bits, rests_on[name], frame))
    return frame


def _total(bits: Mapping[str, int], names: Iterable[str], frame: pl.DataFrame) -> pl.Expr:
    """What a value rests on: fields themselves, or what these rest on in turn."""
    found: pl.Expr = pl.lit(0, _KIND)
    for name in names:
        found = found | (pl.col(assumes(name)) if assumes(name) in frame.columns else pl.lit(bits[name], _KIND))
    return found


def _marked(
    frame: pl.DataFrame, name: str, domain: Domain, before: Sequence[pl.Series], done: pl.Series, rests_on: pl.Expr
) -> pl.DataFrame:
    """A frame that says of a field where it is assumed, and what is possible without."""
    marked = assumes(name)
    if marked in frame.columns:
        return frame.with_columns(pl.when(done).then(rests_on).otherwise(pl.col(marked)).cast(_KIND).alias(marked))
    kept = [old.alias(new) for old, new in zip(before, columns_of(without(name), domain), strict=True)]
    return frame.with_columns(*kept, pl.when(done).then(rests_on).otherwise(0).cast(_KIND).alias(marked))


def _ends(possible: Possible) -> tuple[float, ...]:
    return (possible,) if isinstance(possible, int) else possible

"""Which tables and columns a registry has, checked before its first row is read."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.vocabulary.fields import ListSpec, lists, scalar_fields
from oligoscope.vocabulary.naming import Kinds, hint, other_unit
from oligoscope.vocabulary.values import Choice, FieldType
from oligoscope.vocabulary.words import Case

PATIENTS, PATIENT_ID = "patients", "patient_id"
MOST_ENTRIES = 10_000
"""Of one list of one patient: a hundred times what a chart can mean, and a slip of a join beyond it."""
Numbered = Mapping[tuple[int, str], str]
"""For each item number and field of a list the column of the patients' table that holds it."""
NAMED = 10_000
"""Items that a label names, not a number, are counted on from here: os_date is of the item of the first endpoint."""


@dataclass(frozen=True)
class Layout:
    """A registry's tables: `patients`, and each list that has a table of its own.

    columns: by table.  labels: by table, what messages call it (lesions.csv).  numbered: by list without a table of its
    own, its columns in the patients' table (lesion2_size_cm).  units: by table, of a column in another unit than its
    field's (size_mm) the field's column and that unit; all else speaks of the field's column.
    """

    columns: Mapping[str, Sequence[str]]
    labels: Mapping[str, str]
    numbered: Mapping[str, Numbered] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)

    def has(self, list_name: str) -> bool:
        """Whether the registry has this list, in whichever form."""
        return list_name in self.columns or bool(self.numbered.get(list_name))


def check_layout(
    columns: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    where: str,
    *,
    extra_columns: bool = False,
    case: type[Case] = Case,
) -> Layout:
    """The layout of a registry with these tables and columns.

    Raises CaseError for a table without patient_id, a column that is no field (a misspelt one would be lost silently;
    `extra_columns` leaves them unread), and columns that say the same thing twice.
    """
    problems: list[Problem] = []
    units = {table: dict(_other_units(columns, table, case)) for table in columns}
    own = {table: [units[table].get(name, (name, ""))[0] for name in names] for table, names in columns.items()}
    numbered = {
        spec.name: _numbered(own[PATIENTS], spec, labels[PATIENTS], problems)
        for spec in lists(case)
        if spec.name not in columns
    }
    taken = {column for each in numbered.values() for column in each.values()}
    known: dict[str, FieldType | None] = {spec.column: spec.kind for spec in scalar_fields(case)}
    known |= dict.fromkeys((*(spec.name for spec in lists(case)), *sorted(taken)))
    problems += _problems(own[PATIENTS], known, labels[PATIENTS], extra_columns)
    for spec in lists(case):
        if spec.name in columns:
            fields = {each.column: each.kind for each in spec.fields}
            problems += _problems(own[spec.name], fields, labels[spec.name], extra_columns)
    if problems:
        raise CaseError(where, problems)
    return Layout(columns, labels, numbered, {table: each for table, each in units.items() if each})


def _other_units(
    columns: Mapping[str, Sequence[str]], table: str, case: type[Case]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The columns of a table that have a field's name in another unit, with the field's column and that unit."""
    kinds: dict[str, Kinds] = {spec.name: {each.column: each.kind for each in spec.fields} for spec in lists(case)}
    scalar: Kinds = {spec.column: spec.kind for spec in scalar_fields(case)}
    for column in columns[table]:
        prefix, own, here = "", column, kinds.get(table, scalar)
        for spec in lists(case) if table == PATIENTS else ():
            if spec.name not in columns and (match := _pattern(spec).fullmatch(column)):
                prefix, own, here = column.removesuffix(match[2]), match[2], kinds[spec.name]
        field, unit = ("", "") if own in here else other_unit(own, here)
        if field:
            yield column, (prefix + field, unit)


def _pattern(spec: ListSpec) -> re.Pattern[str]:
    """What the columns of a list in a flat file are called."""
    return re.compile(rf"{spec.item}(\d{{1,4}})_(\w+)", re.ASCII)


def _numbered(columns: Sequence[str], spec: ListSpec, label: str, problems: list[Problem]) -> Numbered:
    """The columns of a list in a flat file: lesion1_organ, local_treatment2_date, os_date."""
    pattern = _pattern(spec)
    fields = {each.column for each in spec.fields}
    found: dict[tuple[int, str], str] = {}
    for column in columns:
        match = pattern.fullmatch(column)
        if match and match[2] in fields:
            place = (int(match[1]), match[2])
            if place in found and found[place] != column:
                problems.append(_twice(label, column, f"it says the same as {found[place]}"))
            found.setdefault(place, column)
    for n, label in enumerate(labels_naming(spec)):
        mine = ((name, f"{label.lower()}_{name}") for name in fields if name != spec.named_by)
        found |= {(NAMED + n, name): column for name, column in mine if column in columns}
    return found


def labels_naming(spec: ListSpec) -> Sequence[str]:
    """The labels by which columns of a flat file may begin for a list, in the order of their items."""
    kind = next((field.kind for field in spec.fields if field.name == spec.named_by), None)
    return tuple(kind.labels) if isinstance(kind, Choice) else ()


def _problems(columns: Sequence[str], known: Kinds, label: str, extra_columns: bool) -> Iterator[Problem]:
    if PATIENT_ID not in columns:
        yield Problem(label, PATIENT_ID, _no_id(columns), "a column with one id per patient")
        return
    for column, n in Counter(columns).items():
        if n > 1:
            yield _twice(label, column, f"{n} columns have this name")
        if column not in (*known, PATIENT_ID) and not extra_columns:
            fix = _in_its_section(column, known) or hint(column, known)
            fix = fix or (
                "close the quote that stands open in the header"
                if "\n" in column
                else "name it as the template does, or allow extra columns"
            )
            yield Problem(
                f"{label} {column}", column, "there is no such column", "the columns of the data dictionary", fix
            )


def _in_its_section(column: str, known: Kinds) -> str:
    """The column of a field whose section is left out: brain_mri is staging_brain_mri in a registry."""
    found = (spec.column for spec in scalar_fields() if spec.path.split(".")[-1] == column and spec.column in known)
    return next((f"did you mean {each}?" for each in found), "")


def _no_id(columns: Sequence[str]) -> str:
    other = next((mark for mark in (";", "\t", "|") if len(columns) == 1 and mark in columns[0]), "")
    return f"the columns are separated by {other!r}, not by commas" if other else "the column patient_id is missing"


def _twice(label: str, column: str, why: str) -> Problem:
    return Problem(f"{label} {column}", column, f"this column stands twice ({why})", "each once", "remove one of them")

"""A cohort's files as batches of typed patients with their lists.

What cannot be read goes to the rejects, with its place and reason.
"""

import datetime
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.assess.columns import Typed, no_rejects, typed_columns
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import MOST_ITEMS, PATIENT, ROW, given
from oligoscope.vocabulary.fields import FieldSpec, list_fields, scalar_fields
from oligoscope.vocabulary.values import FIRST_DAY, LAST_DAY, Day, Procedure, as_number

LISTS = ("lesions", "systemic_therapy")
_FLAT = {"lesions": "lesion", "systemic_therapy": "systemic_therapy"}
_FALSE, _TRUE, _EITHER = 1, 2, 3


@dataclass(frozen=True)
class Cohort:
    """Where a cohort lies: one file of patients, and a file a list (or the lists as numbered columns of the patients'
    file).
    """

    patients: Path
    lists: Mapping[str, Path]
    extra_columns: bool = False

    @property
    def format(self) -> str:
        return "parquet" if self.patients.suffix == ".parquet" else "csv"


@dataclass(frozen=True)
class Batch:
    """Some patients, ready for the tables: typed columns, the lists' items of these patients, and the rejects."""

    patients: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    rejects: pl.DataFrame


def find_cohort(path: Path, *, extra_columns: bool = False) -> Cohort:
    """The cohort at a path: a folder with patients.csv or .parquet (and lesions, systemic_therapy), or one flat file.

    Raises CaseError.
    """
    if path.is_dir():
        patients = _file_in(path, "patients")
        if patients is None:
            raise CaseError(
                str(path),
                [
                    Problem(
                        "cohort",
                        str(path),
                        "the folder has no patients.csv or patients.parquet",
                        "",
                        "see `oligoscope cohort template`",
                    )
                ],
            )
        found = {name: file for name in LISTS if (file := _file_in(path, name))}
        return Cohort(patients, found, extra_columns)
    if not path.exists():
        raise CaseError(str(path), [Problem("cohort", str(path), "there is no such file or folder")])
    if path.suffix not in (".csv", ".parquet"):
        raise CaseError(
            str(path),
            [Problem("cohort", path.suffix, "this is not a CSV or Parquet file", ".csv, .parquet, or a folder")],
        )
    return Cohort(path, {}, extra_columns)


def _file_in(folder: Path, name: str) -> Path | None:
    return next(
        (folder / f"{name}{suffix}" for suffix in (".parquet", ".csv") if (folder / f"{name}{suffix}").exists()), None
    )


class CohortReader:
    """Reads a cohort in batches of patients; checks columns before the first row is read."""

    def __init__(self, cohort: Cohort, knowledge: Knowledge, today: datetime.date) -> None:
        self.cohort, self.knowledge, self.today = cohort, knowledge, today
        self.columns = _scan(cohort.patients).collect_schema().names()
        self.wide = {name: _numbered(self.columns, name) for name in LISTS if name not in cohort.lists}
        self._check_columns()
        ids = _scan(cohort.patients).select(pl.col("patient_id").cast(pl.String)).collect()["patient_id"]
        self.n_patients = len(ids)
        self._twice = ids.clear() if _rising(ids) else ids.filter(~ids.is_first_distinct())
        self._numbers = pl.DataFrame({"patient_id": ids, PATIENT: pl.int_range(1, len(ids) + 1, eager=True)}).filter(
            ids.is_first_distinct() if len(self._twice) else pl.lit(True)
        )
        self._items = {name: self._read_list(name) for name in cohort.lists}

    def batches(self, size: int) -> Iterator[Batch]:
        """Batches of at most `size` patients, in the file's order."""
        first = True
        for frame in (
            _scan(self.cohort.patients)
            .with_row_index(ROW, offset=1)
            .collect_batches(chunk_size=size, maintain_order=True)
        ):
            yield self._batch(frame, first)
            first = False

    def _batch(self, frame: pl.DataFrame, first: bool) -> Batch:
        frame = frame.with_columns(pl.col("patient_id").cast(pl.String), pl.col(ROW).cast(pl.Int64)).with_columns(
            pl.col(ROW).alias(PATIENT)
        )
        file = self.cohort.patients.name
        typed = typed_columns(
            frame,
            _used(scalar_fields(), self.knowledge),
            self.knowledge.domains,
            file,
            keep=("patient_id", ROW, PATIENT),
        )
        rejects = [typed.rejects, self._identity_rejects(frame, file)]
        patients = self._with_assessed(typed.frame)
        rejects.append(
            _late(patients, [s for s in scalar_fields() if s.column in self.columns], file, as_number(self.today))
        )
        rejects.append(_contradictory(patients, file))
        patients = _patient_consequences(patients)
        lists: dict[str, pl.DataFrame] = {}
        for name in LISTS:
            lists[name], known, bad = self._items_of(name, frame, patients)
            rejects += bad
            patients = patients.with_columns(known.alias(given(name)))
        rejects += [self._items[name].rejects for name in self.cohort.lists] if first else []
        rejected = pl.concat(rejects, how="vertical")
        out = pl.concat([rejected["patient_id"], *(self._items[n].rejects["patient_id"] for n in self.cohort.lists)])
        if len(out):
            patients = patients.filter(
                pl.col("patient_id").is_not_null(), ~pl.col("patient_id").is_in(out.drop_nulls().unique().implode())
            )
            lists = {
                name: items.join(patients.select(PATIENT), on=PATIENT, how="semi", maintain_order="left")
                for name, items in lists.items()
            }
        return Batch(patients, lists, rejected)

    # ---- columns ---------------------------------------------------------------------------------

    def _check_columns(self) -> None:
        """Raises CaseError for a missing patient_id and for columns that are no field, so that a misspelt one is not
        lost.
        """
        problems = self._unknown_columns(
            self.cohort.patients,
            self.columns,
            {s.column for s in scalar_fields()} | {c for w in self.wide.values() for c in w},
        )
        for name, path in self.cohort.lists.items():
            problems += self._unknown_columns(
                path, _scan(path).collect_schema().names(), {s.column for s in list_fields(name)}
            )
        if problems:
            raise CaseError(str(self.cohort.patients.parent), problems)

    def _unknown_columns(self, path: Path, columns: list[str], known: set[str]) -> list[Problem]:
        problems = []
        if "patient_id" not in columns:
            problems.append(
                Problem(
                    f"{path.name}", "patient_id", "the column patient_id is missing", "a column with one id a patient"
                )
            )
        for column in columns:
            if column not in known | {"patient_id", "systemic_therapy", "lesions"} and not self.cohort.extra_columns:
                close = difflib.get_close_matches(column, known, 1)
                hint = (
                    f"did you mean {close[0]}?"
                    if close
                    else "name it as `oligoscope cohort template` does, or pass --extra-columns to leave it unread"
                )
                problems.append(
                    Problem(
                        f"{path.name} {column}",
                        column,
                        "there is no such column",
                        "the columns of the data dictionary",
                        hint,
                    )
                )
        return problems

    # ---- patients --------------------------------------------------------------------------------

    def _identity_rejects(self, frame: pl.DataFrame, file: str) -> pl.DataFrame:
        found = frame.select("patient_id", ROW).filter(
            pl.col("patient_id").is_null() | pl.col("patient_id").is_in(self._twice.implode())
        )
        reason = (
            pl.when(pl.col("patient_id").is_null())
            .then(pl.lit("every row needs a patient_id"))
            .otherwise(pl.lit("this patient_id stands in several rows"))
        )
        return _as_rejects(found, file, pl.lit("patient_id"), pl.col("patient_id"), reason)

    def _with_assessed(self, patients: pl.DataFrame) -> pl.DataFrame:
        """The assessment date, today where the row has none."""
        today = Day().parse(self.today.isoformat())
        silent = (pl.col("assessed__lo") == FIRST_DAY) & (pl.col("assessed__hi") == LAST_DAY)
        return patients.with_columns(
            assessed__lo=pl.when(silent).then(pl.lit(int(today.low))).otherwise(pl.col("assessed__lo")),
            assessed__hi=pl.when(silent).then(pl.lit(int(today.high))).otherwise(pl.col("assessed__hi")),
        )

    # ---- lists -----------------------------------------------------------------------------------

    def _read_list(self, name: str) -> Typed:
        """All items of a list that has a file of its own, typed and compact; each knows its patient by number."""
        path = self.cohort.lists[name]
        frame = (
            _scan(path)
            .with_row_index(ROW, offset=1)
            .with_columns(pl.col("patient_id").cast(pl.String), pl.col(ROW).cast(pl.Int64))
            .collect()
        )
        frame = frame.join(self._numbers, on="patient_id", how="left", maintain_order="left")
        typed = self._typed_items(name, frame, path.name)
        orphans = frame.filter(pl.col(PATIENT).is_null())
        lost = _as_rejects(
            orphans, path.name, pl.lit("patient_id"), pl.col("patient_id"), pl.lit("no patient has this id")
        )
        return Typed(_by_patient(typed.frame), pl.concat([typed.rejects, lost]))

    def _typed_items(self, name: str, frame: pl.DataFrame, file: str) -> Typed:
        domains = self.knowledge.lists[name]
        specs = [spec for spec in list_fields(name) if spec.name in domains]
        typed = typed_columns(frame, specs, domains, file, keep=(PATIENT, ROW))
        rejects = [typed.rejects, _too_many(frame, file)]
        if name == "lesions" and "id" in frame.columns:
            named = frame.select("patient_id", PATIENT, ROW, pl.col("id").cast(pl.String)).filter(
                pl.col("id").is_not_null() & (pl.col("id") != "")
            )
            again = (named[PATIENT] == named[PATIENT].shift(1)) & (named["id"] <= named["id"].shift(1))
            in_order = named[PATIENT].is_sorted() and not again.any()
            twice = named.clear() if in_order else named.filter(pl.struct(PATIENT, "id").is_duplicated())
            rejects.append(
                _as_rejects(
                    twice, file, pl.lit("id"), pl.col("id"), pl.lit("this lesion id is used twice for one patient")
                )
            )
        if name == "systemic_therapy":
            wrong = typed.frame.with_columns(frame["patient_id"]).filter(pl.col("stop__hi") < pl.col("start__lo"))
            rejects.append(
                _as_rejects(
                    wrong, file, pl.lit("stop"), _iso(pl.col("stop__lo")), pl.lit("the therapy stops before it starts")
                )
            )
        return Typed(_item_consequences(name, typed.frame), pl.concat(rejects))

    def _items_of(
        self, name: str, frame: pl.DataFrame, patients: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.Series, list[pl.DataFrame]]:
        """(items, which patients' list is known, rejects) for one batch."""
        specs = [s for s in list_fields(name) if s.name in self.knowledge.lists[name]]
        if name in self.cohort.lists:
            items = self._items[name].frame
            if len(frame) < self.n_patients:
                items = items.filter(pl.col(PATIENT).is_between(frame[PATIENT].min(), frame[PATIENT].max()))
            return (
                items,
                _known_lists(name, items, frame),
                [_late_items(items, patients, specs, self.cohort.lists[name].name)],
            )
        typed = self._typed_items(name, _from_wide(frame, name, self.wide[name]), self.cohort.patients.name)
        known = _known_lists(name, typed.frame, frame, has_columns=bool(self.wide[name]))
        late = _late_items(typed.frame, patients, specs, self.cohort.patients.name)
        return typed.frame.with_columns(pl.int_range(pl.len()).cast(pl.Int64).alias(ROW)), known, [typed.rejects, late]


def _rising(ids: pl.Series) -> bool:
    """Whether each id comes after the one before, as most registries have them: then none stands twice."""
    return bool((ids.shift(1) < ids)[1:].all(ignore_nulls=False))


def _by_patient(items: pl.DataFrame) -> pl.DataFrame:
    """Items in the order of their patients, marked as such: what is added up patient by patient is then neighbours.

    Those of nobody are left out.
    """
    known = items.filter(pl.col(PATIENT).is_not_null()) if items[PATIENT].has_nulls() else items
    return (known if known[PATIENT].is_sorted() else known.sort(PATIENT, maintain_order=True)).with_columns(
        pl.col(PATIENT).set_sorted()
    )


def _scan(path: Path) -> pl.LazyFrame:
    """A file's rows; of CSV every column as text, so that nothing is guessed."""
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, infer_schema=False, encoding="utf8")


def _used(specs: tuple[FieldSpec, ...], knowledge: Knowledge) -> list[FieldSpec]:
    """The fields worth reading: what tables use, and every date that is checked."""
    return [spec for spec in specs if spec.name in knowledge.domains]


def _numbered(columns: list[str], name: str) -> dict[str, tuple[int, str]]:
    """Columns such as lesion2_size_cm: which item and which field each holds."""
    found = {}
    fields = {spec.column for spec in list_fields(name)}
    for text in columns:
        prefix, _, field = (
            text.partition("_")
            if name == "lesions"
            else (text[: len(_FLAT[name]) + 1], "", text[len(_FLAT[name]) + 2 :])
        )
        number = prefix.removeprefix(_FLAT[name])
        if prefix.startswith(_FLAT[name]) and number.isdigit() and field in fields:
            found[text] = (int(number), field)
    return found


def _from_wide(frame: pl.DataFrame, name: str, columns: Mapping[str, tuple[int, str]]) -> pl.DataFrame:
    """Numbered columns as one row an item; an item none of whose fields is filled is not there."""
    fields = [spec.column for spec in list_fields(name)]
    parts = [
        pl.DataFrame(
            schema={
                "patient_id": pl.String,
                ROW: pl.Int64,
                PATIENT: pl.Int64,
                "n__": pl.Int64,
                **dict.fromkeys(fields, pl.String),
            }
        )
    ]
    for number in sorted({n for n, _ in columns.values()}):
        mine = {field: text for text, (n, field) in columns.items() if n == number}
        part = frame.select(
            "patient_id",
            ROW,
            PATIENT,
            n__=pl.lit(number, pl.Int64),
            **{field: pl.col(text).cast(pl.String) for field, text in mine.items()},
        )
        filled = pl.any_horizontal(
            pl.col(field).is_not_null() & (pl.col(field).str.strip_chars() != "") for field in mine
        )
        parts.append(part.filter(filled))
    return pl.concat(parts, how="diagonal").sort(ROW, "n__").drop("n__")


def _known_lists(name: str, items: pl.DataFrame, frame: pl.DataFrame, *, has_columns: bool = True) -> pl.Series:
    """Whether each patient's list is known.

    No lesion listed means that none was seen; no therapy listed is known only where the row says none.
    """
    if name == "lesions" and has_columns:
        return pl.repeat(True, len(frame), dtype=pl.Boolean, eager=True)
    listed = frame[PATIENT].is_in(items[PATIENT].drop_nulls().unique().implode())
    if name not in frame.columns:
        return listed
    return listed | frame[name].cast(pl.String).str.to_lowercase().is_in(["none", "[]"]).fill_null(False)


def _too_many(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """The first row of every list longer than the counters can hold."""
    patients = frame[PATIENT].sort()
    if not (patients == patients.shift(MOST_ITEMS)).any():
        return no_rejects()
    long = (
        frame.group_by(PATIENT)
        .agg(pl.len(), pl.col(ROW).min(), pl.col("patient_id").first())
        .filter(pl.col("len") > MOST_ITEMS)
    )
    return _as_rejects(
        long,
        file,
        pl.lit("patient_id"),
        pl.col("patient_id"),
        pl.lit(f"a patient may have at most {MOST_ITEMS} rows here"),
    )


# ---- what follows, and what cannot be ------------------------------------------------------------


def _patient_consequences(patients: pl.DataFrame) -> pl.DataFrame:
    """As `chart.document`: an effusion is diffuse disease; where there is no diffuse disease there is none."""
    diffuse, effusion = pl.col("diffuse_disease__in"), pl.col("malignant_effusion__in")
    return patients.with_columns(
        diffuse_disease__in=pl.when(effusion == _TRUE).then(pl.lit(_TRUE, pl.Int8)).otherwise(diffuse),
        malignant_effusion__in=pl.when(diffuse == _FALSE).then(pl.lit(_FALSE, pl.Int8)).otherwise(effusion),
    )


def _item_consequences(name: str, items: pl.DataFrame) -> pl.DataFrame:
    """As `chart.document`: a stop date says that a therapy is not ongoing."""
    if name != "systemic_therapy":
        return items
    stopped = (pl.col("stop__lo") > FIRST_DAY) | (pl.col("stop__hi") < LAST_DAY)
    return items.with_columns(
        ongoing__in=pl.when((pl.col("ongoing__in") == _EITHER) & stopped)
        .then(pl.lit(_FALSE, pl.Int8))
        .otherwise(pl.col("ongoing__in"))
    )


def _late(patients: pl.DataFrame, specs: list[FieldSpec], file: str, today: int) -> pl.DataFrame:
    """Dates after the assessment, and assessments after today."""
    found = [no_rejects()]
    for spec in specs:
        name = next((n for n in (f"{spec.column}__lo", f"{spec.column}_date__lo") if n in patients.columns), "")
        if not name:
            continue
        if isinstance(spec.kind, (Day, Procedure)):
            limit = pl.lit(today) if spec.name == "assessed" else pl.col("assessed__hi")
            reason = "in the future" if spec.name == "assessed" else "after the assessment"
            late = patients.filter(pl.col(name) > limit)
            found.append(
                _as_rejects(late, file, pl.lit(spec.column), _iso(pl.col(name)), pl.lit(f"this date is {reason}"))
            )
    return pl.concat(found)


def _late_items(items: pl.DataFrame, patients: pl.DataFrame, specs: list[FieldSpec], file: str) -> pl.DataFrame:
    """Dates of list items after the patient's assessment."""
    dates = [
        f"{spec.column}__lo" for spec in specs if isinstance(spec.kind, Day) and f"{spec.column}__lo" in items.columns
    ]
    if not dates:
        return no_rejects()
    some = items.filter(pl.any_horizontal(pl.col(name) > FIRST_DAY for name in dates))
    dated = some.join(patients.select("patient_id", PATIENT, "assessed__hi"), on=PATIENT, how="left")
    found = [
        dated.filter((pl.col(name) > pl.col("assessed__hi")) & (pl.col(name) > FIRST_DAY)).with_columns(
            at=pl.lit(name.removesuffix("__lo")), day=pl.col(name)
        )
        for name in dates
    ]
    late = pl.concat(found)
    return _as_rejects(late, file, pl.col("at"), _iso(pl.col("day")), pl.lit("this date is after the assessment"))


def _contradictory(patients: pl.DataFrame, file: str) -> pl.DataFrame:
    both = patients.filter((pl.col("malignant_effusion__in") == _TRUE) & (pl.col("diffuse_disease__in") == _FALSE))
    found = _as_rejects(
        both, file, pl.lit("diffuse_disease"), pl.lit("false"), pl.lit("a malignant effusion is diffuse disease")
    )
    before = (
        patients.filter(pl.col("primary_dx_date__hi") < pl.col("birth_date__lo"))
        if "birth_date__lo" in patients.columns
        else patients.clear()
    )
    born = _as_rejects(
        before,
        file,
        pl.lit("primary_dx_date"),
        _iso(pl.col("primary_dx_date__lo")),
        pl.lit("the diagnosis comes before birth"),
    )
    return pl.concat([found, born])


def _iso(day: pl.Expr) -> pl.Expr:
    """A day yyyymmdd as dates are written."""
    return day.cast(pl.String).str.replace(r"^(\d{4})(\d\d)(\d\d)$", "$1-$2-$3")


def _as_rejects(rows: pl.DataFrame, file: str, field: pl.Expr, value: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(
        file=pl.lit(file),
        row=pl.col(ROW).cast(pl.Int64),
        patient_id=pl.col("patient_id"),
        field=field,
        value=value.cast(pl.String),
        reason=reason,
    )

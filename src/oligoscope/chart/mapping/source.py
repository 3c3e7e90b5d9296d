"""An export behind the protocol of a registry: rows out, in our names and words, and rejects back in the export's."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import polars as pl

from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.mapping.binding import Bound, BoundTable, Parts, bind, compared, ignores
from oligoscope.chart.mapping.cells import Cells, NotRead, folded
from oligoscope.chart.mapping.document import ExportMap
from oligoscope.chart.mapping.exports import RawTable
from oligoscope.chart.mapping.joined import Joined
from oligoscope.chart.mapping.tally import Seen, Tally
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE, REJECTS, as_rejects, guarded, no_rejects
from oligoscope.chart.repairs import Repairs
from oligoscope.chart.sources import Piece
from oligoscope.vocabulary.fields import lists
from oligoscope.vocabulary.words import Case


class _Values:
    """What stands in the columns by which rows are chosen."""

    def __init__(self, headings: Iterable[str]) -> None:
        self.found: dict[str, set[str]] = {heading: set() for heading in headings}

    def add(self, frame: pl.DataFrame) -> None:
        for heading, values in self.found.items():
            values |= set(frame[heading].fill_null("").unique())

    def told(self) -> str:
        return "; ".join(
            f"{head}: {', '.join(each or '(empty)' for each in sorted(v))}" for head, v in self.found.items()
        )


class MappedSource:
    """An export with its mapping: a registry's `Source`. repairs: corrections of its cells."""

    def __init__(self, path: Path, mapping: ExportMap, case: type[Case] = Case, repairs: Repairs | None = None) -> None:
        self.path, self.mapping, self.case, self.repairs = path, mapping, case, repairs
        self.name = path.name
        self._tallies: dict[str, Tally] = {}

    # ---- a registry ------------------------------------------------------------------------------

    @property
    def format(self) -> str:
        return "parquet" if self.tables[PATIENTS][0].raw.path.suffix.lower() == ".parquet" else "csv"

    def columns(self) -> Mapping[str, Sequence[str]]:
        return {
            name: list(dict.fromkeys(target for part in parts for target in part.targets))
            for name, parts in self.tables.items()
        }

    def labels(self) -> Mapping[str, str]:
        """By table a name of its own, though one file may hold several."""
        return {name: self._labels[name] for name in self.tables}

    def inputs(self) -> Sequence[Path]:
        return list(dict.fromkeys(part.raw.path for part in self.parts))

    def pieces(self, table: str) -> Iterator[Piece]:
        """The rows of a table in our words; a cell whose meaning is not said is a reject."""
        first, *further = self.tables[table]
        if not further:
            yield from self._pieces(first)
        elif table == PATIENTS:
            joined = Joined([(part, self._labels[part.key], self._pieces(part)) for part in further])
            yield from joined.to(self._pieces(first))
        else:
            columns = {LINE: pl.Int64, **dict.fromkeys(self.columns()[table], pl.String)}
            nothing = pl.DataFrame(schema=columns)
            for part in (first, *further):
                for piece in self._pieces(part):
                    yield Piece(pl.concat([nothing, piece.frame], how="diagonal"), piece.rejects)

    def _pieces(self, bound: BoundTable) -> Iterator[Piece]:
        label = self._labels[bound.key]
        first = bound.key == self._first_of(bound.raw)
        if first:  # A registry that turns out to be large is read a second time, and counted once.
            self._tallies[bound.raw.label] = self._new_tally(bound.raw)
        tally = self._tallies[bound.raw.label]
        seen = {column.target: Seen() for column in bound.columns}
        n_taken, there = 0, _Values(bound.rows)
        for piece in self._raw_pieces(bound.raw):
            if first:
                tally.add(piece.frame, self._readers(bound.raw))
            frame = piece.frame.filter(bound.takes)
            n_taken += len(frame)
            there.add(piece.frame)
            read, rejects = _read(frame, bound, label, seen)
            unread = piece.rejects.with_columns(file=pl.lit(label)) if first else no_rejects()
            yield Piece(read, pl.concat([unread, *rejects]))
        if not n_taken and there.found:
            if bound.name == PATIENTS or self._says_none(bound.name):
                raise self._no_rows(bound, there)
            tally.without_rows[bound.key] = there.told()
        for column in bound.columns:
            tally.seen[bound.key, column.heading, column.target] = seen[column.target]

    def _says_none(self, table: str) -> bool:
        """Whether a list without an entry says of every patient that there is none."""
        return any(spec.none_if_empty for spec in lists(self.case) if spec.name == table)

    def _no_rows(self, bound: BoundTable, there: "_Values") -> CaseError:
        """That a choice of rows takes none: a word in it is probably misspelt, and nobody would have a lesion."""
        text = "no row is taken"
        return CaseError(self.mapping.name, [Problem(f"{bound.where}.rows", "", text, there.told(), "", bound.line)])

    def named(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """Rejects as the export has them: its file, its heading, and what its cell holds."""
        found = []
        for name, parts in self.tables.items():
            mine = rejects.filter(pl.col("file") == self._labels[name])
            if len(parts) > 1 and len(mine):
                moved = self._in_their_parts(mine, parts)
                rejects = pl.concat([rejects.filter(pl.col("file") != self._labels[name]), moved])
        for part in self.parts:
            mine = rejects.filter(pl.col("file") == self._labels[part.key])
            if len(mine):
                found.append(_named(mine, part, self._raw_pieces(part.raw)))
        other = rejects.filter(~pl.col("file").is_in(list(self._labels.values())))
        return guarded(pl.concat([no_rejects(), *found, other]))

    def _in_their_parts(self, rejects: pl.DataFrame, parts: Parts) -> pl.DataFrame:
        """Rejects of a table of several parts, each with the label and the row of the part that its cell stands in."""
        for part in parts[1:]:
            own = set(part.targets) - {PATIENT_ID}
            pieces = self._raw_pieces(part.raw)
            if part.name == PATIENTS:
                mine = pl.col("field").is_in(own)
                rows = _rows_of(part, pieces, rejects.filter(mine)["patient_id"])
                moved = rejects.filter(mine).join(rows, on="patient_id", how="left", maintain_order="left")
                moved = moved.with_columns(row=pl.coalesce("row_there", "row")).drop("row_there")
            else:
                taken = pl.concat([piece.frame.filter(part.takes)[LINE] for piece in pieces])
                mine = pl.col("row").is_in(taken.implode())
                moved = rejects.filter(mine)
            moved = moved.with_columns(file=pl.lit(self._labels[part.key]))
            rejects = pl.concat([rejects.filter(~mine), moved])
        return rejects

    def _raw_pieces(self, raw: RawTable) -> Iterator[Piece]:
        return self.repairs.over(raw.label, raw.pieces()) if self.repairs else raw.pieces()

    # ---- what became of it -----------------------------------------------------------------------

    @property
    def tallies(self) -> Sequence[Tally]:
        """By table of the export what was read of it, once every piece was."""
        return list(self._tallies.values())

    def _new_tally(self, raw: RawTable) -> Tally:
        fields: dict[str, list[str]] = {heading: [] for heading in raw.columns}
        readers = self._readers(raw)
        for column in (column for part in readers for column in part.columns):
            if column.target not in fields[column.heading]:
                fields[column.heading].append(column.target)
        ignored = [heading for heading in raw.columns if ignores(self.mapping, heading)]
        return Tally(raw.label, raw.said, fields, ignored, {heading for part in readers for heading in part.rows})

    def _first_of(self, raw: RawTable) -> str:
        """The part under which rows of a file that cannot be read are counted."""
        return self._readers(raw)[0].key

    def _readers(self, raw: RawTable) -> list[BoundTable]:
        return [part for part in self.parts if part.raw.label == raw.label]

    # ---- the mapping, bound ----------------------------------------------------------------------

    @cached_property
    def tables(self) -> Mapping[str, Parts]:
        """The tables that are read, that of the patients first. Raises CaseError where a column is not there."""
        return bind(self.path, self.mapping, self.case)

    @property
    def parts(self) -> list[BoundTable]:
        """Every part of every table."""
        return [part for parts in self.tables.values() for part in parts]

    @cached_property
    def _labels(self) -> Mapping[str, str]:
        """By part a name of its own."""
        shared = Counter(part.raw.label for part in self.parts)
        return {
            part.key: part.raw.label if shared[part.raw.label] == 1 else f"{part.raw.label} {part.key}"
            for part in self.parts
        }


def _read(
    frame: pl.DataFrame, table: BoundTable, label: str, seen: Mapping[str, Seen]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The columns of a table in our words, and rejects for cells without a meaning."""
    found: dict[str, pl.Series | pl.Expr] = {}
    bad: list[tuple[Bound, dict[str, str]]] = []
    for column in table.columns:
        series, unread = _column(frame[column.heading], column.cells, seen[column.target])
        found[column.target] = series
        if unread:
            bad.append((column, unread))
    constants = {name: pl.lit(value) for name, value in table.constants.items()}
    read = frame.select(LINE, **found, **constants)
    rejects = []
    for column, unread in bad:
        rows = read.select(PATIENT_ID, LINE, value=frame[column.heading]).filter(pl.col("value").is_in(list(unread)))
        reasons = pl.col("value").replace_strict(list(unread), list(unread.values()), return_dtype=pl.String)
        rejects.append(as_rejects(rows, label, column.target, pl.col("value"), reasons))
    return read, rejects


def _column(series: pl.Series, cells: Cells, seen: Seen) -> tuple[pl.Series, dict[str, str]]:
    """One column, each distinct cell read once; and why some mean nothing."""
    if cells.as_written:
        return _as_written(series, cells, seen), {}
    texts = pl.Categories.random()
    coded = series.cast(pl.Categorical(texts))
    distinct = texts.to_series().to_list()
    values: list[str | None] = []
    unread: dict[str, str] = {}
    for text in distinct:
        try:
            values.append(cells.read(text))
        except NotRead as error:
            values.append(None)
            unread[text] = str(error)
    places = coded.to_physical().fill_null(len(distinct))
    seen.add(distinct, values, unread, places)
    return pl.Series([*values, None], dtype=pl.String).gather(places), unread


def _as_written(series: pl.Series, cells: Cells, seen: Seen) -> pl.Series:
    """Ids and free words, of which nearly every cell is another: a million in 0.3 s, where one by one takes 5 s."""
    text = pl.col(series.name).str.normalize("NFC").str.strip_chars()
    missing = compared(text).is_in([folded(code) for code in cells.writing.missing])
    frame = series.to_frame().select(
        text=pl.when(text != "").then(text), missing=missing & text.is_not_null() & (text != "")
    )
    instead = pl.lit("unknown") if cells.missing_is_unknown else pl.lit(None, pl.String)
    seen.add_as_written(frame["text"], int(frame["missing"].sum()))
    return frame.select(pl.when("missing").then(instead).otherwise("text").alias(series.name)).to_series()


def _rows_of(part: BoundTable, pieces: Iterator[Piece], patients: pl.Series) -> pl.DataFrame:
    """By patient the row of a part, of some patients."""
    heading = next(column.heading for column in part.columns if column.target == PATIENT_ID)
    ids = pl.col(heading).str.normalize("NFC").str.strip_chars()
    wanted = ids.is_in(patients.unique().implode())
    rows = [piece.frame.filter(part.takes & wanted).select(patient_id=ids, row_there=LINE) for piece in pieces]
    return pl.concat(rows).unique("patient_id", keep="first", maintain_order=True)


def _named(rejects: pl.DataFrame, table: BoundTable, pieces: Iterator[Piece]) -> pl.DataFrame:
    headings = {column.target: column.heading for column in table.columns}
    heading = pl.col("field").replace_strict(headings, default=pl.col("field"), return_dtype=pl.String)
    told = rejects.with_columns(file=pl.lit(table.raw.label), field=heading)
    wanted = [name for name in told["field"].unique() if name in set(headings.values())]
    if not wanted:
        return told
    rows = told["row"].unique().implode()
    parts = [
        piece.frame.filter(pl.col(LINE).is_in(rows)).select(LINE, *wanted).unpivot(
            wanted, index=LINE, variable_name="field", value_name="written"
        )
        for piece in pieces
    ]  # fmt: skip
    cells = pl.concat(parts)
    joined = told.join(cells, left_on=["row", "field"], right_on=[LINE, "field"], how="left", maintain_order="left")
    written = pl.when(pl.col("field").is_in(wanted)).then(pl.col("written")).otherwise(pl.col("value"))
    return joined.with_columns(value=written).select(list(REJECTS))

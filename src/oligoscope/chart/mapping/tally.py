"""What became of every cell of an export: used, missing by a code, without a meaning, or not used."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from oligoscope.chart.personal import Looks
from oligoscope.vocabulary.synonyms import UNKNOWN

if TYPE_CHECKING:
    from oligoscope.chart.mapping.exports import RawTable

MOST_KEPT = 1000
"""Different cells of a column that are kept for examples."""


class Taking(Protocol):
    """A table that takes some rows, and of these some columns."""

    @property
    def raw(self) -> "RawTable": ...
    @property
    def takes(self) -> pl.Expr: ...
    @property
    def columns(self) -> "Sequence[Reading]": ...
    @property
    def as_written(self) -> Sequence[str]: ...


class Reading(Protocol):
    """A column that is read."""

    @property
    def heading(self) -> str: ...


@dataclass
class Seen:
    """The cells of one column in the rows that were taken. examples: by cell how often, and what it was read as."""

    n_rows: int = 0
    n_filled: int = 0
    n_missing: int = 0
    unmapped: Counter[str] = field(default_factory=Counter)
    examples: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    @property
    def n_known(self) -> int:
        """Cells that say something."""
        return self.n_filled - self.n_missing - self.unmapped.total()

    def add(
        self, texts: Sequence[str], values: Sequence[str | None], unread: Collection[str], places: pl.Series
    ) -> None:
        """Count some rows. texts: the distinct cells.  values: what they were read as.  places: each row's cell."""
        counts = np.bincount(places.to_numpy(), minlength=len(texts) + 1)
        self.n_rows += len(places)
        for text, value, n in zip(texts, values, counts.tolist(), strict=False):
            if not n or not text.strip():
                continue
            self.n_filled += n
            if text in unread:
                self.unmapped[text] += n
            elif value in (None, UNKNOWN):
                self.n_missing += n
            if len(self.examples) < MOST_KEPT:
                self.examples[text, value] += n

    def add_as_written(self, texts: pl.Series, n_missing: int) -> None:
        """Count some rows of ids or free words, of which the first few are kept."""
        filled = texts.drop_nulls()
        self.n_rows += len(texts)
        self.n_filled += len(filled)
        self.n_missing += n_missing
        self.examples.update((text, text) for text in filled.head(MOST_KEPT - len(self.examples)))


@dataclass
class Tally:
    """One table of an export. fields: by heading our columns that are made of it.  chooses: headings that say which
    rows are taken.  filled, used: by heading how many cells hold something, and how many of these were read.
    seen: by table, heading and our column.  looks: by heading of what is read as it stands, or not used.
    without_rows: tables for which no row is taken, with what stands in the columns that choose them.
    """

    label: str
    said: str
    fields: Mapping[str, Sequence[str]]
    ignored: Sequence[str]
    chooses: Iterable[str]
    n_rows: int = 0
    n_not_taken: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    looks: dict[str, Looks] = field(default_factory=dict)
    without_rows: dict[str, str] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame, readers: Sequence[Taking]) -> None:
        """Count the rows of one piece."""
        if frame.is_empty():
            return
        as_written = (heading for table in readers for heading in table.as_written)
        for heading in dict.fromkeys([*self.not_used, *as_written]):
            self.looks.setdefault(heading, Looks()).add(frame[heading])
        masks = frame.with_columns(table.takes.alias(f"{n} takes") for n, table in enumerate(readers))
        masks = masks.select(f"{n} takes" for n in range(len(readers)))
        self.n_rows += len(frame)
        self.n_not_taken += int(masks.select(~pl.any_horizontal(pl.all())).to_series().sum())
        by = {
            heading: [f"{n} takes" for n, table in enumerate(readers) if heading in {c.heading for c in table.columns}]
            for heading in self.fields
        }
        filled = {h: pl.col(h).str.strip_chars().fill_null("") != "" for h in self.fields}
        both = frame.select(filled[h].alias(f"cell {h}") for h in self.fields).hstack(masks)
        some = {heading: pl.any_horizontal(names) for heading, names in by.items() if names}
        read = ((pl.col(f"cell {h}") & takes).sum().alias(f"read {h}") for h, takes in some.items())
        sums = both.select(*(pl.col(f"cell {h}").sum() for h in self.fields), *read).row(0, named=True)
        for heading in self.fields:
            self.filled[heading] += sums[f"cell {heading}"] or 0
            self.used[heading] += sums.get(f"read {heading}") or 0

    @property
    def not_used(self) -> list[str]:
        """Headings that nothing is made of, and that nobody said to ignore."""
        chooses = set(self.chooses)
        return [h for h, fields in self.fields.items() if not fields and h not in self.ignored and h not in chooses]

    @property
    def personal(self) -> list[str]:
        """What looks like something by which a person is known, by heading."""
        return [f"{self.label} {heading}: {told}" for heading in self.looks for told in self.told(heading)]

    def told(self, heading: str) -> Iterator[str]:
        """What looks so of one heading."""
        looks = self.looks.get(heading)
        return looks.told(heading, self.fields[heading]) if looks else iter(())

    @property
    def passed_over(self) -> dict[str, int]:
        """By heading that is read, the cells that hold something in rows of which it is not."""
        return {
            heading: n - self.used[heading]
            for heading, n in self.filled.items()
            if self.fields[heading] and heading not in self.ignored and n > self.used[heading]
        }

    @property
    def unmapped(self) -> dict[str, Counter[str]]:
        """By heading the cells without a meaning, and how many there are."""
        found: dict[str, Counter[str]] = {}
        for (_, heading, _), seen in self.seen.items():
            if seen.unmapped:
                found.setdefault(heading, Counter()).update(seen.unmapped)
        return found

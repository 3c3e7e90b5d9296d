"""Where columns live: Polars (the default), DuckDB, Spark. An engine materialises a frame, and loads one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
import pyarrow as pa

from oligoscope.tables.columnar.met import Evaluated, Met
from oligoscope.tables.columnar.rows import Integers, narrow


def is_answer(column: str) -> bool:
    """Whether a column is for the reader; what steps hand to each other has two underscores in its name."""
    return "__" not in column


class Engine(ABC):
    """One engine. `settle` keeps long chains of expressions from growing into one plan."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[tuple[int, ...], int]] = {}

    @abstractmethod
    def settle(self, frame: Any) -> Any:
        """The same rows, computed."""

    @abstractmethod
    def load(self, table: Any) -> Any:
        """The rows of an Arrow table, as a frame of this engine."""

    def answer(
        self,
        what: str,  # noqa: ARG002
        frame: Any,
        keys: Sequence[str],
        evaluate: Callable[[Mapping[str, Integers]], Evaluated],
    ) -> Any:
        """The frame with what its keys lead to, in their place.

        what: a name, under which an engine may keep what was evaluated.
        """
        distinct = frame.select(*keys).unique(list(keys)).collect("pyarrow")
        met = {name: distinct[name].to_numpy() for name in keys}
        found = evaluate(met)
        answers = {name: column.take(pa.array(found.places)) for name, column in found.answers.items()}
        return self.settle(
            frame.join(self.load(pa.table({**met, **answers, **found.handed_on})), on=list(keys), how="left").drop(
                *keys
            )
        )

    def sums(self, items: Any, by: str, names: Sequence[str]) -> Any:
        """The sums of whole numbers over the items that share a number, one row a number."""
        return self.settle(items.group_by(by).agg(*(nw.col(name).cast(nw.Int64).sum() for name in names)))

    def together(self, frame: Any, works: Sequence[Callable[[Any], Any]]) -> Any:
        """The frame with the columns that each of these adds to it; none reads another's."""
        for work in works:
            frame = work(frame)
        return frame

    def numbered(self, what: str, met: Sequence[tuple[int, ...]]) -> list[int]:
        """A number for each of these, the same whenever it is met again."""
        numbers = self._numbers.setdefault(what, {})
        return [numbers.setdefault(each, len(numbers)) for each in met]

    def numbers(self, what: str) -> list[tuple[int, ...]]:
        """What was numbered, in the order of the numbers."""
        return list(self._numbers[what])


class PolarsEngine(Engine):
    """In process, eager: every step is computed when it is asked for.

    A row keeps its place in a list of the answers that occur instead of the answers; `answers` has the lists, by the
    name of the places' column. What was evaluated stays from batch to batch of one run, so that what repeats is
    evaluated once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {}
        self._met: dict[str, Met] = {}

    def settle(self, frame: Any) -> Any:
        return frame

    def answer(
        self,
        what: str,
        frame: Any,
        keys: Sequence[str],
        evaluate: Callable[[Mapping[str, Integers]], Evaluated],
    ) -> Any:
        """As `Engine.answer`, with places for answers, and without copying the columns that stay."""
        wide = frame.to_native()
        met = self._met.setdefault(what, Met(keys))
        rows = met.rows_of(wide.select(keys), evaluate)
        added = [pl.Series(name, narrow(column)[rows]) for name, column in met.handed_on.items()]
        if met.answers is not None:
            place = f"{met.answers.columns[0]} place"
            self.answers[place] = met.answers
            added.append(pl.Series(place, narrow(met.places)[rows]))
        return nw.from_native(wide.drop(keys).hstack(added))

    def sums(self, items: Any, by: str, names: Sequence[str]) -> Any:
        """As `Engine.sums`; where the items lie in order, over neighbours."""
        wide = items.to_native()
        if not len(wide) or not wide[by].is_sorted():
            return super().sums(items, by, names)
        numbers = wide[by].to_numpy()
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
        sums = {name: np.add.reduceat(wide[name].to_numpy(), starts, dtype=np.int64) for name in names}
        return nw.from_native(pl.DataFrame({by: numbers[starts], **sums}).with_columns(pl.col(by).set_sorted()))

    def together(self, frame: Any, works: Sequence[Callable[[Any], Any]]) -> Any:
        """As `Engine.together`, side by side: while one builds expressions, Polars computes another's."""
        wide = frame.to_native()
        with ThreadPoolExecutor(2) as threads:
            grown = [found.to_native() for found in threads.map(lambda work: work(frame), works)]
        before = set(wide.columns)
        return nw.from_native(
            wide.hstack([column for found in grown for column in found.get_columns() if column.name not in before])
        )

    def load(self, table: Any) -> Any:
        return nw.from_native(pl.from_arrow(table))


class DuckDBEngine(Engine):
    """An embedded database; steps become temporary tables of the connection."""

    def __init__(self, connection: Any | None = None) -> None:
        import duckdb

        super().__init__()
        self.connection = connection or duckdb.connect()
        self._names = (f"step_{n}" for n in count())

    def settle(self, frame: Any) -> Any:
        name = next(self._names)
        frame.to_native().create(name)
        return nw.from_native(self.connection.table(name))

    def load(self, table: Any) -> Any:
        return self.settle(nw.from_native(self.connection.from_arrow(table)))


class SparkEngine(Engine):
    """A Spark session, for what outgrows the machine; steps are checkpointed so that plans stay short."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        self.session = session

    def settle(self, frame: Any) -> Any:
        """A checkpoint as a frame of its own: one that knew where it came from would carry Spark's estimate of its
        size, which every join squares.
        """
        from pyspark.sql import DataFrame

        done = frame.to_native().localCheckpoint(eager=True)._jdf
        return nw.from_native(
            DataFrame(self.session._jsparkSession.createDataFrame(done.toJavaRDD(), done.schema()), self.session)
        )

    def load(self, table: Any) -> Any:
        return nw.from_native(self.session.createDataFrame(table))

"""Where columns live: Polars (the default), DuckDB, Spark. An engine materialises a frame, and loads one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import narwhals as nw


def is_answer(column: str) -> bool:
    """Whether a column is for the reader; what steps hand to each other has two underscores in its name."""
    return "__" not in column


class Seen:
    """Answers by key, kept from batch to batch of one run, so that what repeats is evaluated once. Only for engines that hold data eagerly."""

    def __init__(self) -> None:
        self._answered: dict[str, Any] = {}

    def answer(self, what: str, distinct: Any, names: Sequence[str], evaluate: Callable[[Any], Any]) -> Any:
        """The answers to at least these keys; only keys never met before are evaluated."""
        before = self._answered.get(what)
        new = distinct if before is None else distinct.join(before.select(*names), on=list(names), how="anti")
        if before is None or len(new):
            answered = evaluate(new)
            self._answered[what] = answered if before is None else nw.concat([before, answered])
        return self._answered[what]


class Engine(ABC):
    """One engine. `settle` keeps long chains of expressions from growing into one plan; `seen` keeps answers between batches, where it can."""

    seen: Seen | None = None

    @abstractmethod
    def settle(self, frame: Any) -> Any:
        """The same rows, computed."""

    def attach(self, frame: Any, answered: Any, keys: Sequence[str]) -> Any:
        """The frame with the columns of `answered` that belong to each row's keys, which are dropped."""
        return self.settle(frame.join(answered, on=list(keys), how="left").drop(*keys))

    def together(self, frame: Any, works: Sequence[Callable[[Any], Any]]) -> Any:
        """The frame with the columns that each of these adds to it; none reads another's."""
        for work in works:
            frame = work(frame)
        return frame

    @abstractmethod
    def load(self, table: Any) -> Any:
        """The rows of an Arrow table, as a frame of this engine."""


class PolarsEngine(Engine):
    """In process, eager: every step is computed when it is asked for.

    A row keeps its place in a list of the answers that occur instead of the answers; `answers` has the lists, by the name of the places' column.
    """

    def __init__(self) -> None:
        self.seen = Seen()
        self.answers: dict[str, Any] = {}

    def settle(self, frame: Any) -> Any:
        return frame

    def attach(self, frame: Any, answered: Any, keys: Sequence[str]) -> Any:
        """As `Engine.attach`, with places for answers, and without copying the columns that stay."""
        wide, found = frame.to_native(), answered.to_native()
        answers = [name for name in found.columns if is_answer(name)]
        if answers:
            place = f"{answers[0]} place"
            self.answers[place] = found.select(answers)
            found = found.drop(answers).with_row_index(place)
        joined = wide.select(keys).join(found, on=list(keys), how="left", maintain_order="left").drop(keys)
        return nw.from_native(wide.drop(keys).hstack(joined.get_columns()))

    def together(self, frame: Any, works: Sequence[Callable[[Any], Any]]) -> Any:
        """As `Engine.together`, side by side: while one builds expressions, Polars computes another's."""
        wide = frame.to_native()
        with ThreadPoolExecutor(2) as threads:
            grown = [found.to_native() for found in threads.map(lambda work: work(frame), works)]
        added = {column.name: column for found in grown for column in found.get_columns() if column.name not in wide.columns}
        return nw.from_native(wide.hstack(list(added.values())))

    def load(self, table: Any) -> Any:
        import polars as pl

        return nw.from_native(pl.from_arrow(table))


class DuckDBEngine(Engine):
    """An embedded database; steps become temporary tables of the connection."""

    def __init__(self, connection: Any | None = None) -> None:
        import duckdb

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
        self.session = session

    def settle(self, frame: Any) -> Any:
        """A checkpoint as a frame of its own: one that knew where it came from would carry Spark's estimate of its size, which every join squares."""
        from pyspark.sql import DataFrame

        done = frame.to_native().localCheckpoint(eager=True)._jdf
        return nw.from_native(DataFrame(self.session._jsparkSession.createDataFrame(done.toJavaRDD(), done.schema()), self.session))

    def load(self, table: Any) -> Any:
        return nw.from_native(self.session.createDataFrame(table))

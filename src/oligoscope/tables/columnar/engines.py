"""Where columns live: Polars (the default), DuckDB, Spark. An engine materialises a frame, and loads one."""

from abc import ABC, abstractmethod
from itertools import count
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import Seen


class Engine(ABC):
    """One engine. `settle` keeps long chains of expressions from growing into one plan; `seen` keeps answers between batches, where it can."""

    seen: Seen | None = None

    @abstractmethod
    def settle(self, frame: Any) -> Any:
        """The same rows, computed."""

    @abstractmethod
    def load(self, table: Any) -> Any:
        """The rows of an Arrow table, as a frame of this engine."""


class PolarsEngine(Engine):
    """In process, eager: every step is computed when it is asked for."""

    def __init__(self) -> None:
        self.seen = Seen()

    def settle(self, frame: Any) -> Any:
        return frame

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
        return nw.from_native(frame.to_native().localCheckpoint(eager=True))

    def load(self, table: Any) -> Any:
        return nw.from_native(self.session.createDataFrame(table))

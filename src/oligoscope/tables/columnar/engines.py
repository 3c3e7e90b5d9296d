"""Where columns live: Polars (the default), DuckDB, Spark. An engine materialises a frame, and makes a small one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias

import narwhals as nw

Frame: TypeAlias = "nw.DataFrame[Any] | nw.LazyFrame[Any]"


class Engine(ABC):
    """One engine. `settle` keeps long chains of expressions from growing into one plan."""

    @abstractmethod
    def settle(self, frame: Any) -> Any:
        """The same rows, computed."""

    @abstractmethod
    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        """A frame from Python columns."""


class PolarsEngine(Engine):
    """In process, eager: every step is computed when it is asked for."""

    def settle(self, frame: Any) -> Any:
        return frame

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        import polars as pl

        return nw.from_native(pl.DataFrame(dict(columns)))


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

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        import pyarrow as pa

        name = next(self._names)
        table = pa.table(dict(columns))  # noqa: F841  (DuckDB reads it by its name)
        self.connection.execute(f"create table {name} as select * from table")
        return nw.from_native(self.connection.table(name))


class SparkEngine(Engine):
    """A Spark session, for what outgrows the machine; steps are checkpointed so that plans stay short."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def settle(self, frame: Any) -> Any:
        return nw.from_native(frame.to_native().localCheckpoint(eager=True))

    def frame(self, columns: Mapping[str, Sequence[Any]]) -> Any:
        rows = list(zip(*columns.values(), strict=True))
        return nw.from_native(self.session.createDataFrame(rows, list(columns)))

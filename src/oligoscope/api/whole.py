"""A review as a whole: what it planned, and two stores that become one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.review import needed, opened

if TYPE_CHECKING:
    from oligoscope.literature.merging import Merged
    from oligoscope.literature.protocol import Protocol


def protocol(
    *, store: str | Path, values: Mapping[str, str] | None = None, who: str = "", why: str = ""
) -> "Result[Protocol]":
    """What the review planned: title, question, registration, date, protocol, each with its day, and every change.

    values: fields to set.  why: the reason, needed where a field that is set is changed.  who: says so.
    """
    from oligoscope.literature.protocol import plan
    from oligoscope.literature.protocol import protocol as planned
    from oligoscope.report.literature import protocol_json, protocol_text

    with opened(store) as review:
        plan(review, values or {}, who, why)
        return Result(planned(review), protocol_json, protocol_text)


def merge(stores: Sequence[str | Path], *, output: str | Path) -> "Result[Merged]":
    """Write one store out of several: their records, grouped as by import, decisions, conflicts, searches.

    Merged again it adds nothing. Refused where one person decided one record in two ways.
    """
    from oligoscope.report.literature import merged_json, merged_text

    with needed():
        from oligoscope.literature.merging import merge as merged

        return Result(merged([Path(each) for each in stores], Path(output)), merged_json, merged_text)

"""What readers screen by: the criteria of the review, read from each record, and a round of calibration."""

from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.review import opened
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.literature.calibration import Calibration
    from oligoscope.literature.inclusion import Asked
    from oligoscope.report.criteria import Read


DEFAULT, NONE = "default", "none"
"""The criteria of the source review, and no criteria at all."""


def criteria(*records: int, store: str | Path, criteria: str | Path = DEFAULT) -> "Result[Read]":
    """The review's criteria for each record: met, failed or unknown by its title and abstract, with the sentences.

    criteria: a file in the form of review/criteria.yaml of the packaged knowledge (default: that). Nothing is decided
    by it.
    """
    from oligoscope.literature.inclusion import told
    from oligoscope.report.criteria import Read, read_json, read_text

    asks = asked_by(criteria)
    if asks is None:
        raise NotAllowed("criteria", criteria, "default, or a file", "without criteria there is nothing to read")
    with opened(store) as review:
        found = {key: review.record(key) for key in records}
    return Result(
        Read({key: (record.title, tuple(told(record, asks))) for key, record in found.items()}), read_json, read_text
    )


def asked_by(criteria: str | Path) -> "Asked | None":
    """The criteria of a file, of the source review (`default`), or none (`none`). Raises NotAllowed."""
    from oligoscope.knowledge.pack import PACKAGED
    from oligoscope.literature.inclusion import asked

    if str(criteria) == NONE:
        return None
    return asked(PACKAGED / "review" / "criteria.yaml" if str(criteria) == DEFAULT else Path(criteria))


def calibrate(
    count: int, *, store: str | Path, seed: int = 1, readers: int = 2, stage: str = "abstract"
) -> tuple[int, ...]:
    """The records of a round of calibration, the same for every reader; drawn when its first reader asks.

    count: how many, of those that nobody decided.  seed: names the round; another one draws another.  readers: how many
    are to read it.
    """
    from oligoscope.literature.calibration import begun
    from oligoscope.literature.progress import readable
    from oligoscope.literature.screening import current

    with opened(store) as review:
        heads = review.heads()
        decided = {key for each in current(review.decisions(stage), heads).values() for key in each}
        unread = [key for key in readable(review, stage) if key not in decided]
        return begun(review, stage, count, seed, readers, unread).records


def calibration(*, store: str | Path, seed: int = 1, stage: str = "abstract") -> "Result[Calibration]":
    """How far a round of calibration is; once all its readers are done, agreement, kappa and where they differ."""
    from oligoscope.literature.calibration import rounds, told
    from oligoscope.report.screened import calibration_json, calibration_text

    with opened(store) as review:
        found = [each for each in rounds(review, stage) if each.seed == seed]
        if not found:
            drawn = ", ".join(str(each.seed) for each in rounds(review, stage)) or "none is drawn"
            raise NotAllowed("seed", seed, drawn, "there is no such round of calibration", "draw it by calibrate")
        return Result(told(review, found[-1]), calibration_json, calibration_text)

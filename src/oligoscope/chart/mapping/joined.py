"""Parts of the patients' table, joined by the patient: an export with one row for each event of a patient."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from oligoscope.chart.layout import PATIENT_ID
from oligoscope.chart.mapping.binding import BoundTable
from oligoscope.chart.rejects import LINE, as_rejects, no_rejects
from oligoscope.chart.sources import Piece


class Joined:
    """The further parts of the patients' table, held whole in our columns; the first is handed out piece by piece.

    parts: each with its label and its rows.
    """

    def __init__(self, parts: Sequence[tuple[BoundTable, str, Iterable[Piece]]]) -> None:
        self._parts = parts

    def to(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The rows of the first part, each with what the others say of its patient.

        A patient who stands twice in a part, or not in the first, is a reject.
        """
        held: list[tuple[str, pl.DataFrame]] = []
        known: list[pl.Series] = []
        frame = pl.DataFrame()
        for piece in pieces:
            rejects = [piece.rejects]
            if not known:  # Not before the first part has begun: it counts the rows of their file.
                for part, label, rows in self._parts:
                    whole, refused = _whole(part, label, rows)
                    held.append((label, whole))
                    rejects += refused
            frame = piece.frame
            known.append(frame[PATIENT_ID])
            for _, whole in held:
                frame = frame.join(whole.drop(LINE), on=PATIENT_ID, how="left", maintain_order="left")
            yield Piece(frame, pl.concat(rejects))
        reason = "the first part of the patients has no such patient; allowed: a patient with a row there"
        for label, whole in held:
            strangers = whole.filter(~pl.col(PATIENT_ID).is_in(pl.concat(known).implode()))
            yield Piece(frame.clear(), as_rejects(strangers, label, PATIENT_ID, pl.col(PATIENT_ID), reason))


def _whole(part: BoundTable, label: str, pieces: Iterable[Piece]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """All rows of a part, each patient once, and what is refused of them."""
    frames, rejects = [], [no_rejects()]
    for piece in pieces:
        frames.append(piece.frame)
        rejects.append(piece.rejects)
    found = pl.concat(frames)
    second = found.filter(~pl.col(PATIENT_ID).is_first_distinct() & pl.col(PATIENT_ID).is_not_null())
    reason = f"a second row of this patient is taken by {part.where}; allowed: one; choose it under `rows`"
    rejects.append(as_rejects(second, label, PATIENT_ID, pl.col(PATIENT_ID), reason))
    return found.unique(PATIENT_ID, keep="first", maintain_order=True), rejects

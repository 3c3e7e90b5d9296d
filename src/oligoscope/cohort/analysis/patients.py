"""The patients of a registry, ready to be analysed: read, accepted, timed, with the factors that tell them apart."""

import datetime
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.chart.batch import Batch, ChartReader
from oligoscope.chart.layout import PATIENTS, Layout, check_layout
from oligoscope.chart.rejects import ERROR, LINE, guarded, in_order, no_rejects
from oligoscope.chart.sources import Source
from oligoscope.cohort.analysis.endpoints import (
    CONTRADICTS,
    ENDPOINTS,
    LOST_OUTCOME,
    ORIGINS,
    REASONS,
    Endpoint,
    times_of,
)
from oligoscope.cohort.analysis.factors import Factor, columns_read
from oligoscope.cohort.analysis.plan import Plan
from oligoscope.cohort.answers import needed_steps, run_steps
from oligoscope.cohort.engines import Progress
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.knowledge import Knowledge
from oligoscope.synthesis.survival import Followed, followed
from oligoscope.tables.columnar import PATIENT, Answers, CohortAnswers, Memory

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """endpoint: of ENDPOINTS.  origin: of ORIGINS.  divided_by, factors: what patients are told apart by.  table_by:
    the factor whose groups stand side by side.  cut: the last day that counts.  plan: what was written before.
    whole: whether all patients are imputed, cloned and compared by subgroup, not a seeded sample of them.
    """

    endpoint: Endpoint
    origin: str
    divided_by: tuple[Factor, ...]
    factors: tuple[Factor, ...]
    table_by: Factor
    cut: datetime.date | None = None
    plan: Plan | None = None
    whole: bool = False

    @cached_property
    def every(self) -> tuple[Factor, ...]:
        """All of them, each once."""
        named = {factor.name: factor for factor in (*self.divided_by, *self.factors, self.table_by)}
        return tuple(named.values())


@dataclass(frozen=True)
class Lost:
    """How many patients were lost at one step, and why."""

    reason: str
    n: int


@dataclass(frozen=True)
class Patients:
    """Who can be analysed. frame: as `Times.frame` with a column for each factor, in the order of the registry's rows.

    n_read: patients of the registry.  lost: on the way, in order.  settles: by factor that is a table, the chart fields
    that alone would settle it, for how many of those analysed, most first.  has_treatments: whether the registry
    records local therapy at all.  rejects: entries that were not accepted, and outcomes that contradict each other.
    """

    asked: Asked
    frame: pl.DataFrame
    n_read: int
    lost: tuple[Lost, ...]
    settles: Mapping[str, tuple[tuple[str, int], ...]]
    has_treatments: bool
    rejects: pl.DataFrame

    @property
    def n(self) -> int:
        """Patients analysed."""
        return len(self.frame)

    @property
    def events(self) -> int:
        """Those who had the event."""
        return int((self.cause == 1).sum())

    @property
    def competing(self) -> int:
        """Those who had the event that competes."""
        return int((self.cause == 2).sum())

    @property
    def n_without_outcome(self) -> int:
        """Accepted patients of whom the outcome is missing."""
        return sum(step.n for step in self.lost if step.reason in LOST_OUTCOME)

    @property
    def n_accepted(self) -> int:
        """Patients whose entries were accepted."""
        return self.n + sum(step.n for step in self.lost if step.reason != NOT_ACCEPTED)

    @cached_property
    def cause(self) -> NDArray[np.int8]:
        """0 censored, 1 event, 2 competing."""
        return self.frame["cause"].to_numpy()

    @cached_property
    def followed(self) -> Followed:
        """Times in days to the event; what competes censors, as cause-specific hazards want it."""
        entry = None
        if self.is_truncated:
            entry = self.frame["entry"].cast(pl.Float64).fill_null(-np.inf).to_numpy()
        return followed(self.frame["time"].to_numpy(), self.cause == 1, entry)

    @property
    def is_truncated(self) -> bool:
        """Whether some patient came under observation after time zero."""
        return bool(self.frame["entry"].is_not_null().any())

    def sample(self, n: int, seed: int) -> "Patients":
        """So many of them, by a seed."""
        rows = np.sort(np.random.default_rng(seed).choice(self.n, n, replace=False))
        return replace(self, frame=self.frame[rows])

    def beyond(self, day: float) -> "Patients":
        """Those who are followed beyond a day, from it on; only they whose first local therapy is dated."""
        later = self.frame.filter(pl.col("time") > day, ~pl.col("lat_unclear"))
        entry = pl.max_horizontal(pl.col("entry").cast(pl.Float64), pl.lit(day))
        return replace(self, frame=later.with_columns(entry=entry))

    def codes(self, factor: Factor) -> NDArray[np.int64]:
        """The place of each patient's level; -1 where it is not settled."""
        return self.frame[factor.name].fill_null(-1).cast(pl.Int64).to_numpy()

    def numbers(self, factor: Factor) -> Floats:
        """The number of each patient; NaN where it is not known."""
        return self.frame[factor.name].fill_null(np.nan).to_numpy()

    def known(self, factor: Factor) -> Flags:
        """Of whom the factor is settled."""
        return self.frame[factor.name].is_not_null().to_numpy()


NOT_ACCEPTED = "some entry was not accepted (rejects.csv)"


def read_patients(
    source: Source, asked: Asked, knowledge: Knowledge, today: datetime.date, progress: Progress, at_once: int = AT_ONCE
) -> Patients:
    """Every patient of a registry, in batches of about `at_once`. Raises CaseError where it cannot be read."""
    layout = check_layout(source.columns(), source.labels(), source.name)
    reader, memory = ChartReader(layout, today, silent_assessed=ORIGINS[0]), Memory()
    rejects, frames, lost, settles = [no_rejects()], [], Counter[str](), dict[str, Counter[str]]()
    n_read = 0
    progress("reading", 0)
    with tempfile.TemporaryDirectory() as folder:
        for chunk in gather(source, layout, at_once, Path(folder)).chunks:
            batch = reader.read(chunk)
            frame, wrong = _timed(batch, asked, layout, knowledge, memory, settles, progress)
            rejects += [batch.rejects, guarded(wrong)]
            n_read += len(frame) + batch.left_out
            lost[NOT_ACCEPTED] += batch.left_out
            lost.update(dict(frame.filter(pl.col("reason") != "").group_by("reason").len().iter_rows()))
            frames.append(frame.filter(pl.col("reason") == "").drop("reason"))
            progress("reading", len(frame))
    steps = (NOT_ACCEPTED, CONTRADICTS, *REASONS)
    return Patients(
        asked,
        pl.concat(frames).sort(LINE),
        n_read,
        tuple(Lost(reason, lost[reason]) for reason in steps if lost[reason]),
        {name: tuple(sorted(c.items(), key=lambda pair: (-pair[1], pair[0]))) for name, c in settles.items()},
        layout.has("local_treatment"),
        in_order(source.named(pl.concat(rejects))),
    )


def n_errors(rejects: pl.DataFrame) -> int:
    """Entries that were not accepted."""
    return int((rejects["severity"] == ERROR).sum())


def _timed(
    batch: Batch,
    asked: Asked,
    layout: Layout,
    knowledge: Knowledge,
    memory: Memory,
    settles: dict[str, Counter[str]],
    progress: Progress,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The batch with times and factors, and the outcomes that contradict each other. settles: is counted on."""
    file = layout.labels["outcomes" if "outcomes" in layout.columns else PATIENTS]
    times = times_of(batch, asked.endpoint.code, asked.origin, file, asked.cut)
    columns = columns_read(asked.every, knowledge)
    steps = needed_steps([factor.name for factor in asked.every], knowledge)
    made = {step.name for step in steps}
    of_chart = [factor for factor in asked.every if factor.name not in made]
    keep = [each for each in columns if each not in columns_read(of_chart, knowledge)]
    answers = run_steps(batch, steps, knowledge, memory, lambda what: progress(what, 0), keep)
    rows = batch.patients.select(PATIENT, *columns_read(of_chart, knowledge)).hstack(answers.kept.get_columns())
    frame = times.frame.hstack(rows.select(factor.values() for factor in asked.every if not factor.options))
    frame = frame.with_columns(_applying(answers.patients, factor) for factor in asked.every if factor.options)
    for name, counts in _settling(answers, asked, (frame["reason"] == "").to_numpy()):
        settles.setdefault(name, Counter()).update(counts)
    return frame, times.rejects


def _applying(answers: Answers, factor: Factor) -> pl.Series:
    """The place of the one option that applies, where no other may; else null."""
    home, places = answers.list_of(factor.name), {name: place for place, name in enumerate(factor.options)}
    both = answers.lists[home].select(certain=factor.name, possible=f"{factor.name}_possible").rows()
    found = [places.get(certain or "") if certain == possible else None for certain, possible in both]
    return answers.spread(home, pl.Series(found, dtype=pl.Int16)).alias(factor.name)


def _settling(answers: CohortAnswers, asked: Asked, is_in: Flags) -> Iterator[tuple[str, Mapping[str, int]]]:
    """By table, how many of those analysed each single field would settle."""
    for factor in asked.every:
        column = f"{factor.name}_needs"
        if column not in answers.patients.columns:
            continue
        home = answers.patients.list_of(column)
        texts: Sequence[str | None] = answers.patients.lists[home][column].to_list()
        places = answers.patients.places[home].to_numpy()[is_in]
        sizes = np.bincount(places, minlength=len(texts))
        found = Counter[str]()
        for text, n in zip(texts, sizes, strict=True):
            if text and "|" not in text and n:
                found[text] += int(n)
        yield factor.name, found


__all__ = ["CONTRADICTS", "ENDPOINTS", "NOT_ACCEPTED", "Asked", "Lost", "Patients", "n_errors", "read_patients"]

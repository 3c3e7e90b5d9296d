"""A review that lives, part of `osc.literature`: `search(store="review.db")` once, then `update(store="review.db")`."""

import datetime
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.review import needed, opened
from oligoscope.api.shared import Day, Packs, day_of, known
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.knowledge import Knowledge
    from oligoscope.literature.following import Followed
    from oligoscope.literature.runs import Runs, Version
    from oligoscope.literature.searching import Where
    from oligoscope.literature.store import Store
    from oligoscope.literature.strategy import Search
    from oligoscope.report.carded import Carded
    from oligoscope.report.followed import Older, Searched, Updated

DEFAULT = "default"
"""The strategy of the source review, which stands in the packaged knowledge."""


def addresses(pubmed: str = "", clinicaltrials: str = "", per_second: float | None = None) -> "Where":
    """Where searches are asked: the databases themselves, or a proxy or mirror of yours.

    A key of PubMed is taken from the environment variable NCBI_API_KEY and from nowhere else. Raises OligoscopeError.
    """
    with needed():
        from oligoscope.literature.clients import pubmed as first
        from oligoscope.literature.clients import registry as second
        from oligoscope.literature.searching import Where

    key = os.environ.get(first.KEY_VARIABLE, "")
    return Where(pubmed or first.BASE, clinicaltrials or second.BASE, per_second, key)


def search(
    *,
    store: str | Path,
    strategy: str | Path = DEFAULT,
    source: str = "",
    until: Day = None,
    where: "Where | None" = None,
    on_records: Callable[[int, int], object] = lambda *_: None,
) -> "Result[Searched]":
    """Run the searches of a strategy, and keep what they find. Again it adds nothing; one that was stopped goes on.

    strategy: a YAML file, or "default".  source: pubmed or clinicaltrials (default: all of the strategy).  until: the
    day up to which it looks (default: as the strategy says).  where: other addresses.  on_records: told how many
    records are there, and of how many. Raises OligoscopeError.
    """
    with needed():
        from oligoscope.literature.runs import SEARCH, Runs
        from oligoscope.literature.searching import Asking, carry_out
        from oligoscope.report.followed import Searched, searched_json, searched_text

    asked = searches(strategy, source, until)
    with opened(store, create=True) as review, Asking(where or addresses()) as asking:
        runs = Runs(review)
        run = runs.begun(SEARCH, asked, _now())
        outcome = carry_out(review, run, asking, on_records)
        runs.finish(run, outcome.versions, (), _now())
        records = len(review.source_of())
        found = Searched(outcome.asked, records, records - len(review.heads()))
    return Result(found, searched_json, searched_text)


def searches(strategy: str | Path = DEFAULT, source: str = "", until: Day = None) -> "list[Search]":
    """What `search` would ask, by the same words. Raises OligoscopeError."""
    from oligoscope.knowledge.pack import PACKAGED
    from oligoscope.literature.strategy import DATABASES, chosen, read_strategy

    if source and source not in DATABASES:
        raise NotAllowed("source", source, ", ".join(DATABASES))
    path = PACKAGED / "review" / "search.yaml" if str(strategy) == DEFAULT else Path(strategy)
    return chosen(read_strategy(path), DATABASES.get(source, ""), day_of(until, "until") if until else None)


def update(
    *,
    store: str | Path,
    until: Day = None,
    where: "Where | None" = None,
    cases: str | Path | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    show: bool = False,
    on_records: Callable[[int, int], object] = lambda *_: None,
) -> "Result[Updated]":
    """Run every search of the store again, and tell what is new since: records, changed records of trials, retractions
    and other notices on reports that are included or that the evidence rests on.

    until: default today.  cases: a folder of saved cases, to tell which of them newer evidence changes.  show: the last
    update again, and nothing is asked. Raises OligoscopeError.
    """
    with needed():
        from oligoscope.literature.runs import Runs
        from oligoscope.report.followed import Updated, updated_json, updated_text

    using = known(knowledge, evidence)
    with opened(store) as review:
        names = _reports(review, using)
        followed = _shown(review) if show else _followed(review, using, names, until, where, on_records)
        cards = tuple(_older(Runs(review), using))
    moved = None
    if cases:
        from oligoscope.api.moved import drift_of

        moved = drift_of(cases, followed.since, None, knowledge=using).found
    return Result(Updated(followed, names, cards, moved), updated_json, updated_text)


def _followed(
    review: "Store",
    using: "Knowledge",
    names: Mapping[str, str],
    until: Day,
    where: "Where | None",
    on_records: Callable[[int, int], object],
) -> "Followed":
    from oligoscope.literature.clients import registry
    from oligoscope.literature.following import follow, searches_of, told
    from oligoscope.literature.runs import UPDATE, Runs
    from oligoscope.literature.searching import Asking
    from oligoscope.literature.strategy import chosen

    runs = Runs(review)
    searches = chosen(searches_of(runs), "", day_of(until, "until"))
    numbers = {trial.nct for trial in using.trials if trial.nct and trial.nct_status == "seen"}
    numbers |= {number for record in review.records().values() for number in record.fields.get("registry", ())}
    with Asking(where or addresses()) as asking:
        run = runs.begun(UPDATE, searches, _now())
        ours = [number for number in numbers if registry.NUMBER.fullmatch(number)]
        asked, unread = follow(review, run, asking, ours, list(names), _now(), on_records)
    return told(review, runs.all()[-1], asked, unread)


def _shown(review: "Store") -> "Followed":
    """The last update that was complete. Raises NotAllowed where there is none."""
    from oligoscope.literature.following import told
    from oligoscope.literature.runs import UPDATE, Runs

    done = [run for run in Runs(review).all() if run.kind == UPDATE and run.finished]
    if not done:
        raise NotAllowed("show", "the last update", "", "no update of this store is complete", "run it without show")
    return told(review, done[-1])


def _reports(review: "Store", using: "Knowledge") -> dict[str, str]:
    """By PMID, what each report that counts here is: a record that is included, or a study of the evidence."""
    from oligoscope.literature.following import included

    found = {record.pmid: f"record {key}, included" for key, record in included(review).items() if record.pmid}
    for study in using.evidence.studies():
        found |= {report.pmid: f"study {study.study}" for report in study.reports if report.pmid}
    return found


def _older(runs: "Runs", using: "Knowledge") -> "Iterator[Older]":
    """Trial cards whose day is before that of the registry's record, and whose status has other words."""
    from oligoscope.literature.clients.registry import at
    from oligoscope.report.followed import Older

    latest = {version.number: version for version in runs.versions()}
    for trial in using.trials:
        version = latest.get(trial.nct)
        status = str(at(version.content, "statusModule", "overallStatus") or "") if version else ""
        if version and version.dated > str(trial.status_date) and status.lower() != trial.status.lower():
            yield Older(trial.trial, trial.nct, trial.status, str(trial.status_date), status, version.dated)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def card(
    number: str, *, store: str | Path, output: str | Path, where: "Where | None" = None, knowledge: Packs = None
) -> "Result[Carded]":
    """Write the draft of a trial card from a record of the registry, in a folder that is a pack.

    number: NCT and eight digits; the record as the store last saw it, else as the registry has it now.  A card that is
    there is never written over. Raises OligoscopeError.
    """
    with needed():
        from oligoscope.literature.clients import registry
        from oligoscope.literature.runs import Runs
        from oligoscope.report.carded import carded_json, carded_text

    name = number.upper()
    if not registry.NUMBER.fullmatch(name):
        raise NotAllowed("trial", number, "NCT and eight digits", "this is no number of the registry")
    with opened(store) as review:
        versions = Runs(review).versions(name)
    version = versions[-1] if versions else _asked_for(name, where)
    return Result(_written(version, Path(output), known(knowledge)), carded_json, carded_text)


def _asked_for(number: str, where: "Where | None") -> "Version":
    """A record that the store has not seen."""
    from oligoscope.literature.searching import Asking, version_of

    with Asking(where or addresses()) as asking:
        return version_of(asking.registry.trial(number), 0)


def _written(version: "Version", folder: Path, using: "Knowledge") -> "Carded":
    from oligoscope.assess.check import check_pack
    from oligoscope.files.writing import write_file
    from oligoscope.knowledge.pack import PACKAGED
    from oligoscope.literature.card import card_of, card_text
    from oligoscope.literature.criteria import readings
    from oligoscope.report.carded import Carded

    made = card_of(version, readings(PACKAGED / "review" / "eligibility.yaml"))
    path = folder / "trials" / f"{made['trial']}.yaml"
    if path.exists():
        raise NotAllowed("output", path, "a new file", "it is there already", "another folder, or take that file away")
    path.parent.mkdir(parents=True, exist_ok=True)
    release = folder / "release.yaml"
    if not release.exists():
        base = using.releases[0]
        head = f"id: {release.parent.resolve().name}\ntitle: Drafts of trial cards\nversion: '1'\n"
        write_file(release, f"{head}date: {datetime.date.today()}\nrequires: {{{base.id}: '{base.version}'}}\n")
    write_file(path, card_text(made))
    cards = tuple(each.trial for each in using.trials if each.nct == version.number)
    counts = len(made.get("criteria", ())), len(made.get("check", ()))
    return Carded(str(path), version.number, version.dated, *counts, cards, check_pack(folder).problems)

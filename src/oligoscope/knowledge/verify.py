"""Everything that can be wrong with packs, found in one go: for a load, which it stops, and for `knowledge check`."""

import re
from collections.abc import Iterator, Mapping, Sequence

from oligoscope.chart.domains import chart_domains
from oligoscope.evidence import EvidenceError, Store, Terms
from oligoscope.evidence.store import read_study, study_files
from oligoscope.files.documents import Document, Place, Plain
from oligoscope.knowledge.build import Builder, located
from oligoscope.knowledge.layers import Entry, Sources, layered
from oligoscope.knowledge.limits import RawLimits, limit_problems
from oligoscope.knowledge.model import Knowledge
from oligoscope.knowledge.pack import Pack, Problem, schema_problems
from oligoscope.knowledge.page import misspelt, studies_named
from oligoscope.knowledge.pauses import pause_problems
from oligoscope.knowledge.schedules import schedule_problems
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.conditions import read_condition
from oligoscope.tables.errors import TableError
from oligoscope.tables.file_schema import RawTable
from oligoscope.tables.model import Score

RULING = "design"
"""A rule that no source prints: its authors' own."""
STATUSES = ("seen", "seen-secondary", "seed", RULING, "computed", "unverified")
"""How well a rule's source was seen; what is unverified drives no answer."""


def verify(
    packs: Sequence[Pack], store: Store, parameters: Mapping[str, float]
) -> tuple[Knowledge | None, list[Problem]]:
    """The knowledge of these packs, the base first, and every problem found; None where it cannot be put together."""
    for pack in packs:
        pack.check_names()
    if any(pack.problems for pack in packs):
        return None, [problem for pack in packs for problem in pack.problems]
    sources = layered(packs)
    if unread := [problem for pack in packs for problem in pack.unread]:
        # Whatever speaks of a table in a file that cannot be read would be told as wrong too.
        return None, unread
    found = [*_requirements(packs), *(problem for pack in packs for problem in pack.problems)]
    unusable = False
    for pack in packs:
        found += _parameter_problems(pack.facts)
        found += _term_problems(pack.appraisal, sources, store)
        found += _page_problems(pack.page, sources, store)
        for document, problem, fix in pause_problems(pack.pauses, store.ids):
            found.append(Problem(document.file, document.line(("source",)), "", problem, fix))
        wrong = list(_limit_problems(pack, sources, store))
        unusable, found = unusable or bool(wrong), [*found, *wrong]
        for document in (
            *([pack.facts] if pack.facts else []),
            *pack.tables,
            *pack.trials,
            *pack.limits,
            *filter(None, [pack.pauses]),
        ):
            found += _references(document, store)
    if unusable:
        sources.limits = RawLimits()
    found += _succession_problems(store)
    builder = Builder(sources, parameters)
    found += _trial_problems(sources, builder)
    for name, entry in sources.tables.items():
        if problems := [*_table_schema(entry), *_twice(entry), *_conditions(entry, builder)]:
            found += problems
            builder.failed.add(name)
    try:
        releases = [pack.release._replace(changes=tuple(sources.changes.get(pack.release.id, ()))) for pack in packs]
        knowledge = builder.knowledge(releases, store)
    except TableError as error:
        return None, [*found, *builder.problems, Problem("tables", 0, "", error.problem, error.fix)]
    return knowledge, [*found, *builder.problems, *_unsourced(sources, knowledge), *_doses(sources, knowledge)]


def study_problems(pack: Pack) -> Iterator[Problem]:
    """Every study record of a pack that cannot be used, cited or not."""
    for folder in pack.studies:
        try:
            files = study_files(folder)
        except EvidenceError as error:
            yield Problem("studies", 0, "", str(error), "")
            continue
        for file in files:
            try:
                read_study(file.read_bytes().decode("utf-8"), file.name)
            except (EvidenceError, UnicodeDecodeError) as error:
                for told in str(error).splitlines():
                    placed = re.match(rf"{re.escape(file.name)}(?::(\d+))? (.*)", told)
                    line, text = (int(placed[1] or 0), placed[2]) if placed else (0, told)
                    yield Problem(f"studies/{file.name}", line, "", text, "")


def _requirements(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Whether each pack stands on what it was written for."""
    known: dict[str, str] = {}
    for pack in packs:
        for name, version in pack.requires.items():
            document = "release.yaml"
            if name not in known:
                fix = f"give that pack too, before this one; there is {', '.join(known) or 'none'}"
                yield Problem(document, 0, "", f"this pack requires {name}, which is not there", fix)
            elif _number(known[name]) < _number(version):
                text = f"this pack requires {name} {version}, there is {known[name]}"
                yield Problem(document, 0, "", text, f"update oligoscope, or write the pack for {known[name]}")
        known[pack.release.id] = pack.release.version


def _number(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _parameter_problems(document: Document | None) -> Iterator[Problem]:
    for name, entry in (document.content.get("parameters") or {}).items() if document else ():
        assert document is not None
        place: Place = ("parameters", name)
        allowed = entry.get("allowed") if isinstance(entry, dict) else None
        if allowed is not None and entry.get("default", allowed[0]) not in allowed:
            text = f"default {entry['default']} is not among {', '.join(map(str, allowed))}"
            yield Problem(document.file, document.line(place), name, text, "allow it, or choose another default")


def _term_problems(document: Document | None, sources: Sources, store: Store) -> Iterator[Problem]:
    if document is None:
        return
    yield from schema_problems(document, Terms, document.content)
    for place, name in enumerate(_listed(document.content.get("tables", []))):
        if name not in sources.tables:
            fix = f"use names of tables, such as {next(iter(sources.tables), 'those of the base')}"
            yield Problem(document.file, document.line(("tables", place)), "", f"there is no table {name}", fix)
    review = (document.content.get("review") or {}).get("study", "")
    if review and review not in store.ids:
        line = document.line(("review", "study"))
        yield Problem(document.file, line, "", f"there is no evidence {review}", "add the study to studies/")


def _page_problems(document: Document | None, sources: Sources, store: Store) -> Iterator[Problem]:
    if document is None:
        return
    tables = {name: entry.raw for name, entry in sources.tables.items()}
    for line, problem, fix in misspelt(document, tables, [*sources.facts, *tables, *chart_domains()]):
        yield Problem(document.file, line, "", problem, fix)
    for line, name in studies_named(document):
        if name not in store.ids:
            yield Problem(document.file, line, name, f"there is no evidence {name}", "add the study to studies/")


def _limit_problems(pack: Pack, sources: Sources, store: Store) -> Iterator[Problem]:
    for document, place, row, problem, fix in limit_problems(pack.organs, pack.limits, sources.limits, store.ids):
        yield Problem(document.file, document.line(place), row, problem, fix)


# ---- citations, expectations, status -------------------------------------------------------------


def _references(document: Document, store: Store) -> Iterator[Problem]:
    """Studies that are cited, results that are expected, and words for how well a source was seen."""
    for place, key, value in _entries(document.content):
        if "payload" in place[:-1]:
            continue
        line, rule = document.line(place), _rule_at(document.content, place)
        for name in _listed(value) if key in ("cites", "expects") else ():
            try:
                later = _later(store, key, name)
            except EvidenceError as error:
                fix = "correct the name, or add the study to studies/"
                yield Problem(document.file, line, rule, f"{key}: {error}", fix)
                continue
            if key == "expects" and not store.resolve(name)[1].verified:
                text = f"{key}: {name} was not seen at its source, and would not be shown"
                yield Problem(document.file, line, rule, text, "name a verified result, or see the source first")
            if later:
                text = f"{key}: {name} is superseded by {later}"
                yield Problem(document.file, line, rule, text, "rest the rule on the later result")
        if key == "status" and "trial" not in document.content and value not in STATUSES:
            text = f"status {value} is not known"
            yield Problem(document.file, line, rule, text, f"use one of {', '.join(STATUSES)}")


def _later(store: Store, key: str, name: str) -> str:
    """What took the place of a result that is expected; empty where it stands. Raises EvidenceError."""
    if key == "expects":
        return store.resolve(name)[1].superseded_by
    store.study(name)
    return ""


def _succession_problems(store: Store) -> Iterator[Problem]:
    """Results whose successor does not stand: it is not there, was not seen, or has a successor itself."""
    for name in store.ids:
        try:
            study = store.study(name)
        except EvidenceError:
            continue  # A record that cannot be read is told to whoever asks for it.
        for result in study.results:
            if result.superseded_by and (problem := _no_successor(result.superseded_by, store)):
                fix = "name the last verified result that takes its place, as study/result"
                yield Problem(f"{name}.yaml", 0, result.id, f"superseded_by: {problem}", fix)


def _no_successor(name: str, store: Store) -> str:
    try:
        later = store.resolve(name)[1]
    except EvidenceError as error:
        return str(error)
    if not later.verified:
        return f"{name} was not seen at its source"
    return f"{name} is itself superseded by {later.superseded_by}" if later.superseded_by else ""


def _listed(value: Plain) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def _entries(content: Plain, place: Place = ()) -> Iterator[tuple[Place, str, Plain]]:
    """Every key of every mapping, with its place and value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in pairs:
        if isinstance(key, str):
            yield (*place, key), key, value
        yield from _entries(value, (*place, key))


def _rule_at(content: Plain, place: Place) -> str:
    """The id of the innermost entry around a place; of a fact its name."""
    found = str(place[1]) if len(place) > 1 and place[0] in ("facts", "parameters") else ""
    for step in place:
        if isinstance(content, dict) and "id" in content:
            found = str(content["id"])
        content = content[step]
    return found


def _unsourced(sources: Sources, knowledge: Knowledge) -> Iterator[Problem]:
    """Rules that neither name a study nor say that they are a ruling of their authors, or not how it was seen."""
    for table in (step.table for step in knowledge.steps if isinstance(step, CompiledTable)):
        for part in table.parts:
            for rule in part.named_rules:
                ways = (rule.provenance, part.provenance, table.provenance)
                if not any(each.cites or each.status == RULING for each in ways):
                    text = "this rule names no source"
                    fix = f"name a study under cites, or write `status: {RULING}` where it is your own ruling"
                    yield located(TableError(text, fix=fix, where=rule.id or part.id), sources.tables[table.name], "")
                # A table has one status for all its rules only where they are one score.
                elif not any(each.status for each in (ways if isinstance(table, Score) else ways[:2])):
                    text = "this rule does not say how well its source was seen"
                    fix = f"write status: one of {', '.join(STATUSES)}"
                    yield located(TableError(text, fix=fix, where=rule.id or part.id), sources.tables[table.name], "")


def _doses(sources: Sources, knowledge: Knowledge) -> Iterator[Problem]:
    """Options of tables of doses that give none, or one that cannot be read."""
    for table in (step.table for step in knowledge.steps if isinstance(step, CompiledTable)):
        for option, text in schedule_problems(table):
            fix = 'write under payload, for example, total_dose_gy: "45..54" and fractions: 3'
            yield located(TableError(text, fix=fix, where=option), sources.tables[table.name], "")


# ---- tables and trials ---------------------------------------------------------------------------


def _table_schema(entry: Entry) -> Iterator[Problem]:
    """Keys and values that the language does not have; in a changed table placed by the rule."""
    (document, *others) = entry.documents
    if not others:
        yield from schema_problems(document, RawTable, entry.raw)
        return
    whole = Document(document.file, entry.raw)
    for found in schema_problems(whole, RawTable, entry.raw):
        yield located(TableError(found.problem, fix=found.fix, where=found.rule), entry, "")


def _twice(entry: Entry) -> Iterator[Problem]:
    """Two entries of one list with one id: a layer could not say which it means."""
    for document in entry.documents:
        for place, key, value in _entries(document.content):
            if key in ("rules", "options", "factors", "criteria", "bands") and isinstance(value, list):
                ids = [str(item.get("id")) for item in value if isinstance(item, dict)]
                for number, name in enumerate(ids):
                    if name in ids[:number]:
                        line = document.line((*place, number))
                        yield Problem(document.file, line, name, f"the id {name} is used twice", "give it another id")


def _conditions(entry: Entry, builder: Builder) -> Iterator[Problem]:
    """Every condition that cannot be read; facts and tables not yet read are passed over here."""
    for document in entry.documents:
        inputs = [*(entry.raw.get("inputs") or []), *(document.content.get("inputs") or [])]
        for place, key, value in _entries(document.content):
            if key != "when" or "payload" in place:
                continue
            for way in value if isinstance(value, list) else [value]:
                for name, test in way.items() if isinstance(way, dict) else ():
                    if problem := _condition(str(name), test, inputs, builder):
                        at = (*place, name) if isinstance(value, dict) else place
                        rule = _rule_at(document.content, place)
                        text = f"{problem.where}: {problem.problem}" if problem.where else problem.problem
                        yield Problem(document.file, document.line(at), rule, text, problem.fix)


def _condition(name: str, test: Plain, inputs: Sequence[str], builder: Builder) -> TableError | None:
    if name not in inputs:
        return TableError(f"{name} is not among the inputs", fix="name it under inputs, or correct the spelling")
    if name not in builder.reader.domains:
        return None
    try:
        read_condition(test, builder.reader.domains[name], builder.numbers)
    except TableError as error:
        return error.at(name)
    return None


def _trial_problems(sources: Sources, builder: Builder) -> Iterator[Problem]:
    for name, entry in list(sources.trials.items()):
        if problems := [p for document in entry.documents for p in schema_problems(document, Trial, document.content)]:
            yield from problems
            builder.sources.trials.pop(name)

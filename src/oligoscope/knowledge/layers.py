"""Packs one over the other: what a layer adds, replaces by id, or retires."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from oligoscope.files.documents import Document, Plain
from oligoscope.knowledge.limits import RawLimits
from oligoscope.knowledge.pack import Pack, Problem
from oligoscope.knowledge.page import merged
from oligoscope.knowledge.pauses import laid_over
from oligoscope.tables.model import UNVERIFIED

Raw = dict[str, Plain]
_LISTS = ("rules", "options", "factors")
"""Parts of a table that are lists of entries with an id; an entry of a known id replaces the old one."""
_MAPPINGS = ("outcomes", "groups")
_FIRST = "first"


@dataclass
class Entry:
    """One fact, table or trial as it stands after all layers, and the documents that it comes from, the last first."""

    raw: Raw
    documents: tuple[Document, ...] = ()


@dataclass
class Sources:
    """Everything that packs say together, still as YAML's plain data."""

    parameters: dict[str, Raw] = field(default_factory=dict)
    facts: dict[str, Entry] = field(default_factory=dict)
    tables: dict[str, Entry] = field(default_factory=dict)
    trials: dict[str, Entry] = field(default_factory=dict)
    limits: RawLimits = field(default_factory=RawLimits)
    pauses: Raw = field(default_factory=dict)
    headline: Raw = field(default_factory=dict)
    page: Raw = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def layered(packs: Sequence[Pack]) -> Sources:
    """All packs, the base first. What cannot be put together stands among the problems."""
    found = Sources()
    for number, pack in enumerate(packs):
        origin = pack.release.id if number else ""
        if origin:
            found.changes[origin] = list(_changes(found, pack))
        _add_facts(found, pack.facts)
        if pack.page:
            found.page = merged(found.page, pack.page.content)
        for document in pack.tables:
            _add_table(found, document, origin)
        for document in pack.trials:
            _add_trial(found, document)
        found.limits.add(pack.organs, pack.limits, origin)
        found.pauses = laid_over(found.pauses, pack.pauses)
    for name in found.facts.keys() & found.tables.keys():
        document = found.facts[name].documents[0]
        text = f"{name} is a fact and a table"
        found.problems.append(_problem(document, ("facts", name), name, text, "give one of them another name"))
    return found


def _changes(below: Sources, pack: Pack) -> Iterator[str]:
    """What a pack does to those below it, in words."""
    facts = pack.facts.content if pack.facts else {}
    for name, entry in facts.get("parameters", {}).items():
        yield f"parameter {name}: {', '.join(f'{key} {value}' for key, value in entry.items())}"
    for kind, names, known in (
        ("fact", list(facts.get("facts", {})), below.facts),
        ("trial", [str(document.content.get("trial")) for document in pack.trials], below.trials),
        ("limit", [row["id"] for document in pack.limits for row in document.content["limits"]], below.limits.rows),
        ("pause", list(pack.pauses.content["drugs"]) if pack.pauses else [], below.pauses.get("drugs", {})),
        ("table", [document.content["table"] for document in pack.tables if "table" in document.content], below.tables),
    ):
        yield from (f"{kind} {name}: {'replaced' if name in known else 'added'}" for name in names)
    for document in pack.tables:
        name = document.content.get("change")
        if name in below.tables:
            yield f"table {name}: {'; '.join(_changes_of_table(below.tables[name].raw, document.content))}"


def _changes_of_table(table: Raw, change: Raw) -> Iterator[str]:
    for key, content in change.items():
        if key in _LISTS:
            known = {str(entry["id"]) for entry in table.get(key, [])}
            ids = [str(entry.get("id")) for entry in _mappings(content)]
        elif key in _MAPPINGS:
            known, ids = set(map(str, table.get(key, {}))), list(map(str, content))
        else:
            continue
        yield from (f"{name} {'replaced' if name in known else 'added'}" for name in ids)
    yield from (f"{name} retired" for name in change.get("retire", []))


def _add_trial(found: Sources, document: Document) -> None:
    name = str(document.content.get("trial", document.file))
    below = found.trials.get(name)
    if below and document.content.get("card_status") == UNVERIFIED and below.raw.get("card_status") != UNVERIFIED:
        # It would take a card that patients are held against out of use, unseen.
        text, fix = f"an unverified card cannot take the place of {name}", "confirm it, or give it another name"
        found.problems.append(_problem(document, ("trial",), name, text, fix))
        return
    found.trials[name] = Entry(document.content, (document,))


def _add_facts(found: Sources, document: Document | None) -> None:
    content = document.content if document else {}
    for name, entry in content.get("parameters", {}).items():
        found.parameters[name] = {**found.parameters.get(name, {}), **entry}
    found.headline |= content.get("headline", {})
    for name, raw in content.get("facts", {}).items():
        assert document is not None
        found.facts[name] = Entry(raw, (document,))


def _add_table(found: Sources, document: Document, origin: str) -> None:
    raw = copy.deepcopy(document.content)
    if origin:
        _sign(raw, origin)
    if "table" in raw:
        found.tables[raw["table"]] = Entry(raw, (document,))
        return
    name = raw.pop("change")
    if name not in found.tables:
        known = ", ".join(sorted(found.tables))
        text = f"there is no table {name} to change"
        found.problems.append(_problem(document, ("change",), "", text, f"use one of {known}"))
        return
    before = found.tables[name]
    try:
        changed = _changed(before.raw, raw)
    except LayerError as error:
        found.problems.append(_problem(document, error.place, error.rule, error.problem, error.fix))
        return
    found.tables[name] = Entry(changed, (document, *before.documents))


def _problem(document: Document, place: tuple[str | int, ...], rule: str, text: str, fix: str) -> Problem:
    return Problem(document.file, document.line(place), rule, text, fix)


class LayerError(ValueError):
    """A change that does not fit the table it changes."""

    def __init__(self, place: tuple[str | int, ...], rule: str, problem: str, fix: str) -> None:
        self.place, self.rule, self.problem, self.fix = place, rule, problem, fix
        super().__init__(problem)


def _changed(table: Raw, change: Raw) -> Raw:
    """A table after one layer. Raises LayerError."""
    result = copy.deepcopy(table)
    ordered = result.get("hit") == _FIRST
    retired = change.pop("retire", [])
    for name, content in change.items():
        if name in _LISTS:
            result[name] = _merged(result.get(name, []), content, name, ordered and name == "rules")
        elif name in _MAPPINGS:
            result[name] = {**result.get(name, {}), **content}
        elif name == "inputs":
            result[name] = list(dict.fromkeys([*result[name], *content]))
        else:
            result[name] = content
    for place, gone in enumerate(retired):
        _retire(result, gone, ("retire", place))
    _drop_what_fell_idle(result, table)
    return result


def _merged(entries: list[Raw], new: list[Raw], name: str, ordered: bool) -> list[Raw]:
    """Entries with the new ones in their place: of the same id, or before or after the id that they name."""
    found = list(entries)
    for number, entry in enumerate(new):
        place, ids = (name, number), [old.get("id", "") for old in found]
        anchor = {key: entry.pop(key) for key in ("before", "after") if key in entry}
        if unknown := [other for other in anchor.values() if other not in ids]:
            raise LayerError(
                place, entry.get("id", ""), f"there is no {unknown[0]} here", f"use one of {', '.join(ids)}"
            )
        if entry.get("id") in ids and not anchor:
            found[ids.index(entry["id"])] = entry
            continue
        if ordered and len(anchor) != 1:
            text = "an added rule of a table in which the first rule counts must say where it stands"
            raise LayerError(place, entry.get("id", ""), text, "add before: ID or after: ID")
        found = [old for old in found if old["id"] != entry.get("id")]
        ids = [old["id"] for old in found]
        at = ids.index(anchor["before"]) if "before" in anchor else len(ids)
        at = ids.index(anchor["after"]) + 1 if "after" in anchor else at
        found.insert(at, entry)
    return found


def _retire(table: Raw, gone: str, place: tuple[str | int, ...]) -> None:
    for name in _LISTS:
        kept = [entry for entry in table.get(name, []) if entry.get("id") != gone]
        if len(kept) < len(table.get(name, [])):
            table[name] = kept
            return
    if gone in table.get("groups", {}):
        del table["groups"][gone]
        return
    ids = [*(entry.get("id", "") for name in _LISTS for entry in table.get(name, [])), *table.get("groups", {})]
    raise LayerError(place, gone, f"there is no {gone} to retire", f"use one of {', '.join(ids)}")


def _drop_what_fell_idle(table: Raw, before: Raw) -> None:
    """Inputs and outcomes that only a retired rule used: otherwise the layer would have to name them too."""
    idle = set(conditions_in(before)) - set(conditions_in(table))
    table["inputs"] = [name for name in table["inputs"] if name not in idle]
    lost = set(_given(before)) - set(_given(table))
    if "outcomes" in table:
        table["outcomes"] = {code: outcome for code, outcome in table["outcomes"].items() if code not in lost}


def conditions_in(raw: Plain) -> Iterator[str]:
    """The inputs that conditions anywhere in a table name."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in ("when", "applies"):
                ways = value if isinstance(value, list) else [value]
                yield from (str(name) for way in ways if isinstance(way, dict) for name in way)
            else:
                yield from conditions_in(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from conditions_in(value)


def _given(raw: Plain) -> Iterator[str]:
    """The outcomes that rules anywhere in a table give."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in ("then", "met"):
                yield str(value)
            else:
                yield from _given(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _given(value)


def _sign(raw: Raw, origin: str) -> None:
    """Note on every rule, option, group and factor of an added pack whose it is."""
    for entry in _provenanced(raw):
        entry["pack"] = origin


def _provenanced(raw: Raw) -> Iterator[Raw]:
    if "table" in raw:
        yield raw
    for name in _LISTS:
        for entry in _mappings(raw.get(name)):
            yield entry
            yield from _mappings(entry.get("rules"))
    groups: Mapping[str, Plain] = raw.get("groups") or {}
    shared = raw.get("shared") or {}
    for group in _mappings(list(groups.values())):
        yield group
        yield from _mappings(group.get("unless"))
    yield from _mappings([shared.get(name) for name in ("otherwise", "confirmed_by", "open")])
    yield from _mappings(shared.get("unless"))


def _mappings(entries: Iterable[Plain] | None) -> Iterator[Raw]:
    return (entry for entry in entries or () if isinstance(entry, dict))

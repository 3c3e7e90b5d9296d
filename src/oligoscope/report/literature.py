"""A review on the terminal and as JSON: what an import read and refused, which records are one, what was exported."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from oligoscope.literature.dedupe import Found, Pair
from oligoscope.literature.importing import File, Imported
from oligoscope.literature.merging import Merged, Part
from oligoscope.literature.protocol import Protocol
from oligoscope.literature.record import Record

_SHOWN = 10
"""Lines of one kind that the terminal shows; `--json` has all of them."""


@dataclass(frozen=True)
class Grouped:
    """Groups of one store, with its records by id. apart: pairs that a person took apart."""

    records: Mapping[int, Record]
    found: Found
    apart: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Exported:
    """A file that was written: how many records, and how many of them were read back."""

    path: str
    written: int
    read_back: int


def imported_json(found: Imported) -> dict[str, object]:
    """Counts, and every line that was refused or odd."""
    return {
        "read": found.read,
        "added": found.added,
        "merged": found.merged,
        "linked": found.linked,
        "alone": found.alone,
        "refused": [
            {"file": each.path, "line": remark.line, "reason": remark.text}
            for each in found.files
            for remark in each.read.refused
        ],
        "quirks": [
            {"file": each.path, "line": remark.line, "quirk": remark.text}
            for each in found.files
            for remark in each.read.quirks
        ],
        "files": [
            {
                "file": each.path,
                "format": each.read.form,
                "encoding": each.read.encoding,
                "read": len(each.read.records),
                "again": each.again,
            }
            for each in found.files
        ],
    }


def imported_text(found: Imported) -> str:
    """One line per file, its oddities below."""
    lines = []
    for each in found.files:
        lines += _file(each)
    lines.append(
        f"{found.read} read, {found.added} added; {found.merged} of these merged with the same record elsewhere, "
        f"{found.linked} linked to kin"
    )
    return "\n".join(lines) + "\n"


def _file(each: File) -> list[str]:
    read = each.read
    again = "; imported before, so nothing was added" if each.again else ""
    lines = [f"{each.path}: {len(read.records)} records, {read.form}, {read.encoding}{again}"]
    lines += [f"  refused, line {remark.line}: {remark.text}" for remark in read.refused[:_SHOWN]]
    kinds = Counter(remark.text for remark in read.quirks)
    first = {remark.text: remark.line for remark in reversed(read.quirks)}
    for text, count in kinds.most_common(_SHOWN):
        where = f"line {first[text]}" if count == 1 else f"{count} times, first on line {first[text]}"
        lines.append(f"  odd, {where}: {text}")
    left = max(0, len(read.refused) - _SHOWN) + max(0, len(kinds) - _SHOWN)
    return [*lines, f"  and {left} more: --json has them all"] if left else lines


def grouped_json(found: Grouped) -> dict[str, object]:
    """Groups of records that are one, links between groups, what a person took apart."""
    members: dict[int, list[int]] = {}
    for key, head in sorted(found.found.heads.items()):
        members.setdefault(head, [head]).append(key)
    reasons: dict[int, list[str]] = {}
    for pair in found.found.same:
        reasons.setdefault(found.found.heads.get(pair.one, pair.one), []).append(pair.reason)
    return {
        "records": len(found.records),
        "distinct": len(found.records) - len(found.found.heads),
        "groups": [
            {"ids": ids, "reason": "; ".join(dict.fromkeys(reasons.get(head, ())))} for head, ids in members.items()
        ],
        "links": [
            {"ids": [pair.one, pair.other], "relation": pair.relation, "reason": pair.reason}
            for pair in found.found.kin
        ],
        "apart": [list(pair) for pair in found.apart],
    }


def grouped_text(found: Grouped) -> str:
    """Counts, and the first groups and links with their reasons."""
    distinct = len(found.records) - len(found.found.heads)
    lines = [f"{len(found.records)} records, {distinct} distinct; {len(found.found.kin)} links between kin"]
    for title, pairs in (("One record", found.found.same), ("Kin", found.found.kin)):
        if pairs:
            lines += ["", title]
            lines += [_pair(pair, found.records) for pair in pairs[:_SHOWN]]
            if len(pairs) > _SHOWN:
                lines.append(f"  and {len(pairs) - _SHOWN} more: --json has them all")
    if found.apart:
        lines += ["", f"{len(found.apart)} pairs were taken apart by hand and stay so"]
    return "\n".join(lines) + "\n"


def _pair(pair: Pair, records: Mapping[int, Record]) -> str:
    kind = "" if pair.relation == "same" else f"{pair.relation}: "
    title = records[pair.one].title or "(no title)"
    return f"  {pair.one} and {pair.other}  {title[:60]}{'…' if len(title) > 60 else ''}\n      {kind}{pair.reason}"


def exported_json(found: Exported) -> dict[str, object]:
    """Counts of the round trip."""
    return {"output": found.path, "written": found.written, "read_back": found.read_back}


def exported_text(found: Exported) -> str:
    """The same in a line."""
    return f"{found.path}: {found.written} records written, {found.read_back} read back\n"


def protocol_json(found: Protocol) -> dict[str, object]:
    """Each field with who set it on which day, and the changes, oldest first."""
    return {
        "fields": {name: {"value": each.value, "at": each.at, "who": each.who} for name, each in found.entries.items()},
        "amendments": [
            {
                "field": each.entry.name,
                "before": each.before,
                "after": each.entry.value,
                "at": each.entry.at,
                "who": each.entry.who,
                "reason": each.entry.reason,
            }
            for each in found.amendments
        ],
    }


def protocol_text(found: Protocol) -> str:
    """A line for each field and for each change."""
    said = ["What the review planned", *protocol_lines(found)]
    return "\n".join(said) + "\n" if found.entries else "Nothing is said of the protocol yet.\n"


def protocol_lines(found: Protocol) -> Iterator[str]:
    """The same, line by line; none where nothing is said."""
    for name, each in found.entries.items():
        by = f", {each.who}" if each.who else ""
        yield f"  {name}: {each.value}  (set {each.at[:10]}{by})"
    for change in found.amendments:
        entry = change.entry
        who = f" by {entry.who}" if entry.who else ""
        why = entry.reason or "no reason is kept"
        yield f"  changed {entry.at[:10]}{who}: {entry.name}, “{change.before}” to “{entry.value}”: {why}"


def merged_json(found: Merged) -> dict[str, object]:
    """Counts of each store and of the new one."""
    return {
        "output": found.path,
        "unchanged": found.unchanged,
        "stores": [asdict(each) for each in found.parts],
        "records": found.records,
        "distinct": found.distinct,
        "decisions": found.decisions,
        "runs": found.runs,
        "remarks": list(found.remarks),
    }


def merged_text(found: Merged) -> str:
    """A line for each store, and what became of them."""
    lines = [_part(each) for each in found.parts]
    done = "was written before, and says the same" if found.unchanged else "is written"
    lines += [
        f"{found.path} {done}: {found.records} records, {found.distinct} distinct; {found.decisions} decisions, "
        f"{found.runs} runs of searches",
        *(f"  {each}" for each in found.remarks),
    ]
    return "\n".join(lines) + "\n"


def _part(each: Part) -> str:
    known = f" ({each.known} known)" if each.known else ""
    told = f" ({each.known_decisions} known)" if each.known_decisions else ""
    return f"{each.path}: {each.records} records{known}, {each.decisions} decisions{told}, {each.runs} runs"

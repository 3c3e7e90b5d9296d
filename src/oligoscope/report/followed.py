"""Searches and updates of a review on the terminal and as JSON: counts that add up, and what is new."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from oligoscope.cohort.drift import Movement
from oligoscope.literature.following import GRAVE, Changed, Followed
from oligoscope.literature.runs import Notice
from oligoscope.literature.searching import Asked
from oligoscope.report.moved import moved_json, moved_text

_SHOWN = 10
"""Lines of one kind that the terminal shows; `--json` has all of them."""


@dataclass(frozen=True)
class Searched:
    """What a search brought. records: in the store now, `distinct` of them."""

    asked: tuple[Asked, ...]
    records: int
    distinct: int


@dataclass(frozen=True)
class Older:
    """A trial card whose status is older than the record of the registry."""

    trial: str
    nct: str
    status: str
    status_date: str
    registry_status: str
    registry_date: str


@dataclass(frozen=True)
class Updated:
    """An update with what it means here.

    names: by PMID, the record or study whose report it is.  moved: whose saved cases newer evidence changes, where that
    was asked for.
    """

    followed: Followed
    names: Mapping[str, str]
    cards: tuple[Older, ...]
    moved: Movement | None = None


def searched_json(found: Searched) -> dict[str, object]:
    """Counts of each search and its parts."""
    return {"searches": _asked_json(found.asked), "records": found.records, "distinct": found.distinct}


def _asked_json(asked: Sequence[Asked]) -> list[dict[str, object]]:
    return [
        {
            "database": each.search.database,
            "words": dict(each.search.words),
            "until": each.search.until.isoformat(),
            "count": each.count,
            "parts": [{"part": name, "count": count} for name, count in each.parts],
            "added": each.added,
            "missing": list(each.missing),
            "remarks": list(each.remarks),
        }
        for each in asked
    ]


def searched_text(found: Searched) -> str:
    """The same in lines."""
    lines = [line for each in found.asked for line in _asked_lines(each)]
    return "\n".join([*lines, f"{found.records} records in the store, {found.distinct} distinct"]) + "\n"


def _asked_lines(asked: Asked) -> Iterator[str]:
    added = f"{asked.added} new" if asked.added else "nothing new"
    yield f"{asked.search.database} until {asked.search.until}: {asked.count} found, {added}"
    if len(asked.parts) > 1:
        yield from (f"  {count:>6}  {name}" for name, count in asked.parts)
        yield f"  {sum(count for _, count in asked.parts):>6}  in {len(asked.parts)} parts, which add up"
    yield from (f"  the database says: {remark}" for remark in asked.remarks)
    if asked.missing:
        yield f"  named and not given, so not in the store: {', '.join(asked.missing)}"


def updated_json(found: Updated) -> dict[str, object]:
    """Everything that is new, with every field that changed."""
    followed = found.followed
    return {
        "since": followed.since,
        "round": followed.run.round,
        "searches": _asked_json(followed.asked),
        "new": [
            {"id": key, "title": record.title, "pmid": record.pmid, "registry": list(record.registry)}
            for key, record in followed.new.items()
        ],
        "changed": [
            {
                "trial": each.after.number,
                "title": each.title,
                "from": each.before.dated,
                "to": each.after.dated,
                "changes": [asdict(change) for change in each.changes],
            }
            for each in followed.changed
        ],
        "notices": [_notice_json(each, found.names) for each in followed.notices],
        "older_notices": [_notice_json(each, found.names) for each in followed.older_notices],
        "cards": [asdict(each) for each in found.cards],
        "unread": list(followed.unread),
        "cases": moved_json(found.moved) if found.moved else None,
    }


def _notice_json(notice: Notice, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "pmid": notice.pmid,
        "of": names.get(notice.pmid, ""),
        "kind": notice.kind,
        "notice": notice.notice,
        "grave": notice.kind in GRAVE,
    }


def updated_text(found: Updated) -> str:
    """What is new, the gravest first."""
    followed = found.followed
    lines = [f"Since {followed.since}, round {followed.run.round} of the search"]
    lines += [line for each in followed.asked for line in _asked_lines(each)]
    lines += _section("Notices on reports that count here", [_notice_line(n, found.names) for n in followed.notices])
    if followed.older_notices:
        lines.append(f"  {len(followed.older_notices)} seen before: --json has them")
    new = [f"  {key}  {record.title or '(no title)'}" for key, record in followed.new.items()]
    lines += _section("New records", new[:_SHOWN] + _more(new))
    changed = [line for each in followed.changed for line in _changed_lines(each)]
    lines += _section("Changed records of trials", changed)
    lines += _section("Trial cards that are older than the registry", [_card_line(each) for each in found.cards])
    lines += _section("Looked up, and not given", [f"  {', '.join(followed.unread)}"] if followed.unread else [])
    if followed.new:
        lines += ["", "New records wait to be screened; what is included and extracted then moves pools and cases:"]
        lines.append(f"  oligoscope evidence drift --from {followed.since} --evidence FOLDER --cases FOLDER")
    lines += ["", moved_text(found.moved).rstrip()] if found.moved else []
    return "\n".join(lines) + "\n"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(lines or ["  none"])]


def _more(lines: Sequence[str]) -> list[str]:
    return [f"  and {len(lines) - _SHOWN} more: --json has them all"] if len(lines) > _SHOWN else []


def _notice_line(notice: Notice, names: Mapping[str, str]) -> str:
    by = f" (PMID {notice.notice})" if notice.notice else ""
    return f"  {notice.kind}{by}: PMID {notice.pmid}, {names.get(notice.pmid, 'not known here')}"


def _changed_lines(changed: Changed) -> Iterator[str]:
    yield f"  {changed.after.number}  {changed.title} ({changed.before.dated} to {changed.after.dated})"
    for change in changed.changes[:_SHOWN]:
        if change.before:
            yield f"      - {change.field}: {change.before}"
        if change.after:
            yield f"      + {change.field}: {change.after}"
    if len(changed.changes) > _SHOWN:
        yield f"      and {len(changed.changes) - _SHOWN} more: --json has them all"


def _card_line(card: Older) -> str:
    return (
        f"  {card.trial} ({card.nct}): the card says {card.status}, {card.status_date or 'undated'}; "
        f"the registry says {card.registry_status}, {card.registry_date}"
    )

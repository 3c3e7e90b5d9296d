"""Screening and the flow of a review on the terminal, as JSON and as a drawing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape

from oligoscope.literature.calibration import Calibration
from oligoscope.literature.inclusion import Told
from oligoscope.literature.prisma import Box, Flow
from oligoscope.literature.progress import Found, Progress
from oligoscope.literature.record import Record
from oligoscope.literature.screening import Agreement
from oligoscope.report.criteria import criteria_lines
from oligoscope.report.literature import protocol_json, protocol_lines

_WIDTH, _LINE, _GAP = 330, 17, 26


def progress_json(found: Progress) -> dict[str, object]:
    """Counts by person, agreement with its conflicts, recall."""
    return {
        "stage": found.stage,
        "records": found.records,
        "settled": found.settled,
        "verdicts": {who: dict(counts) for who, counts in found.verdicts.items()},
        "agreement": [asdict(each) for each in found.agreements],
        "recall": asdict(found.found) if found.found else None,
    }


def progress_text(found: Progress) -> str:
    """The same in words."""
    lines = [f"{found.stage.replace('_', ' ')}: {found.settled} of {found.records} records settled"]
    for who, counts in found.verdicts.items():
        lines.append(f"  {who}: {', '.join(f'{count} {verdict}' for verdict, count in sorted(counts.items()))}")
    for each in found.agreements:
        lines.append(f"  {_agreement(each)}")
        if each.conflicts:
            lines.append(f"    to settle: {', '.join(map(str, each.conflicts))}")
    if found.found:
        lines += _recall(found.found)
    return "\n".join(lines) + "\n"


def _agreement(each: Agreement) -> str:
    kappa = "cannot be told" if each.kappa is None else f"{each.kappa:.2f}"
    return f"{each.one} and {each.other}: {each.agreed} of {each.both} alike, kappa {kappa}"


def calibration_json(found: Calibration) -> dict[str, object]:
    """Its records, who read how many, and once it is finished agreement and disagreements."""
    return {
        "stage": found.round.stage,
        "seed": found.round.seed,
        "readers": found.round.readers,
        "records": list(found.round.records),
        "read": dict(found.read),
        "finished": found.finished,
        "agreement": [asdict(each) for each in found.agreements],
        "disagreements": [
            {
                "record": key,
                "said": [{name: getattr(each, name) for name in ("who", "verdict", "reason", "note")} for each in said],
                "settled": key in found.settled,
            }
            for key, said in found.disagreements.items()
        ],
    }


def calibration_text(found: Calibration) -> str:
    """The same in words."""
    part, n = found.round, len(found.round.records)
    lines = [f"calibration {part.seed}, {part.stage.replace('_', ' ')}: {n} records for {part.readers} readers"]
    lines += [f"  {who}: {count} of {n} decided" for who, count in found.read.items()]
    if not found.finished:
        lines.append("  where readers differ is told once all have decided all")
    lines += [f"  {_agreement(each)}" for each in found.agreements]
    for key, said in found.disagreements.items():
        lines.append(f"  {'settled' if key in found.settled else 'to settle'}: {key}")
        for each in said:
            why = "; ".join(filter(None, (each.reason, each.note)))
            lines.append(f"    {each.who}: {each.verdict}{f', {why}' if why else ''}")
    return "\n".join(lines) + "\n"


def _recall(found: Found) -> Iterator[str]:
    if found.open:
        yield f"  recall: {found.open} of the {found.sampled} drawn at random are not decided yet"
        return
    if found.low is None or found.high is None:
        yield "  recall: nothing was found, so its share cannot be told"
        return
    yield f"  recall: {found.low:.0%} to {found.high:.0%} (95 % interval), {found.found} found; by a random sample of"
    test = f"below {found.target:.0%}: P = {found.p_below:.3f}"
    yield f"    {found.sampled} of {found.unread} unread, {found.relevant} of them relevant; {test}"
    if found.more is not None:
        yield f"    about {found.more} more records to {found.target:.0%}"


@dataclass(frozen=True)
class Shown:
    """A record as it is read for screening, without what others said of it."""

    title: str
    people: str
    where: str
    abstract: str


def shown(record: Record) -> Shown:
    """The parts of a record that a reader sees."""
    where = ", ".join(filter(None, (record.journal, str(record.year or ""), record.doi)))
    people = "; ".join(record.authors[:4]) + (" and others" if len(record.authors) > 4 else "")
    # Some databases leave their markup in titles and abstracts.
    title, abstract = (re.sub(r"</?[A-Za-z][^<>]{0,80}>", "", text) for text in (record.title, record.abstract))
    return Shown(title or "(no title)", people, where, abstract or "(no abstract)")


def record_text(key: int, record: Record, left: int, criteria: Sequence[Told] = ()) -> str:
    """A record on the terminal. left: how many are waiting.  criteria: of the review, read from it."""
    told = shown(record)
    parts = [f"\n[{key}] {told.title}", told.people, told.where, told.abstract]
    return "\n".join([*filter(None, parts), *criteria_lines(criteria)]) + f"\n({left} left)\n"


def flow_json(found: Flow) -> dict[str, object]:
    """Each box with its count and its records."""
    return {
        "round": found.round,
        "protocol": protocol_json(found.protocol),
        "boxes": {
            box.name: {
                "title": box.title,
                "count": len(box.records),
                "records": list(box.records),
                "by": {name: list(keys) for name, keys in box.by.items()},
            }
            for box in found.boxes.values()
        },
    }


def flow_text(found: Flow) -> str:
    """One line per box."""
    lines = [f"PRISMA 2020, round {found.round} of the search", *protocol_lines(found.protocol)]
    for box in found.boxes.values():
        lines.append(f"  {len(box.records):>6}  {box.title}  ({box.name})")
        lines += [f"          {len(keys):>6}  {name}" for name, keys in box.by.items()]
    return "\n".join(lines) + "\n"


def flow_svg(found: Flow, leads_to: str = "") -> str:
    """The diagram: what goes on at the left, what leaves at the right. Each box names its records to a pointer.

    leads_to: an address with {} for the name of a box; then each box leads there, and names no record itself.
    """
    rows = (
        ("previous",), ("identified", "duplicates"), ("screened", "excluded", "waiting"), ("sought", "not_retrieved"),
        ("assessed", "text_excluded", "text_waiting"), ("included",),
    )  # fmt: skip
    drawn: list[str] = []
    top = 20
    before = None
    for row in rows:
        boxes = [found.boxes[name] for name in row if name in found.boxes]
        if not boxes:
            continue
        heights = [_height(box) for box in boxes]
        if before is not None:
            drawn.append(_arrow(20 + _WIDTH / 2, before, 20 + _WIDTH / 2, top))
        side = top
        for place, (box, height) in enumerate(zip(boxes, heights, strict=True)):
            left = 20 if place == 0 else 20 + _WIDTH + 60
            drawn += _drawn(box, left, top if place == 0 else side, height, leads_to)
            if place:
                drawn.append(_arrow(20 + _WIDTH, side + height / 2, left, side + height / 2))
                side += height + 10
        # The box at the left is as high as those at its right, so that their arrows begin at it.
        low = max(top + heights[0], side - 10)
        if low > top + heights[0]:
            drawn.append(_arrow(20 + _WIDTH / 2, top + heights[0], 20 + _WIDTH / 2, low, head=False))
            drawn.append(_arrow(20 + _WIDTH, top + heights[0], 20 + _WIDTH, low, head=False))
        before, top = low, low + _GAP
    width = 2 * _WIDTH + 100
    # Without a view box a page that stretches it would leave an empty place below.
    size = f'width="{width}" height="{top}" viewBox="0 0 {width} {top}"'
    shape = '<path d="M0 0 8 4 0 8z"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13" '
        f'role="{"group" if leads_to else "img"}">'
        f"<title>{escape(', '.join(filter(None, ('PRISMA 2020 flow', found.protocol.line))))}</title>"
        f'<defs><marker id="a" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">{shape}</marker></defs>'
        + "\n".join(["", *drawn, "</svg>", ""])
    )


def _words(box: Box) -> list[str]:
    return [f"{box.title} (n = {len(box.records)})", *(f"  {name} (n = {len(keys)})" for name, keys in box.by.items())]


def _height(box: Box) -> int:
    return len(_words(box)) * _LINE + 14


def _drawn(box: Box, left: float, top: float, height: float, leads_to: str) -> Iterator[str]:
    keys = f"records {', '.join(map(str, box.records))}" if box.records else "no records"
    if leads_to:
        yield f'<a href="{escape(leads_to.format(box.name))}">'
    else:
        yield f'<g id="{box.name}"><title>{escape(keys)}</title>'
    yield f'<rect x="{left}" y="{top}" width="{_WIDTH}" height="{height}" fill="#fff" stroke="#333"/>'
    for place, words in enumerate(_words(box)):
        short = words if len(words) <= 44 else f"{words[:30]}… {words[words.rindex('(') :]}"
        indent = 20 if words.startswith("  ") else 8
        yield f'<text x="{left + indent}" y="{top + 20 + place * _LINE}">{escape(short.strip())}</text>'
    yield "</a>" if leads_to else "</g>"


def _arrow(x1: float, y1: float, x2: float, y2: float, *, head: bool = True) -> str:
    end = ' marker-end="url(#a)"' if head else ""
    return f'<path d="M{x1} {y1} {x2} {y2}" stroke="#333"{end}/>'

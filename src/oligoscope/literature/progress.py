"""How far screening is, how well readers agree, and how much has been found."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from oligoscope.literature.calibration import blind
from oligoscope.literature.screening import Agreement, agreements, current, settled
from oligoscope.literature.stopping import cost, p_below, recall
from oligoscope.literature.store import Decision, Sample, Store


@dataclass(frozen=True)
class Found:
    """Recall by the last random sample, and by what was found since. low, high: its 95 % interval.

    p_below: of the test that recall was below the target when the sample was read.  more: records that are likely to be
    read until the target is reached; None where it cannot be told.  open: records of the sample that nobody decided:
    until it is 0, nothing else is told.
    """

    who: str
    unread: int
    sampled: int
    open: int
    relevant: int = 0
    found: int = 0
    low: float | None = None
    high: float | None = None
    target: float = 0.95
    p_below: float | None = None
    more: int | None = None


@dataclass(frozen=True)
class Progress:
    """records: groups that can be read at this stage. verdicts: by person, their last on each."""

    stage: str
    records: int
    settled: int
    verdicts: Mapping[str, Mapping[str, int]]
    agreements: tuple[Agreement, ...]
    found: Found | None


def progress(store: Store, stage: str, target: float) -> Progress:
    """Of a stage. target: the recall that is wanted, above 0 and below 1."""
    heads, decisions = store.heads(), store.decisions()
    here = [each for each in decisions if each.stage == stage]
    keys = readable(store, stage)
    verdicts = {who: Counter(each.verdict for each in said.values()) for who, said in current(here, heads).items()}
    samples = store.samples(stage)
    found = _found(samples[-1], here, heads, target) if samples else None
    decided = settled(here, heads).keys() & set(keys)
    hidden = blind(store, stage)
    open_ones = [each for each in here if heads.get(each.record, each.record) not in hidden]
    return Progress(stage, len(keys), len(decided), verdicts, tuple(agreements(open_ones, heads)), found)


def readable(store: Store, stage: str) -> list[int]:
    """The groups that a stage reads: at full text only what titles let in."""
    heads = store.heads()
    keys = [key for key in store.source_of() if key not in heads]
    if stage == "full_text":
        let_in = settled(store.decisions("abstract"), heads)
        keys = [key for key in keys if key in let_in and let_in[key].verdict == "include"]
    return keys


def _found(sample: Sample, decisions: list[Decision], heads: Mapping[int, int], target: float) -> Found:
    """Recall of the person whose unread records were drawn from."""
    mine = [each for each in decisions if each.who in (sample.who, "imported")]
    last: dict[int, Decision] = {}
    order: list[int] = []  # Groups in the order in which they were first decided.
    before: set[int] = set()
    for each in mine:
        key = heads.get(each.record, each.record)
        if key not in last:
            order.append(key)
        last[key] = each
        if each.id <= sample.after:
            before.add(key)
    drawn = {heads.get(key, key) for key in sample.records}
    undecided = [key for key in drawn if key not in last or last[key].verdict not in ("include", "exclude")]
    if undecided:
        return Found(sample.who, sample.unread, len(drawn), len(undecided), target=target)
    relevant = {key for key, each in last.items() if each.verdict == "include"}
    earlier, inside = len(relevant & before - drawn), len(relevant & drawn)
    told = recall(earlier, sample.unread, len(drawn), inside)
    since = len(relevant) - earlier - inside
    most, least = told.found + told.missed_high, told.found + max(told.missed_low, since)
    likely = round(sample.unread * inside / len(drawn)) - inside
    finds = [place for place, key in enumerate(order, 1) if key in relevant]
    return Found(
        sample.who,
        sample.unread,
        len(drawn),
        0,
        inside,
        len(relevant),
        round(len(relevant) / most, 4) if most else None,
        round(len(relevant) / least, 4) if least else None,
        target,
        p_below(target, earlier, sample.unread, len(drawn), inside),
        cost(finds, len(order), max(0, likely - since), target),
    )

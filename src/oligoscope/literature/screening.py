"""Screening: what comes next, who said what, where two differ, and how well they agree.

A decision counts for the whole group of its record, and the last one of a person is theirs. "skip" and "maybe" come
back: skipped records after all others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from oligoscope.literature.store import Decision, Store

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

IMPORTED = "imported"
"""Who decided what came with a file: known relevant records teach the ranking, and nobody is asked again."""
SETTLED = ("include", "exclude")


@dataclass(frozen=True)
class Queue:
    """What a person has still to read, in order. read: how many they have decided. learned: whether the order rests on
    decisions; without a relevant and an irrelevant one it is that of the import.
    """

    waiting: tuple[int, ...]
    read: int
    learned: bool


@dataclass(frozen=True)
class Agreement:
    """How two people agree on the records that both decided. kappa: Cohen's; None where both said one thing only."""

    one: str
    other: str
    both: int
    agreed: int
    kappa: float | None
    conflicts: tuple[int, ...]


def current(decisions: Sequence[Decision], heads: Mapping[int, int]) -> dict[str, dict[int, Decision]]:
    """The last decision of each person on each group, by the first record of the group."""
    found: dict[str, dict[int, Decision]] = {}
    for each in decisions:
        if not each.settles:
            found.setdefault(each.who, {})[heads.get(each.record, each.record)] = each
    return found


def settled(decisions: Sequence[Decision], heads: Mapping[int, int], readers: int = 1) -> dict[int, Decision]:
    """What stands for each group: an adjudication, else what as many readers as are needed agree on.

    readers: how many must agree; a decision that came with a file stands alone.
    """
    by_person = current(decisions, heads)
    found: dict[int, Decision] = {}
    keys = {key for each in by_person.values() for key in each}
    for key in sorted(keys):
        said = [each[key] for each in by_person.values() if key in each and each[key].verdict in SETTLED]
        verdicts = {each.verdict for each in said}
        enough = len(said) >= readers or any(each.who == IMPORTED for each in said)
        if said and enough and len(verdicts) == 1:
            found[key] = max(said, key=lambda each: each.id)
    for each in decisions:
        if each.settles:
            found[heads.get(each.record, each.record)] = each
    return found


def agreements(decisions: Sequence[Decision], heads: Mapping[int, int]) -> list[Agreement]:
    """Every pair of people who decided the same records."""
    by_person = {who: each for who, each in current(decisions, heads).items() if who != IMPORTED}
    done = {heads.get(each.record, each.record) for each in decisions if each.settles}
    names = sorted(by_person)
    found = []
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            pairs = {
                key: (by_person[one][key].verdict, by_person[other][key].verdict)
                for key in by_person[one].keys() & by_person[other].keys()
                if by_person[one][key].verdict in SETTLED and by_person[other][key].verdict in SETTLED
            }
            if pairs:
                differ = tuple(sorted(key for key, (a, b) in pairs.items() if a != b))
                agreed = len(pairs) - len(differ)
                waiting = tuple(key for key in differ if key not in done)
                found.append(Agreement(one, other, len(pairs), agreed, kappa(list(pairs.values())), waiting))
    return found


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two readers; None where chance alone would make them agree always.

    >>> kappa([("a", "a"), ("b", "b"), ("a", "b"), ("b", "b")])
    0.5
    """
    n = len(pairs)
    seen = sum(a == b for a, b in pairs) / n
    words = {word for pair in pairs for word in pair}
    chance = sum(sum(a == w for a, _ in pairs) / n * (sum(b == w for _, b in pairs) / n) for w in words)
    return None if chance == 1 else (seen - chance) / (1 - chance)


def queue(store: Store, who: str, stage: str, drawn: Sequence[int] = ()) -> Queue:
    """What a person reads next: at full text only what the titles let in. Nobody sees what another said.

    drawn: a random sample that is read first, in its order.
    """
    heads = store.heads()
    decisions = store.decisions()
    at_stage = [each for each in decisions if each.stage == stage]
    keys = store.distinct()
    distinct = set(keys)
    if stage == "full_text":
        let_in = settled([each for each in decisions if each.stage == "abstract"], heads)
        keys = [key for key in keys if key in let_in and let_in[key].verdict == "include"]
    mine = current(at_stage, heads)
    own = {**mine.get(IMPORTED, {}), **mine.get(who, {})}
    finished = {key for key, each in own.items() if each.verdict in SETTLED}
    waiting = [key for key in keys if key not in finished]
    # What this person said teaches the order for this person: with all decisions it would tell what others said.
    labels = {key: own[key].verdict == "include" for key in finished & distinct}
    learned = len(set(labels.values())) == 2
    ranked = _ranked(waiting, labels, store) if learned else waiting
    open_ones = set(waiting)
    first = [key for key in drawn if key in open_ones]
    later = [key for key in ranked if key in own and own[key].verdict == "skip"]
    taken = {*first, *later}
    return Queue((*first, *(key for key in ranked if key not in taken), *later), len(finished), learned)


def _ranked(waiting: Sequence[int], labels: Mapping[int, bool], store: Store) -> list[int]:
    """Best first; in the order of the import where no record has a word to learn from."""
    import numpy as np

    from oligoscope.literature.ranking import UNREAD, scores_of

    # In one order however much was read, so that their words are weighed once in a session.
    keys = sorted({*labels, *waiting})
    try:
        matrix = _weighed(tuple(store.texts(keys)))
    except ValueError:
        return list(waiting)
    places = {key: place for place, key in enumerate(keys)}
    known = np.full(len(keys), UNREAD, np.int8)
    for key, included in labels.items():
        known[places[key]] = included
    scores = scores_of(matrix, known)[[places[key] for key in waiting]]
    return [waiting[place] for place in np.argsort(-scores, kind="stable").tolist()]


@lru_cache(maxsize=1)
def _weighed(texts: tuple[str, ...]) -> "csr_matrix":
    """The words of the records, weighed again only when records came or went: 100,000 take most of a minute."""
    from oligoscope.literature.ranking import matrix_of

    return matrix_of(texts)

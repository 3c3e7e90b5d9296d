"""The limits of organs beside the doses of a lesion: by number of fractions, those that stop a plan."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from oligoscope.dose.metric import number
from oligoscope.knowledge import Knowledge
from oligoscope.report.cards import Card
from oligoscope.report.wording import status_in_words


def card_limits(cards: Iterable[Card], knowledge: Knowledge, say: Callable[..., str]) -> Iterator[str]:
    """One sentence for each number of fractions that doses of these cards have, those that only may fit too.

    Of every organ at which a plan must stop, what the source allows that judges so many fractions; which organs lie
    near a lesion no chart says.
    """
    counts = {n for card in cards for line in (*card.doses, *card.may) for n in line.fractions}
    limits = knowledge.limits
    for n in sorted(counts):
        rows = [row for row in limits.of(n) if row.judges and row.source == limits.judged_by.get(n)]
        stops = [row for row in rows if limits.organs[row.organ].hard_stop and not row.is_wish]
        fractions = f"{n} fraction{'' if n == 1 else 's'}"
        if not stops:
            yield say("limits_none", fractions=fractions)
            continue
        each = (
            f"{limits.organs[organ].label} "
            + ", ".join(f"{row.metric} {number(row.limit or 0)} {row.unit}" for row in own)
            for organ, own in groupby(stops, key=lambda row: row.organ)
        )
        read = " or ".join(dict.fromkeys(status_in_words(row.status) for row in stops))
        yield say("limits_of", fractions=fractions, source=f"{stops[0].label}, {read}", limits="; ".join(each))

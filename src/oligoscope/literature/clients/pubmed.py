"""PubMed by its E-utilities: a search in parts that add up, and records by their numbers.

ESearch names 9,999 records at most, with a history server or without: a search that finds more is parted by the day on
which a record came into PubMed (its Entrez date), until each part is small enough. Each part must name as many records
as it was counted to have, and the parts must add up to the count of the whole.
"""

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from oligoscope.literature.clients.caller import BrokenAnswerError, Caller, RefusedError, UpstreamError
from oligoscope.literature.reading import Read, Remark, read_bytes

T = TypeVar("T")

NAME = "PubMed"
BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
PER_SECOND, PER_SECOND_WITH_KEY = 3.0, 10.0
KEY_VARIABLE = "NCBI_API_KEY"
MOST = 9_999
BATCH = 200
"""Records in one answer of EFetch: about 2 MB, some seconds."""
FIRST_DAY = datetime.date(1800, 1, 1)
_SETTLING = 2
"""How often counts that do not add up are taken again: records may come in between two counts."""


@dataclass(frozen=True)
class Part:
    """The records that came into PubMed between two days, both with. ids: ascending."""

    since: datetime.date
    until: datetime.date
    count: int
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """What a search names. remarks: what PubMed said of the words of the search."""

    count: int
    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Answer:
    count: int
    ids: tuple[str, ...]
    remarks: tuple[str, ...]


class PubMed:
    """PubMed behind a caller."""

    def __init__(self, caller: Caller, most: int = MOST) -> None:
        self._caller, self._most = caller, most

    def search(self, query: str, until: datetime.date, on_part: Callable[[int], object] = lambda _: None) -> Named:
        """All that a query finds among what had come in by a day. on_part: told how many a part names.

        Raises UpstreamError where the parts do not add up.
        """
        whole = self._ask(query, FIRST_DAY, until)
        parts = []
        owner: dict[str, Part] = {}
        for part in self._parted(query, Part(FIRST_DAY, until, whole.count)):
            found = self._ids(query, part)
            for each in found.ids:
                if each in owner:
                    self._stop(f"{_days(owner[each])} and {_days(part)} both name record {each}")
                owner[each] = part
            parts.append(found)
            on_part(len(found.ids))
        if len(owner) != whole.count:
            self._stop(f"the parts name {len(owner)} records, and the whole search {whole.count}")
        return Named(whole.count, tuple(parts), whole.remarks)

    def fetch(self, ids: Sequence[str]) -> tuple[bytes, Read]:
        """Records by their numbers: the answer as it came, and what was read of it.

        A record that is asked for twice and not given is among what was refused, with its number.
        """
        asked = set(ids)

        def read(content: bytes) -> tuple[bytes, Read]:
            found = read_bytes(content, "efetch.xml")
            if found.refused:
                raise BrokenAnswerError(found.refused[0].text)
            strange = {each.pmid for each in found.records} - asked
            if strange:
                raise BrokenAnswerError(f"it holds records that were not asked for: {', '.join(sorted(strange)[:5])}")
            if len(found.records) != len({each.pmid for each in found.records}):
                raise BrokenAnswerError("it holds a record twice")
            return content, found

        values = {"db": "pubmed", "retmode": "xml", "id": ",".join(ids)}
        content, found = self._post("efetch.fcgi", values, read)
        if asked - {each.pmid for each in found.records}:
            content, found = self._post("efetch.fcgi", values, read)
        missing = sorted(asked - {each.pmid for each in found.records}, key=int)
        refused = tuple(Remark(1, f"record {each} is named by the search, and was not given") for each in missing)
        return content, Read(found.form, found.records, refused, found.quirks, found.encoding)

    def _parted(self, query: str, part: Part) -> list[Part]:
        if part.count <= self._most:
            return [part]
        if part.since == part.until:
            fix = "narrow the words of the search: one day cannot be parted"
            problem = f"{part.count} records came in on {part.since}, and {self._most} can be named"
            raise UpstreamError(NAME, self._caller.base, problem, fix)
        middle = part.since + (part.until - part.since) // 2
        days = (part.since, middle), (middle + datetime.timedelta(1), part.until)
        for _ in range(_SETTLING):
            halves = [Part(a, b, self._ask(query, a, b).count) for a, b in days]
            if sum(half.count for half in halves) == part.count:
                break
        else:
            counts = " and ".join(str(half.count) for half in halves)
            self._stop(f"{_days(part)} has {part.count} records, and its halves have {counts}")
        return [each for half in halves for each in self._parted(query, half)]

    def _ids(self, query: str, part: Part) -> Part:
        answer = self._ask(query, part.since, part.until, part.count)
        return Part(part.since, part.until, part.count, answer.ids)

    def _ask(self, query: str, since: datetime.date, until: datetime.date, expected: int | None = None) -> _Answer:
        """expected: how many records are to be named; None to count only."""
        values = {
            "db": "pubmed",
            "term": query,
            "retmode": "json",
            "retmax": str(expected or 0),
            "datetype": "edat",
            "mindate": f"{since:%Y/%m/%d}",
            "maxdate": f"{until:%Y/%m/%d}",
        }

        def read(content: bytes) -> _Answer:
            answer = _read(content)
            if expected is not None and not answer.count == len(answer.ids) == expected:
                said = f"{answer.count}, {len(answer.ids)} of them named"
                raise BrokenAnswerError(f"{since} to {until} had {expected} records and now has {said}")
            return answer

        return self._post("esearch.fcgi", values, read)

    def _post(self, path: str, values: dict[str, str], read: Callable[[bytes], T]) -> T:
        try:
            # Not in the address: searches are long, and addresses, with a key in them, stand in logs on the way.
            return self._caller.ask(path, {"tool": "oligoscope", **values}, read, "POST")
        except RefusedError as error:
            raise UpstreamError(NAME, self._caller.base, str(error), "correct the search, or the address") from None

    def _stop(self, problem: str) -> NoReturn:
        fix = "nothing of this search was kept; records may have come in meanwhile: run the same command again"
        raise UpstreamError(NAME, self._caller.base, problem, fix)


def _read(content: bytes) -> _Answer:
    try:
        document = json.loads(content)
        answer = document["esearchresult"]
        if "ERROR" in answer:
            raise BrokenAnswerError(str(answer["ERROR"])[:160])
        ids = tuple(sorted(dict.fromkeys(map(str, answer["idlist"])), key=int))
        listed = {**answer.get("errorlist", {}), **answer.get("warninglist", {})}
        remarks = tuple(f"{name}: {', '.join(map(str, texts))}" for name, texts in listed.items() if texts)
        return _Answer(int(answer["count"]), ids, remarks)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BrokenAnswerError):
            raise
        kind = "a page of HTML" if content.lstrip()[:1] == b"<" else "no whole answer of ESearch"
        raise BrokenAnswerError(f"{kind} ({type(error).__name__})") from None


def _days(part: Part) -> str:
    return f"{part.since} to {part.until}"

"""ClinicalTrials.gov by its API, version 2: all trials of a search page by page, and one trial by its number.

A page leads to the next by a token, which expires: then all is asked again from the first page. The registry's public
interface gives a record as it stands; its earlier versions are not to be had there, so the store of a review keeps each
version that it sees.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from oligoscope.errors import NotAllowed
from oligoscope.literature.clients.caller import BrokenAnswerError, Caller, RefusedError, UpstreamError

NAME = "ClinicalTrials.gov"
BASE = "https://clinicaltrials.gov/api/v2"
PER_SECOND = 1.0
"""The registry names no number for its public interface; a search takes a few questions."""
PAGE = 200
NUMBER = re.compile(r"NCT\d{8}")
_PARTS = "ProtocolSection|HasResults"
"""Of a record: what the sponsor says of the trial, and whether results are posted; the results are megabytes."""
_FROM_THE_START = 3

Trial = Mapping[str, object]
"""A record as the registry gives it."""


class Registry:
    """ClinicalTrials.gov behind a caller."""

    def __init__(self, caller: Caller, page: int = PAGE) -> None:
        self._caller, self._page = caller, page

    def search(self, query: Mapping[str, str], on_page: Callable[[int, int], object] = lambda *_: None) -> list[Trial]:
        """All trials of a search, by their numbers. query: as the interface names its parts, `query.cond` and so on.

        on_page: told how many came, and of how many. Raises UpstreamError where the pages do not add up to the count.
        """
        problem = ""
        for _ in range(_FROM_THE_START):
            try:
                return self._pages(query, on_page)
            except _OnceMoreError as error:
                problem = str(error)
        raise UpstreamError(NAME, self._caller.base, f"{problem}; begun {_FROM_THE_START} times")

    def trial(self, number: str) -> Trial:
        """One trial. Raises NotAllowed where the registry has none of that number."""
        try:
            found = self._caller.ask(f"studies/{number}", {"format": "json", "fields": _PARTS}, _document)
        except RefusedError as error:
            if error.status in (400, 404):
                raise NotAllowed("trial", number, "NCT and eight digits", f"{NAME} has none of that number") from None
            raise UpstreamError(NAME, self._caller.base, str(error), "correct the address") from None
        if number_of(found) != number:
            raise UpstreamError(
                NAME, self._caller.base, f"asked for {number}, it gave {number_of(found) or 'no trial'}"
            )
        return found

    def _pages(self, query: Mapping[str, str], on_page: Callable[[int, int], object]) -> list[Trial]:
        found: dict[str, Trial] = {}
        total, token, seen = 0, "", set[str]()
        while True:
            page = self._one(query, token)
            total = total if token else _total(page)
            trials = _trials(page)
            twice = [number for trial in trials if (number := number_of(trial)) in found]
            if twice:
                raise _OnceMoreError(f"{twice[0]} stands on two pages")
            found |= {number_of(trial): trial for trial in trials}
            on_page(len(found), total)
            token = str(page.get("nextPageToken") or "")
            if not token:
                break
            if token in seen or not trials:
                raise _OnceMoreError("its pages go round in a circle")
            seen.add(token)
        if len(found) != total:
            raise _OnceMoreError(f"it counts {total} trials, and gave {len(found)}")
        return [found[number] for number in sorted(found)]

    def _one(self, query: Mapping[str, str], token: str) -> Trial:
        values = {
            **query,
            "format": "json",
            "fields": _PARTS,
            "pageSize": str(self._page),
            "sort": "StudyFirstPostDate:asc",
            **({"pageToken": token} if token else {"countTotal": "true"}),
        }
        try:
            return self._caller.ask("studies", values, _document)
        except RefusedError as error:
            if token:
                raise _OnceMoreError(f"the token of a page has expired ({error})") from None
            raise UpstreamError(NAME, self._caller.base, str(error), "correct the search, or the address") from None


class _OnceMoreError(ValueError):
    """Pages that do not belong together: all is asked again from the first."""


def number_of(trial: Trial) -> str:
    """Its number in the registry; "" where it has none."""
    return str(at(trial, "protocolSection", "identificationModule", "nctId") or "")


def at(document: object, *path: str) -> object:
    """What stands at a path; None where nothing does."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _document(content: bytes) -> Trial:
    try:
        found = json.loads(content)
    except ValueError:
        kind = "a page of HTML" if content.lstrip()[:1] == b"<" else "JSON that breaks off"
        raise BrokenAnswerError(kind) from None
    if not isinstance(found, dict):
        raise BrokenAnswerError("no record and no page of records")
    return found


def _trials(page: Trial) -> Sequence[Trial]:
    trials = page.get("studies")
    if not isinstance(trials, list) or not all(number_of(each) for each in trials):
        raise UpstreamError(NAME, "a page", "it holds records without a number", "correct the address")
    return trials


def _total(page: Trial) -> int:
    total = page.get("totalCount")
    if not isinstance(total, int):
        raise UpstreamError(NAME, "the first page", "it does not say how many trials there are", "correct the address")
    return total

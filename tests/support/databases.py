"""Stand-ins for PubMed and ClinicalTrials.gov on this machine: made-up records, and the faults of real services.

Each fault is told once for how many answers, and counted when it was served: a test that asserts the count has seen it.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

MOST = 9_999
HTML = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body>Come back later</body></html>"


@dataclass
class Article:
    """A record of PubMed. came: its Entrez date.  corrections: (RefType, PMID).  kinds: publication types."""

    pmid: str
    came: date
    title: str
    abstract: str = "Patients with one to five metastases were randomised."
    kinds: tuple[str, ...] = ("Journal Article",)
    corrections: tuple[tuple[str, str], ...] = ()
    gone: bool = False

    def xml(self) -> str:
        links = "".join(
            f'<CommentsCorrections RefType="{kind}"><RefSource>J</RefSource><PMID>{pmid}</PMID></CommentsCorrections>'
            for kind, pmid in self.corrections
        )
        kinds = "".join(f"<PublicationType>{kind}</PublicationType>" for kind in self.kinds)
        return (
            f"<PubmedArticle><MedlineCitation><PMID>{self.pmid}</PMID><Article><Journal><Title>Made-up Journal</Title>"
            f"<JournalIssue><PubDate><Year>{self.came.year}</Year></PubDate></JournalIssue></Journal>"
            f"<ArticleTitle>{escape(self.title)}</ArticleTitle>"
            f"<Abstract><AbstractText>{escape(self.abstract)}</AbstractText></Abstract>"
            f"<PublicationTypeList>{kinds}</PublicationTypeList></Article>"
            f"<CommentsCorrectionsList>{links}</CommentsCorrectionsList></MedlineCitation></PubmedArticle>\n"
        )


def trial(number: str, posted: str = "2020-01-01", **changes: Any) -> dict[str, Any]:
    """A record of the registry. changes: status, updated, results, criteria, title."""
    return {
        "protocolSection": {
            "identificationModule": {"nctId": number, "briefTitle": changes.get("title", f"A made-up trial, {number}")},
            "statusModule": {
                "overallStatus": changes.get("status", "RECRUITING"),
                "studyFirstPostDateStruct": {"date": posted},
                "lastUpdatePostDateStruct": {"date": changes.get("updated", posted)},
            },
            "designModule": {"phases": ["PHASE2"], "enrollmentInfo": {"count": 90}},
            "eligibilityModule": {
                "eligibilityCriteria": changes.get("criteria", "Inclusion Criteria:\n\n* ECOG 0 or 1"),
                "sex": changes.get("sex", "ALL"),
                "minimumAge": changes.get("minimum", "18 Years"),
            },
            "contactsLocationsModule": {"locations": [{"facility": "A clinic", "contacts": [{"name": "A person"}]}]},
        },
        "hasResults": changes.get("results", False),
    }


def articles(count: int, first: date = date(2015, 1, 1), start: int = 1000) -> dict[str, Article]:
    """Made-up records, one a day."""
    words = ("lung", "brain", "adrenal", "bone", "liver", "node", "skin")
    found = {}
    for place in range(count):
        pmid = str(start + place)
        text = f"{place * 7919 % 9973} patients with {words[place % 7]} metastases, a made-up series of {place}"
        found[pmid] = Article(pmid, first + timedelta(place), text)
    return found


@dataclass
class Databases:
    """What the stand-ins hold, the faults that wait, and what was asked and served."""

    articles: dict[str, Article] = field(default_factory=dict)
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    most: int = MOST
    obliging: bool = False
    """A record or trial that is asked for by its number and is not held is made up."""
    faults: list[tuple[str, str]] = field(default_factory=list)
    served: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[float, str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def pubmed_url(self) -> str:
        return f"{self.url}/pubmed"

    @property
    def registry_url(self) -> str:
        return f"{self.url}/registry"

    @property
    def options(self) -> list[str]:
        """Of the command line."""
        return ["--pubmed-url", self.pubmed_url, "--clinicaltrials-url", self.registry_url, "--per-second", "1000"]

    def fault(self, name: str, path: str, times: int = 1) -> None:
        """The next answers of a path go wrong. name: a method of `_Answering` that begins with fault_."""
        self.faults += [(name, path)] * times

    def due(self, path: str) -> str:
        for place, (name, where) in enumerate(self.faults):
            if where in path:
                del self.faults[place]
                self.served[name] += 1
                return name
        return ""


@contextmanager
def databases(**holds: Any) -> Iterator[Databases]:
    """The stand-ins, running."""
    held = Databases(**holds)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (_Answering,), {"held": held}))
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answering(BaseHTTPRequestHandler):
    held: Databases
    protocol_version = "HTTP/1.1"
    # In one piece: head and body in two would wait 40 ms for each other.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._answer(parts.path, parts.query)

    def do_POST(self) -> None:
        self._answer(urlsplit(self.path).path, self.rfile.read(int(self.headers["content-length"])).decode())

    def _answer(self, path: str, query: str) -> None:
        values = {name: found[0] for name, found in parse_qs(query).items()}
        self.held.asked.append((time.monotonic(), self.path, values, dict(self.headers)))
        name = self.held.due(path)
        status, content = self._content(path, values, name)
        fault = getattr(self, f"fault_{name}", None)
        try:
            if fault:
                fault(content)
            else:
                self._send(status, content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _content(self, path: str, values: dict[str, str], name: str) -> tuple[int, bytes]:
        if path.endswith("esearch.fcgi"):
            return 200, self._esearch(values, name)
        if path.endswith("efetch.fcgi"):
            return 200, self._efetch(values, name)
        if path.endswith("/studies"):
            return self._studies(values, name)
        number = path.rpartition("/")[2]
        found = self.held.trials.get(number)
        return (200, json.dumps(found).encode()) if found else (404, b"not found")

    def _esearch(self, values: dict[str, str], name: str) -> bytes:
        first, last = (date(*map(int, values[end].split("/"))) for end in ("mindate", "maxdate"))
        found = [pmid for pmid, each in self.held.articles.items() if first <= each.came <= last]
        ids = found[::-1][: min(int(values["retmax"]), self.held.most)]
        if name == "duplicate" and ids:
            ids[-1] = ids[0]
        if name == "foreign" and ids:
            ids[0] = next(iter(self.held.articles))
        count = len(found) + (7 if name == "wrong_count" else 0)
        answer: dict[str, Any] = {"count": str(count), "retmax": values["retmax"], "retstart": "0", "idlist": ids}
        if name == "backend":
            answer = {"ERROR": "Search Backend failed: no answer"}
        if name == "phrase":
            answer["errorlist"] = {"phrasesnotfound": ["oligoo"], "fieldsnotfound": []}
        return json.dumps({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": answer}).encode()

    def _efetch(self, values: dict[str, str], name: str) -> bytes:
        asked = values["id"].split(",")
        if self.held.obliging:
            others = {pmid: Article(pmid, date(2000, 1, 1), f"Report {pmid}") for pmid in asked}
            found = [{**others, **self.held.articles}[each] for each in asked]
        else:
            found = [self.held.articles[each] for each in asked if each in self.held.articles]
        given = "".join(each.xml() for each in found if not each.gone)
        if name == "stranger":
            given = Article("1", date(2020, 1, 1), "Not asked for").xml()
        if name == "short":
            given = "".join(each.xml() for each in found[1:])
        return f'<?xml version="1.0" ?>\n<PubmedArticleSet>\n{given}</PubmedArticleSet>'.encode()

    def _studies(self, values: dict[str, str], name: str) -> tuple[int, bytes]:
        if name == "expired":
            return 400, b"Invalid page token"
        held, found = dict(self.held.trials), sorted(self.held.trials)
        if "filter.ids" in values:
            asked = values["filter.ids"].split("|")
            held.update({number: trial(number) for number in asked} if self.held.obliging else {})
            held.update(self.held.trials)
            found = [number for number in asked if number in held]
        elif "filter.advanced" in values:
            last = values["filter.advanced"].rpartition(",")[2].rstrip("]")
            found = [n for n in found if _posted(self.held.trials[n]) <= last]
        size, start = int(values["pageSize"]), int(values.get("pageToken", "t0")[1:])
        page: dict[str, Any] = {"studies": [held[number] for number in found[start : start + size]]}
        if "countTotal" in values:
            page["totalCount"] = len(found) + (3 if name == "wrong_count" else 0)
        if start + size < len(found):
            page["nextPageToken"] = f"t{start if name == 'circle' else start + size}"
        return 200, json.dumps(page).encode()

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def fault_too_many(self, _: bytes) -> None:
        self._send(429, b'{"error":"API rate limit exceeded"}', retry_after="1")

    def fault_come_back_tomorrow(self, _: bytes) -> None:
        self._send(429, b"", retry_after="86400")

    def fault_down(self, _: bytes) -> None:
        self._send(500, b"Internal Server Error")

    def fault_no_key(self, _: bytes) -> None:
        self._send(400, f"API key invalid: {self.held.asked[-1][2].get('api_key', '')}".encode())

    def fault_moved(self, _: bytes) -> None:
        self._send(302, b"", location="http://127.0.0.1:9/elsewhere")

    def fault_truncated(self, content: bytes) -> None:
        self._send(200, content[: len(content) // 2])

    def fault_broken_off(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.close_connection = True

    def fault_html(self, _: bytes) -> None:
        self._send(200, HTML)

    def fault_drip(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        for place in range(len(content)):
            self.wfile.write(content[place : place + 1])
            self.wfile.flush()
            time.sleep(0.05)


def _posted(record: dict[str, Any]) -> str:
    found = record["protocolSection"]["statusModule"]["studyFirstPostDateStruct"]["date"]
    assert isinstance(found, str)
    return found

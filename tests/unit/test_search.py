"""Finding studies: every filter on its own, and all of them together."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.model import Study
from oligoscope.evidence.search import find
from oligoscope.evidence.store import Store


def study(name: str, published: str, **more: Any) -> Study:
    content: dict[str, Any] = {
        "study": name,
        "title": f"The {name} trial",
        "design": "randomised phase II",
        "setting": "oligometastatic",
        "reports": [{"id": name, "citation": f"{name} et al.", "published": published}],
        "arms": [],
        "results": [],
        **more,
    }
    return Study.model_validate(content)


@dataclass
class Shelf:
    """Studies to look through."""

    kept: tuple[Study, ...]
    statements: tuple[Any, ...] = field(default_factory=tuple)

    def studies(self) -> tuple[Study, ...]:
        return self.kept


@pytest.fixture
def shelf() -> Any:
    return Shelf((study("early", "2016-10"), study("late", "2023-05-04"), study("some", "2019")))


def names(store: Store, **filters: Any) -> list[str]:
    return [found.study for found in find(store, **filters).studies]


def test_newest_first(shelf: Any) -> None:
    assert names(shelf) == ["late", "some", "early"]


def test_every_word_must_occur(shelf: Any) -> None:
    assert names(shelf, words=["trial", "LATE"]) == ["late"]
    assert names(shelf, words=["late", "early"]) == []


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"since": "2019"}, ["late", "some"]),
        ({"since": "2019-07"}, ["late", "some"]),
        ({"since": "2020"}, ["late"]),
        ({"since": "2023-05-05"}, []),
        ({"until": "2016"}, ["early"]),
        ({"until": "2016-10"}, ["early"]),
        ({"until": "2016-09"}, []),
        ({"until": "2019-02-01"}, ["some", "early"]),
        ({"since": "2017", "until": "2022"}, ["some"]),
    ],
)
def test_a_date_known_to_the_month_or_year_may_lie_inside(
    shelf: Any, dates: dict[str, str], expected: list[str]
) -> None:
    assert names(shelf, **dates) == expected


@pytest.mark.parametrize("written", ["19", "may 2019", "2019-1", "201", "20190101"])
def test_what_is_no_date_is_refused(shelf: Any, written: str) -> None:
    with pytest.raises(EvidenceError, match="no date"):
        find(shelf, since=written)


def test_design_and_population() -> None:
    shelf: Any = Shelf((study("a", "2020", design="single arm", population="brain metastases"), study("b", "2021")))
    assert names(shelf, design="single") == ["a"]
    assert names(shelf, population="BRAIN") == ["a"]
    assert names(shelf, population="oligometastatic") == ["b", "a"]


def test_an_endpoint_is_asked_of_results() -> None:
    result = {"id": "r", "report": "a", "endpoint": "PFS", "measure": "median", "value": 9.0, "status": "seen"}
    shelf: Any = Shelf((study("a", "2020", results=[result]), study("b", "2021")))
    assert names(shelf, endpoint="pfs") == ["a"]

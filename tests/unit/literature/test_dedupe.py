"""Which records are one and which are kin: rules by example, and two sets where people marked the duplicates."""

from collections import defaultdict

import pytest

from oligoscope.literature.dedupe import Found, dedupe
from oligoscope.literature.likeness import compare, plain
from oligoscope.literature.reading import read
from oligoscope.literature.record import Record
from tests.support.shared import shared

TITLE = "Consolidative radiotherapy for limited metastatic disease in a made-up trial"


def record(title: str = TITLE, **values: object) -> Record:
    return Record(**{"title": title, "authors": ("Doe, Jane",), "year": 2020, **values})  # type: ignore[arg-type] # a test may name any field


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        (record(pmid="5"), record("Other words", pmid="5"), "same"),
        (record(doi="10.1234/a"), record(TITLE.upper(), doi="10.1234/a", year=2021), "same"),
        (record(doi="10.1234/a"), record("Nothing in common with the other one", doi="10.1234/a"), ""),
        (record(), record(f"{TITLE}."), "same"),
        (record(volume="5", pages="100-9"), record(volume="5", pages="100-109"), "same"),
        (record(), record(TITLE.replace("limited", "extensive and widespread")), ""),
        (record("Part 1 of a long report"), record("Part 2 of a long report"), ""),
        (record(authors=("Doe, J",)), record(authors=("Smith, A",)), ""),
        (record(doi="10.1234/a"), record(doi="10.1101/2020.01.01", kind="Preprint"), "preprint and report"),
        (record(), record(f"Erratum: {TITLE}"), "erratum and report"),
        (record(registry=("NCT01234567",)), record("A", registry=("NCT01234567",), kind="Registry record"),
         "registry record and report"),
        (record(volume="5"), record(volume="9", year=2018, kind="Conference Abstract"), "abstract and report"),
        (record(doi="10.1234/a", volume="5"), record(doi="10.1234/b", volume="9"), "another report"),
    ],
)  # fmt: skip
def test_a_pair(one: Record, other: Record, relation: str) -> None:
    for pair in ((one, other), (other, one)):
        verdict = compare(plain(pair[0]), plain(pair[1]))
        assert verdict.relation == relation
        assert bool(verdict.reason) == bool(relation)


def test_two_abstracts_of_one_meeting_stay_apart_although_their_doi_is_one() -> None:
    one = record(doi="10.1234/s", pages="51", authors=("Chen R", "Wang Y", "Liang L"))
    other = record(doi="10.1234/s", pages="52", authors=("Chen R", "Yan C", "Guo X", "Hong T"))
    assert compare(plain(one), plain(other)).relation == "another report"


def test_what_was_taken_apart_stays_apart_even_by_way_of_a_third() -> None:
    records = {key: record() for key in (1, 2, 3)}
    assert dedupe(records).heads == {2: 1, 3: 1}
    found = dedupe(records, {(1, 3)})
    assert found.heads.get(3, 3) != found.heads.get(1, 1)


def test_two_that_share_one_key_are_found_among_others() -> None:
    records = {1: record(), 2: record("Wholly other words of somebody else", authors=("Roe, R",)), 3: record()}
    assert dedupe(records).heads == {3: 1}


def grouped(found: Found, keys: range) -> list[list[int]]:
    groups = defaultdict(list)
    for key in keys:
        groups[found.heads.get(key, key)].append(key)
    return list(groups.values())


def test_the_set_of_asysd() -> None:
    """1,845 records, of which 584 are marked unique and 1,261 a duplicate of one of them.

    Label errors: four records of one abstract ("A DPP-4 inhibitor suppresses atherosclerotic lesions in the aorta and
    coronary arteries", Diabetologia 2014, S354) are all marked a duplicate, and no record that they are one of is
    there: the unique one of the nearest title is another abstract, in Diabetes.
    """
    records = dict(enumerate(read(shared("data/registries/citations/asysd/labelled_test_set.csv")).records))
    unique = {key for key, each in records.items() if each.fields["source"] == ["unique"]}
    groups = grouped(dedupe(records), range(len(records)))
    assert (len(records), len(unique)) == (1845, 584)
    joined = sum(len(group) - 1 for group in groups if unique & set(group))
    assert [group for group in groups if len(unique & set(group)) > 1] == []
    lost = [records[key].title for group in groups if not unique & set(group) for key in group]
    assert len(lost) == 4
    assert all(title.startswith("A DPP-4 inhibitor suppresses atherosclerotic lesions") for title in lost)
    assert joined / 1261 >= 0.99


def test_the_set_in_endnote() -> None:
    """110 records, 63 of 20 groups marked "Duplicate": all records of a group are marked, and no other."""
    records = dict(enumerate(read(shared("data/registries/citations/endnote-xml/tafenoquine.xml")).records))
    marked = {key for key, each in records.items() if "Duplicate" in each.notes}
    groups = [group for group in grouped(dedupe(records), range(110)) if len(group) > 1]
    assert (len(marked), len(groups)) == (63, 20)
    assert {key for group in groups for key in group} == marked
    titles = [{plain(records[key]).title[:20] for key in group} for group in groups]
    assert all(len(each) == 1 for each in titles)

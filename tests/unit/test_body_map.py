import pytest

from oligoscope.report.body_map import CENTRE, PAIRED, PLACES, Mark, marks

FIELDS = {
    "id": "L1",
    "location": "unknown",
    "zone": "unknown",
    "size_cm": "1",
    "response": "stable",
    "metastasis": "true",
}


def drawn(organ: str, side: str) -> Mark:
    (mark,) = marks([{**FIELDS, "organ": organ, "side": side}])
    return mark


@pytest.mark.parametrize("organ", PAIRED)
def test_a_side_is_drawn_only_where_it_is_known(organ: str) -> None:
    """The patient's right is on the reader's left."""
    assert drawn(organ, "right").x < CENTRE < drawn(organ, "left").x
    for side in ("unknown", "midline", "bilateral"):
        assert drawn(organ, side).x == CENTRE
    assert [drawn(organ, side).sure for side in ("left", "unknown")] == [True, False]


def test_lesions_of_one_place_stand_apart() -> None:
    found = list(marks([{**FIELDS, "organ": "liver", "side": "unknown", "id": str(n)} for n in range(6)]))
    assert len({(mark.x, mark.y) for mark in found}) == 6


def test_an_organ_without_a_place_is_not_drawn() -> None:
    assert "unknown" not in PLACES
    assert marks([{**FIELDS, "organ": "unknown", "side": "left"}]) == []

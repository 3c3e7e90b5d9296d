"""How a value may be written: what each spelling leaves possible, and what is refused with which help."""

import datetime
import math
from typing import Any

import jsonschema
import pytest

from oligoscope.vocabulary.values import (
    FIRST_DAY,
    LAST_DAY,
    BadValue,
    Choice,
    Day,
    FieldType,
    Flag,
    OpenChoice,
    PresumedFlag,
    Procedure,
    Quantity,
    Scale,
    SizeAboveZero,
    Text,
    Value,
)

WHOLE = Quantity("cycles", 0, 200, whole=True)
PERCENT = Quantity("percent", 0, 100)
ECOG = Scale("ECOG", (0, 1, 2, 3, 4), {5: "ECOG 5 means dead"})
KPS = Scale("Karnofsky", tuple(range(10, 101, 10)))
STATUS = Choice({"controlled": "", "progressing": "growing", "untreated": ""}, words=("primary_status",))
PLACE = OpenChoice({"supratentorial": "brain", "infratentorial": "brain", "elsewhere": "in words"})
DONE = Procedure({"done": "", "not_done": ""})


def span(value: Value) -> tuple[float, float]:
    return value.low, value.high


@pytest.mark.parametrize(
    ("kind", "written", "low", "high"),
    [
        (WHOLE, "3", 3, 3),
        (WHOLE, 3, 3, 3),
        (WHOLE, "<3", 0, 2),
        (WHOLE, "<=3", 0, 3),
        (WHOLE, ">3", 4, 200),
        (WHOLE, ">= 3", 3, 200),
        (WHOLE, "2..4", 2, 4),
        (WHOLE, "2|6", 2, 6),
        (WHOLE, [2, "4..5"], 2, 5),
        (PERCENT, "<5", 0, math.nextafter(5, 0)),
        (PERCENT, ">5", math.nextafter(5, 9), 100),
        (PERCENT, "2.5 .. 7", 2.5, 7),
        (PERCENT, "unknown", 0, 100),
        (PERCENT, None, 0, 100),
        (PERCENT, " ", 0, 100),
    ],
)
def test_a_number_leaves_its_span(kind: FieldType, written: Any, low: float, high: float) -> None:
    assert span(kind.parse(written)) == (low, high)


@pytest.mark.parametrize(
    ("written", "help_"),
    [
        ("2.5", "interval"),
        ("201", "interval"),
        ("-1", "interval"),
        ("4..2", "interval"),
        ("three", "write a number"),
        (True, ""),
        ([], "leave it out"),
    ],
)
def test_a_number_outside_its_field_is_refused(written: Any, help_: str) -> None:
    with pytest.raises(BadValue) as bad:
        WHOLE.parse(written)
    assert bad.value.allowed == "a whole number of cycles, 0 to 200"
    assert help_ in bad.value.fix


def test_not_a_number_is_no_number() -> None:
    for written in (math.nan, math.inf, "nan", "inf"):
        with pytest.raises(BadValue):
            PERCENT.parse(written)


@pytest.mark.parametrize("written", ["0", "0..0", "<0"])
def test_something_present_has_a_size(written: str) -> None:
    with pytest.raises(BadValue, match="not allowed") as bad:
        SizeAboveZero("cm", 0, 50).parse(written)
    assert "more than 0 to 50" in bad.value.allowed


def test_a_size_may_begin_at_zero_and_end_above() -> None:
    assert span(SizeAboveZero("cm", 0, 50).parse("<1")) == (0, math.nextafter(1, 0))


@pytest.mark.parametrize(
    ("kind", "written", "labels"),
    [
        (ECOG, "1", (1,)),
        (ECOG, 1, (1,)),
        (ECOG, "1.0", (1,)),
        (ECOG, "<2", (0, 1)),
        (ECOG, "<=2", (0, 1, 2)),
        (ECOG, ">2", (3, 4)),
        (ECOG, ">=2", (2, 3, 4)),
        (ECOG, "0..2", (0, 1, 2)),
        (ECOG, "3|0", (0, 3)),
        (KPS, ">80", (90, 100)),
        (KPS, "unknown", tuple(range(10, 101, 10))),
    ],
)
def test_a_grade_leaves_its_steps(kind: FieldType, written: Any, labels: tuple[int, ...]) -> None:
    assert kind.parse(written).labels == labels


@pytest.mark.parametrize(
    ("kind", "written", "help_"),
    [
        (ECOG, "5", "dead"),
        (ECOG, "6", "check the scale"),
        (KPS, "55", '"50..60"'),
        (KPS, "70..75", ""),
        (ECOG, "<0", ""),
        (ECOG, "good", "write the number"),
        (ECOG, False, ""),
    ],
)
def test_a_grade_between_or_beyond_the_steps_is_refused(kind: FieldType, written: Any, help_: str) -> None:
    with pytest.raises(BadValue) as bad:
        kind.parse(written)
    assert help_ in bad.value.fix


def test_named_values_in_their_own_order_and_by_their_synonyms() -> None:
    assert STATUS.parse("Growing").labels == ("progressing",)
    assert STATUS.parse("untreated|controlled").labels == ("controlled", "untreated")
    assert STATUS.parse("unknown").labels == ("controlled", "progressing", "untreated")
    assert STATUS.parse("growing").given == "progressing"


def test_a_value_that_is_no_label_is_refused_with_all_of_them() -> None:
    with pytest.raises(BadValue) as bad:
        STATUS.parse("xyz")
    assert bad.value.allowed == "one of controlled; progressing = growing; untreated"


def test_free_words_for_a_place_are_kept_and_count_as_the_last_label() -> None:
    value = PLACE.parse("left frontal lobe")
    assert (value.labels, value.given) == (("elsewhere",), "left frontal lobe")
    assert PLACE.parse("infratentorial").labels == ("infratentorial",)
    with pytest.raises(BadValue):
        PLACE.parse(7)


@pytest.mark.parametrize(
    ("written", "labels"), [("yes", (True,)), (True, (True,)), ("No", (False,)), ("true|false", (False, True))]
)
def test_a_flag(written: Any, labels: tuple[bool, ...]) -> None:
    assert Flag().parse(written).labels == labels


@pytest.mark.parametrize("written", ["1", 1, 0, "maybe"])
def test_a_flag_is_no_number(written: Any) -> None:
    with pytest.raises(BadValue):
        Flag().parse(written)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("2023-05-17", 2023_05_17, 2023_05_17),
        (datetime.date(2023, 5, 17), 2023_05_17, 2023_05_17),
        (datetime.datetime(2023, 5, 17), 2023_05_17, 2023_05_17),
        ("2023-05", 2023_05_01, 2023_05_31),
        ("2023-04", 2023_04_01, 2023_04_30),
        ("2023-02", 2023_02_01, 2023_02_28),
        ("2024-02", 2024_02_01, 2024_02_29),
        ("1900-02", 1900_02_01, 1900_02_28),
        ("2000-02", 2000_02_01, 2000_02_29),
        ("2023", 2023_01_01, 2023_12_31),
        (2023, 2023_01_01, 2023_12_31),
        ("2023-05|2023-07-02", 2023_05_01, 2023_07_02),
        ("unknown", FIRST_DAY, LAST_DAY),
    ],
)
def test_a_partial_date_leaves_its_days(written: Any, low: int, high: int) -> None:
    assert span(Day().parse(written)) == (low, high)


@pytest.mark.parametrize("written", ["2023-13", "2023-02-29", "17.05.2023", "0000-01-01", True, "soon", "20230517"])
def test_a_day_that_is_none_is_refused(written: Any) -> None:
    with pytest.raises(BadValue) as bad:
        Day().parse(written)
    assert "YYYY-MM-DD" in bad.value.allowed


def test_the_date_of_a_procedure_says_that_it_was_done() -> None:
    dated = DONE.parse("2023-05")
    assert (dated.labels, *span(dated)) == (("done",), 2023_05_01, 2023_05_31)
    assert (DONE.parse("not_done").labels, span(DONE.parse("not_done"))) == (("not_done",), (FIRST_DAY, LAST_DAY))
    assert DONE.parse("done|not_done").labels == ("done", "not_done")


def test_words_are_kept_as_written() -> None:
    assert Text().parse(["osimertinib", "chemotherapy"]).given == "osimertinib|chemotherapy"
    assert Text().parse(None).is_unknown
    with pytest.raises(BadValue):
        Text().parse({"a": 1})


def test_silence_is_unknown_and_a_value_is_not() -> None:
    assert WHOLE.parse("").is_unknown
    assert not WHOLE.parse("0..200").is_unknown
    assert str(WHOLE.parse(None)) == "unknown"
    assert str(WHOLE.parse("<3")) == "<3"


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (WHOLE, [3, "<3", ">= 3", "2..4", "2 .. 4", [2, 6], "unknown"], [2.5, -1, 201, "three", True, {}]),
        (PERCENT, [2.5, "<5", "0.5..7", "5 %", "unknown"], [-0.5, 100.5, "5 cm", False]),
        (SizeAboveZero("cm", 0, 50), [0.4, "<1", "1..2"], [51, "big"]),
        (ECOG, [1, "<2", ">= 3", "0..2", [0, 3], "unknown"], [5, "good", True]),
        (STATUS, ["controlled", "growing", ["controlled", "untreated"], "unknown"], ["xyz", 7, ["xyz"]]),
        (PLACE, ["supratentorial", "left frontal lobe"], [7]),
        (Flag(), [True, False, "unknown", "yes", "no"], [3, "maybe"]),
        (Day(), ["2023-05-17", "2023-05", "2023", 2023, "unknown"], ["17.05.2023", "soon"]),
        (DONE, ["2023-05", "done", "unknown"], ["perhaps"]),
        (Text(), ["words", 7, ["a", "b"]], [{"a": 1}]),
    ],
)
def test_the_schema_of_a_field_takes_what_the_program_takes(
    kind: FieldType, right: list[Any], wrong: list[Any]
) -> None:
    """What a case file's editor accepts, checked by another implementation of JSON Schema."""
    schema = jsonschema.Draft202012Validator(kind.json_schema())
    for written in right:
        kind.parse(written)
        assert schema.is_valid(written), written
    for written in wrong:
        with pytest.raises(BadValue):
            kind.parse(written)
        assert not schema.is_valid(written), written
    assert kind.parse("unknown").is_unknown


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (WHOLE, "a whole number of cycles, 0 to 200"),
        (PERCENT, "a number of percent, 0 to 100"),
        (Quantity("years"), "a number of years, 0 or more"),
        (Quantity("SUV", -math.inf), "a number of SUV"),
        (ECOG, "one of 0, 1, 2, 3, 4 (ECOG)"),
        (PLACE, "supratentorial, infratentorial, or other words"),
        (Flag(), "true, false or unknown"),
        (DONE, "the date (YYYY-MM-DD), or one of done, not_done"),
    ],
)
def test_what_is_allowed_is_said_in_words(kind: FieldType, allowed: str) -> None:
    assert kind.allowed() == allowed


def test_a_field_without_a_lower_end_takes_numbers_below_nothing() -> None:
    kind = Quantity("SUV", -math.inf)
    assert span(kind.parse(-3)) == (-3, -3)
    assert span(kind.parse("<-1")) == (-math.inf, math.nextafter(-1, -math.inf))
    assert span(Quantity("years").parse(">1")) == (math.nextafter(1, math.inf), math.inf)
    assert jsonschema.Draft202012Validator(kind.json_schema()).is_valid(-3)


def test_the_ends_of_a_field_belong_to_it() -> None:
    assert span(WHOLE.parse(0)) == (0, 0)
    assert span(WHOLE.parse(200)) == (200, 200)
    assert span(SizeAboveZero("cm", 0, 50).parse("0..1")) == (0, 1)
    for written in ("<0", ">200", "-1..3"):
        with pytest.raises(BadValue):
            WHOLE.parse(written)


@pytest.mark.parametrize(
    ("number", "help_"), [("55", '"50..60"'), ("5", "other one meant"), ("105", "other one meant")]
)
def test_a_grade_off_the_scale_gets_the_steps_on_both_sides_where_there_are_two(number: str, help_: str) -> None:
    with pytest.raises(BadValue) as bad:
        KPS.parse(number)
    assert help_ in bad.value.fix


def test_a_word_that_is_almost_a_label_gets_no_guess() -> None:
    for written in ("controled", "untreatet", "zzzzzzz"):
        with pytest.raises(BadValue) as bad:
            STATUS.parse(written)
        assert bad.value.fix == ""


def test_a_date_in_a_list_and_a_day_as_text_are_one() -> None:
    assert span(DONE.parse(datetime.date(2023, 5, 17))) == span(DONE.parse("2023-05-17")) == (2023_05_17, 2023_05_17)
    assert span(DONE.parse(2023)) == (2023_01_01, 2023_12_31)
    assert span(DONE.parse("done")) == (FIRST_DAY, LAST_DAY)
    with pytest.raises(BadValue):
        DONE.parse(True)


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("true", ("true",)),
        ("false", ("false",)),
        ("true|false", ("false", "true")),
        ("true|true", ("true",)),
        ("unknown", ("false", "true")),
    ],
)
def test_what_is_presumed_only_where_a_chart_is_silent(written: str, labels: tuple[str, ...]) -> None:
    assert PresumedFlag(words=("flag",)).parse(written).labels == labels
    assert PresumedFlag.silent().labels == ("presumed",)

"""`oligoscope survival …` on small tables: clear answers, clear errors, never NaN."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import oligoscope as osc
from oligoscope.cli.main import main

PATIENTS = Path(__file__).parents[1] / "data/survival/patients.csv"
WHAT = ["--time", "months", "--event", "dead"]


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The JSON that a command prints; a NaN or Infinity in it is an error."""
    assert main(["survival", *words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    return found


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["survival", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def write(folder: Path, **columns: list[Any]) -> str:
    pl.DataFrame(columns).write_csv(folder / "t.csv")
    return str(folder / "t.csv")


def test_the_command_and_the_function_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    printed = asked(capsys, "km", str(PATIENTS), *WHAT, "--by", "arm", "--at", "12")
    frame = pl.read_csv(PATIENTS, null_values="NA")
    assert osc.survival.km(frame, time="months", event="dead", by="arm", at=[12]).model_dump() == printed


def test_without_times_round_ones_are_chosen_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "km", str(PATIENTS), *WHAT)
    assert found["times_chosen_by"] == "the program"
    assert found["groups"][0]["times"] == [5, 10, 15, 20, 25, 30, 35]


def test_every_step_of_the_curve(capsys: pytest.CaptureFixture[str]) -> None:
    group = asked(capsys, "km", str(PATIENTS), *WHAT, "--curve")["groups"][0]
    assert group["times"] == [3, 5, 6, 8, 11, 12, 14, 17, 20, 24, 30, 36]
    assert group["at_risk"] == list(range(12, 0, -1))


@pytest.mark.parametrize(
    ("event", "survival", "median"), [([0, 0, 0], 1, None), ([1, 0, 0], 2 / 3, None), ([1, 1, 1], 0, 2)]
)
def test_three_patients_with_and_without_events(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], event: list[int], survival: float, median: float | None
) -> None:
    path = write(tmp_path, months=[1, 2, 3], dead=event)
    (group,) = asked(capsys, "km", path, *WHAT, "--at", "3")["groups"]
    assert group["survival"] == [pytest.approx(survival)]
    assert group["median"] == median
    assert group["median_reason"]


def test_what_is_null_has_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    (group,) = asked(capsys, "km", str(PATIENTS), *WHAT, "--at", "6,99")["groups"]
    assert group["survival"][1] is None
    assert group["reasons"] == [{"time": 99, "reason": "nobody was followed so long: the last time is 36"}]
    assert group["median_high"] is None
    assert "upper limit" in group["median_reason"]


def test_a_curve_that_fell_to_zero_before_others_entered_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, months=[1, 5, 6], dead=[1, 1, 0], since=[0, 2, 2])
    found = asked(capsys, "km", path, *WHAT, "--entry", "since")
    assert "others entered later" in found["cautions"][0]


def test_rows_left_out_are_counted_by_column(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "logrank", str(PATIENTS), *WHAT, "--by", "age")
    assert found["rows"] == {"read": 12, "used": 11, "left_out": 1, "missing": [{"column": "age", "rows": 1}]}


def test_a_log_rank_without_events_is_null_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "logrank", write(tmp_path, months=[1, 2], dead=[0, 0], g=[1, 2]), *WHAT, "--by", "g")
    assert (found["chisq"], found["p"], found["reason"]) == (None, None, "there is no event")


def test_late_entry_counts_in_the_log_rank_test(capsys: pytest.CaptureFixture[str]) -> None:
    plain = asked(capsys, "logrank", str(PATIENTS), *WHAT, "--by", "arm")
    late = asked(capsys, "logrank", str(PATIENTS), *WHAT, "--by", "arm", "--entry", "entry")
    assert plain["chisq"] != late["chisq"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["km", *WHAT, "--interval", "wide"],
            "--interval wide: there is none of that name. Allowed: log-log, log, plain",
        ),
        (["km", *WHAT, "--at", "12,-1"], "--at -1: this is none. Allowed: a number of 0 or more."),
        (["km", *WHAT, "--at", "soon"], "--at soon: this is none."),
        (["km", "--time", "month", "--event", "dead"], "--time month: the table has no such column."),
        (["km", *WHAT, "--entry", "age"], "--entry age 71 in row 1 below the header: it does not lie before months 3"),
        (["logrank", *WHAT, "--by", "arm", "--rho", "x"], "--rho x: this is none. Allowed: a number."),
    ],
)
def test_mistakes_are_refused_in_words(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    command, *rest = words
    assert refused(capsys, command, str(PATIENTS), *rest).startswith(said)


def test_one_group_has_nothing_to_be_compared_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, months=[1, 2], dead=[1, 0], arm=["a", "a"])
    assert "it has one group, a" in refused(capsys, "logrank", path, *WHAT, "--by", "arm")


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "km", "nowhere.csv", *WHAT) == "nowhere.csv: No such file or directory\n"


def test_a_curve_and_times_cannot_both_be_asked_for() -> None:
    with pytest.raises(osc.OligoscopeError, match="both were asked for"):
        osc.survival.km(PATIENTS, time="months", event="dead", at=[1], curve=True)

"""`oligoscope survival …` on small tables: clear answers, clear errors, never NaN."""

import json
import sys
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


COX = ["cox", str(PATIENTS), *WHAT, "--covariates"]


def test_factors_are_named_by_group_and_compared_with_the_first_or_the_one_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (first,) = asked(capsys, *COX, "arm:factor")["terms"]
    (other,) = asked(capsys, *COX, "arm:factor=control")["terms"]
    assert (first["term"], other["term"]) == ("arm[control]", "arm[ablation]")
    assert first["coef"] == pytest.approx(-other["coef"])


def test_rows_without_a_covariate_are_left_out_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, *COX, "age")
    assert (found["n"], found["events"]) == (11, 7)
    assert found["rows"]["missing"] == [{"column": "age", "rows": 1}]
    assert "7 events for 1 coefficient" in found["cautions"][0]


def test_a_model_of_everything_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    more = [
        "--entry",
        "entry",
        "--strata",
        "centre",
        "--cluster",
        "patient",
        "--weights",
        "months",
        "--ties",
        "breslow",
    ]
    found = asked(capsys, *COX, "age", *more)
    (term,) = found["terms"]
    assert term["robust_se"] != term["se"]
    assert found["variant"]["errors"] == "robust, by patient"
    assert found["variant"]["ties"] == "breslow"
    assert {test["term"] for test in found["proportional_hazards"]} == {"age", "GLOBAL"}


def test_a_constant_covariate_is_null_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, months=[1, 2, 3, 4], dead=[1, 1, 1, 0], x=[1, 0, 1, 0], same=[5, 5, 5, 5])
    terms = asked(capsys, "cox", path, *WHAT, "--covariates", "x,same")["terms"]
    assert terms[0]["coef"] is not None
    assert (terms[1]["coef"], terms[1]["hr"]) == (None, None)
    assert "aliased" in terms[1]["reason"]


@pytest.mark.parametrize("dead", [[0, 0, 0], [0, 1, 0], [1, 1, 1]])
def test_three_patients_end_in_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str], dead: list[int]) -> None:
    path = write(tmp_path, months=[1, 2, 3], dead=dead, x=[1, 0, 1])
    found = asked(capsys, "cox", path, *WHAT, "--covariates", "x")
    (term,) = found["terms"]
    assert (term["coef"] is None) == (sum(dead) < 2)
    assert bool(term["reason"]) == (term["coef"] is None)
    assert main(["survival", "cox", path, *WHAT, "--covariates", "x"]) == 0


def test_a_difference_of_means_is_the_second_group_less_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, "rmst", str(PATIENTS), *WHAT, "--by", "arm", "--tau", "20")
    first, second = (group["rmst"] for group in found["groups"])
    assert found["difference"]["value"] == pytest.approx(second - first)
    assert found["variant"]["difference"].startswith("control less ablation")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--tau", "99", "--by", "arm"], "ablation: nobody was followed so long"),
        (["--tau", "20"], "a difference is of two groups"),
        (["--tau", "2", "--by", "arm"], "no event happened before tau"),
    ],
)
def test_no_difference_says_why(capsys: pytest.CaptureFixture[str], more: list[str], reason: str) -> None:
    found = asked(capsys, "rmst", str(PATIENTS), *WHAT, *more)["difference"]
    assert (found["value"], found["p"]) == (None, None)
    assert reason in found["reason"]


def test_incidence_by_group_and_cause(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["cuminc", str(PATIENTS), "--time", "months", "--cause", "cause", "--by", "arm", "--at", "12"]
    found = asked(capsys, *words)["groups"]
    assert [(each["group"], each["cause"], each["events"]) for each in found] == [
        ("ablation", 1, 2),
        ("ablation", 2, 1),
        ("control", 1, 3),
        ("control", 2, 1),
    ]
    assert found[0]["reasons"] == [{"time": 12, "reason": "no event of this cause so far: no interval"}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*COX, "arm"], "--covariates arm 'control' in row 1 below the header: it is a word."),
        ([*COX, "age:group"], "--covariates age:group: group is no kind of covariate."),
        ([*COX, "arm:factor=other"], "--covariates arm:factor=other: arm has no group other in the rows used."),
        ([*COX, "age,age"], "--covariates age: it is named twice."),
        ([*COX, "age,"], "--covariates age,: a name is missing."),
        (
            [*COX, "age", "--ties", "random"],
            "--ties random: there is none of that name. Allowed: efron, breslow, exact",
        ),
        ([*COX, "age", "--weights", "entry"], "--weights entry 0 in row 1 below the header: it is not above 0."),
        (["rmst", str(PATIENTS), *WHAT, "--tau", "0"], "--tau 0: no time passes until then."),
        (["cuminc", str(PATIENTS), "--time", "months", "--cause", "arm"], "--cause arm 'control' in row 1"),
        (["cuminc", str(PATIENTS), "--time", "months", "--cause", "entry", "--at", "x"], "--at x: this is none."),
    ],
)
def test_models_that_cannot_be_made_are_refused_in_words(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert refused(capsys, *words).startswith(said)


def test_more_coefficients_than_rows_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, months=[1, 2], dead=[1, 1], a=[1, 2], b=[2, 1])
    assert "2 coefficients for 2 rows" in refused(capsys, "cox", path, *WHAT, "--covariates", "a,b")


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


def test_without_its_package_cox_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "survival", None)
    assert "pip install 'oligoscope[survival]'" in refused(capsys, *COX, "age")
    assert asked(capsys, "km", str(PATIENTS), *WHAT)


def test_one_cluster_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, months=[1, 2, 3], dead=[1, 1, 0], x=[1, 0, 1], k=[1, 1, 1])
    assert "--cluster k: it has one group, 1" in refused(
        capsys, "cox", path, *WHAT, "--covariates", "x", "--cluster", "k"
    )


def test_a_time_that_is_no_number_is_refused() -> None:
    with pytest.raises(osc.OligoscopeError, match="at None: this is none"):
        osc.survival.km(PATIENTS, time="months", event="dead", at=[None])  # type: ignore[list-item]  # a caller's mistake


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "km", "nowhere.csv", *WHAT) == "nowhere.csv: No such file or directory\n"


def test_a_curve_and_times_cannot_both_be_asked_for() -> None:
    with pytest.raises(osc.OligoscopeError, match="both were asked for"):
        osc.survival.km(PATIENTS, time="months", event="dead", at=[1], curve=True)

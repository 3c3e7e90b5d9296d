"""`oligoscope cohort report`: outcomes become times, every analysis is made or refused, and what is refused is nowhere."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import oligoscope as osc
from oligoscope.cli.main import main

TODAY = "2031-01-31"


def day(number: float) -> str:
    return str(np.datetime64("2020-01-01") + int(number))


def patients(n: int) -> pl.DataFrame:
    ecog = [str(k % 3) for k in range(n)]
    return pl.DataFrame(
        {
            "patient_id": [f"p{k}" for k in range(n)],
            "assessed": [day(0)] * n,
            "omd_dx_date": [day(0)] * n,
            "ecog": ecog,
            "sex": ["female" if k % 2 else "male" for k in range(n)],
            "age": [str(50 + k % 30) for k in range(n)],
        }
    )


def outcomes(days: Sequence[float], event: Sequence[bool], endpoint: str = "OS", **more: list[Any]) -> pl.DataFrame:
    n = len(days)
    told = [str(each).lower() for each in event]
    rows = {"patient_id": [f"p{k}" for k in range(n)], "endpoint": [endpoint] * n, "date": list(map(day, days))}
    return pl.DataFrame({**rows, "event": told, **more})


def registry(folder: Path, **tables: pl.DataFrame) -> Path:
    (folder / "registry").mkdir(exist_ok=True)
    for name, frame in tables.items():
        frame.write_csv(folder / "registry" / f"{name}.csv")
    return folder / "registry"


def report(source: Path, folder: Path, *words: str, exits: int = 0) -> dict[str, Any]:
    """report.json; a NaN or Infinity in it is an error."""
    used = ["--today", TODAY, "--factors", "age,sex,ecog", "--divided-by", "sex,ecog", "--table-by", "sex"]
    assert main(["cohort", "report", str(source), "-o", str(folder / "out"), *used, *words]) == exits
    found: dict[str, Any] = json.loads((folder / "out/report.json").read_text("utf-8"), parse_constant=pytest.fail)
    return found


def simulated(seed: int, n: int = 300) -> tuple[list[float], list[bool]]:
    random = np.random.default_rng(seed)
    days = np.ceil(random.exponential(400 * (1 + np.arange(n) % 2)))
    return np.minimum(days, 1500).tolist(), (days <= 1500).tolist()


def rejected(folder: Path) -> list[dict[str, Any]]:
    return pl.read_csv(folder / "out/rejects.csv").to_dicts()


def test_the_report_says_what_the_survival_commands_say(tmp_path: Path) -> None:
    days, event = simulated(1)
    found = report(registry(tmp_path, patients=patients(300), outcomes=outcomes(days, event)), tmp_path)
    frame = pl.DataFrame({"t": days, "e": [int(each) for each in event], "sex": patients(300)["sex"]})
    by_sex = osc.survival.km(frame, time="t", event="e", by="sex").model_dump()["groups"]
    shown = {line["group"]: line for line in found["survival"]["groups"][0]["groups"]}
    for group in by_sex:
        line = shown[group["group"]]
        assert line["n"] == group["n"]
        assert line["median"]["value"] == pytest.approx(group["median"] / 30.4375)
        assert line["median"]["low"] == pytest.approx(group["median_low"] / 30.4375)
    test = osc.survival.logrank(frame, time="t", event="e", by="sex").model_dump()
    assert found["survival"]["groups"][0]["test"]["p"] == pytest.approx(test["p"])
    (ratio,) = found["survival"]["univariable"][1]["ratios"]
    fit = osc.survival.cox(frame, time="t", event="e", covariates="sex:factor").model_dump()["terms"][0]
    assert ratio["term"] == "male"
    assert ratio["hr"] == pytest.approx(fit["hr"])
    assert ratio["low"] == pytest.approx(fit["low"])


def test_same_input_same_bytes(tmp_path: Path) -> None:
    days, event = simulated(2, 60)
    source = registry(tmp_path, patients=patients(60), outcomes=outcomes(days, event))
    runs = []
    for _ in range(2):
        report(source, tmp_path)
        files = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
        runs.append({path.relative_to(tmp_path): path.read_bytes() for path in files})
    assert runs[0] == runs[1]
    assert len(runs[0]) > 8


@pytest.mark.parametrize(
    ("more", "says", "both"),
    [
        ({"outcomes": outcomes([-40], [False])}, "before time zero", ("2019-11-22", "2020-01-01")),
        ({"outcomes": pl.concat([outcomes([100], [True]), outcomes([120], [True], "PFS")])}, "after death", ("2020-04-30", "2020-04-10")),
        ({"outcomes": pl.concat([outcomes([100], [True]), outcomes([200], [False], "PFS")])}, "follow-up after death", ("2020-07-19", "2020-04-10")),
        ({"outcomes": pl.concat([outcomes([100], [True]), outcomes([101], [True])])}, "two days of death", ("2020-04-11", "2020-04-10")),
        ({"outcomes": outcomes([100], [True]), "local_treatment": pl.DataFrame({"patient_id": ["p0"], "date": [day(130)]})}, "therapy after death",
         ("2020-05-10", "2020-04-10")),
    ],
    ids=["before zero", "progression", "follow-up", "two deaths", "therapy"],
)  # fmt: skip
def test_contradictions_are_rejected_with_both_values(
    tmp_path: Path, more: dict[str, pl.DataFrame], says: str, both: tuple[str, str]
) -> None:
    found = report(registry(tmp_path, patients=patients(1), **more), tmp_path, exits=1)
    (row,) = rejected(tmp_path)
    assert says in row["reason"]
    assert all(value in row["reason"] for value in both)
    assert row["value"] == both[0]
    assert found["flow"]["analysed"] == 0
    assert sum(lost["n"] for lost in found["flow"]["left_out"]) == 1


def test_last_contact_after_death_is_a_contradiction(tmp_path: Path) -> None:
    people = patients(1).with_columns(last_contact_date=pl.lit(day(300)))
    report(registry(tmp_path, patients=people, outcomes=outcomes([100], [True])), tmp_path, exits=1)
    assert "follow-up after death: 2020-10-27 against 2020-04-10" in rejected(tmp_path)[0]["reason"]


def test_a_flat_file_gives_the_same_as_two_tables(tmp_path: Path) -> None:
    days, event = simulated(3, 80)
    whole = report(registry(tmp_path, patients=patients(80), outcomes=outcomes(days, event)), tmp_path)
    flat = patients(80).with_columns(
        os_event=pl.Series([int(each) for each in event]), os_date=pl.Series(list(map(day, days)))
    )
    flat.write_csv(tmp_path / "flat.csv")
    by_date = report(tmp_path / "flat.csv", tmp_path)
    months = flat.drop("os_date").with_columns(os_months=pl.Series(days) / 30.4375)
    months.write_csv(tmp_path / "months.csv")
    by_months = report(tmp_path / "months.csv", tmp_path)
    alive = flat.with_columns(
        os_date=pl.when(pl.col("os_event") == 1).then("os_date"),
        last_contact_date=pl.when(pl.col("os_event") == 0).then("os_date"),
    )
    alive.write_csv(tmp_path / "alive.csv")
    by_contact = report(tmp_path / "alive.csv", tmp_path)
    assert whole["survival"] == by_date["survival"] == by_months["survival"] == by_contact["survival"]


def test_without_a_day_of_assessment_the_dead_are_kept(tmp_path: Path) -> None:
    flat = patients(40).drop("assessed").with_columns(os_event=pl.lit(1), os_date=pl.lit(day(200)))
    flat.write_csv(tmp_path / "flat.csv")
    assert report(tmp_path / "flat.csv", tmp_path)["flow"]["events"] == 40


def test_nobody_counts_before_the_assessment_that_only_the_living_reach(tmp_path: Path) -> None:
    days, event = simulated(4, 100)
    late = patients(100).with_columns(assessed=pl.lit(day(60)))
    lived = [max(each, 61) for each in days]
    found = report(registry(tmp_path, patients=late, outcomes=outcomes(lived, event)), tmp_path)
    assert found["survival"]["overall"]["at_risk"][0] == 0
    assert "came under observation after time zero" in found["cautions"][0]
    frame = pl.DataFrame({"t": lived, "e": [int(each) for each in event], "entry": [60] * 100})
    median = osc.survival.km(frame, time="t", event="e", entry="entry").model_dump()["groups"][0]["median"]
    assert found["survival"]["overall"]["median"]["value"] == pytest.approx(median / 30.4375)


def test_an_event_on_the_day_of_time_zero_counts_and_is_said(tmp_path: Path) -> None:
    days, event = simulated(20, 60)
    told = outcomes([0, 0, 0, *days[3:]], event)
    found = report(registry(tmp_path, patients=patients(60), outcomes=told), tmp_path)
    assert found["flow"]["analysed"] == 60
    assert "3 patients had the event or were last seen on the day of time zero itself" in found["cautions"]
    assert found["survival"]["overall"]["share"][0] == pytest.approx(1 - sum(event[:3]) / 60, abs=1e-6)


def test_what_is_missing_is_told_in_its_order(tmp_path: Path) -> None:
    people = patients(40).with_columns(
        omd_dx_date=pl.when(pl.int_range(pl.len()) < 2).then(pl.lit("2020")).otherwise("omd_dx_date")
    )
    told = outcomes(*simulated(5, 40)).with_columns(
        event=pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("unknown")).otherwise("event"),
        date=pl.when(pl.int_range(pl.len()) == 6).then(pl.lit("2021-03")).otherwise("date"),
    )
    found = report(registry(tmp_path, patients=people, outcomes=told.filter(pl.int_range(pl.len()) != 7)), tmp_path)
    assert found["flow"]["left_out"] == [
        {"reason": "time zero is not known to the day", "n": 2},
        {"reason": "no outcome is recorded", "n": 1},
        {"reason": "whether the event happened is not known", "n": 1},
        {"reason": "the day of the outcome is not known", "n": 1},
    ]
    assert found["flow"]["analysed"] == 35


@pytest.mark.parametrize(
    ("n", "told", "events", "says"),
    [(3, 3, 3, "fewer than 10"), (60, 60, 0, "nobody had the event"), (100, 20, 20, "the outcome is missing in 80 %")],
    ids=["three patients", "no event", "80 % missing"],
)
def test_a_registry_that_cannot_say_ends_in_a_page_that_says_so(
    tmp_path: Path, n: int, told: int, events: int, says: str
) -> None:
    days, _ = simulated(6, told)
    source = registry(tmp_path, patients=patients(n), outcomes=outcomes(days, [k < events for k in range(told)]))
    found = report(source, tmp_path)
    assert says in found["survival"]["refused"]
    assert list(found["survival"]) == ["refused"]
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert says in page
    assert not re.search(r"hazard ratio</text>|Half of them lived", page)
    drawn = {path.stem for path in (tmp_path / "out/figures").iterdir()}
    assert drawn <= {"flow", "missing"}


def test_of_one_patient_there_is_neither_a_mean_nor_a_deviation(tmp_path: Path) -> None:
    """Of 20 men the age of p0 alone is known; of 20 women that of p1 and p3, 51 and 53: 52 ± √2."""
    days, event = simulated(2, 40)
    aged = pl.when(pl.col("patient_id").is_in(["p0", "p1", "p3"])).then("age")
    told = registry(tmp_path, patients=patients(40).with_columns(age=aged), outcomes=outcomes(days, event))
    found = report(told, tmp_path)["table"]
    assert [group["group"] for group in found["groups"]] == ["female", "male"]
    women, men = found["rows"][0]["cells"]
    assert women == {"n": 2, "value": 52, "sd": pytest.approx(2**0.5)}
    assert men == {"n": 1, "value": None, "sd": None}


def test_figures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    days, event = simulated(7, 60)
    report(registry(tmp_path, patients=patients(60), outcomes=outcomes(days, event)), tmp_path)
    assert (tmp_path / "out/figures/univariable.svg").exists()
    report(registry(tmp_path, patients=patients(60), outcomes=outcomes(days, [False] * 60)), tmp_path)
    assert not (tmp_path / "out/figures/univariable.svg").exists()


def test_too_few_events_for_each_variable_is_refused_everywhere(tmp_path: Path) -> None:
    days, _ = simulated(8, 60)
    source = registry(tmp_path, patients=patients(60), outcomes=outcomes(days, [k < 22 for k in range(60)]))
    found = report(source, tmp_path)
    assert found["survival"]["multivariable"] == {
        "refused": "22 events for 4 coefficients: fewer than 10 for each (of the 60 patients of whom all factors are settled)"
    }
    assert not (tmp_path / "out/figures/multivariable.svg").exists()
    age, sex, ecog = found["survival"]["univariable"]
    assert len(age["ratios"]) == len(sex["ratios"]) == 1
    assert len(ecog["ratios"]) == 2


def test_hazards_that_cross_have_no_ratio_and_months_lived_instead(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    n = 400
    early, late = np.ceil(random.exponential(500, n)), 300 + np.ceil(random.weibull(6, n) * 250)
    days = np.where(np.arange(n) % 2 == 1, early, late).tolist()
    found = report(registry(tmp_path, patients=patients(n), outcomes=outcomes(days, [True] * n)), tmp_path)
    sex = found["survival"]["univariable"][1]
    assert sex["proportional_hazards_p"] < 0.001
    assert sex["ratios"] == []
    (gap,) = sex["restricted_means"]
    assert (gap["group"], gap["against"]) == ("male", "female")
    frame = pl.DataFrame({"t": days, "e": [1] * n, "sex": patients(n)["sex"]})
    groups = osc.survival.rmst(frame, time="t", event="e", by="sex", tau=gap["tau"] * 30.4375).model_dump()["groups"]
    lived = {group["group"]: group["rmst"] / 30.4375 for group in groups}
    assert gap["months"] == pytest.approx(lived[gap["group"]] - lived[gap["against"]])
    assert "the model is stratified by it" in next(
        each["refused"] for each in found["survival"]["multivariable"]["factors"] if each["factor"] == "sex"
    )


def test_competing_events_give_incidence_and_never_a_curve_of_survival(tmp_path: Path) -> None:
    days, event = simulated(10)
    causes = ["other" if k % 4 == 0 else "cancer" for k in range(300)]
    told = outcomes(days, event, cause=[c if e else "" for c, e in zip(causes, event, strict=True)])
    found = report(registry(tmp_path, patients=patients(300), outcomes=told), tmp_path, "--endpoint", "DSS")
    whole = found["survival"]["overall"]
    assert whole["median"] is None
    assert whole["competing"] > 50
    codes = [0 if not e else 2 if c == "other" else 1 for c, e in zip(causes, event, strict=True)]
    curve = osc.survival.cuminc(pl.DataFrame({"t": days, "c": codes}), time="t", cause="c", at=[365.25]).model_dump()
    assert whole["shares"][0]["months"] == 12
    assert whole["shares"][0]["value"] == pytest.approx(curve["groups"][0]["incidence"][0])
    assert found["survival"]["groups"][0]["test"]["test"] == "Gray"
    terms = {term["term"]: term for term in found["survival"]["multivariable"]["fine_gray"]["terms"]}
    frame = patients(300).with_columns(t=pl.Series(days), c=pl.Series(codes), age=pl.col("age").cast(pl.Float64) / 10)
    covariates = ["age", "sex:factor=female", "ecog:factor=0"]
    again = osc.survival.finegray(frame, time="t", cause="c", covariates=covariates).model_dump()["terms"]
    assert [term["shr"] for term in terms.values()] == pytest.approx([term["hr"] for term in again])
    assert "never one minus a Kaplan-Meier curve" in found["cautions"][0]
    assert "share without the event" not in (tmp_path / "out/report.html").read_text("utf-8")


def with_therapy(n: int, seed: int, ratio: float = 1.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(local treatments, outcomes): half are meant to be treated, at a time of their own; hazards change then by ratio."""
    random = np.random.default_rng(seed)
    due = np.where(random.random(n) < 0.6, random.integers(1, 400, n), 10**6)
    plain, after = np.ceil(random.exponential(500, n)), np.ceil(random.exponential(500 / ratio, n))
    death = np.where(plain <= due, plain, due + after)
    end = np.minimum(death, 1800)
    had = due < end
    treated = pl.DataFrame({"patient_id": [f"p{k}" for k in np.flatnonzero(had)], "date": list(map(day, due[had]))})
    return treated, outcomes(end.tolist(), (death <= 1800).tolist())


def test_a_therapy_without_effect_looks_good_only_where_immortal_time_counts_for_it(tmp_path: Path) -> None:
    treated, told = with_therapy(1500, 11)
    source = registry(tmp_path, patients=patients(1500), outcomes=told, local_treatment=treated)
    found = report(source, tmp_path)["survival"]["local_therapy"]
    ways = {way["way"]: way for way in found["ways"]}
    state = ways["as a state that begins on its day"]
    assert state["low"] < 1 < state["high"]
    assert found["naive"]["high"] < 0.85
    assert found["naive"]["struck_through"]
    assert 'text-decoration="line-through"' in (tmp_path / "out/figures/local-therapy.svg").read_text("utf-8")
    lived = treated.select((pl.col("date").str.to_date() - pl.date(2020, 1, 1)).dt.total_days()).to_series().sum()
    assert found["immortal_person_months"] == pytest.approx(float(lived) / 30.4375)


def test_the_naive_ratio_never_stands_alone(tmp_path: Path) -> None:
    days = [400 + k for k in range(30)] + [10 + k for k in range(30)]
    event = [k % 3 == 0 for k in range(30)] + [False] * 30
    treated = pl.DataFrame({"patient_id": [f"p{k}" for k in range(12)], "date": [day(395)] * 12})
    source = registry(tmp_path, patients=patients(60), outcomes=outcomes(days, event), local_treatment=treated)
    found = report(source, tmp_path)["survival"]["local_therapy"]
    if any("hr" in way for way in found["ways"]):
        pytest.fail("this registry was made to allow no comparison without immortal time")
    assert found["naive"] == {"refused": "nothing without immortal time stands beside it"}
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "line-through" not in page
    assert not (tmp_path / "out/figures/local-therapy.svg").exists()


def confounded(n: int, seed: int) -> dict[str, pl.DataFrame]:
    """Those with ECOG 2 die three times as fast and are rarely treated; therapy itself does nothing."""
    random = np.random.default_rng(seed)
    people = patients(n)
    ill = (people["ecog"] == "2").to_numpy()
    death = np.ceil(random.exponential(np.where(ill, 300, 900)))
    due = np.where(random.random(n) < np.where(ill, 0.15, 0.7), random.integers(1, 170, n), 10**6)
    end = np.minimum(death, 1800)
    had = due < end
    treated = pl.DataFrame({"patient_id": [f"p{k}" for k in np.flatnonzero(had)], "date": list(map(day, due[had]))})
    return {
        "patients": people,
        "local_treatment": treated,
        "outcomes": outcomes(end.tolist(), (death <= 1800).tolist()),
    }


def test_weighting_and_cloning_remove_what_the_factors_know(tmp_path: Path) -> None:
    found = report(registry(tmp_path, **confounded(2400, 14)), tmp_path)["survival"]
    ways = {way["way"]: way for way in found["local_therapy"]["ways"]}
    assert ways["landmark at 6 months"]["high"] < 0.9
    assert ways["within 6 months, cloned and weighted"]["high"] < 0.95
    adjusted = ways["within 6 months, cloned, adjusted"]
    assert adjusted["low"] < 1 < adjusted["high"]
    balanced = found["weighted"]
    assert balanced["low"] < 1 < balanced["high"]
    ecog = next(each for each in balanced["balance"] if each["factor"] == "ECOG performance status as recorded")
    assert ecog["before"] > 0.8
    assert ecog["after"] < 0.1
    assert balanced["e_value_of_the_end"] == 1
    ratio = balanced["hr"]
    risk = (1 - 0.5 ** math.sqrt(ratio)) / (1 - 0.5 ** math.sqrt(1 / ratio))
    above = max(risk, 1 / risk)
    assert balanced["e_value"] == pytest.approx(above + math.sqrt(above * (above - 1)))


def test_subgroups_have_one_test_for_each_factor_and_no_p_of_their_own(tmp_path: Path) -> None:
    random = np.random.default_rng(15)
    n = 1600
    women = np.arange(n) % 2 == 1
    due = np.where(random.random(n) < 0.6, random.integers(1, 300, n), 10**6)
    plain, after = random.exponential(500, n), random.exponential(np.where(women, 1500, 400), n)
    death = np.ceil(np.where(plain <= due, plain, due + after))
    end = np.minimum(death, 1800)
    had = due < end
    treated = pl.DataFrame({"patient_id": [f"p{k}" for k in np.flatnonzero(had)], "date": list(map(day, due[had]))})
    tables = {
        "patients": patients(n),
        "local_treatment": treated,
        "outcomes": outcomes(end.tolist(), (death <= 1800).tolist()),
    }
    found = {each["factor"]: each for each in report(registry(tmp_path, **tables), tmp_path)["survival"]["subgroups"]}
    assert found["sex"]["interaction_p"] < 1e-4
    assert found["ecog"]["interaction_p"] > 0.01
    ratios = {group["group"]: group["hr"] for group in found["sex"]["groups"]}
    assert ratios["female"] < 0.5 < ratios["male"]
    assert all("p" not in group for each in found.values() for group in each.get("groups", ()))


def test_a_group_without_an_event_under_therapy_has_no_ratio_and_the_report_says_of_which(tmp_path: Path) -> None:
    """Half are treated on day 50. From day 100 on one ends each day: by death, or of the treated women alive."""
    n = 200
    woman, treated = np.arange(n) % 2 == 1, np.arange(n) % 4 < 2
    died = ~(woman & treated)
    tables = {
        "patients": patients(n),
        "outcomes": outcomes((100 + np.arange(n)).tolist(), died.tolist()),
        "local_treatment": pl.DataFrame({"patient_id": [f"p{k}" for k in np.flatnonzero(treated)], "date": day(50)}),
    }
    _, sex, _ = report(registry(tmp_path, **tables), tmp_path)["survival"]["subgroups"]
    says = "no finite estimate of therapy in female: the others are those in the limit"
    assert sex == {"factor": "sex", "refused": says}


def test_what_is_missing_is_drawn_beside_the_complete_cases(tmp_path: Path) -> None:
    random, n = np.random.default_rng(18), 900
    people = patients(n)
    ill = (people["ecog"] == "2").to_numpy()
    death = np.ceil(random.exponential(np.where(ill, 250, 600)))
    hidden = people.with_columns(
        ecog=pl.when(pl.Series(random.random(n) < 0.4)).then(None).otherwise("ecog"),
        sex=pl.when(pl.Series(random.random(n) < 0.2)).then(None).otherwise("sex"),
    )
    source = registry(tmp_path, patients=hidden, outcomes=outcomes(death.tolist(), [True] * n))
    found = report(source, tmp_path)["survival"]
    assert found["multivariable"]["n"] < 480
    drawn = (tmp_path / "out/figures/missing.svg").read_text("utf-8")
    for name in ("ecog", "sex"):
        share = f">{100 * hidden[name].null_count() / n:.0f} %<"
        assert drawn.count(share) == 2, "of all, and of those with the event"
    assert ">-<" in drawn, "nobody is without it"
    assert (found["imputed"]["n"], found["imputed"]["imputations"]) == (n, 10)
    factors = {each["factor"]: each for each in found["imputed"]["factors"]}
    assert factors["ecog"]["share_drawn"] == pytest.approx(0.4, abs=0.05)
    assert factors["age"]["share_drawn"] == 0
    (whole,) = (each for each in factors["ecog"]["ratios"] if each["term"] == "2")
    reference = factors["ecog"]["reference"]
    assert reference in ("0", "1")
    assert whole["low"] < 600 / 250 < whole["high"]


def test_a_large_registry_is_sampled_unless_all_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oligoscope.cohort.analysis.emulation.SAMPLE", 200)
    monkeypatch.setattr("oligoscope.cohort.analysis.subgroups.MOST", 200)
    osc.simulate_cohort(tmp_path / "made", patients=400, seed=3, missing=0.05)
    words = [
        "cohort",
        "report",
        str(tmp_path / "made"),
        "--factors",
        "sex,ecog",
        "--divided-by",
        "sex",
        "--table-by",
        "sex",
    ]
    pages = {}
    for name, more in (("sampled", []), ("full", ["--full"])):
        assert main([*words, "-o", str(tmp_path / name), "--today", TODAY, *more]) in (0, 1)
        pages[name] = (tmp_path / name / "report.html").read_text("utf-8")
        assert json.loads((tmp_path / name / "report.json").read_text("utf-8"))["full"] == (name == "full")
    for says in ("cloned and weighted (sample of 200)", "in a seeded sample of"):
        assert says in pages["sampled"]
        assert says not in pages["full"]


def test_where_nothing_is_missing_nothing_is_drawn(tmp_path: Path) -> None:
    days, event = simulated(19, 80)
    found = report(registry(tmp_path, patients=patients(80), outcomes=outcomes(days, event)), tmp_path)
    assert found["survival"]["imputed"] == {"refused": "nothing is missing: the model of complete cases is that of all"}


def test_the_set_that_was_analysed_can_be_analysed_elsewhere(tmp_path: Path) -> None:
    treated, told = with_therapy(120, 16)
    source = registry(tmp_path, patients=patients(120), outcomes=told, local_treatment=treated)
    found = report(source, tmp_path)
    frame = pl.read_csv(tmp_path / "out/analysis_set.csv")
    dictionary = pl.read_csv(tmp_path / "out/analysis_set_dictionary.csv")
    assert frame.columns == dictionary["column"].to_list()
    again = osc.survival.cox(frame, time="days", event="event", covariates="sex:factor=female").model_dump()
    (ratio,) = found["survival"]["univariable"][1]["ratios"]
    assert (ratio["term"], again["terms"][0]["hr"]) == ("male", pytest.approx(ratio["hr"]))
    assert frame["lat_days"].count() == len(treated)


def test_a_data_cut_hides_what_came_later(tmp_path: Path) -> None:
    source = registry(tmp_path, patients=patients(40), outcomes=outcomes(range(100, 500, 10), [True] * 40))
    found = report(source, tmp_path, "--data-cut", day(295))
    assert found["data_cut"] == day(295)
    assert found["flow"]["events"] == 20
    assert found["survival"]["overall"]["follow_up"]["value"] == pytest.approx(295 / 30.4375)


PLAN = """
title: Survival by ECOG
written: 2020-01-01
question: Does ECOG decide?
endpoint: OS
from: omd_dx_date
factors: [ecog]
events: 500
"""


def test_what_departs_from_the_plan_is_printed(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, "utf-8")
    days, event = simulated(17, 60)
    source = registry(tmp_path, patients=patients(60), outcomes=outcomes(days, event))
    found = report(source, tmp_path, "--plan", str(tmp_path / "plan.yaml"))
    assert found["plan"]["departures"][0] == "factors: ecog was planned, age, sex, ecog was asked for"
    assert found["plan"]["departures"][1].startswith("events: at least 500 were planned, ")
    assert found["from_chosen_by"] == "you"
    page = (tmp_path / "out/report.html").read_text("utf-8")
    assert "factors: ecog was planned, age, sex, ecog was asked for" in page


@pytest.mark.parametrize(
    ("text", "says"),
    [("title: x\n", "written"), ("title: x\nwritten: 2020-01-01\nendpont: OS\n", "endpont"), ("- a\n", "no keys")],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str) -> None:
    (tmp_path / "plan.yaml").write_text(text, "utf-8")
    source = registry(tmp_path, patients=patients(3))
    order = ["cohort", "report", str(source), "-o", str(tmp_path / "out"), "--plan", str(tmp_path / "plan.yaml")]
    assert main(order) == 2
    assert says in capsys.readouterr().err


def test_what_came_before_the_first_therapy_contradicts_only_the_endpoint_that_is_asked_for(tmp_path: Path) -> None:
    treated, told = with_therapy(200, 12)
    early = outcomes([1.0] * 200, [True] * 200, "PFS")
    source = registry(
        tmp_path, patients=patients(200), outcomes=pl.concat([told, early], how="diagonal"), local_treatment=treated
    )
    n_late = sum(date != day(0) and date != day(1) for date in treated["date"])
    assert report(source, tmp_path, "--from", "first_lat")["flow"]["analysed"] == len(treated)
    found = report(source, tmp_path, "--from", "first_lat", "--endpoint", "PFS", exits=1)
    assert found["flow"]["analysed"] < len(treated)
    assert sum("before time zero" in str(each["reason"]) for each in rejected(tmp_path)) == n_late > 0


def test_time_from_the_first_therapy_counts_the_treated_alone(tmp_path: Path) -> None:
    treated, told = with_therapy(200, 12)
    source = registry(tmp_path, patients=patients(200), outcomes=told, local_treatment=treated)
    found = report(source, tmp_path, "--from", "first_lat")
    assert found["flow"]["analysed"] == len(treated)
    assert found["from_chosen_by"] == "you"
    assert "refused" in found["survival"]["local_therapy"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--endpoint", "OSS"], "endpoint OSS"),
        (["--from", "omd_date"], "did you mean omd_dx_date?"),
        (["--factors", "agee"], "did you mean age?"),
        (["--divided-by", "age"], "it is a number"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    source = registry(tmp_path, patients=patients(3))
    assert main(["cohort", "report", str(source), "-o", str(tmp_path / "out"), *words]) == 2
    assert says.lower() in capsys.readouterr().err.lower()
    assert not (tmp_path / "out").exists()


def of_three_risks(n: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Patients, lesions and outcomes: metachronous, synchronous N0, synchronous N1, who live to five years as published."""
    random, group = np.random.default_rng(21), np.arange(n) % 3
    lives = np.array([0.478, 0.362, 0.138])[group]
    death = np.ceil(random.exponential(-1826.25 / np.log(lives)))
    end = random.integers(1900, 2600, n)
    people = patients(n).with_columns(
        primary_dx_date=pl.Series([day(-600 if k == 0 else 0) for k in group]),
        hist_polymetastatic=pl.lit("false"),
        hist_oligometastatic=pl.lit("false"),
        diffuse_disease=pl.lit("false"),
        primary_n=pl.Series(["N1" if k == 2 else "N0" for k in group]),
        staging_pet_ct=pl.lit("done"),
        staging_brain_mri=pl.lit("done"),
    )
    lesions = pl.DataFrame({"patient_id": people["patient_id"], "id": "L1", "organ": "adrenal"})
    return people, lesions, outcomes(np.minimum(death, end).tolist(), (death <= end).tolist())


def validated(source: Path, folder: Path, *words: str) -> list[dict[str, Any]]:
    assert main(["cohort", "validate", str(source), "-o", str(folder / "val"), "--today", TODAY, *words]) == 0
    found = json.loads((folder / "val/validation.json").read_text("utf-8"), parse_constant=pytest.fail)
    tables: list[dict[str, Any]] = found["tables"]
    return tables


def test_a_registry_that_lives_as_published_agrees(tmp_path: Path) -> None:
    people, lesions, told = of_three_risks(1500)
    source = registry(tmp_path, patients=people, lesions=lesions, outcomes=told)
    found = validated(source, tmp_path, "--tables", "ashworth-risk-group")[0]
    assert [round(each["published"], 3) for each in found["published"]] == [0.478, 0.362, 0.138]
    assert [each["inside"] for each in found["published"]] == [True, True, True]
    measures = {each["name"]: each for each in found["measures"]}
    assert {"Harrell's C", "Uno's C", "AUC at 60 months", "Brier score at 60 months"} <= set(measures)
    assert all(0.5 < measures[name]["low"] < measures[name]["high"] < 0.8 for name in ("Harrell's C", "Uno's C"))
    frame = pl.DataFrame({"g": np.arange(1500) % 3, "d": told["date"], "e": told["event"]})
    beyond = frame.with_columns(days=(pl.col("d").str.to_date() - pl.date(2020, 1, 1)).dt.total_days() > 1826.25)
    for k, each in enumerate(found["published"]):
        share = beyond.filter(pl.col("g") == k)["days"].mean()
        assert each["observed"] == pytest.approx(share)  # nobody is censored before
    page = (tmp_path / "val/validation.html").read_text("utf-8")
    assert "3 of 3 published numbers lie within the interval of this registry" in page
    assert (tmp_path / "val/against-ashworth-risk-group.svg").exists()


def test_a_registry_that_lives_otherwise_says_so(tmp_path: Path) -> None:
    people, lesions, told = of_three_risks(900)
    shorter = told.with_columns(date=pl.lit(day(400)), event=pl.lit("true"))
    source = registry(tmp_path, patients=people, lesions=lesions, outcomes=shorter)
    found = validated(source, tmp_path, "--tables", "ashworth-risk-group")[0]
    assert [each["inside"] for each in found["published"]] == [None, None, None]
    assert all(each["observed"] == 0 for each in found["published"])


def test_a_simulated_registry_gives_its_truth_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["--patients", "3000", "--seed", "4", "--therapy-ratio", "0.6", "--missing", "0.1"]
    assert main(["cohort", "simulate", "-o", str(tmp_path / "made"), *order]) == 0
    truth = json.loads((tmp_path / "made/truth.json").read_text("utf-8"))
    again = osc.simulate_cohort(tmp_path / "again", patients=3000, seed=4, therapy_ratio=0.6, missing=0.1)
    assert [path.read_bytes() for path in again] == [(tmp_path / "made" / path.name).read_bytes() for path in again]
    used = ["--today", TODAY, "--factors", "sex,ecog", "--divided-by", "sex", "--table-by", "sex"]
    assert main(["cohort", "report", str(tmp_path / "made"), "-o", str(tmp_path / "out"), *used]) == 0
    found = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert found["flow"]["analysed"] == pytest.approx(2700, abs=60)
    state = next(way for way in found["survival"]["local_therapy"]["ways"] if way["way"] == "as a state, adjusted")
    assert state["low"] < truth["therapy_ratio"] < state["high"]
    assert found["survival"]["local_therapy"]["naive"]["high"] < truth["therapy_ratio"]


@pytest.mark.parametrize("wrong", [["--treated", "1.2"], ["--therapy-ratio", "0"], ["--patients", "0"]])
def test_a_truth_that_cannot_be_is_refused(tmp_path: Path, wrong: list[str]) -> None:
    assert main(["cohort", "simulate", "-o", str(tmp_path / "made"), *wrong]) == 2
    assert not (tmp_path / "made").exists()


def test_the_page_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days, event = simulated(3, 30)
    source = registry(tmp_path, patients=patients(30), outcomes=outcomes(days, event))
    report(source, tmp_path, "--pdf")
    assert (tmp_path / "out/report.pdf").read_bytes().startswith(b"%PDF")
    report(source, tmp_path)
    assert not (tmp_path / "out/report.pdf").exists(), "that of an earlier report does not stay"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("oligoscope.api.registry._write", lambda *_: pytest.fail("the work was begun"))
    assert main(["cohort", "report", str(source), "-o", str(tmp_path / "none"), "--pdf"]) == 2
    assert "no Chromium" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_the_function_says_the_same(tmp_path: Path) -> None:
    days, event = simulated(13, 40)
    source = registry(tmp_path, patients=patients(40), outcomes=outcomes(days, event))
    printed = report(source, tmp_path)
    found = osc.cohort_report(
        source, tmp_path / "again", factors=["age", "sex", "ecog"], divided_by="sex,ecog", table_by="sex", today=TODAY
    )
    assert found.model_dump() == printed
    assert printed["survival"]["overall"]["n"] == 40
    assert math.isclose(printed["table"]["rows"][0]["cells"][0]["n"], 20)

"""`oligoscope cohort against --baseline`: the registry weighted to what is published of the trial's patients."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from oligoscope.cli.main import main
from oligoscope.synthesis.survival import Design, cox, followed, kaplan_meier
from tests.functional.test_cohort_against import MONTH, against, arm, figure, source_of
from tests.functional.test_cohort_report import TODAY, day, outcomes, registry

SOURCE = "Doe 2030 (made up), table 1"


def drawn(seed: int, n: int, shares: Sequence[float], effect: float) -> dict[str, np.ndarray]:
    """Days, deaths and two factors that decide them. shares: of ECOG 0, of women.  effect: a ratio of the hazard."""
    random = np.random.default_rng(seed)
    fit, woman = (random.random(n) < share for share in shares)
    hazard = effect * np.log(2) / (9 * MONTH) * np.where(fit, 0.4, 1) * np.where(woman, 0.6, 1)
    death, end = random.exponential(1 / hazard), random.uniform(700, 1500, n)
    return {"days": np.ceil(np.minimum(death, end)), "event": death <= end, "fit": fit, "woman": woman}


def made(folder: Path, told: dict[str, np.ndarray], **more: Any) -> Path:
    n = len(told["days"])
    columns = {
        "egfr": pl.lit("positive"),
        "ecog": pl.Series(np.where(told["fit"], "0", "1")),
        "sex": pl.Series(np.where(told["woman"], "female", "male")),
    }
    source = source_of(folder, n, 18, **{**columns, **more})
    registry(folder, outcomes=outcomes(told["days"].tolist(), told["event"].tolist()))
    return source


def baseline(folder: Path, text: str, head: str = f"source: {SOURCE}\npatients: 200\nfactors:\n") -> list[str]:
    (folder / "baseline.yaml").write_text(head + text, "utf-8")
    return ["--baseline", str(folder / "baseline.yaml")]


def of_shares(told: dict[str, np.ndarray]) -> str:
    return (
        f"- {{factor: ecog_used, level: 0, share: {told['fit'].mean():.4f}}}\n"
        f"- {{factor: sex, level: female, share: {told['woman'].mean():.4f}}}\n"
    )


def curve_of(told: dict[str, np.ndarray]) -> Any:
    return kaplan_meier(followed(told["days"] / MONTH, told["event"].astype(float)))


def logs(ratio: dict[str, float]) -> list[float]:
    return [float(np.log(ratio[name])) for name in ("value", "low", "high")]


@pytest.mark.parametrize("effect", [1.0, 0.6])
def test_what_confounds_is_taken_out(tmp_path: Path, effect: float) -> None:
    """Fewer of the trial's patients are fit, and fewer women: as they are the registry seems to do much better."""
    trial, mine = drawn(11, 250, (0.3, 0.3), 1), drawn(12, 500, (0.75, 0.65), effect)
    words = [*figure(tmp_path, one=curve_of(trial)), *baseline(tmp_path, of_shares(trial))]
    found = against(made(tmp_path, mine), tmp_path, words)
    (shown,), (used,) = found["arms"], found["baselines"]
    alike, other = drawn(21, 60_000, (0.3, 0.3), effect), drawn(22, 60_000, (0.3, 0.3), 1)
    both = [np.concatenate([alike[name], other[name]]).astype(float) for name in ("days", "event")]
    group = np.repeat([1.0, 0.0], 60_000)[:, None]
    truth = cox(followed(*both), Design(group, ["registry"]), tested=False).terms[0].coef
    assert truth is not None
    plain, weighted = logs(shown["hazard_ratio"]), logs(shown["adjusted"]["hazard_ratio"])
    assert plain[2] < truth - 0.1
    assert weighted[1] < truth < weighted[2]
    assert abs(weighted[0] - truth) < 0.15
    assert found["adjusted"] is True
    for row in used["factors"]:
        assert row["weighted"] == pytest.approx(row["published"], abs=1e-8)
        assert row["registry"] > row["published"] + 0.2
    assert shown["adjusted"]["months"]["value"] < shown["months"]["value"]


def test_ratio_and_curve_are_those_of_the_weights(tmp_path: Path) -> None:
    """One factor has weights in closed form; of the true patients they give the same ratio, curve and months."""
    trial, mine = drawn(31, 200, (0.4, 0.5), 1), drawn(32, 300, (0.6, 0.5), 0.9)
    share = 0.4
    words = [
        *figure(tmp_path, one=curve_of(trial)),
        *baseline(tmp_path, f"- {{factor: ecog_used, level: 0, share: {share}}}\n"),
    ]
    found = against(made(tmp_path, mine), tmp_path, words)
    (shown,), (used,) = found["arms"], found["baselines"]
    q = mine["fit"].mean()
    weights = np.where(mine["fit"], share / q, (1 - share) / (1 - q))
    assert used["effective"] == pytest.approx(weights.sum() ** 2 / (weights**2).sum())
    died = weights[mine["event"]]
    assert used["effective_events"] == pytest.approx(died.sum() ** 2 / (died**2).sum())
    assert used["largest_weight"] == pytest.approx(weights.max())
    times, event = (np.concatenate([trial[name], mine[name]]).astype(float) for name in ("days", "event"))
    group, every = np.repeat([0.0, 1.0], [200, 300])[:, None], np.concatenate([np.ones(200), weights])
    design = Design(group, ["registry"], cluster=np.arange(500), weights=every)
    term = cox(followed(times / MONTH, event), design, tested=False).terms[0]
    assert term.coef is not None
    assert term.low is not None
    assert term.high is not None
    value, low, high = logs(shown["adjusted"]["hazard_ratio"])
    assert value == pytest.approx(term.coef, abs=0.02)
    assert high - low == pytest.approx(term.high - term.low, rel=0.03)
    true = kaplan_meier(followed(mine["days"] / MONTH, mine["event"].astype(float)), weights=weights)
    curve = used["registry"]["curve"]
    place = np.searchsorted(true.times, np.array(curve["months"]) + 1e-4, side="right") - 1
    assert true.survival[place] == pytest.approx(curve["share"], abs=1e-6)
    months = shown["adjusted"]["months"]
    theirs = curve_of(trial).restricted_mean(months["until"])
    assert months["value"] == pytest.approx(true.restricted_mean(months["until"]).value - theirs.value, abs=0.15)


def test_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Page, figure and text: both comparisons, what differs, and what weights do not show."""
    trial, mine = drawn(11, 250, (0.3, 0.3), 1), drawn(12, 400, (0.6, 0.5), 1)
    words = [*figure(tmp_path, one=curve_of(trial)), *baseline(tmp_path, of_shares(trial))]
    source = made(tmp_path, mine, ecog=pl.Series([None if k % 10 == 0 else str(k % 2) for k in range(400)]))
    found = against(source, tmp_path, words)
    (shown,), (used,) = found["arms"], found["baselines"]
    assert used["not_known"] == [{"factor": "ECOG", "n": 40}]
    assert used["weighted"] == 360
    assert shown["adjusted"]["same_patients_unweighted"]["hazard_ratio"]["value"] > 0
    page, printed = (tmp_path / "out/against.html").read_text("utf-8"), capsys.readouterr().err
    for text in (page, printed):
        assert SOURCE in text
        assert "how factors go together is not published" in text
        assert "the weighted comparison is unanchored" in text.replace("The weighted", "the weighted")
        assert f"tell as much as {used['effective']:.0f}" in text
        assert "registry weighted" in text
    assert "nothing is adjusted" not in page
    assert "What the weights balance" in page
    svg = (tmp_path / "out/against.svg").read_text("utf-8")
    assert "this registry, weighted" in svg
    assert len(set(re.findall(r'stroke-width="1.8"( stroke-dasharray="[^"]+")?', svg))) == 3
    assert "one, registry weighted: hazard ratio" in printed


def test_each_arm_may_have_a_baseline_of_its_own(tmp_path: Path) -> None:
    mine = drawn(12, 400, (0.6, 0.5), 1)
    text = (
        f"arms:\n  1:\n    source: {SOURCE}, left\n    patients: 150\n    factors: "
        "[{factor: age_years, mean: 62}, {factor: age_years, at_least: 65, share: 0.4}, {factor: age_years, below: 55, share: 0.25}]\n"
        f"  two:\n    source: {SOURCE}, right\n    patients: 150\n    factors: [{{factor: ecog_used, level: [0, '2'], share: 0.3}}]\n"
    )
    arms = {"1": arm(7, 150, 9), "two": arm(27, 150, 18), "three": arm(28, 150, 18)}
    found = against(made(tmp_path, mine), tmp_path, [*figure(tmp_path, **arms), *baseline(tmp_path, text, "")])
    left, right = found["baselines"]
    assert [left["arm"], right["arm"]] == ["1", "two"]
    assert [row["label"] for row in left["factors"]] == [
        "Age: mean, years",
        "Age: 65 years or more",
        "Age: below 55 years",
    ]
    assert right["factors"][0]["label"] == "ECOG: 0 or 2"
    assert ["hazard_ratio" in each.get("adjusted", {}) for each in found["arms"]] == [True, True, False]
    assert "adjusted" not in found["arms"][2]
    svg = (tmp_path / "out/against.svg").read_text("utf-8")
    assert "this registry, weighted to two" in svg


def test_patients_who_enter_late_are_weighted_too(tmp_path: Path) -> None:
    trial, mine = drawn(11, 250, (0.3, 0.3), 1), drawn(12, 600, (0.6, 0.5), 1)
    entry = np.floor(np.random.default_rng(5).uniform(0, 200, 600))
    entry[:40] = 0
    mine = {name: values[entry < mine["days"]] for name, values in mine.items()}
    late = pl.Series(list(map(day, entry[entry < drawn(12, 600, (0.6, 0.5), 1)["days"]])))
    words = [*figure(tmp_path, one=curve_of(trial)), *baseline(tmp_path, of_shares(trial))]
    (shown,) = against(made(tmp_path, mine, assessed=late), tmp_path, words)["arms"]
    value, low, high = logs(shown["adjusted"]["hazard_ratio"])
    assert low < 0 < high
    assert abs(value) < 0.2
    assert logs(shown["hazard_ratio"])[2] < 0
    page = (tmp_path / "out/against.html").read_text("utf-8")
    assert "atients came under observation after time zero" in page


REFUSED: list[tuple[int, str, dict[str, Any], str]] = [
    (250, "- {factor: age_years, mean: 78.98}\n", {}, "tell as much as 8.3, their events as much as 8.3: fewer"),
    (400, "- {factor: age_years, mean: 78.9999999}\n", {}, "no weights exist"),
    (
        400,
        "- {factor: age_years, mean: 55}\n- {factor: age_years, at_least: 65, share: 0.6}\n",
        {},
        "no weights exist",
    ),
    (
        400,
        "- {factor: ecog_used, level: 0, share: 0.5}\n- {factor: ecog_used, level: 1, share: 0.4}\n",
        {},
        "contradict each other",
    ),
    (400, "- {factor: ecog_used, level: 0, share: 0.5}\n", {"ecog": pl.lit(None, pl.String)}, "is known of 0 patients"),
    (
        15,
        "- {factor: ecog_used, level: 0, share: 0.5}\n- {factor: age_years, mean: 60}\n",
        {},
        "15 patients for 2 published numbers: fewer than 10 for each",
    ),
]


@pytest.mark.parametrize(("n", "text", "more", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_is_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n: int, text: str, more: dict[str, Any], says: str
) -> None:
    mine = drawn(12, n, (0.6, 0.5), 1)
    mine["event"][:] = True
    words = [*figure(tmp_path, one=arm(7, 150, 9)), *baseline(tmp_path, text)]
    found = against(made(tmp_path, mine, **more), tmp_path, words)
    (shown,), (used,) = found["arms"], found["baselines"]
    assert says in used["refused"]
    assert shown["adjusted"] == {"refused": used["refused"]}
    assert found["adjusted"] is False
    assert not {"effective", "registry", "largest_weight"} & used.keys()
    assert not any("weighted" in row for row in used["factors"])
    assert "hazard_ratio" in shown
    page = (tmp_path / "out/against.html").read_text("utf-8")
    assert "nothing is adjusted" in page
    assert used["refused"] in page
    assert "this registry, weighted" not in page + (tmp_path / "out/against.svg").read_text("utf-8")
    assert f"not weighted: {used['refused']}" in capsys.readouterr().err


def test_ten_patients_for_each_published_number_are_enough(tmp_path: Path) -> None:
    """Nobody needs another weight, and all of them died: whatever is refused, it is not that."""
    mine = drawn(12, 20, (0.6, 0.5), 1)
    mine["event"][:] = True
    fit, woman = (float(mine[name].mean()) for name in ("fit", "woman"))
    text = f"- {{factor: ecog_used, level: 0, share: {fit}}}\n- {{factor: sex, level: female, share: {woman}}}\n"
    found = against(made(tmp_path, mine), tmp_path, [*figure(tmp_path, one=arm(7, 150, 9)), *baseline(tmp_path, text)])
    (used,) = found["baselines"]
    assert "refused" not in used
    assert used["effective"] == pytest.approx(20)


def test_few_events_or_hazards_that_cross(tmp_path: Path) -> None:
    mine = drawn(12, 300, (0.6, 0.5), 1)
    mine["event"][:] = False
    mine["event"][:9] = True
    words = [
        *figure(tmp_path, one=arm(7, 150, 9)),
        *baseline(tmp_path, "- {factor: ecog_used, level: 0, share: 0.5}\n"),
    ]
    found = against(made(tmp_path, mine), tmp_path, words)
    assert found["baselines"][0]["refused"] == "9 events of those whose factors are known: fewer than 10"
    random = np.random.default_rng(3)
    early = np.concatenate([random.uniform(1, 3, 60), np.full(60, 48.0)])
    crossing = kaplan_meier(followed(early, np.concatenate([np.ones(60), np.zeros(60)])))
    words = [
        *figure(tmp_path, one=crossing),
        *baseline(tmp_path, "- {factor: ecog_used, level: 0, share: 0.5}\n"),
    ]
    (shown,) = against(made(tmp_path, drawn(12, 400, (0.6, 0.5), 1)), tmp_path, words)["arms"]
    assert "not proportional" in shown["adjusted"]["hazard_ratio"]["refused"]
    assert shown["adjusted"]["months"]["low"] < shown["adjusted"]["months"]["high"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- {factor: ecogg, level: 0, share: 0.5}", "did you mean ecog"),
        ("- {factor: ecog, level: 7, share: 0.5}", "factors.0.level 7: ecog has no such group"),
        ("- {factor: sex, level: femal, share: 0.5}", "did you mean female?"),
        ("- {factor: sex, level: [[1]], share: 0.5}", "it is no group"),
        ("- {factor: sex, level: other, share: 0.5}", "nobody of the 60 patients of the registry"),
        ("- {factor: sex, level: female, share: 44}", "write 0.44 for 44 per cent"),
        ("- {factor: sex, level: female, share: 1.5}", "write 0.015 for 1.5 per cent"),
        ("- {factor: sex, level: female, share: -0.1}", "factors.0.share -0.1: it is no share"),
        ("- {factor: sex, level: female, share: 1}", "no weight takes anybody out"),
        ("- {factor: sex, level: female}", "give share with level"),
        ("- {factor: age, level: 65, share: 0.4}", "give mean, or share with at_least"),
        ("- {factor: age, at_least: 65, below: 70, share: 0.4}", "give mean, or share with at_least"),
        ("- {factor: age, at_least: 95, share: 0.4}", "nobody of the 60 patients"),
        ("- {factor: age, mean: 95}", "a mean above 50 and below 79 years"),
        ("- {factor: age, mean: sixty}", "valid number"),
        ("- {factor: age, mean: .inf}", "finite number"),
        ("- {factor: sex, level: female, share: yes}", "factors.0.share True: input should be a valid number"),
        ("- {factor: age, average: 60}", "there is no such key"),
        ("- {factor: sex, level: female, share: 0.5}\n- {factor: sex, level: Female, share: 0.4}", "given twice"),
        ("- {factor: sex, level: female, share: 0.7}\n- {factor: sex, level: male, share: 0.5}", "come to 1.2"),
        ("  []", "at least 1 item"),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    words = baseline(tmp_path, text)
    printed = wrong(tmp_path, words, capsys)
    assert says in printed.lower() or says in printed
    assert "baseline baseline.yaml:" in printed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("patients: 5\nfactors: [{factor: age, mean: 60}]", "source is missing: it must stand here. Allowed: words"),
        ("source: ' '\npatients: 5\nfactors: [{factor: age, mean: 60}]", "baseline.yaml:1 source"),
        ("source: x\nfactors: [{factor: age, mean: 60}]", "patients is missing"),
        ("source: x\npatients: 0\nfactors: [{factor: age, mean: 60}]", "patients 0: input should be greater than 0"),
        ("source: x\npatients: 5", "factors is missing"),
        ("arms: {on: {source: x, patients: 5, factors: [{factor: age, mean: 60}]}}", "the figure has no such arm"),
        ("arms: {one: {patients: 5, factors: [{factor: age, mean: 60}]}}", "arms.one.source is missing"),
        ("arms: {}", "at least 1 item"),
        ("source: x\narms: {one: {source: x, patients: 5, factors: [{factor: age, mean: 60}]}}", "no place here"),
        ("source: x\npatient: 5\nfactors: [{factor: age, mean: 60}]", "patients is missing"),
        ("source: x\npatients: 5\nn: 5\nfactors: [{factor: age, mean: 60}]", "there is no such key"),
        ("- a", "it holds no keys"),
        ("a: [", "this is not YAML"),
    ],
)
def test_what_is_no_baseline_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    assert says in wrong(tmp_path, baseline(tmp_path, text, ""), capsys)


def wrong(folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    source = made(folder, drawn(12, 60, (0.6, 0.5), 1))
    order = ["cohort", "against", "sindas", str(source), "-o", str(folder / "out"), "--leave-out", "untreated"]
    more = ["--from", "omd_dx_date", "--today", TODAY, *figure(folder, one=arm(5, 60, 9)), *words]
    assert main([*order, *more]) == 2
    assert not (folder / "out").exists()
    return capsys.readouterr().err


def test_no_file_is_refused_and_the_file_is_not_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cannot be read" in wrong(tmp_path, ["--baseline", str(tmp_path / "none.yaml")], capsys)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    trial, mine = drawn(11, 100, (0.3, 0.3), 1), drawn(12, 150, (0.6, 0.5), 1)
    words = [*figure(tmp_path, one=curve_of(trial)), *baseline(tmp_path, of_shares(trial))]
    source, runs = made(tmp_path, mine), []
    for _ in range(2):
        against(source, tmp_path, words)
        runs.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert runs[0] == runs[1]
    assert json.loads(runs[0]["against.json"])["baselines"]

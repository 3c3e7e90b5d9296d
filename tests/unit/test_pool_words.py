"""A pool in sentences, as text and as data, of made-up studies with an error of 0.2 each."""

import json
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from oligoscope.appraisal.pool import Pool, pool
from oligoscope.appraisal.select import Request
from oligoscope.evidence.model import Study
from oligoscope.evidence.terms import Moderator, Terms
from oligoscope.report.forest import Row, cumulative_rows, draw, pool_rows
from oligoscope.report.pooled import pool_json, pool_text, ratio, row_text, sentences, trials
from oligoscope.synthesis.meta import fit
from tests.support import studies
from tests.support.studies import study, trial

TERMS = Terms(settings=["few"], treatment="surgery", moderator=Moderator(tag="targeted", otherwise="others"))
A, B = trial("a", 0.4, 2019), trial("b", 0.5, 2020, tags=["targeted"])


def pooled(*given: Study, **request: Any) -> Pool:
    return pool(Request("PFS", "2030-01-01", **request), given, TERMS)


def told(found: Pool, kind: str) -> list[str]:
    return [sentence.text for sentence in sentences(found) if sentence.kind == kind]


def test_numbers_in_words() -> None:
    assert (trials(1), trials(2), trials(11)) == ("1 trial", "2 trials", "11 trials")
    assert (ratio(0.0), ratio(math.log(0.456))) == ("1.00", "0.46")


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (0.4, "below 1 favours surgery. The interval excludes no effect: PFS was longer with it in these trials."),
        (2.5, "below 1 favours surgery. The interval excludes no effect: PFS was shorter with it in these trials."),
        (0.9, "below 1 favours surgery. The interval includes no effect."),
    ],
)
def test_the_estimate_and_which_way_it_points(value: float, end: str) -> None:
    low, high = (value * math.exp(sign * 1.959964 * 0.2) for sign in (-1, 1))
    said = (
        f"1 trial with a verified effect on PFS by 2030-01-01 (few): HR {value:.2f} (95 % CI {low:.2f} to {high:.2f}); "
    )
    assert told(pooled(trial("a", value)), "estimate") == [said + end]


def test_where_nothing_can_be_pooled_that_is_said() -> None:
    found = pooled(trial("a", 0.5, concern=True))
    assert told(found, "estimate") == [
        "No verified effect on PFS was published by 2030-01-01 for this request; nothing is pooled."
    ]
    assert pool_json(found)["pooled"] is None


def test_heterogeneity_is_told_of_two_trials_and_not_of_one() -> None:
    assert told(pooled(A), "heterogeneity") == []
    (text,) = told(pooled(trial("a", 0.5), trial("b", 0.5)), "heterogeneity")
    assert text.startswith("Heterogeneity: I² 0 %, τ² 0.000 (Q-profile 0.000 to ")
    assert "Q 0.0 on 1 df (P 1.00)" in text
    assert text.endswith("no heterogeneity found is not none there.")


def test_a_hartung_knapp_interval_that_is_the_narrower_one_says_so() -> None:
    """Effects that agree too well: the residual is almost nothing, and so is the scaled error."""
    (text,) = told(pooled(trial("a", 0.5), trial("b", 0.501), trial("c", 0.502)), "interval")
    low, high = (0.501 * math.exp(sign * 1.959964 * 0.2 / math.sqrt(3)) for sign in (-1, 1))
    assert text.endswith(f"the plain random-effects interval is {low:.2f} to {high:.2f}.")
    assert told(pooled(trial("a", 0.3), trial("b", 0.9), trial("c", 0.5)), "interval") == []


def test_a_variant_that_no_longer_excludes_no_effect_says_so() -> None:
    near = trial("near", 0.45, 2021, concern=True)
    far = trial("far", 3.0, 2021, concern=True)
    assert told(pooled(A, B, far), "variant")[0].startswith("With concern (far): HR ")
    assert told(pooled(A, B, far), "variant")[0].endswith(", which includes no effect.")
    assert not told(pooled(A, B, near), "variant")[0].endswith("no effect.")


def test_a_seen_ratio_without_a_verified_error_is_not_forgotten() -> None:
    unsure = study(
        {"measure": "hazard_ratio", "value": 0.9, "comparison": "new vs old"},
        {"measure": "p_value", "value": 0.5, "status": "unverified"},
        name="unsure",
        n=150,
    )
    assert told(pooled(A, unsure), "unweighable") == [
        "Left out but contrary or unweighable: unsure (150 patients, 2020-05-01), "
        "PFS: hazard ratio 0.9 (new vs old; source), has no verified error."
    ]
    assert told(pooled(A, study(studies.ratio(status="unverified"), name="unseen")), "unweighable") == []


def test_cautions_name_their_study() -> None:
    assert told(pooled(A, B), "cautions") == []
    late = study(studies.ratio(), name="late", reports=[{"id": "r", "published": "2021"}])
    assert told(pooled(A, late), "cautions") == ["Applicability and cautions: late: published in 2021, day not known."]


def test_who_judges_what_of_the_certainty() -> None:
    (text,) = told(pooled(A), "certainty")
    assert text.endswith("To be judged by a person: risk of bias, publication bias.")
    assert text.startswith(
        "Certainty, as far as data show it: inconsistency: one study: nothing to compare; indirectness:"
    )


def test_a_row_is_the_published_interval_or_a_computed_one() -> None:
    def row(**more: Any) -> str:
        (selected,) = pooled(study(studies.ratio(0.5, **more))).selected
        return row_text(selected)

    assert row() == "0.50 (0.34 to 0.74)"
    assert row(interval={"low": 0.35, "high": 0.75, "level": 0.95}) == "0.50 (0.35 to 0.75)"
    assert row(interval={"low": 0.4, "high": 0.625, "level": 0.9}) == "0.50 (0.38 to 0.65, computed)"
    assert row(direction="control over experimental") == "2.00 (1.35 to 2.96, computed)"
    assert row(interval=None, p={"value": 0.01}) == "0.50 (0.30 to 0.85, computed)"


def test_the_text_has_every_section_that_there_is_something_to_say_of() -> None:
    text = pool_text(pooled(A, B, trial("c", 0.6, 2021, concern=True)))
    sections = [line for line in text.splitlines() if line[:1].isalpha() and line.count(" ") < 5]
    assert sections[-5:] == ["Left out", "Influence", "Cumulative, by date", "Subgroups", "Certainty (GRADE domains)"]
    assert "  c: expression of concern\n" in text
    assert "random effects (REML, Hartung-Knapp)" in text
    alone = pool_text(pooled(A))
    assert "  one study\n" in alone
    assert not {"Left out", "Influence", "Subgroups", "Meta-regression"} & set(alone.splitlines())
    years = pool_text(
        pooled(*(trial(str(year), 0.5 * math.exp(0.1 * (year - 2020)), year) for year in range(2018, 2022)))
    )
    assert "each later year of publication multiplies the hazard ratio by 1.11 " in years
    assert "; 4 trials only" in years


def test_data_have_ratios_beside_their_logs_and_none_that_was_not_verified() -> None:
    data = json.loads(
        json.dumps(
            pool_json(
                pooled(A, B, study(studies.ratio(status="unverified"), name="u"), admitted=frozenset({"unverified"}))
            )
        )
    )
    assert data["request"]["design"] == "randomised"
    assert data["request"]["admitted"] == ["unverified"]
    first, _, hidden = data["studies"]
    assert (first["hr"], first["log_hr"], first["se"]) == pytest.approx((0.4, math.log(0.4), 0.2))
    assert (hidden["hr"], hidden["log_hr"], hidden["se"], hidden["verified"]) == (None, None, None, False)
    assert sum(row["weight_percent"] for row in data["studies"]) == pytest.approx(100)
    assert set(data["subgroups"]["groups"]) == {"others", "targeted"}
    assert (data["by_year"], data["egger"]) == (None, None)
    pair = json.loads(json.dumps(pool_json(pooled(A, B))))["pooled"]
    assert pair["hr"] == pytest.approx(math.sqrt(0.2))
    assert pair["ci_low"] < pair["hr"] < pair["ci_high"]
    assert pair["prediction"][0] < pair["prediction"][1]
    lone = pool_json(pooled(A))
    assert (lone["tau2_interval"], lone["subgroups"], lone["methods"]) == (None, None, [])


# ---- the plot ------------------------------------------------------------------------------------


def test_the_rows_of_a_forest_plot() -> None:
    found = pooled(A, B, trial("c", 0.6, 2021, concern=True))
    first, second, total, further, other = pool_rows(found)
    assert (first.label, first.text, first.kind) == ("a  2019", "0.40 (0.27 to 0.59)", "study")
    assert (first.estimate, first.low, first.high) == pytest.approx(
        (math.log(0.4), math.log(0.4) - 1.959964 * 0.2, math.log(0.4) + 1.959964 * 0.2)
    )
    assert (first.weight, second.weight) == pytest.approx((50, 50))
    whole = fit([math.log(0.4), math.log(0.5)], [0.04, 0.04])
    assert (total.kind, total.estimate, total.low, total.high) == (
        "pooled",
        *map(pytest.approx, (whole.estimate, *whole.interval)),
    )
    assert (further.kind, further.estimate) == ("prediction", None)
    assert (other.kind, other.label) == ("other", "with concern: c")
    assert [row.kind for row in pool_rows(pooled(A))] == ["study", "pooled"]


def test_a_study_that_was_not_verified_is_named_and_not_drawn() -> None:
    hidden = study(studies.ratio(status="unverified"), name="u")
    row = pool_rows(pooled(A, hidden, admitted=frozenset({"unverified"})))[1]
    assert (row.label, row.text, row.estimate, row.low, row.high) == ("u  2020", "unverified, not drawn", None, 0, 0)


def test_the_plot_of_how_a_pool_grew() -> None:
    rows = cumulative_rows(pooled(B, A, trial("c", 0.6, 2021, concern=True)))
    assert [row.label for row in rows] == ["a  2019", "+ b  2020", "with concern: c"]
    assert [row.kind for row in rows] == ["pooled", "pooled", "other"]
    assert [math.exp(row.estimate or 0) for row in rows[:2]] == pytest.approx([0.4, math.sqrt(0.2)])


def test_a_plot_has_every_label_its_treatment_and_the_same_bytes_each_time() -> None:
    rows = pool_rows(pooled(A, B))
    drawn = draw(rows, "surgery", "PFS").decode()
    assert drawn.encode() == draw(rows, "surgery", "PFS")
    for word in ("a  2019", "0.40 (0.27 to 0.59)", "← favours surgery", "favours none →", "hazard ratio (log scale)"):
        assert word in drawn


def xs(line: Line2D) -> list[float]:
    return [float(x) for x in np.asarray(line.get_xdata())]


def ys(line: Line2D) -> list[float]:
    return [float(y) for y in np.asarray(line.get_ydata())]


@pytest.fixture
def axes(monkeypatch: pytest.MonkeyPatch) -> Axes:
    """What is drawn of a study, a pooled effect, a prediction, a variant, and an interval beyond the page."""
    kept: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: kept.append(figure))
    rows = [
        Row("study", "", math.log(0.5), math.log(0.25), math.log(1.0), 45.0),
        Row("pooled", "", math.log(0.6), math.log(0.4), math.log(0.9), kind="pooled"),
        Row("further", "", None, math.log(0.3), math.log(1.2), kind="prediction"),
        Row("variant", "", math.log(0.7), math.log(0.5), math.log(0.98), kind="other"),
        Row("wide", "", math.log(1.0), math.log(0.001), math.log(1000.0), 9.0),
        Row("hidden", "unverified, not drawn"),
    ]
    draw(rows, "surgery", "PFS")
    (found,) = kept[0].axes
    return found


def test_a_pooled_effect_is_a_diamond_on_its_line_with_its_interval_for_tips(axes: Axes) -> None:
    pooled_one, variant = (patch.get_xy() for patch in axes.patches if isinstance(patch, Polygon))
    for corners, y, values in ((pooled_one, 4, (0.4, 0.6, 0.9, 0.6)), (variant, 2, (0.5, 0.7, 0.98, 0.7))):
        assert [x for x, _ in corners[:4]] == pytest.approx(values)
        left, top, right, bottom = (height for _, height in corners[:4])
        assert (left, right) == (y, y)
        assert top - y == pytest.approx(y - bottom)
        assert 0 < top - y < 0.5


def test_a_study_is_its_interval_and_a_square_as_large_as_its_weight(axes: Axes) -> None:
    squares = {ys(line)[0]: line for line in axes.lines if line.get_marker() == "s"}
    spans = {ys(line)[0]: line for line in axes.lines if line.get_marker() == "None" and len(xs(line)) == 2}
    assert sorted(squares) == [1, 5]
    assert xs(squares[5]) == pytest.approx([0.5])
    assert squares[5].get_markersize() > squares[1].get_markersize()
    assert xs(spans[5]) == pytest.approx([0.25, 1.0])
    assert (spans[5].get_linestyle(), spans[3].get_linestyle()) == ("-", "--")
    assert xs(spans[3]) == pytest.approx([0.3, 1.2])


def test_an_interval_beyond_the_page_ends_at_its_edge(axes: Axes) -> None:
    left, right = axes.get_xlim()
    (wide,) = (line for line in axes.lines if line.get_marker() == "None" and ys(line) == [1, 1])
    assert xs(wide) == pytest.approx([left, right])
    assert (left, right) == (0.08, 12)


def test_what_is_not_drawn_still_has_its_words(axes: Axes) -> None:
    assert {"hidden", "unverified, not drawn", "study", "further"} <= {text.get_text() for text in axes.texts}
    assert not [line for line in axes.lines if ys(line) == [0, 0]]


def test_a_synthesis_is_told_beside_the_pool_with_what_each_took_and_changes_no_number() -> None:
    joined = trial("joined", 0.62, 2025, allocation="synthesis", took="10 trials")
    found, alone = pooled(A, B, joined), pooled(A, B)
    (text,) = told(found, "beside")
    assert text.startswith("Published beside it, not part of it: joined (2025-01-01), PFS: hazard ratio 0.62")
    assert text.endswith("It took 10 trials; this pool took 2 trials, 300 patients (a, b).")
    assert found.fit
    assert alone.fit
    assert found.fit.estimate == alone.fit.estimate
    assert told(alone, "beside") == []
    assert pool_json(found)["beside"] == [{"study": "joined", "result": "joined/r0", "took": "10 trials"}]
    assert "this pool took 0 trials, 0 patients (none)" in told(pooled(joined), "beside")[0]

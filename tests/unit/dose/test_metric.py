"""The grammar of metrics: every one that can be written is read back, and nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oligoscope.dose.metric import Metric, metric
from oligoscope.errors import NotAllowed

decimals = st.decimals("0.001", "999", places=3).map(float)
shares = st.decimals("0.1", "100", places=1).map(float)
metrics = st.one_of(
    decimals.map(lambda at: Metric("D", at, "cc")),
    shares.map(lambda at: Metric("D", at, "%")),
    decimals.map(lambda at: Metric("V", at, "Gy", "cc")),
    decimals.map(lambda at: Metric("V", at, "Gy", "%")),
    decimals.map(lambda at: Metric("CV", at, "Gy", "cc")),
    st.sampled_from([Metric("max"), Metric("min"), Metric("mean")]),
)


@given(metrics)
def test_what_is_written_is_read_back(one: Metric) -> None:
    assert metric(str(one)) == one


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("D5cc", Metric("D", 5, "cc")),
        ("D95%", Metric("D", 95, "%")),
        (" Dmean ", Metric("mean")),
        ("V20Gy", Metric("V", 20, "Gy", "cc")),
        ("V20Gy%", Metric("V", 20, "Gy", "%")),
        ("CV12.5Gy", Metric("CV", 12.5, "Gy", "cc")),
    ],
)
def test_what_a_text_means(text: str, means: Metric) -> None:
    assert metric(text) == means


@pytest.mark.parametrize(
    "text", ["D95", "V20", "V20%", "D0.03", "D5", "CV12.5", "D0%", "D101%", "D-1cc", "D5 Gy", "max", ""]
)
def test_without_a_unit_or_sense_it_is_refused(text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        metric(text)
    assert refused.value.field == "metric"
    assert refused.value.fix


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("D95", "write D95% (of the volume) or D95cc"),
        ("V20", "write V20Gy or, for the share of the volume, V20Gy%"),
        ("V20%", "write V20Gy or, for the share of the volume, V20Gy%"),
        ("CV12.5", "write CV12.5Gy"),
        ("V20Gy[cc]", "did you mean V20Gy?"),
        ("d0,03cm3", "did you mean D0.03cc?"),
        ("DMAX", "did you mean Dmax?"),
        ("D0cc", "write Dmax or Dmin for the extremes"),
    ],
)
def test_the_fix_is_named(text: str, fix: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        metric(text)
    assert refused.value.fix == fix

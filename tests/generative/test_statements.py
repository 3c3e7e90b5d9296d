"""Generated charts: a guideline statement that fits never stands beside an answer that denies it."""

from collections import Counter

from oligoscope.knowledge import load
from tests.support.agreement import by_reference
from tests.support.charts import Charts
from tests.support.denials import CANDIDATES, denials

LIKELY = {
    "all_sites_treatable": "true",
    "ecog": "1",
    "diffuse_disease": "false",
    "malignant_effusion": "false",
    "lesions_complete": "true",
}


def test_no_statement_stands_beside_its_denial() -> None:
    source = Charts(31)
    charts = [source.chart() for _ in range(1500)]
    for row, *_ in charts[:1000]:  # most charts leave a statement open; these are such as it may fit
        row |= LIKELY
        row.pop("progressing_sites_treatable", None)
    rows = by_reference(charts, load())
    denied = [
        (c, d) for c, row in zip(charts, rows, strict=True) for d in denials(row, c[0].get("all_sites_treatable"))
    ]
    assert not denied, denied[0]
    fitted = Counter(name for row in rows for name in str(row["guideline-statements"]).split("|"))
    assert all(fitted[name] for name in CANDIDATES), fitted  # else the charts would prove nothing
    assert {"NOT_OMD", "SYNC"} <= {row["omd-state"] for row in rows}
    assert "NOT_COVERED" in {row["lat-candidacy"] for row in rows}

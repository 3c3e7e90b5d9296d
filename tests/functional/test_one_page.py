"""What a board prints of a patient fits one side of A4."""

import io
from pathlib import Path

import pdfplumber
import pytest
import yaml

import oligoscope as osc
from oligoscope.report.pdf import pdf

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = {
    case["name"]: case["case"]
    for case in yaml.safe_load((ROOT / "tests/acceptance/published_cases.yaml").read_text("utf-8"))["cases"]
}
EXAMPLES = {
    name: yaml.safe_load((ROOT / f"examples/{name}.yaml").read_text("utf-8"))
    for name in ("complete", "gaps", "polymetastatic")
}


@pytest.mark.parametrize("name", [*CASES, *EXAMPLES])
def test_a_patient_prints_on_one_page(name: str) -> None:
    with pdfplumber.open(io.BytesIO(pdf(osc.assess((CASES | EXAMPLES)[name]).page()))) as printed:
        assert len(printed.pages) == 1
        text = printed.pages[0].extract_text()
    assert "Decision support for clinicians." in text, "the foot of the page stands on it too"
    assert "Sources" in text

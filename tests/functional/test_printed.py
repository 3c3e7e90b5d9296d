"""What the commands print, word for word, on one fixed day. Each file under printed/ was read by a person.

After a change that is meant: `python tests/functional/test_printed.py` writes the files anew; read the difference.
"""

import contextlib
import io
import os
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from freezegun import freeze_time

# Before time stands still: pandas, first imported under freezegun by scikit-learn, ended the interpreter.
for heavy in ("pandas", "sklearn.svm"):
    import_module(heavy)

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "printed"
DAY = "2026-11-20"
CASES = ("complete", "gaps", "polymetastatic")
COMMANDS = {
    **{f"assess-{case}": f"assess examples/{case}.yaml" for case in CASES},
    **{f"assess-{case}-json": f"assess examples/{case}.yaml --json" for case in CASES},
    "assess-complete-detail": "assess examples/complete.yaml --detail",
    "assess-complete-plain": "assess examples/complete.yaml --plain",
    "board": "board examples",
    "explain-candidacy": "explain examples/gaps.yaml lat-candidacy",
    "explain-score": "explain examples/complete.yaml lung-molgpa",
    "explain-criteria": "explain examples/gaps.yaml omd-definition",
    "explain-flags": "explain examples/complete.yaml safety-flags",
    "what-if": "what-if examples/complete.yaml ecog=3 primary.n=N2",
    "what-if-json": "what-if examples/gaps.yaml staging.brain_mri=done --json",
    "what-would-score": "what-if examples/complete.yaml --for lung-molgpa=1.5-2.0",
    "what-would-candidate": "what-if examples/gaps.yaml --candidate",
    "what-would-json": "what-if examples/complete.yaml --for lat-candidacy=DEFER --json",
    "trials-list": "trials list",
    "trials-show": "trials show halt",
    "trials-match": "trials match examples/complete.yaml",
    "trials-match-json": "trials match examples/gaps.yaml --json",
    "evidence-list": "evidence list",
    "evidence-search": "evidence search oligoprogression",
    "evidence-show": "evidence show ashworth-2014",
    "evidence-show-concern": "evidence show sindas",
    "evidence-show-json": "evidence show curb --json",
    "evidence-pool": "evidence pool --endpoint PFS",
    "evidence-pool-os": "evidence pool --endpoint OS --with unverified",
    "evidence-pool-then": "evidence pool --endpoint PFS --as-of 2022-09-01",
    "evidence-pool-json": "evidence pool --endpoint PFS --json",
    "evidence-drift": "evidence drift --from 2022-09-01 --to 2026-11-01",
    "evidence-drift-cases": "evidence drift --cases examples --from 2022-09-01 --to 2026-11-01",
    "evidence-audit": "evidence audit",
    "evidence-coverage": "evidence coverage",
    "dose-bed": "dose bed 54Gy/3fx",
    "dose-bed-sum": "dose bed 30Gy/10fx 24Gy/2fx --tissue spinal_cord",
    "dose-regimens": "dose regimens --organ lung --zone central --size-cm 3.5",
    "dose-regimens-json": "dose regimens --organ brain --n-brain 7 --size-cm 3.5 --json",
    "dose-constraints": "dose constraints --fractions 5",
    "dose-constraints-json": "dose constraints --fractions 3 --organ duodenum --json",
    "dose-constraints-none": "dose constraints --fractions 10",
    "wrong-organ": "dose constraints --fractions 5 --organ spinal_chord",
    "dose-bed-json": "dose bed 54Gy/3fx --json",
    "wrong-metric": "dose dvh RTSTRUCT.dcm RTDOSE.dcm --metric V20",
    "wrong-dicom": "dose dvh tests/data/dicom-rt/no-meta-rtstruct.dcm tests/data/dicom-rt/relative-rtdose.dcm",
    "survival-km": "survival km tests/data/survival/patients.csv --time months --event dead --by arm --at 6,12,40",
    "survival-km-json": "survival km tests/data/survival/patients.csv --time months --event dead --at 6,40 --json",
    "survival-km-entry": "survival km tests/data/survival/patients.csv --time months --event dead --entry entry",
    "survival-logrank": "survival logrank tests/data/survival/patients.csv --time months --event dead --by arm",
    "survival-logrank-json": "survival logrank tests/data/survival/patients.csv --time months --event dead --by arm "
    "--strata centre --rho 1 --json",
    "survival-cox": "survival cox tests/data/survival/patients.csv --time months --event dead --covariates "
    "age,arm:factor=control",
    "survival-cox-json": "survival cox tests/data/survival/patients.csv --time months --event dead --covariates age "
    "--strata centre --cluster patient --json",
    "survival-rmst": "survival rmst tests/data/survival/patients.csv --time months --event dead --by arm --tau 20",
    "survival-rmst-json": "survival rmst tests/data/survival/patients.csv --time months --event dead --tau 99 --json",
    "survival-cuminc": "survival cuminc tests/data/survival/patients.csv --time months --cause cause --by arm --at 12,24",
    "survival-finegray": "survival finegray tests/data/survival/patients.csv --time months --cause cause --covariates age",
    "survival-cuminc-json": "survival cuminc tests/data/survival/patients.csv --time months --cause cause --at 12 --json",
    "ipd": "ipd tests/data/curves/curve.csv --at-risk tests/data/curves/risk.csv --events 33,20 --reported hr=0.20 "
    "rate@12=0.35,0.66 --sets 10",
    "ipd-json": "ipd tests/data/curves/curve.csv --at-risk tests/data/curves/risk.csv --sets 5 --json",
    "wrong-event": "survival km tests/data/survival/patients.csv --time months --event age",
    "knowledge-list": "knowledge list",
    "export-score": "knowledge export lung-molgpa --to md",
    "export-criteria": "knowledge export staging-work-up --to csv",
    "export-dmn": "knowledge export omd-timing --to dmn",
    "vocabulary": "vocabulary",
    "wrong-dose": "dose bed 54/3",
    "wrong-study": "evidence show ashwort-2014",
    "wrong-table": "explain examples/gaps.yaml lat-candidac",
    "wrong-field": "what-if examples/gaps.yaml ecg=1",
    "wrong-endpoint": "evidence pool --endpoint PSF",
    "wrong-trial": "trials show hlt",
}


_LONG = re.compile(r"-?\d+\.\d{12,}(e-?\d+)?")


def steady(text: str) -> str:
    """Numbers in full to ten digits: those after belong to the processor, whose sums begin at another end."""
    return _LONG.sub(lambda found: f"{float(found[0]):.10g}", text)


def printed(command: str) -> str:
    """The exit code, what goes to stdout, and what goes to stderr."""
    from oligoscope.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with freeze_time(DAY), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command.split())
    told = f"--- stderr\n{err.getvalue()}" if err.getvalue() else ""
    return f"$ oligoscope {command}\n{out.getvalue()}{told}--- exit {code}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_what_was_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    assert steady(printed(COMMANDS[name])) == steady((FOLDER / f"{name}.txt").read_text("utf-8"))


def test_no_file_is_left_of_a_command_that_went() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(COMMANDS)


def write_all() -> None:
    """Write what every command prints now."""
    os.chdir(ROOT)
    os.environ["COLUMNS"] = "100"
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, command in COMMANDS.items():
        (FOLDER / f"{name}.txt").write_text(printed(command), "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    write_all()

"""Change the trials' criteria, one at a time, and see whether the worked examples notice.

`make mutants`, or python benchmarks/trial_mutants.py.

Mutations of every criterion: deleted, each number moved by one step, each label test negated. Prints the share caught
and the survivors.
"""

import copy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from mutants import put, variants  # noqa: E402

from oligoscope.assess.examples import as_document  # noqa: E402
from oligoscope.assess.patient import assess  # noqa: E402
from oligoscope.chart.document import build_case  # noqa: E402
from oligoscope.knowledge.build import reader_of  # noqa: E402
from oligoscope.knowledge.pack import PACKAGED  # noqa: E402
from oligoscope.knowledge.trials import read_trial  # noqa: E402
from oligoscope.tables.errors import TableError  # noqa: E402
from oligoscope.trials.match import match_trials  # noqa: E402
from tests.content.test_trials import CONTENT, DAY, KNOWLEDGE, chart_of  # noqa: E402

Raw = dict[str, Any]
EQUIVALENT = {
    "chess: count: n_metastases [1..3] → [0..3]": "a metastasis outside the brain is asked for as well",
    "omega: count: n_metastases [1..3] → [0..3]": "a metastasis outside the brain is asked for as well",
}
"""Changes that no chart could tell from the original, with the reason."""


def mutants(raw: Raw) -> Iterator[tuple[str, Raw]]:
    """(what was done, the changed trial)."""
    for n, criterion in enumerate(raw.get("criteria", [])):
        without = copy.deepcopy(raw)
        del without["criteria"][n]
        yield f"{criterion['id']}: deleted", without
        whens = criterion["when"]
        for a, when in enumerate(whens if isinstance(whens, list) else [whens]):
            for key, test in when.items():
                for other in variants(key, test):
                    changed = copy.deepcopy(raw)
                    put(changed["criteria"][n], a, key, other)
                    yield f"{criterion['id']}: {key} {test} → {other}", changed


def main() -> int:
    files = sorted((PACKAGED / "trials").iterdir())
    trials = [yaml.safe_load(path.read_text("utf-8")) for path in files]
    examples = [
        (assess(build_case(as_document(*chart_of(e)), "chart", DAY), KNOWLEDGE), e["expect"])
        for e in CONTENT["examples"]
    ]
    survivors, total = [], 0
    for raw in trials:
        mine = [(assessment, expect[raw["trial"]]) for assessment, expect in examples if raw["trial"] in expect]
        for what, mutant in mutants(raw):
            if mutant == raw:
                continue
            if f"{raw['trial']}: {what}" in EQUIVALENT:
                continue
            total += 1
            try:
                trial = read_trial(mutant, "mutant.yaml", reader_of(KNOWLEDGE))
                caught = any(match_trials(assessment, [trial], DAY)[0].match != word for assessment, word in mine)
            except TableError:
                caught = True
            if not caught:
                survivors.append(f"{raw['trial']}: {what}")
    print(
        f"{total - len(survivors)} of {total} mutants of trial criteria caught ({100 * (1 - len(survivors) / total):.1f} %)"
    )
    print("\n".join(survivors))
    print("\n".join(f"equivalent, {why}: {what}" for what, why in EQUIVALENT.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

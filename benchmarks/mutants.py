"""Change the knowledge, one rule at a time, and see whether the worked examples notice. `make mutants`, or:

    python benchmarks/mutants.py [--only TABLE]

Mutations of every rule of every table: its outcome swapped for another, each number moved by one step up and down, each
label test negated, the rule deleted; of a rule that is unverified, and so drives nothing, that it was seen. A mutant is
caught when the tables no longer verify, or when a worked example gives another answer. Prints the share caught, the
survivors, and changes that no chart could tell from the original.
"""

import argparse
import copy
import gc
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oligoscope.assess.examples import as_document, expectations  # noqa: E402
from oligoscope.assess.patient import assess  # noqa: E402
from oligoscope.assess.rows import answer_row, item_rows  # noqa: E402
from oligoscope.chart.document import build_case  # noqa: E402
from oligoscope.knowledge import Knowledge, build_knowledge  # noqa: E402
from oligoscope.knowledge.pack import PACKAGED  # noqa: E402
from oligoscope.tables.errors import TableError  # noqa: E402
from oligoscope.vocabulary.words import Case  # noqa: E402
from tests.content.test_worked_examples import EXAMPLES, RULE_EXAMPLES, rule_answers  # noqa: E402
from tests.support.agreement import TODAY  # noqa: E402

STEPS = {"kps": 10, "kps_used": 10, "last_months": 0.1, "life_expectancy_months": 0.1, "months_primary_to_omd": 0.1}
UNVERIFIED = "unverified"
EQUIVALENT = {"sabr-regimen: L-7: size_cm <= 5 → <= 4": "above 3 cm the other way of L-7 holds"}
"""Changes that no chart could tell from the original, with the reason."""
Raw = dict[str, Any]


def sources() -> tuple[Raw, dict[str, Raw]]:
    facts = yaml.safe_load((PACKAGED / "facts.yaml").read_text("utf-8"))
    tables = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((PACKAGED / "tables").iterdir())]
    return facts, {raw["table"]: raw for raw in tables}


def rules_of(raw: Raw) -> Iterator[tuple[list[Raw], int, list[str]]]:
    """Every rule's list and place in it, with the outcomes it could have."""
    codes = list(raw.get("outcomes", {}))
    groups = raw.get("groups", {}).values()
    shared = raw.get("shared", {})
    lists = [raw.get("rules", []), shared.get("unless", []), *(group.get("unless", []) for group in groups)]
    for rules in lists:
        yield from ((rules, n, codes) for n in range(len(rules)))
    for factor in raw.get("factors", []):
        points = [rule["then"] for rule in factor["rules"]]
        yield from ((factor["rules"], n, points) for n in range(len(factor["rules"])))
    criteria = [
        *(group["criteria"] for group in groups),
        shared.get("confirmed_by", {}).get("criteria", []),
        raw.get("options", []),
    ]
    for rules in criteria:
        yield from ((rules, n, []) for n in range(len(rules)))


def mutants(raw: Raw) -> Iterator[tuple[str, Raw]]:
    """(what was done, the changed table)."""
    for place, (rules, n, codes) in enumerate(rules_of(raw)):
        name = rules[n]["id"]
        if rules[n].get("status") == UNVERIFIED:
            # It drives nothing, whatever its conditions say; that it drives nothing must be noticed.
            yield f"{name}: status {UNVERIFIED} → seen", changed(raw, place, lambda rule: rule.update(status="seen"))
            continue
        for code in dict.fromkeys(codes):
            if code != rules[n].get("then") and "then" in rules[n]:
                yield f"{name}: then {code}", changed(raw, place, lambda rule, c=code: rule.update(then=c))
        yield f"{name}: deleted", changed(raw, place, None)
        whens = rules[n].get("when", {})
        for a, when in enumerate(whens if isinstance(whens, list) else [whens]):
            for key, test in when.items():
                for other in variants(key, test):
                    yield (
                        f"{name}: {key} {test} → {other}",
                        changed(raw, place, lambda rule, a=a, k=key, o=other: put(rule, a, k, o)),
                    )
    for n, band in enumerate(raw.get("score", {}).get("bands", [])):
        for end in ("low", "high"):
            copied = copy.deepcopy(raw)
            copied["score"]["bands"][n][end] += 0.5
            yield f"band {band['id']}: {end} + 0.5", copied


def changed(raw: Raw, place: int, how: Any) -> Raw:
    copied = copy.deepcopy(raw)
    rules, n, _ = list(rules_of(copied))[place]
    if how is None:
        del rules[n]
    else:
        how(rules[n])
    return copied


def put(rule: Raw, alternative: int, key: str, test: Any) -> None:
    when = rule["when"][alternative] if isinstance(rule["when"], list) else rule["when"]
    when[key] = test


def variants(key: str, test: Any) -> Iterator[Any]:
    """The test with each number moved by one step, or negated."""
    if isinstance(test, bool):
        yield not test
    elif isinstance(test, int):
        yield from (test + 1, test - 1) if test > 0 else (test + 1,)
    elif isinstance(test, list):
        yield from ([t for t in test if t != item] for item in test) if len(test) > 1 else ()
    elif isinstance(test, str):
        yield from moved(key, test)


def moved(key: str, test: str) -> Iterator[str]:
    numbers = list(re.finditer(r"(?<![\w.-])-?\d+(\.\d+)?", test))
    numeric = bool(re.match(r"\s*(<|>|\[|\()", test))
    if not numeric:
        yield test[4:-1] if test.startswith("not(") else f"not({test})"
        return
    step = STEPS.get(key, 1)
    for match in numbers:
        for by in (step, -step):
            yield f"{test[: match.start()]}{float(match[0]) + by:g}{test[match.end() :]}"
    if not numbers:
        yield test.replace("<=", "<").replace("> ", ">= ") if "max_" in test or "sync_" in test else test


Check = tuple[str, Callable[[Knowledge], Any]]  # the table of a worked example, and what it answers


def checks() -> list[Check]:
    """Every worked example, its chart read once: reading takes as long as answering."""
    told = [(table, example, build_case(as_document(*chart), "chart", TODAY)) for table, example, chart in EXAMPLES]
    return [
        *((table, partial(chart_answers, table, example, case)) for table, example, case in told),
        *((content["table"], partial(rule_answers, content, example)) for content, example in RULE_EXAMPLES),
    ]


def chart_answers(table: str, example: Raw, case: Case, knowledge: Knowledge) -> list[Any]:
    """What these tables answer where the example says what it expects."""
    assessment = assess(case, knowledge)
    return [x for _, _, x in expectations(table, example, answer_row(assessment), item_rows(assessment, "lesion"))]


def is_caught(name: str, facts: Raw, tables: dict[str, Raw], before: list[tuple[Check, Any]]) -> bool:
    """Examples of the changed table are asked first: nearly every mutant ends there, without the other 500."""
    try:
        knowledge = build_knowledge(facts, list(tables.values()), {})
        by_nearness = sorted(before, key=lambda found: found[0][0] != name)
        return any(answer(knowledge) != found for (_, answer), found in by_nearness)
    except (TableError, KeyError, StopIteration):
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one table")
    arguments = parser.parse_args()
    gc.set_threshold(100_000)  # As the command itself does: else most of the time goes into looking for cycles.
    facts, tables = sources()
    whole = build_knowledge(facts, list(tables.values()), {})
    before = [(check, check[1](whole)) for check in checks()]
    jobs = [
        (name, what, mutant)
        for name, raw in tables.items()
        if arguments.only in (None, name)
        for what, mutant in mutants(raw)
        if mutant != raw and f"{name}: {what}" not in EQUIVALENT
    ]
    survivors = [
        f"{name}: {what}"
        for name, what, mutant in tqdm(jobs, unit=" mutants")
        if not is_caught(name, facts, {**tables, name: mutant}, before)
    ]
    print(
        f"{len(jobs) - len(survivors)} of {len(jobs)} mutants caught ({100 * (1 - len(survivors) / len(jobs)):.1f} %)"
    )
    print("\n".join(survivors))
    print("\n".join(f"equivalent, {why}: {what}" for what, why in EQUIVALENT.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Packs: what a layer does to a table, and every problem with its file and line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from oligoscope.assess.check import check_pack
from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.review import Link
from oligoscope.knowledge import Knowledge, KnowledgeError, load, store_of
from oligoscope.knowledge.links import target_problems
from oligoscope.knowledge.pack import PACKAGED
from oligoscope.tables.model import Rule

HOSPITAL = Path(__file__).parents[3] / "examples/hospital_pack"
RELEASE = 'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-01-01\nrequires: {om_nsclc: "2026.11"}\n'

MakePack = Callable[..., Path]


@pytest.fixture
def pack(tmp_path: Path) -> MakePack:
    """A pack of these files, over the packaged one."""

    def made(files: dict[str, str], release: str = RELEASE) -> Path:
        for name, text in {"release.yaml": release, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return made


def rules(knowledge: Knowledge, table: str) -> list[Rule]:
    return [rule for part in knowledge.table(table).parts for rule in part.rules if rule.id]


def problems(folder: Path) -> list[tuple[str, int, str]]:
    return [(p.file, p.line, p.problem) for p in check_pack(folder).problems]


# ---- layers --------------------------------------------------------------------------------------


def test_a_layer_adds_replaces_and_retires(pack: MakePack) -> None:
    before = load()
    knowledge = load(HOSPITAL)
    ids = [rule.id for rule in rules(knowledge, "lat-candidacy")]
    assert ids.index("STE-1") + 1 == ids.index("CAND-1")
    assert [name for name in ids if name != "STE-1"] == [rule.id for rule in rules(before, "lat-candidacy")]
    flags = {rule.id: rule.provenance.pack for rule in rules(knowledge, "safety-flags")}
    assert "BRAIN_SCOPE" not in flags
    assert flags["STE-BRAIN"] == "st_elsewhere"
    assert flags["ASH-9"] == ""
    assert (before.parameters["max_lesions"], knowledge.parameters["max_lesions"]) == (5, 3)
    assert knowledge.version == f"{before.version} + st_elsewhere 3"
    assert knowledge.evidence.study("st-elsewhere-2025").reports
    assert "st-elsewhere-2025" not in before.evidence.ids


def test_a_rule_of_a_known_id_takes_the_place_of_the_old_one(pack: MakePack) -> None:
    text = (
        'change: lat-candidacy\nrules:\n  - {id: CAND-3, when: {ecog_used: ">= 2"}, then: NOT_RECOMMENDED, '
        "cites: [jang-2014], status: design}\n"
    )
    knowledge = load(pack({"tables/lat-candidacy.yaml": text}))
    ids = [rule.id for rule in rules(knowledge, "lat-candidacy")]
    assert ids == [rule.id for rule in rules(load(), "lat-candidacy")]
    changed = next(rule for rule in rules(knowledge, "lat-candidacy") if rule.id == "CAND-3")
    assert [changed.when[0]["ecog_used"].holds(grade) for grade in range(5)] == [False, False, True, True, True]
    assert changed.provenance.pack == "ours"


def test_what_only_a_retired_rule_read_is_read_no_more(pack: MakePack) -> None:
    folder = pack({"tables/safety-flags.yaml": "change: safety-flags\nretire: [HISTOLOGY_NOS]\n"})
    assert "histology" in load().table("safety-flags").inputs
    assert "histology" not in load(folder).table("safety-flags").inputs


def test_a_whole_table_a_fact_and_a_trial_are_replaced(pack: MakePack) -> None:
    table = (PACKAGED / "tables/omd-count-gate.yaml").read_text().replace("title: ", "title: Our ", 1)
    trial = (PACKAGED / "trials/halt.yaml").read_text().replace("title: ", "title: Our ", 1)
    facts = "facts:\n  age_years: {definition: Age as given, first_of: [age]}\n"
    knowledge = load(pack({"tables/omd-count-gate.yaml": table, "facts.yaml": facts, "trials/halt.yaml": trial}))
    assert knowledge.table("omd-count-gate").title.startswith("Our ")
    assert {rule.provenance.pack for rule in rules(knowledge, "omd-count-gate")} == {"ours"}
    assert next(fact for fact in knowledge.facts if fact.name == "age_years").of == ("age",)
    assert next(trial for trial in knowledge.trials if trial.trial == "halt").title.startswith("Our ")
    assert [t.name for t in knowledge.tables] == [t.name for t in load().tables]


def test_a_pack_that_requires_nothing_stands_alone(tmp_path: Path) -> None:
    shutil.copytree(PACKAGED, tmp_path / "old")
    release = tmp_path / "old/release.yaml"
    release.write_text(release.read_text().replace("2026.11", "2025.01"))
    old = load(tmp_path / "old")
    assert (old.version, len(old.steps)) == ("2025.01", len(load().steps))
    with pytest.raises(KnowledgeError, match=r"requires om_nsclc 2026\.11, there is 2025\.01"):
        load(tmp_path / "old", HOSPITAL)


# ---- problems ------------------------------------------------------------------------------------

CHANGED = "change: lat-candidacy\n"
OPTION = "  - {{id: X, when: {{ecog: 1}}, text: t, cites: [{cites}], status: {status}{more}}}\n"


def option(cites: str = "jang-2014", status: str = "design", more: str = "") -> dict[str, str]:
    text = "change: safety-flags\noptions:\n" + OPTION.format(cites=cites, status=status, more=more)
    return {"tables/safety-flags.yaml": text}


def rule(text: str, more: str = "") -> dict[str, str]:
    return {"tables/lat-candidacy.yaml": f"{CHANGED}{more}rules:\n  - {{id: R, {text}, cites: [jang-2014]}}\n"}


def replaced_by(successor: str) -> dict[str, str]:
    """A study whose first result names this one as its successor."""
    result = "{{id: {id}, report: mine, endpoint: OS, measure: median, value: 9, status: {status}{more}}}"
    own = result.format(id="os", status="seen", more=f", superseded_by: {successor}")
    hidden = result.format(id="hidden", status="unverified", more="")
    text = f"study: mine\ntitle: Mine\nreports: [{{id: mine, citation: c}}]\nresults:\n  - {own}\n  - {hidden}\n"
    return {"studies/mine.yaml": text}


OWN_DOSE = "{id: OWN, when: {sabr-site: LIVER}, cites: [jang-2014], payload: {total_dose_gy: 45 Gy, fractions: 3}}"
WRONG: dict[str, tuple[dict[str, str], str, int, str]] = {
    "study": (option(cites="jang-2041"), "tables/safety-flags.yaml", 3, "did you mean jang-2014"),
    "result": (option(more=", expects: [jang-2014/none]"), "tables/safety-flags.yaml", 3, "jang-2014/none"),
    "result not seen": (
        option(more=", expects: [nrg-lu002/os-hr-experimental-vs-control-asco-2024]"),
        "tables/safety-flags.yaml",
        3,
        "was not seen at its source, and would not be shown",
    ),
    "superseded": (
        option(more=", expects: [alex-5y/os-hr-alectinib-vs-crizotinib]"),
        "tables/safety-flags.yaml",
        3,
        "is superseded by alex-5y/os-hr-alectinib-vs-crizotinib-2025",
    ),
    "no successor": (replaced_by("mine/later"), "mine.yaml", 0, "there is no evidence mine/later"),
    "successor not seen": (replaced_by("mine/hidden"), "mine.yaml", 0, "mine/hidden was not seen at its source"),
    "successor replaced": (replaced_by("mine/os"), "mine.yaml", 0, "mine/os is itself superseded by mine/os"),
    "status": (option(status="sean"), "tables/safety-flags.yaml", 3, "status sean is not known"),
    "key": (option(more=", txt: x"), "tables/safety-flags.yaml", 3, "txt"),
    "key twice": (option(more=", text: u"), "tables/safety-flags.yaml", 3, "written twice"),
    "no place": (rule("when: {ecog_used: 1}, then: DEFER"), "tables/lat-candidacy.yaml", 3, "must say where it stands"),
    "no such place": (rule("before: CAND-99, when: {}, then: DEFER"), "tables/lat-candidacy.yaml", 3, "no CAND-99"),
    "input": (
        rule("before: CAND-1, when: {ecog_usd: 1}, then: DEFER"),
        "tables/lat-candidacy.yaml",
        3,
        "ecog_usd is not among the inputs",
    ),
    "value": (rule("before: CAND-1, when: {ecog_used: 7}, then: DEFER"), "tables/lat-candidacy.yaml", 3, "7"),
    "outcome": (rule("before: CAND-1, when: {ecog_used: 1}, then: DEFERR"), "tables/lat-candidacy.yaml", 3, "DEFERR"),
    "never fires": (
        rule("after: CAND-3, when: {ecog_used: 4}, then: DEFER"),
        "tables/lat-candidacy.yaml",
        3,
        "can never fire",
    ),
    "retired": (
        {"tables/lat-candidacy.yaml": f"{CHANGED}retire: [CAND-77]\n"},
        "tables/lat-candidacy.yaml",
        2,
        "CAND-77",
    ),
    "no table": ({"tables/lat.yaml": "change: lat\n"}, "tables/lat.yaml", 1, "no table lat to change"),
    "file name": ({"tables/x.yaml": CHANGED}, "tables/x.yaml", 1, "must be the name of its file"),
    "neither": ({"tables/x.yaml": "title: x\n"}, "tables/x.yaml", 1, "neither a table nor a change"),
    "ending": ({"tables/x.yml": CHANGED}, "tables/x.yml", 0, "this is not read"),
    "folder": ({"tabels/x.yaml": CHANGED}, "tabels", 0, "no part of a pack"),
    "default": ({"facts.yaml": "parameters:\n  max_lesions: {default: 4, allowed: [3, 5]}\n"}, "facts.yaml", 2, "4"),
    "fact": ({"facts.yaml": "facts:\n  f:\n    definition: x\n    first_of: [agee]\n"}, "facts.yaml", 3, "agee"),
    "two names": (
        {"facts.yaml": "facts:\n  omd-state: {definition: x, first_of: [age]}\n"},
        "facts.yaml",
        2,
        "is a fact and a table",
    ),
    "trial": ({"trials/t.yaml": "trial: t\ntitle: T\nstatus: open\ncites: [nobody]\n"}, "trials/t.yaml", 4, "nobody"),
    "trial key": ({"trials/t.yaml": "trial: t\ntitle: T\nstatus: open\nphas: 2\n"}, "trials/t.yaml", 4, "phas"),
    "rule twice": (
        rule("before: CAND-1, when: {ecog_used: 1}, then: DEFER", "inputs: []\noutcomes: {}\n")
        | {"tables/omd-state.yaml": "change: omd-state\nrules:\n  - {id: R}\n  - {id: S}\n  - {id: R}\n"},
        "tables/omd-state.yaml",
        5,
        "the id R is used twice",
    ),
    "condition, by its own line": (
        rule("before: CAND-1, then: DEFER, when: {\n    ecog_used: 1,\n    omd_state: SNYC}"),
        "tables/lat-candidacy.yaml",
        5,
        "omd_state is not among the inputs",
    ),
    "one of several ways": (
        rule("before: CAND-1, then: DEFER, when: [{ecog_used: 1}, {ecog_used: 9}]"),
        "tables/lat-candidacy.yaml",
        3,
        "9",
    ),
    "no mapping": ({"tables/x.yaml": "- a\n"}, "tables/x.yaml", 1, "this holds no keys with values"),
    "table and change": (
        {"tables/x.yaml": "table: x\nchange: x\n"},
        "tables/x.yaml",
        1,
        "neither a table nor a change",
    ),
    "inner folder": ({"tables/more/x.yaml": CHANGED}, "tables/more", 0, "this is not read"),
    "appraisal": ({"appraisal.yaml": "treatment: x\ntretment: x\n"}, "appraisal.yaml", 2, "tretment"),
    "appraisal of a table": (
        {"appraisal.yaml": "tables:\n  - omd-state\n  - omd\n"},
        "appraisal.yaml",
        3,
        "no table omd",
    ),
    "review": ({"appraisal.yaml": "review:\n  study: nobody\n"}, "appraisal.yaml", 2, "there is no evidence nobody"),
    "example": (
        {"examples/e.yaml": "table: omd-state\nexamples:\n  - {id: e, expect: {value: SYNC}}\n"},
        "examples/e.yaml",
        3,
        "should be SYNC",
    ),
    "dose that is none": (
        {"tables/x.yaml": f"change: sabr-regimen\noptions:\n  - {OWN_DOSE}\n"},
        "tables/x.yaml",
        3,
        "a range such as 45..54",
    ),
    "option without its dose": (
        {
            "tables/x.yaml": "change: sabr-regimen\noptions:\n  - {id: OWN, when: {sabr-site: LIVER}, cites: [jang-2014]}\n"
        },
        "tables/x.yaml",
        3,
        "needs a dose",
    ),
    "example shape": ({"examples/e.yaml": "tables: omd-state\nexamples: []\n"}, "examples/e.yaml", 1, "table"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_pack_is_told_with_file_and_line(name: str, pack: MakePack) -> None:
    files, file, line, said = WRONG[name]
    found = problems(pack(files))
    assert any((f, n) == (file, line) and said in text for f, n, text in found), found


@pytest.mark.parametrize(
    ("status", "told"), [("unverified", ["the rule safety-flags/X rests on nothing verified"]), ("design", [])]
)
def test_a_rule_that_was_not_verified_answers_no_statement(status: str, told: list[str], pack: MakePack) -> None:
    knowledge = load(pack(option(status=status)))
    link = Link(statement="S1", phrase="p", to={"rule": "safety-flags/X"}, reviewed={"confirms": "so it is"})
    assert [problem for problem, _ in target_problems(link, knowledge)] == told


def test_gap_and_overlap_after_a_layer(pack: MakePack) -> None:
    """omd-state is unique: a retired rule leaves a gap, an added one overlaps."""
    first = rules(load(), "omd-state")[0]
    gap = pack({"tables/omd-state.yaml": f"change: omd-state\nretire: [{first.id}]\n"})
    assert any("gap" in text for _, _, text in problems(gap))
    extra = f"change: omd-state\nrules:\n  - {{id: R, when: {{}}, then: {first.then}, cites: [jang-2014]}}\n"
    overlap = pack({"tables/omd-state.yaml": extra})
    assert any("overlap" in text and line == 3 for _, line, text in problems(overlap))


def test_all_problems_are_told_at_once_and_stop_a_load(pack: MakePack) -> None:
    folder = pack(
        {**option(cites="nobody", status="sean"), "facts.yaml": "facts:\n  f: {definition: x, frist_of: [age]}\n"}
    )
    told = problems(folder)
    assert len(told) == 3
    with pytest.raises(KnowledgeError) as caught:
        load(folder)
    assert [(p.file, p.line, p.problem) for p in caught.value.problems] == told
    assert str(caught.value).count("\n") == 2


def test_every_wrong_condition_of_a_table_is_told(pack: MakePack) -> None:
    text = (
        "table: ours\ntitle: t\nquestion: q?\nkind: decision\nhit: unique\ninputs: [ecog]\noutcomes: {a: {}, b: {}}\nrules:\n"
        "  - {id: r, when: {ecog: 7}, then: a, cites: [jang-2014], status: design}\n"
        "  - {id: s, when: {ecog: 1}, then: b, cites: [jang-2014], status: design}\n"
        "  - {id: t, when: [{ecog: 0}, {ecog: 9}], then: b, cites: [jang-2014], status: design}\n"
    )
    first, second = problems(pack({"tables/ours.yaml": text}))
    assert (first[1], "7" in first[2], second[1], "9" in second[2]) == (9, True, 11, True)


def test_what_a_payload_holds_is_no_condition_and_cites_nothing(pack: MakePack) -> None:
    text = (
        "table: ours\ntitle: t\nquestion: q?\nkind: decision\nhit: unique\ninputs: [ecog]\n"
        "outcomes: {a: {}, b: {}}\npayload: {when: text, cites: text}\nrules:\n"
        '  - {id: r, when: {ecog: "< 2"}, then: a, cites: [jang-2014], status: design, payload: {when: {x: 1}, cites: y}}\n'
        '  - {id: s, when: {ecog: ">= 2"}, then: b, cites: [jang-2014], status: design, payload: {when: z, cites: y}}\n'
    )
    told = problems(pack({"tables/ours.yaml": text}))
    assert not any("among the inputs" in said or "no evidence" in said for _, _, said in told), told


def test_a_fact_that_fails_is_told_once_and_not_by_all_that_read_it(pack: MakePack) -> None:
    """Tables read the age, and facts do."""
    told = problems(pack({"facts.yaml": "facts:\n  age_years: {definition: x, first_of: [agee]}\n"}))
    assert [(file, line) for file, line, _ in told] == [("facts.yaml", 2)]


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("2026.11", False),
        ("2026.9", False),
        ("2025.12", False),
        ("2026.11.1", True),
        ("2026.12", True),
        ("2027.1", True),
    ],
)
def test_a_pack_written_for_a_later_release_is_told_so(version: str, told: bool, pack: MakePack) -> None:
    """Versions are numbers between points, not text: 2026.9 is before 2026.11."""
    found = problems(pack({}, RELEASE.replace("2026.11", version)))
    assert [text for _, _, text in found] == (
        [f"this pack requires om_nsclc {version}, there is 2026.11"] if told else []
    )


def test_a_pack_requires_another(pack: MakePack) -> None:
    folder = pack({}, RELEASE.replace("om_nsclc", "om_colon"))
    assert any("requires om_colon, which is not there" in text for _, _, text in problems(folder))
    assert problems(folder.with_name("nowhere"))[0][2] == "there is no such folder"


def test_a_study_that_cannot_be_read_stops_nobody_who_does_not_ask_for_it(pack: MakePack) -> None:
    folder = pack({"studies/bad.yaml": "study: bad\n"})
    assert store_of(folder).study("jang-2014").reports
    with pytest.raises(EvidenceError, match=r"bad\.yaml"):
        store_of(folder).study("bad")


def test_the_packaged_pack_passes_its_own_check() -> None:
    found = check_pack(PACKAGED)
    assert (found.problems, found.run > 200, found.passed) == ((), True, found.run)


def test_the_hospital_of_the_examples_passes() -> None:
    found = check_pack(HOSPITAL)
    assert (found.problems, found.run, found.passed) == ((), 5, 5)


def test_an_option_without_an_id_is_named_where_another_is_retired(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(Path(__file__).parents[3] / "examples/hospital_pack", pack)
    file = next(path for path in (pack / "tables").iterdir() if "retire" in path.read_text("utf-8"))
    file.write_text(file.read_text("utf-8").replace("  - id: STE-BRAIN", "  - ix: STE-BRAIN"), "utf-8")
    with pytest.raises(ValueError, match="id: Field required"):
        load(pack)

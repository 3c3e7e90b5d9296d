"""The knowledge: its tables and trials, and whether a pack can be used."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.shared import Packs, known, none_of_that_name, table_of
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge, load

if TYPE_CHECKING:
    from oligoscope.assess.check import PackCheck
    from oligoscope.knowledge import Trial

Folders = Sequence[Path | str]


def load_knowledge(*packs: Path | str, evidence: Folders = (), **parameters: float) -> Knowledge:
    """The packaged knowledge with these packs laid over it; given to any function, it is read only once.

    evidence: folders with further studies.  parameters: numbers that differ from their defaults, such as
    `max_lesions=3`.  Raises OligoscopeError with every problem.
    """
    return load(*packs, evidence=evidence, **parameters)


def check(pack: Path | str, *, under: Folders = (), evidence: Folders = ()) -> "Result[PackCheck]":
    """Everything wrong with a pack, and its own worked examples. under: packs that it is laid over."""
    from oligoscope.assess.check import check_pack
    from oligoscope.report.packs import check_json, check_text

    if not Path(pack).is_dir():
        raise NotAllowed("pack", pack, "the folder that holds release.yaml", "there is no such folder")
    found = check_pack(Path(pack), [Path(folder) for folder in under], [Path(folder) for folder in evidence])
    return Result(found, check_json, check_text)


def tables(*, knowledge: Packs = None) -> Result[Knowledge]:
    """Every table with its question."""
    from oligoscope.report.packs import tables_json, tables_text

    return Result(known(knowledge), tables_json, tables_text)


def export(table: str, to: str = "md", *, knowledge: Packs = None) -> str:
    """One table for readers or other engines. to: md, csv or dmn. Raises OligoscopeError."""
    from oligoscope.tables.dmn import to_dmn
    from oligoscope.tables.export import to_csv, to_markdown

    using = known(knowledge)
    found = table_of(using, table)
    match to:
        case "md":
            return to_markdown(found)
        case "csv":
            return to_csv(found)
        case "dmn":
            return to_dmn(found, using.domains_of(found))
    raise NotAllowed("to", to, "md, csv, dmn", "there is no such form")


def trials(*, knowledge: Packs = None, evidence: Folders = ()) -> "Result[Sequence[Trial]]":
    """Every trial with its status; drafts, which nobody has confirmed, last."""
    from oligoscope.report.trials import list_text

    using = known(knowledge, evidence)
    return Result((*using.trials, *using.drafts), _trials_json, list_text)


def trial(name: str, *, knowledge: Packs = None, evidence: Folders = ()) -> "Result[Trial]":
    """One trial with its criteria. Raises OligoscopeError, with the nearest name."""
    from oligoscope.report.trials import trial_text

    using = known(knowledge, evidence)
    found = {each.trial: each for each in (*using.trials, *using.drafts)}
    if name not in found:
        raise none_of_that_name("trial", name, list(found))
    return Result(found[name], lambda each: each.model_dump(mode="json"), trial_text)


def _trials_json(found: "Sequence[Trial]") -> dict[str, Plain]:
    return {"trials": [each.model_dump(mode="json") for each in found]}


def fields() -> Result[list[dict[str, str]]]:
    """Every field of a case, with what it may hold, and the codes that are read as it."""
    from oligoscope.chart.fhir.dictionary import codes_of_fields
    from oligoscope.report.fields import fields_text
    from oligoscope.vocabulary.dictionary import rows

    codes = codes_of_fields()
    coded = [{**row, "codes": codes.get(row["field"], "")} for row in rows()]
    return Result(coded, lambda found: {"fields": found}, fields_text)


def case_schema() -> dict[str, Plain]:
    """The JSON Schema of a case."""
    from oligoscope.vocabulary.dictionary import json_schema

    return json_schema()


def answer_schema() -> dict[str, Plain]:
    """The JSON Schema of an answer."""
    from oligoscope.assess.answer import Answer

    return Answer.model_json_schema()

"""Limits of organs at risk as data: `limits.yaml` names organs and who judges, `limits/` has one source per file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Document, Place, Plain

if TYPE_CHECKING:
    from oligoscope.dose.limits import Limit, Limits

Fractions = Annotated[int, Field(ge=1, le=100)]
Bound = Annotated[float, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]
Raw = dict[str, Plain]


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class _RawOrgan(_Raw):
    label: Text
    hard_stop: bool = False
    also: list[Text] = []


class _RawReirradiation(_Raw):
    """What a source allows an organ over two courses, EQD2 in Gy. The fields of `dose.limits.Reirradiation`."""

    drawn_as: Text
    alpha_beta_gy: Bound
    most_gy: Bound
    new_most_gy: Bound
    new_most_share: Annotated[float, Field(gt=0, le=1)]
    months_between: Annotated[int, Field(ge=0)]
    source: Text
    label: Text
    status: Text


class RawOrgans(_Raw):
    """limits.yaml. judged_by: by number of fractions, the source whose limits fail a plan.

    reirradiation: by organ.
    """

    judged_by: dict[Fractions, Text] = {}
    organs: dict[Text, _RawOrgan] = {}
    reirradiation: dict[Text, _RawReirradiation] = {}


class _RawLimit(_Raw):
    """One row. metric, at_most, at_least, says and caveats may differ by number of fractions."""

    id: Text
    organ: Text | list[Text]
    metric: Text | dict[Fractions, Text]
    at_most: Bound | dict[Fractions, Bound] | None = None
    at_least: Bound | dict[Fractions, Bound] | None = None
    says: Text | dict[Fractions, Text] | None = None
    level: Literal["mandatory", "optimal", "primary", "secondary", "none"] = "none"
    endpoint: str = ""
    drawn_as: str = ""
    caveats: list[Text] | dict[Fractions, list[Text]] = []
    source: str = ""
    label: str = ""
    status: str = ""


class RawSource(_Raw):
    """One file of limits/: a study, what it is called beside a number, how well it was read, its rows."""

    source: Text
    label: Text
    status: Text
    limits: list[_RawLimit] = Field(min_length=1)


@dataclass
class RawLimits:
    """What packs say together: organs and who judges, and each row with what its file says of all of them."""

    organs: Raw = field(default_factory=dict)
    judged_by: dict[int, str] = field(default_factory=dict)
    rows: dict[str, Raw] = field(default_factory=dict)
    reirradiation: dict[str, Raw] = field(default_factory=dict)

    def add(self, organs: Document | None, sources: tuple[Document, ...], pack: str) -> None:
        """Lay one pack over what there is: an organ, a number of fractions or a row of a known name is replaced."""
        content = organs.content if organs else {}
        self.organs |= content.get("organs", {})
        self.judged_by |= content.get("judged_by", {})
        self.reirradiation |= content.get("reirradiation", {})
        for document in sources:
            said = {key: document.content[key] for key in ("source", "label", "status")}
            self.rows |= {str(row["id"]): {**said, **row, "pack": pack} for row in document.content["limits"]}


def limits_of(raw: RawLimits) -> "Limits":
    """The limits that packs say together. Raises NotAllowed for a metric that cannot be read."""
    # The room of doses is loaded for who asks for limits: a case that is only assessed starts without it.
    from oligoscope.dose.limits import Limits, Organ, Reirradiation

    organs = {
        name: Organ(name, entry["label"], entry.get("hard_stop", False), tuple(entry.get("also", ())))
        for name, entry in raw.organs.items()
    }
    rows = tuple(limit for row in raw.rows.values() for limit in _expanded(row, tuple(raw.judged_by)))
    twice = {organ: Reirradiation(organ, **row) for organ, row in raw.reirradiation.items()}
    return Limits(rows, organs, dict(raw.judged_by), twice)


def _expanded(row: Mapping[str, Plain], judged: tuple[int, ...]) -> "Iterator[Limit]":
    """One limit for each organ and number of fractions; what is said of no number is said of each that is judged."""
    from oligoscope.dose.limits import Limit
    from oligoscope.dose.metric import metric

    kind = "at_least" if row.get("at_least") is not None else "at_most"
    bound, says, name, caveats = row.get(kind), row.get("says"), row["metric"], row.get("caveats", ())
    for fractions in _fractions(row) or judged:
        written = metric(_at(name, fractions))
        for organ in _listed(row["organ"]):
            yield Limit(
                row["id"],
                organ,
                fractions,
                str(written),
                None if bound is None else float(_at(bound, fractions)),
                written.unit,
                kind,
                row.get("level", "none"),
                row["source"],
                row["label"],
                row["status"],
                row.get("endpoint", ""),
                row.get("drawn_as", ""),
                "" if says is None else _at(says, fractions),
                tuple(caveats.get(fractions, ()) if isinstance(caveats, dict) else caveats),
                row["pack"],
            )


def _fractions(row: Mapping[str, Plain]) -> tuple[int, ...]:
    each = [row.get(key) for key in ("metric", "at_most", "at_least", "says")]
    return tuple(dict.fromkeys(n for value in each if isinstance(value, dict) for n in value))


def _at(value: Plain, fractions: int) -> Plain:
    return value[fractions] if isinstance(value, dict) else value


def _listed(value: Plain) -> list[str]:
    return value if isinstance(value, list) else [value]


# ---- what can be wrong ---------------------------------------------------------------------------

Wrong = tuple[Document, Place, str, str, str]
"""Document, place in it, row, what is wrong, how to mend it."""


def limit_problems(
    organs: Document | None, sources: tuple[Document, ...], known: RawLimits, studies: tuple[str, ...]
) -> Iterator[Wrong]:
    """What the shape alone does not show. known: all packs together.  studies: by id."""
    if organs:
        named = {row["source"] for row in known.rows.values()}
        for fractions, source in organs.content.get("judged_by", {}).items():
            if source not in named:
                place: Place = ("judged_by", str(fractions))
                yield organs, place, "", f"no limit is of {source}", f"use one of {', '.join(sorted(named))}"
        for organ, row in organs.content.get("reirradiation", {}).items():
            place = ("reirradiation", organ)
            if organ not in known.organs:
                yield organs, place, organ, f"there is no organ {organ}", f"use one of {', '.join(known.organs)}"
            if row["source"] not in studies:
                yield organs, place, organ, _no_study(row["source"]), _ADD
    seen: set[str] = set()
    for document in sources:
        if document.content["source"] not in studies:
            yield document, ("source",), "", _no_study(document.content["source"]), _ADD
        for number, row in enumerate(document.content["limits"]):
            place = ("limits", number)
            for problem, fix in _of_row(row, known.organs, studies):
                yield document, place, row["id"], problem, fix
            if row["id"] in seen:
                yield document, place, row["id"], f"the id {row['id']} is used twice", "give it another id"
            seen.add(row["id"])


_ADD = "correct the name, or add the study to studies/"


def _no_study(name: str) -> str:
    return f"there is no evidence {name}"


def _of_row(row: Mapping[str, Plain], organs: Raw, studies: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    from oligoscope.dose.metric import metric

    for organ in _listed(row["organ"]):
        if organ not in organs:
            yield f"there is no organ {organ}", f"use one of {', '.join(organs)}, or add it to limits.yaml"
    if row.get("source") and row["source"] not in studies:
        yield _no_study(row["source"]), _ADD
    given = [key for key in ("at_most", "at_least", "says") if row.get(key) is not None]
    if len(given) != 1:
        yield f"it has {' and '.join(given) or 'no limit'}", "give one of at_most, at_least and says"
    each = [set(value) for key in ("metric", *given) if isinstance(value := row.get(key), dict)]
    if not each and given != ["says"]:
        yield "it does not say for how many fractions it holds", "write the limit as {3: 18, 5: 23}"
    if any(one != each[0] for one in each):
        yield "metric and limit hold for different numbers of fractions", "give both for the same numbers"
    for text in row["metric"].values() if isinstance(row["metric"], dict) else [row["metric"]]:
        try:
            metric(text)
        except NotAllowed as error:
            yield f"metric {text}: {error.problem}", f"write one of {error.allowed}"

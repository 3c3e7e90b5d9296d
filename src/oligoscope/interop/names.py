"""Which organ a structure is, by its name: TG-263, the organ's own name, or the hospital's mapping. Nothing is guessed:
what is merely like a name is suggested, and stays unmapped.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from types import MappingProxyType

import yaml

from oligoscope.dose.limits import Limits
from oligoscope.errors import NotAllowed
from oligoscope.spelling import nearest

ALIKE = 0.75
"""Of the letters. Less would find a cochlea in every couch."""
TARGET = re.compile(r"[zx_]*(PTV|CTV|GTV|ITV|IGTV|ICTV|IPTV)\w*", re.IGNORECASE)
_RISK_VOLUME = re.compile(r"(?P<organ>\w+?)_PRV(?:_(?P<side>[LR]))?(?P<margin>\d{0,2})", re.IGNORECASE)


@dataclass(frozen=True)
class Read:
    """What a name was read as. organ: None where it is none that limits speak of.  how: in words.

    suggestion: an organ that it may be, "" without one.
    """

    name: str
    organ: str | None
    how: str
    suggestion: str = ""


@dataclass(frozen=True)
class _Names:
    """By name in lower case: what is the organ, and what is only a part of it or near it."""

    whole: Mapping[str, str]
    part: Mapping[str, str]


def read_names(names: Sequence[str], limits: Limits, mapping: Mapping[str, str | None] | None = None) -> list[Read]:
    """One answer per name, in order. mapping: name to organ, or to None for no organ at all; it stands before all else.

    Raises NotAllowed for an organ that no limit speaks of, and for a name of the mapping that does not occur.
    """
    given = mapping or {}
    for name, organ in given.items():
        if organ is not None:
            limits.organ(organ)
        if name not in names:
            close = nearest(name, names)
            fix = f"did you mean {close}?" if close else "take it out of the mapping"
            raise NotAllowed("names", name, ", ".join(names), "no structure of the plan is called so", fix)
    return [_read(name, limits, given) for name in names]


def _read(name: str, limits: Limits, mapping: Mapping[str, str | None]) -> Read:
    if name in mapping:
        organ = mapping[name]
        return Read(name, organ and limits.organ(organ).name, "by the mapping")
    names = _names()
    own = {other.casefold(): organ.name for organ in limits.organs.values() for other in (organ.name, *organ.also)}
    for form in (name.casefold(), _reversed(name.casefold())):
        if form in names.part:
            return Read(name, None, "a part of an organ, or near it", names.part[form])
        if form in names.whole and names.whole[form] in limits.organs:
            return Read(name, names.whole[form], "by its standard name")
        if form in own:
            return Read(name, own[form], "by the name of the organ")
    if TARGET.fullmatch(name):
        return Read(name, None, "a target")
    if found := _RISK_VOLUME.fullmatch(name):
        organ = names.whole.get(found["organ"].casefold(), "")
        margin = f", {int(found['margin'])} mm" if found["margin"] else ""
        return Read(name, None, f"a planning risk volume{margin}: limits are for the organ itself", organ)
    return Read(name, None, "not known", _like(name, {**own, **names.whole, **names.part}))


def _like(name: str, known: Mapping[str, str]) -> str:
    """The organ whose name differs in blanks, signs and a letter or two."""
    bare = re.sub(r"[^a-z0-9]", "", name.casefold())
    same = {re.sub(r"[^a-z0-9]", "", other): organ for other, organ in known.items()}
    close = get_close_matches(bare, same, 1, ALIKE)
    return same[close[0]] if close else ""


def _reversed(name: str) -> str:
    """The reverse order of TG-263: L_BrachialPlex for BrachialPlex_L."""
    return "_".join(reversed(name.split("_")))


@cache
def _names() -> _Names:
    text = resources.files("oligoscope.interop").joinpath("structure_names.yaml").read_text("utf-8")
    whole: dict[str, str] = {}
    part: dict[str, str] = {}
    for organ, said in yaml.safe_load(text).items():
        sides = list(_sides(said.get("each", ())))
        whole |= {name.casefold(): organ for name in (*said.get("is", ()), *sides)}
        part |= {name.casefold(): organ for name in said.get("part", ())}
    return _Names(MappingProxyType(whole), MappingProxyType(part))


def _sides(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from (f"{name}_L", f"{name}_R")


def read_mapping(text: str, file: str) -> dict[str, str | None]:
    """A mapping as YAML: `names: {Cord 5mm: spinal_cord, Couch: null}`. Raises NotAllowed."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError:
        content = None
    names = content.get("names") if isinstance(content, dict) and set(content) == {"names"} else None
    if not isinstance(names, dict) or not all(
        isinstance(name, str) and (organ is None or isinstance(organ, str)) for name, organ in names.items()
    ):
        allowed, fix = "names: {a structure: an organ, another: null}", "write each name with its organ, null for none"
        raise NotAllowed("names", file, allowed, "it is no mapping of names", fix)
    return dict(names)

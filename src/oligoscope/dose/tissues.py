"""The alpha/beta of tissues: the rows of linear_quadratic.yaml, each with how well its source was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

import yaml

from oligoscope.errors import NotAllowed
from oligoscope.spelling import nearest


@dataclass(frozen=True)
class Tissue:
    """One row. alpha_beta_gy: Gy, None where sources conflict.  quoted: what other sources say.

    status: how well the source was read.
    """

    name: str
    label: str
    kind: Literal["tumour", "normal"]
    status: str
    alpha_beta_gy: Decimal | None = None
    quoted: str = ""

    def settled(self) -> Decimal:
        """Its alpha/beta in Gy. Raises NotAllowed where sources conflict or none was verified."""
        if self.alpha_beta_gy is not None and self.status != "unverified":
            return self.alpha_beta_gy
        problem = (
            "its alpha/beta was not verified" if self.alpha_beta_gy is not None else "its alpha/beta is not settled"
        )
        said = f" ({self.quoted})" if self.quoted else ""
        raise NotAllowed("tissue", self.name, "", f"{problem}{said}", "say which: give alpha/beta itself, in Gy")


def tissue(name: str | None = None) -> Tissue:
    """The tissue of that name; left out, the one that a course is meant for: the tumour. Raises NotAllowed."""
    names = tissues()
    name = _file()[0] if name is None else name
    found = names.get(name)
    if found is None:
        close = nearest(name, names)
        fix = f"did you mean {close}?" if close else "take one of these, or give alpha/beta itself, in Gy"
        raise NotAllowed("tissue", name, ", ".join(names), fix=fix)
    return found


def tissues() -> Mapping[str, Tissue]:
    """All of them, by name."""
    return _file()[1]


@cache
def _file() -> tuple[str, Mapping[str, Tissue]]:
    text = resources.files("oligoscope.dose").joinpath("linear_quadratic.yaml").read_text("utf-8")
    content = yaml.safe_load(text)
    found = {}
    for name, row in content["tissues"].items():
        value = row.pop("alpha_beta_gy", None)
        found[name] = Tissue(name, alpha_beta_gy=None if value is None else Decimal(str(value)), **row)
    return content["default"], MappingProxyType(found)

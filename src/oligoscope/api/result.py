"""Results that print themselves. Nothing here loads knowledge: what needs none starts 0.16 s of CPU sooner."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from oligoscope.files.documents import Plain

T = TypeVar("T")


@dataclass(frozen=True)
class Result(Generic[T]):
    """What was found, which prints itself.

    found: the result itself.  `str()` is its text, `model_dump()` its JSON, `page()` a page.
    """

    found: T
    as_json: Callable[[T], Any]
    as_text: Callable[[T], str]
    as_page: Callable[[T], str] | None = None

    def model_dump(self) -> dict[str, Plain]:
        """Its JSON."""
        return {"schema": 1, **self.as_json(self.found)}

    def page(self) -> str:
        """One self-contained HTML page; of the text, where there is no other."""
        return self.as_page(self.found) if self.as_page else f"<!doctype html>{self._preformatted()}"

    def __str__(self) -> str:
        return self.as_text(self.found)

    def _repr_html_(self) -> str:
        return framed(self.page()) if self.as_page else self._preformatted()

    def _preformatted(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def framed(page: str) -> str:
    """A whole page inside another: in a frame of its own, so that neither's style reaches the other."""
    return f'<iframe srcdoc="{html.escape(page)}" style="width:100%;height:40em;border:0" sandbox></iframe>'

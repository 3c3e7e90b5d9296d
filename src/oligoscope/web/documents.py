"""The document in a request's body: JSON or YAML text, checked for what no document may be before it is read."""

import json
from collections.abc import Sequence
from typing import NoReturn

from fastapi import Request

from oligoscope.web.problems import Refused

JSON_TYPES = ("application/json", "application/fhir+json")
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml")


async def text_of(request: Request, types: Sequence[str]) -> str:
    """The body as text. Raises Refused for another type of content, or bytes that are not UTF-8."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in types:
        raise Refused(
            415, "Content type not read here", f"content-type {given or '(none)'}; allowed: {', '.join(types)}"
        )
    return utf8(await request.body())


def utf8(content: bytes) -> str:
    """Text. Raises Refused for bytes that are not UTF-8: read otherwise, a word could become another."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "Not UTF-8", "this is not UTF-8 text; save or send it as UTF-8") from None


def json_object(text: str) -> dict[str, object]:
    """The JSON object that a text is. Raises Refused for anything else, also for a key that is written twice."""
    try:
        found = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
        # What UTF-8 cannot write (half of a surrogate pair) could not be said again in an answer.
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Refused(422, "Not text", "a text holds half of a surrogate pair") from None
    except RecursionError:
        raise Refused(422, "Nested too deeply", "the document is nested more deeply than any case is") from None
    except ValueError as error:
        raise Refused(422, "Not JSON", f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused(422, "Not an object", "the body is JSON, but not an object; send { … }")
    return found


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} is written twice")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number of JSON")

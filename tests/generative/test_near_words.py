"""Words near to those of the vocabulary, and words of other fields: none ever leads to a meaning that nobody stated."""

import random
import string
from pathlib import Path

import pytest
import yaml

from oligoscope.vocabulary import synonyms
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.naming import Kinds, hint
from oligoscope.vocabulary.values import BadValue, Choice, Flag, OpenChoice, Scale, Value

HOME = Path(synonyms.__file__).parent
STATED = yaml.load((HOME / "synonyms.yaml").read_text("utf-8"), yaml.BaseLoader)
DRUGS = yaml.load((HOME / "drugs.yaml").read_text("utf-8"), yaml.BaseLoader)
BETWEEN = (" ", "_", "-")
FIELDS = [*scalar_fields(), *(spec for each in lists() for spec in each.fields)]
CLOSED = [s for s in FIELDS if isinstance(s.kind, (Choice, Flag, Scale)) and not isinstance(s.kind, OpenChoice)]
TRUTHS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


def plain(word: str) -> str:
    return " ".join(word.lower().replace("_", " ").replace("-", " ").split()) or word


def own(spec: FieldSpec) -> dict[str, str]:
    """A field's own spellings, and the value of each."""
    if isinstance(spec.kind, Flag):
        return TRUTHS
    labels = spec.kind.labels if isinstance(spec.kind, Choice) else spec.kind.unknown().labels or ()
    return {plain(str(label)): str(label) for label in labels}


def stated(spec: FieldSpec) -> dict[str, set[str]]:
    """By word what the files of synonyms say that it is in a field; nothing of what they refuse."""
    found: dict[str, set[str]] = {plain(word): {"unknown"} for word in STATED["unknown"]}
    for kind in spec.kind.words:
        for label, words in STATED["words"][kind].items():
            if isinstance(words, list):
                for word in words:
                    found.setdefault(plain(word), set()).add(label)
        for drug, labels in (DRUGS if kind in STATED["files"] else {}).items():
            found.setdefault(plain(drug), set()).update(labels if len(labels) == 1 else ())
    return found


def edited(word: str, chance: random.Random) -> str:
    """One letter left out, put in, exchanged or changed."""
    at, letter = chance.randrange(len(word)), chance.choice(string.ascii_lowercase)
    return chance.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :],
        ]
    )


def every_word() -> list[str]:
    """Every word of every field: labels, synonyms, and those that are refused."""
    found = {word for spec in FIELDS for word in (*own(spec), *stated(spec)) if isinstance(spec.kind, (Choice, Flag))}
    for section in STATED["words"].values():
        for refused in section.get("refuse", {}).values():
            found |= set(refused)
    return sorted(found | set(DRUGS))


EVERY_WORD = every_word()


def near_words(spec: FieldSpec) -> list[str]:
    chance = random.Random(spec.name)
    mine = sorted({*own(spec), *stated(spec)})
    return [edited(chance.choice(mine), chance) for _ in range(500)]


@pytest.mark.parametrize("spec", CLOSED, ids=lambda spec: f"{spec.name}-{'-'.join(spec.kind.words)}")
def test_a_word_is_refused_or_read_as_stated(spec: FieldSpec) -> None:
    spelled, means = own(spec), stated(spec)
    refused = []
    for word in [*near_words(spec), *EVERY_WORD]:
        try:
            value: Value = spec.kind.parse(word)
        except BadValue as bad:
            refused.append(bad.fix)
            continue
        if plain(word) in spelled:
            assert value.given == spelled[plain(word)], word
        elif value.written:
            assert str(value) in means[plain(word)], word
        else:
            assert value.is_unknown or word[:1].isdigit(), word
    assert len(refused) > 500
    assert [fix for fix in refused if "did you mean" in fix.lower()] == []


def places() -> dict[str, Kinds]:
    """The names that stand beside each other: in a case, in each of its sections, in the items of each list."""
    found: dict[str, dict[str, object]] = {}
    for spec in scalar_fields():
        *section, last = spec.path.split(".")
        found.setdefault("".join(section), {})[last] = spec.kind
    for each in lists():
        found[each.name] = {spec.name: spec.kind for spec in each.fields}
    found["patients"] = {spec.column: spec.kind for spec in scalar_fields()}
    return found  # type: ignore[return-value]  # kinds of fields, kept as objects to be filled step by step


PLACES = places()


@pytest.mark.parametrize("place", PLACES)
def test_no_field_is_a_misspelling_of_another(place: str) -> None:
    kinds = PLACES[place]
    for name in kinds:
        said = hint(name, {other: kind for other, kind in kinds.items() if other != name})
        assert "did you mean" not in said, (name, said)


@pytest.mark.parametrize("place", PLACES)
def test_a_misspelt_name_leads_to_its_own_field_or_to_none(place: str) -> None:
    chance = random.Random(place)
    kinds, n_right = PLACES[place], 0
    for name in kinds:
        for _ in range(20):
            written = edited(name, chance)
            if written and written not in kinds:
                said = hint(written, kinds)
                n_right += said == f"did you mean {name}?"
                assert said in ("", f"did you mean {name}?") or said.startswith("write it as"), (name, written, said)
    assert n_right > 5 * len(kinds)

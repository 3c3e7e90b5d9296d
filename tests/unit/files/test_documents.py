"""YAML that people write is read strictly, and every refusal names its line and the way to mend it."""

import pytest

from oligoscope.files.documents import DocumentError, parse, read_document

BOMB = "\n".join(["a: &a [x, x]", *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))])


def test_content_dates_and_lines() -> None:
    document = parse("a: 2020-99-99\nb:\n  - {c: 1}\n", "x.yaml")
    assert document.content == {"a": "2020-99-99", "b": [{"c": 1}]}
    assert [document.line(place) for place in ((), ("b",), ("b", 0, "c"), ("b", 0, "nowhere"))] == [1, 3, 3, 3]
    assert parse("", "x.yaml").content is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [\n", 3, "not YAML"),
        ("a: 1\nb: 2\na: 3", 3, "the key a is written twice"),
        ("x: [{a: 1}, {a: 1, b: 2, b: 3}]", 1, "the key x.1.b is written twice"),
        (BOMB, 2, "alias"),
        ("x: " + "[" * 3000, 1, "more than 40 levels"),
        ("x: " + "[" * 100_000, 1, "more than 40 levels"),
        ("x: !!python/object/apply:os.system [ls]", 1, "not YAML"),
        ("x: !!int abc", 0, "a value cannot be read"),
    ],
)
def test_what_is_refused(text: str, line: int, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text, "x.yaml")
    assert said in caught.value.problem
    assert caught.value.line == line
    assert caught.value.fix
    assert str(caught.value).startswith("x.yaml")


def test_not_utf8(tmp_path: object) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "latin.yaml"
    file.write_bytes("a: 1\nb: Müller\n".encode("latin-1"))
    with pytest.raises(DocumentError) as caught:
        read_document(file)
    assert (caught.value.line, "UTF-8" in caught.value.problem) == (2, True)
    with pytest.raises(DocumentError, match=r"none\.yaml: cannot be read"):
        read_document(file.with_name("none.yaml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "a: b: c\n",
            "x.yaml:1: this is not YAML (mapping values are not allowed in this context). "
            "Fix: mend the line, or the one before it.",
        ),
        ("x: !!int x\n", "x.yaml: a value cannot be read (invalid literal for int() with base 10: 'x'). Fix: put it in quotes, or correct it."),
        ("a: 1\nb: *c\n", "x.yaml:2: an alias (*name) is not read here. Fix: write it out."),
        ("a: 1\na: 2\n", "x.yaml:2: the key a is written twice. Fix: keep one of them."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong_once(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text, "x.yaml")
    assert str(caught.value) == said


def test_a_character_that_no_text_has_is_named() -> None:
    with pytest.raises(DocumentError, match=r"not YAML \(unacceptable character #x0001") as caught:
        parse("a: \x01\n", "x.yaml")
    assert "\n" not in str(caught.value)


def test_forty_levels_are_read_and_no_more() -> None:
    assert parse("- " * 40 + "x", "x.yaml").content
    with pytest.raises(DocumentError, match="more than 40 levels"):
        parse("- " * 41 + "x", "x.yaml")

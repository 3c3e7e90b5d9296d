"""Command lines with files beside them that nobody would write, and what must hold whatever they are.

Every input is drawn by Hypothesis: documents and tables of true names with odd values, our own files with some bytes
changed, and words in any order. So a finding shrinks to a small one, and a seed gives the same inputs again.
"""

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from oligoscope.cli.main import main
from oligoscope.vocabulary.fields import lists, scalar_fields

ROOT = Path(__file__).parents[2]
SECONDS = 10
"""The most processor time that one input may take."""
CODES = (0, 1, 2, 130)
FAIL = "fail"


@dataclass(frozen=True)
class Input:
    """A command line and the files it runs among."""

    argv: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How it ended. code: None where no exit code came out.  new: files that were not there before."""

    code: int | None
    out: str
    err: str
    new: tuple[str, ...] = ()


# ---- inputs --------------------------------------------------------------------------------------

ODD = st.one_of(
    st.sampled_from(
        ["", "unknown", "null", "~", "true", "NO", "[]", "{}", "0", "-1", "1e999", ".nan", ".inf", "9" * 400, "2..4", "<3", ">",
         "4..2", "2023-02-30", "2023", "0000-00-00", "9999-12-31", "2024-05-02", "0x10", "1_000", "１", "½", "=1+1", "*a", "&a x",
         "!!python/object:x", "\x1b[2J", "\x00", "\u202e", "%s", "{0}", "a|b", "[brain, lung]", "'", '"', "`", "$(x)", "../..", "L1"]
    ),
    st.text(max_size=8),
    st.integers(-5, 200).map(str),
    st.floats().map(str),
    st.dates().map(str),
)  # fmt: skip
ALLOWED = [str(label) for spec in scalar_fields() for label in getattr(spec.kind, "labels", ())] or ["true"]
VALUE = st.one_of(
    ODD,
    st.sampled_from(ALLOWED),
    st.lists(ODD, max_size=3),
    st.dictionaries(st.sampled_from(["a", "ecog", "organ"]), ODD, max_size=2),
    st.none(),
    st.booleans(),
    st.integers(),
)


def _nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in fields.items():
        *sections, last = path.split(".")
        inner = found
        for section in sections:
            inner = inner.setdefault(section, {}) if isinstance(inner.setdefault(section, {}), dict) else {}
        inner[last] = value
    return found


PATHS = [spec.path for spec in scalar_fields()]
SECTIONS = sorted({path.split(".")[0] for path in PATHS} | {each.name for each in lists()})
ITEMS = {
    each.name: st.lists(
        st.dictionaries(st.sampled_from([spec.name for spec in each.fields]), VALUE, max_size=4), max_size=3
    )
    for each in lists()
}


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A case of true fields with odd values, as JSON, which is YAML too."""
    document = _nested(draw(st.dictionaries(st.sampled_from(PATHS), VALUE, max_size=6)))
    for name in draw(st.lists(st.sampled_from(list(ITEMS)), max_size=2, unique=True)):
        document[name] = draw(ITEMS[name])
    if draw(st.integers(0, 5)) == 0:
        document[draw(st.sampled_from([*SECTIONS, "x", "<<"]))] = draw(VALUE)
    return json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def _read(*paths: str) -> list[bytes]:
    return [(ROOT / path).read_bytes() for path in paths]


CASES = _read("examples/complete.yaml", "examples/gaps.yaml", "examples/polymetastatic.yaml")
MAPPINGS = _read("examples/mappings/german.yaml", "examples/mappings/redcap.yaml", "examples/mappings/r.yaml")
TABLE = (
    b"patient_id,assessed,ecog,sex,lesions_complete,lesion1_organ,lesion1_size_cm,lesion2_organ\n"
    b"a,2024-05-02,1,male,true,brain,1.2,lung\nb,2024-05-02,,female,,liver,<3,\nc,2023,0,,false,,,\n"
)
STUDY = (ROOT / "CONTRIBUTING.md").read_bytes().split(b"```yaml file=mine/steady-2026.yaml\n")[1].split(b"```")[0]
PACK = {
    f"pack/{path.relative_to(ROOT / 'examples/hospital_pack')}": path.read_bytes()
    for path in sorted((ROOT / "examples/hospital_pack").rglob("*.yaml"))
}
BYTES = st.one_of(
    st.binary(max_size=4),
    st.sampled_from([b"", b"\n", b"\r", b'"', b",", b":", b"- ", b"[", b"{", b"*a", b"&a ", b"\xff", b"\xef\xbb\xbf", b"\x00", b"  ", b"\t", b"9" * 30]),
)  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 12), BYTES), min_size=1, max_size=4)


def edited(content: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """A file with some bytes removed and others put in. edits: where, how many go, what comes."""
    for place, n_gone, new in edits:
        start = place % (len(content) + 1)
        content = content[:start] + new + content[start + n_gone :]
    return content


def _mutants(contents: list[bytes]) -> st.SearchStrategy[bytes]:
    cut = st.tuples(st.sampled_from(contents), st.integers(0, 5000)).map(lambda each: each[0][: each[1]])
    return st.one_of(st.builds(edited, st.sampled_from(contents), EDITS), cut)


case_files = st.one_of(documents(), _mutants(CASES))
OF_A_CASE = st.sampled_from(
    [["assess", "case.yaml"], ["assess", "case.yaml", "--json"], ["assess", "case.yaml", "--detail"],
     ["assess", "case.yaml", "--html", "page.html"], ["assess", "case.yaml", "--plain"], ["board", "case.yaml"],
     ["explain", "case.yaml", "omd-state"], ["what-if", "case.yaml", "ecog=2"], ["what-if", "case.yaml", "--candidate"],
     ["trials", "match", "case.yaml"], ["trials", "match", "case.yaml", "--json"]]
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """A flat registry of true columns and some that are none, with odd values."""
    own = [spec.column for spec in scalar_fields()] + [f"lesion1_{spec.column}" for spec in lists()[0].fields]
    columns = ["patient_id", *draw(st.lists(st.sampled_from([*own, "x", "lesions", "lesion01_organ"]), max_size=4))]
    rows = draw(st.lists(st.lists(ODD, min_size=len(columns) - 1, max_size=len(columns)), max_size=4))
    text = "\n".join([",".join(columns), *(",".join([f"p{n}", *row[1:]]) for n, row in enumerate(rows))])
    return text.encode("utf-8", "surrogatepass")


@st.composite
def any_input(draw: st.DrawFn) -> Input:
    """One input of any kind. Packs and studies are verified anew each time, which is slow: they are drawn less often."""
    kind = draw(st.sampled_from(["case"] * 10 + ["registry"] * 4 + ["words"] * 6 + ["study", "pack", "mapping"]))
    if kind == "case":
        return Input(tuple(draw(OF_A_CASE)), {"case.yaml": draw(case_files)})
    if kind == "registry":
        name = draw(st.sampled_from(["flat.csv", "flat.csv", "flat.csv", "flat.parquet"]))
        content = draw(st.one_of(tables(), _mutants([TABLE])) if name.endswith("csv") else _mutants([_parquet()]))
        line = draw(
            st.sampled_from([["cohort", "assess", name, "-o", "out"], ["trials", "match", name, "-o", "m.csv"]])
        )
        return Input(tuple(line), {name: content})
    if kind == "study":
        line = draw(
            st.sampled_from([["show", "steady-2026"], ["pool", "--endpoint", "PFS"], ["list"], ["show", "steady"]])
        )
        return Input(("evidence", *line, "--evidence", "mine"), {"mine/steady-2026.yaml": draw(_mutants([STUDY]))})
    if kind == "pack":
        name = draw(st.sampled_from(sorted(PACK)))
        return Input(("knowledge", "check", "pack"), {**PACK, name: draw(_mutants([PACK[name]]))})
    if kind == "mapping":
        options = ("-o", "out", "--mapping", "map.yaml")
        content = draw(st.one_of(documents(), _mutants(MAPPINGS)))
        return Input(("cohort", "assess", "flat.csv", *options), {"flat.csv": TABLE, "map.yaml": content})
    return Input(tuple(draw(words())), {"case.yaml": CASES[1], "flat.csv": TABLE, "reg/patients.csv": TABLE})


NOUNS = ["assess", "board", "explain", "what-if", "vocabulary", "cohort", "knowledge", "evidence", "trials"]
WORDS = [
    *NOUNS, "list", "show", "match", "check", "template", "pool", "drift", "audit", "coverage", "search", "export",
    "case.yaml", "flat.csv", "reg", "out", "page.html", "plot.svg", "none.yaml", ".", "-", "--", "/dev/null", "m.csv",
    "omd-state", "halt", "PFS", "2022-09-01", "2022-13-01", "ecog=2", "ecog=", "=2", "lesions.L1.size_cm=2", "max_lesions=3",
    "--json", "--detail", "--plain", "--html", "-o", "--set", "--evidence", "--knowledge", "--release", "--candidate", "--for",
    "--trial", "--lesion", "--endpoint", "--as-of", "--with", "--without", "--plot", "--from", "--to", "--cases", "--registry",
    "--population", "--design", "--json-schema", "--by-exception", "--extra-columns", "--mapping", "--today", "--format", "--version", "--help",
]  # fmt: skip


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """Words of command lines, in any order after a command, some of them no words at all."""
    strange = st.text(max_size=12).filter(lambda text: "\0" not in text)
    word = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(WORDS), strange)
    start = draw(st.one_of(OF_A_CASE, st.sampled_from(NOUNS).map(lambda noun: [noun])))
    return [*start, *draw(st.lists(word, max_size=6))]


def _parquet() -> bytes:
    import polars as pl

    pl.read_csv(TABLE, infer_schema=False).write_parquet(file := io.BytesIO())
    return file.getvalue()


# ---- running -------------------------------------------------------------------------------------


class TooLong(BaseException):
    """No exception that a program could catch by mistake."""


@contextlib.contextmanager
def _among(files: Mapping[str, bytes]) -> Iterator[Path]:
    """In a folder that holds these files."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        for file, content in files.items():
            path = Path(name) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def _new(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(name for name in found if name not in files))


def in_process(given: Input) -> Outcome:
    """Run through `main`, with a time limit; what it raises is its stderr."""
    out, err = io.StringIO(), io.StringIO()

    def late(*_: object) -> None:
        raise TooLong

    # Processor time: on a busy machine a second on the wall says nothing.
    old = signal.signal(signal.SIGPROF, late)
    with _among(given.files) as folder, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        stdin, sys.stdin = sys.stdin, io.StringIO("")
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        code: int | None = None
        try:
            code = main(given.argv)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 2
        except TooLong:
            err.write(f"{FAIL}: more than {SECONDS} s")
        except BaseException:
            err.write(traceback.format_exc())
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, old)
            sys.stdin = stdin
        return Outcome(code, out.getvalue(), err.getvalue(), _new(folder, given.files))


def as_process(given: Input) -> Outcome:
    """The same as a process of its own."""
    command = [sys.executable, "-m", "oligoscope", *given.argv]
    with _among(given.files) as folder:
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=6 * SECONDS, stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Outcome(None, "", f"{FAIL}: more than {6 * SECONDS} s")
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        return Outcome(done.returncode, out, err, _new(folder, given.files))


STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def complaints(given: Input, outcome: Outcome) -> list[str]:
    """What does not hold of an outcome; nothing for a good one."""
    found = []
    if outcome.code not in CODES or "Traceback" in outcome.err:
        return [f"exit {outcome.code}: {outcome.err.strip().splitlines()[-1] if outcome.err.strip() else ''}"]
    if steering := STEERS.search(outcome.out + outcome.err):
        found.append(f"{steering[0]!r} reaches the terminal")
    if outcome.code == 2:
        found += _of_a_refusal(given, outcome)
    elif not outcome.out and not outcome.err and not outcome.new:
        found.append("nothing was said and nothing written")
    if outcome.code == 0 and "--json" in given.argv and outcome.out.startswith("{"):
        json.loads(outcome.out, parse_constant=lambda name: found.append(f"{name} in JSON"))
    return found


def _of_a_refusal(given: Input, outcome: Outcome) -> Iterator[str]:
    lines = outcome.err.strip().splitlines()
    if not lines:
        yield "refused without a word"
        return
    if outcome.new:
        yield f"refused, yet written: {outcome.new}"
    if lines[0].startswith("usage:"):
        return
    if len(lines) > 51:
        yield f"{len(lines)} lines"
    for line in lines:
        if not line.startswith("... and ") and not re.match(r"\S.*?: ?\S|there is no ", line):
            yield f"no place: {line[:200]}"

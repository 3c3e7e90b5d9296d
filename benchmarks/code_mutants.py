"""Change the code, one expression at a time, and see whether a test notices. Part of `make mutants`, or:

    python benchmarks/code_mutants.py [--per-room 18] [--room chart] [--seed 1] [--at-most 100] [--planted-only]

First the suite runs once under coverage, so that each line knows the tests that reach it. Then, room by room, mutants
are drawn with a seed; only the tests that reach the changed line run for each, the most specific first, until one
fails.
`planted_mutants.yaml` holds mistakes that were once made, or once went unseen: all of them must be caught.
`equivalent_mutants.yaml` says of survivors why no test could tell them from the original.

Measured on 2026-11-27 on a sample for which no test had been written (seed 1, up to 18 of each of twenty rooms, 357
beside the planted ones; of each mutant the 80 to 100 most specific tests alone, so that this is the least share): 286
caught, 11 equivalent, so 83 % of those that could be; 82 % of the first 220 and 84 % of the next 137. The bar of 95 %
was not reached by the suite as it was. Each of the others has a test since, but one, whose code was dead: with them every
one is caught that could be.

Why no library does this: mutmut 3.8 forks one process per mutant, and a fork of a process that has started Polars'
threads hangs; cosmic-ray 8.7 runs the whole suite (two minutes) for each of some ten thousand mutants and cannot draw
some of them.
"""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from queue import SimpleQueue

import yaml
from contexts import SPENT
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "src/oligoscope"
HERE = Path(__file__).parent
IN_A_PROCESS = ("tests/docs/test_docs.py::test_the_reference_pages_say_what_the_program_says",)
"""Coverage sees nothing of a process that a test starts: what runs the program so may reach any line, and runs last."""
NOT_MEASURED = ("__main__.py", "spark.py")
"""Settings of the process: what they change is time, which tests do not measure. What needs a JVM: its tests run in
`make test`, but take a minute for each mutant.
"""
FIRST = 12
"""So many tests, the most specific, run before the others: they catch three in four, and collecting few files is quick."""
WANTED_SHARE = 0.95
# The suite without what needs a JVM, a browser or an installation: minutes for each mutant that only these could catch.
_LONG = ("spark", "package", "browser", "accessibility", "focus_and_zoom", "one_page")
SUITE = ["-q", "-p", "no:cacheprovider", "-k", " and ".join(f"not {name}" for name in _LONG), "tests"]

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "+",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One change.

    file: from the root.  line: where it stands.  start, end: what is replaced, in bytes.  name: the same in every run.
    reached_through: of a data file, the module whose tests run.
    """

    name: str
    file: str
    line: int
    start: int
    end: int
    text: str
    reached_through: str = ""

    @property
    def room(self) -> str:
        inside = Path(self.file).relative_to(PACKAGE)
        return inside.parts[0] if len(inside.parts) > 1 else "package"


# ---- what can be changed -------------------------------------------------------------------------------------


class Finder(ast.NodeVisitor):
    """Every change that one file allows, except in annotations, decorators, assertions and documentation."""

    def __init__(self, file: str, source: str) -> None:
        self.file, self.source = file, source.encode()
        self.starts = [0]
        for line in self.source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.scope: list[str] = []
        self.cached = False
        self.found: list[Mutant] = []
        self.seen: dict[str, int] = defaultdict(int)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        cached, self.cached = self.cached, self.cached or any("cache" in ast.unparse(d) for d in node.decorator_list)
        self._function(node)
        self.cached = cached

    def _function(self, node: ast.FunctionDef) -> None:
        self._scoped(node.name, [*node.args.defaults, *(d for d in node.args.kw_defaults if d), *node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scoped(node.name, node.body)

    def _scoped(self, name: str, body: Sequence[ast.AST]) -> None:
        self.scope.append(name)
        for child in body:
            self.visit(child)
        self.scope.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion is a check, not what is checked."""

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1:
            between = (node.left, COMPARISONS[type(node.ops[0])], node.comparators[0])
            self._replace(node, f"{self._text(between[0])} {between[1]} {self._text(between[2])}")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = " or " if isinstance(node.op, ast.And) else " and "
        self._replace(node, f"({word.join(f'({self._text(value)})' for value in node.values)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        # Outside functions, and between names of classes, | joins types.
        is_type = isinstance(node.op, ast.BitOr) and (not self.scope or ast.unparse(node.right)[:1].isupper())
        if type(node.op) in ARITHMETIC and not is_type:
            self._replace(node, f"({self._text(node.left)} {ARITHMETIC[type(node.op)]} {self._text(node.right)})")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._replace(node, f"bool({self._text(node.operand)})")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        swapped = f"({self._text(node.orelse)} if {self._text(node.test)} else {self._text(node.body)})"
        self._replace(node, swapped)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int):
            self._replace(node, str(node.value + 1))

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in CALLS:
            self._replace(node.func, CALLS[node.func.id])
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node.value, "None")
            self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._replace(node.value, "None")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """What stands inside an f-string has no position of its own before Python 3.12."""

    def _place(self, node: ast.AST) -> tuple[int, int]:
        first = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]  # every node here has a place
        last = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]  # likewise
        return first, last

    def _text(self, node: ast.AST) -> str:
        start, end = self._place(node)
        return self.source[start:end].decode()

    def _replace(self, node: ast.expr, text: str) -> None:
        start, end = self._place(node)
        before, after = (" ".join(part.split()) for part in (self.source[start:end].decode(), text))
        what = f"{Path(self.file).relative_to(PACKAGE)} {'.'.join(self.scope) or 'module'}: {before} → {after}"
        self.seen[what] += 1
        name = what if self.seen[what] == 1 else f"{what} ({self.seen[what]})"
        through = self.file if self.cached else ""
        self.found.append(Mutant(name, self.file, node.lineno, start, end, text, through))


def drawn(per_room: int, seed: int) -> list[Mutant]:
    """The mutants of every room in an order that depends on the seed and their own words only; the first of each room."""
    by_room: dict[str, list[Mutant]] = defaultdict(list)
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        if path.name in NOT_MEASURED:
            continue
        finder = Finder(str(path.relative_to(ROOT)), path.read_text("utf-8"))
        finder.visit(ast.parse(path.read_text("utf-8")))
        for mutant in finder.found:
            by_room[mutant.room].append(mutant)

    def order(mutant: Mutant) -> bytes:
        return blake2b(f"{seed} {mutant.name}".encode()).digest()

    return [mutant for room in sorted(by_room) for mutant in sorted(by_room[room], key=order)[:per_room]]


def planted() -> list[Mutant]:
    """The mistakes of planted_mutants.yaml. SystemExit where the code that one changes is no longer there."""
    found = []
    for entry in yaml.safe_load((HERE / "planted_mutants.yaml").read_text("utf-8")):
        source = (ROOT / entry["file"]).read_bytes()
        before = entry["find"].encode()
        if source.count(before) != 1:
            raise SystemExit(
                f"planted_mutants.yaml: {entry['file']} has {source.count(before)} times {entry['find']!r}"
            )
        start = source.index(before)
        line = source[:start].count(b"\n") + 1
        place = (line, start, start + len(before))
        through = entry.get("reached_through", "")
        found.append(Mutant(entry["what"], entry["file"], *place, entry["replace"], through))
    return found


# ---- which tests reach a line --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reach:
    """For each file and line the tests that reach it, functions or whole files; the processor time of each, in seconds.

    most: so many tests run for a mutant, the most specific; what survives them may be caught by one of the others.
    """

    tests: Mapping[tuple[str, int], frozenset[str]]
    seconds: Mapping[str, float]
    most: int | None = None

    @cached_property
    def breadth(self) -> Mapping[str, int]:
        """How many lines each test reaches: the fewer, the more it is about them."""
        return Counter(test for tests in self.tests.values() for test in tests)

    def of(self, mutant: Mutant) -> list[str]:
        """The tests for a mutant, the most specific and quickest first.

        A line that runs once for all, on import or in a cached function, is reached by every test that reaches its file.
        """
        own = self.tests.get((mutant.file, mutant.line), frozenset())
        if not own or mutant.reached_through:
            whole = mutant.reached_through or mutant.file
            own = frozenset().union(*(found for (file, _), found in self.tests.items() if file == whole))
        first = sorted(own, key=lambda test: (self.breadth[test] * self.seconds.get(test, 0.0), test))
        return [*first[: self.most], *IN_A_PROCESS]

    def allowed(self, tests: Sequence[str]) -> float:
        """The seconds after which these tests count as failed: they do not end, however busy the machine is."""
        return 60 + 10 * sum(self.seconds.get(test, 0.0) for test in tests)


def reached() -> Reach:
    """Which tests reach which line; kept in out/ until a file of the package or of the tests changes."""
    files = sorted(path for folder in (PACKAGE, "tests") for path in (ROOT / folder).rglob("*") if path.is_file())
    content = b"".join(path.read_bytes() for path in files if "__pycache__" not in path.parts)
    kept = ROOT / "out" / f"reach-{blake2b(content, digest_size=8).hexdigest()}.json"
    if not kept.exists():
        found = _measured()
        rows = [[file, line, sorted(tests)] for (file, line), tests in found.tests.items()]
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps({"tests": rows, "seconds": found.seconds}), "utf-8")
    content_kept = json.loads(kept.read_text("utf-8"))
    tests = {(file, line): frozenset(names) for file, line, names in content_kept["tests"]}
    return Reach(tests, content_kept["seconds"])


def _measured() -> Reach:
    """Run the suite once under coverage, with the running test as context."""
    import coverage

    with tempfile.TemporaryDirectory() as folder:
        data, spent, settings = Path(folder) / "data", Path(folder) / "spent", Path(folder) / "settings"
        settings.write_text(f"[run]\nsource = {ROOT / PACKAGE}\ndata_file = {data}\n")
        command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest", *SUITE]
        environment = {**_environment(ROOT, HERE), SPENT: str(spent)}
        if subprocess.run([*command, "-p", "contexts"], cwd=ROOT, env=environment, check=False).returncode:
            raise SystemExit("the suite fails before anything is changed")
        measured = coverage.CoverageData(str(data))
        measured.read()
        seconds: dict[str, float] = defaultdict(float, json.loads(spent.read_text("utf-8")))
        for test, spent_on_it in list(seconds.items()):
            seconds[test.partition("::")[0]] += spent_on_it
        tests: dict[tuple[str, int], frozenset[str]] = {}
        for file in measured.measured_files():
            for line, contexts in measured.contexts_by_lineno(file).items():
                tests[str(Path(file).relative_to(ROOT)), line] = frozenset(filter(None, contexts))
        return Reach(tests, seconds)


# ---- one mutant ----------------------------------------------------------------------------------------------


def _environment(tree: Path, *more: Path) -> dict[str, str]:
    """Python finds the package in that tree, and keeps nothing in the user's own folders. more: other folders."""
    cache = tempfile.gettempdir() + f"/oligoscope-mutants-{blake2b(str(tree).encode(), digest_size=4).hexdigest()}"
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (tree / "src", *more))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_CACHE_HOME": cache,
    }


def copied(folder: Path) -> Path:
    """A tree of its own for one worker: what git knows, and what the tests find beside it."""
    tree = folder / "tree"
    files = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True).splitlines()
    for name in files:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    if (ROOT / "node_modules").exists():
        (tree / "node_modules").symlink_to(ROOT / "node_modules")
    # Compiled once, not for every mutant, which halves the run; a file that is changed is newer than what was compiled.
    command = [sys.executable, "-m", "pytest", *SUITE, "--collect-only"]
    environment = {name: value for name, value in _environment(tree).items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=tree, env=environment, check=True)
    subprocess.run(command, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
    return tree


def is_caught(mutant: Mutant, reach: Reach, tree: Path) -> bool:
    """Whether a test that reaches the mutant fails, or does not end, with it in the tree."""
    path, tests = tree / mutant.file, reach.of(mutant)
    original, known = path.read_bytes(), path.stat()
    path.write_bytes(original[: mutant.start] + mutant.text.encode() + original[mutant.end :])
    try:
        return any(_fails(part, tree, reach.allowed(part)) for part in (tests[:FIRST], tests[FIRST:]) if part)
    finally:
        path.write_bytes(original)
        os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def _fails(tests: Sequence[str], tree: Path, seconds: float) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=tree, env=_environment(tree), capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def survivors(mutants: Sequence[Mutant], reach: Reach, workers: int) -> Iterator[Mutant]:
    """The mutants that no test notices, one without a test among them."""
    with tempfile.TemporaryDirectory() as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(workers):
            trees.put(copied(Path(folder) / str(n)))

        def survives(mutant: Mutant) -> bool:
            tree = trees.get()
            try:
                survived = not is_caught(mutant, reach, tree)
                if survived:
                    tqdm.write(f"survives: {mutant.name}")
                return survived
            finally:
                trees.put(tree)

        with ThreadPoolExecutor(workers) as threads:
            verdicts = list(tqdm(threads.map(survives, mutants), total=len(mutants), unit=" mutants"))
    yield from (mutant for mutant, survived in zip(mutants, verdicts, strict=True) if survived)


def report(mutants: Sequence[Mutant], left: Sequence[Mutant], argued: Mapping[str, str]) -> float:
    """Print the share caught per room and every survivor; returns the share of those that could be caught."""
    for room in sorted({mutant.room for mutant in mutants}):
        own = [mutant for mutant in mutants if mutant.room == room]
        lost = [mutant for mutant in left if mutant.room == room]
        print(f"  {room:<12}{len(own) - len(lost):>4} of {len(own):>3} caught")
    for mutant in left:
        print(f"  survives: {mutant.name}\n            {argued.get(mutant.name, 'no reason known')}")
    possible = [mutant for mutant in mutants if mutant not in left or mutant.name not in argued]
    return 1 - sum(mutant.name not in argued for mutant in left) / max(1, len(possible))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-room", type=int, default=18)
    parser.add_argument("--room")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-most", type=int, metavar="TESTS", help="of each mutant the most specific ones alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--planted-only", action="store_true")
    arguments = parser.parse_args()
    mistakes = planted()
    mutants = [] if arguments.planted_only else drawn(arguments.per_room, arguments.seed)
    mutants = [mutant for mutant in mutants if arguments.room in (None, mutant.room)]
    argued = yaml.safe_load((HERE / "equivalent_mutants.yaml").read_text("utf-8")) or {}
    reach = replace(reached(), most=arguments.at_most)
    left = list(survivors([*mistakes, *mutants], reach, arguments.workers))
    escaped = [mutant for mutant in left if mutant in mistakes]
    print(f"{len(mistakes) - len(escaped)} of {len(mistakes)} planted mistakes caught")
    print("\n".join(f"  escaped: {mutant.name}" for mutant in escaped))
    left = [mutant for mutant in left if mutant not in mistakes]
    share = report(mutants, left, argued)
    print(
        f"{len(mutants) - len(left)} of {len(mutants)} code mutants caught; {100 * share:.1f} % of those that could be"
    )
    return 0 if share >= WANTED_SHARE and not escaped else 1


if __name__ == "__main__":
    sys.exit(main())

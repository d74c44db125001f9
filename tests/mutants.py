"""Which single changes of a source file its tests do not notice.

    python tests/mutants.py segcli/segment/rfm_scores.py [TEST OR OPTION OF PYTEST ...]
    python tests/mutants.py segcli/segment/rfm_scores.py:57,60 [TEST ...]
    python tests/mutants.py --sample 40 segcli/segment/rfm_scores.py [TEST ...]

Each mutant is the file with one thing changed: a comparison, an operator, a constant, a condition, an argument left
out. Its mirrored tests (tests/segment/test_rfm_scores.py), its own examples and the tests that are named run on it,
in a process of their own that reads the mutant instead of the file: the checkout is never written to. Programs that a
test starts see the file as it is. Templates of messages stay as they are, because the tests of translations compare
them with the catalogues. Every survivor is printed. With lines behind a colon, only these are changed; `--sample 40`
tries 40 mutants, chosen at random with a fixed seed. The same call gives the same result: Hypothesis tries the same
examples each time.
"""

import argparse
import ast
import contextlib
import copy
import importlib
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).parents[1]
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"
MEMORY = 12 << 30  # bytes of address space that a mutant may ask for
PAIRS: list[tuple[type[ast.AST], type[ast.AST]]] = [
    *[(ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn), (ast.Is, ast.IsNot)],
    *[(ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.And, ast.Or), (ast.BitAnd, ast.BitOr), (ast.LShift, ast.RShift)],
]
OTHER = {one: other for pair in PAIRS for one, other in (pair, pair[::-1])}
OTHER |= {ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult, ast.BitXor: ast.BitOr}
# What is only for people, for the type checker or for the beginning of a file.
LEFT = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)
LEFT_FIELDS = {"annotation", "returns", "decorator_list", "bases", "type_params"}
MESSAGES = {"message", "count_message"}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand instead of a node."""
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                yield _with(node, ops=[*ops[:place], OTHER[type(op)](), *ops[place + 1 :]])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op):
            yield _with(node, op=OTHER[type(op)]())
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            yield ast.Constant("XX" + value)
        case ast.Constant(value=bytes(value)):
            yield ast.Constant(b"XX" + value)
        case ast.If():
            yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.comprehension(ifs=ifs):
            yield from (_with(node, ifs=[*ifs[:place], *ifs[place + 1 :]]) for place in range(len(ifs)))
        case ast.Call(keywords=given):
            yield from (_with(node, keywords=[*given[:place], *given[place + 1 :]]) for place in range(len(given)))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes that are worth a change, from the top."""
    yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in LEFT_FIELDS and not _is_left(child, node):
                yield from parts(child)


def _is_left(node: ast.AST, parent: ast.AST) -> bool:
    match parent, node:
        case ast.Call(func=ast.Name(id=name)), ast.Constant(value=str()) if name in MESSAGES:
            return True
    match node:
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Call(func=ast.Name(id="cast")):
            return True
    return isinstance(node, LEFT)


class Swap(ast.NodeTransformer):
    """One node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self._new if node is self._old else self.generic_visit(node)


def mutants(path: Path) -> Iterator[tuple[int, str, CodeType]]:
    """The line of each change, the change in words, and the file with it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    line = 0
    for node in list(parts(tree)):
        line = getattr(node, "lineno", line)
        for new in changes(node):
            said = " -> ".join(ast.unparse(one).partition("\n")[0] for one in (node, new))
            Swap(node, new).visit(tree)
            yield line, said, compile(ast.fix_missing_locations(tree), str(path), "exec")
            Swap(new, node).visit(tree)


class Mutant(SourceFileLoader):
    """Finds one module, and gives a mutant for it."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        super().__init__(name, str(path))
        self._code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - there is only one
        return self._code

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return spec_from_file_location(name, self.path, loader=self) if name == self.name else None


class Trial:
    """The tests of one file, ready to be run on mutants of it."""

    def __init__(self, path: Path, tests: Sequence[str]) -> None:
        self.path = path
        self.name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        self._folder = tempfile.TemporaryDirectory()
        self._pytest = [*tests, "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-profile", "mutants"]
        self._pytest += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # the plug-ins are imported already
        self._pytest.append(f"--basetemp={self._folder.name}/tests")
        self.limit = 600.0

    def begin(self) -> float:
        """Import what no change can touch, once for all mutants; then how long the tests take on the file itself."""
        used = Path(self._folder.name) / "used"
        self.run(compile(self.path.read_text(encoding="utf-8"), str(self.path), "exec"), used)
        with warnings.catch_warnings(action="ignore"):
            for name in filter(self._is_beneath, used.read_text(encoding="utf-8").split()):
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
        began = time.monotonic()
        if self.run(compile(self.path.read_text(encoding="utf-8"), str(self.path), "exec")) != SURVIVED:
            sys.exit(f"the tests fail as it is: pytest {' '.join(self._pytest)}")
        took = time.monotonic() - began
        self.limit = 5 + 4 * took
        return took

    def _is_beneath(self, module: str) -> bool:
        """Whether a module cannot have imported the file: rooms import from those beneath them only."""
        if not module.startswith("segcli"):
            return not module.startswith(("test", "conftest", "__main__"))
        rooms = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
        layers = [re.findall(r"[\w.]+", layer) for layer in rooms["contracts"][0]["layers"]]
        own, other = (".".join(name.split(".")[:2]) for name in (self.name, module))
        places = [[place for place, layer in enumerate(layers) if room in layer] for room in (own, other)]
        return bool(places[0] and places[1] and places[1] > places[0])

    def run(self, code: CodeType, used: Path | None = None) -> str:
        """What becomes of a mutant; `used` is written with the modules that its tests imported."""
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setsid()
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                for descriptor in range(0 if used else 3):
                    os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
                sys.meta_path.insert(0, Mutant(self.name, self.path, code))
                status = int(pytest.main(self._pytest))
                if used:
                    used.write_text("\n".join(sys.modules), encoding="utf-8")
            finally:
                os._exit(status)
        end = time.monotonic() + self.limit
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return KILLED if status else SURVIVED
            if time.monotonic() > end:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return TIMED_OUT
            time.sleep(0.005)


def tests_of(path: Path) -> list[str]:
    """The mirrored tests of a file, and its examples."""
    inside = path.relative_to(ROOT / "segcli")
    mirrored = ROOT / "tests" / inside.with_name(f"test_{inside.name}")
    examples = f"tests/test_doctests.py::test_examples_of_a_module[{path.stem}]"
    return [str(mirrored)] * mirrored.exists() + [examples] * (">>> " in path.read_text(encoding="utf-8"))


def main(file: str, tests: Sequence[str], sample_size: int | None = None) -> Counter[str]:
    """Print the survivors among the mutants of a file, or among a sample of them, then the counts."""
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    phases = (Phase.explicit, Phase.generate)  # a failure is enough; a smaller one is not looked for
    checks = list(HealthCheck)
    settings.register_profile(
        "mutants", derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=checks
    )
    name, _, lines = file.partition(":")
    path = (ROOT / name).resolve()
    trial = Trial(path, [*tests_of(path), *tests])
    print(f"{name}: tests take {trial.begin():.1f} s", flush=True)
    counts: Counter[str] = Counter()
    tried = [mutant for mutant in mutants(path) if not lines or str(mutant[0]) in lines.split(",")]
    total = len(tried)
    if sample_size is not None and sample_size < total:
        places = random.Random(0).sample(range(total), sample_size)  # noqa: S311 - no secret
        tried = [tried[place] for place in sorted(places)]
    for line, said, code in tried:
        found = trial.run(code)
        counts[found] += 1
        if found != KILLED:
            print(f"{name}:{line}: {found}: {said}", flush=True)
    print(f"{len(tried)} of {total}: " + ", ".join(f"{what} {counts[what]}" for what in (KILLED, SURVIVED, TIMED_OUT)))
    return counts


if __name__ == "__main__":
    os.chdir(ROOT)
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", help="file, with line numbers behind a colon or without")
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants, chosen at random")
    arguments, given = parser.parse_known_args()
    sys.exit(1 if main(arguments.file, given, arguments.sample)[SURVIVED] else 0)

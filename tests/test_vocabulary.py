"""Names that a newcomer can guess: no participles, no one-letter modules, no public name twice, no private words."""

import ast
import importlib.util
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "segcli").rglob("*.py"))
PLUGIN_FOLDERS = {
    "bases",
    "methods",
    "maps",
    "scoring",
    "models",
    "engines",
    "destinations",
    "charts",
    "formats",
    "check_formats",
    "sections",
}
# Words that hide what a name holds; each has a plain term of the field.
BANNED = frozenset(
    """
    agreed asked bought doubt fate fates found given handed held kept known made one reached retold said settled shield
    spared sparing stayed tallied tally telling told twice unsaid wanted ways whole withheld
    """.split()  # noqa: SIM905 - a list of words reads better as text
)

spec = importlib.util.spec_from_file_location("names", ROOT / "benchmarks" / "names.py")
assert spec
assert spec.loader
names = importlib.util.module_from_spec(spec)
spec.loader.exec_module(names)


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _functions(path: Path) -> Iterator[str]:
    for node in _nodes(path):
        if isinstance(node, ast.FunctionDef) and not names.is_property(node):
            yield node.name.strip("_")


def test_functions_start_with_no_participle() -> None:
    functions = {(path.name, name) for path in MODULES for name in _functions(path)}
    assert len(functions) > 1000
    assert [name for name in sorted(functions) if names.is_participle(name[1].split("_")[0])] == []


def test_no_module_has_a_name_of_one_letter() -> None:
    imports = [
        (path, alias.asname or alias.name)
        for path in MODULES
        for node in _nodes(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("segcli")
        for alias in node.names
    ]
    assert len(imports) > 1000
    assert [name for name in imports if len(name[1]) == 1] == []


def test_no_private_word_is_a_name() -> None:
    defined = [
        (path.name, node.arg if isinstance(node, ast.arg) else node.name)
        for path in MODULES
        for node in _nodes(path)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg)
    ]
    assert [name for name in defined if name[1].strip("_").lower() in BANNED] == []


PACKAGES = sorted({path.parent for path in MODULES if path.parent.name not in PLUGIN_FOLDERS})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_public_name_is_defined_twice_in_a_package(package: Path) -> None:
    public = Counter(
        node.name
        for path in package.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    )
    contract = {"command", "app"}  # each module of a command has these
    assert sorted(name for name, count in public.items() if count > 1 and name not in contract) == []


def test_the_measure_sees_what_it_counts(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    source = (
        "from sample import x as y\n\n\ndef told(a: int) -> None: ...\n\n\ndef parse_text(a: str) -> None: ...  # why\n"
    )
    (folder / "one.py").write_text(source)
    measured = names.measure(folder)
    assert measured["start with a participle"].startswith("1 of 2")
    assert measured["start with a verb"].startswith("1 of 2")
    assert measured["one word"].startswith("1 of 2")
    assert measured["one-letter module aliases"] == "1"
    assert measured["comment lines"].startswith("1 of ")
